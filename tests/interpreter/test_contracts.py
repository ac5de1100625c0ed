"""Base classes and helpers of libraries: their contract where they are not installed, and together with their source where they are."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from initlint import check, frontend
from initlint.graph import ModelGraph
from initlint.overlays.torch_helpers import COPIES
from initlint.paths import lookup

MODEL = """
    import torch
    from torch import nn
    from transformers import PretrainedConfig, PreTrainedModel

    class Config(PretrainedConfig):
        model_type = "own"
        attribute_map = {"hidden_size": "width"}

        def __init__(self, width=8, vocab_size=20, initializer_range=0.05, **kwargs):
            self.width = width
            self.vocab_size = vocab_size
            self.initializer_range = initializer_range
            super().__init__(**kwargs)

    class Base(PreTrainedModel):
        config_class = Config

        def _init_weights(self, module):
            if isinstance(module, nn.Linear):
                module.weight.data.normal_(mean=0.0, std=self.config.initializer_range)
                if module.bias is not None:
                    module.bias.data.zero_()

    class Model(Base):
        def __init__(self, config):
            super().__init__(config)
            self.embedding = nn.Embedding(config.vocab_size, config.hidden_size)
            self.fc = nn.Linear(config.hidden_size, 4)
            self.post_init()

    class Plain(PreTrainedModel):
        config_class = Config

        def __init__(self, config):
            super().__init__(config)
            self.fc = nn.Linear(config.hidden_size, 4)
            self.norm = nn.LayerNorm(4)
            self.post_init()

    class Wrapped(PreTrainedModel):
        _tied_weights_keys = {"head.weight": "model.embedding.weight"}

        def __init__(self, config):
            super().__init__(config)
            self.model = Model(config)
            self.head = nn.Linear(config.hidden_size, config.vocab_size, bias=False)
            self.out = nn.Linear(config.hidden_size, config.num_labels)
            self.post_init()

        def _init_weights(self, module):
            if isinstance(module, nn.Linear):
                nn.init.ones_(module.weight)
"""


@pytest.fixture
def nothing_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in the environment of a hook: no library but initlint's own."""
    monkeypatch.setattr(lookup, "installed", list)


def written(folder: Path, code: str) -> Path:
    path = folder / "net.py"
    path.write_text(dedent(code))
    return path


def shown(folder: Path, code: str, expression: str) -> ModelGraph:
    return frontend.show(f"{written(folder, code)}:{expression}")


def laws(graph: ModelGraph) -> dict[str, str]:
    return {p.name: p.distribution.law if p.distribution is not None else "?" for p in graph.parameters}


@pytest.mark.usefixtures("nothing_installed")
def test_a_model_of_transformers_is_drawn_by_its_own_routine(tmp_path: Path) -> None:
    graph = shown(tmp_path, MODEL, "Model(Config())")
    assert laws(graph) == {"embedding.weight": "Var = 1", "fc.weight": "N(0, 0.05²)", "fc.bias": "= 0"}
    (event,) = [event for event in graph.parameters[1].events if event.initializer == "torch.Tensor.normal_"]
    assert event.site is not None
    assert event.site.path.endswith("net.py")


@pytest.mark.usefixtures("nothing_installed")
def test_a_model_without_a_routine_is_drawn_as_all_are(tmp_path: Path) -> None:
    graph = shown(tmp_path, MODEL, "Plain(Config())")
    assert laws(graph) == {"fc.weight": "N(0, 0.05²)", "fc.bias": "= 0", "norm.weight": "= 1", "norm.bias": "= 0"}


@pytest.mark.usefixtures("nothing_installed")
def test_a_model_in_a_model_keeps_its_routine_and_weights_are_tied(tmp_path: Path) -> None:
    graph = shown(tmp_path, MODEL, "Wrapped(Config(hidden_size=6, num_labels=3, tie_word_embeddings=True))")
    assert laws(graph) == {
        "model.embedding.weight": "Var = 1", "model.fc.weight": "N(0, 0.05²)", "model.fc.bias": "= 0", "out.weight": "= 1",
        "out.bias": "Var = 1 / (3·fan_in)",
    }  # fmt: skip
    assert {p.name: p.shape for p in graph.parameters}["out.weight"] == (3, 6)


