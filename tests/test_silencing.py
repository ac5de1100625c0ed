"""``--add-ignores``: comments that silence, where they can stand, and code that stays what it was."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from initlint.cli import main
from initlint.findings import Finding, Severity, Site
from initlint.fixing.silencing import add_ignores
from initlint.runs.suppress import suppressions


def finding(line: int, end: int | None = None, code: str = "INI101") -> Finding:
    """A finding about some lines."""
    return Finding(code=code, rule="r", message="m", site=Site("x.py", line, 1, end or line, 2), severity=Severity.WARNING)


IGNORE = "# initlint: ignore[INI101]"


@pytest.mark.parametrize(
    ("before", "found", "after"),
    [
        ("f(x)\n", [finding(1)], f"f(x)  {IGNORE}\n"),
        ("f(x)", [finding(1)], f"f(x)  {IGNORE}"),
        ("f(x)  \r\ng\r\n", [finding(1)], f"f(x)  {IGNORE}\r\ng\r\n"),
        ("f(x)  # noqa: E501\n", [finding(1)], f"f(x)  # noqa: E501  {IGNORE}\n"),
        ("f(x)\n", [finding(1), finding(1, code="INI401"), finding(1)], "f(x)  # initlint: ignore[INI101, INI401]\n"),
        ("f(x)  # initlint: ignore[INI201] because\n", [finding(1)], "f(x)  # initlint: ignore[INI201, INI101] because\n"),
        ("f(x)  #initlint:ignore[ INI201,]\n", [finding(1)], "f(x)  #initlint:ignore[INI201, INI101]\n"),
        ("# initlint: ignore[INI201] because\nf(x)\n", [finding(2)], "# initlint: ignore[INI201, INI101] because\nf(x)\n"),
        ("f(\n    x,\n)\n", [finding(1, 3)], f"f(  {IGNORE}\n    x,\n)\n"),
        ("if a:\n\tb = f(x) + \\\n\t\tg(x)\n", [finding(2, 3)], f"if a:\n\t{IGNORE}\n\tb = f(x) + \\\n\t\tg(x)\n"),
        ("b = f('''\n''')\n", [finding(1, 2)], f"{IGNORE}\nb = f('''\n''')\n"),
        ("b = f(f'''{x\n}''')\n", [finding(1, 2)], f"{IGNORE}\nb = f(f'''{{x\n}}''')\n"),
        ("a = 1, \\\n    f(\n    x)\n", [finding(2, 3)], f"a = 1, \\\n    f(  {IGNORE}\n    x)\n"),
        ("a = 1, \\\n    f('''\n''',\n    x)\n", [finding(2, 4)], f"a = 1, \\\n    f('''\n''',  {IGNORE}\n    x)\n"),
        ("f(x)  # initlint: ignore-file[INI201]\n", [finding(1)], f"{IGNORE}\nf(x)  # initlint: ignore-file[INI201]\n"),
        ("s = 'größe 🎲'; f(x)  # 🎲\n", [finding(1)], f"s = 'größe 🎲'; f(x)  # 🎲  {IGNORE}\n"),
        ("if a:\n    f(x)\n\x0c\ng(x)\n", [finding(2), finding(4)], f"if a:\n    f(x)  {IGNORE}\n\x0c\ng(x)  {IGNORE}\n"),
        ("x = 1  # \\\nf(x)\n", [finding(1)], f"x = 1  # \\  {IGNORE}\nf(x)\n"),
    ],
)
def test_comments_stand_where_they_are_read(before: str, found: list[Finding], after: str) -> None:
    """The code is the same, each finding is covered, and doing it again changes nothing."""
    text, silenced, refused = add_ignores(before, found)
    assert (text, silenced, refused) == (after, found, [])
    assert ast.dump(ast.parse(text)) == ast.dump(ast.parse(before))
    assert {one.code for one in suppressions("x.py", text) if one.lines} >= {one.code for one in found}
    if len(text.splitlines()) == len(before.splitlines()):
        assert all(any(one.covers(each) for one in suppressions("x.py", text)) for each in found)
        assert add_ignores(text, found) == (text, found, [])


@pytest.mark.parametrize(
    ("text", "one", "reason"),
    [
        ("a = 1, \\\n    f(x), \\\n    2\n", finding(2), "no comment can stand on its lines or above them"),
        ("x = 1\rf(x)\r", finding(2), "the lines of the file cannot be told apart"),
        ("def f(:\n", finding(1, code="INI901"), "it is about the comments or the file as a whole"),
        ("f(x)  # initlint: ignore[INI1]\n", finding(1, code="INI905"), "it is about the comments or the file as a whole"),
        ("(\n", finding(1), "the lines of the file cannot be told apart"),
        ("x = = 1\n", finding(1), "a comment would change the code"),
    ],
)
def test_what_no_comment_can_silence_is_refused(text: str, one: Finding, reason: str) -> None:
    """With the reason, and the text as it was."""
    assert add_ignores(text, [one]) == (text, [], [(one, reason)])


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
CALL = "nn.init.xavier_uniform_(layer.weight)"


@pytest.mark.parametrize(
    "call",
    [
        CALL,
        f"{CALL}  # usual",
        "nn.init.xavier_uniform_(\n                layer.weight,\n            )",
        "nn.init.xavier_uniform_( \\\n                layer.weight)",
        "nn.init \\\n                .xavier_uniform_(layer.weight)",
        "x = '''\n'''; nn.init.xavier_uniform_(layer.weight)",
    ],
)
def test_after_it_the_file_is_clean(tmp_path: Path, capsys: pytest.CaptureFixture[str], call: str) -> None:
    """From the command line, byte for byte beside the comments; the second time there is nothing to do."""
    path = tmp_path / "net.py"
    path.write_text(FAULT.replace(CALL, call))
    assert main(["check", str(path)]) == 1
    capsys.readouterr()
    assert main(["check", "--add-ignores", str(path)]) == 0
    assert capsys.readouterr().out == "Silenced 1 finding in 1 file; write the reason behind each comment.\n"
    text = path.read_text()
    assert main(["check", "--fail-on", "note", str(path)]) == 0
    assert main(["check", "--add-ignores", str(path)]) == 0
    assert capsys.readouterr().out.endswith("Nothing to silence.\n")
    assert path.read_text() == text
    assert main(["check", "--ignore-suppressions", str(path)]) == 1


def test_what_is_not_silenced_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file that is not Python, one that may not be written; the exit status says so."""
    broken, locked = tmp_path / "broken.py", tmp_path / "locked.py"
    broken.write_text("def f(:\n")
    assert main(["check", "--add-ignores", str(tmp_path)]) == 1
    reason = "it is about the comments or the file as a whole"
    assert capsys.readouterr().out == f"{broken}:1:7: INI901 not silenced: {reason}\nNothing to silence.\n"
    locked.write_text(FAULT)
    locked.chmod(0o444)
    assert main(["check", "--add-ignores", str(locked)]) == 2
    assert capsys.readouterr().err == f"initlint: {locked}: is read-only; left alone\n"
    assert locked.read_text() == FAULT
