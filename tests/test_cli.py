"""The command line: arguments, exit status, what is written where."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from initlint import engine
from initlint.cli import main
from initlint.engine import CheckResult
from initlint.findings import Edit, Finding, Fix, Safety, Severity, Site
from initlint.fixing import repair
from initlint.fixing.repair import FileChange, Refine
from initlint.graph import ModelGraph
from initlint.report import FORMATS
from initlint.text.edits import apply_fixes

SOURCE = "a = 1\nb = 2\n"
NOTE = Finding(code="INI402", rule="r", message="m", site=Site("net.py", 1, 1, 1, 2), severity=Severity.NOTE)
SAFE = replace(NOTE, code="INI101", severity=Severity.WARNING, fix=Fix(message="Use 3", safety=Safety.SAFE, edits=(Edit("3", Site("net.py", 1, 5, 1, 6)),)))
UNSAFE = replace(SAFE, severity=Severity.ERROR, fix=Fix(message="Use 4", safety=Safety.UNSAFE, edits=(Edit("4", Site("net.py", 2, 5, 2, 6)),)))
ADVICE = replace(NOTE, fix=Fix(message="Think again", safety=Safety.ADVICE))


class Engine:
    """Stands in for the engine: says what it was told to find."""

    def __init__(self, path: str = "net.py") -> None:
        self.findings: list[Finding] = []
        self.path = path
        self.mended: set[int] = set()
        self.refused: list[tuple[Finding, str]] = []
        self.asked: dict[str, Any] = {}

    def check(self, paths: Sequence[str], **options: Any) -> CheckResult:
        """The findings prepared, less those that are mended."""
        del options["progress"]
        self.asked = {"paths": paths, **options}
        return CheckResult([finding for finding in self.findings if id(finding) not in self.mended], 1, {self.path: SOURCE})

    def fix(self, result: CheckResult, *, unsafe: bool = True, refine: Refine) -> list[FileChange]:
        """Every fix that is wanted and has edits, on one file."""
        safeties = (Safety.SAFE, Safety.UNSAFE) if unsafe else (Safety.SAFE,)
        applied = [finding for finding in result.findings if finding.fix and finding.fix.edits and finding.fix.safety in safeties]
        after, _ = apply_fixes(SOURCE, [finding.fix.edits for finding in applied if finding.fix])
        self.mended = {id(finding) for finding in applied}
        return [FileChange(self.path, SOURCE, after, applied, self.refused, [])]

    def show(self, target: str, search_path: Sequence[str]) -> ModelGraph:
        """An empty model, or the error that a target without a file gives."""
        if target == "gone.py:Net":
            raise engine.TargetError("no such file: gone.py")
        return ModelGraph(name="Net", path="net.py")


@pytest.fixture(name="engine")
def stand_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Engine:
    """The stand-in, installed, in a folder with one file."""
    fake = Engine()
    monkeypatch.setattr(engine, "check", fake.check)
    monkeypatch.setattr(engine, "show", fake.show)
    monkeypatch.setattr(repair, "fix", fake.fix)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.py").write_text(SOURCE)
    return fake


@pytest.mark.parametrize(
    ("arguments", "findings", "status"),
    [
        ([], [], 0),
        ([], [NOTE], 0),
        ([], [NOTE, SAFE], 1),
        ([], [UNSAFE], 1),
        (["--fail-on", "note"], [NOTE], 1),
        (["--fail-on", "error"], [SAFE], 0),
        (["--fail-on", "never"], [UNSAFE], 0),
        (["--exit-zero"], [UNSAFE], 0),
        (["--format", "json"], [SAFE], 1),
    ],
)
def test_the_exit_status_follows_the_severities(engine: Engine, arguments: list[str], findings: list[Finding], status: int) -> None:
    """0 clean, 1 at or above --fail-on."""
    engine.findings = findings
    assert main(["check", *arguments, "net.py"]) == status


def test_check_reports_in_both_formats(engine: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    """Text ends in the summary; JSON is nothing but JSON."""
    engine.findings = [SAFE]
    main(["check", "net.py"])
    assert capsys.readouterr().out.endswith("Found 1 finding (1 warning).\n[*] 1 fixable with `initlint fix --apply`\n")
    main(["check", "--format", "json", "net.py"])
    assert [row["code"] for row in json.loads(capsys.readouterr().out)] == ["INI101"]


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_can_be_asked_for(engine: Engine, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    """From ``check``, from ``fix`` for what it would repair, and from ``fix --apply`` for what it left; the exit status is that of text."""
    path = tmp_path / "net.py"
    path.write_text(SOURCE)
    engine.path, engine.findings = str(path), [SAFE, replace(NOTE, code="INI403")]
    shown = []
    for command, status in (["check"], 1), (["fix"], 1), (["fix", "--apply"], 0):
        assert main([*command, "--format", name, str(path)]) == status
        shown.append(capsys.readouterr().out)
    assert name == "text" or [("INI101" in text, "INI403" in text) for text in map(without_rules, shown)] == [(True, True), (True, False), (False, True)]


def without_rules(report: str) -> str:
    """A report without the rules that SARIF describes."""
    return report.partition('"results"')[2] or report


@pytest.mark.parametrize("arguments", [["check"], ["fix"], ["fix", "--apply"]])
def test_a_missing_path_is_status_2(engine: Engine, capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    """One line on standard error; the rest is reported all the same."""
    engine.findings = [NOTE]
    assert main([*arguments, "net.py", "gone.py"]) == 2
    assert capsys.readouterr().err == "initlint: gone.py: no such file or folder\n"


def test_options_reach_the_engine(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Paths, standard input, search path and the chosen rules."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"x = 1\xff")))
    main(["check", "-", "net.py", "--stdin-filename", "b.py", "--search-path", "src", "--select", "INI1, zero-weight", "--ignore", "INI201"])
    rules = engine.asked.pop("rules")
    assert engine.asked.pop("cache") == str(Path.cwd() / ".initlint_cache")
    assert engine.asked.pop("jobs") >= 1
    assert engine.asked == {"paths": ["net.py"], "stdin": b"x = 1\xff", "stdin_filename": "b.py", "search_path": ["src"], "suppressions": True}
    assert {rule.code[:4] for rule in rules} == {"INI1"}


def test_without_a_path_the_folder_is_checked(engine: Engine) -> None:
    """The default is the current folder, and standard input is left alone."""
    main(["check"])
    assert (engine.asked["paths"], engine.asked["stdin"]) == (["net.py"], None)


def test_fix_previews_with_labels(engine: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    """Every fix is labelled, the diff holds them all, and nothing is written."""
    engine.findings = [SAFE, UNSAFE, ADVICE]
    engine.refused = [(NOTE, "the call unpacks its arguments")]
    assert main(["fix", "net.py"]) == 1
    assert capsys.readouterr().out == (
        "net.py:1:1: INI101 safe: Use 3\n"
        "net.py:1:1: INI101 unsafe: Use 4\n"
        "--- net.py\n+++ net.py\n@@ -1,2 +1,2 @@\n-a = 1\n-b = 2\n+a = 3\n+b = 4\n"
        "net.py:1:1: INI402 advice: Think again\n"
        "net.py:1:1: INI402 not fixed: the call unpacks its arguments\n"
        "Found 3 findings (1 error, 1 warning, 1 note).\n"
        "[*] 1 fixable with `initlint fix --apply` (1 more with `--unsafe`)\n"
        "Initial values change: a seeded run will draw different numbers.\n"
    )


@pytest.mark.parametrize(
    ("arguments", "text", "status", "done"),
    [
        ([], "a = 3\nb = 2\n", 1, "Fixed 1 finding in 1 file; 1 left.\n"),
        (["--unsafe"], "a = 3\nb = 4\n", 0, "Fixed 2 findings in 1 file.\n"),
    ],
)
def test_apply_writes_what_is_wanted(
    engine: Engine, tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], text: str, status: int, done: str
) -> None:
    """Safe fixes alone, or all; what is left decides the exit status."""
    path = tmp_path / "net.py"
    path.write_text(SOURCE)
    engine.path, engine.findings = str(path), [SAFE, UNSAFE]
    assert main(["fix", "--apply", *arguments, str(path)]) == status
    assert path.read_text() == text
    out = capsys.readouterr().out
    assert done in out
    assert out.endswith("a seeded run will draw different numbers.\n")


def test_apply_with_nothing_to_do_says_so(engine: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    """No reminder where nothing was changed."""
    assert main(["fix", "--apply", "net.py"]) == 0
    assert capsys.readouterr().out == "Nothing to fix.\n"


def test_a_file_that_changed_meanwhile_is_left_alone(engine: Engine, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One message, exit status 2, the file untouched."""
    path = tmp_path / "net.py"
    path.write_text("other\n")
    engine.path, engine.findings = str(path), [SAFE]
    assert main(["fix", "--apply", str(path)]) == 2
    assert path.read_text() == "other\n"
    assert "has changed since it was read" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["fix", "--unsafe"], "--unsafe says what --apply may write; give both"),
        (["fix", "--apply", "-", "net.py"], "standard input is fixed by itself: leave out the other paths"),
        (["check", "--exclude", "!"], "'!' is not a pattern"),
        (["check", "--statistics", "--config", "gone.toml"], "gone.toml: cannot be read: No such file or directory"),
        (["check", "--baseline", "gone.json"], "gone.json: no such file; `initlint check --write-baseline gone.json` makes it"),
        (["check", "--write-baseline", "b.json", "--changed-only"], "--write-baseline with --changed-only would forget the findings of all other files"),
        (["check", "--add-ignores", "-"], "--add-ignores writes to files: standard input is none"),
        (["check", "--select", "zero-wieght"], "no rule matches 'zero-wieght', did you mean 'zero-weight'?"),
        (["explain", "INI999"], "no rule matches 'INI999'"),
        (["show", "gone.py:Net"], "no such file: gone.py"),
        (["check", "--output-file", "no/such/folder"], "cannot write no/such/folder: No such file or directory"),
    ],
)
def test_what_cannot_be_done_is_one_line(engine: Engine, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str) -> None:
    """Exit status 2 and one sentence on standard error."""
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"initlint: {message}")
    assert error.count("\n") == 1


