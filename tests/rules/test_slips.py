"""Slips: constructors that are none, seeds at an import, choices that a routine for all replaces; and code that only looks like a mistake."""

from __future__ import annotations

from pathlib import Path

import pytest

from initlint.engine import check
from initlint.findings import Severity
from initlint.rules import select
from tests.rules.package import found


@pytest.mark.parametrize("name", ["__int__", "__ini__", "__init", "__init_", "_init__", "__inti__"])
def test_a_constructor_that_is_none(tmp_path: Path, name: str) -> None:
    text = f"class Net(nn.Module):\n    def {name}(self, width):\n        super().__init__()\n        self.head = nn.Linear(width, 2)\n"
    (finding,) = found(tmp_path, "INI501", {"net": f"from torch import nn\n\n{text}"})
    assert finding.message == f"`Net.{name}` is no constructor and nothing calls it: `Net(…)` runs the `__init__` of its base class"


@pytest.mark.parametrize(
    "text",
    [
        "class Net(nn.Module):\n    def __int__(self):\n        return 1\n",
        "class Net:\n    def __init(self, width):\n        super().__init__()\n",
        "class Net(nn.Module):\n    def __init__(self):\n        self.__init(3)\n    def __init(self, width):\n        super().__init__()\n",
        "class Net(nn.Module):\n    def _init(self, width):\n        super().__init__()\n",
    ],
)
def test_methods_that_only_sound_like_a_constructor(tmp_path: Path, text: str) -> None:
    assert found(tmp_path, "INI501", {"net": f"from torch import nn\n\n{text}"}) == []


TWO = """
import torch
import torch.nn as nn


class Part(nn.Module):
    def __init__(self):
        super().__init__()
        self.out = nn.Linear(8, 8)
        {choice}

    def forward(self, x):
        return self.out(x)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.part, self.body = Part(), nn.Linear(8, 8)
        {before}
        self.apply(self.start)
        {after}

    def start(self, m):
        if isinstance(m, nn.Linear):
            {blanket}

    def forward(self, x):
        return self.part(self.body(x))
"""


@pytest.mark.parametrize(
    ("lines", "count"),
    [
        ({"choice": "nn.init.zeros_(self.out.weight)"}, 1),
        ({"choice": "nn.init.eye_(self.out.weight)"}, 1),
        ({"before": "self.body.weight.data.fill_(0.125)"}, 1),
        ({"choice": "nn.init.zeros_(self.out.weight)", "after": "nn.init.zeros_(self.part.out.weight)"}, 0),
        ({"choice": "nn.init.xavier_uniform_(self.out.weight)"}, 0),
        ({"choice": "self.out.weight = nn.Parameter(torch.zeros(8, 8))"}, 0),
        ({"choice": "self.out.weight = nn.Parameter(torch.rand(8, 8))"}, 0),
        ({"choice": "self.out.weight = nn.Parameter(torch.eye(8))"}, 1),
        ({"choice": "nn.init.zeros_(self.out.bias)"}, 0),
        ({"choice": "nn.init.zeros_(self.out.bias)", "blanket": "nn.init.zeros_(m.bias)"}, 0),
        ({"choice": "nn.init.zeros_(self.out.weight)", "blanket": "m.weight.data.mul_(0.5)"}, 0),
        ({"choice": "nn.init.constant_(self.out.bias, 2.0)", "blanket": "nn.init.zeros_(m.bias)"}, 1),
    ],
)
def test_choices_that_a_routine_for_all_replaces(tmp_path: Path, lines: dict[str, str], count: int) -> None:
    text = TWO.format(**{"choice": "", "before": "", "after": "", "blanket": "nn.init.normal_(m.weight, std=0.3)", **lines})
    assert len(found(tmp_path, "INI505", {"net": text})) == count


SEEDED = '"""A model.\n\ntorch.manual_seed(1)\n"""\nimport torch\nfrom torch import nn\n\n{seed}\n\n\nclass Net({base}):\n    pass\n'


@pytest.mark.parametrize(
    ("name", "seed", "base", "count"),
    [
        ("net", "torch.manual_seed(0)", "nn.Module", 1),
        ("net", "pl.seed_everything(42)", "nn.Module", 1),
        ("net", "def build():\n    torch.manual_seed(0)", "nn.Module", 0),
        ("net", "if __name__ == '__main__':\n    torch.manual_seed(0)", "nn.Module", 0),
        ("net", "torch.manual_seed(SEED)", "nn.Module", 0),
        ("net", "torch.manual_seed(0)", "object", 0),
        ("test_net", "torch.manual_seed(0)", "nn.Module", 0),
    ],
)
def test_a_file_that_sets_the_seed_of_whoever_imports_it(tmp_path: Path, name: str, seed: str, base: str, count: int) -> None:
    package = tmp_path / "package"
    package.mkdir()
    assert len(found(package, "INI203", {name: SEEDED.format(seed=seed, base=base)})) == count


