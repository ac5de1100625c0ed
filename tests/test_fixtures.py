"""Each fixture gives exactly the findings it expects, runs as a model, and does to the signal what it says."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from tests.harness import expectations, fixtures, identify, load

each_fixture = pytest.mark.parametrize("path", fixtures(), ids=identify)


@each_fixture
def test_findings_are_those_expected(path: Path) -> None:
    engine = pytest.importorskip("initlint.engine")
    findings = engine.check([str(path)]).findings
    expected = expectations(path)
    assert sorted((f.site.line, f.code) for f in findings) == sorted((e.line, e.code) for e in expected), [f.message for f in findings]
    for expectation in expected:
        messages = [f.message for f in findings if (f.site.line, f.code) == (expectation.line, expectation.code)]
        assert any(expectation.text in message for message in messages), messages


@each_fixture
def test_the_model_runs(path: Path) -> None:
    torch = pytest.importorskip("torch")
    module = load(path)
    torch.manual_seed(0)
    model = module.build()
    assert torch.isfinite(model(torch.randn(module.EXAMPLE_SHAPE))).all()


@each_fixture
def test_the_signal_does_what_is_predicted(path: Path) -> None:
    """``PREDICTED``: second moment behind a submodule over that of the input, compared in logarithms and averaged over seeds."""
    torch = pytest.importorskip("torch")
    module = load(path)
    if not hasattr(module, "PREDICTED"):
        pytest.skip("no ratio is predicted")
    for name, ratio in module.PREDICTED.items():
        logs = []
        for seed in range(8):
            torch.manual_seed(seed)
            model = module.build()
            seen: list[Any] = []
            model.get_submodule(name).register_forward_hook(lambda *call, seen=seen: seen.append(call[-1].detach()))
            x = torch.randn(module.EXAMPLE_SHAPE)
            model(x)
            logs.append(math.log(float(seen[-1].square().mean() / x.square().mean())))
        assert sum(logs) / len(logs) == pytest.approx(math.log(ratio), abs=0.35)


@each_fixture
def test_dead_weights_get_no_gradient(path: Path) -> None:
    """``DEAD``: parameters that no example moves."""
    torch = pytest.importorskip("torch")
    module = load(path)
    if not hasattr(module, "DEAD"):
        pytest.skip("no parameter is claimed to be dead")
    torch.manual_seed(0)
    model = module.build()
    model(torch.randn(module.EXAMPLE_SHAPE)).square().sum().add(1).log().backward()
    named = dict(model.named_parameters())
    for name in module.DEAD:
        gradient = named[name].grad
        assert gradient is None or not gradient.any(), name


@each_fixture
def test_parameters_start_from_what_is_said(path: Path) -> None:
    """``STARTS``: standard deviation of parameters as the model is built."""
    torch = pytest.importorskip("torch")
    module = load(path)
    if not hasattr(module, "STARTS"):
        pytest.skip("no standard deviation is predicted")
    torch.manual_seed(0)
    model = module.build()
    for name, std in module.STARTS.items():
        owner, _, attribute = name.rpartition(".")
        assert float(getattr(model.get_submodule(owner), attribute).detach().std()) == pytest.approx(std, rel=0.05), name


@each_fixture
def test_broken_models_raise(path: Path) -> None:
    """``RAISES``: classes that cannot be constructed, with the exception."""
    pytest.importorskip("torch")
    module = load(path)
    if not hasattr(module, "RAISES"):
        pytest.skip("every model can be built")
    for name, exception in module.RAISES.items():
        with pytest.raises((AttributeError, RuntimeError, TypeError, ValueError)) as raised:
            getattr(module, name)()
        assert raised.type.__name__ == exception


@each_fixture
def test_unfilled_memory_shows(path: Path) -> None:
    """``UNFILLED``: parameters that hold NaN where torch fills new memory with it."""
    torch = pytest.importorskip("torch")
    module = load(path)
    if not hasattr(module, "UNFILLED"):
        pytest.skip("every parameter is filled")
    torch.use_deterministic_algorithms(True)
    try:
        models = {name: getattr(module, name)() for name in module.UNFILLED}
    finally:
        torch.use_deterministic_algorithms(False)
    for name, parameters in module.UNFILLED.items():
        named = dict(models[name].named_parameters())
        assert {role for role in named if named[role].isnan().all()} == set(parameters)
