"""``initlint show``: the table of one model."""

from __future__ import annotations

import argparse
import os
import shutil

from initlint.cli.console import CLEAN, emit, on_terminal, painter
from initlint.cli.targets import find_graph
from initlint.report import table
from initlint.report.pairing import nonlinearities


def run(options: argparse.Namespace) -> int:
    """Print what each parameter of a model starts from."""
    graph, _ = find_graph(options)
    paired = nonlinearities(graph)
    if options.format == "json":
        emit(options, table.to_json(graph, options.target, paired))
    else:
        columns = shutil.get_terminal_size().columns if on_terminal(options) or "COLUMNS" in os.environ else None
        emit(options, table.to_text(graph, paired, columns=columns, paint=painter(options)))
    return CLEAN
