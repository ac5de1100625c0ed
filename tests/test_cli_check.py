"""What ``check`` can do beside reporting: count, list, show progress."""

from __future__ import annotations

import io
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from initlint import engine
from initlint.cli import main, progress
from initlint.engine import CheckResult

NET = """\
import torch.nn as nn


class {name}(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(64, 64) for _ in range(6))
        for layer in self.layers:
            nn.init.xavier_uniform_({argument})

    def forward(self, x):
        for layer in self.layers:
            x = layer(x).relu()
        return x
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder: two faults, one of which can be mended, and a comment that silences nothing."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.py").write_text(NET.format(name="A", argument="layer.weight"))
    (tmp_path / "b.py").write_text(NET.format(name="B", argument="*[layer.weight]") + "# initlint: ignore[INI101]\n")
    return tmp_path


def test_statistics_count_by_rule(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The most frequent first, with what can be fixed; the exit status is that of a report."""
    assert main(["check", "--statistics"]) == 1
    assert capsys.readouterr().out == "2  INI101  [-]  scale-nonlinearity-mismatch\n1  INI904  [ ]  unused-suppression\n"
    assert main(["check", "--statistics", "a.py"]) == 1
    assert capsys.readouterr().out == "1  INI101  [*]  scale-nonlinearity-mismatch\n"
    assert main(["check", "--statistics", "--format", "json"]) == 1
    assert json.loads(capsys.readouterr().out) == [
        {"code": "INI101", "name": "scale-nonlinearity-mismatch", "count": 2, "fixable": True, "fixable_count": 1},
        {"code": "INI904", "name": "unused-suppression", "count": 1, "fixable": False, "fixable_count": 0},
    ]


def test_statistics_of_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A line for people, an empty list for programs."""
    assert main(["check", "--statistics", "--select", "INI2"]) == 0
    assert capsys.readouterr().out == "No findings in 2 files.\n"
    assert main(["check", "--statistics", "--select", "INI2", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out) == []


def test_the_tools_own_findings_can_be_ignored(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And explained."""
    main(["check", "--format", "json", "--ignore", "INI904,INI1"])
    assert json.loads(capsys.readouterr().out) == []
    assert main(["explain", "INI904"]) == 0
    assert capsys.readouterr().out.startswith("# INI904 unused-suppression\n\n## What it does\n")


def test_files_and_settings_are_shown_for_programs(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A list of paths; a list of settings with how many files they are for."""
    assert main(["check", "--show-files", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out) == ["a.py", "b.py"]
    (folder / "sub").mkdir()
    (folder / "sub" / "initlint.toml").write_text("select = ['INI201']\n")
    (folder / "sub" / "c.py").touch()
    assert main(["check", "--show-settings", "--format", "json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [(row["file"], row["files"]) for row in rows] == [(None, 2), ("sub/initlint.toml", 1)]
    assert [code for code in rows[1]["settings"]["select"] if code < "INI9"] == ["INI201"]


def test_a_path_that_is_missing_is_status_2_everywhere(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Also where nothing is checked."""
    for option in ("--show-files", "--show-settings", "--statistics", "--add-ignores"):
        assert main(["check", option, "gone.py"]) == 2
        assert capsys.readouterr().err == "initlint: gone.py: no such file or folder\n"


class Terminal(io.StringIO):
    """Standard error at a terminal."""

    def isatty(self) -> bool:
        """It is."""
        return True


def at_terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Standard error, as a terminal."""
    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setenv("TERM", "xterm")
    return stream


def slow(real: Callable[..., CheckResult]) -> Callable[..., CheckResult]:
    """An analysis that takes its time."""

    def check(*arguments: object, progress: Callable[[str], None], **options: object) -> CheckResult:
        def wait(path: str) -> None:
            time.sleep(0.01)
            progress(path)

        return real(*arguments, progress=wait, **options)

    return check


def test_a_long_run_shows_its_progress_and_leaves_no_trace(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal, on standard error; the cursor is back where it was."""
    terminal = at_terminal(monkeypatch)
    monkeypatch.setattr(progress, "PATIENCE", 0.005)
    monkeypatch.setattr(engine, "check", slow(engine.check))
    assert main(["check"]) == 1
    assert "Checking" in terminal.getvalue()
    assert "/2" in terminal.getvalue()
    assert terminal.getvalue().endswith("\x1b[?25h\r\x1b[1A\x1b[2K")


def test_a_short_run_shows_none(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing before patience ends."""
    terminal = at_terminal(monkeypatch)
    monkeypatch.setattr(progress, "PATIENCE", 600.0)
    assert main(["check", "a.py"]) == 1
    assert terminal.getvalue() == ""


@pytest.mark.parametrize("dumb", [True, False])
def test_no_terminal_shows_none(folder: Path, monkeypatch: pytest.MonkeyPatch, dumb: bool) -> None:
    """A pipe, or a terminal that cannot move its cursor."""
    terminal = at_terminal(monkeypatch)
    monkeypatch.setattr(progress, "PATIENCE", -1.0)
    if dumb:
        monkeypatch.setenv("TERM", "dumb")
    else:
        monkeypatch.setattr(terminal, "isatty", lambda: False)
    assert main(["check"]) == 1
    assert terminal.getvalue() == ""
