"""Order and lifecycle: what the text of a project says about routines and memory that no model of their file touches."""

from __future__ import annotations

from pathlib import Path

import pytest

from initlint.engine import check
from initlint.findings import Safety, Severity
from tests.rules.package import found

NET = """
import torch.nn as nn

class Net(nn.Module):
    def __init__(self, width=8):
        super().__init__()
        self.hidden = nn.Linear(width, width)

    def {name}(self):
        nn.init.normal_(self.hidden.weight, std=0.1)

    def forward(self, x):
        return self.hidden(x)
"""
CELL = """
import torch
import torch.nn as nn

class Cell(nn.Module):
    def __init__(self, width=8):
        super().__init__()
        self.gate = nn.Parameter(torch.empty(width, width))

    def forward(self, x):
        return x @ self.gate
"""


@pytest.mark.parametrize(
    "caller",
    [
        "from net import Net\nmodel = Net()\nmodel.init_weights()\n",
        "def build(cls):\n    model = cls()\n    model.init_weights()\n    return model\n",
        "def start(model):\n    if hasattr(model, 'init_weights'):\n        model.init_weights()\n",
        "from net import Net\nclass Big(Net):\n    def __init__(self):\n        super().__init__()\n        self.init_weights()\n",
        "from net import Net\nclass Holder:\n    def __init__(self):\n        self.net = Net()\n        self.net.init_weights()\n",
        "from helpers import named_apply, start\nfrom net import Net\nmodel = named_apply(start, Net())\n",
        "import net\nclass Net(net.Net):\n    def __init__(self):\n        super().__init__()\n        self.init_weights()\n",
        "from net import Net\nclass Holder:\n    def __init__(self):\n        self.net = Net()\n        self.apply(start)\n",
        "class Holder:\n    def __init__(self, net):\n        self.net = net\n        self.net.init_weights()\n",
        "from net import Net\nclass Holder:\n    def __init__(self):\n        self.nets = [Net()]\n        for n in self.nets:\n            n.init_weights()\n",
    ],
)
def test_whoever_may_call_a_routine_keeps_it_alive(tmp_path: Path, caller: str) -> None:
    assert found(tmp_path, "INI501", {"net": NET.format(name="init_weights"), "caller": caller}) == []


@pytest.mark.parametrize(
    "other",
    [
        "class Other:\n    def __init__(self):\n        self.init_weights()\n    def init_weights(self):\n        pass\n",
        "import torch.nn as nn\nclass Other:\n    def __init__(self):\n        self.cell = nn.LSTM(3, 3)\n        self.cell.init_weights()\n",
        "class Part: pass\nclass Other:\n    def __init__(self):\n        self.parts = [Part()]\n        for p in self.parts:\n            p.init_weights()\n",
        "# model.init_weights()\ninit_weights = True\n",
        "import torch.nn as nn\ndef reset(m):\n    if isinstance(m, (nn.Linear, nn.Conv2d)):\n        m.init_weights()\n",
        "class Other:\n    def __init__(self):\n        self.apply(self.init_weights)\n    def init_weights(self, m):\n        pass\n",
        "class Net:\n    def __init__(self):\n        self.init_weights()\n    def init_weights(self):\n        pass\n",
    ],
)
def test_namesakes_do_not_call_it(tmp_path: Path, other: str) -> None:
    [finding] = found(tmp_path, "INI501", {"net": NET.format(name="init_weights"), "other": other})
    assert finding.site.line == 8 and finding.fix is not None and finding.fix.safety is Safety.UNSAFE


@pytest.mark.parametrize("test", ["isinstance(module, Net)", "isinstance(module, (nn.Linear, Net))"])
def test_a_class_that_another_routine_draws_keeps_no_default(tmp_path: Path, test: str) -> None:
    other = f"class Base(nn.Module):\n    def _init_weights(self, module):\n        if {test}:\n            nn.init.normal_(module.hidden.weight)\n"
    net = NET.format(name="reset_parameters")
    assert len(found(tmp_path, "INI501", {"net": net + other.replace("Net", "Cell")})) == 1
    assert found(tmp_path, "INI501", {"net": net + other}) == []


@pytest.mark.parametrize("name", ["init_hidden", "initial_loss", "forward_once", "reset_noise", "init_stage", "finish_init_phase"])
def test_other_methods_that_draw_are_no_routines(tmp_path: Path, name: str) -> None:
    assert found(tmp_path, "INI501", {"net": NET.format(name=name)}) == []


