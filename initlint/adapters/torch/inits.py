"""Draws into tensors that exist: ``torch.nn.init``, ``tensor.normal_()`` and their kin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from initlint.adapters.torch.binding import DoesNotFit, bind, framework_of, parse
from initlint.adapters.torch.writes import current, write
from initlint.graph import Origin
from initlint.interpreter.heap import possible
from initlint.interpreter.values import Function, Instance, Tensor, Unknown, is_number, unknown
from initlint.overlays.torch_init import FILLS, INITIALIZERS, Initializer, InvalidCall, UnknownArgument, calculate_gain
from initlint.theory.laws import constant

if TYPE_CHECKING:
    from initlint.interpreter.calls import Call

COPIED = {"trunc_normal_": "torch.nn.init.trunc_normal_"}
"""Initializers that packages have a copy of, from the time when torch had none."""
NO_VALUES = "AttributeError: None has no values"
"""What is raised where a layer has no bias to fill."""
NOT_ARGUMENTS = ("tensor", "self", "size", "input", "generator")
"""Arguments that say what is written or whence the numbers come, not which law they follow."""


def initialise(call: Call, name: str) -> Any:
    """A function of ``torch.nn.init``."""
    entry, witness = INITIALIZERS[name], framework_of(call).witness
    try:
        bound, passed = bind(entry.signature, call.args, call.kwargs, guess=False)
    except DoesNotFit as error:
        witness.draw(call, entry, _as_given(entry, call), call.get(0, "tensor"), problem=f"TypeError: {name.rpartition('.')[2]}() {error}")
        return call.args[0] if call.args else Unknown("an initializer without a tensor")
    candidates = possible(bound.tensor)
    for tensor in candidates:
        if not isinstance(tensor, Tensor):
            witness.draw(call, entry, passed, tensor, problem=(_not_a_tensor(tensor) or _bad_arguments(entry, bound)) if len(candidates) == 1 else "")
            continue
        if len(candidates) == 1:
            draw(call, tensor, entry, bound, passed, Origin.CALL)
        else:  # it may be another one that is initialized
            call.interp.heap.explore([lambda t=tensor: draw(call, t, entry, bound, passed, Origin.CALL), lambda: None])  # type: ignore[misc]
    return bound.tensor


def note_copied(func: Function, call: Call) -> None:
    """A package's own copy of an initializer ran: what it drew was followed, but that it is one only its name and signature tell."""
    entry = INITIALIZERS[COPIED[func.name]]
    if [param.name for param in func.node.params[:3]] != [name for name, _, _ in parse(entry.signature)[:3]]:
        return
    try:
        _, passed = bind(entry.signature, call.args, call.kwargs, guess=False)
    except DoesNotFit:
        return
    tensor: Tensor = call.args[0]
    framework_of(call).witness.draw(call, entry, passed, tensor, law=tensor.storage.distribution)


def _as_given(entry: Initializer, call: Call) -> dict[str, Any]:
    """Arguments of a call that does not fit the signature, as far as they have names."""
    names = [name for name, kind, _ in parse(entry.signature) if kind == "either"]
    return {**dict(zip(names, call.args)), **call.kwargs}


def _bad_arguments(entry: Initializer, bound: Any) -> str:
    """The exception that an initializer raises whatever tensor it is given."""
    try:
        entry.law(None, bound)
    except InvalidCall as error:
        return str(error)
    except (UnknownArgument, ArithmeticError, TypeError, ValueError):
        return ""
    return ""


def _not_a_tensor(value: Any) -> str:
    """The exception that an initializer raises for ``value``, as far as one is certain."""
    if value is None:
        return NO_VALUES
    certain = isinstance(value, Instance) and not value.cls.uncertain  # what derives from a class that was not read may be a tensor of a kind
    return f"TypeError: a {value.cls.name.rpartition('.')[2]} is a module, not a tensor" if certain else ""


def draw(call: Call, tensor: Tensor, entry: Initializer, bound: Any, passed: dict[str, Any], origin: Origin) -> None:
    """Write the law that ``entry`` gives these arguments into ``tensor``."""
    law, reason, problem = None, "", ""
    try:
        law = entry.law(tensor.shape, bound)
    except UnknownArgument as error:
        reason = unknown(getattr(bound, error.argument, None)) or f"{error.argument} is not known"
    except InvalidCall as error:
        reason = problem = str(error)
    except (ArithmeticError, TypeError, ValueError) as error:
        reason = f"{type(error).__name__} in the law"
    if entry.makes is None:
        framework_of(call).witness.draw(call, entry, passed, tensor, law=law, problem=problem)
    arguments = {k: v for k, v in passed.items() if k not in NOT_ARGUMENTS}
    write(call.interp, tensor, entry.name, origin, law, call.site, arguments=arguments, reason=reason, elsewhere=call.chosen)


def fill(call: Call, name: str) -> Any:
    """``tensor.normal_(…)`` and its kin; the tensor is the first argument."""
    entry = FILLS[f"torch.Tensor.{name}"]
    tensor = call.args[0]
    try:
        bound, passed = bind(entry.signature, call.args, {("from_" if k == "from" else k): v for k, v in call.kwargs.items()}, guess=False)
    except DoesNotFit as error:
        framework_of(call).witness.draw(call, entry, _as_given(entry, call), tensor, problem=f"TypeError: {name}() {error}")
        write(call.interp, tensor, entry.name, Origin.FILL, None, call.site, reason="arguments that do not fit")
        return tensor
    if name == "fill_" and isinstance(bound.value, Tensor):
        return copy(call)
    draw(call, tensor, entry, bound, passed, Origin.FILL)
    return tensor


def copy(call: Call) -> Any:
    """``tensor.copy_(source)``."""
    tensor, source = call.args[0], call.get(1, "src")
    law = current(source) if isinstance(source, Tensor) else constant(source) if is_number(source) else None
    reason = source.storage.reason if isinstance(source, Tensor) else unknown(source) or ""
    made = next((event.site for event in source.storage.events if event.site != call.site), None) if isinstance(source, Tensor) else None
    write(call.interp, tensor, "torch.Tensor.copy_", Origin.COPY, law, call.site, reason=reason or "copied from values computed by code", elsewhere=made)
    return tensor


def gain(call: Call) -> Any:
    """``torch.nn.init.calculate_gain``."""
    try:
        return calculate_gain(call.get(0, "nonlinearity"), call.get(1, "param"))
    except UnknownArgument as error:
        return Unknown(unknown(call.get(0, "nonlinearity")) or f"{error.argument} is not known")
    except InvalidCall as error:
        return Unknown(str(error))
