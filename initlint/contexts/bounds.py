"""Bounds that mean something else than they say: those of a truncated normal that were multiplied by its standard deviation, of which JAX and Haiku
take them to be multiples, and those of a uniform draw that were computed from two sizes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint import program as p
from initlint.contexts.spelled import argument
from initlint.graph import Mistake
from initlint.interpreter.trees import walk
from initlint.interpreter.values import OutOfBudget, TargetRaise
from initlint.text.initcalls import commented

if TYPE_CHECKING:
    from initlint.interpreter.modules import Module

CUT = re.compile(r"truncated_normal\(|TruncatedNormal\(")
"""Functions without it are not parsed."""
_SIZED = r"\(?(\d[\d.]*)\s*/\s*((?:\w+\.)*sqrt\(\s*)?([A-Za-z_][\w.]*)"
TWO_SIZES = re.compile(rf"uniform_?\([^;=]*?(?:\w+\s*=\s*)?-\s*{_SIZED}\s*\)?\s*\)?\s*,\s*(?:\w+\s*=\s*)?{_SIZED}")
"""A draw between ``-c / size`` and ``c / size``, or the roots of sizes."""
POSITIONS = {
    "jax.nn.initializers.truncated_normal": (0, 2, 3), "haiku.initializers.TruncatedNormal": (0, 2, 3), "jax.random.truncated_normal": (None, 1, 2),
}  # fmt: skip
"""Where each takes the standard deviation and the bounds; what ``jax.random`` draws is a standard normal."""
NAMES = ("stddev", "lower", "upper")
Factors = frozenset[tuple[str, bool]]
"""What a product multiplies by and divides by, numbers aside."""


def scaled_bounds(module: Module) -> Iterator[Mistake]:
    """``truncated_normal(stddev=std, lower=-2 * std, upper=2 * std)`` and ``jax.random.truncated_normal(key, -2 * std, 2 * std, shape) * std``."""
    text = module.source.text
    if not CUT.search(text) or ("jax" not in text and "flax" not in text and "haiku" not in text):
        return
    for one, _ in module.source.parts():
        if one.says(CUT):
            for node in walk(one.statements):
                if isinstance(node, p.Call):
                    yield from _made(module, node)
                elif isinstance(node, p.BinOp) and node.op == "*":
                    yield from _drawn(module, node.left, node.right)
                    yield from _drawn(module, node.right, node.left)


def unequal_bounds(module: Module) -> Iterator[Mistake]:
    """``uniform(-1 / sqrt(n), 1 / sqrt(m))``: one of the two was meant twice."""
    text, index = module.source.text, module.source.index
    for match in TWO_SIZES.finditer(text) if "uniform" in text else ():
        (low, low_root, of), (high, high_root, of_other) = match.groups()[:3], match.groups()[3:]
        if commented(text, match.start()) or of == of_other or float(low) != float(high) or bool(low_root) != bool(high_root):
            continue
        said = f"the lower bound is computed from `{of}`, the upper one from `{of_other}`: unless these are equal, the mean is not 0"
        site = index.site(module.source.path, match.start(1), match.end())
        yield Mistake(kind="unequal-bounds", site=site, text=said, detail={"low": of, "high": of_other})


def _made(module: Module, call: p.Call) -> Iterator[Mistake]:
    """An initializer with its standard deviation and bounds."""
    places = _places(module, call)
    if places is not None and places[0] is not None and (std := argument(call, NAMES[0], places[0])) is not None:
        yield from _compared(module, call, std, places)


def _drawn(module: Module, call: p.Expr, factor: p.Expr) -> Iterator[Mistake]:
    """A draw from the standard normal that is multiplied where it stands."""
    places = _places(module, call) if isinstance(call, p.Call) else None
    if isinstance(call, p.Call) and places is not None and places[0] is None:
        yield from _compared(module, call, factor, places)


def _compared(module: Module, call: p.Call, std: p.Expr, places: tuple[int | None, ...]) -> Iterator[Mistake]:
    spread = _factors(module, std)
    bounds = [bound for name, place in zip(NAMES[1:], places[1:]) if (bound := argument(call, name, place)) is not None]
    scaled = [bound for bound in bounds if spread and _factors(module, bound) == spread]
    if scaled:
        spelled, multiplied = (" ".join(module.source.spelled(node).split()) for node in (scaled[-1], std))
        said = f"`lower` and `upper` count standard deviations: `{spelled}` is multiplied by `{multiplied}` once more, and draws are as large as its square"
        yield Mistake(kind="scaled-bounds", site=module.source.site(call), text=said, detail={"bound": spelled, "std": multiplied})


def _places(module: Module, call: p.Call) -> tuple[int | None, ...] | None:
    """Where the function that ``call`` names takes what, if it is one of these."""
    if not CUT.match(f"{module.source.spelled(call.func).rpartition('.')[2]}("):
        return None
    try:
        function = module.project.interpreter.eval(call.func, module.frame)
    except (TargetRaise, OutOfBudget):
        return None
    return POSITIONS.get(getattr(function, "name", ""))


def _factors(module: Module, node: p.Expr, over: bool = False) -> Factors:
    """The factors of a product, each with whether it divides."""
    if isinstance(node, p.UnaryOp) and node.op in ("-", "+"):
        return _factors(module, node.operand, over)
    if isinstance(node, p.BinOp) and node.op in ("*", "/"):
        return _factors(module, node.left, over) | _factors(module, node.right, over ^ (node.op == "/"))
    if isinstance(node, p.Const):
        return frozenset()
    return frozenset({("".join(module.source.spelled(node).split()), over)})
