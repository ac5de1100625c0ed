"""Predicted against measured, layer by layer, on real models and on plain stacks: ``python benchmarks/propagation.py [--write]``.

Models are read by the static analysis and built by their library; both get inputs of the same shape. Batches are as
large as they are because batch norm takes from a gradient what the whole batch shares, which theory leaves in.
"""

from __future__ import annotations

import importlib
import json
import math
import statistics
import sys
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

import torch

from initlint import engine
from initlint.live import recording
from initlint.live.forward import Passed
from initlint.signal.curve import predict
from initlint.theory.stack import Stack
from initlint.theory.stack import predict as predict_stack

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "tests" / "data" / "five_layers.json"
PAGE = ROOT / "docs" / "propagation.md"
SEEDS = 4
IMAGES = (16, 3, 96, 96)


class Case(NamedTuple):
    """A model by its target, and the shape of its inputs."""

    name: str
    target: str
    shape: tuple[int, ...]


CASES = (
    Case("examples: MLP", "examples.mlp:MLP()", (64, 784)),
    Case("examples: Transformer", "examples.transformer:Transformer()", (8, 64)),
    Case("examples: ResNet", "examples.resnet:ResNet()", (16, 3, 32, 32)),
    Case("resnet18", "torchvision.models.resnet:resnet18(weights=None)", IMAGES),
    Case("vgg11", "torchvision.models.vgg:vgg11(weights=None)", (2, 3, 224, 224)),
    Case("alexnet", "torchvision.models.alexnet:alexnet(weights=None)", (8, 3, 224, 224)),
    Case("mobilenet_v2", "torchvision.models.mobilenetv2:mobilenet_v2(weights=None)", IMAGES),
    Case("densenet121", "torchvision.models.densenet:densenet121(weights=None)", IMAGES),
    Case("squeezenet1_1", "torchvision.models.squeezenet:squeezenet1_1(weights=None)", IMAGES),
    Case("googlenet", "torchvision.models.googlenet:googlenet(weights=None,init_weights=True,aux_logits=False)", (16, 3, 128, 128)),
    Case("shufflenet_v2_x0_5", "torchvision.models.shufflenetv2:shufflenet_v2_x0_5(weights=None)", IMAGES),
    Case("efficientnet_b0", "torchvision.models.efficientnet:efficientnet_b0(weights=None)", IMAGES),
    Case("convnext_tiny", "torchvision.models.convnext:convnext_tiny(weights=None)", (4, 3, 128, 128)),
    Case(
        "vision transformer, 6 blocks",
        "timm.models.vision_transformer:VisionTransformer(img_size=64,patch_size=8,embed_dim=192,depth=6,num_heads=3,num_classes=100,"
        "class_token=False,global_pool='avg')",
        (8, 3, 64, 64),
    ),
    Case("mlp-mixer, 8 blocks", "timm.models.mlp_mixer:mixer_s32_224()", (2, 3, 224, 224)),
)


class Agreement(NamedTuple):
    """Measured over predicted."""

    ratios: list[float]

    @property
    def cells(self) -> tuple[str, str, str]:
        """How many, their median, and the one furthest from 1."""
        if not self.ratios:
            return "0", "", ""
        worst = max(self.ratios, key=lambda ratio: abs(math.log(ratio)))
        return str(len(self.ratios)), f"{statistics.median(self.ratios):.3g}", f"{worst:.3g}"


def compare(case: Case) -> tuple[Agreement, Agreement, int]:
    """Second moments of signal and gradient at every layer of a model; how many operations were not followed."""
    place, expression = case.target.split(":", 1)
    curve = predict(engine.show(case.target, [str(ROOT)]), case.shape)
    module = importlib.import_module(place)
    signal, gradient = defaultdict[str, list[float]](list), defaultdict[str, list[float]](list)
    for seed in range(SEEDS):
        torch.manual_seed(seed)
        model = eval(expression, vars(module)).train()
        for path, sample in recording.take(model, Passed((_inputs(case),)), {}).items():
            signal[path].append(sample.second)
            gradient[path].extend([] if sample.gradient is None else [sample.gradient])
    forward, backward = [], []
    for point in curve.points:
        layer = point.op.layer
        if layer is not None and layer.calls[:1] == [point.op]:
            forward += _ratio(signal[layer.path], point.second)
            backward += _ratio(gradient[layer.path], point.gradient)
    return Agreement(forward), Agreement(backward), len(curve.lost)


