"""``isinstance``, where the class of a value is known."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Optional

from initlint.interpreter.heap import possible
from initlint.interpreter.values import PLAIN, Builtin, Class, External, Function, Instance, Method, ModuleValue, OneOf, Partial, Unknown, unknown
from initlint.symbolic import Sym

if TYPE_CHECKING:
    from initlint.interpreter.core import Interpreter

BUILTIN_TYPES: dict[str, tuple[type, ...]] = {
    "int": (int,), "float": (float,), "str": (str,), "bool": (bool,), "list": (list,), "tuple": (tuple,), "dict": (dict,), "set": (set,),
    "bytes": (bytes,), "bytearray": (bytearray,), "memoryview": (memoryview,), "range": (range,), "frozenset": (frozenset,),
    "complex": (complex,), "slice": (slice,),
}  # fmt: skip


ABSTRACT: dict[str, tuple[type, ...]] = {
    "Sequence": (list, tuple, str, range), "Iterable": (list, tuple, str, range, dict, set), "Mapping": (dict,), "MutableMapping": (dict,),
    "MutableSequence": (list,), "OrderedDict": (dict,), "Number": (int, float), "Integral": (int,), "Real": (int, float),
}  # fmt: skip


def is_instance(interp: Interpreter, value: Any, kinds: Any) -> Optional[bool]:
    """``isinstance(value, kinds)``, or None where it is not decided."""
    if isinstance(kinds, (tuple, list)):
        verdicts = [is_instance(interp, value, kind) for kind in kinds]
        return True if True in verdicts else None if None in verdicts else False
    if isinstance(value, OneOf):
        answers = {is_instance(interp, v, kinds) for v in possible(value)}
        return answers.pop() if len(answers) == 1 else None
    if isinstance(value, Unknown) or isinstance(kinds, (Unknown, OneOf)):
        return None
    if isinstance(kinds, Class):
        if isinstance(value, Instance):
            return True if kinds in value.cls.mro or (value.cls.derives(kinds.name) and kinds.spec is not None) else None if value.cls.uncertain else False
        return interp.framework.is_instance(value, kinds)
    if isinstance(kinds, Builtin):
        return _builtin_instance(value, kinds.name)
    if isinstance(kinds, External):
        return _external_instance(interp, value, kinds.name)
    return value is None if kinds is None else None


def _builtin_instance(value: Any, name: str) -> Optional[bool]:
    if name == "object":
        return True
    if isinstance(value, Sym):
        return True if name == "int" else None if name == "float" else False
    if name == "type":
        return isinstance(value, Class)
    if isinstance(value, Instance):
        return name == "tuple" and value.cls.derives("typing.NamedTuple")
    return isinstance(value, BUILTIN_TYPES[name]) if name in BUILTIN_TYPES else None


def _external_instance(interp: Interpreter, value: Any, name: str) -> Optional[bool]:
    short = name.rpartition(".")[2]
    if name.startswith(("collections.", "typing.", "numbers.")) and short in ABSTRACT:
        if isinstance(value, Sym):
            return short in ("Number", "Integral", "Real")
        if isinstance(value, Instance):
            return None if value.cls.uncertain else short in ("Sequence", "Iterable") and value.cls.derives("typing.NamedTuple")
        return isinstance(value, ABSTRACT[short])
    if name == "functools.partial":
        return None if unknown(value) else isinstance(value, Partial)
    if name in ("types.FunctionType", "types.LambdaType", "types.MethodType"):
        return isinstance(value, Method if short == "MethodType" else Function)
    if name in ("pathlib.Path", "enum.Enum", "argparse.Namespace", "types.ModuleType") and not isinstance(value, (Instance, External)):
        return isinstance(value, ModuleValue) and short == "ModuleType"
    if short == "Hashable":
        return None if unknown(value) else not isinstance(value, (list, dict, set))
    if name.partition(".")[0] in sys.stdlib_module_names and isinstance(value, PLAIN) and not name.startswith(("collections.", "typing.", "numbers.")):
        return False
    if short == "Callable":
        return isinstance(value, (Function, Method, Class, Builtin, External, Partial))
    if isinstance(value, Instance):
        if value.cls.derives(name):
            return True
        return False if interp.framework.knows(name) and not value.cls.uncertain else interp.framework.is_external_instance(value, name)
    if isinstance(value, External):
        return None
    return interp.framework.is_external_instance(value, name)
