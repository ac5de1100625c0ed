"""Fixes from end to end: found, written, proven, labelled, and applied without touching another byte."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from initlint import check
from initlint.cli import main
from initlint.engine import CheckResult
from initlint.findings import Finding, Safety
from initlint.fixing import repair
from initlint.fixing.repair import FileChange
from initlint.text.edits import SourceError, apply_fixes, save

NET = """\
import torch.nn as nn


class Net(nn.Module):
    def __init__(self, width=256):
        super().__init__()
        self.hidden = nn.ModuleList(nn.Linear(width, width) for _ in range(8))
        self.head = nn.Linear(width, 10)
        for layer in self.hidden:
            nn.init.xavier_uniform_(layer.weight)  # "the usual"

    def forward(self, x):
        for layer in self.hidden:
            x = layer(x).relu()
        return self.head(x)
"""
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
NORMS = """\
import torch.nn as nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3)
        self.bn = nn.BatchNorm2d(8)
        self.fc = nn.Linear(8, 10)
        for m in self.modules():
            if isinstance(m, nn.Conv2d):
                nn.init.kaiming_normal_(m.weight, mode="fan_out", nonlinearity="relu")
            elif isinstance(m, nn.Linear):
                nn.init.constant_(m.bias, 0.)

    def forward(self, x):
        return self.fc(self.bn(self.conv(x)).relu().mean((2, 3)))
"""


def changes(path: Path) -> tuple[CheckResult, list[FileChange]]:
    """Check one file, and what its fixes make of it."""
    result = check(path)
    return result, repair.fix(result)


def only(findings: Sequence[Finding], code: str) -> Finding:
    """The one finding with ``code``."""
    (finding,) = (finding for finding in findings if finding.code == code)
    return finding


def test_xavier_before_relu_becomes_kaiming_safely(tmp_path: Path) -> None:
    """Exactly the flagged weights change, so the fix is safe; nothing is left, and the comment stays."""
    path = tmp_path / "net.py"
    path.write_text(NET)
    result, (change,) = changes(path)
    finding = only(result.findings, "INI101")
    assert finding.fix is not None
    assert finding.fix.safety is Safety.SAFE
    assert change.after == NET.replace("xavier_uniform_(layer.weight)", 'kaiming_uniform_(layer.weight, nonlinearity="relu")')
    assert main(["fix", "--apply", str(path)]) == 0
    assert path.read_text() == change.after


def test_fixing_twice_changes_nothing_more(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Converged after one run."""
    path = tmp_path / "net.py"
    path.write_text(NET)
    main(["fix", "--apply", str(path)])
    once = path.read_text()
    capsys.readouterr()
    assert main(["fix", "--apply", str(path)]) == 0
    assert capsys.readouterr().out == "Nothing to fix.\n"
    assert path.read_text() == once


def test_a_routine_shared_with_a_head_is_unsafe(tmp_path: Path) -> None:
    """The head was not flagged and would change too; --apply leaves it, --unsafe takes it."""
    path = tmp_path / "net.py"
    path.write_text(SHARED)
    finding = only(check(path).findings, "INI101")
    assert finding.fix is not None
    assert finding.fix.safety is Safety.UNSAFE
    assert not any(name.startswith("Net:gate") for name in finding.parameters)
    assert main(["fix", "--apply", str(path)]) == 1
    assert path.read_text() == SHARED
    assert main(["fix", "--apply", "--unsafe", str(path)]) == 0
    assert "kaiming_uniform_(m.weight, nonlinearity=" in path.read_text()


