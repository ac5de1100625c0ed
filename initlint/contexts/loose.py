"""Functions that initialize and that no model of their file runs: they are run once on values nobody knows.

What such a run shows is about calls (arguments in the wrong place, names that do not exist), never about parameters.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Any

from initlint import program as p
from initlint.adapters.torch import graphs
from initlint.contexts.options import CONSTANT, compared, looked_up, tables_of
from initlint.contexts.samples import layer, samples
from initlint.graph import Mistake, ModelGraph, Parameter
from initlint.interpreter.classes import find_member
from initlint.interpreter.values import Class, Function, Instance, Method, OutOfBudget, TargetRaise, Tensor, Unknown, Wrapped
from initlint.source import Chunk, ClassChunk
from initlint.standins import instantiate
from initlint.text.initcalls import ROUTINE, commented, initializer_calls

if TYPE_CHECKING:
    from initlint.adapters.torch.witness import Idle, Witness
    from initlint.contexts.models import Analysis
    from initlint.findings import Site
    from initlint.interpreter.modules import Module
    from initlint.interpreter.nametests import NameTest

LSTM = re.compile(r"\bLSTM(?:Cell)?\b")
OWN_MODULES = re.compile(r"\bself\.(?:named_)?(?:modules|children)\(")
"""A method goes over the modules of what it belongs to."""
HANDS = re.compile(r"^[ \t]+\w*init\w*\(\w+\)[ \t\r]*$|\.apply\(\w*init\w*\(\)\)", re.MULTILINE)
"""A statement that hands a value to a function that initializes, by its name, or the result of such a function to ``apply``."""
MISHANDED = ("idle-routine", "called-routine")
"""What such a call may do wrong whatever the values around it are."""
MOST = 40
MOST_OPTIONS = 6
"""Options that a function is tried with."""
STEPS = 5_000
LOADING = 100_000
"""Steps to evaluate the definitions that a function stands among."""
FOUND_OUT = (bool, str, type(None))
"""Kinds of default that decide between branches; numbers keep theirs."""


@dataclass(frozen=True, slots=True)
class Built:
    """A model whose methods can still be run, and its parameters by the identity of tensor and storage."""

    root: Instance
    graph: ModelGraph
    owners: dict[int, Parameter]


class FileFacts:
    """What the contexts of one file show apart from models, and the calls that were seen at all."""

    def __init__(self, path: str, name: str) -> None:
        self.graph = ModelGraph(name=name, path=path)
        self.lines: set[int] = set()
        """Lines of the file on which an initializer ran."""
        self.emptied: set[int] = set()
        """Lines on which memory was made without being filled."""
        self.idle: dict[Site, list[Idle]] = {}
        """By place, the functions that were applied to a module there."""
        self.tests: dict[Site, tuple[NameTest, list[str], bool]] = {}
        """Tests of state-dict names in the file, with the names of all models and whether one passed."""
        self.shown: set[int] = set()
        """Those lines that belong to a model."""
        self.built: dict[str, Built] = {}
        """Models built from their defaults alone, by the name of their class."""
        self.calls: list[int] | None = None
        """Where something stands that looks like the call of an initializer, once that was asked for."""

    def lines_of(self, module: Module, chunk: Chunk) -> set[int]:
        """Lines of ``chunk`` with something that looks like the call of an initializer."""
        text = module.source.text
        if self.calls is None:
            self.calls = [match.start() for match in initializer_calls(text)]
        found = self.calls[bisect_left(self.calls, chunk.start) : bisect_left(self.calls, chunk.end)]
        return {module.source.index.position(offset)[0] for offset in found if not commented(text, offset)}

    def note(self, witness: Witness, *, modelled: bool, built: Built | None = None) -> None:
        """Add what one context did; where a model came of it, rules see the rest in the model. A method belongs to the model it was run on."""
        path = self.graph.path
        lines = {drawn.call.site.line for drawn in witness.drawn if drawn.call.site.path == path}
        self.lines |= lines
        self.emptied |= {site.line for site in witness.emptied if site.path == path}
        for idle in witness.idle:
            if idle.site.path == path:
                self.idle.setdefault(idle.site, []).append(idle)
        for site, (test, names, passed) in witness.tests.items():
            if site.path == path:
                _, more, before = self.tests.get(site, (test, [], False))
                self.tests[site] = (test, [*more, *names], before or passed)
        if modelled:
            self.shown |= lines
            return
        graph, owners = (built.graph, built.owners) if built is not None else (self.graph, {})
        known = {(mistake.kind, mistake.site) for mistake in graph.mistakes}
        graph.calls += [drawn.told(owners) for drawn in witness.drawn if drawn.call.site.path == path]
        graph.mistakes += [m for m in witness.mistakes.values() if m.site.path == path and (m.kind, m.site) not in known]

    def note_calls(self, witness: Witness, layers: list[Instance], ends: set[tuple[Site, str]]) -> None:
        """Add the calls at places that no context reached, those that raise, and those that draw the weight of one of ``layers`` from one side of zero.

        So are those, by place and weight, of ``ends``: what a weight is left with that no model shows.
        """
        weights = {id(weight.storage): name for name, weight in _weights(layers)}
        drawn = [one for one in witness.drawn if one.call.site.path == self.graph.path]
        self.graph.calls += [one.call for one in drawn if one.call.problem or one.call.site.line not in self.lines]
        for one in drawn:
            into, law = weights.get(id(one.storage)), one.call.law
            if into is None or law is None or law.mean is None:
                continue
            if law.mean != 0 or (one.call.site.line not in self.shown and (one.call.site, into) in ends):
                self.graph.calls.append(replace(one.call, into=into))
        self.lines |= {one.call.site.line for one in drawn}

    def name_tests(self, text: str) -> Iterator[Mistake]:
        """Tests that no name of any model passes; where nothing comes near, the file with ``text`` gives no attribute such a name either."""
        for site, (test, names, passed) in self.tests.items():
            if names and not passed:
                near = [name for name in dict.fromkeys(names) if name.endswith(f".{test.literal}")]
                if not near and _names_attribute(test.literal, text):
                    continue
                said = f"no name of the model {'is' if test.how == '==' else 'passes'} {test.literal!r}: the branch never runs"
                meant = f'{test.variable}.endswith("{test.literal}")' if near and test.how == "==" else ""
                yield Mistake(kind="unmatched-name", site=site, text=said, detail={"near": near, "meant": meant, "names": list(dict.fromkeys(names))})


def _names_attribute(literal: str, text: str) -> bool:
    """Whether a class that ``text`` holds gives an attribute a name that ``literal`` asks for, if under an option: ``self.c_proj = …``."""
    asked = [re.escape(part) for part in literal.split(".") if part not in ("", "weight", "bias")]
    return bool(asked) and re.search(rf"\bself\.\w*(?:{'|'.join(asked)})\w*(?:[ \t]*:[^=\n]*)?[ \t]*=(?!=)", text) is not None


def run_rest(analysis: Analysis, module: Module, facts: FileFacts) -> None:
    """Run every function that holds an initializer call which no context reached: methods on the model of their class, then on nothing known."""
    interp, framework = analysis.interp, analysis.framework
    rest = list(islice(unreached(module, facts), MOST))
    on_models = [(chunk, owner, facts.built[owner]) for chunk, owner in rest if owner in facts.built and chunk.name != "__init__"]
    for chunk, owner, built in [*on_models, *((chunk, owner, None) for chunk, owner in rest)]:
        if not facts.lines_of(module, chunk) - facts.lines:
            continue
        with alone(analysis, loose=True):
            function, _ = function_of(module, chunk, owner)
            if function is not None and not _is_generator(function):
                interp.call(function, *arguments(function, built), module.frame, p.Const(0, 0, None))
        drop_guarded(framework.witness, chunk.name)
        facts.note(framework.witness, modelled=False, built=built)
    for chunk, owner in rest:
        _run_on_samples(analysis, module, facts, chunk, owner)
    handing = ((chunk, owner) for chunk, owner in module.source.parts() if chunk.kind == "def" and chunk.says(HANDS))
    for chunk, owner in islice(handing, MOST):
        _run_handing(analysis, module, facts, chunk, owner)


def _run_handing(analysis: Analysis, module: Module, facts: FileFacts, chunk: Chunk, owner: str) -> None:
    """Run a function that hands something to an init routine, if nothing else ran it: what it hands may be the whole of a model that it makes."""
    function, cls = function_of(module, chunk, owner)
    if function is None or _is_generator(function) or id(function.node) in analysis.interp.entered:
        return
    witness = analysis.framework.witness
    with alone(analysis, loose=True):
        args, kwargs = arguments(function)
        if cls is not None and args:
            args[0] = instantiate(analysis.interp, cls, module.frame)  # what it builds from are attributes
        analysis.interp.call(function, args, kwargs, module.frame, p.Const(0, 0, None))
    witness.mistakes = {key: mistake for key, mistake in witness.mistakes.items() if mistake.kind in MISHANDED}
    witness.drawn, witness.emptied, witness.tests = [], [], {}
    facts.note(witness, modelled=False)


def _weights(layers: list[Instance]) -> list[tuple[str, Tensor]]:
    """The weights of layers, each under the name of its layer: ``Linear.weight``."""
    given = [(one.cls.name.rpartition(".")[2], one.parameters.get("weight")) for one in layers]
    return [(f"{kind}.weight", weight) for kind, weight in given if isinstance(weight, Tensor)]


def _last_writes(layers: list[Instance]) -> Iterator[tuple[Site, str]]:
    """Where the weights of layers were written last, if that certainly ran and wrote all of one."""
    for name, weight in _weights(layers):
        last = weight.storage.events[-1] if weight.storage.events else None
        if last is not None and last.site is not None and last.certain and not last.partial and weight.storage.distribution is not None:
            yield last.site, name


def drop_guarded(witness: Witness, name: str) -> None:
    """Forget what wrote into leaves in a function without a caller that does not say it initialises: those who prune and train switch gradients off."""
    if name != "__init__" and not ROUTINE.search(name):
        witness.mistakes = {key: mistake for key, mistake in witness.mistakes.items() if mistake.kind != "leaf-in-place"}


def _run_on_samples(analysis: Analysis, module: Module, facts: FileFacts, chunk: Chunk, owner: str) -> None:
    """Run a function on the layers that it asks for, once with each of its options; calls that it makes of no other are noted, and those that raise."""
    function, _ = function_of(module, chunk, owner)
    if function is None or _is_generator(function):
        return
    witness = analysis.framework.witness
    for option in [{}, *_options(module, chunk, function)]:
        layers: list[Instance] = []
        ends: set[tuple[Site, str]] = set()
        with alone(analysis, loose=True):
            args, kwargs = arguments(function, facts.built.get(owner), option)
            first = 1 if function.node.params and function.node.params[0].name == "self" else 0
            layers = witness.samples = samples(analysis, module, chunk)
            if first and args and layers and owner not in facts.built and chunk.says(OWN_MODULES):
                args[0] = layers[0]  # the samples stand for what it holds
            _run_made(analysis, module, function, args, kwargs)
            for sample in witness.samples if len(args) > first else witness.samples[:1]:
                try:
                    given = [*args[:first], sample, *args[first + 1 :]] if len(args) > first else args
                    analysis.interp.call(function, given, kwargs, module.frame, p.Const(0, 0, None))
                except TargetRaise:
                    continue  # what it asks of this one another may have
                ends.update(_last_writes(layers))
        facts.note_calls(witness, layers, ends)
        if owner in facts.built:  # of what else it was given nobody knows what it has
            missed = (one for one in witness.mistakes.values() if one.kind == "missing-attribute" and one.site.path == facts.graph.path)
            facts.graph.mistakes += [one for one in missed if one.detail["class_name"] == owner]
        if not layers:
            return


def _options(module: Module, chunk: Chunk, function: Function) -> list[dict[str, str]]:
    """Its arguments that a function compares with strings, or looks up in a table of initializers, each with one of these strings."""
    names = [param.name for param in function.node.params[1:]]
    if not names:
        return []
    text = module.source.text[chunk.start : chunk.end]
    found = [*compared(text), *((name, key) for name, key, draws in looked_up(text, tables_of(module)) if draws)]
    return [{name: value} for name, value in dict.fromkeys(found) if name in names and not CONSTANT.search(value)][:MOST_OPTIONS]


def _run_made(analysis: Analysis, module: Module, function: Function, args: list[Any], kwargs: dict[str, Any]) -> None:
    """Run on each sample the routine that a function of options makes and returns."""
    body, samples, node = function.node.body, analysis.framework.witness.samples, p.Const(0, 0, None)
    if not samples or not isinstance(body, list) or not isinstance(body[-1], p.Return) or not any(isinstance(one, p.FunctionDef) for one in body):
        return
    made = analysis.interp.call(function, args, kwargs, module.frame, node)
    for sample in samples[1:] if isinstance(made, Function) and len(made.node.params) == 1 else ():
        with suppress(TargetRaise):
            analysis.interp.call(made, [sample], {}, module.frame, node)


@contextmanager
def alone(analysis: Analysis, *, loose: bool = False) -> Iterator[None]:
    """Whatever runs inside runs without a caller, on a budget of its own, and leaves nothing behind but what the witness saw; ``loose`` on nothing known."""
    interp, framework = analysis.interp, analysis.framework
    entered = interp.entered
    framework.start_recording(None)
    framework.witness.loose, interp.entered = loose, set()
    interp.grant(STEPS)
    try:
        with interp.heap.sandbox():
            yield
    except (TargetRaise, OutOfBudget, RecursionError):
        pass  # it may be meant for something else
    finally:
        framework.stop_recording()
        framework.witness.loose, framework.witness.samples, interp.entered = False, [], entered
        interp.reset()


def _is_generator(function: Function) -> bool:
    return isinstance(function.node, p.FunctionDef) and bool(function.node.generator)


def unreached_lines(module: Module, chunk: ClassChunk, facts: FileFacts) -> dict[str, set[int]]:
    """By method of the class, the lines with a call of an initializer that no model shows."""
    found = {one.name: facts.lines_of(module, one) - facts.shown for one in chunk.members if one.kind == "def"}
    return {name: lines for name, lines in found.items() if lines}


def run_on_lstms(analysis: Analysis, module: Module, facts: FileFacts) -> Iterator[tuple[ModelGraph, Class]]:
    """What those of these functions that speak of LSTMs make of one: a layer is all that they ask for."""
    interp, framework = analysis.interp, analysis.framework
    for chunk, owner in unreached(module, facts):
        if not chunk.says(LSTM):
            continue
        with alone(analysis):
            function, lstm = function_of(module, chunk, owner)[0], layer(analysis, module, "LSTM")
            args, kwargs = arguments(function) if function is not None else ([], {})
            first = 1 if owner else 0
            if isinstance(lstm, Instance) and function is not None and len(args) > first:
                interp.call(function, [*args[:first], lstm, *args[first + 1 :]], kwargs, module.frame, p.Const(0, 0, None))
                graph = graphs.build(interp, framework, lstm, f"{chunk.name}(LSTM)", facts.graph.path)
                graph.calls, graph.mistakes = [call for call in graph.calls if not call.problem], []  # it may be meant for something else
                yield graph, lstm.cls


def unreached(module: Module, facts: FileFacts) -> Iterator[tuple[Chunk, str]]:
    """Functions with a call on a line where none ran, with the class they belong to."""
    for chunk, owner in module.source.parts():
        if chunk.kind == "def" and facts.lines_of(module, chunk) - facts.lines:
            yield chunk, owner


def function_of(module: Module, chunk: Chunk, owner: str) -> tuple[Function | None, Class | None]:
    """The function that a chunk defines, and the class ``owner`` it is a method of."""
    value = module.get(owner or chunk.name)
    cls = value if owner and isinstance(value, Class) else None
    if owner:
        value = find_member(cls, chunk.name)[0] if cls is not None else None
    while isinstance(value, (Method, Wrapped)):
        value = value.function
    return (value if isinstance(value, Function) and isinstance(value.node, p.FunctionDef) else None), cls


def arguments(function: Function, built: Built | None = None, option: Mapping[str, str] | None = None) -> tuple[list[Any], dict[str, Any]]:
    """Values nobody knows, but for a model at hand and an ``option``; numbers keep their defaults, which is what a call without them means."""
    args: list[Any] = []
    kwargs: dict[str, Any] = {}
    for param in function.node.params:
        default = function.defaults.get(param.name)
        if param.kind == "args" and len(args) == function.node.params.index(param):
            args.append(Unknown("any number of arguments"))
        if param.kind in ("args", "kwargs") or (param.name in function.defaults and not isinstance(default, FOUND_OUT)):
            continue
        value: Any = built.root if built is not None and param.name == "self" else Unknown(f"the argument {param.name}")
        value = option[param.name] if option and param.name in option else value
        if param.kind == "keyword" or len(args) < function.node.params.index(param):
            kwargs[param.name] = value
        else:
            args.append(value)
    return args, kwargs
