"""What the frameworks have in common once a model is built: parameters with names, numbers and the initializer that made them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Optional, Protocol

import torch

from initlint.adapters.declared.drawing import Draw
from initlint.findings import Site
from initlint.graph import InitEvent, Layer, ModelGraph, Origin, Parameter
from initlint.theory.laws import custom

UNSEEN = "no initializer was seen to make it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One parameter of a built model."""

    path: str
    """The layer that holds it, as ``show`` spells it; empty for the model itself."""
    role: str
    values: Any
    """A NumPy array."""
    trainable: bool = True
    kind: str = ""
    """What the layer is called in its library; empty for one of the author's own."""
    class_name: str = ""
    arguments: dict[str, Any] = field(default_factory=dict)
    draw: Optional[Draw] = None
    """The initializer that was seen to make it."""
    site: Optional[Site] = None
    """The line of the user's that this came from."""

    @property
    def name(self) -> str:
        """As in ``show``."""
        return f"{self.path}.{self.role}" if self.path else self.role


class Framework(Protocol):
    """How models of one framework are seeded, built, and read."""

    label: str
    """``Keras 3.12 on jax``, for reports."""

    def names(self, seed: int) -> dict[str, Any]:
        """What the expression of a target may use beside the names of its module."""

    def observed(self, seed: int) -> AbstractContextManager[None]:
        """Seed everything and watch initializers run."""

    def completed(self, value: Any, inputs: str | None) -> Any:
        """The model with all of its parameters made, which may need an input. Raises ``TargetProblem``."""

    def parameters(self, model: Any) -> Iterator[Found]:
        """Every parameter of a model that was completed."""


@dataclass(slots=True)
class Held:
    """The parameters of a model as tensors of torch, which measuring knows; outputs come first in each, as torch lays weights out."""

    tensors: dict[str, Any]

    @classmethod
    def of(cls, found: Iterable[Found]) -> Held:
        """Copies of the numbers."""
        return cls({one.name: _tensor(one) for one in found})

    def named_parameters(self) -> Iterator[tuple[str, Any]]:
        """As those of a module."""
        return iter(self.tensors.items())


def _tensor(one: Found) -> Any:
    values = torch.from_numpy(one.values.copy())
    turned = values.movedim(-1, 0).contiguous() if values.dim() > 1 else values
    return torch.nn.Parameter(turned, requires_grad=one.trainable and turned.is_floating_point())


def graph_of(found: Iterable[Found], name: str, path: str) -> ModelGraph:
    """Layers and parameters with the laws of the initializers that were seen; nothing is known of the forward pass."""
    graph = ModelGraph(name=name, path=path, forward_reason="the forward pass of models of Keras and Flax is not run: nothing is asked about the signal")
    layers: dict[str, Layer] = {}
    for one in found:
        layer = layers.get(one.path)
        if layer is None:
            layer = layers[one.path] = Layer(path=one.path, kind=one.kind, class_name=one.class_name, arguments=one.arguments, site=one.site)
            graph.layers.append(layer)
        parameter = Parameter(
            name=one.name, shape=tuple(one.values.shape), role=one.role, layer=layer, events=_events(one),
            distribution=one.draw.law if one.draw is not None else None, reason=_reason(one), requires_grad=one.trainable,
        )  # fmt: skip
        layer.parameters[one.role] = parameter
        graph.parameters.append(parameter)
    return graph


def _reason(one: Found) -> str:
    if one.draw is None:
        return UNSEEN
    return one.draw.reason if one.draw.law is None else ""


def _events(one: Found) -> list[InitEvent]:
    if one.draw is None:
        return []
    law = one.draw.law or custom(one.draw.reason)
    return [InitEvent(initializer=one.draw.initializer, origin=Origin.CALL, distribution=law, site=one.site, arguments=one.draw.arguments)]
