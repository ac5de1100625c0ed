"""The three questions put to every parameter: what source claims, what theory asks, what the user demands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Any

from initlint.evidence import Contract, Evidence, Judgement, Measured, Outcome, Question, is_numeric
from initlint.findings import Severity
from initlint.graph import ModelGraph, Parameter
from initlint.live.measuring import Taken, measurable
from initlint.live.options import Options
from initlint.live.targets import TargetProblem
from initlint.measure.contract import ContractError, parse
from initlint.measure.duplicates import constant_rows, equal_rows, seed_invariant
from initlint.measure.judge import FAMILY_ALPHA, Verdict
from initlint.measure.judge import judge as test
from initlint.measure.moments import Moments, pool
from initlint.measure.verdict import number
from initlint.rules import measured_scale
from initlint.rules._scale import KERNELS
from initlint.symbolic import Number
from initlint.theory.laws import Distribution

EXACT = ("orthogonal", "dirac", "eye", "sparse")
"""Laws that are judged on the tensor itself."""
RANDOM = ("normal", "uniform", "trunc_normal", "orthogonal", "sparse")
ENOUGH = 4
"""Rows shorter than this may be equal by chance."""
FAR_OUT = 20.0
"""Std from the mean, where no normal number lies."""
NEAR = 2.0
"""Theory asks for a scale, not a law: within this factor of the std it is content."""

Key = tuple[str, Question]


@dataclass(frozen=True, slots=True)
class Asked:
    """One question about one parameter, with the law it is about."""

    parameter: Parameter
    question: Question
    law: Distribution


def questions(graph: ModelGraph, claimed: ModelGraph | None, demanded: Mapping[str, Contract]) -> Iterator[Asked]:
    """Every claim and contract that can be put to the test. Raises ``TargetProblem`` for a contract that cannot hold."""
    table = {p.name: p for p in claimed.parameters} if claimed is not None else {}
    for parameter in graph.parameters:
        contract = demanded.get(parameter.name)
        if contract is not None:
            yield Asked(parameter, "contract", law_of_contract(contract, parameter))
        claim = table.get(parameter.name)
        law = claim.distribution if claim is not None and is_numeric(claim.distribution) else parameter.distribution
        if law is not None and is_numeric(law):
            yield Asked(parameter, "claim", law)


def verdicts_on_values(tensors: Mapping[str, Any], asked: list[Asked], alpha: float) -> dict[Key, Verdict]:
    """Verdicts that need a whole tensor, while it is there: on laws that are constraints, and on rows that chance would not make."""
    found: dict[Key, Verdict] = {}
    for one in asked:
        tensor = tensors.get(one.parameter.name)
        if tensor is None or not measurable(tensor):
            continue
        verdict = test(tensor.detach(), one.law, alpha) if one.law.kind in EXACT else None
        if (verdict is None or verdict.outcome == "ok") and one.law.kind in RANDOM and (reason := _odd_rows(one.parameter, tensor)):
            verdict = Verdict(outcome="fails", test="rows", p_bound=0.0, reason=reason)
        if verdict is not None:
            found[one.parameter.name, one.question] = verdict
    return found


def alpha_of(graph: ModelGraph) -> float:
    """The risk of a false alarm that one test may take, so that all of a model's together take ``FAMILY_ALPHA``."""
    return FAMILY_ALPHA / max(1, 2 * len(graph.parameters))


def judge(
    graph: ModelGraph, claimed: ModelGraph | None, taken: list[Taken], asked: list[Asked], on_values: Mapping[Key, Verdict], demanded: dict[str, Contract]
) -> Evidence:
    """Everything that is known of a target once it was built and measured under every seed."""
    evidence = Evidence(graph=graph, claimed=claimed, contracts=demanded, seeds=len(taken))
    pooled = {name: pool([one.moments[name] for one in taken if name in one.moments]) for name in taken[0].moments}
    for name, moments in pooled.items():
        first = taken[0].moments[name]  # only under observation is fresh memory NaN
        count = first.count if first.nonfinite else moments.count
        evidence.measured[name] = Measured(count=count, mean=moments.mean, std=moments.std, nonfinite=first.nonfinite)
        if first.nonfinite:
            evidence.judgements.append(Judgement(parameter=name, question="claim", law=None, outcome="fails", reason="values that were never set"))
    for one in asked:
        name = one.parameter.name
        if name in pooled and not evidence.measured[name].nonfinite:
            verdict = on_values.get((name, one.question)) or test(_drawn(one.parameter, pooled[name]), _cut(one, pooled[name]), alpha_of(graph))
            evidence.judgements.append(_judgement(one, verdict))
    answered = {judgement.parameter for judgement in evidence.judgements}
    wrong = {name.partition(":")[2] for finding in measured_scale.examine(evidence) for name in finding.parameters if finding.severity is not Severity.NOTE}
    evidence.judgements += [
        _theory(name, law, evidence.measured[name], name in wrong) for name, law in measured_scale.needed_law(evidence) if name not in answered
    ]
    _compare_builds(evidence, taken)
    return evidence


