"""The one table everything is a view of: layers, their parameters, who set each, and how signals flow."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from itertools import count, islice
from typing import Any

from initlint.findings import Site
from initlint.symbolic import Number
from initlint.theory.laws import Distribution

_clock = count()


def tick() -> int:
    """A number greater than every one before: the order of execution."""
    return next(_clock)


def elapse(ticks: int) -> int:
    """Let ``ticks`` numbers pass; the one before the first of them."""
    began = tick()
    next(islice(_clock, ticks, ticks), None)
    return began


class Origin(str, Enum):
    """How a value came to be written."""

    DEFAULT = "default"
    CALL = "call"
    LOOP = "loop"
    FILL = "fill"
    COPY = "copy"
    LOAD = "load"


@dataclass(frozen=True, slots=True, kw_only=True)
class InitEvent:
    """One write to one parameter, in the order the code performs them."""

    initializer: str
    """Canonical dotted name, ``torch.nn.init.kaiming_normal_``; for a default, that of the layer, ``torch.nn.Linear``."""
    origin: Origin
    distribution: Distribution
    site: Site | None
    arguments: dict[str, Any] = field(default_factory=dict)
    """Arguments as evaluated, by parameter name; only those the author passed."""
    partial: bool = False
    """Whether only a slice was written; ``distribution`` is then that of the slice."""
    region: str = ""
    """That slice, ``start:stop:step`` of each axis as ``repr`` gives them; empty where it is not one plain slice."""
    guard: Site | None = None
    """The test of the innermost ``isinstance`` that selected the layer, if any."""
    variable: str = ""
    """The name the guarded module had there (``m``)."""
    routine: str = ""
    """Function the write stands in, ``Net._init_weights``."""
    certain: bool = True
    """False where a branch that could not be decided led here."""
    elsewhere: Site | None = None
    """Another place that it is about: where the initializer was named, if the code that calls it got it as an argument, where the values
    were drawn that it copies, or where the parameter is declared, if the initializer was made in advance."""
    effective: bool = True
    """False where the tensor written is recomputed later (weight_norm, spectral_norm, parametrization)."""
    called: Site | None = None
    """For a write without effect: where the routine it stands in was called."""
    as_default: bool = False
    """Whether the author chose what the layer would have drawn anyway."""
    made: bool = False
    """Whether ``site`` is where an initializer was made that was then handed over, not the layer or declaration that draws by it."""
    time: int = 0
    """Grows in the order of execution."""

    def later(self, ticks: int) -> InitEvent:
        """The same write when ``ticks`` more have passed; as ``replace`` gives it, which takes twice as long."""
        return InitEvent(
            initializer=self.initializer, origin=self.origin, distribution=self.distribution, site=self.site, arguments=self.arguments,
            partial=self.partial, region=self.region, guard=self.guard, variable=self.variable, routine=self.routine, certain=self.certain,
            elsewhere=self.elsewhere, effective=self.effective, called=self.called, time=self.time + ticks,
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class InitCall:
    """One call of an initializer, whatever it was given: a parameter, a temporary, a tensor that is not known."""

    initializer: str
    """Canonical dotted name, as in ``InitEvent``."""
    site: Site
    arguments: dict[str, Any]
    """Arguments as evaluated, by parameter name; only those the author passed, without the tensor."""
    spelled: dict[str, str] = field(default_factory=dict)
    """The source of those arguments that are a plain name or attribute, and of the tensor: ``{"tensor": "m.weight", "mean": "std"}``."""
    keywords: tuple[str, ...] = ()
    """Which of the arguments the author gave by keyword."""
    shape: tuple[Number, ...] | None = None
    law: Distribution | None = None
    parameter: Parameter | None = None
    """What it writes, where that is a parameter of the model at hand."""
    successor: str = ""
    """The name to call instead, for a deprecated one."""
    problem: str = ""
    """The exception it raises, as the last line of a traceback says it: ``ValueError: …``."""
    routine: str = ""
    """The function it stands in."""
    chosen: Site | None = None
    """Where the initializer was named, if the code that calls it got it as an argument."""
    certain: bool = True
    """False where a branch that could not be decided led here, or the function was run without a caller."""
    copied: str = ""
    """The method that made the copy it writes, where that copy is dropped with the statement: ``clone``."""
    into: str = ""
    """For an initializer that a layer was given, or a routine tried on one: the layer of the table and its parameter, ``MultiHeadAttention.query.w``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """A place where code does something else than it says, or raises, whatever the parameters are."""

    kind: str
    """``unknown-name``, ``missing-attribute``, ``called-tensor``, ``called-routine``, ``unbound-super``, ``before-init``, ``iterated-module``,
    ``string-for-class``, ``constant-test``, ``leaf-in-place``, ``not-a-tensor``, ``dropped-result``, ``skipped-tensor``, ``idle-routine``, ``misplaced-model``,
    ``misfit-arguments``, ``other-kinds``, ``unmatched-name``, ``reset-seed`` (``detail["resets"]``: when, and to which seed), ``one-object``
    (``detail["modules"]``: their paths), ``misspelled-constructor``, ``seed-on-import``, ``scaled-slope``, ``misnamed-fan``, ``one-bound``,
    ``behind-a-size``, ``excluded-test``, ``dropped-scale``, ``absent-bias``, ``scaled-bounds``, ``misspelt-parameter``, ``lost-routine``,
    ``unmatched-routine``, ``unequal-bounds``, ``misspelt-class``, ``twin-copy``, ``one-for-all``, ``shallow-walk``."""
    site: Site
    text: str
    """What is wrong there, for a message."""
    detail: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Copy:
    """One act of copying; all that it copied at once shares the object."""

    site: Site
    asked: Site | None = None
    """Where the function was called that copies, if it stands in one."""
    repeated: bool = False
    """Whether a loop of unknown length copies the same object again and again, of which one copy stands for all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """One walk of an init routine over the modules of a model: ``self.apply(f)``, ``for m in self.modules()``."""

    site: Site
    path: str
    """State-dict path of the module it walks over, ``""`` for the model."""
    time: int
    called: Site | None = None
    """The call in a constructor that led to it; itself, where it stands in one."""
    rest: Site | None = None
    """What of that constructor runs later."""
    ended: int | None = None
    """When it was done, if it is the one of the class of what is walked over, so that whatever was made in between is its own affair."""
    later: dict[str, Distribution] = field(default_factory=dict)
    """What it would give to the weights of each kind of layer, had it come when all layers existed; empty where it met all of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Routine:
    """A function or method of the file that initializes, and whether anything runs it."""

    name: str
    qualname: str
    class_name: str
    """The class it belongs to, or ``""``."""
    site: Site
    """Its name in the ``def`` statement."""
    entered: bool
    """Whether any model or script of the file ran it."""
    mentions: tuple[Site, ...] = ()
    """Other places of the project that name it and may mean it."""
    inherited: bool = False
    """Whether a base class that could not be read may call it."""
    exported: bool = False
    """Whether others are meant to call it: a public function of a file that is no program, or a method of a base class that computes nothing itself."""
    takes_module: bool = False
    """Whether it wants the module to initialise as its argument."""
    constructor: Site | None = None
    """The name of the ``__init__`` that stands in the same class."""


