"""Fans as the initializer counts them against fans as the forward pass sums them."""

from __future__ import annotations

from pathlib import Path

import pytest

from initlint import check
from initlint.findings import Finding, Safety, Severity
from initlint.fixing import repair
from tests.rules.package import found as of_package

HEAD = "import torch\nimport torch.nn as nn\nimport torch.nn.functional as F\n\n\n"


def judge(tmp_path: Path, parameter: str, draw: str, forward: str, *, sizes: str = "n=256, m=8") -> tuple[list[Finding], str]:
    """What INI305 finds in a model of one parameter ``self.w``, and the line that draws it in the repaired text."""
    text = f"class Net(nn.Module):\n    def __init__(self, {sizes}):\n        super().__init__()\n        self.w = {parameter}\n        {draw}\n"
    path = tmp_path / "net.py"
    path.write_text(f"{HEAD}{text}\n    def forward(self, x):\n        return {forward}\n", encoding="utf-8")
    result = check(path, select=["INI305"])
    changes = repair.fix(result)
    after = changes[0].after if changes else path.read_text(encoding="utf-8")
    return result.findings, next(line.strip() for line in after.splitlines() if "init." in line)


RAW = "nn.Parameter(torch.empty(n, m))"
STACK = "nn.Parameter(torch.empty(4, n, m))"


@pytest.mark.parametrize(
    "forward",
    ["F.relu(x @ self.w)", "torch.mm(x, self.w)", "x.matmul(self.w)", "F.linear(x, self.w.t())", "self.w.t() @ x", "torch.einsum('bi,io->bo', x, self.w)"],
)
def test_inputs_first(tmp_path: Path, forward: str) -> None:
    [finding], line = judge(tmp_path, RAW, "nn.init.kaiming_uniform_(self.w)", forward)
    assert finding.severity is Severity.WARNING and finding.evidence["factor"] == pytest.approx(32)
    assert "takes 8 for fan_in, but each output sums 256 products" in finding.message
    assert line in ('nn.init.kaiming_uniform_(self.w, mode="fan_out")', "nn.init.kaiming_uniform_(self.w, mode='fan_out')")
    assert finding.fix is not None and finding.fix.safety is Safety.SAFE


@pytest.mark.parametrize(
    ("draw", "forward"),
    [
        ("nn.init.kaiming_uniform_(self.w, mode='fan_out')", "x @ self.w"),
        ("nn.init.kaiming_uniform_(self.w)", "F.linear(x, self.w)"),
        ("nn.init.kaiming_uniform_(self.w, mode='fan_out')", "F.linear(x, self.w)"),
        ("nn.init.kaiming_uniform_(self.w)", "x @ self.w.t()"),
        ("nn.init.kaiming_uniform_(self.w)", "self.w @ x"),
        ("nn.init.kaiming_uniform_(self.w)", "F.layer_norm(x @ self.w, (8,))"),
        ("nn.init.kaiming_uniform_(self.w)", "x @ self.w + F.linear(x, self.w)"),
        ("nn.init.xavier_uniform_(self.w)", "x @ self.w"),
        ("nn.init.orthogonal_(self.w)", "x @ self.w"),
        ("nn.init.normal_(self.w, std=0.1)", "x @ self.w"),
        ("nn.init.kaiming_uniform_(self.w); nn.init.zeros_(self.w)", "x @ self.w"),
    ],
)
def test_layouts_that_are_right_or_do_not_matter(tmp_path: Path, draw: str, forward: str) -> None:
    assert judge(tmp_path, RAW, draw, forward)[0] == []


@pytest.mark.parametrize(("sizes", "severity"), [("n=16, m=12", None), ("n=64, m=16", Severity.NOTE), ("n=8, m=256", Severity.WARNING)])
def test_numbers_decide(tmp_path: Path, sizes: str, severity: Severity | None) -> None:
    findings, _ = judge(tmp_path, RAW, "nn.init.kaiming_normal_(self.w)", "x @ self.w", sizes=sizes)
    assert [f.severity for f in findings] == ([severity] if severity else [])


def test_sizes_that_are_arguments(tmp_path: Path) -> None:
    [finding], _ = judge(tmp_path, RAW, "nn.init.kaiming_normal_(self.w)", "x @ self.w", sizes="n, m")
    assert finding.severity is Severity.WARNING and "takes m for fan_in, but each output sums n products" in finding.message


