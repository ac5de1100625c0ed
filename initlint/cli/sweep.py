"""``initlint propagate TARGET --sweep width=64,128,256``: one model at several sizes, and how its signal scales with them."""

from __future__ import annotations

import argparse
import ast
import re
from collections.abc import Mapping, Sequence

from initlint import engine, whatif
from initlint.cli.charts import FORMATS, PICTURES, chosen, draw
from initlint.cli.console import CLEAN, FOUND, Failure, emit, painter
from initlint.cli.targets import find_search_path, shape_of
from initlint.report import sweep as report
from initlint.report.sweep import Sweep
from initlint.signal import scaling
from initlint.signal.curve import predict
from initlint.signal.scaling import Reading

SWEEP = re.compile(r"^\s*(?P<name>[A-Za-z_]\w*)\s*=\s*(?P<sizes>\d+(?:\s*,\s*\d+)+)\s*$")


def run(options: argparse.Namespace) -> int:
    """Predict each size, measure it where that is asked for, fit, and show."""
    match = SWEEP.match(options.sweep)
    sizes = sorted({int(size) for size in match["sizes"].split(",")}) if match else []
    if match is None or len(sizes) < 2 or sizes[0] < 1:
        raise Failure(f"--sweep {options.sweep!r}: write an argument and two or more sizes, as in width=64,128,256,512")
    search_path = find_search_path(options)
    try:
        changes = [whatif.parse(text) for text in options.what_if]
        made = {size: _read(with_argument(options.target, match["name"], size), changes, search_path, options) for size in sizes}
    except (engine.TargetError, whatif.WhatIfError) as error:
        raise Failure(str(error)) from None
    if not any(made.values()):
        raise Failure(f"{options.target}: its forward pass shows no layer with weights at any of these sizes")
    rows = scaling.fit(made, options.law)
    if len({size for one in made.values() for size in _sizes_of(one)}) == len(_sizes_of(made[sizes[-1]])):
        raise Failure(f"--sweep {options.sweep}: no layer changes its size with {match['name']}")
    result = Sweep(target=options.target, argument=match["name"], sizes=sizes, law=options.law, rows=rows, measured=options.run)
    name = chosen(options, "text", FORMATS)
    if name in PICTURES:
        draw(options, name, report.panels(result))
    elif name == "json":
        emit(options, report.to_json(result))
    else:
        emit(options, report.to_markdown(result) if name == "md" else report.to_text(result, painter(options)))
    return FOUND if any(row.outcome == "fails" for row in rows) else CLEAN


def with_argument(target: str, name: str, size: int) -> str:
    """``net.py:Net(depth=4)`` as ``net.py:Net(depth=4, width=64)``. Raises ``Failure`` where the target is no name and no call."""
    place, _, text = target.rpartition(":") if ".py:" not in target and ".ipynb:" not in target else _at_file(target)
    try:
        node = ast.parse(text.strip(), mode="eval").body
    except SyntaxError:
        raise Failure(f"{target}: --sweep needs a class or a call, as in net.py:Net or net.py:Net(depth=4)") from None
    call = node if isinstance(node, ast.Call) else ast.Call(node, [], [])
    call.keywords = [*(keyword for keyword in call.keywords if keyword.arg != name), ast.keyword(name, ast.Constant(size))]
    return f"{place}:{ast.unparse(call)}"


def _at_file(target: str) -> tuple[str, str, str]:
    match = re.match(r"^(?P<place>.+?\.(?:py|ipynb)):(?P<text>.+)$", target, re.DOTALL)
    return (match["place"], ":", match["text"]) if match else (target, "", "")


def _read(target: str, changes: Sequence[whatif.Change], search_path: Sequence[str], options: argparse.Namespace) -> dict[str, Reading]:
    graph = engine.show(target, search_path)
    whatif.apply(graph, changes)
    return scaling.read(predict(graph, shape_of(options.input)), _measured(target, search_path, options) if options.run else None)


def _measured(target: str, search_path: Sequence[str], options: argparse.Namespace) -> dict[str, tuple[float | None, float | None]]:
    """Second moments of signal and gradient by layer, medians over builds."""
    from initlint.cli.measured import measure

    result = measure(target, options, search_path)
    if not result.signal:
        raise Failure(f"{target}: nothing was measured: {result.reason or 'no layer ran'}")
    return {row["layer"]: (row["second_moment_median"], row["gradient_median"]) for row in result.signal}


def _sizes_of(made: Mapping[str, Reading]) -> list[tuple[str, float | None, float | None]]:
    return [(name, one.fan_in, one.units) for name, one in made.items()]
