"""Code that is read is never run, and what it is called or says reaches nothing but the report."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

import initlint
from initlint import engine
from initlint.cli import formats, main
from initlint.paths import lookup
from initlint.report import FORMATS
from initlint.report.paint import coloured, plain

PLANT = """
import os, pathlib
def fire(name):
    pathlib.Path(os.environ["FIRED"], name).touch()
    return lambda value: value
"""
NET = """
import torch.nn as nn
from plant import fire
import chain

fire("module")
text = f"{fire('f-string')}"
values = [fire("comprehension") for _ in range(1)]
assert fire("assertion")
try:
    raise ValueError
except ValueError:
    fire("handler")

class Meta(type):
    fire("class body")
    def __new__(mcs, *args, **kwargs):
        fire("metaclass")
        return super().__new__(mcs, *args)
    def __prepare__(name, bases, **kwargs):
        fire("prepare")
        return {}

class Base(metaclass=Meta):
    def __init_subclass__(cls, **kwargs):
        fire("init_subclass")
    def __class_getitem__(cls, item):
        fire("class_getitem")
        return cls

class Descriptor:
    def __set_name__(self, owner, name):
        fire("set_name")

@fire("class decorator")
class Plain(Base[int], option=fire("class keyword")):
    field = Descriptor()

class Net(nn.Module):
    @fire("decorator")
    def __init__(self, width=fire("default") and 64, *, depth: fire("annotation") = 1):
        super().__init__()
        self.fc1 = nn.Linear(64, 64)
        self.fc2 = nn.Linear(64, 10)
        nn.init.xavier_uniform_(self.fc1.weight)

    def forward(self, x):
        return self.fc2(self.fc1(x).relu())
"""
FIRED = {
    *("module", "f-string", "comprehension", "assertion", "handler", "class body", "metaclass", "prepare", "init_subclass", "class_getitem", "set_name"),
    *("class decorator", "class keyword", "decorator", "default", "annotation", "package", "star", "getattr", "pickle"),
}
CHAIN = """
import pickle
from package import *
from package import anything
pickle.loads(b"cplant\\nfire\\n(Vpickle\\ntR.")
"""
PACKAGE = """
from plant import fire
fire("package")
class Names(list):
    def __iter__(self):
        fire("star")
        return iter([])
__all__ = Names()
def __getattr__(name):
    fire("getattr")
"""
ELSEWHERE = "import plant\nplant.fire({!r})\n"
BACKEND = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
[tool.initlint]
select = ["ALL"]
search-path = ["."]
"""
NOTEBOOK = {"cells": [{"cell_type": "code", "source": ["!touch $FIRED/shell\n", "%run plant.py\n", NET]}], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
IMPORTED = """
import sys, types
sys.path.insert(0, ".")
import torch
sys.modules["torch.nn"] = types.SimpleNamespace(Module=object)
import net
"""
STARTER = "import sys\nfrom initlint.cli import main\nsys.exit(main(sys.argv[1:]))\n"


@pytest.fixture
def trap(tmp_path: Path) -> Path:
    """A project in which whatever is run leaves a file in the folder ``fired``."""
    project = tmp_path / "project"
    (project / "package").mkdir(parents=True)
    (project / "plant.py").write_text(PLANT)
    (project / "net.py").write_text(NET)
    (project / "chain.py").write_text(CHAIN)
    (project / "package" / "__init__.py").write_text(PACKAGE)
    (project / "pyproject.toml").write_text(BACKEND)
    (project / "net.ipynb").write_text(json.dumps(NOTEBOOK))
    (project / "trap.pth").write_text("import plant; plant.fire('pth')\n")
    (project / "weights.pth").write_bytes(b"cplant\nfire\n(Vweights\ntR.")
    for name in ("conftest", "setup", "backend", "sitecustomize", "usercustomize", "json", "rich", "torch", "libcst", "msgspec", "encodings", "__main__"):
        (project / f"{name}.py").write_text(ELSEWHERE.format(name))
    (tmp_path / "fired").mkdir()
    (tmp_path / "start.py").write_text(STARTER)
    return tmp_path


def started(trap: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A program run inside the project."""
    environment = {**os.environ, "FIRED": str(trap / "fired"), "PYTHONPATH": str(Path(initlint.__file__).parent.parent), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run([sys.executable, *arguments], env=environment, capture_output=True, text=True, cwd=trap / "project", check=False)


def test_the_traps_work(trap: Path) -> None:
    """Each goes off where the project is run."""
    (trap / "project" / "torch.py").write_text("class nn:\n    class Module:\n        pass\n    init = None\n")
    code = (
        "import sys, types; sys.path.insert(0, '.'); import torch; m = types.ModuleType('torch.nn'); m.Module = object; sys.modules['torch.nn'] = m; import net"
    )
    done = started(trap, "-c", code)
    assert {path.name for path in (trap / "fired").iterdir()} == FIRED, done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["check", "--no-cache", "--jobs", "1", "."],
        ["check", "--jobs", "2", "."],
        ["check", "--format", "sarif", "net.py", "net.ipynb"],
        ["fix", "--apply", "--unsafe", "."],
        ["show", "net.py:Net(width=8)"],
        ["show", "net:Net"],
        ["report", "net.py:Net"],
    ],
    ids=" ".join,
)
def test_nothing_that_is_read_is_run(trap: Path, arguments: list[str]) -> None:
    """Neither on import nor in any other way; not even as a module of the same name as one that this tool needs."""
    done = started(trap, str(trap / "start.py"), *arguments)
    assert done.returncode in (0, 1), done.stderr
    assert done.stdout
    assert list((trap / "fired").iterdir()) == []


def test_a_module_that_is_run_leaves_the_current_folder_out(trap: Path) -> None:
    """``python -m initlint`` takes nothing that it needs from the code that it reads."""
    done = started(trap, "-m", "initlint", "check", "--no-cache", "--color", "always", "net.py")
    assert done.returncode == 1, done.stderr
    assert list((trap / "fired").iterdir()) == []


def test_no_name_of_a_module_leads_out_of_the_folders_that_are_searched(tmp_path: Path) -> None:
    """Neither an absolute path nor one that climbs."""
    inner = tmp_path / "inner"
    inner.mkdir()
    (tmp_path / "secret.py").write_text("")
    (inner / "near.py").write_text("")
    assert lookup.search("near", [inner]) == str(inner / "near.py")
    for name in ("../secret", "..secret", str(tmp_path / "secret"), "", ".", "near\0"):
        assert lookup.search(name, [inner]) is None


EVIL = "e\x1b[31m\x07\r\n::error file=x::y ]]> \"'<&>\\ \u202e\u2066\u2028\x85{0} [a](b)"
SHOWN = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029]")
"""Characters that a terminal acts upon, or that turn what stands around them."""
NAMED = """
import torch.nn as nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleDict({{{name!r}: nn.Linear(64, 64)}})
        self.fc2 = nn.Linear(64, 10)
        nn.init.xavier_uniform_(self.layers[{name!r}].weight)

    def forward(self, x):
        return self.fc2(self.layers[{name!r}](x).relu())

def reset(weight):
    nn.init.xavier_unifrom_(weight)  # {comment}
"""


@pytest.fixture
def named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> engine.CheckResult:
    """Findings whose paths, parameters and lines are made to be misread."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "::warning file=a,line=1::]]>\x1b]0;title\x07\n\u202e"
    folder.mkdir()
    (folder / "n'e\"t&<>.py").write_text(NAMED.format(name=EVIL, comment="\x1b[2J ]]> \u202e \x0b"), encoding="utf-8")
    (tmp_path / "::stop-commands::x.py").write_text(NAMED.format(name="a", comment=""))
    result = engine.check(["."])
    assert {finding.code for finding in result.findings} >= {"INI101", "INI602"}
    assert any(finding.parameter and "\x1b" in finding.parameter for finding in result.findings)
    return result


