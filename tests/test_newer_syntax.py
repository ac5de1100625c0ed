"""Files that need a newer Python than the one which runs are read all the same."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from initlint import lower
from initlint.cli import main
from initlint.text.edits import SourceError
from initlint.text.newer import hidden
from initlint.text.syntax import parse_index
from tests.harness import MISMATCHED
from tests.test_lower import calls_lowered

NEWER = {
    "alias": "type Pair = tuple[int, int]\n",
    "generic alias": "if x:\n    type Pair[T: (int, str), *Ts, **P] = dict[\n        T, Later\n    ]\n",
    "generic function": "def f[T](x: T) -> T: return x\n",
    "generic class": "class A[T = int](Base): pass\n",
    "parameters on lines": "def f[\n    T: int,  # of an index\n    S,\n](x: T) -> S:\r\n    return x\n",
    "same quotes": "x = f\"{d[\"k\"]}\" + f'{d['k']!r:>{w}}'\n",
    "quotes within": "x = f\"{\"'\"}\" f'{'\"'}'\n",
    "f-strings within": 'x = f"{f"{f"{1}"}"}"\n',
    "lines within": "x = f\"{\n    1\n}\"\ny = f'''{d['''k''']}\n'''\n",
    "backslash": "x = f\"{'\\n'.join(y)}\"\n",
    "template": 'x = t"{name}"\n',
}
OLD_ERRORS = ("try:\n    pass\nexcept Error, e:\n    pass\n", "print 'hello'\n", "type = = 1\n", "def f[T](x:\n", "x = f'{'\n", "type X = 1\nreturn = 2\n")


@pytest.mark.parametrize("name", NEWER)
def test_it_is_hidden_and_everything_else_stays_where_it_is(name: str) -> None:
    text = f"a = 1\n{NEWER[name]}b = g(a)\n"
    older = hidden(text)
    assert older is not None and len(older) == len(text)
    assert older.splitlines()[-1] == text.splitlines()[-1] and older.count("\n") == text.count("\n")
    tree = ast.parse(older)
    assert parse_index(text).body[-1].lineno == tree.body[-1].lineno == len(text.splitlines())


def test_an_alias_binds_its_name_where_it_stands() -> None:
    [statement] = ast.parse(hidden("type  Pair[T] = tuple[T, T]") or "").body
    assert isinstance(statement, ast.Assign) and statement.col_offset == 0
    assert isinstance(statement.targets[0], ast.Name) and statement.targets[0].id == "Pair"


@pytest.mark.parametrize("text", OLD_ERRORS)
def test_what_no_python_reads_is_an_error_as_before(text: str) -> None:
    with pytest.raises(SourceError, match="is not valid Python: "):
        parse_index(text)


ENDLESS = ("x = " + "(" * 100_000 + ")" * 100_000, "x = " + "1 + " * 20_000 + "1", "x = (a" + "\n.b" * 20_000 + ")", "x = a" + "(1)" * 20_000)


@pytest.mark.parametrize("text", ENDLESS, ids=["brackets", "terms", "attributes", "calls"])
def test_what_nests_without_end_beside_it_is_called_invalid_at_once(text: str) -> None:
    """The parser of LibCST would take minutes, or the process with it."""
    with pytest.raises(SourceError, match="is not valid Python: "):
        parse_index(f"type Width = int\n{text}\n")


@pytest.mark.parametrize("name", NEWER)
def test_calls_behind_it_stand_where_they_stand(name: str) -> None:
    text = f"p('a')\n{NEWER[name]}q(f'{{y}}', r(1))\n"
    found = {text[start:end] for start, end in calls_lowered(lower.lower_source(text))}
    assert {"p('a')", "q(f'{y}', r(1))", "r(1)"} <= found


def test_findings_and_fixes_in_such_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    head = "type Width = int | Later\n" + MISMATCHED.replace("class Net(", "class Net[T](").replace("(self, x)", "[S](self, x: S) -> S")
    text = head.replace("super()", 'self.name = f"{"\'"}"\n        super()')
    path = tmp_path / "net.py"
    path.write_text(text)
    assert main(["fix", "--apply", "--no-cache", str(path)]) == 0
    assert capsys.readouterr().out.startswith(f"{path}:11:9: INI101 safe: ")
    new = 'nn.init.kaiming_uniform_(self.fc1.weight, nonlinearity="relu")'
    assert path.read_text() == text.replace("nn.init.xavier_uniform_(self.fc1.weight)", new)