def test_sizes_of_which_nothing_is_known(tmp_path: Path) -> None:
    assert judge(tmp_path, "nn.Parameter(torch.empty(c.n, c.m))", "nn.init.kaiming_normal_(self.w)", "x @ self.w", sizes="c: int")[0] == []


@pytest.mark.parametrize("forward", ["x @ self.w[0]", "torch.bmm(x, self.w)", "torch.einsum('rbi,rio->rbo', x, self.w)", "sum(x @ w for w in self.w)"])
@pytest.mark.parametrize(
    ("draw", "factor"), [("xavier_normal_", (256 + 8) / (256 * 8 + 4 * 8)), ("kaiming_normal_", 256 / (256 * 8)), ("orthogonal_", 256 / 2048)]
)
def test_stacks_of_maps(tmp_path: Path, forward: str, draw: str, factor: float) -> None:
    [finding], line = judge(tmp_path, STACK, f"nn.init.{draw}(self.w)", forward)
    assert finding.evidence["layout"] == "stack" and finding.evidence["factor"] == pytest.approx(factor)
    assert finding.help == "Initialise the maps one by one: `for w in stack: …`."
    assert line == (f"nn.init.{draw}(self.w)" if draw == "kaiming_normal_" else f"nn.init.{draw}(weight)")
    assert finding.fix is None or finding.fix.safety is Safety.UNSAFE


def test_sizes_without_a_name_are_letters(tmp_path: Path) -> None:
    forward = "torch.einsum('bfd,fsd->bsd', x, self.w)"
    [finding], _ = judge(tmp_path, "nn.Parameter(torch.empty(c['a'], c['a'], c['d']))", "nn.init.xavier_normal_(self.w)", forward, sizes="c: dict")
    assert finding.message == "`w`: xavier_normal_ takes n*m + k*m for fan_in + fan_out, each map of the stack has n + k"


@pytest.mark.parametrize(
    "forward",
    [
        "torch.bmm(x.unsqueeze(1), self.w[x])",
        "torch.bmm(x.unsqueeze(1), self.w.index_select(0, x))",
        "torch.matmul(x, self.w.repeat(x.size(0), 1, 1))",
        "torch.matmul(x, self.w.unsqueeze(0).expand(x.size(0), -1, -1, -1))",
        "torch.bmm(x.unsqueeze(1), torch.index_select(self.w, 0, x))",
        "torch.bmm(x.unsqueeze(1), torch.index_select(input=self.w, dim=0, index=x))",
        "torch.bmm(x.unsqueeze(1), self.w.index_select(index=x, dim=0))",
        "torch.bmm(x.unsqueeze(1), torch.matmul(torch.ones(9, 4), self.w.view(4, 256 * 8)).view(9, 256, 8).index_select(0, x))",
        "x @ torch.einsum('rb,bio->rio', torch.ones(9, 4), self.w)[x]",
        "x @ torch.einsum('rb, bio -> rio', (torch.ones(9, 4), self.w))",
        "x @ (torch.ones(9, 4) @ self.w.view(4, -1)).view(9, 256, 8)",
    ],
)
def test_maps_that_are_chosen_or_mixed(tmp_path: Path, forward: str) -> None:
    [finding], _ = judge(tmp_path, STACK, "nn.init.xavier_uniform_(self.w)", forward)
    assert finding.message.startswith("`w`: xavier_uniform_ takes 2080 for fan_in + fan_out, each map of the stack has 264")


@pytest.mark.parametrize("forward", ["x @ self.w.repeat(1, x.size(0), 1)", "x @ self.w.expand(4, x.size(0), -1)", "x @ self.w.t().repeat(x.size(0), 1, 1)"])
def test_maps_that_are_stretched_or_turned(tmp_path: Path, forward: str) -> None:
    parameter = RAW if ".t()" in forward else STACK
    assert judge(tmp_path, parameter, "nn.init.kaiming_uniform_(self.w, a=1)", forward)[0] == []


def test_what_mixes_the_maps_is_no_map(tmp_path: Path) -> None:
    forward = "x @ torch.matmul(self.w, torch.ones(8, 64 * 64)).view(256, 64, 64)"
    assert judge(tmp_path, RAW, "nn.init.xavier_uniform_(self.w)", forward)[0] == []


