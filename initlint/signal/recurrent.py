"""Recurrent layers once their state has settled: every step's input new, gates taken for independent of what they gate."""

from __future__ import annotations

import math

from initlint.graph import Layer
from initlint.signal.spread import Lost, Mapped, Spread, bias, plus, spread
from initlint.theory.activations import ACTIVATIONS, gauss_legendre

SETTLED = "the state once it has settled, gates taken for independent of what they gate"
STEPS = 200
_EDGES = (-7.0, -3.0, -1.0, 0.0, 1.0, 3.0, 7.0)
_NODES = [(z, panel * math.exp(-z * z / 2) / math.sqrt(2 * math.pi)) for z, panel in gauss_legendre(_EDGES)]


def recurrent(layer: Layer | None, signal: Spread) -> Mapped:
    """``RNN``, ``LSTM`` or ``GRU``, layer upon layer. Raises ``Lost``."""
    cell = _CELLS.get(layer.kind.removesuffix("Cell")) if layer is not None else None
    size = layer.arguments.get("hidden_size") if layer is not None else None
    if layer is None or cell is None or not isinstance(size, int):
        raise Lost(f"{layer.kind if layer else 'a recurrent layer'} is not followed")
    gradient, depth = 1.0, layer.arguments.get("num_layers", 1)
    curve = str(layer.arguments.get("nonlinearity", "tanh"))
    fan: object = layer.arguments.get("input_size")
    ways = 2 if layer.arguments.get("bidirectional") is True else 1
    for number in range(depth if isinstance(depth, int) else 1):
        suffix = "" if layer.kind.endswith("Cell") else f"_l{number}"
        if not isinstance(fan, int):
            raise Lost("the size of its input is not known")
        signal, factor = cell(_Weights(layer, suffix, fan, size), signal, curve)
        gradient *= ways * factor
        fan = ways * size
    return Mapped(signal, gradient, SETTLED)


class _Weights:
    """One layer's tensors."""

    def __init__(self, layer: Layer, suffix: str, fan: int, size: int) -> None:
        found = {role: layer.parameters.get(f"{role}{suffix}") for role in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")}
        self.fan, self.size = fan, size
        self.inward = spread(found["weight_ih"], "weight_ih")
        self.around = spread(found["weight_hh"], "weight_hh")
        self.shift = Spread(0.0, 0.0)
        for role in ("bias_ih", "bias_hh"):
            parameter = found[role]
            self.shift = plus(self.shift, bias(parameter)) if parameter is not None else self.shift

    def before(self, signal: Spread, state: float) -> Spread:
        """What enters a gate, when the state has second moment ``state``."""
        variance = self.fan * self.inward.second * signal.second + self.size * self.around.second * state + self.shift.variance
        return Spread(self.shift.mean, variance)


def _plain(weights: _Weights, signal: Spread, curve: str) -> tuple[Spread, float]:
    state = 0.0
    for _ in range(STEPS):
        z = weights.before(signal, state)
        state = _mean(curve, z, 2)
    slope = _mean(curve, z, 2, slope=True)
    kept = min(0.99, weights.size * weights.around.second * slope)
    mean = _mean(curve, z, 1)
    return Spread(mean, max(0.0, state - mean * mean)), weights.size * weights.inward.second * slope / (1 - kept)


def _lstm(weights: _Weights, signal: Spread, curve: str) -> tuple[Spread, float]:
    state = cell = 0.0
    for _ in range(STEPS):
        z = weights.before(signal, state)
        gate, content = _mean("sigmoid", z, 2), _mean("tanh", z, 2)
        cell = gate * cell + gate * content
        state = gate * _mean("tanh", Spread(0.0, cell), 2)
    through = Spread(0.0, cell)
    opened, turned = _mean("tanh", through, 2, slope=True), _mean("sigmoid", z, 2, slope=True)
    on_cell = gate * opened / (1 - min(0.99, gate))
    paths = on_cell * (gate * _mean("tanh", z, 2, slope=True) + turned * (content + cell)) + turned * _mean("tanh", through, 2)
    return Spread(0.0, state), weights.size * weights.inward.second * paths / (1 - min(0.99, weights.size * weights.around.second * paths))


def _gru(weights: _Weights, signal: Spread, curve: str) -> tuple[Spread, float]:
    """h ← (1 − z)·n + z·h, with n of the state that the reset gate lets through."""
    state = 0.0
    for _ in range(STEPS):
        z = weights.before(signal, state)
        gate, closed = _mean("sigmoid", z, 2), _mean("sigmoid", Spread(-z.mean, z.variance), 2)
        inner = weights.before(signal, gate * state)
        content = _mean("tanh", inner, 2)
        state = closed * content + gate * state
    turned, slope = _mean("sigmoid", z, 2, slope=True), _mean("tanh", inner, 2, slope=True)
    paths = (closed * slope + turned * (content + state)) / (1 - min(0.99, gate))
    return Spread(0.0, state), weights.size * weights.inward.second * paths


_CELLS = {"RNN": _plain, "LSTM": _lstm, "GRU": _gru}


def _mean(curve: str, z: Spread, power: int, *, slope: bool = False) -> float:
    """E f(z)^power, or E f'(z)^power."""
    entry, std = ACTIVATIONS[curve], math.sqrt(z.variance)
    f = entry.derivative if slope else entry.f
    return float(sum(weight * f(z.mean + std * node, entry.parameter) ** power for node, weight in _NODES))
