"""Rules about numbers in the wrong place: what they see in a call, what they leave alone, what they write."""

from __future__ import annotations

from pathlib import Path

import pytest

from initlint import check
from initlint.findings import Finding, Safety, Severity
from initlint.fixing import repair

HEAD = "import torch\nimport torch.nn as nn\nimport torch.nn.functional as F\nfrom torch.nn import init\n\n\n"
NET = """\
class Net(nn.Module):
    def __init__(self, n=64, m=96, std=0.02):
        super().__init__()
        self.a = nn.Linear(n, m)
        self.b = nn.Linear(m, 8)
"""
FORWARD = "\n    def forward(self, x):\n        return self.b(F.relu(self.a(x)))\n"


def run(tmp_path: Path, code: str, text: str) -> tuple[list[Finding], str]:
    """What ``code`` finds in ``text``, and the text with everything repaired."""
    path = tmp_path / "net.py"
    path.write_text(HEAD + text, encoding="utf-8")
    result = check(path, select=[code])
    changes = repair.fix(result)
    return result.findings, changes[0].after.removeprefix(HEAD) if changes else text


def line(tmp_path: Path, code: str, statement: str) -> tuple[Finding | None, str]:
    """What ``code`` says about ``statement`` at the end of a constructor, and the line that its fix writes."""
    findings, after = run(tmp_path, code, f"{NET}        {statement}\n{FORWARD}")
    [written] = [text.strip() for text in after.splitlines()[5:] if text.startswith("        ") and "return" not in text]
    return (findings[0] if findings else None), written


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("init.normal_(self.a.weight, 0.02)", "init.normal_(self.a.weight, std=0.02)"),
        ("init.normal_(self.a.weight, std)", "init.normal_(self.a.weight, std=std)"),
        ("init.normal_(self.a.weight, n ** -0.5)", "init.normal_(self.a.weight, std=n ** -0.5)"),
        ("self.a.weight.data.normal_(0.1)", "self.a.weight.data.normal_(std=0.1)"),
        ("init.uniform_(self.a.weight, 0.1)", "init.uniform_(self.a.weight, -0.1, 0.1)"),
        ("init.uniform_(self.a.weight, n ** -0.5)", "init.uniform_(self.a.weight, -(n ** -0.5), n ** -0.5)"),
        ("init.uniform_(self.a.weight, -0.1)", "init.uniform_(self.a.weight, -0.1, b=0.1)"),
        ("self.a.weight.data.uniform_(-0.1)", "self.a.weight.data.uniform_(-0.1, to=0.1)"),
    ],
)
def test_the_only_number_is_meant_as_a_spread(tmp_path: Path, before: str, after: str) -> None:
    finding, written = line(tmp_path, "INI301", before)
    assert written == after
    assert finding is not None and finding.severity is Severity.ERROR
    assert finding.fix is not None and finding.fix.safety is Safety.SAFE


@pytest.mark.parametrize(
    "statement",
    [
        "init.normal_(self.a.weight, 0.0)",
        "init.normal_(self.a.weight, mean=0.5)",
        "init.normal_(self.a.weight, 0.5, 0.1)",
        "init.normal_(self.a.weight, 3)",
        "init.uniform_(self.a.weight, -1)",
        "init.uniform_(self.a.bias, 0.9)",
        "init.uniform_(self.a.weight)",
    ],
)
def test_numbers_that_may_be_means(tmp_path: Path, statement: str) -> None:
    assert line(tmp_path, "INI301", statement)[0] is None


def test_a_name_decides_where_the_number_does_not(tmp_path: Path) -> None:
    for name, expected in (("gain", 1), ("sigma", 1), ("mean", 0), ("value", 0)):
        found, _ = run(tmp_path, "INI301", f"def fill(w, {name}=2.0):\n    init.normal_(w, {name})\n")
        assert len(found) == expected, name
        assert all(f.severity is Severity.WARNING and f.fix is not None and f.fix.safety is Safety.UNSAFE for f in found)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ("std=1.0, a=-0.1, b=0.1", "leave a standard deviation of 0.0577, not 1"),
        ("std=0.1, a=0.0, b=2.0", "move the mean from 0 to 0.07979"),
        ("mean=3.0, std=0.5", "move the mean from 3 to 1.813"),
        ("std=0.1, a=0.1, b=0.1", "every weight is 0.1"),
    ],
)
def test_bounds_that_leave_something_else(tmp_path: Path, arguments: str, text: str) -> None:
    finding, _ = line(tmp_path, "INI303", f"init.trunc_normal_(self.a.weight, {arguments})")
    assert finding is not None and text in finding.message and finding.fix is None


