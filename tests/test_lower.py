"""Every call of the lowered program stands where the standard library's parser sees it."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import libcst as cst
import msgspec
import pytest

from initlint import lower
from initlint import program as p
from initlint.lower import nodes
from initlint.text.edits import LineIndex

ROOT = Path(__file__).parent.parent
OURS = sorted([*ROOT.glob("initlint/**/*.py"), *ROOT.glob("examples/*.py"), *ROOT.glob("tests/**/*.py")])

SNIPPETS = {
    "nested": "f(g(h(1)), k=i(j)(2))(3)",
    "methods": "a.b(1).c(2)[d(3)].e(f(4))",
    "parentheses": "(f)(1); ((f(2)))(3); ((a.b))((c)(d))",
    "lines": "f(\n    a,  # f(\n    g(\n        1,\n    ),\n)\n",
    "comments": "# f(1)\nx = 1  # g(2) 'a\nh(3)  # )\n",
    "strings": "f('g(1)', \"h(')\", '''i(\n\"j(\"''') + k(b'l(', r'\\n(', rb'\\m(')",
    "adjacent strings": "f('a' 'b(' \"c\")(d)",
    "f-strings": "f(f'{a}(', g(1)); f(f'{x!r:>{w}}' 'y(', h(2)); f(F\"\"\"{\n1}(\"\"\", i(3))",
    "escaped braces": "f(f'{{(}}', g(1))",
    "f-string with strings": "f(f'{d[\"k\"]}(', g(1)); f(rf'\\{x}(', h(2))",
    "keywords": "f(a=g(1), *h(2), **i(3), b=j(4))",
    "lambdas": "f(lambda x, *a, y=g(1), **k: h(x), i(2))",
    "comprehensions": "[f(x) for x in g(1) if h(x) if i(x)]; {f(k): g(v) for k, v in h(2)}; {f(x) for x in g(y) for y in h(3)}; any(f(x) for x in y)",
    "conditional": "f(1) if g(2) else h(3)",
    "comparison": "f(1) < g(2) <= h(3) != i(4) not in j(5) is not k(6)",
    "operators": "-f(1) ** +g(2) @ ~h(3) // (i(4) - j(5)) << k(6) and not l(7) or m(8)",
    "slices": "a[f(1):g(2):h(3), ..., i(4)]; a[:, None, j(5)]; a[k(6):]",
    "displays": "[f(1), *g(2)], (h(3),), {i(4), j(5)}, {k(6): l(7), **m(8)}, ()",
    "assignments": "a = b.c = f(1); d: g(2) = h(3); e[i(4)] += j(5); x, *y = k(6)",
    "walrus": "if (n := f(1)) and (m := g(n)): h(m)",
    "statements": "assert f(1), g(2)\ndel a[h(3)]\nraise i(4) from j(5)\n",
    "definitions": "@f(1)\n@g\ndef h(a: i(2) = j(3), /, b=k(4), *c: l(5), d=m(6), **e) -> n(7):\n    return o(8)\n",
    "classes": "@f(1)\nclass A(g(2), metaclass=h(3)):\n    x: i(4) = j(5)\n    def k(self): return l(6)\n",
    "loops": "for x, y[f(1)] in g(2):\n    h(3)\nelse:\n    i(4)\nwhile j(5):\n    k(6)\nelse:\n    l(7)\n",
    "with": "with f(1) as a, g(2), h(3) as (b, c[i(4)]):\n    j(5)\nwith (\n    k(6) as d,\n    l(7),\n):\n    m(8)\n",
    "try": "try:\n    f(1)\nexcept (g(2), h) as e:\n    i(3)\nexcept:\n    j(4)\nelse:\n    k(5)\nfinally:\n    l(6)\n",
    "generators": "def f():\n    x = yield g(1)\n    yield from h(2)\n    await i(3)\n",
    "async": "async def f():\n    async with g(1) as x:\n        async for y in h(2):\n            await i(y)\n    return [j(z) async for z in k(3)]\n",
    "decorated method": "class A:\n    @property\n    @f(1)\n    def b(self):\n        return g(2)\n\n    c = h(3)\n",
    "semicolons": "f(1); g(2); x = h(3)",
    "continuation": "x = f(1) + \\\n    g(2) \\\n    .h(3)\n",
    "numbers": "f(1e-3, 0xFF, 1_000, 1.5j, .5, 1.)(g(0b1))",
    "super": "super().__init__(f(1)); super(A, self).g(h(2))",
    "names like tokens": "f_(f(1), ff(2)); self.f.f(f=f)",
    "unicode": "é = f('ü(') + ñ(g(1)) + 変数(h(2))",
    "tabs": "if a:\n\tf(1)\n\tif b:\n\t\tg(2)\n",
    "windows lines": "x = f(1)\r\ny = g(\r\n  2)\r\n",
    "global": "def f():\n    global a, b\n    nonlocal_ = g(1)\n    return h(a)\n",
    "imports": "from a.b import (c as d, e)\nimport f.g as h, i\nd(h(1))\n",
    "print": "print(f(1), file=g(2))",
    "match": "match f(1):\n    case g.H if i(2):\n        j(3)\n    case 1 | 'k(' | None:\n        l(4)\n    case _:\n        n(5)\n",
    "match of sequences": "match a:\n    case [x, y]:\n        f(x)\n    case b.C():\n        g(1)\n    case {'k': z, **rest} as whole:\n        h(2)\n",
}  # fmt: skip
if sys.version_info >= (3, 11):  # what ast, the yardstick, can read
    SNIPPETS["starred index"] = "a[f(1), *g(2)]"


def calls_lowered(node: Any, text: bool = False) -> Iterator[tuple[int, int]]:
    """Positions of the calls below a lowered node; those inside of f-strings have the position of the string."""
    if isinstance(node, p.Call) and not text and node.pos < node.end:
        yield node.pos, node.end
    if isinstance(node, (list, tuple)):
        for one in node:
            yield from calls_lowered(one, text)
    elif isinstance(node, msgspec.Struct):
        for name in node.__struct_fields__:
            yield from calls_lowered(getattr(node, name), text or isinstance(node, p.FString))


def calls_parsed(source: str, index: LineIndex, node: ast.AST, text: bool = False) -> Iterator[tuple[int, int]]:
    if isinstance(node, ast.JoinedStr):
        text = True
    if isinstance(node, ast.Call) and not text:
        assert node.end_lineno is not None and node.end_col_offset is not None
        yield offset(source, index, node.lineno, node.col_offset), offset(source, index, node.end_lineno, node.end_col_offset)
    for child in ast.iter_child_nodes(node):
        yield from calls_parsed(source, index, child, text)


def offset(source: str, index: LineIndex, line: int, column: int) -> int:
    """``ast`` counts columns in bytes of UTF-8."""
    start = index.starts[line - 1]
    row = source[start : index.starts[line]] if line < len(index.starts) else source[start:]
    return start + len(row.encode()[:column].decode())


def ignored(source: str, index: LineIndex, tree: ast.AST) -> set[tuple[int, int]]:
    """Calls that evaluation has no use for and lowering leaves out."""
    found: set[tuple[int, int]] = set()
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.returns is not None:
            found |= set(calls_parsed(source, index, node.returns))
        if isinstance(node, ast.Assert) and node.msg is not None:
            found |= set(calls_parsed(source, index, node.msg))
        if isinstance(node, ast.Raise) and node.cause is not None:
            found |= set(calls_parsed(source, index, node.cause))
    return found


def class_patterns(source: str, index: LineIndex, tree: ast.AST) -> set[tuple[int, int]]:
    """``case nn.Linear():``, which is lowered to a call of ``isinstance``."""
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.MatchClass)]
    return {(offset(source, index, n.lineno, n.col_offset), offset(source, index, n.end_lineno, n.end_col_offset)) for n in nodes}


def compare(source: str) -> None:
    index = LineIndex(source)
    tree = ast.parse(source)
    expected = set(calls_parsed(source, index, tree))
    lowered = set(calls_lowered(lower.lower_source(source)))
    shown = {place: source[slice(*place)] for place in expected ^ lowered}
    assert lowered - expected <= class_patterns(source, index, tree), shown
    assert expected - lowered <= ignored(source, index, tree), shown


@pytest.mark.parametrize("name", SNIPPETS)
def test_calls_stand_where_they_stand(name: str) -> None:
    compare(SNIPPETS[name])


@pytest.mark.parametrize("path", OURS, ids=[str(path.relative_to(ROOT)) for path in OURS])
def test_calls_of_our_own_source(path: Path) -> None:
    compare(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("f'a\\n{1}\\t'", ["a\n", "\t"]),
        ("rf'a\\n{1}'", ["a\\n"]),
        ("f'{{x}}{1}'", ["{x}"]),
        ("f'\\x41{1}'", ["A"]),
        ("f'''a\n{1}'''", ["a\n"]),
    ],
)
def test_literal_parts_of_f_strings(source: str, value: list[str]) -> None:
    (statement,) = lower.lower_source(source)
    assert isinstance(statement, p.ExprStmt)
    assert isinstance(statement.value, p.FString)
    assert [part.value for part in statement.value.parts if isinstance(part, p.Const)] == value


def test_libcst_is_itself_again_once_nobody_parses() -> None:
    """What others make of LibCST's nodes in the same process are its own, checked as ever, also behind an error."""
    with pytest.raises(cst.ParserSyntaxError):
        nodes.parse("x = (")
    with pytest.raises(cst.CSTValidationError):
        cst.Name("")
    assert type(cst.parse_module("x").body[0]) is cst.SimpleStatementLine


