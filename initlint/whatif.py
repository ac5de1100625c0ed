"""Other initializers than the source has: ``*.weight=kaiming_normal(nonlinearity='relu')``, put into a graph by name."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from initlint.graph import ModelGraph
from initlint.measure.contract import ContractError, Expectation
from initlint.measure.contract import parse as read

SHOWN = 3
"""Names that a message lists."""


class WhatIfError(ValueError):
    """A change that cannot be read or concerns no parameter; one line."""


@dataclass(frozen=True, slots=True)
class Change:
    """Parameters by a glob on their state-dict names, and what they are to start from."""

    pattern: str
    expectation: Expectation


def parse(text: str) -> Change:
    """Read ``GLOB=CALL``. Raises ``WhatIfError``."""
    pattern, found, call = (part.strip() for part in text.partition("="))
    if not found or not pattern or not call:
        raise WhatIfError(f"{text!r}: write GLOB=CALL, as in \"*.weight=kaiming_normal(nonlinearity='relu')\"")
    try:
        return Change(pattern, read(call))
    except ContractError as error:
        raise WhatIfError(str(error)) from None


def apply(graph: ModelGraph, changes: Sequence[Change]) -> list[str]:
    """Give the parameters of ``graph`` the laws of ``changes``, the last that names one in force; their names.

    Raises ``WhatIfError`` where a glob names none or an initializer refuses a shape.
    """
    touched: dict[str, None] = {}
    for change in changes:
        matched = [p for p in graph.parameters if any(fnmatchcase(name, change.pattern) for name in (p.name, *p.aliases))]
        if not matched:
            raise WhatIfError(f"{change.pattern!r} matches no parameter; {_names(change.pattern, [p.name for p in graph.parameters])}")
        for parameter in matched:
            if parameter.shape is None:
                raise WhatIfError(f"{parameter.name}: its shape is not known, so neither is what {change.expectation.text} would draw")
            try:
                parameter.distribution = change.expectation.law(parameter.shape, parameter.layer, parameter.role)
            except ContractError as error:
                raise WhatIfError(f"{parameter.name}: {error}") from None
            parameter.reason = ""
            touched[parameter.name] = None
    return list(touched)


def _names(pattern: str, known: list[str]) -> str:
    if not known:
        return "the model has none"
    close = difflib.get_close_matches(pattern, known, n=1, cutoff=0.5)
    more = f" and {len(known) - SHOWN} more" if len(known) > SHOWN else ""
    return f"did you mean {close[0]!r}?" if close else f"there are {', '.join(known[:SHOWN])}{more}"
