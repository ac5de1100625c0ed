"""Wherever the static table claims something, is it what a real build does? Compares both graphs, parameter by parameter.

    python benchmarks/static_vs_live.py                                # every torchvision model that fits
    python benchmarks/static_vs_live.py resnet18 vit_b_16 --details
    python benchmarks/static_vs_live.py --most-parameters 30000000

For each model: laws, initializers, lines and nonlinearities that the static graph states, and how many of them the live
graph contradicts. Exit status 1 where a law differs.
"""

from __future__ import annotations

import argparse
import inspect
import math
import os
import sys
import time
import warnings
from collections import Counter
from collections.abc import Iterator
from typing import Any

import torch

from initlint import frontend
from initlint.graph import ModelGraph, Parameter
from initlint.live import forward, graphs, guard, observer
from initlint.report.pairing import nonlinearities
from initlint.rules import select
from initlint.symbolic import Sym
from initlint.theory.laws import Distribution

FACTS = ("name", "law", "initializer", "line", "nonlinearity", "finding")


def main(arguments: list[str] | None = None) -> int:
    """Compare and print one line per model."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="MODEL", help="torchvision models (default: all that fit)")
    parser.add_argument("--most-parameters", type=int, default=100_000_000, metavar="N", help="skip larger models (default: 100 million)")
    parser.add_argument("--details", action="store_true", help="name every difference")
    options = parser.parse_args(arguments)
    warnings.simplefilter("ignore")
    totals: Counter[str] = Counter()
    differences: Counter[str] = Counter()
    for name, builder in builders(options.names, options.most_parameters):
        start = time.perf_counter()
        claims, found = compare(builder)
        totals.update(claims)
        differences.update(fact for fact, _ in found)
        counts = Counter(fact for fact, _ in found)
        told = ", ".join(f"{counts[fact]} {fact}" for fact in FACTS if counts[fact]) or "equal"
        print(f"{name:36} {claims['law']:5} laws claimed  {told}  ({time.perf_counter() - start:.1f} s)", flush=True)
        for fact, text in found if options.details else []:
            print(f"    {fact}: {text}")
    print("  ".join(f"{fact}: {totals[fact] - differences[fact]}/{totals[fact]}" for fact in FACTS))
    return int(differences["law"] + differences["name"] > 0)


def builders(names: list[str], most: int) -> Iterator[tuple[str, Any]]:
    """torchvision's model functions; those of its compiled operators that do not load are declared first."""
    for operator in ("nms", "qnms"):
        try:
            torch.library.define(f"torchvision::{operator}", "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        except RuntimeError:
            break
    from torchvision.models import get_model_builder, list_models

    for name in names or list_models():
        builder = get_model_builder(name)
        if not names:
            try:
                with torch.device("meta"):
                    size = sum(p.numel() for p in builder(**keywords(builder)).parameters())
            except Exception:
                size = 0  # some constructors compute on tensors: just build them
            if size > most:
                continue
        yield name, builder


def keywords(builder: Any) -> dict[str, Any]:
    """No weights are loaded."""
    return {name: None for name in ("weights", "weights_backbone") if name == "weights" or name in inspect.signature(builder).parameters}


def compare(builder: Any) -> tuple[Counter[str], list[tuple[str, str]]]:
    """How much the static graph of one model claims, and what the live graph contradicts."""
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
    for parameter in static.parameters:
        claims["name"] += 1
        if parameter.name not in real:
            found.append(("name", parameter.name))
            continue
        for fact, left, right, same in facts(parameter, real[parameter.name]):
            claims[fact] += 1
            if not same:
                found.append((fact, f"{parameter.name}: static {left}, live {right}"))
    if not live.forward_reason:
        found += list(compare_flow(static, live, claims))
    return claims, found


def facts(static: Parameter, live: Parameter) -> Iterator[tuple[str, Any, Any, bool]]:
    """What the static graph claims of one parameter, beside what was observed."""
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
        left, right = ({(f.code, f.site.line, f.message) for f in rule.run(graph)} for graph in (static, live))
        claims["finding"] += len(left)
        for finding in left ^ right:
            yield "finding", f"{'static' if finding in left else 'live'} only: {finding}"


if __name__ == "__main__":
    sys.exit(main())