def test_the_routine_is_called_at_the_end_of_the_constructor(tmp_path: Path) -> None:
    [finding] = found(tmp_path, "INI501", {"net": NET.format(name="init_weights")})
    assert finding.fix is not None and finding.fix.edits[0].content == "\n        self.init_weights()"


@pytest.mark.parametrize(
    "filler",
    [
        "from cell import Cell\nclass Big(Cell):\n    def __init__(self):\n        super().__init__()\n        self.gate.data.normal_()\n",
        "from cell import Cell\nimport torch.nn as nn\ndef start(m):\n    if isinstance(m, Cell):\n        nn.init.normal_(m.gate)\n",
        "from cell import Cell\nimport torch.nn as nn\nclass Big(nn.Module):\n    def __init__(self):\n        self.cell = Cell()\n"
        "        for p in self.parameters():\n            nn.init.normal_(p)\n",
    ],
)
def test_memory_that_another_file_fills(tmp_path: Path, filler: str) -> None:
    assert len(found(tmp_path, "INI508", {"cell": CELL})) == 1
    assert found(tmp_path, "INI508", {"cell": CELL, "filler": filler}) == []


@pytest.mark.parametrize(
    ("member", "count"),
    [
        ("self.table = nn.Embedding.from_pretrained(torch.ones(4, width))", 1),
        ("self.names = [getattr(self, name) for name in ('gate',)]", 1),
        ("[nn.init.ones_(getattr(self, name)) for name in ('ga' + 'te',)]", 0),
        ("self.path = self.from_pretrained", 0),
    ],
)
def test_memory_of_a_class_that_fills_its_parameters_in_another_way(tmp_path: Path, member: str, count: int) -> None:
    cell = CELL.replace("\n    def forward", f"        {member}\n\n    def forward")
    assert len(found(tmp_path, "INI508", {"cell": cell})) == count


OTHER = "import torch.nn as nn\nfrom cell import Cell\n\ncell = Cell()\n\n\n"


@pytest.mark.parametrize(
    "other",
    [
        "def freeze(model):\n    for p in model.parameters():\n        p.requires_grad = False\n\n\ndef start(m):\n    nn.init.normal_(m.table)\n",
        "class Else(nn.Module):\n    def start(self):\n        for p in self.parameters():\n            nn.init.normal_(p)\n",
        "class Else(nn.Module):\n    def start(self):\n        self.fc = nn.Linear(2, 2)\n        nn.init.normal_(self.fc.gate)\n"
        "        self.fc.gate.data.zero_()\n",
        "def start(m):\n    if isinstance(m, nn.Linear):\n        nn.init.normal_(m.gate)\n"
        "    elif isinstance(m, (nn.Conv2d, nn.GRU)):\n        m.gate.data.zero_()\n",
        "def start():\n    norm = nn.LayerNorm(3)\n    nn.init.ones_(norm.gate)\n",
        "import torch\n\n\ndef grow(m):\n    return torch.zeros_like(m.gate), torch.normal(m.gate, 1)\n",
        "def start(m):\n    if isinstance(m, nn.Cell):\n        nn.init.normal_(m)\n",
        "def start(m):\n    if isinstance(m, Cell):\n        nn.init.normal_(m.table)\n        m.table.data.zero_()\n",
    ],
)
def test_code_that_fills_something_else(tmp_path: Path, other: str) -> None:
    assert len(found(tmp_path, "INI508", {"cell": CELL, "other": OTHER + other})) == 1
    assert len(found(tmp_path, "INI508", {"cell": CELL + "\n\n" + other})) == 1


