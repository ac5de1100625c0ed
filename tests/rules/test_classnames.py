"""Tests of class names that spell the layer in other letters."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.rules.package import found

CODE = """
import torch.nn as nn
{head}

def init_weights(m):
    name = m.__class__.__name__
    if {test}:
        m.weight.data.normal_(0.0, 0.01)
"""


@pytest.mark.parametrize(
    ("test", "head", "count"),
    [
        ('name.find("Conv1D") != -1', "", 1),
        ('name.startswith("conv")', "", 1),
        ('"batchnorm" in name', "", 1),
        ('name == "linear"', "", 1),
        ('type(m).__name__ == "LINEAR"', "", 1),
        ('name.find("Conv") != -1', "", 0),
        ('name.find("conv") != -1 or name.find("Conv") != -1', "", 0),
        ('name.lower().find("conv") != -1', "", 0),
        ('name.find("Conv1D") != -1', "from transformers import Conv1D", 0),
        ('name.find("Conv1D") != -1', "from keras import layers", 0),
        ('name.find("Conv1D") != -1', "# as keras has it", 1),
        ('name.find("Conv1D") != -1', "class MyConv1D(nn.Module):\n    pass", 0),
        ('name.find("MyBlock") != -1', "", 0),
        ('name == "Lin"', "", 0),
        ('"Plus" in name', "", 0),  # a part of Softplus by chance
        ('name == "Conv1D"', "# a layer of transformers", 0),
    ],
)
def test_letters_count(tmp_path: Path, test: str, head: str, count: int) -> None:
    assert len(found(tmp_path, "INI504", {"net": CODE.replace("{test}", test).replace("{head}", head)})) == count


def test_the_fix_writes_the_name_as_it_is(tmp_path: Path) -> None:
    (finding,) = found(tmp_path, "INI504", {"net": CODE.replace("{test}", 'name.find("Conv1D") != -1').replace("{head}", "")})
    assert finding.message == "no layer's name contains `Conv1D`: that of `Conv1d` is spelt in other letters, and the test never holds"
    assert finding.fix is not None and finding.fix.message == 'Write `name.find("Conv1d")`'
