"""Every model a file builds: each class with its defaults, and each construction found in functions and scripts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

from initlint import program as p
from initlint.adapters.arrays import plain, training
from initlint.adapters.arrays.calls import Calls
from initlint.adapters.declared.modules import SEQUENCES
from initlint.adapters.torch import graphs
from initlint.adapters.torch.building import named_modules, named_tensors
from initlint.contexts.arraynets import called_nets
from initlint.contexts.attached import drop_read
from initlint.contexts.biases import absent_biases
from initlint.contexts.classnames import misspelt_classes
from initlint.contexts.covered import Covered
from initlint.contexts.fillers import Answers, drop_filled
from initlint.contexts.heirs import heirs
from initlint.contexts.helpers import run_on_norms
from initlint.contexts.loaded import drop_unguarded
from initlint.contexts.loose import Built, FileFacts, run_on_lstms, run_rest
from initlint.contexts.mentions import ProjectText
from initlint.contexts.nested import inner, local
from initlint.contexts.programs import build, programs
from initlint.contexts.routines import survey
from initlint.contexts.scripts import scripts
from initlint.contexts.shallow import shallow
from initlint.contexts.slips import slips
from initlint.contexts.switches import padded, switched
from initlint.contexts.unmatched import unmatched
from initlint.contexts.variants import variants
from initlint.frontend import new_interpreter
from initlint.graph import InitEvent, ModelGraph, Origin
from initlint.interpreter.classes import find_member
from initlint.interpreter.contracts import LATER
from initlint.interpreter.framework import SeenBefore
from initlint.interpreter.modules import Module
from initlint.interpreter.values import Class, Instance, OutOfBudget, TargetRaise
from initlint.interpreter.worlds import World
from initlint.overlays.declared.names import ROOTS
from initlint.overlays.declared.tensorflow import graph_mode
from initlint.paths.consulted import Consulted
from initlint.paths.lookup import Places
from initlint.process import garbage
from initlint.rules import Rule
from initlint.source import ClassChunk, SourceFile
from initlint.standins import instantiate
from initlint.text.gate import may_hold_nets

STEPS_PER_FILE = 1_500_000
MAX_CONTEXTS = 24
MAX_ROOTS = 4
MOST_TEXT = 8_000_000
"""Characters of the files used last that stay in memory, with what was parsed of them."""
LOADS = re.compile(r"load_state_dict|load_checkpoint|from_pretrained|safetensors|load_weights|load_model")
"""Words in a file that fills what it allocates from somewhere else."""


@dataclass(eq=False)
class Model:
    """One analysed model: its graph, the class at its root (none for what stands for a whole file) and the classes inside."""

    graph: ModelGraph
    root: Class | None
    inside: set[int]
    bare: bool
    """Whether it was built from its defaults alone, not where real code builds it."""


@dataclass(eq=False)
class Analysis:
    """What one file is analysed with; the text of other files is shared with the analyses before."""

    search_path: Sequence[str] = ()
    rules: Sequence[Rule] = ()
    files: dict[Path, SourceFile] = field(default_factory=dict)
    """Files indexed so far; a second analysis may share them."""
    texts: ProjectText = field(default_factory=ProjectText)
    places: Places = field(default_factory=Places)
    consulted: Consulted = field(default_factory=Consulted)

    def __post_init__(self) -> None:
        self.interp, self.framework = new_interpreter(self.search_path)
        self.interp.project.files = self.files
        self.interp.project.places = self.places
        self.interp.project.consulted = self.consulted

    def left(self) -> tuple[dict[Path, SourceFile], ProjectText, Places]:
        """The text of files and where they lie: all that the next analysis may know of this one, so that what it says does not depend on those before."""
        room = MOST_TEXT
        for path, source in reversed([*self.files.items()]):
            room -= len(source.text)
            if room < 0:
                del self.files[path]
        return self.files, self.texts, self.places

    def edited(self) -> Analysis:
        """A fresh analysis for one file with other text; nothing that it reads shows here."""
        return Analysis(self.search_path, self.rules, dict(self.files), self.texts, self.places, self.consulted)


@dataclass(eq=False)
class FileContexts:
    """The contexts of one file while they are collected."""

    analysis: Analysis
    module: Module
    facts: FileFacts
    models: list[Model] = field(default_factory=list)
    seen: set[Any] = field(default_factory=set)
    calls: Calls = field(default_factory=Calls)
    """Calls of functions that may be nets of arrays."""
    answers: Answers = field(default_factory=Answers)

    def __post_init__(self) -> None:
        self.covered = Covered(self.module, self.facts)


def build_models(analysis: Analysis, path: str, data: bytes) -> list[Model]:
    """All models that the file ``path`` defines or builds, and last what stands for the file itself. Raises ``SourceError``."""
    interp = analysis.interp
    interp.steps = 0
    interp.grant()
    module = interp.project.open(Path(path), data)
    module.source.path = path
    contexts = FileContexts(analysis, module, FileFacts(path, module.name))
    interp.start_frame = module.frame
    module.register()
    analysis.framework.plain_nets = may_hold_nets(data)
    interp.watch = contexts.calls.note if analysis.framework.plain_nets else None
    analysis.framework.graph_mode = graph_mode(data)
    if analysis.framework.graph_mode:
        contexts.models += _programs(contexts)
    contexts.models += _classes(contexts)
    contexts.models += _inner_classes(contexts)
    interp.grant()
    for name, action in scripts(contexts):
        if len(contexts.models) > len(module.source.classes()) + MAX_CONTEXTS or interp.steps > STEPS_PER_FILE:
            break
        contexts.models += _attempt(contexts, action, name, False)
    for name, action in local(contexts):
        if interp.steps > STEPS_PER_FILE:
            break
        contexts.models += _option(contexts, action, name)
    for label, cls, given in chain(switched(module, contexts.facts), padded(module, contexts.facts)):
        if is_model(cls):
            contexts.models += _option(contexts, partial(instantiate, interp, cls, module.frame, given), label)
    contexts.models += [Model(graph, None, set(), False) for graph in called_nets(contexts)]
    for name, action in variants(interp, module, contexts.facts, [model.graph for model in contexts.models if model.bare]):
        contexts.models += _option(contexts, action, name)
    for name, action in heirs(analysis, module, contexts.facts):
        contexts.models += _option(contexts, action, name)
    contexts.facts.graph.mistakes += contexts.facts.name_tests(module.source.text)
    contexts.facts.graph.mistakes += slips(module)
    contexts.facts.graph.mistakes += unmatched(analysis, module, contexts.facts)
    contexts.facts.graph.mistakes += shallow(interp, module, contexts.facts)
    contexts.facts.graph.mistakes += absent_biases(analysis, module)
    contexts.facts.graph.mistakes += misspelt_classes(analysis, module)
    contexts.facts.graph.routines = survey(analysis, module, contexts.models)
    contexts.models += [Model(graph, cls, set(), False) for graph, cls in run_on_lstms(analysis, module, contexts.facts)]
    contexts.models += [Model(graph, cls, set(), False) for graph, cls in run_on_norms(analysis, module, contexts.facts)]
    run_rest(analysis, module, contexts.facts)
    on_meta = ".to_empty(" in module.source.text and not LOADS.search(module.source.text)
    for model in contexts.models:
        model.graph.on_meta = on_meta
    graphs_of_file = [*(model.graph for model in contexts.models), contexts.facts.graph]
    drop_unguarded(analysis, module, graphs_of_file)
    drop_read(analysis, module, graphs_of_file)
    return [*contexts.models, Model(contexts.facts.graph, None, set(), False)]


def _classes(contexts: FileContexts) -> list[Model]:
    """Every class with its defaults, in the order of the file, but for those that a model which holds them shows whole."""
    interp, module = contexts.analysis.interp, contexts.module
    found: list[list[Model]] = []
    for chunk, cls in reversed(module.classes()):
        if not isinstance(cls, Class) or contexts.covered.hides(chunk, cls):
            continue
        if _may_be_model(contexts, cls):
            interp.undecided = False
            models = _attempt(contexts, partial(_ready, contexts, cls, chunk), chunk.name, True)
            if interp.undecided:
                models += _worlds(contexts, cls, chunk.name)
            found.append(models)
    return [model for models in reversed(found) for model in models]


def _inner_classes(contexts: FileContexts) -> list[Model]:
    """The same of classes in classes, and of those under a condition."""
    interp, frame = contexts.analysis.interp, contexts.module.frame
    found: list[Model] = []
    for chunk, cls in inner(contexts):
        if not contexts.covered.hides(chunk, cls) and _may_be_model(contexts, cls):
            found += _attempt(contexts, partial(instantiate, interp, cls, frame), cls.name, True)
    return found


def _may_be_model(contexts: FileContexts, cls: Class) -> bool:
    """Whether a class is a model, or a net without a framework; its body may take steps of its own to be looked at."""
    interp = contexts.analysis.interp
    interp.grant()
    try:
        return is_model(cls) or (contexts.analysis.framework.plain_nets and plain.forward_method(cls) is not None)
    except OutOfBudget:
        interp.reset()
        return False


def _ready(contexts: FileContexts, cls: Class, chunk: ClassChunk) -> Any:
    """An object of a class, and what is called on it before it learns: by its library, or by its own ``fit``."""
    interp, frame = contexts.analysis.interp, contexts.module.frame
    made = instantiate(interp, cls, frame)
    later, _ = find_member(cls, LATER)
    if isinstance(made, Instance) and isinstance(later, str):
        node = p.Const(chunk.start, chunk.header_end, None)
        interp.call(interp.getattr(made, later, frame, node), [], {}, frame, node)
    elif isinstance(made, Instance) and contexts.analysis.framework.plain_nets:
        training.begin(interp, made, frame)
    return made


def _option(contexts: FileContexts, action: Callable[[], Any], name: str) -> list[Model]:
    """A class with an option that no other model of the file takes: none of them can clear it."""
    models = _attempt(contexts, action, name, True)
    for model in models:
        model.bare = False
    return models


def _worlds(contexts: FileContexts, cls: Class, name: str) -> list[Model]:
    """A class once more with every test answered alike that only a configuration decides."""
    interp, models = contexts.analysis.interp, list[Model]()
    for holds in (True, False):
        interp.world = World(holds)
        try:
            models += _option(contexts, partial(instantiate, interp, cls, contexts.module.frame), name)
        finally:
            interp.world = None
    return models


def is_model(cls: Class) -> bool:
    """Whether a class is a module of the framework, or plays one for a base class that was not read."""
    if not ROOTS.keys().isdisjoint(cls.names):
        return True
    if not cls.uncertain:
        return False
    return find_member(cls, "forward")[1] is not None


def _attempt(contexts: FileContexts, action: Callable[[], Any], name: str, bare: bool) -> list[Model]:
    """Run one context with a budget of its own and turn every root module it built into a model."""
    interp, framework = contexts.analysis.interp, contexts.analysis.framework
    interp.grant()
    garbage.tidy(amid=True)
    framework.start_recording(None if bare else contexts.seen)
    result: Any = None
    try:
        result = action()
    except (TargetRaise, OutOfBudget, SeenBefore, RecursionError):
        pass
    finally:
        built = framework.stop_recording()
        interp.reset()
    roots = [result] if isinstance(result, Instance) and (framework.is_module(result) or plain.adopt(result)) else []
    built = [instance for instance in built if framework.is_module(instance) or plain.adopt(instance)]
    if not bare:
        roots += [instance for instance in _roots(built) if instance is not result]
    models = [_model(contexts, root, name, bare) for root in roots[:MAX_ROOTS] if _is_new(contexts, root, bare)]
    interp.grant()  # what is looked up until the next attempt has not to make do with what this one left
    made = [model for model in models if model is not None]
    for model in made:
        contexts.covered.note(model)
    contexts.facts.note(framework.witness, modelled=bool(made))
    return made


def _is_new(contexts: FileContexts, root: Instance, bare: bool) -> bool:
    """Whether a root module was built whole, is not one layer alone, and differs from those before in more than sizes."""
    if "#failed" in root.attrs or (root.cls.spec is not None and root.cls.name not in ("torch.nn.Sequential", *SEQUENCES)):
        return False
    if bare and not written_by_author(root):
        return True
    key = fingerprint(root)
    if not bare and key in contexts.seen:
        return False
    contexts.seen.add(key)
    return True


def _model(contexts: FileContexts, root: Instance, name: str, bare: bool) -> Model | None:
    """A root module as a model, its forward pass traced; None where nobody chose an initial value in it, or meant to, and no rule asks for such."""
    asked = written_by_author(root) or any(rule.judges_defaults for rule in contexts.analysis.rules)
    if not asked and not contexts.analysis.framework.witness.told:
        contexts.covered.note_untouched(root)
        return None
    interp, framework = contexts.analysis.interp, contexts.analysis.framework
    interp.grant()
    graph = graphs.build(interp, framework, root, name, contexts.module.source.path)
    interp.reset()
    _before_loading(graph)
    drop_filled(contexts.analysis, contexts.module, graph, root.cls, contexts.answers)
    if bare:
        contexts.facts.built.setdefault(graph.name, Built(root, graph, framework.owners))
    return Model(graph, root.cls, _classes_used(framework, root), bare)


def written_by_author(root: Instance) -> bool:
    """Whether any parameter holds something else than its layer's default, or nothing: rules judge what somebody chose."""
    storage = None
    for _, tensor in named_tensors(root):
        storage = tensor.storage
        if storage.empty is not None or storage.twin is not None or any(event.origin is not Origin.DEFAULT for event in storage.events):
            return True
    return storage is None and not root.cls.derives("torch.nn.Module")  # Haiku and Flax make them in the first call


