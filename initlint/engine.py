"""Paths to findings: which files there are, what was known of them before, and what all of them say together."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from initlint.errors import TargetError
from initlint.findings import Finding
from initlint.paths import files
from initlint.process.garbage import uncollected
from initlint.process.stack import with_deep_stack
from initlint.rules import Rule, select
from initlint.runs.single import Examiner, trouble
from initlint.runs.suppress import silence
from initlint.runs.tasks import Task
from initlint.text.edits import SourceError, as_bytes, decode

if TYPE_CHECKING:
    from initlint.contexts.models import Analysis
    from initlint.graph import ModelGraph
    from initlint.runs.cache import Cache
    from initlint.text.notebook import Notebook

__all__ = ["CheckResult", "TargetError", "check", "recheck", "show"]


@dataclass(slots=True)
class CheckResult:
    """What a run found, in the order of files and lines."""

    findings: list[Finding]
    files: int
    sources: dict[str, str] = field(default_factory=dict)
    """Text of every file that a finding is about; of a notebook, the module that its code cells form."""
    notebooks: dict[str, Notebook] = field(default_factory=dict)
    """Those of them that are notebooks."""
    missing: list[str] = field(default_factory=list)
    """Paths that were asked for and do not exist."""
    search_path: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()
    suppressions: bool = True
    """Whether comments in the files silence findings."""
    analysis: Analysis | None = field(default=None, repr=False)
    """What was parsed on the way, for a second look at some of the files."""
    cache_trouble: str | None = None
    """Why the cache could not be written, if so."""


def check(
    paths: Sequence[str],
    *,
    stdin: bytes | None = None,
    stdin_filename: str = "<stdin>",
    search_path: Sequence[str] = (),
    rules: Sequence[Rule] | None = None,
    suppressions: bool = True,
    progress: Callable[[str], None] = lambda path: None,
    jobs: int = 1,
    cache: str | None = None,
) -> CheckResult:
    """Analyse files and folders. What cannot be read is a finding of the tool's own; nothing is skipped silently.

    Without ``suppressions``, comments silence nothing. ``progress`` is told each path before it is analysed. At most ``jobs``
    processes share the work. ``cache`` is a folder in which results are kept; what it holds of files that have not changed, nor
    anything they depend on, is taken from there. Neither changes what is found.
    """
    result = CheckResult([], 0, search_path=tuple(search_path), rules=tuple(select() if rules is None else rules), suppressions=suppressions)
    tasks = [Task(stdin_filename, given=stdin)] if stdin is not None else []
    tasks += _tasks(paths, result)
    result.files += stdin is not None
    store = _recall(result, tasks, cache) if cache is not None and stdin is None else None
    todo = [task for task in tasks if task.outcome is None]
    for task in tasks:
        if task.outcome is not None:
            progress(task.path)
    with uncollected():
        snapshots = _examine(result, todo, progress, jobs if stdin is None else 1, accountable=store is not None)
        with_deep_stack(lambda: _collect(result, tasks))
    if store is not None:
        store.keep([(task.path, task.digest, task.outcome) for task in todo if task.outcome is not None], snapshots)
        result.cache_trouble = store.save()
    return result


def _recall(result: CheckResult, tasks: Sequence[Task], folder: str) -> Cache:
    """What was known of the files before."""
    from initlint.runs.cache import Cache
    from initlint.runs.present import Present

    present = Present({os.path.abspath(task.path): task.digest for task in tasks})
    store = Cache(folder, result.search_path, [rule.code for rule in result.rules], present)
    for task in tasks:
        task.outcome = store.recall(task.path, task.digest)
    return store


def _examine(result: CheckResult, tasks: Sequence[Task], progress: Callable[[str], None], jobs: int, *, accountable: bool) -> list[dict[str, dict[str, str]]]:
    """Fill in the outcome of every task. What was seen on the way of the projects in which words were looked for, if outcomes are to say what they rest on."""
    snapshots = _examine_together(result, tasks, progress, jobs, accountable) if jobs > 1 and len(tasks) > 1 else []
    examiner = Examiner(result.search_path, result.rules, accountable=accountable)

    def examine() -> None:
        for task in tasks:
            if task.outcome is None:
                progress(task.path)
                task.examine(examiner)

    with_deep_stack(examine)
    result.analysis = examiner.analysis
    return [*snapshots, examiner.snapshots]


def _examine_together(
    result: CheckResult, tasks: Sequence[Task], progress: Callable[[str], None], jobs: int, accountable: bool
) -> list[dict[str, dict[str, str]]]:
    """Examine all files by several processes, where that is worth while; what these saw of projects."""
    from initlint.runs import workers

    weighed = [workers.Job.of(number, task) for number, task in enumerate(tasks)]
    jobs = workers.useful(jobs, weighed)
    if jobs == 1:
        return []
    pool = workers.Pool(jobs, (result.search_path, [rule.code for rule in result.rules], accountable), lambda number: progress(tasks[number].path))
    for number, done in pool.run(weighed).items():
        task = tasks[number]
        task.digest, task.marked, task.outcome = done.digest, done.marked, done.outcome
    return pool.snapshots


def recheck(result: CheckResult, path: str, text: str) -> CheckResult:
    """One file of ``result`` as if it held ``text``; only its own models are looked at, and nothing is read from it."""
    again = CheckResult([], 1, search_path=result.search_path, rules=result.rules, suppressions=result.suppressions)
    notebook = result.notebooks[path].edited(text) if path in result.notebooks else None
    data = b"" if notebook else as_bytes(text)
    examiner = Examiner(result.search_path, result.rules, result.analysis.edited() if result.analysis is not None else None)
    with uncollected():
        again.findings = with_deep_stack(lambda: examiner.examine(path, data, notebook)).findings
    again.analysis = examiner.analysis
    again.sources[path] = text
    if notebook:
        again.notebooks[path] = notebook
    _finish(again)
    return again


def _tasks(paths: Sequence[str], result: CheckResult) -> Iterator[Task]:
    """Every file under ``paths``; one that cannot be read is a finding."""
    for path in files.discover(paths, result.missing):
        result.files += 1
        task = Task(path)
        try:
            task.note(task.read())
        except SourceError as error:
            result.findings.append(trouble(path, "INI902", str(error)))
        else:
            yield task


def _collect(result: CheckResult, tasks: Sequence[Task]) -> None:
    """Put together what was found in all files, with the texts that somebody will want to see."""
    for task in tasks:
        assert task.outcome is not None
        result.findings += task.outcome.findings
        _add_source(result, task, wanted=bool(task.outcome.findings))
    _bring_home(result, tasks)
    _finish(result)


def _add_source(result: CheckResult, task: Task, *, wanted: bool) -> None:
    """The text of a file, where it is ``wanted`` or has comments for this tool; one that has none is reported without."""
    if not wanted and not task.marked:
        return
    try:
        data = task.read()
        if files.is_notebook(task.path):
            from initlint.text.notebook import load  # start-up is a feature

            result.notebooks[task.path] = load(data)
            result.sources[task.path] = result.notebooks[task.path].text
        else:
            result.sources[task.path] = decode(data).text
    except (SourceError, RecursionError, MemoryError):
        pass


def _bring_home(result: CheckResult, tasks: Sequence[Task]) -> None:
    """Add what a model of one file shows in another that is checked too, unless that file's own models showed it."""
    checked = {os.path.abspath(task.path): task for task in tasks}
    known = {(f.code, f.site.path, f.site.line, f.site.column) for f in result.findings}
    for finding in [finding for task in tasks if task.outcome is not None for finding in task.outcome.elsewhere]:
        home = checked.get(os.path.abspath(finding.site.path))
        if home is None or (finding.code, home.path, finding.site.line, finding.site.column) in known:
            continue
        known.add((finding.code, home.path, finding.site.line, finding.site.column))
        result.findings.append(replace(finding, site=replace(finding.site, path=home.path), fix=None, help=finding.help or _advice(finding)))
        _add_source(result, home, wanted=True)
    result.findings = [_named(finding, checked) for finding in result.findings]


