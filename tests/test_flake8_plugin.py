"""The flake8 plugin: the same codes, flake8's own options, and never an exception."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from initlint import engine, rules
from initlint.flake8_plugin import Plugin
from initlint.rules import Rule

ROOT = Path(__file__).parents[1]
NET = """\
import torch.nn as nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(64, 64)
        self.head = nn.Linear(64, 10)
        nn.init.xavier_uniform_(self.fc.weight)

    def forward(self, x):
        return self.head(self.fc(x).relu())
"""


def flake8(folder: Path, *arguments: str, stdin: str = "", config: str = "") -> tuple[int, set[str]]:
    """The exit status and the lines of a real run, the plugin registered as in pyproject.toml."""
    (folder / "flake8.ini").write_text(f"[flake8:local-plugins]\nextension =\n    {entry()}\n[flake8]\n{config}")
    command = [sys.executable, "-m", "flake8", "--config", "flake8.ini", "--max-line-length", "200", *arguments]
    done = subprocess.run(command, cwd=folder, input=stdin, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": str(ROOT)})
    assert done.stderr == ""
    return done.returncode, set(done.stdout.splitlines())


def entry() -> str:
    """The entry point that the package declares."""
    section = (ROOT / "pyproject.toml").read_text(encoding="utf-8").partition('[project.entry-points."flake8.extension"]\n')[2]
    return section.partition("\n")[0].replace('"', "")


def test_flake8_shows_the_findings(tmp_path: Path) -> None:
    """Line and column are those of the command."""
    (tmp_path / "net.py").write_text(NET)
    status, lines = flake8(tmp_path, "net.py")
    assert status == 1
    (line,) = lines
    assert line.removeprefix("./").startswith("net.py:9:9: INI101 `fc.weight`: xavier_uniform_ gives")


@pytest.mark.parametrize(
    ("arguments", "config"),
    [(["--extend-ignore", "INI"], ""), (["--select", "E"], ""), ([], "extend-ignore = INI1"), ([], "per-file-ignores = net.py:INI101")],
)
def test_flake8s_own_options_choose(tmp_path: Path, arguments: list[str], config: str) -> None:
    """On the command line and in its configuration."""
    (tmp_path / "net.py").write_text(NET)
    assert flake8(tmp_path, *arguments, "net.py", config=config) == (0, set())


def test_both_kinds_of_comments_silence(tmp_path: Path) -> None:
    """flake8's and ours."""
    for name, comment in ("one.py", "  # noqa: INI101"), ("two.py", "  # initlint: ignore[INI101]"):
        (tmp_path / name).write_text(NET.replace("(self.fc.weight)", f"(self.fc.weight){comment}"))
    assert flake8(tmp_path, "one.py", "two.py") == (0, set())


def test_standard_input_has_the_name_it_is_given(tmp_path: Path) -> None:
    """As an editor runs it."""
    status, lines = flake8(tmp_path, "-", "--stdin-display-name", "edited.py", stdin=NET)
    assert (status, [line.partition(" ")[0] for line in lines]) == (1, ["edited.py:9:9:"])


def run(source: str, path: str = "net.py") -> list[tuple[int, int, str]]:
    """What the plugin itself yields."""
    return [row[:3] for row in Plugin(ast.parse(source), path, source.splitlines(keepends=True)).run()]


def test_what_does_not_matter_loads_nothing() -> None:
    """Neither LibCST nor the engine for a file without a model."""
    code = (
        "import ast, sys; from initlint.flake8_plugin import Plugin\n"
        "assert not list(Plugin(ast.parse('x = 1'), 'x.py', ['x = 1\\n']).run())\n"
        "assert not {'libcst', 'initlint.engine', 'initlint.rules', 'rich'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


def test_findings_elsewhere_are_left_to_their_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """flake8 hands every file over by itself."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "base.py").write_text(NET)
    assert run("import torch.nn as nn\nfrom base import Net\n\n\nclass Wide(Net):\n    pass\n", "wide.py") == []


@pytest.mark.parametrize("head", ["# -*- coding: latin-1 -*-\n# é\n", "# coding: ascii\n# é\n", "# é\n\n"])
def test_the_declared_encoding_is_honoured(head: str) -> None:
    """The text that flake8 decoded is read again as it was."""
    assert [(line, text[:6]) for line, _, text in run(head + NET)] == [(11, "INI101")]


@pytest.mark.parametrize("name", ["utf-16", "nonsense", "base64"])
def test_an_impossible_encoding_raises_nothing(name: str) -> None:
    """At most it is a finding that says so."""
    assert {text[:6] for _, _, text in run(f"# coding: {name}\n{NET}")} <= {"INI902"}


def test_the_search_path_is_that_of_the_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A base class in a folder that only initlint.toml names; a file that cannot be read is said, not raised."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "parts.py").write_text("import torch.nn as nn\n\n\nclass Base(nn.Module):\n    pass\n")
    derived = NET.replace("class Net(nn.Module)", "class Net(Base)").replace("import torch.nn as nn", "import torch.nn as nn\nfrom parts import Base")
    (tmp_path / "initlint.toml").write_text('search-path = ["lib"]\n')
    assert [(line, text[:6]) for line, _, text in run(derived)] == [(10, "INI101")]
    (tmp_path / "initlint.toml").write_text("serch-path = 1\n")
    ((line, _, text),) = run(derived)
    assert (line, text.partition(": ")[0]) == (1, "INI903 could not be analysed")
    assert "search-path" in text


def raiser(*_: Any, **__: Any) -> Any:
    """An engine that is broken."""
    raise ZeroDivisionError("oh")


def test_a_crash_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    """flake8 goes on with the next file."""
    broken: Callable[..., Any] = raiser
    monkeypatch.setattr(engine, "check", broken)
    assert run(NET) == [(1, 0, "INI903 could not be analysed: ZeroDivisionError: oh")]


def test_rules_that_are_off_stay_off_until_selected(monkeypatch: pytest.MonkeyPatch) -> None:
    """flake8 is told which."""

    ignored: list[str] = []
    manager: Any = SimpleNamespace(extend_default_ignore=ignored.extend)
    monkeypatch.setattr(rules, "all_rules", lambda: (Rule(code="INI199", name="a", summary="s", default=False), Rule(code="INI101", name="b", summary="s")))
    Plugin.add_options(manager)
    assert ignored == ["INI199"]
