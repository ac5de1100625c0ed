"""A call answered from memory gives what following it would give."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from initlint import frontend
from initlint.contexts.models import Analysis, build_models
from initlint.interpreter import fills
from initlint.interpreter.core import NESTED, STEPS_BEHIND, Interpreter
from initlint.interpreter.memory import Memory, Remembered
from initlint.interpreter.objects import Given
from initlint.interpreter.values import Instance, Tensor
from initlint.process.stack import with_deep_stack
from initlint.standins import instantiate

HEAD = "import torch\nimport torch.nn as nn\nfrom torch.nn import init\n"
BLOCK = """
class Block(nn.Module):
    def __init__(self, width, bias=True):
        super().__init__()
        self.fc = nn.Linear(width, width, bias=bias)
        {body}

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        {before}
        self.blocks = nn.ModuleList([Block(4) for _ in range(6)] + [Block(5), Block(4, False), Block(4.0), Block(True)])
        {after}
"""
PROGRAMS = {
    "plain": ("", "pass", "pass", "pass"),
    "initialised in the block": ("", "init.xavier_uniform_(self.fc.weight)", "pass", "pass"),
    "written to before and after": ("", "pass", "self.first = Block(4)\n        init.ones_(self.first.fc.weight)", "init.zeros_(self.blocks[4].fc.weight)"),
    "a walk before the blocks": ("", "pass", "self.first = Block(4)\n        self.apply(lambda m: None)", "self.apply(lambda m: None)"),
    "a copy": ("import copy\n", "self.again = copy.deepcopy(self.fc)", "pass", "init.zeros_(self.blocks[4].again.weight)"),
    "a mistake": ("", "self.fc.wieght", "pass", "pass"),
    "one block written to": ("", "pass", "pass", "init.zeros_(self.blocks[4].fc.weight)"),
    "every block written to": ("", "pass", "pass", "for i, b in enumerate(self.blocks):\n            init.constant_(b.fc.weight, i)"),
    "a global that counts": ("count = 0\n", "global count\n        count += 1\n        init.constant_(self.fc.weight, count)", "pass", "pass"),
    "a global that is bound again": (
        "value = 1\ndef change(n):\n    global value\n    value = n\n",
        "init.constant_(self.fc.weight, value)",
        "change(2)\n        self.first = nn.ModuleList([Block(4) for _ in range(4)])\n        change(3)",
        "pass",
    ),
    "a global that a helper binds": (
        "value = 1\ndef change(n):\n    global value\n    value = n\n",
        "change(width)",
        "change(2)\n        self.first = nn.ModuleList([Block(4) for _ in range(4)])\n        change(3)",
        "init.constant_(self.blocks[0].fc.weight, value)",
    ),
    "a global that is read where nobody bound it yet": (
        "value = None\ndef get():\n    global value\n    if value is None:\n        value = 3\n    return value\n",
        "init.constant_(self.fc.weight, get())",
        "pass",
        "pass",
    ),
    "a name of whoever builds the block": (
        "import inspect\n",
        "init.constant_(self.fc.weight, inspect.currentframe().f_back.f_locals['level'])",
        "level = 1\n        self.first = nn.ModuleList([Block(4) for _ in range(4)])\n        level = 2",
        "pass",
    ),
    "a set of parts": (
        "class Part(nn.Module):\n    def __init__(self, n):\n        super().__init__()\n        self.inner = nn.Linear(n, n)\n\n"
        "def parts(n):\n    return {Part(n)}\n",
        "self.part = [*parts(4)][0]",
        "pass",
        "init.zeros_(self.blocks[4].part.inner.weight)",
    ),
    "a class that counts": (
        "",
        "Block.count = Block.count + 1 if hasattr(Block, 'count') else 1\n        init.constant_(self.fc.weight, Block.count)",
        "pass",
        "pass",
    ),
    "a list that grows": ("made = []\n", "made.append(1)\n        init.constant_(self.fc.weight, len(made))", "pass", "pass"),
    "a dictionary that fills": ("made = {}\n", "made[len(made)] = 1\n        init.constant_(self.fc.weight, len(made))", "pass", "pass"),
    "a default that grows": (
        "def number(made=[]):\n    made.append(1)\n    return len(made)\n",
        "init.constant_(self.fc.weight, number())",
        "pass",
        "pass",
    ),
    "a list written later": (
        "value = [0.5]\n",
        "init.constant_(self.fc.weight, value[0])",
        "self.first = nn.ModuleList([Block(4) for _ in range(4)])\n        value[0] = 0.25",
        "pass",
    ),
    "a layer everybody shares": ("shared = nn.Linear(4, 4)\n", "self.other = shared", "pass", "init.zeros_(self.blocks[5].other.weight)"),
    "a layer of the class": ("", "self.other = self.made", "Block.made = nn.Linear(2, 2)", "init.zeros_(self.blocks[5].other.weight)"),
    "a shared layer that is not initialised here": ("shared = nn.Linear(4, 4)\n", "self.other = shared", "pass", "self.extra = shared"),
    "tied inside": ("", "self.tied = self.fc", "pass", "init.zeros_(self.blocks[5].tied.weight)"),
    "closures": (
        "def scale(n):\n    def times(x):\n        return x * n\n    return times\n",
        "init.constant_(self.fc.weight, sum(scale(n)(2) for n in range(5)))",
        "pass",
        "pass",
    ),
    "a closure whose variable moves": (
        "",
        "n = 0\n        def value(x):\n            return n + x\n"
        "        for n in range(5):\n            total = value(1)\n        init.constant_(self.fc.weight, total)",
        "pass",
        "pass",
    ),
    "lists of a helper": (
        "def widths(n):\n    return [n, n]\n",
        "for _ in range(4):\n            w = widths(3)\n            w.append(7)\n        init.constant_(self.fc.weight, len(w))",
        "pass",
        "pass",
    ),
    "a helper that makes layers": (
        "def layer(n):\n    made = nn.Linear(n, 3)\n    init.zeros_(made.bias)\n    return made\n",
        "self.a, self.b, self.c = layer(2), layer(2), layer(2)\n        init.ones_(self.b.bias)",
        "pass",
        "pass",
    ),
    "an undecided branch": ("", "if torch.cuda.is_available():\n            init.zeros_(self.fc.weight)", "pass", "pass"),
    "inside an undecided branch": (
        "",
        "init.ones_(self.fc.weight)",
        "if torch.cuda.is_available():\n            self.more = nn.Sequential(Block(4), Block(4), Block(4))",
        "pass",
    ),
    "selected by isinstance": (
        "",
        "init.ones_(self.fc.weight)",
        "for m in (nn.Linear(1, 1), nn.ReLU()):\n            if isinstance(m, nn.Linear):\n"
        "                self.guarded = nn.ModuleList([Block(4), Block(4), Block(4)])",
        "pass",
    ),
    "by position or by name": (
        "def pick(a='u', b='v'):\n    return 1 if b == 'v' else 2\n",
        "pass",
        "for _ in range(4):\n            x = pick('p', 'a')\n        self.own = nn.Linear(x, pick(a='p'))",
        "pass",
    ),
    "a walk in the block": (
        "def start(m):\n    if isinstance(m, nn.Linear):\n        init.xavier_uniform_(m.weight)\n        m.bias.data.zero_()\n",
        "self.apply(start)",
        "self.first = nn.Linear(3, 3)",
        "self.apply(start)",
    ),
    "a walk over layers that are gone": ("", "nn.Linear(2, 2).apply(lambda m: init.ones_(m.weight))", "pass", "pass"),
    "seeds in the block": ("", "torch.manual_seed(0)\n        init.normal_(self.fc.weight)", "pass", "pass"),
    "written twice in the block": ("", "init.ones_(self.fc.weight)\n        init.zeros_(self.fc.weight)", "init.ones_(torch.empty(3))", "pass"),
    "a call that the framework refuses": ("", "init.dirac_(self.fc.weight)", "pass", "pass"),
    "raises": (
        "def fail(n):\n    raise ValueError(n)\n",
        "for _ in range(3):\n            try:\n                fail(1)\n            except ValueError:\n                init.ones_(self.fc.weight)",
        "pass",
        "pass",
    ),
}


def table(path: Path) -> str:
    """All that is known of ``Net``; of times, only their order."""
    graph = frontend.show(f"{path}:Net")
    events = [event for parameter in graph.parameters for event in parameter.events]
    resets = [reset for mistake in graph.mistakes for reset, _ in mistake.detail.get("resets", ())]
    times = [*(e.time for e in events), *(layer.time for layer in graph.layers), *(sweep.time for sweep in graph.sweeps), *resets]
    order = {time: rank for rank, time in enumerate(sorted({*times}))}
    parameters = [
        (q.name, q.shape, q.distribution, q.reason, q.aliases, q.twin and q.twin.name, [replace(e, time=order[e.time]) for e in q.events])
        for q in graph.parameters
    ]
    layers = [(layer.path, layer.site, order[layer.time]) for layer in graph.layers]
    calls = [(call.initializer, call.site, call.parameter and call.parameter.name, call.routine, call.certain) for call in graph.calls]
    mistakes = [replace(m, detail={**m.detail, "resets": [order[reset] for reset, _ in m.detail.get("resets", ())]}) for m in graph.mistakes]
    return repr((parameters, layers, calls, mistakes, [(s.path, order[s.time]) for s in graph.sweeps]))


def program(folder: Path, parts: tuple[str, str, str, str]) -> Path:
    top, body, before, after = parts
    path = folder / "net.py"
    path.write_text(HEAD + top + BLOCK.format(body=body, before=before, after=after))
    return path


def with_and_without_memory(path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    """The table of ``Net`` as ever, and where every call is followed."""
    remembered = table(path)
    monkeypatch.setattr(Memory, "call", lambda self, what, args, kwargs, follow: follow())
    followed = table(path)
    return remembered, followed


@pytest.mark.parametrize("name", PROGRAMS)
def test_memory_changes_nothing(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    remembered, followed = with_and_without_memory(program(tmp_path, PROGRAMS[name]), monkeypatch)
    assert "blocks.9.fc.weight" in followed
    assert remembered == followed


def recalls(monkeypatch: pytest.MonkeyPatch) -> list[Remembered]:
    """The remembered calls that are answered from memory, as they are."""
    recalled: list[Remembered] = []
    recall = Memory._recall

    def spy(self: Memory, known: Remembered, given: Given) -> Any:
        recalled.append(known)
        return recall(self, known, given)

    monkeypatch.setattr(Memory, "_recall", spy)
    return recalled


@pytest.mark.parametrize("name", ["plain", "initialised in the block", "a copy", "written twice in the block"])
def test_the_third_equal_call_is_remembered(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recalled = recalls(monkeypatch)
    assert table(program(tmp_path, PROGRAMS[name]))
    assert sum(isinstance(known.outcome, Instance) for known in recalled) == 4  # six equal blocks: one followed, one watched


def test_remembered_calls_count_their_steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = program(tmp_path, PROGRAMS["a helper that makes layers"])

    def steps() -> int:
        interp, framework = frontend.new_interpreter()
        module = interp.project.open(path)
        interp.start_frame = module.frame
        assert framework.is_module(instantiate(interp, module.get("Net"), module.frame))
        return interp.steps

    remembered = steps()
    monkeypatch.setattr(Memory, "call", lambda self, what, args, kwargs, follow: follow())
    assert remembered == steps()


TREE = """
class Tree(nn.Module):
    def __init__(self, levels):
        super().__init__()
        self.fc = nn.Linear(2, 2)
        init.xavier_uniform_(self.fc.weight)
        if levels == 1:
            self.leaf = nn.Linear(2, 2)
        else:
            self.left = Tree(levels - 1)
            self.right = Tree(levels - 1)

    def forward(self, x):
        return self.fc(x)
