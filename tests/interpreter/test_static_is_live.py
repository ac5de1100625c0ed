"""What ``show`` says a model starts from is what torch makes of the same code."""

from __future__ import annotations

import importlib
import inspect
import math
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from initlint import frontend
from initlint.graph import ModelGraph, Parameter
from initlint.symbolic import Number
from initlint.theory.laws import Distribution

torch: Any = pytest.importorskip("torch", reason="torch is not installed: there is nothing to compare with")

torch.set_num_threads(1)
MODELS = Path(__file__).parent / "models"
NAMES = sorted(
    ".".join(path.relative_to(MODELS).with_suffix("").parts) for path in MODELS.rglob("*.py") if path.name not in ("__init__.py", "base.py", "middle.py")
)
ENOUGH = 6_000
"""Entries of a parameter to draw before its moments are compared."""
MOST_BUILDS = 12
DEVIATIONS = 6.0


def load(name: str) -> ModuleType:
    return importlib.import_module(f"tests.interpreter.models.{name}")


def expressions(module: ModuleType) -> Iterator[str]:
    """Classes that can be built without arguments, and the expressions a module names."""
    for name, value in list(vars(module).items()):
        if inspect.isclass(value) and issubclass(value, torch.nn.Module) and value.__module__ == module.__name__ and not name.startswith("_"):
            parameters = list(inspect.signature(value).parameters.values())
            if all(p.default is not p.empty or p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD) for p in parameters):
                yield f"{name}()"
    yield from getattr(module, "EXPRESSIONS", ())


CASES = [(name, expression) for name in NAMES for expression in dict.fromkeys(expressions(load(name)))]


@pytest.mark.parametrize(("name", "expression"), CASES, ids=[f"{name}-{expression}" for name, expression in CASES])
def test_static_is_live(name: str, expression: str) -> None:
    module = load(name)
    unknown: dict[str, str] = getattr(module, "UNKNOWN", {}).get(expression.partition("(")[0], {})
    shapeless: set[str] = getattr(module, "UNKNOWN_SHAPES", {}).get(expression.partition("(")[0], set())
    graph = frontend.show(f"{MODELS / name.replace('.', '/')}.py:{expression}")
    live = build(module, expression, 0)
    assert [p.name for p in graph.parameters] == list(live)
    complaints = [text for p in graph.parameters for text in compare_facts(p, live[p.name], p.name in unknown, p.name in shapeless)]
    complaints += compare_moments(graph, module, expression, live)
    assert not complaints, "\n" + "\n".join(complaints)


def build(module: ModuleType, expression: str, seed: int) -> dict[str, Any]:
    torch.manual_seed(seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = eval(expression, vars(module))
    return dict(model.named_parameters())


def compare_facts(parameter: Parameter, tensor: Any, is_unknown: bool, shapeless: bool) -> Iterator[str]:
    """Shape, whether it is trained, and that it is known unless the case says otherwise."""
    if parameter.shape != (None if shapeless else tuple(tensor.shape)):
        yield f"{parameter.name}: shape {parameter.shape}, really {tuple(tensor.shape)}"
    if parameter.requires_grad != tensor.requires_grad:
        yield f"{parameter.name}: requires_grad {parameter.requires_grad}"
    law = parameter.distribution
    known = law is not None and law.mean is not None and law.std is not None
    if known == is_unknown:
        yield f"{parameter.name}: {'is known now' if known else f'unknown, {parameter.reason}'}"
    if law is None and not parameter.reason:
        yield f"{parameter.name}: unknown without a reason"


def compare_moments(graph: ModelGraph, module: ModuleType, expression: str, first: dict[str, Any]) -> Iterator[str]:
    """Mean, spread and bounds against as many builds as it takes."""
    draws: dict[str, list[Any]] = {name: [tensor.detach().flatten().double()] for name, tensor in first.items()}
    wanted = {p.name for p in graph.parameters if p.distribution is not None and p.distribution.kind != "constant"}
    for seed in range(1, MOST_BUILDS):
        scarce = {name for name in wanted if sum(len(d) for d in draws[name]) < ENOUGH}
        if not scarce:
            break
        again = build(module, expression, seed)
        for name in scarce:
            draws[name].append(again[name].detach().flatten().double())
    for parameter in graph.parameters:
        if parameter.distribution is not None and parameter.distribution.std is not None:
            yield from compare_law(parameter.name, parameter.distribution, torch.cat(draws[parameter.name]))


def number(value: Number | None) -> float:
    assert isinstance(value, (int, float)), value
    return float(value)


def compare_law(name: str, law: Distribution, values: Any) -> Iterator[str]:
    mean, std = number(law.mean), number(law.std)
    count, low, high = len(values), values.min().item(), values.max().item()
    slack = 1e-5 * max(1.0, abs(mean))
    if std == 0:
        if max(abs(low - mean), abs(high - mean)) > slack:
            yield f"{name}: constant {mean}, really in [{low}, {high}]"
        return
    real_mean, real_std = values.mean().item(), values.std(correction=0).item()
    if abs(real_mean - mean) > DEVIATIONS * std / math.sqrt(count) + slack:
        yield f"{name}: mean {mean}, really {real_mean} of {count} entries"
    kurtosis = ((values - real_mean) ** 4).mean().item() / real_std**4 if real_std else 1.0
    if abs(real_std - std) > std * DEVIATIONS * math.sqrt(max(kurtosis - 1, 0.1) / 4 / count) + slack * 1e-2:
        yield f"{name}: std {std}, really {real_std} of {count} entries"
    for bound, real, sign in ((law.low, low, -1), (law.high, high, 1)):
        if bound is not None and sign * (real - number(bound)) > slack:
            yield f"{name}: bound {bound}, really {real}"
