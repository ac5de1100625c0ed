"""What a run of the real model brought to light: the material of the rules that need more than source."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from initlint.graph import ModelGraph, Parameter
from initlint.symbolic import Sym
from initlint.theory.laws import Distribution

Question = Literal["claim", "theory", "contract"]
Outcome = Literal["ok", "fails", "untested"]


def is_numeric(law: Distribution | None) -> bool:
    """Whether a law says numbers that a measurement can be compared with."""
    return law is not None and law.kind != "custom" and not any(value is None or isinstance(value, Sym) for value in (law.mean, law.std))


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One parameter, or one map of a packed one, over all seeds."""

    count: int
    mean: float
    std: float
    nonfinite: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """The answer to one question about one parameter."""

    parameter: str
    question: Question
    law: Distribution | None
    outcome: Outcome
    reason: str = ""
    detectable: float | None = None
    """The smallest factor on the std that would have been seen in 99.9 % of cases."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """A law that the user demands of parameters."""

    pattern: str
    """A glob on parameter names."""
    text: str
    """As it was written: ``kaiming_normal(mode='fan_in', nonlinearity='relu')``."""


@dataclass(slots=True, kw_only=True)
class Evidence:
    """Everything known of one target."""

    graph: ModelGraph
    """As built and traced."""
    claimed: ModelGraph | None = None
    """As read from source; None where that could not be read."""
    measured: dict[str, Measured] = field(default_factory=dict)
    judgements: list[Judgement] = field(default_factory=list)
    contracts: dict[str, Contract] = field(default_factory=dict)
    """The demand on each parameter that has one, by its name."""
    duplicates: list[tuple[str, ...]] = field(default_factory=list)
    """Names of parameters that are no aliases and yet hold the same numbers."""
    repeated: list[str] = field(default_factory=list)
    """Names of random parameters that hold the same numbers under every seed."""
    seeds: int = 1

    def claim(self, name: str) -> Parameter | None:
        """What source says of a parameter."""
        return self.claimed.parameter(name) if self.claimed is not None else None
