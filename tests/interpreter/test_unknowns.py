"""What cannot be known is said to be unknown, for a reason; nothing hangs, and nothing of the analysed code is run."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path

import pytest

from initlint import frontend
from initlint.graph import ModelGraph, Parameter

HEAD = "import random\nimport torch\nimport torch.nn as nn\nfrom torch.nn import init\n"
SECONDS = 10.0


def shown(folder: Path, code: str, expression: str = "Net") -> ModelGraph:
    path = folder / "net.py"
    path.write_text(HEAD + code)
    start = time.process_time()
    graph = frontend.show(f"{path}:{expression}")
    assert time.process_time() - start < SECONDS
    return graph


def parameter(graph: ModelGraph, name: str) -> Parameter:
    found = graph.parameter(name)
    assert found is not None, [p.name for p in graph.parameters]
    return found


def net(body: str, more: str = "", arguments: str = "flag") -> str:
    """A module whose constructor makes ``self.fc`` and runs ``body``; ``flag`` is an argument nobody gives."""
    lines = "\n".join(f"        {line}" for line in body.splitlines())
    after = "\n".join(f"    {line}" for line in more.splitlines())
    return f"class Net(nn.Module):\n    def __init__(self, {arguments}):\n        super().__init__()\n        self.fc = nn.Linear(4, 4)\n{lines}\n\n{after}\n"


UNDECIDED = {
    "if": "if flag:\n    init.zeros_(self.fc.weight)",
    "if and else": "if flag:\n    init.zeros_(self.fc.weight)\nelse:\n    init.ones_(self.fc.weight)",
    "else of elif": "if flag == 'a':\n    pass\nelif flag == 'b':\n    init.zeros_(self.fc.weight)",
    "conditional expression": "init.constant_(self.fc.weight, 1 if flag else 2)",
    "choice of function": "(init.zeros_ if flag else init.ones_)(self.fc.weight)",
    "and": "flag and init.zeros_(self.fc.weight)",
    "or": "flag or init.zeros_(self.fc.weight)",
    "early return": "if flag:\n    return\ninit.zeros_(self.fc.weight)",
    "early return of a block": "with torch.no_grad():\n    if flag:\n        return\n    self.x = 1\ninit.zeros_(self.fc.weight)",
    "early return of a loop": "for i in range(3):\n    if flag == i:\n        return\ninit.zeros_(self.fc.weight)",
    "continue": "for m in [self.fc]:\n    if flag:\n        continue\n    init.zeros_(m.weight)",
    "break": "for i in range(3):\n    if flag == i:\n        break\n    if i == 2:\n        init.zeros_(self.fc.weight)",
    "break before the next": "for i in range(3):\n    if i == 2:\n        init.zeros_(self.fc.weight)\n    if flag == i:\n        break",
    "else of a loop": "for i in range(3):\n    if flag == i:\n        break\nelse:\n    init.zeros_(self.fc.weight)",
    "break of while": "i = 0\nwhile i < 3:\n    i += 1\n    if flag == i:\n        break\n    init.constant_(self.fc.weight, i)",
    "while": "while flag:\n    init.zeros_(self.fc.weight)\n    flag = other(flag)",
    "loop over an unknown list": "for value in flag:\n    init.constant_(self.fc.weight, value)",
    "random": "if random.random() < 0.5:\n    init.zeros_(self.fc.weight)",
    "unknown function": "flag(self.fc)",
    "question of a library": "from library import is_norm\nif is_norm(self.fc):\n    init.zeros_(self.fc.weight)",
    "text of a layer": "if 'Block' in str(self.fc):\n    init.zeros_(self.fc.weight)",
    "unknown method": "flag.initialise(self)",
    "unknown dictionary": "{'a': init.zeros_}[flag](self.fc.weight)",
    "unknown name": "getattr(init, flag)(self.fc.weight)",
    "unknown index": "layers = [self.fc, nn.Linear(2, 2)]\ninit.zeros_(layers[flag].weight)",
    "keyword arguments of one branch": "options = {'gain': 2.0} if flag else {}\ninit.xavier_normal_(self.fc.weight, **options)",
    "keyword arguments that are not known": "init.xavier_normal_(self.fc.weight, **flag)",
    "unknown std": "init.normal_(self.fc.weight, std=flag)",
    "guard of match": "match 1:\n    case 1 if flag:\n        init.zeros_(self.fc.weight)",
    "pattern of match": "match flag:\n    case {'a': x}:\n        init.zeros_(self.fc.weight)",
    "return in a helper": "self.helper(flag)",
    "conditional comprehension": "[init.zeros_(self.fc.weight) for i in range(2) if flag]",
    "lambda": "(lambda x: init.zeros_(self.fc.weight) if x else None)(flag)",
}  # fmt: skip
HELPER = """def helper(self, flag):
    for m in self.modules():
        if flag:
            return 1
        if isinstance(m, nn.Linear):
            init.zeros_(m.weight)
    return 2"""
KNOWN_SYMBOLS = {"unknown std"}


@pytest.mark.parametrize("case", UNDECIDED)
def test_undecided_branches_claim_nothing(tmp_path: Path, case: str) -> None:
    graph = shown(tmp_path, net(UNDECIDED[case], HELPER))
    weight = parameter(graph, "fc.weight")
    if case in KNOWN_SYMBOLS:
        assert weight.distribution is not None and str(weight.distribution.std) == "flag"
        return
    assert weight.distribution is None
    assert weight.reason
    events = [event for event in weight.events if event.initializer != "torch.nn.Linear"]
    assert not any(event.certain and event.distribution.kind == "constant" for event in events)


DECIDED = {
    "raise in the other branch": "if flag:\n    raise ValueError(flag)\ninit.zeros_(self.fc.weight)",
    "written again behind the branch": "if flag:\n    init.ones_(self.fc.weight)\ninit.zeros_(self.fc.weight)",
    "same in both": "if flag:\n    init.zeros_(self.fc.weight)\nelse:\n    init.zeros_(self.fc.weight)",
    "another layer": "if flag:\n    init.ones_(self.fc.bias)\ninit.zeros_(self.fc.weight)",
    "continue of the loop before": "for i in range(3):\n    if flag == i:\n        continue\n    self.i = i\ninit.zeros_(self.fc.weight)",
    "break of the loop before": "for i in range(3):\n    if flag == i:\n        break\ninit.zeros_(self.fc.weight)",
    "return of another function": "self.helper(flag)\ninit.zeros_(self.fc.weight)",
}  # fmt: skip


@pytest.mark.parametrize("case", DECIDED)
def test_what_every_branch_does_is_certain(tmp_path: Path, case: str) -> None:
    weight = parameter(shown(tmp_path, net(DECIDED[case], HELPER)), "fc.weight")
    assert weight.distribution is not None
    assert (weight.distribution.kind, weight.distribution.mean) == ("constant", 0)


def test_a_layer_of_one_branch_is_not_in_the_table(tmp_path: Path) -> None:
    graph = shown(tmp_path, net("if flag:\n    self.more = nn.Linear(2, 2)"))
    assert [p.name for p in graph.parameters] == ["fc.weight", "fc.bias"]


def test_required_arguments_are_symbols(tmp_path: Path) -> None:
    code = """
