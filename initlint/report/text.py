"""Findings for people, in ruff's manner: a header, the code with a caret under it, what helps, and a summary."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from initlint.findings import Finding, Safety, Severity
from initlint.report.paint import Paint, plain, safe, width
from initlint.text.edits import split_lines

STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "bold yellow", Severity.NOTE: "bold cyan"}
CONTEXT = 2
"""Lines of code shown on either side."""
_TAB = "    "
_ALSO = 3


def render(findings: Sequence[Finding], sources: Mapping[str, str], *, files: int, paint: Paint = plain) -> str:
    """The whole report: every finding in order, then the summary."""
    lines: dict[str, list[str]] = {}
    blocks = []
    for finding in findings:
        path = finding.site.path
        if path not in lines:
            lines[path] = split_lines(sources.get(path, ""))
        blocks.append("\n".join(_finding(finding, lines[path], paint)) + "\n")
    return "\n".join([*blocks, summary(findings, files=files, paint=paint)])


def summary(findings: Sequence[Finding], *, files: int, paint: Paint = plain) -> str:
    """``Found 3 findings (2 warnings, 1 note).`` and what can be fixed."""
    if not findings:
        return f"No findings in {count(files, 'file')}.\n" if files else "No files to check.\n"
    tally = Counter(finding.severity for finding in findings)
    kinds = ", ".join(count(tally[kind], kind.value) for kind in reversed(Severity) if tally[kind])
    return f"Found {count(len(findings), 'finding')} ({kinds}).\n{_fixable(findings, paint)}"


def count(number: int, noun: str) -> str:
    """``1 note``, ``2 notes``."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def fixable(finding: Finding) -> bool:
    """Whether the tool itself can make the edit."""
    return finding.fix is not None and finding.fix.safety is not Safety.ADVICE and bool(finding.fix.edits)


def _fixable(findings: Sequence[Finding], paint: Paint) -> str:
    tally = Counter(finding.fix.safety for finding in findings if finding.fix is not None and fixable(finding))
    safely, riskily = tally[Safety.SAFE], tally[Safety.UNSAFE]
    mark = f"[{paint('*', 'cyan')}]"
    if safely:
        more = f" ({riskily} more with `--unsafe`)" if riskily else ""
        return f"{mark} {safely} fixable with `initlint fix --apply`{more}\n"
    return f"{mark} {riskily} fixable with `initlint fix --apply --unsafe`\n" if riskily else ""


def _finding(finding: Finding, lines: list[str], paint: Paint) -> Iterator[str]:
    site = finding.site
    mark = f"[{paint('*', 'cyan')}] " if fixable(finding) else ""
    place = f"{paint(safe(site.place), 'bold')}:{site.row}:{site.column}:"
    yield f"{place} {paint(finding.code, STYLES[finding.severity])} {mark}{safe(finding.message)}"
    margin = " " * len(str(min(site.row + CONTEXT, len(lines))))
    if site.line <= len(lines) and any(lines):
        yield from _frame(finding, lines, len(margin), paint)
    for label, text in _remarks(finding):
        yield f"{margin} {paint('=', 'blue')} {paint(label, 'bold')}: {safe(text)}"


def _frame(finding: Finding, lines: list[str], margin: int, paint: Paint) -> Iterator[str]:
    site = finding.site
    start, end = (site.cell.first, site.cell.first + len(site.cell.file_lines) - 1) if site.cell else (1, len(lines))
    first, last = max(start, site.line - CONTEXT), min(end, site.line + CONTEXT)
    while first < site.line and not lines[first - 1].strip():
        first += 1
    while last > site.line and not lines[last - 1].strip():
        last -= 1
    bar = paint("|", "blue")
    yield f"{' ' * margin} {bar}"
    for number in range(first, last + 1):
        yield f"{paint(f'{number - start + 1:>{margin}}', 'blue')} {bar} {_shown(lines[number - 1])}".rstrip()
        if number == site.line:
            indent, carets = _underline(finding, lines[number - 1])
            yield f"{' ' * margin} {bar} {' ' * indent}{paint('^' * carets, STYLES[finding.severity])} {paint(finding.code, STYLES[finding.severity])}"
    yield f"{' ' * margin} {bar}"


def _underline(finding: Finding, line: str) -> tuple[int, int]:
    """Columns before the carets, and how many of them; a span over several lines is marked to the end of its first."""
    site = finding.site
    end = site.end_column - 1 if site.end_line == site.line else len(line.rstrip())
    before, marked = line[: site.column - 1], line[site.column - 1 : end]
    return width(_shown(before)), max(1, width(_shown(marked)))


def _shown(line: str) -> str:
    return _TAB.join(map(safe, line.split("\t")))


def _remarks(finding: Finding) -> Iterator[tuple[str, str]]:
    if finding.help:
        yield "help", finding.help
    if finding.fix is not None and finding.fix.message:
        label = "fix" if finding.fix.safety is Safety.SAFE else f"fix ({finding.fix.safety.value})"
        yield label if fixable(finding) else "advice", finding.fix.message
    if others := list(_others(finding)):
        hidden = f" and {len(others) - _ALSO} more" if len(others) > _ALSO else ""
        yield "also", ", ".join(others[:_ALSO]) + hidden


def _others(finding: Finding) -> Iterator[str]:
    sites = finding.evidence.get("sites")
    for site in sites if isinstance(sites, (list, tuple)) else ():
        if isinstance(site, dict):
            place = f"{site.get('path')}:{'cell {}:'.format(site['cell']) if 'cell' in site else ''}{site.get('row')}:{site.get('column')}"
            if place != str(finding.site):
                yield place
