"""The live graph of real builds says what the static graph of the same code claims."""

from __future__ import annotations

import os
import warnings

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed: nothing can be built")

from initlint import frontend  # noqa: E402
from initlint.live import graphs, observer  # noqa: E402
from tests.interpreter.test_static_is_live import CASES, MODELS, load  # noqa: E402

UNSEEN = {
    "torch.nn.Embedding.from_pretrained": "a parameter made of a given tensor is no write",
}
"""Initializers that source names and no operator shows."""
SHARED = {"Tied", "Copies"}
"""Models in which one tensor takes another's memory over: which of its writes counts as last is told differently."""
OTHERWISE = {"Matched", "Itertools"}
"""Models that guard by ``match``, which is no test of a name, or make several layers on one line."""

DRAWN = {"statistics", "wrapped"}
"""Modules whose models compute with sums over what was drawn: the live graph has the number of this draw, where it has one."""


@pytest.mark.parametrize(("name", "expression"), CASES, ids=[f"{name}-{expression}" for name, expression in CASES])
def test_live_is_static(name: str, expression: str) -> None:
    module = load(name)
    static = frontend.show(f"{MODELS / name.replace('.', '/')}.py:{expression}")
    torch.manual_seed(0)
    with warnings.catch_warnings(), observer.observed() as ledger:
        warnings.simplefilter("ignore")
        model = eval(expression, vars(module))
    live = {p.name: p for p in graphs.build(model, expression, "", ledger)[0].parameters}
    assert list(live) == [p.name for p in static.parameters]
    for parameter in static.parameters:
        seen, claimed = live[parameter.name], parameter.effective
        law = parameter.distribution
        if law is not None and law.mean is not None and law.std is not None:
            found = seen.distribution
            if name in DRAWN and law.kind == "custom":
                assert found is None or found.std == pytest.approx(law.std, rel=0.1), parameter.name
                continue
            assert found is not None, f"{parameter.name}: {seen.reason}"
            assert found.kind == law.kind and [found.mean, found.std] == pytest.approx([law.mean, law.std], rel=1e-5), parameter.name
        if claimed is None or claimed.initializer in UNSEEN or expression.partition("(")[0] in SHARED:
            continue
        assert seen.effective is not None and seen.effective.initializer == claimed.initializer, parameter.name
        if claimed.site is not None:
            assert seen.effective.site is not None
            assert (os.path.abspath(seen.effective.site.path), seen.effective.site.line) == (os.path.abspath(claimed.site.path), claimed.site.line)
            if expression.partition("(")[0] not in OTHERWISE:
                assert (seen.effective.site.column, seen.effective.origin) == (claimed.site.column, claimed.origin), parameter.name
