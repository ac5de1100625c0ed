"""Signal propagation: what depth does to the second moment of a signal and to the variance of its gradient.

Mean-field theory of wide networks (Poole et al. 2016; Schoenholz et al. 2017). Every factor is a factor on a
variance. One step is a nonlinearity and the linear map it feeds, with σ² = Var(W)·fan for the *true* fans:

    forward   τ' = σ²_in·V(τ) + Var(b)          V(τ) = E f(√τ z)²
    backward  g  = g'·σ²_out·E f'(√τ z)²

The first layer of a network has no nonlinearity before it: its step is that of ``identity``.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from initlint.theory.activations import derivative_second_moment, moments, second_moment

Verdict = Literal["ok", "suboptimal", "harmful"]

OK_WITHIN = (0.1, 10.0)
SUBOPTIMAL_WITHIN = (1e-3, 1e3)
_LARGEST = 1e300


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A nonlinearity and the linear map it feeds."""

    activation: str
    forward: float
    """Var(W)·fan_in."""
    backward: float
    """Var(W)·fan_out."""
    parameter: float | None = None
    bias_variance: float = 0.0


@dataclass(frozen=True, slots=True)
class Trajectory:
    """The signal along a chain: entry 0 before the first step, entry l after l steps."""

    second_moments: tuple[float, ...]
    """Of the pre-activations, E z²."""
    gradients: tuple[float, ...]
    """The factor on the gradient's variance over the first l steps, travelled backwards."""

    @property
    def verdict(self) -> Verdict:
        """The worse of signal and gradient at the end of the chain, both relative to its start."""
        return worst(judge(self.second_moments[-1] / self.second_moments[0]), judge(self.gradients[-1]))


def forward(q: float, variance_times_fan: float, activation: str, parameter: float | None = None, bias_variance: float = 0.0) -> float:
    """Second moment after a nonlinearity and a linear map, from that before them."""
    return min(variance_times_fan * second_moment(activation, q, parameter) + bias_variance, _LARGEST)


def backward(gradient: float, variance_times_fan: float, activation: str, q: float, parameter: float | None = None) -> float:
    """Gradient variance before a nonlinearity and a linear map, from that after them; q is the pre-activations' second moment."""
    return min(gradient * variance_times_fan * derivative_second_moment(activation, q, parameter), _LARGEST)


def propagate(steps: Iterable[Step], start: float = 1.0) -> Trajectory:
    """Follow a signal of second moment ``start`` through ``steps``."""
    signal, gradient = [start], [1.0]
    for step in steps:
        gradient.append(backward(gradient[-1], step.backward, step.activation, signal[-1], step.parameter))
        signal.append(forward(signal[-1], step.forward, step.activation, step.parameter, step.bias_variance))
    return Trajectory(tuple(signal), tuple(gradient))


def stack(variance_times_fan: float, activation: str, depth: int, parameter: float | None = None, bias_variance: float = 0.0) -> Trajectory:
    """``depth`` equal square layers."""
    step = Step(activation=activation, forward=variance_times_fan, backward=variance_times_fan, parameter=parameter, bias_variance=bias_variance)
    return propagate([step] * depth)


def verdict(variance_times_fan: float, activation: str, depth: int, parameter: float | None = None) -> Verdict:
    """What ``depth`` un-normalised, non-residual square layers with Var(W)·n = ``variance_times_fan`` do to the signal."""
    return stack(variance_times_fan, activation, depth, parameter).verdict


def judge(factor: float) -> Verdict:
    """The verdict on a factor that a whole chain puts on a variance. The limits are a convention, not a theorem."""
    if OK_WITHIN[0] <= factor <= OK_WITHIN[1]:
        return "ok"
    return "suboptimal" if SUBOPTIMAL_WITHIN[0] <= factor <= SUBOPTIMAL_WITHIN[1] else "harmful"


