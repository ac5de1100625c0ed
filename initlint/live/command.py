"""``initlint verify``: settings and arguments in, one report and an exit status out."""

from __future__ import annotations

import argparse
import importlib.util
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from initlint import rules
from initlint.findings import Severity
from initlint.live import examine, settings
from initlint.live.jobs import Job, Overrides, plan
from initlint.live.results import VerifyResult
from initlint.live.supervisor import supervise
from initlint.report import verify as report
from initlint.report.paint import Paint

NEEDED = ("torch", "scipy")
RUNS_CODE = "This runs the code of the targets, each in a process of its own with a limit on time and memory."


class CannotVerify(Exception):
    """The command cannot do what was asked; the message is for the user."""


def run(arguments: argparse.Namespace, paint: Paint, *, interactive: bool, columns: int | None) -> tuple[str, int]:
    """The report and the exit status. Raises ``CannotVerify``."""
    jobs = _jobs(arguments)
    for name in NEEDED:
        if importlib.util.find_spec(name) is None:
            raise CannotVerify(f"verify builds models and needs {name}: pip install 'initlint[verify]'")
    outcome = VerifyResult()
    with _shown(len(jobs), interactive) as step:
        for job in jobs:
            step(job.target, "starting", False)
            outcome.results.append(supervise(job.target, job.options, job.limits, lambda text, job=job: step(job.target, text, False)))  # type: ignore[misc]
            step(job.target, "", True)
    sources = {path: examine.text_of(path) for path in {finding.site.path for finding in outcome.findings}}
    return report.render(outcome.results, arguments.format, paint=paint, columns=columns, sources=sources), status(outcome, arguments)


def status(outcome: VerifyResult, arguments: argparse.Namespace) -> int:
    """0 clean, 1 findings at or above ``--fail-on``, 2 where a target could not be built."""
    if not all(result.ran for result in outcome.results):
        return 2
    mildest = arguments.fail_on or Severity.WARNING.value
    if arguments.exit_zero or mildest == "never":
        return 0
    limit = Severity(mildest).rank
    return int(any(finding.severity.rank >= limit for finding in outcome.findings))


def _jobs(arguments: argparse.Namespace) -> list[Job]:
    try:
        rules.select(arguments.select, arguments.ignore or ())
        found = settings.load(settings.find(Path.cwd()))
        jobs = list(plan(found, arguments.targets, _overrides(arguments)))
    except (settings.SettingsError, rules.UnknownRule) as error:
        raise CannotVerify(str(error)) from None
    if not jobs:
        raise CannotVerify(f"no target: name one, as net.py:Net, or list some under [{settings.TABLE}] in {settings.FILE}")
    return jobs


def _overrides(arguments: argparse.Namespace) -> Overrides:
    given = {name: getattr(arguments, name) for name in ("device", "dtype", "seeds", "input", "timeout")}
    given |= {"memory-limit": arguments.memory_limit, "forward": False if arguments.no_forward else None}
    values = {name: value for name, value in given.items() if value is not None}
    return Overrides(
        values={**values, "expect": dict(_expectation(text) for text in arguments.expect)},
        signal=arguments.signal,
        by_parts=arguments.by_parts,
        select=tuple(arguments.select) if arguments.select is not None else None,
        ignore=tuple(arguments.ignore or ()),
        search_path=tuple(arguments.search_path),
    )


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
