"""Classes: creation, method resolution order, lazily evaluated members, dataclass fields."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Optional

from initlint import program as p
from initlint.interpreter.scope import Frame
from initlint.interpreter.values import ABSENT, OPENED, Builtin, Class, External, Instance
from initlint.source import ClassChunk

if TYPE_CHECKING:
    from initlint.interpreter.core import Interpreter
    from initlint.interpreter.modules import Module

FIELD_BASES = {"typing.NamedTuple", "pydantic.BaseModel", "pydantic_settings.BaseSettings"}
FIELD_DECORATORS = {"dataclasses.dataclass", "attr.s", "attrs.define", "attr.dataclass", "attrs.frozen"}


def create(interp: Interpreter, node: p.ClassDef, frame: Frame) -> Class:
    """The class object of a class statement, its body not yet run."""
    bases = [interp.as_class(interp.eval(arg.value, frame)) for arg in node.bases if not arg.keyword and not arg.star]
    cls = Class(node.name, [b for b in bases if b is not None], {}, site=interp.site(node, frame), module=frame.module.name)
    cls.follow(linearise(cls))
    cls.constructed = any(arg.keyword == "metaclass" and not _is_plain_metaclass(interp.eval(arg.value, frame)) for arg in node.bases)
    return cls


def _is_plain_metaclass(value: Any) -> bool:
    return isinstance(value, (Builtin, External)) and value.name in ("type", "abc.ABCMeta")


def from_chunk(interp: Interpreter, module: Module, chunk: ClassChunk) -> Class:
    """A top-level class whose methods are parsed when they are asked for."""
    header = chunk.header
    cls = create(interp, header, module.frame)
    members = Frame(module, cls.namespace, module.frame, cls, None, cls.name)
    pending: dict[str, list[Any]] = {}
    for member in chunk.members:
        for name in member.names:
            pending.setdefault(name, []).append(member)
    done: set[int] = set()

    def evaluate(name: str) -> Any:
        if name in pending:
            for one in pending.pop(name):
                if id(one) not in done:
                    done.add(id(one))
                    interp.run_quietly(one.statements, members)
        return members.names.get(name, ABSENT)

    cls.members = evaluate
    simple = [one for one in chunk.members if one.kind != "def"]
    cls.order = [name for one in simple if one.kind == "other" for name in sorted(one.names)]
    if any(c.fields is not None for c in cls.mro) or header.decorators or any(b.name in FIELD_BASES for b in cls.bases):
        statements = [s for one in simple for s in one.statements]
        collect_fields(interp, cls, statements, members, header.decorators)
    return cls


def linearise(cls: Class) -> list[Class]:
    """C3 where it exists, depth first where it does not."""
    merged = _merge([*[list(b.mro) for b in cls.bases], list(cls.bases)])
    if merged is None:
        merged = list({id(c): c for base in cls.bases for c in base.mro}.values())
    return [cls, *merged]


def _merge(sequences: list[list[Class]]) -> Optional[list[Class]]:
    result: list[Class] = []
    sequences = [s for s in sequences if s]
    while sequences:
        for sequence in sequences:
            head = sequence[0]
            if not any(head in s[1:] for s in sequences):
                break
        else:
            return None
        result.append(head)
        sequences = [[c for c in s if c is not head] for s in sequences]
        sequences = [s for s in sequences if s]
    return result


def find_member(cls: Class, name: str, after: Optional[Class] = None) -> tuple[Any, Optional[Class]]:
    """A member and the class that defines it, along the MRO (behind ``after``); ABSENT where there is none."""
    mro = cls.mro
    if after is not None and after in mro:
        mro = mro[mro.index(after) + 1 :]
    for owner in mro:
        value = owner.members(name) if owner.members else owner.namespace.get(name, ABSENT)
        if value is not ABSENT:
            return value, owner
    return ABSENT, None


def collect_fields(interp: Interpreter, cls: Class, body: list[p.Stmt], frame: Frame, decorators: Optional[list[p.Expr]] = None) -> None:
    """Fields of a dataclass or NamedTuple, inherited ones first."""
    inherited = [c.fields for c in cls.mro[1:] if c.fields is not None]
    declares = any(b.name in FIELD_BASES for b in cls.bases) or any(_is_field_decorator(interp, d, frame) for d in decorators or ())
    if not inherited and not declares:
        return
    fields: dict[str, Any] = {name: default for group in reversed(inherited) for name, default in group}
    for statement in body:
        if isinstance(statement, p.AnnAssign) and isinstance(statement.target, p.Name) and not _is_of_the_class(statement.annotation):
            fields[statement.target.id] = _default(interp, statement.value, frame) if statement.value else ABSENT
    cls.fields = list(fields.items())


def _is_of_the_class(annotation: p.Expr) -> bool:
    """Whether an annotation says ``ClassVar``, which is no field."""
    node = annotation.value if isinstance(annotation, p.Subscript) else annotation
    return (isinstance(node, p.Name) and node.id == "ClassVar") or (isinstance(node, p.Attr) and node.attr == "ClassVar")


def _default(interp: Interpreter, node: p.Expr, frame: Frame) -> Any:
    """The default of a field; ``field(default=…, default_factory=…)`` is looked into."""
    if isinstance(node, p.Call):
        for arg in node.args:
            if arg.keyword == "default":
                return interp.eval(arg.value, frame)
            if arg.keyword == "default_factory":
                return Factory(interp.eval(arg.value, frame))
    return interp.eval(node, frame)


class Factory:
    """A default made anew for every object."""

    __slots__ = ("make",)

    def __init__(self, make: Any) -> None:
        self.make = make


def _is_field_decorator(interp: Interpreter, node: p.Expr, frame: Frame) -> bool:
    value = interp.eval(node.func if isinstance(node, p.Call) else node, frame)
    return isinstance(value, External) and value.name in FIELD_DECORATORS


def opaque_class(name: str) -> Class:
    """A class of a library that is not read: it may define and inherit anything."""
    cls = Class(name, [], {}, opaque=True)
    cls.follow([cls])
    return cls


def known_class(name: str, *bases: str) -> Class:
    """A class of the standard library that adds nothing the analysed code calls."""
    cls = Class(name, [], {})
    cls.follow([cls, *(Class(base, [], {}) for base in bases)])
    return cls


def opened(interp: Interpreter, instance: Instance) -> dict[str, Any]:
    """The ``__dict__`` of an object that the program asks for, or replaces: what is put there, another's registries among it, goes past ``__setattr__``."""
    if OPENED not in instance.attrs and interp.framework.is_module(instance):
        interp.heap.set_item(instance.attrs, OPENED, True)
    return instance.attrs
