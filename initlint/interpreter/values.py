"""What an expression can evaluate to.

Numbers, strings, tuples, lists, dictionaries and sets are Python's own. Everything else has a class here.
What cannot be known is a value too: ``Unknown`` carries its reason, ``OneOf`` the alternatives of a branch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Optional

from initlint.symbolic import Sym

if TYPE_CHECKING:
    from initlint.findings import Site
    from initlint.graph import Copy, InitEvent, Op
    from initlint.interpreter.scope import Frame
    from initlint.overlays.spec import LayerSpec
    from initlint.program import FunctionDef, Lambda
    from initlint.symbolic import Number
    from initlint.theory.laws import Distribution

MAX_ALTERNATIVES = 6


class Unknown:
    """A value nobody can name, and why."""

    __slots__ = ("reason",)

    def __init__(self, reason: str) -> None:
        self.reason = reason

    def __repr__(self) -> str:
        return f"Unknown({self.reason!r})"


TEXT = "the text of an object"
"""Why ``str(module)`` is not known."""


class OneOf:
    """One of several values, depending on a branch that could not be decided."""

    __slots__ = ("values",)

    def __init__(self, values: list[Any]) -> None:
        self.values = values

    def __repr__(self) -> str:
        return f"OneOf({self.values!r})"


class Repeat:
    """A list element that stands for any number of its kind: what a loop of unknown length built."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


def repeats(items: Iterable[Any]) -> bool:
    """Whether nobody knows how many ``items`` there are: one of them is a ``Repeat``."""
    return Repeat in map(type, items)


class Absent:
    """The element a list may not have."""


ABSENT = Absent()


@dataclass(slots=True, eq=False)
class Function:
    """A ``def`` or ``lambda`` with the scope it closes over."""

    name: str
    node: FunctionDef | Lambda
    scope: Frame
    defaults: dict[str, Any]
    owner: Optional[Class] = None
    """The class whose body defined it, for ``super()``."""
    attrs: dict[str, Any] = field(default_factory=dict)
    qualname: str = ""


@dataclass(slots=True, eq=False)
class Class:
    """A class of the analysed code, or a framework class known from a table."""

    name: str
    """Short name for the user's own, canonical dotted name for a framework's."""
    bases: list[Any]
    namespace: dict[str, Any]
    mro: list[Class] = field(default_factory=list)
    spec: Optional[LayerSpec] = None
    opaque: bool = False
    """Whether nothing is known about what it inherits or defines."""
    members: Optional[Callable[[str], Any]] = None
    """Evaluates a member of the class body on first use."""
    site: Optional[Site] = None
    module: str = ""
    order: list[str] = field(default_factory=list)
    """Names that the class body assigns, in the order of the text."""
    constructed: bool = False
    """Whether a metaclass of the author's own makes its objects: code may run before and after ``__init__``."""
    fields: Optional[list[tuple[str, Any]]] = None
    """Constructor fields of a dataclass or NamedTuple, with defaults (``ABSENT`` where required)."""

    names: frozenset[str] = frozenset()
    """Those of the class and of all it derives from."""

    def follow(self, mro: list[Class]) -> None:
        """Look members up along ``mro`` from now on."""
        self.mro, self.names = mro, frozenset([c.name for c in mro])

    def derives(self, dotted: str) -> bool:
        return dotted in self.names

    @property
    def uncertain(self) -> bool:
        return True in [one.opaque for one in self.mro]


class Registry(dict[str, Any]):
    """Attributes of an object, and when the object was made by the clock of the heap (0: not noted)."""

    born = 0


OPENED = "#opened"
"""Among the attributes of a module whose ``__dict__`` the program has held."""


@dataclass(slots=True, eq=False)
class Instance:
    """An object with attributes; a framework module also has the three registries."""

    cls: Class
    attrs: dict[str, Any] = field(default_factory=Registry)
    modules: dict[str, Any] = field(default_factory=Registry)
    parameters: dict[str, Any] = field(default_factory=Registry)
    buffers: dict[str, Any] = field(default_factory=Registry)
    site: Optional[Site] = None
    arguments: dict[str, Any] = field(default_factory=dict)
    time: int = 0
    """When its construction began; grows in the order of execution."""


@dataclass(slots=True, eq=False)
class Method:
    """A function bound to an object or a class."""

    function: Any
    receiver: Any


@dataclass(slots=True, eq=False)
class Super:
    """``super()``: attribute lookup that starts after ``owner`` in the MRO of ``receiver``."""

    owner: Class
    receiver: Any


@dataclass(slots=True, eq=False)
class Partial:
    """``functools.partial``."""

    func: Any
    args: list[Any]
    kwargs: dict[str, Any]


@dataclass(slots=True, eq=False)
class Managed:
    """A call of a ``contextlib.contextmanager`` function, not yet entered."""

    func: Function
    args: list[Any]
    kwargs: dict[str, Any]


@dataclass(slots=True, eq=False)
class Builtin:
    """A callable implemented here: ``handler(call) -> value``."""

    name: str
    handler: Callable[[Any], Any]


@dataclass(slots=True, eq=False)
class Property:
    """A ``property`` or ``functools.cached_property``."""

    getter: Any
    cached: bool = False
    setter: Any = None


@dataclass(slots=True, eq=False)
class Wrapped:
    """``staticmethod`` or ``classmethod``."""

    kind: str
    function: Any


