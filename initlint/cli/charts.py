"""Pictures as the commands write them: the format by the suffix of a file, SVG by itself, PNG where matplotlib is."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence

from initlint.cli.console import Failure, emit, emit_bytes
from initlint.report import chart
from initlint.report.chart import Panel

PICTURES = ("svg", "png")
FORMATS = ("text", "json", "md", *PICTURES)
"""Of curves."""


def chosen(options: argparse.Namespace, default: str, known: Sequence[str]) -> str:
    """The format that is asked for by ``--format``, or else by the suffix of ``--output-file``."""
    suffix = os.path.splitext(options.output_file or "")[1].lower().lstrip(".")
    by_suffix = {"htm": "html", "markdown": "md", "txt": "text"}.get(suffix, suffix)
    return options.format or (by_suffix if by_suffix in known else default)


def draw(options: argparse.Namespace, name: str, panels: Sequence[Panel]) -> None:
    """Write ``panels`` as ``svg`` or ``png``."""
    if name == "svg":
        emit(options, chart.stacked(panels))
        return
    from initlint.report import picture

    try:
        data = picture.png(panels)
    except ImportError:
        raise Failure("--format png needs matplotlib: pip install 'initlint[verify]', or take --format svg, which needs nothing") from None
    emit_bytes(options, data)
