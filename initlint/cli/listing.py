"""``check --show-files`` and ``--show-settings``: what a run would look at, and how."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator

from initlint.cli.analysis import Run
from initlint.cli.console import emit
from initlint.paths.ignores import DEFAULT_EXCLUDE
from initlint.projects import Settings
from initlint.report.json import dumps
from initlint.report.paint import safe
from initlint.report.text import count


def show(run: Run) -> int:
    """Print the files, the settings of each, or both."""
    as_json = run.settings.format == "json"
    if run.options.show_files:
        emit(run.options, dumps(run.files) if as_json else "".join(f"{safe(path)}\n" for path in run.files))
    else:
        groups = [{"file": _source(settings), "files": len(paths), "settings": _table(settings)} for settings, paths in _groups(run)]
        emit(run.options, dumps(groups) if as_json else "\n".join(_text(settings, paths) for settings, paths in _groups(run)))
    return run.verdict([])


def _groups(run: Run) -> list[tuple[Settings, list[str]]]:
    """The settings in force, each with the files it is in force for; those of the run as a whole come first."""
    groups: dict[int, tuple[Settings, list[str]]] = {id(run.settings): (run.settings, [])}
    for path in run.files:
        settings = run.projects.of(path)
        groups.setdefault(id(settings), (settings, []))[1].append(path)
    return list(groups.values())


def _source(settings: Settings) -> str | None:
    return None if settings.file.source is None else os.path.relpath(settings.file.source)


def _table(settings: Settings) -> dict[str, object]:
    file, given = settings.file, settings.given
    usual = file.exclude if given.exclude is None else given.exclude
    return {
        "select": sorted(settings.codes),
        "per-file-ignores": {pattern: list(rules) for pattern, rules in file.per_file_ignores},
        "severity": {code: kind.value for code, kind in sorted(settings.severity.items())},
        "exclude": [*(DEFAULT_EXCLUDE if usual is None else usual), *file.extend_exclude, *given.extend_exclude],
        "respect-gitignore": settings.exclusion.gitignore,
        "force-exclude": settings.exclusion.force,
        "search-path": list(settings.search_path),
        "baseline": settings.baseline,
        "fail-on": settings.fail_on,
        "format": settings.format,
        "unsafe-fixes": settings.unsafe_fixes,
    }


def _text(settings: Settings, paths: list[str]) -> str:
    """The settings as a configuration file could say them."""
    return "".join([f"# {safe(_source(settings) or 'no configuration file')}: {count(len(paths), 'file')}\n", *_lines(_table(settings))])


def _lines(table: dict[str, object]) -> Iterator[str]:
    for key, value in table.items():
        if isinstance(value, dict):
            entries = ", ".join(f"{json.dumps(name)} = {json.dumps(entry)}" for name, entry in value.items())
            yield f"{key} = {{ {entries} }}\n" if entries else f"{key} = {{}}\n"
        elif value is not None:
            yield f"{key} = {json.dumps(value)}\n"
