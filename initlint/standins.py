"""Classes and functions called without their arguments: what stands in for those that have to be given."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Optional

from initlint import program as p
from initlint.interpreter.calls import stand_in
from initlint.interpreter.classes import find_member
from initlint.interpreter.values import ABSENT, Class, Function, Instance, TargetRaise, Unknown
from initlint.overlays.declared.names import ROOTS
from initlint.symbolic import symbol

if TYPE_CHECKING:
    from initlint.adapters.torch.adapter import TorchFramework
    from initlint.interpreter.core import Interpreter
    from initlint.interpreter.scope import Frame

SIZES = re.compile(r"(?:\w+_)?(?:sizes|dims|layers|units|dimensions|architecture|topology|structure|neurons|widths)", re.IGNORECASE)
"""Names of arguments that list the sizes of the layers of a net that is written with arrays alone."""
LAYERS = 3
"""How many layers such a net is given."""
PLAIN_ANNOTATIONS = {"str", "bool", "dict", "Dict", "list", "List", "Callable", "tuple", "Tuple"}
MOST_DEMANDS = 4
"""How many arguments a constructor may ask for one after the other by raising."""
WORD = re.compile(r"[^\W\d]\w*")
SETTINGS = re.compile(r"\w*(?:config|cfg|conf|args|hparams|params|options)", re.IGNORECASE)
"""Names of arguments, and of classes, that hold all the choices of a model."""
BASES = frozenset({"PretrainedConfig", "PreTrainedConfig"})
"""What all configurations derive from."""


def instantiate(interp: Interpreter, value: Any, frame: Frame, given: Optional[dict[str, Any]] = None) -> Any:
    """Call a class or function with its defaults, but for what is ``given``; required arguments are symbols.

    So are those that are ``None`` unless they are given, where a class raises and its message asks for them.
    """
    function = value if isinstance(value, Function) else find_member(value, "__init__")[0]
    given = dict(given or {})
    reason = ""
    for _ in range(MOST_DEMANDS):
        try:
            return _called(interp, value, function, frame, given)
        except TargetRaise as error:
            reason = f"raises {error}"
            wanted = _demanded(error, function, given) if isinstance(value, Class) and isinstance(function, Function) else None
            if wanted is None:
                break
            given[wanted.name] = required(interp, p.Param(wanted.name, wanted.kind, None, _unless_none(wanted.annotation)), function)
    return Unknown(reason)


def asked(params: Iterable[p.Param]) -> list[p.Param]:
    """Those that have to be given."""
    return [param for param in params if param.default is None and param.kind in ("positional", "either", "keyword")]


def _called(interp: Interpreter, value: Any, function: Any, frame: Frame, given: dict[str, Any]) -> Any:
    args: list[Any] = []
    kwargs = dict(given)
    if isinstance(function, Function):
        for param in function.node.params[0 if isinstance(value, Function) else 1 :]:
            if param.name in kwargs:
                continue
            if param.default is None and param.kind in ("positional", "either") and not kwargs:
                args.append(required(interp, param, function))
            elif param.default is None and param.kind in ("either", "keyword"):
                kwargs[param.name] = required(interp, param, function)
    return interp.call(value, args, kwargs, frame, p.Const(0, 0, None))


def _demanded(error: TargetRaise, function: Function, given: dict[str, Any]) -> Optional[p.Param]:
    """The argument that a message asks for: ``Expected one of input_shape or input_size``. A number is the easiest to give."""
    words = dict.fromkeys(WORD.findall(error.message))
    optional = {param.name: param for param in function.node.params if isinstance(param.default, p.Const) and param.default.value is None}
    named = [optional[word] for word in words if word in optional and word not in given]
    return next((param for param in named if not isinstance(stand_in(param.name), Unknown)), None)


def _unless_none(annotation: Optional[p.Expr]) -> Optional[p.Expr]:
    """``int`` of ``Optional[int]`` and of ``int | None``."""
    if isinstance(annotation, p.Subscript) and isinstance(annotation.value, p.Name) and annotation.value.id == "Optional":
        return annotation.index
    if isinstance(annotation, p.BinOp) and isinstance(annotation.right, p.Const) and annotation.right.value is None:
        return annotation.left
    return annotation


def required(interp: Interpreter, param: p.Param, function: Function) -> Any:
    """A stand-in for a required argument: a size, a configuration with its defaults, or nothing known."""
    annotation = param.annotation
    framework: TorchFramework = interp.framework  # type: ignore[assignment]
    if (framework.plain_nets or framework.graph_mode) and SIZES.fullmatch(param.name):
        return [symbol(f"{param.name}_{number}") for number in range(LAYERS + 1)]
    if annotation is not None:
        several = _alternatives(annotation)
        if several[:1] != [annotation]:
            made = (required(interp, p.Param(param.name, param.kind, None, one), function) for one in several)
            return next((value for value in made if isinstance(value, Instance)), Unknown(f"the argument {param.name}"))
        if (isinstance(annotation, p.Name) and annotation.id in PLAIN_ANNOTATIONS) or isinstance(annotation, p.Subscript):
            return Unknown(f"the argument {param.name}")
        kind = interp.eval(annotation, function.scope) if not isinstance(annotation, p.Const) else interp.lookup(str(annotation.value), function.scope)
        if isinstance(kind, Class):
            if any(c.name in ROOTS for c in kind.mro) or kind.spec is not None:
                return Unknown(f"the module {param.name}")
            buildable = kind.fields is not None or _all_defaults(kind) or SETTINGS.fullmatch(kind.name.rpartition(".")[2]) is not None
            built = instantiate(interp, kind, function.scope) if buildable else None
            return built if isinstance(built, Instance) else Unknown(f"the argument {param.name}")
    elif SETTINGS.fullmatch(param.name) and (settings := _settings(function)) is not None:
        return instantiate(interp, settings, function.scope)
    if isinstance(annotation, p.Name) and annotation.id == "int":
        return symbol(param.name)
    return stand_in(param.name)


def _alternatives(annotation: p.Expr) -> list[p.Expr]:
    """``A`` and ``B`` of ``Union[A, B]``, of ``A | B`` and of ``Optional[Union[A, B]]``; ``None`` is none of them."""
    if isinstance(annotation, p.Subscript) and isinstance(annotation.value, p.Name) and annotation.value.id in ("Optional", "Union"):
        of = annotation.index
        return [part for one in (of.items if isinstance(of, p.Sequence) else [of]) for part in _alternatives(one)]
    if isinstance(annotation, p.BinOp):
        return _alternatives(annotation.left) + _alternatives(annotation.right)
    return [] if isinstance(annotation, p.Const) and annotation.value is None else [annotation]


def _settings(function: Function) -> Optional[Class]:
    """What ``config`` means to a constructor: the ``config_class`` of its class, or the one class of settings that its file defines or imports."""
    declared = find_member(function.owner, "config_class")[0] if function.owner is not None else ABSENT
    if isinstance(declared, Class):
        return declared if _all_defaults(declared) else None
    module = function.scope.module
    named = [chunk.name for chunk in module.source.classes() if SETTINGS.fullmatch(chunk.name)]
    if not named:
        named = [name for name in module.source.bindings if name.endswith("Config") and name not in BASES]
    found = module.reach(named[0]) if len(named) == 1 else None
    if not isinstance(found, Class):
        return None
    if found.fields:
        return None if any(default is ABSENT for _, default in found.fields) else found
    return found if found.name.endswith("Config") and _all_defaults(found) else None


def _all_defaults(cls: Class) -> bool:
    function, _ = find_member(cls, "__init__")
    return isinstance(function, Function) and not asked(function.node.params[1:])
