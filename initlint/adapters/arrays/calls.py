"""Nets that are functions: ``model(X, W0, W1, act)`` as one model per call, with the arrays it was given as parameters."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Optional

from initlint import program as p
from initlint.adapters.declared.functional import FORWARD
from initlint.adapters.torch import signals
from initlint.graph import Op
from initlint.interpreter.clone import deep_copy
from initlint.interpreter.values import Class, External, Function, Instance, Tensor

if TYPE_CHECKING:
    from initlint.interpreter.core import Interpreter

DATA = re.compile(r"(x|xs|inputs?|data|batch|features?|samples?|images?|z|h|a_prev|a)(_?(train|test|batch|in|0|data|\d))?", re.IGNORECASE)
"""Names of what a net maps, as against what it is made of."""
NOT_A_NET = re.compile(r"back|grad|update|loss|cost|train|fit|step|optimi|descent|accuracy|evaluate|plot|save|init")
"""Parts of the names of functions that use a net, or learn it."""
MOST = 64


@dataclass
class Calls:
    """Calls of functions with drawn arrays among their arguments, each kind once."""

    found: list[tuple[Function, dict[str, Any]]] = field(default_factory=list)
    seen: set[Any] = field(default_factory=set)

    def note(self, function: Function, names: dict[str, Any]) -> None:
        """A function is called with these arguments."""
        if len(self.found) >= MOST or function.owner is not None or NOT_A_NET.search(function.name) or not isinstance(function.node, p.FunctionDef):
            return
        arrays = [(path, array) for name, value in names.items() for path, array in _weights(name, value)]
        if not any(path.partition(".")[0] != _signal_name(names) for path, _ in arrays):
            return
        key = (id(function.node), tuple((path, array.shape, array.storage.distribution) for path, array in arrays), _functions(names))
        if key not in self.seen:
            self.seen.add(key)
            self.found.append((function, deep_copy(names, {})))  # as they are now: training changes them


def called(function: Function, names: dict[str, Any]) -> str:
    """The call as a model's name: ``model(act=relu)``, with the functions it was given."""
    given = [f"{name}={value.name.rpartition('.')[2]}" for name, value in names.items() if isinstance(value, (Function, External))]
    return f"{function.name}({', '.join(given)})"


def as_model(interp: Interpreter, function: Function, names: dict[str, Any]) -> Instance:
    """An object that holds the arrays as parameters, and whose forward pass is the call with a signal for the data."""
    made = Instance(Class(function.name, [], {}), site=interp.site(function.node, function.scope))
    made.cls.follow([made.cls])
    data = _signal_name(names)
    for name, value in names.items():
        if name != data:
            for path, array in _weights(name, value):
                array.parameter = True
                made.parameters[path] = array

    def forward(inputs: list[Op]) -> Any:
        source = Op(kind="input", name=data or "x")
        inputs.append(source)
        arguments = {**names, data: signals.signal(source)} if data is not None else names
        return interp.call(function, [], arguments, interp.start_frame, p.Const(0, 0, None))

    made.attrs[FORWARD] = forward
    return made


def _signal_name(names: dict[str, Any]) -> Optional[str]:
    """The parameter that takes the data: by its name, otherwise the first that holds no list or dictionary of arrays."""
    named = next((name for name in names if DATA.fullmatch(name)), None)
    if named is not None:
        return named
    return next((name for name, value in names.items() if not isinstance(value, (list, dict, tuple))), None)


def _weights(path: str, value: Any) -> Iterator[tuple[str, Tensor]]:
    """Arrays of two or more dimensions, or drawn ones of one, in ``value``."""
    if isinstance(value, Tensor):
        if value.storage.events and value.op is None and value.shape is not None and len(value.shape) >= 1:
            yield path, value
    elif isinstance(value, (list, tuple, dict)):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _weights(f"{path}.{key}", inner)


def holds_arrays(value: Any) -> bool:
    """Whether ``value`` is, or contains, at least one matrix that was drawn."""
    return any(array.shape is not None and len(array.shape) > 1 for _, array in _weights("", value))


def _functions(names: dict[str, Any]) -> tuple[Any, ...]:
    """Which functions are passed: another nonlinearity makes another net."""
    return tuple(id(value.node) if isinstance(value, Function) else value.name for value in names.values() if isinstance(value, (Function, External)))
