"""Constructors reached through other libraries: Lightning's hyperparameters, models of pydantic, modules as registries, tensors that einops moves."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from initlint import frontend
from initlint.paths import lookup

LIGHTNING = """
    from torch import nn
    from {package} import LightningModule

    class Net(LightningModule):
        def __init__(self, width=6, depth=2, *, std=0.2, **kwargs):
            super().__init__()
            self.save_hyperparameters({arguments})
            self.layers = nn.ModuleList([nn.Linear(self.hparams.width, self.hparams["width"]) for _ in range(depth)])
            nn.init.normal_(self.layers[0].weight, std=self.hparams.std)
"""
PYDANTIC = """
    import functools
    import inspect
    from torch import nn
    from pydantic import BaseModel, Field
    from pydantic.v1 import create_model

    class Config(BaseModel):
        width: int = 6
        depth: int = Field(2, ge=1)
        std: float = Field(default=0.2)

    class FromConfig(nn.Module):
        def __init__(self, config):
            super().__init__()
            self.layers = nn.ModuleList([nn.Linear(config.width, config.width) for _ in range(config.depth)])
            nn.init.normal_(self.layers[0].weight, std=config.std)

    class Activation:
        pass

    def validated(init):
        given = inspect.signature(init).parameters.values()
        fields = {p.name: (p.annotation, p.default if p.default != inspect.Parameter.empty else ...) for p in given if p.name != "self"}
        made = create_model("Arguments", **fields)

        @functools.wraps(init)
        def wrapped(*args, **kwargs):
            self, *args = args
            return init(self, **made(**kwargs).__dict__)

        return wrapped

    class Validated(nn.Module):
        @validated
        def __init__(self, width: int, depth: int = 2, std: float = 0.2, act=Activation()):
            super().__init__()
            self.act = act
            self.layers = nn.ModuleList([nn.Linear(width, width) for _ in range(depth)])
            nn.init.normal_(self.layers[0].weight, std=std)
"""
SHAPES = {"layers.0.weight": (8, 8), "layers.0.bias": (8,), "layers.1.weight": (8, 8), "layers.1.bias": (8,)}


def facts(folder: Path, code: str, expression: str) -> tuple[dict[str, object], object]:
    """Shapes by name, and the standard deviation of the first parameter."""
    path = folder / "net.py"
    path.write_text(dedent(code))
    graph = frontend.show(f"{path}:{expression}")
    law = graph.parameters[0].distribution
    return {parameter.name: parameter.shape for parameter in graph.parameters}, law.std if law is not None else None


@pytest.mark.parametrize("package", ["pytorch_lightning", "lightning", "lightning.pytorch"])
@pytest.mark.parametrize("arguments", ["", "ignore='depth'", "'width', 'std'", "{'width': width, 'std': std}"])
def test_hyperparameters_are_the_arguments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, package: str, arguments: str) -> None:
    monkeypatch.setattr(lookup, "installed", list)
    assert facts(tmp_path, LIGHTNING.format(package=package, arguments=arguments), "Net(8, std=0.3)") == (SHAPES, 0.3)


def test_one_argument_is_kept_under_its_name_and_others_are_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookup, "installed", list)
    shapes, std = facts(tmp_path, LIGHTNING.format(package="lightning", arguments="'width'"), "Net(8)")
    assert shapes == SHAPES
    assert std is None


@pytest.mark.parametrize("expression", ["FromConfig(Config(width=8, std=0.3))", "Validated(width=8, std=0.3)"])
def test_models_of_pydantic_have_fields(tmp_path: Path, expression: str) -> None:
    assert facts(tmp_path, PYDANTIC, expression) == (SHAPES, 0.3)


@pytest.mark.parametrize("namespace", ["vars(blocks)", "blocks.__dict__"])
def test_a_class_is_found_in_the_namespace_of_a_module(tmp_path: Path, namespace: str) -> None:
    (tmp_path / "blocks.py").write_text("from torch import nn\nfrom torch.nn import Linear as Plain\nWIDTH = 8\n\n\nclass Wide(nn.Linear):\n    pass\n")
    code = f"""
        import inspect
        import blocks
        from torch import nn

        def resolve(name, *args):
            classes = [value for value in {namespace}.values() if inspect.isclass(value) and issubclass(value, nn.Module)]
            return next(cls for cls in classes if cls.__name__ == name)(*args)

        class Net(nn.Module):
            def __init__(self, kind="Wide"):
                super().__init__()
                self.layers = nn.ModuleList([resolve(kind, 8, 8), {namespace}["Plain"](8, 8)])
    """
    assert facts(tmp_path, code, "Net()")[0] == SHAPES


@pytest.mark.parametrize("moved", ['repeat(drawn, "o ... -> (o r) ...", r=4)', 'rearrange(repeat(drawn, "o i -> r o i", r=4), "r o i -> (o r) i")'])
def test_entries_that_move_keep_their_law(tmp_path: Path, moved: str) -> None:
    code = f"""
        import torch
        from einops import rearrange, repeat
        from torch import nn

        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.fc = nn.Linear(8, 16)
                drawn = torch.empty(4, 8)
                nn.init.normal_(drawn, std=0.3)
                self.fc.weight.data.copy_({moved})

            def forward(self, x):
                return repeat(self.fc(x), "b c -> b (c r)", r=2)
    """
    assert facts(tmp_path, code, "Net()") == ({"fc.weight": (16, 8), "fc.bias": (16,)}, 0.3)