def _advice(finding: Finding) -> str:
    return finding.fix.message if finding.fix is not None else ""


def _named(finding: Finding, checked: dict[str, Task]) -> Finding:
    """``finding`` with other places it speaks of called as this run calls their files."""
    if not any(site["path"] in checked for site in finding.evidence.get("sites", ())):
        return finding
    sites = [{**site, "path": checked[site["path"]].path if site["path"] in checked else site["path"]} for site in finding.evidence["sites"]]
    return replace(finding, evidence={**finding.evidence, "sites": sites})


def _finish(result: CheckResult) -> None:
    """Leave out what comments silence, say of findings in which cell they are, and put them in order."""
    if result.suppressions:
        _silence(result)
    if result.notebooks:
        from initlint.text.notebook import placed  # start-up is a feature

        result.findings = [placed(finding, result.notebooks) for finding in result.findings]
    result.findings.sort(key=lambda finding: finding.order)


def _silence(result: CheckResult) -> None:
    """Leave out what comments in the files silence."""
    ran = [name for rule in result.rules for name in (rule.code, rule.name)]
    by_path: dict[str, list[Finding]] = {path: [] for path in result.sources}
    for finding in result.findings:
        by_path.setdefault(finding.site.path, []).append(finding)
    texts = {**result.sources, **{path: notebook.code for path, notebook in result.notebooks.items()}}
    result.findings = [finding for path, found in by_path.items() for finding in silence(path, texts.get(path, ""), found, ran)]


def show(target: str, search_path: Sequence[str] = (), text: str | None = None) -> ModelGraph:
    """The table of one model, its file read as if it held ``text`` where that is given. Raises ``TargetError``."""
    from initlint import frontend  # heavy

    return frontend.show(target, search_path, text)
