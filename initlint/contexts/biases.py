"""Classes whose layers may do without biases, and which fill them all the same."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint.adapters.torch.inits import NO_VALUES
from initlint.contexts.loose import alone
from initlint.graph import Mistake
from initlint.interpreter.values import Class, Function
from initlint.standins import instantiate

if TYPE_CHECKING:
    from initlint.contexts.models import Analysis
    from initlint.findings import Site
    from initlint.interpreter.modules import Module

SWITCH = re.compile(r"(?:use_|has_|with_)?bias(?:es)?")
"""Names of the argument that leaves the biases of layers out."""
FILLS = re.compile(r"\.bias(?:\.data)?\.\w+_\(|\w_\([ \t]*[\w.\[\]]+\.bias\b")
"""A call that fills the bias of a layer."""


def absent_biases(analysis: Analysis, module: Module) -> Iterator[Mistake]:
    """Calls that fill what is None once a class is built without biases, where that is an option and not the default."""
    text = module.source.text
    for chunk in module.source.classes():
        if not FILLS.search(text, chunk.start, chunk.end):
            continue
        cls = module.reach(chunk.name)
        function = cls.namespace.get("__init__") if isinstance(cls, Class) else None
        defaults = function.defaults if isinstance(function, Function) else {}
        switch = next((name for name, value in defaults.items() if value is True and SWITCH.fullmatch(name)), None)
        if switch is not None:
            with alone(analysis):
                instantiate(analysis.interp, cls, module.frame, {switch: False})
            missing = _missing(analysis, module.source.path)
            if missing:
                first = min(missing, key=lambda site: (site.line, site.column))
                more = f" and {len(missing) - 1} more are" if len(missing) > 1 else " is"
                yield Mistake(
                    kind="absent-bias", site=first, text=f"`{missing[first]}`{more} None under `{switch}=False`: AttributeError", detail={"option": switch}
                )


def _missing(analysis: Analysis, path: str) -> dict[Site, str]:
    """Where the last run filled a bias that no layer has, and how the code spells it."""
    witness = analysis.framework.witness
    calls = (drawn.call for drawn in witness.drawn if drawn.call.problem == NO_VALUES and drawn.call.certain)
    found = {call.site: call.spelled.get("tensor", "") for call in calls}
    found |= {mistake.site: mistake.detail["bias"] for mistake in witness.mistakes.values() if mistake.kind == "absent-bias"}
    return {site: bias for site, bias in found.items() if site.path == path and bias.endswith(".bias")}
