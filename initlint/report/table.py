"""The table of ``show``: one row per parameter, for people and for programs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from os.path import basename
from typing import Any

from initlint.graph import InitEvent, ModelGraph, Origin, Parameter
from initlint.report.json import dumps
from initlint.report.paint import Paint, plain, safe, width
from initlint.report.text import count
from initlint.symbolic import Number, Sym
from initlint.theory.laws import Distribution, spell

Nonlinearities = Mapping[str, tuple[str, Any]]
"""Parameter name to the nonlinearity that consumes its layer, as text, and the gain that calls for."""

HEADER = ("name", "shape", "distribution", "law", "set by", "nonlinearity")
_GAP = "  "
_NARROWEST = 8


def to_json(graph: ModelGraph, target: str, nonlinearities: Nonlinearities) -> str:
    """``show --format json``."""
    return dumps({"schema_version": 1, "target": target, "parameters": rows(graph, nonlinearities)})


def rows(graph: ModelGraph, nonlinearities: Nonlinearities) -> list[dict[str, Any]]:
    """One object per parameter; what is not known is None, and ``reason`` says why."""
    return [_row(parameter, *nonlinearities.get(parameter.name, (None, None))) for parameter in graph.parameters]


def to_text(graph: ModelGraph, nonlinearities: Nonlinearities, *, columns: int | None = None, paint: Paint = plain) -> str:
    """The table as text, at most ``columns`` wide where that is given."""
    table = [_cells(parameter, nonlinearities.get(parameter.name, ("", None))[0]) for parameter in graph.parameters]
    widths = _widths([HEADER, *table], columns)
    lines = [paint(_line(HEADER, widths), "bold"), _GAP.join("─" * size for size in widths)]
    lines += [
        _line(cells, widths) if parameter.distribution else paint(_line(cells, widths), "dim") for parameter, cells in zip(graph.parameters, table, strict=True)
    ]
    return "\n".join([*lines, "", _total(graph)]) + "\n"


def describe(distribution: Distribution | None) -> str:
    """``normal(0, 0.0589)``, ``uniform(±0.044)``, ``constant(1)``; ``?`` where it is not known."""
    if distribution is None:
        return "?"
    mean, std, low, high = distribution.mean, distribution.std, distribution.low, distribution.high
    if distribution.kind == "constant" and mean is not None:
        return f"constant({spell(mean)})"
    if distribution.kind == "uniform" and low is not None and high is not None:
        return f"uniform(±{spell(high)})" if _opposite(low, high) else f"uniform({spell(low)}, {spell(high)})"
    if distribution.kind in ("dirac", "eye") or mean is None or std is None:
        return distribution.kind
    return f"{distribution.kind}({spell(mean)}, {spell(std)})"


def _opposite(low: Number, high: Number) -> bool:
    total = low + high
    return not isinstance(total, Sym) and total == 0


def _row(parameter: Parameter, nonlinearity: str | None, gain: Any) -> dict[str, Any]:
    law, event = parameter.distribution, parameter.effective
    site = event.site if event else None
    return {
        "name": parameter.name,
        "shape": None if parameter.shape is None or _has_placeholder(parameter) else [str(s) if isinstance(s, Sym) else s for s in parameter.shape],
        "distribution": law.kind if law else None,
        "mean": _number(law.mean) if law else None,
        "std": _number(law.std) if law else None,
        "low": _number(law.low) if law else None,
        "high": _number(law.high) if law else None,
        "law": (law.law or None) if law else None,
        "initializer": event.initializer if event else None,
        "origin": event.origin.value if event else None,
        "site": {"path": site.path, **({"cell": site.cell.number} if site.cell else {}), "line": site.row, "column": site.column} if site else None,
        "layer": _layer(parameter),
        "nonlinearity": nonlinearity,
        "gain": gain,
        "reason": parameter.reason or _symbolic(law),
    }


def _number(value: Number | None) -> float | None:
    return None if value is None or isinstance(value, Sym) else value


def _symbolic(law: Distribution | None) -> str | None:
    if law is None:
        return None
    moments = {"mean": law.mean, "std": law.std, "low": law.low, "high": law.high}
    unknown = [f"{name} = {value}" for name, value in moments.items() if isinstance(value, Sym)]
    return f"depends on symbolic sizes: {', '.join(unknown)}" if unknown else None


def _layer(parameter: Parameter) -> str | None:
    layer = parameter.layer
    return (layer.kind or layer.class_name or None) if layer else None


def _cells(parameter: Parameter, nonlinearity: str | None) -> tuple[str, ...]:
    law = parameter.distribution
    shape = "?" if parameter.shape is None else "×".join("?" if "?" in str(size) else str(size) for size in parameter.shape) or "scalar"
    formula = law.law if law else parameter.reason
    cells = (parameter.name, shape, describe(law), formula, _setter(parameter.effective), nonlinearity or "")
    return tuple(map(safe, cells))


def _setter(event: InitEvent | None) -> str:
    if event is None:
        return ""
    name = event.initializer.rpartition(".")[2]
    who = f"{name} default" if event.origin is Origin.DEFAULT else name
    return f"{basename(event.site.place)}:{event.site.row} {who}" if event.site else who


def _widths(table: Sequence[Sequence[str]], columns: int | None) -> list[int]:
    widths = [max(map(width, column)) for column in zip(*table, strict=True)]
    if columns is None:
        return widths
    room = columns - len(_GAP) * (len(widths) - 1)
    while sum(widths) > room and max(widths) > _NARROWEST:
        widest = widths.index(max(widths))
        runner_up = max((size for number, size in enumerate(widths) if number != widest), default=0)
        widths[widest] = max(_NARROWEST, min(widths[widest] - 1, max(runner_up, widths[widest] - (sum(widths) - room))))
    return widths


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return _GAP.join(_fit(cell, size) for cell, size in zip(cells, widths, strict=True)).rstrip()


def _fit(cell: str, size: int) -> str:
    if width(cell) <= size:
        return cell + " " * (size - width(cell))
    while width(cell) > size - 1:
        cell = cell[:-1]
    return cell + "…" + " " * (size - 1 - width(cell))


def _total(graph: ModelGraph) -> str:
    sizes = [math.prod(size for size in p.shape if isinstance(size, int)) for p in graph.parameters if p.shape is not None and not _is_symbolic(p)]
    total = f"{graph.name}: {count(len(graph.parameters), 'parameter')}, {sum(sizes):,} values"
    unknown = sum(parameter.distribution is None for parameter in graph.parameters)
    return safe(total + (f", {unknown} not known" if unknown else ""))


def _has_placeholder(parameter: Parameter) -> bool:
    """Whether a size is one that neither the source nor its user names."""
    return any("?" in str(size) for size in parameter.shape or ())


def _is_symbolic(parameter: Parameter) -> bool:
    return any(isinstance(size, Sym) for size in parameter.shape or ())
