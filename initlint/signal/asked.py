"""What theory asks of each weight, beside what it gets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from initlint.flow import Weight, in_residual, normalised_after, weights
from initlint.graph import ModelGraph
from initlint.signal.maps import fans_of, sized
from initlint.signal.spread import Lost

NEAR = 0.1
"""Spreads this close, relative to what is asked, are as good as right."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The standard deviation gain/√fan_in, with the true fan, and what there is in units of it."""

    std: float
    ratio: float
    verdict: str


def asked(graph: ModelGraph, gains: Mapping[str, float | None]) -> dict[str, Asked]:
    """For every weight whose gain is in ``gains`` and whose spread and fan are numbers, by name."""
    found = {}
    for weight in weights(graph):
        law, gain = weight.parameter.distribution, gains.get(weight.parameter.name)
        if law is None or gain is None or not weight.uses or not isinstance(law.std, (int, float)):
            continue
        try:
            fan = sized(fans_of(weight.uses[0], weight.parameter).fan_in)
        except Lost:
            continue
        if fan > 0:
            std = gain / fan**0.5
            found[weight.parameter.name] = Asked(std=std, ratio=float(law.std) / std, verdict=_verdict(weight, float(law.std) / std))
    return found


def _verdict(weight: Weight, ratio: float) -> str:
    target = weight.layer or weight
    if abs(ratio - 1) <= NEAR:
        return "as asked"
    if normalised_after(target):
        return "a norm removes the scale"
    if ratio < 1 and in_residual(target):
        return "small on a residual branch, which is fine"
    return "smaller" if ratio < 1 else "larger"
