"""``initlint verify`` from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from initlint.cli import main

NET = """
from torch import nn


class Net(nn.Module):
    def __init__(self, width=64):
        super().__init__()
        self.fc = nn.Linear(width, width)
        nn.init.zeros_(self.fc.bias)
        print("noise")
"""
FAST = ("--no-forward", "--seeds", "1")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "net.py").write_text(NET, encoding="utf-8")
    (tmp_path / "pyproject.toml").touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "no target: name one, as net.py:Net, or list some under [tool.initlint.verify] in pyproject.toml"),
        (("net.py:Net", "--seeds", "0"), "the model has to be built at least once"),
        (("net.py:Net", "--timeout", "0"), "give a number of seconds above 0"),
        (("net.py:Net", "--memory-limit", "some"), "write a size such as 8G"),
        (("net.py:Net", "--expect", "fc.weight"), "write GLOB=LAW"),
        (("net.py:Net", "--select", "INI8x"), "no rule matches 'INI8x'"),
    ],
)
def test_what_cannot_be_asked_is_told(folder: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], message: str) -> None:
    assert main(["verify", *arguments]) == 2
    captured = capsys.readouterr()
    assert message in captured.err and captured.err.count("\n") == 1 and not captured.out


def test_without_torch_it_says_what_to_install(folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert main(["verify", "net.py:Net"]) == 2
    assert "needs torch: pip install 'initlint[verify]'" in capsys.readouterr().err


def test_one_bad_target_leaves_the_others(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("torch")
    assert main(["verify", "net.py:Missing", "net.py:Net", *FAST, "--format", "json"]) == 2
    results = json.loads(capsys.readouterr().out)["results"]
    assert [result["status"] for result in results] == ["error", "passed"]
    assert [row["verdict"] for row in results[1]["parameters"]] == ["ok", "ok"]


def test_a_broken_expectation_fails_the_run(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("torch")
    (folder / "pyproject.toml").write_text("[tool.initlint.verify]\ntargets = ['net.py:Net']\nexpect = { '*.bias' = 'zeros' }\n", encoding="utf-8")
    assert main(["verify", *FAST]) == 0
    assert main(["verify", *FAST, "--expect", "fc.weight=normal(std=0.02)"]) == 1
    assert main(["verify", *FAST, "--expect", "fc.weight=normal(std=0.02)", "--exit-zero"]) == 0
    out = capsys.readouterr().out
    assert "net.py:8:19: INI805 `fc.weight`: `fc.weight` demands normal(std=0.02)" in out and "noise" not in out.splitlines()


def test_help_says_that_code_is_run(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["verify", "--help"])
    assert "This runs the code of the targets." in " ".join(capsys.readouterr().out.split())
