"""Layers to try an init routine on that no model of its file runs: one of every kind that its text asks for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from initlint import program as p
from initlint.interpreter.values import Class, Instance, OutOfBudget, TargetRaise
from initlint.symbolic import symbol

if TYPE_CHECKING:
    from initlint.contexts.models import Analysis
    from initlint.interpreter.modules import Module
    from initlint.source import Chunk

_CHANNELS, _FEATURES, _RECURRENT = ("in_channels", "out_channels", 3), ("in_features", "out_features"), ("input_size", "hidden_size")
ARGUMENTS: dict[str, tuple[str | int, ...]] = {
    "Linear": _FEATURES,
    "Bilinear": ("in1_features", "in2_features", "out_features"),
    **{f"Conv{rank}d": _CHANNELS for rank in (1, 2, 3)},
    **{f"ConvTranspose{rank}d": _CHANNELS for rank in (1, 2, 3)},
    **{f"BatchNorm{rank}d": ("num_features",) for rank in (1, 2, 3)},
    "LayerNorm": ("normalized_shape",),
    "GroupNorm": (4, "num_channels"),
    "Embedding": ("num_embeddings", "embedding_dim"),
    **dict.fromkeys(("RNN", "LSTM", "GRU", "RNNCell", "LSTMCell", "GRUCell"), _RECURRENT),
}
"""Required arguments of the layers that have parameters in any case; a string is a size that is not known."""
ASKED = re.compile(r"\bisinstance\s*\([^:]*|\btype\s*\(\s*\w+\s*\)[^:]*")
"""Tests of types, each up to the end of its ``if``."""
BY_NAME = re.compile(r"""\.(?:find|startswith)\(\s*["'](\w+)["']|["'](\w+)["']\s+in\s+[\w.]*name""")
"""Tests of the names of types: ``classname.find("Conv")``."""
STEMS = {"Conv": "Conv2d", "ConvTranspose": "ConvTranspose2d", "BatchNorm": "BatchNorm2d"}
"""Parts of names that several layers share, and one of these."""
WEIGHTED = re.compile(r"""\bhasattr\(\s*\w+\s*,\s*["']weight["']""")
NAMES = re.compile(rf"\b(?:{'|'.join(ARGUMENTS)})\b")


def samples(analysis: Analysis, module: Module, chunk: Chunk) -> list[Instance]:
    """A list of the layers that the tests of types in ``chunk`` name, and each of them; nothing where there are none.

    What asks for a weight and for no type is given the plainest layer that has one.
    """
    text = module.source.text[chunk.start : chunk.end]
    names = dict.fromkeys(name for test in ASKED.findall(text) for name in NAMES.findall(test) if not _is_own(module, name, test))
    stems = [one or other for one, other in BY_NAME.findall(text)]
    names |= dict.fromkeys(name for stem in stems if (name := STEMS.get(stem, stem)) in ARGUMENTS)
    if not names and WEIGHTED.search(text):
        names = {"Linear": None}
    layers = [made for name in names if isinstance(made := layer(analysis, module, name), Instance)]
    together = _made(analysis, module, "torch.nn.ModuleList", [layers]) if layers else None
    return [together, *layers] if isinstance(together, Instance) else []


def _is_own(module: Module, name: str, test: str) -> bool:
    """Whether a test means a class of the project that has the name of a layer: what that does with it nobody knows."""
    if re.search(rf"\.{name}\b", test):
        return False
    try:
        value = module.get(name)
    except (TargetRaise, OutOfBudget):
        return True
    return isinstance(value, Class) and value.spec is None


def layer(analysis: Analysis, module: Module, name: str) -> Any:
    """A layer of torch's own with sizes that are not known."""
    return _made(analysis, module, f"torch.nn.{name}", [symbol(argument) if isinstance(argument, str) else argument for argument in ARGUMENTS[name]])


def _made(analysis: Analysis, module: Module, name: str, args: list[Any]) -> Any:
    return analysis.interp.call(analysis.framework.layer_class(name), args, {}, module.frame, p.Const(0, 0, None))
