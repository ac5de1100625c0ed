"""Shapes of signals, as far as constructors ask for them: layers, pools and reshapes on a dummy input."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any, Optional

from initlint.adapters.torch.views import viewed_shape
from initlint.interpreter.values import Instance, Tensor, is_number
from initlint.symbolic import Number, symbol
from initlint.theory.fans import product

if TYPE_CHECKING:
    from initlint.interpreter.calls import Call

Shape = Optional[tuple[Number, ...]]
RANKS = {"1d": 1, "2d": 2, "3d": 3}
"""Spatial dimensions of a pool, by the end of its name."""
SAME_SHAPE = ("contiguous", "to", "float", "clone", "detach")
_numbers = count(1)


def placeholder(name: str) -> Number:
    """A size that nobody named: unlike any other, and shown as unknown."""
    return symbol(f"?{name}_{next(_numbers)}")


def output_shape(instance: Instance, role: str, x: Any) -> Shape:
    """The shape a table layer makes of the shape of its input."""
    shape = x.shape if isinstance(x, Tensor) else None
    attrs = instance.attrs
    if role == "linear":
        width: Any = attrs.get("out_features")
        return (*shape[:-1], width) if shape and is_number(width) else None
    if role in ("conv", "conv_transpose"):
        return _convolved(attrs, shape, role == "conv_transpose")
    if role == "embedding":
        width = attrs.get("embedding_dim")
        return (*shape, width) if shape is not None and is_number(width) else None
    if role == "pool":
        return _pooled(instance, shape)
    if role in ("norm", "activation", "dropout"):
        return shape
    if instance.cls.derives("torch.nn.Flatten"):
        return flattened(shape, attrs.get("start_dim", 1))
    return None


def weighted_shape(role: str, x: Any, weight: Tensor, call: Call) -> Shape:
    """The shape that a layer written as a function makes of that of its input: ``F.linear(x, weight)``, ``F.conv2d(x, weight, …)``."""
    shape = x.shape if isinstance(x, Tensor) else None
    if weight.shape is None or len(weight.shape) < 2:
        return None
    if role == "linear":
        return (*shape[:-1], weight.shape[0]) if shape else None
    if role != "conv":
        return None
    places = {"stride": call.get(3, "stride", 1), "padding": call.get(4, "padding", 0), "dilation": call.get(5, "dilation", 1)}
    return _convolved({"out_channels": weight.shape[0], "kernel_size": weight.shape[2:], **places}, shape, transposed=False)


def _convolved(attrs: dict[str, Any], shape: Shape, transposed: bool) -> Shape:
    channels: Any = attrs.get("out_channels")
    kernel = attrs.get("kernel_size")
    if not is_number(channels) or not isinstance(kernel, tuple):
        return None
    rank = len(kernel)
    if shape is None or len(shape) < rank + 1:
        return (placeholder("batch"), channels, *(placeholder("length") for _ in range(rank)))
    sizes = []
    for axis in range(rank):
        values = [shape[len(shape) - rank + axis], kernel[axis]]
        values += [_at(attrs.get(name), axis, default) for name, default in (("stride", 1), ("padding", 0), ("dilation", 1), ("output_padding", 0))]
        sizes.append(_transposed(values) if transposed else _slid(values[:5]))
    return (*shape[: len(shape) - rank - 1], channels, *sizes)


def _at(value: Any, axis: int, default: int) -> Any:
    if isinstance(value, (tuple, list)):
        return value[axis] if axis < len(value) else default
    return value if value is not None else default


def _slid(values: list[Any]) -> Number:
    """Output length of a sliding window: (length, kernel, stride, padding, dilation)."""
    length, kernel, stride, padding, dilation = values
    if padding == "same":
        return length  # type: ignore[no-any-return]
    if padding == "valid":
        padding = 0
    if not all(isinstance(v, int) for v in (length, kernel, stride, padding, dilation)) or not stride:
        return placeholder("length")
    return int((length + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1)


def _transposed(values: list[Any]) -> Number:
    """Output length of a transposed convolution: (length, kernel, stride, padding, dilation, output padding)."""
    length, kernel, stride, padding, dilation, extra = values
    if not all(isinstance(v, int) for v in values):
        return placeholder("length")
    return int((length - 1) * stride - 2 * padding + dilation * (kernel - 1) + extra + 1)


def _pooled(instance: Instance, shape: Shape) -> Shape:
    name = next((c.name for c in instance.cls.mro if c.spec is not None), "")
    rank = RANKS.get(name[-2:])
    if shape is None or rank is None or len(shape) < rank:
        return None
    attrs = instance.attrs
    if "Adaptive" in name:
        return _adapted(shape, attrs.get("output_size"), rank)
    sizes = []
    for axis in range(rank):
        kernel = _at(attrs.get("kernel_size"), axis, 1)
        stride = _at(attrs.get("stride"), axis, kernel)
        values = [shape[len(shape) - rank + axis], kernel, stride, _at(attrs.get("padding"), axis, 0), _at(attrs.get("dilation"), axis, 1)]
        length = _slid(values)
        if attrs.get("ceil_mode") is True and isinstance(length, int) and all(isinstance(v, int) for v in values):
            length = -(-(values[0] + 2 * values[3] - values[4] * (kernel - 1) - 1) // stride) + 1
        sizes.append(length)
    return (*shape[: len(shape) - rank], *sizes)


def _adapted(shape: tuple[Number, ...], size: Any, rank: int) -> Shape:
    sizes = [_at(size, axis, 1) for axis in range(rank)]
    known = [s if is_number(s) else shape[len(shape) - rank + i] for i, s in enumerate(sizes)]
    return (*shape[: len(shape) - rank], *known)


def flattened(shape: Shape, start: Any) -> Shape:
    """``flatten(start)`` to the end."""
    if shape is None or not isinstance(start, int) or start > len(shape):
        return None
    return (*shape[:start], product(shape[start:]))


def function_shape(name: str, kind: str, args: list[Any]) -> Shape:
    """The shape of what a function or method returns, for those that dummy passes use."""
    x = args[0] if args else None
    if not isinstance(x, Tensor):
        return None
    if name == "flatten":
        return flattened(x.shape, args[1] if len(args) > 1 else 0)
    if kind in ("dropout", "norm", "elementwise") or name in SAME_SHAPE:
        return x.shape
    return viewed_shape(x, name, args[1:]) if name in ("view", "reshape") else None
