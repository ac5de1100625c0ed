"""What follows a seed that is set again is the same numbers, as long as the same shapes are drawn."""

from __future__ import annotations

import pytest

from initlint.findings import Finding, RemoveStatement, Severity
from initlint.graph import Layer, Mistake
from initlint.theory.laws import Distribution, constant, normal
from tests.harness import FIXTURES, load
from tests.rules.graphs import Net, found, only, site, write


def drawn(net: Net, path: str, time: int, law: Distribution, size: int = 16) -> Layer:
    layer = net.linear(path, size, size)
    layer.parameters["bias"].events.clear()
    layer.parameters["weight"].events.clear()
    write(layer.parameters["weight"], "normal_", law, 9, time=time)
    return layer


def seeded(net: Net, *resets: tuple[int, int | None]) -> list[Finding]:
    net.graph.mistakes.append(Mistake(kind="reset-seed", site=site(3), text="", detail={"resets": list(resets)}))
    return found("INI203", net.graph)


def test_two_blocks_with_one_seed_are_equal() -> None:
    net = Net()
    drawn(net, "a", 2, normal(0.0, 0.1))
    drawn(net, "b", 12, normal(0.0, 0.1))
    finding = only(seeded(net, (1, 0), (11, 0)))
    assert finding.severity is Severity.WARNING
    assert finding.message == "the seed is set 2 times while the model is built: `a.weight` and `b.weight` start with the same numbers"
    assert finding.fix is not None and finding.fix.actions == (RemoveStatement(site=site(3)),)


@pytest.mark.parametrize(
    ("resets", "law", "size"),
    [
        (((1, 0), (11, 1)), normal(0.0, 0.1), 16),
        (((1, None), (11, None)), normal(0.0, 0.1), 16),
        (((1, 0), (11, 0)), normal(0.0, 0.1), 8),
        (((1, 0), (11, 0)), normal(0.0, 0.2), 16),
        (((1, 0), (11, 0)), constant(0.0), 16),
        (((1, 0),), normal(0.0, 0.1), 16),
    ],
)
def test_other_seeds_shapes_and_laws_are_a_note(resets: tuple[tuple[int, int | None], ...], law: Distribution, size: int) -> None:
    net = Net()
    drawn(net, "a", 2, normal(0.0, 0.1))
    drawn(net, "b", 12, law, size)
    assert only(seeded(net, *resets)).severity is Severity.NOTE


def test_a_draw_in_between_shifts_the_numbers() -> None:
    net = Net()
    drawn(net, "a", 2, normal(0.0, 0.1))
    drawn(net, "other", 12, normal(0.0, 0.1), 8)
    drawn(net, "b", 13, normal(0.0, 0.1))
    assert only(seeded(net, (1, 0), (11, 0))).severity is Severity.NOTE


def test_the_blocks_of_the_fixture_are_equal() -> None:
    torch = pytest.importorskip("torch")
    blocks = load(FIXTURES / "reset-seed" / "torch_blocks.py").build().blocks
    assert all(torch.equal(blocks[0].fc.weight, block.fc.weight) for block in blocks)
