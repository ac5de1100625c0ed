"""Constructions beyond the defaults, and methods that nothing runs: what they show, and what they leave alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from initlint import rules
from initlint.contexts.models import Analysis, build_models
from initlint.graph import ModelGraph
from initlint.process.stack import with_deep_stack

NET = """
import torch
import torch.nn as nn

class Net(nn.Module):
    def __init__(self, n, m, init="xavier", how="add"):
        super().__init__()
        self.w = nn.Parameter(torch.empty(n, m))
        self.v = nn.Parameter(torch.empty(m, n))
        self.how = how
        nn.init.kaiming_normal_(self.v)
        if init == "xavier":
            nn.init.xavier_normal_(self.w)
        elif init == "kaiming":
            nn.init.kaiming_normal_(self.w)
        else:
            nn.init.zeros_(self.w)

    def forward(self, x):
        x = x @ self.w
        if self.how == "product":
            x = x @ self.v
        return x

    def reset(self, gain):
        nn.init.orthogonal_(self.w, gain)
        self.w()
"""


def graphs(tmp_path: Path, text: str) -> dict[str, ModelGraph]:
    """The models of a file by their names."""
    path = tmp_path / "net.py"
    path.write_text(text, encoding="utf-8")
    analysis = Analysis((), rules.all_rules())
    models = with_deep_stack(lambda: build_models(analysis, str(path), path.read_bytes()))
    return {model.graph.name: model.graph for model in models}


def test_options_that_leave_something_unseen_are_tried(tmp_path: Path) -> None:
    found = graphs(tmp_path, NET)
    assert list(found) == ["Net", "Net(init='kaiming')", "Net(how='product')", "Net(init='other')", "net"]
    laws = {name: [p.distribution.law if p.distribution else "" for p in graph.parameters] for name, graph in found.items()}
    assert laws["Net(init='kaiming')"][0] == "Var = 2 / fan_in" and laws["Net(init='other')"][0] == "= 0"
    assert [op.parameter.name for op in found["Net(how='product')"].ops if op.parameter] == ["w", "v"]


def test_options_that_lead_to_nothing_unseen_are_not_tried(tmp_path: Path) -> None:
    text = NET.replace(
        '        if self.how == "product":\n            x = x @ self.v\n', '        x = x @ self.v\n        if self.how == "product":\n            x = -x\n'
    )
    assert list(graphs(tmp_path, text)) == ["Net", "Net(init='kaiming')", "Net(init='other')", "net"]


def test_of_options_without_an_else_one_is_meant_to_be_given(tmp_path: Path) -> None:
    text = NET.replace("        else:\n            nn.init.zeros_(self.w)\n", "")
    assert [name for name in graphs(tmp_path, text) if "init" in name] == ["Net(init='kaiming')"]
    alone = text.replace('        elif init == "kaiming":\n            nn.init.kaiming_normal_(self.w)\n', "")
    assert [name for name in graphs(tmp_path, alone) if "init" in name] == ["Net(init='other')"]


def test_options_looked_up_in_a_dictionary_are_tried(tmp_path: Path) -> None:
    table = 'fills = {"xavier": nn.init.xavier_normal_, "one": lambda w: nn.init.ones_(w), "kaiming": nn.init.kaiming_normal_}'
    start, end = NET.index("        if init =="), NET.index("\n\n    def forward")
    for use in ("fills[init](self.w)", "fills.get(self._init)(self.w)"):
        found = graphs(tmp_path, f"{NET[:start]}        self._init = init\n        {table}\n        {use}{NET[end:]}")
        laws = {name: graph.parameters[0].distribution for name, graph in found.items() if "init=" in name}
        assert {name: law.law for name, law in laws.items() if law} == {"Net(init='one')": "= 1", "Net(init='kaiming')": "Var = 2 / fan_in"}


def test_an_option_kept_in_a_flag_is_tried(tmp_path: Path) -> None:
    text = NET.replace('        if self.how == "product":\n            x = x @ self.v\n', "        x = x @ self.v\n")
    text = text.replace("nn.init.kaiming_normal_(self.v)", 'product = how == "product"\n        if product:\n            nn.init.kaiming_normal_(self.v)')
    assert "Net(how='product')" in graphs(tmp_path, text)


def test_a_class_that_its_defaults_show_whole_is_built_once(tmp_path: Path) -> None:
    text = NET.replace('elif init == "kaiming":\n            nn.init.kaiming_normal_(self.w)\n        else:\n            nn.init.zeros_(self.w)', "")
    text = text.replace('if init == "xavier":\n            nn', "nn").replace('if self.how == "product":\n            x', "x")
    assert list(graphs(tmp_path, text)) == ["Net", "net"]


def test_a_method_that_nothing_runs_is_run_on_the_model_of_its_class(tmp_path: Path) -> None:
    graph = graphs(tmp_path, NET)["Net"]
    [call] = [call for call in graph.calls if call.routine == "Net.reset"]
    assert call.parameter is graph.parameters[0] and not call.certain
    assert [mistake.kind for mistake in graph.mistakes] == ["called-tensor"]
    assert graph.parameters[0].effective is not None and graph.parameters[0].effective.initializer.endswith("xavier_normal_")


def test_an_option_without_a_default_is_tried(tmp_path: Path) -> None:
    text = NET.replace('init="xavier"', "init").replace("else:\n            nn.init.zeros_(self.w)", "else:\n            raise ValueError")
    assert "Net(init='kaiming')" in graphs(tmp_path, text)


OUTPUTS = """
from collections import OrderedDict
import torch
import torch.nn as nn

class Output(OrderedDict):
    pass

