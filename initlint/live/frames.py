"""Who writes: the Python stack at the moment a tensor changes, read from the inside out.

Torch's own frames say which initializer or which layer's constructor is at work, under whatever name the user
imported it; the first frame that is neither torch's nor the standard library's is the user's line.
"""

from __future__ import annotations

import os
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice, pairwise
from types import CodeType, FrameType
from typing import Any, Literal

import torch

from initlint.findings import Site
from initlint.live.sources import column

Owner = Literal["torch", "library", "ours", "user"]

TORCH = os.path.dirname(torch.__file__) + os.sep
INIT = os.path.join(TORCH, "nn", "init.py")
MODULES = os.path.join(TORCH, "nn", "modules") + os.sep
OURS = os.path.dirname(__file__) + os.sep
STANDARD = sysconfig.get_path("stdlib") + os.sep


@dataclass(slots=True)
class Stack:
    """The frames around a write, innermost first."""

    inner: list[FrameType] = field(default_factory=list)
    """Torch's and the standard library's, up to the first of the user."""
    users: list[FrameType] = field(default_factory=list)
    """The user's frames, with what stands between them left out."""


def stack() -> Stack:
    """The frames around the call of torch that is being observed."""
    found = Stack()
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        kind = owner(frame.f_code)
        if kind == "user":
            found.users.append(frame)
        elif kind != "ours" and not found.users:
            found.inner.append(frame)
        frame = frame.f_back
    return found


@lru_cache(maxsize=4096)
def owner(code: CodeType) -> Owner:
    """Whose code it is."""
    path = code.co_filename
    if path.startswith(TORCH):
        return "torch"
    if path.startswith(OURS):
        return "ours"
    if path.startswith("<") and not path.startswith("<target"):
        return "library"
    return "library" if path.startswith(STANDARD) and "site-packages" not in path else "user"


def initializer(inner: list[FrameType]) -> FrameType | None:
    """The outermost ``torch.nn.init`` function at work, as long as no layer's own method called it in between."""
    found = None
    for frame in inner:
        if frame.f_code.co_filename == INIT:
            found = frame
        elif frame.f_code.co_filename.startswith(MODULES):
            break
    return found


def method(inner: list[FrameType], *names: str) -> tuple[Any, str] | None:
    """The innermost method of a torch module with one of these names that is running: its module and its name."""
    for frame in inner:
        code = frame.f_code
        if code.co_name in names and code.co_filename.startswith(MODULES) and code.co_argcount:
            receiver = frame.f_locals.get(code.co_varnames[0])
            if isinstance(receiver, torch.nn.Module):
                return receiver, code.co_name
    return None


def arguments(frame: FrameType) -> dict[str, Any]:
    """What a function was called with, as its parameters stand now."""
    code = frame.f_code
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    return {name: frame.f_locals[name] for name in names if name in frame.f_locals}


def first_argument(frame: FrameType) -> Any:
    """The value of a function's first parameter; None for a method or a function without any."""
    code = frame.f_code
    return frame.f_locals.get(code.co_varnames[0]) if code.co_argcount else None


def site(frame: FrameType) -> Site | None:
    """The call that ``frame`` is executing; whole lines where this Python does not record columns. None for a target expression."""
    code = frame.f_code
    if code.co_filename.startswith("<"):
        return None
    path, line = shown(code.co_filename), frame.f_lineno
    if sys.version_info < (3, 11):
        return Site(path, line, 1, line, 1)
    first, last, start, end = next(islice(code.co_positions(), frame.f_lasti // 2, None), (None,) * 4)
    if first is None or last is None or start is None or end is None:
        return Site(path, line, 1, line, 1)
    return Site(path, first, column(code.co_filename, first, start), last, column(code.co_filename, last, end))


@lru_cache(maxsize=4096)
def shown(path: str) -> str:
    """A path as reports spell it: relative inside the working folder, absolute elsewhere."""
    here = os.getcwd() + os.sep
    real = os.path.abspath(path)
    return real[len(here) :] if real.startswith(here) else real


def caller(users: list[FrameType]) -> Iterator[tuple[FrameType, FrameType]]:
    """Each of the user's frames with the one that called it, from the inside out."""
    return pairwise(users)
