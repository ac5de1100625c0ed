"""What is written while a model is built, by whom, and under which law."""

from __future__ import annotations

import copy
import math
from typing import Any

import pytest

torch: Any = pytest.importorskip("torch", reason="torch is not installed: nothing can be built")

from torch import nn  # noqa: E402
from torch.nn.init import xavier_normal_ as draw_weights  # noqa: E402

from initlint.graph import InitEvent, ModelGraph, Origin, Parameter  # noqa: E402
from initlint.live import graphs, observer  # noqa: E402


def graph_of(build: Any) -> ModelGraph:
    with observer.observed() as ledger:
        model = build()
    return graphs.build(model, "Model", __file__, ledger)[0]


def parameter_of(build: Any, name: str = "weight") -> Parameter:
    found = graph_of(build).parameter(name)
    assert found is not None
    return found


def last_event(build: Any, name: str = "weight") -> InitEvent:
    event = parameter_of(build, name).effective
    assert event is not None
    return event


def line_of(text: str) -> int:
    """The first line of this file that holds ``text``."""
    with open(__file__, encoding="utf-8") as stream:
        return next(number for number, line in enumerate(stream, 1) if text in line)


def linear(change: Any) -> Any:
    def build() -> Any:
        layer = nn.Linear(64, 32)
        with torch.no_grad():
            change(layer)
        return layer

    return build


def test_a_default_is_the_layers_own() -> None:
    event = last_event(lambda: nn.Linear(64, 32))  # a default
    assert (event.initializer, event.origin, event.distribution.kind) == ("torch.nn.Linear", Origin.DEFAULT, "uniform")
    assert event.distribution.std == pytest.approx(1 / math.sqrt(3 * 64))
    assert event.site is not None and event.site.line == line_of("# a default")


def test_an_initializer_is_known_under_any_name() -> None:
    event = last_event(linear(lambda layer: draw_weights(layer.weight, gain=2.0)))  # an alias
    assert (event.initializer, event.origin, event.arguments) == ("torch.nn.init.xavier_normal_", Origin.CALL, {"gain": 2.0})
    assert event.distribution.std == pytest.approx(2 * math.sqrt(2 / 96)) and event.distribution.law == "Var = 8 / (fan_in + fan_out)"
    assert event.site is not None and event.site.line == line_of("# an alias")


@pytest.mark.parametrize(
    ("change", "initializer", "origin", "kind", "mean", "std"),
    [
        (lambda m: m.weight.data.normal_(1.0, 0.5), "torch.Tensor.normal_", Origin.FILL, "normal", 1.0, 0.5),
        (lambda m: m.weight.uniform_(-3, 3), "torch.Tensor.uniform_", Origin.FILL, "uniform", 0.0, math.sqrt(3)),
        (lambda m: m.weight.fill_(2), "torch.Tensor.fill_", Origin.FILL, "constant", 2.0, 0.0),
        (lambda m: m.weight.zero_(), "torch.Tensor.zero_", Origin.FILL, "constant", 0.0, 0.0),
        (lambda m: m.weight.normal_().mul_(0.1).add_(2), "torch.Tensor.add_", Origin.FILL, "normal", 2.0, 0.1),
        (lambda m: m.weight.copy_(torch.randn(32, 64) * 0.3), "torch.Tensor.copy_", Origin.COPY, "normal", 0.0, 0.3),
        (lambda m: setattr(m.weight, "data", torch.ones(32, 64) / 4), "torch.Tensor.data", Origin.COPY, "constant", 0.25, 0.0),
        (lambda m: m.weight.__setitem__(slice(None), 3.0), "torch.Tensor.__setitem__", Origin.COPY, "constant", 3.0, 0.0),
        (lambda m: nn.init.trunc_normal_(m.weight, std=1.0, a=-1, b=1), "torch.nn.init.trunc_normal_", Origin.CALL, "trunc_normal", 0.0, 0.5396),
        (lambda m: nn.init.orthogonal_(m.weight), "torch.nn.init.orthogonal_", Origin.CALL, "orthogonal", 0.0, 1 / 8),
        (lambda m: m.reset_parameters(), "torch.nn.Linear.reset_parameters", Origin.DEFAULT, "uniform", 0.0, 1 / math.sqrt(192)),
    ],
)
def test_writes(change: Any, initializer: str, origin: Origin, kind: str, mean: float, std: float) -> None:
    event = last_event(linear(change))
    law = event.distribution
    assert (event.initializer, event.origin, law.kind) == (initializer, origin, kind)
    assert law.mean == pytest.approx(mean) and law.std == pytest.approx(std, rel=1e-3)


