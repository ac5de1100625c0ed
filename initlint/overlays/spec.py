"""The shapes a framework table is written in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, Literal, Protocol

from initlint.symbolic import Number
from initlint.theory.laws import Distribution

Shape = tuple[Number, ...]


class Builder(Protocol):
    """What a layer's table entry may do to the module under construction."""

    def param(self, name: str, shape: Shape | None, distribution: Distribution | None) -> None:
        """Register a parameter and its default law (shape None: lazy, not known yet)."""

    def draw(
        self, name: str, shape: Shape | None, chosen: Any, default: tuple[str, Mapping[str, Any]], axes: tuple[tuple[int, ...], tuple[int, ...]] | None = None
    ) -> None:
        """Register a parameter with the initializer that the layer was given, or by default the one of that name and arguments.

        ``axes`` are those that the layer tells it to take for inputs and outputs.
        """

    def absent(self, name: str) -> None:
        """Register ``None`` under ``name``, as ``bias=False`` does."""

    def buffer(self, name: str, shape: Shape | None, distribution: Distribution | None) -> None:
        """Register a buffer."""

    def child(self, name: str, layer: str, **arguments: Any) -> None:
        """Construct the table layer ``layer`` and register it as a submodule; ``name`` may lead into one registered before (``layers.0``)."""

    def make(self, layer: str, **arguments: Any) -> Any:
        """Construct the table layer ``layer`` without registering it."""

    def clone(self, name: str, module: Any) -> None:
        """Register a deep copy of an already built module value; ``name`` as for ``child``."""

    def again(self, name: str, module: Any) -> None:
        """Register another table layer like ``module``, constructed with the same arguments; it draws its own values."""

    def adopt(self, name: str, module: Any) -> None:
        """Register an already built module value itself; what is not a module becomes a plain attribute."""

    def parameters(self) -> Iterable[tuple[str, Shape | None]]:
        """Name and shape of every parameter registered so far, those of submodules included, as ``named_parameters()`` lists them."""

    def set(self, path: str, distribution: Distribution) -> None:
        """Give a registered parameter (``out_proj.bias``) another default law; a path that names none is ignored."""

    def attr(self, name: str, value: Any) -> None:
        """Set a plain attribute."""


Build = Callable[[Builder, SimpleNamespace], None]

Role = Literal[
    "linear", "conv", "conv_transpose", "bilinear", "embedding", "norm", "rnn", "attention",
    "activation", "dropout", "pool", "view", "pad", "upsample", "container", "loss", "other",
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerSpec:
    """One framework layer: how it is called, what it owns, what it is to the signal."""

    name: str
    """Canonical dotted name, ``torch.nn.Linear``."""
    bases: tuple[str, ...] = ("torch.nn.Module",)
    signature: str = ""
    """As in a ``def``: ``in_features, out_features, bias=True, device=None, dtype=None``."""
    role: Role = "other"
    build: Build | None = None
    """Registers parameters and children; ``a`` holds the bound arguments. Plain attributes named like the arguments are set already."""
    activation: str = ""
    """The argument that holds a nonlinearity to apply behind the layer, ``activation`` in Keras."""
    reset: bool = True
    """Whether a public ``reset_parameters`` draws the same defaults again."""
    methods: Mapping[str, Build] = field(default_factory=dict)
    """Other methods that draw (``_reset_parameters``), as what they ``set`` on the built module; ``a`` holds what it was constructed with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Nonlinearity:
    """What an activation call is: the name theory knows, and the argument that shapes it."""

    name: str
    """``relu``, ``leaky_relu``, ``gelu`` …; a key of ``theory.activations``."""
    parameter: str | None = None
    """The argument (by keyword) that parameterises it, ``negative_slope``."""
    position: int | None = None
    """Its position, counted from 0: after the input (functions), after the tensor (methods), among all arguments (modules)."""
    default: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InitCall:
    """An initializer as evaluated: which tensor gets which law."""

    distribution: Distribution | None
    arguments: dict[str, Any] = field(default_factory=dict)
    error: str = ""
    """The exception the call would raise, ``ValueError: …``; empty where it would not."""
    reason: str = ""
    """Why the distribution is not known."""


InitLaw = Callable[[Sequence[Number] | None, SimpleNamespace], Distribution]
