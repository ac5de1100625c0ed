"""The forward pass: signals in, operations of the graph out."""

from __future__ import annotations

from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING, Any, Optional

from initlint.adapters.arrays import formulas
from initlint.adapters.torch.matrices import (
    ROWS,
    argument_fans,
    by_rows,
    described,
    einsum_fans,
    made_of,
    multiplied,
    operand_axes,
    parameter_of,
    product_fans,
    rows_as_matrices,
    shape_of,
)
from initlint.adapters.torch.shapes import function_shape, output_shape, weighted_shape
from initlint.adapters.torch.views import chosen
from initlint.findings import Site
from initlint.graph import Layer, Op
from initlint.interpreter.heap import possible
from initlint.interpreter.values import Function, Instance, Method, OneOf, Repeat, Storage, TargetRaise, Tensor, Unknown, is_number
from initlint.overlays import array_functions
from initlint.overlays.spec import Nonlinearity
from initlint.overlays.torch_functions import (
    ACTIVATION_FUNCTIONS,
    ACTIVATION_METHODS,
    ACTIVATION_MODULES,
    PAIRS,
    ROLE_KIND,
    SIGNAL_FUNCTIONS,
    SIGNAL_METHODS,
    SPLITS,
    WEIGHTS,
    named,
)

if TYPE_CHECKING:
    from initlint.interpreter.calls import Call

FUNCTIONS = {**SIGNAL_FUNCTIONS, **array_functions.SIGNAL_FUNCTIONS}
METHODS = {**array_functions.SIGNAL_METHODS, **SIGNAL_METHODS}
ACTIVATIONS = {**ACTIVATION_FUNCTIONS, **array_functions.ACTIVATIONS}
AGGREGATIONS: dict[str, str] = {
    **dict.fromkeys(("segment_sum", "unsorted_segment_sum", "scatter_add", "scatter_sum", "segment_sum_csr"), "reduce"),
    **dict.fromkeys(("segment_mean", "segment_max", "unsorted_segment_mean", "scatter_mean", "scatter_max"), "pool"),
}
"""What libraries for graphs call the sum or mean over the neighbours of a node, wherever they define it."""
BINARY = {
    "+": "add", "-": "sub", "*": "mul", "/": "div", "@": "matmul", "**": "elementwise", "//": "elementwise", "%": "elementwise",
    "&": "elementwise", "|": "elementwise", "^": "elementwise",
}  # fmt: skip
WEIGHT_KINDS = {
    "linear_function": "layer", "conv_function": "layer", "conv_transpose_function": "layer", "bilinear_function": "layer", "embedding_function": "embedding",
}  # fmt: skip
BIASED = ("linear", "conv", "conv_transpose", "bilinear")
"""Layers written as functions that take a bias behind the weight."""
MESSAGES = ("update_all", "apply_edges", "apply_nodes", "send_and_recv", "group_apply_edges", "push", "pull", "prop_nodes", "prop_edges")
"""Methods of graphs that run functions of the caller on their edges and nodes."""
LONG = 512
"""Entries of a list that are looked at: one that holds more is a table of numbers, or all of a kind."""
LOOKUPS = ("index_select", "gather", "take_along_dim")
"""Views that look up rows of a table where only the index is a signal."""


def signal(op: Op) -> Tensor:
    """The tensor that comes out of ``op``, whose inputs learn of it."""
    for source in op.inputs:
        source.outputs.append(op)
    return Tensor(Storage(None), None, op=op)


def opaque(call: Call, name: str = "") -> Tensor:
    """What a call that is not followed makes of the signals that it is given."""
    return signal(Op(kind="opaque", name=name, inputs=sources([*call.args, *call.kwargs.values()]), site=call.site))


def is_signal(value: Any) -> bool:
    """Whether ``value`` is computed by the forward pass."""
    return isinstance(value, Tensor) and value.op is not None


