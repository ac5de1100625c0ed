"""What a user demands of a parameter: ``kaiming_normal(mode='fan_in', nonlinearity='relu')``, ``constant(1)``, ``default``.

A contract is the call of an initializer as it would stand in a model, with or without ``nn.init.`` and the final
underscore, without the tensor. It is read, never executed: its arguments are literals, arithmetic on them, ``pi``,
``sqrt(…)`` and ``calculate_gain(…)``. Initializers of Keras that torch has not, ``he_normal`` and ``glorot_uniform`` among them, are known, too.
"""

from __future__ import annotations

import ast
import difflib
import math
import operator
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from initlint.adapters.torch.binding import DoesNotFit, bind
from initlint.adapters.torch.binding import parse as parameters_of
from initlint.graph import Layer, Origin
from initlint.overlays.declared.initializers import IDENTIFIERS, Declared, resolve
from initlint.overlays.torch_init import FIXED_GAINS, INITIALIZERS, Initializer, InvalidCall, UnknownArgument, calculate_gain
from initlint.symbolic import Number
from initlint.theory.laws import Distribution

DEFAULT = "default"
_NAMES = {name.rpartition(".")[2].rstrip("_"): entry for name, entry in INITIALIZERS.items() if entry.successor is None}
_NONLINEARITIES = (*FIXED_GAINS, "leaky_relu")
_TRIED = ((8, 8), (8, 8, 3))  # every initializer takes one of these
_OPERATORS: dict[type[ast.AST], Callable[..., Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
}


class ContractError(ValueError):
    """A contract that cannot be read or cannot hold; one line, with a suggestion where there is one."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """A contract as read."""

    text: str
    initializer: Initializer | Declared | None
    """None for ``default``: what the layer itself draws."""
    arguments: Any = None
    """Bound by name, as the tables of ``overlays`` take them."""

    def law(self, shape: Sequence[Number], layer: Layer | None = None, role: str = "weight") -> Distribution:
        """The law a parameter of ``shape`` is to follow; ``layer`` and ``role`` (``bias``) say which default ``default`` means.

        Raises ``ContractError`` where the initializer refuses the shape, or the layer has no default for ``role``.
        """
        if self.initializer is None:
            return _default(layer, role)
        try:
            return self.initializer.law(_laid_out(self.initializer, shape), self.arguments)
        except InvalidCall as error:
            sizes = "×".join(map(str, shape)) or "scalar"
            raise ContractError(f"{self.text}: cannot hold for a tensor of shape {sizes}: {_said(error)}") from None
        except UnknownArgument as error:
            raise ContractError(f"{self.text}: {error.argument} is not known") from None


def parse(text: str) -> Expectation:
    """Read a contract. Raises ``ContractError``."""
    text = text.strip()
    if text == DEFAULT:
        return Expectation(text, None)
    try:
        node = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError):
        raise ContractError(f"{text!r} is not the call of an initializer, such as kaiming_normal(nonlinearity='relu')") from None
    call = node if isinstance(node, ast.Call) else ast.Call(node, [], [])
    entry = _entry(text, call.func)
    positional = [_value(text, argument) for argument in call.args]
    keywords = {keyword.arg or "**": _value(text, keyword.value) for keyword in call.keywords}
    tensor = [None] if isinstance(entry, Initializer) else []
    known = [name for name, _, _ in parameters_of(entry.signature)[len(tensor) :] if name not in ("generator", "seed")]
    for name in keywords:
        if name not in known:
            raise ContractError(f"{text}: {_short(entry)} has no argument {name!r}{_meant(name, known)}")
    try:
        bound, _ = bind(entry.signature, [*tensor, *positional], keywords)
    except DoesNotFit as error:
        raise ContractError(f"{text}: {error}; it takes {', '.join(known)}") from None
    _try(text, entry, bound)
    return Expectation(text, entry, bound)


def _entry(text: str, function: ast.expr) -> Initializer | Declared:
    """The initializer of torch of that name, or else of Keras."""
    name = ast.unparse(function)
    short = name.removeprefix("torch.").removeprefix("nn.").removeprefix("init.").removeprefix("keras.initializers.").rstrip("_")
    found = _NAMES.get(short) or resolve(short)
    if found is None:
        raise ContractError(f"{text}: no initializer is called {name!r}{_meant(short, [*_NAMES, *IDENTIFIERS, DEFAULT])}")
    return found


def _laid_out(entry: Initializer | Declared, shape: Sequence[Number]) -> Sequence[Number]:
    """A shape of torch, outputs and inputs first, as the library of the initializer has it."""
    return shape if isinstance(entry, Initializer) or len(shape) < 2 else (*shape[2:], shape[1], shape[0])


def _try(text: str, entry: Initializer | Declared, bound: Any) -> None:
    """Refuse at once what no shape can satisfy."""
    refused = []
    for shape in _TRIED:
        try:
            entry.law(shape, bound)
            return
        except InvalidCall as error:
            refused.append(_said(error))
        except UnknownArgument as error:
            refused.append(f"{error.argument}={getattr(bound, error.argument, None)!r} is no value for it")
        except (ArithmeticError, TypeError, ValueError):
            refused.append("arguments that do not fit")
    wrong = getattr(bound, "nonlinearity", None)
    hint = _meant(str(wrong), _NONLINEARITIES) if wrong is not None and wrong not in _NONLINEARITIES else ""
    raise ContractError(f"{text}: {refused[0]}{hint}")


def _value(text: str, node: ast.expr) -> Any:
    """A literal, or arithmetic on literals."""
    if isinstance(node, ast.Constant):
        return node.value
    try:
        if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
            return _OPERATORS[type(node.op)](_number(text, node.left), _number(text, node.right))
        if isinstance(node, ast.UnaryOp) and type(node.op) in _OPERATORS:
            return _OPERATORS[type(node.op)](_number(text, node.operand))
        if isinstance(node, (ast.Name, ast.Attribute)) and ast.unparse(node) in ("pi", "math.pi"):
            return math.pi
        if isinstance(node, ast.Call) and not node.keywords:
            name = ast.unparse(node.func).rpartition(".")[2]
            if name == "sqrt" and len(node.args) == 1:
                return _number(text, node.args[0]) ** 0.5
            if name == "calculate_gain" and len(node.args) in (1, 2):
                return calculate_gain(*[_value(text, argument) for argument in node.args])
    except ArithmeticError:
        raise ContractError(f"{text}: {ast.unparse(node)} has no value") from None
    except (InvalidCall, UnknownArgument) as error:
        raise ContractError(f"{text}: {_said(error)}") from None
    raise ContractError(f"{text}: {ast.unparse(node)!r} is not a literal; write numbers, arithmetic on them, pi, sqrt(…) or calculate_gain('…')")


def _number(text: str, node: ast.expr) -> float:
    value = _value(text, node)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ContractError(f"{text}: {ast.unparse(node)} is not a number to reckon with")
    return float(value)  # a power of integers could take for ever


def _default(layer: Layer | None, role: str) -> Distribution:
    parameter = layer.parameters.get(role) if layer else None
    event = next((event for event in parameter.events if event.origin is Origin.DEFAULT), None) if parameter else None
    if event is None:
        where = f"{layer.kind or layer.class_name}.{role}" if layer else role
        raise ContractError(f"default: {where} has no default that is known; name an initializer")
    return event.distribution


def _meant(name: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, list(known), n=1)
    return f", did you mean {close[0]!r}?" if close else ""


def _said(error: Exception) -> str:
    return str(error).partition(": ")[2] or str(error)


def _short(entry: Initializer | Declared) -> str:
    return entry.name.rpartition(".")[2].rstrip("_")