def test_one_call_of_an_initializer_is_one_event() -> None:
    events = parameter_of(linear(lambda layer: nn.init.trunc_normal_(layer.weight))).events
    assert [event.initializer.rpartition(".")[2] for event in events] == ["Linear", "trunc_normal_"]


def test_slices_make_a_mixture() -> None:
    found = parameter_of(linear(lambda layer: layer.bias[:8].fill_(1.0)), "bias")
    assert found.effective is not None and found.effective.partial
    law = found.distribution
    assert law is not None and law.kind == "custom" and law.mean == pytest.approx(0.25)


def test_loading_is_loading() -> None:
    state = nn.Linear(64, 32).state_dict()
    found = parameter_of(linear(lambda layer: layer.load_state_dict(state)))
    assert found.distribution is None and found.effective is not None and found.effective.origin is Origin.LOAD


def test_a_copy_has_the_history_of_its_original() -> None:
    def build() -> Any:
        layer = nn.Linear(64, 32)
        nn.init.ones_(layer.weight)  # before the copy
        return nn.Sequential(layer, copy.deepcopy(layer))

    event = last_event(build, "1.weight")
    assert event.initializer == "torch.nn.init.ones_"
    assert event.site is not None and event.site.line == line_of("# before the copy")


@pytest.mark.parametrize("wrap", [nn.utils.parametrizations.weight_norm, nn.utils.parametrizations.spectral_norm], ids=["weight_norm", "spectral_norm"])
def test_a_write_to_what_is_recomputed_has_no_effect(wrap: Any) -> None:
    def build() -> Any:
        layer = wrap(nn.Linear(64, 32))
        nn.init.normal_(layer.weight, std=5.0)
        return layer

    found = next(p for p in graph_of(build).parameters if "original" in p.name and p.shape == (32, 64))
    assert [event.effective for event in found.events] == [True, False]
    assert found.distribution is not None and found.distribution.kind == "uniform"


def test_unfilled_memory_is_nan_and_has_no_law() -> None:
    class Bare(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.scale = nn.Parameter(torch.empty(7))

    with observer.observed() as ledger:
        model = Bare()
    found = graphs.build(model, "Bare", __file__, ledger)[0].parameter("scale")
    assert bool(model.scale.isnan().all())
    assert found is not None and found.distribution is None and "uninitialised" in found.reason


def test_a_guard_makes_a_loop() -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fc = nn.Linear(8, 8)
            self.apply(self._init)

        def _init(self, module: Any) -> None:
            if isinstance(module, nn.Linear):  # the guard
                nn.init.normal_(module.weight, std=0.02)

    event = last_event(Net, "fc.weight")
    assert event.origin is Origin.LOOP and event.variable == "module" and event.routine.endswith("Net._init")
    assert event.guard is not None and event.guard.line == line_of("# the guard")


def test_watching_changes_no_number() -> None:
    def build() -> Any:
        torch.manual_seed(3)
        block = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.LSTM(8, 8), nn.MultiheadAttention(8, 2))
        nn.init.orthogonal_(block[0].weight)
        return block

    plain = build()
    with observer.observed():
        watched = build()
    assert all(torch.equal(a, b) for a, b in zip(plain.parameters(), watched.parameters(), strict=True))
    assert torch.nn.Module.__init__.__module__.startswith("torch")