@pytest.mark.parametrize(
    "other",
    [
        "class Net(nn.Module):\n    def __init__(self, cell):\n        self.cell = cell\n        for p in self.parameters():\n            nn.init.normal_(p)\n"
        "    def forward(self, x):\n        return self.cell(x)\n",
        "class Base(nn.Module):\n    def start(self):\n        for p in self.parameters():\n            nn.init.normal_(p)\n"
        "class Net(Base):\n    def __init__(self):\n        self.cell = Cell()\n",
        "class Net(nn.Module):\n    def start(self):\n        self.block = Block()\n        for p in self.block.parameters():\n            nn.init.normal_(p)\n"
        "class Block(nn.Module):\n    def __init__(self):\n        self.cell = Cell()\n",
        "class Net(nn.Module):\n    def start(self):\n        self.cell = build_part('Cell')\n"
        "        for p in self.parameters():\n            nn.init.normal_(p)\n",
        "def start(m):\n    if isinstance(m, (nn.Linear, Cell)):\n        nn.init.normal_(m.gate)\n",
        "def start(m):\n    if isinstance(m, nn.Module):\n        nn.init.normal_(m.gate)\n",
        "def start(m):\n    if isinstance(m, nn.Linear) or hasattr(m, 'gate'):\n        nn.init.normal_(m.gate)\n",
        "def start(m):\n    [nn.init.normal_(p) for p in m.parameters()]\n",
        "def start(m):\n    for p in m.parameters():\n\n        # all of them\n        if p.dim() > 1:\n            nn.init.normal_(p)\n",
        "def start(m):\n    for p in m.parameters(): nn.init.normal_(p)\n",
        "def start(m):\n    if isinstance(m, Cell):\n        for name in ('gate',):\n            nn.init.normal_(getattr(m, name))\n",
    ],
)
def test_code_that_may_fill_it(tmp_path: Path, other: str) -> None:
    assert found(tmp_path, "INI508", {"cell": CELL, "other": OTHER + other}) == []
    assert found(tmp_path, "INI508", {"cell": CELL + "\n\n" + other}) == []


def test_a_base_class_beside_it_may_fill_what_heirs_of_other_files_hold(tmp_path: Path) -> None:
    base = "\n\nclass Base(nn.Module):\n    def start(self):\n        for p in self.parameters():\n            nn.init.normal_(p)\n"
    heir = "from cell import Base, Cell\n\n\nclass Net(Base):\n    def __init__(self):\n        super().__init__()\n        self.cell = Cell()\n"
    assert found(tmp_path, "INI508", {"cell": CELL + base, "net": heir + "        self.start()\n"}) == []
    assert len(found(tmp_path, "INI508", {"cell": CELL + base, "net": heir.replace("(Base)", "(nn.Module)")})) == 1


def test_a_class_of_another_file_by_the_same_name_fills_its_own(tmp_path: Path) -> None:
    filled = CELL.replace("torch.empty(width, width))", "torch.empty(width, width))\n        nn.init.normal_(self.gate)")
    assert len(found(tmp_path, "INI508", {"cell": CELL, "other": filled})) == 1
    heir = filled.replace("class Cell(nn.Module)", "class Cell(cell.Cell)")
    assert found(tmp_path, "INI508", {"cell": CELL, "other": "import cell\n" + heir}) == []


@pytest.mark.parametrize(
    ("made", "count"),
    [
        ("self.gates = nn.ParameterList([nn.Parameter(torch.empty(width, width)) for _ in range(3)])", 1),
        ("self.gates = nn.ParameterList()\n        self.gates.append(nn.Parameter(torch.empty(width, width)))", 1),
        ("self.gates = nn.ParameterList([nn.Parameter(torch.empty(width, width))])\n        self.start = lambda: nn.init.zeros_(self.gates[0])", 0),
    ],
)
def test_memory_in_a_list(tmp_path: Path, made: str, count: int) -> None:
    text = CELL.replace("self.gate = nn.Parameter(torch.empty(width, width))", made).replace("self.gate\n", "self.gates[0]\n")
    assert len(found(tmp_path, "INI508", {"cell": text})) == count


@pytest.mark.parametrize("made", ["torch.empty(width, *kernel)", "torch.Tensor(width, 3, *kernel)", "torch.FloatTensor(*kernel)", "torch.empty(*kernel)"])
def test_memory_of_a_shape_that_nobody_knows(tmp_path: Path, made: str) -> None:
    text = CELL.replace("width=8", "width, kernel").replace("torch.empty(width, width)", made)
    assert len(found(tmp_path, "INI508", {"cell": text})) == 1
    filled = text.replace("\n    def forward", "        nn.init.kaiming_uniform_(self.gate)\n\n    def forward")
    assert found(tmp_path, "INI508", {"cell": filled}) == []


