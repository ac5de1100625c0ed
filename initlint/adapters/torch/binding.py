"""Arguments of table functions: signatures as text, bound to values."""

from __future__ import annotations

import ast
from functools import cache
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

from initlint.interpreter.calls import or_default
from initlint.interpreter.heap import possible
from initlint.interpreter.values import ABSENT, OneOf, Unknown, is_number
from initlint.symbolic import symbol

if TYPE_CHECKING:
    from initlint.adapters.torch.adapter import TorchFramework
    from initlint.interpreter.calls import Call

REQUIRED = object()
"""The default of a parameter that has none."""


def framework_of(call: Call) -> TorchFramework:
    """The adapter that a call runs under: whatever calls into this package is torch's."""
    return cast("TorchFramework", call.interp.framework)


class DoesNotFit(Exception):
    """The call does not fit the signature."""


@cache
def parse(signature: str) -> tuple[tuple[str, str, Any], ...]:
    """Parameters of a signature as (name, kind, default); kinds are those of ``program.Param``."""
    (node,) = ast.parse(f"def f({signature}): pass").body
    assert isinstance(node, ast.FunctionDef)
    arguments = node.args
    plain = [*arguments.posonlyargs, *arguments.args]
    defaults = [REQUIRED] * (len(plain) - len(arguments.defaults)) + [ast.literal_eval(d) for d in arguments.defaults]
    result = [(a.arg, "either", d) for a, d in zip(plain, defaults)]
    if arguments.vararg:
        result.append((arguments.vararg.arg, "args", ()))
    for keyword, default in zip(arguments.kwonlyargs, arguments.kw_defaults):
        result.append((keyword.arg, "keyword", ast.literal_eval(default) if default is not None else REQUIRED))
    if arguments.kwarg:
        result.append((arguments.kwarg.arg, "kwargs", {}))
    return tuple(result)


def bind(signature: str, args: list[Any], kwargs: dict[str, Any], *, guess: bool = True) -> tuple[SimpleNamespace, dict[str, Any]]:
    """Values by parameter name, and those the author passed. Raises ``DoesNotFit``.

    Of keyword arguments that are not known, ``guess`` says that they leave the defaults as they are.
    """
    values: dict[str, Any] = {}
    passed: dict[str, Any] = {}
    rest = {k: v for k, v in kwargs.items() if k != "**"}
    blind = "**" in kwargs
    position = 0
    for name, kind, default in parse(signature):
        if kind == "args":
            values[name] = tuple(args[position:])
            position = len(args)
        elif kind == "kwargs":
            values[name], rest = rest, {}
        elif kind == "either" and position < len(args):
            values[name] = passed[name] = args[position]
            position += 1
        elif name in rest:
            value = rest.pop(name)
            if type(value) is OneOf:
                value = or_default(value, ABSENT if default is REQUIRED else default)
            values[name] = passed[name] = value
        elif default is not REQUIRED and (guess or not blind):
            values[name] = default
        elif blind:
            values[name] = Unknown(f"{name} may come from keyword arguments that are not known")
        else:
            raise DoesNotFit(f"misses the argument {name}")
    if rest or position < len(args):
        raise DoesNotFit(f"got an unexpected argument {next(iter(rest), '')}".rstrip())
    return SimpleNamespace(**values), passed


class Sizes:
    """Gives a name to every size that is not known, so that shapes stay symbolic."""

    def __init__(self) -> None:
        self.count = 0

    def settle(self, name: str, value: Any, default: Any) -> Any:
        """``value`` fit for a table entry: unknown sizes become symbols, unknown flags their default."""
        if isinstance(value, OneOf):
            options = possible(value)
            if len(options) == 1:
                return options[0]
            value = Unknown("a branch")
        if isinstance(value, Unknown):
            if default is REQUIRED or (is_number(default) and not isinstance(default, (bool, float))):
                self.count += 1
                return symbol(f"?{name}_{self.count}")
            return default
        if isinstance(value, (tuple, list)) and name.endswith(("_features", "_channels")):
            return self.settle(name, Unknown("a sequence where a size belongs"), REQUIRED)
        if isinstance(value, (tuple, list)):
            return tuple(self.settle(name, v, REQUIRED) for v in value)
        return value
