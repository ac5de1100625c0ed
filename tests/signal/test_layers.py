"""Maps of single kinds of layers against the layers themselves, averaged over draws."""

from __future__ import annotations

from pathlib import Path

import pytest

from initlint.frontend import show
from initlint.graph import Op
from initlint.signal.curve import Point, predict
from initlint.signal.nonlinear import activated, shared_moment
from initlint.signal.pooling import pooled
from initlint.signal.spread import Spread

HEADER = """import torch
import torch.nn as nn
import torch.nn.functional as F


class Net(nn.Module):
    def __init__(self):
        super().__init__()
"""


def curve_of(tmp_path: Path, layers: str, forward: str) -> dict[str, Point]:
    path = tmp_path / "net.py"
    path.write_text(f"{HEADER}{layers}\n    def forward(self, x):\n        return {forward}\n", encoding="utf-8")
    return {point.name: point for point in predict(show(f"{path}:Net")).points}


@pytest.mark.parametrize("name", ["relu", "gelu", "tanh", "leaky_relu", "silu", "sigmoid"])
def test_what_two_positions_share_behind_a_nonlinearity(name: str) -> None:
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    common, one, other = torch.randn(3, 400_000, dtype=torch.float64)
    first, second = (0.3 + 0.8**0.5 * common + 0.7**0.5 * rest for rest in (one, other))
    f = {"silu": torch.nn.functional.silu, "gelu": torch.nn.functional.gelu, "leaky_relu": torch.nn.functional.leaky_relu}.get(name) or getattr(torch, name)
    parameter = 0.01 if name == "leaky_relu" else 0.0
    assert shared_moment(name, Spread(0.3, 1.5, 0.8), parameter) == pytest.approx(float((f(first) * f(second)).mean()), rel=0.01)


@pytest.mark.parametrize(("share", "window"), [(0.0, 2), (0.5, 2), (0.0, 3)])
def test_the_maximum_of_a_window_behind_a_rectifier(share: float, window: int) -> None:
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    units = torch.randn(4000, 1, 1, 1) * share**0.5 + torch.randn(4000, 1, 6, 6) * (1 - share) ** 0.5
    units.requires_grad_()
    after = torch.nn.functional.max_pool2d(torch.relu(units), window)
    after.backward(torch.randn_like(after))
    rectified = activated(Op(kind="activation", name="relu"), Spread(0.0, 1.0, share)).signal
    mapped = pooled(Op(kind="pool", name="max_pool2d", detail={"kernel_size": window}), rectified)
    assert mapped.signal.second == pytest.approx(after.detach().square().mean().item(), rel=0.05)
    assert mapped.gradient is not None
    assert mapped.gradient * 0.5 == pytest.approx(units.grad.square().mean().item(), rel=0.05)


@pytest.mark.parametrize("kind", ["LSTM", "GRU", "RNN"])
def test_a_recurrent_layer_settles_where_it_is_foretold(kind: str, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    points = curve_of(tmp_path, f"        self.r = nn.{kind}(96, 128)\n        self.h = nn.Linear(128, 10)\n", "self.h(self.r(x)[0])")
    torch.manual_seed(0)
    seconds, gradients = [], []
    for _ in range(6):
        layer, x = getattr(torch.nn, kind)(96, 128), torch.randn(40, 16, 96, requires_grad=True)
        out, _ = layer(x)
        out.backward(torch.randn_like(out))
        seconds.append(out[20:].detach().square().mean().item())
        gradients.append(float(x.grad[10:30].square().mean()))
    point = points["r"]
    assert point.second == pytest.approx(sum(seconds) / 6, rel=0.15)
    head = 10 / 3 / 128
    assert point.gradient == pytest.approx(head)


def test_attention_averages_over_the_tokens_its_table_of_positions_has(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    layers = "        self.pos = nn.Parameter(torch.zeros(1, 64, 128))\n        self.a = nn.MultiheadAttention(128, 4, batch_first=True)\n"
    points = curve_of(tmp_path, layers, "self.a(x + self.pos, x + self.pos, x + self.pos)[0]")
    torch.manual_seed(0)
    measured = []
    for _ in range(6):
        layer, x = torch.nn.MultiheadAttention(128, 4, batch_first=True), torch.randn(8, 64, 128)
        measured.append(float(layer(x, x, x, need_weights=False)[0].detach().square().mean()))
    assert points["a"].second == pytest.approx(sum(measured) / 6, rel=0.15)
    assert "64 tokens" in points["a"].note and points["a"].certain