@pytest.mark.parametrize(
    ("lines", "count"),
    [
        ("if width > 9:\n            self.gate = nn.Parameter(torch.ones(width, width))\n        else:\n            MADE", 1),
        ('"""Applies quantization noise, not load_weights."""  # quantize\n        MADE', 1),
        ("MADE\n        self.other = nn.init.zeros_(getattr(self, 'other', None))", 1),
        ("MADE\n        self.other = nn.init.zeros_(getattr(self, 'gate'))", 0),
        ("MADE\n\n    def load(self, values):\n        self.gate = nn.Parameter(values)", 0),
        ("MADE\n\n    def quantize(self):\n        pass", 0),
    ],
)
def test_what_a_class_says_of_its_memory(tmp_path: Path, lines: str, count: int) -> None:
    made = "self.gate = nn.Parameter(torch.empty(width, width))"
    assert len(found(tmp_path, "INI508", {"cell": CELL.replace(made, lines.replace("MADE", made))})) == count


@pytest.mark.parametrize(
    ("owner", "count"),
    [
        ("class Holder(nn.Module):\n    def start(self):\n        self.cell = Cell()\n        self.cell.reset_parameters()\n", 0),
        ("def start(m):\n    if isinstance(m, Cell):\n        nn.init.xavier_uniform_(m.gate)\n", 0),
        ("class Holder(nn.Module):\n    def start(self):\n        self.cell = Cell()\n", 1),
    ],
)
def test_what_owners_draw_again_is_a_placeholder(tmp_path: Path, owner: str, count: int) -> None:
    cell = CELL.replace("torch.empty", "torch.rand") + "\n    def reset_parameters(self):\n        nn.init.xavier_uniform_(self.gate)\n"
    assert len(found(tmp_path, "INI302", {"cell": cell, "owner": f"import torch.nn as nn\nfrom cell import Cell\n{owner}"})) == count


@pytest.mark.parametrize("between", ["models/small", "models"])
def test_callers_beyond_a_folder_that_is_no_package(tmp_path: Path, between: str) -> None:
    package, folder = tmp_path / "package", tmp_path / "package" / between
    folder.mkdir(parents=True)
    for name, text in {"__init__": "", "train": "def start(cls):\n    model = cls()\n    model.init_weights()\n"}.items():
        (package / f"{name}.py").write_text(text, encoding="utf-8")
    assert found(folder, "INI501", {"net": NET.format(name="init_weights")}) == []


def test_a_routine_that_leaves_it_to_a_helper(tmp_path: Path) -> None:
    helper = "\n\ndef init_layer(layer):\n    nn.init.xavier_uniform_(layer.weight)\n"
    text = NET.format(name="init_weights").replace("nn.init.normal_(self.hidden.weight, std=0.1)", "init_layer(self.hidden)") + helper
    assert [finding.message.split("`")[1] for finding in found(tmp_path, "INI501", {"net": text})] == ["Net.init_weights"]


def test_a_routine_whose_calls_span_lines(tmp_path: Path) -> None:
    text = NET.format(name="reset_parameters").replace("normal_(self.hidden.weight, std", "normal_(\n            self.hidden.weight,\n            std")
    assert len(found(tmp_path, "INI501", {"net": text})) == 1


HEAD = """
import torch.nn as nn
from mmengine.model import BaseModule
from mmengine.model.weight_init import normal_init

class Head(BaseModule):
    def __init__(self):
        super().__init__()
        self.score = nn.Linear(8, 2)
        normal_init({given}, std=0.01)

    def forward(self, x):
        return self.score(x)
"""


def test_a_helper_that_asks_for_a_module_passes_over_a_tensor(tmp_path: Path) -> None:
    [finding] = found(tmp_path, "INI506", {"head": HEAD.format(given="self.score.weight")})
    assert "nothing is initialised" in finding.message and finding.severity is Severity.ERROR
    assert found(tmp_path, "INI506", {"head": HEAD.format(given="self.score")}) == []


def test_a_matrix_is_drawn_and_a_bias_starts_at_zero(tmp_path: Path) -> None:
    [finding] = found(tmp_path, "INI508", {"cell": CELL})
    assert finding.fix is not None and finding.fix.safety is Safety.UNSAFE
    assert [edit.content for edit in finding.fix.edits] == ["nn.init.xavier_uniform_(", ")"]
    [finding] = found(tmp_path, "INI508", {"cell": CELL.replace("gate", "bias").replace("width, width", "width").replace("x @", "x +")})
    assert finding.fix is not None and [edit.content for edit in finding.fix.edits] == ["zeros"]