def crash(error: BaseException) -> Callable[..., Any]:
    """A function that raises ``error``."""

    def fail(*_: Any, **__: Any) -> Any:
        raise error

    return fail


def test_a_crash_is_one_line_and_a_traceback_on_request(engine: Engine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """INITLINT_DEBUG=1 lets the exception through."""
    monkeypatch.delenv("INITLINT_DEBUG", raising=False)
    monkeypatch.setattr("initlint.engine.check", crash(ZeroDivisionError("oh\nno")))
    assert main(["check"]) == 2
    assert capsys.readouterr().err == "initlint: internal error: ZeroDivisionError: oh\\nno (INITLINT_DEBUG=1 shows where)\n"
    monkeypatch.setenv("INITLINT_DEBUG", "1")
    with pytest.raises(ZeroDivisionError):
        main(["check"])


def test_an_interrupt_is_quiet(engine: Engine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """130, as the shell expects."""
    monkeypatch.setattr("initlint.engine.check", crash(KeyboardInterrupt()))
    assert main(["check"]) == 130
    assert capsys.readouterr().err == ""


def test_show_prints_text_and_json(engine: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    """The table, or the contract."""
    assert main(["show", "net.py:Net"]) == 0
    assert "Net: 0 parameters" in capsys.readouterr().out
    assert main(["show", "net.py:Net", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"schema_version": 1, "target": "net.py:Net", "parameters": []}


def test_output_goes_to_a_file(engine: Engine, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing on standard output then."""
    path = tmp_path / "report.json"
    assert main(["check", "--format", "json", "--output-file", str(path)]) == 0
    assert (path.read_text(), capsys.readouterr().out) == ("[]\n", "")


@pytest.mark.parametrize(("choice", "escapes"), [("auto", False), ("always", True), ("never", False)])
def test_colour_is_for_terminals(engine: Engine, capsys: pytest.CaptureFixture[str], choice: str, escapes: bool) -> None:
    """A pipe gets none unless it asks."""
    engine.findings = [SAFE]
    main(["check", "--color", choice])
    assert ("\x1b[" in capsys.readouterr().out) is escapes


def test_rules_are_listed_and_explained(capsys: pytest.CaptureFixture[str]) -> None:
    """Every rule has a line, a JSON object and a manual page."""
    assert main(["rules"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert main(["rules", "--format", "json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [line[:6] for line in lines] == [row["code"] for row in rows]
    for row in rows:
        assert main(["explain", row["name"]]) == 0
        assert capsys.readouterr().out.startswith(f"# {row['code']} {row['name']}\n\n")


@pytest.mark.parametrize("arguments", [[], ["frobnicate"], ["check", "--format", "xml"]])
def test_wrong_usage_is_status_2(arguments: list[str]) -> None:
    """The parser says what it expected."""
    with pytest.raises(SystemExit) as error:
        main(arguments)
    assert error.value.code == 2


def test_a_version_costs_no_heavy_import() -> None:
    """Neither LibCST nor rich is loaded to say who we are."""
    code = (
        "import sys; from initlint.cli import main\n"
        "try: main(['--version'])\n"
        "except SystemExit as e: assert not e.code\n"
        "assert not {'libcst', 'rich', 'torch', 'msgspec'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("initlint ")


def test_a_reader_that_goes_away_is_no_error() -> None:
    """A closed pipe is quiet and leaves the status alone."""
    code = "import os, sys; os.close(0); from initlint.cli import main; sys.exit(main(['explain', 'INI101']))"
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    errors = process.stderr.read()
    process.stderr.close()
    assert (process.wait(), errors) == (0, b"")
