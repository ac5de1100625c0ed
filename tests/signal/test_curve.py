"""The curve of a model against the model itself, run over several draws."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from initlint.frontend import show
from initlint.signal.caveats import caveats
from initlint.signal.curve import predict

HEADER = """import torch
import torch.nn as nn
import torch.nn.functional as F


class Net(nn.Module):
"""
MODELS = {
    "rectifiers": """
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(400, 400) for _ in range(4))
        for layer in self.layers:
            nn.init.kaiming_normal_(layer.weight)
            nn.init.zeros_(layer.bias)
        self.head = nn.Linear(400, 300)

    def forward(self, x):
        for layer in self.layers:
            x = F.relu(layer(x))
        return self.head(x)
""",
    "saturated": """
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(300, 500)
        self.b = nn.Linear(500, 200)
        self.head = nn.Linear(200, 300)
        for layer in (self.a, self.b):
            nn.init.normal_(layer.weight, std=0.1)

    def forward(self, x):
        return self.head(torch.sigmoid(self.b(torch.tanh(self.a(x)))))
""",
    "normalised": """
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(300, 400)
        self.n = nn.LayerNorm(400)
        self.b = nn.Linear(400, 400)
        self.head = nn.Linear(400, 300)

    def forward(self, x):
        return self.head(F.gelu(self.b(self.n(self.a(x)))))
""",
    "residual": """
    def __init__(self):
        super().__init__()
        self.n = nn.ModuleList(nn.LayerNorm(400) for _ in range(4))
        self.up = nn.ModuleList(nn.Linear(400, 800) for _ in range(4))
        self.down = nn.ModuleList(nn.Linear(800, 400) for _ in range(4))
        self.head = nn.Linear(400, 300)

    def forward(self, x):
        for n, up, down in zip(self.n, self.up, self.down):
            x = x + 0.5 * down(F.silu(up(n(x))))
        return self.head(x)
""",
    "gated": """
    def __init__(self):
        super().__init__()
        self.value = nn.Linear(400, 600)
        self.gate = nn.Linear(400, 600)
        self.head = nn.Linear(600, 300)

    def forward(self, x):
        return self.head(self.value(x) * torch.sigmoid(self.gate(x)))
""",
}


@pytest.mark.parametrize("name", MODELS)
def test_predictions_agree_with_running_the_model(name: str, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    source = HEADER + MODELS[name]
    path = tmp_path / "net.py"
    path.write_text(source, encoding="utf-8")
    graph = show(f"{path}:Net")
    points = {point.name: point for point in predict(graph).points if point.op.layer is not None}
    space: dict[str, Any] = {}
    exec(compile(source, str(path), "exec"), space)
    forward, backward = defaultdict[str, list[float]](list), defaultdict[str, list[float]](list)
    torch.manual_seed(0)
    for _ in range(12):
        model = space["Net"]()
        for layer, module in model.named_modules():
            if layer in points:
                module.register_forward_hook(lambda _, __, out, at=layer: forward[at].append(out.square().mean().item()))
                module.register_full_backward_hook(lambda _, __, grad, at=layer: backward[at].append(grad[0].square().mean().item()))
        out = model(torch.randn(64, next(model.parameters()).shape[-1], requires_grad=True))
        out.backward(torch.randn_like(out))
    assert set(forward) == set(points) == set(backward)
    for layer, point in points.items():
        assert point.second == pytest.approx(sum(forward[layer]) / 12, rel=0.12), layer
        assert point.gradient == pytest.approx(sum(backward[layer]) / 12, rel=0.25), layer


def test_what_is_not_followed_is_marked_until_the_next_norm_and_the_curve_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "net.py"
    body = """
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(4, 4)
        self.b = nn.Linear(4, 4)
        self.n = nn.LayerNorm(4)
        self.c = nn.Linear(4, 4)

    def forward(self, x):
        return self.c(self.n(self.b(torch.fft.fft(self.a(x)))))