def test_rows_of_a_table_that_are_flat_matrices(tmp_path: Path) -> None:
    table, draw = "nn.Embedding(20, n * m)", "nn.init.xavier_uniform_(self.w.weight)"
    [finding], _ = judge(tmp_path, table, draw, "torch.matmul(x, self.w(x.long()).view(x.shape[0], 256, 8))")
    assert finding.message.startswith("`w.weight`: xavier_uniform_ takes 2068 for fan_in + fan_out, each map of the stack has 264")
    assert judge(tmp_path, table, draw, "torch.matmul(x, self.w(x.long()).view(x.shape[0], -1, 64, 8))")[0] == []
    assert judge(tmp_path, table, draw, "x @ self.w(x.long())")[0] == []


def test_a_score_of_two_tables_has_a_scale_of_its_own(tmp_path: Path) -> None:
    forward = "torch.matmul(F.normalize(nn.Embedding(9, 256)(x)).view(-1, 1, 256), self.w(x.long()).view(-1, 256, 8))"
    assert judge(tmp_path, "nn.Embedding(20, n * m)", "nn.init.xavier_uniform_(self.w.weight)", forward)[0] == []


@pytest.mark.parametrize("given", ["messages, sum", "lambda edges: messages(edges), sum", "message_func=self.messages"])
def test_functions_that_a_graph_runs_on_its_edges(tmp_path: Path, given: str) -> None:
    own = given.startswith("message_func")
    text = f"""{HEAD}class Net(nn.Module):
    def __init__(self, n=256, m=8):
        super().__init__()
        self.w = nn.Parameter(torch.empty(4, n, m))
        nn.init.xavier_uniform_(self.w)

    def messages(self, edges):
        return {{"m": torch.bmm(edges.src["h"].unsqueeze(1), self.w[edges.data["kind"]])}}

    def forward(self, graph):
        def messages(edges):
            return {{"m": torch.bmm(edges.src["h"].unsqueeze(1), self.w[edges.data["kind"]])}}

        graph.update_all({given})
        return graph.ndata["h"]
"""
    path = tmp_path / "net.py"
    path.write_text(text if own else text.replace("def messages(self, edges):", "def unused(self, edges):"), encoding="utf-8")
    [finding] = check(path, select=["INI305"]).findings
    assert finding.parameter == "w"


def test_a_stack_drawn_map_by_map(tmp_path: Path) -> None:
    assert judge(tmp_path, STACK, "[nn.init.xavier_normal_(w) for w in self.w]", "x @ self.w[0]")[0] == []


def test_a_bilinear_form_sums_over_both(tmp_path: Path) -> None:
    forward = "torch.einsum('ai,bij,aj->ab', x, self.w, x)"
    assert judge(tmp_path, "nn.Parameter(torch.empty(2, n, n))", "nn.init.xavier_normal_(self.w)", forward)[0] == []


@pytest.mark.parametrize("sizes", ["n=256, m=8", "n, m"])
def test_a_query_for_each_row_is_no_matrix(tmp_path: Path, sizes: str) -> None:
    assert judge(tmp_path, RAW, "nn.init.xavier_normal_(self.w)", "torch.bmm(self.w.unsqueeze(1), x.transpose(1, 2))", sizes=sizes)[0] == []


def test_a_matrix_with_noise_on_it(tmp_path: Path) -> None:
    [finding], _ = judge(tmp_path, RAW, "nn.init.kaiming_normal_(self.w)", "x @ (self.w + self.w * torch.randn(*self.w.shape))")
    assert finding.parameter == "w"


