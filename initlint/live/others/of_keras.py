"""Models of Keras 3, on whatever backend it runs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Optional

import keras
import numpy as np
from keras import initializers

from initlint.adapters.declared.drawing import Draw, drawn_by
from initlint.adapters.declared.functional import snake
from initlint.findings import Site
from initlint.live import frames
from initlint.live.others import shapes
from initlint.live.others.found import Found
from initlint.live.targets import TargetProblem, explain

LIBRARY, LAYERS = "keras.", "keras.src.layers."
VARIABLE = next(cls for cls in keras.Variable.__mro__ if "__init__" in vars(cls) and cls.__module__.startswith("keras.src.backend.common"))
"""The class whose constructor makes every variable, on any backend."""
INTERNAL = frozenset(
    ("_layers", "_metrics", "_functional", "_operations", "_inbound_nodes", "_outbound_nodes", "_losses", "_loss_tracker", "_compile_metrics", "_modules")
)
"""Attributes in which Keras keeps books on layers that have another name."""


class OfKeras:
    """Builds and reads models of Keras."""

    def __init__(self) -> None:
        self.label = f"Keras {keras.__version__} on {keras.backend.backend()}"
        self.made: dict[int, tuple[Any, Any, Optional[Site]]] = {}
        """By the identity of each variable: itself, what made it, and the user's line."""

    def names(self, seed: int) -> dict[str, Any]:
        """Nothing."""
        return {}

    @contextmanager
    def observed(self, seed: int) -> Iterator[None]:
        """Note what each variable is made with."""
        keras.utils.clear_session()
        keras.utils.set_random_seed(seed)
        plain, made = VARIABLE.__init__, self.made

        def construct(variable: Any, initializer: Any, *args: Any, **kwargs: Any) -> None:
            users = [frame for frame in frames.stack().users if not frame.f_globals.get("__name__", "").startswith(LIBRARY)]
            site = next((frames.site(frame) for frame in users), None)
            plain(variable, initializer, *args, **kwargs)
            made[id(variable)] = (variable, initializer, site)

        VARIABLE.__init__ = construct
        try:
            yield
        finally:
            VARIABLE.__init__ = plain

    def completed(self, value: Any, inputs: str | None) -> Any:
        """Layers that were never given an input have no variables: they meet one here."""
        if not value.built and inputs is not None:
            args, kwargs = shapes.parse(inputs)
            try:
                value(*map(keras.ops.convert_to_tensor, args), **{name: keras.ops.convert_to_tensor(one) for name, one in kwargs.items()})
            except Exception as error:
                raise TargetProblem(f"the model cannot be called on {inputs}: {explain(error)}") from None
        if not value.weights and not value.built:
            raise TargetProblem("the model has no weights before it meets an input: give its shape, --input 2,28,28,1 with the channels last")
        return value

    def parameters(self, model: Any) -> Iterator[Found]:
        """Trainable weights, under the names that ``show`` has for them."""
        seen: set[int] = set()
        for path, layer in _walk(model, "", set()):
            attributes = {id(value): name for name, value in vars(layer).items() if isinstance(value, keras.Variable)}
            for variable in layer._trainable_variables:
                if id(variable) not in seen:
                    seen.add(id(variable))
                    yield self._found(path, layer, variable, attributes.get(id(variable), variable.name))

    def _found(self, path: str, layer: Any, variable: Any, attribute: str) -> Found:
        _, initializer, site = self.made.get(id(variable), (None, None, None))
        values = np.asarray(keras.ops.convert_to_numpy(variable))
        library = next((cls.__name__ for cls in type(layer).__mro__ if cls.__module__.startswith(LAYERS)), "Layer")
        return Found(
            path=path, role=variable.name if attribute.lstrip("_") == variable.name or type(layer).__module__.startswith(LAYERS) else attribute,
            values=values.astype(np.float32) if values.dtype.itemsize < 4 else values, kind="" if library == "Layer" else library,
            class_name=type(layer).__name__, draw=_draw(initializer, values.shape), site=site,
        )  # fmt: skip


def _draw(initializer: Any, shape: tuple[int, ...]) -> Optional[Draw]:
    """The law of an initializer of Keras; nothing is known of one that the user wrote."""
    if not isinstance(initializer, initializers.Initializer) or not type(initializer).__module__.startswith(LIBRARY):
        return None
    return drawn_by({"class_name": type(initializer).__name__, "config": initializer.get_config()}, shape)


def _walk(layer: Any, path: str, around: set[int]) -> Iterator[tuple[str, Any]]:
    """Every layer inside ``layer``, itself included, with its path."""
    if id(layer) in around:
        return
    around.add(id(layer))
    yield path, layer
    for name, child in _children(layer):
        yield from _walk(child, f"{path}.{name}" if path and name else path or name, around)


def _children(layer: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(layer, keras.Sequential):
        yield from ((f"layers_{index}", child) for index, child in enumerate(layer.layers))
        return
    if isinstance(layer, keras.Model) and hasattr(layer, "_operations"):
        yield from _numbered([child for child in layer.layers if not isinstance(child, keras.layers.InputLayer)])
    attention = isinstance(layer, (keras.layers.MultiHeadAttention, keras.layers.GroupQueryAttention))
    packed = isinstance(layer, keras.layers.RNN) and type(layer) is not keras.layers.RNN  # an LSTM holds the weights of its cell
    for name, value in {**vars(layer), **vars(layer).get("_modules", {})}.items():  # where torch is the backend, layers are modules of it
        for key, child in _held(value) if name not in INTERNAL else ():
            yield child.name if attention else "" if packed else f"{name}.{key}" if key else name, child


def _held(value: Any) -> Iterator[tuple[str, Any]]:
    """Layers in an attribute, with their place in a list or dictionary."""
    if isinstance(value, keras.layers.Layer):
        yield "", value
    elif isinstance(value, (list, tuple)):
        yield from ((str(index), one) for index, one in enumerate(value) if isinstance(one, keras.layers.Layer))
    elif isinstance(value, dict):
        yield from ((str(key), one) for key, one in value.items() if isinstance(one, keras.layers.Layer))


def _numbered(children: list[Any]) -> Iterator[tuple[str, Any]]:
    """Layers of a functional model: those that Keras named by itself are counted within the model, for elsewhere it counts all there are."""
    counts: dict[str, int] = {}
    for child in sorted(children, key=_number):
        base = snake(type(child).__name__)
        if re.fullmatch(rf"{base}(_\d+)?", child.name) is None:
            yield child.name, child
            continue
        count = counts[base] = counts.get(base, -1) + 1
        yield f"{base}_{count}" if count else base, child


def _number(layer: Any) -> int:
    """Which of its kind a layer was made as."""
    end = layer.name.removeprefix(snake(type(layer).__name__)).removeprefix("_")
    return int(end) if end.isdigit() else 0
