"""What a run has to do: the targets, each with its options and limits, from settings and from what overrides them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from initlint.live.options import SEEDS, TIMEOUT, Options
from initlint.live.settings import Settings, SettingsError
from initlint.live.supervisor import Limits, parse_size


@dataclass(frozen=True, slots=True)
class Job:
    """One target and how to verify it."""

    target: str
    options: Options
    limits: Limits


@dataclass(frozen=True, slots=True, kw_only=True)
class Overrides:
    """What a command line adds to the settings."""

    values: Mapping[str, Any] = field(default_factory=dict)
    """By the keys of the settings table; these win."""
    signal: bool = False
    by_parts: bool = False
    select: tuple[str, ...] | None = None
    ignore: tuple[str, ...] = ()
    search_path: tuple[str, ...] = ()


def plan(found: Settings, targets: Sequence[str], overrides: Overrides) -> Iterator[Job]:
    """A job for every target that is named, or for every one that is listed. Raises ``SettingsError``."""
    if targets:
        pairs = [(target, found.of(target)) for target in targets]
    else:
        pairs = [(_from_here(entry.target, found.folder), entry.values) for entry in found.entries]
    shared = found.values.get("expect", {})
    for target, values in pairs:
        demanded = {**values.get("expect", {}), **overrides.values.get("expect", {})}
        loose = tuple(pattern for pattern in shared if demanded.get(pattern) == shared[pattern])
        yield _job(target, {**values, **overrides.values, "expect": demanded}, loose, overrides)


def _job(target: str, values: Mapping[str, Any], loose: tuple[str, ...], overrides: Overrides) -> Job:
    seeds, seconds, memory = values.get("seeds", SEEDS), float(values.get("timeout", TIMEOUT)), values.get("memory-limit")
    if seeds < 1:
        raise SettingsError(f"{seeds} seeds: the model has to be built at least once")
    if not seconds > 0:
        raise SettingsError(f"a timeout of {seconds:g}: give a number of seconds above 0")
    try:
        limits = Limits(seconds, parse_size(memory) if memory is not None else None)
    except ValueError:
        raise SettingsError(f"a memory limit of {memory!r}: write a size such as 8G or 512M") from None
    options = Options(
        device=values.get("device", "auto"),
        dtype=values.get("dtype"),
        seeds=seeds,
        inputs=values.get("input"),
        forward=values.get("forward", True),
        signal=overrides.signal,
        by_parts=overrides.by_parts,
        contracts=values["expect"],
        loose=loose,
        select=overrides.select,
        ignore=overrides.ignore,
        search_path=overrides.search_path,
    )
    return Job(target, options, limits)


def _from_here(target: str, folder: Path | None) -> str:
    """A target of the settings file, as seen from the working folder."""
    place, colon, expression = target.partition(".py:")
    if not colon or folder is None or folder == Path.cwd() or Path(place).is_absolute():
        return target
    return f"{folder / place}.py:{expression}"