"""


def test_recursion_that_branches_without_end_is_given_up_early(tmp_path: Path) -> None:
    """A table is shown whole or not at all."""
    path = tmp_path / "net.py"
    path.write_text(HEAD + TREE)
    with pytest.raises(frontend.TargetError, match="branches without end"):
        frontend.show(f"{path}:Tree")
    assert len(frontend.show(f"{path}:Tree(4)").parameters) == 46


def test_such_a_recursion_does_not_take_the_model_with_it() -> None:
    """What is certain of it is judged, for few steps; what the recursion makes is not known."""
    analysis = Analysis()
    models = with_deep_stack(lambda: build_models(analysis, "net.py", (HEAD + TREE).encode()))
    names = {parameter.name for model in models if model.root is not None for parameter in model.graph.parameters}
    assert names == {"fc.weight", "fc.bias"}
    assert analysis.interp.steps < STEPS_BEHIND


CHAIN = """
class Chain(nn.Module):
    def __init__(self, levels):
        super().__init__()
        self.fc = nn.Linear(2, 2)
        init.xavier_uniform_(self.fc.weight)
        self.inner = Chain(levels - 1) if levels > 0 else nn.Identity()

    def forward(self, x):
        return self.inner(self.fc(x))
"""
WHOLE = """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.chain = Chain(12)
"""


def test_a_recursion_is_left_where_nothing_decides_about_its_end() -> None:
    """One that goes deeper for certain is followed to its end."""
    sources = (HEAD + CHAIN, HEAD + CHAIN + WHOLE)
    models = with_deep_stack(lambda: [model for text in sources for model in build_models(Analysis(), "net.py", text.encode())])
    names = {model.root.name: {parameter.name for parameter in model.graph.parameters} for model in models if model.root is not None}
    assert names["Net"] == {f"chain.{'inner.' * level}fc.{name}" for level in range(13) for name in ("weight", "bias")}
    assert len(names["Chain"]) == 2 * NESTED


FILLERS = {
    "a law of its own": ("def fill(w, std=0.1):\n    return w.uniform_(-1, 1).erfinv_().mul_(std * 2 ** 0.5)\n", "fill(b.fc.weight.data)"),
    "what it held before": ("def fill(w):\n    w.mul_(0.5)\n", "fill(b.fc.weight)\n            fill(b.fc.weight)"),
    "by the index": ("def fill(w, i):\n    init.constant_(w, i % 2)\n", "fill(b.fc.weight, i)"),
    "by the shape": ("def fill(w):\n    w.normal_(0, w.shape[1] ** -0.5)\n", "fill(b.fc.weight.data)"),
    "a part of it": ("def fill(w):\n    w[0].zero_()\n", "fill(b.fc.weight.data)"),
    "without gradients": ("def fill(w):\n    with torch.no_grad():\n        w.copy_(torch.ones(4, 4))\n", "fill(b.fc.weight)"),
    "frozen": ("def fill(w):\n    w.requires_grad = False\n    w.data.zero_()\n", "fill(b.fc.weight)"),
    "counted": ("made = []\ndef fill(w):\n    made.append(w)\n    init.constant_(w, len(made))\n", "fill(b.fc.weight)"),
    "depends on a global": ("n = [0]\ndef fill(w):\n    init.constant_(w, n[0])\n", "n[0] = i\n            fill(b.fc.weight)"),
    "a copy": ("def fill(w):\n    return w.clone().zero_()\n", "b.fc.weight = nn.Parameter(fill(b.fc.weight))"),
    "another tensor": ("def fill(w):\n    init.ones_(torch.empty(4))\n    return 3\n", "init.constant_(b.fc.weight, fill(b.fc.bias))"),
    "inside a branch": ("def fill(w):\n    init.zeros_(w)\n", "if torch.rand(1) > 0.5:\n                fill(b.fc.weight)"),
    "under a guard": ("def fill(w):\n    init.zeros_(w)\n", "if isinstance(b.fc, nn.Linear):\n                fill(b.fc.weight)"),
    "through another": ("def inner(w):\n    init.ones_(w)\ndef fill(w):\n    inner(w)\n", "fill(b.fc.weight)\n            inner(b.fc.bias)"),
    "not a tensor any more": ("def fill(w):\n    w.own = 3\n    init.ones_(w)\n", "fill(b.fc.weight)\n            init.constant_(b.fc.bias, b.fc.weight.own)"),
    "two tensors": ("def fill(w, v):\n    init.ones_(w)\n    init.zeros_(v)\n", "fill(b.fc.weight, b.fc.bias)"),
}


@pytest.mark.parametrize("filler", FILLERS)
def test_remembered_fills_change_nothing(filler: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    function, use = FILLERS[filler]
    path = program(tmp_path, (function, "pass", "pass", f"for i, b in enumerate(self.blocks[:6]):\n            {use}"))
    remembered = table(path)
    monkeypatch.setattr(Memory, "fill", lambda self, func, args, kwargs, frame, node, follow: follow())
    followed = table(path)
    assert "blocks.5.fc.weight" in followed
    assert remembered == followed


@pytest.mark.parametrize("filler", ["a law of its own", "by the shape", "without gradients", "inside a branch", "under a guard", "through another"])
def test_an_equal_tensor_is_refilled(filler: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    function, use = FILLERS[filler]
    refilled: list[Tensor] = []
    refill = fills.refill

    def spy(interp: Interpreter, known: fills.Filled, tensor: Tensor) -> Any:
        refilled.append(tensor)
        return refill(interp, known, tensor)

    monkeypatch.setattr(fills, "refill", spy)
    table(program(tmp_path, (function, "pass", "pass", f"for i, b in enumerate(self.blocks[:6]):\n            {use}")))
    assert len(refilled) >= 5
