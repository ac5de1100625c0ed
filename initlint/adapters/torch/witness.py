"""What the analysed code did that no table of parameters shows: initializer calls, mistakes, walks over modules."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Optional

from initlint import program as p
from initlint.adapters.torch.binding import parse
from initlint.findings import Site
from initlint.graph import InitCall, Mistake, ModelGraph, Parameter, Sweep, elapse, tick
from initlint.interpreter.calls import Call
from initlint.interpreter.nametests import NameTest
from initlint.interpreter.values import Class, Function, Instance, Storage, TargetRaise, Tensor
from initlint.overlays.declared.tensorflow import successor
from initlint.overlays.torch_init import FILLS, Initializer
from initlint.theory.laws import Distribution

if TYPE_CHECKING:
    from initlint.interpreter.core import Interpreter
    from initlint.interpreter.scope import Frame

COPIES = ("clone", "double", "long", "bfloat16")
"""Methods that always, or for parameters in practice, return memory of its own."""
MOST = 4096
"""More calls than this are not kept for one context."""


@dataclass(slots=True)
class Drawn:
    """An initializer call before it is known which parameter it wrote."""

    call: InitCall
    storage: Optional[Storage]

    def told(self, owners: dict[int, Parameter]) -> InitCall:
        """The call, with the parameter that it writes."""
        parameter = owners.get(id(self.storage)) if self.storage is not None else None
        return self.call if parameter is None else replace(self.call, parameter=parameter)


@dataclass(slots=True)
class Walk:
    """A routine goes through the modules of ``root``."""

    root: Instance
    site: Site
    time: int
    within: Optional[tuple[Site, Site]]
    """The place in the innermost constructor from which it was reached, and what stands behind it there."""
    held: int
    """How many modules ``root`` itself held."""
    again: Optional[tuple[Any, Frame, p.Node]]
    """What is called on each module, or the name of the method of ``root`` that walks: with the frame and the node of the call."""
    ended: Optional[int] = None
    """When the constructor was done, if that is the one of the class of ``root`` itself."""

    @property
    def early(self) -> bool:
        """Whether the constructor that walks gave its module further ones afterwards."""
        return self.within is not None and len(self.root.modules) > self.held


@dataclass(frozen=True, slots=True)
class Idle:
    """A function was applied to a module, and came to no initializer."""

    site: Site
    kinds: frozenset[str]
    """The layers with a matrix that the module held; none where there may be others, or it did come to one."""
    function: Function


Mark = tuple[int, int, int]
"""How many calls and places were collected, and when."""


@dataclass(frozen=True, slots=True)
class Account:
    """What was collected while a call ran that is remembered."""

    drawn: list[Drawn]
    emptied: list[Site]
    began: int
    lasted: int


@dataclass(slots=True)
class Witness:
    """Collects while one entry point runs."""

    drawn: list[Drawn] = field(default_factory=list)
    mistakes: dict[tuple[str, Site], Mistake] = field(default_factory=dict)
    walks: list[Walk] = field(default_factory=list)
    idle: list[Idle] = field(default_factory=list)
    open: list[Walk] = field(default_factory=list)
    """Those whose constructors still run, the innermost last."""
    emptied: list[Site] = field(default_factory=list)
    """Where memory was made without being filled."""
    tests: dict[Site, tuple[NameTest, list[str], bool]] = field(default_factory=dict)
    """By place: a test of names, the names that were tested, and whether one passed."""
    noted: int = 0
    """How often something happened, over all entry points, that cannot be told again of a remembered call."""
    loose: bool = False
    """Whether a function runs without a caller, on values that are not known."""
    samples: list[Instance] = field(default_factory=list)
    """Layers that stand for those of a model which is not known, while such a function runs."""

    @property
    def told(self) -> bool:
        """Whether a model is worth a look though nobody chose an initial value in it."""
        return any(walk.early for walk in self.walks) or any(kind == "one-object" for kind, _ in self.mistakes)

    def start(self) -> None:
        self.drawn, self.mistakes, self.walks, self.idle, self.open, self.emptied, self.tests = [], {}, [], [], [], [], {}

    def draw(self, call: Call, entry: Initializer, passed: dict[str, Any], target: Any, *, law: Optional[Distribution] = None, problem: str = "") -> None:
        """An initializer ran, or raised ``problem``."""
        if len(self.drawn) >= MOST:
            self.noted += 1
            return
        tensor = target if isinstance(target, Tensor) else None
        first = next(iter(entry.signature.split(",")), "").strip()
        arguments = {name: value for name, value in passed.items() if name != first and name != "generator"}
        made = InitCall(
            initializer=entry.name, site=call.site, arguments=arguments, spelled=spelled(call, list(passed)), shape=tensor.shape if tensor else None, law=law,
            successor=entry.successor or "", problem="" if call.interp.trying else problem, chosen=call.chosen, keywords=tuple(call.kwargs),
            routine=call.interp.routines[-1].qualname if call.interp.routines else "",
            certain=not self.loose and call.interp.heap.decided, copied=_copied(call),
        )  # fmt: skip
        self.drawn.append(Drawn(made, tensor.storage if tensor else None))

    def declared(self, interp: Interpreter, site: Site, initializer: str, arguments: dict[str, Any], tensor: Tensor, into: str, problem: str) -> None:
        """A layer draws the parameter ``into`` by an initializer that it was given, or raises ``problem``."""
        if len(self.drawn) >= MOST:
            self.noted += 1
            return
        certain = not self.loose and interp.heap.decided
        law = tensor.storage.distribution
        made = InitCall(
            initializer=initializer, site=site, arguments=arguments, shape=tensor.shape, law=law, certain=certain, into=into,
            problem="" if interp.trying else problem, successor=successor(initializer, arguments) if initializer.startswith("tensorflow.") else "",
        )  # fmt: skip
        self.drawn.append(Drawn(made, tensor.storage))

    def escaped(self, interp: Interpreter, values: list[Any], frame: Frame, node: p.Node) -> None:
        """A call that is not followed: of an in-place fill, if its name says so and the tensor is not known; a walk of ``apply`` goes over the samples."""
        if self.samples and len(values) == 1 and isinstance(node, p.Call) and isinstance(node.func, p.Attr) and node.func.attr == "apply":
            for sample in self.samples:
                with suppress(TargetRaise):
                    interp.call(values[0], [sample], {}, frame, node)
        entry = FILLS.get(f"torch.Tensor.{node.func.attr}") if isinstance(node, p.Call) and isinstance(node.func, p.Attr) else None
        if entry is None or not isinstance(node, p.Call) or any(arg.keyword or arg.star for arg in node.args) or len(values) != len(node.args):
            return
        names = [name for name, kind, _ in parse(entry.signature) if kind == "either"]
        if len(values) >= len(names):  # a method of that name of something else
            return
        passed = dict(zip(names, [None, *values]))
        self.draw(Call(interp, [None, *values], {}, frame, node), entry, passed, None)

    def mistake(self, interp: Interpreter, kind: str, site: Site, text: str, **detail: Any) -> None:
        """Something is wrong at ``site``, unless a handler waits for it."""
        if interp.trying:
            return
        self.noted += 1
        known = self.mistakes.setdefault((kind, site), Mistake(kind=kind, site=site, text=text, detail=detail))
        if "modules" in detail and known.detail is not detail:
            known.detail["modules"] = [*known.detail["modules"][:MOST], *detail["modules"]]

    def named(self, site: Site, test: NameTest, names: list[str]) -> None:
        """Names were put to a test."""
        self.noted += 1
        _, known, passed = self.tests.get(site, (test, [], False))
        self.tests[site] = (test, [*known, *names][:MOST], passed or any(map(test.holds, names)))

    def seeded(self, call: Call, seed: Any) -> None:
        """The global generator starts over."""
        self.noted += 1
        known = self.mistakes.setdefault(
            ("reset-seed", call.site), Mistake(kind="reset-seed", site=call.site, text="the global random generator starts over", detail={"resets": []})
        )
        if len(known.detail["resets"]) < MOST:
            known.detail["resets"].append((tick(), seed if isinstance(seed, int) else None))

    def walk(self, call: Call, root: Instance, function: Any = None) -> None:
        """A routine is about to go through the modules of ``root``, or to hand them to ``function``; what a library does by itself, nobody wrote there."""
        if call.frame.module.promised:
            return
        self.noted += 1
        within, owner, routine = _in_constructor(call)
        again = (function, call.frame, call.node) if function is not None else _routine(root, routine) if routine is not None else None
        self.walks.append(Walk(root, call.site, tick(), within, len(root.modules), again))
        if owner is root.cls:
            self.open.append(self.walks[-1])

    def constructed(self, instance: Instance) -> None:
        """The constructor of a module is done."""
        while self.open and self.open[-1].root is instance:
            self.open.pop().ended = tick()

    def mark(self) -> Mark:
        """Where ``account`` is to begin."""
        return len(self.drawn), len(self.emptied), tick()

    def account(self, mark: Mark, memo: dict[int, Any]) -> Account:
        """What was collected since ``mark``, told of the copies in ``memo``; a storage that has none there was gone when the call ended."""
        drawn, emptied, began = mark
        return Account(_mapped(self.drawn[drawn:], memo), self.emptied[emptied:], began, tick() - began)

    def retell(self, account: Account, memo: dict[int, Any]) -> int:
        """Collect it again, told of the copies in ``memo``; by how much later everything happens now."""
        later = elapse(account.lasted) - account.began
        if len(self.drawn) + len(account.drawn) > MOST:
            self.noted += 1
        self.drawn += _mapped(account.drawn[: MOST - len(self.drawn)], memo)
        self.emptied += account.emptied
        return later

    def report(
        self, graph: ModelGraph, owners: dict[int, Parameter], paths: dict[int, str], again: Optional[Callable[[Walk], dict[str, Distribution]]] = None
    ) -> None:
        """Enter everything into ``graph``, with the parameters and module paths it has; ``again`` tells what a walk that came early would draw now."""
        graph.calls += [drawn.told(owners) for drawn in self.drawn]
        graph.mistakes = [told for mistake in self.mistakes.values() if (told := _placed(mistake, paths)) is not None]
        for walk in self.walks:
            if id(walk.root) in paths:
                called, rest = walk.within or (None, None)
                later = again(walk) if again is not None and walk.early else {}
                graph.sweeps.append(Sweep(site=walk.site, path=paths[id(walk.root)], time=walk.time, ended=walk.ended, called=called, rest=rest, later=later))


def _placed(mistake: Mistake, paths: dict[int, str]) -> Optional[Mistake]:
    """The mistake with the paths of the modules it is about, None where none is a part of the model."""
    modules = mistake.detail.get("modules")
    if modules is None:
        return mistake
    placed = [paths[id(module)] for module in modules if id(module) in paths]
    return replace(mistake, detail={"modules": placed}) if placed else None


def _in_constructor(call: Call) -> tuple[Optional[tuple[Site, Site]], Optional[Class], Optional[Frame]]:
    """The place in the innermost constructor from which ``call`` was reached and what stands behind it there, its class, and what that place calls."""
    frame, node, called = call.frame.function, call.node, None
    for routine in reversed(call.interp.routines):
        if routine is not frame:
            break
        if routine.code.name == "__init__":
            last = routine.code.body[-1].end
            index = routine.module.source.index
            rest = index.site(routine.module.source.path, node.end, max(last, node.end))
            return (call.interp.site(node, frame), rest), routine.owner, called
        if routine.caller is None:
            break
        called = routine
        frame, node = routine.caller[0].function, routine.caller[1]
    return None, None, None


def _routine(root: Instance, routine: Frame) -> Optional[tuple[Any, Frame, p.Node]]:
    """A method of ``root`` that needs no arguments, as it was called."""
    if routine.receiver is not root or any(param.default is None and param.kind != "args" and param.kind != "kwargs" for param in routine.code.params[1:]):
        return None
    return routine.code.name, routine.caller[0], routine.caller[1]


def _copied(call: Call) -> str:
    """``clone`` of ``init.zeros_(w.clone())`` and ``w.clone().zero_()``, where nothing takes the result."""
    node = call.node
    if node is not call.interp.alone or not isinstance(node, p.Call):
        return ""
    method = isinstance(node.func, p.Attr) and len(call.args) == len(node.args) + 1
    target = node.func.value if method and isinstance(node.func, p.Attr) else node.args[0].value if node.args else None
    return target.func.attr if isinstance(target, p.Call) and isinstance(target.func, p.Attr) and target.func.attr in COPIES else ""


def _mapped(drawn: list[Drawn], memo: dict[int, Any]) -> list[Drawn]:
    return [Drawn(one.call, memo.get(id(one.storage)) if one.storage is not None else None) for one in drawn]


def spelled(call: Call, names: list[str]) -> dict[str, str]:
    """Source of the arguments of ``call`` that are plain names or attributes; ``names`` are those of the parameters in order."""
    node = call.node
    if not isinstance(node, p.Call):
        return {}
    exprs: dict[str, p.Expr] = {}
    positional = [arg.value for arg in node.args if arg.keyword is None and not arg.star]
    if len(call.args) == len(positional) + 1 and isinstance(node.func, p.Attr):  # a method: the tensor stands before the dot
        positional.insert(0, node.func.value)
    exprs.update(zip(names, positional))
    exprs.update({arg.keyword: arg.value for arg in node.args if arg.keyword is not None and not arg.star})
    texts = {name: dotted(expr) for name, expr in exprs.items()}
    return {("tensor" if index == 0 else name): texts[name] for index, name in enumerate(names) if texts.get(name)}


def dotted(expr: p.Expr) -> str:
    """``a.b[0].c`` as text, ``""`` for anything but names, attributes and constant subscripts."""
    if isinstance(expr, p.Name):
        return expr.id
    if isinstance(expr, p.Attr):
        inner = dotted(expr.value)
        return f"{inner}.{expr.attr}" if inner else ""
    if isinstance(expr, p.Subscript):
        inner = dotted(expr.value)
        index = repr(expr.index.value) if isinstance(expr.index, p.Const) else dotted(expr.index) or "…"
        return f"{inner}[{index}]" if inner else ""
    return ""