@pytest.mark.parametrize(
    ("name", "end", "count"), [("weights_init", "", 0), ("_weights_init", "", 1), ("weights_init", 'if __name__ == "__main__":\n    pass\n', 1)]
)
def test_functions_that_others_may_import_are_theirs(tmp_path: Path, name: str, end: str, count: int) -> None:
    text = f"import torch.nn as nn\ndef {name}(m):\n    if isinstance(m, nn.Linear):\n        nn.init.normal_(m.weight, std=0.1)\n{end}"
    assert len(found(tmp_path, "INI501", {"start": text})) == count


LOOP = """
import torch.nn as nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Linear(8, 8)
        self.head = nn.Linear(8, 8)
        for name, m in self.named_modules():
            if {test}:
                nn.init.normal_(m.weight, std=0.1)

    def forward(self, x):
        return self.head(self.conv(x))
"""


@pytest.mark.parametrize(
    ("test", "meant"),
    [
        ('"conv" or "head" in name', '"conv" in name or "head" in name'),
        ('name == "conv" or "head"', 'name == "conv" or name == "head"'),
        ("m == nn.Linear", "isinstance(m, nn.Linear)"),
        ('type(m) == "Linear"', 'type(m).__name__ == "Linear"'),
    ],
)
def test_a_test_is_written_as_it_was_meant(tmp_path: Path, test: str, meant: str) -> None:
    [finding] = found(tmp_path, "INI504", {"net": LOOP.format(test=test)})
    assert finding.fix is not None and finding.fix.safety is Safety.UNSAFE
    assert [edit.content for edit in finding.fix.edits] == [meant]


@pytest.mark.parametrize(
    ("use", "count"),
    [("nn.init.normal_(kind.weight)", 1), ("print(kind)\n        kind.bias.data.zero_()", 1), ("return kind(3, 3)", 0), ("print(kind)", 0)],
)
def test_what_has_a_weight_is_no_class(tmp_path: Path, use: str, count: int) -> None:
    text = f"import torch.nn as nn\n\ndef init_weights(kind):\n    if kind == nn.Linear:\n        {use}\n    nn.init.zeros_(kind.bias)\n"
    assert len(found(tmp_path, "INI504", {"start": text})) == count


@pytest.mark.parametrize("test", ['"conv" in name or "stem" in name', 'name.endswith("head")', 'm and "stem" not in name', 'name == "head"'])
def test_a_test_that_some_name_passes(tmp_path: Path, test: str) -> None:
    assert found(tmp_path, "INI504", {"net": LOOP.format(test=test)}) == []


@pytest.mark.parametrize("test", ['"stem" in name', 'name == "stem.0.weight"'])
def test_a_name_that_an_option_gives_is_no_mistake(tmp_path: Path, test: str) -> None:
    text = LOOP.format(test=test)
    assert len(found(tmp_path, "INI504", {"net": text})) == 1
    assert found(tmp_path, "INI504", {"net": text + "\n    def grow(self):\n        self.stem = nn.Sequential(nn.Linear(8, 8))\n"}) == []


@pytest.mark.parametrize("value", ['"net" or name', '"net" or type(m).__name__'])
def test_a_name_with_a_default_behind_it_is_no_test(tmp_path: Path, value: str) -> None:
    text = LOOP.format(test='"conv" in name')
    assert found(tmp_path, "INI504", {"net": text.replace("        for name, m", f"        self.kind = {value}\n        for name, m")}) == []


def test_a_name_test_that_nothing_comes_near_to_is_a_note(tmp_path: Path) -> None:
    [finding] = found(tmp_path, "INI504", {"net": LOOP.format(test='name.startswith("stem")')})
    assert finding.severity is Severity.NOTE and finding.help == "The names are `conv`, `head`"


PAIR = """
import torch.nn as nn

class Pair(nn.Module):
    def __init__(self, width=8):
        super().__init__()
        self.down, self.up = nn.Linear(width, 2, bias=False), nn.Linear(2, width, bias=False)
        nn.init.zeros_(self.down.weight)
        nn.init.zeros_(self.up.weight)

    def forward(self, x):
        return self.up(self.down(x))

def correct(found, other):
    pair = Pair()
    {statement}
    return pair
"""