@pytest.mark.parametrize(
    ("layer", "draw", "factor"),
    [
        ("nn.Conv2d(64, 64, 3, groups=64)", "kaiming_normal_(self.w.weight, mode='fan_out')", 1 / 64),
        ("nn.Conv2d(64, 64, 3, groups=64)", "kaiming_normal_(self.w.weight)", None),
        ("nn.Conv2d(64, 64, 3, stride=2)", "kaiming_normal_(self.w.weight, mode='fan_out')", None),
        ("nn.Conv2d(64, 64, 3, groups=64)", "xavier_normal_(self.w.weight)", 2 / 65),
        ("nn.ConvTranspose2d(256, 3, 4, 2, 1)", "kaiming_normal_(self.w.weight)", 1024 / 48),
        ("nn.ConvTranspose2d(64, 32, 4, 2, 1)", "kaiming_normal_(self.w.weight)", None),
        ("nn.ConvTranspose2d(64, 64, 2, 2)", "kaiming_normal_(self.w.weight, mode='fan_out')", None),
    ],
)
def test_convolutions(tmp_path: Path, layer: str, draw: str, factor: float | None) -> None:
    findings, _ = judge(tmp_path, layer, f"nn.init.{draw}", "self.w(x).tanh()")
    assert [f.evidence["factor"] for f in findings] == ([pytest.approx(factor)] if factor else [])


def test_a_depthwise_filter_gets_its_mode(tmp_path: Path) -> None:
    draw = 'nn.init.kaiming_normal_(self.w.weight, mode="fan_out", nonlinearity="relu")'
    _, line = judge(tmp_path, "nn.Conv2d(64, 64, 3, groups=64)", draw, "self.w(x).relu()")
    assert line == draw.replace("fan_out", "fan_in")


BOUNDED = """
import math
import torch
from torch import nn
import torch.nn.functional as F

class Layer(nn.Module):
    def __init__(self, {sizes}):
        super().__init__()
        self.weight = nn.Parameter(torch.FloatTensor({shape}))
        {beside}
        self.reset_parameters()

    def reset_parameters(self):
        bound = 1. / math.sqrt(self.weight.size(1))
        self.weight.data.uniform_(-bound, bound)

    def forward(self, x, adjacency):
        return adjacency @ {product}
"""
RECURRENT = "self.u = nn.Parameter(torch.empty(d_out, d_out).uniform_(-1 / math.sqrt(d_out), 1 / math.sqrt(d_out)))"


@pytest.mark.parametrize(
    ("sizes", "shape", "beside", "product", "severity"),
    [
        ("d_in, d_out", "d_in, d_out", "", "torch.mm(x, self.weight)", Severity.WARNING),
        ("d_in=1433, d_out=16", "d_in, d_out", "", "(x @ self.weight)", Severity.WARNING),
        ("d_in=48, d_out=16", "d_in, d_out", "", "(x @ self.weight)", Severity.NOTE),
        ("d_in=20, d_out=16", "d_in, d_out", "", "(x @ self.weight)", None),
        ("d_in, d_out", "d_out, d_in", "", "F.linear(x, self.weight)", None),
        ("d_in, d_out", "d_in, d_out", RECURRENT, "torch.tanh(x @ self.weight + x @ self.u)", None),
    ],
)
def test_a_bound_by_hand(tmp_path: Path, sizes: str, shape: str, beside: str, product: str, severity: Severity | None) -> None:
    findings = of_package(tmp_path, "INI305", {"net": BOUNDED.format(sizes=sizes, shape=shape, beside=beside, product=product)})
    assert [finding.severity for finding in findings] == ([severity] if severity else [])
    assert all("`weight`: its bound takes" in finding.message and finding.fix is None for finding in findings)


NAMED = """
import torch
from torch import nn

class Layer(nn.Module):
    def __init__(self, {count}, d_in, d_out):
        super().__init__()
        self.weight = nn.Parameter(torch.empty({shape}))
        nn.init.xavier_uniform_(self.weight)

    def forward(self, graph, x):
        return graph.update_all({used})
"""


@pytest.mark.parametrize(
    ("count", "shape", "used", "found"),
    [
        ("num_rels", "num_rels, d_in, d_out", "x", 1),
        ("n_heads", "n_heads, d_in, d_out", "x", 1),
        ("num_heads", "num_heads, 1, d_out", "x", 0),
        ("kernel", "d_out, d_in, kernel", "x", 0),
        ("num_rels", "num_rels, d_out", "x", 0),
    ],
)
def test_a_stack_by_the_name_of_its_first_size(tmp_path: Path, count: str, shape: str, used: str, found: int) -> None:
    findings = of_package(tmp_path, "INI305", {"net": NAMED.format(count=count, shape=shape, used=used)})
    assert [(finding.severity, "each map of the stack has" in finding.message) for finding in findings] == [(Severity.WARNING, True)] * found
