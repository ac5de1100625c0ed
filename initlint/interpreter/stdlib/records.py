"""``collections``, ``dataclasses``, ``enum``, ``types`` and ``typing``: what holds data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from initlint.interpreter.builtins import BUILTINS
from initlint.interpreter.classes import known_class
from initlint.interpreter.iteration import elements_of
from initlint.interpreter.stdlib.registry import function
from initlint.interpreter.values import ABSENT, Builtin, Class, External, Instance, Unknown

if TYPE_CHECKING:
    from initlint.interpreter.calls import Call


@function("collections.OrderedDict", "typing.OrderedDict")
def _ordered_dict(call: Call) -> Any:
    return BUILTINS["dict"].handler(call)


@function("collections.defaultdict")
def _defaultdict(call: Call) -> Any:
    return {"#factory": call.get(0, "default_factory")}


@function("collections.deque")
def _deque(call: Call) -> Any:
    return elements_of(call.interp, call.get(0, "iterable", ())) or []


@function("collections.namedtuple")
def _namedtuple(call: Call) -> Any:
    name, fields = call.get(0, "typename"), call.get(1, "field_names")
    names = fields.replace(",", " ").split() if isinstance(fields, str) else fields
    if not isinstance(name, str) or not isinstance(names, (list, tuple)) or not all(isinstance(n, str) for n in names):
        return Unknown("a named tuple that is not known")
    defaults = call.kwargs.get("defaults")
    padding = list(defaults) if isinstance(defaults, (list, tuple)) else []
    values = [ABSENT] * (len(names) - len(padding)) + padding
    cls = known_class(name, "typing.NamedTuple")
    cls.fields = list(zip(names, values))
    return cls


@function("pydantic.create_model")
def _create_model(call: Call) -> Any:
    """A class with fields, each given as (annotation, default)."""
    if "**" in call.kwargs:
        return Unknown("a model of pydantic whose fields are not known")
    name = call.get(0, "model_name")
    cls = known_class(name if isinstance(name, str) else "?", "pydantic.BaseModel")
    cls.fields = [(field, spec[1]) for field, spec in call.kwargs.items() if isinstance(spec, tuple) and len(spec) == 2]
    return cls


@function("pydantic.Field")
def _pydantic_field(call: Call) -> Any:
    return call.get(0, "default", Unknown("a field without a default"))


@function("typing.cast")
def _cast(call: Call) -> Any:
    return call.get(1, "val")


@function("typing.TypeVar", "typing.NewType", "typing.ParamSpec", "dataclasses.dataclass")
def _typing(call: Call) -> Any:
    return Builtin("transparent", lambda inner: inner.args[0])


@function("dataclasses.field")
def _field(call: Call) -> Any:
    if "default_factory" in call.kwargs:
        return call.interp.call(call.kwargs["default_factory"], [], {}, call.frame, call.node)
    return call.kwargs.get("default", Unknown("a field without a default"))


@function("dataclasses.asdict", "dataclasses.astuple")
def _asdict(call: Call) -> Any:
    value = call.get(0, "obj")
    return {k: v for k, v in value.attrs.items() if not k.startswith("#")} if isinstance(value, Instance) else Unknown("asdict()")


@function("dataclasses.replace", "copy.replace")
def _replace(call: Call) -> Any:
    """A new object from the fields of another, its ``__post_init__`` run again."""
    value = call.get(0, "obj")
    if not isinstance(value, Instance) or value.cls.fields is None:
        return Unknown("replace()")
    fields = {name: value.attrs[name] for name, _ in value.cls.fields if name in value.attrs}
    return call.interp.call(value.cls, [], fields | call.kwargs, call.frame, call.node)


@function("dataclasses.fields")
def _fields(call: Call) -> Any:
    value = call.get(0, "class_or_instance")
    cls = value.cls if isinstance(value, Instance) else value
    if not isinstance(cls, Class) or cls.fields is None:
        return Unknown("the fields of a value that is not known")
    kind = known_class("dataclasses.Field")
    return tuple(Instance(kind, {"name": name}) for name, _ in cls.fields)


@function("dataclasses.is_dataclass")
def _is_dataclass(call: Call) -> Any:
    value = call.get(0, "obj")
    cls = value.cls if isinstance(value, Instance) else value
    return isinstance(cls, Class) and cls.fields is not None


NAMESPACE = known_class("types.SimpleNamespace")


@function("types.SimpleNamespace", "argparse.Namespace")
def _namespace(call: Call) -> Any:
    if "**" in call.kwargs or call.args:
        return Unknown("a namespace of values that are not known")
    return Instance(NAMESPACE, dict(call.kwargs))


@function("enum.auto")
def _auto(call: Call) -> Any:
    return External("enum.auto()")
