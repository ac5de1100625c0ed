"""``itertools``."""

from __future__ import annotations

import itertools
import math
import operator
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from initlint.interpreter.builtins import Handler
from initlint.interpreter.iteration import Endless, elements_of
from initlint.interpreter.operators import binary
from initlint.interpreter.stdlib.registry import FUNCTIONS, function
from initlint.interpreter.values import OneOf, Repeat, Unknown, repeats

if TYPE_CHECKING:
    from initlint.interpreter.calls import Call


def _chained(call: Call, sources: list[Any] | None) -> Any:
    groups = [elements_of(call.interp, source) for source in sources or ()]
    if sources is None or any(group is None for group in groups):
        return Unknown("chains values that are not known")
    return [item for group in groups if group is not None for item in group]


@function("itertools.chain")
def _chain(call: Call) -> Any:
    return _chained(call, call.args)


@function("itertools.chain.from_iterable")
def _chain_from_iterable(call: Call) -> Any:
    return _chained(call, elements_of(call.interp, call.get(0, "iterable")))


@function("itertools.repeat")
def _repeat(call: Call) -> Any:
    value, times = call.get(0, "object"), call.get(1, "times")
    if isinstance(times, int):
        return [value] * times if times <= 10_000 else Unknown("an iterator that is too long")
    return Endless(lambda n: [value] * n) if times is None else [Repeat(value)]


@function("itertools.product")
def _product(call: Call) -> Any:
    groups = [elements_of(call.interp, arg) for arg in call.args]
    known = [g for g in groups if g is not None]
    repeat = call.kwargs.get("repeat", 1)
    if len(known) < len(groups) or not isinstance(repeat, int) or math.prod(len(g) for g in known) ** repeat > 10_000:
        return Unknown("a product of values that are not known")
    return list(itertools.product(*known, repeat=repeat))


@function("itertools.accumulate")
def _accumulate(call: Call) -> Any:
    items = elements_of(call.interp, call.get(0, "iterable"))
    if items is None or len(call.args) > 1:
        return Unknown("accumulates values that are not known")
    total: Any = 0
    if repeats(items):
        return Unknown("accumulates a list of unknown length")
    return [total := binary(call.interp, "+", total, item, call.frame, call.node) for item in items]


@function("itertools.islice")
def _islice(call: Call) -> Any:
    items = elements_of(call.interp, call.get(0, "iterable"))
    bounds = call.args[1:]
    if items is None or not all(b is None or isinstance(b, int) for b in bounds):
        return Unknown("a slice of values that are not known")
    return items[slice(*bounds)] if not repeats(items) else Unknown("a slice of a list of unknown length")


def _plainly(make: Callable[..., Any], most: int = 10_000) -> Handler:
    """An iterator over known sequences, as the standard library makes it."""

    def handler(call: Call) -> Any:
        args = [elements_of(call.interp, a) if not isinstance(a, int) else a for a in call.args]
        if any(a is None or (isinstance(a, list) and any(isinstance(v, (Repeat, OneOf)) for v in a)) for a in args):
            return Unknown("an iterator over values that are not known")
        try:
            made = list(itertools.islice(make(*args, **call.kwargs), most + 1))
        except (TypeError, ValueError):
            return Unknown("an iterator that is not followed")
        return made if len(made) <= most else Unknown("an iterator that is too long")

    return handler


FUNCTIONS["itertools.zip_longest"] = _plainly(itertools.zip_longest)
FUNCTIONS["itertools.pairwise"] = _plainly(itertools.pairwise)
FUNCTIONS["itertools.combinations"] = _plainly(itertools.combinations)
FUNCTIONS["itertools.combinations_with_replacement"] = _plainly(itertools.combinations_with_replacement)
FUNCTIONS["itertools.permutations"] = _plainly(itertools.permutations)


@function("itertools.compress")
def _compress(call: Call) -> Any:
    data, selectors = (elements_of(call.interp, a) for a in (call.get(0, "data"), call.get(1, "selectors")))
    truths = [call.interp.truth(s) for s in selectors or ()]
    if data is None or selectors is None or None in truths:
        return Unknown("a selection that is not known")
    return [item for item, kept in zip(data, truths) if kept]


@function("itertools.starmap")
def _starmap(call: Call) -> Any:
    rows = [elements_of(call.interp, row) for row in elements_of(call.interp, call.get(1, "iterable")) or [None]]
    if any(row is None for row in rows):
        return Unknown("maps over a value that is not known")
    return [call.interp.call(call.args[0], row or [], {}, call.frame, call.node) for row in rows]


def _selected(wanted: Callable[[list[bool]], Iterator[bool]]) -> Handler:
    """Elements chosen by what a function says of each."""

    def handler(call: Call) -> Any:
        items = elements_of(call.interp, call.get(1, "iterable"))
        truths = [call.interp.truth(call.interp.call(call.args[0], [item], {}, call.frame, call.node)) for item in items or ()]
        if items is None or repeats(items) or None in truths:
            return Unknown("a selection that is not known")
        return [item for item, kept in zip(items, wanted([bool(t) for t in truths])) if kept]

    return handler


FUNCTIONS["itertools.takewhile"] = _selected(lambda truths: itertools.accumulate(truths, operator.and_))
FUNCTIONS["itertools.dropwhile"] = _selected(lambda truths: (not t for t in itertools.accumulate(truths, operator.and_)))
FUNCTIONS["itertools.filterfalse"] = _selected(lambda truths: (not t for t in truths))


@function("itertools.count")
def _count(call: Call) -> Any:
    start, step = call.get(0, "start", 0), call.get(1, "step", 1)
    return Endless(lambda n: [start + i * step for i in range(n)]) if isinstance(start, int) and isinstance(step, int) else Unknown("a count that is not known")


@function("itertools.cycle")
def _cycle(call: Call) -> Any:
    items = elements_of(call.interp, call.get(0, "iterable"))
    if not items or any(isinstance(i, (Repeat, OneOf)) for i in items):
        return Unknown("a cycle of values that are not known")
    return Endless(lambda n: (items * (n // len(items) + 1))[:n])
