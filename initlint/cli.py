"""The command line: arguments in, text and an exit status out. The only module that prints.

Everything heavy is imported by the command that needs it, so that ``--version`` and ``--help`` answer at once.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from initlint.engine import CheckResult, FileChange
    from initlint.findings import Finding
    from initlint.report.paint import Paint

CLEAN, FOUND, FAILED, INTERRUPTED = 0, 1, 2, 130
STATUS = "exit status: 0 clean, 1 findings at or above --fail-on, 2 the command could not do what was asked"
REMINDER = "Initial values change: a seeded run will draw different numbers."


class Failure(Exception):
    """The command cannot do what was asked; the message is for the user."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the exit status."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    options = parser().parse_args(arguments)
    try:
        status: int = options.run(options)
    except KeyboardInterrupt:
        return INTERRUPTED
    except Failure as failure:
        complain(str(failure))
        return FAILED
    except Exception as error:
        if os.environ.get("INITLINT_DEBUG") == "1":
            raise
        complain(f"internal error: {type(error).__name__}: {error} (INITLINT_DEBUG=1 shows where)")
        return FAILED
    return status


# Commands


def check(options: argparse.Namespace) -> int:
    """Report findings."""
    from initlint.report import json, text

    result = analyse(options)
    if options.format == "json":
        emit(options, json.render(result.findings))
    else:
        emit(options, text.render(result.findings, result.sources, files=result.files, paint=painter(options)))
    return FAILED if result.missing else verdict(options, result.findings)


def fix(options: argparse.Namespace) -> int:
    """Show every fix as a diff, or write those that are wanted."""
    from initlint import engine

    if options.unsafe and not options.apply:
        raise Failure("--unsafe says what --apply may write; give both")
    if options.apply and "-" in options.paths:
        raise Failure("standard input cannot be written to; leave out --apply for a diff")
    result = analyse(options)
    changes = engine.fix(result)
    if not options.apply:
        emit(options, preview(options, changes, result))
        return FAILED if result.missing else verdict(options, result.findings)
    landed, failed = write(options, changes)
    done = {id(finding) for finding in landed}
    left = [finding for finding in result.findings if id(finding) not in done]
    emit(options, outcome(changes, landed, left))
    return FAILED if failed or result.missing else verdict(options, left)


def show(options: argparse.Namespace) -> int:
    """Print the table of one model."""
    from initlint import engine
    from initlint.report import table
    from initlint.report.pairing import nonlinearities

    try:
        graph = engine.show(options.target, options.search_path)
    except engine.TargetError as error:
        raise Failure(str(error)) from None
    paired = nonlinearities(graph)
    if options.format == "json":
        emit(options, table.to_json(graph, options.target, paired))
    else:
        terminal = options.output_file is None and sys.stdout.isatty()
        columns = shutil.get_terminal_size().columns if terminal or "COLUMNS" in os.environ else None
        emit(options, table.to_text(graph, paired, columns=columns, paint=painter(options)))
    return CLEAN


def verify(options: argparse.Namespace) -> int:
    """Build models for real, measure them and report what does not hold."""
    from initlint.live import command

    terminal = options.output_file is None and sys.stdout.isatty()
    columns = shutil.get_terminal_size().columns if terminal or "COLUMNS" in os.environ else None
    try:
        text, status = command.run(options, painter(options), interactive=sys.stderr.isatty(), columns=columns)
    except command.CannotVerify as error:
        raise Failure(str(error)) from None
    emit(options, text)
    return status


def explain(options: argparse.Namespace) -> int:
    """Print the manual page of one rule."""
    from initlint import rules

    try:
        rule = rules.find(options.rule)
    except rules.UnknownRule as error:
        raise Failure(str(error)) from None
    paint = painter(options)
    lines = [paint(line, "bold") if line.startswith("## ") else line for line in rule.manual.split("\n")]
    emit(options, "\n".join([paint(f"# {rule.code} {rule.name}", "bold"), "", *lines]) + "\n")
    return CLEAN


def list_rules(options: argparse.Namespace) -> int:
    """Print one line per rule."""
    from initlint import rules
    from initlint.report.json import dumps

    found = rules.all_rules()
    if options.format == "json":
        rows = [{"code": r.code, "name": r.name, "summary": r.summary, "fixable": r.fixable, "default": r.default} for r in found]
        emit(options, dumps(rows))
        return CLEAN
    size, paint = max((len(rule.name) for rule in found), default=0), painter(options)
    lines = [f"{paint(r.code, 'bold')}  {r.name:<{size}}  {r.summary}{'' if r.default else ' (only where selected)'}" for r in found]
    emit(options, "".join(line + "\n" for line in lines))
    return CLEAN


