"""Where the modules of this package enter what they describe."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from initlint.interpreter.values import Builtin

if TYPE_CHECKING:
    from initlint.interpreter.calls import Call


Handler = Callable[["Call"], Any]
BUILTINS: dict[str, Any] = {}
METHODS: dict[type, dict[str, Handler]] = {}


def builtin(name: str) -> Callable[[Handler], Handler]:
    """Enter a function as the builtin ``name``."""

    def register(handler: Handler) -> Handler:
        BUILTINS[name] = Builtin(name, handler)
        return handler

    return register
