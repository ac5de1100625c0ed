"""``verify``, ``trace`` and ``assert_init`` as Python functions: the same work as the command, on objects too."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import torch

from initlint.graph import ModelGraph
from initlint.live import examine, forward, graphs, inputs, observer
from initlint.live.guard import random_states_kept, untouched
from initlint.live.options import Options
from initlint.live.others import kinds
from initlint.live.others import verifying as others
from initlint.live.results import TargetResult, VerifyResult
from initlint.live.supervisor import Limits as Limits
from initlint.live.supervisor import supervise
from initlint.live.targets import TargetProblem, explain
from initlint.live.verifying import verify_build, verify_model
from initlint.report.verify import to_text


class InitError(AssertionError):
    """A model that does not start as it should; the text is the report."""


def verify(subject: Any, options: Options, limits: Limits) -> VerifyResult:
    """A target by name in a process of its own; a class, a function or a model in this one."""
    if isinstance(subject, str):
        return VerifyResult([supervise(subject, options, limits)])
    name = name_of(subject)
    try:
        return VerifyResult([_verify_object(subject, name, options)])
    except TargetProblem as problem:
        return VerifyResult([TargetResult(target=name, status="error", reason=str(problem))])


def _verify_object(subject: Any, name: str, options: Options) -> TargetResult:
    kind = kinds.of_value(subject)
    if kind is not None and not isinstance(subject, type):
        return others.verify_object(subject, name, kind, options)
    if isinstance(subject, torch.nn.Module):
        return verify_model(subject, name, options)
    return verify_build(name, name, _builder(subject, name), options, lambda step: None)


def trace(subject: Any, spec: str | None = None) -> ModelGraph:
    """The graph of a model, or of what a class or function builds. Raises ``TargetProblem``."""
    name = name_of(subject)
    with random_states_kept():
        if isinstance(subject, torch.nn.Module):
            model, ledger = subject, None
        else:
            with observer.observed() as ledger:
                model = _builder(subject, name)()
        graph, layers, owners = graphs.build(model, name, "", ledger)
        with untouched(model):
            forward.follow(graph, model, layers, owners, inputs.parse(spec) if spec is not None else None)
    return graph


def assert_init(subject: Any, contracts: Mapping[str, str] | None, options: Options, limits: Limits) -> VerifyResult:
    """Raise ``InitError`` unless ``subject`` starts as it should."""
    outcome = verify(subject, replace(options, contracts=contracts or {}), limits)
    if not outcome.passed:
        sources = {finding.site.path: examine.text_of(finding.site.path) for finding in outcome.findings}
        raise InitError("\n" + to_text(outcome.results, sources=sources))
    return outcome


def name_of(subject: Any) -> str:
    """What to call a model, or the class or function that builds one."""
    if isinstance(subject, torch.nn.Module):
        return type(subject).__name__
    return str(getattr(subject, "__qualname__", None) or type(subject).__name__)


def _builder(subject: Any, name: str) -> Callable[[], Any]:
    """What builds the model. Raises ``TargetProblem`` for something that cannot."""
    if not callable(subject):
        raise TargetProblem(f"a {name} is neither a target, a model, nor a class or function that builds one")

    def build() -> Any:
        try:
            model = subject()
        except Exception as error:
            raise TargetProblem(f"{name} raises {explain(error)}") from error
        if kinds.of_value(model) is not None:
            raise TargetProblem(f"{name} makes a model of another framework than torch: hand over the model, or name the target, 'net.py:{name}'")
        if not isinstance(model, torch.nn.Module):
            raise TargetProblem(f"{name} returns no torch.nn.Module but a {type(model).__name__}")
        return model

    return build
