"""What holds for every text, number, edit and comment, tried on those that Hypothesis makes up."""

from __future__ import annotations

import ast
import math
import os
import warnings
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from initlint import lower
from initlint import program as p
from initlint.findings import Edit, Finding, Severity, Site
from initlint.fixing.silencing import add_ignores
from initlint.frontend import new_interpreter
from initlint.interpreter.values import ABSENT, Unknown
from initlint.process.stack import with_deep_stack
from initlint.runs.suppress import silence, suppressions
from initlint.symbolic import Sym, at, symbol
from initlint.text.edits import LineIndex, OverlapError, SourceError, apply_edits, apply_fixes, decode

QUIET = (HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.function_scoped_fixture)


def tried(examples: int = 100) -> settings:
    """The same examples every time; INITLINT_FUZZ in the environment asks for so many times more, and for others."""
    factor = int(os.environ.get("INITLINT_FUZZ", "0"))
    return settings(deadline=None, suppress_health_check=QUIET, derandomize=not factor, max_examples=examples * max(factor, 1))


# ---- symbolic arithmetic ----

SIZES = {"a": 3.0, "b": 5.0, "c": 7.0}
OPERATIONS = {
    "+": lambda x, y: x + y,
    "-": lambda x, y: x - y,
    "*": lambda x, y: x * y,
    "/": lambda x, y: x / y,
    "//": lambda x, y: x // y,
    "%": lambda x, y: x % y,
}
ATOMS = st.one_of(st.sampled_from(sorted(SIZES)), st.integers(1, 6))
FORMULAS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.tuples(st.sampled_from(sorted(OPERATIONS)), inner, inner),
        st.tuples(st.just("**"), inner, st.sampled_from((2, 3, -1, 0.5))),
        st.tuples(st.just("-"), inner),
    ),
    max_leaves=6,
)


def calculated(formula: Any, sizes: dict[str, Any]) -> Any:
    """A formula over ``sizes``, whatever these are."""
    if not isinstance(formula, tuple):
        return sizes.get(formula, formula)
    operator, *operands = formula
    values = [calculated(operand, sizes) for operand in operands]
    if operator == "**":
        return values[0] ** values[1]
    return -values[0] if len(values) == 1 else OPERATIONS[operator](*values)


def number(formula: Any) -> float:
    """The value for the sizes above; an example without one is passed over."""
    try:
        value = calculated(formula, SIZES)
    except (ZeroDivisionError, OverflowError, TypeError):
        assume(False)
    assume(not isinstance(value, complex) and math.isfinite(value) and abs(value) < 1e9)
    return float(value)


def symbolic(formula: Any) -> Any:
    """The formula over names; an example that divides by zero or takes the root of -1 is passed over."""
    try:
        value = calculated(formula, {name: symbol(name) for name in SIZES})
    except (ZeroDivisionError, TypeError):
        value = 1j
    assume(not isinstance(value, complex))
    return value


@tried()
@given(FORMULAS)
@example(("//", 5, ("/", "a", "b")))
@example(("//", ("*", 4, "a"), 2))
def test_a_symbolic_number_is_worth_what_its_formula_is(formula: Any) -> None:
    """Read as Python, its text has the value of the formula it was made from."""
    expected, made = number(formula), symbolic(formula)
    text = str(made)
    value = eval(text, {"sqrt": math.sqrt, "abs": abs}, dict(SIZES))
    assert value == pytest.approx(expected, rel=1e-4, abs=1e-4)


@tried()
@given(FORMULAS, FORMULAS)
def test_equal_symbolic_numbers_are_equal_numbers(left: Any, right: Any) -> None:
    """And hash alike; adding and taking away leaves what there was."""
    one, other = symbolic(left), symbolic(right)
    if one == other:
        assert number(left) == pytest.approx(number(right), rel=1e-9)
        assert hash(one) == hash(other)
    back = (one + other) - other
    if isinstance(one, Sym) and isinstance(back, Sym):
        assert at(back, 3.0) == pytest.approx(at(one, 3.0), rel=1e-6, abs=1e-6)


# ---- values ----

NUMBERS = st.one_of(st.integers(-9, 9).map(str), st.sampled_from(("0.5", "-1.25", "True", "None", "1e-3")))
STRINGS = st.sampled_from(("''", "'ab'", "'weight'", "'a.b.c'", "'%s-%d'", "'{}'"))


