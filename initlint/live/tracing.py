"""One forward pass of a real model: what each tensor went through are the operations of its graph.

Layers that the tables describe are one operation each, whatever torch does inside; everything else is followed
function by function. Which function is which operation is decided where the static front-end decides it.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch.nn.modules import module as hooks
from torch.overrides import TorchFunctionMode, resolve_name
from torch.utils.weak import WeakIdKeyDictionary

from initlint.adapters.torch import signals
from initlint.adapters.torch.tracing import collect
from initlint.findings import Site
from initlint.graph import Layer, ModelGraph, Op, Parameter
from initlint.interpreter.values import Storage, Tensor
from initlint.live import arithmetic, frames, layers
from initlint.overlays.spec import LayerSpec
from initlint.overlays.torch_functions import ACTIVATION_MODULES, ROLE_KIND, named
from initlint.overlays.torch_init import FACTORIES
from initlint.overlays.torch_layers.table import MODULE

TENSOR, ATTRIBUTE = "torch.Tensor.", ".__get__"
FOLLOWED = frozenset({"other", "container", "loss"})
"""Roles of layers whose own forward pass says more than the table."""
OPERATORS = {
    "__add__": "+", "__radd__": "+", "__iadd__": "+", "add": "+", "__sub__": "-", "__rsub__": "-", "__isub__": "-", "__mul__": "*", "__rmul__": "*",
    "__imul__": "*", "mul": "*", "__truediv__": "/", "__rtruediv__": "/", "__itruediv__": "/", "div": "/", "__matmul__": "@", "__rmatmul__": "@",
    "__pow__": "**", "__rpow__": "**", "__floordiv__": "//", "__mod__": "%",
}  # fmt: skip
REFLECTED = ("__radd__", "__rsub__", "__rmul__", "__rtruediv__", "__rmatmul__", "__rpow__")


class _Call(arithmetic.Arguments):
    """A call as the static front-end's classification takes it."""

    def __init__(self, args: list[Any], kwargs: dict[str, Any], site: Site | None) -> None:
        super().__init__(args, kwargs)
        self.site = site


@dataclass(slots=True)
class _Trace:
    """The state of one forward pass."""

    table: dict[int, Layer]
    owners: dict[int, Parameter]
    ops: Any = field(default_factory=WeakIdKeyDictionary)
    """The operation that made each tensor."""
    constants: dict[int, Tensor] = field(default_factory=dict)
    """Stand-ins for parameters."""
    known: dict[int, Parameter] = field(default_factory=dict)
    """Graph parameters by the identity of their stand-in and of its storage."""
    entered: list[Any] = field(default_factory=list)
    """Table layers whose forward pass is running; inside the first nothing is followed."""
    started: list[Op] = field(default_factory=list)

    def given(self, value: Any) -> Any:
        """A real argument as the static front-end would hold it."""
        if isinstance(value, torch.Tensor):
            return Tensor(Storage(None), None, op=self.ops[value]) if value in self.ops else self._constant(value)
        if isinstance(value, (list, tuple)):
            return [self.given(one) for one in value]
        if isinstance(value, dict):
            return {key: self.given(one) for key, one in value.items()}
        return value

    def _constant(self, tensor: Any) -> Tensor:
        """A parameter, a view of one, or other values that the pass did not compute."""
        base = tensor._base if tensor._is_view() else None
        parameter = tensor if id(tensor) in self.owners else base
        if parameter is None or id(parameter) not in self.owners:
            return Tensor(Storage(None), None)
        whole = self.constants.get(id(parameter))
        if whole is None:
            whole = self.constants[id(parameter)] = Tensor(Storage(None), None)
            self.known[id(whole)] = self.known[id(whole.storage)] = self.owners[id(parameter)]
        if parameter is tensor:
            return whole
        return replace(whole, whole=tensor.numel() == parameter.numel(), transposed=_is_transposed(tensor))

    def produced(self, result: Any, op: Op) -> None:
        """Say that every tensor in ``result`` came out of ``op``."""
        for tensor in tensors(result):
            self.ops[tensor] = op

    def sources(self, values: Any) -> list[Op]:
        """The operations behind the tensors among ``values``."""
        return list(dict.fromkeys(self.ops[tensor] for tensor in tensors(values) if tensor in self.ops))


