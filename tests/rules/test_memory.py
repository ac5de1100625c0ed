"""Memory that nothing fills: how it is made, where it hides, and what only looks as if it were filled."""

from __future__ import annotations

from pathlib import Path

import pytest

from initlint.engine import check
from initlint.rules import select

HEAD = "import torch\nimport torch.nn as nn\nfrom torch.autograd import Variable\n\n\n"
NET = """class Net(nn.Module):
    def __init__(self, width=8, merge="mean"):
        super().__init__()
        {made}

    def forward(self, x):
        {forward}
"""


def lines(folder: Path, text: str) -> list[int]:
    """Lines behind the head of the file at which parameters are made that nothing fills."""
    path = folder / "net.py"
    path.write_text(HEAD + text, encoding="utf-8")
    return [finding.site.line - HEAD.count("\n") for finding in check([str(path)], rules=select(["INI508"])).findings]


def made(statement: str, forward: str = "return x @ self.w") -> str:
    return NET.format(made=statement.replace("\n", "\n        "), forward=forward.replace("\n", "\n        "))


@pytest.mark.parametrize("tensor", ["Variable(torch.Tensor(width, 4))", "Variable(torch.empty(width, 4), requires_grad=True)"])
def test_a_variable_is_the_tensor_that_it_is_given(tmp_path: Path, tensor: str) -> None:
    assert lines(tmp_path, made(f"self.w = nn.Parameter({tensor})")) == [4]
    assert lines(tmp_path, made(f"self.w = nn.Parameter({tensor})\nnn.init.xavier_uniform_(self.w)")) == []


def test_memory_under_an_option_that_is_text(tmp_path: Path) -> None:
    text = made('self.w = nn.Parameter(torch.zeros(width, 4))\nif merge == "concat":\n    self.token = nn.Parameter(torch.Tensor(width))')
    assert lines(tmp_path, text) == [6]
    assert lines(tmp_path, text.replace("torch.Tensor(width)", "torch.zeros(width)")) == []


@pytest.mark.parametrize(
    ("forward", "found"),
    [
        ("quantized = self.w[torch.cdist(x, self.w).argmin(1)]\nreturn x + (quantized - x).detach()", [4]),
        ("return x @ dequantize(self.w)", []),
    ],
)
def test_a_table_searched_for_the_nearest_row_is_no_quantized_weight(tmp_path: Path, forward: str, found: list[int]) -> None:
    assert lines(tmp_path, made("self.w = nn.Parameter(torch.empty(width, 4))", forward)) == found


BASE = """class Base(nn.Module):
    def __init__(self, width=8):
        super().__init__()
        self.w = torch.zeros(width, 4)
        self.w[:, 0::2] = 1

    def forward(self, x):
        {forward}
        return x @ self.w


class Net(Base):
    def __init__(self, width=8):
        {body}
"""
MADE = "self.w = nn.Parameter(torch.empty(width, 4))"


@pytest.mark.parametrize(
    ("forward", "body", "count"),
    [
        ("self.w = self.w.to(x.device)", f"super().__init__(width)\n        {MADE}", 1),
        ("self.w.data.normal_()", f"super().__init__(width)\n        {MADE}", 0),
        ("self.w = self.w.normal_()", f"super().__init__(width)\n        {MADE}", 0),
    ],
)
def test_the_constructor_of_the_base_class_wrote_to_another_tensor(tmp_path: Path, forward: str, body: str, count: int) -> None:
    assert len(lines(tmp_path, BASE.format(forward=forward, body=body))) == count


LOOP = """

class Net(nn.Module):
    def __init__(self, width=8):
        super().__init__()
        self.w = nn.Parameter(torch.empty(width, 4))

    def _init_weights(self, module):
        for name, {variable} in module.named_parameters():
            if name == "bias":
                {body}

    def forward(self, x):
        return x @ self.w
"""


@pytest.mark.parametrize(
    ("variable", "body", "count"),
    [
        ("_", "nn.init.constant_(module.bias, 0)", 1),
        ("_", "nn.init.constant_(getattr(module, name), 0)", 0),
        ("p", "nn.init.constant_(p, 0)", 0),
    ],
)
def test_a_loop_that_leaves_the_parameters_alone(tmp_path: Path, variable: str, body: str, count: int) -> None:
    assert len(lines(tmp_path, LOOP.format(variable=variable, body=body))) == count


@pytest.mark.parametrize(("name", "size", "found"), [("dummy", "1", []), ("placeholder", "1", []), ("dummy", "8", [4]), ("scale", "1", [4])])
def test_what_exists_for_its_device_alone(tmp_path: Path, name: str, size: str, found: list[int]) -> None:
    assert lines(tmp_path, made(f"self.{name} = nn.Parameter(torch.empty({size}))", f"return x * self.{name}")) == found
