"""``initlint check``: the findings, and what can be done about them all at once."""

from __future__ import annotations

import argparse

from initlint.cli import formats
from initlint.cli.analysis import Run, prepare
from initlint.cli.console import Failure, complain, emit, painter, reason
from initlint.engine import CheckResult
from initlint.findings import Finding
from initlint.report.paint import safe
from initlint.report.text import count, summary
from initlint.text.edits import SourceError, write_atomic


def run(options: argparse.Namespace) -> int:
    """Report findings."""
    if options.write_baseline and (options.changed_only or options.base is not None):
        raise Failure("--write-baseline with --changed-only would forget the findings of all other files")
    if options.add_ignores and "-" in options.paths:
        raise Failure("--add-ignores writes to files: standard input is none")
    prepared = prepare(options)
    if options.show_files or options.show_settings:
        from initlint.cli import listing  # start-up is a feature

        return listing.show(prepared)
    result = prepared.check()
    if options.write_baseline:
        return _write_baseline(prepared, result)
    if options.add_ignores:
        return _add_ignores(prepared, result)
    _report(prepared, result)
    return prepared.verdict(result.findings)


def _report(run: Run, result: CheckResult) -> None:
    name, paint = run.settings.format, painter(run.options)
    if not run.options.statistics:
        known = f"{count(run.baselined, 'finding')} in the baseline left out.\n" if run.baselined and name == "text" else ""
        emit(run.options, formats.render(result, name, paint) + known)
        return
    from initlint.report import statistics  # start-up is a feature

    if name == "text":
        emit(run.options, statistics.to_text(result.findings, paint) or summary(result.findings, files=result.files))
    elif name == "json":
        emit(run.options, statistics.to_json(result.findings))
    else:
        raise Failure(f"--statistics has no format {name}: text or json")


def _write_baseline(run: Run, result: CheckResult) -> int:
    from initlint.runs import baseline  # start-up is a feature

    file = run.options.write_baseline
    content, known = baseline.dump(file, result.findings, result.sources)
    try:
        write_atomic(file, content.encode())
    except (SourceError, OSError) as error:
        raise Failure(f"cannot write {file}: {reason(error)}") from None
    emit(run.options, f"Wrote {count(known, 'finding')} to {file}.\n")
    return run.verdict(baseline.load(file).split(result.findings, result.sources)[0])


def _add_ignores(run: Run, result: CheckResult) -> int:
    """Silence every finding by a comment; those that are left decide the exit status."""
    from initlint.fixing.silencing import add_ignores  # start-up is a feature

    by_path: dict[str, list[Finding]] = {}
    for finding in result.findings:
        by_path.setdefault(finding.site.path, []).append(finding)
    lines, left, done, written, failed = [], [], 0, 0, False
    for path, findings in by_path.items():
        before = result.sources.get(path, "")
        after, silenced, refused = add_ignores(before, findings)
        left += [finding for finding, _ in refused]
        lines += [f"{_where(finding)} {finding.code} not silenced: {why}\n" for finding, why in refused]
        if after == before:
            continue
        try:
            run.save(path, before, after)
        except (SourceError, OSError) as error:
            complain(f"{path}: {reason(error)}")
            failed = True
        else:
            done, written = done + len(silenced), written + 1
    told = f"Silenced {count(done, 'finding')} in {count(written, 'file')}; write the reason behind each comment.\n" if done else "Nothing to silence.\n"
    emit(run.options, "".join([*lines, told]))
    return run.verdict(left, failed=failed)


def _where(finding: Finding) -> str:
    return f"{safe(str(finding.site))}:"