def trace(graph: ModelGraph, model: Any, table: dict[int, Layer], owners: dict[int, Parameter], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Run ``model`` on its inputs and enter into ``graph`` what it does; the answer is what it returned.

    An exception of the forward pass is the caller's; ``graph`` is then as before.
    """
    state = _Trace(table, owners)
    for name, value in [*zip(_names(model, len(args)), args, strict=True), *kwargs.items()]:
        for tensor in tensors(value):
            state.started.append(Op(kind="input", name=name))
            state.ops[tensor] = state.started[-1]
    try:
        with _layers_seen(state), _Functions(state):
            result = model(*args, **kwargs)
    except BaseException:
        for layer in table.values():
            layer.calls.clear()
        raise
    ends = state.sources(result)
    if ends:
        signals.signal(Op(kind="output", inputs=ends))
    graph.ops = collect([*state.started, *(op for layer in table.values() for op in layer.calls)])
    graph.forward_reason = "" if ends else "its result is not a tensor that was followed"
    return result


def _names(model: Any, count: int) -> list[str]:
    """What the forward pass calls its first ``count`` arguments."""
    try:
        names = list(inspect.signature(model.forward).parameters)
    except (TypeError, ValueError):
        names = []
    return [names[number] if number < len(names) else f"input_{number}" for number in range(count)]


def tensors(value: Any) -> Iterator[Any]:
    """Every tensor in nested containers and in the attributes of plain results."""
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from tensors(one)
    elif isinstance(value, (list, tuple, set, frozenset)):
        for one in value:
            yield from tensors(one)
    elif hasattr(value, "__dataclass_fields__"):
        yield from tensors(vars(value) if hasattr(value, "__dict__") else ())


@contextmanager
def _layers_seen(state: _Trace) -> Iterator[None]:
    """Notice when a layer of the tables runs, by hooks that hold for every module while the block lasts."""

    def before(module: Any, args: Any) -> None:
        if _table_layer(module, state) is not None:
            state.entered.append(module)

    def after(module: Any, args: Any, kwargs: Any, result: Any) -> None:
        spec = _table_layer(module, state)
        if spec is None or not state.entered or state.entered[-1] is not module:
            return
        state.entered.pop()
        if not state.entered:
            _apply(state, module, spec, (*args, *kwargs.values()), result)

    handles = [
        hooks.register_module_forward_pre_hook(before),
        hooks.register_module_forward_hook(after, with_kwargs=True, always_call=False),
    ]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _table_layer(module: Any, state: _Trace) -> LayerSpec | None:
    """The entry of a layer that torch itself implements; None for what is followed function by function."""
    spec = layers.spec_of(type(module))
    if spec is None or spec.name == MODULE or spec.role in FOLLOWED or id(module) not in state.table:
        return None
    return spec if type(module).forward.__module__.startswith("torch.nn.") else None


def _apply(state: _Trace, module: Any, spec: LayerSpec, values: tuple[Any, ...], result: Any) -> None:
    """Enter the use of a table layer."""
    layer, short = state.table[id(module)], spec.name.rpartition(".")[2]
    kind: str = "embedding" if spec.role == "embedding" else ROLE_KIND[spec.role]
    op = Op(kind=kind, name=short, layer=layer, site=_site())
    op.inputs = state.sources(values[:1] if kind in ("layer", "norm", "activation") else values)
    if spec.name in ACTIVATION_MODULES:
        what = ACTIVATION_MODULES[spec.name]
        argument = layer.arguments.get(what.parameter, what.default) if what.parameter else None
        op.name, op.detail = named(what, argument), {"parameter": argument if isinstance(argument, (int, float)) else None}
    if kind != "activation" and not op.inputs and kind not in ("layer", "embedding"):
        return
    layer.calls.append(op)
    signals.signal(op)
    state.produced(result, op)


class _Functions(TorchFunctionMode):
    """Follows the functions and methods of torch that the model's own code calls."""

    def __init__(self, state: _Trace) -> None:
        super().__init__()
        self.state = state

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        result = func(*args, **kwargs)
        if self.state.entered:
            return result
        rows = list(result) if func is torch.Tensor.__iter__ else None
        self._follow(func, args, kwargs, rows if rows is not None else result)
        return iter(rows) if rows is not None else result

    def _follow(self, func: Any, args: Any, kwargs: dict[str, Any], result: Any) -> None:
        state, name = self.state, _name(func)
        if name == "torch.Tensor.__setitem__":
            self._overwrite(args)
            return
        found = state.sources([args, kwargs])
        made = list(tensors(result))
        if not found or not made or (name in FACTORIES and not name.endswith("_like")):
            return
        call = _Call([state.given(value) for value in args], {key: state.given(value) for key, value in kwargs.items()}, _site())
        state.produced(made, _classified(name, call, state, found))

    def _overwrite(self, args: Any) -> None:
        target, *_, value = args
        found = self.state.sources([target, value])
        if found and self.state.sources([value]):
            self.state.ops[target] = signals.signal(Op(kind="choice", inputs=found)).op


def _classified(name: str, call: _Call, state: _Trace, found: list[Op]) -> Op:
    """The operation a call stands for, by the rules of the static front-end."""
    owners: dict[int, Any] = state.known
    bare = name.removeprefix(TENSOR)
    if bare in ("__getitem__", "__iter__"):
        return _op(signals.signal(Op(kind="view", name="[]" if bare == "__getitem__" else "rows", inputs=found[:1], site=call.site)))
    if name.startswith(TENSOR) and bare.endswith(ATTRIBUTE):
        return _op(signals.signal(Op(kind="view", name=bare.removesuffix(ATTRIBUTE), inputs=found, site=call.site)))
    if name.startswith(TENSOR):
        if bare in OPERATORS and len(call.args) == 2:
            left, right = call.args if bare not in REFLECTED else call.args[::-1]
            return _op(signals.arithmetic(OPERATORS[bare], left, right, call.site, owners))
        return _op(signals.method(bare, call, owners))  # type: ignore[arg-type]
    made = signals.function(name, call, owners)  # type: ignore[arg-type]
    return _op(made if made is not None else signals.signal(Op(kind="opaque", name=name, inputs=found, site=call.site)))


def _op(made: Any) -> Op:
    op = made[0].op if isinstance(made, tuple) else made.op
    assert isinstance(op, Op)
    return op


def _name(func: Any) -> str:
    """The dotted name of a function or method, as the tables spell it."""
    name = resolve_name(func)
    if not name:
        name = f"{getattr(func, '__module__', '') or 'torch'}.{getattr(func, '__name__', '')}"
    return str(name).replace("torch.functional.", "torch.", 1)


def _is_transposed(tensor: Any) -> bool:
    strides = tensor.stride()
    return len(strides) > 1 and strides[-2] == 1 and strides[-1] != 1


def _site() -> Site | None:
    users = frames.stack().users
    return frames.site(users[0]) if users else None
