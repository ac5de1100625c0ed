"""What was not read, and what no table tells, is held to be right."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from initlint.engine import check
from initlint.findings import Finding, Site
from initlint.graph import InitCall, ModelGraph
from initlint.rules import bad_init_call

HEAD = """
import torch
from torch import nn
from elsewhere import Base, Mixer

"""
SOUND = {
    "a class from elsewhere, tested together with something else": """
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.embedding = nn.Embedding(8, 4)
                self.apply(self.draw)

            def draw(self, module):
                if isinstance(module, Mixer) and next(module.parameters()).device.type != "meta":
                    nn.init.zeros_(module.rates)
    """,
    "a module is no parameter": """
        class Net(Base):
            def __init__(self):
                super().__init__()
                self.fc = nn.Linear(8, 4)
                self.apply(self.draw)

            def draw(self, module):
                if isinstance(module, nn.Parameter):
                    nn.init.normal_(module, std=0.02)
    """,
    "what every module has": """
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.norm = nn.BatchNorm1d(8)
                self.norm.reset_running_stats()
                self.hooks = list(self.norm._forward_pre_hooks.values())
    """,
    "an argument that may be a whole shape": """
        class Net(nn.Module):
            def __init__(self, shape):
                super().__init__()
                self.weight = nn.Parameter(torch.zeros(shape))
                nn.init.kaiming_uniform_(self.weight)
    """,
    "a tensor without entries": """
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.where = nn.Parameter(torch.Tensor())
    """,
    "a tensor of one entry that nobody knows": """
        class Net(nn.Module):
            def __init__(self, args):
                super().__init__()
                self.rate = nn.Parameter(torch.Tensor([args.rate]))
    """,
    "a routine for models that speaks of their LSTMs": """
        def draw(model):
            if isinstance(model.encoder, nn.LSTM):
                nn.init.zeros_(model.embedding.weight)
    """,
    "an option that callers give": """
        class Net(nn.Module):
            def __init__(self, **options):
                super().__init__()
                self.fc = nn.Linear(8, 8)
                nn.init.normal_(self.fc.weight, std=options.get("std"))
    """,
    "a shape of unknown length": """
        def draw(shape, plain):
            full = torch.empty(tuple(int(size) for size in shape))
            if not plain:
                nn.init.kaiming_uniform_(full)
    """,
    "a line that goes on into nothing": """
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.fc = nn.Linear(8, 8)
                nn.init.zeros_(self.fc.bias)

            def forward(self, x):
                return self.fc(x)\\


        class Other(Net):
            pass
    """,
    "a helper for other things than tensors": """
        import pandas

        def tidy(table):
            if len(table) > 4:
                table = table.copy()
            return table

        class Net(nn.Module):
            def __init__(self, table=torch.zeros(8, 8)):
                super().__init__()
                self.fc = nn.Linear(8, 8)
                nn.init.zeros_(self.fc.bias)
                if isinstance(table, pandas.DataFrame):
                    tidy(table)
    """,
    "a reshape of nothing": """
        class Net(nn.Module):
            def __init__(self, heads):
                super().__init__()
                self.heads = heads
                self.fc = nn.Linear(8, 8)

            def forward(self, x):
                return torch.zeros(0, self.heads).view(-1, 0) + self.fc(x)
    """,
}


def found(folder: Path, source: str) -> list[Finding]:
    path = folder / "net.py"
    path.write_text(HEAD + dedent(source))
    return check([str(path)]).findings


@pytest.mark.parametrize("case", SOUND)
def test_nothing_is_said(tmp_path: Path, case: str) -> None:
    assert found(tmp_path, SOUND[case]) == []


def test_a_table_still_tells_what_a_layer_lacks(tmp_path: Path) -> None:
    source = """
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.norm = nn.BatchNorm1d(8)
                nn.init.zeros_(self.norm.kernel)
    """
    assert [(f.code, f.message) for f in found(tmp_path, source)] == [("INI604", "a BatchNorm1d has no `kernel`: AttributeError")]


@pytest.mark.parametrize(("certain", "expected"), [(True, 1), (False, 0)])
def test_none_raises_where_it_is_certain_to_be_none(certain: bool, expected: int) -> None:
    graph = ModelGraph(name="net", path="net.py", site=Site("net.py", 1, 1, 1, 2))
    where = Site("net.py", 9, 9, 9, 30)
    call = InitCall(
        initializer="torch.nn.init.zeros_",
        site=where,
        arguments={},
        spelled={},
        shape=None,
        law=None,
        problem="AttributeError: None has no values",
        certain=certain,
    )
    graph.calls.append(call)
    assert len(list(bad_init_call.check(graph))) == expected


def test_a_trainer_may_fill_whatever_model_it_is_given(tmp_path: Path) -> None:
    source = """
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.weight = nn.Parameter(torch.empty(8, 8))

            def forward(self, x):
                return x @ self.weight
    """
    (tmp_path / "pyproject.toml").write_text("")
    assert [f.code for f in found(tmp_path, source)] == ["INI508"]
    loop = "for p in self.model.parameters():\n            nn.init.xavier_uniform_(p)"
    (tmp_path / "trainer.py").write_text(f"class Trainer:\n    def draw(self):\n        {loop}\n")
    assert found(tmp_path, source) == []
