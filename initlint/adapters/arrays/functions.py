"""Calls of NumPy: draws and factories before the forward pass, operations of the graph in it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Optional

from initlint.adapters.arrays import formulas, shapes
from initlint.adapters.declared import sources
from initlint.adapters.torch import factories, signals
from initlint.adapters.torch.binding import parse
from initlint.graph import Op
from initlint.interpreter.values import ABSENT, External, Storage, Tensor, Unknown, is_number
from initlint.overlays.array_functions import FACTORIES, GENERATORS, canonical

if TYPE_CHECKING:
    from initlint.adapters.torch.adapter import TorchFramework
    from initlint.interpreter.calls import Call

PRODUCTS = ("numpy.dot", "numpy.matmul", "numpy.inner")
QUESTIONS = ("numpy.ndim", "numpy.shape", "numpy.size", "numpy.int_shape")
LIBRARIES = ("numpy.", "scipy.", "jax.")


def call(framework: TorchFramework, dotted: str, call: Call) -> Any:
    """The value of a call of a NumPy name, or ABSENT where nothing is known about it."""
    name = canonical(dotted)
    if name in GENERATORS:
        return External(GENERATORS[name])
    found = signals.sources([*call.args, *call.kwargs.values()])
    if found:
        return _on_signals(framework, name, call, found)
    if name in FACTORIES:
        made = _make(call, name)
        key = call.get(0, "key")
        if name.startswith("jax.random.") and isinstance(made, Tensor) and sources.is_key(key):
            sources.repeated(framework, key, made, call.site)
        return made
    return ABSENT


def _on_signals(framework: TorchFramework, name: str, call: Call, found: list[Op]) -> Any:
    activation = formulas.of_function(name, call.args, call.kwargs, call.site)
    if activation is not None:
        return Tensor(Storage(None), _shape(call), op=activation)
    if name in QUESTIONS:
        return _answer(name, call.args[0] if call.args else None)
    if name == "numpy.tensordot" and _joins_first_axis(call.get(2, "axes")):
        return signals.arithmetic("@", call.get(0, "a"), call.get(1, "b"), call.site, framework.owners)
    if name in PRODUCTS and len(call.args) == 2:
        return signals.arithmetic("@", call.args[0], call.args[1], call.site, framework.owners)
    made = signals.function(name, call, framework.owners)
    if isinstance(made, Tensor) and made.shape is None:
        made.shape = shapes.shape_of(name.rpartition(".")[2], call)
    if made is None and name.startswith(LIBRARIES):
        made = signals.signal(Op(kind="opaque", name=name, inputs=found, site=call.site))
    return made if made is not None else ABSENT


def is_generator(name: str, cls: str) -> Optional[bool]:
    """Whether the value called ``name`` is one of the class ``cls``, where it is a generator of random numbers."""
    made = {"numpy.random.mtrand._rand": "numpy.random.RandomState"}.get(name, name)
    return cls == made if made in GENERATORS.values() else None


def _answer(name: str, value: Any) -> Any:
    """A question about the shape of a signal, which does nothing to it."""
    shape = value.shape if isinstance(value, Tensor) else None
    if shape is None or name == "numpy.size":
        return Unknown("the shape of a signal")
    return len(shape) if name == "numpy.ndim" else shape


def _joins_first_axis(axes: Any) -> bool:
    """Whether ``tensordot(x, w, axes)`` is ``x @ w``: the last axis of one against the first of the other."""
    if axes == 1 and not isinstance(axes, bool):
        return True
    return isinstance(axes, (tuple, list)) and len(axes) == 2 and axes[1] in (0, [0], (0,))


def _shape(call: Call) -> Any:
    return next((v.shape for v in call.args if isinstance(v, Tensor) and v.op is not None), None)


def _make(call: Call, name: str) -> Any:
    """A new array; a draw of no size is one number."""
    entry = FACTORIES[name]
    position = next((index for index, (name_, kind, _) in enumerate(parse(entry.signature)) if name_ == "size" and kind == "either"), None)
    args = [(v,) if index == position and is_number(v) else v for index, v in enumerate(call.args)]
    kwargs = {("size" if k == "shape" else k): v for k, v in call.kwargs.items()}
    if is_number(kwargs.get("size")):
        kwargs["size"] = (kwargs["size"],)
    made = factories.make(replace(call, args=args, kwargs=kwargs), name, entry)
    if made.shape == () or ("random" in name and not call.args and "size" not in call.kwargs):
        return Unknown("one number drawn at random")
    return made
