"""Recurrent layers of Keras, and the layers that are wrapped around another one."""

from __future__ import annotations

import math
from functools import partial
from types import SimpleNamespace
from typing import Any

from initlint.overlays.declared.initializers import IDENTIFIERS
from initlint.overlays.declared.table import channels, kernel, layer, width
from initlint.overlays.spec import Builder, LayerSpec, Shape
from initlint.overlays.torch_layers.table import on
from initlint.theory.laws import Distribution

ROOT = "keras.layers.Layer"
GATES = {"SimpleRNN": 1, "LSTM": 4, "GRU": 3}
FORGETFUL = Distribution(kind="custom", mean=0.25, std=math.sqrt(3) / 4, low=0.0, high=1.0, law="1 for the forget gate, else 0")
"""The bias of an LSTM as Keras starts it: one of its four gates is at 1."""
WRAPPERS = {"TimeDistributed": "layer", "SpectralNormalization": "layer", "Wrapper": "layer", "RNN": "cell"}
"""Layers that hold another one, with what they call it."""


def draw(b: Builder, name: str, shape: Shape, chosen: Any, default: str) -> None:
    """A parameter; a chosen initializer that is the string Keras would use anyway counts as chosen all the same."""
    b.draw(name, shape, chosen, (IDENTIFIERS[default], {}))


def _bias(b: Builder, a: SimpleNamespace, shape: Shape) -> None:
    """The bias; with ``unit_forget_bias`` that of an LSTM holds ones too, unless another initializer leaves the rest unlike 0."""
    if not on(a.use_bias):
        return
    if getattr(a, "unit_forget_bias", False) is True and a.bias_initializer in (None, "zeros", "Zeros"):
        b.param("bias", shape, FORGETFUL)
    else:
        draw(b, "bias", shape, a.bias_initializer, "zeros")


def _recurrent(gates: int, b: Builder, a: SimpleNamespace) -> None:
    size = a.units
    draw(b, "kernel", (width(a), gates * size), a.kernel_initializer, "glorot_uniform")
    draw(b, "recurrent_kernel", (size, gates * size), a.recurrent_initializer, "orthogonal")
    _bias(b, a, (2, 3 * size) if gates == 3 and getattr(a, "reset_after", False) is True else (gates * size,))


def _convolved(rank: int, b: Builder, a: SimpleNamespace) -> None:
    sizes, size = kernel(a.kernel_size, rank), a.filters
    draw(b, "kernel", (*sizes, channels(a), 4 * size), a.kernel_initializer, "glorot_uniform")
    draw(b, "recurrent_kernel", (*sizes, size, 4 * size), a.recurrent_initializer, "orthogonal")
    _bias(b, a, (4 * size,))


def _wrapped(name: str, b: Builder, a: SimpleNamespace) -> None:
    b.adopt(name, getattr(a, name))


def _both_ways(b: Builder, a: SimpleNamespace) -> None:
    """Keras makes both layers anew from the configuration of the one it is given."""
    b.again("forward_layer", a.layer)
    if a.backward_layer is None:
        b.again("backward_layer", a.layer)
    else:
        b.adopt("backward_layer", a.backward_layer)


_TAIL = "use_bias=True, kernel_initializer=None, recurrent_initializer=None, bias_initializer=None, "
_SIGNATURES = {
    "SimpleRNN": f"units, activation='tanh', {_TAIL}**options",
    "LSTM": f"units, activation='tanh', recurrent_activation='sigmoid', {_TAIL}unit_forget_bias=True, **options",
    "GRU": f"units, activation='tanh', recurrent_activation='sigmoid', {_TAIL}reset_after=True, **options",
}
_CONV = (
    "filters, kernel_size, strides=1, padding='valid', data_format=None, dilation_rate=1, activation='tanh', recurrent_activation='sigmoid', "
    f"{_TAIL}unit_forget_bias=True, **options"
)
ROWS: tuple[LayerSpec, ...] = (
    *(
        layer(f"keras.layers.{name}{end}", _SIGNATURES[name], ROOT, role="rnn", build=partial(_recurrent, gates))
        for name, gates in GATES.items()
        for end in ("", "Cell")
    ),
    *(layer(f"keras.layers.ConvLSTM{rank}D", _CONV, ROOT, role="rnn", build=partial(_convolved, rank)) for rank in (1, 2, 3)),
    *(layer(f"keras.layers.{name}", f"{held}, **options", ROOT, role="other", build=partial(_wrapped, held)) for name, held in WRAPPERS.items()),
    layer("keras.layers.Bidirectional", "layer, merge_mode='concat', weights=None, backward_layer=None, **options", ROOT, role="other", build=_both_ways),
)