@pytest.mark.parametrize(
    ("statement", "count"),
    [
        ("pair.down.weight = nn.Parameter(found)", 0),
        ("pair.inner.down.weight.data = found", 0),
        ("pair.down.weight.data", 1),
        ("pair.lowdown.weight = found", 1),
        ("# pair.down.weight = found", 1),
        ("pair.down.bias = found", 1),
        ("assert pair.down.weight == found", 1),
    ],
)
def test_a_constant_that_other_code_of_the_file_replaces(tmp_path: Path, statement: str, count: int) -> None:
    assert len(found(tmp_path, "INI201", {"pair": PAIR.format(statement=statement)})) == count


IDLE = """
import torch.nn as nn

def weights_init(m):
    if m.__class__.__name__.find("Conv") != -1:
        nn.init.normal_(m.weight, 0.0, 0.02)

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Linear(8, 8))
        {call}

    def forward(self, x):
        return self.body(x)
"""


@pytest.mark.parametrize("call", ["weights_init(self)", "weights_init(self.body)", "for part in self.children():\n            weights_init(part)"])
def test_a_routine_that_is_handed_the_model_instead_of_its_layers(tmp_path: Path, call: str) -> None:
    [finding] = found(tmp_path, "INI506", {"net": IDLE.format(call=call)})
    assert finding.severity is Severity.ERROR
    assert "nothing is set, where a `Conv2d` would be" in finding.message


@pytest.mark.parametrize("skips", ["", "            if m.__class__.__name__.find('Gate') != -1: continue\n"])
def test_children_that_are_all_containers_keep_what_they_have(tmp_path: Path, skips: str) -> None:
    code = IDLE.replace("nn.init.normal_(", "nn.init.normal(").format(call=f"for m in self.children():\n{skips}            weights_init(m)")
    [finding] = found(tmp_path, "INI506", {"net": code})
    assert finding.message.endswith("is handed the whole `Sequential`: nothing is set, where a `Conv2d` would be")
    assert found(tmp_path, "INI506", {"net": code.replace("        for m in", "        self.last = nn.Conv2d(8, 8, 3)\n        for m in")}) == []
    assert found(tmp_path, "INI506", {"net": code.replace("self.children()", "self.modules()")}) == []


@pytest.mark.parametrize(
    "call",
    [
        "self.apply(weights_init)",
        "for m in self.modules():\n            weights_init(m)",
        "for m in self.body:\n            weights_init(m)",
        "weights_init(self.body[0])",
        "weights_init(self.body[2])",
    ],
)
def test_walks_and_layers_are_what_such_a_routine_expects(tmp_path: Path, call: str) -> None:
    assert found(tmp_path, "INI506", {"net": IDLE.format(call=call)}) == []


def test_a_routine_that_walks_itself_or_has_nothing_to_set(tmp_path: Path) -> None:
    walks = "    for child in m.children():\n        weights_init(child)\n\nclass Net"
    assert found(tmp_path, "INI506", {"net": IDLE.format(call="weights_init(self)").replace("\nclass Net", walks)}) == []
    other = IDLE.format(call="weights_init(self)").replace("nn.Conv2d(3, 8, 3)", "nn.Linear(3, 8)")
    assert found(tmp_path, "INI506", {"net": other}) == []


def test_the_routine_is_applied(tmp_path: Path) -> None:
    [finding] = found(tmp_path, "INI506", {"net": IDLE.format(call="weights_init(self.body)")})
    assert finding.fix is not None
    assert finding.fix.safety is Safety.UNSAFE
    assert finding.fix.message == "Write `self.body.apply(weights_init)`"


MISPLACED = """
import torch.nn as nn

def initialize(method="kaiming", *models):
    for model in models:
        for m in model.modules():
            if isinstance(m, nn.Linear) and method == "kaiming":
                nn.init.kaiming_normal_(m.weight)

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.last = nn.Linear(8, 8), nn.Linear(8, 8)
        {call}

    def forward(self, x):
        return self.last(self.first(x).relu())
"""


def test_a_model_in_the_place_of_the_method(tmp_path: Path) -> None:
    [finding] = found(tmp_path, "INI506", {"net": MISPLACED.format(call="initialize(self)")})
    assert finding.message.endswith("takes the `Net` for its argument `method`, by default 'kaiming'; nothing is left for `*models`")
    [finding] = found(tmp_path, "INI506", {"net": MISPLACED.format(call="initialize(self.first, self.last)")})
    assert finding.message.endswith("takes the `Linear` for its argument `method`, by default 'kaiming'; it is missing among `*models`")
    assert found(tmp_path, "INI506", {"net": MISPLACED.format(call="initialize('kaiming', self)")}) == []


