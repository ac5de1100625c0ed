"""What a routine leaves in one module it leaves in the next that is alike, and in no other."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from initlint.interpreter import visits
from initlint.interpreter.memory import Memory
from tests.interpreter.test_memory import table

HEAD = "import functools\nimport torch\nimport torch.nn as nn\nfrom torch.nn import init\n"
NET = """
class Config:
    def __init__(self):
        self.std = 0.5
        self.seen = []

class Marked(nn.Linear):
    flag = 0

class Block(nn.Module):
    def __init__(self, number):
        super().__init__()
        self.number = number
        self.fc = nn.Linear(4, 4)
        self.norm = nn.LayerNorm(4)
        self.marked = Marked(4, 4)
        self.bare = nn.Linear(4, 4, bias=False)
        self.act = nn.Sequential(nn.ReLU(), nn.Linear(4, 4))
        {block}

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.config = Config()
        self.count = 0
        self.visited = []
        self.head = nn.Linear(4, 4)
        self.blocks = nn.ModuleList([Block(i) for i in range(6)])
        {before}
        {after}

{methods}
"""
METHOD = """
    def start(self, m):
        init.trunc_normal_(m.weight, 0.0, self.config.std) if isinstance(m, nn.Linear) else None
        if isinstance(m, nn.Linear) and m.bias is not None:
            init.normal_(m.bias, 0.0, self.config.std)
        {more}
"""
APPLY = "self.apply(self.start)"


@dataclass(frozen=True)
class Routine:
    """Where it is called, and what else it does."""

    top: str = ""
    block: str = "pass"
    before: str = "pass"
    after: str = APPLY
    more: str = "pass"


NAMED = """
class Named:
    names = {"std": "deviation"}

    def __init__(self):
        self.deviation = 0.5
        self.seen = []

    def __getattribute__(self, key):
        if key != "names" and key in super().__getattribute__("names"):
            key = super().__getattribute__("names")[key]
        if super().__getattribute__("__dict__").get("hidden") is not None:
            return 0.75
        return super().__getattribute__(key)
