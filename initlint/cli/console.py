"""What every command shares with the terminal: where text goes, in which colours, and how trouble is told."""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from initlint.report.paint import Paint

CLEAN, FOUND, FAILED, INTERRUPTED = 0, 1, 2, 130


class Failure(Exception):
    """The command cannot do what was asked; the message is for the user."""


def reason(error: Exception) -> str:
    """Why a file could not be read or written, without its name."""
    return os.strerror(error.errno) if isinstance(error, OSError) and error.errno else str(error)


def on_terminal(options: argparse.Namespace) -> bool:
    """Whether the output is read by a person at a terminal."""
    return options.output_file is None and sys.stdout.isatty()


def painter(options: argparse.Namespace) -> Paint:
    """Colour for a terminal, or where it is asked for."""
    from initlint.report.paint import coloured, plain

    terminal = on_terminal(options) and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return coloured() if options.color == "always" or (options.color == "auto" and terminal) else plain


def emit(options: argparse.Namespace, text: str) -> None:
    """Write ``text`` to standard output or to ``--output-file``; a reader that has gone away is no error."""
    if options.output_file is not None:
        _to_file(options.output_file, text.encode("utf-8", "backslashreplace"))
        return
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def emit_bytes(options: argparse.Namespace, data: bytes) -> None:
    """Write ``data`` as it is to standard output or to ``--output-file``."""
    if options.output_file is not None:
        _to_file(options.output_file, data)
        return
    try:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _to_file(path: str, data: bytes) -> None:
    try:
        with open(path, "wb") as stream:
            stream.write(data)
    except OSError as error:
        raise Failure(f"cannot write {path}: {error.strerror}") from None


def remark(text: str) -> None:
    """Lines for people, beside an output that is not."""
    sys.stderr.write(text)


def complain(message: str) -> None:
    """One line on standard error."""
    from initlint.report.paint import safe

    remark(f"initlint: {safe(message)}\n")
