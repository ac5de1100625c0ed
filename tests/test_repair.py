"""Fixes compose: to a fixed point, across files, and never to something worse."""

from __future__ import annotations

import io
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from initlint import engine
from initlint.cli import main
from initlint.engine import CheckResult
from initlint.findings import Edit, Finding, Fix, Safety, Severity, Site
from initlint.fixing import repair
from initlint.text.edits import LineIndex, SourceError, apply_edits

NET = """\
import torch.nn as nn


class Net(nn.Module):
    def __init__(self, width=256):
        super().__init__()
        self.hidden = nn.ModuleList(nn.Linear(width, width) for _ in range(8))
        self.head = nn.Linear(width, 10)
        for layer in self.hidden:
            nn.init.xavier_uniform_(layer.weight)

    def forward(self, x):
        for layer in self.hidden:
            x = layer(x).relu()
        return self.head(x)
"""
FIXED = NET.replace("xavier_uniform_(layer.weight)", 'kaiming_uniform_(layer.weight, nonlinearity="relu")')


def change(text: str, old: str, new: str, code: str = "INI101", safety: Safety = Safety.SAFE) -> Finding:
    """A finding that replaces ``old`` by ``new``."""
    start = text.index(old)
    site = LineIndex(text).site("x.py", start, start + len(old))
    fix = Fix(message=f"{old} to {new}", safety=safety, edits=(Edit(new, site),))
    return Finding(code=code, rule="r", message="m", site=site, severity=Severity.WARNING, fix=fix)


class Words:
    """Stands in for the analysis: words that are wrong, what each should be, and pairs that are wrong together."""

    def __init__(self, **mended: str) -> None:
        self.mended = mended
        self.clash: tuple[str, str] | None = None
        self.safety: dict[str, Safety] = {}

    def look(self, text: str) -> CheckResult:
        """What is found in ``text``."""
        found = [change(text, word, new, safety=self.safety.get(word, Safety.SAFE)) for word, new in self.mended.items() if word in text]
        if self.clash and all(word in text for word in self.clash):
            found.append(Finding(code="INI402", rule="r", message="m", site=Site("x.py", 1, 1, 1, 1), severity=Severity.WARNING))
        return CheckResult(found, 1, {"x.py": text})

    def recheck(self, result: CheckResult, path: str, text: str) -> CheckResult:
        """What is found after an edit."""
        return self.look(text)

    def fix(self, monkeypatch: pytest.MonkeyPatch, text: str, *, unsafe: bool = True) -> repair.FileChange:
        """What becomes of ``text``."""
        monkeypatch.setattr(engine, "recheck", self.recheck)
        (only,) = repair.fix(self.look(text), unsafe=unsafe)
        return only


def test_fixes_that_overlap_land_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the same run, where the second is still wanted."""
    done = Words(**{"a b": "a c", "b": "d"}).fix(monkeypatch, "a b, b\n")
    assert done.after == "a c, d\n"
    assert len(done.applied) == 2


def test_what_does_harm_together_does_not_land_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first lands, the other is told with the reason."""
    words = Words(a="x", b="y", c="z")
    words.clash = ("x", "y")
    done = words.fix(monkeypatch, "a b c\n")
    assert done.after == "x b z\n"
    assert [finding.fix.message for finding in done.applied if finding.fix] == ["a to x", "c to z"]
    assert [(finding.fix.message, why) for finding, why in done.refused if finding.fix] == [("b to y", "it would bring INI402")]
    assert len(done.left) == 1