@pytest.mark.parametrize("name", FORMATS)
def test_no_name_reaches_a_terminal_or_breaks_a_format(named: engine.CheckResult, name: str) -> None:
    """One line stays one line, a document a document, and no command for another program begins."""
    text = formats.render(named, name, plain)
    assert not SHOWN.search(text)
    if name in ("json", "sarif", "gitlab", "rdjson"):
        assert text.isascii()
        assert json.loads(text)
    if name == "junit":
        assert len(ElementTree.fromstring(text).findall(".//testcase")) == len(named.findings)
    lines = text.splitlines()
    commands = [line for line in lines if line.lstrip().startswith(("::", "##"))]
    assert len(commands) == (len(named.findings) if name == "github" else 0)
    if name == "concise":
        assert len([line for line in lines if ": INI" in line]) == len(named.findings)


def test_colour_adds_its_own_codes_and_no_others(named: engine.CheckResult) -> None:
    """What is painted is made harmless first."""
    text = re.sub(r"\x1b\[[\d;]*m", "", formats.render(named, "text", coloured()))
    assert not SHOWN.search(text)


@pytest.mark.parametrize("arguments", [["check"], ["fix"], ["fix", "--apply", "--unsafe"], ["check", "--show-files"], ["check", "--add-ignores"]], ids=" ".join)
def test_no_command_writes_a_name_as_it_is(named: engine.CheckResult, arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Neither on standard output nor on standard error."""
    main([*arguments, "--no-cache", ".", "missing\x1b[2J"])
    told = capsys.readouterr()
    assert "missing" in told.err
    body = told.out if arguments != ["fix"] else "".join(line for line in told.out.splitlines(True) if not line.startswith(("+", "-", " ", "@")))
    assert not SHOWN.search(body + told.err)


def test_fix_writes_nothing_outside_of_what_was_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A link that leads out is read, and left alone; one that was named is the user's own business, and one within leads to a file of its own."""
    text = NAMED.format(name="a", comment="")
    outside, project = tmp_path / "outside", tmp_path / "project"
    outside.mkdir()
    project.mkdir()
    victim, inner = outside / "victim.py", project / "inner.py"
    victim.write_text(text)
    inner.write_text(text)
    (project / "link.py").symlink_to(victim)
    (project / "dots.py").symlink_to(Path("..", "outside", "victim.py"))
    (project / "also.py").symlink_to(inner)
    (project / "folder").symlink_to(outside)
    for command in (["fix", "--apply", "--unsafe"], ["check", "--add-ignores"]):
        assert main([*command, "--no-cache", str(project)]) == 2
        told = capsys.readouterr()
        assert "is a link to a file outside of what was named; left alone" in told.err
        assert victim.read_text() == text
    assert inner.read_text() != text
    assert sorted(path.name for path in tmp_path.rglob("*")) == sorted(
        ["outside", "project", "victim.py", "inner.py", "link.py", "dots.py", "also.py", "folder"]
    )
    assert main(["fix", "--apply", "--no-cache", str(project / "link.py")]) in (0, 1)
    assert victim.read_text() != text
