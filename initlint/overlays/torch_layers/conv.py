"""Convolutions in one to three dimensions, transposed and lazy ones included."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from initlint.overlays.spec import Build, Builder, LayerSpec, Shape
from initlint.overlays.torch_layers.defaults import fan_in_bias, fan_in_weight
from initlint.overlays.torch_layers.table import layer, on, repeated, table
from initlint.symbolic import Number
from initlint.theory.fans import product

BASE = "torch.nn.modules.conv._ConvNd"
TRANSPOSED_BASE = "torch.nn.modules.conv._ConvTransposeNd"
LAZY_BASE = "torch.nn.modules.conv._LazyConvXdMixin"

_FORWARD = "out_channels, kernel_size, stride=1, padding=0, dilation=1, groups=1, bias=True, padding_mode='zeros', device=None, dtype=None"
_TRANSPOSED = "out_channels, kernel_size, stride=1, padding=0, output_padding=0, groups=1, bias=True, dilation=1, padding_mode='zeros', device=None, dtype=None"
_ABSTRACT = "in_channels, out_channels, kernel_size, stride, padding, dilation, transposed, output_padding, groups, bias, padding_mode, device=None, dtype=None"


def _conv(rank: int) -> Build:
    def build(b: Builder, a: SimpleNamespace) -> None:
        kernel = _geometry(b, a, rank, transposed=False)
        _weights(b, a, (a.out_channels, a.in_channels // a.groups, *kernel))

    return build


def _conv_transpose(rank: int) -> Build:
    def build(b: Builder, a: SimpleNamespace) -> None:
        kernel = _geometry(b, a, rank, transposed=True)
        _weights(b, a, (a.in_channels, a.out_channels // a.groups, *kernel))

    return build


def _lazy_conv(rank: int) -> Build:
    def build(b: Builder, a: SimpleNamespace) -> None:
        _geometry(b, a, rank, transposed=False)
        _lazy_weights(b, a, None)

    return build


def _lazy_conv_transpose(rank: int) -> Build:
    """torch takes the fan from axis 1, which here is the output: known before the input is."""

    def build(b: Builder, a: SimpleNamespace) -> None:
        kernel = _geometry(b, a, rank, transposed=True)
        _lazy_weights(b, a, (a.out_channels // a.groups) * product(kernel))

    return build


def _abstract(b: Builder, a: SimpleNamespace) -> None:
    rank = len(a.kernel_size) if isinstance(a.kernel_size, (tuple, list)) else 1
    (_conv_transpose if a.transposed is True else _conv)(rank)(b, a)


def _geometry(b: Builder, a: SimpleNamespace, rank: int, *, transposed: bool) -> Shape:
    """Set what the constructor derives; returns the kernel's extents."""
    kernel = repeated(a.kernel_size, rank)
    b.attr("kernel_size", kernel)
    b.attr("stride", repeated(a.stride, rank))
    b.attr("padding", a.padding if isinstance(a.padding, str) else repeated(a.padding, rank))
    b.attr("dilation", repeated(a.dilation, rank))
    b.attr("transposed", transposed)
    b.attr("output_padding", repeated(getattr(a, "output_padding", 0), rank))
    return kernel


def _weights(b: Builder, a: SimpleNamespace, shape: Shape) -> None:
    fan = product(shape[1:])
    b.param("weight", shape, fan_in_weight(fan))
    _bias(b, a, fan)


def _lazy_weights(b: Builder, a: SimpleNamespace, fan: Number | None) -> None:
    b.attr("in_channels", 0)
    b.param("weight", None, fan_in_weight(fan))
    _bias(b, a, fan)


def _bias(b: Builder, a: SimpleNamespace, fan: Number | None) -> None:
    if on(a.bias):
        b.param("bias", (a.out_channels,), fan_in_bias(fan))
    else:
        b.absent("bias")


def _rank(rank: int) -> tuple[LayerSpec, ...]:
    forward, transposed = f"torch.nn.Conv{rank}d", f"torch.nn.ConvTranspose{rank}d"
    conv: dict[str, Any] = {"role": "conv", "reset": True}
    conv_transpose: dict[str, Any] = {"role": "conv_transpose", "reset": True}
    return (
        layer(forward, f"in_channels, {_FORWARD}", BASE, build=_conv(rank), **conv),
        layer(transposed, f"in_channels, {_TRANSPOSED}", TRANSPOSED_BASE, build=_conv_transpose(rank), **conv_transpose),
        layer(f"torch.nn.LazyConv{rank}d", _FORWARD, LAZY_BASE, forward, build=_lazy_conv(rank), **conv),
        layer(f"torch.nn.LazyConvTranspose{rank}d", _TRANSPOSED, LAZY_BASE, transposed, build=_lazy_conv_transpose(rank), **conv_transpose),
    )


LAYERS = table(
    layer(BASE, _ABSTRACT, role="conv", build=_abstract, reset=True),
    layer(TRANSPOSED_BASE, _ABSTRACT, BASE, role="conv_transpose", build=_abstract, reset=True),
    layer(LAZY_BASE, "*args, **kwargs", "torch.nn.modules.lazy.LazyModuleMixin", role="conv", reset=True),
    *_rank(1),
    *_rank(2),
    *_rank(3),
)
