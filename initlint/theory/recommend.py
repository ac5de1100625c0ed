"""Which initializer suits a nonlinearity, as a call that can be written down, with the paper it comes from."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal

from initlint.theory.activations import HE, HE_LEAKY, canonical, moments
from initlint.theory.fans import leaky_law, scaling_law

Family = Literal["normal", "uniform"]
Mode = Literal["fan_in", "fan_out"]

XAVIER = "Glorot & Bengio 2010, eq. 16"
TANH = "the gain of torch.nn.init.calculate_gain, on Glorot & Bengio 2010, eq. 16"
PRESERVING = "Glorot & Bengio 2010, eq. 16, with the gain 1/√(E f²) that keeps the second moment"
SIGMOID = "the tanh bound times 4, Glorot & Bengio 2010 as applied to the logistic function"
SELU = "Klambauer et al. 2017"
ELU = "Clevert et al. 2016, after He et al. 2015"
SIREN = "Sitzmann et al. 2020, sec. 3.2"
STAND_IN = "He et al. 2015, by convention: no gain is stable for it, normalise in a deep stack"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recommendation:
    """An initializer call for the weight before (backward) and behind (forward) a nonlinearity."""

    initializer: str
    """Canonical dotted name, ``torch.nn.init.kaiming_normal_``."""
    arguments: dict[str, str] = field(default_factory=dict)
    """Keyword arguments as source text: ``{"nonlinearity": "'relu'"}``."""
    gain: float
    """On the standard deviation, in units of 1/√fan."""
    law: str
    source: str
    """The paper or convention it comes from."""
    stable: bool = True
    """False where the scale drifts over depth whatever the gain, and only a norm helps."""


def recommend(nonlinearity: str, parameter: float | None = None, *, original: str = "", mode: Mode = "fan_in") -> Recommendation | None:
    """The call for a weight paired with ``nonlinearity`` (``linear``: none), or None where nothing is established.

    ``original`` is the canonical name of the initializer to replace, whose family of distributions is kept;
    ``mode`` is the fan a kaiming call is to divide by.
    """
    name, family = canonical(nonlinearity), family_of(original)
    if name in _XAVIER:
        gain, text, source = _XAVIER[name]
        return _xavier(family, gain, text, source)
    if name in _KAIMING_RELU:
        return _kaiming(family, mode, "relu", _KAIMING_RELU[name], stable=_KAIMING_RELU[name] != STAND_IN)
    if name in ("leaky_relu", "prelu", "rrelu"):
        return _leaky(family, mode, _slope(name, parameter))
    if name == "selu":
        return _kaiming(family, mode, "linear", SELU)
    if name == "sin" and parameter in (None, 1):
        return _kaiming("uniform", mode, "relu", SIREN)
    return None


def family_of(initializer: str) -> Family:
    """Whether an initializer (by name) draws from a bounded uniform or a bell: what a replacement should keep."""
    return "uniform" if "uniform" in initializer.rpartition(".")[2] else "normal"


def _kaiming(family: Family, mode: Mode, nonlinearity: Literal["relu", "linear"], source: str, stable: bool = True) -> Recommendation:
    gain = math.sqrt(2) if nonlinearity == "relu" else 1.0
    arguments = _mode_argument(mode) | {"nonlinearity": f"'{nonlinearity}'"}
    return _call("kaiming", family, arguments, gain, scaling_law(gain, mode), source, stable)


def _leaky(family: Family, mode: Mode, slope: float) -> Recommendation:
    arguments = {"a": f"{slope:.6g}"} | _mode_argument(mode) | {"nonlinearity": "'leaky_relu'"}
    return _call("kaiming", family, arguments, math.sqrt(2 / (1 + slope * slope)), leaky_law(slope, mode), HE_LEAKY)


def _xavier(family: Family, gain: float, text: str, source: str) -> Recommendation:
    return _call("xavier", family, {"gain": text} if text else {}, gain, scaling_law(gain, "fan_in + fan_out", 2), source)


def _call(stem: str, family: Family, arguments: dict[str, str], gain: float, law: str, source: str, stable: bool = True) -> Recommendation:
    name = f"torch.nn.init.{stem}_{family}_"
    return Recommendation(initializer=name, arguments=arguments, gain=gain, law=law, source=source, stable=stable)


def _mode_argument(mode: Mode) -> dict[str, str]:
    return {} if mode == "fan_in" else {"mode": f"'{mode}'"}


def _slope(name: str, parameter: float | None) -> float:
    """The slope with the nonlinearity's E f² (for rrelu the root mean square of its random slopes)."""
    return abs(parameter) if parameter is not None else math.sqrt(max(2 * moments(name).second - 1, 0.0))


_XAVIER = {
    "identity": (1.0, "", XAVIER),
    "softsign": (2.34, "2.34", PRESERVING),
    "hardtanh": (1.39, "1.39", PRESERVING),
    "tanh": (5 / 3, "5 / 3", TANH),
    "sigmoid": (4.0, "4", SIGMOID),
}
_KAIMING_RELU = {
    "relu": HE,
    "relu6": HE,
    "elu": ELU,
    "celu": ELU,
    "gelu": STAND_IN,
    "gelu_tanh": STAND_IN,
    "silu": STAND_IN,
    "mish": STAND_IN,
    "hardswish": STAND_IN,
}
