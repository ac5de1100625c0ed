"""One forward pass of a real model, as rules see it."""

from __future__ import annotations

from typing import Any

import pytest

torch: Any = pytest.importorskip("torch", reason="torch is not installed: nothing can be built")

import torch.nn.functional as F  # noqa: E402
from torch import nn  # noqa: E402
from torch.nn.modules import module as hooks  # noqa: E402

import initlint  # noqa: E402
from initlint import flow  # noqa: E402
from initlint.graph import ModelGraph  # noqa: E402
from initlint.live import inputs  # noqa: E402


def kinds(graph: ModelGraph) -> list[str]:
    return [op.name if op.kind in ("activation", "layer", "norm") else op.kind for op in graph.ops]


def test_layers_and_functions_in_order() -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 8, 3, padding=1)
            self.norm = nn.BatchNorm2d(8)
            self.fc = nn.Linear(8, 4)

        def forward(self, x: Any) -> Any:
            x = x + F.leaky_relu(self.norm(self.conv(x))).mean(1, keepdim=True)
            return self.fc(self.norm(self.conv(x)).flatten(2).mean(2)).sigmoid() * 2

    graph = initlint.trace(Net)
    assert not graph.forward_reason
    assert kinds(graph) == [
        *("input", "Conv2d", "BatchNorm2d", "leaky_relu", "pool", "add"),
        *("Conv2d", "BatchNorm2d", "view", "pool", "Linear", "sigmoid", "mul", "output"),
    ]
    fc = next(layer for layer in graph.layers if layer.path == "fc")
    assert flow.describe(fc) == "sigmoid → mul" or flow.nonlinearity_after(fc) is not None
    assert graph.ops[3].detail["parameter"] == 0.01 and graph.ops[-2].detail["factor"] == 2


def test_a_weight_used_by_a_function_is_the_layers() -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fc = nn.Linear(6, 6)
            self.w = nn.Parameter(torch.randn(6, 5))

        def forward(self, x: Any) -> Any:
            x = torch.relu(F.linear(x, self.fc.weight))
            return F.linear(x, self.w.t()).tanh() @ self.w.t()

    graph = initlint.trace(Net)
    uses = {weight.parameter.name: len(weight.uses) for weight in flow.weights(graph)}
    assert uses == {"fc.weight": 1, "w": 2}
    pairing = flow.nonlinearity_after(next(w for w in flow.weights(graph) if w.parameter.name == "fc.weight"))
    assert pairing is not None and pairing.name == "relu"


def test_in_place_activations_and_residual_sums() -> None:
    class Block(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a, self.b = nn.Linear(8, 8), nn.Linear(8, 8)
            self.act = nn.ReLU(inplace=True)

        def forward(self, x: Any) -> Any:
            return x + self.b(self.act(self.a(x)))

    graph = initlint.trace(Block)
    a, b = (next(layer for layer in graph.layers if layer.path == path) for path in "ab")
    pairing = flow.nonlinearity_after(a)
    assert pairing is not None and pairing.name == "relu" and flow.in_residual(b)


@pytest.mark.parametrize(
    ("build", "shapes"),
    [
        (lambda: nn.Sequential(nn.Linear(12, 3)), [(2, 12)]),
        (lambda: nn.Sequential(nn.Flatten(), nn.Linear(784, 10)), [(2, 784)]),
        (lambda: nn.Sequential(nn.Embedding(9, 4), nn.Linear(4, 2)), [(2, 16)]),
        (lambda: nn.LSTM(5, 7), [(2, 16, 5)]),
        (lambda: nn.Bilinear(3, 3, 2), None),
    ],
)
def test_inputs_are_inferred_from_the_first_layer(build: Any, shapes: Any) -> None:
    model = build()
    graph = initlint.trace(model)
    assert bool(graph.forward_reason) == (shapes is None)
    if shapes is None:
        assert "give --input" in graph.forward_reason
    else:
        args, _ = next(inputs.candidates(model))
        assert [tuple(value.shape) for value in args] == shapes


def test_inputs_as_spelled() -> None:
    args, kwargs = inputs.parse("2,3,8,8; 4,5:int64; mask=1,2:bool")
    assert [tuple(value.shape) for value in args] == [(2, 3, 8, 8), (4, 5)]
    assert args[1].dtype == torch.int64 and kwargs["mask"].dtype == torch.bool
    for wrong in ("", "2x3", "2,3:nonsense", "2,,3"):
        with pytest.raises(inputs.InputError, match=r"is not an input: write|is not a dtype of torch"):
            inputs.parse(wrong)


def test_a_failing_pass_leaves_no_operations() -> None:
    model = nn.Sequential(nn.Linear(4, 4), nn.Linear(5, 5))
    graph = initlint.trace(model)
    assert "give --input" in graph.forward_reason
    assert not graph.ops and not any(layer.calls for layer in graph.layers)


def test_a_trace_leaves_no_trace() -> None:
    class Counting(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fc, self.norm, self.drop = nn.Linear(6, 6), nn.BatchNorm1d(6), nn.Dropout()
            self.norm.eval()

        def forward(self, x: Any) -> Any:
            with torch.no_grad():
                self.fc.weight.add_(1)
            return self.drop(self.norm(self.fc(x)))

    model = Counting()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    modes = [module.training for module in model.modules()]
    model.fc.weight.grad = torch.ones(6, 6)
    state = torch.get_rng_state()
    registered = dict(hooks._global_forward_hooks)
    assert not initlint.trace(model).forward_reason
    assert torch.equal(state, torch.get_rng_state())
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
    assert [module.training for module in model.modules()] == modes
    assert torch.equal(model.fc.weight.grad, torch.ones(6, 6)) and model.fc.bias.grad is None
    assert dict(hooks._global_forward_hooks) == registered
