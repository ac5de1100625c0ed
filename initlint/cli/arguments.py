"""Every command with its options, for ``argparse``."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any, NoReturn

from initlint.cli.console import CLEAN
from initlint.cli.formats import FORMATS

LIMITS = ("note", "warning", "error", "never")
SHELLS = ("bash", "fish", "zsh")
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
    _check(commands)
    _fix(commands)

    command = _command(commands, "show", "print what each parameter of a model starts from")
    command.add_argument("target", metavar="TARGET", help="path/to/file.py:EXPR or package.module:EXPR, as in net.py:Net(hidden=64)")
    _configuration(command)
    _format(command)

    _propagate(commands)

    command = _command(commands, "report", "write one page on a model: what its parameters start from and what that does to the signal")
    command.add_argument("target", metavar="TARGET", help="as for show")
    _configuration(command)
    command.add_argument("--format", choices=("html", "md", "svg", "png", "json"), help="of the report (default: by the suffix of --output-file, else html)")
    command.add_argument("--force", action="store_true", help="replace the output file where it exists")
    command.add_argument("--input", metavar="SHAPES", help="of the input, as in 2,3,224,224; the prediction, too, then knows how many positions there are")
    measured = command.add_argument_group("measurement")
    measured.add_argument("--run", action="store_true", help="build and run the model too, and show what is measured; this runs its code")
    measured.add_argument("--seeds", type=int, default=5, metavar="N", help="how many builds (default: 5)")
    measured.add_argument("--device", default="auto", metavar="DEVICE", help="cpu, cuda … (default: auto)")
    measured.add_argument("--timeout", type=float, default=600.0, metavar="SECONDS", help="for all of it (default: 600)")

    _verify(commands)

    command = _command(commands, "clean", "delete what check and fix keep for the next run")
    command.add_argument("paths", nargs="*", default=["."], metavar="PATH", help="files or folders that were checked (default: .)")
    command.add_argument("--cache-dir", metavar="DIR", help="the folder that --cache-dir named")

    command = _command(commands, "explain", "print the manual page of a rule")
    command.add_argument("rule", metavar="RULE", help="code or name, INI101")

    _format(_command(commands, "rules", "list all rules"))

    command = _command(commands, "completion", "print what makes a shell complete initlint's arguments")
    command.add_argument("shell", choices=SHELLS, help='the shell that is to read it, as in eval "$(initlint completion bash)"')
    return top


def _check(commands: Any) -> None:
    command = _command(commands, "check", "report weights that start wrong")
    _paths(command)
    _selection(command)
    _configuration(command)
    _speed(command)
    report = command.add_argument_group("report")
    report.add_argument("--format", choices=FORMATS, help="how findings are reported (default: text)")
    report.add_argument("--statistics", action="store_true", help="report only how often each rule found something")
    report.add_argument("--show-files", action="store_true", help="list the files that would be checked, and check none")
    report.add_argument("--show-settings", action="store_true", help="print the settings in force, and check nothing")
    _status(command)
    known = command.add_argument_group("findings that are to stay")
    _baseline(known)
    known.add_argument("--write-baseline", metavar="FILE", help="write all findings to FILE, for --baseline")
    known.add_argument("--add-ignores", action="store_true", help="write a comment at every finding that silences it")


def _fix(commands: Any) -> None:
    command = _command(commands, "fix", "show fixes as a diff, or write them", "Fixes are labelled safe, unsafe or advice; see `initlint explain RULE`.")
    how = command.add_mutually_exclusive_group()
    how.add_argument("--diff", action="store_true", help="show what would change (the default)")
    how.add_argument("--apply", action="store_true", help="write the safe fixes to the files; - goes from standard input to standard output")
    command.add_argument("--unsafe", action=argparse.BooleanOptionalAction, help="with --apply, write the unsafe fixes too")
    _paths(command)
    _selection(command)
    _configuration(command)
    _speed(command)
    command.add_argument_group("report").add_argument("--format", choices=FORMATS, default="text", help="how fixes are reported (default: text)")
    _status(command)
    _baseline(command.add_argument_group("findings that are to stay"))
    command.set_defaults(write_baseline=None)


def _propagate(commands: Any) -> None:
    summary = "predict what initializers do to the signal of a model or of a plain stack of layers"
    command = _command(commands, "propagate", summary, "A TARGET is read, never run, unless --run says so.")
    command.add_argument("target", nargs="?", metavar="TARGET", help="as for show; or give --layers")
    _configuration(command)
    model = command.add_argument_group("of a TARGET")
    what = "GLOB on parameter names = initializer, as in \"*.weight=kaiming_normal(nonlinearity='relu')\"; may be repeated, the last that matches counts"
    model.add_argument("--what-if", action="append", default=[], metavar="GLOB=CALL", help=what)
    model.add_argument("--sweep", metavar="NAME=SIZES", help="an argument of the constructor and its values, as in width=64,128,256,512")
    model.add_argument("--law", choices=("standard", "mup"), help="hold the slopes of a sweep against standard or maximal-update parametrization")
    model.add_argument("--run", action="store_true", help="build and run the models of a sweep, and show what is measured; this runs their code")
    model.add_argument("--seeds", type=int, default=3, metavar="N", help="builds per size of a measured sweep (default: 3)")
    model.add_argument("--input", metavar="SHAPES", help="of the input, as in 2,3,224,224: says how many positions there are")
    model.add_argument("--device", default="auto", metavar="DEVICE", help="of a measured sweep: cpu, cuda … (default: auto)")
    model.add_argument("--timeout", type=float, default=600.0, metavar="SECONDS", help="for each size of a measured sweep (default: 600)")
    stack = command.add_argument_group("of a plain stack")
    stack.add_argument("--layers", metavar="SIZES", help="from input to output, as in 2-200-300-400-300-2")
    stack.add_argument("--activation", default="relu", metavar="NAME", help="behind every layer, as in tanh or leaky_relu=0.3 (default: relu)")
    stack.add_argument("--init", action="append", default=[], metavar="CALL", help='as in "normal(std=0.01)", xavier_normal or default; may be repeated')
    stack.add_argument("--draws", type=int, metavar="N", help="measure too, over N draws of the weights (needs NumPy)")
    stack.add_argument("--seed", type=int, default=0, metavar="N", help="of those draws (default: 0)")
    stack.add_argument("--derivative-at-output", action="store_true", help="take f' at f(z) instead of z, a mistake of hand-written code")
    formats = ("text", "json", "md", "svg", "png")
    command.add_argument("--format", choices=formats, help="for people, programs, documents, or charts (default: by the suffix of --output-file, else text)")


def _verify(commands: Any) -> None:
    from initlint.live.arguments import FORMATS as VERIFY_FORMATS
    from initlint.live.arguments import add_arguments

    command = _command(commands, "verify", "build models for real and prove what they start from", "This runs the code of the targets.")
    add_arguments(command)
    command.add_argument("--select", action="extend", type=_words, metavar="RULES", help="run only these: codes, prefixes (INI8), names or ALL, by commas")
    command.add_argument("--ignore", action="extend", type=_words, default=[], metavar="RULES", help="leave these out")
    command.add_argument("--search-path", action="append", default=[], metavar="DIR", help="look for imported source here too; may be repeated")
    command.add_argument("--format", choices=VERIFY_FORMATS, default="text", help="how results are reported (default: text)")
    _status(command)


def _command(commands: Any, name: str, summary: str, more: str = "") -> argparse.ArgumentParser:
    description = f"{summary[0].upper()}{summary[1:]}. {more}".strip()
    command: argparse.ArgumentParser = commands.add_parser(name, help=summary, description=description, epilog=STATUS)
    command.set_defaults(command=name)
    command.add_argument("--color", choices=("auto", "always", "never"), default="auto", help="colour the output (auto: on a terminal)")
    command.add_argument("-o", "--output-file", metavar="FILE", help="write to FILE instead of standard output")
    return command


def _paths(command: argparse.ArgumentParser) -> None:
    command.add_argument("paths", nargs="*", default=["."], metavar="PATH", help="files or folders; - reads standard input (default: .)")
    files = command.add_argument_group("files")
    files.add_argument("--exclude", action="extend", type=_words, metavar="PATTERNS", help="leave these out, not the usual; as in a .gitignore, by commas")
    files.add_argument("--extend-exclude", action="extend", type=_words, default=[], metavar="PATTERNS", help="leave these out too")
    files.add_argument("--respect-gitignore", action=argparse.BooleanOptionalAction, help="leave out what .gitignore files name (default: yes)")
    files.add_argument("--force-exclude", action=argparse.BooleanOptionalAction, help="leave out files although they are named (default: no)")
    files.add_argument("--changed-only", action="store_true", help="only files that differ from the last commit, or from --base")
    files.add_argument("--base", metavar="REF", help="with --changed-only: since the last commit in common with REF")
    files.add_argument("--stdin-filename", default="<stdin>", metavar="NAME", help="what to call standard input")


def _selection(command: argparse.ArgumentParser) -> None:
    chosen = command.add_argument_group("rules", "Each is a code, a prefix (INI1), a name or ALL; several by commas.")
    chosen.add_argument("--select", action="extend", type=_words, metavar="RULES", help="run only these")
    chosen.add_argument("--extend-select", action="extend", type=_words, default=[], metavar="RULES", help="run these too")
    chosen.add_argument("--ignore", action="extend", type=_words, default=[], metavar="RULES", help="leave these out")
    chosen.add_argument("--extend-ignore", action="extend", type=_words, default=[], metavar="RULES", help="the same as --ignore")
    chosen.add_argument("--ignore-suppressions", action="store_true", help="report what comments silence, too")


def _status(command: argparse.ArgumentParser) -> None:
    group = command.add_argument_group("exit status")
    group.add_argument("--fail-on", choices=LIMITS, help="mildest finding that fails (default: warning)")
    group.add_argument("--exit-zero", action="store_true", help="exit 0 whatever is found")


def _configuration(command: argparse.ArgumentParser) -> None:
    group = command.add_argument_group("configuration")
    group.add_argument("--search-path", action="append", default=[], metavar="DIR", help="look for imported source here too; may be repeated")
    group.add_argument("--config", metavar="FILE", help="read this file, and no initlint.toml or pyproject.toml")
    group.add_argument("--isolated", action="store_true", help="read no configuration file")


def _speed(command: argparse.ArgumentParser) -> None:
    group = command.add_argument_group("speed", "What is found does not depend on these.")
    group.add_argument("-j", "--jobs", type=_number, metavar="N", help="processes that share the work (default: one per core)")
    group.add_argument("--no-cache", action="store_true", help="look at every file, and keep nothing for the next run")
    group.add_argument("--cache-dir", metavar="DIR", help="keep results in DIR (default: .initlint_cache at the top of the project)")


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) >= 1):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of processes")
    return int(text)


def _baseline(group: Any) -> None:
    group.add_argument("--baseline", metavar="FILE", help="leave out the findings that FILE knows")


def _format(command: argparse.ArgumentParser) -> None:
    command.add_argument("--format", choices=("text", "json"), default="text", help="for people or for programs (default: text)")


def _words(text: str) -> list[str]:
    return [word for word in (piece.strip() for piece in text.split(",")) if word]
