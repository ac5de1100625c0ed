"""Initializers of Keras, JAX and TensorFlow 1 against measured variances."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from initlint.frontend import new_interpreter
from initlint.interpreter.values import Tensor
from initlint.overlays.declared.initializers import IDENTIFIERS, INITIALIZERS
from initlint.process.stack import with_deep_stack

CASES = json.loads((Path(__file__).parents[1] / "data" / "golden_declared.json").read_text("utf-8"))
FAMILIES = {"truncnorm": "trunc_normal", "delta_orthogonal": "custom"}


@pytest.mark.parametrize("case", CASES, ids=[case["call"] for case in CASES])
def test_variance_is_the_measured_one(tmp_path: Path, case: dict[str, Any]) -> None:
    """``initializer(shape)`` as source, and the law that comes out."""
    path = tmp_path / "one.py"
    path.write_text(f"import keras, jax, tensorflow\nimport tensorflow.compat.v1 as tf\nkey = jax.random.key(0)\nvalue = {case['call']}\n")

    def evaluate() -> Any:
        interp, framework = new_interpreter()
        framework.graph_mode = case["call"].startswith("tf.")
        return interp.project.open(path).get("value")

    value = with_deep_stack(evaluate)
    assert isinstance(value, Tensor) and value.shape == tuple(case["shape"])
    law = value.storage.distribution
    assert law is not None and law.kind == FAMILIES.get(case["family"], case["family"])
    if case["var_expected"] is not None:
        assert isinstance(law.std, float) and law.std**2 == pytest.approx(case["var_expected"], rel=1e-6)


def test_every_string_of_keras_leads_to_a_row() -> None:
    assert set(IDENTIFIERS.values()) <= set(INITIALIZERS)
    assert IDENTIFIERS["he_normal"] == "keras.initializers.HeNormal" and IDENTIFIERS["zeros"] == "keras.initializers.Zeros"
