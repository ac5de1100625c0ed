"""``initlint clean``: what other commands kept for the next run, deleted."""

from __future__ import annotations

import argparse
from pathlib import Path

from initlint.cli import caching
from initlint.cli.console import CLEAN, Failure, emit, reason
from initlint.config import Config, ConfigError
from initlint.projects import Projects
from initlint.report.paint import safe
from initlint.runs import cache


def run(options: argparse.Namespace) -> int:
    """Delete the cache that a check of these paths would use."""
    try:
        folder = caching.folder(options.cache_dir, Projects(Config(folder=Path.cwd())), options.paths)
        found = cache.clean(folder)
    except ConfigError as error:
        raise Failure(str(error)) from None
    except OSError as error:
        raise Failure(f"cannot delete {error.filename}: {reason(error)}") from None
    emit(options, f"Deleted {safe(folder)}.\n" if found else f"No cache in {safe(folder)}.\n")
    return CLEAN
