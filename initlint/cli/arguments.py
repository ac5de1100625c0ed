"""Every command with its options, for ``argparse``."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any, NoReturn

from initlint.cli.console import CLEAN
from initlint.cli.formats import FORMATS

STATUS = "exit status: 0 clean, 1 findings at or above --fail-on, 2 the command could not do what was asked"


class _Version(argparse.Action):
    def __init__(self, option_strings: Sequence[str], dest: str, **options: Any) -> None:
        super().__init__(option_strings, dest, nargs=0, help="show the version and exit")

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> NoReturn:
        from initlint import __version__

        print(f"initlint {__version__}")
        parser.exit(CLEAN)


def parser() -> argparse.ArgumentParser:
    """All commands with their options."""
    top = argparse.ArgumentParser(prog="initlint", description="Know what every parameter of a model starts from, without running it.", epilog=STATUS)
    top.add_argument("--version", action=_Version)
    commands = top.add_subparsers(metavar="COMMAND", required=True)

    command = _command(commands, "check", "report weights that start wrong")
    _paths(command)
    _format(command, FORMATS)

    command = _command(commands, "fix", "show fixes as a diff, or write them", "Fixes are labelled safe, unsafe or advice; see `initlint explain RULE`.")
    _paths(command)
    command.add_argument("--apply", action="store_true", help="write the safe fixes to the files")
    command.add_argument("--unsafe", action="store_true", help="with --apply, write the unsafe fixes too")

    command = _command(commands, "show", "print what each parameter of a model starts from")
    command.add_argument("target", metavar="TARGET", help="path/to/file.py:EXPR or package.module:EXPR, as in net.py:Net(hidden=64)")
    _search_path(command)
    _format(command)

    command = _command(commands, "explain", "print the manual page of a rule")
    command.add_argument("rule", metavar="RULE", help="code or name, INI101")

    _format(_command(commands, "rules", "list all rules"))
    return top


def _command(commands: Any, name: str, summary: str, more: str = "") -> argparse.ArgumentParser:
    description = f"{summary[0].upper()}{summary[1:]}. {more}".strip()
    command: argparse.ArgumentParser = commands.add_parser(name, help=summary, description=description, epilog=STATUS)
    command.set_defaults(command=name)
    command.add_argument("--color", choices=("auto", "always", "never"), default="auto", help="colour the output (auto: on a terminal)")
    command.add_argument("--output-file", metavar="FILE", help="write to FILE instead of standard output")
    return command


def _paths(command: argparse.ArgumentParser) -> None:
    command.add_argument("paths", nargs="*", default=["."], metavar="PATH", help="files or folders; - reads standard input (default: .)")
    command.add_argument("--select", action="extend", type=_words, metavar="RULES", help="run only these: codes, prefixes (INI1), names or ALL, by commas")
    command.add_argument("--ignore", action="extend", type=_words, metavar="RULES", help="leave these out")
    command.add_argument("--fail-on", choices=("note", "warning", "error", "never"), default="warning", help="mildest finding that fails (default: warning)")
    command.add_argument("--exit-zero", action="store_true", help="exit 0 whatever is found")
    command.add_argument("--stdin-filename", default="<stdin>", metavar="NAME", help="what to call standard input")
    _search_path(command)


def _search_path(command: argparse.ArgumentParser) -> None:
    command.add_argument("--search-path", action="append", default=[], metavar="DIR", help="look for imported source here too; may be repeated")


def _format(command: argparse.ArgumentParser, names: Sequence[str] = ("text", "json")) -> None:
    command.add_argument("--format", choices=names, default="text", help="for people or for programs (default: text)")


def _words(text: str) -> list[str]:
    return [word for word in (piece.strip() for piece in text.split(",")) if word]
