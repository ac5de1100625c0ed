"""The number of terms in a sum over a weight, as the product at hand really has it."""

from __future__ import annotations

import pytest

from initlint.adapters.torch.sums import einsum_terms, summed


@pytest.mark.parametrize(
    ("equation", "place", "shape", "terms"),
    [
        ("b v c, v h -> b h c", 1, (5, 7), 5),
        ("b n d, n d -> b n", 1, (3, 9), 9),
        ("...d,de->...e", 1, (4, 6), 4),
        ("ai,bij,aj->ab", 1, (2, 4, 4), 16),
        ("batch inner, inner b -> batch b", 1, (4, 5), 4),
        ("de,bd->be", 0, (4, 6), 4),
        ("bd,de", 1, (4, 6), None),
        ("bd,def->bf", 1, (4, 6), None),
    ],
)
def test_axes_that_do_not_survive_are_summed(equation: str, place: int, shape: tuple[int, ...], terms: int | None) -> None:
    assert einsum_terms(equation, place, shape) == terms


@pytest.mark.parametrize(
    ("role", "shape", "terms"),
    [
        ("matmul", (3, 5), 3),
        ("matmul", (3,), 3),
        ("linear", (3, 5), 5),
        ("conv", (8, 4, 3, 3), 36),
        ("conv_transpose", (8, 4, 3, 3), None),
        ("linear", None, None),
    ],
)
def test_layouts(role: str, shape: tuple[int, ...] | None, terms: int | None) -> None:
    assert summed(role, shape) == terms
