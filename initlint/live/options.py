"""What a verification is asked to do; the same for the command, its worker process and Python."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

DEVICES = ("auto", "cpu", "cuda", "cuda:N")
SEEDS = 2
TIMEOUT = 600.0
"""Seconds that one target may take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How to build, run and judge a target."""

    device: str = "auto"
    dtype: str | None = None
    """Default floating type while the model is built, ``bfloat16``; None for torch's own."""
    seeds: int = SEEDS
    """How many times the model is built; every build adds to what can be seen."""
    inputs: str | None = None
    """Shapes for the forward pass, ``2,3,224,224``; None to infer them."""
    forward: bool = True
    signal: bool = False
    """Whether to measure signal and gradient by layer."""
    by_parts: bool = False
    """Build on meta and draw one parameter at a time, for models that the device cannot hold."""
    contracts: Mapping[str, str] = field(default_factory=dict)
    """Glob on parameter names to the law demanded."""
    loose: tuple[str, ...] = ()
    """Globs of these that may match no parameter: those that all targets of a project share."""
    select: tuple[str, ...] | None = None
    ignore: tuple[str, ...] = ()
    search_path: tuple[str, ...] = ()

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Options:
        """From the JSON that a worker is handed."""
        select = plain["select"]
        tuples = {name: tuple(plain[name]) for name in ("loose", "ignore", "search_path")}
        return cls(**{**plain, **tuples, "select": None if select is None else tuple(select)})
