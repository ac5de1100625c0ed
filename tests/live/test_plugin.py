"""The pytest plugin, in a pytest of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

import initlint

pytest.importorskip("torch", reason="torch is not installed: nothing can be built")

PROJECT = """
[tool.initlint.verify]
targets = ["net.py:Good", { target = "net.py:Bad", expect = { "fc.weight" = "zeros" } }]
forward = false
seeds = 1
"""
NET = """
from torch import nn


class Good(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(64, 64)
        nn.init.kaiming_normal_(self.fc.weight, nonlinearity="relu")


class Bad(Good):
    pass
"""
TEST = """
from net import Good


def test_kept(initlint):
    initlint.assert_init(Good, {"fc.weight": "kaiming_normal(nonlinearity='relu')"}, forward=False)


def test_broken(initlint):
    initlint.assert_init(Good, {"fc.weight": "zeros"}, forward=False)
"""


def pytest_in(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(initlint.__file__).parent.parent), str(folder)])}
    installed = any(entry.name == "initlint" for entry in entry_points(group="pytest11"))  # pytest loads it by itself then
    plugin = [] if installed else ["-p", "initlint.pytest_plugin"]
    command = [sys.executable, "-m", "pytest", *plugin, "-p", "no:randomly", "-p", "no:cacheprovider", "-q", *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name, text in {"pyproject.toml": PROJECT, "net.py": NET, "test_net.py": TEST}.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def test_the_fixture_and_the_targets(project: Path) -> None:
    run = pytest_in(project, "--initlint")
    assert "2 failed, 2 passed" in run.stdout and run.returncode == 1
    assert "initlint: net.py:Bad" in run.stdout and "`fc.weight` demands zeros" in run.stdout
    assert "Traceback" not in run.stdout and "test_broken" in run.stdout


def test_without_the_option_nothing_is_added(project: Path) -> None:
    assert "1 failed, 1 passed" in pytest_in(project).stdout


def test_a_mistake_in_the_settings_is_one_line(project: Path) -> None:
    (project / "pyproject.toml").write_text("[tool.initlint.verify]\nseed = 1\n", encoding="utf-8")
    run = pytest_in(project, "--initlint")
    assert run.returncode == 4 and "unknown key 'seed', did you mean 'seeds'?" in run.stderr