@dataclass(slots=True, kw_only=True, eq=False)
class Parameter:
    """One tensor of ``named_parameters()`` under its first state-dict name."""

    name: str
    shape: tuple[Number, ...] | None
    role: str
    """The attribute it is registered under: ``weight``, ``bias``, ``in_proj_weight`` …"""
    layer: Layer | None
    events: list[InitEvent] = field(default_factory=list)
    distribution: Distribution | None = None
    """What it starts from once every event is applied; None where that is not known."""
    reason: str = ""
    """Why it is not known."""
    requires_grad: bool = True
    aliases: tuple[str, ...] = ()
    uninitialised: Site | None = None
    """Where its memory was made, if nothing is known to have filled it."""
    twin: Parameter | None = None
    """The parameter whose very values it started with, if it was copied from one."""
    copied: Site | None = None
    """Where code asked for that copy; None for the copies that a framework's own layers are made of."""
    copies: tuple[Copy, ...] = ()
    """By which acts of copying it came from there, the oldest first, where these are known."""
    loaded: Site | None = None
    """Where a checkpoint was loaded into it."""
    reinitialised: InitEvent | None = None
    """The write that then replaced what was loaded."""

    @property
    def effective(self) -> InitEvent | None:
        """The last event in force."""
        return next((e for e in reversed(self.events) if e.effective), None)


