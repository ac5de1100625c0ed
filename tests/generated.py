"""Model code made up at random: module trees, init routines and forward passes that torch can build and run.

``source(seed)`` is the text of a file with a class ``Net`` that takes no arguments. Everything in it can be decided by reading, so
whoever reads it has no excuse for not knowing what a parameter starts from.
"""

from __future__ import annotations

import importlib.util
import random
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from textwrap import indent

HEAD = """from __future__ import annotations

import math
from collections import OrderedDict
from functools import partial

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn import init

"""
FUNCTIONS = ("F.relu({})", "torch.relu({})", "torch.tanh({})", "F.gelu({})", "F.leaky_relu({}, 0.2)", "F.silu({})", "F.elu({})", "{}.relu()", "{}.sigmoid()")
MODULES = ("nn.ReLU()", "nn.ReLU(inplace=True)", "nn.Tanh()", "nn.GELU()", "nn.LeakyReLU(0.1)", "nn.SiLU()", "nn.ELU()", "nn.Sigmoid()", "nn.Softplus()")
CLASSES = ("nn.ReLU", "nn.Tanh", "nn.GELU", "nn.SiLU", "nn.LeakyReLU")
WEIGHTS = (
    "init.xavier_uniform_({w})",
    "init.xavier_normal_({w}, gain=init.calculate_gain('relu'))",
    "nn.init.kaiming_normal_({w}, mode='fan_out', nonlinearity='relu')",
    "nn.init.kaiming_uniform_({w}, a=math.sqrt(5))",
    "nn.init.kaiming_normal_({w}, 0.2)",
    "nn.init.kaiming_uniform_({w}, nonlinearity='tanh')",
    "nn.init.normal_({w}, std=0.02)",
    "nn.init.normal_({w}, 0.0, 1 / math.sqrt({w}.shape[1]))",
    "nn.init.normal_({w}, 0, math.sqrt(2.0 / init._calculate_fan_in_and_fan_out({w})[0]))",
    "nn.init.uniform_({w}, -0.1, 0.1)",
    "nn.init.trunc_normal_({w}, std=.02, a=-0.04, b=0.04)",
    "nn.init.orthogonal_({w}, gain=2 ** 0.5)",
    "nn.init.constant_({w}, 0.25)",
    "{w}.data.normal_(0, 0.05)",
    "{w}.data.uniform_(-1 / {w}.size(1), 1 / {w}.size(1))",
    "{w}.data.zero_()",
    "torch.nn.init.zeros_({w})",
)
CONSTANTS = (
    "nn.init.zeros_({b})",
    "nn.init.constant_({b}, 0.1)",
    "{b}.data.zero_()",
    "{b}.data.fill_(0.5)",
    "init.ones_({b})",
    "nn.init.uniform_({b}, -0.1, 0.1)",
)
PARAMETERS = (
    "torch.zeros({n})",
    "torch.ones({n})",
    "torch.randn({n}) * 0.02",
    "0.1 * torch.ones({n})",
    "torch.full(({n},), 0.5)",
    "torch.rand({n})",
    "torch.empty({n}).normal_(0, 0.3)",
    "torch.empty({n}).uniform_(-0.5, 0.5)",
    "torch.randn({n}) / math.sqrt({n})",
    "torch.tensor([0.5] * {n})",
)


def source(seed: int) -> str:
    """The text of one file. The same seed gives the same text."""
    return _Author(random.Random(seed)).file()


def differences(seed: int, folder: Path) -> tuple[Counter[str], list[tuple[str, str]], Path]:
    """How much is claimed of one model, whatever of it is not so or not known, and the file that was made in ``folder``."""
    from tests.comparison import compare  # needs torch

    path = folder / f"generated_{seed}.py"
    path.write_text(source(seed), encoding="utf-8")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[path.stem] = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
        return *compare(module.Net, everything=True), path
    finally:
        del sys.modules[path.stem]


def _body(*lines: str) -> str:
    return indent("\n".join(lines) or "pass", "    ")