@pytest.mark.parametrize(
    ("encode", "name"),
    [
        (lambda text: text.replace("\n", "\r\n").encode(), "crlf"),
        (lambda text: b"\xef\xbb\xbf" + text.encode(), "bom"),
        (lambda text: b"\xef\xbb\xbf# coding: utf-8\r\n" + text.replace("\n", "\r\n").encode(), "bom-cookie-crlf"),
        (lambda text: "# -*- coding: latin-1 -*-\n# naïve\n".encode("latin-1") + text.encode(), "latin-1"),
        (lambda text: "# coding: cp1251\n# вес\n".encode("cp1251") + text.encode(), "cp1251"),
        (lambda text: "# größe 重み 🎲\n".encode() + text.encode(), "utf-8"),
        (lambda text: text.replace("    ", "\t").encode(), "tabs"),
        (lambda text: text.replace("\n\n", "\n \t \n\x0c\n").encode(), "form-feed"),
        (lambda text: text.replace("\n\n\n", "\r\n\n\r").encode(), "mixed"),
        (lambda text: text.rstrip("\n").encode(), "no-newline"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_every_byte_outside_the_edit_survives(tmp_path: Path, encode: object, name: str) -> None:
    """Line endings, byte order marks, encodings, tabs."""
    assert callable(encode)
    path = tmp_path / f"{name}.py"
    data: bytes = encode(NET)
    path.write_bytes(data)
    assert main(["fix", "--apply", str(path)]) == 0
    assert path.read_bytes() == data.replace(b"xavier_uniform_(layer.weight)", b'kaiming_uniform_(layer.weight, nonlinearity="relu")')


@pytest.mark.parametrize(
    ("imports", "call", "new_imports", "new_call"),
    [
        ("from torch.nn.init import xavier_uniform_", "xavier_uniform_", "from torch.nn.init import xavier_uniform_, kaiming_uniform_", "kaiming_uniform_"),
        ("from torch.nn.init import xavier_uniform_ as x", "x", "from torch.nn.init import xavier_uniform_ as x, kaiming_uniform_", "kaiming_uniform_"),
        ("from torch.nn.init import *", "xavier_uniform_", "from torch.nn.init import *", "kaiming_uniform_"),
        ("import torch.nn.init as init", "init.xavier_uniform_", "import torch.nn.init as init", "init.kaiming_uniform_"),
        ("from torch.nn import init", "init.xavier_uniform_", "from torch.nn import init", "init.kaiming_uniform_"),
        ("import torch", "torch.nn.init.xavier_uniform_", "import torch", "torch.nn.init.kaiming_uniform_"),
    ],
)
def test_the_new_name_is_imported_the_way_the_old_one_was(tmp_path: Path, imports: str, call: str, new_imports: str, new_call: str) -> None:
    """A bare import is extended, a module needs nothing."""
    path = tmp_path / "net.py"
    path.write_text(f"{imports}\n{NET.replace('nn.init.xavier_uniform_', call)}")
    assert main(["fix", "--apply", str(path)]) == 0
    expected = NET.replace("nn.init.xavier_uniform_(layer.weight)", f'{new_call}(layer.weight, nonlinearity="relu")')
    assert path.read_text() == f"{new_imports}\n{expected}"


def test_several_fixes_in_one_file_land_together(tmp_path: Path) -> None:
    """Two classes, one import to extend, one run."""
    path = tmp_path / "net.py"
    first = "from torch.nn.init import xavier_uniform_\n" + NET.replace("nn.init.", "")
    path.write_text(first + NET.replace("class Net", "class Other").replace("import torch.nn as nn\n", "").replace("nn.init.", ""))
    result, (change,) = changes(path)
    assert [finding.code for finding in result.findings] == ["INI101", "INI101"]
    assert len(change.applied) == 2
    assert change.after.count("import xavier_uniform_, kaiming_uniform_\n") == 1
    assert main(["fix", "--apply", str(path)]) == 0
    assert path.read_text() == change.after


def test_missing_norms_get_a_branch_in_the_authors_style(tmp_path: Path) -> None:
    """Values the norms already have, so nothing drawn changes; a branch is added, so the author decides."""
    path = tmp_path / "net.py"
    path.write_text(NORMS)
    result, (change,) = changes(path)
    finding = only(result.findings, "INI402")
    assert finding.fix is not None
    branch = ["elif isinstance(m, nn.BatchNorm2d):", "    nn.init.constant_(m.weight, 1.)", "    nn.init.constant_(m.bias, 0.)"]
    assert "".join(f"            {line}\n" for line in branch) in change.after
    assert not check_text(tmp_path, change.after)


def check_text(folder: Path, text: str) -> list[str]:
    """The codes found in a text."""
    path = folder / "again.py"
    path.write_text(text)
    return [finding.code for finding in check(path).findings]


def test_a_fix_that_cannot_be_written_says_why(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Unpacked arguments are not plain; the finding stays, with the reason, and nothing is written."""
    path = tmp_path / "net.py"
    path.write_text(NET.replace("xavier_uniform_(layer.weight)", "xavier_uniform_(*[layer.weight])"))
    assert main(["fix", "--apply", "--unsafe", str(path)]) == 1
    assert "INI101 not fixed: the call unpacks its arguments" in capsys.readouterr().out


def test_old_line_endings_are_declined(tmp_path: Path) -> None:
    """The parser does not give a lone carriage return back, so the file is left alone."""
    path = tmp_path / "net.py"
    path.write_bytes(NET.replace("\n", "\r").encode())
    finding = only(check(path).findings, "INI101")
    assert finding.evidence["refused"] == "the file cannot be reproduced exactly"


def test_a_read_only_file_is_named_and_left(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Its author said so; exit status 2, the other file is fixed."""
    locked, free = tmp_path / "a.py", tmp_path / "b.py"
    locked.write_text(NET)
    free.write_text(NET)
    locked.chmod(0o444)
    assert main(["fix", "--apply", str(tmp_path)]) == 2
    assert capsys.readouterr().err == f"initlint: {locked}: is read-only; left alone\n"
    assert locked.read_text() == NET
    assert "kaiming_uniform_" in free.read_text()


def test_a_file_that_changed_since_is_left(tmp_path: Path) -> None:
    """What was proven is no longer there."""
    path = tmp_path / "net.py"
    path.write_text(NET)
    _, (change,) = changes(path)
    path.write_text(NET + "# more\n")
    with pytest.raises(SourceError, match="has changed since it was read"):
        save(path, change.before, change.after)
    assert path.read_text() == NET + "# more\n"


def test_a_link_stays_a_link_and_the_mode_stays(tmp_path: Path) -> None:
    """The file behind it is replaced."""
    path, link = tmp_path / "net.py", tmp_path / "link.py"
    path.write_text(NET)
    path.chmod(0o755)
    link.symlink_to(path)
    assert main(["fix", "--apply", str(link)]) == 0
    assert link.is_symlink()
    assert "kaiming_uniform_" in path.read_text()
    assert path.stat().st_mode & 0o777 == 0o755


def test_a_fix_of_a_fix_never_undoes(tmp_path: Path) -> None:
    """Safe fixes alone are a subset that holds by itself."""
    path = tmp_path / "net.py"
    path.write_text(NET + NORMS.replace("class Net", "class Other").replace("import torch.nn as nn\n", ""))
    result, (change,) = changes(path)
    safe = [f for f in change.applied if f.fix is not None and f.fix.safety is Safety.SAFE]
    text, _ = apply_fixes(change.before, [f.fix.edits for f in safe if f.fix is not None])
    assert main(["fix", "--apply", str(path)]) == 0
    assert path.read_text() == text
    assert {f.code for f in result.findings} == {"INI101", "INI402"}