# What the commands share


def analyse(options: argparse.Namespace) -> CheckResult:
    """The findings that were asked for, in the files that were named."""
    from initlint import engine, rules

    try:
        chosen = rules.select(options.select, options.ignore or ())
    except rules.UnknownRule as error:
        raise Failure(str(error)) from None
    paths = [path for path in options.paths if path != "-"]
    stdin = sys.stdin.buffer.read() if "-" in options.paths else None
    result = engine.check(paths, stdin=stdin, stdin_filename=options.stdin_filename, search_path=options.search_path, rules=chosen)
    for path in result.missing:
        complain(f"{path}: no such file or folder")
    return result


def verdict(options: argparse.Namespace, findings: Sequence[Finding]) -> int:
    """The exit status that ``findings`` deserve."""
    from initlint.findings import Severity

    if options.exit_zero or options.fail_on == "never":
        return CLEAN
    limit = Severity(options.fail_on).rank
    return FOUND if any(finding.severity.rank >= limit for finding in findings) else CLEAN


def preview(options: argparse.Namespace, changes: Sequence[FileChange], result: CheckResult) -> str:
    """Every fix with its label, then the diff that all of them make; ``patch`` reads past the labels."""
    from initlint.findings import Safety
    from initlint.report import diff, text

    paint, terminal = painter(options), options.output_file is None and sys.stdout.isatty()
    pieces = []
    for change in changes:
        change_diff = diff.unified(change.path, change.before, change.after)
        pieces += [label(finding, paint) for finding in change.applied]
        pieces += [diff.shown(change_diff, paint) if terminal or options.color == "always" else change_diff]
    for finding in result.findings:
        if finding.fix is not None and finding.fix.safety is Safety.ADVICE:
            pieces.append(label(finding, paint))
    refused = refusals(changes)
    applied = [finding for change in changes for finding in change.applied]
    return "".join([*pieces, *refused, text.summary(result.findings, files=result.files, paint=paint), f"{REMINDER}\n" if applied else ""])


def label(finding: Finding, paint: Paint) -> str:
    """``net.py:6:3: INI101 safe: Use kaiming_uniform_``."""
    from initlint.report.paint import safe

    assert finding.fix is not None
    where = f"{safe(finding.site.path)}:{finding.site.line}:{finding.site.column}:"
    return f"{where} {finding.code} {paint(finding.fix.safety.value, 'bold')}: {safe(finding.fix.message)}\n"


def refusals(changes: Sequence[FileChange]) -> list[str]:
    """One line for each fix that could not be made, with the reason."""
    from initlint.report.paint import safe

    return [
        f"{safe(finding.site.path)}:{finding.site.line}:{finding.site.column}: {finding.code} not fixed: {safe(reason)}\n"
        for change in changes
        for finding, reason in change.refused
    ]


def write(options: argparse.Namespace, changes: Sequence[FileChange]) -> tuple[list[Finding], bool]:
    """Write what is wanted; the findings that are mended, and whether a file could not be written."""
    from initlint.edits import SourceError, save
    from initlint.report.paint import safe

    landed: list[Finding] = []
    failed = False
    for change in changes:
        after, wanted = selected(change, unsafe=options.unsafe)
        if after == change.before:
            continue
        try:
            save(change.path, change.before, after)
        except (SourceError, OSError) as error:
            complain(f"{safe(change.path)}: {error}")
            failed = True
        else:
            landed += wanted
    return landed, failed


def selected(change: FileChange, *, unsafe: bool) -> tuple[str, list[Finding]]:
    """The text of a file with the wanted fixes made, and their findings."""
    from initlint.edits import apply_fixes
    from initlint.findings import Safety

    wanted = [finding for finding in change.applied if unsafe or (finding.fix is not None and finding.fix.safety is Safety.SAFE)]
    if len(wanted) == len(change.applied):
        return change.after, wanted
    text, landed = apply_fixes(change.before, [finding.fix.edits for finding in wanted if finding.fix is not None])
    return text, [wanted[number] for number in landed]


