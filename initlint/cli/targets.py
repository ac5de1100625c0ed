"""The model that a command is pointed at."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence

from initlint import engine
from initlint.cli.analysis import find_projects
from initlint.cli.console import Failure
from initlint.config import ConfigError
from initlint.graph import ModelGraph


def find_graph(options: argparse.Namespace) -> tuple[ModelGraph, Sequence[str]]:
    """The graph of the command's target, and where its imports were looked for."""
    search_path = find_search_path(options)
    try:
        return engine.show(options.target, search_path), search_path
    except engine.TargetError as error:
        raise Failure(str(error)) from None


def find_search_path(options: argparse.Namespace) -> Sequence[str]:
    """Where the settings of the target's project look for source."""
    try:
        folder = os.path.dirname(options.target.partition(".py:")[0]) if ".py:" in options.target else ""
        return find_projects(options).at(folder).search_path
    except ConfigError as error:
        raise Failure(str(error)) from None


def shape_of(text: str | None) -> list[int] | None:
    """The shape of the first input of ``--input 2,3,224,224``; None where it is not given or not plain."""
    first = (text or "").partition(";")[0].partition(":")[0].rpartition("=")[2]
    sizes = [size.strip() for size in first.split(",")]
    return [int(size) for size in sizes] if all(size.isascii() and size.isdigit() for size in sizes) else None
