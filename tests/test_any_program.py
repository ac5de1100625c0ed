"""Lowering against the standard library's parser, on programs made from Python's grammar."""

from __future__ import annotations

import ast
import warnings

import pytest
from hypothesis import assume, example, given

from initlint import lower
from tests.test_lower import compare
from tests.test_properties import tried

hypothesmith = pytest.importorskip("hypothesmith", reason="hypothesmith is not installed")


@tried(60)
@given(hypothesmith.from_grammar("file_input"))
@example("@A\nclass B(C, d=E()): pass\n")
def test_calls_stand_where_they_stand_in_any_program(text: str) -> None:
    """As in the snippets written by hand; and every position lies in the text."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            ast.parse(text)
        except (SyntaxError, ValueError):
            assume(False)
        assume("\f" not in text and "\r" not in text)
        compare(text)
        for statement in lower.lower_source(text):
            assert 0 <= statement.pos <= statement.end <= len(text)
