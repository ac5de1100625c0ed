"""Rules on every model of a file, and what they say of one place in many contexts merged into one finding."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from initlint.contexts.handed import with_calls
from initlint.contexts.models import Analysis, Model, build_models
from initlint.contexts.templates import is_template
from initlint.findings import Finding, Site
from initlint.graph import Op, Parameter
from initlint.paths.lookup import absolute

Group = list[tuple[Model, Finding]]


def analyse_file(analysis: Analysis, path: str, data: bytes) -> tuple[list[Model], list[Finding]]:
    """All models of a file, and what the rules find in them: at places in the file first, then at places in others.

    Raises ``SourceError`` where the file cannot be read as Python.
    """
    models = build_models(analysis, path, data)
    runs = not is_template(absolute(path), analysis.consulted)
    rules = [rule for rule in analysis.rules if runs or not rule.judges_running]
    findings: Group = []
    for model in models:
        for rule in rules:
            findings += [(model, _at_choice(path, finding)) for finding in rule.run(model.graph)]
    return models, list(with_calls(analysis.files[absolute(path)], merge(models, findings)))


def merge(models: Sequence[Model], findings: Group) -> list[Finding]:
    """One finding per rule and place; a bare class yields to the models that use it and are clean there."""
    places: dict[tuple[str, Site], Group] = defaultdict(list)
    for model, finding in findings:
        places[finding.code, finding.site].append((model, finding))
    merged: list[Finding] = []
    for group in places.values():
        flagged = {id(model) for model, _ in group}
        kept = [(m, f) for m, f in group if not (m.bare and _cleared(m, models, flagged, f.site))]
        if kept:
            merged.append(_one(kept))
    return sorted(merged, key=lambda finding: finding.order)


def _at_choice(path: str, finding: Finding) -> Finding:
    """A call in another file of an initializer that this file chose and handed over is reported where it is chosen."""
    sites = finding.evidence.get("sites", [])
    here = next((s for s in sites if os.path.abspath(s["path"]) == os.path.abspath(path)), None)
    if finding.site.path == path or here is None:
        return finding
    call = {"path": finding.site.path, "row": finding.site.line, "column": finding.site.column}
    site = Site(path, here["row"], here["column"], here["end_row"], here["end_column"])
    advice = finding.help or (finding.fix.message if finding.fix else "")
    return replace(finding, site=site, fix=None, help=advice, evidence={**finding.evidence, "sites": [call]})


def _cleared(model: Model, models: Sequence[Model], flagged: set[int], site: Site) -> bool:
    """Whether a followed model that contains the class of ``model`` comes by the place, and shows nothing there."""
    if model.root is None:
        return False
    around = [m for m in models if m is not model and id(model.root) in m.inside and not m.graph.forward_reason]
    if _draws_at(model, site):
        around = [m for m in around if _draws_at(m, site)]
    if _uses_at(model, site):
        around = [m for m in around if _uses_at(m, site)]
    return bool(around) and all(id(m) not in flagged for m in around)


def _draws_at(model: Model, site: Site) -> bool:
    return any(call.site == site for call in model.graph.calls)


def _uses_at(model: Model, site: Site) -> bool:
    """Whether the forward pass, as far as it was followed, comes by a parameter that is drawn at the place."""
    drawn = {id(call.parameter) for call in model.graph.calls if call.site == site and call.parameter is not None}
    return bool(drawn) and any(not drawn.isdisjoint(map(id, _parameters(op))) for op in model.graph.ops)


def _parameters(op: Op) -> tuple[Parameter, ...]:
    own = () if op.parameter is None else (op.parameter,)
    return (*own, *op.detail.get("of", ()), *(op.layer.parameters.values() if op.layer is not None else ()))


def _one(group: Group) -> Finding:
    best = max(group, key=lambda pair: (pair[1].severity.rank, len(pair[1].parameters), -(pair[1].parameter or "").count("."), not pair[0].bare))[1]
    parameters = tuple(dict.fromkeys(name for _, f in group for name in f.parameters))
    evidence = dict(best.evidence)
    contexts = list(dict.fromkeys(m.graph.name for m, _ in group))
    if len(contexts) > 1:
        evidence["contexts"] = contexts
    return replace(best, parameters=parameters, evidence=evidence)
