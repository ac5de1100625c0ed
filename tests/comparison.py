"""The graph that is read of a model beside the one that is observed when torch builds and runs it."""

from __future__ import annotations

import inspect
import math
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import torch

from initlint import frontend
from initlint.graph import ModelGraph, Parameter
from initlint.live import forward, graphs, guard, observer
from initlint.report.pairing import nonlinearities
from initlint.rules import select
from initlint.symbolic import Sym
from initlint.theory.laws import Distribution

FACTS = ("name", "shape", "law", "initializer", "line", "nonlinearity", "finding")


def keywords(builder: Any) -> dict[str, Any]:
    """No weights are loaded; a class takes what it takes."""
    if inspect.isclass(builder):
        return {}
    return {name: None for name in ("weights", "weights_backbone") if name == "weights" or name in inspect.signature(builder).parameters}


def compare(builder: Any, *, everything: bool = False) -> tuple[Counter[str], list[tuple[str, str]]]:
    """How much the static graph of one model claims, and what the live graph contradicts; with ``everything``, also what is not claimed."""
    call = ", ".join(f"{name}=None" for name in keywords(builder))
    expression = f"{builder.__name__}({call})"
    static = frontend.show(f"{inspect.getsourcefile(inspect.unwrap(builder))}:{expression}")
    torch.manual_seed(0)
    with observer.observed() as ledger:
        model = builder(**keywords(builder))
    live, layers, owners = graphs.build(model, expression, static.path, ledger)
    with guard.untouched(model):
        forward.follow(live, model, layers, owners, None)
    claims: Counter[str] = Counter()
    found: list[tuple[str, str]] = []
    real = {p.name: p for p in live.parameters}
    if [p.name for p in static.parameters] != [p.name for p in live.parameters]:
        found.append(("name", f"static {[p.name for p in static.parameters]}, live {[p.name for p in live.parameters]}"))
    for parameter in static.parameters:
        claims["name"] += 1
        if parameter.name not in real:
            found.append(("name", parameter.name))
            continue
        for fact, left, right, same in facts(parameter, real[parameter.name]):
            claims[fact] += 1
            if not same:
                found.append((fact, f"{parameter.name}: static {left}, live {right}"))
        if everything and (parameter.distribution is None or parameter.distribution.std is None):
            found.append(("law", f"{parameter.name}: not known, {parameter.reason}"))
    if everything and (static.forward_reason or live.forward_reason):
        found.append(("nonlinearity", f"the forward pass: static {static.forward_reason!r}, live {live.forward_reason!r}"))
    if not live.forward_reason:
        found += list(compare_flow(static, live, claims))
    return claims, found


def facts(static: Parameter, live: Parameter) -> Iterator[tuple[str, Any, Any, bool]]:
    """What the static graph claims of one parameter, beside what was observed."""
    if static.shape is not None and not any(isinstance(size, Sym) for size in static.shape):
        yield "shape", static.shape, live.shape, tuple(static.shape) == tuple(live.shape or ())
    law = static.distribution
    if law is not None and law.std is not None and not isinstance(law.std, Sym):
        yield "law", law, live.distribution, same_law(law, live.distribution)
    claimed, seen = static.effective, live.effective
    if claimed is not None:
        yield "initializer", claimed.initializer, seen.initializer if seen else None, seen is not None and claimed.initializer == seen.initializer
        if claimed.site is not None:
            same = seen is not None and seen.site is not None and os.path.samefile(claimed.site.path, seen.site.path) and claimed.site.line == seen.site.line
            yield "line", claimed.site, seen.site if seen else None, same


def same_law(left: Distribution, right: Distribution | None) -> bool:
    """Whether two laws are one, up to rounding."""
    if right is None or left.kind != right.kind:
        return False
    pairs = ((getattr(left, name), getattr(right, name)) for name in ("mean", "std", "low", "high"))
    return all(a is None or (b is not None and math.isclose(a, b, rel_tol=1e-5, abs_tol=1e-9)) for a, b in pairs)


def compare_flow(static: ModelGraph, live: ModelGraph, claims: Counter[str]) -> Iterator[tuple[str, str]]:
    """Nonlinearities behind layers, and the findings of every rule."""
    claimed, seen = nonlinearities(static), nonlinearities(live)
    for name, (text, _) in claimed.items():
        if name in seen:  # the rest is not reached by one pass in this mode
            claims["nonlinearity"] += 1
            if seen[name][0] != text:
                yield "nonlinearity", f"{name}: static {text}, live {seen[name][0]}"
    for rule in select(["ALL"]):
        left, right = ({(f.code, f.site.line, f.message) for f in rule.run(graph)} for graph in (replace(static, calls=live.calls), live))
        claims["finding"] += len(left)
        for finding in left ^ right:
            yield "finding", f"{'static' if finding in left else 'live'} only: {finding}"
