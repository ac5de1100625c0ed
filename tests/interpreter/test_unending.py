"""Loops that take more than their share of the steps, and what is known behind them."""

from __future__ import annotations

import pytest

from initlint.contexts.models import Analysis, build_models
from initlint.graph import ModelGraph
from initlint.symbolic import Sym

HEAD = "import math\nimport torch\nimport torch.nn as nn\n\n\n"
OFFSETS = '''class Attention(nn.Module):
    """Biases for the offsets of a window, as many as there are."""

    def __init__(self, dim=64, heads=4, side=40):
        super().__init__()
        points = [(i, j) for i in range(side) for j in range(side)]
        offsets, places = {}, []
        for one in points:
            for two in points:
                offset = (abs(one[0] - two[0]), abs(one[1] - two[1]))
                if offset not in offsets:
                    offsets[offset] = len(offsets)
                places.append(offsets[offset])
        self.biases = nn.Parameter(torch.zeros(heads, len(offsets)))
        self.many = len(places)
        self.points = nn.Parameter(torch.zeros(len(points)))
        self.fc = nn.Linear(dim, dim)
        nn.init.xavier_uniform_(self.fc.weight)

    def forward(self, x):
        return self.fc(x).relu()
'''


def graph(code: str, name: str) -> ModelGraph:
    """The model of a class as ``check`` builds it."""
    return next(model.graph for model in build_models(Analysis(), "net.py", (HEAD + code).encode()) if model.root is not None and model.root.name == name)


def test_what_comes_behind_such_a_loop_is_known() -> None:
    net = graph(OFFSETS, "Attention")
    weight, biases, points = (net.parameter(name) for name in ("fc.weight", "biases", "points"))
    assert weight is not None and weight.distribution is not None and weight.distribution.fan == "fan_avg"
    assert biases is not None and biases.shape is not None and biases.shape[0] == 4 and isinstance(biases.shape[1], Sym)
    assert points is not None and points.shape == (1600,)


def test_a_loop_that_ends_in_time_is_followed_to_its_end() -> None:
    biases = graph(OFFSETS.replace("side=40", "side=4"), "Attention").parameter("biases")
    assert biases is not None and biases.shape == (4, 16)


FILLED = """class Net(nn.Module):
    def __init__(self, size=200):
        super().__init__()
        table = torch.zeros(size, size)
        rows = [[0] * size for _ in range(size)]
        known = {{}}
        for i in range(size):
            for j in range(size):
                {body}
        self.fc = nn.Linear(4, 4)
        {then}

    def forward(self, x):
        return self.fc(x)
"""
EFFECTS = {
    "a tensor": ("table[i, j] = math.sin(i / (j + 1))", "self.table = nn.Parameter(table)", "table"),
    "a tensor in place": ("table[i].add_(j)", "self.table = nn.Parameter(table)", "table"),
    "rows of a list": ("rows[i][j] = i * j", "self.table = nn.Parameter(torch.zeros(rows[0][0] + 1))", "table"),
    "a dictionary": ("known[(i, j)] = i", "self.table = nn.Parameter(torch.zeros(len(known) + 1))", "table"),
    "a number": ("size = i + j", "self.table = nn.Parameter(torch.zeros(size))", "table"),
    "a list that grows": ("rows.append(i + j)", "self.table = nn.Parameter(torch.zeros(len(rows)))", "table"),
}


@pytest.mark.parametrize("case", EFFECTS)
def test_what_the_loop_changes_is_not_known(case: str) -> None:
    """Neither the numbers that its first turns left, nor what was there before."""
    body, then, name = EFFECTS[case]
    table = graph(FILLED.format(body=body, then=then), "Net").parameter(name)
    assert table is not None
    assert table.distribution is None or table.shape is None


CALLS = """class Net(nn.Module):
    def __init__(self, depth=200):
        super().__init__()
        self.a = nn.Linear(4, 4)
        self.b = nn.Linear(4, 4)
        for i in range(depth):
            for j in range(depth):
                {body}

    def draw(self, layer):
        nn.init.normal_(layer.weight, 0.0, 0.5)

    def forward(self, x):
        return self.b(self.a(x).relu())
"""


def test_a_loop_that_draws_weights_is_not_left() -> None:
    """It runs out of steps, and nothing is said of the model."""
    with pytest.raises(StopIteration):
        graph(CALLS.format(body="nn.init.normal_(self.a.weight, 0.0, 0.5)"), "Net")


@pytest.mark.parametrize("call", ["self.draw(self.b)", "nn.init.zeros_(self.b.bias)"])
def test_a_loop_that_may_yet_draw_weights_is_not_left(call: str) -> None:
    with pytest.raises(StopIteration):
        graph(CALLS.format(body=f"{call} if i == j == 199 else None"), "Net")


def test_a_walk_over_modules_is_followed_to_its_end() -> None:
    """However many there are: the last one may be the one that is drawn."""
    code = """class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(*[nn.ReLU() for _ in range(2000)])
        self.fc = nn.Linear(4, 4)
        for name, m in self.named_modules():
            if isinstance(m, (nn.Linear, nn.Conv2d)) and name != "":
                nn.init.normal_(m.weight, 0.0, 0.5)

    def forward(self, x):
        return self.fc(x)
"""
    weight = graph(code, "Net").parameter("fc.weight")
    assert weight is not None and weight.distribution is not None and weight.distribution.std == 0.5