def _inputs(case: Case) -> torch.Tensor:
    return torch.randint(0, 256, case.shape) if "Transformer()" in case.target else torch.randn(*case.shape)


def stacks() -> list[tuple[str, Agreement, Agreement]]:
    """The configurations of the seed experiment against their Monte Carlo run of 5000 draws."""
    made = []
    content = json.loads(DATA.read_text(encoding="utf-8"))
    for name, one in content["configurations"].items():
        activation, _, parameter = one["activation"].partition("leaky")
        stack = Stack(
            sizes=(2, 200, 300, 400, 300, 2),
            activation="leaky_relu" if parameter else activation,
            parameter=float(parameter) if parameter else None,
            derivative_at_output=name.endswith("__seed_literal_derivative"),
        )
        predicted, measured = predict_stack(stack, one["std_W"]), one["monte_carlo"]
        ratios = [
            [seen / told for seen, told in zip(measured[key], values) if told and seen]
            for key, values in (("Eh2", predicted.second), ("Ed2", predicted.gradient))
        ]
        made.append((name, Agreement(ratios[0]), Agreement(ratios[1])))
    return made


def _ratio(seen: list[float], told: float | None) -> list[float]:
    mean = statistics.fmean(seen) if seen else 0.0
    return [mean / told] if mean > 0 and told else []


def page() -> str:
    """The tables, as Markdown."""
    head = "| {} | layers | signal: median | worst | gradient: median | worst |{}"
    lines = [
        "# Predicted and measured",
        "",
        "Made by `python benchmarks/propagation.py --write`. The numbers are measured over predicted second moments: of what each layer hands on,",
        f"and of the gradient that comes back to it, averaged over {SEEDS} builds in training mode on inputs drawn from N(0, 1).",
        "",
        "## Models",
        "",
        head.format("model", " not followed |"),
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for case in CASES:
        forward, backward, lost = compare(case)
        print(case.name, forward.cells, backward.cells, lost, file=sys.stderr, flush=True)
        lines.append(f"| {case.name} | {' | '.join((*forward.cells, *backward.cells[1:]))} | {lost} |")
    lines += ["", *WHY, "", "## Plain stacks of 2-200-300-400-300-2", "", "Monte Carlo is over 5000 draws.", "", head.format("configuration", "")]
    lines.append("| --- | ---: | ---: | ---: | ---: | ---: |")
    for name, forward, backward in stacks():
        lines.append(f"| {name.replace('__', ', ').replace('_', ' ')} | {' | '.join((*forward.cells, *backward.cells[1:]))} |")
    return "\n".join(lines) + "\n"


WHY = (
    "Where they part:",
    "",
    "- *Few units.* The first bottleneck of a squeeze-and-excitation block has 4 to 8 outputs, and what enters is nearly the same at every position.",
    "  Its measured second moment is a sum of few squares, and scatters accordingly from build to build.",
    "- *Neighbours.* Pooling takes neighbouring positions for independent but for what all positions share. Behind several convolutions without",
    "  a norm they are not, and a maximum over them is smaller than foretold: VGG's and SqueezeNet's last layers.",
    "- *Batch norm and small batches.* It takes from a gradient what the whole batch shares. Behind a global average that is a good part of it.",
    "- *A factor that is drawn* (stochastic depth) is not followed: the curve takes it for 1, says so, and is certain again behind the next norm.",
    "- *Unstable maps.* He before GELU or SiLU without norms: small deviations grow from layer to layer, and finite width makes them.",
)


if __name__ == "__main__":
    text = page()
    if "--write" in sys.argv:
        PAGE.write_text(text, encoding="utf-8")
    else:
        print(text, end="")