@pytest.mark.usefixtures("nothing_installed")
def test_names_that_a_contract_lacks_stay_those_of_the_library(tmp_path: Path) -> None:
    code = """
        import transformers
        from torch import nn
        from transformers import AutoModel

        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.encoder = AutoModel.from_pretrained("name")
                self.other = transformers.BertModel.from_pretrained("name")
                self.fc = nn.Linear(4, 4)
    """
    assert list(laws(shown(tmp_path, code, "Net"))) == ["fc.weight", "fc.bias"]


SOURCE = """
    from torch import nn

    class Mixin:
        def half(self):
            return self

    class PreTrainedModel(nn.Module, Mixin):
        def __init__(self, config):
            raise NotImplementedError("longer than anybody wants to follow")

        def _init_weights(self, module):
            if isinstance(module, nn.Linear):
                nn.init.constant_(module.weight, 0.25)

        def post_init(self):
            raise NotImplementedError("longer than anybody wants to follow")
"""


@pytest.mark.usefixtures("nothing_installed")
def test_the_source_is_read_for_what_the_contract_leaves_to_it(tmp_path: Path) -> None:
    package = tmp_path / "transformers"
    package.mkdir()
    (package / "__init__.py").write_text("from transformers.modeling_utils import PreTrainedModel\n")
    (package / "modeling_utils.py").write_text(dedent(SOURCE))
    code = """
        from torch import nn
        from transformers import PreTrainedModel

        class Net(PreTrainedModel):
            def __init__(self, config=None):
                super().__init__(config)
                self.fc = nn.Linear(4, 4, bias=False)
                self.post_init()
    """
    assert laws(shown(tmp_path, code, "Net")) == {"fc.weight": "= 0.25"}


@pytest.mark.usefixtures("nothing_installed")
def test_names_for_type_checkers_are_looked_up_one_by_one(tmp_path: Path) -> None:
    """A package that loads its modules late lists them under ``if TYPE_CHECKING``."""
    package = tmp_path / "library"
    package.mkdir()
    lists = "\n".join(f"    from library.family{number} import *" for number in range(40))
    lazy = "else:\n    import sys\n    sys.modules[__name__] = object()\n"
    (package / "__init__.py").write_text(f"from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n{lists}\n{lazy}")
    for number in range(40):
        made = f"import torch.nn as nn\n\nclass Family{number}Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        (package / f"family{number}.py").write_text(f"{made}        self.fc = nn.Linear(2, {number})\n")
    graph = shown(tmp_path, "from library import Family39Net\n", "Family39Net()")
    assert [p.shape for p in graph.parameters] == [(39, 2), (39,)]


@pytest.mark.usefixtures("nothing_installed")
def test_what_a_base_class_that_was_not_read_draws_is_not_known(tmp_path: Path) -> None:
    code = """
        from torch import nn
        from transformers import BertModel, BertPreTrainedModel

        class Classifier(BertPreTrainedModel):
            def __init__(self, config):
                super().__init__(config)
                self.bert = BertModel(config)
                self.classifier = nn.Linear(8, 2)
                self.init_weights()
    """
    graph = shown(tmp_path, code, "Classifier")
    assert [(p.name, p.distribution) for p in graph.parameters] == [("classifier.weight", None), ("classifier.bias", None)]


