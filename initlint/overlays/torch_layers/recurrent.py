"""Recurrent layers and cells: every tensor, biases included, is U(±1/sqrt(hidden_size))."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from initlint.overlays.spec import Build, Builder, LayerSpec
from initlint.overlays.torch_layers.defaults import symmetric
from initlint.overlays.torch_layers.table import layer, on, table
from initlint.symbolic import Number

BASE = "torch.nn.RNNBase"
CELL_BASE = "torch.nn.RNNCellBase"
GATES = {"LSTM": 4, "GRU": 3, "RNN_TANH": 1, "RNN_RELU": 1}

_TAIL = "bias=True, batch_first=False, dropout=0.0, bidirectional=False"
_FACTORY = "device=None, dtype=None"
_LAW = "Var = 1 / (3·hidden_size)"


def _network(mode: str) -> Build:
    def build(b: Builder, a: SimpleNamespace) -> None:
        _stack(b, a, mode, getattr(a, "proj_size", 0))

    return build


def _elman(b: Builder, a: SimpleNamespace) -> None:
    _stack(b, a, "RNN_RELU" if a.nonlinearity == "relu" else "RNN_TANH", 0)


def _any_network(b: Builder, a: SimpleNamespace) -> None:
    _stack(b, a, a.mode, a.proj_size)


def _stack(b: Builder, a: SimpleNamespace, mode: str, projection: Number) -> None:
    """All layers and directions; of a number of layers that is not known, the first."""
    b.attr("mode", mode)
    b.attr("proj_size", projection)
    names: list[tuple[str, ...]] = []
    suffixes = ("", "_reverse") if on(a.bidirectional) else ("",)
    fed_back = projection if on(projection) else a.hidden_size
    width = a.input_size
    for depth in range(a.num_layers if isinstance(a.num_layers, int) else 1):
        for suffix in suffixes:
            names.append(_direction(b, a, f"l{depth}{suffix}", GATES.get(mode, 1) * a.hidden_size, width, fed_back))
        width = fed_back * len(suffixes)
    b.attr("_all_weights", [list(group) for group in names])
    b.attr("_flat_weights_names", [name for group in names for name in group])


def _direction(b: Builder, a: SimpleNamespace, suffix: str, rows: Number, width: Number, fed_back: Number) -> tuple[str, ...]:
    """One layer in one direction; returns the names it registered."""
    shapes: dict[str, tuple[Number, ...]] = {"weight_ih": (rows, width), "weight_hh": (rows, fed_back)}
    if on(a.bias):
        shapes |= {"bias_ih": (rows,), "bias_hh": (rows,)}
    if on(getattr(a, "proj_size", 0)):
        shapes["weight_hr"] = (fed_back, a.hidden_size)
    for name, shape in shapes.items():
        b.param(f"{name}_{suffix}", shape, symmetric(a.hidden_size, _LAW))
    return tuple(f"{name}_{suffix}" for name in shapes)


def _cell(gates: int | None) -> Build:
    def build(b: Builder, a: SimpleNamespace) -> None:
        rows = (a.num_chunks if gates is None else gates) * a.hidden_size
        law = symmetric(a.hidden_size, _LAW)
        b.param("weight_ih", (rows, a.input_size), law)
        b.param("weight_hh", (rows, a.hidden_size), law)
        for name in ("bias_ih", "bias_hh"):
            if on(a.bias):
                b.param(name, (rows,), law)
            else:
                b.absent(name)

    return build


def _rnn(name: str, signature: str, *bases: str, build: Any) -> LayerSpec:
    return layer(name, f"{signature}, {_FACTORY}", *bases, role="rnn", build=build, reset=True)


LAYERS = table(
    _rnn(BASE, f"mode, input_size, hidden_size, num_layers=1, {_TAIL}, proj_size=0", build=_any_network),
    _rnn("torch.nn.RNN", f"input_size, hidden_size, num_layers=1, nonlinearity='tanh', {_TAIL}", BASE, build=_elman),
    _rnn("torch.nn.LSTM", f"input_size, hidden_size, num_layers=1, {_TAIL}, proj_size=0", BASE, build=_network("LSTM")),
    _rnn("torch.nn.GRU", f"input_size, hidden_size, num_layers=1, {_TAIL}", BASE, build=_network("GRU")),
    _rnn(CELL_BASE, "input_size, hidden_size, bias, num_chunks", build=_cell(None)),
    _rnn("torch.nn.RNNCell", "input_size, hidden_size, bias=True, nonlinearity='tanh'", CELL_BASE, build=_cell(1)),
    _rnn("torch.nn.LSTMCell", "input_size, hidden_size, bias=True", CELL_BASE, build=_cell(4)),
    _rnn("torch.nn.GRUCell", "input_size, hidden_size, bias=True", CELL_BASE, build=_cell(3)),
)
