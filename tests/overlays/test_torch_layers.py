"""The layer tables against measured defaults, and against torch itself where it is installed."""

from __future__ import annotations

import ast
import copy
import importlib.util
import inspect
import json
import math
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from initlint.overlays.spec import LayerSpec, Shape
from initlint.overlays.torch_layers import LAYERS, canonical, is_subclass
from initlint.symbolic import symbol
from initlint.theory.laws import Distribution

CASES = json.loads((Path(__file__).parent.parent / "data" / "torch_module_defaults.json").read_text())
needs_torch = pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="torch is not installed")

# Documented arguments of classes that only declare *args, **kwargs themselves.
PASSED_ON = {"torch.nn.RNN", "torch.nn.LSTM", "torch.nn.GRU"}
# torch's default is the function of that name, which a literal cannot say.
FUNCTION_DEFAULTS = {"activation": "relu"}


class Recorder:
    """A module under construction, with the bookkeeping of ``nn.Module`` and nothing else."""

    def __init__(self) -> None:
        self.own: dict[str, tuple[Shape | None, Distribution | None] | None] = {}
        self.buffers: dict[str, Shape | None] = {}
        self.children: dict[str, Recorder] = {}
        self.attributes: dict[str, Any] = {}

    def param(self, name: str, shape: Shape | None, distribution: Distribution | None) -> None:
        self.own[name] = (shape, distribution)

    def draw(self, name: str, shape: Shape | None, chosen: Any, default: tuple[str, Any], axes: Any = None) -> None:
        raise AssertionError("a layer of torch is not told its initializers")

    def absent(self, name: str) -> None:
        self.own[name] = None

    def buffer(self, name: str, shape: Shape | None, distribution: Distribution | None) -> None:
        self.buffers[name] = shape

    def make(self, layer: str, **arguments: Any) -> Recorder:
        return construct(layer, **arguments)

    def child(self, name: str, layer: str, **arguments: Any) -> None:
        self.adopt(name, construct(layer, **arguments))

    def clone(self, name: str, module: Any) -> None:
        self.adopt(name, copy.deepcopy(module))

    def again(self, name: str, module: Any) -> None:
        self.clone(name, module)

    def adopt(self, name: str, module: Any) -> None:
        *path, last = name.split(".")
        owner = self
        for step in path:
            owner = owner.children[step]
        (owner.children if isinstance(module, Recorder) else owner.attributes)[last] = module

    def attr(self, name: str, value: Any) -> None:
        self.attributes[name] = value

    def parameters(self) -> list[tuple[str, Shape | None]]:
        return [(name, shape) for name, (shape, _) in self.rows()]

    def set(self, path: str, distribution: Distribution) -> None:
        *steps, last = path.split(".")
        owner = self
        for step in steps:
            owner = owner.children[step]
        row = owner.own.get(last)
        if row is not None:
            owner.own[last] = (row[0], distribution)

    def rows(self, prefix: str = "") -> Iterator[tuple[str, tuple[Shape | None, Distribution | None]]]:
        for name, row in self.own.items():
            if row is not None:
                yield prefix + name, row
        for name, child in self.children.items():
            yield from child.rows(f"{prefix}{name}.")

    def law(self, path: str) -> Distribution:
        law = dict(self.rows())[path][1]
        assert law is not None
        return law


def construct(layer: str, *arguments: Any, **keywords: Any) -> Recorder:
    row = LAYERS[layer]
    bound = bind(row).bind(*arguments, **keywords)
    bound.apply_defaults()
    module = Recorder()
    module.attributes = dict(bound.arguments)
    if row.build is not None:
        row.build(module, SimpleNamespace(**bound.arguments))
    return module


def variance(law: Distribution) -> str:
    assert law.std is not None
    return str(law.std * law.std)


def bind(row: LayerSpec) -> inspect.Signature:
    """The signature a table row spells."""
    return inspect.signature(eval(f"lambda {row.signature}: None"))


def _id(case: dict[str, Any]) -> str:
    return f"{case['module']}({', '.join(f'{k}={v}' for k, v in case['args'].items())})"