def displays(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Expressions around others."""
    several = st.lists(inner, max_size=3).map(", ".join)
    index = st.sampled_from(("[0]", "[-1]", "[1:]", "[::-1]", "[:2]"))
    method = st.sampled_from((".split('.')", ".upper()", ".strip('a')", ".startswith('a')", ".replace('a', 'b')", ".count('a')", ".rpartition('.')"))
    function = st.sampled_from(
        ("len", "sum", "max", "min", "sorted", "list", "tuple", "set", "abs", "str", "bool", "int", "repr", "any", "all", "list(enumerate", "tuple(reversed")
    )
    return st.one_of(
        several.map(lambda text: f"[{text}]"),
        several.map(lambda text: f"({text},)" if text else "()"),
        st.lists(st.tuples(STRINGS, inner), max_size=3).map(lambda items: f"{{{', '.join(f'{key}: {value}' for key, value in items)}}}"),
        st.tuples(inner, st.sampled_from(("+", "-", "*", "/", "//", "%", "==", "<", "in", "is not", "and", "or", "|")), inner).map(
            lambda t: f"({t[0]} {t[1]} {t[2]})"
        ),
        st.tuples(st.sampled_from(("-", "not ", "+", "~")), inner).map(lambda t: f"({t[0]}{t[1]})"),
        st.tuples(inner, index).map(lambda t: f"({t[0]}){t[1]}"),
        st.tuples(inner, method).map(lambda t: f"({t[0]}){t[1]}"),
        st.tuples(function, inner).map(lambda t: f"{t[0]}({t[1]})" + ")" * t[0].count("(")),
        st.tuples(inner, inner, inner).map(lambda t: f"({t[0]} if {t[1]} else {t[2]})"),
        st.tuples(inner, inner).map(lambda t: f"[({t[1]}, x) for x in {t[0]}]"),
        inner.map(lambda text: f"[x * 2 for x in {text} if x]"),
        inner.map(lambda text: f"dict(a={text})"),
        st.tuples(inner, inner).map(
            lambda t: f"f'{{({t[0]})!r}}-{{{t[1].replace(chr(39), chr(34))}}}'" if "'" not in t[0] and "{" not in "".join(t) else "'x'"
        ),
    )


EXPRESSIONS = st.recursive(st.one_of(NUMBERS, STRINGS), displays, max_leaves=8)


def evaluated(path: Path, text: str) -> Any:
    """What the interpreter makes of an expression."""
    path.write_text(f"value = {text}\n", encoding="utf-8")

    def evaluate() -> Any:
        interp, _ = new_interpreter()
        return interp.project.open(path).get("value")

    return with_deep_stack(evaluate)


def holds(value: Any) -> bool:
    """Whether all of a value is known and of a kind that Python itself has."""
    if isinstance(value, (list, tuple, set, frozenset)):
        return all(map(holds, value))
    if isinstance(value, dict):
        return all(holds(key) and holds(item) for key, item in value.items())
    return value is None or isinstance(value, (bool, int, float, str))


@tried(250)
@given(EXPRESSIONS)
def test_a_value_that_is_known_is_pythons_own(tmp_path: Path, text: str) -> None:
    """Of the same type; wherever Python has one, for a reader goes on where a program would not. (An iterator is the list of what it will yield.)"""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            expected = eval(text)
        except (ArithmeticError, TypeError, LookupError, ValueError, AttributeError):
            expected = ABSENT
        found = evaluated(tmp_path / "one.py", text)
    if expected is not ABSENT and holds(found):
        assert (found, type(found)) == (expected, type(expected)), text
    assert not isinstance(found, Unknown) or found.reason


# ---- lowering ----


@tried()
@given(EXPRESSIONS)
def test_the_shape_of_an_expression_survives_lowering(text: str) -> None:
    """Names and constants come in the order of the source."""
    (statement,) = lower.lower_source(f"{text}\n")
    assert isinstance(statement, p.ExprStmt)
    assert (statement.value.pos, statement.value.end) == _span(text)


def _span(text: str) -> tuple[int, int]:
    """Where ``ast`` sees the expression; it leaves out parentheses around it."""
    body = ast.parse(text, mode="eval").body
    assert body.end_col_offset is not None
    return body.col_offset, body.end_col_offset


# ---- edits ----

LINES = st.text(alphabet="ab \t\u00e9\U0001f600#'\r\n", max_size=40)


@tried()
@given(LINES, st.data())
def test_edits_are_what_replacing_from_the_end_does(text: str, data: st.DataObject) -> None:
    """In any order; two that claim the same characters are refused."""
    index = LineIndex(text)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=6)))
    spans = list(dict.fromkeys(zip(cuts[::2], cuts[1::2])))
    contents = [data.draw(st.text(alphabet="xy\n", max_size=3)) for _ in spans]
    edits = [Edit(content, index.site("f.py", *span)) for content, span in zip(contents, spans)]
    expected = text
    for (start, end), content in sorted(zip(spans, contents), reverse=True):
        expected = expected[:start] + content + expected[end:]
    shuffled = data.draw(st.permutations(edits))
    if len({span[0] for span in spans}) == len(spans):
        assert apply_edits(text, shuffled) == expected
        assert apply_fixes(text, [[edit] for edit in edits]) == (expected, list(range(len(edits))))
    if len(text) > 2:
        with pytest.raises(OverlapError):
            apply_edits(text, [Edit("x", index.site("f.py", 0, 2)), Edit("y", index.site("f.py", 1, 3))])


@tried()
@given(LINES)
def test_every_offset_has_one_place(text: str) -> None:
    """From offsets to lines and columns and back."""
    index = LineIndex(text)
    for offset in range(len(text) + 1):
        assert index.offset(*index.position(offset)) == offset


@tried()
@given(
    st.one_of(
        st.binary(max_size=60),
        st.tuples(st.sampled_from((b"# coding: latin-1\n", b"\xef\xbb\xbf", b"#!x\n# -*- coding: cp1252 -*-\n")), st.binary(max_size=30)).map(b"".join),
    )
)
def test_bytes_that_are_decoded_can_be_written_again(data: bytes) -> None:
    """As they were; anything else is refused with a reason."""
    try:
        source = decode(data)
    except SourceError:
        return
    assert source.encode(source.text) == data


# ---- comments ----

CODE = (
    "x = 1",
    "nn.init.zeros_(w)",
    "f(\n    1,\n)",
    "s = '''\n# initlint: ignore[INI101]\n'''",
    "if x:\n    y = 2",
    "z = [  # why\n    1]",
    "a = 1 + \\\n    2",
    "# note",
    "",
)
COMMENTS = (
    "",
    "  # initlint: ignore[INI101] reason",
    "  # initlint: ignore[INI102, INI201]",
    "  # type: ignore",
    "  # initlint: ignore-file[INI601]",
    "  # initlint: ignore[]",
)


@tried()
@given(st.lists(st.tuples(st.sampled_from(CODE), st.sampled_from(COMMENTS)), max_size=6), st.data())
def test_comments_silence_what_they_are_made_for_and_change_no_code(parts: list[tuple[str, str]], data: st.DataObject) -> None:
    """Adding is adding once; what is silenced is gone, the rest is still there."""
    text = "".join(f"{code}{comment if not code.endswith((')', ']')) or chr(10) not in code else ''}\n" for code, comment in parts)
    try:
        tree = ast.dump(ast.parse(text))
    except SyntaxError:
        assume(False)
    rows = text.count("\n")
    places = data.draw(st.lists(st.tuples(st.sampled_from(("INI101", "INI102", "INI201")), st.integers(1, max(rows, 1)), st.integers(0, 2)), max_size=5))
    findings = [_finding(code, row, min(row + more, max(rows, 1))) for code, row, more in places]
    after, silenced, refused = add_ignores(text, findings)
    assert ast.dump(ast.parse(after)) == tree
    assert len(silenced) + len(refused) == len(findings)
    moved = after.count("\n") - rows
    again, _, _ = add_ignores(after, [])
    assert again == after
    if not moved:
        left = [finding for finding in silence("f.py", after, findings, []) if finding in silenced]
        assert left == []
        assert add_ignores(after, findings)[0] == after
    for one in suppressions("f.py", after):
        assert after.split("\n")[one.site.line - 1][one.site.column - 1 :].startswith("#")


def _finding(code: str, first: int, last: int) -> Finding:
    return Finding(code=code, rule=code, message="m", site=Site("f.py", first, 1, last, 1), severity=Severity.WARNING)
