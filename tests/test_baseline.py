"""The baseline: known findings stay known when lines move, new ones show, and what is gone is named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from initlint.cli import main

HEAD = "import torch.nn as nn\n"
NET = """

class {name}(nn.Module):
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


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder: one faulty file, and a baseline that knows it in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.py").write_text(HEAD + NET.format(name="One"))
    (tmp_path / "etc").mkdir()
    assert main(["check", "--write-baseline", "etc/known.json"]) == 0
    return tmp_path


def found(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, list[int], str]:
    """Exit status, the lines of what is new, and standard error."""
    capsys.readouterr()
    status = main(["check", "--baseline", "etc/known.json", "--format", "json", *arguments])
    out, err = capsys.readouterr()
    return status, [row["location"]["row"] for row in json.loads(out)], err


def test_the_file_says_what_is_known(folder: Path) -> None:
    """Paths are relative to its own folder; it reads well in a review."""
    assert json.loads((folder / "etc" / "known.json").read_text()) == {
        "schema_version": 1,
        "findings": [{"path": "../net.py", "code": "INI101", "line": "nn.init.xavier_uniform_(layer.weight)", "count": 1}],
    }


def test_what_is_known_is_left_out_and_counted(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The summary says how much."""
    capsys.readouterr()
    assert main(["check", "--baseline", "etc/known.json"]) == 0
    assert capsys.readouterr() == ("No findings in 1 file.\n1 finding in the baseline left out.\n", "")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("import torch.nn as nn\n", '"""A\n\nlong\ndocstring."""\n\nimport torch.nn as nn\n'),
        ("            nn.init", "            pass\n            nn.init"),
        ("    ", "  "),
        ("    ", "\t"),
        ("\n", "\r\n"),
    ],
)
def test_lines_may_move_and_be_indented_anew(folder: Path, capsys: pytest.CaptureFixture[str], old: str, new: str) -> None:
    """Only the text of the line counts."""
    path = folder / "net.py"
    path.write_bytes(path.read_text().replace(old, new).encode())
    assert found(capsys) == (0, [], "")


def test_it_holds_from_every_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Paths in it do not depend on where the command runs."""
    monkeypatch.chdir(folder / "etc")
    assert main(["check", "--baseline", "known.json", ".."]) == 0
    assert main(["check", "--baseline", str(folder / "etc" / "known.json"), str(folder / "net.py")]) == 0


def test_one_more_of_the_same_is_new(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As many as were known are; the next one is not."""
    (folder / "net.py").write_text(HEAD + NET.format(name="One") + NET.format(name="Two"))
    status, lines, error = found(capsys)
    assert (status, len(lines), error) == (1, 1, "")
    assert main(["check", "--write-baseline", "etc/known.json"]) == 0
    assert json.loads((folder / "etc" / "known.json").read_text())["findings"][0]["count"] == 2
    assert found(capsys) == (0, [], "")


def test_what_is_gone_is_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Once per entry, without a change of the exit status; not where the rule or the file was not looked at."""
    path = folder / "net.py"
    path.write_text(path.read_text().replace("xavier", "kaiming"))
    (folder / "other.py").touch()
    line = "initlint: etc/known.json: stale: ../net.py: INI101 on `nn.init.xavier_uniform_(layer.weight)`\n"
    hint = "initlint: etc/known.json: what is stale goes with `initlint check --write-baseline etc/known.json`\n"
    assert found(capsys) == (0, [], line + hint)
    assert found(capsys, "--select", "INI2") == (0, [], "")
    assert found(capsys, "other.py") == (0, [], "")
    path.unlink()
    assert found(capsys, "other.py") == (0, [], line + hint)


def test_what_is_gone_is_named_once_by_a_run_that_looks_twice(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """``fix --apply`` looks again after it has written."""
    path = folder / "net.py"
    path.write_text(path.read_text().replace("layer.weight", "layer.weight, 1.0"))
    capsys.readouterr()
    assert main(["fix", "--apply", "--baseline", "etc/known.json"]) == 0
    out, err = capsys.readouterr()
    assert "Fixed 1 finding" in out
    assert err.count("stale: ../net.py") == 1


def test_many_stale_entries_are_cut_short(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Ten are named."""
    rows = [{"path": f"gone{number:02}.py", "code": "INI101", "line": "x", "count": 1} for number in range(14)]
    (folder / "etc" / "known.json").write_text(json.dumps({"schema_version": 1, "findings": rows}))
    error = found(capsys)[2].splitlines()
    assert (len(error), error[9][:50]) == (11, "initlint: etc/known.json: stale: gone09.py: INI101")
    assert error[10].startswith("initlint: etc/known.json: 4 more stale entries; ")


def test_a_configuration_can_name_it_and_fix_heeds_it(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is known is not repaired behind the author's back."""
    (folder / "initlint.toml").write_text('baseline = "etc/known.json"\n')
    before = (folder / "net.py").read_text()
    assert main(["check"]) == main(["fix", "--apply"]) == 0
    assert (folder / "net.py").read_text() == before
    assert main(["check", "--isolated"]) == 1


def test_what_cannot_be_silenced_cannot_be_known(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file that is not Python stays an error."""
    (folder / "broken.py").write_text("def f(:\n")
    assert main(["check", "--write-baseline", "etc/known.json"]) == 1
    assert capsys.readouterr().out.endswith("Wrote 1 finding to etc/known.json.\n")
    assert found(capsys)[:2] == (1, [1])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is not a baseline: "),
        (b"[]", "is not a baseline: Expected `object`, got `array`"),
        (b"\xff", "is not a baseline: "),
        (b'{"schema_version": 2, "findings": []}', "has schema version 2, this initlint reads 1"),
        (b'{"schema_version": 1}', "is not a baseline: Object missing required field `findings`"),
        (b'{"schema_version": 1, "findings": [{"path": 3}]}', "is not a baseline: Expected `str`, got `int` - at `$.findings[0].path`"),
        (b'{"schema_version": 1, "findings": [{"path": "a", "code": "b", "line": "c", "count": 0}]}', "is not a baseline: Expected `int` >= 1"),
        (b'{"schema_version": 1, "findings": [], "more": 1}', "is not a baseline: Object contains unknown field `more`"),
    ],
)
def test_what_is_no_baseline_says_so(folder: Path, capsys: pytest.CaptureFixture[str], content: bytes, message: str) -> None:
    """With the place inside of it; exit status 2."""
    (folder / "etc" / "known.json").write_bytes(content)
    assert main(["check", "--baseline", "etc/known.json"]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"initlint: etc/known.json: {message}")
    assert error.count("\n") == 1


def test_a_baseline_that_cannot_be_written_is_one_line(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Its folder is not made."""
    assert main(["check", "--write-baseline", "no/such/known.json"]) == 2
    assert capsys.readouterr().err == "initlint: cannot write no/such/known.json: cannot be replaced, its folder takes no new file: No such file or directory\n"
