"""``initlint report``: one page on a model's initialization and what it does to the signal."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator, Sequence

from initlint import engine
from initlint.cli.charts import PICTURES, chosen, draw
from initlint.cli.console import CLEAN, Failure, emit
from initlint.cli.measured import measure
from initlint.cli.targets import find_graph, shape_of
from initlint.engine import CheckResult
from initlint.findings import Finding
from initlint.fixing import repair
from initlint.paths import files
from initlint.report import diff, page, review
from initlint.report.pairing import nonlinearities
from initlint.report.review import Remedy, Review
from initlint.signal.curve import Curve, predict
from initlint.text.edits import SourceError, apply_fixes, read_source

MOST_CURVES = 12
"""Fixes whose curves are each foretold; more are only foretold together."""
RENDERERS = {"html": page.render, "md": review.to_markdown, "json": review.to_json}


def run(options: argparse.Namespace) -> int:
    """Write the report on one model."""
    name = chosen(options, "html", (*RENDERERS, *PICTURES))
    if options.output_file is not None and not options.force and os.path.exists(options.output_file):
        raise Failure(f"{options.output_file} exists; --force replaces it")
    made = _review(options)
    if name in PICTURES:
        draw(options, name, review.charts(made))
    else:
        emit(options, RENDERERS[name](made))
    return CLEAN


def _review(options: argparse.Namespace) -> Review:
    graph, search_path = find_graph(options)
    made = Review(target=options.target, graph=graph, curve=predict(graph), nonlinearities=nonlinearities(graph))
    if options.run:
        _add_measurement(made, options, search_path)
    made.shape = shape_of(options.input) or made.shape
    made.curve = predict(graph, made.shape)
    if not files.is_notebook(graph.path) and os.path.exists(graph.path):
        _add_source(made, list(search_path))
    return made


def _add_measurement(made: Review, options: argparse.Namespace, search_path: Sequence[str]) -> None:
    """What the verifier sees when it builds and runs the model; a model that cannot be run is reported without."""
    result = measure(made.target, options, search_path)
    made.measured = {row["layer"]: row for row in result.signal}
    made.weighed = {row["name"]: row for row in result.parameters}
    made.shape = result.inputs[0] if result.inputs else None
    made.builds = options.seeds if result.ran else 0
    made.trouble = result.reason or ("" if result.signal else "No layer could be measured.")


def _add_source(made: Review, search_path: list[str]) -> None:
    """The file of the model, what is found in it, and what its fixes change."""
    relative = os.path.relpath(made.graph.path)
    made.path = made.graph.path if relative.startswith("..") else relative
    try:
        made.source = read_source(made.path).text
    except SourceError:
        return
    result = engine.check([made.path], search_path=search_path)

    def refine(result: CheckResult) -> None:
        result.findings = [finding for finding in result.findings if finding.site.path == made.path and _concerns(made, finding)]

    refine(result)
    made.findings = result.findings
    for change in repair.fix(result, refine=refine):
        if change.path == made.path and change.after != change.before:
            made.diff = diff.unified(made.path, change.before, change.after)
            made.remedies = list(_remedies(made, change.before, search_path))
            alone = made.remedies[0] if len(made.remedies) == 1 and made.remedies[0].diff == made.diff else None
            made.fixed = alone.curve if alone else _after(made, change.after, search_path)


def _concerns(made: Review, finding: Finding) -> bool:
    """Whether a finding of the file is about the model, or about a line that makes something of it."""
    graph = made.graph
    sites = [*(layer.site for layer in graph.layers), *(event.site for one in graph.parameters for event in one.events), *(op.site for op in graph.ops)]
    lines = {site.line for site in sites if site is not None and site.path == graph.path}
    return finding.model in ("", *graph.lineage) or finding.site.line in lines


def _remedies(made: Review, before: str, search_path: list[str]) -> Iterator[Remedy]:
    """What each fix does by itself."""
    fixable = [(finding, finding.fix) for finding in made.findings if finding.fix is not None and finding.fix.edits]
    for finding, fix in fixable:
        after, landed = apply_fixes(before, [fix.edits])
        if landed:
            curve = _after(made, after, search_path) if len(fixable) <= MOST_CURVES else None
            yield Remedy(finding, diff.unified(made.path, before, after), curve)


def _after(made: Review, text: str, search_path: list[str]) -> Curve | None:
    """The curve of the model once its file holds ``text``; None where it is the same."""
    try:
        graph = engine.show(f"{made.graph.path}:{made.graph.name}", search_path, text)
    except engine.TargetError:
        return None
    curve = predict(graph, made.shape)
    before = [(point.second, point.gradient) for point in made.curve.points]
    return None if [(point.second, point.gradient) for point in curve.points] == before else curve