HEAD = """
    import torch.nn.functional as F
    from mmcv.cnn import ConvModule
    from mmengine.model import BaseModule, bias_init_with_prob
    from torch import nn

    class Head(BaseModule):
        def __init__(self, init_cfg=dict(type="Normal", layer="Conv2d", std=0.25, override=dict(type="Constant", name="cls", val=0.5, bias_prob=0.01))):
            super().__init__(init_cfg)
            self.first = nn.Conv2d(3, 8, 3)
            self.block = ConvModule(8, 8, 3, norm_cfg=dict(type="GN", num_groups=2), act_cfg=dict(type="LeakyReLU", negative_slope=0.2))
            self.cls = nn.Conv2d(8, 4, 1)

    class Net(BaseModule):
        def __init__(self):
            super().__init__(init_cfg=[dict(type="Xavier", layer=["Linear"]), dict(type="Pretrained", checkpoint="some.pth")])
            self.head = Head()
            self.fc = nn.Linear(4, 4)

    def trained():
        net = Net()
        net.init_weights()
        return net
"""


@pytest.mark.usefixtures("nothing_installed")
def test_the_init_cfg_of_mmengine_is_applied(tmp_path: Path) -> None:
    graph = shown(tmp_path, HEAD, "trained()")
    assert laws(graph) == {
        "head.first.weight": "N(0, 0.25²)",
        "head.first.bias": "= 0",
        "head.block.conv.weight": "Var = 2 / ((1 + 0.2²)·fan_out)",
        "head.block.gn.weight": "= 1",
        "head.block.gn.bias": "= 0",
        "head.cls.weight": "= 0.5",
        "head.cls.bias": "= -4.595",
        "fc.weight": "Var = 2 / (fan_in + fan_out)",
        "fc.bias": "= 0",
    }


@pytest.mark.usefixtures("nothing_installed")
def test_before_that_the_defaults_are_in_force(tmp_path: Path) -> None:
    found = laws(shown(tmp_path, HEAD, "Net"))
    assert found["head.first.weight"] == found["fc.weight"] == "Var = 1 / (3·fan_in)"
    assert found["head.block.conv.weight"] == "Var = 2 / ((1 + 0.2²)·fan_out)"


@pytest.mark.usefixtures("nothing_installed")
def test_what_the_runner_will_draw_is_judged_at_the_class(tmp_path: Path) -> None:
    code = """
        import torch.nn.functional as F
        from mmengine.model import BaseModule
        from torch import nn

        class Net(BaseModule):
            def __init__(self, init_cfg=dict(type="Xavier", layer="Conv2d")):
                super().__init__(init_cfg)
                self.a = nn.Conv2d(64, 64, 3)
                self.b = nn.Conv2d(64, 64, 3)
                self.c = nn.Conv2d(64, 64, 3)

            def forward(self, x):
                return self.c(F.relu(self.b(F.relu(self.a(x)))))
    """
    found = [(finding.code, finding.site.line) for finding in check([written(tmp_path, code)]).findings]
    assert found == [("INI101", 6)]


@pytest.mark.parametrize("name", [name for name in COPIES if "xavier" not in name and "kaiming" not in name])
@pytest.mark.usefixtures("nothing_installed")
def test_what_libraries_copied_is_judged_as_the_original(tmp_path: Path, name: str) -> None:
    owner, _, function = name.rpartition(".")
    code = f"""
        from torch import nn
        from {owner} import {function}

        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.body = nn.Linear(64, 64)
                {function}(self.body.weight, 0.02)
    """
    assert [(finding.code, finding.site.line) for finding in check([written(tmp_path, code)]).findings] == [("INI301", 9)]


@pytest.mark.usefixtures("nothing_installed")
def test_helpers_of_timm_are_known(tmp_path: Path) -> None:
    code = """
        from functools import partial
        from timm.models import build_model_with_cfg, named_apply, register_model
        from timm.models.layers import trunc_normal_
        from torch import nn

        def draw(module, name, scale):
            if name.endswith("head"):
                nn.init.constant_(module.weight, scale)
            elif isinstance(module, nn.Linear):
                trunc_normal_(module.weight, std=0.02)

        class Net(nn.Module):
            def __init__(self, width=4):
                super().__init__()
                self.body = nn.Sequential(nn.Linear(4, width, bias=False))
                self.head = nn.Linear(width, 2, bias=False)
                named_apply(partial(draw, scale=0.5), self)

        @register_model
        def net(pretrained=False, **kwargs):
            return build_model_with_cfg(Net, "net", pretrained, width=6, pretrained_cfg={}, **kwargs)
    """
    graph = shown(tmp_path, code, "net()")
    assert [(p.name, p.shape) for p in graph.parameters] == [("body.0.weight", (6, 4)), ("head.weight", (2, 6))]
    assert list(laws(graph).values()) == ["N(0, 0.02²) cut to [-2, 2]", "= 0.5"]


