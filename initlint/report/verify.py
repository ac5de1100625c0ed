"""The reports of ``verify``: a table for people, JSON, JUnit for CI servers, annotations for GitHub."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol
from xml.sax.saxutils import escape, quoteattr

from initlint.findings import Finding, Severity
from initlint.report import text as findings_text
from initlint.report.json import dumps, row
from initlint.report.paint import Paint, plain, safe, width
from initlint.report.text import count

HEADER = ("parameter", "shape", "expected", "measured", "ratio", "verdict", "question", "set by")
STYLES = {"passed": "bold green", "failed": "bold red", "error": "bold red", "timeout": "bold red"}
ROW_STYLES = {"fails": "red", "untested": "dim"}
LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}
_GAP = "  "
_NARROWEST = 8
OFF = 0.2
"""Std that a mean may be off before it is worth a column's room; whether it is wrong, the verdict says."""


class Result(Protocol):
    """What is reported of a target."""

    target: str
    status: Any
    device: str | None
    reason: str | None
    parameters: list[dict[str, Any]]
    findings: list[Finding]
    signal: list[dict[str, Any]]


def render(results: Sequence[Result], form: str, *, paint: Paint = plain, columns: int | None = None, sources: Mapping[str, str] | None = None) -> str:
    """The report in ``form``: text, json, junit or github."""
    if form == "json":
        return to_json(results)
    if form == "junit":
        return to_junit(results)
    if form == "github":
        return to_github(results)
    return to_text(results, paint=paint, columns=columns, sources=sources or {})


def to_json(results: Sequence[Result]) -> str:
    """``verify --format json``."""
    return dumps({"schema_version": 1, "results": [result_row(result) for result in results]})


def result_row(result: Result) -> dict[str, Any]:
    """One target as a JSON object."""
    made: dict[str, Any] = {name: getattr(result, name) for name in ("target", "status", "device", "reason", "parameters")}
    made["findings"] = [row(finding) for finding in result.findings]
    return made | ({"signal": result.signal} if result.signal else {})


def to_text(results: Sequence[Result], *, paint: Paint = plain, columns: int | None = None, sources: Mapping[str, str]) -> str:
    """Every target with its table and findings, then the summary."""
    blocks = []
    for result in results:
        lines = [" ".join(part for part in (paint(safe(result.target), "bold"), paint(result.status, STYLES[result.status]), _where(result)) if part)]
        if result.reason:
            lines.append(f"{_GAP}{safe(result.reason)}")
        if result.parameters:
            lines += ["", *_table(result.parameters, paint, columns), "", _tally(result)]
        if result.signal:
            lines += ["", *_signal(result.signal, paint)]
        if result.findings:
            lines += ["", findings_text.render(result.findings, sources, files=1, paint=paint).rstrip("\n")]
        blocks.append("\n".join(lines) + "\n")
    return "\n".join([*blocks, _summary(results)])


def to_junit(results: Sequence[Result]) -> str:
    """One test suite per target, one test case per parameter; what concerns none is a case called ``model``."""
    suites = [_suite(result) for result in results]
    return '<?xml version="1.0" encoding="utf-8"?>\n<testsuites name="initlint">\n' + "".join(suites) + "</testsuites>\n"


def to_github(results: Sequence[Result]) -> str:
    """Workflow commands that GitHub shows beside the lines."""
    lines = []
    for result in results:
        if result.status in ("error", "timeout"):
            lines.append(f"::error title=initlint verify::{_command(f'{result.target}: {result.reason}')}")
        for finding in result.findings:
            site = finding.site
            place = f"file={_property(site.path)},line={site.line},endLine={site.end_line},col={site.column},endColumn={site.end_column}"
            lines.append(f"::{LEVELS[finding.severity]} {place},title={_property(f'{finding.code} {finding.rule}')}::{_command(finding.message)}")
    return "".join(f"{line}\n" for line in lines)


def _where(result: Result) -> str:
    return f"on {result.device}" if result.device else ""


def _table(parameters: Sequence[dict[str, Any]], paint: Paint, columns: int | None) -> Iterator[str]:
    table = [_cells(parameter) for parameter in parameters]
    widths = [max(map(width, column)) for column in zip(HEADER, *table, strict=True)]
    room = columns - len(_GAP) * (len(widths) - 1) if columns is not None else sum(widths)
    while sum(widths) > room and max(widths) > _NARROWEST:
        widths[widths.index(max(widths))] -= 1
    yield paint(_line(HEADER, widths), "bold")
    yield _GAP.join("─" * size for size in widths)
    for parameter, cells in zip(parameters, table, strict=True):
        style = ROW_STYLES.get(parameter["verdict"])
        yield paint(_line(cells, widths), style) if style else _line(cells, widths)


