"""Findings name the other places they are about: where copies were asked for, values were drawn, a parameter is declared, a result was made."""

from __future__ import annotations

from pathlib import Path

import pytest

from initlint.findings import Finding, Severity
from tests.rules.package import found

HEAD = "import copy\nimport torch\nfrom torch import nn\n"


def places(finding: Finding) -> list[int]:
    """The lines of the other places."""
    return [place["row"] for place in finding.evidence["sites"]]


ATTENTION = """
def clones(module, n):
    return nn.ModuleList([copy.deepcopy(module) for _ in range(n)])


class Attention(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.maps = clones(nn.Linear(width, width), 3)

    def forward(self, x):
        query, key, value = [layer(x) for layer in self.maps]
        return torch.softmax(query @ key.transpose(-1, -2), -1) @ value


class Model(nn.Module):
    def __init__(self, width):
        super().__init__()
        attention = Attention(width)
        self.first = copy.deepcopy(attention)
        self.second = copy.deepcopy(attention)

    def forward(self, x):
        return self.second(self.first(x))
"""


def test_copies_of_copies_are_told_where_they_became_several(tmp_path: Path) -> None:
    equal, apart = found(tmp_path, "INI202", {"net": HEAD + ATTENTION})
    assert (equal.site.line, equal.severity, places(equal)) == (6, Severity.WARNING, [12])
    assert (apart.site.line, apart.severity) == (24, Severity.NOTE) and "sites" not in apart.evidence


def test_of_copies_of_a_copy_the_last_act_made_several(tmp_path: Path) -> None:
    text = """
class Ensemble(nn.Module):
    def __init__(self, width):
        super().__init__()
        target = copy.deepcopy(nn.Linear(width, width))
        self.members = nn.ModuleList([copy.deepcopy(target) for _ in range(3)])

    def forward(self, x):
        return sum(member(x) for member in self.members)
"""
    [finding] = found(tmp_path, "INI202", {"net": HEAD + text})
    assert finding.site.line == 9 and finding.evidence["copies"] == 3


def test_a_copy_that_is_drawn_again_and_copied_is_an_original(tmp_path: Path) -> None:
    text = """
class Ensemble(nn.Module):
    def __init__(self, width):
        super().__init__()
        first = nn.Linear(width, width)
        second = copy.deepcopy(first)
        nn.init.orthogonal_(second.weight)
        self.first, self.second, self.third = first, second, copy.deepcopy(second)

    def forward(self, x):
        return self.first(x) + self.second(x) + self.third(x)
"""
    [finding] = found(tmp_path, "INI202", {"net": HEAD + text})
    assert finding.site.line == 11 and finding.parameters == ("Ensemble:second.weight", "Ensemble:third.weight")


SIGNS = """
class Scale(nn.Module):
    def __init__(self, width, init="ones"):
        super().__init__()
        self.scale = nn.Parameter(torch.empty(width))
        fills = {{
            "ones": nn.init.ones_,
            "signs": {signs},
        }}
        {call}

    def forward(self, x):
        return x * self.scale
"""


@pytest.mark.parametrize(
    ("signs", "call", "count"),
    [
        ("lambda x: torch.sign(torch.randn_like(x))", "fills[init](self.scale)", 1),
        ("lambda x: x + torch.randn_like(x)", "fills[init](self.scale)", 1),
        ("lambda x: nn.init.normal_(x)", "fills[init](self.scale)", 0),
        ("lambda x: x.copy_(torch.sign(torch.randn_like(x)))", "fills[init](self.scale.data)", 0),
        ("lambda x: torch.sign(torch.randn_like(x))", "self.scale.data = fills[init](self.scale)", 0),
        ("lambda x: print(x)", "fills[init](self.scale)", 0),
    ],
)
def test_a_lambda_whose_result_is_dropped(tmp_path: Path, signs: str, call: str, count: int) -> None:
    findings = found(tmp_path, "INI506", {"net": HEAD + SIGNS.format(signs=signs, call=call)})
    assert len(findings) == count
    for finding in findings:
        assert "the lambda computes a new tensor at line 11" in finding.message and (finding.site.line, places(finding)) == (13, [11])


@pytest.mark.parametrize(("body", "count"), [("return torch.sign(x)", 1), ("'''Signs.'''\n    return x * 2", 1), ("return x.sign_()", 0)])
def test_a_function_that_only_returns_a_new_tensor(tmp_path: Path, body: str, count: int) -> None:
    text = f"""
def signs(x):
    {body}


class Net(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.map = nn.Linear(width, width)
        signs(self.map.weight)

    def forward(self, x):
        return self.map(x)
"""
    assert len(found(tmp_path, "INI506", {"net": HEAD + text})) == count


def test_values_that_are_copied_name_their_draw(tmp_path: Path) -> None:
    text = """
class Net(nn.Module):
    def __init__(self, size, out):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(out, size))
        values = torch.rand(out, size)

        with torch.no_grad():
            scaled = values / 2

            self.weight.copy_(scaled)

    def forward(self, x):
        return torch.tanh(x @ self.weight.t())
"""
    [finding] = found(tmp_path, "INI302", {"net": HEAD + text})
    assert (finding.site.line, places(finding)) == (14, [9])


def test_an_initializer_made_in_advance_names_the_parameter(tmp_path: Path) -> None:
    text = """
import keras


class ScaleNorm(keras.layers.Layer):
    def build(self, shape):
        drawn = keras.initializers.GlorotNormal()

        self.gamma = self.add_weight(name="gamma", shape=(shape[-1],), initializer=drawn)

    def call(self, x):
        mean = keras.ops.mean(x, axis=-1, keepdims=True)
        return self.gamma * (x - mean) / keras.ops.std(x, axis=-1, keepdims=True)
"""
    [finding] = found(tmp_path, "INI401", {"net": text})
    assert (finding.site.line, places(finding)) == (6, [8])
