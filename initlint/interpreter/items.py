"""Items of every kind of value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from initlint import program as p
from initlint.interpreter.attributes import class_attribute
from initlint.interpreter.calls import DICTIONARIES
from initlint.interpreter.heap import possible
from initlint.interpreter.operators import hashable
from initlint.interpreter.scope import Frame
from initlint.interpreter.values import ABSENT, Class, External, Instance, OneOf, Repeat, Tensor, Unknown, join, repeats, unknown
from initlint.symbolic import Sym

if TYPE_CHECKING:
    from initlint.interpreter.core import Interpreter


def get_item(interp: Interpreter, value: Any, index: Any, frame: Frame, node: p.Node) -> Any:
    """``value[index]``."""
    if isinstance(value, Tensor):
        return interp.framework.tensor_item(interp, value, index, frame, node)
    if isinstance(value, OneOf):
        return join([get_item(interp, v, index, frame, node) for v in possible(value)])
    if isinstance(index, OneOf) and not isinstance(value, Instance):
        return join([get_item(interp, value, i, frame, node) for i in possible(index)])
    if isinstance(value, (list, tuple, str, range)):
        return sequence_item(interp, value, index)
    if isinstance(value, dict):
        return _mapping_item(interp, value, index, frame, node)
    if isinstance(value, Instance):
        return _instance_item(interp, value, index, frame, node)
    if isinstance(value, External) and isinstance(index, str):
        return _library_item(interp, value, index)
    if isinstance(value, Class) and value.derives("enum.Enum"):
        return class_attribute(interp, value, index, frame, node) if isinstance(index, str) else Unknown("a member of an enumeration")
    if isinstance(value, (Class, External)):
        return value  # a subscripted generic
    return value if isinstance(value, Unknown) else Unknown("an item of a value that is not known")


def _library_item(interp: Interpreter, value: External, index: str) -> Any:
    """``torch.nn.__dict__["ReLU"]``, ``sys.modules["package.module"]``, or a subscripted generic."""
    if value.name.endswith(".__dict__"):
        return interp.framework.external(f"{value.name.removesuffix('.__dict__')}.{index}")
    return interp.project.resolve(index) if value.name == "sys.modules" else value


def sequence_item(interp: Interpreter, value: Any, index: Any) -> Any:
    """An element or slice of a sequence that may hold ``Repeat``."""
    endless = isinstance(value, (list, tuple)) and repeats(value)
    if isinstance(index, slice):
        bounds = (index.start, index.stop, index.step)
        if all(b is None or isinstance(b, int) for b in bounds):
            return value if endless else value[index]
        return Unknown("a slice whose bounds are not known")
    if endless:
        kinds = [v.value if isinstance(v, Repeat) else v for v in value]
        if index == 0 and not isinstance(value[0], Repeat):
            return value[0]
        if index == -1 and not isinstance(value[-1], Repeat):
            return value[-1]
        return kinds[0] if len(kinds) == 1 else Unknown("an element of a list of unknown length")
    if isinstance(index, bool) or not isinstance(index, int):
        if isinstance(value, (list, tuple)) and isinstance(index, Sym) and value and len(value) <= 6:
            return join(list(value))
        return Unknown(unknown(index) or "an index that is not known")
    try:
        found = value[index]
    except IndexError:
        return interp.fail("IndexError", "an index out of range")
    return join(possible(found)) if isinstance(found, OneOf) else found


def _mapping_item(interp: Interpreter, value: dict[Any, Any], index: Any, frame: Frame, node: p.Node) -> Any:
    key = hashable(index)
    if key is ABSENT:
        return Unknown(unknown(index) or "a key that is not known")
    if key in value:
        found = value[key]
        return join(possible(found)) if isinstance(found, OneOf) else found
    if "#factory" in value and value["#factory"] is not None:
        made = interp.call(value["#factory"], [], {}, frame, node)
        interp.heap.set_item(value, key, made)
        return made
    return interp.fail("KeyError", f"the key {index!r} was not found" if isinstance(index, (str, int)) else "the key was not found")


def _instance_item(interp: Interpreter, value: Instance, index: Any, frame: Frame, node: p.Node) -> Any:
    method = interp.find_method(value, "__getitem__")
    if method is not None:
        return interp.call(method, [index], {}, frame, node)
    if "#fields" in value.attrs and isinstance(index, int):
        return sequence_item(interp, value.attrs["#fields"], index)
    if isinstance(index, str) and index in value.attrs and any(value.cls.derives(name) for name in DICTIONARIES):
        return value.attrs[index]
    return interp.framework.container_item(interp, value, index)


def set_item(interp: Interpreter, value: Any, index: Any, new: Any, frame: Frame, node: p.Node) -> None:
    """``value[index] = new``."""
    if isinstance(value, dict):
        key = hashable(index)
        if key is not ABSENT:
            interp.heap.set_item(value, key, new)
    elif isinstance(value, list):
        interp.heap.touch(value)
        if isinstance(index, int) and -len(value) <= index < len(value):
            value[index] = new
        elif (
            isinstance(index, slice) and isinstance(new, (list, tuple)) and all(b is None or isinstance(b, int) for b in (index.start, index.stop, index.step))
        ):
            value[index] = list(new)
        else:
            value[:] = [Unknown("an element written by an index that is not known") for _ in value]
    elif isinstance(value, Tensor):
        interp.framework.set_tensor_item(interp, value, index, new, frame, node)
    elif isinstance(value, Instance):
        method = interp.find_method(value, "__setitem__")
        if method is not None:
            interp.call(method, [index, new], {}, frame, node)
        else:
            interp.framework.set_container_item(interp, value, index, new, frame, node)


def delete_item(interp: Interpreter, value: Any, index: Any) -> None:
    """``del value[index]``."""
    if isinstance(value, dict):
        key = hashable(index)
        if key is not ABSENT:
            interp.heap.delete_item(value, key)
    elif isinstance(value, list) and isinstance(index, (int, slice)):
        interp.heap.touch(value)
        try:
            del value[index]
        except (IndexError, TypeError):
            value[:] = []
    elif isinstance(value, Instance):
        interp.framework.delete_container_item(interp, value, index)
