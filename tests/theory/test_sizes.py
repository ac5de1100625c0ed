"""Expressions in sizes that are not known, taken at a size."""

from __future__ import annotations

import pytest

from initlint.symbolic import at, sqrt, symbol

HIDDEN = symbol("hidden")


@pytest.mark.parametrize(
    ("value", "expected"),
    [(3, 3.0), (0.5, 0.5), (HIDDEN, 16.0), (4 * HIDDEN, 64.0), (HIDDEN + symbol("more"), 32.0), (1 / sqrt(HIDDEN), 0.25), (HIDDEN * HIDDEN - 6, 250.0)],
)
def test_every_unknown_is_the_size(value: object, expected: float) -> None:
    assert at(value, 16) == pytest.approx(expected)  # type: ignore[arg-type]