@dataclass(slots=True, kw_only=True, eq=False)
class Layer:
    """A module that owns parameters or transforms the signal."""

    path: str
    kind: str
    """Name of the framework class it is or derives from, ``Linear``, ``Conv2d``, ``BatchNorm2d``; ``""`` for the user's own."""
    class_name: str
    arguments: dict[str, Any]
    parameters: dict[str, Parameter] = field(default_factory=dict)
    site: Site | None = None
    """Where it is constructed."""
    calls: list[Op] = field(default_factory=list)
    """Its uses in the traced forward pass."""
    time: int = 0
    """When it was constructed; grows in the order of execution."""
    restarts: bool = True
    """Whether its class has, or may have, a method that sets its parameters anew."""


@dataclass(slots=True, kw_only=True, eq=False)
class Op:
    """One operation of the forward pass. Edges are object references in both directions."""

    kind: str
    """``input``, ``layer``, ``norm``, ``activation``, ``add``, ``mul``, ``matmul``, ``view`` (moments kept), ``dropout``,
    ``pool``, ``concat``, ``choice`` (one of its inputs, depending on a branch), ``output``, ``opaque`` …"""
    name: str = ""
    """``relu``, ``leaky_relu``, ``softmax`` … for an activation; the layer's kind for a layer."""
    detail: dict[str, Any] = field(default_factory=dict)
    """Numbers that shape it: ``parameter`` of an activation, ``factor``. Of a product with a weight: ``fans``, how many products each of
    its sums has and how many sums each input enters (None: not told), ``transposed``, whether the weight holds the outputs first, and
    ``left``, whether it stands on the left."""
    layer: Layer | None = None
    parameter: Parameter | None = None
    inputs: list[Op] = field(default_factory=list)
    outputs: list[Op] = field(default_factory=list)
    site: Site | None = None
    time: int = field(default_factory=tick)
    """Grows in the order of execution."""


@dataclass(slots=True, kw_only=True, eq=False)
class ModelGraph:
    """A model as rules see it."""

    name: str
    """The model class or call, ``Net`` or ``resnet18(weights=None)``."""
    path: str
    parameters: list[Parameter] = field(default_factory=list)
    layers: list[Layer] = field(default_factory=list)
    ops: list[Op] = field(default_factory=list)
    site: Site | None = None
    lineage: tuple[str, ...] = ()
    """Names of the model's class and its base classes."""
    forward_reason: str = ""
    """Why the forward pass could not be followed, if so."""
    notes: list[str] = field(default_factory=list)
    calls: list[InitCall] = field(default_factory=list)
    """Every initializer that ran while the model was built."""
    mistakes: list[Mistake] = field(default_factory=list)
    sweeps: list[Sweep] = field(default_factory=list)
    on_meta: bool = False
    """Whether the file allocates models that were built on the meta device, and loads nothing into them."""
    tried: bool = False
    """Whether it is a small model on which a function was tried that takes any."""
    routines: list[Routine] = field(default_factory=list)
    """For the graph that stands for a whole file: its init routines."""

    def parameter(self, name: str) -> Parameter | None:
        return next((p for p in self.parameters if p.name == name), None)

    def layers_with(self, role: str) -> Iterator[tuple[Layer, Parameter]]:
        """Every layer that owns a parameter called ``role``, with it."""
        for layer in self.layers:
            if role in layer.parameters:
                yield layer, layer.parameters[role]