def test_unsafe_fixes_wait_to_be_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are left, and not called refused."""
    words = Words(a="x", b="y")
    words.safety["b"] = Safety.UNSAFE
    done = words.fix(monkeypatch, "a b\n", unsafe=False)
    assert (done.after, done.refused, len(done.left)) == ("x b\n", [], 1)
    assert words.fix(monkeypatch, "a b\n").after == "x y\n"


def test_a_fix_that_brings_another_finding_does_not_land(monkeypatch: pytest.MonkeyPatch) -> None:
    """One of its own kind too, so that fixes which undo each other end."""
    done = Words(a="b", b="a").fix(monkeypatch, "a\n")
    assert (done.after, done.applied, [why for _, why in done.refused]) == ("a\n", [], ["it would bring INI101"])


def test_an_edit_that_cannot_be_stored_does_not_land(monkeypatch: pytest.MonkeyPatch) -> None:
    """The reason is that of the file."""

    def fail(*_: object) -> CheckResult:
        raise SourceError("cannot be written as ascii: no such character")

    words = Words(a="x")
    monkeypatch.setattr(words, "recheck", fail)
    done = words.fix(monkeypatch, "a\n")
    assert (done.after, done.applied) == ("a\n", [])
    assert [why for _, why in done.refused] == ["the file cannot be written as ascii: no such character"]


def test_settings_hold_for_what_comes_up_on_the_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """A rule that is off stays off."""
    words = Words(one="two", two="three")
    monkeypatch.setattr(engine, "recheck", words.recheck)

    def refine(result: CheckResult) -> None:
        result.findings = [finding for finding in result.findings if finding.fix and finding.fix.message != "two to three"]

    (done,) = repair.fix(words.look("one\n"), refine=refine)
    assert (done.after, done.left) == ("two\n", [])


def test_a_second_look_is_what_a_first_would_be(tmp_path: Path) -> None:
    """Of a text that is not on disk; the file is not read, and what it imports is."""
    (tmp_path / "parts.py").write_text(NET.replace("Net", "Part"))
    path = tmp_path / "net.py"
    text = f"from parts import Part\n{NET}"
    path.write_text(text)
    result = engine.check([str(path)])
    assert [finding.code for finding in engine.recheck(result, str(path), text).findings] == [finding.code for finding in result.findings]
    mended = apply_edits(text, [edit for finding in result.findings if finding.fix for edit in finding.fix.edits])
    assert engine.recheck(result, str(path), mended).findings == []
    assert [finding.code for finding in engine.recheck(replace(result, analysis=None), str(path), "def f(:").findings] == ["INI901"]
    assert path.read_text() == text


def test_a_fix_in_one_file_can_call_for_one_in_another(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """All files are looked at again after something was written, so a second run has nothing to do."""
    (tmp_path / "a.py").write_text(NET)
    (tmp_path / "b.py").write_text(f"from a import Net\n{NET.replace('Net', 'Other')}")
    assert main(["fix", "--apply", str(tmp_path)]) == 0
    assert "Fixed 2 findings in 2 files.\n" in capsys.readouterr().out
    assert main(["fix", "--apply", str(tmp_path)]) == 0
    assert capsys.readouterr().out == "Nothing to fix.\n"


@pytest.fixture
def piped(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty current folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def pipe(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    """Standard input that holds ``data``."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


@pytest.mark.parametrize(
    ("encode", "name"),
    [
        (str.encode, "utf-8"),
        (lambda text: b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode(), "bom and crlf"),
        (lambda text: "# coding: latin-1\n# größe\n".encode("latin-1") + text.encode(), "latin-1"),
    ],
)
def test_standard_input_goes_to_standard_output(
    piped: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes], encode: object, name: str
) -> None:
    """The same bytes but for the edit; what was done is told beside it."""
    assert callable(encode)
    pipe(monkeypatch, encode(NET))
    assert main(["fix", "--apply", "-"]) == 0
    out, err = capfdbinary.readouterr()
    assert out == encode(FIXED)
    assert err.endswith(b"Fixed 1 finding in 1 file.\nInitial values change: a seeded run will draw different numbers.\n")


@pytest.mark.parametrize(("data", "status"), [(b"def f(:\n", 1), (b"\xff\xfe", 1), (b"", 0), (FIXED.encode(), 0)])
def test_standard_input_that_needs_no_fix_or_has_none_comes_back(
    piped: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes], data: bytes, status: int
) -> None:
    """Whatever it is."""
    pipe(monkeypatch, data)
    assert main(["fix", "--apply", "-"]) == status
    assert capfdbinary.readouterr().out == data


