"""torch's default in front of ReLU is judged where the rule is selected, and loses what it says."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from initlint import engine
from initlint.findings import Finding, Severity
from initlint.rules import select

NET = """
import torch.nn as nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(*[nn.Sequential(nn.Linear(64, 64, bias=False), {norm}nn.ReLU()) for _ in range({depth})], nn.Linear(64, 4))

    def forward(self, x):
        return {forward}
"""


def findings(tmp_path: Path, depth: int, *, norm: str = "", forward: str = "self.net(x)", selected: bool = True) -> list[Finding]:
    path = tmp_path / "net.py"
    path.write_text(NET.format(depth=depth, norm=norm, forward=forward), encoding="utf-8")
    return engine.check([str(path)], rules=select(["INI105"]) if selected else None).findings


def test_it_runs_only_where_it_is_selected(tmp_path: Path) -> None:
    assert findings(tmp_path, 8, selected=False) == []
    (finding,) = findings(tmp_path, 8)
    assert finding.severity is Severity.WARNING and finding.site.line == 7
    assert "`net.*.0.weight` keep torch's default" in finding.message
    assert "passes on about 17 % of the signal, and 8 of them leave 6e-05 % of the variance" in finding.message


@pytest.mark.parametrize(("depth", "severity"), [(1, None), (2, Severity.NOTE), (3, Severity.NOTE), (4, Severity.WARNING)])
def test_the_depth_decides(tmp_path: Path, depth: int, severity: Severity | None) -> None:
    assert [finding.severity for finding in findings(tmp_path, depth)] == ([] if severity is None else [severity])


def test_norms_and_bypasses_are_silent(tmp_path: Path) -> None:
    assert findings(tmp_path, 8, norm="nn.LayerNorm(64), ") == []
    assert findings(tmp_path, 8, forward="x.mean(1, keepdim=True) + self.net(x)") == []


def test_what_is_left_is_what_a_draw_shows() -> None:
    torch = pytest.importorskip("torch")
    logs = []
    for seed in range(8):
        torch.manual_seed(seed)
        net = torch.nn.Sequential(*[torch.nn.Sequential(torch.nn.ReLU(), torch.nn.Linear(512, 512, bias=False)) for _ in range(6)])
        x = torch.randn(64, 512)
        logs.append(math.log(float(net(x).detach().square().mean() / x.square().mean())))
    assert sum(logs) / len(logs) == pytest.approx(6 * math.log(1 / 6), abs=0.35)