def test_the_nodes_are_those_that_cost_little() -> None:
    (line,) = nodes.parse("f(a, b=1)  # comment").body
    assert type(line) is nodes.SimpleStatementLine is not cst.SimpleStatementLine
    assert issubclass(nodes.Call, nodes.BaseExpression)


OTHER_LIBCST = """
import sys
from libcst import native
import libcst

usual, parse = dict(vars(libcst)), native.parse_module

def with_classes_of_its_own(text):
    asked = dict(vars(libcst))
    vars(libcst).update(usual)
    try:
        return parse(text)
    finally:
        vars(libcst).update(asked)

native.parse_module = with_classes_of_its_own
from initlint.lower import lower_source, nodes

assert nodes.Name is libcst.Name
sys.stdout.write(repr([lower_source(text) for text in eval(sys.stdin.read())]))
"""


def test_a_libcst_that_finds_its_classes_elsewhere() -> None:
    """Its own nodes are read then, to the same end."""
    texts = [*SNIPPETS.values()]
    done = subprocess.run([sys.executable, "-c", OTHER_LIBCST], input=repr(texts), capture_output=True, text=True, cwd=ROOT, encoding="utf-8", check=True)
    assert done.stdout == repr([lower.lower_source(text) for text in texts])


@pytest.mark.parametrize(
    "text",
    [
        "def f():\n    match x:\n   \t   case 1: y()\n    return z()\n",
        "class A:\n    if x:\n \t    y(1)\n    z(2)\n",
        "for x in y():\n \ta(x)\nb()\n",
        "def f():\n    if x:\n   \t   y(g('''\n\t'''))\n    return z()\n",
    ],
)
def test_tabs_and_spaces_that_python_reads(text: str) -> None:
    """LibCST alone wants an indentation to begin as the one around it does."""
    compare(text)


def test_tabs_and_spaces_that_python_does_not_read() -> None:
    with pytest.raises(cst.ParserSyntaxError):
        lower.lower_source("if x:\n    y\n  \tz\n  w\n")