@pytest.mark.parametrize("case", CASES, ids=_id)
def test_defaults_are_the_measured_ones(case: dict[str, Any]) -> None:
    arguments = {name: value for name, value in case["args"].items() if name != "_in"}
    rows = dict(construct(f"torch.nn.{case['module']}", **arguments).rows())
    assert list(rows) == list(case["params"])
    for name, expected in case["params"].items():
        shape, law = rows[name]
        assert law is not None
        if shape is not None:
            assert list(shape) == expected["shape"]
        else:
            assert "Lazy" in case["module"]
        assert law.kind == expected["family"]
        assert law.mean == pytest.approx(expected["mean"])
        if law.std is None:
            assert "Lazy" in case["module"]
            continue
        assert law.std == pytest.approx(math.sqrt(expected["var"]))
        if "low" in expected:
            assert (law.low, law.high) == pytest.approx((expected["low"], expected["high"]))


def test_every_default_value_is_a_literal() -> None:
    for row in LAYERS.values():
        arguments = ast.parse(f"lambda {row.signature}: None", mode="eval").body
        assert isinstance(arguments, ast.Lambda)
        for default in filter(None, [*arguments.args.defaults, *arguments.args.kw_defaults]):
            ast.literal_eval(default)


def test_all_of_it_works_on_symbols() -> None:
    width, heads = symbol("width"), symbol("heads")
    attention = construct("torch.nn.MultiheadAttention", width, heads)
    assert dict(attention.rows())["in_proj_weight"][0] == (3 * width, width)
    assert variance(attention.law("in_proj_weight")) == "0.5/width"
    assert variance(construct("torch.nn.MultiheadAttention", width, heads, kdim=7).law("k_proj_weight")) == "2/(width + 7)"
    conv = construct("torch.nn.Conv2d", width, width, symbol("k"), groups=width)
    assert dict(conv.rows())["weight"][0] == (width, 1, symbol("k"), symbol("k"))
    block = construct("torch.nn.TransformerEncoderLayer", width, heads, 4 * width)
    assert dict(block.rows())["linear1.weight"][0] == (4 * width, width)
    lstm = construct("torch.nn.LSTM", width, 2 * width, 2, bidirectional=True)
    assert dict(lstm.rows())["weight_ih_l1_reverse"][0] == (8 * width, 4 * width)
    construct("torch.nn.AdaptiveLogSoftmaxWithLoss", width, symbol("classes"), (10, 100))


@pytest.mark.parametrize("name", ["Linear", "Conv2d", "LSTM"])
def test_variance_of_a_symbolic_default_is_exact(name: str) -> None:
    width = symbol("width")
    module = construct(f"torch.nn.{name}", width, width, *((1,) if name == "Conv2d" else ()))
    first = module.parameters()[0][0]
    assert variance(module.law(first)) == "0.333333/width"


def test_what_is_switched_off_is_registered_as_none() -> None:
    assert construct("torch.nn.Linear", 3, 4, bias=False).own["bias"] is None
    assert construct("torch.nn.Conv2d", 3, 4, 3, bias=None).own["bias"] is None
    assert construct("torch.nn.BatchNorm2d", 3, affine=False).own["weight"] is None
    assert construct("torch.nn.LayerNorm", 3, bias=False).own["bias"] is None
    assert construct("torch.nn.MultiheadAttention", 4, 2, kdim=3).own["in_proj_weight"] is None


def test_derived_attributes() -> None:
    conv = construct("torch.nn.ConvTranspose2d", 3, 4, 5, stride=(2, 1)).attributes
    assert (conv["kernel_size"], conv["stride"], conv["padding"], conv["transposed"]) == ((5, 5), (2, 1), (0, 0), True)
    assert construct("torch.nn.Conv1d", 3, 4, 5, padding="same").attributes["padding"] == "same"
    assert construct("torch.nn.LayerNorm", 7).attributes["normalized_shape"] == (7,)
    attention = construct("torch.nn.MultiheadAttention", 12, 3).attributes
    assert (attention["head_dim"], attention["kdim"], attention["_qkv_same_embed_dim"]) == (4, 12, True)
    assert construct("torch.nn.GRU", 3, 4, bias=False).attributes["_all_weights"] == [["weight_ih_l0", "weight_hh_l0"]]


