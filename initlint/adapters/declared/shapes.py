"""Shapes of signals between layers whose channels come last."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Optional

from initlint.adapters.arrays.shapes import joined
from initlint.adapters.torch.shapes import placeholder
from initlint.interpreter.values import Instance, Tensor, is_number
from initlint.overlays.declared.keras_attention import EINSUM, sizes_of
from initlint.overlays.spec import LayerSpec
from initlint.symbolic import Number
from initlint.theory.fans import product

Shape = Optional[tuple[Number, ...]]
KEEPING = (".Activation", ".Masking", ".Rescaling", ".ActivityRegularization", ".RandomFlip", ".RandomRotation", ".RandomZoom")
"""Views that leave the shape alone."""
GENERAL = ("flax.linen.DenseGeneral", "flax.nnx.LinearGeneral")
WIDTHS = ("units", "filters", "output_size", "output_channels", "out_features", "features", "output_dim", "embed_dim")
"""Arguments that say the size of the last axis that comes out."""


def output_shape(instance: Instance, spec: LayerSpec, values: list[Any]) -> Shape:
    """The shape a layer makes of those of its inputs, None where it is not known."""
    shapes = [v.shape if v.shape is not None and all(map(is_number, v.shape)) else None for v in values if isinstance(v, Tensor)]
    arguments = instance.arguments
    shape = shapes[0] if shapes else None
    if shape is None and shapes and spec.role in ("conv", "conv_transpose"):
        shape = _as_convolved(spec, arguments)
    if shape is None:
        return None
    wide = next((arguments[name] for name in WIDTHS if is_number(arguments.get(name))), None)
    if spec.name == EINSUM:
        sizes = sizes_of(arguments["equation"], arguments["output_shape"], None, shape)
        return sizes.output if sizes is not None else None
    if spec.name in GENERAL:
        outputs = arguments.get("out_features", arguments.get("features"))
        axes = arguments.get("axis")
        count = len(axes) if isinstance(axes, (tuple, list)) else 1
        return (*shape[:-count], *(outputs if isinstance(outputs, (tuple, list)) else (outputs,))) if outputs is not None else None
    if spec.role == "linear":
        return (*shape[:-1], wide) if wide is not None else None
    if spec.role in ("conv", "conv_transpose"):
        return _convolved(arguments, shape, shape[-1] if wide is None else wide, spec.role == "conv_transpose")
    if spec.role == "embedding":
        return (*shape, wide) if wide is not None else None
    if spec.role == "rnn":
        whole = asked(instance, "return_sequences")
        if "ConvLSTM" in spec.name:
            return _convolved(arguments, (shape[0], *shape[2:]), wide, False) if not whole and wide is not None and len(shape) > 3 else None
        return (*shape[:-1], wide) if whole and wide is not None else (shape[0], wide) if wide is not None else None
    if spec.role == "pool":
        return _pooled(spec.name, arguments, shape)
    if spec.role in ("pad", "upsample") or ".Cropping" in spec.name:
        return (shape[0], *_stretched(spec, arguments, shape[1:-1]), shape[-1])
    if spec.name.startswith("keras.layers.") and (short := spec.name.rpartition(".")[2]) in REARRANGED:
        return REARRANGED[short](arguments, shape)
    if spec.name.endswith(".Concatenate"):
        return joined(shapes, _option(arguments, "axis"))
    return shape if spec.role in ("norm", "activation", "dropout", "other") or spec.name.endswith(KEEPING) else None


def _as_convolved(spec: LayerSpec, arguments: dict[str, Any]) -> Shape:
    """What a convolution must have been given, as far as its kernel tells: as many axes as that has, and two."""
    kernel = arguments.get("kernel_size", arguments.get("kernel_shape"))
    named = re.search(r"Conv(\d)D", spec.name)
    rank = int(named[1]) if named is not None else len(kernel) if isinstance(kernel, (tuple, list)) else 0
    return (placeholder("batch"), *(placeholder("length") for _ in range(rank)), placeholder("channels")) if rank else None


def width(instance: Instance, spec: LayerSpec, value: Any) -> Optional[Number]:
    """The size of the last axis that comes out, where that alone is known."""
    if spec.role in ("norm", "activation", "dropout"):
        return value.attrs.get("#width") if isinstance(value, Tensor) else None
    wide = next((instance.arguments[name] for name in WIDTHS if is_number(instance.arguments.get(name))), None)
    return wide if spec.role in ("linear", "conv", "conv_transpose", "embedding", "rnn") else None


def _flattened(arguments: dict[str, Any], shape: tuple[Number, ...]) -> Shape:
    return (shape[0], product(shape[1:]))


def _reshaped(arguments: dict[str, Any], shape: tuple[Number, ...]) -> Shape:
    """One size may be -1, what is left for it."""
    target = arguments.get("target_shape")
    if not isinstance(target, (tuple, list)) or not all(map(is_number, target)):
        return None
    rest = product(size for size in target if size != -1)
    return (shape[0], *(product(shape[1:]) / rest if size == -1 else size for size in target)) if list(target).count(-1) <= 1 else None


def _permuted(arguments: dict[str, Any], shape: tuple[Number, ...]) -> Shape:
    order = arguments.get("dims")
    if not isinstance(order, (tuple, list)) or not all(isinstance(axis, int) and 0 < axis < len(shape) for axis in order):
        return None
    return (shape[0], *(shape[axis] for axis in order))


def _repeated(arguments: dict[str, Any], shape: tuple[Number, ...]) -> Shape:
    count: Any = arguments.get("n")
    return (shape[0], count if is_number(count) else placeholder("length"), *shape[1:])


REARRANGED: dict[str, Callable[[dict[str, Any], tuple[Number, ...]], Shape]] = {
    "Flatten": _flattened, "Reshape": _reshaped, "Permute": _permuted, "RepeatVector": _repeated,
}  # fmt: skip
"""Layers of Keras that only rearrange what they are given."""


def _stretched(spec: LayerSpec, arguments: dict[str, Any], lengths: tuple[Number, ...]) -> list[Number]:
    """The spatial sizes behind padding, cropping or repeating."""
    name = {"pad": "padding", "upsample": "size"}.get(spec.role, "cropping")
    positional = arguments.get("args", ())
    given = next((v for v in (_option(arguments, name), positional[0] if positional else None) if v is not None), 2 if name == "size" else 1)
    if name == "size":
        return [length * _at(given, axis) if is_number(_at(given, axis)) else placeholder("length") for axis, length in enumerate(lengths)]
    pair = isinstance(given, (tuple, list)) and len(lengths) == 1
    sign, found = -1 if name == "cropping" else 1, []
    for axis, length in enumerate(lengths):
        ends = given if pair else _at(given, axis)
        sizes: list[Any] = list(ends) if isinstance(ends, (tuple, list)) and len(ends) == 2 else [ends, ends]
        found.append(length + sign * (sizes[0] + sizes[1]) if all(map(is_number, sizes)) else placeholder("length"))
    return found


def asked(instance: Instance, name: str) -> bool:
    """Whether a layer was given the flag ``name``."""
    return _option(instance.arguments, name) is True


def _option(arguments: dict[str, Any], name: str) -> Any:
    return arguments.get("options", {}).get(name, arguments.get(name))


def _convolved(arguments: dict[str, Any], shape: tuple[Number, ...], wide: Number, transposed: bool) -> Shape:
    rank = len(shape) - 2
    if rank < 0:
        return None
    kernel, stride = arguments.get("kernel_size", arguments.get("kernel_shape")), arguments.get("strides", arguments.get("stride", 1))
    lengths = [_slid(shape[1 + axis], _at(kernel, axis), _at(stride, axis), arguments.get("padding"), transposed) for axis in range(rank)]
    return (shape[0], *lengths, wide)


def _pooled(name: str, arguments: dict[str, Any], shape: tuple[Number, ...]) -> Shape:
    short = name.rpartition(".")[2]
    if short.startswith("Global"):
        return (shape[0], shape[-1])
    positional = arguments.get("args", ())
    given, stride = _option(arguments, "pool_size"), _option(arguments, "strides")
    size = given if given is not None else positional[0] if positional else 2
    stride = stride if stride is not None else positional[1] if len(positional) > 1 else size
    padding = _option(arguments, "padding") or "valid"
    lengths = [_slid(shape[1 + axis], _at(size, axis), _at(stride, axis), padding, False) for axis in range(len(shape) - 2)]
    return (shape[0], *lengths, shape[-1])


def _at(value: Any, axis: int) -> Any:
    return value[axis] if isinstance(value, (tuple, list)) and axis < len(value) else value


def _slid(length: Any, kernel: Any, stride: Any, padding: Any, transposed: bool) -> Number:
    if not all(isinstance(v, int) for v in (length, kernel, stride)) or not isinstance(padding, str) or not stride:
        return placeholder("length")
    same = padding.lower() == "same"
    if transposed:
        return length * stride if same else length * stride + max(kernel - stride, 0)  # type: ignore[no-any-return]
    return -(-length // stride) if same else (length - kernel) // stride + 1  # type: ignore[no-any-return]
