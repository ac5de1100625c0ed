"""A progress bar for runs that take long, on a terminal."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress

PATIENCE = 1.0
"""Seconds before anything is shown."""


@contextmanager
def watching(total: int) -> Iterator[Callable[[str], None]]:
    """Something to call with each path before it is dealt with; a bar on standard error shows how many of ``total`` are done.

    Nothing is shown where standard error is no terminal, or in the first second, and nothing stays behind.
    """
    if not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        yield lambda path: None
        return
    started, done = time.monotonic(), 0
    bar: Progress | None = None

    def advance(path: str) -> None:
        nonlocal bar, done
        if bar is None and time.monotonic() - started >= PATIENCE:
            bar = _bar(total)
        if bar is not None:
            bar.update(bar.task_ids[0], completed=done)
        done += 1

    try:
        yield advance
    finally:
        if bar is not None:
            bar.stop()


def _bar(total: int) -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    bar = Progress("Checking", BarColumn(), MofNCompleteColumn(), "files", TimeRemainingColumn(), console=Console(stderr=True), transient=True)
    bar.add_task("", total=total)
    bar.start()
    return bar