def sources(values: Any) -> list[Op]:
    """Operations behind every signal among ``values``, containers looked into."""
    found: list[Op] = []
    for value in values:
        if isinstance(value, Tensor):
            if value.op is not None:
                found.append(value.op)
        elif isinstance(value, (list, tuple)):
            found += sources(value if len(value) <= LONG else (*value[: LONG // 2], *value[-LONG // 2 :]))
        elif isinstance(value, dict):
            found += sources(islice(value.values(), LONG))
        elif isinstance(value, OneOf):
            found += sources(possible(value))
        elif isinstance(value, Repeat):
            found += sources((value.value,))
    return found


def presumed(values: list[Any], owners: dict[int, Any]) -> list[Any]:
    """Factors of a product in the forward pass: what nobody knows is a signal beside a parameter, come by ways that were not followed."""
    if not any(isinstance(v, Unknown) for v in values) or not any(isinstance(v, Tensor) and v.op is None and made_of(v, owners) for v in values):
        return values
    return [signal(Op(kind="opaque", name="?")) if isinstance(v, Unknown) else v for v in values]


def constant_op(tensor: Tensor, owners: dict[int, Any]) -> Op:
    """A parameter or buffer that enters the signal path."""
    return Op(kind="const", parameter=owners.get(id(tensor)))


def operands(values: list[Any], owners: dict[int, Any]) -> list[Op]:
    """Inputs of an arithmetic operation: signals and tensors that are not."""
    result: list[Op] = []
    for value in values:
        if isinstance(value, Tensor):
            result.append(value.op if value.op is not None else constant_op(value, owners))
        elif isinstance(value, OneOf):
            result += sources([value])
    return result


def arithmetic(op: str, left: Any, right: Any, site: Optional[Site], owners: dict[int, Any]) -> Tensor:
    """``left op right`` with at least one signal."""
    written_out = formulas.of_operator(op, left, right, site)
    if written_out is not None:
        return Tensor(Storage(None), next((v.shape for v in (left, right) if is_signal(v)), None), op=written_out)
    kind = BINARY.get(op, "opaque")
    detail: dict[str, Any] = {}
    parameter = None
    for value in (left, right):
        if is_number(value):
            detail["factor" if kind in ("mul", "div") else "value"] = value
    if op == "@":
        weight = next((v for v in (right, left) if isinstance(v, Tensor) and v.op is None), None)
        if weight is not None:
            parameter = multiplied(weight, owners)
            detail |= described(weight, owners, product_fans(shape_of(weight), left=weight is left))
            if weight is left:  # W @ x has the outputs first, as x @ W.T
                detail |= {"left": True, "transposed": not weight.transposed}
        else:
            detail = by_rows(left, right)
        inputs = sources([left, right])
    else:
        inputs = operands([v for v in (left, right) if not formulas.is_mask(v)], owners)
    made = signal(Op(kind=kind, name=op, detail=detail, inputs=inputs, parameter=parameter, site=site))
    if op == "@" and isinstance(right, Tensor) and right.op is None and right.shape is not None and len(right.shape) > 1:
        made.attrs = {"#width": right.shape[-1]}
    if op != "@":
        made.attrs = next((dict(v.attrs) for v in (left, right) if is_signal(v) and v.attrs), {})
        made.shape = next((v.shape for v in (left, right) if is_signal(v) and v.shape is not None), None)
    return made


def function(name: str, call: Call, owners: dict[int, Any]) -> Optional[Any]:
    """``torch.relu(x)``, ``F.linear(x, w)`` … with a signal among the arguments; None where the tables have no word for it."""
    kind: Optional[str] = FUNCTIONS.get(name) or AGGREGATIONS.get(name.rpartition(".")[2])
    if kind is None:
        return None
    values = [*call.args, *call.kwargs.values()]
    if kind == "activation":
        return activate(ACTIVATIONS[name], call, call.args[:1] or values[:1], call.args[1:])
    if name in WEIGHTS:
        weighted = _weighted(name, kind, call, owners)
        if weighted is not None:
            return weighted
    short = name.rpartition(".")[2]
    if short == "index_select" and (maps := chosen(call)) is not None:
        return maps
    if short in LOOKUPS and not is_signal(call.get(0, "input")):
        kind = "embedding"
    if short == "einsum":
        return _einsum(call, owners)
    inputs = operands(values, owners) if kind in ("add", "sub", "mul", "div") else sources(values)
    if kind == "concat" and len(inputs) == 1:
        kind = "view"  # the steps of one signal, joined again
    made = signal(Op(kind=kind, name=short, detail=_detail(kind, short, call), inputs=inputs, site=call.site))
    made.shape = function_shape(short, kind, call.args)
    return _several(short, made, call, 1)


def _detail(kind: str, name: str, call: Call) -> dict[str, Any]:
    """What a pooling function slides over its input; whether attention looks back only."""
    if kind == "attention":
        return {"is_causal": call.get(5, "is_causal") is True}
    if kind != "pool":
        return {}
    places = ("output_size",) if "adaptive" in name else ("kernel_size", "stride", "padding")
    found = {place: call.get(number, place) for number, place in enumerate(places, start=1)}
    return {place: value for place, value in found.items() if is_number(value) or (isinstance(value, (tuple, list)) and all(map(is_number, value)))}


def _weighted(name: str, kind: str, call: Call, owners: dict[int, Any]) -> Optional[Tensor]:
    """A layer written as a function, with its weight as an argument."""
    argument = WEIGHTS[name]
    weight = call.get(argument.position, argument.keyword)
    x = call.get(argument.signal, "input")
    if argument.role == "matmul" and (is_signal(x) != is_signal(weight) or by_rows(x, weight)) and isinstance(x, Tensor) and isinstance(weight, Tensor):
        return arithmetic("@", x, weight, call.site, owners)
    if isinstance(weight, Tensor) and weight.op is None:
        parameter = parameter_of(weight, owners)
        layer = parameter.layer if parameter is not None else None
        op = Op(kind=WEIGHT_KINDS.get(kind, "matmul"), name=argument.role, inputs=sources([x]), parameter=parameter, site=call.site)
        op.detail |= described(weight, owners, argument_fans(argument.role, shape_of(weight)))
        bias = call.get(argument.position + 1, "bias") if argument.role in BIASED else None
        if isinstance(bias, Tensor) and bias.op is None and (added := parameter_of(bias, owners)):
            op.detail["bias"] = added
        if layer is not None and layer.kind and parameter is not None and parameter.role == "weight" and op.kind == "layer":
            op.layer, op.name = layer, layer.kind
            layer.calls.append(op)
        made = signal(op)
        made.shape = weighted_shape(argument.role, x, weight, call)
        return made
    return None


def _einsum(call: Call, owners: dict[int, Any]) -> Tensor:
    values = [v for v in call.args if not isinstance(v, str)]
    tensors = [t for v in values for t in (v if isinstance(v, (list, tuple)) else [v]) if isinstance(t, Tensor)]
    places = [place for place, t in enumerate(tensors) if t.op is None]
    equation = next((v for v in call.args if isinstance(v, str)), "")
    detail: dict[str, Any] = {"equation": equation}
    parameter = None
    if len(places) == 1:
        weight = tensors[places[0]]
        axes = len(operand_axes(equation, places[0]))
        detail |= described(weight, owners, einsum_fans(equation, places[0], shape_of(weight, axes)))
        parameter = multiplied(weight, owners) if len(tensors) == 2 else None
        if parameter is None and (known := parameter_of(weight, owners)):
            detail["of"] = (known,)
    return signal(Op(kind="matmul", name="einsum", detail=detail, inputs=sources(values), parameter=parameter, site=call.site))


def _several(short: str, made: Tensor, call: Call, first: int) -> Any:
    """Functions that return more than one tensor."""
    if short in SPLITS:
        return made
    if short in PAIRS and (len(call.args) > first or "dim" in call.kwargs) and not any(is_signal(a) for a in call.args[first:]):
        return (made, made)
    return made


def method(name: str, call: Call, owners: dict[int, Any]) -> Any:
    """``x.relu()``, ``x.view(…)`` …; the signal is the first argument."""
    if name in ACTIVATION_METHODS:
        return activate(ACTIVATION_METHODS[name], call, call.args[:1], call.args[1:])
    kind = "embedding" if name in LOOKUPS and not is_signal(call.args[0]) else METHODS.get(name, "opaque")
    values = [*call.args, *call.kwargs.values()]
    if name in ("matmul", "mm", "bmm", "dot", "__matmul__") and len(values) > 1:
        return arithmetic("@", values[0], values[1], call.site, owners)
    inputs = operands(values, owners) if kind in ("add", "sub", "mul", "div") else sources(values)
    if name in MESSAGES and kind == "opaque":
        inputs += sources([message(value, inputs, call) for value in values if isinstance(value, (Function, Method))])
    detail = {"factor": values[1]} if kind in ("mul", "div") and len(values) > 1 and is_number(values[1]) else {}
    made = signal(Op(kind=kind, name=name, detail=detail, inputs=inputs, site=call.site))
    made.shape = function_shape(name, kind, call.args)
    if name in ("view", "reshape") and ROWS in call.args[0].attrs:
        made.attrs = rows_as_matrices(call.args[0], call.args[1:])
    return _several(name, made, call, 1)


def message(function: Function | Method, inputs: list[Op], call: Call) -> Any:
    """What a function returns that a graph runs on its edges or nodes, of which each has features under names."""
    features = signal(Op(kind="opaque", name="features", inputs=list(inputs), site=call.site))
    features.attrs = dict.fromkeys(("src", "dst", "data", "mailbox"), features)
    bound = 1 if isinstance(function, Method) else 0
    code = function.function if isinstance(function, Method) else function
    if not isinstance(code, Function) or sum(param.default is None for param in code.node.params[bound:]) != 1:
        return None
    with suppress(TargetRaise):
        return call.interp.call(function, [features], {}, call.frame, call.node)
    return None


def activate(what: Nonlinearity, call: Call, inputs: list[Any], rest: list[Any]) -> Tensor:
    """An activation applied as a function; ``rest`` are the arguments behind the input."""
    argument = what.default
    if what.parameter is not None:
        value = call.kwargs.get(what.parameter, rest[what.position] if what.position is not None and what.position < len(rest) else argument)
        argument = value if is_number(value) or isinstance(value, str) else what.default
    made = signal(Op(kind="activation", name=named(what, argument), detail={"parameter": _plain(argument)}, inputs=sources(inputs), site=call.site))
    if inputs and isinstance(inputs[0], Tensor):
        made.shape, made.attrs = inputs[0].shape, dict(inputs[0].attrs)
    return made


def _plain(value: Any) -> Any:
    return value if is_number(value) and not isinstance(value, bool) else None


def run_layer(layer: Layer, instance: Instance, role: str, name: str, call: Call) -> Any:
    """A table layer applied to its input."""
    values = [*call.args, *call.kwargs.values()]
    kind = ROLE_KIND.get(role, "opaque")  # type: ignore[call-overload]
    if role == "activation" and name in ACTIVATION_MODULES:
        made = signal(_activation_module(layer, instance, name, values, call))
        made.shape = output_shape(instance, role, values[0] if values else None)
        return made
    if name == "torch.nn.Identity":
        return call.args[0] if call.args else signal(Op(kind="view"))
    if role == "embedding":
        kind = "embedding"
    short = name.rpartition(".")[2]
    op = Op(kind=kind, name=short, layer=layer, inputs=sources(values[:1] if kind in ("layer", "norm") else values), site=call.site)
    layer.calls.append(op)
    made = signal(op)
    made.shape = output_shape(instance, role, values[0] if values else None)
    if role == "embedding" and "weight" in layer.parameters:
        made.attrs = {ROWS: layer.parameters["weight"]}
    if role == "attention":
        return (made, made)
    if role == "rnn" and not short.endswith("Cell"):
        return (made, (made, made) if short == "LSTM" else made)
    return (made, made) if short == "LSTMCell" else made


def _activation_module(layer: Layer, instance: Instance, name: str, values: list[Any], call: Call) -> Op:
    what = ACTIVATION_MODULES[name]
    argument = instance.attrs.get(what.parameter, what.default) if what.parameter else None
    op = Op(kind="activation", name=named(what, argument), detail={"parameter": _plain(argument)}, layer=layer, inputs=sources(values[:1]), site=call.site)
    layer.calls.append(op)
    return op
