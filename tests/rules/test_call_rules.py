"""Rules about calls: old names, names that do not exist, calls that raise, broken code around modules."""

from __future__ import annotations

from pathlib import Path

import pytest

from initlint import check
from initlint.findings import Finding, Safety, Severity
from initlint.fixing import repair

HEAD = "import torch\nimport torch.nn as nn\nfrom torch.nn import init\n"


def findings(tmp_path: Path, code: str, text: str) -> tuple[list[Finding], str]:
    """What ``code`` finds in ``text``, and the text with everything repaired."""
    path = tmp_path / "net.py"
    path.write_text(HEAD + text, encoding="utf-8")
    result = check(path, select=[code])
    changes = repair.fix(result)
    return result.findings, changes[0].after.removeprefix(HEAD) if changes else text


def net(*lines: str, layer: str = "3, 3") -> str:
    """A class derived from ``nn.Linear`` whose constructor ends with ``lines``."""
    body = "".join(f"        {line}\n" for line in (f"super().__init__({layer})", *lines))
    return f"class Net(nn.Linear):\n    def __init__(self):\n{body}"


def repaired(tmp_path: Path, code: str, before: str, after: str) -> Finding:
    """The one finding of ``code`` in a function that writes ``before``; its fix writes ``after``."""
    found, text = findings(tmp_path, code, f"def fill(m):\n    {before}\n")
    assert text == f"def fill(m):\n    {after}\n", [f.evidence for f in found]
    [finding] = found
    return finding


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("init.xavier_normal(m.weight, gain=2)", "init.xavier_normal_(m.weight, gain=2)"),
        ("nn.init.constant(m.bias, 0)  # why", "nn.init.constant_(m.bias, 0)  # why"),
    ],
)
def test_old_names_are_renamed_safely(tmp_path: Path, before: str, after: str) -> None:
    finding = repaired(tmp_path, "INI601", before, after)
    assert finding.severity is Severity.NOTE and finding.fix is not None and finding.fix.safety is Safety.SAFE


def test_an_old_name_that_is_handed_on_is_reported_where_it_is_named(tmp_path: Path) -> None:
    text = "def fill(m, how=init.normal):\n    how(m.weight)\n\n\n" + net("fill(self)")
    [finding], _ = findings(tmp_path, "INI601", text)
    assert finding.site.line == 4 and finding.fix is None and finding.help == "Pass `normal_` instead."


@pytest.mark.parametrize(("name", "meant"), [("kaiming_unifrom_", "kaiming_uniform_"), ("he_normal", "kaiming_normal_"), ("trunc_normal", "trunc_normal_")])
def test_unknown_initializers(tmp_path: Path, name: str, meant: str) -> None:
    finding = repaired(tmp_path, "INI602", f"init.{name}(m.weight)", f"init.{meant}(m.weight)")
    assert finding.severity is Severity.ERROR and finding.evidence == {"name": f"torch.nn.init.{name}", "meant": f"torch.nn.init.{meant}"}


def test_a_layer_that_does_not_exist_may_bring_parameters(tmp_path: Path) -> None:
    text = "class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n        self.a = nn.Linear(3, 3)\n        init.zeros_(self.a.bias)\n"
    text += "        self.b = nn.Conv2D(3, 3, 1)\n"
    [finding], after = findings(tmp_path, "INI602", text)
    assert after == text.replace("Conv2D", "Conv2d") and finding.fix is not None and finding.fix.safety is Safety.UNSAFE


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("init.normal_(m.weight, stdd=0.1)", "init.normal_(m.weight, std=0.1)"),
        ("init.kaiming_normal_(m.weight, nonlinearity='silu')", "init.kaiming_normal_(m.weight, nonlinearity='relu')"),
        ("init.xavier_uniform_(nn.Linear(2, 2))", "init.xavier_uniform_(nn.Linear(2, 2).weight)"),
        ("init.kaiming_normal_(m.weight, mode='fan_avg')", "init.kaiming_normal_(m.weight, mode='fan_avg')"),
        ("init.constant_(m.bias)", "init.constant_(m.bias)"),
    ],
)
def test_calls_that_raise_whatever_the_tensor(tmp_path: Path, before: str, after: str) -> None:
    assert repaired(tmp_path, "INI603", before, after).severity is Severity.ERROR


