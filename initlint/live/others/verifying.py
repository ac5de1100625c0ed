"""A model of Keras or Flax from start to end: built under observation once per seed, measured, and asked what torch's models are asked of their values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from initlint.graph import ModelGraph
from initlint.live import examine, judging, measuring, targets
from initlint.live.options import Options
from initlint.live.others.found import Found, Framework, Held, graph_of
from initlint.live.others.kinds import Kind
from initlint.live.results import TargetResult

PACKAGES: dict[Kind, str] = {"keras": "keras", "linen": "flax", "nnx": "flax"}
"""The package of each framework, which is what the extra that brings it is called, too."""
FEW, OFTEN = 3, 1e-4
"""How many values may lie beyond the bounds of a truncated normal: these, and this share of all."""
FIXED = "the target fixes its random numbers itself: it was measured once; write rngs=rngs to have them drawn anew"


def framework(kind: Kind) -> Framework:
    """How to build and read models of ``kind``. Raises ``TargetProblem`` where that is not installed, or does not start."""
    try:
        if kind == "keras":
            from initlint.live.others.of_keras import OfKeras

            return OfKeras()
        from initlint.live.others.of_flax import OfFlax

        return OfFlax(linen=kind == "linen")
    except ImportError as error:
        package = PACKAGES[kind]
        raise targets.TargetProblem(f"{package} cannot be imported: {targets.explain(error)}; pip install 'initlint[{package}]'") from None


def verify_target(target: str, kind: Kind, options: Options, progress: Callable[[str], None], claimed: ModelGraph | None, unread: str) -> TargetResult:
    """Verify a target that is a model of ``kind``, in this process. Raises ``TargetProblem``."""
    place, expression = targets.split(target)
    _refuse(options)
    made = framework(kind)
    builds: list[list[Found]] = []
    for seed in range(options.seeds):
        progress(f"building {seed + 1}/{options.seeds}")
        with made.observed(seed):
            value = targets.evaluate(targets.load(place, options.search_path), expression, made.names(seed), kind)
            model = made.completed(value, options.inputs)
        builds.append(list(made.parameters(model)))
    fixed = kind == "nnx" and len(builds) > 1 and all(_same(*pair) for pair in zip(*builds[:2], strict=True))
    reason = "; ".join(text for text in (unread, FIXED if fixed else "") if text)
    return _judged(target, expression, made.label, builds[:1] if fixed else builds, claimed, reason, options, progress)


def verify_object(model: Any, name: str, kind: Kind, options: Options) -> TargetResult:
    """Verify a model that exists: how it was built was not seen. Raises ``TargetProblem``."""
    _refuse(options)
    made = framework(kind)
    found = list(made.parameters(made.completed(model, options.inputs)))
    return _judged(name, name, made.label, [found], None, "", options, lambda step: None)


def _judged(
    target: str,
    name: str,
    label: str,
    builds: list[list[Found]],
    claimed: ModelGraph | None,
    reason: str,
    options: Options,
    progress: Callable[[str], None],
) -> TargetResult:
    graph = graph_of(builds[0], name, claimed.path if claimed is not None else "")
    demanded = judging.contracts_of(graph, options)
    asked = list(judging.questions(graph, claimed, demanded))
    progress("measuring")
    held = [Held.of(found) for found in builds]
    on_values = judging.verdicts_on_values(held[0].tensors, asked, judging.alpha_of(graph))
    taken = [measuring.take(one, graph) for one in held]
    for one, measured in zip(held, taken, strict=True):
        _leave_strays(one, asked, measured)
    progress("judging")
    evidence = judging.judge(graph, claimed, taken, asked, on_values, demanded)
    reasons = [text for text in (reason, graph.forward_reason) if text]
    return examine.result(target, f"cpu, {label}", evidence, "; ".join(reasons), options)


def _leave_strays(held: Held, asked: list[judging.Asked], taken: measuring.Taken) -> None:
    """Take no notice of the few values that lie beyond the bounds of a truncated normal.

    On torch, Keras draws each number four times and takes the first within the bounds: where none of the four is, one in 230,000 times, it takes one outside.
    """
    for one in asked:
        name, (low, high) = one.parameter.name, (one.law.low, one.law.high)
        if one.law.kind == "trunc_normal" and name in taken.moments and isinstance(low, float) and isinstance(high, float):
            values, moments = held.tensors[name].detach(), taken.moments[name]
            strays = int(((values < low) | (values > high)).sum())
            if 0 < strays <= FEW + OFTEN * values.numel():
                taken.moments[name] = replace(moments, minimum=max(moments.minimum, low), maximum=min(moments.maximum, high))


def _same(left: Found, right: Found) -> bool:
    return left.name == right.name and left.values.shape == right.values.shape and bool((left.values == right.values).all())


def _refuse(options: Options) -> None:
    """Say what is asked for that only models of torch can do. Raises ``TargetProblem``."""
    elsewhere = options.device not in ("auto", "cpu")
    asked = {"--signal": options.signal, "--by-parts": options.by_parts, "--dtype": options.dtype is not None, "--device": elsewhere}
    for option, given in asked.items():
        if given:
            raise targets.TargetProblem(f"{option} is for models of torch: those of Keras and Flax are built and measured whole, on the CPU")
