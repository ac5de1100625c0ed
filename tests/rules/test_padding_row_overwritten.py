"""A padding row that was drawn over stays so; the fix zeroes it and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from initlint.findings import InsertAfter, Severity
from initlint.graph import InitCall, Layer
from initlint.theory.laws import Distribution, constant, normal, uniform
from tests.rules.graphs import Net, found, only, site, write
from tests.rules.package import found as of_package


def embedding(net: Net, law: Distribution, **arguments: object) -> Layer:
    layer = net.layer("words", "Embedding", {"weight": (50, 16)}, {"weight": normal(0.0, 1.0)}, embedding_dim=16, **arguments)
    write(layer.parameters["weight"], "normal_", law, 6)
    return layer


def test_the_norm_of_the_row_is_what_a_draw_shows() -> None:
    net = Net()
    embedding(net, normal(0.0, 0.5), padding_idx=0)
    finding = only(found("INI405", net.graph))
    assert finding.severity is Severity.WARNING and "a vector of norm 2" in finding.message
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    table = torch.nn.Embedding(10_000, 16, padding_idx=0)
    torch.nn.init.normal_(table.weight, std=0.5)
    table(torch.arange(10_000)).sum().backward()
    assert table.weight.grad is not None and not table.weight.grad[0].any() and table.weight.detach()[0].any()
    assert float(table.weight.detach().norm(dim=1).mean()) == pytest.approx(2, rel=0.05)


def test_the_fix_asks_whether_there_is_a_padding_row() -> None:
    net = Net()
    embedding(net, normal(0.0, 0.5), padding_idx=0)
    net.graph.calls.append(InitCall(initializer="torch.nn.init.normal_", site=site(6), arguments={}, spelled={"tensor": "m.weight.data"}))
    fix = only(found("INI405", net.graph)).fix
    assert fix is not None
    assert fix.actions == (InsertAfter(site=site(6), lines=((0, "if m.padding_idx is not None:"), (1, "m.weight.data[m.padding_idx].zero_()"))),)


@pytest.mark.parametrize(
    ("law", "index"), [(normal(0.0, 0.5), None), (normal(0.0, 0.5), object()), (constant(0.0), 0), (constant(1.0), 0), (Distribution(kind="custom"), 0)]
)
def test_no_row_and_no_draw_are_silent(law: Distribution, index: object) -> None:
    net = Net()
    embedding(net, law, padding_idx=index)
    assert found("INI405", net.graph) == []


def test_one_draw_for_every_matrix_is_a_note() -> None:
    net = Net()
    embedding(net, uniform(-0.1, 0.1), padding_idx=0)
    write(net.linear("fc").parameters["weight"], "uniform_", uniform(-0.1, 0.1), 6)
    finding = only(found("INI405", net.graph))
    assert finding.severity is Severity.NOTE and finding.fix is None


TABLE = """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self, n, d{more}):
        super().__init__()
        self.words = nn.Embedding(n, d, padding_idx={index})
        self.words.weight.data.normal_(0, 0.02)
        {behind}

    def forward(self, x):
        return self.words(x)
"""


@pytest.mark.parametrize(
    ("more", "index", "behind", "said"),
    [
        (", padding_idx=None", "padding_idx", "", "row 0"),
        (", pad=None", "pad", "", "row 0"),
        (", vocab", "vocab['<pad>']", "", "the padding row"),
        (", config", "config.pad_token_id", "", "the padding row"),
        (", padding_idx", "padding_idx", "", "the padding row"),
        (", padding_idx=None", "padding_idx", "if padding_idx is not None:\n            nn.init.zeros_(self.words.weight[padding_idx])", ""),
        (", vocab", "vocab['<pad>']", "self.words.weight.data[vocab['<pad>']] = 0", ""),
        (", vocab", "vocab['<pad>']", "self.words._fill_padding_idx_with_zero()", ""),
        ("", "1", "self.words._fill_padding_idx_with_zero()", ""),
        ("", "None", "", ""),
    ],
)
def test_rows_that_somebody_else_names(tmp_path: Path, more: str, index: str, behind: str, said: str) -> None:
    findings = of_package(tmp_path, "INI405", {"net": TABLE.format(more=more, index=index, behind=behind)})
    assert [f"draws over {said} of `words.weight`" in finding.message for finding in findings] == ([True] if said else [])
