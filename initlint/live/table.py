"""The table of ``verify``: the rows of ``show`` with what was measured beside them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from initlint.evidence import Evidence, Judgement, is_numeric
from initlint.graph import Parameter
from initlint.report.pairing import nonlinearities
from initlint.report.table import rows as show_rows
from initlint.symbolic import Sym

WEIGHT = {"contract": 0, "claim": 1, "theory": 2}
OUTCOMES = {"fails": 0, "ok": 1, "untested": 2}


def rows(evidence: Evidence) -> list[dict[str, Any]]:
    """One object per parameter: what is claimed, what was measured, and the gravest answer to the questions asked of it."""
    paired = nonlinearities(evidence.graph)
    if evidence.claimed is not None and evidence.graph.forward_reason:
        paired = nonlinearities(evidence.claimed)
    shown = replace_parameters(evidence)
    made = show_rows(shown, paired)
    answers: dict[str, Judgement] = {}
    for judgement in sorted(evidence.judgements, key=lambda j: (OUTCOMES[j.outcome], WEIGHT[j.question])):
        answers.setdefault(judgement.parameter, judgement)
    for row in made:
        row.update(_measured(evidence, row["name"], answers.get(row["name"])))
    return made


def replace_parameters(evidence: Evidence) -> Any:
    """The graph with, for each parameter, the claim of source where it has one and what was observed where it has none."""
    claims = {p.name: p for p in evidence.claimed.parameters} if evidence.claimed is not None else {}
    return replace(evidence.graph, parameters=[_claimed(p, claims.get(p.name)) for p in evidence.graph.parameters])


def _claimed(parameter: Parameter, claim: Parameter | None) -> Parameter:
    if claim is None or not is_numeric(claim.distribution):
        return parameter
    return replace(claim, shape=parameter.shape)


def _measured(evidence: Evidence, name: str, answer: Judgement | None) -> dict[str, Any]:
    measured = evidence.measured.get(name)
    law = answer.law if answer is not None else None
    expected = law.std if law is not None and not isinstance(law.std, Sym) else None
    return {
        "measured_mean": measured.mean if measured is not None and not measured.nonfinite else None,
        "measured_std": measured.std if measured is not None and not measured.nonfinite else None,
        "expected_std": expected,
        "ratio": measured.std / expected if measured is not None and expected else None,
        "verdict": answer.outcome if answer is not None else "untested",
        "question": answer.question if answer is not None else "claim",
    }