def test_standard_input_can_go_to_a_file(piped: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """By --output-file, as everything else."""
    pipe(monkeypatch, NET.encode())
    assert main(["fix", "--apply", "--output-file", "fixed.py", "-"]) == 0
    assert (piped / "fixed.py").read_text() == FIXED
    assert capsys.readouterr().out == ""


def test_standard_input_is_shown_as_a_diff(piped: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """With its name; --diff is what happens without it too."""
    shown = []
    for arguments in (["fix", "-"], ["fix", "--diff", "-"]):
        pipe(monkeypatch, NET.encode())
        assert main([*arguments, "--stdin-filename", "net.py"]) == 1
        shown.append(capsys.readouterr().out)
    assert shown[0] == shown[1]
    assert "--- net.py\n+++ net.py\n" in shown[0]


def test_a_diff_writes_nothing_and_excludes_apply(piped: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One or the other."""
    (piped / "net.py").write_text(NET)
    assert main(["fix", "--diff", "net.py"]) == 1
    assert (piped / "net.py").read_text() == NET
    with pytest.raises(SystemExit):
        main(["fix", "--diff", "--apply", "net.py"])
    assert "not allowed with argument" in capsys.readouterr().err


def test_only_selected_rules_are_fixed(piped: Path) -> None:
    """A rule that is off is no reason to edit."""
    (piped / "net.py").write_text(NET)
    assert main(["fix", "--apply", "--select", "INI2", "net.py"]) == 0
    assert main(["fix", "--apply", "--ignore", "INI101", "net.py"]) == 0
    assert (piped / "net.py").read_text() == NET
    assert main(["fix", "--apply", "--select", "INI101", "net.py"]) == 0
    assert (piped / "net.py").read_text() == FIXED


SHARED = """\
import torch.nn as nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.one = nn.Linear(64, 64)
        self.two = nn.Linear(64, 64)
        self.three = nn.Linear(64, 64)
        self.gate = nn.Linear(64, 10)
        self.apply(self._init_weights)

    def _init_weights(self, m):
        if isinstance(m, nn.Linear):
            nn.init.xavier_uniform_(m.weight)

    def forward(self, x):
        x = self.one(x).relu()
        x = self.two(x).relu()
        x = self.three(x).relu()
        return self.gate(x).softmax(-1)
"""


def test_what_is_left_has_a_reason(piped: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Unsafe, beyond an edit, or without one."""
    (piped / "a.py").write_text(SHARED)
    (piped / "b.py").write_text(NET.replace("xavier_uniform_(layer.weight)", "xavier_uniform_(*[layer.weight])"))
    (piped / "c.py").write_text("def f(:\n")
    assert main(["fix", "--apply"]) == 1
    assert capsys.readouterr().out == (
        "a.py:15:13: INI101 not fixed: the fix is unsafe, --unsafe writes it\n"
        "b.py:10:13: INI101 not fixed: the call unpacks its arguments\n"
        "c.py:1:7: INI901 not fixed: no edit is known\n"
        "Nothing to fix; 3 left.\n"
    )


def test_a_configuration_can_allow_unsafe_fixes(piped: Path) -> None:
    """And the command line can forbid them."""
    (piped / "initlint.toml").write_text("unsafe-fixes = true\n")
    (piped / "a.py").write_text(SHARED)
    assert main(["fix", "--apply", "--no-unsafe"]) == 1
    assert (piped / "a.py").read_text() == SHARED
    assert main(["fix", "--apply"]) == 0
    assert (piped / "a.py").read_text() != SHARED


def test_a_file_that_cannot_be_written_is_named_once(piped: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Its findings are left for that reason, the other file is mended, and the status is 2."""
    (piped / "a.py").write_text(NET)
    (piped / "a.py").chmod(0o444)
    (piped / "b.py").write_text(NET)
    assert main(["fix", "--apply"]) == 2
    out, err = capsys.readouterr()
    assert err == "initlint: a.py: is read-only; left alone\n"
    assert "a.py:10:13: INI101 not fixed: the file is read-only; left alone\n" in out
    assert "Fixed 1 finding in 1 file; 1 left.\n" in out
    assert (piped / "b.py").read_text() == FIXED