def _programs(contexts: FileContexts) -> Iterator[Model]:
    """What code of TensorFlow 1 builds, each script, function and class a model of its own."""
    interp, framework = contexts.analysis.interp, contexts.analysis.framework
    for name, action in programs(interp, contexts.module):
        if interp.steps > STEPS_PER_FILE:
            return
        interp.grant()
        framework.start_recording(None)
        try:
            graph = build(interp, framework, name, contexts.module.source.path, action)
        finally:
            framework.stop_recording()
        interp.grant()
        contexts.facts.note(framework.witness, modelled=bool(graph.parameters))
        if graph.parameters:
            yield Model(graph, None, set(), False)


def _before_loading(graph: ModelGraph) -> None:
    """Judge what a model starts from where no checkpoint is loaded, or where it lacks a key."""
    for parameter in graph.parameters:
        drawn = [event for event in parameter.events if event.origin is not Origin.LOAD]
        if len(drawn) < len(parameter.events):
            load = next(event for event in reversed(parameter.events) if event.origin is Origin.LOAD)
            parameter.loaded = load.site
            if load.certain:
                parameter.reinitialised = next((event for event in drawn if event.time > load.time and _draws(event)), None)
            last = next((event for event in reversed(drawn) if event.effective), None)
            parameter.events = drawn
            parameter.distribution = last.distribution if last is not None and last.certain and not last.partial else None


