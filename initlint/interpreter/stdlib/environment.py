"""``re``, ``os``, ``warnings``, ``logging`` and others that leave the model as it is."""

from __future__ import annotations

import keyword
import re
from typing import TYPE_CHECKING, Any

from initlint.interpreter.builtins import Handler
from initlint.interpreter.classes import known_class
from initlint.interpreter.stdlib.registry import FUNCTIONS, function
from initlint.interpreter.values import Builtin, External, Instance, Unknown

if TYPE_CHECKING:
    from initlint.interpreter.calls import Call


def _silent(call: Call) -> Any:
    return None


for _name in ("warnings.warn", "warnings.filterwarnings", "warnings.simplefilter", "gc.collect", "random.seed", "numpy.random.seed", "os.makedirs"):
    FUNCTIONS[_name] = _silent


def _harmless(name: str) -> Handler:
    return lambda call: External(f"{name}()")


for _name in ("warnings.catch_warnings", "contextlib.suppress", "contextlib.nullcontext", "contextlib.ExitStack", "logging.getLogger", "threading.Lock"):
    FUNCTIONS[_name] = _harmless(_name)


@function("os.environ.get", "os.getenv")
def _environment(call: Call) -> Any:
    return call.get(1, "default")


@function("os.path.exists", "os.path.isfile", "os.path.isdir")
def _exists(call: Call) -> Any:
    return Unknown("the file system is not looked at")


@function("importlib.import_module")
def _import_module(call: Call) -> Any:
    name = call.get(0, "name")
    return call.interp.import_module(name) if isinstance(name, str) else Unknown("a module whose name is not known")


@function("keyword.iskeyword")
def _iskeyword(call: Call) -> Any:
    text = call.get(0, "s")
    return keyword.iskeyword(text) if isinstance(text, str) else Unknown("iskeyword() of a value that is not known")


NESTED_QUANTIFIER = re.compile(r"[+*}][^)(]*\)[+*{]")


def _regular(name: str) -> Handler:
    """``re.split`` and its kin on short known strings; patterns that could backtrack for ever are left alone."""

    def handler(call: Call) -> Any:
        pattern = call.args[0] if call.args else None
        if not all(isinstance(a, (str, int)) for a in call.args) or not isinstance(pattern, str) or call.kwargs:
            return Unknown(f"re.{name}() of a value that is not known")
        if len(pattern) > 100 or any(isinstance(a, str) and len(a) > 500 for a in call.args) or NESTED_QUANTIFIER.search(pattern):
            return Unknown(f"re.{name}() of a pattern that is not followed")
        try:
            result = getattr(re, name)(*call.args)
        except re.error:
            return Unknown("a pattern that is not valid")
        return _match(result) if result is None or isinstance(result, re.Match) else result

    return handler


def _match(found: re.Match[str] | None) -> Any:
    if found is None:
        return None
    methods: dict[str, Handler] = {
        "group": lambda call: found.group(*[a for a in call.args if isinstance(a, (int, str))]),
        "groups": lambda call: found.groups(),
        "groupdict": lambda call: found.groupdict(),
    }
    return Instance(known_class("re.Match"), {name: Builtin(name, handler) for name, handler in methods.items()})


for _name in ("split", "match", "search", "fullmatch", "sub", "findall"):
    FUNCTIONS[f"re.{_name}"] = _regular(_name)
