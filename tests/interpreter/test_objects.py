"""A block that is built from a configuration is remembered with it, and is the same as if it had been followed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from initlint.interpreter.objects import DEEPEST, MOST_PARTS, told
from initlint.interpreter.values import Class, Instance, Unknown
from tests.interpreter.test_memory import HEAD, recalls, table, with_and_without_memory

NET = """
import copy

class Rope:
    def __init__(self):
        self.base = 0.5

class Config:
    def __init__(self, std=0.5):
        self.std = std
        self.width = 4
        self.sizes = [4, 4]
        self.names = {"a": 1, True: 2}
        self.rope = Rope()
        self.layer = None

class Block(nn.Module):
    def __init__(self, config, other=None):
        super().__init__()
        self.fc = nn.Linear(config.width, 4)
        init.normal_(self.fc.weight, 0.0, config.std)
        BODY

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        config = Config()
        BEFORE
        self.blocks = nn.ModuleList([Block(config) for _ in range(6)])
        AFTER

    def start(self):
        for block in self.blocks:
            init.constant_(block.fc.bias, block.config.std)
"""
PROGRAMS = {
    "a configuration": ("pass", "pass", "pass"),
    "one that the block counts in": ("config.width += 1", "pass", "pass"),
    "one that the block adds a name to": ("config.seen = getattr(config, 'seen', 0) + 1\n        init.constant_(self.fc.bias, config.seen)", "pass", "pass"),
    "one that the block takes a name from": (
        "if hasattr(config, 'extra'):\n            init.ones_(self.fc.bias)\n            del config.extra",
        "config.extra = 1",
        "pass",
    ),
    "a list of it that grows": ("config.sizes.append(4)\n        init.constant_(self.fc.bias, len(config.sizes))", "pass", "pass"),
    "a dictionary of it that grows": (
        "config.names[len(config.names)] = 1\n        init.constant_(self.fc.bias, len(config.names))",
        "pass",
        "pass",
    ),
    "an object in it that is written to": ("config.rope.base += 1\n        init.constant_(self.fc.bias, config.rope.base)", "pass", "pass"),
    "an object in it that is replaced": (
        "config.rope = Rope()\n        self.rope = config.rope",
        "pass",
        "self.blocks[3].rope.base = 9\n        init.constant_(self.blocks[4].fc.bias, self.blocks[4].rope.base)",
    ),
    "one that is kept": ("self.config = config", "pass", "config.std = 0.25\n        self.start()"),
    "one that is kept and written to through a block": ("self.config = config", "pass", "self.blocks[4].config.std = 0.25\n        self.start()"),
    "equal ones": (
        "self.config = config",
        "pass",
        "self.more = nn.ModuleList([Block(Config()) for _ in range(4)])\n        self.more[3].config.std = 0.25\n"
        "        init.constant_(self.more[2].fc.bias, self.more[2].config.std)\n        init.constant_(self.more[3].fc.bias, self.more[3].config.std)",
    ),
    "others": ("self.config = config", "pass", "self.more = nn.ModuleList([Block(Config(std)) for std in (0.5, 0.25, 0.5, 0.25, 0.25)])"),
    "its list is kept": (
        "self.sizes = config.sizes",
        "pass",
        "config.sizes.append(7)\n        init.constant_(self.blocks[5].fc.bias, len(self.blocks[5].sizes))",
    ),
    "its list is copied": (
        "self.sizes = list(config.sizes)",
        "pass",
        "self.blocks[4].sizes.append(7)\n        init.constant_(self.blocks[5].fc.bias, len(self.blocks[5].sizes))",
    ),
    "a copy of it": (
        "self.own = copy.deepcopy(config)\n        self.own.std = 2.0",
        "pass",
        "self.blocks[4].own.std = 3.0\n        init.constant_(self.blocks[5].fc.bias, self.blocks[5].own.std)\n"
        "        init.constant_(self.blocks[0].fc.bias, config.std)",
    ),
    "the same twice or an equal one": (
        "init.constant_(self.fc.bias, 1 if config is other else 2)",
        "pass",
        "self.same = nn.ModuleList([Block(config, config) for _ in range(4)])\n        self.equal = nn.ModuleList([Block(config, Config()) for _ in range(4)])",
    ),
    "a number that is true": (
        "init.constant_(self.fc.bias, 3 if config.std is True else 4)",
        "pass",
        "self.more = nn.ModuleList([Block(Config(std)) for std in (1.0, 1, True, 1.0, 1, True, 1.0, 1, True)])",
    ),
    "a layer in it": ("self.shared = config.layer", "config.layer = nn.Linear(3, 3)", "init.zeros_(self.blocks[5].shared.weight)"),
    "a tensor in it": ("self.fc.bias.data.copy_(config.layer)", "config.layer = torch.zeros(4)", "pass"),
    "a function in it": ("config.layer(self.fc.bias)", "config.layer = init.zeros_", "pass"),
    "a branch that nobody decides": ("if torch.cuda.is_available():\n            config.std = 0.1", "pass", "pass"),
    "itself in it": ("self.config = config", "config.me = config", "config.std = 0.25\n        self.start()"),
    "a list": (
        "pass",
        "pass",
        "self.more = nn.ModuleList([Block(config, [1, [2]]) for _ in range(4)])",
    ),
    "a list that the block adds to": (
        "if other is not None:\n            other.append(1)\n            init.constant_(self.fc.bias, len(other))",
        "pass",
        "kept = [1]\n        self.more = nn.ModuleList([Block(config, kept) for _ in range(4)] + [Block(config, [1]) for _ in range(4)])",
    ),
    "a dictionary": (
        "init.constant_(self.fc.bias, (other or {}).get(1, 5))",
        "pass",
        "self.more = nn.ModuleList([Block(config, given) for given in ({1: 2}, {True: 3}, {1: 2}, {True: 3}, {1: 2}, {True: 3}, {2: 1})])",
    ),
    "a tuple that holds a list": (
        "if other:\n            other[0].append(0)\n            init.constant_(self.fc.bias, len(other[0]))",
        "pass",
        "pair = ([], 1)\n        self.more = nn.ModuleList([Block(config, pair) for _ in range(5)])",
    ),
    "places that differ": (
        "nn.utils.weight_norm(self.fc)\n        init.ones_(self.fc.weight)",
        "pass",
        "self.one = Block(config)\n        self.two = Block(config)\n        self.three = Block(config)",
    ),
    "one that is thrown away": ("pass", "pass", "Block(config)\n        self.two = Block(config)\n        Block(config)\n        self.three = Block(config)"),
}


def program(folder: Path, parts: tuple[str, str, str]) -> Path:
    path, text = folder / "net.py", NET
    for word, part in zip(("BODY", "BEFORE", "AFTER"), parts):
        text = text.replace(word, part)
    path.write_text(HEAD + text)
    return path


@pytest.mark.parametrize("name", PROGRAMS)
def test_memory_changes_nothing(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    remembered, followed = with_and_without_memory(program(tmp_path, PROGRAMS[name]), monkeypatch)
    assert "blocks.5.fc.weight" in followed
    assert remembered == followed


@pytest.mark.parametrize(("name", "times"), [("a configuration", 4), ("equal ones", 8), ("one that is kept", 4), ("a list", 6), ("a function in it", 4)])
def test_equal_blocks_are_remembered(name: str, times: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recalled = recalls(monkeypatch)
    assert table(program(tmp_path, PROGRAMS[name]))
    assert sum(isinstance(known.outcome, Instance) and known.outcome.cls.name == "Block" for known in recalled) == times


def test_what_holds_too_much_is_not_told() -> None:
    nested: list[Any] = []
    for _ in range(DEEPEST + 2):
        nested = [nested]
    assert told([[1, {"a": (2, None)}, Unknown("why")]], [], {})
    assert not told([nested], [], {})
    assert not told([[[0]] * 2 + [[number] for number in range(MOST_PARTS)]], [], {})
    assert not told([object()], [], {})


def test_objects_are_told_apart() -> None:
    def parts(*values: Any) -> list[Any]:
        found: list[Any] = []
        assert told(values, found, {})
        return found

    cls, other = Class("Config", [], {}), Class("Config", [], {})
    one = Instance(cls, {"std": 1.0})
    assert parts(one) == parts(Instance(cls, {"std": 1.0}))
    different = [Instance(other, {"std": 1.0}), Instance(cls, {"std": 2.0}), Instance(cls, {"mean": 1.0}), Instance(cls), [1.0], (1.0,), {"std": 1.0}]
    assert all(parts(one) != parts(value) for value in different)
    assert parts(one, one) != parts(one, Instance(cls, {"std": 1.0}))
    assert parts([1], [2, 3]) != parts([1, 2], [3])
    assert parts({1: 2}) != parts({True: 2})