def _cells(parameter: dict[str, Any]) -> tuple[str, ...]:
    shape = parameter["shape"]
    ratio = f"{parameter['ratio']:.3f}" if parameter["ratio"] is not None else ""
    site = parameter["site"]
    setter = f"{site['path'].rpartition('/')[2]}:{site['line']}" if site else ""
    spelled = "×".join(map(str, shape)) or "scalar" if shape is not None else "?"
    return tuple(
        map(safe, (parameter["name"], spelled, _expected(parameter), _measured(parameter), ratio, parameter["verdict"], parameter["question"], setter))
    )


def _expected(parameter: dict[str, Any]) -> str:
    """``normal 0.0589``, ``constant 1``: the law, and its std where it has one."""
    law, std, mean = parameter["distribution"] or "", parameter["expected_std"], parameter["mean"]
    if law == "constant" and mean is not None:
        return f"constant {mean:.4g}"
    return f"{law} {std:.4g}".strip() if std is not None else str(law)


def _measured(parameter: dict[str, Any]) -> str:
    """The std, or the value of a constant; the mean where it is not that of the law."""
    mean, std, wanted = parameter["measured_mean"], parameter["measured_std"], parameter["mean"] or 0.0
    if std is None:
        return ""
    if std == 0:
        return f"{mean:.4g}"
    return f"{std:.4g}" if abs(mean - wanted) <= OFF * std else f"{std:.4g}, mean {mean:.3g}"


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return _GAP.join(_fit(cell, size) for cell, size in zip(cells, widths, strict=True)).rstrip()


def _fit(cell: str, size: int) -> str:
    while width(cell) > size:
        cell = f"{cell[:-2]}…"
    return cell + " " * (size - width(cell))


def _tally(result: Result) -> str:
    tally = Counter(parameter["verdict"] for parameter in result.parameters)
    return f"{count(len(result.parameters), 'parameter')}: {tally['ok']} as expected, {tally['fails']} not, {tally['untested']} untested"


def _signal(rows: Sequence[dict[str, Any]], paint: Paint) -> Iterator[str]:
    header = ("layer", "signal", "per layer", "predicted", "gradient", "dead", "saturated")
    table = [_signal_cells(one) for one in rows]
    widths = [max(map(width, column)) for column in zip(header, *table, strict=True)]
    yield paint(_line(header, widths), "bold")
    yield _GAP.join("─" * size for size in widths)
    yield from (_line(cells, widths) for cells in table)


def _signal_cells(one: dict[str, Any]) -> tuple[str, ...]:
    numbers = [f"{one[key]:.3g}" if one[key] is not None else "" for key in ("second_moment", "factor", "predicted", "gradient")]
    shares = [f"{one[key]:.1%}" if one[key] is not None else "" for key in ("dead", "saturated")]
    return (safe(one["layer"]), *numbers, *shares)


def _summary(results: Sequence[Result]) -> str:
    tally = Counter(result.status for result in results)
    parts = [
        f"{tally[status]} {text}"
        for status, text in (("passed", "passed"), ("failed", "failed"), ("error", "not built"), ("timeout", "timed out"))
        if tally[status]
    ]
    return f"{count(len(results), 'target')}: {', '.join(parts)}.\n"


def _suite(result: Result) -> str:
    by_name: dict[str, list[Finding]] = {}
    for finding in result.findings:
        names = [name.rpartition(":")[2] for name in finding.parameters] or [finding.parameter or "model"]
        for name in names:
            by_name.setdefault(name, []).append(finding)
    cases = [_case(result.target, parameter["name"], by_name.pop(parameter["name"], []), parameter["verdict"]) for parameter in result.parameters]
    cases += [_case(result.target, name, found, "") for name, found in by_name.items()]
    if result.status in ("error", "timeout"):
        cases.append(f'    <testcase classname={quoteattr(result.target)} name="model"><error message={_attribute(result.reason or "")}/></testcase>\n')
    failures, errors = sum("<failure" in case for case in cases), sum("<error" in case for case in cases)
    head = f'  <testsuite name={quoteattr(result.target)} tests="{len(cases)}" failures="{failures}" errors="{errors}">\n'
    return f"{head}{''.join(cases)}  </testsuite>\n"


def _case(target: str, name: str, found: list[Finding], verdict: str) -> str:
    bad = [finding for finding in found if finding.severity is not Severity.NOTE]
    inner = "".join(
        f"<failure message={_attribute(finding.message)} type={quoteattr(finding.code)}>{escape(f'{finding.site.path}:{finding.site.line}')}</failure>"
        for finding in bad
    )
    inner = inner or ('<skipped message="untested"/>' if verdict == "untested" else "")
    return f"    <testcase classname={quoteattr(target)} name={quoteattr(safe(name))}>{inner}</testcase>\n"


def _attribute(text: str) -> str:
    return quoteattr(safe(text))


def _command(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _command(text).replace(":", "%3A").replace(",", "%2C")