class _Author:
    """Writes one file, which is about vectors or about images."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.images = chance.random() < 0.5
        self.width = chance.choice((4, 8, 12))
        self.routines: list[str] = []
        """Text of the functions that initialise a module they are given."""

    def pick(self, *options: str) -> str:
        return self.chance.choice(options)

    def maybe(self, share: float = 0.5) -> bool:
        return self.chance.random() < share

    # ---- layers ----

    def layer(self, inputs: str, outputs: str) -> str:
        """A layer with a weight, from one width to another."""
        bias = self.pick("", "", ", bias=False", ", bias=True")
        if not self.images:
            return f"nn.Linear({inputs}, {outputs}{bias})"
        size = self.chance.choice((1, 3))
        padding = f", padding={size // 2}" if size > 1 else ""
        return f"nn.Conv2d({inputs}, {outputs}, {self.pick(str(size), f'kernel_size={size}')}{padding}{bias})"

    def norm(self, width: str) -> str:
        if self.images:
            return self.pick(
                f"nn.BatchNorm2d({width})", f"nn.GroupNorm(2, {width})", f"nn.BatchNorm2d({width}, affine=False)", f"nn.InstanceNorm2d({width}, affine=True)"
            )
        return self.pick(f"nn.BatchNorm1d({width})", f"nn.LayerNorm({width})", f"nn.LayerNorm({width}, elementwise_affine=False)")

    def sequence(self, inputs: str, outputs: str) -> str:
        """A few layers behind each other, in one of the ways to say so."""
        layers = [self.layer(inputs, outputs)]
        if self.maybe():
            layers.append(self.norm(outputs))
        layers.append(self.pick(*MODULES))
        if self.maybe(0.3):
            layers += ["nn.Dropout(0.0)", self.layer(outputs, outputs)]
        match self.chance.randrange(4):
            case 0:
                return f"nn.Sequential({', '.join(layers)})"
            case 1:
                return f"nn.Sequential(*[{', '.join(layers)}])"
            case 2:
                items = ", ".join(f"('{chr(97 + number)}', {layer})" for number, layer in enumerate(layers))
                return f"nn.Sequential(OrderedDict([{items}]))"
        return f"nn.Sequential({layers[0]}, nn.Sequential({', '.join(layers[1:])}))"

    # ---- init routines ----

    def weight_line(self, target: str) -> list[str]:
        line = self.pick(*WEIGHTS).format(w=target)
        if ".data" in line and self.maybe(0.3):
            return ["with torch.no_grad():", f"    {line.replace('.data', '')}"]
        return [line, f"{target}.data.mul_(0.5)"] if self.maybe(0.1) else [line]

    def bias_lines(self, owner: str) -> list[str]:
        line = self.pick(*CONSTANTS).format(b=f"{owner}.bias")
        return [self.pick(f"if {owner}.bias is not None:", f"if getattr({owner}, 'bias', None) is not None:"), f"    {line}"]

    def typed(self, m: str, done: str) -> list[str]:
        """Branches by the type of a module; ``done`` ends the routine early."""
        kind = "nn.Conv2d" if self.images else "nn.Linear"
        norms = self.pick("nn.BatchNorm2d", "(nn.BatchNorm2d, nn.GroupNorm)") if self.images else self.pick("nn.LayerNorm", "(nn.BatchNorm1d, nn.LayerNorm)")
        test = self.pick(
            f"isinstance({m}, {kind})", f"isinstance({m}, (nn.Embedding, {kind}))", f"type({m}) is {kind}", f"{m}.__class__.__name__ == '{kind[3:]}'"
        )
        lines = [f"if {test}:", *(f"    {line}" for line in [*self.weight_line(f"{m}.weight"), *(self.bias_lines(m) if self.maybe(0.7) else [])])]
        if self.maybe():
            affine = [f"if {m}.weight is not None:", *(f"    {self.pick(*CONSTANTS).format(b=f'{m}.{name}')}" for name in ("weight", "bias"))]
            lines += [f"elif isinstance({m}, {norms}):", *(f"    {line}" for line in affine)]
        if done and self.maybe(0.3):
            lines = [f"if isinstance({m}, (nn.Dropout, nn.ReLU)):", f"    {done}", *lines]
        return lines

    def named(self) -> list[str]:
        """A loop over parameters with tests of their names and shapes."""
        test = self.pick("'bias' in name", "name.endswith('bias')", "p.dim() < 2", "p.ndim == 1", "len(p.shape) == 1", "not name.endswith('.weight')")
        line = self.pick("if p.requires_grad:", "if True:") if self.maybe(0.2) else ""
        body = [f"if {test}:", f"    {self.pick(*CONSTANTS).format(b='p')}"]
        if self.maybe():
            body += ["elif p.dim() > 1:", *(f"    {text}" for text in self.weight_line("p"))]
        body = [line, *(f"    {text}" for text in body)] if line else body
        return ["for name, p in self.named_parameters():", *(f"    {text}" for text in body)]

    def function(self) -> str:
        """A function of the file that initialises the module it is given; its name."""
        name = f"init_{len(self.routines)}"
        self.routines.append(f"def {name}(m):\n{_body(*self.typed('m', 'return'))}\n\n")
        return name

    def routine(self, fields: list[str]) -> tuple[list[str], list[str]]:
        """What a constructor ends with, and the methods that this needs."""
        match self.chance.randrange(7):
            case 0:
                return ["self.apply(self._init_weights)"], ["def _init_weights(self, m):", *(f"    {line}" for line in self.typed("m", "return"))]
            case 1:
                return [f"self.apply({self.function()})"], []
            case 2:
                loop = self.pick("for m in self.modules():", "for _, m in self.named_modules():", "for i, m in enumerate(self.modules()):")
                return [loop, *(f"    {line}" for line in self.typed("m", "continue"))], []
            case 3:
                return ["self.reset_parameters()"], ["def reset_parameters(self):", *(f"    {line}" for line in self.named())]
            case 4:
                return self.named(), []
            case 5:
                return [f"for child in (self.{self.pick(*fields)},):", f"    child.apply({self.function()})"], []
        return [], []

    # ---- modules ----

    def block(self, name: str) -> str:
        """A class with a width, whose result has the shape of its argument."""
        lines, calls, fields = ["super().__init__()"], [], ["first"]
        hidden = self.pick("width", "2 * width", "hidden")
        lines.append(f"self.first = {self.layer('width', hidden)}")
        if self.maybe():
            lines.append(f"self.norm = {self.norm(hidden)}")
            calls.append("y = self.norm(self.first(x))")
        else:
            calls.append("y = self.first(x)")
        if self.maybe():
            lines.append(f"self.act = {self.pick('act()', *MODULES)}")
            calls.append("y = self.act(y)")
        else:
            calls.append(f"y = {self.pick(*FUNCTIONS).format('y')}")
        fields.append("second")
        lines.append(f"self.second = {self.pick(self.layer(hidden, 'width'), self.sequence(hidden, 'width'))}")
        calls.append("y = self.second(y)")
        if self.maybe(0.3):
            shape = "width, 1, 1" if self.images else "width"
            text = self.pick(*PARAMETERS).format(n="width")
            lines.append(f"self.scale = nn.Parameter({f'({text}).view({shape})' if self.images else text})")
            calls.append("y = self.scale * y")
        if self.maybe(0.2):
            lines.append(f"self.register_buffer('step', torch.zeros({self.pick('1', 'width')}))")
        end = self.pick("return x + y", "return y", "return F.relu(x + y)")
        if self.maybe(0.25):
            lines += self.pick_lines([self.weight_line("self.first.weight"), self.bias_lines("self.first"), ["nn.init.zeros_(self.second[0].weight)"]], lines)
        last, methods = self.routine(fields) if self.maybe(0.3) else ([], [])
        body = [f"def __init__(self, width, hidden={self.chance.choice((6, 16))}, act={self.pick(*CLASSES)}):", *(f"    {line}" for line in [*lines, *last])]
        body += ["", *methods, "", "def forward(self, x):", *(f"    {line}" for line in [*calls, end])]
        return f"class {name}(nn.Module):\n{_body(*body)}\n\n"

    def pick_lines(self, options: list[list[str]], before: list[str]) -> list[str]:
        """One of some endings; the last of them needs a sequence to reach into."""
        sequential = any(line.startswith("self.second = nn.Sequential") for line in before)
        return self.chance.choice(options if sequential else options[:-1])

    def stack(self, block: str, width: str) -> tuple[list[str], list[str]]:
        """Several blocks, and how the signal runs through them."""
        depth = self.chance.randint(1, 4)
        made = self.pick(f"{block}({width})", f"{block}({width}, act={self.pick(*CLASSES)})", f"{block}({width}, hidden={self.chance.choice((8, 10))})")
        loop = ["for block in self.blocks:", "    x = block(x)"]
        match self.chance.randrange(5):
            case 0:
                return [f"self.blocks = nn.ModuleList([{made} for _ in range({depth})])"], loop
            case 1:
                return [f"self.blocks = nn.Sequential(*({made} for _ in range(depth)))"], ["x = self.blocks(x)"]
            case 2:
                return ["self.blocks = nn.ModuleList()", f"for _ in range({depth}):", f"    self.blocks.append({made})"], loop
            case 3:
                lines = [f"for i in range({depth}):", f"    self.add_module(f'block{{i}}', {made})"]
                return lines, [f"for i in range({depth}):", "    x = getattr(self, f'block{i}')(x)"]
        return [f"make = partial({block}, {width})", "self.blocks = nn.Sequential(make(), make(hidden=14))"], ["x = self.blocks(x)"]

    def net(self, block: str, base: str) -> str:
        """The model: a stem, blocks, a head, and what sets the values."""
        width = self.pick(str(self.width), "width")
        start = "3" if self.images else "5"
        blocks, through = self.stack(block, width)
        lines = ["super().__init__()", *(["self.width = width"] if self.maybe() else [])]
        lines.append(f"self.stem = {self.pick(self.layer(start, width), self.sequence(start, width))}")
        lines += blocks
        lines.append(f"self.head = nn.Linear({width}, {self.chance.choice((2, 10))}{self.pick('', ', bias=False')})")
        last, methods = self.routine(["stem", "head"])
        lines += last
        if self.maybe(0.4):
            never = ["if not head_init:", "    nn.init.ones_(self.head.weight)"]
            lines += self.chance.choice([self.weight_line("self.head.weight"), self.bias_lines("self.head"), never])
        if base:
            lines.append("self.init_weights()")
        calls = ["x = self.stem(x)", *([f"x = {self.pick(*FUNCTIONS).format('x')}"] if self.maybe() else []), *through]
        calls += [self.pick("x = x.mean((2, 3))", "x = F.adaptive_avg_pool2d(x, 1).flatten(1)")] if self.images else []
        calls.append("return self.head(x)")
        depth = self.chance.randint(1, 3)
        text = [f"def __init__(self, width={self.width}, depth={depth}, head_init=True):", *(f"    {line}" for line in lines)]
        text += ["", *methods, "", "def forward(self, x):", *(f"    {line}" for line in calls)]
        return f"class Net({base or 'nn.Module'}):\n{_body(*text)}\n"

    def base(self) -> str:
        """A base class with an init method that constructors of its children call."""
        last, methods = self.routine(["head"])
        body = last or ["pass"]
        text = ["def init_weights(self):", *(f"    {line}" for line in body), "", *methods]
        return f"class Base(nn.Module):\n{_body(*text)}\n\n"

    def file(self) -> str:
        pieces: list[Callable[[], str]] = [lambda: self.block("Block")]
        base = "Base" if self.maybe(0.4) else ""
        pieces += [self.base] if base else []
        pieces.append(lambda: self.net("Block", base))
        text = "\n".join(piece() for piece in pieces)
        return f"{HEAD}\n{''.join(self.routines)}\n{text}"
