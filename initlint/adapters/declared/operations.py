"""Operations of a TensorFlow 1 graph: layers written as functions, products with a variable, losses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Optional

from initlint.adapters.arrays import functions as array_functions
from initlint.adapters.declared.modules import activate
from initlint.adapters.declared.variables import VARIABLES, alike, given_by_scope
from initlint.adapters.torch import signals, tensors
from initlint.adapters.torch.binding import DoesNotFit, bind, framework_of
from initlint.adapters.torch.matrices import described, multiplied
from initlint.adapters.torch.shapes import placeholder
from initlint.graph import Op
from initlint.interpreter.iteration import elements_of
from initlint.interpreter.values import ABSENT, Tensor, Unknown, is_number
from initlint.overlays.declared.tensorflow import CONTRIB, KINDS, LAYER_FUNCTIONS, LOSSES, PRODUCTS, UNSEEN
from initlint.symbolic import Sym
from initlint.theory.fans import product

if TYPE_CHECKING:
    from initlint.interpreter.calls import Call

FED = ("tensorflow.nn.", "tensorflow.layers.", CONTRIB, "tensorflow.matmul", "tensorflow.tensordot", "tensorflow.sparse", "tensorflow.einsum")
"""How names start of operations whose first argument is the signal."""
SHAPED = ("view", "dropout", "norm", "add")


def call(name: str, call: Call) -> Any:
    """The value of a call of a name of TensorFlow 1, or ABSENT where nothing special is known about it."""
    handler = VARIABLES.get(name)
    if handler is not None:
        return handler(call)
    if name in SPECIAL:
        return SPECIAL[name](call)
    if UNSEEN.match(name):
        return Unknown(f"{name}() is not followed")
    if LOSSES.match(name):
        return _loss(call)
    fed = feed(name, call)
    if name in LAYER_FUNCTIONS:
        return _layer(name, fed)
    found = signals.sources([*fed.args, *fed.kwargs.values()])
    if not found:
        return ABSENT
    if name in PRODUCTS:
        return _product(name, fed)
    if name in KINDS:
        return _plain(name, KINDS[name], fed)
    return array_functions.call(framework_of(call), name, fed) if fed is not call else ABSENT


def feed(name: str, call: Call) -> Call:
    """The call with a signal for its first argument, where that is a value nobody knows: it comes from outside the graph at hand."""
    store = framework_of(call).store
    if store is None or not name.startswith(FED) or signals.sources([*call.args, *call.kwargs.values()]):
        return call
    first = call.args[0] if call.args else next((call.kwargs[key] for key in ("inputs", "a", "x", "features", "value", "input") if key in call.kwargs), None)
    if not isinstance(first, (Unknown, Sym)):
        return call
    source = store.source("input", None, call.site)
    if call.args:
        return replace(call, args=[source, *call.args[1:]])
    return replace(call, kwargs={key: source if value is first else value for key, value in call.kwargs.items()})


def _layer(name: str, call: Call) -> Any:
    """``tf.layers.dense(x, 10, …)``, ``slim.conv2d(x, 64, [3, 3])``: the layer is made and applied."""
    entry, framework = LAYER_FUNCTIONS[name], framework_of(call)
    kwargs = {**{k: v for k, v in given_by_scope(call, name).items() if k not in call.kwargs}, **call.kwargs}
    try:
        bound, _ = bind(entry.signature, call.args, kwargs)
    except DoesNotFit:
        return _opaque(name, call)
    given = vars(bound)
    arguments = {entry.renamed[key]: value for key, value in given.items() if key in entry.renamed}
    arguments |= {key: given[key] for key in entry.passed if key in given}
    arguments["name"] = given.get("options", {}).get("scope", given.get("options", {}).get("name"))
    normalizer = given.get("normalizer_fn")
    if "normalizer_fn" in given:
        arguments["use_bias"] = normalizer is None and given["biases_initializer"] is not None
        arguments["bias_initializer"] = None if given["biases_initializer"] == "zeros" else given["biases_initializer"]
    layer = call.interp.call(framework.layer_class(f"keras.layers.{entry.layer}"), [], arguments, call.frame, call.node)
    value = call.interp.call(layer, [given["inputs"]], {}, call.frame, call.node)
    if normalizer is not None:
        params = given["normalizer_params"]
        value = call.interp.call(normalizer, [value], params if isinstance(params, dict) else {}, call.frame, call.node)
    return activate(given["activation_fn"], value, call) if "activation_fn" in given else value


def _product(name: str, call: Call) -> Any:
    """An operation with a weight among its arguments."""
    position, role = PRODUCTS[name]
    owners = framework_of(call).owners
    weight = call.get(
        position, {"conv": "filter", "conv_transpose": "filter", "depthwise": "filter"}.get(role, "b"), call.kwargs.get("filters", call.kwargs.get("weights"))
    )
    value = call.get(0, "input", call.kwargs.get("x", call.kwargs.get("value")))
    if role == "matmul":
        made = signals.arithmetic("@", value if signals.is_signal(value) else Unknown("a factor"), weight, call.site, owners)
        if name.endswith(("xw_plus_b", "relu_layer")):
            made = signals.arithmetic("+", made, call.get(2, "biases"), call.site, owners)
        return activate("relu", made, call) if name.endswith("relu_layer") else made
    if not isinstance(weight, Tensor) or weight.op is not None:
        return _opaque(name, call)
    fans = _fans(role, weight.shape)
    op = Op(kind="layer", name=role, parameter=multiplied(weight, owners), inputs=signals.sources([value]), site=call.site)
    op.detail |= described(weight, owners, fans)
    made = signals.signal(op)
    if isinstance(value, Tensor) and value.shape is not None and weight.shape is not None:
        wide = weight.shape[-2] if role == "conv_transpose" else weight.shape[-1]
        made.shape = (value.shape[0], *(placeholder("length") for _ in value.shape[1:-1]), wide)
    return made


def _fans(role: str, shape: Optional[tuple[Any, ...]]) -> Optional[tuple[Any, Any]]:
    if shape is None or len(shape) < 3:
        return None
    field = product(shape[:-2])
    if role == "depthwise":
        return field, field * shape[-1]
    ends = (shape[-1], shape[-2]) if role == "conv_transpose" else (shape[-2], shape[-1])
    return ends[0] * field, ends[1] * field


def _plain(name: str, kind: str, call: Call) -> Any:
    """An operation without a weight."""
    owners = framework_of(call).owners
    values = [*call.args, *call.kwargs.values()]
    value = call.get(0, "inputs", values[0])
    inputs = (
        signals.operands(values[:2], owners)
        if kind == "add"
        else signals.sources(values if kind == "concat" else [value] if signals.is_signal(value) else values)
    )
    made = signals.signal(Op(kind=kind, name=name.rpartition(".")[2], inputs=inputs, site=call.site))
    if kind in SHAPED and kind != "view" and isinstance(value, Tensor):
        made.shape, made.attrs = value.shape, dict(value.attrs)
    if name.endswith(".flatten") and isinstance(value, Tensor) and value.shape:
        made.shape = (value.shape[0], product(value.shape[1:]))
    chosen = {**given_by_scope(call, name), **call.kwargs}.get("activation_fn")
    if kind == "norm" and chosen is not None:
        return activate(chosen, made, call)
    several = name.endswith(("nn.moments", "fused_batch_norm"))
    return (made, *(Unknown("statistics") for _ in range(2 if "fused" in name else 1))) if several else made


def _loss(call: Call) -> Any:
    """A loss ends the forward pass: what it is given leaves the model."""
    found = signals.sources([*call.args, *call.kwargs.values()])
    if found:
        signals.signal(Op(kind="output", inputs=found, site=call.site))
    return Unknown("a loss")


def _opaque(name: str, call: Call) -> Any:
    found = signals.sources([*call.args, *call.kwargs.values()])
    return signals.signal(Op(kind="opaque", name=name, inputs=found, site=call.site)) if found else Unknown(f"{name}() is not followed")


def _constant(call: Call) -> Any:
    """``tf.constant(value, dtype, shape)``."""
    value, shape = alike(call.get(0, "value")), call.get(2, "shape")
    if is_number(value) and shape is not None:
        sizes = elements_of(call.interp, shape)
        made = tensors.from_data(value)
        return tensors.new_tensor(tuple(sizes) if sizes is not None and all(map(is_number, sizes)) else None, made.storage.distribution)
    return value if isinstance(value, Tensor) else tensors.from_data(value)


def _branches(call: Call) -> Any:
    """``tf.cond(pred, true_fn, false_fn)``."""
    functions = [call.get(1, "true_fn", call.kwargs.get("fn1")), call.get(2, "false_fn", call.kwargs.get("fn2"))]
    values = call.interp.heap.explore([partial(call.interp.call, function, [], {}, call.frame, call.node) for function in functions])
    found = signals.sources(values)
    return signals.signal(Op(kind="choice", inputs=found, site=call.site)) if found else Unknown("a branch of the graph")


def _repeat(call: Call) -> Any:
    """``slim.repeat(inputs, times, layer, *args)``: once for each, as far as the number is known."""
    value, times, layer = call.get(0, "inputs"), call.get(1, "repetitions"), call.get(2, "layer")
    for _ in range(times if isinstance(times, int) and times < 32 else 1):
        value = call.interp.call(layer, [value, *call.args[3:]], {k: v for k, v in call.kwargs.items() if k != "scope"}, call.frame, call.node)
    return value


def _stack(call: Call) -> Any:
    """``slim.stack(inputs, layer, [args, …])``."""
    value, layer = call.get(0, "inputs"), call.get(1, "layer")
    for one in elements_of(call.interp, call.get(2, "stack_args")) or []:
        value = call.interp.call(layer, [value, *(one if isinstance(one, (tuple, list)) else (one,))], dict(call.kwargs), call.frame, call.node)
    return value


SPECIAL: dict[str, Callable[[Call], Any]] = {
    "tensorflow.constant": _constant, "tensorflow.convert_to_tensor": _constant, "tensorflow.cond": _branches,
    f"{CONTRIB}repeat": _repeat, f"{CONTRIB}stack": _stack,
}  # fmt: skip
