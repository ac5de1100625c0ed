"""Objects and functions of plain Python that are nets: they hold arrays that were drawn, and map inputs by them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Optional

from initlint.interpreter.classes import find_member
from initlint.interpreter.values import Class, Function, Instance, Repeat, Tensor, Unknown
from initlint.symbolic import Sym

FORWARD = (
    "forward", "__call__", "call", "predict", "feedforward", "feed_forward", "forward_pass", "forward_propagation", "forward_prop", "propagate_forward",
    "propagate", "fprop", "activate", "compute", "run", "model", "query", "think",
)  # fmt: skip
"""Names of the method that maps an input, as nets without a framework call it; the first that exists counts."""
DEPTH = 4
"""How deep arrays are looked for in lists, dictionaries and objects."""


def forward_method(cls: Class) -> Optional[Function]:
    """The method of a plain class that maps an input."""
    methods = [method for name in FORWARD if isinstance(method := find_member(cls, name)[0], Function) and method.node.params]
    with_input = next((method for method in methods if len(method.node.params) >= 2), None)
    return with_input or next((method for method in methods if method.name.startswith(("forward", "feed"))), None)


def held_inputs(instance: Instance) -> list[str]:
    """Attributes of a net that hold what it maps, where its forward pass takes no argument."""
    method = forward_method(instance.cls)
    if method is None or len(method.node.params) > 1:
        return []
    return [name for name, value in instance.attrs.items() if name.lower() in ("x", "input", "inputs", "data") and isinstance(value, (Sym, Unknown))]


def holds_arrays(instance: Instance) -> bool:
    """Whether an object, or one that it holds, has an array that was drawn or filled."""
    return any(
        isinstance(found, Tensor) or (found.cls.spec is None and holds_arrays(found))
        for name, value in instance.attrs.items()
        if not name.startswith("#")
        for _, found in _arrays(name, value, DEPTH - 2)
    )


def adopt(instance: Instance, depth: int = 0) -> bool:
    """Register the arrays that a plain object holds as its parameters, and such objects as its modules; whether there are any."""
    for name, value in list(instance.attrs.items()):
        if not name.startswith("#"):
            for path, found in _arrays(name, value, depth):
                if isinstance(found, Tensor):
                    found.parameter = True
                    instance.parameters[path] = found
                elif depth < DEPTH and found.cls.spec is None and adopt(found, depth + 1):
                    instance.modules[path] = found
    return bool(instance.parameters or instance.modules)


def _arrays(path: str, value: Any, depth: int) -> Iterator[tuple[str, Any]]:
    """Arrays of at least one dimension with a law somebody chose, and objects, in ``value`` and the containers inside it."""
    if isinstance(value, Repeat):
        yield from _arrays(path, value.value, depth)
    elif isinstance(value, Tensor):
        if value.storage.events and value.shape != ():
            yield path, value
    elif isinstance(value, Instance):
        yield path, value
    elif isinstance(value, (list, tuple, dict)) and depth < DEPTH:
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _arrays(f"{path}.{key}", inner, depth + 1)
