"""Where the modules of this package enter the functions they describe."""

from __future__ import annotations

from collections.abc import Callable

from initlint.interpreter.builtins import Handler

FUNCTIONS: dict[str, Handler] = {}


def function(*names: str) -> Callable[[Handler], Handler]:
    """Enter a function under the dotted names it answers to."""

    def register(handler: Handler) -> Handler:
        for name in names:
            FUNCTIONS[name] = handler
        return handler

    return register
