"""Models that only a function builds, which hands a class to another function."""

from __future__ import annotations

from pathlib import Path

from initlint import check
from initlint.contexts.models import Analysis, build_models
from initlint.process.stack import with_deep_stack

NET = """
import torch
from torch import nn


class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.first, self.second = nn.Linear(width, width), nn.Linear(width, width)

    def forward(self, x):
        return self.second(torch.relu(self.first(x)))


class Net(nn.Module):
    def __init__(self, block, layers):
        super().__init__()
        self.stem = nn.Sequential(*[block(64) for _ in range(layers[0])])
        self.head = nn.Tanh()
        for m in self.modules():
            if isinstance(m, nn.Linear):
                nn.init.normal_(m.weight)
                nn.init.zeros_(m.bias)

    def forward(self, x):
        return self.head(self.stem(x))


def _build(block, layers, **options):
    return Net(block, layers, **options)


def get_depth(kind):
    return _build(Block, [kind])


def small(pretrained=False, **options):
    return _build(Block, [2], **options)


def large(pretrained=False, **options):
    return _build(Block, [5], **options)
"""


def models(tmp_path: Path, text: str) -> list[str]:
    path = tmp_path / "net.py"
    path.write_text(text, encoding="utf-8")
    built = with_deep_stack(lambda: build_models(Analysis(), str(path), text.encode()))
    return [model.graph.name for model in built if model.root is not None]


def test_one_of_the_functions_is_followed(tmp_path: Path) -> None:
    assert models(tmp_path, NET) == ["small()"]
    findings = check([str(tmp_path)]).findings
    assert [(finding.code, finding.site.line) for finding in findings] == [("INI102", 22)]
    assert set(findings[0].parameters) == {f"small():stem.{number}.{name}.weight" for number in (0, 1) for name in ("first", "second")}


def test_none_is_where_the_class_can_be_built_alone(tmp_path: Path) -> None:
    alone = NET.replace("def __init__(self, block, layers)", "def __init__(self, block=Block, layers=(2,))")
    assert models(tmp_path, alone) == ["Net"]


def test_two_that_reach_nothing_are_enough(tmp_path: Path) -> None:
    useless = "\n".join(f"def make_{number}():\n    return _nothing(Block, {number})\n\n" for number in range(3))
    assert models(tmp_path, NET.replace("def small(", f"{useless}def small(")) == []