"""
ROUTINES = {
    "plain": Routine(),
    "twice": Routine(before="self.apply(self.start)"),
    "one written to before": Routine(before="init.ones_(self.blocks[2].fc.weight)"),
    "one written to after": Routine(before="self.apply(self.start)", after="init.ones_(self.blocks[2].fc.weight)"),
    "by a flag of the layer": Routine(block="self.fc.flag = number", more="init.constant_(m.weight, m.flag) if hasattr(m, 'flag') else None"),
    "by a flag that may be missing": Routine(
        before="self.blocks[3].fc.skip = True",
        more="init.zeros_(m.weight) if not getattr(m, 'skip', False) and hasattr(m, 'weight') else None",
    ),
    "counted in the model": Routine(
        more=("self.count += 1\n        if isinstance(m, nn.Linear):\n            init.constant_(m.weight, self.count)"),
    ),
    "counted in the configuration": Routine(
        more=("self.config.std = self.config.std / 2\n        if isinstance(m, nn.Linear):\n            init.constant_(m.weight, self.config.std)"),
    ),
    "counted in a list": Routine(
        more=("self.config.seen.append(m)\n        init.constant_(self.head.weight, len(self.config.seen))"),
    ),
    "counted in a global": Routine(
        top="made = []\n",
        more=("made.append(1)\n        if isinstance(m, nn.Linear):\n            init.constant_(m.weight, len(made))"),
    ),
    "one layer by itself": Routine(more="init.zeros_(m.weight) if m is self.head else None"),
    "one layer of a block": Routine(more="init.zeros_(m.weight) if m is self.blocks[4].fc else None"),
    "one of a list": Routine(before="self.visited.append(self.blocks[1].fc)", more="init.zeros_(m.weight) if m in self.visited else None"),
    "by its identity": Routine(more="init.zeros_(m.weight) if id(m) == id(self.blocks[1].fc) else None"),
    "the block's own": Routine(more="init.constant_(m.fc.weight, m.number) if isinstance(m, Block) else None"),
    "the last of the block": Routine(more="init.zeros_(list(m.children())[0].weight) if isinstance(m, Block) else None"),
    "the parameters of the block": Routine(
        more=("if isinstance(m, Block):\n            for q in m.parameters():\n                nn.init.uniform_(q, -m.number, m.number)"),
    ),
    "what vars tells": Routine(block="self.fc.flag = number", more="init.constant_(m.weight, vars(m)['flag']) if 'flag' in vars(m) else None"),
    "what __dict__ tells": Routine(
        block="self.fc.flag = number",
        more="init.constant_(m.weight, m.__dict__['flag']) if 'flag' in m.__dict__ else None",
    ),
    "a mark": Routine(
        after=("self.apply(self.start)\n        self.apply(self.start)"),
        more=("init.ones_(m.weight) if getattr(m, 'done', False) and hasattr(m, 'weight') else None\n        m.done = True"),
    ),
    "a mark that counts": Routine(
        after=("self.apply(self.start)\n        self.apply(self.start)\n        self.apply(self.start)"),
        more=("m.flag = getattr(m, 'flag', 0) + 1\n        init.constant_(m.weight, m.flag) if isinstance(m, nn.Linear) else None"),
    ),
    "a buffer": Routine(more="m.register_buffer('extra', torch.zeros(2))"),
    "another parameter": Routine(
        more=("if isinstance(m, nn.Linear):\n            m.weight = nn.Parameter(torch.ones(4, 4))"),
    ),
    "new layers": Routine(
        more=("if isinstance(m, Block):\n            m.extra = nn.Linear(2, 2)"),
    ),
    "frozen": Routine(
        after=("self.apply(self.start)\n        self.apply(self.start)"),
        more=("if isinstance(m, nn.Linear) and m.weight.requires_grad:\n            m.weight.requires_grad = False\n            init.zeros_(m.weight)"),
    ),
    "tied": Routine(block="self.marked.weight = self.fc.weight", more="init.zeros_(m.weight) if isinstance(m, Marked) else None"),
    "undecided": Routine(
        more=("if torch.cuda.is_available() and isinstance(m, nn.Linear):\n            init.zeros_(m.weight)"),
    ),
    "inside an undecided branch": Routine(
        after=("if torch.cuda.is_available():\n            self.apply(self.start)"),
    ),
    "under a guard": Routine(
        after=("for b in self.blocks:\n            if isinstance(b, Block):\n                b.apply(self.start)\n        self.apply(self.start)"),
    ),
    "without gradients": Routine(
        after=("with torch.no_grad():\n            self.apply(self.start)"),
        more="m.weight.zero_() if isinstance(m, Marked) else None",
    ),
    "a mistake": Routine(more="m.weigth"),
    "raises for one": Routine(
        top=("def tried(f, m):\n    try:\n        f(m)\n    except ValueError:\n        pass\n"),
        block="self.fc.flag = number",
        after=("for m in self.modules():\n            tried(self.start, m)"),
        more=("if getattr(m, 'flag', 0) == 3:\n            raise ValueError(m)\n        if isinstance(m, nn.Linear):\n            init.zeros_(m.weight)"),
    ),
    "by the name": Routine(
        top=(
            "def named(module, name=''):\n    if isinstance(module, nn.Linear):\n        init.constant_(module.weight, 2.0 if name.endswith('fc') else 3.0)\n"
        ),
        after=("for name, m in self.named_modules():\n            named(module=m, name=name)"),
    ),
    "whatever the name": Routine(
        top=("def named(module, name=''):\n    if isinstance(module, nn.Linear):\n        init.uniform_(module.weight, -1, 1)\n"),
        after=(
            "for name, m in self.named_modules():\n"
            "            named(module=m, name=name)\n"
            "        for name, m in self.named_modules():\n"
            "            named(m, name)"
        ),
    ),
    "any arguments": Routine(
        top=("def named(module, *rest, **more):\n    if isinstance(module, nn.Linear):\n        init.constant_(module.weight, len(rest) + more.get('n', 0))\n"),
        after=("for i, m in enumerate(self.modules()):\n            named(m, *range(i % 3), n=i % 2)"),
    ),
    "closures": Routine(
        top=(
            "def starter(std, up):\n"
            "    def start(m):\n"
            "        if isinstance(m, nn.Linear):\n"
            "            init.normal_(m.weight, 0.0, std * up['by'])\n"
            "    return start\n"
        ),
        after=("up = {'by': 1}\n        self.apply(starter(1.0, up))\n        up['by'] = 2\n        self.apply(starter(1.0, up))"),
    ),
    "partial": Routine(
        top=("def start(m, std, net=None):\n    if isinstance(m, nn.Linear):\n        init.normal_(m.weight, 0.0, std * net.config.std)\n"),
        after=(
            "self.apply(functools.partial(start, std=1.0, net=self))\n"
            "        self.config.std = 3.0\n"
            "        self.apply(functools.partial(start, std=1.0, net=self))"
        ),
    ),
    "recursive": Routine(
        top=(
            "def walk(m, net, depth=0):\n"
            "    for child in m.children():\n"
            "        walk(child, net, depth + 1)\n"
            "    net.start(m)\n"
            "    m.depth = depth\n"
            "    return m\n"
        ),
        after=("walk(self, self)\n        init.constant_(self.head.bias, walk(self.blocks[3].fc, self, 7).depth)"),
    ),
    "the class changes": Routine(
        before="Marked.flag = 5",
        after=("self.apply(self.start)\n        Marked.flag = 6\n        self.apply(self.start)"),
        more="init.constant_(m.weight, m.flag) if isinstance(m, Marked) else None",
    ),
    "the configuration changes": Routine(
        after=("self.apply(self.start)\n        self.config.std = 0.25\n        self.apply(self.start)"),
    ),
    "what it returns": Routine(
        top=("def pick(m, n):\n    init.zeros_(m.bias)\n    return m.weight if n else m\n"),
        after=("for i, b in enumerate(self.blocks):\n            init.ones_(pick(b.fc, 0).weight)\n            init.constant_(pick(b.marked, 1), i)"),
    ),
    "handed on": Routine(
        top=("def outer(m):\n    inner(m)\ndef inner(m):\n    if isinstance(m, nn.Linear):\n        init.kaiming_normal_(m.weight)\n"),
        after=("self.apply(outer)\n        self.apply(inner)"),
    ),
    "its own method": Routine(more="m.reset_parameters() if isinstance(m, (nn.Linear, nn.LayerNorm)) else None"),
    "a slice": Routine(
        more=("if isinstance(m, nn.Linear):\n            with torch.no_grad():\n                m.weight[0].zero_()"),
    ),
    "what it held": Routine(
        after=("self.apply(self.start)\n        self.apply(self.start)"),
        more=("if isinstance(m, nn.Linear):\n            m.weight.data.mul_(0.5)"),
    ),
    "the shape": Routine(
        block="self.wide = nn.Linear(4, number + 1)",
        more="init.normal_(m.weight, 0.0, m.weight.shape[0] ** -0.5) if isinstance(m, nn.Linear) else None",
    ),
    "all that the configuration holds": Routine(
        after=(
            "self.apply(self.start)\n        self.config.more = [1]\n        self.apply(self.start)\n"
            "        self.config.more.append(2)\n        self.apply(self.start)"
        ),
        more="init.constant_(m.weight, len(self.config.__dict__) + len(getattr(self.config, 'more', ()))) if isinstance(m, nn.Linear) else None",
    ),
    "a list among all that it holds": Routine(
        more="self.config.__dict__['seen'].append(1)\n        init.constant_(m.weight, len(self.config.seen)) if isinstance(m, nn.Linear) else None",
    ),
    "one name for another": Routine(
        top=NAMED,
        before="self.config = Named()",
        after="self.apply(self.start)\n        self.config.deviation = 0.25\n        self.apply(self.start)",
    ),
    "one name for another, whatever else it holds": Routine(
        top=NAMED,
        before="self.config = Named()",
        after="self.apply(self.start)\n        self.config.other = 0.25\n        self.apply(self.start)",
        more="init.ones_(m.bias) if isinstance(m, Marked) and not hasattr(self.config, 'missing') else None",
    ),
    "a global that is bound again": Routine(
        top="level = 1\ndef change(n):\n    global level\n    level = n\n",
        before="change(2)",
        after="self.apply(self.start)\n        change(3)\n        self.apply(self.start)",
        more="init.constant_(m.weight, level) if isinstance(m, nn.Linear) else None",
    ),
    "a global that it binds": Routine(
        top="level = 1\ndef change(n):\n    global level\n    level = n\n",
        before="change(2)",
        after="self.apply(self.start)\n        init.constant_(self.head.bias, level)\n        change(7)\n"
        "        self.apply(self.start)\n        init.constant_(self.head.weight, level)",
        more="change(m.weight.shape[0]) if isinstance(m, nn.Linear) else None",
    ),
    "a copy of one": Routine(more="m.weight.data.copy_(self.head.weight.data) if isinstance(m, Marked) else None"),
}


def program(folder: Path, name: str) -> Path:
    one = ROUTINES[name]
    path = folder / "net.py"
    path.write_text(HEAD + one.top + NET.format(block=one.block, before=one.before, after=one.after, methods=METHOD.format(more=one.more)))
    return path


@pytest.mark.parametrize("name", ROUTINES)
def test_remembered_visits_change_nothing(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visits, "BRIEF", 0)
    path = program(tmp_path, name)
    remembered = table(path)
    monkeypatch.setattr(Memory, "call_on", lambda self, module, func, args, kwargs, frame, node, follow: follow())
    followed = table(path)
    assert "blocks.5.bare.weight" in followed
    assert remembered == followed


@pytest.mark.parametrize(
    "name",
    [
        "plain",
        "twice",
        "undecided",
        "a mark",
        "whatever the name",
        "recursive",
        "partial",
        "handed on",
        "by a flag that may be missing",
        "one name for another",
    ],
)
def test_modules_that_are_alike_are_visited_once_or_twice(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    left: list[str] = []
    leave = visits.leave

    def spy(interp: Any, known: visits.Visited, module: Any) -> Any:
        left.append(module.cls.name)
        return leave(interp, known, module)

    monkeypatch.setattr(visits, "leave", spy)
    monkeypatch.setattr(visits, "BRIEF", 0)
    table(program(tmp_path, name))
    assert left.count("torch.nn.Linear") >= 8  # of 19, those with a bias and those without
