"""``initlint verify``: settings and arguments in, one report and an exit status out."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from initlint import rules
from initlint.findings import Severity
from initlint.live import settings
from initlint.live.options import SEEDS, TIMEOUT, Options
from initlint.live.results import VerifyResult
from initlint.live.supervisor import Limits, parse_size, supervise
from initlint.report import verify as report
from initlint.report.paint import Paint

RUNS_CODE = "This runs the code of the targets, each in a process of its own with a limit on time and memory."


class CannotVerify(Exception):
    """The command cannot do what was asked; the message is for the user."""


@dataclass(frozen=True, slots=True)
class Job:
    """One target and how to verify it."""

    target: str
    options: Options
    limits: Limits


def run(arguments: argparse.Namespace, paint: Paint, *, interactive: bool, columns: int | None) -> tuple[str, int]:
    """The report and the exit status. Raises ``CannotVerify``."""
    jobs = list(_jobs(arguments))
    if not jobs:
        raise CannotVerify(f"no target: name one, as net.py:Net, or list some under [{settings.TABLE}] in {settings.FILE}")
    outcome = VerifyResult()
    with _shown(len(jobs), interactive) as step:
        for job in jobs:
            step(job.target, "starting", False)
            outcome.results.append(supervise(job.target, job.options, job.limits, lambda text, job=job: step(job.target, text, False)))  # type: ignore[misc]
            step(job.target, "", True)
    text = report.render(outcome.results, arguments.format, paint=paint, columns=columns)
    return text, status(outcome, arguments)


def status(outcome: VerifyResult, arguments: argparse.Namespace) -> int:
    """0 clean, 1 findings at or above ``--fail-on``, 2 where a target could not be built."""
    if not all(result.ran for result in outcome.results):
        return 2
    if arguments.exit_zero or arguments.fail_on == "never":
        return 0
    limit = Severity(arguments.fail_on).rank
    return int(any(finding.severity.rank >= limit for finding in outcome.findings))


def _jobs(arguments: argparse.Namespace) -> Iterator[Job]:
    try:
        found = settings.load(settings.find(Path.cwd()))
        rules.select(arguments.select, arguments.ignore or ())
        demanded = dict(_expectation(text) for text in arguments.expect)
    except (settings.SettingsError, rules.UnknownRule) as error:
        raise CannotVerify(str(error)) from None
    if arguments.targets:
        pairs = [(target, found.of(target)) for target in arguments.targets]
    else:
        pairs = [(_from_here(entry.target, found.folder), entry.values) for entry in found.entries]
    for target, values in pairs:
        yield Job(target, _options(arguments, values, demanded), _limits(arguments, values))


def _from_here(target: str, folder: Path | None) -> str:
    """A target of the settings file, as seen from the working folder."""
    place, colon, expression = target.partition(".py:")
    if not colon or folder is None or folder == Path.cwd() or Path(place).is_absolute():
        return target
    return f"{folder / place}.py:{expression}"


def _options(arguments: argparse.Namespace, values: Mapping[str, Any], demanded: Mapping[str, str]) -> Options:
    seeds = arguments.seeds if arguments.seeds is not None else values.get("seeds", SEEDS)
    if seeds < 1:
        raise CannotVerify(f"--seeds {seeds}: build the model at least once")
    return Options(
        device=arguments.device or values.get("device", "auto"),
        dtype=arguments.dtype or values.get("dtype"),
        seeds=seeds,
        inputs=arguments.input or values.get("input"),
        forward=not arguments.no_forward and values.get("forward", True),
        signal=arguments.signal,
        contracts={**values.get("expect", {}), **demanded},
        select=tuple(arguments.select) if arguments.select is not None else None,
        ignore=tuple(arguments.ignore or ()),
        search_path=tuple(arguments.search_path),
    )


def _limits(arguments: argparse.Namespace, values: Mapping[str, Any]) -> Limits:
    seconds = arguments.timeout if arguments.timeout is not None else float(values.get("timeout", TIMEOUT))
    if not seconds > 0:
        raise CannotVerify(f"--timeout {seconds:g}: give a number of seconds above 0")
    memory = arguments.memory_limit or values.get("memory-limit")
    try:
        return Limits(seconds, parse_size(memory) if memory is not None else None)
    except ValueError:
        raise CannotVerify(f"--memory-limit {memory}: write a size such as 8G or 512M") from None


def _expectation(text: str) -> tuple[str, str]:
    pattern, equals, law = text.partition("=")
    if not equals or not pattern.strip() or not law.strip():
        raise settings.SettingsError(f"--expect {text!r}: write GLOB=LAW, as in '*.weight=normal(std=0.02)'")
    return pattern.strip(), law.strip()


@contextmanager
def _shown(total: int, interactive: bool) -> Iterator[Callable[[str, str, bool], None]]:
    """A progress bar on a terminal, nothing elsewhere."""
    if not interactive:
        yield lambda target, text, done: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    console = Console(stderr=True)
    console.print(RUNS_CODE, style="dim", highlight=False)
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=total)

        def step(target: str, text: str, done: bool) -> None:
            bar.update(task, description=f"{target}: {text}" if text else target, advance=int(done))

        yield step