def test_a_bias_that_is_turned_off_loses_its_line(tmp_path: Path) -> None:
    text = net("init.ones_(self.weight)", layer="3, 3, bias=False")
    [finding], after = findings(tmp_path, "INI603", f"{text}        init.zeros_(self.bias)\n")
    assert after == text and finding.severity is Severity.ERROR and finding.help.startswith("The layer has no bias")


def test_a_call_that_only_some_tensors_break_is_kept(tmp_path: Path) -> None:
    text = net("for p in self.parameters():", "    init.xavier_normal_(p)")
    [finding], after = findings(tmp_path, "INI603", text)
    assert after == text and finding.parameter == "bias" and finding.help == "Leave vectors out (`if p.dim() > 1`)."


ROUTINES = {
    "a module": "def start(m):\n{}",
    "a model": "def start(net):\n    for m in net.modules():\n{}",
    "a model that applies": "def start(net):\n    def fill(m):\n{}\n    net.apply(fill)\n",
    "a function of options": "def start(option):\n    def fill(m):\n{}\n    return fill\n",
    "a method of options": "class Choice:\n    def start(self):\n        def fill(m):\n{}\n        return fill\n",
    "a holder of models": "class Holder:\n    def start(self, which):\n        def fill(m):\n{}\n        self.nets[which].apply(fill)\n",
}


@pytest.mark.parametrize("routine", ROUTINES.values(), ids=ROUTINES)
@pytest.mark.parametrize(
    ("test", "call", "code"),
    [
        ("isinstance(m, nn.BatchNorm2d)", "init.xavier_uniform_(m.weight)", "INI603"),
        ("isinstance(m, (nn.Conv2d, nn.Linear))", "init.kaiming_normal_(m.bias)", "INI603"),
        ("type(m) == nn.GRU", "[init.orthogonal_(p) for p in m.parameters()]", "INI603"),
        ("isinstance(m, nn.Linear)", "init.normal_(m.weight, 0.02)", "INI301"),
        ("isinstance(m, (nn.Conv2d, nn.Linear))", "init.sparse_(m.weight, 0.9)", "INI603"),
        ("m.__class__.__name__.find('Linear') != -1", "init.xavier_uniform_(m.bias)", "INI603"),
        ("'BatchNorm' in m.__class__.__name__", "init.orthogonal_(m.weight)", "INI603"),
        ("hasattr(m, 'weight')", "init.kaiming_normal_(m.bias, mode=MODE)", "INI603"),
        ("isinstance(m, nn.Conv2d)", "init.uniform_(m.weight)", "INI302"),
    ],
)
def test_routines_that_nothing_runs_are_tried_on_the_layers_they_ask_for(tmp_path: Path, routine: str, test: str, call: str, code: str) -> None:
    indent = " " * 12
    body = f"{indent}if {test}:\n{indent}    {call}"
    [finding] = findings(tmp_path, code, routine.format(body))[0]
    assert finding.parameter is None


