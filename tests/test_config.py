"""Configuration files: what they may hold, which one is in force, and what the command line changes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from initlint import config
from initlint.cli import main
from initlint.config import Config, ConfigError
from initlint.findings import Finding, Severity, Site
from initlint.projects import Projects
from initlint.rules import Selection

FAULT = """\
import torch.nn as nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(64, 64) for _ in range(6))
        for layer in self.layers:
            nn.init.xavier_uniform_(layer.weight)

    def forward(self, x):
        for layer in self.layers:
            x = layer(x).relu()
        return x
"""


def write(path: Path, text: str) -> Path:
    """A file with its folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with one faulty file."""
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "net.py", FAULT)
    return tmp_path


def settings(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    """What ``--show-settings`` says about the run as a whole."""
    capsys.readouterr()
    assert main(["check", "--show-settings", "--format", "json", *arguments]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)[0]
    return found


def test_every_key_is_read(tmp_path: Path) -> None:
    """Paths become those below the folder of the file."""
    file = write(
        tmp_path / "initlint.toml",
        """\
select = ["INI1", "zero-weight"]
extend-select = ["INI4"]
ignore = ["INI401"]
extend-ignore = ["INI904"]
exclude = ["old/"]
extend-exclude = ["*_pb2.py"]
respect-gitignore = false
force-exclude = true
search-path = ["src"]
baseline = "known.json"
fail-on = "error"
format = "json"
unsafe-fixes = true

[per-file-ignores]
"tests/**" = ["ALL"]

[severity]
INI1 = "error"

[verify]
anything = 1
""",
    )
    assert config.load(file, formats=["text", "json"]) == Config(
        source=file,
        folder=tmp_path,
        selection=Selection(select=("INI1", "zero-weight"), extend=("INI4",), ignore=("INI401", "INI904")),
        per_file_ignores=(("tests/**", ("ALL",)),),
        severity=(("INI1", Severity.ERROR),),
        exclude=("old/",),
        extend_exclude=("*_pb2.py",),
        respect_gitignore=False,
        force_exclude=True,
        search_path=(str(tmp_path / "src"),),
        baseline=str(tmp_path / "known.json"),
        fail_on="error",
        format="json",
        unsafe_fixes=True,
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("selct = []", "unknown key 'selct', did you mean 'select'?"),
        ("per_file_ignores = {}", "unknown key 'per_file_ignores', did you mean 'per-file-ignores'?"),
        ("zzz = 1", "unknown key 'zzz'"),
        ("select = 'INI1'", "select: is a string, expected a list of strings"),
        ("select = [1]", "select: holds a number, expected strings only"),
        ("ignore = ['']", "ignore: holds an empty string"),
        ("select = ['zero-wieght']", "select: no rule matches 'zero-wieght', did you mean 'zero-weight'?"),
        ("per-file-ignores = ['a.py']", "per-file-ignores: is a list, expected a table of patterns with lists of rules"),
        ("per-file-ignores = { 'a.py' = 'INI1' }", "per-file-ignores: 'a.py': is a string, expected a list of strings"),
        ("per-file-ignores = { 'a.py' = ['zero-wieght'] }", "per-file-ignores: 'a.py': no rule matches 'zero-wieght', did you mean 'zero-weight'?"),
        ("per-file-ignores = { '!' = ['INI1'] }", "per-file-ignores: '!' is not a pattern"),
        ("exclude = ['[z-a]']", "exclude: '[z-a]' is not a pattern"),
        ("severity = { INI1 = 'warn' }", "severity: 'INI1': 'warn' is none of note, warning, error"),
        ("severity = { INI9999 = 'note' }", "severity: no rule matches 'INI9999'"),
        ("fail-on = 'eror'", "fail-on: 'eror' is none of note, warning, error, never, did you mean 'error'?"),
        ("format = 'xml'", "format: 'xml' is none of text, "),
        ("force-exclude = 1", "force-exclude: is a number, expected true or false"),
        ("respect-gitignore = 1979-05-27", "respect-gitignore: is a date, expected true or false"),
        ("search-path = 'src'", "search-path: is a string, expected a list of strings"),
        ("baseline = ['a']", "baseline: is a list, expected a string"),
        ("select = [", "is not valid TOML: "),
        (f"select = {'[' * 3000}", "nests too deeply"),
        (f"select = {'[' * 3000}{']' * 3000}", "nests too deeply"),
    ],
)
def test_what_is_wrong_is_one_line_with_file_and_key(folder: Path, capsys: pytest.CaptureFixture[str], text: str, message: str) -> None:
    """Exit status 2, and what was probably meant."""
    file = write(folder / "initlint.toml", text)
    assert main(["check"]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"initlint: {file}: {message}")
    assert error.count("\n") == 1


def test_other_trouble_with_a_file_is_told(tmp_path: Path) -> None:
    """Not UTF-8, a table that is none, a file that is not there."""
    file = tmp_path / "pyproject.toml"
    file.write_bytes(b"[tool.initlint]\n# \xe9\n")
    with pytest.raises(ConfigError, match="is not UTF-8"):
        config.load(file)
    with pytest.raises(ConfigError, match=r"tool.initlint: is a number, expected a table"):
        config.load(write(file, "[tool]\ninitlint = 1\n"))
    with pytest.raises(ConfigError, match=r"has no table \[tool.initlint\]"):
        config.load(write(file, "[tool.ruff]\n"))
    with pytest.raises(ConfigError, match=r"gone.toml: cannot be read: No such file or directory"):
        config.load(tmp_path / "gone.toml")


def test_the_nearest_file_is_in_force(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each file has the settings of the closest folder around it; what says nothing about initlint is passed over."""
    write(folder / "pyproject.toml", '[tool.initlint]\nignore = ["INI101"]\n')
    write(folder / "inner" / "deep" / "net.py", FAULT)
    write(folder / "inner" / "deep" / "pyproject.toml", "[project]\nbroken =\n")
    write(folder / "inner" / "pyproject.toml", '[tool.initlint]\nseverity = { INI101 = "error" }\n')
    write(folder / "other" / "pyproject.toml", '[tool.other]\ncomment = "initlint"\n')
    write(folder / "other" / "net.py", FAULT)
    assert main(["check", "--format", "json", "--fail-on", "error"]) == 1
    rows = json.loads(capsys.readouterr().out)
    assert [(row["filename"], row["severity"]) for row in rows] == [("inner/deep/net.py", "error")]