TWICE = """
import torch.nn as nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.users, self.items = nn.Embedding(9, 8), nn.Embedding(9, 8)

    def init_weight(self):
        nn.init.normal_(self.users.weight, std=0.01)
        nn.init.normal_(self.{second}.weight, std={std})
"""


def test_a_call_that_stands_twice(tmp_path: Path) -> None:
    [finding] = found(tmp_path, "INI505", {"net": TWICE.format(second="users", std=0.01)})
    assert (finding.severity, finding.site.line) == (Severity.WARNING, 10)
    assert found(tmp_path, "INI505", {"net": TWICE.format(second="items", std=0.01)}) == []


LEFT_OVER = """
import torch.nn as nn

class Net(nn.Module):
    def __init__(self, width=8):
        super().__init__()
        self.hidden = nn.Linear(width, width)
        {before}
        self.reset_parameters()

    def reset_parameters(self):
        nn.init.xavier_normal_(self.hidden.weight)
        nn.init.xavier_normal_(self.attention)

    def forward(self, x):
        return self.hidden(x)
"""


def test_a_routine_of_another_class(tmp_path: Path) -> None:
    [finding] = found(tmp_path, "INI604", {"net": LEFT_OVER.format(before="pass")})
    assert finding.message == "a Net has no `attention`: AttributeError"


@pytest.mark.parametrize(
    "before", ["self.width, self.attention = width, nn.Parameter(nn.init.ones_(width))", "self.add('attention')", "setattr(self, name(), None)"]
)
def test_attributes_that_may_come_from_elsewhere(tmp_path: Path, before: str) -> None:
    assert found(tmp_path, "INI604", {"net": LEFT_OVER.format(before=before)}) == []


MAKER = """
import torch.nn as nn

class Xavier:
    def routine(self):
        def start(m):
            if isinstance(m, (nn.Conv2d, nn.Linear)):
                nn.init.sparse_(m.weight, 0.9)
        return start
"""


def test_routines_that_a_function_makes_are_tried_on_layers(tmp_path: Path) -> None:
    [finding] = found(tmp_path, "INI603", {"net": MAKER})
    assert "Only tensors with 2 dimensions" in finding.message


MAY_REPLACE = """
import torch
import torch.nn as nn

def start(m, fresh):
    if isinstance(m, nn.Linear):
        if fresh:
            m.weight = nn.Parameter(torch.empty(3, 3))
        nn.init.sparse_(m.weight, sparsity=0.1)
"""


def test_a_routine_that_may_replace_the_weight_of_a_layer(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(MAY_REPLACE, encoding="utf-8")
    assert check([str(tmp_path / "net.py")]).findings == []


PLACEHOLDER = CELL.replace("torch.empty", "torch.rand")
HOLDER = """
import torch.nn as nn
from base import Base
from cell import Cell

class Net(Base):
    def __init__(self):
        super().__init__()
        self.cell = Cell()
        self.start()
"""
BASE = """
import torch.nn as nn

class Base(nn.Module):
    def start(self):
        for p in self.parameters():
            nn.init.{how}(p)
"""


def test_a_base_of_what_holds_it_draws_it_again(tmp_path: Path) -> None:
    """The base is defined in a file that does not speak of the part."""
    for cell, code in ((PLACEHOLDER, "INI302"), (CELL, "INI508")):
        assert found(tmp_path, code, {"cell": cell, "net": HOLDER, "base": BASE.format(how="normal_")}) == []
        assert len(found(tmp_path, code, {"cell": cell, "net": HOLDER, "base": BASE.format(how="calculate_gain")})) == 1


PART = """

class Holder(nn.Module):
    def __init__(self):
        super().__init__()
        self.cell = Cell()

    def forward(self, x):
        return self.cell(x)
"""
BY_TYPE = """
import cell
import torch.nn as nn

def start(m):
    if isinstance(m, nn.Linear):
        nn.init.normal_(m.weight)
    elif isinstance(m, cell.{of}):
        init_cell(m)
"""


def test_a_part_that_a_helper_draws_by_its_type(tmp_path: Path) -> None:
    assert found(tmp_path, "INI302", {"cell": PLACEHOLDER + PART, "other": BY_TYPE.format(of="Cell")}) == []
    assert len(found(tmp_path, "INI302", {"cell": PLACEHOLDER + PART, "other": BY_TYPE.format(of="Other")})) == 1
