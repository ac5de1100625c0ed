"""One target from start to end: read its source, build it under observation, trace it, measure it, ask the three questions."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch

from initlint import frontend
from initlint.graph import Layer, ModelGraph, Parameter
from initlint.live import examine, forward, graphs, inputs, judging, measuring, observer, recording, replay, signal, targets
from initlint.live.guard import random_states_kept, untouched
from initlint.live.options import Options
from initlint.live.others import kinds
from initlint.live.others import verifying as others
from initlint.live.results import TargetResult

Progress = Callable[[str], None]
Build = Callable[[], Any]


@dataclass(slots=True)
class Built:
    """A model as observed."""

    model: Any
    graph: ModelGraph
    layers: dict[int, Layer]
    owners: dict[int, Parameter]
    passed: forward.Passed = field(default_factory=forward.Passed)


def verify_target(target: str, options: Options, progress: Progress) -> TargetResult:
    """Verify ``path/to/file.py:EXPR`` or ``package.module:EXPR`` in this process. Raises ``TargetProblem``."""
    place, expression = targets.split(target)
    progress("reading source")
    claimed, unread = _claims(target, options)
    kinds.settle_backend()

    def build() -> Any:
        return targets.build(targets.load(place, options.search_path), expression)

    try:
        kind = kinds.of_graph(claimed)
        if kind is None:
            return verify_build(target, expression, build, options, progress, claimed=claimed, unread=unread)
    except kinds.Elsewhere as found:
        kind = found.kind
    return others.verify_target(target, kind, options, progress, claimed, unread)


def verify_build(
    target: str, name: str, build: Build, options: Options, progress: Progress, *, claimed: ModelGraph | None = None, unread: str = ""
) -> TargetResult:
    """Verify what ``build`` makes, which is called once per seed. Its exceptions are the caller's."""
    device = device_of(options.device)
    if options.by_parts:
        return _verify_parts(target, name, build, options, progress, device, claimed, unread)
    with random_states_kept(), _defaults(device, options.dtype):
        progress(f"building 1/{options.seeds}")
        _seed(0)
        with observer.observed() as ledger:
            model = build()
        graph, layers, owners = graphs.build(model, name, claimed.path if claimed is not None else "", ledger)
        built = Built(model, graph, layers, owners)
        trace(built, options, device, progress)
        progress("measuring")
        taken = [measuring.take(model, graph)]
        watched = recording.watches(graph) if options.signal else {}
        demanded = judging.contracts_of(graph, options)
        asked = list(judging.questions(graph, claimed, demanded))
        on_values = judging.verdicts_on_values(dict(model.named_parameters()), asked, judging.alpha_of(graph))
        samples = [recording.take(model, built.passed, watched, wide=options.inputs is None)] if options.signal else []
        built.model = model = None
        for seed in range(1, options.seeds):
            progress(f"building {seed + 1}/{options.seeds}")
            _seed(seed)
            model = build()
            taken.append(measuring.take(model, graph))
            samples += [recording.take(model, built.passed, watched, wide=options.inputs is None)] if options.signal else []
            model = None
    progress("judging")
    evidence = judging.judge(graph, claimed, taken, asked, on_values, demanded)
    reasons = [text for text in (unread, built.passed.reason) if text]
    return examine.result(target, str(device), evidence, "; ".join(reasons), options, signals=signal.rows(graph, samples), inputs=built.passed.shapes)