@pytest.mark.parametrize(
    "body",
    [
        "if isinstance(m, nn.BatchNorm2d):\n        init.ones_(m.weight)\n    elif isinstance(m, nn.Linear):\n        init.xavier_uniform_(m.weight)",
        "if isinstance(m, nn.GRU):\n        for p in m.parameters():\n            if p.dim() > 1:\n                init.orthogonal_(p)",
        "if isinstance(m, nn.LayerNorm):\n        try:\n            init.xavier_uniform_(m.weight)\n        except ValueError:\n            pass",
        "assert isinstance(m, nn.Linear)\n    init.xavier_uniform_(m.head.weight)",
        "if isinstance(m, (nn.Linear, nn.LayerNorm)):\n        init.uniform_(m.weight, 0.9, 1.1)",
        "if isinstance(m, nn.Embedding):\n        init.uniform_(m.weight)",
        "if hasattr(m, 'weight'):\n        init.orthogonal_(m.weight, gain=GAIN)",
    ],
)
def test_layers_that_a_routine_treats_well_are_silent(tmp_path: Path, body: str) -> None:
    assert findings(tmp_path, "INI", f"def start(m):\n    {body}\n")[0] == []


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("m.apply(start, 0.02)", "`apply(fn)` got an unexpected argument: TypeError"),
        ("m.apply(start, std=0.02)", "`apply(fn)` got an unexpected argument std: TypeError"),
        ("m.register_parameter('gate')", "`register_parameter(name, param)` misses the argument param: TypeError"),
        ("isinstance(m(nn.Conv2d, nn.Linear))", "isinstance() is given one argument, and asks for an object and a class: TypeError"),
        ("m.apply(start)", ""),
        ("m.apply(*[start])", ""),
        ("m.register_buffer('gate', torch.ones(1), persistent=False)", ""),
        ("m.register_parameter(name='gate', param=None)", ""),
    ],
)
def test_arguments_that_do_not_fit(tmp_path: Path, call: str, message: str) -> None:
    text = f"def start(m):\n    init.zeros_(m.bias)\n\n\ndef build():\n    m = nn.Linear(2, 2)\n    {call}\n    return m\n"
    assert [finding.message for finding in findings(tmp_path, "INI604", text)[0]] == [message] * bool(message)


def test_super_without_self(tmp_path: Path) -> None:
    text = "class Net(nn.Module):\n    def __init__(self):\n        super(Net).__init__()\n        self.w = nn.Parameter(torch.randn(2, 2))\n"
    [finding], after = findings(tmp_path, "INI604", text)
    assert after == text.replace("super(Net)", "super()") and finding.evidence["kind"] == "unbound-super"


def test_a_called_tensor_loses_its_parentheses(tmp_path: Path) -> None:
    text = net("init.ones_(self.weight())")
    _, after = findings(tmp_path, "INI604", text)
    assert after == text.replace("weight()", "weight")


def test_dictionaries_of_parameters_and_modules_have_the_methods_of_dictionaries(tmp_path: Path) -> None:
    uses = ("p = nn.ParameterDict({'a': self.weight})", "q = p.copy()", "init.ones_(p.setdefault('b', nn.Parameter(torch.randn(2))))", "p.fromkeys(['c'])")
    ends = ("_, last = p.popitem()", "init.zeros_(last)", "p.clear()", "m = nn.ModuleDict({'a': nn.ReLU()})", "m.clear()", "self.kept = q")
    assert findings(tmp_path, "INI6", net(*uses, *ends))[0] == []
    [finding] = findings(tmp_path, "INI604", net("p = nn.ParameterDict({'a': self.weight})", "p.append(self.bias)"))[0]
    assert "no `append`" in finding.message


def test_a_base_class_that_may_have_been_set_up_elsewhere(tmp_path: Path) -> None:
    text = "class Base(nn.Module):\n    def __init__(self, size):\n        super().__init__()\n        self.a = nn.Linear(size, 1)\n\n\n"
    text += "class Net(Base):\n    def __init__(self, *args):\n        super().__init__(*args)\n"
    text += "        self.b = nn.Linear(3, 3)\n        init.zeros_(self.b.bias)\n"
    assert findings(tmp_path, "INI604", text)[0] == []


def test_layers_of_other_frameworks_have_rules_of_their_own(tmp_path: Path) -> None:
    text = "import tensorflow as tf\n\n\nclass Stem(tf.keras.layers.Layer):\n    def __init__(self, size):\n        self.dense = tf.keras.layers.Dense(size)\n"
    text += "        self.dense.reset_parameters()\n        super().__init__()\n\n    def call(self, x):\n        return self.dense(x)\n"
    assert findings(tmp_path, "INI604", text)[0] == []
