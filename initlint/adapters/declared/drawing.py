"""From what a layer was given as an initializer to the law of its parameter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any, Optional

from initlint import program as p
from initlint.adapters.torch.binding import DoesNotFit, bind, parse
from initlint.findings import Site
from initlint.interpreter.heap import possible
from initlint.interpreter.values import Class, External, Instance, OneOf, unknown
from initlint.overlays.declared.catalogue import INITIALIZERS
from initlint.overlays.declared.initializers import Declared, resolve
from initlint.overlays.spec import Shape
from initlint.overlays.torch_init import InvalidCall, UnknownArgument
from initlint.theory.laws import Distribution


@dataclass(frozen=True, slots=True)
class Draw:
    """What an initializer gives one tensor."""

    initializer: str
    law: Optional[Distribution]
    arguments: dict[str, Any] = field(default_factory=dict)
    site: Optional[Site] = None
    """Where the initializer was made, if at a place of its own."""
    reason: str = ""
    problem: str = ""
    """The exception it raises, as the last line of a traceback says it."""
    as_default: bool = False
    """Whether it is what would be drawn anyway."""


AXES = (("input_axes", "output_axes"), ("in_axis", "out_axis"))
"""What Keras and JAX call the axes that an initializer counts."""
Axes = Optional[tuple[tuple[int, ...], tuple[int, ...]]]
"""Axes of a kernel that a layer tells its initializer to take for inputs and outputs, as EinsumDense does."""


def draw(chosen: Any, default: tuple[str, Mapping[str, Any]], shape: Optional[Shape], axes: Axes = None) -> Draw:
    """The law of a tensor of ``shape`` under the initializer ``chosen``, or by default the named one."""
    if isinstance(chosen, OneOf) and len(options := possible(chosen)) == 1:
        chosen = options[0]
    if chosen is None:
        name, arguments = default
        return _drawn(INITIALIZERS[name], dict(arguments), dict(arguments), shape, None, axes)
    row, bound, passed, site = _read(chosen)
    if row is None:
        problem = f"ValueError: Could not interpret initializer identifier: {chosen}" if isinstance(chosen, str) and chosen.isidentifier() else ""
        return Draw(unnamed(chosen) if problem == "" else chosen, None, reason=unknown(chosen) or "an initializer that is not followed", problem=problem)
    if isinstance(chosen, Class) and row.makes_initializer:
        problem = f"TypeError: {row.name.rpartition('.')[2]} makes an initializer and is none itself: call it"
        return Draw(row.name, None, site=site, reason="an initializer that was not made", problem=problem)
    made = _drawn(row, bound, passed, shape, site, axes)
    return replace(made, as_default=row.name == default[0] and made.law is not None and made.law == draw(None, default, shape, axes).law)


def drawn_by(config: Mapping[str, Any], shape: Shape) -> Draw:
    """The law of an initializer of Keras that is there, by its class and configuration."""
    return draw(dict(config), ("keras.initializers.GlorotUniform", {}), shape)


def drawn_by_name(name: str, arguments: Mapping[str, Any], shape: Shape) -> Draw:
    """The law of an initializer by its canonical name; other arguments than its own are left aside."""
    row = INITIALIZERS[name]
    given = {key: value for key, _, _ in parse(row.signature) if key != "dtype" and (value := arguments.get(key)) is not None}
    return _drawn(row, given, given, shape, None, None)


def unnamed(chosen: Any) -> str:
    """What to call an initializer of the analysed code."""
    name = getattr(chosen, "name", "") if not isinstance(chosen, Instance) else chosen.cls.name
    return name or "?"


def _read(chosen: Any) -> tuple[Optional[Declared], dict[str, Any], dict[str, Any], Optional[Site]]:
    """The table row of an initializer, its arguments bound and as passed, and where it was made."""
    if isinstance(chosen, str):
        return resolve(chosen), {}, {}, None
    if isinstance(chosen, dict) and isinstance(chosen.get("class_name"), str):
        config = chosen.get("config")
        passed = dict(config) if isinstance(config, dict) else {}
        return resolve(chosen["class_name"]), passed, passed, None
    if isinstance(chosen, Class):
        return INITIALIZERS.get(chosen.name), {}, {}, None
    if isinstance(chosen, External):
        return INITIALIZERS.get(chosen.name), {}, {}, chosen.site
    if isinstance(chosen, Instance):
        return INITIALIZERS.get(chosen.cls.name), dict(chosen.arguments), dict(chosen.attrs.get("#passed", {})), chosen.site
    return None, {}, {}, None


def _drawn(row: Declared, given: dict[str, Any], passed: dict[str, Any], shape: Optional[Shape], site: Optional[Site], axes: Axes) -> Draw:
    names = next((pair for pair in AXES if pair[0] in row.signature), None) if axes is not None else None
    if axes is not None and names is not None and given.get(names[0]) is None:
        given = given | dict(zip(names, axes))
    try:
        bound, _ = bind(row.signature, [], given)
        return Draw(row.name, row.law(shape, bound), passed, site)
    except UnknownArgument as error:
        return Draw(row.name, None, passed, site, unknown(given.get(error.argument)) or f"{error.argument} is not known")
    except (InvalidCall, DoesNotFit) as error:
        return Draw(row.name, None, passed, site, str(error), str(error) if str(error).startswith("ValueError") else "")
    except (ArithmeticError, TypeError, ValueError) as error:
        return Draw(row.name, None, passed, site, f"{type(error).__name__} in the law")


def handed_at(name: str, chosen: Any, site: Site, node: p.Node, owner: Any) -> Optional[Site]:
    """Where a field of a module is handed on to the parameter ``name`` of a layer for which it was not meant, or was set to something else than its default.

    That is the layer at ``site`` if it takes the field of the biases for another parameter, or the place where its ``owner`` was made.
    """
    if not isinstance(chosen, (Class, Instance)) or not isinstance(node, p.Call) or not isinstance(owner, Instance) or owner.cls.fields is None:
        return None
    given = next((arg.value for arg in node.args if arg.keyword == f"{name}_init"), None)
    if not isinstance(given, p.Attr) or owner.attrs.get(given.attr) is not chosen:
        return None
    default = next((value for field_name, value in owner.cls.fields if field_name == given.attr), None)
    if default is chosen:
        return site if "bias" in given.attr and name != "bias" else None
    return owner.site if isinstance(chosen, Class) else None


def declare(instance: Instance, name: str, args: list[Any], kwargs: dict[str, Any]) -> str:
    """Bind the arguments of an object of the initializer ``name``, or derived from it; the answer is why that failed, or empty."""
    try:
        bound, passed = bind(INITIALIZERS[name].signature, args, kwargs)
    except DoesNotFit as error:
        return f"{instance.cls.name.rpartition('.')[2]}() {error}"
    instance.arguments = vars(bound)
    instance.attrs.update({**vars(bound), "#passed": passed})
    return ""


def namespace(instance: Instance, input_shape: Optional[Shape]) -> SimpleNamespace:
    """The arguments of a layer as its table entry wants them, with the shape of its input where that is known."""
    return SimpleNamespace(**instance.arguments, input_shape=input_shape)
