"""The forward pass of a built model, on inputs that it accepts."""

from __future__ import annotations

import itertools
import time
from dataclasses import dataclass, field
from typing import Any

import torch

from initlint.graph import Layer, ModelGraph, Parameter
from initlint.live import inputs, tracing

Inputs = tuple[tuple[Any, ...], dict[str, Any]]
"""Positional and keyword arguments of a forward pass."""
MOST_ATTEMPTS = 10
PATIENCE = 30.0
"""Seconds after which no further input is tried."""


@dataclass(slots=True)
class Passed:
    """Inputs a model accepts and the mode it accepts them in; ``reason`` says why there are none."""

    args: tuple[Any, ...] = ()
    kwargs: dict[str, Any] = field(default_factory=dict)
    training: bool = True
    reason: str = ""

    @property
    def shapes(self) -> list[list[int]]:
        """Those of the positional inputs that are tensors."""
        return [list(one.shape) for one in self.args if isinstance(one, torch.Tensor)]


def follow(graph: ModelGraph, model: Any, table: dict[int, Layer], owners: dict[int, Parameter], given: Inputs | None) -> Passed:
    """Trace one forward pass into ``graph``; inputs that are not given are tried from the first layers' shapes."""
    attempts = [given] if given is not None else list(_likely(model))
    reason = "no layer says what the inputs are; give --input" if not attempts else ""
    start = time.monotonic()
    for training, (args, kwargs) in itertools.product(dict.fromkeys((model.training, False)), attempts):
        if time.monotonic() - start > PATIENCE:
            break
        if training != model.training:
            model.train(training)
        try:
            tracing.trace(graph, model, table, owners, args, kwargs)
        except Exception as error:
            reason = reason or _explain(error, given is not None)
        else:
            return Passed(args, kwargs, training)
    graph.forward_reason = reason
    return Passed(reason=reason)


def _likely(model: Any) -> list[Inputs]:
    device = next((p.device for p in model.parameters()), torch.device("cpu"))
    found = []
    for candidate in inputs.candidates(model, device):
        found.append(candidate)
        if len(found) == MOST_ATTEMPTS:
            break
    return found


def _explain(error: Exception, given: bool) -> str:
    text = f"{type(error).__name__}: {str(error).strip().partition(chr(10))[0]}"
    return f"the forward pass raises {text}" if given else f"no example input was accepted ({text}); give --input"
