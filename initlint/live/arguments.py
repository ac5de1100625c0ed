"""The command line of ``verify``; importing this loads nothing."""

from __future__ import annotations

import argparse

from initlint.live.options import SEEDS, TIMEOUT

FORMATS = ("text", "json", "junit", "github")


def add_arguments(command: argparse.ArgumentParser) -> None:
    """The options of ``verify`` that no other command has."""
    command.add_argument("targets", nargs="*", metavar="TARGET", help="path/to/file.py:EXPR or package.module:EXPR (default: those in pyproject.toml)")
    command.add_argument("--device", metavar="DEVICE", help="auto, cpu, cuda or cuda:N (default: auto)")
    command.add_argument("--dtype", metavar="DTYPE", help="default floating type while the model is built, as bfloat16")
    command.add_argument("--seeds", type=int, metavar="N", help=f"how many times the model is built (default: {SEEDS})")
    command.add_argument("--input", metavar="SHAPE", help="example input, 2,3,224,224 or 2,16:int64, several by ';' (default: inferred)")
    command.add_argument("--no-forward", action="store_true", help="do not run the forward pass")
    command.add_argument("--signal", action="store_true", help="measure signal and gradient by layer too")
    command.add_argument("--by-parts", action="store_true", help="for models the device cannot hold: build on meta, draw one parameter at a time")
    command.add_argument("--expect", action="append", default=[], metavar="GLOB=LAW", help="demand a law of parameters: '*.weight=normal(std=0.02)'")
    command.add_argument("--timeout", type=float, metavar="SECONDS", help=f"time for each target (default: {TIMEOUT:g})")
    command.add_argument("--memory-limit", metavar="SIZE", help="memory for each target, as 8G (default: most of what is free)")
