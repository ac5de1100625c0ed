"""When garbage is looked for.

What an analysis makes lives until its end, and then nearly all of it is garbage: looking for it at CPython's usual rate takes a fifth of
the time of a run, and taking it apart a tenth. So nobody looks while an analysis runs, between two the process looks only once
it has grown large, and a command that is over leaves the rest to the operating system.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NoReturn

YOUNG = 600_000
"""Objects made since the last look that are worth another."""
ROOM = 360
"""MiB that a process may take before it looks at all."""
ROOM_OF_MANY = 256
"""The same for one of several that work at once."""
_room = ROOM
_next = YOUNG
"""The number of young objects at which the system is asked."""
_spared = False
"""Whether the last look was amid an analysis, and something survived that may be garbage by now."""


@contextmanager
def uncollected(room: int | None = None) -> Iterator[None]:
    """Look for garbage only where ``tidy`` is called, and only once the process has taken ``room`` MiB (as around it, or ``ROOM``)."""
    global _room, _next, _spared
    usual, before = gc.isenabled(), _room
    gc.disable()
    _room, _next, _spared = before if room is None else room, YOUNG, False
    try:
        yield
    finally:
        _room = before
        if usual:
            gc.enable()


def tidy(*, amid: bool = False) -> None:
    """Free what nothing needs any more, where there may be much of it and room is short.

    What survives a look between two analyses is never looked at again; what survives one ``amid`` an analysis is, once that is over.
    """
    global _next, _spared
    young = gc.get_count()[0]
    if young > _next or (_spared and not amid):
        if _megabytes() > _room:
            gc.collect(0 if amid else 1)
            _next, _spared = YOUNG, amid
        else:
            _next = young + YOUNG // 4  # to ask the system takes time, too


def run_and_leave(command: Callable[[], int]) -> NoReturn:
    """Run what the process is for and end it; its memory goes back as a whole, not object by object."""
    gc.disable()
    status = command()
    gc.freeze()
    sys.exit(status)


def _megabytes() -> float:
    """The most memory this process has had; without end where the system does not say."""
    try:
        import resource
    except ImportError:
        return float("inf")
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (1 << 20 if sys.platform == "darwin" else 1 << 10)
