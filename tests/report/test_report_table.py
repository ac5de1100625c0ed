"""The table of ``show``, as text and as JSON."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from initlint.findings import Site
from initlint.graph import InitEvent, Layer, ModelGraph, Origin, Parameter
from initlint.report.paint import width
from initlint.report.table import describe, rows, to_json, to_text
from initlint.symbolic import symbol
from initlint.theory.laws import Distribution, constant, custom, normal, uniform

HE = normal(0.0, 0.0589, "Var = 2 / fan_out")
EVENT = InitEvent(initializer="torch.nn.init.kaiming_normal_", origin=Origin.CALL, distribution=HE, site=Site("src/resnet.py", 208, 17, 208, 60))


def parameter(name: str, law: Distribution | None, **fields: Any) -> Parameter:
    """A parameter of a convolution, unless said otherwise."""
    layer = Layer(path="conv1", kind="Conv2d", class_name="Conv2d", arguments={})
    options: dict[str, Any] = {"shape": (64, 3, 7, 7), "layer": layer, "events": [EVENT], **fields}
    return Parameter(name=name, role="weight", distribution=law, **options)


GRAPH = ModelGraph(
    name="ResNet",
    path="src/resnet.py",
    parameters=[
        parameter("conv1.weight", HE),
        parameter("scale", None, shape=(4 * symbol("hidden"), 2), layer=None, events=[], reason="copied from a checkpoint"),
    ],
)
GAINS = {"conv1.weight": ("batch_norm → relu", 1.0)}


def test_json_is_the_contract() -> None:
    """Every key, and null with a reason where nothing is known."""
    assert json.loads(to_json(GRAPH, "resnet.py:ResNet", GAINS)) == {
        "schema_version": 1,
        "target": "resnet.py:ResNet",
        "parameters": [
            {
                "name": "conv1.weight",
                "shape": [64, 3, 7, 7],
                "distribution": "normal",
                "mean": 0.0,
                "std": 0.0589,
                "low": None,
                "high": None,
                "law": "Var = 2 / fan_out",
                "initializer": "torch.nn.init.kaiming_normal_",
                "origin": "call",
                "site": {"path": "src/resnet.py", "line": 208, "column": 17},
                "layer": "Conv2d",
                "nonlinearity": "batch_norm → relu",
                "gain": 1.0,
                "reason": None,
            },
            {
                **dict.fromkeys(("distribution", "mean", "std", "low", "high", "law", "initializer", "origin", "site", "layer", "nonlinearity", "gain")),
                "name": "scale",
                "shape": ["4*hidden", 2],
                "reason": "copied from a checkpoint",
            },
        ],
    }


def test_symbolic_moments_are_null_with_a_reason() -> None:
    """JSON holds numbers only; the formula is in the reason."""
    graph = ModelGraph(name="Net", path="net.py", parameters=[parameter("w", normal(0.0, 1 / symbol("hidden")))])
    [row] = rows(graph, {})
    assert (row["std"], row["mean"], row["reason"]) == (None, 0.0, "depends on symbolic sizes: std = 1/hidden")


def test_infinite_gains_are_null() -> None:
    """Whatever the theory says, the JSON is valid."""
    assert json.loads(to_json(GRAPH, "t", {"conv1.weight": ("x", math.inf)}))["parameters"][0]["gain"] is None


def test_the_text_table_has_one_line_per_parameter() -> None:
    """Columns line up; a default says so; the total counts what is not known."""
    assert to_text(GRAPH, GAINS) == (
        "name          shape       distribution       law                       set by                         nonlinearity\n"
        "────────────  ──────────  ─────────────────  ────────────────────────  ─────────────────────────────  ─────────────────\n"
        "conv1.weight  64×3×7×7    normal(0, 0.0589)  Var = 2 / fan_out         resnet.py:208 kaiming_normal_  batch_norm → relu\n"
        "scale         4*hidden×2  ?                  copied from a checkpoint\n"
        "\n"
        "ResNet: 2 parameters, 9,408 values, 1 not known\n"
    )


@pytest.mark.parametrize("columns", [60, 80, 100])
def test_the_table_fits_the_terminal(columns: int) -> None:
    """Wide columns are shortened with an ellipsis."""
    lines = to_text(GRAPH, GAINS, columns=columns).splitlines()
    assert max(map(width, lines[:-1])) <= columns
    assert any("…" in line for line in lines)


def test_names_cannot_drive_the_terminal() -> None:
    """Escapes in names are spelled out."""
    graph = ModelGraph(name="N\x1b", path="", parameters=[parameter("w\x1b[2J", None, shape=None, reason="\n")])
    assert "\x1b" not in to_text(graph, {})


@pytest.mark.parametrize(
    ("law", "text"),
    [
        (None, "?"),
        (HE, "normal(0, 0.0589)"),
        (uniform(-0.04412, 0.04412), "uniform(±0.04412)"),
        (uniform(0, 1), "uniform(0, 1)"),
        (uniform(-1 / symbol("n"), 1 / symbol("n")), "uniform(±1/n)"),
        (constant(1), "constant(1)"),
        (constant(0.0), "constant(0)"),
        (custom("argparse"), "custom"),
        (Distribution(kind="dirac"), "dirac"),
        (Distribution(kind="trunc_normal", mean=0.0, std=0.02), "trunc_normal(0, 0.02)"),
    ],
)
def test_a_distribution_is_short(law: Distribution | None, text: str) -> None:
    """As a person would write it."""
    assert describe(law) == text


def test_a_default_names_the_layer() -> None:
    """What nobody set is the layer's own."""
    event = InitEvent(initializer="torch.nn.Linear", origin=Origin.DEFAULT, distribution=HE, site=None)
    assert "Linear default" in to_text(ModelGraph(name="N", path="", parameters=[parameter("w", HE, events=[event])]), {})