"""
    path.write_text(HEADER + body, encoding="utf-8")
    curve = predict(show(f"{path}:Net"))
    certain = {point.name: point.certain for point in curve.points if point.op.layer}
    assert certain == {"a": True, "b": False, "n": True, "c": True}
    returns = {point.name: point.returns for point in curve.points if point.op.layer}
    assert returns == {"a": False, "b": True, "n": True, "c": True}
    assert len(curve.lost) == 1 and all(point.second is not None and point.gradient is not None for point in curve.points)


def test_a_second_rectifier_changes_nothing_and_a_mean_leaves_what_positions_share(tmp_path: Path) -> None:
    path = tmp_path / "net.py"
    body = """
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(4, 4)
        self.b = nn.Linear(4, 4)

    def forward(self, x):
        return self.b(F.relu(F.relu(self.a(x))).mean(1))
"""
    path.write_text(HEADER + body, encoding="utf-8")
    first, second, mean = [point.signal for point in predict(show(f"{path}:Net")).points[1:4]]
    assert first is not None and second == first
    assert mean is not None and mean.variance == mean.common == first.common > 0 and mean.mean == first.mean


@pytest.mark.parametrize(
    ("target", "verdict"),
    [("examples/mlp.py:MLP", "ok"), ("examples/resnet.py:ResNet", "ok"), ("examples/transformer.py:Transformer", "ok")],
)
def test_sound_models_are_called_sound(target: str, verdict: str) -> None:
    curve = predict(show(str(Path(__file__).parents[2] / target)))
    assert curve.verdict == verdict
    assert not curve.lost


def test_narrow_layers_and_unstable_maps_are_told(tmp_path: Path) -> None:
    path = tmp_path / "net.py"
    body = """
    def __init__(self, width=400):
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(400, 400) for _ in range(5))
        self.waist = nn.Linear(400, 4)
        self.head = nn.Linear(4, 300)
        for layer in self.layers:
            nn.init.kaiming_normal_(layer.weight)

    def forward(self, x):
        for layer in self.layers:
            x = F.silu(layer(x))
        return self.head(self.waist(x))
"""
    path.write_text(HEADER + body, encoding="utf-8")
    narrow, unstable = caveats(predict(show(f"{path}:Net")))
    assert "fewer than 16 units" in narrow[0] and narrow[1] == ["waist"]
    assert "unstable map without a norm over 5 layers" in unstable[0] and len(unstable[1]) == 5


def test_positions_are_counted_where_the_input_is_known(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    path = tmp_path / "net.py"
    body = """
    def __init__(self):
        super().__init__()
        self.a = nn.Conv2d(32, 64, 3, padding=1)
        self.b = nn.Conv2d(64, 64, 3, padding=1)
        self.head = nn.Linear(64, 50)

    def forward(self, x):
        return self.head(F.relu(self.b(F.relu(self.a(x)))).mean((2, 3)))
"""
    path.write_text(HEADER + body, encoding="utf-8")
    points = {point.name: point for point in predict(show(f"{path}:Net"), (8, 32, 6, 6)).points if point.op.layer}
    space: dict[str, Any] = {}
    exec(path.read_text(encoding="utf-8"), space)
    forward, backward = defaultdict[str, list[float]](list), defaultdict[str, list[float]](list)
    torch.manual_seed(0)
    for _ in range(12):
        model = space["Net"]()
        for layer in points:
            module = model.get_submodule(layer)
            module.register_forward_hook(lambda _, __, out, at=layer: forward[at].append(out.square().mean().item()))
            module.register_full_backward_hook(lambda _, __, grad, at=layer: backward[at].append(grad[0].square().mean().item()))
        out = model(torch.randn(8, 32, 6, 6, requires_grad=True))
        out.backward(torch.randn_like(out))
    for layer, point in points.items():
        assert point.second == pytest.approx(sum(forward[layer]) / 12, rel=0.12), layer
        assert point.gradient == pytest.approx(sum(backward[layer]) / 12, rel=0.25), layer
