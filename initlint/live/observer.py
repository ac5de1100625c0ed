"""Watches a model being built: every write to memory, under whatever name it is called, with its line.

Two of torch's own modes do the watching: one sees every operator that the dispatcher runs, the other the
assignment ``tensor.data = …``, which never reaches the dispatcher. Numbers are drawn exactly as without them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import torch
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

from initlint.graph import InitEvent, Origin, tick
from initlint.interpreter.values import Storage
from initlint.live import arithmetic, events, frames, layers
from initlint.live.ledger import OUTSIDE, Ledger
from initlint.overlays.torch_init import FACTORIES
from initlint.theory.laws import Distribution

SET_DATA, SET_ITEM, IS_META = torch.Tensor.data.__set__, torch.Tensor.__setitem__, torch.Tensor.is_meta.__get__
FIXED = "fixed numbers"
"""How the law of a table of numbers reads."""
NAN = float("nan")


@contextmanager
def observed() -> Iterator[Ledger]:
    """Record what happens to tensors and modules inside the block."""
    ledger = Ledger()
    plain = torch.nn.Module.__init__

    def construct(self: Any, *args: Any, **kwargs: Any) -> None:
        ledger.modules[id(self)] = (_construction(self), tick())
        plain(self, *args, **kwargs)

    torch.nn.Module.__init__ = construct
    try:
        with _Assignments(ledger), _Operators(ledger):
            yield ledger
    finally:
        torch.nn.Module.__init__ = plain


class _Operators(TorchDispatchMode):
    """Sees every operator below autograd."""

    def __init__(self, ledger: Ledger) -> None:
        super().__init__()
        self.ledger = ledger

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """Nothing is compiled here: without this, torch loads its compiler for the first operator, which takes seconds."""
        return False

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        schema = func._schema
        name = schema.name.partition("::")[2]
        targets = [argument.name for argument in schema.arguments if argument.alias_info is not None and argument.alias_info.is_write]
        given = arithmetic.bound(schema, args, kwargs)
        if targets and name not in arithmetic.SHARING:
            known = events.law_of_write(self.ledger, name, given)
            result = func(*args, **kwargs)
            self._written(name, [given[target] for target in targets], given, known)
            self._keep_write(func, args, kwargs)
            return result
        result = func(*args, **kwargs)
        shares = any(value.alias_info is not None for value in schema.returns)
        for made in result if isinstance(result, (list, tuple)) else (result,):
            if isinstance(made, torch.Tensor) and not shares:
                self._made(name, made, given)
                self._keep_making(func, name, made, args, kwargs)
            elif isinstance(made, torch.Tensor) and name == "lift_fresh":
                self.ledger.start(made, layers.fixed(made), OUTSIDE)
        return result

    def _keep_write(self, func: Any, args: Any, kwargs: Any) -> None:
        """Keep what fills memory on meta."""
        if args and isinstance(args[0], torch.Tensor) and args[0].device.type == "meta":
            self.ledger.script.written(self.ledger.record(args[0]), args[0], func, args[1:], kwargs)

    def _keep_making(self, func: Any, name: str, made: Any, args: Any, kwargs: Any) -> None:
        """Keep what makes memory on meta."""
        if made.device.type != "meta":
            return
        record, script = self.ledger.record(made), self.ledger.script
        if name in arithmetic.EMPTY:
            script.bare(record)
        elif name == "clone":
            script.copied(record, self.ledger.record(args[0]))
        else:
            script.made(record, func, args, kwargs, known=arithmetic.factory(name) is not None)

    def _written(self, name: str, targets: list[Any], given: dict[str, Any], known: arithmetic.Law) -> None:
        for target in targets:
            for tensor in target if isinstance(target, (list, tuple)) else (target,):
                if isinstance(tensor, torch.Tensor):
                    events.record_write(self.ledger, tensor, name, given, known)

    def _made(self, name: str, result: Any, given: dict[str, Any]) -> None:
        """New memory: what an operator drew, copied or computed."""
        if name in arithmetic.EMPTY:
            if result.dtype.is_floating_point and result.device.type != "meta":
                result.fill_(NAN)
            self._created(name, result, None, arithmetic.UNFILLED)
            self.ledger.record(result).empty = events.line()
            return
        entry = arithmetic.factory(name)
        if entry is not None:
            self._created(name, result, *arithmetic.drawn(entry, tuple(result.shape), given))
            return
        law, reason = arithmetic.computed(name, given, self.ledger.law)
        first = next(iter(given.values()), None)
        source = self.ledger.find(first) if name in arithmetic.SAME and isinstance(first, torch.Tensor) else None
        if law is None and self._is_fixed(name, given):
            law = layers.fixed(result)
        made = self.ledger.start(result, law, reason, self._history(given, law) if law is not None else source.events if source is not None else ())
        if source is not None:
            made.twin, made.copied = source.twin or source, events.line()
        origin = layers.recomputed_from(self.ledger, frames.stack().inner)
        if origin is not None:
            made.recomputed, made.origin, made.events, made.distribution = True, origin, origin.events, origin.distribution

    def _history(self, given: dict[str, Any], law: Distribution) -> tuple[InitEvent, ...]:
        """The events of the first operand that has any, with what became of them: what is computed from drawn numbers was drawn where they were."""
        records = (self.ledger.find(value) for value in given.values() if isinstance(value, torch.Tensor))
        found = next((record.events for record in records if record is not None and record.events), ())
        return (*found[:-1], replace(found[-1], distribution=law)) if found else ()

    def _is_fixed(self, name: str, given: dict[str, Any]) -> bool:
        """Whether chance has no part in what an operator returns."""
        tensors = [value for value in given.values() if isinstance(value, torch.Tensor)]
        laws = [self.ledger.law(tensor) for tensor in tensors]
        return name in arithmetic.RANGES or (bool(laws) and all((law is not None and law.law == FIXED) or layers.is_constant(law) for law in laws))

    def _created(self, name: str, result: Any, law: Distribution | None, reason: str) -> None:
        stack = frames.stack()
        outer = frames.method(stack.inner, *events.CONSTRUCTORS, *events.RESETS)
        self.ledger.start(result, law, reason)
        if outer is None and stack.users:
            entry = arithmetic.factory(name)
            event = events.event_of(stack, result, entry.name if entry is not None else f"torch.{name}", Origin.FILL, law, reason)
            self.ledger.start(result, law, reason, (event,))


def _is_new(storage: Storage) -> bool:
    """Whether nothing but a factory filled it: it is no other parameter's memory."""
    return all(event.initializer in FACTORIES for event in storage.events)