@dataclass(slots=True, eq=False)
class External:
    """A name of a library that is not read: ``torch.nn.init.xavier_uniform_``, ``math.sqrt``, ``einops.rearrange``."""

    name: str
    site: Optional[Site] = None
    """Where code chose it, for one that came as an argument."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, External) and self.name == other.name

    def __hash__(self) -> int:
        return hash(self.name)


@dataclass(slots=True, eq=False)
class ModuleValue:
    """A Python module of the analysed code."""

    module: Any


@dataclass(slots=True, eq=False)
class Storage:
    """The memory behind a tensor and its views: who wrote it, and what it holds now."""

    shape: Optional[tuple[Number, ...]]
    events: tuple[InitEvent, ...] = ()
    distribution: Optional[Distribution] = None
    reason: str = ""
    base: Optional[Distribution] = None
    """What the last write to the whole of it left, under the regions written since."""
    regions: tuple[tuple[Any, Optional[Number], Optional[Distribution]], ...] = ()
    """Slices written since: a key, the share of entries it covers, and what it holds."""
    recomputed: bool = False
    """Overwritten on every forward pass (weight_norm …): writes have no effect."""
    origin: Any = None
    """For a recomputed storage, the tensor it is computed from."""
    empty: Optional[Site] = None
    """Where the memory was made, if that left it uninitialised."""
    twin: Optional[Storage] = None
    """The storage this one is a copy of, until it is written."""
    copied: Optional[Site] = None
    """Where code asked for that copy."""
    copies: tuple[Copy, ...] = ()
    """The acts of copying between the two, the oldest first."""
    sources: tuple[Storage, ...] = ()
    """The memory of tensors of the same shape that a forward pass computed it from, entry by entry."""

    @property
    def state(self) -> tuple[Any, ...]:
        """All that a write may change."""
        return (self.events, self.distribution, self.reason, self.base, self.regions, self.twin)

    @state.setter
    def state(self, state: tuple[Any, ...]) -> None:
        self.events, self.distribution, self.reason, self.base, self.regions, self.twin = state


@dataclass(slots=True, eq=False)
class Tensor:
    """A tensor: a view of a storage while a model is built, an edge of the graph while it runs."""

    storage: Storage
    shape: Optional[tuple[Number, ...]]
    whole: bool = True
    """Whether a write through this view reaches every entry of the storage."""
    parameter: bool = False
    buffer: bool = False
    requires_grad: bool = True
    op: Optional[Op] = None
    region: Any = None
    """For a partial view: what tells it from other views of the storage."""
    share: Optional[Number] = None
    """The fraction of the storage it covers, where known."""
    data: Any = None
    """The entries themselves, for small tensors of plain numbers."""
    transposed: bool = False
    attrs: dict[str, Any] = field(default_factory=dict)

    @property
    def entry(self) -> Optional[float]:
        """The number that a tensor of one entry holds, where it is known; that of a parameter will change."""
        if isinstance(self.data, (int, float)):
            return self.data
        law = self.storage.distribution if self.shape == () and not self.storage.regions and not self.parameter and self.op is None else None
        return law.mean if law is not None and law.kind == "constant" and isinstance(law.mean, (int, float)) else None


class TargetRaise(Exception):
    """The analysed code raises here, for certain."""

    def __init__(self, name: str, message: str = "", site: Optional[Site] = None) -> None:
        super().__init__(f"{name}: {message}" if message else name)
        self.name = name
        self.message = message
        self.site = site


class OutOfBudget(Exception):
    """The evaluation took more steps than it may."""


NUMBERS = (int, float, Sym)
PLAIN = (str, int, float, bytes, list, dict, tuple, set, frozenset, range)
"""What Python's own values are instances of."""


def is_number(value: Any) -> bool:
    """Whether ``value`` is a number, symbolic or not (booleans included, as in Python)."""
    return isinstance(value, NUMBERS)


def join(values: list[Any]) -> Any:
    """The value of an expression that took one of ``values``."""
    flat: list[Any] = []
    for value in values:
        for one in value.values if type(value) is OneOf else (value,):
            for other in flat:
                if one is other or same(one, other):
                    break
            else:
                flat.append(one)
    if len(flat) == 1:
        return flat[0]
    if all(isinstance(value, Tensor) and value.op is not None for value in flat):
        return choice(flat)
    if len(flat) > MAX_ALTERNATIVES:
        return Unknown("too many alternatives")
    return OneOf(flat)


def choice(signals: list[Tensor]) -> Tensor:
    """The signal that is one of several, depending on a branch."""
    from initlint.graph import Op

    op = Op(kind="choice", inputs=[s.op for s in signals if s.op is not None])
    for source in op.inputs:
        source.outputs.append(op)
    return Tensor(Storage(None), None, op=op)


def same(left: Any, right: Any) -> bool:
    """Whether two values are provably one."""
    if left is right:
        return True
    if isinstance(left, Unknown) and isinstance(right, Unknown):
        return True
    if type(left) is not type(right):
        return False
    if isinstance(left, (int, float, str, bytes, Sym)):
        return bool(left == right)
    if isinstance(left, (tuple, list)):
        return len(left) == len(right) and all(same(a, b) for a, b in zip(left, right))
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(same(value, right[key]) for key, value in left.items())
    if isinstance(left, External):
        return left.name == right.name  # type: ignore[no-any-return]
    return False


def unknown(value: Any) -> Optional[str]:
    """The reason why ``value`` is not known, or None where it is."""
    if isinstance(value, Unknown):
        return value.reason
    if isinstance(value, OneOf):
        return "depends on a branch that could not be decided"
    return None
