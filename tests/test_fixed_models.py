"""Fixed models built for real: the law of a weight moves from the one number of the message to the other."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch", reason="torch is not installed: nothing can be built")

SCRIPT = Path(__file__).parent.parent / "benchmarks" / "fixed_models.py"


def load() -> Any:
    spec = importlib.util.spec_from_file_location("fixed_models", SCRIPT)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["fixed_models"] = module
    spec.loader.exec_module(module)
    return module


fixed_models = load()


@pytest.mark.parametrize("case", fixed_models.CASES, ids=lambda case: f"{case.code}-{case.model}")
def test_the_measured_law_moves_to_what_the_message_promised(case: Any) -> None:
    outcome = fixed_models.run(case)
    assert outcome.holds, (outcome.message, outcome.before, outcome.after)


def test_a_promise_that_is_not_kept_shows() -> None:
    case = fixed_models.CASES[0]
    assert not fixed_models.Outcome(case, case.says, case.before, case.before, 50_000).holds
    assert not fixed_models.Outcome(case, "another message", case.before, case.after, 50_000).holds
