"""Expressions that grow with every turn of a loop, and the slices that hold them."""

from __future__ import annotations

from initlint.adapters.torch import signals
from initlint.contexts.models import Analysis, build_models
from initlint.graph import ModelGraph, Op
from initlint.symbolic import LONGEST, Sym, opaque, symbol

SOURCE = """
import torch
import torch.nn as nn


class Halting(nn.Module):
    def __init__(self, chance, steps=1000):
        super().__init__()
        prior = torch.zeros((steps,))
        left = 1.0
        for k in range(steps):
            prior[k] = left * chance
            left = left * (1 - chance)
        self.prior = nn.Parameter(prior, requires_grad=False)
        self.scale = nn.Parameter(torch.ones(4))

    def forward(self, x):
        return x * self.scale
"""


def graph() -> ModelGraph:
    return next(model.graph for model in build_models(Analysis(), "net.py", SOURCE.encode()) if model.root is not None)


def test_a_geometric_series_over_slices_comes_to_an_end() -> None:
    prior = graph().parameter("prior")
    assert prior is not None and prior.shape == (1000,)
    assert prior.distribution is None and prior.reason


def test_products_of_products_stay_short() -> None:
    number: object = symbol("p")
    for _ in range(60):
        number = number * (1 - number) + 1  # type: ignore[operator]
    assert isinstance(number, Sym) and len(str(number)) < 100 * LONGEST


def test_long_expressions_are_equal_where_their_text_is() -> None:
    assert opaque("a+" * LONGEST) == opaque("a+" * LONGEST)
    assert opaque("a+" * LONGEST) != opaque("b+" * LONGEST)
    assert str(opaque("floor(a/2)")) == "floor(a/2)"


def test_of_a_table_of_numbers_the_edges_are_looked_at() -> None:
    behind = [signals.signal(Op(kind="input", name=str(number))) for number in range(3)]
    assert len(signals.sources([behind, {"rest": behind[:1]}])) == 4
    table: list[object] = [[0] * 100 for _ in range(5000)]
    table[0], table[-1], table[2500] = behind
    assert [op.name for op in signals.sources([table])] == ["0", "1"]
