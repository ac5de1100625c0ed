"""A limit on the time that one file may take: the last resort against source that is made to take for ever.

What the interpreter follows step by step has a budget of steps; what walks through a value in one step has none, and sixty nested
lists can hold more than a computer counts in a year. The limit is of processor time, so that a busy machine changes no result.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

T = TypeVar("T")
SECONDS = 60.0
"""Of a processor; of the wheels in ``benchmarks/corpus.txt``, the slowest file read so far takes nine on a busy machine."""
LOOK = 0.5
"""Seconds between two looks at the clock."""


class OverrunError(BaseException):
    """The time is up. No ``Exception``, so that nothing on the way takes it for a failure of the code it looks at."""


def within(seconds: float, action: Callable[[], T]) -> T:
    """Run ``action`` in this thread. Raises ``OverrunError`` once it has taken more than ``seconds`` of a processor."""
    thread, start = threading.get_ident(), time.process_time()
    over, lock = threading.Event(), threading.Lock()

    def watch() -> None:
        while not over.wait(LOOK):
            if time.process_time() - start > seconds:
                with lock:
                    if not over.is_set():
                        _interrupt(thread)
                return

    with suppress(RuntimeError):  # no room for a thread, where memory is limited: then nobody watches
        threading.Thread(target=watch, daemon=True).start()
    try:
        return action()
    finally:
        with lock:
            over.set()


def _interrupt(thread: int) -> None:
    """Raise ``OverrunError`` in a thread, at the next line of Python that it runs."""
    import ctypes

    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(OverrunError))