def test_initlint_toml_comes_before_pyproject_toml(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In the same folder."""
    write(folder / "pyproject.toml", "[tool.initlint]\nselect = ['INI2']\n")
    write(folder / "initlint.toml", "select = ['INI4']\n")
    assert {code[:4] for code in settings(capsys)["settings"]["select"]} == {"INI4", "INI9"}


def test_one_file_can_be_given_or_none_read(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Patterns of a file that is given are relative to the current folder."""
    write(folder / "pyproject.toml", "[tool.initlint]\nignore = ['INI1']\n")
    write(folder / "elsewhere" / "some.toml", "per-file-ignores = { 'sub/*.py' = ['INI101'] }\nsearch-path = ['src']\n")
    write(folder / "sub" / "net.py", FAULT)
    assert main(["check"]) == 0
    assert main(["check", "--isolated"]) == 1
    capsys.readouterr()
    main(["check", "--config", "elsewhere/some.toml", "--format", "json"])
    assert [row["filename"] for row in json.loads(capsys.readouterr().out)] == ["net.py"]
    found = settings(capsys, "--config", "elsewhere/some.toml")
    assert (found["file"], found["settings"]["search-path"]) == ("elsewhere/some.toml", [str(folder / "src")])


def test_the_command_line_has_the_last_word(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Over every key that both can say."""
    write(
        folder / "initlint.toml",
        "select = ['INI1']\nignore = ['INI201']\nexclude = ['a']\nextend-exclude = ['b']\nfail-on = 'never'\nbaseline = 'x.json'\nforce-exclude = true\n",
    )
    write(folder / "y.json", '{"schema_version": 1, "findings": []}')
    arguments = ["--select", "INI201", "--exclude", "c,d", "--extend-exclude", "e", "--fail-on", "note", "--baseline", "y.json", "--no-force-exclude"]
    found = settings(capsys, *arguments, "--no-respect-gitignore", "--search-path", "src")["settings"]
    assert [code for code in found["select"] if code < "INI9"] == ["INI201"]
    assert found["exclude"] == ["c", "d", "b", "e"]
    assert (found["fail-on"], found["baseline"], found["force-exclude"], found["respect-gitignore"]) == ("note", "y.json", False, False)
    assert found["search-path"] == ["src"]


def test_what_is_relative_to_the_file_holds_from_everywhere(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same findings from a folder below and from one beside."""
    write(folder / "initlint.toml", "per-file-ignores = { 'sub/net.py' = ['INI101'] }\n")
    write(folder / "sub" / "net.py", FAULT)
    assert main(["check", "sub"]) == 0
    monkeypatch.chdir(folder / "sub")
    assert main(["check"]) == 0
    assert main(["check", "net.py"]) == 0
    assert main(["check", ".."]) == 1


def finding(code: str, path: str = "net.py") -> Finding:
    """Some finding."""
    return Finding(code=code, rule="r", message="m", site=Site(path, 1, 1, 1, 2), severity=Severity.WARNING)


def test_severities_are_those_of_the_most_specific_entry(folder: Path) -> None:
    """Whatever their order."""
    write(folder / "initlint.toml", "severity = { INI101 = 'note', ALL = 'error', INI4 = 'note' }\n")
    found = Projects(Config(folder=folder)).at(str(folder))
    judged = [found.judge(finding(code)) for code in ("INI101", "INI201", "INI402")]
    assert [one.severity.value for one in judged if one] == ["note", "error", "note"]


@pytest.mark.parametrize(
    ("pattern", "matched", "spared"),
    [
        ("tests/**", ["tests/a.py", "tests/deep/a.py"], ["src/tests/a.py", "a.py"]),
        ("tests/", ["tests/a.py", "src/tests/a.py"], ["tests.py"]),
        ("*_old.py", ["net_old.py", "deep/er/net_old.py"], ["net.py"]),
        ("__init__.py", ["__init__.py", "a/__init__.py"], ["a/init.py"]),
        ("/net.py", ["net.py"], ["a/net.py"]),
        ("!src/", ["net.py", "a/net.py"], ["src/net.py", "src/deep/net.py"]),
    ],
)
def test_patterns_are_those_of_a_gitignore(folder: Path, pattern: str, matched: list[str], spared: list[str]) -> None:
    """Relative to the folder of the file that holds them."""
    write(folder / "initlint.toml", f"per-file-ignores = {{ '{pattern}' = ['INI101'] }}\n")
    found = Projects(Config(folder=folder)).at(str(folder))
    assert [path for path in matched + spared if found.judge(finding("INI101", path))] == spared


def test_what_concerns_the_run_comes_from_the_folder_around_all_paths(folder: Path) -> None:
    """Not from one of several folders that are checked."""
    write(folder / "initlint.toml", "fail-on = 'never'\n")
    write(folder / "sub" / "initlint.toml", "fail-on = 'note'\n")
    write(folder / "sub" / "net.py", FAULT)
    assert main(["check", "sub"]) == main(["check", "sub/net.py"]) == 1
    assert main(["check", "sub", "net.py"]) == 0
    assert main(["check"]) == 0


def test_standard_input_has_the_settings_of_its_name(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """An editor hands over text with the name of its file."""
    write(folder / "sub" / "initlint.toml", "ignore = ['INI101']\n")
    for name, status in (("sub/net.py", 0), ("net.py", 1)):
        with (folder / "net.py").open() as stream:
            monkeypatch.setattr("sys.stdin", stream)
            assert main(["check", "-", "--stdin-filename", name]) == status


def test_show_looks_where_the_configuration_says(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The search path holds for targets too."""
    write(folder / "lib" / "parts.py", "import torch.nn as nn\n\n\nclass Part(nn.Linear):\n    pass\n")
    write(
        folder / "app" / "net.py",
        "import torch.nn as nn\nfrom parts import Part\n\n\nclass Net(nn.Sequential):\n    def __init__(self):\n        super().__init__(Part(2, 3))\n",
    )
    write(folder / "app" / "initlint.toml", "search-path = ['../lib']\n")
    assert main(["show", "app/net.py:Net"]) == 0
    assert "0.weight" in capsys.readouterr().out
    write(folder / "app" / "initlint.toml", "search-path = 3\n")
    assert main(["show", "app/net.py:Net"]) == 2
    assert "search-path: is a number" in capsys.readouterr().err


def test_settings_are_shown_as_a_file_could_say_them(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """For people; what it prints is read back as the same settings."""
    write(folder / "initlint.toml", "ignore = ['INI4']\nsearch-path = ['src']\nper-file-ignores = { 'a*' = ['INI1'] }\nseverity = { INI101 = 'note' }\n")
    before = settings(capsys)["settings"]
    assert main(["check", "--show-settings"]) == 0
    text = capsys.readouterr().out
    assert text.startswith("# initlint.toml: 1 file\nselect = [")
    write(folder / "initlint.toml", text)
    assert settings(capsys)["settings"] == before
