"""The scripts for shells complete what the parser knows."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from initlint.cli import main
from initlint.cli.completion import commands
from initlint.report import FORMATS
from initlint.rules import all_rules


@pytest.fixture
def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], request: pytest.FixtureRequest) -> Path:
    """The script for one shell, in the current folder, which holds a folder and a file."""
    monkeypatch.chdir(tmp_path)
    assert main(["completion", request.param]) == 0
    path = tmp_path / "script"
    path.write_text(capsys.readouterr().out)
    (tmp_path / "models").mkdir()
    (tmp_path / "my net.py").touch()
    return path


def shell(*command: str) -> str:
    """The output of a shell that must not complain."""
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert done.stderr == ""
    return done.stdout


CASES = [
    ("initlint ", ["check", "clean", "completion", "explain", "fix", "propagate", "report", "rules", "show", "verify"]),
    ("initlint ex", ["explain"]),
    ("initlint check --fail", ["--fail-on"]),
    ("initlint check --format ", sorted(FORMATS)),
    ("initlint check --fail-on ", ["error", "never", "note", "warning"]),
    ("initlint check --select zero", ["zero-weight"]),
    ("initlint check --select INI101,zero", ["INI101,zero-weight"]),
    ("initlint explain missing", ["missing-norm-init"]),
    ("initlint completion ", ["bash", "fish", "zsh"]),
    ("initlint check --search-path m", ["models"]),
    ("initlint fix m", ["models", "my net.py"]),
    ("initlint rules --search", []),
]


@pytest.mark.parametrize("script", ["bash"], indirect=True)
@pytest.mark.parametrize(("line", "wanted"), CASES, ids=[line for line, _ in CASES])
def test_bash_completes(script: Path, line: str, wanted: list[str]) -> None:
    """Commands, options, their values, rules behind a comma, files."""
    words = [*line.split(), *([""] if line.endswith(" ") else [])]
    code = 'source ./script; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _initlint; for one in "${COMPREPLY[@]}"; do echo "$one"; done'
    found = shell("bash", "--norc", "-c", code, "bash", *words).splitlines()
    assert sorted(word for word in found if len(words) > 2 or not word.startswith("-")) == wanted


@pytest.mark.parametrize("script", ["fish"], indirect=True)
@pytest.mark.parametrize(("line", "wanted"), CASES, ids=[line for line, _ in CASES])
def test_fish_completes(script: Path, line: str, wanted: list[str]) -> None:
    """As bash does."""
    found = shell("fish", "--no-config", "-c", f"source ./script; complete -C '{line}'").splitlines()
    assert sorted(word.partition("\t")[0].rstrip("/") for word in found if "__" not in word) == wanted


@pytest.mark.parametrize("script", ["zsh"], indirect=True)
def test_zsh_accepts_its_script(script: Path) -> None:
    """It parses, and defines what completes."""
    code = "autoload -Uz compinit; compinit -u -d dump; source ./script; print ${_comps[initlint]}; whence -w _initlint"
    assert shell("zsh", "-f", "-c", code) == "_initlint\n_initlint: function\n"


@pytest.mark.parametrize("script", ["bash", "fish", "zsh"], indirect=True)
def test_every_option_and_rule_is_in_every_script(script: Path) -> None:
    """They are made from the parser, so none is forgotten."""
    text = script.read_text()
    assert all(rule.code in text and rule.name in text for rule in all_rules())
    for command in commands():
        assert command.name in text
        assert all(name.lstrip("-") in text for option in command.options for name in option.names)
    assert {option for command in commands() for one in command.options for option in one.names} >= {"--select", "--apply", "--help"}
