"""Init routines of one name: of which nothing is left, and which only look so."""

from __future__ import annotations

from pathlib import Path

import pytest

from initlint.findings import Severity
from tests.rules.package import found

NET = """
import torch
import torch.nn as nn
from typing import overload


class Net({base}):
    def __init__(self):
        super().__init__()
        self.body = nn.Linear(8, 8)
        self.apply(self.init_layer)

{first}

    def forward(self, x):
        return self.body(x)

{second}
"""
FIRST = """
    def init_layer(self, m):
        if isinstance(m, nn.Linear):
            nn.init.normal_(m.weight, std=0.1)
"""
SECOND = """
    def init_layer(self, m):
        if isinstance(m, nn.Linear):
            nn.init.uniform_(m.weight, -0.2, 0.2)
"""


def decorated(text: str, decorator: str) -> str:
    """A method with a decorator."""
    return f"    {decorator}\n{text.lstrip()}".replace("def ", "    def ", 1) if decorator else text


@pytest.mark.parametrize("decorator", ["", "@torch.no_grad()"])
def test_the_second_of_two_routines_takes_the_name(tmp_path: Path, decorator: str) -> None:
    text = NET.format(base="nn.Module", first=decorated(FIRST, decorator), second=decorated(SECOND, decorator))
    [finding] = found(tmp_path, "INI501", {"net": text})
    line = text.lstrip("\n")[: text.lstrip("\n").rindex("def init_layer")].count("\n") + 1
    assert finding.message.startswith("`Net.init_layer` is defined again at line ")
    assert finding.message.endswith(f"{line}: of this one nothing is left, and what it would set is never set")
    assert finding.severity is Severity.WARNING and finding.fix is None


@pytest.mark.parametrize(
    ("base", "first", "second"),
    [
        ("nn.Module", decorated(FIRST, "@overload"), SECOND),
        ("nn.Module", decorated(FIRST, "@torch.jit.ignore()"), decorated(SECOND, "@torch.jit.export")),
        ("nn.Module", decorated(FIRST, "@property"), decorated(SECOND, "@init_layer.setter")),
        ("nn.Module", FIRST, f"{FIRST}            # the same\n"),
        ("nn.Module", FIRST, "    if torch.cuda.is_available():" + SECOND.replace("\n    ", "\n        ")),
        ("nn.Module", FIRST, f"    init_first = init_layer\n{SECOND}"),
        ("nn.Module", "    def init_layer(self, m):\n        raise NotImplementedError", SECOND),
        ("nn.Module", FIRST, SECOND.replace("init_layer", "init_other").replace("(self, m)", "(self, m, *, more)")),
        ("object", FIRST, SECOND),
    ],
)
def test_definitions_that_lose_nothing(tmp_path: Path, base: str, first: str, second: str) -> None:
    told = found(tmp_path, "INI501", {"net": NET.format(base=base, first=first, second=second)})
    assert not [finding for finding in told if "defined again" in finding.message]


FUNCTIONS = """
import torch.nn as nn

def weights_init(m):
    if isinstance(m, nn.Linear):
        nn.init.normal_(m.weight, std=0.1)

{between}

def weights_init(m):
    if isinstance(m, nn.Conv2d):
        nn.init.normal_(m.weight, std=0.2)

net = nn.Sequential(nn.Conv2d(3, 8, 3))
net.apply(weights_init)
"""


@pytest.mark.parametrize(
    ("between", "count"),
    [
        ("", 1),
        ("class Net:\n    def start(self):\n        self.weights_init(3)", 1),
        ("# weights_init of before", 1),
        ("first = nn.Linear(8, 8).apply(weights_init)", 0),
        ("linear_init = weights_init", 0),
    ],
)
def test_functions_of_one_name(tmp_path: Path, between: str, count: int) -> None:
    told = found(tmp_path, "INI501", {"net": FUNCTIONS.format(between=between)})
    assert [finding.site.line for finding in told if "defined again" in finding.message] == [3] * count


def test_what_is_lost_is_not_told_to_have_no_caller_besides(tmp_path: Path) -> None:
    text = NET.format(base="nn.Module", first=FIRST, second=SECOND).replace("self.apply(self.init_layer)", "")
    told = found(tmp_path, "INI501", {"net": text})
    assert ["defined again" in finding.message for finding in told] == [True, False]
