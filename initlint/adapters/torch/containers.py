"""Sequential, ModuleList, ModuleDict, ParameterList and ParameterDict."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Optional

from initlint.adapters.torch.building import CONTAINERS
from initlint.interpreter.items import sequence_item
from initlint.interpreter.iteration import blind_element, elements_of
from initlint.interpreter.values import ABSENT, Instance, OneOf, Repeat, Tensor, Unknown, join, repeats
from initlint.symbolic import Sym

if TYPE_CHECKING:
    from initlint.interpreter.calls import Call
    from initlint.interpreter.core import Interpreter


def kind_of(instance: Instance) -> Optional[str]:
    """``sequence``, ``mapping``, ``parameters``, ``parameter mapping``, or None for what is no container."""
    if CONTAINERS.keys().isdisjoint(instance.cls.names):
        return None
    return next(CONTAINERS[c.name] for c in instance.cls.mro if c.name in CONTAINERS)


def registry(instance: Instance) -> dict[str, Any]:
    """Where a container keeps its elements."""
    return instance.parameters if (kind_of(instance) or "").startswith("parameter") else instance.modules


def fill(interp: Interpreter, instance: Instance, args: list[Any], kwargs: dict[str, Any]) -> None:
    """Constructor arguments of a container."""
    kind = kind_of(instance)
    source = args[0] if args else next(iter(kwargs.values()), None)
    if kind in ("mapping", "parameter mapping"):
        pairs = list(source.items()) if isinstance(source, dict) else elements_of(interp, source) if source is not None else []
        for pair in pairs or []:
            pair = pair.value if isinstance(pair, Repeat) else pair
            if isinstance(pair, (tuple, list)) and len(pair) == 2:
                put(interp, instance, pair[0] if isinstance(pair[0], str) else "*", pair[1])
        return
    if instance.cls.derives("torch.nn.Sequential"):
        if len(args) == 1 and isinstance(source, dict):
            for name, module in source.items():
                put(interp, instance, str(name), module)
            return
        items: Optional[list[Any]] = args
    else:
        items = elements_of(interp, source) if source is not None else []
    extend(interp, instance, items if items is not None else [blind_element(source)])


def put(interp: Interpreter, instance: Instance, name: str, value: Any) -> None:
    """Register one element; what is no module keeps its place in the numbering."""
    if isinstance(value, Tensor) and not value.parameter and (kind_of(instance) or "").startswith("parameter"):
        interp.heap.set_field(value, "parameter", True)
    interp.heap.set_item(registry(instance), name, value)


def extend(interp: Interpreter, instance: Instance, items: list[Any]) -> None:
    """Register elements under the numbers that follow."""
    for item in items:
        number = len(registry(instance))
        if isinstance(item, Repeat):
            name = "*" if "*" not in registry(instance) else f"*{number}"
            put(interp, instance, name, item.value)
        else:
            put(interp, instance, str(number), item)


def items_of(instance: Instance) -> Optional[list[Any]]:
    """What iterating a container yields; None for what is no container."""
    kind = kind_of(instance)
    if kind is None:
        return None
    if kind in ("mapping", "parameter mapping"):
        return list(registry(instance))
    return [Repeat(value) if name.startswith("*") else value for name, value in registry(instance).items()]


def get(interp: Interpreter, instance: Instance, index: Any) -> Any:
    """``container[index]``."""
    elements = registry(instance)
    if isinstance(index, str):
        found = elements.get(index, ABSENT)
        if found is not ABSENT:
            return found
        return interp.fail("KeyError", f"the container has no element {index}") if "*" not in elements else elements["*"]
    if isinstance(index, OneOf):
        return join([get(interp, instance, i) for i in index.values])
    if kind_of(instance) in ("mapping", "parameter mapping"):
        return next(iter(elements.values())) if len(elements) == 1 else Unknown("an element by a key that is not known")
    values = items_of(instance) or []
    if isinstance(index, slice):
        picked = sequence_item(interp, values, index)
        if isinstance(picked, list) and instance.cls.derives("torch.nn.Sequential") and not repeats(values):
            made = Instance(instance.cls, site=instance.site)
            made.modules.update(list(instance.modules.items())[index])  # a slice of a Sequential keeps its names
            return made
        if isinstance(picked, list):
            made = Instance(instance.cls, site=instance.site)
            extend(interp, made, picked)
            return made
        return picked
    if isinstance(index, Sym) and values:
        kinds = [v.value if isinstance(v, Repeat) else v for v in values]
        return kinds[0] if len(kinds) == 1 else join(kinds)
    return sequence_item(interp, values, index)


def set_element(interp: Interpreter, instance: Instance, index: Any, value: Any) -> None:
    """``container[index] = value``."""
    if isinstance(index, int):
        names = list(registry(instance))
        if -len(names) <= index < len(names):
            put(interp, instance, names[index], value)
    elif isinstance(index, str):
        put(interp, instance, index, value)
    elif isinstance(index, Unknown) and kind_of(instance) in ("mapping", "parameter mapping"):
        put(interp, instance, "*" if "*" not in registry(instance) else f"*{len(registry(instance))}", value)


def delete_element(interp: Interpreter, instance: Instance, index: Any) -> None:
    """``del container[index]``; the rest is numbered anew."""
    names = list(registry(instance))
    if isinstance(index, str):
        interp.heap.delete_item(registry(instance), index)
    elif isinstance(index, (int, slice)):
        gone = names[index] if isinstance(index, slice) else [names[index]] if -len(names) <= index < len(names) else []
        kept = [v for n, v in registry(instance).items() if n not in gone]
        interp.heap.touch(registry(instance))
        registry(instance).clear()
        extend(interp, instance, kept)


def joined(interp: Interpreter, left: Instance, right: Any) -> Any:
    """``Sequential + Sequential`` and ``ModuleList + iterable``: a new container."""
    kind = kind_of(left)
    items = elements_of(interp, right)
    if kind is None or not kind.startswith(("sequence", "parameters")) or items is None:
        return ABSENT
    own = items_of(left) or []
    made = Instance(next((c for c in left.cls.mro if c.name in CONTAINERS), left.cls), site=left.site)
    extend(interp, made, [*own, *items])
    return made


def append(call: Call) -> Any:
    """``container.append(module)``."""
    extend(call.interp, call.args[0], [call.get(1, "module")])
    return call.args[0]


def extend_method(call: Call) -> Any:
    """``container.extend(modules)``."""
    items = elements_of(call.interp, call.get(1, "modules"))
    extend(call.interp, call.args[0], items if items is not None else [blind_element(call.get(1, "modules"))])
    return call.args[0]


def insert(call: Call) -> Any:
    """``container.insert(index, module)``; what follows is numbered anew."""
    instance, index, module = call.args[0], call.get(1, "index"), call.get(2, "module")
    values = list(registry(instance).values())
    values.insert(index if isinstance(index, int) else len(values), module)
    call.interp.heap.touch(registry(instance))
    registry(instance).clear()
    extend(call.interp, instance, values)


def pop(call: Call) -> Any:
    """``container.pop(key)``."""
    instance, index = call.args[0], call.get(1, "key", -1)
    found = get(call.interp, instance, index)
    delete_element(call.interp, instance, index)
    return found


def update(call: Call) -> Any:
    """``container.update(modules)``."""
    source = call.get(1, "modules")
    pairs = list(source.items()) if isinstance(source, dict) else elements_of(call.interp, source) or []
    for pair in pairs:
        if isinstance(pair, (tuple, list)) and len(pair) == 2 and isinstance(pair[0], str):
            put(call.interp, call.args[0], pair[0], pair[1])


def clear(call: Call) -> None:
    """``container.clear()``."""
    call.interp.heap.touch(registry(call.args[0]))
    registry(call.args[0]).clear()


def copy(call: Call) -> Instance:
    """``parameters.copy()``: another dictionary of the same parameters."""
    made = Instance(call.args[0].cls, site=call.args[0].site)
    registry(made).update(registry(call.args[0]))
    return made


def setdefault(call: Call) -> Any:
    """``parameters.setdefault(key, default)``."""
    instance, key = call.args[0], call.get(1, "key")
    if isinstance(key, str) and key not in registry(instance):
        put(call.interp, instance, key, call.get(2, "default"))
    return get(call.interp, instance, key)


def popitem(call: Call) -> Any:
    """``parameters.popitem()``."""
    instance = call.args[0]
    name = next(reversed(registry(instance)), None)
    if name is None:
        return call.interp.fail("KeyError", "the container is empty")
    found = registry(instance)[name]
    delete_element(call.interp, instance, name)
    return name, found


METHODS = {
    "sequence": {"append": append, "extend": extend_method, "insert": insert, "pop": pop},
    "parameters": {"append": append, "extend": extend_method},
    "mapping": {
        "keys": lambda call: list(registry(call.args[0])), "values": lambda call: list(registry(call.args[0]).values()),
        "items": lambda call: list(registry(call.args[0]).items()), "update": update, "pop": pop, "clear": clear,
        "get": lambda call: registry(call.args[0]).get(call.get(1, "key"), call.get(2, "default")),
    },
}  # fmt: skip
METHODS["parameter mapping"] = {
    **METHODS["mapping"], "copy": copy, "setdefault": setdefault, "popitem": popitem,
    "fromkeys": lambda call: Unknown("parameters by keys"),
}  # fmt: skip
