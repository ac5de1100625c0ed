"""Biases that are filled where an option, or the layer itself, leaves them out."""

from __future__ import annotations

from pathlib import Path

import pytest

from initlint.findings import Severity
from tests.rules.package import found

NET = """
import torch.nn as nn

class Net(nn.Module):
    def __init__(self, width=8, {option}=True):
        super().__init__()
        self.inner = nn.Linear(width, width, bias={given})
        self.outer = nn.Linear(width, 1, bias={given})
        {fill}
"""


def test_one_finding_for_a_class(tmp_path: Path) -> None:
    fill = "self.inner.bias.data.fill_(0)\n        nn.init.zeros_(self.outer.bias)"
    (finding,) = found(tmp_path, "INI603", {"net": NET.format(option="bias", given="bias", fill=fill)})
    assert finding.severity is Severity.WARNING and finding.site.line == 8
    assert finding.message == "`self.inner.bias` and 1 more are None under `bias=False`: AttributeError"


@pytest.mark.parametrize(
    ("option", "given", "fill", "count"),
    [
        ("bias", "bias", "for m in self.modules():\n            if isinstance(m, nn.Linear):\n                m.bias.data.zero_()", 1),
        ("use_bias", "use_bias", "nn.init.constant_(self.inner.bias, 0.1)", 1),
        ("bias", "bias", "if self.inner.bias is not None:\n            self.inner.bias.data.zero_()", 0),
        ("bias", "bias", "if bias:\n            nn.init.zeros_(self.inner.bias)", 0),
        ("bias", "bias", "try:\n            nn.init.zeros_(self.inner.bias)\n        except AttributeError:\n            pass", 0),
        ("bias", "True", "nn.init.zeros_(self.inner.bias)", 0),
        ("debias", "debias", "nn.init.zeros_(self.inner.bias)", 0),
    ],
)
def test_what_raises_without_biases(tmp_path: Path, option: str, given: str, fill: str, count: int) -> None:
    assert len(found(tmp_path, "INI603", {"net": NET.format(option=option, given=given, fill=fill)})) == count


@pytest.mark.parametrize(
    ("fill", "count"),
    [
        ("self.inner.bias.data.zero_()", 1),
        ("self.inner.bias.zero_()", 1),
        ("self.inner.bias = nn.Parameter(self.inner.weight[0])\n        self.inner.bias.data.zero_()", 0),
        ("if hasattr(self.inner.bias, 'data'):\n            self.inner.bias.data.zero_()", 0),
    ],
)
def test_a_layer_that_never_has_one(tmp_path: Path, fill: str, count: int) -> None:
    findings = found(tmp_path, "INI603", {"net": NET.format(option="flag", given="False", fill=fill)})
    assert [finding.severity for finding in findings] == [Severity.ERROR] * count
