"""The report as one HTML page: no network, no script, readable on a phone, on paper, in the dark, and aloud."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from initlint.flow import is_parametric
from initlint.report import chart, small, style
from initlint.report.annotate import findings_by_line, remarks
from initlint.report.paint import safe
from initlint.report.review import Remedy, Review, charts, curve_cells, curve_header, measurement, parameter_cells, parameter_header
from initlint.text.edits import split_lines

MARKS = {"ok": "✓", "suboptimal": "!", "harmful": "✗", None: "?"}
SECTIONS = {
    "signal": "Signal",
    "layers": "Distributions",
    "findings": "Findings",
    "parameters": "Parameters",
    "source": "Source",
    "notes": "Assumptions",
}


def render(review: Review) -> str:
    """The page."""
    title = f"Initialization of {review.target}"
    mark, word, verdict = MARKS[review.curve.verdict], review.curve.verdict or "", review.summary
    links = "".join(f'<a href="#{key}">{name}</a>' for key, name in SECTIONS.items() if key != "layers" or review.measured)
    parts = [
        "<!DOCTYPE html>",
        '<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">',
        f"<title>{_text(title)}</title><style>{style.PAGE}{chart.STYLE}{style.PICTURES}</style></head><body>",
        f"<header><h1>{_text(title)}</h1>",
        f'<p class="verdict {word}"><span aria-hidden="true">{mark} </span>{_text(verdict)}</p>',
        f"{_facts(review)}</header>",
        f'<nav aria-label="Sections"><div>{links}</div></nav><main>',
        *_signal(review),
        *_layers(review),
        *_findings(review),
        _section("parameters", "Parameters"),
        "<p>“Asked” is gain/√fan_in with the fan that really is summed over; the ratio is what there is in units of it.</p>",
        _table("What every parameter starts from", parameter_header(review), parameter_cells(review)),
        *_source(review),
        *_notes(review),
        "</main></body></html>",
    ]
    return "\n".join(parts) + "\n"


def _facts(review: Review) -> str:
    numbers = (
        (str(len(review.graph.parameters)), "parameters"),
        (str(sum(is_parametric(point.op) for point in review.curve.points)), "layers with weights on the way"),
        (str(len(review.findings)), "findings"),
        (str(len(review.curve.lost)), "operations not followed"),
    )
    return f'<ul class="facts">{"".join(f"<li><b>{number}</b><span>{name}</span></li>" for number, name in numbers)}</ul>'


def _signal(review: Review) -> Iterator[str]:
    yield _section("signal", "Signal and gradient by depth")
    yield f"<p>For inputs of mean 0 and variance 1 and gradients of second moment 1 at the outputs. {_text(measurement(review))}</p>"
    if not review.curve.points:
        yield f"<p>The forward pass could not be followed: {_text(review.graph.forward_reason or 'it shows no operation')}.</p>"
        return
    for panel in charts(review):
        yield f"<figure><figcaption>{_text(panel.title)}</figcaption>{chart.draw(panel)}{chart.legend(panel)}</figure>"
    if review.curve.lost:
        yield '<p class="dim">“?” marks what is not followed; the line is faint where it rests on that, up to the next normalisation.</p>'
    yield "<details><summary>The same as a table</summary>"
    yield _table("Second moments at every operation", curve_header(review), [curve_cells(review, point) for point in review.curve.points])
    yield "</details>"


def _layers(review: Review) -> Iterator[str]:
    rows = [row for row in review.measured.values() if row.get("histogram")]
    if not rows:
        return
    yield _section("layers", "What each layer hands on")
    yield "<p>Outputs and their gradients in the first build, on a linear axis from −4 to 4 times their own root mean square.</p>"
    yield from small.histograms(rows)


def _findings(review: Review) -> Iterator[str]:
    yield _section("findings", "Findings")
    if not review.findings:
        yield "<p>None in the file of the model.</p>"
        return
    remedies = {id(one.finding): one for one in review.remedies}
    for one in review.findings:
        place = f'<a href="#L{one.site.line}">line {one.site.row}</a>' if review.source else f"line {one.site.row}"
        yield f'<section class="finding {one.severity.value}"><p>{place} <span class="tag">{_text(one.code)} {one.severity.value}</span></p>'
        yield f"<p>{_text(one.message)}</p>"
        if one.help:
            yield f'<p class="dim">{_text(one.help)}</p>'
        if one.fix and one.fix.message:
            yield f"<p>Fix ({_text(one.fix.safety.value)}): {_text(one.fix.message)}</p>"
        if remedy := remedies.get(id(one)):
            yield from _remedy(review, remedy)
        yield "</section>"
    if len(review.remedies) > 1 and review.diff:
        yield "<h3>All fixes together</h3>"
        yield _diff(review.diff, "Diff of all fixes")
    if review.fixed is not None:
        yield f"<p>After the fixes: {_text(review.fixed.verdict or 'not known')}: {_text(review.fixed.reason)}.</p>"


def _remedy(review: Review, remedy: Remedy) -> Iterator[str]:
    yield _diff(remedy.diff, f"Diff of the fix of {remedy.finding.code}, line {remedy.finding.site.row}")
    if remedy.curve is not None:
        yield small.spark([point.second for point in review.curve.points], [point.second for point in remedy.curve.points])
        told = f"With this fix alone: {remedy.curve.verdict or 'not known'}: {remedy.curve.reason}."
        yield f'<p class="dim">{_text(told)} Signal by depth, dashed as it is, solid with the fix.</p>'


def _diff(text: str, label: str) -> str:
    lines = "".join(map(_diff_line, text.rstrip("\n").split("\n")))
    return f'<div class="wide" tabindex="0" role="region" aria-label="{_text(label)}"><pre>{lines}</pre></div>'


def _source(review: Review) -> Iterator[str]:
    yield _section("source", "Source")
    if not review.source:
        yield "<p>The source of the model's file cannot be shown here.</p>"
        return
    said, found = remarks(review), findings_by_line(review)
    yield '<div class="wide tall" tabindex="0" role="region" aria-label="Annotated source"><table class="src" role="table">'
    yield f'<caption>{_text(review.path)}</caption><thead role="rowgroup"><tr role="row"><th scope="col" role="columnheader">line</th>'
    yield '<th scope="col" role="columnheader">code</th><th scope="col" role="columnheader" class="say">what it starts and passes</th></tr></thead>'
    yield '<tbody role="rowgroup">'
    for number, line in enumerate(split_lines(review.source), start=1):
        texts = [f"<p>{_text(text)}</p>" for text in said.get(number, ())]
        texts += [f'<p class="find">{_text(one.code)}: {_text(one.message)}</p>' for one in found.get(number, ())]
        cells = f'<th scope="row" role="rowheader">{number}</th><td role="cell">{_text(line.expandtabs(4)) or " "}</td>'
        yield f'<tr role="row" id="L{number}">{cells}<td role="cell" class="say">{"".join(texts)}</td></tr>'
    yield "</tbody></table></div>"


def _notes(review: Review) -> Iterator[str]:
    yield _section("notes", "Assumptions and gaps")
    borders = "" if review.shape else "; borders of padded convolutions are ignored, for the size of the input is not known (--input)"
    yield f"<ul><li>Branches that meet count as independent, layers as wide, pre-activations as Gaussian{borders}.</li>"
    for note, names in review.notes:
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        yield f"<li>{_text(note)}: {_text(', '.join(names[:3]) + more)}</li>"
    yield "</ul>"


def _section(key: str, title: str) -> str:
    return f'<h2 id="{key}">{_text(title)}</h2>'


def _table(caption: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    numeric = [any(row[place] for row in rows) and all(_is_number(row[place]) for row in rows) for place in range(len(header))]
    kinds = [' class="n"' if one else "" for one in numeric]
    head = "".join(f'<th scope="col"{kind}>{_text(cell)}</th>' for cell, kind in zip(header, kinds))
    body = []
    for first, *rest in rows:
        cells = "".join(f"<td{kind}>{_text(cell)}</td>" for cell, kind in zip(rest, kinds[1:]))
        body.append(f'<tr><th scope="row">{_text(first)}</th>{cells}</tr>')
    lines = "\n".join(body)
    region = f'<div class="wide tall" tabindex="0" role="region" aria-label="{_text(caption)}">'
    return f"{region}<table><caption>{_text(caption)}</caption><thead><tr>{head}</tr></thead><tbody>\n{lines}\n</tbody></table></div>"


def _is_number(cell: str) -> bool:
    return not cell.strip("0123456789.-+e?%")


def _diff_line(line: str) -> str:
    kind = {"+": "ins", "-": "del"}.get(line[:1])
    text = _text(line.expandtabs(4))
    return f"<{kind} class='{kind}'>{text}</{kind}>\n" if kind else f"{text}\n"


def _text(text: str) -> str:
    return escape(safe(text))
