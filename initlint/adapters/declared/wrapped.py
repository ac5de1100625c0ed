"""Layers that run other layers: attention with its projections, and what Keras wraps around a layer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from initlint.adapters.arrays.shapes import joined
from initlint.adapters.declared.shapes import asked
from initlint.adapters.torch import signals
from initlint.graph import Layer, Op
from initlint.interpreter.values import Instance, Tensor

if TYPE_CHECKING:
    from initlint.interpreter.calls import Call

PROJECTIONS = ("query", "key", "value")
BACK = ("attention_output", "linear", "out")
"""What libraries call the projection behind the heads."""


def attend(instance: Instance, layer: Layer, call: Call) -> Any:
    """Projections of query, key and value, then attention, then the projection back."""
    order = ("query", "value", "key") if instance.cls.name.startswith("keras.") else PROJECTIONS
    given = dict(zip(order, call.args)) | {name: value for name, value in call.kwargs.items() if name in PROJECTIONS}
    query = given.get("query")
    value = given.get("value", query)
    projected = [_run(instance.modules[name], given.get(name, query if name == "query" else value), call) for name in PROJECTIONS]
    op = Op(kind="attention", name="MultiHeadAttention", layer=layer, inputs=signals.sources(projected), site=call.site)
    layer.calls.append(op)
    attended = signals.signal(op)
    attended.shape = _attended([one.shape if isinstance(one, Tensor) else None for one in projected])
    back = next((instance.modules[name] for name in BACK if name in instance.modules), None)
    made = _run(back, attended, call) if back is not None else attended
    return (made, signals.signal(Op(kind="view", name="scores", inputs=[op], site=call.site))) if call.kwargs.get("return_attention_scores") is True else made


def _attended(shapes: list[Any]) -> Any:
    """As many rows as there are queries, as many heads, each as long as a value."""
    query, _, value = shapes
    return (*query[:-1], value[-1]) if query and value else None


def _run(module: Any, value: Any, call: Call) -> Any:
    return call.interp.call(module, [value], {}, call.frame, call.node)


def _one(instance: Instance, value: Any, call: Call) -> Any:
    """The layer inside, as it is."""
    return _run(next(iter(instance.modules.values())), value, call)


def _each_step(instance: Instance, value: Any, call: Call) -> Any:
    """The layer inside on every step of a sequence."""
    shape = value.shape if isinstance(value, Tensor) else None
    made = _one(instance, replace(value, shape=(shape[0], *shape[2:])) if shape and len(shape) > 2 else value, call)
    if isinstance(made, Tensor) and made.shape is not None and shape and len(shape) > 2:
        made.shape = (made.shape[0], shape[1], *made.shape[1:])
    return made


def _both_ways(instance: Instance, value: Any, call: Call) -> Any:
    """Two recurrent layers, of which the second reads backwards, and whose outputs are joined."""
    turned = signals.signal(Op(kind="view", name="flip", inputs=signals.sources([value]), site=call.site))
    turned.shape = value.shape if isinstance(value, Tensor) else None
    results = [_run(module, given, call) for module, given in zip(instance.modules.values(), (value, turned))]
    first = [result[0] if isinstance(result, tuple) else result for result in results]
    mode = instance.arguments.get("merge_mode")
    if mode is None:
        return tuple(results)
    kind = {"concat": "concat", "mul": "mul"}.get(mode, "add")
    made = signals.signal(Op(kind=kind, name="Bidirectional", inputs=signals.sources(first), site=call.site))
    shapes = [one.shape if isinstance(one, Tensor) else None for one in first]
    made.shape = joined(shapes) if kind == "concat" else shapes[0]
    return made


def _over_steps(instance: Instance, value: Any, call: Call) -> Any:
    """A cell on every step of a sequence, of which the last result comes out unless all are asked for."""
    shape = value.shape if isinstance(value, Tensor) else None
    made = _one(instance, replace(value, shape=(shape[0], *shape[2:])) if shape and len(shape) > 2 else value, call)
    made = made[0] if isinstance(made, tuple) else made
    if isinstance(made, Tensor) and made.shape is not None and shape and len(shape) > 2 and asked(instance, "return_sequences"):
        made.shape = (made.shape[0], shape[1], *made.shape[1:])
    return made


WRAPPERS: dict[str, Callable[[Instance, Any, Call], Any]] = {
    "keras.layers.TimeDistributed": _each_step, "keras.layers.SpectralNormalization": _one, "keras.layers.Wrapper": _one,
    "keras.layers.Bidirectional": _both_ways, "keras.layers.RNN": _over_steps,
}  # fmt: skip
"""By canonical name, how each runs what it holds."""