def contracts_of(graph: ModelGraph, options: Options) -> dict[str, Contract]:
    """The demand on each parameter; of several patterns that match, the last. Raises ``TargetProblem`` for one that matches none."""
    found: dict[str, Contract] = {}
    for pattern, text in options.contracts.items():
        names = [p.name for p in graph.parameters if fnmatchcase(p.name, pattern)]
        if not names and pattern not in options.loose:
            first = f"; the first is called {graph.parameters[0].name!r}" if graph.parameters else ""
            raise TargetProblem(f"the expectation {pattern!r} matches no parameter{first}")
        found.update((name, Contract(pattern=pattern, text=text)) for name in names)
    return found


def law_of_contract(contract: Contract, parameter: Parameter) -> Distribution:
    """The law that a contract asks of a parameter. Raises ``TargetProblem``."""
    try:
        return parse(contract.text).law(as_torch(parameter), parameter.layer, parameter.role)
    except ContractError as error:
        raise TargetProblem(f"the expectation {contract.pattern!r} on {parameter.name}: {error}") from None


def as_torch(parameter: Parameter) -> tuple[Number, ...]:
    """The shape that torch would have for a parameter, outputs and inputs first: other libraries have them last."""
    shape = parameter.shape or ()
    return (shape[-1], shape[-2], *shape[:-2]) if parameter.role in KERNELS and len(shape) > 1 else shape


def _drawn(parameter: Parameter, moments: Moments) -> Moments:
    """Without the row of an embedding that is zero for padding."""
    width = parameter.shape[1] if _padding_of(parameter) is not None and parameter.shape is not None and len(parameter.shape) == 2 else 1
    return moments.without_zeros(moments.zeros // width * width) if isinstance(width, int) and width > 1 else moments


def _cut(one: Asked, moments: Moments) -> Distribution:
    """The law with the bounds that a value far out shows.

    A truncated normal is drawn as erfinv of a uniform number, which is infinite once in 2**24 draws and then clamped to the bound:
    2 where the std is 0.02. So far out the law says no more than normal, but such a value is no fault.
    """
    event, reach = one.parameter.effective, max(abs(moments.minimum), abs(moments.maximum))
    if one.law.kind == "normal" and event is not None and "trunc_normal" in event.initializer and reach > FAR_OUT * number(one.law.std):
        return replace(one.law, kind="trunc_normal", low=-reach, high=reach)
    return one.law


def _padding_of(parameter: Parameter) -> Any:
    return parameter.layer.arguments.get("padding_idx") if parameter.layer is not None else None


def _odd_rows(parameter: Parameter, tensor: Any) -> str:
    """Rows that are constant or equal, though every entry is said to be drawn."""
    if tensor.dim() < 2 or tensor[0].numel() < ENOUGH:
        return ""
    padding = _padding_of(parameter)
    constant = [row for row in constant_rows(tensor) if padding is None or row != padding % tensor.shape[0]]
    if constant:
        return f"row {constant[0]} holds one value {tensor[0].numel()} times"
    same = equal_rows(tensor)
    return f"rows {same[0][0]} and {same[0][1]} hold the same values" if same else ""


def _judgement(one: Asked, verdict: Verdict) -> Judgement:
    name = one.parameter.name
    return Judgement(parameter=name, question=one.question, law=one.law, outcome=verdict.outcome, reason=verdict.reason, detectable=verdict.detectable)


def _theory(name: str, law: Distribution, measured: Measured, wrong: bool) -> Judgement:
    """The scale of a weight whose law nobody states; how much a scale off by more than ``NEAR`` matters, the depth decides."""
    ratio = measured.std / law.std if isinstance(law.std, (int, float)) and law.std else 0.0
    outcome: Outcome = "fails" if wrong else "ok" if 1 / NEAR <= ratio <= NEAR else "untested"
    return Judgement(parameter=name, question="theory", law=law, outcome=outcome, reason="" if outcome == "ok" else f"{ratio:.3g} times the std asked for")


def _compare_builds(evidence: Evidence, taken: list[Taken]) -> None:
    """Parameters that share numbers with another, or with themselves under another seed, though chance should make them differ."""
    drawn = {p.name for p in evidence.graph.parameters if p.distribution is not None and p.distribution.kind in RANDOM}
    still = set(seed_invariant([one.moments for one in taken]))
    varying = set(taken[0].moments) - still if len(taken) > 1 else set()
    evidence.duplicates = [names for names in taken[0].equal if any(name in drawn or name in varying for name in names)]
    evidence.repeated = [name for name in taken[0].moments if name in still and name in drawn]