class _Assignments(TorchFunctionMode):
    """Sees ``tensor.data = …``, and which writes are ``tensor[…] = …``."""

    def __init__(self, ledger: Ledger) -> None:
        super().__init__()
        self.ledger = ledger

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func == IS_META and args[0].is_meta:
            self._skipped(args[0])
        if func == SET_ITEM:
            self.ledger.assigning = True
            try:
                return func(*args, **(kwargs or {}))
            finally:
                self.ledger.assigning = False
        if func != SET_DATA:
            return func(*args, **(kwargs or {}))
        before = self.ledger.record(args[0])
        result = func(*args, **(kwargs or {}))
        stack = frames.stack()
        after = self.ledger.record(args[0])
        if after is not before and _is_new(after) and stack.users and frames.method(stack.inner, "_apply") is None:
            event = events.event_of(stack, args[0], "torch.Tensor.data", Origin.COPY, after.distribution, after.reason)
            after.events = (*before.events, event)
        return result

    def _skipped(self, tensor: Any) -> None:
        """Initializers that need values ask whether there are any, and do nothing on meta: the call is kept in their place."""
        inner = frames.stack().inner
        frame = frames.initializer(inner)
        if frame is None or inner[0].f_code.co_filename != frames.INIT:
            return
        events.record_write(self.ledger, tensor, frame.f_code.co_name, {}, (None, ""))
        passed = {name: value for name, value in frames.arguments(frame).items() if not isinstance(value, torch.Tensor)}
        self.ledger.script.written(self.ledger.record(tensor), tensor, getattr(torch.nn.init, frame.f_code.co_name), (), passed)


def _construction(module: Any) -> Any:
    """The line that constructs ``module``: the first of the user's outside its own constructors."""
    for frame in frames.stack().users:
        if not (frame.f_code.co_name == "__init__" and frames.first_argument(frame) is module):
            return frames.site(frame)
    return None