def _draws(event: InitEvent) -> bool:
    """Whether a write is certain to leave values of a law that is known: what a tensor was merely handed to may only have read it."""
    return event.effective and event.certain and event.distribution.kind != "custom"


def _classes_used(framework: Any, root: Instance) -> set[int]:
    """Identities of the classes inside ``root`` of which a layer takes part in the traced forward pass."""
    found: set[int] = set()
    known: dict[int, bool] = {}

    def used(module: Instance) -> bool:
        if id(module) not in known:
            layer = framework.layers.get(id(module))
            known[id(module)] = called = layer is not None and bool(layer.calls)
            inner = [used(child) for child in module.modules.values() if isinstance(child, Instance)]
            known[id(module)] = called or any(inner)
            if module is not root and (called or (known[id(module)] and module.cls is not root.cls)):
                found.add(id(module.cls))
        return known[id(module)]

    used(root)
    return found


def _roots(built: list[Instance]) -> list[Instance]:
    """Modules of the analysed code that no other one of them contains, latest first."""
    owned = {id(child) for instance in built for _, child in named_modules(instance) if child is not instance}
    return [instance for instance in reversed(built) if id(instance) not in owned and instance.cls.spec is None]


def fingerprint(instance: Instance) -> Any:
    """What tells one construction of a class from another, sizes left out."""
    shape = tuple(sorted({(c.cls.name, name.rpartition(".")[2] if not name.rpartition(".")[2].isdigit() else "") for name, c in named_modules(instance)}))
    return (id(instance.cls), shape)
