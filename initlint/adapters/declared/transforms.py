"""Transformations of JAX in a forward pass: functions that are mapped, repeated or chosen run once, on the signals that they are given.

What they make of arrays that are not signals (layers drawn by a mapped constructor, parameters with an axis more) is not followed.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from initlint.adapters.torch import signals
from initlint.graph import Op
from initlint.interpreter.values import ABSENT, Builtin, Class, Tensor, Unknown, join

if TYPE_CHECKING:
    from initlint.interpreter.calls import Call

SAME = (
    "jax.jit", "jax.checkpoint", "jax.remat", "jax.named_call", "equinox.filter_jit", "equinox.filter_checkpoint", "haiku.jit", "haiku.remat", "flax.nnx.jit",
    "flax.nnx.remat",
)  # fmt: skip
"""Of a function they make one with the same values."""
MAPS = ("jax.vmap", "jax.pmap", "equinox.filter_vmap", "equinox.filter_pmap", "haiku.vmap")
"""They add an axis to what a function takes and returns."""
FORI, WHILE = 2, 1
"""Where the loops take their body."""


def same(call: Call) -> Any:
    """``jax.jit(f)``."""
    return call.args[0] if call.args else ABSENT


def lifted(call: Call, *, prefix: str) -> Any:
    """``flax.linen.remat(Block)``: a class like it under a name of its own, ``CheckpointBlock``, by which its objects are called."""
    given = call.args[0] if call.args else None
    if not isinstance(given, Class):
        return ABSENT
    made = Class(f"{prefix}{given.name.rpartition('.')[2]}", [given], {})
    made.follow([made, *given.mro])
    return made


def mapped(call: Call) -> Any:
    """``jax.vmap(f)``; its call with a parameter among the arguments may map over that."""
    if not call.args:
        return ABSENT
    function = call.args[0]

    def run(inner: Call) -> Any:
        given = [*inner.args, *inner.kwargs.values()]
        if not signals.sources(given):
            return Unknown("what a mapped function makes is not followed")
        if any(isinstance(one, Tensor) and one.op is None for one in given):
            return signals.opaque(inner, "vmap")
        return inner.interp.call(function, inner.args, inner.kwargs, inner.frame, inner.node)

    return Builtin("jax.vmap()", run)


def scan(call: Call) -> Any:
    """``jax.lax.scan(f, init, xs)``: one step, from a state that is a signal like any other; the answer is that of ``f``, (state, output)."""
    function, init, xs = call.get(0, "f"), call.get(1, "init"), call.get(2, "xs")
    if not signals.sources([init, xs]):
        return ABSENT
    made = call.interp.call(function, [_carried(init), xs], {}, call.frame, call.node)
    return made if isinstance(made, tuple) and len(made) == 2 else signals.opaque(call, "scan")


def mapped_over(call: Call) -> Any:
    """``jax.lax.map(f, xs)``."""
    xs = call.get(1, "xs")
    return call.interp.call(call.get(0, "f"), [xs], {}, call.frame, call.node) if signals.sources([xs]) else ABSENT


def repeated(call: Call, *, body: int) -> Any:
    """``jax.lax.fori_loop(lower, upper, body, state)`` and ``jax.lax.while_loop(condition, body, state)``: one round."""
    state = call.get(body + 1, "init_val")
    if not signals.sources([state]):
        return ABSENT
    number = [Unknown("the number of a round")] if body == FORI else []
    return call.interp.call(call.get(body, "body_fun"), [*number, _carried(state)], {}, call.frame, call.node)


def chosen(call: Call) -> Any:
    """``jax.lax.cond(test, f, g, *operands)`` and ``jax.lax.switch(index, functions, *operands)``."""
    several = isinstance(call.args[1], (list, tuple)) if len(call.args) > 1 else False
    functions, operands = (list(call.args[1]), call.args[2:]) if several else (call.args[1:3], call.args[3:])
    if not signals.sources([*operands]):
        return ABSENT
    return join([call.interp.call(function, operands, {}, call.frame, call.node) for function in functions])


def _carried(value: Any) -> Any:
    """The state of a loop, its arrays as what an earlier round has made of them."""
    if isinstance(value, Tensor) and value.op is None and not value.parameter:
        return signals.signal(Op(kind="input", name="state"))
    if isinstance(value, (list, tuple)):
        return type(value)(map(_carried, value))
    return {key: _carried(one) for key, one in value.items()} if isinstance(value, dict) else value


FUNCTIONS: dict[str, Callable[[Call], Any]] = {
    **dict.fromkeys(SAME, same),
    **dict.fromkeys(MAPS, mapped),
    **dict.fromkeys(("flax.linen.remat", "flax.linen.checkpoint"), partial(lifted, prefix="Checkpoint")),
    "flax.linen.jit": partial(lifted, prefix="Jit"),
    **dict.fromkeys(("jax.lax.scan", "haiku.scan"), scan),
    "jax.lax.map": mapped_over,
    **dict.fromkeys(("jax.lax.fori_loop", "haiku.fori_loop"), partial(repeated, body=FORI)),
    **dict.fromkeys(("jax.lax.while_loop", "haiku.while_loop"), partial(repeated, body=WHILE)),
    **dict.fromkeys(("jax.lax.cond", "jax.lax.switch", "haiku.cond", "haiku.switch"), chosen),
}  # fmt: skip
