"""The report as one HTML page: no network, no script, readable on a phone, on paper, in the dark, and aloud."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from initlint.edits import NEWLINE
from initlint.report import chart
from initlint.report.annotate import findings_by_line, remarks
from initlint.report.paint import safe
from initlint.report.review import PARAMETER_HEADER, Review, charts, curve_cells, curve_header, measurement, parameter_cells

MARKS = {"ok": "✓", "suboptimal": "!", "harmful": "✗", None: "?"}
STYLE = """:root{color-scheme:light dark;--fg:#1c2128;--bg:#fff;--soft:#f3f5f7;--rule:#c9d1d9;--note:#0b5fa5;--bad:#a40e26;--add:#116329;--warn:#7d4e00}
@media (prefers-color-scheme:dark){:root{--fg:#e6e6e6;--bg:#161b22;--soft:#21262d;--rule:#444c56;--note:#6cb6ff;--bad:#ff9aa5;--add:#7ee2a8;--warn:#f0c36d}}
*{box-sizing:border-box}body{margin:0;color:var(--fg);background:var(--bg);font:16px/1.5 system-ui,sans-serif}
main,header{max-width:76rem;margin:auto;padding:0 1rem}h1{font-size:1.4rem;overflow-wrap:anywhere}h2{font-size:1.15rem;margin-top:2rem}
.verdict{border-left:.4rem solid var(--note);background:var(--soft);padding:.7rem 1rem;overflow-wrap:anywhere}
.harmful{border-color:var(--bad)}.suboptimal{border-color:var(--warn)}.ok{border-color:var(--add)}
a{color:var(--note)}nav a{display:inline-block;margin-right:1rem;padding:.3rem 0}
.wide{overflow-x:auto;max-width:100%;border:1px solid var(--rule)}.wide:focus{outline:2px solid var(--note)}
table{border-collapse:collapse;font-size:.85rem}caption{text-align:left;padding:.4rem}th,td{padding:.2rem .6rem;text-align:left;white-space:nowrap;
border-bottom:1px solid var(--rule)}thead th{background:var(--soft)}tbody th{font-weight:400}
figure{margin:1rem 0}figure svg{width:100%;height:auto;max-width:56rem}details{margin:.6rem 0}summary{cursor:pointer;padding:.3rem 0}
pre,code{font:13px/1.45 ui-monospace,monospace}pre{margin:0;padding:.6rem}.src td,.src th{border:0;vertical-align:top;padding:0 .6rem}
.src td{white-space:pre;font:13px/1.45 ui-monospace,monospace}.src th{text-align:right;opacity:.65;font:13px/1.45 ui-monospace,monospace}
.src .say{white-space:normal;min-width:16rem;max-width:34rem;color:var(--note);font:13px/1.45 system-ui,sans-serif}.find{color:var(--bad);font-weight:600}
.del{color:var(--bad)}.ins{color:var(--add)}
@media print{.wide{overflow:visible;border:0}nav{display:none}td,th{white-space:normal}.src td{white-space:pre-wrap}body{font-size:11px}}
"""
SECTIONS = (("signal", "Signal"), ("findings", "Findings"), ("parameters", "Parameters"), ("source", "Source"), ("notes", "Assumptions"))


def render(review: Review) -> str:
    """The page."""
    title = f"Initialization of {review.target}"
    parts = [
        "<!DOCTYPE html>",
        '<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">',
        f"<title>{_text(title)}</title><style>{STYLE}{chart.STYLE}</style></head><body>",
        f"<header><h1>{_text(title)}</h1>",
        f'<p class="verdict {review.curve.verdict or ""}"><span aria-hidden="true">{MARKS[review.curve.verdict]} </span>{_text(review.summary)}</p>',
        '<nav aria-label="Sections">' + "".join(f'<a href="#{key}">{name}</a>' for key, name in SECTIONS) + "</nav></header><main>",
        *_signal(review),
        *_findings(review),
        _section("parameters", "Parameters"),
        "<p>“Asked” is gain/√fan_in with the fan that really is summed over; the ratio is what there is in units of it.</p>",
        _table("What every parameter starts from", PARAMETER_HEADER, parameter_cells(review)),
        *_source(review),
        *_notes(review),
        "</main></body></html>",
    ]
    return "\n".join(parts) + "\n"


def _signal(review: Review) -> Iterator[str]:
    yield _section("signal", "Signal and gradient by depth")
    yield f"<p>For inputs of mean 0 and variance 1 and gradients of second moment 1 at the outputs. {_text(measurement(review))}</p>"
    if not review.curve.points:
        yield f"<p>The forward pass could not be followed: {_text(review.graph.forward_reason or 'it shows no operation')}.</p>"
        return
    for title, svg in charts(review):
        yield f"<figure>{svg}<figcaption>{_text(title)}</figcaption></figure>"
    yield "<details><summary>The same as a table</summary>"
    yield _table("Second moments at every operation", curve_header(review), [curve_cells(review, point) for point in review.curve.points])
    yield "</details>"


def _findings(review: Review) -> Iterator[str]:
    yield _section("findings", "Findings")
    if not review.findings:
        yield "<p>None in the file of the model.</p>"
        return
    yield "<ul>"
    for one in review.findings:
        helped = f" <em>{_text(one.help)}</em>" if one.help else ""
        fix = f" Fix ({_text(one.fix.safety.value)}): {_text(one.fix.message)}" if one.fix and one.fix.message else ""
        place = f'<a href="#L{one.site.line}">line {one.site.row}</a>' if review.source else f"line {one.site.row}"
        yield f"<li>{place} <strong>{_text(one.code)} {one.severity.value}</strong>: {_text(one.message)}{helped}{fix}</li>"
    yield "</ul>"
    if review.diff:
        yield '<h3>What the fixes change</h3><div class="wide" tabindex="0" role="region" aria-label="Diff of the fixes"><pre>'
        yield "".join(map(_diff_line, review.diff.split("\n")))
        yield "</pre></div>"
    if review.fixed is not None:
        yield f"<p>After the fixes: {_text(review.fixed.verdict or 'not known')}: {_text(review.fixed.reason)}.</p>"


def _source(review: Review) -> Iterator[str]:
    yield _section("source", "Source")
    if not review.source:
        yield "<p>The source of the model's file cannot be shown here.</p>"
        return
    said, found = remarks(review), findings_by_line(review)
    head = "".join(f'<th scope="col">{name}</th>' for name in ("line", "code", "what it starts and passes"))
    yield '<div class="wide" tabindex="0" role="region" aria-label="Annotated source"><table class="src">'
    yield f"<caption>{_text(review.path)}</caption><thead><tr>{head}</tr></thead><tbody>"
    for number, line in enumerate(NEWLINE.split(review.source), start=1):
        texts = [_text(text) for text in said.get(number, ())]
        texts += [f'<span class="find">{_text(one.code)}: {_text(one.message)}</span>' for one in found.get(number, ())]
        cell = f'<td class="say">{"<br>".join(texts)}</td>' if texts else "<td></td>"
        yield f'<tr id="L{number}"><th scope="row">{number}</th><td>{_text(line.expandtabs(4))}</td>{cell}</tr>'
    yield "</tbody></table></div>"


def _notes(review: Review) -> Iterator[str]:
    yield _section("notes", "Assumptions and gaps")
    yield "<ul><li>Branches that meet count as independent, layers as wide, pre-activations as Gaussian; borders of padded convolutions are ignored.</li>"
    for note, names in review.notes:
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        yield f"<li>{_text(note)}: {_text(', '.join(names[:3]) + more)}</li>"
    yield "</ul>"


def _section(key: str, title: str) -> str:
    return f'<h2 id="{key}">{_text(title)}</h2>'


def _table(caption: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    head = "".join(f'<th scope="col">{_text(cell)}</th>' for cell in header)
    body = "\n".join(f'<tr><th scope="row">{_text(first)}</th>{"".join(f"<td>{_text(cell)}</td>" for cell in rest)}</tr>' for first, *rest in rows)
    region = f'<div class="wide" tabindex="0" role="region" aria-label="{_text(caption)}">'
    return f"{region}<table><caption>{_text(caption)}</caption><thead><tr>{head}</tr></thead><tbody>\n{body}\n</tbody></table></div>"


def _diff_line(line: str) -> str:
    kind = {"+": "ins", "-": "del"}.get(line[:1])
    text = _text(line.expandtabs(4))
    return f"<{kind} class='{kind}'>{text}</{kind}>\n" if kind else f"{text}\n"


def _text(text: str) -> str:
    return escape(safe(text))