@pytest.mark.parametrize("arguments", ["", "std=0.02", "std=0.02, a=-2, b=2", "std=std, a=-2 * std, b=2 * std", "std=1.0, a=-1.0, b=1.0", "std=x"])
def test_bounds_that_do_no_harm(tmp_path: Path, arguments: str) -> None:
    assert line(tmp_path, "INI303", f"init.trunc_normal_(self.a.weight, {arguments})")[0] is None


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("init.normal_(self.a.weight, std=2 / n)", "init.normal_(self.a.weight, std=(2 / n) ** 0.5)"),
        ("init.normal_(self.a.weight, 0, 2 / (n + m))", "init.normal_(self.a.weight, 0, std=(2 / (n + m)) ** 0.5)"),
        ("self.a.weight.data.normal_(0, 2 / self.a.out_features)", "self.a.weight.data.normal_(0, std=(2 / self.a.out_features) ** 0.5)"),
        ("init.uniform_(self.a.weight, -6 / n, 6 / n)", "init.uniform_(self.a.weight, -6 / n, 6 / n)"),
    ],
)
def test_a_variance_gets_its_root(tmp_path: Path, before: str, after: str) -> None:
    finding, written = line(tmp_path, "INI304", before)
    assert finding is not None and finding.severity is Severity.WARNING and written == after


@pytest.mark.parametrize("std", ["(2 / n) ** 0.5", "1 / n", "0.02", "std", "2 / 5"])
def test_standard_deviations_that_are_none(tmp_path: Path, std: str) -> None:
    assert line(tmp_path, "INI304", f"init.normal_(self.a.weight, std={std})")[0] is None


def test_a_variance_in_front_of_a_norm_is_a_note(tmp_path: Path) -> None:
    lines = "        self.n = nn.LayerNorm(m)\n        init.normal_(self.a.weight, std=2 / n)\n"
    [finding], _ = run(tmp_path, "INI304", NET + lines + FORWARD.replace("self.a(x)", "self.n(self.a(x))"))
    assert finding.severity is Severity.NOTE


@pytest.mark.parametrize(("layers", "found"), [("(self.a,)", 1), ("(self.a, self.b)", 0)])
def test_a_number_that_is_a_variance_by_chance_is_none(tmp_path: Path, layers: str, found: int) -> None:
    """The bound 1 / fan_in is 6 / fan_out of a layer six times as wide as its input; the next layer shows that nobody meant that."""
    text = NET.replace("n=64, m=96", "n=9, m=54").replace("8)", "9)")
    text += f"        for layer in {layers}:\n            layer.weight.data.uniform_(-1 / layer.weight.size(1), 1 / layer.weight.size(1))\n"
    assert len(run(tmp_path, "INI304", text + FORWARD)[0]) == found


def matrix(tmp_path: Path, code: str, value: str, product: str) -> tuple[list[Finding], str]:
    """A model of one raw parameter, with the expression that makes it in the repaired text."""
    text = "class Net(nn.Module):\n    def __init__(self, n=64, m=32):\n        super().__init__()\n"
    text += f"        self.w = nn.Parameter({value})\n\n    def forward(self, x):\n        return torch.tanh({product})\n"
    findings, after = run(tmp_path, code, text)
    return findings, next(line for line in after.splitlines() if "self.w =" in line).partition("nn.Parameter(")[2][:-1]


def test_a_one_sided_matrix_is_drawn_from_both_sides(tmp_path: Path) -> None:
    findings, value = matrix(tmp_path, "INI302", "torch.rand(n, m)", "x @ self.w")
    assert value == "init.xavier_uniform_(torch.empty(n, m))"
    assert findings[0].fix is not None and findings[0].fix.safety is Safety.SAFE
    assert findings[0].evidence["shared"] == pytest.approx(0.75)


@pytest.mark.parametrize(
    ("value", "product"),
    [
        ("torch.randn(n, m)", "x @ self.w"),
        ("torch.rand(n, m) - 0.5", "x @ self.w"),
        ("torch.rand(n, n)", "self.w @ x"),
        ("torch.rand(n)", "x * self.w"),
        ("torch.rand(n, 1)", "x @ self.w"),
        ("torch.rand(n, m), requires_grad=False", "x @ self.w"),
        ("torch.rand(n, m)", "x @ self.w.softmax(0)"),
        ("torch.rand(n, m)", "x.softmax(-1) @ self.w"),
        ("torch.rand(n, m)", "torch.softmax(x @ self.w, -1)"),
    ],
)
def test_matrices_that_may_be_one_sided(tmp_path: Path, value: str, product: str) -> None:
    assert matrix(tmp_path, "INI302", value, product)[0] == []


def test_the_parts_of_a_complex_weight_are_weights(tmp_path: Path) -> None:
    product = "torch.einsum('bn,nm->bm', torch.fft.fft(x), torch.complex(self.w, self.w)).real"
    assert len(matrix(tmp_path, "INI302", "torch.rand(n, m)", product)[0]) == 1
    assert matrix(tmp_path, "INI302", "torch.randn(n, m)", product)[0] == []


def test_a_call_gets_the_scheme_behind_it(tmp_path: Path) -> None:
    finding, written = line(tmp_path, "INI302", "init.uniform_(self.a.weight, 0, 0.1)")
    assert finding is not None and written == 'init.kaiming_uniform_(self.a.weight, nonlinearity="relu")'


@pytest.mark.parametrize("call", ["init.normal_(self.a.weight, 0.9)", "init.uniform_(self.a.weight, 0.1)", "init.trunc_normal_(self.a.weight, a=0.0, b=1.0)"])
def test_what_another_rule_knows_the_cause_of_is_told_once(tmp_path: Path, call: str) -> None:
    assert line(tmp_path, "INI302", call)[0] is None
