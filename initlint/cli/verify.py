"""``initlint verify``: models built for real."""

from __future__ import annotations

import argparse
import os
import shutil
import sys

from initlint.cli.console import Failure, emit, on_terminal, painter
from initlint.live import command


def run(options: argparse.Namespace) -> int:
    """Build models, measure them and report what does not hold."""
    columns = shutil.get_terminal_size().columns if on_terminal(options) or "COLUMNS" in os.environ else None
    try:
        text, status = command.run(options, painter(options), interactive=sys.stderr.isatty(), columns=columns)
    except command.CannotVerify as error:
        raise Failure(str(error)) from None
    emit(options, text)
    return status