def test_batch_norm_keeps_running_statistics() -> None:
    assert construct("torch.nn.BatchNorm2d", 8).buffers == {"running_mean": (8,), "running_var": (8,), "num_batches_tracked": ()}
    assert construct("torch.nn.InstanceNorm2d", 8).buffers == {}


def test_resetting_attention_leaves_its_output_projection() -> None:
    module = construct("torch.nn.MultiheadAttention", 8, 2)
    for name, _ in module.parameters():
        module.set(name, Distribution(kind="custom"))
    row = LAYERS["torch.nn.MultiheadAttention"]
    row.methods["_reset_parameters"](module, SimpleNamespace(**module.attributes))
    assert {name: law.kind for name, (_, law) in module.rows() if law} == {
        "in_proj_weight": "uniform",
        "in_proj_bias": "constant",
        "out_proj.weight": "custom",
        "out_proj.bias": "constant",
    }


def test_a_stack_of_blocks_adopts_a_foreign_norm_and_an_activation() -> None:
    block = construct("torch.nn.TransformerEncoderLayer", 8, 2, 16, activation=construct("torch.nn.PReLU"))
    stack = construct("torch.nn.TransformerEncoder", block, 3, norm=construct("torch.nn.LayerNorm", 8))
    names = [name for name, _ in stack.parameters()]
    assert "layers.2.activation.weight" in names
    assert names[-2:] == ["norm.weight", "norm.bias"]


SAME_THING = {
    "torch.nn.modules.conv.Conv2d": "torch.nn.Conv2d",
    "torch.nn.modules.Module": "torch.nn.Module",
    "torch.nn.modules.module.Module": "torch.nn.Module",
    "torch.nn.modules.batchnorm._BatchNorm": "torch.nn.modules.batchnorm._BatchNorm",
    "torch.nn.modules.instancenorm._NormBase": "torch.nn.modules.batchnorm._NormBase",
    "torch.nn.modules.activation.NonDynamicallyQuantizableLinear": "torch.nn.modules.linear.NonDynamicallyQuantizableLinear",
    "torch.nn.modules.rnn.LSTM.reset_parameters": "torch.nn.LSTM.reset_parameters",
    "torch.nn.parameter.Parameter": "torch.nn.Parameter",
    "torch.nn.parallel.DataParallel": "torch.nn.DataParallel",
    "torch.nn.init.xavier_uniform_": "torch.nn.init.xavier_uniform_",
    "torch.nn.functional.relu": "torch.nn.functional.relu",
    "torch.nn.modules.utils._pair": "torch.nn.modules.utils._pair",
    "mine.Conv2d": "mine.Conv2d",
}


@pytest.mark.parametrize("path", SAME_THING)
def test_one_name_for_every_path(path: str) -> None:
    assert canonical(path) == SAME_THING[path]


def test_hierarchy() -> None:
    assert is_subclass("torch.nn.LazyConv2d", "torch.nn.modules.conv._ConvNd")
    assert is_subclass("torch.nn.SyncBatchNorm", "torch.nn.modules.batchnorm._NormBase")
    assert not is_subclass("torch.nn.Linear", "torch.nn.Bilinear")


def torch_classes() -> dict[str, type]:
    """Every Module class ``torch.nn`` publishes, with its bases, by canonical name."""
    from torch import nn

    found: dict[str, type] = {}
    pending = [entry for entry in vars(nn).values() if inspect.isclass(entry) and issubclass(entry, nn.Module)]
    while pending:
        cls = pending.pop()
        if cls.__module__.startswith("torch.") and found.setdefault(torch_name(cls), cls) is cls:
            pending += [base for base in cls.__bases__ if torch_name(base) not in found]
    return found


def torch_name(cls: type) -> str:
    from torch import nn

    return f"torch.nn.{cls.__name__}" if getattr(nn, cls.__name__, None) is cls else f"{cls.__module__}.{cls.__qualname__}"


@needs_torch
def test_every_torch_module_is_in_the_table() -> None:
    classes = torch_classes()
    assert len(classes) > 163
    assert set(classes) - set(LAYERS) == set()