def test_a_script_sets_its_own_seed(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(SEEDED.format(seed="torch.manual_seed(0)", base="nn.Module"), encoding="utf-8")
    assert check([str(tmp_path / "net.py")], rules=select(["INI203"])).findings == []


COMPLEX = """
import torch
import torch.nn as nn

class Net(nn.Module):
    def __init__(self, width=8):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(width, width, dtype=torch.cfloat))
        self.bias = nn.Parameter(torch.empty(width, dtype=torch.cfloat)){lines}

    def forward(self, x):
        return x @ self.weight + self.bias
"""


@pytest.mark.parametrize(("parts", "count"), [(("real", "imag"), 0), ((), 2)])
def test_a_complex_tensor_is_filled_by_halves(tmp_path: Path, parts: tuple[str, ...], count: int) -> None:
    lines = "".join(f"\n        self.{name}.data.{part}.uniform_(-0.1, 0.1)" for part in parts for name in ("weight", "bias"))
    assert len(found(tmp_path, "INI508", {"net": COMPLEX.format(lines=lines)})) == count


def test_what_a_state_dict_holds_is_detached(tmp_path: Path) -> None:
    lines = "\n        nn.init.zeros_(self.bias.data)\n        self.state_dict()['weight'].copy_(torch.ones(8, 8))"
    assert found(tmp_path, "INI508", {"net": COMPLEX.format(lines=lines)}) == []
    assert found(tmp_path, "INI509", {"net": COMPLEX.format(lines=lines)}) == []
    assert len(found(tmp_path, "INI509", {"net": COMPLEX.format(lines=lines.replace("state_dict()['weight']", "weight"))})) == 1


def test_classes_that_were_not_read_are_keys(tmp_path: Path) -> None:
    code = "from library import First, Second\nfrom torch import nn\n\ndef name(model):\n    for kind, name in {First: 1, Second: 2}.items():\n"
    assert found(tmp_path, "INI604", {"net": code + "        if isinstance(model, kind):\n            return name\n"}) == []


GRAPH = """
import torch
import torch.nn as nn

class Layer(nn.Module):
    def __init__(self, n, m):
        super().__init__()
        self.w = nn.Parameter(torch.empty(n, m))
        nn.init.xavier_normal_(self.w, gain=0.02)

    def forward(self, x, adjacency):
        return torch.{mm}(adjacency, x @ self.w)
"""


@pytest.mark.parametrize(("mm", "count"), [("spmm", 1), ("sparse.mm", 1), ("matmul", 1), ("some_unknown_function", 0)])
def test_a_sparse_product_passes_the_signal_on(tmp_path: Path, mm: str, count: int) -> None:
    assert len(found(tmp_path, "INI102", {"net": GRAPH.format(mm=mm)})) == count


@pytest.mark.parametrize(("given", "count"), [("space.length", 1), ("space.embed_dim", 1), ("space.values", 0), ("space.sizes", 0)])
def test_one_argument_that_says_it_is_a_length(tmp_path: Path, given: str, count: int) -> None:
    code = "import torch\nfrom torch import nn\n\n\nclass Net(nn.Module):\n    def __init__(self, space):\n        super().__init__()\n"
    code += f"        self.scale = nn.Parameter(torch.Tensor({given}))\n\n    def forward(self, x):\n        return x * self.scale\n"
    assert len(found(tmp_path, "INI508", {"net": code})) == count


def test_a_choice_made_in_another_file_is_a_note(tmp_path: Path) -> None:
    part = TWO[: TWO.index("class Net")].format(choice="nn.init.zeros_(self.out.weight)")
    net = "from .part import Part\nimport torch.nn as nn\n\n\n" + TWO[TWO.index("class Net") :].format(before="", after="", blanket="nn.init.normal_(m.weight)")
    (finding,) = found(tmp_path, "INI505", {"net": net, "part": part})
    assert finding.severity is Severity.NOTE and [place["row"] for place in finding.evidence["sites"]] == [9]


ONCE = """
import torch.nn as nn

class Base(nn.Module):
    def __init__(self, config):
        {test}
        self.config = config

class Net(Base):
    def __init__(self, config):
        super().__init__(config)
        self.embedding = nn.Embedding(8, 4)
"""


@pytest.mark.parametrize(
    ("test", "count"),
    [
        ("if not hasattr(self, '_parameters'):\n            super().__init__()", 0),
        ("if hasattr(self, '_parameters'):\n            super().__init__()", 1),
        ("pass", 1),
    ],
)
def test_a_constructor_that_asks_whether_it_ran(tmp_path: Path, test: str, count: int) -> None:
    assert len(found(tmp_path, "INI604", {"net": ONCE.replace("{test}", test)})) == count


OWN = """
import torch
from torch.nn import Module, init

class Parameter({base}):
    def __init__(self, data):
        super().__init__()

class Net(Module):
    def __init__(self, width=8):
        super().__init__()
        self.weight = Parameter(torch.empty(width, width))
        init.xavier_uniform_(self.weight)
"""


@pytest.mark.parametrize(("base", "count"), [("torch.Tensor", 0), ("Module", 1)])
def test_a_tensor_of_a_kind_of_its_own(tmp_path: Path, base: str, count: int) -> None:
    assert len(found(tmp_path, "INI603", {"net": OWN.replace("{base}", base)})) == count


@pytest.mark.parametrize(("lines", "count"), [(("zero_(x[0])", "zero_(x[1])"), 0), (("zero_()", "zero_()"), 1)])
def test_a_method_that_only_has_the_name_of_a_fill(tmp_path: Path, lines: tuple[str, str], count: int) -> None:
    code = "import torch\nimport torch.nn as nn\n\n\ndef reset_parameters(rows, x):\n    for row in rows:\n        "
    code += "\n        ".join(f"row.{line}" for line in lines) + "\n\n\nclass Net(nn.Linear):\n    pass\n"
    assert len(found(tmp_path, "INI505", {"net": code})) == count
