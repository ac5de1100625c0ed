"""``initlint propagate``: the signal of a plain stack, of a model as written, and of either as it might be."""

from __future__ import annotations

import argparse

from initlint import whatif
from initlint.cli import stack, sweep
from initlint.cli.charts import FORMATS, PICTURES, chosen, draw
from initlint.cli.console import CLEAN, Failure, emit, painter
from initlint.cli.targets import find_graph, shape_of
from initlint.report import curves
from initlint.report.curves import Comparison, Variant
from initlint.signal.curve import predict


def run(options: argparse.Namespace) -> int:
    """Predict what is asked for, and show it."""
    if (options.target is None) == (options.layers is None):
        raise Failure("give either a TARGET, as in net.py:Net, or --layers SIZES")
    if options.layers is not None:
        _refuse(options, ("what_if", "sweep", "law", "run"), "a TARGET")
        return stack.run(options)
    _refuse(options, ("init", "draws", "derivative_at_output"), "--layers; for a TARGET there is --what-if GLOB=CALL")
    if options.sweep is not None:
        return sweep.run(options)
    _refuse(options, ("law", "run"), "--sweep")
    return _compare(options)


def _compare(options: argparse.Namespace) -> int:
    try:
        changes = [whatif.parse(text) for text in options.what_if]
        graph, _ = find_graph(options)
        variants = [Variant("as written", predict(graph, shape_of(options.input)))]
        touched = whatif.apply(graph, changes)
    except whatif.WhatIfError as error:
        raise Failure(f"--what-if {error}") from None
    if changes:
        variants.append(Variant("what if", predict(graph, shape_of(options.input))))
    made = Comparison(target=options.target, variants=variants, changes=options.what_if, touched=touched, parameters=len(graph.parameters))
    if not made.points:
        raise Failure(f"{options.target}: the forward pass could not be followed: {graph.forward_reason or 'it shows no operation'}")
    name = chosen(options, "text", FORMATS)
    if name in PICTURES:
        draw(options, name, curves.panels(made.variants))
    elif name == "json":
        emit(options, curves.to_json(made))
    else:
        emit(options, curves.to_markdown(made) if name == "md" else curves.to_text(made, painter(options)))
    return CLEAN


def _refuse(options: argparse.Namespace, names: tuple[str, ...], owner: str) -> None:
    for name in names:
        if getattr(options, name) not in (None, [], False):
            raise Failure(f"--{name.replace('_', '-')} goes with {owner}")
