"""Of two draws of one tensor the first is lost; that matters where they differ and were meant for different layers."""

from __future__ import annotations

from typing import Any

import pytest

from initlint.findings import Finding, RemoveStatement, Severity, Site
from initlint.graph import InitCall
from initlint.theory.laws import Distribution, normal
from tests.rules.graphs import Net, found, only, site, write


def tied(*draws: tuple[str, Distribution, dict[str, Any]]) -> list[Finding]:
    net = Net()
    weight = net.layer("encoder", "Embedding", {"weight": (50, 16)}, {"weight": normal(0.0, 1.0)}).parameters["weight"]
    weight.aliases = ("decoder.weight",)
    for line, (tensor, law, fields) in enumerate(draws, 5):
        write(weight, "normal_", law, line, **fields)
        net.graph.calls.append(InitCall(initializer="torch.nn.init.normal_", site=site(line), arguments={}, spelled={"tensor": tensor}, parameter=weight))
    return found("INI406", net.graph)


def guarded(line: int) -> dict[str, Any]:
    return {"guard": Site("net.py", line, 12, line, 30), "routine": "Net._init"}


def test_two_names_two_laws() -> None:
    finding = only(tied(("self.encoder.weight", normal(0.0, 1.0), {}), ("self.decoder.weight", normal(0.0, 0.02), {})))
    assert finding.severity is Severity.WARNING and "this draw (std 1) is lost to that of line 6 (std 0.02)" in finding.message
    assert finding.fix is not None and finding.fix.actions == (RemoveStatement(site=site(5)),)


def test_two_branches_of_one_routine() -> None:
    finding = only(tied(("m.weight", normal(0.0, 0.5), guarded(3)), ("m.weight", normal(0.0, 0.02), guarded(4))))
    assert finding.fix is None


def test_a_small_difference_is_a_note() -> None:
    assert only(tied(("self.encoder.weight", normal(0.0, 0.02), {}), ("self.decoder.weight", normal(0.0, 0.025), {}))).severity is Severity.NOTE


@pytest.mark.parametrize(
    "draws",
    [
        [("self.encoder.weight", normal(0.0, 1.0), {})],
        [("self.encoder.weight", normal(0.0, 0.02), {}), ("self.decoder.weight", normal(0.0, 0.02), {})],
        [("self.encoder.weight", normal(0.0, 1.0), {}), ("self.encoder.weight", normal(0.0, 0.02), {})],
        [("self.weight", normal(0.0, 1.0), {}), ("m.weight", normal(0.0, 0.02), {})],
        [("m.weight", normal(0.0, 1.0), guarded(3)), ("m.weight", normal(0.0, 0.02), guarded(3))],
        [("self.encoder.weight", normal(0.0, 1.0), {"certain": False}), ("self.decoder.weight", normal(0.0, 0.02), {})],
    ],
)
def test_one_name_or_one_law_is_silent(draws: list[tuple[str, Distribution, dict[str, Any]]]) -> None:
    assert tied(*draws) == []
