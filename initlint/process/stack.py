"""Room for deep recursion."""

from __future__ import annotations

import mmap
import sys
import threading
import warnings
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
STACKS = tuple(size << 20 for size in (512, 256, 128, 64, 32, 16))
SPARE = 256 << 20
"""Address space that has to be left beside the stack: the work that it is for needs some as well."""
FRAME = 16 << 10
"""Stack that one level of recursion may take, generously."""
RECURSION = 12_000
ROOM = (1 << 17) + 100
"""Words of the frame at the bottom: what CPython takes for it leaves about as much again free above it."""


def with_deep_stack(action: Callable[[], T]) -> T:
    """Run ``action`` where deep recursion is possible, in the parser as well as here, and leave the process as it was.

    A thread can have a deep stack of its own. Only what is used of it takes memory; where even the address space is limited, a
    smaller one has to do, and the recursion limit shrinks with it.
    """
    outcome: list[T] = []
    failure: list[BaseException] = []

    def run() -> None:
        try:
            outcome.append(_roomy(action))
        except BaseException as error:
            failure.append(error)

    limit = sys.getrecursionlimit()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            thread = _deep_thread(run)
            thread.join()
    finally:
        sys.setrecursionlimit(limit)
    if failure:
        raise failure[0]
    return outcome[0]


def _roomy(action: Callable[[], T]) -> T:
    """Run ``action`` on frames that lie in one piece.

    CPython (3.11 and later) takes memory for frames in pieces of 16 KiB and gives a piece back as soon as it is empty: a call that
    happens to stand at the border of two maps and unmaps one each time, a tenth of all the time of a recursive evaluator. A piece is
    never smaller than a frame needs, so a large frame first leaves room for all that follow.
    """
    return action()


_roomy.__code__ = _roomy.__code__.replace(co_stacksize=ROOM)


def _is_free(size: int) -> bool:
    """Whether ``size`` bytes of address space could be taken now. They are given back untouched."""
    if sys.platform == "win32":
        return True  # a mapping would be charged for there, where a stack is not
    try:
        mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS).close()
    except OSError:
        return False
    return True


def _deep_thread(run: Callable[[], None]) -> threading.Thread:
    """A running thread with the deepest stack there is room for."""
    previous, limit = threading.stack_size(), sys.getrecursionlimit()
    reset = threading.Event()

    def wait() -> None:
        reset.wait()  # a thread that it starts itself would have a stack as deep
        run()

    try:
        for stack in STACKS:
            if stack != STACKS[-1] and not _is_free(stack + SPARE):
                continue
            threading.stack_size(stack)
            sys.setrecursionlimit(max(limit, min(RECURSION, stack // FRAME)))
            thread = threading.Thread(target=wait, daemon=True)
            try:
                thread.start()
            except RuntimeError:
                continue
            return thread
    finally:
        threading.stack_size(previous)
        reset.set()
    raise MemoryError("no room for the stack of a thread")