def outcome(changes: Sequence[FileChange], landed: Sequence[Finding], left: Sequence[Finding]) -> str:
    """What ``fix --apply`` did, and what it left."""
    from initlint.report.paint import plain
    from initlint.report.text import count

    lines = [label(finding, plain) for finding in landed] + refusals(changes)
    files = len({finding.site.path for finding in landed})
    done = f"Fixed {count(len(landed), 'finding')} in {count(files, 'file')}" if landed else "Nothing to fix"
    lines.append(f"{done}{f'; {len(left)} left' if left else ''}.\n")
    return "".join([*lines, f"{REMINDER}\n" if landed else ""])


def painter(options: argparse.Namespace) -> Paint:
    """Colour for a terminal, or where it is asked for."""
    from initlint.report.paint import coloured, plain

    terminal = options.output_file is None and sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return coloured() if options.color == "always" or (options.color == "auto" and terminal) else plain


def emit(options: argparse.Namespace, text: str) -> None:
    """Write ``text`` to standard output or to ``--output-file``; a reader that has gone away is no error."""
    if options.output_file is not None:
        try:
            with open(options.output_file, "w", encoding="utf-8", errors="backslashreplace", newline="") as stream:
                stream.write(text)
        except OSError as error:
            raise Failure(f"cannot write {options.output_file}: {error.strerror}") from None
        return
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def complain(message: str) -> None:
    """One line on standard error."""
    from initlint.report.paint import safe

    print(f"initlint: {safe(message)}", file=sys.stderr)


# Arguments


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

    command = _command(commands, "check", check, "report weights that start wrong")
    _paths(command)
    _format(command)

    command = _command(commands, "fix", fix, "show fixes as a diff, or write them", "Fixes are labelled safe, unsafe or advice; see `initlint explain RULE`.")
    _paths(command)
    command.add_argument("--apply", action="store_true", help="write the safe fixes to the files")
    command.add_argument("--unsafe", action="store_true", help="with --apply, write the unsafe fixes too")

    command = _command(commands, "show", show, "print what each parameter of a model starts from")
    command.add_argument("target", metavar="TARGET", help="path/to/file.py:EXPR or package.module:EXPR, as in net.py:Net(hidden=64)")
    _search_path(command)
    _format(command)

    _verify(_command(commands, "verify", verify, "build models for real and prove what they start from", "This runs the code of the targets."))

    command = _command(commands, "explain", explain, "print the manual page of a rule")
    command.add_argument("rule", metavar="RULE", help="code or name, INI101")

    _format(_command(commands, "rules", list_rules, "list all rules"))
    return top


def _command(commands: Any, name: str, run: Any, summary: str, more: str = "") -> argparse.ArgumentParser:
    description = f"{summary[0].upper()}{summary[1:]}. {more}".strip()
    command: argparse.ArgumentParser = commands.add_parser(name, help=summary, description=description, epilog=STATUS)
    command.set_defaults(run=run)
    command.add_argument("--color", choices=("auto", "always", "never"), default="auto", help="colour the output (auto: on a terminal)")
    command.add_argument("--output-file", metavar="FILE", help="write to FILE instead of standard output")
    return command


def _paths(command: argparse.ArgumentParser) -> None:
    command.add_argument("paths", nargs="*", default=["."], metavar="PATH", help="files or folders; - reads standard input (default: .)")
    command.add_argument("--stdin-filename", default="<stdin>", metavar="NAME", help="what to call standard input")
    _rules(command)
    _search_path(command)


def _verify(command: argparse.ArgumentParser) -> None:
    from initlint.live.arguments import FORMATS, add_arguments

    add_arguments(command)
    _rules(command)
    _search_path(command)
    _format(command, FORMATS)


def _rules(command: argparse.ArgumentParser) -> None:
    command.add_argument("--select", action="extend", type=_words, metavar="RULES", help="run only these: codes, prefixes (INI1), names or ALL, by commas")
    command.add_argument("--ignore", action="extend", type=_words, metavar="RULES", help="leave these out")
    command.add_argument("--fail-on", choices=("note", "warning", "error", "never"), default="warning", help="mildest finding that fails (default: warning)")
    command.add_argument("--exit-zero", action="store_true", help="exit 0 whatever is found")


def _search_path(command: argparse.ArgumentParser) -> None:
    command.add_argument("--search-path", action="append", default=[], metavar="DIR", help="look for imported source here too; may be repeated")


def _format(command: argparse.ArgumentParser, choices: Sequence[str] = ("text", "json")) -> None:
    command.add_argument("--format", choices=choices, default="text", help="for people or for programs (default: text)")


def _words(text: str) -> list[str]:
    return [word for word in (piece.strip() for piece in text.split(",")) if word]
