"""Calls of initializers that libraries around torch wrap, where their source is not at hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Optional

from initlint.adapters.torch.binding import DoesNotFit, bind, framework_of
from initlint.adapters.torch.writes import write
from initlint.graph import Origin
from initlint.interpreter.values import Instance, Tensor
from initlint.overlays.torch_helpers import HELPERS
from initlint.overlays.torch_init import INITIALIZERS, InvalidCall, UnknownArgument
from initlint.theory.laws import Distribution, constant

if TYPE_CHECKING:
    from initlint.interpreter.calls import Call


def fill(name: str, call: Call) -> Any:
    """Write what the helper ``name`` draws into its module or tensor."""
    helper = HELPERS[name]
    try:
        bound, passed = bind(helper.signature, call.args, call.kwargs)
    except DoesNotFit:
        return None
    target = next(iter(vars(bound).values()))
    arguments = dict(list(passed.items())[1:])
    if isinstance(target, Tensor) and helper.skips_tensors:
        plain = name.rpartition(".")[2]
        text = f"`{plain}` fills the weight and the bias of a module, and a tensor has neither: nothing is initialised"
        framework_of(call).witness.mistake(call.interp, "skipped-tensor", call.site, text)
        return target
    weight = target.parameters.get("weight") if isinstance(target, Instance) else target
    if isinstance(weight, Tensor):
        function, given = helper.weight(bound)
        law, reason = _law(f"torch.nn.init.{function}", weight, given)
        write(call.interp, weight, name, Origin.CALL, law, call.site, arguments=arguments, reason=reason)
    bias = target.parameters.get("bias") if isinstance(target, Instance) and helper.bias else None
    if isinstance(bias, Tensor):
        value = getattr(bound, helper.bias, 0)
        known = isinstance(value, (int, float))
        write(
            call.interp, bias, name, Origin.CALL, constant(float(value)) if known else None, call.site, arguments=arguments, reason="a bias that is not known"
        )
    return target


def _law(name: str, tensor: Tensor, given: dict[str, Any]) -> tuple[Optional[Distribution], str]:
    entry = INITIALIZERS[name]
    try:
        bound, _ = bind(entry.signature, [tensor], given)
        return entry.law(tensor.shape, bound), ""
    except UnknownArgument as error:
        return None, f"{error.argument} is not known"
    except (InvalidCall, DoesNotFit, ArithmeticError, TypeError, ValueError) as error:
        return None, str(error)