@pytest.mark.usefixtures("nothing_installed")
def test_blocks_of_timm_are_known(tmp_path: Path) -> None:
    code = """
        from timm.layers import DropPath, Mlp, PatchEmbed, to_2tuple
        from timm.models.vision_transformer import Block, trunc_normal_
        from torch import nn

        class Net(nn.Module):
            def __init__(self, width=64):
                super().__init__()
                self.patches = PatchEmbed(to_2tuple(32), 4, 3, width)
                self.block = Block(width, 4, 4.0, qkv_bias=True, init_values=0.1, norm_layer=nn.LayerNorm)
                self.mlp = Mlp(width, act_layer=nn.ReLU)
                self.drop = DropPath(0.1)
                self.head = nn.Linear(width, self.patches.num_patches)
                trunc_normal_(self.head.weight, std=0.01)

            def forward(self, x):
                x = self.block(self.patches(x))
                return self.head((x + self.drop(self.mlp(x))).mean(1))
    """
    graph = shown(tmp_path, code, "Net")
    shapes = {p.name: p.shape for p in graph.parameters}
    assert graph.forward_reason == "" and len(shapes) == 22
    assert (shapes["patches.proj.weight"], shapes["block.attn.qkv.weight"], shapes["head.weight"]) == ((64, 3, 4, 4), (192, 64), (64, 64))
    found = laws(graph)
    assert (found["block.ls2.gamma"], found["mlp.fc1.weight"]) == ("= 0.1", "Var = 1 / (3·fan_in)")
    assert found["head.weight"] == "N(0, 0.01²) cut to [-2, 2]"


@pytest.mark.usefixtures("nothing_installed")
def test_what_a_contract_writes_is_written_where_it_is_called(tmp_path: Path) -> None:
    code = """
        from detectron2.layers import Conv2d, get_norm
        from torch import nn
        from torch_geometric.nn.inits import uniform
        from transformers.pytorch_utils import Conv1D

        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.first = Conv2d(8, 8, 3, bias=False, norm=get_norm("GN", 64))
                self.second = Conv2d(8, 8, 3, bias=False, norm=get_norm("GN", 64))
                self.third = Conv2d(8, 8, 3, bias=False, norm=get_norm("GN", 64))
                self.linear = Conv1D(8, 4)
                uniform(16, self.first.weight)
                uniform(16, self.second.weight)
                uniform(16, self.third.weight)
    """
    graph = shown(tmp_path, code, "Net()")
    lines = {p.name: p.effective.site.line for p in graph.parameters if p.effective and p.effective.site}
    assert lines == {
        **{f"{name}.weight": line for line, name in enumerate(("first", "second", "third"), 14)},
        **{f"{name}.norm.{role}": line for line, name in enumerate(("first", "second", "third"), 10) for role in ("weight", "bias")},
        "linear.weight": 13,
        "linear.bias": 13,
    }
    assert laws(graph)["first.weight"] == "U(-0.25, 0.25)"


@pytest.mark.parametrize(("name", "found"), [("scale", []), ("other", ["INI508"])])
def test_an_override_fills_what_the_attribute_holds(tmp_path: Path, name: str, found: list[str]) -> None:
    code = f"""
        import torch
        from mmengine.model import BaseModule
        from torch import nn

        class Scale(nn.Module):
            def __init__(self, size):
                super().__init__()
                self.weight = nn.Parameter(torch.Tensor(size))

            def forward(self, x):
                return x * self.weight

        class Neck(BaseModule):
            def __init__(self, sizes, init_cfg=[dict(type="Xavier", layer="Conv2d")]):
                super().__init__(init_cfg)
                assert sizes[0] in sizes[1:]
                self.scale = Scale(sizes[0])
                self.init_cfg += [dict(type="Constant", val=20, override=dict(name="{name}"))]
    """
    assert [finding.code for finding in check([written(tmp_path, code)]).findings] == found