class Net(nn.Module):
    def __init__(self, hidden, heads, *, vocab):
        super().__init__()
        self.up = nn.Linear(hidden, 4 * hidden)
        self.down = nn.Linear(hidden * 4, hidden)
        self.out = nn.Linear(hidden // heads * heads, vocab, bias=False)
        init.normal_(self.up.weight, std=hidden**-0.5)
"""
    graph = shown(tmp_path, code)
    assert [str(size) for size in parameter(graph, "up.weight").shape or ()] == ["4*hidden", "hidden"]
    assert parameter(graph, "down.weight").shape == tuple(reversed(parameter(graph, "up.weight").shape or ()))
    assert str((parameter(graph, "out.weight").shape or ())[0]) == "vocab"
    law = parameter(graph, "up.weight").distribution
    assert law is not None and str(law.std) == "1/sqrt(hidden)"


def test_loops_of_unknown_length(tmp_path: Path) -> None:
    code = """
class Net(nn.Module):
    def __init__(self, depth, widths):
        super().__init__()
        self.blocks = nn.ModuleList([nn.Linear(8, 8) for _ in range(depth)])
        layers = []
        for width in widths:
            layers.append(nn.Linear(8, width))
        self.body = nn.Sequential(*layers)
        for block in self.blocks:
            init.zeros_(block.weight)
"""
    graph = shown(tmp_path, code)
    assert [p.name for p in graph.parameters] == ["blocks.*.weight", "blocks.*.bias", "body.*.weight", "body.*.bias"]
    law = parameter(graph, "blocks.*.weight").distribution
    assert law is not None and law.mean == 0


ENDLESS = {
    "while True": "while True:\n    pass",
    "counting": "n = 0\nwhile n >= 0:\n    n += 1\nself.n = nn.Linear(n, 2)",
    "long counting": "n = 0\nwhile n < 10**9:\n    n += 1\nself.n = nn.Linear(n, 2)",
    "appending": "xs = [1]\nfor x in xs:\n    xs.append(x)",
    "recursion": "self.again()",
    "mutual recursion": "self.ping()",
    "recursive construction": "self.inner = type(self)()",
    "recursive property": "self.prop",
    "recursive getattr": "self.missing",
    "power": "self.n = 10**10**10",
    "powers of powers": "n = 10\nfor i in range(100):\n    n = n * n\nself.n = n",
    "shift": "n = 1 << 10**9",
    "string": "s = 'a' * 10**10",
    "doubling string": "s = 'a'\nfor i in range(100):\n    s = s + s",
    "doubling list": "s = [1]\nfor i in range(100):\n    s = s + s",
    "doubling list in place": "s = [1]\nfor i in range(100):\n    s += s",
    "extending by itself": "s = [1]\nfor i in range(100):\n    s.extend(s)",
    "format": "s = f'{1:>{10**10}}' + f'{1:>9999999999}'",
    "percent": "s = '%9999999999d' % 1",
    "str.format": "s = '{:>9999999999}'.format(1)",
    "ljust": "s = 'a'.ljust(10**10)",
    "replace": "s = ('a' * 10000).replace('a', 'b' * 10000)",
    "join": "s = ('a' * 100000).join(['b'] * 100000)",
    "range": "s = [i for i in range(10**12)]",
    "list of range": "s = list(range(10**12))",
    "factorial": "import math\nn = math.factorial(10**7)",
    "comb": "import math\nn = math.comb(10**7, 10**6)",
    "product": "import itertools\ns = list(itertools.product(range(1000), repeat=10))",
    "permutations": "import itertools\ns = list(itertools.permutations(range(100)))",
    "count": "import itertools\nfor i in itertools.count():\n    pass",
    "list of count": "import itertools\ns = list(itertools.count())",
    "deep nesting": "x = []\nfor i in range(100000):\n    x = [x]\nself.x = x == [x]",
    "text of a list that holds itself over and over": "x = [1]\nfor i in range(60):\n    x = [x, x]\nself.s = f'{x} {x!r}'",
    "key that holds itself over and over": "x = 1\nfor i in range(60):\n    x = (x, x)\nd = {x: 1}\ns = {x}",
    "row by row": "w = nn.Parameter(torch.empty(5000, 2))\nfor i in range(5000):\n    nn.init.normal_(w[i])",
    "round": "n = round(1, -10**9)",
    "int": "n = int('9' * 100000)",
    "nested loops": "for a in range(10000):\n    for b in range(10000):\n        for c in range(10000):\n            pass",
    "sum": "n = sum(range(10**12))",
    "tensor": "t = torch.zeros(10**9, 10**9)\nself.n = t.tolist()",
    "arange": "t = torch.arange(10**12)",
    "divmod": "n = divmod(10**10000, 7)",
    "layers": "self.layers = nn.ModuleList([nn.Linear(1, 1) for _ in range(10**9)])",
}  # fmt: skip
METHODS = """def again(self, n=0): return self.again(n + 1)
def ping(self): return self.pong()
def pong(self): return self.ping()
@property
def prop(self): return self.prop
def __getattr__(self, name): return getattr(self, name + 'x')"""


@pytest.mark.parametrize("case", ENDLESS)
def test_ends_within_budget(tmp_path: Path, case: str) -> None:
    with suppress(frontend.TargetError):
        graph = shown(tmp_path, net(ENDLESS[case], METHODS, "depth=0"))
        for name in ("n.weight", "n.bias"):
            found = graph.parameter(name)
            assert found is None or not any(isinstance(size, int) and size > 2 for size in found.shape or ())


def test_circular_imports_and_bases(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(HEAD + "from b import B\n" + net("pass", arguments="x=0").replace("Net(nn.Module)", "A(B)"))
    (tmp_path / "b.py").write_text(HEAD + "import a\nclass B(a.A):\n    pass\nclass C(D): pass\nclass D(C): pass\nclass E(E): pass\n")
    for target in ("a.py:A", "b.py:B", "b.py:C", "b.py:E"):
        with suppress(frontend.TargetError):
            frontend.show(f"{tmp_path}/{target}")


def test_circular_imports_that_work(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(
        HEAD + "import b\nWIDTH = 3\nclass A(nn.Module):\n    def __init__(self):\n        super().__init__()\n        self.x = b.B()\n"
    )
    (tmp_path / "b.py").write_text(HEAD + "import a\nclass B(nn.Linear):\n    def __init__(self):\n        super().__init__(a.WIDTH, 2)\n")
    graph = frontend.show(f"{tmp_path}/a.py:A")
    assert [(p.name, p.shape) for p in graph.parameters] == [("x.weight", (2, 3)), ("x.bias", (2,))]


def test_nothing_is_executed(tmp_path: Path) -> None:
    mark = tmp_path / "executed"
    bomb = f"open({str(mark)!r}, 'w').close()"
    code = f"""
import os, pathlib, subprocess
open({str(mark)!r}, 'w').close()
os.system('touch {mark}')
pathlib.Path({str(mark)!r}).touch()
subprocess.run(['touch', {str(mark)!r}])
exec({bomb!r})
eval({bomb!r})
__import__('os').system('touch {mark}')
class Meta(type):
    def __new__(cls, name, bases, namespace):
        {bomb}
        return super().__new__(cls, name, bases, namespace)
def decorate(x):
    {bomb}
    return x
@decorate
class Net(nn.Module, metaclass=Meta):
    x = {bomb}
    @decorate
    def __init__(self, y={bomb}, z=f"{{{bomb}}}"):
        super().__init__()
        self.fc = nn.Linear(4, 4)
        {bomb}
        f"{{{bomb}}}"
        [{bomb} for _ in range(2)]
        getattr(os, 'system')('touch {mark}')
        "{{0.__class__}}".format({bomb})
        init.zeros_(self.fc.weight)
    def __init_subclass__(cls):
        {bomb}
    def __del__(self):
        {bomb}
"""
    graph = shown(tmp_path, code)
    assert [p.name for p in graph.parameters] == ["fc.weight", "fc.bias"]
    assert not mark.exists()


@pytest.mark.parametrize(
    "call", ["x.view(*sizes)", "x.reshape(*sizes)", "x.expand(*sizes)", "self.weight.new_zeros(1) + x.view(*sizes)", "torch.zeros(*sizes) + x"]
)
def test_a_call_that_is_given_sizes_runs_without_their_number(tmp_path: Path, call: str) -> None:
    """``x.size()[:-1]`` has as many entries as nobody knows."""
    path = tmp_path / "net.py"
    path.write_text(
        "import torch\nfrom torch import nn\n\n\nclass Conv1D(nn.Module):\n    def __init__(self, features, inputs):\n        super().__init__()\n"
        "        self.features = features\n        self.weight = nn.Parameter(torch.randn(inputs, features))\n"
        "        self.bias = nn.Parameter(torch.zeros(features))\n\n"
        "    def forward(self, x):\n        sizes = x.size()[:-1] + (self.features,)\n        x = torch.addmm(self.bias, x.view(-1, x.size(-1)), self.weight)\n"
        f"        return {call}\n",
        encoding="utf-8",
    )
    graph = frontend.show(f"{path}:Conv1D")
    assert not graph.forward_reason and [op.kind for op in graph.ops if op.parameter is not None][:1] == ["matmul"]
