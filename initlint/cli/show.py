"""``initlint show``: the table of one model."""

from __future__ import annotations

import argparse
import os
import shutil

from initlint import engine
from initlint.cli.analysis import find_projects
from initlint.cli.console import CLEAN, Failure, emit, on_terminal, painter
from initlint.config import ConfigError
from initlint.report import table
from initlint.report.pairing import nonlinearities


def run(options: argparse.Namespace) -> int:
    """Print what each parameter of a model starts from."""
    try:
        folder = os.path.dirname(options.target.partition(".py:")[0]) if ".py:" in options.target else ""
        graph = engine.show(options.target, find_projects(options).at(folder).search_path)
    except (ConfigError, engine.TargetError) as error:
        raise Failure(str(error)) from None
    paired = nonlinearities(graph)
    if options.format == "json":
        emit(options, table.to_json(graph, options.target, paired))
    else:
        columns = shutil.get_terminal_size().columns if on_terminal(options) or "COLUMNS" in os.environ else None
        emit(options, table.to_text(graph, paired, columns=columns, paint=painter(options)))
    return CLEAN