def _verify_parts(
    target: str, name: str, build: Build, options: Options, progress: Progress, device: Any, claimed: ModelGraph | None, unread: str
) -> TargetResult:
    """Verify a model that was never whole: its parameters are drawn, measured and let go one at a time."""
    with random_states_kept():
        progress("building on meta")
        with _defaults(torch.device("meta"), options.dtype):
            _seed(0)
            with observer.observed() as ledger:
                model = build()
            graph, layers, owners = graphs.build(model, name, claimed.path if claimed is not None else "", ledger)
            built = Built(model, graph, layers, owners)
            trace(built, options, torch.device("meta"), progress)
        demanded = judging.contracts_of(graph, options)
        asked = list(judging.questions(graph, claimed, demanded))
        on_values: dict[judging.Key, Any] = {}
        taken = []
        for seed in range(options.seeds):
            _seed(seed)
            taken.append(measuring.Taken())
            for number, (path, tensor) in enumerate(model.named_parameters(), 1):
                progress(f"drawing {number}/{len(graph.parameters)}, seed {seed + 1}/{options.seeds}")
                drawn = {path: ledger.script.draw(tensor, ledger.record(tensor), device)}
                if drawn[path] is not None and measuring.measurable(drawn[path]):
                    one = measuring.take_tensors(drawn, graph)
                    taken[-1].moments.update(one.moments)
                    on_values |= judging.verdicts_on_values(drawn, asked, judging.alpha_of(graph)) if seed == 0 else {}
    evidence = judging.judge(graph, claimed, taken, asked, on_values, demanded)
    reasons = [text for text in (unread, built.passed.reason, replay.CANNOT_SEE) if text]
    return examine.result(target, str(device), evidence, "; ".join(reasons), options)


def verify_model(model: Any, name: str, options: Options) -> TargetResult:
    """Verify a model that exists: it is measured and traced, and left as it was. How it was built was not seen."""
    device = next((str(p.device) for p in model.parameters()), "cpu")
    with random_states_kept():
        graph, layers, owners = graphs.build(model, name, "", None)
        built = Built(model, graph, layers, owners)
        trace(built, options, torch.device(device), lambda step: None)
        demanded = judging.contracts_of(graph, options)
        asked = list(judging.questions(graph, None, demanded))
        taken = [measuring.take(model, graph)]
        watched = recording.watches(graph) if options.signal else {}
        on_values = judging.verdicts_on_values(dict(model.named_parameters()), asked, judging.alpha_of(graph))
        samples = [recording.take(model, built.passed, watched, wide=options.inputs is None)] if options.signal else []
    evidence = judging.judge(graph, None, taken, asked, on_values, demanded)
    return examine.result(name, device, evidence, built.passed.reason, options, signals=signal.rows(graph, samples), inputs=built.passed.shapes)


def trace(built: Built, options: Options, device: Any, progress: Progress) -> None:
    """Follow one forward pass of a built model, where that is wanted."""
    if not options.forward:
        built.graph.forward_reason = built.passed.reason = "the forward pass was not run (--no-forward)"
        return
    progress("tracing")
    dtype = next((p.dtype for p in built.model.parameters() if p.dtype.is_floating_point), None)
    given = inputs.parse(options.inputs, dtype, device) if options.inputs is not None else None
    with untouched(built.model):
        built.passed = forward.follow(built.graph, built.model, built.layers, built.owners, given)


def device_of(name: str) -> Any:
    """The device a name stands for. Raises ``TargetProblem`` where there is no such."""
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError:
        raise targets.TargetProblem(f"{name!r} is not a device: write auto, cpu, cuda or cuda:N") from None
    if device.type == "cuda" and (not torch.cuda.is_available() or (device.index or 0) >= torch.cuda.device_count()):
        raise targets.TargetProblem(f"{name}: this machine has no such device; use --device auto")
    return device


def _claims(target: str, options: Options) -> tuple[ModelGraph | None, str]:
    """The static table of a target, or why there is none."""
    try:
        return frontend.show(target, options.search_path), ""
    except frontend.TargetError as error:
        return None, f"source says nothing: {error}"


@contextmanager
def _defaults(device: Any, dtype: str | None) -> Iterator[None]:
    """Make new tensors on ``device`` and of ``dtype``."""
    kind = getattr(torch, dtype, None) if dtype is not None else torch.get_default_dtype()
    if not isinstance(kind, torch.dtype) or not kind.is_floating_point:
        raise targets.TargetProblem(f"{dtype!r} is not a floating type of torch, as float32, bfloat16 and float16 are")
    before = torch.get_default_dtype()
    torch.set_default_dtype(kind)
    try:
        with torch.device(device):
            yield
    finally:
        torch.set_default_dtype(before)


def _seed(seed: int) -> None:
    torch.manual_seed(seed)
    random.seed(seed)
    numpy: Any = sys.modules.get("numpy")
    if numpy is not None:
        numpy.random.seed(seed)
