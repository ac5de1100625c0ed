"""Numbers that are not known, at a size that is usual."""

from __future__ import annotations

import pytest

from initlint.symbolic import Number, at, sqrt, symbol

n, m = symbol("n"), symbol("m")


@pytest.mark.parametrize(("value", "expected"), [(3, 3.0), (n, 64.0), (n * m + 2 * n, 64.0 * 64 + 128), (1 / sqrt(n), 0.125), (n / m, 1.0)])
def test_an_order_of_magnitude(value: Number, expected: float) -> None:
    assert at(value, 64) == pytest.approx(expected)
