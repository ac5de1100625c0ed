"""What IPython alone understands is taken out of a cell, and nothing else moves."""

from __future__ import annotations

import ast

import pytest

from initlint.text.magics import blank


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("%matplotlib inline\nx = 1", "pass\nx = 1"),
        ("!pip install torch\nx = 1", "pass\nx = 1"),
        ("if x:\n    !ls -l\ny = 2\n", "if x:\n    pass\ny = 2\n"),
        ("files = !ls *.py\nx", "files = get_ipython()\nx"),
        ("t = %timeit -o f()\nx", "t = get_ipython()\nx"),
        ("!a \\\n  b \\\n  c\nx = 1", "pass\n\n\nx = 1"),
        ("!a\r\nx = 1\r\n", "pass\r\nx = 1\r\n"),
        ("x?\ny", "pass\ny"),
        ("nn.Linear??\ny", "pass\ny"),
        ("?x\ny", "pass\ny"),
        ("%%time\nx = 1\n", "\nx = 1\n"),
        ("%%capture out\n!ls\nx = 1", "\npass\nx = 1"),
        ("%%bash\nls 'x\n", "\n\n"),
        ("\n%%html\n<b>\n", "\n\n\n"),
        ("%%writefile a.py", ""),
        ("%cd 'it\nx = '''\n%not a magic\n!nor this\n'''\n!ls\n", "pass\nx = '''\n%not a magic\n!nor this\n'''\npass\n"),
        ("x = (5\n% 3)\n!ls", "x = (5\n% 3)\npass"),
        ("x = 5 \\\n% 3\n!ls", "x = 5 \\\n% 3\npass"),
        ('# (\n!ls\nx = \'(\'\n!ls\ny = "\\"("\n!ls', '# (\npass\nx = \'(\'\npass\ny = "\\"("\npass'),
        ('x = """\\"""\n%a\n"""\n%b', 'x = """\\"""\n%a\n"""\npass'),
    ],
)
def test_magics_become_python_on_the_same_lines(source: str, code: str) -> None:
    """Strings, brackets and continued lines hold no magics; what comes out parses."""
    assert blank(source) == code
    ast.parse(code)


@pytest.mark.parametrize("source", ["x = 7 % 3\n", "x != 3\n", "await f()", "x = '''\n!ls\n'''", "print(x)  # why?\n", "", "\n"])
def test_python_is_left_alone(source: str) -> None:
    """Character for character."""
    assert blank(source) == source


@pytest.mark.parametrize("source", ["def f(:", "x = (\n!ls\n", "'''\n%a", '%a\n"""', "x = 'a\n!ls\n", "\\\n", "%a\x00"])
def test_what_is_broken_keeps_its_lines(source: str) -> None:
    """Broken code ends in a syntax error of its own, on its line."""
    assert blank(source).count("\n") == source.count("\n")