@pytest.mark.parametrize(("name", "found"), [("Attention", []), ("Linear", ["INI508"])])
def test_a_routine_that_tells_modules_by_their_class_may_fill_them(tmp_path: Path, name: str, found: list[str]) -> None:
    code = f"""
        import torch
        from torch import nn

        class Attention(nn.Module):
            def __init__(self, size):
                super().__init__()
                self.q = nn.Parameter(torch.empty(size, size))

            def forward(self, x):
                return x @ self.q

        def draw(module):
            if isinstance(module, nn.{name}) or isinstance(module, {name}):
                for parameter in [module.q]:
                    nn.init.normal_(parameter, std=0.02)
    """
    assert [finding.code for finding in check([written(tmp_path, code)]).findings if finding.code == "INI508"] == found


@pytest.mark.usefixtures("nothing_installed")
@pytest.mark.parametrize("package", ["mmcv.utils", "mmcv.utils.parrots_wrapper", "mmengine.utils.dl_utils.parrots_wrapper"])
def test_norms_are_told_by_the_names_that_packages_give_them(tmp_path: Path, package: str) -> None:
    code = f"""
        from {package} import _BatchNorm
        from torch import nn

        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.norm = nn.BatchNorm2d(4)
                self.fc = nn.Linear(4, 4)
                for m in self.modules():
                    if isinstance(m, _BatchNorm):
                        nn.init.normal_(m.weight, 1.0, 0.02)
    """
    assert laws(shown(tmp_path, code, "Net")) == {
        "norm.weight": "N(1, 0.02²)", "norm.bias": "= 0", "fc.weight": "Var = 1 / (3·fan_in)", "fc.bias": "Var = 1 / (3·fan_in)",
    }  # fmt: skip


GRAPH_LAYER = """
    import torch
    from torch import nn
    from torch_geometric.nn import MessagePassing
    from torch_geometric.nn.inits import glorot

    class Conv(MessagePassing):
        def __init__(self, width, **kwargs):
            super().__init__(aggr="add", **kwargs)
            self.lin = nn.Linear(width, width)
            self.edge = nn.Linear(3, width)
            self.out = nn.Linear(width, width)
            self.att = nn.Parameter(torch.empty(1, 2 * width))
            nn.init.normal_(self.lin.weight)
            {fill}

        def forward(self, x, edge_index, edge_attr):
            return self.propagate(edge_index, x={given}, e=self.edge(edge_attr), size=None)

        def message(self, x_i, x_j, e, index, ptr=None, size_i=None):
            alpha = torch.sigmoid((torch.cat([x_i, x_j], dim=-1) * self.att).sum(-1, keepdim=True))
            return alpha * (self.lin(x_j) + e)

        def update(self, collected):
            return self.out(torch.relu(collected))
"""


@pytest.mark.parametrize("given", ["x", "(x, x)", "(x, None)"])
def test_messages_ask_for_what_propagate_was_given(tmp_path: Path, given: str) -> None:
    """Each layer that messages run through is called, and what nothing fills is found."""
    (tmp_path / "layers.py").write_text(dedent(GRAPH_LAYER).format(fill="pass", given=given))
    graph = frontend.show(f"{tmp_path / 'layers.py'}:Conv")
    assert not graph.forward_reason
    assert {layer.path for layer in graph.layers if layer.calls} == {"lin", "edge", "out"}
    assert [op.name for op in graph.ops if op.kind == "reduce"] == ["sum", "scatter_sum"]
    codes = {(finding.code, finding.site.line) for finding in check([str(tmp_path / "layers.py")]).findings}
    assert {("INI508", 13), ("INI102", 14)} <= codes
    (tmp_path / "layers.py").write_text(dedent(GRAPH_LAYER).format(fill="glorot(self.att)", given=given))
    assert not any(finding.code == "INI508" for finding in check([str(tmp_path / "layers.py")]).findings)


