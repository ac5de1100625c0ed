"""What the rules for measured models share: where a parameter was set, and how its law reads."""

from __future__ import annotations

from initlint.evidence import Evidence
from initlint.findings import Site
from initlint.graph import InitEvent, ModelGraph, Parameter
from initlint.rules._sites import short
from initlint.symbolic import Sym
from initlint.theory.laws import Distribution, spell


def place(evidence: Evidence, parameter: Parameter) -> Site:
    """The line that set a parameter; where there is none, the layer's, the model's or the file's."""
    claim = evidence.claim(parameter.name)
    events = [event for one in (parameter, claim) if one is not None and (event := one.effective) is not None]
    sites = [event.site for event in events]
    sites.append(parameter.layer.site if parameter.layer is not None else None)
    return next((site for site in sites if site is not None), start(evidence.graph))


def start(graph: ModelGraph) -> Site:
    """Where a model is made, or else the top of its file."""
    return graph.site or Site(graph.path or graph.name, 1, 1, 1, 1)


def told(law: Distribution | None) -> str:
    """``normal of mean 0 and std 0.02``, ``constant 1``."""
    if law is None or law.mean is None or law.std is None or isinstance(law.mean, Sym) or isinstance(law.std, Sym):
        return law.kind if law is not None else "nothing known"
    if law.kind == "constant":
        return f"constant {spell(law.mean)}"
    return f"{law.kind.replace('_', ' ')} of mean {spell(law.mean)} and std {spell(law.std)}"


def who(event: InitEvent | None) -> str:
    """``kaiming_normal_ at net.py:12``."""
    if event is None:
        return "nothing"
    return f"{short(event.initializer)} at {event.site.path}:{event.site.line}" if event.site is not None else short(event.initializer)


def same_place(left: InitEvent | None, right: InitEvent | None) -> bool:
    """Whether two events stand on the same line."""
    if left is None or right is None or left.site is None or right.site is None:
        return False
    return left.site.line == right.site.line and left.site.path.rpartition("/")[2] == right.site.path.rpartition("/")[2]