def worst(*verdicts: Verdict) -> Verdict:
    """The gravest of several verdicts."""
    order: tuple[Verdict, ...] = ("ok", "suboptimal", "harmful")
    return max(verdicts, key=order.index)


def layer_factor(variance_times_fan: float, activation: str, parameter: float | None = None) -> float:
    """r = Var(W)·n·E f²: what one layer does to a signal of unit second moment."""
    return variance_times_fan * second_moment(activation, 1.0, parameter)


def attenuation(r: float, depth: int) -> float:
    """What is left of a variance after ``depth`` layers of factor ``r`` (exact for scale-free nonlinearities)."""
    try:
        return min(r**depth, _LARGEST)
    except OverflowError:
        return _LARGEST


def depth_to(r: float, bound: float = 1e-3) -> int | None:
    """The first depth at which layers of factor ``r`` have carried a variance past ``bound``; None if they never do."""
    if r <= 0:
        return 1 if bound < 1 else None
    if r == 1 or (r < 1) != (bound < 1):
        return None
    return max(1, math.ceil(math.log(bound) / math.log(r) - 1e-9))


# --- residual branches


def residual_growth(branch: float, blocks: int, scale: float = 1.0) -> float:
    """Second moment of x ← x + scale·branch(x) after ``blocks`` blocks without a norm: (1 + scale²·r)^L."""
    return attenuation(1 + scale * scale * branch, blocks)


def prenorm_growth(branch: float, blocks: int, scale: float = 1.0) -> float:
    """The same with a norm at the start of each branch, whose output has variance ``branch`` whatever enters: 1 + L·scale²·v."""
    return 1 + blocks * scale * scale * branch


def postnorm_gradient(branch: float, blocks: int, scale: float = 1.0) -> float:
    """Factor on the gradient variance along the skip path when each sum is normalised: (1 + scale²·v)^-L."""
    return attenuation(1 / (1 + scale * scale * branch), blocks)


def branch_limit(blocks: int) -> float:
    """The variance each of L branches may add so that the stream no more than doubles: 1/L (as Fixup, GPT-2's 1/√(2L), zero gamma do)."""
    return 1 / max(1, blocks)


# --- normalisation and other components


def norm_output(variance: float, eps: float = 1e-5) -> float:
    """Variance behind a norm: 1 unless eps outweighs what enters."""
    return variance / (variance + eps)


def batch_norm_gradient(activation: str, parameter: float | None = None) -> float:
    """Gradient factor per layer of batch norm then ``activation``: E f'² / Var f (Yang et al. 2019); relu π/(π−1)."""
    f = moments(activation, parameter)
    return f.derivative / (f.second - f.mean * f.mean)


def layer_norm_gradient(activation: str, parameter: float | None = None) -> float:
    """Gradient factor per layer of layer norm then ``activation``: E f'² / E f²."""
    f = moments(activation, parameter)
    return f.derivative / f.second


def dropout_factor(p: float) -> float:
    """Factor on the second moment, and on the gradient's, of dropping with probability ``p`` and rescaling."""
    return 1 / (1 - p)


def attention_output(value_variance: float, logit_std: float, tokens: int) -> float:
    """Variance of softmax(logits)·values over ``tokens`` independent values; holds while exp(s²) ≪ tokens."""
    return value_variance * math.exp(logit_std * logit_std) / tokens


def initial_loss(classes: int, logit_std: float) -> float:
    """Cross-entropy before training, ln C + s²/2; holds while s²/2 < ln C."""
    return math.log(classes) + logit_std * logit_std / 2


def padding_factor(size: int, *, first: bool = False, dimensions: int = 2) -> float:
    """What zero padding leaves of the variance in a 3-wide convolution over ``size`` positions per axis.

    ``first``: of a uniform input; otherwise per layer, once the deficit at the borders has settled.
    """
    per_axis = (3 * size - 2) / (3 * size) if first else (1 + 2 * math.cos(math.pi / (size + 1))) / 3
    return float(per_axis**dimensions)
