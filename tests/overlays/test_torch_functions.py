"""The tables of functions and methods: complete over the layers, and naming only what torch has."""

from __future__ import annotations

import importlib.util
import inspect
import pkgutil
import re
from operator import attrgetter

import pytest

from initlint.overlays.torch_functions import (
    ACTIVATION_FUNCTIONS,
    ACTIVATION_METHODS,
    ACTIVATION_MODULES,
    PAIRS,
    ROLE_KIND,
    SIGNAL_FUNCTIONS,
    SIGNAL_METHODS,
    SPLITS,
    WEIGHTS,
    named,
)
from initlint.overlays.torch_layers import LAYERS

needs_torch = pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="torch is not installed")


def test_every_activation_layer_has_a_nonlinearity_and_every_role_a_kind() -> None:
    assert {name for name, row in LAYERS.items() if row.role == "activation"} == set(ACTIVATION_MODULES)
    assert {row.role for row in LAYERS.values()} <= set(ROLE_KIND)


def test_an_argument_can_make_it_another_activation() -> None:
    assert named(ACTIVATION_MODULES["torch.nn.GELU"], "tanh") == "gelu_tanh"
    assert named(ACTIVATION_FUNCTIONS["torch.nn.functional.hardtanh"], 6.0) == "relu6"
    assert named(ACTIVATION_METHODS["clamp_min"], 0) == "relu"
    assert named(ACTIVATION_MODULES["torch.nn.LeakyReLU"], 0.2) == "leaky_relu"


def test_every_function_with_a_weight_has_a_kind() -> None:
    assert set(WEIGHTS) <= set(SIGNAL_FUNCTIONS)
    assert {SIGNAL_FUNCTIONS[name] for name in WEIGHTS} <= {"matmul", *(kind for kind in SIGNAL_FUNCTIONS.values() if kind.endswith("_function"))}


def test_what_returns_several_tensors_is_a_known_method() -> None:
    assert set(SIGNAL_METHODS) >= SPLITS | PAIRS


@needs_torch
def test_functions_and_methods_exist() -> None:
    import torch

    for path in SIGNAL_FUNCTIONS:
        if path.startswith("torch."):
            pkgutil.resolve_name(path)
    assert [name for name in {**SIGNAL_METHODS, **ACTIVATION_METHODS} if not hasattr(torch.Tensor, name)] == []


@needs_torch
@pytest.mark.parametrize("path", sorted(WEIGHTS))
def test_the_weight_stands_where_the_table_says(path: str) -> None:
    import torch

    function, weight = attrgetter(path.removeprefix("torch."))(torch), WEIGHTS[path]
    try:
        names = list(inspect.signature(function).parameters)
    except ValueError:
        names = re.findall(r"\w+", (function.__doc__ or "").partition("(")[2].partition(")")[0])
    if not names:
        pytest.skip(f"{path} does not document its arguments")
    assert names[weight.position] == weight.keyword