@needs_torch
def test_the_file_a_class_is_written_in_leads_to_its_name() -> None:
    for name, cls in torch_classes().items():
        assert canonical(f"{cls.__module__}.{cls.__qualname__}") == name


@needs_torch
def test_bases_are_those_of_torch() -> None:
    for name, cls in torch_classes().items():
        bases = tuple(torch_name(base) for base in cls.__bases__ if base.__module__.startswith("torch."))
        assert LAYERS[name].bases == bases, name


@needs_torch
def test_reset_says_whether_torch_has_reset_parameters() -> None:
    for name, cls in torch_classes().items():
        assert LAYERS[name].reset == hasattr(cls, "reset_parameters"), name
        assert all(hasattr(cls, method) for method in LAYERS[name].methods), name


@needs_torch
def test_signatures_are_those_of_torch() -> None:
    from torch import nn

    for name, cls in torch_classes().items():
        if name in PASSED_ON:
            continue
        ours = list(bind(LAYERS[name]).parameters.values())
        constructor = inspect.getattr_static(cls, "__init__")
        if constructor is nn.Module.__init__ and cls is not nn.Module:
            assert not ours, f"{name} takes no arguments"
            continue
        theirs = list(inspect.signature(constructor).parameters.values())[1:]
        assert [(p.name, p.kind) for p in ours] == [(p.name, p.kind) for p in theirs], name
        for mine, real in zip(ours, theirs, strict=True):
            assert mine.default == FUNCTION_DEFAULTS.get(mine.name, real.default), (name, mine.name)


@needs_torch
@pytest.mark.parametrize("name", sorted(PASSED_ON))
def test_documented_arguments_of_recurrent_networks_are_accepted(name: str) -> None:
    from torch import nn

    parameters = bind(LAYERS[name]).parameters
    settings = {key: p.default for key, p in parameters.items() if p.default is not p.empty and key != "proj_size"}
    real = getattr(nn, name.rpartition(".")[2])(3, 4, **settings)
    assert [key for key, _ in real.named_parameters()] == [key for key, _ in construct(name, 3, 4, **settings).parameters()]


@needs_torch
@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("Conv2d", {"in_channels": 4, "out_channels": 6, "kernel_size": (3, 1), "stride": 2, "groups": 2}),
        ("ConvTranspose1d", {"in_channels": 4, "out_channels": 6, "kernel_size": 3, "output_padding": 0}),
        ("BatchNorm1d", {"num_features": 5}),
        ("LayerNorm", {"normalized_shape": (2, 3)}),
        ("LSTM", {"input_size": 3, "hidden_size": 4, "num_layers": 2, "proj_size": 2}),
        ("MultiheadAttention", {"embed_dim": 8, "num_heads": 2, "vdim": 5, "add_bias_kv": True}),
        ("AdaptiveLogSoftmaxWithLoss", {"in_features": 16, "n_classes": 20, "cutoffs": [4, 9]}),
        ("MaxPool2d", {"kernel_size": 3, "stride": 2}),
        ("FractionalMaxPool2d", {"kernel_size": 2, "output_size": 3}),
        ("ZeroPad2d", {"padding": 1}),
        ("UpsamplingBilinear2d", {"scale_factor": 2}),
        ("ReLU6", {}),
        ("Transformer", {"d_model": 8, "nhead": 2, "num_encoder_layers": 1, "num_decoder_layers": 1, "dim_feedforward": 16, "batch_first": True}),
    ],
)
def test_attributes_and_names_are_those_of_torch(name: str, arguments: dict[str, Any]) -> None:
    from torch import nn

    real, ours = getattr(nn, name)(**arguments), construct(f"torch.nn.{name}", **arguments)
    assert [(key, tuple(p.shape)) for key, p in real.named_parameters()] == ours.parameters()
    constructor_only = {"device", "dtype", "bias", "affine"} | set(bind(LAYERS[f"torch.nn.{name}"]).parameters)
    for key, value in ours.attributes.items():
        if key in constructor_only and not hasattr(real, key):
            continue
        theirs = getattr(real, key)
        if key != "bias" and isinstance(theirs, (int, float, str, tuple, list, type(None))) and not isinstance(value, Recorder):
            assert value == theirs, key
