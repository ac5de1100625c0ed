"""The quick search for calls of initializers finds what the regular expression does."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from initlint.text.initcalls import INITIALIZES, commented, initializer_calls

PIECES = (
    "init",
    ".",
    " ",
    "\n",
    "_",
    "normal",
    "trunc_normal",
    "xavier",
    "kaiming_uniform_",
    "zeros_",
    "calculate_gain",
    "(",
    "x",
    "é",
    "0",
    "eye",
    "fill_",
    "#",
)


def spans(text: str) -> list[tuple[int, int]]:
    return [match.span() for match in INITIALIZES.finditer(text)]


@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join))
def test_any_text(text: str) -> None:
    assert [match.span() for match in initializer_calls(text)] == spans(text)


@pytest.mark.parametrize("path", sorted(Path(__file__).parent.glob("fixtures/**/*.py")), ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_fixtures(path: Path) -> None:
    text = path.read_text(encoding="utf-8", errors="replace")
    assert [match.span() for match in initializer_calls(text)] == spans(text)


def test_a_comment_is_none() -> None:
    text = "f(x)  # nn.init.zeros_(x)\ng(x)\n"
    assert commented(text, text.index("nn"))
    assert not commented(text, text.index("g("))
