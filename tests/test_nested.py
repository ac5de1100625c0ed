"""Classes in classes, under conditions and in functions are models too."""

from __future__ import annotations

from pathlib import Path

import pytest

from initlint.contexts.nested import MOST
from tests.rules.package import found

CELL = """
class Cell(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(size, size))

    def forward(self, x):
        return x @ self.weight
"""


def within(head: str, behind: str = "", cell: str = CELL) -> str:
    inside = "".join(f"    {line}\n" if line else "\n" for line in cell.strip("\n").split("\n"))
    return f"import torch\nfrom torch import nn\n\n{head}\n{inside}{behind}"


@pytest.mark.parametrize(
    "text",
    [
        within("class Outer:"),
        within("class Outer(nn.Module):"),
        within("class Outer(unread.Base):"),
        within("if torch.cuda.is_available is not None:"),
        within("try:", "except ImportError:\n    Cell = None\n"),
        within("def build(torch_is_there=True):", "    return Cell\n"),
        within("def build(size, path):", "    made = Cell(size)\n    made.load(open(path))\n    raise ValueError(path)\n"),
    ],
)
def test_a_parameter_that_nothing_fills(tmp_path: Path, text: str) -> None:
    (finding,) = found(tmp_path, "INI508", {"nets": text})
    assert finding.site.line == text[: text.index("torch.empty")].count("\n") + 1


@pytest.mark.parametrize("head", ["class Outer:", "if True:", "def build():"])
def test_one_that_a_method_fills(tmp_path: Path, head: str) -> None:
    filled = CELL.replace(
        "torch.empty(size, size))\n", "torch.empty(size, size))\n        self.reset()\n\n    def reset(self):\n        nn.init.xavier_uniform_(self.weight)\n"
    )
    later = CELL + "\n    def reset(self):\n        nn.init.xavier_uniform_(self.weight)\n"
    for cell in (filled, later):
        assert found(tmp_path, "INI508", {"nets": within(head, cell=cell)}) == []


def test_a_class_that_a_model_holds_is_told_once(tmp_path: Path) -> None:
    behind = (
        "\n    def __init__(self):\n        super().__init__()\n        self.cell = Outer.Cell(4)\n\n    def forward(self, x):\n        return self.cell(x)\n"
    )
    assert len(found(tmp_path, "INI508", {"nets": within("class Outer(nn.Module):", behind)})) == 1


def test_classes_of_a_function_are_counted(tmp_path: Path) -> None:
    cells = "\n".join(CELL.replace("Cell", f"Cell{number}") for number in range(60))
    assert len(found(tmp_path, "INI508", {"nets": within("def build():", cell=cells)})) == MOST
