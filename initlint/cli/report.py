"""``initlint report``: one page on a model's initialization and what it does to the signal."""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from initlint import engine, repair
from initlint.cli.analysis import find_projects
from initlint.cli.console import CLEAN, Failure, emit
from initlint.config import ConfigError
from initlint.edits import SourceError, read_source
from initlint.notebook import is_notebook
from initlint.report import diff, page, review
from initlint.report.pairing import nonlinearities
from initlint.report.review import Review
from initlint.signal.curve import Curve, predict

BY_SUFFIX = {".html": "html", ".htm": "html", ".md": "md", ".svg": "svg", ".json": "json"}
RENDERERS = {"html": page.render, "md": review.to_markdown, "svg": review.to_svg, "json": review.to_json}


def run(options: argparse.Namespace) -> int:
    """Write the report on one model."""
    suffix = os.path.splitext(options.output_file or "")[1].lower()
    name = options.format or BY_SUFFIX.get(suffix, "html")
    if options.output_file is not None and not options.force and os.path.exists(options.output_file):
        raise Failure(f"{options.output_file} exists; --force replaces it")
    emit(options, RENDERERS[name](_review(options)))
    return CLEAN


def _review(options: argparse.Namespace) -> Review:
    try:
        folder = os.path.dirname(options.target.partition(".py:")[0]) if ".py:" in options.target else ""
        search_path = find_projects(options).at(folder).search_path
        graph = engine.show(options.target, search_path)
    except (ConfigError, engine.TargetError) as error:
        raise Failure(str(error)) from None
    made = Review(target=options.target, graph=graph, curve=predict(graph), nonlinearities=nonlinearities(graph))
    if not is_notebook(graph.path) and os.path.exists(graph.path):
        _add_source(made, list(search_path))
    if options.run:
        _add_measurement(made, options, search_path)
    return made


def _add_measurement(made: Review, options: argparse.Namespace, search_path: Sequence[str]) -> None:
    """What the verifier sees when it builds and runs the model; a model that cannot be run is reported without."""
    if options.seeds < 1:
        raise Failure("--seeds needs at least 1")
    try:
        from initlint.live.options import Options
        from initlint.live.supervisor import Limits, supervise
    except ImportError:
        raise Failure("--run builds the model and needs torch: pip install 'initlint[verify]'") from None
    asked = Options(device=options.device, seeds=options.seeds, inputs=options.input, signal=True, search_path=tuple(search_path))
    result = supervise(made.target, asked, Limits(float(options.timeout)))
    made.measured = {row["layer"]: row for row in result.signal}
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
    made.findings = [finding for finding in result.findings if finding.site.path == made.path]
    for change in repair.fix(result):
        if change.path == made.path and change.after != change.before:
            made.diff = diff.unified(made.path, change.before, change.after)
            made.fixed = _after(made, change.after, search_path)


def _after(made: Review, text: str, search_path: list[str]) -> Curve | None:
    """The curve of the model once its file holds ``text``; None where it is the same or the file cannot stand elsewhere."""
    path = made.graph.path
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, os.path.basename(path))
        copy.write_text(text, encoding="utf-8", newline="")
        try:
            graph = engine.show(f"{copy}:{made.graph.name}", [os.path.dirname(path) or ".", *search_path])
        except engine.TargetError:
            return None
    curve = predict(graph)
    before = [(point.second, point.gradient) for point in made.curve.points]
    return None if [(point.second, point.gradient) for point in curve.points] == before else curve
