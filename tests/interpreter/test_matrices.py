"""How many products a sum over a weight has and how many sums an input enters, as the product at hand really has it."""

from __future__ import annotations

import pytest

from initlint.adapters.torch.matrices import argument_fans, einsum_fans, product_fans


@pytest.mark.parametrize(
    ("equation", "place", "shape", "fans"),
    [
        ("b v c, v h -> b h c", 1, (5, 7), (5, 7)),
        ("b n d, n d -> b n", 1, (3, 9), (9, 1)),
        ("...d,de->...e", 1, (4, 6), (4, 6)),
        ("ai,bij,aj->ab", 1, (2, 4, 4), (16, 1)),
        ("batch inner, inner b -> batch b", 1, (4, 5), (4, 5)),
        ("de,bd->be", 0, (4, 6), (4, 6)),
        ("bi,rio->bro", 1, (3, 4, 6), (4, 6)),
        ("bd,d->bd", 1, (4,), (1, None)),
        ("bd,de", 1, (4, 6), None),
        ("bd,def->bf", 1, (4, 6), None),
        ("bd,de->be", 2, (4, 6), None),
    ],
)
def test_axes_that_do_not_survive_are_summed(equation: str, place: int, shape: tuple[int, ...], fans: tuple[int, int | None] | None) -> None:
    assert einsum_fans(equation, place, shape) == fans


@pytest.mark.parametrize(
    ("role", "shape", "fans"),
    [
        ("matmul", (3, 5), (3, 5)),
        ("matmul", (3,), (3, 1)),
        ("linear", (3, 5), (5, 3)),
        ("conv", (8, 4, 3, 3), (36, None)),
        ("bilinear", (8, 4, 3), (12, None)),
        ("conv_transpose", (8, 4, 3, 3), None),
        ("linear", None, None),
    ],
)
def test_layouts(role: str, shape: tuple[int, ...] | None, fans: tuple[int, int | None] | None) -> None:
    assert argument_fans(role, shape) == fans


@pytest.mark.parametrize(("shape", "left", "fans"), [((7, 3, 5), False, (3, 5)), ((7, 3, 5), True, (5, 3)), ((4,), True, (4, 1)), ((), False, None)])
def test_a_factor_on_the_left_has_its_outputs_first(shape: tuple[int, ...], left: bool, fans: tuple[int, int] | None) -> None:
    assert product_fans(shape, left=left) == fans
