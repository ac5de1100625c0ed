"""Static is live on models that nobody wrote. The benchmark of the same name does this for thousands."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest

from tests.generated import differences, source

torch = pytest.importorskip("torch", reason="torch is not installed: there is nothing to compare with")

MODELS = 40
ODD = (30252, 30598)
"""Models that were once read otherwise than they are built: a routine that runs twice, ones that are scaled before others replace them."""


@pytest.mark.parametrize("seed", [*range(MODELS), *ODD])
def test_a_model_made_up_at_random_is_read_as_it_is_built(seed: int, tmp_path: Path) -> None:
    """Every name, shape, law, initializer, line, nonlinearity and finding; nothing is left unknown."""
    torch.set_num_threads(1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        claims, found, _ = differences(seed, tmp_path)
    assert not found, source(seed)
    assert claims["law"] > 1


def test_the_models_differ() -> None:
    """In most of what there is to vary."""
    texts = [source(seed) for seed in range(MODELS)]
    assert len(set(texts)) == MODELS
    together = "\n".join(texts)
    for word in ("named_parameters", "self.apply", "self.modules()", "add_module", "OrderedDict", "partial(", "class Base", "Conv2d", "nn.Parameter", "x + y"):
        assert word in together
