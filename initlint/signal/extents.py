"""How many positions a signal has: images and sequences through convolutions and pooling, from the shape of the input on."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from math import ceil, floor, prod
from typing import Any

from initlint.graph import ModelGraph, Op

Extents = tuple[int, ...]
"""Positions along each axis; the units are not among them."""
DIMENSIONS = re.compile(r"([123])d")


def extents(graph: ModelGraph, shape: Sequence[int] | None) -> dict[int, Extents]:
    """By operation, for an input of ``shape`` with batch and channels in front; what depends on more than that is left out."""
    found: dict[int, Extents] = {}
    if shape is None or len(shape) < 3:
        return found
    for op in graph.ops:
        given = [found[id(one)] for one in op.inputs if id(one) in found]
        made = tuple(shape[2:]) if op.kind == "input" else _made(op, max(given, key=prod)) if given else None
        if made and all(size > 0 for size in made):
            found[id(op)] = made
    return found


def _made(op: Op, given: Extents) -> Extents | None:
    kind = (op.layer.kind if op.layer else op.name).lower()
    arguments = {**op.detail, **(op.layer.arguments if op.layer else {})}
    if op.kind == "pool" and "adaptive" in kind:
        return _adapted(arguments.get("output_size"), given)
    if op.kind == "pool" or (op.kind == "layer" and "conv" in kind):
        return _slid(kind, arguments, given)
    if op.kind == "reduce" or op.name == "mean":
        return tuple(1 for _ in given)
    return None if op.kind in ("interpolate", "pad", "opaque", "rnn") else given


def _adapted(size: Any, given: Extents) -> Extents | None:
    sizes = size if isinstance(size, (tuple, list)) else [size] * len(given)
    made = [before if after is None else after for before, after in zip(given, sizes)]
    return tuple(made) if len(sizes) == len(given) and all(isinstance(one, int) for one in made) else None


def _slid(kind: str, arguments: dict[str, Any], given: Extents) -> Extents | None:
    axes = len(given)
    match = DIMENSIONS.search(kind)
    if match is None or int(match[1]) != axes:
        return None
    window = along(arguments.get("kernel_size"), axes)
    step = along(arguments.get("stride"), axes) or (window if "pool" in kind else along(1, axes))
    padding = _padding(arguments, window, axes)
    dilation = along(arguments.get("dilation", 1), axes)
    if window is None or step is None or padding is None or dilation is None:
        return None
    if "transpose" in kind:
        more = along(arguments.get("output_padding", 0), axes) or (0,) * axes
        return tuple((n - 1) * s - 2 * p + d * (k - 1) + m + 1 for n, k, s, p, d, m in zip(given, window, step, padding, dilation, more))
    rounded: Callable[[float], int] = ceil if arguments.get("ceil_mode") is True else floor
    return tuple(rounded((n + 2 * p - d * (k - 1) - 1) / s) + 1 for n, k, s, p, d in zip(given, window, step, padding, dilation))


def taps(op: Op, before: Extents, after: Extents) -> tuple[float, float]:
    """The share of a convolution's products that do not fall on the zeros around its input, and of those two positions have alike."""
    arguments = op.layer.arguments if op.layer else {}
    axes = len(before)
    window, step = along(arguments.get("kernel_size"), axes), along(arguments.get("stride", 1), axes)
    padding, dilation = _padding(arguments, window, axes), along(arguments.get("dilation", 1), axes)
    if window is None or step is None or padding is None or dilation is None or len(after) != axes or arguments.get("padding_mode", "zeros") != "zeros":
        return 1.0, 1.0
    share = alike = 1.0
    for size, out, k, s, p, d in zip(before, after, window, step, padding, dilation):
        inside = [sum(0 <= place * s - p + tap * d < size for place in range(out)) / out for tap in range(k)]
        share *= sum(inside) / k
        alike *= sum(one * one for one in inside) / k
    return share, alike


def along(value: Any, axes: int) -> Extents | None:
    """An argument that is one number or one for each axis."""
    sizes = tuple(value) if isinstance(value, (tuple, list)) else (value,) * axes
    return sizes if len(sizes) == axes and all(isinstance(size, int) for size in sizes) else None


def _padding(arguments: dict[str, Any], window: Extents | None, axes: int) -> Extents | None:
    value = arguments.get("padding", 0)
    if value == "same" and window is not None:
        dilation = along(arguments.get("dilation", 1), axes) or (1,) * axes
        return tuple(d * (k - 1) // 2 for k, d in zip(window, dilation))
    return along(0 if value == "valid" else value, axes)