class Net(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.w = nn.Parameter(torch.randn(n, n))

    def forward(self, x):
        return Output(logits=x @ self.w)
"""


def test_what_a_dictionary_of_outputs_is_given_is_an_output(tmp_path: Path) -> None:
    graph = graphs(tmp_path, OUTPUTS)["Net"]
    assert graph.forward_reason == "" and [op.kind for op in graph.ops] == ["input", "matmul", "output"]


SWITCHED = """
import torch
import torch.nn as nn

class Net(nn.Module):
    def __init__(self, width, rank=None, wide=False, start=True):
        super().__init__()
        self.rank = rank
        if rank is None:
            self.full = nn.Parameter(torch.empty(width, width))
        else:
            self.low = nn.Parameter(torch.empty(width, rank))
        self.linear = nn.Linear(width, width)
        self.reset(wide)
        if not start:
            nn.init.zeros_(self.linear.bias)

    def reset(self, wide):
        if self.rank is None:
            nn.init.xavier_uniform_(self.full)
        else:
            nn.init.kaiming_uniform_(self.low)
        if wide:
            nn.init.normal_(self.linear.weight)

    def forward(self, x):
        return self.linear(x @ self.full if self.rank is None else x @ self.low)
"""


def test_memory_behind_a_switch_is_found_under_any_name_of_torch(tmp_path: Path) -> None:
    head = "import torch as th\nimport torch.nn as nn\n\nclass Net(nn.Module):\n    def __init__(self, n, bias=False):\n        super().__init__()\n"
    text = head + "        self.w = nn.Linear(n, n)\n        if bias:\n            self.shift = nn.Parameter(th.Tensor(n))\n"
    [parameter] = [p for p in graphs(tmp_path, text)["Net(bias=True)"].parameters if p.name == "shift"]
    assert parameter.uninitialised is not None


def test_switches_in_front_of_initializers_are_turned(tmp_path: Path) -> None:
    found = graphs(tmp_path, SWITCHED)
    assert {p.name for p in found["Net(rank=rank)"].parameters} == {"low", "linear.weight", "linear.bias"}
    low = found["Net(rank=rank)"].parameter("low")
    assert low is not None and low.distribution is not None and low.distribution.law.startswith("Var = 2 / fan_in")
    law = {name: [graph.parameter(which) for which in ("linear.weight", "linear.bias")] for name, graph in found.items() if name.startswith("Net")}
    assert any(w is not None and w.distribution is not None and w.distribution.law == "N(0, 1²)" for w, _ in law.values())
    assert any(b is not None and b.distribution is not None and b.distribution.kind == "constant" for _, b in law.values())


CALLED = """
import torch.nn as nn

class Net(nn.Module):
    def __init__(self, width, scaled=False):
        super().__init__()
        self._scaled = scaled
        self.linear = nn.Linear(width, width)
        if self._scaled:
            self.reset()

    def reset(self):
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.normal_(module.weight)

    def forward(self, x):
        return self.linear(x)
"""


def test_switches_in_front_of_the_call_of_a_routine_are_turned(tmp_path: Path) -> None:
    weight = graphs(tmp_path, CALLED)["Net(scaled=True)"].parameter("linear.weight")
    assert weight is not None and weight.distribution is not None and weight.distribution.law == "N(0, 1²)"


ASKING = """
import torch.nn as nn

class Decoder(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.embedding = nn.Embedding(100, width)

    def forward(self, input_ids=None, inputs_embeds=None):
        if (input_ids is None) == (inputs_embeds is None):
            raise ValueError("You have to specify either decoder_input_ids or decoder_inputs_embeds")
        return self.embedding(input_ids) if inputs_embeds is None else inputs_embeds

class Net(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.encoder = nn.Linear(width, width)
        self.decoder = Decoder(width)

    def forward(self, inputs=None, mask=None, decoder_input_ids=None):
        return self.encoder(inputs.float()).relu() + self.decoder(decoder_input_ids)
"""


def test_a_pass_is_given_the_optional_inputs_that_it_asks_for(tmp_path: Path) -> None:
    """The first where it requires none, and then those that it names in what it raises; ``mask`` stays out."""
    graph = graphs(tmp_path, ASKING)["Net"]
    assert graph.forward_reason == ""
    assert [op.name for op in graph.ops if op.kind == "input"] == ["inputs", "decoder_input_ids"]
    assert [op.name for op in graph.ops if op.kind in ("layer", "embedding", "activation")] == ["Linear", "relu", "Embedding"]


def test_a_pass_that_no_input_helps_says_why(tmp_path: Path) -> None:
    graph = graphs(tmp_path, ASKING.replace("decoder_input_ids=None)", "*, other=None)").replace("self.decoder(decoder_input_ids)", "self.decoder()"))["Net"]
    assert graph.forward_reason.startswith("it raises ValueError: You have to specify")


OPTIONAL = """
import torch
import torch.nn as nn

class Pool(nn.Module):
    def __init__(self, width, method="mean"):
        super().__init__()
        self.method = method
        if {test}:
            self.w = nn.Parameter({values})
        elif method == "gate":
            self.gate = nn.Linear(width, width)

    def forward(self, x):
        return torch.tanh(x @ self.w) if self.method == "attention" else x
"""


@pytest.mark.parametrize(
    ("test", "values", "built"),
    [
        ('method == "attention"', "torch.randn(width, width)", True),
        ('self.method == "attention"', "torch.ones(width, width)", True),
        ('method == "attention"', "read(width)", False),
        ("width > 8", "torch.randn(width, width)", False),
    ],
)
def test_options_under_which_a_parameter_is_made(tmp_path: Path, test: str, values: str, built: bool) -> None:
    assert ("Pool(method='attention')" in graphs(tmp_path, OPTIONAL.format(test=test, values=values))) == built
