"""What an operation of torch makes of the laws of the tensors it is given."""

from __future__ import annotations

import math
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from initlint.adapters.torch import arithmetic
from initlint.adapters.torch.tensors import from_data
from initlint.adapters.torch.writes import mix
from initlint.interpreter.values import Storage, Tensor
from initlint.overlays.torch_init import FACTORIES, FILLS, Initializer, InvalidCall, UnknownArgument
from initlint.symbolic import Number
from initlint.theory.laws import Distribution

Law = tuple[Distribution | None, str]
"""What is known, and why it is not more."""
Lookup = Callable[[Any], Distribution | None]
"""The law of a tensor."""

UNFILLED = "uninitialised memory that nothing fills"
EMPTY = frozenset({"empty", "empty_strided", "empty_like", "new_empty", "new_empty_strided", "empty_permuted"})
"""Operations that hand out memory as it is."""
SAME = frozenset({"clone", "_to_copy", "contiguous", "_reshape_copy", "_unsafe_view", "repeat", "flip", "roll", "index_select", "lift_fresh_copy"})
"""Operations that return the entries they are given in memory of their own."""
OPERATORS = {"add": "+", "sub": "-", "mul": "*", "div": "/", "pow": "**", "rsub": "-"}
SHARING = frozenset({"set_", "resize_", "requires_grad_", "detach_"})
"""In-place operators that change no entry."""
RANGES = frozenset({"arange", "linspace", "logspace", "range"})
JOINS = frozenset({"cat", "stack"})


class Arguments:
    """Positional and keyword arguments, as the tables of the static front-end take them."""

    def __init__(self, args: list[Any], kwargs: dict[str, Any]) -> None:
        self.args, self.kwargs = args, kwargs

    def get(self, position: int, name: str, default: Any = None) -> Any:
        """An argument by position or keyword."""
        return self.args[position] if position < len(self.args) else self.kwargs.get(name, default)


def bound(schema: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    """The arguments of an operator by name and in order, defaults included."""
    given = {argument.name: argument.default_value for argument in schema.arguments}
    given |= dict(zip(given, args, strict=False))
    return given | kwargs


def factory(name: str) -> Initializer | None:
    """The table entry of an operator that makes a tensor with a law of its own."""
    return FACTORIES.get(f"torch.{name}") or FACTORIES.get(f"torch.Tensor.{name}")


def drawn(entry: Initializer, shape: tuple[int, ...] | None, given: dict[str, Any]) -> Law:
    """The law that an initializer, a fill or a factory gives its arguments."""
    known = {("from_" if name == "from" else name): _plain(value) for name, value in given.items()}
    try:
        return entry.law(shape, SimpleNamespace(**known)), ""
    except UnknownArgument as error:
        return None, f"{error.argument} is not known"
    except (InvalidCall, ArithmeticError, TypeError, ValueError, AttributeError) as error:
        return None, str(error)


def written(name: str, given: dict[str, Any], shape: tuple[int, ...], law: Lookup) -> Law:
    """What an in-place operator leaves in the tensor it is called on; ``name`` is without its underscore."""
    values = list(given.values())
    entry = FILLS.get(f"torch.Tensor.{name}_")
    if entry is not None:
        return drawn(entry, shape, given)
    if name == "copy":
        return law(values[1]), "copied from values computed by code"
    return computed(name, given, law)


def computed(name: str, given: dict[str, Any], law: Lookup) -> Law:
    """The law of what an operator on tensors computes, where the tables have one for it."""
    values = list(given.values())
    if name in SAME:
        return law(values[0]), "copied from values computed by code"
    if name in JOINS:
        return _joined(values[0], law)
    made = None
    if name in OPERATORS and given.get("alpha", 1) == 1:
        left, right = (_operand(value, law) for value in values[:2])
        if isinstance(left, Tensor) or isinstance(right, Tensor):
            made = arithmetic.arithmetic(OPERATORS[name], *((right, left) if name == "rsub" else (left, right)))
    elif values and _is_tensor(values[0]):
        operand = _operand(values[0], law)
        operand = operand if isinstance(operand, Tensor) else from_data(operand)
        made = arithmetic.elementwise(Arguments([operand, *values[1:]], {}), name)  # type: ignore[arg-type]
    found = made.storage.distribution if isinstance(made, Tensor) else None
    return found, f"computed by {name}()"


def _joined(parts: list[Any], law: Lookup) -> Law:
    total = sum(part.numel() for part in parts)
    laws = [law(part) for part in parts]
    if not total or None in laws:
        return None, "joined from values computed by code"
    if all(one == laws[0] for one in laws):
        return laws[0], ""
    return mix([(part.numel() / total, one) for part, one in zip(parts, laws, strict=True)]), "joined from parts"


def _operand(value: Any, law: Lookup) -> Any:
    """A tensor or number as the static front-end's arithmetic takes it."""
    if not _is_tensor(value):
        return value
    number = _plain(value)
    known = law(value)
    if known is None and not _is_tensor(number):
        return number
    shape: tuple[Number, ...] = tuple(value.shape)
    return Tensor(Storage(shape, distribution=known, base=known), shape)


def _plain(value: Any) -> Any:
    """A tensor of one entry that lies in memory as its number."""
    if _is_tensor(value) and value.dim() == 0 and value.device.type != "meta":
        number = value.item()
        return number if isinstance(number, (int, float)) and math.isfinite(number) else value
    return value


def _is_tensor(value: Any) -> bool:
    return hasattr(value, "untyped_storage")
