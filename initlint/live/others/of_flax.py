"""Modules of Flax: linen, whose parameters are made from an input, and NNX, which makes them at once."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import CodeType, FrameType
from typing import Any, Optional

import flax
import flax.linen
import jax
import numpy as np
from jax.nn import initializers

from initlint.adapters.declared.drawing import Draw, drawn_by_name
from initlint.findings import Site
from initlint.live import frames
from initlint.live.others import shapes
from initlint.live.others.found import Found
from initlint.live.targets import TargetProblem, explain

LIBRARIES = ("jax.", "jaxlib.", "flax.")
PREFIX = "jax.nn.initializers."
STREAMS = ("params", "dropout")
NEEDS_INPUT = "linen makes its parameters from an input: give its shape, --input 2,28,28,1 with the channels last"


def _codes() -> dict[CodeType, str]:
    """The code of every initializer of JAX, with the name of what made it."""
    found: dict[CodeType, str] = {}
    for name, function in inspect.getmembers(initializers, inspect.isfunction):
        inner = [const for const in function.__code__.co_consts if isinstance(const, CodeType) and const.co_name == "init"]
        found |= dict.fromkeys(inner or [function.__code__], name)
    return found


class OfFlax:
    """Builds and reads modules of Flax."""

    def __init__(self, linen: bool) -> None:
        self.label = f"Flax {flax.__version__}, {'linen' if linen else 'nnx'}, on {jax.default_backend()}"
        self.linen = linen
        self.seed = 0
        self.made: dict[int, tuple[Any, Draw, Optional[Site]]] = {}
        """By the identity of each array that an initializer returned: itself, its law, and the user's line."""

    def names(self, seed: int) -> dict[str, Any]:
        """NNX takes its random numbers from ``rngs``, which a target may name."""
        if self.linen:
            return {}
        from flax import nnx

        return {"rngs": nnx.Rngs(seed)}

    @contextmanager
    def observed(self, seed: int) -> Iterator[None]:
        """Note what made each parameter."""
        self.seed = seed
        with self._declared() if self.linen else self._returned():
            yield

    @contextmanager
    def _declared(self) -> Iterator[None]:
        """Linen hands initializers to one method."""
        codes, plain = _codes(), flax.linen.Module.param

        def param(module: Any, name: str, init: Any, *args: Any, **kwargs: Any) -> Any:
            value = plain(module, name, init, *args, **kwargs)
            code = getattr(init, "__code__", None)
            known = codes.get(code) if isinstance(code, CodeType) else None
            if known is not None and args:
                draw = drawn_by_name(PREFIX + known, inspect.getclosurevars(init).nonlocals, tuple(args[0]))
                self.made[id(value)] = (value, draw, _user(sys._getframe(1)))
            return value

        flax.linen.Module.param = param
        try:
            yield
        finally:
            flax.linen.Module.param = plain

    @contextmanager
    def _returned(self) -> Iterator[None]:
        """NNX calls them itself: what each initializer of JAX returns."""
        codes, before = _codes(), sys.getprofile()

        def returned(frame: FrameType, event: str, value: Any) -> None:
            name = codes.get(frame.f_code) if event == "return" else None
            if name is not None and value is not None:
                draw = drawn_by_name(PREFIX + name, dict(frame.f_locals), tuple(frame.f_locals.get("shape", ())))
                self.made[id(value)] = (value, draw, _user(frame))

        sys.setprofile(returned)
        try:
            yield
        finally:
            sys.setprofile(before)

    def completed(self, value: Any, inputs: str | None) -> Any:
        """The parameters of a linen module on an input, the module itself of NNX."""
        if not self.linen:
            return value
        if inputs is None:
            raise TargetProblem(NEEDS_INPUT)
        args, kwargs = shapes.parse(inputs)
        try:
            variables = value.init({name: jax.random.key(2 * self.seed + number) for number, name in enumerate(STREAMS)}, *args, **kwargs)
        except Exception as error:
            raise TargetProblem(f"the module cannot be initialised on {inputs}: {explain(error)}") from None
        return variables.get("params", {})

    def parameters(self, model: Any) -> Iterator[Found]:
        """Parameters by path."""
        for path, value in self._leaves(model):
            _, draw, site = self.made.get(id(value), (None, None, None))
            values = np.asarray(value)
            yield Found(
                path=".".join(path[:-1]), role=path[-1], values=values.astype(np.float32) if values.dtype.itemsize < 4 else values,
                draw=draw, site=site,
            )  # fmt: skip

    def _leaves(self, model: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
        if self.linen:
            for path, value in flax.traverse_util.flatten_dict(flax.core.unfreeze(model)).items():
                yield path, getattr(value, "value", value)
            return
        from flax import nnx

        for path, variable in nnx.to_flat_state(nnx.state(model, nnx.Param)):
            yield tuple(map(str, path)), variable.get_value() if hasattr(variable, "get_value") else variable.value


def _user(frame: FrameType) -> Optional[Site]:
    """The innermost line of the user's around an initializer."""
    around: Optional[FrameType] = frame
    while around is not None:
        if frames.owner(around.f_code) == "user" and not around.f_globals.get("__name__", "").startswith(LIBRARIES):
            return frames.site(around)
        around = around.f_back
    return None
