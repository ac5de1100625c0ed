"""Example inputs: those the user spells out, and those the first layers of a model suggest."""

from __future__ import annotations

import inspect
import itertools
import re
from collections.abc import Iterator
from typing import Any

import torch

from initlint.live.targets import TargetProblem

SPEC = re.compile(r"^\s*(?:(?P<name>[A-Za-z_]\w*)\s*=)?\s*(?P<shape>\d+(?:\s*,\s*\d+)*)?\s*(?::\s*(?P<dtype>\w+))?\s*$")
BATCH, LENGTH = 2, 16
IMAGE_SIZES = (64, 224, 299, 32, 28)
SIZE_NAMES = ("img_size", "image_size", "input_size", "resolution")


class InputError(TargetProblem):
    """An input specification that cannot be read; the message says what to write."""


def parse(text: str, dtype: Any = None, device: Any = "cpu") -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Tensors for ``2,3,224,224``; several by ``;``, whole numbers by ``2,16:int64``, keywords by ``mask=2,16:bool``.

    Raises ``InputError``.
    """
    args: list[Any] = []
    kwargs: dict[str, Any] = {}
    for piece in text.split(";"):
        match = SPEC.match(piece)
        if match is None or (match["shape"] is None and match["dtype"] is None):
            raise InputError(f"{piece.strip()!r} is not an input: write a shape such as 2,3,224,224, or 2,16:int64, several separated by ';'")
        kind = getattr(torch, match["dtype"], None) if match["dtype"] else dtype or torch.get_default_dtype()
        if not isinstance(kind, torch.dtype):
            raise InputError(f"{match['dtype']!r} is not a dtype of torch, as float32 or int64 are")
        shape = [int(size) for size in match["shape"].split(",")] if match["shape"] else []
        made = draw(shape, kind, device)
        if match["name"]:
            kwargs[match["name"]] = made
        else:
            args.append(made)
    return tuple(args), kwargs


def draw(shape: list[int], dtype: Any, device: Any) -> Any:
    """A tensor of standard normal numbers, or of zeros and ones where ``dtype`` holds whole numbers."""
    if dtype.is_floating_point:
        return torch.randn(shape, device=device).to(dtype)
    return torch.randint(0, 2, shape, device=device).to(dtype)


def candidates(model: Any, device: Any = "cpu") -> Iterator[tuple[tuple[Any, ...], dict[str, Any]]]:
    """Inputs to try in turn, the likeliest first: what the first layer with weights takes, for every required argument."""
    required = _required(model)
    for layer in _first_layers(model):
        for shape, dtype in _shapes(model, layer):
            yield tuple(draw(shape, dtype, device) for _ in range(max(1, required))), {}


def _required(model: Any) -> int:
    try:
        parameters = inspect.signature(model.forward).parameters.values()
    except (TypeError, ValueError):
        return 1
    return sum(p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) for p in parameters)


def _first_layers(model: Any) -> Iterator[Any]:
    """The first two layers with weights: the very first may be one that the forward pass meets later."""
    layers = (module for module in model.modules() if _shape_of(module) is not None)
    return itertools.islice(layers, 3)


def _shape_of(module: Any) -> str | None:
    kinds = {"Conv1d": "length", "Conv2d": "image", "Conv3d": "volume", "Linear": "features", "Embedding": "tokens"}
    kinds |= {"ConvTranspose1d": "length", "ConvTranspose2d": "image", "LSTM": "sequence", "GRU": "sequence", "RNN": "sequence"}
    kinds |= {"BatchNorm1d": "features", "BatchNorm2d": "image", "LayerNorm": "features", "MultiheadAttention": "sequence"}
    return next((kinds[base.__name__] for base in type(module).__mro__ if base.__name__ in kinds and base.__module__.startswith("torch.")), None)


def _shapes(model: Any, layer: Any) -> Iterator[tuple[list[int], Any]]:
    kind, dtype = _shape_of(layer), _dtype(layer)
    channels = _first_attribute(layer, "in_channels", "in_features", "num_features", "input_size", "embed_dim", "normalized_shape")
    if kind == "tokens":
        yield [BATCH, LENGTH], torch.int64
        yield [BATCH], torch.int64
    elif kind == "features":
        yield [BATCH, channels], dtype
        yield [BATCH, LENGTH, channels], dtype
        for size in _sizes(model):
            yield from (([BATCH, depth, size, size], dtype) for depth in (3, 1) if depth * size * size == channels)
    elif kind == "sequence":
        yield [BATCH, LENGTH, channels], dtype
        yield [LENGTH, BATCH, channels], dtype
    else:
        dimensions = {"length": 1, "image": 2, "volume": 3}[kind or "image"]
        for size in _sizes(model) if dimensions == 2 else (64, 256, 16):
            yield [BATCH, channels, *[size] * dimensions], dtype


def _sizes(model: Any) -> tuple[int, ...]:
    """Edge lengths of images, those the model itself names first."""
    named = [getattr(module, name, None) for module in itertools.islice(model.modules(), 4) for name in SIZE_NAMES]
    flat = [value[-1] if isinstance(value, (tuple, list)) and value else value for value in named]
    return tuple(dict.fromkeys([*(value for value in flat if isinstance(value, int) and 1 < value < 4096), *IMAGE_SIZES]))


def _first_attribute(layer: Any, *names: str) -> int:
    value = next((found for name in names if (found := getattr(layer, name, None)) is not None), 1)
    return int(value[-1] if isinstance(value, (tuple, list)) else value)


def _dtype(layer: Any) -> Any:
    weight = next(layer.parameters(recurse=False), None)
    return weight.dtype if weight is not None and weight.dtype.is_floating_point else torch.get_default_dtype()
