"""Calls that do nothing: of functions whose result is dropped, of init routines that are handed a model where they expect a layer."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING, Any, Optional

from initlint import program as p
from initlint.adapters.torch.building import is_known, named_modules, named_tensors
from initlint.adapters.torch.replays import rehearsal
from initlint.adapters.torch.witness import Witness, dotted
from initlint.interpreter.rebinding import handed_over, lost_argument
from initlint.interpreter.trees import walk
from initlint.interpreter.values import Function, Instance, TargetRaise, Tensor
from initlint.overlays.torch_init import INITIALIZERS

if TYPE_CHECKING:
    from initlint.adapters.torch.adapter import TorchFramework
    from initlint.findings import Site
    from initlint.interpreter.core import Interpreter
    from initlint.interpreter.scope import Frame

WALKS = frozenset(("modules", "children", "parameters", "named_modules", "named_children", "named_parameters", "apply", "_modules", "state_dict"))
OLD = frozenset(name.rpartition(".")[2] for name, entry in INITIALIZERS.items() if entry.successor)
"""Initializers by the names that they had before these ended in an underscore."""
MOST_LAYERS = 8
"""Layers that a routine is tried on."""


class Routines:
    """What is known of the functions that were called, by the identities of their nodes."""

    def __init__(self) -> None:
        self.asking: dict[int, tuple[p.Node, frozenset[str]]] = {}
        self.losses: dict[int, Optional[tuple[str, p.Node]]] = {}
        """The argument that a function replaces for itself alone, and where."""
        self.busy: set[Site] = set()
        """Calls that did something once, or were handed a layer: those that do nothing are steps of a walk."""

    def asks(self, node: p.FunctionDef) -> frozenset[str]:
        """The arguments of which a function that initializes asks what kind of layer they are, and through which it does not walk."""
        if id(node) not in self.asking:
            self.asking[id(node)] = node, _asks(node)
        return self.asking[id(node)][1]

    def note_busy(self, site: Site, witness: Witness) -> None:
        """A call did something, or is part of a walk."""
        self.busy.add(site)
        witness.mistakes.pop(("idle-routine", site), None)


def _asks(node: p.FunctionDef) -> frozenset[str]:
    draws = False
    asked: set[str] = set()
    walked: set[str] = set()
    for one in walk(node.body):
        if isinstance(one, p.Call):
            draws = draws or (isinstance(one.func, p.Attr) and (one.func.attr in OLD or (one.func.attr.endswith("_") and not one.func.attr.endswith("__"))))
            if isinstance(one.func, p.Name) and one.func.id in ("isinstance", "type", "hasattr") and one.args and isinstance(one.args[0].value, p.Name):
                asked.add(one.args[0].value.id)
        elif isinstance(one, p.Attr) and isinstance(one.value, p.Name) and (one.attr == "__class__" or one.attr in WALKS):
            (walked if one.attr in WALKS else asked).add(one.value.id)
        elif isinstance(one, (p.For, p.Clause)) and isinstance(one.iter, p.Name):
            walked.add(one.iter.id)
    return frozenset(param.name for param in node.params if param.name in asked - walked) if draws else frozenset()


def note_dropped(framework: TorchFramework, interp: Interpreter, func: Function, names: dict[str, Any], frame: Frame, node: p.Node) -> None:
    """A function that computes a new tensor is called, and nobody takes it."""
    if not interp.heap.decided or not any(isinstance(v, Tensor) for v in names.values()):
        return
    losses, key = framework.routines.losses, id(func.node)
    if key not in losses:
        losses[key] = lost_argument(func.node)
    lost = losses[key]
    if lost is None or not isinstance(names.get(lost[0]), Tensor):
        return
    made = interp.site(lost[1], func.scope)
    name = f"`{func.name}`" if isinstance(func.node, p.FunctionDef) else "the lambda"
    text = f"{name} computes a new tensor at line {made.line} and this call drops it: what it was given never gets those values"
    given = handed_over(func, node, lost[0])
    framework.mistake(interp, "dropped-result", node, frame, text, function=name, made=made, target=dotted(given) if given is not None else "")


def watch(framework: TorchFramework, interp: Interpreter, func: Function, names: dict[str, Any], frame: Frame, node: p.Node) -> Optional[Callable[[], None]]:
    """Look at a routine that is called in a statement of its own with a model; what is to be asked when it is done."""
    named = isinstance(node, p.Call) and dotted(node.func).rpartition(".")[2] == func.name
    if not named or not isinstance(node, p.Call) or not isinstance(func.node, p.FunctionDef) or frame.module.promised:
        return None
    given = {name: value for name, value in names.items() if type(value) is Instance and name != "self" and framework.is_module(value)}
    if not given:
        return None
    asked = given.keys() & framework.routines.asks(func.node)
    if len(asked) != 1:
        _note_misplaced(framework, interp, func, names, frame, node, given)
        return None
    module = given[next(iter(asked))]
    site = interp.site(node, frame)
    if not module.modules or not interp.heap.decided:
        framework.routines.note_busy(site, framework.witness)
        return None
    tensors = [tensor for _, tensor in named_tensors(module)]
    before, drawn = [tensor.storage.events for tensor in tensors], framework.drawn()

    def done() -> None:
        idle = framework.drawn() == drawn and all(tensor.storage.events is then for tensor, then in zip(tensors, before))
        if not idle or not all(is_known(one) for _, one in named_modules(module)):
            framework.routines.note_busy(site, framework.witness)
        elif site not in framework.routines.busy and (kind := _would_set(framework, interp, func, names, module, frame, node)):
            cls = module.cls.name.rpartition(".")[2]
            text = f"`{func.name}` asks which layer it is handed, and is handed the whole `{cls}`: nothing is set, where a `{kind}` would be"
            plain = len(node.args) == 1 and not node.args[0].keyword and not node.args[0].star
            target = dotted(node.args[0].value) if plain else ""
            framework.mistake(interp, "idle-routine", node, frame, text, routine=dotted(node.func), target=target)

    return done


def _would_set(framework: TorchFramework, interp: Interpreter, func: Function, names: dict[str, Any], module: Instance, frame: Frame, node: p.Call) -> str:
    """The kind of a layer inside ``module`` that the routine would initialise if it were handed over; it is tried, and leaves no trace."""
    layers = {one.cls.name: one for _, one in named_modules(module) if one.cls.spec is not None and one.parameters}
    passed = {param.name: names[param.name] for param in func.node.params if param.kind in ("either", "keyword")}
    witness = Witness(loose=True)
    with rehearsal(interp, framework, witness):
        for kind, layer in islice(layers.items(), MOST_LAYERS):
            with suppress(TargetRaise):
                interp.call(func, [], {param: layer if value is module and param != "self" else value for param, value in passed.items()}, frame, node)
            if witness.drawn:
                return kind.rpartition(".")[2]
    return ""


def _note_misplaced(
    framework: TorchFramework, interp: Interpreter, func: Function, names: dict[str, Any], frame: Frame, node: p.Call, given: dict[str, Instance]
) -> None:
    """``initialize(self)`` of ``def initialize(method="kaiming", *models)``: the model is taken for the method."""
    rest = [param.name for param in func.node.params if param.kind == "args"]
    for name, value in given.items() if rest else ():
        default = func.defaults.get(name)
        if isinstance(default, str) and isinstance(func.node, p.FunctionDef) and _compared(func.node, name):
            cls = value.cls.name.rpartition(".")[2]
            left = f"it is missing among `*{rest[0]}`" if names.get(rest[0]) else f"nothing is left for `*{rest[0]}`"
            text = f"`{func.name}` takes the `{cls}` for its argument `{name}`, by default {default!r}; {left}"
            framework.mistake(interp, "misplaced-model", node, frame, text, option=name, rest=rest[0])


def _compared(node: p.FunctionDef, name: str) -> bool:
    """Whether a function compares an argument with a string."""
    tests = (one for one in walk(node.body) if isinstance(one, p.Compare) and isinstance(one.left, p.Name) and one.left.id == name)
    return any(isinstance(right, p.Const) and isinstance(right.value, str) for test in tests for _, right in test.rest)
