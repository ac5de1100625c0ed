"""The command line: arguments in, text and an exit status out. The only package that prints.

Everything heavy is imported by the command that needs it, so that ``--version`` and ``--help`` answer at once: ``arguments``
knows all options, and each command is the ``run`` of a module that bears its name.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from initlint.cli.arguments import parser
from initlint.cli.console import FAILED, INTERRUPTED, Failure, complain
from initlint.process.garbage import run_and_leave

__all__ = ["main", "script"]


def script() -> NoReturn:
    """The command as a process of its own."""
    run_and_leave(main)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the exit status."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    options = parser().parse_args(arguments)
    try:
        status: int = importlib.import_module(f"initlint.cli.{options.command}").run(options)
    except KeyboardInterrupt:
        return INTERRUPTED
    except Failure as failure:
        complain(str(failure))
        return FAILED
    except Exception as error:
        if os.environ.get("INITLINT_DEBUG") == "1":
            raise
        complain(f"internal error: {type(error).__name__}: {error} (INITLINT_DEBUG=1 shows where)")
        return FAILED
    return status