def test_a_message_that_is_not_written_is_the_neighbour(tmp_path: Path) -> None:
    text = dedent(GRAPH_LAYER).format(fill="glorot(self.att)", given="self.lin(x)").partition("    def message")[0]
    (tmp_path / "layers.py").write_text(text.replace('aggr="add"', 'aggr="mean"'))
    graph = frontend.show(f"{tmp_path / 'layers.py'}:Conv")
    assert {layer.path for layer in graph.layers if layer.calls} == {"lin", "edge"}
    assert [op.name for op in graph.ops if op.kind == "pool"] == ["scatter_mean"]


def test_a_model_for_the_hub_draws_nothing_by_itself(tmp_path: Path) -> None:
    (tmp_path / "nets.py").write_text(
        dedent("""
        from huggingface_hub import PyTorchModelHubMixin
        from torch import nn

        class Net(nn.Module, PyTorchModelHubMixin, repo_url="x"):
            def __init__(self, width):
                super().__init__()
                self.fc = nn.Linear(width, width)

            def _init_weights(self, m):
                if isinstance(m, nn.Linear):
                    nn.init.kaiming_normal_(m.weight)

            def forward(self, x):
                return self.fc(x).relu()
        """)
    )
    assert [finding.code for finding in check([str(tmp_path / "nets.py")]).findings] == ["INI501"]


def test_layers_of_graphs_and_the_linear_layer_between_them(tmp_path: Path) -> None:
    (tmp_path / "nets.py").write_text(
        dedent("""
        from torch import nn
        from torch_geometric.nn import GCNConv, Linear
        from torch_geometric.utils import softmax
        from torch_scatter import scatter

        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.first = Linear(64, 32)
                self.second = Linear(32, 32, bias=False, weight_initializer="glorot")
                self.lazy = Linear(-1, 8)
                self.conv = GCNConv(32, 32)

            def forward(self, x, edge_index, batch):
                x = self.first(x).relu()
                x = scatter(softmax(self.second(x), edge_index[1]) * x, batch, dim=0, reduce="mean")
                return self.lazy(self.conv(x, edge_index))
        """)
    )
    graph = frontend.show(f"{tmp_path / 'nets.py'}:Net")
    laws = {parameter.name: parameter.distribution for parameter in graph.parameters}
    assert [laws[name].high for name in ("first.weight", "first.bias", "second.weight")] == pytest.approx([1 / 8, 1 / 8, (6 / 64) ** 0.5])  # type: ignore[union-attr]
    assert laws["lazy.weight"] is None and laws["lazy.bias"] is None
    assert [op.name for op in graph.ops if op.kind in ("activation", "pool", "reduce")] == ["relu", "softmax", "scatter_mean"]
    assert check([str(tmp_path / "nets.py")]).findings == []


def test_a_linear_layer_of_graphs_is_told_once(tmp_path: Path) -> None:
    """What it draws by itself is its default, not a call that its author made twice."""
    (tmp_path / "nets.py").write_text(
        dedent("""
        from torch import nn
        from torch_geometric.nn import Linear

        class Net(nn.Module):
            def __init__(self, width):
                super().__init__()
                self.forth = Linear(width, width)
                self.back = Linear(width, width, weight_initializer="glorot", bias_initializer="zeros")
                self.reset()

            def reset(self):
                self.forth.reset_parameters()
                self.back.reset_parameters()

            def forward(self, x):
                return self.back(self.forth(x).relu())
        """)
    )
    assert check([str(tmp_path / "nets.py")]).findings == []
    forth = frontend.show(f"{tmp_path / 'nets.py'}:Net").parameters[0]
    assert forth.effective is not None and forth.effective.origin.value == "default"
