"""Functions of a file that initialize but never ran, and the places of its project that may yet call them.

Nothing here is followed: a routine is called by whoever names it in a way that may mean it. What only the text of
a project can show is looked for there, and only once a routine was found that no model of its file runs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, islice
from typing import TYPE_CHECKING

from initlint import program as p
from initlint.adapters.torch.building import MODULE
from initlint.adapters.torch.witness import dotted
from initlint.contexts.loose import LOADING, function_of
from initlint.contexts.mentions import ProjectText, TooLarge, unit
from initlint.findings import Site
from initlint.graph import Routine
from initlint.interpreter.classes import find_member
from initlint.interpreter.contracts import belongs
from initlint.interpreter.values import Class, Function, OutOfBudget, TargetRaise
from initlint.source import Chunk, ClassChunk
from initlint.standins import asked
from initlint.text.edits import LineIndex
from initlint.text.initcalls import ROUTINE, commented, initializer_calls

if TYPE_CHECKING:
    from initlint.contexts.models import Analysis, Model
    from initlint.interpreter.modules import Module

STATE = re.compile(r"hidden|state|cache|memory|buffer|carry|__init_|_init__|lazy|session|stage|phase|logg|distributed|process|env|hook|noise|optim|data")
"""Names of those that make what a recurrent network, a queue, a process or a stage of training starts from."""
OWN = re.compile(r"\b(?:self|m|mod|module|layer|net|model)\.\w|\bparameters\(|\b(?:p|params?|weights?|bias)\b")
"""What an initializer is given, or called on, where it writes to parameters of a module."""
DIRECT = re.compile(r"[^\n]*?\bself\.\w+(?:\.weight_g)?(?:\.data)?(?:\.\w+_\s*\(|\s*[,)])")
"""A line that hands a parameter of the class itself to an initializer, or the length of a weight that is normalised."""
HELPER = re.compile(r"(?<![\w.])(?:init(?:iali[sz]e)?_\w+|\w+_init)\((?=\s*(?:self|m|mod|module|layer)\.\w)")
"""A call of a function that by its name initializes the layer or tensor which it is handed."""
PLACED = re.compile(r"\bself\.[\w.]+\s*=\s*(?:nnx\.Param|jax\.random\.\w+|(?:jax\.nn|nnx)\.initializers\.\w+)\(")
"""An array that takes the place of a parameter of NNX."""
MAIN = re.compile(r"""^if\s+__name__\s*==\s*["']__main__["']""", re.MULTILINE)
"""What tells a program from a file that others import from."""
RUN_BY = {MODULE: "forward", "flax.nnx.Module": "__call__"}
"""Classes that modules with routines of their own derive from, with the name of the forward pass."""
PLAIN = {"staticmethod", "no_grad", "inference_mode", "ignore", "unused"}
"""Decorators that leave a function what it is."""
WALKER, APPLY = "named_apply(", "self.apply("
RESETS = {"reset_parameters", "_reset_parameters"}
"""Methods that constructors of the framework's own layers call."""
HOOKS = RESETS | {"init_weights", "_init_weights"}
"""Methods that a library's walks over a model look for."""
RECEIVER = re.compile(r"[\w.\[\]()\"']")
"""What may stand before the dot of a call."""
ISINSTANCE = re.compile(r"isinstance\(\s*(\w+)\s*,\s*([^:]*)\)")
DEF = re.compile(r"^([ \t]*)(?:async[ \t]+)?def[ \t]+(\w+)[ \t]*\(([^)]*)\)", re.MULTILINE)


def survey(analysis: Analysis, module: Module, models: Sequence[Model]) -> list[Routine]:
    """The init routines of a file that no context entered, each with what may call it; those left out whose class is drawn as a part of other ``models``."""
    found: list[Routine] = []
    for chunk in module.source.chunks:
        members = chunk.members if isinstance(chunk, ClassChunk) else [chunk]
        for one in members:
            if one.kind == "def" and initializes(one):
                owner = chunk.name if one is not chunk else ""
                analysis.interp.grant(LOADING)
                try:
                    function, cls = function_of(module, one, owner)
                except (TargetRaise, OutOfBudget):
                    continue
                if function is None or id(function.node) in analysis.interp.entered or not _callable(function, owner, cls):
                    continue
                if re.search(rf"#[^\n]*\b{one.name}\(", module.source.text):
                    continue  # somebody took the call out, and knows
                if owner and any(other.name == "__init__" and other.kind == "def" and _replaces(other, one) for other in members):
                    continue  # what it would set has been set another way: it is left over, and nothing keeps its default
                if owner and (_is_drawn_by_type(module, one, owner) or any(_draws_whole(model, cls) for model in models)):
                    continue
                found.append(_routine(analysis, module, one, owner, function, cls))
    return found


def initializes(chunk: Chunk) -> bool:
    """Whether a function says by its name and its calls that it sets what parameters start from."""
    return bool(ROUTINE.search(chunk.name)) and not STATE.search(chunk.name) and writes(chunk)


def writes(chunk: Chunk) -> bool:
    """Whether the text of a function hands parameters to an initializer."""
    return any(_writes(chunk))


def _writes(chunk: Chunk) -> Iterator[str]:
    """The lines of a function on which it does, up to the first argument."""
    text = chunk.source.text[chunk.start : chunk.end]
    for match in chain(initializer_calls(text), HELPER.finditer(text), PLACED.finditer(text) if "jax" in text or "nnx" in text else ()):
        start, end = text.rfind("\n", 0, match.start()) + 1, _end_of_first(text, match.end())
        if not commented(text, match.start()) and OWN.search(text, start, end):
            yield text[start:end]


def _replaces(constructor: Chunk, routine: Chunk) -> bool:
    """Whether a constructor may set what a routine would: all of what it sets are parameters of the class itself only where the routine asks for layers."""
    written = list(_writes(constructor))
    if not written or not ISINSTANCE.search(routine.source.text, routine.start, routine.end):
        return bool(written)
    return any(not DIRECT.match(line) for line in written) or any(DIRECT.match(line) for line in _writes(routine))


def _is_drawn_by_type(module: Module, routine: Chunk, owner: str) -> bool:
    """Whether another routine of the file draws what it finds to be of the class: ``elif isinstance(module, Experts): …``."""
    chunks = chain.from_iterable(chunk.members if isinstance(chunk, ClassChunk) else (chunk,) for chunk in module.source.chunks)
    others = (one for one in chunks if one is not routine and one.kind == "def" and initializes(one))
    return any(re.search(rf"\b{owner}\b", test[2]) for one in others for test in ISINSTANCE.finditer(one.source.text, one.start, one.end))


def _draws_whole(model: Model, cls: Class | None) -> bool:
    """Whether a model of another class holds this one and walks over all of its modules."""
    return model.root is not cls and id(cls) in model.inside and any(not sweep.path for sweep in model.graph.sweeps)


def _end_of_first(text: str, start: int) -> int:
    """Where the line ends on which the first argument stands of the call whose parenthesis ends at ``start``."""
    first = re.compile(r"\s*").match(text, start)
    end = text.find("\n", first.end() if first is not None else start)
    return end if end >= 0 else len(text)


def _callable(function: Function, owner: str, cls: Class | None) -> bool:
    """Whether it is a plain function or method of a module to which nothing has to be given but a module."""
    if owner and (cls is None or not any(c.opaque or c.name in RUN_BY for c in cls.mro)):
        return False
    return (
        len(asked(_given(function, owner))) <= 1
        and isinstance(function.node, p.FunctionDef)
        and all(decorated(one) in PLAIN for one in function.node.decorators)
    )


def decorated(decorator: p.Expr) -> str:
    """The last name of a decorator."""
    return dotted(decorator.func if isinstance(decorator, p.Call) else decorator).rpartition(".")[2]


def _given(function: Function, owner: str) -> list[p.Param]:
    """The parameters of a function, without the object that a method belongs to."""
    static = isinstance(function.node, p.FunctionDef) and any(decorated(one) == "staticmethod" for one in function.node.decorators)
    return function.node.params[1 if owner and not static else 0 :]


def _routine(analysis: Analysis, module: Module, chunk: Chunk, owner: str, function: Function, cls: Class | None) -> Routine:
    search = Search(analysis.texts, module, chunk, owner, cls)
    public = not owner and not chunk.name.startswith("_") and not MAIN.search(module.source.text) and not _is_for_these(module, chunk, function)
    exported = public or (cls is not None and not _runs(cls) and all(c.spec is None for c in cls.mro))
    inherited = cls is not None and (cls.uncertain or belongs(cls) or (any(c.spec is not None for c in cls.mro) and chunk.name in RESETS))
    try:
        mentions = () if inherited or exported else tuple(islice(search.run(), 1))
    except TooLarge:
        mentions, inherited = (), True
    required = [param for param in _given(function, owner) if param.default is None and param.kind == "either"]
    return Routine(
        name=chunk.name, qualname=f"{owner}.{chunk.name}" if owner else chunk.name, class_name=owner, entered=False, mentions=mentions, inherited=inherited,
        site=name_site(chunk), exported=exported, takes_module=bool(required), constructor=_constructor(module, owner),
    )  # fmt: skip


def _runs(cls: Class) -> bool:
    """Whether a class says what its forward pass is."""
    return any(find_member(cls, method)[1] is not None for root, method in RUN_BY.items() if root in cls.names)


def _is_for_these(module: Module, chunk: Chunk, function: Function) -> bool:
    """Whether a function of a package asks of what kind the layer is that it is given, and stands beside models: those are what it is for."""
    params = function.node.params
    if (
        "." not in module.name
        or len(params) != 1
        or not re.search(rf"isinstance\(\s*{params[0].name}\b|\b{params[0].name}\.__class__", module.source.text[chunk.start : chunk.end])
    ):
        return False
    return any(isinstance(cls, Class) and any(c.name == MODULE for c in cls.mro) for _, cls in module.classes())


def _uses(text: str, name: str) -> Iterator[re.Match[str]]:
    """Where ``text`` says ``name``, each with what stands before the dot as its group: looked for backwards, as few words are this one."""
    use = re.compile(rf"(?<!\w)(?:({RECEIVER.pattern}*)\.)?{name}\b")
    at, end = text.find(name), 0
    while at >= 0:
        start = at
        while start > end and RECEIVER.match(text, start - 1):
            start -= 1
        end = at + len(name)
        match = use.search(text, start, end + 1)
        if match is not None:
            yield match
        at = text.find(name, end)


def _constructor(module: Module, owner: str) -> Site | None:
    """The name of the constructor that the class statement ``owner`` holds."""
    chunk = next((c for c in module.source.classes() if c.name == owner), None)
    inits = [one for one in chunk.members if one.name == "__init__" and one.kind == "def"] if chunk is not None else []
    return name_site(inits[0]) if len(inits) == 1 else None


def is_module(module: Module, name: str) -> bool:
    """Whether a class of the file is a module of torch."""
    try:
        cls = module.get(name)
    except (TargetRaise, OutOfBudget):
        return False
    return isinstance(cls, Class) and any(one.name == MODULE for one in cls.mro)


def name_site(chunk: Chunk) -> Site:
    """The name in the ``def`` statement of a chunk."""
    source = chunk.source
    match = re.compile(rf"^[ \t]*(?:async[ \t]+)?def[ \t]+({re.escape(chunk.name)})\b", re.MULTILINE).search(source.text, chunk.start)
    assert match is not None
    return source.index.site(source.path, *match.span(1))


@dataclass
class Search:
    """Who in the project may call one routine."""

    texts: ProjectText
    module: Module
    chunk: Chunk
    owner: str
    cls: Class | None

    def run(self) -> Iterator[Site]:
        """Every place that may."""
        name = self.chunk.name
        if name in HOOKS and self.owner:
            yield from self._walks()
        for path, text in self.texts.naming(self.module.path, name, self.module.project):
            if path != self.module.path and not self.owner and defines_own(text, name):
                continue
            for match in _uses(text, name):
                if self._means(text, match, path == self.module.path):
                    yield LineIndex(text).site(str(path), match.start(), match.end())

    def _walks(self) -> Iterator[Site]:
        """Walks over a model that may hold the class: a library's helper calls the hooks that it finds, and a model of another file draws its parts."""
        for path, text in self.texts.naming(self.module.path, self.owner, self.module.project):
            for walker in (WALKER,) if path == self.module.path else (WALKER, APPLY):
                at = text.find(walker)
                if at >= 0:
                    yield LineIndex(text).site(str(path), at, at + len(walker))

    def _means(self, text: str, match: re.Match[str], here: bool) -> bool:
        start, end = match.span()
        if commented(text, start) or text[max(start - 4, 0) : start] == "def ":
            return False
        if here and self.chunk.start <= start < self.chunk.end:
            return False
        before, after = text[start - 1 : start], text[end : end + 1]
        if before in ("'", '"') and after == before:
            return True
        receiver = match[1] and _innermost(match[1])
        if not self.owner:
            return self._means_function(text, start, end, receiver, here)
        return receiver is not None and self._means_method(text, start, receiver, here)

    def _means_function(self, text: str, start: int, end: int, receiver: str | None, here: bool) -> bool:
        """A bare name counts where it is not assigned, a parameter or a keyword; an import counts."""
        if receiver is not None:
            return receiver.split(".")[0] != "self"
        rest = text[end : end + 3].lstrip(" ")
        return not (rest.startswith("=") and not rest.startswith("==")) and not rest.startswith(":")

    def _means_method(self, text: str, start: int, receiver: str, here: bool) -> bool:
        around = unit(text, start)
        root, _, rest = receiver.partition(".")
        if (root in ("self", "cls", "super()") and not rest) or root.startswith("super("):
            if around.class_name == self.owner and not here:  # a namesake, unless it derives from the class
                return re.match(rf"class\s+{self.owner}\s*\([^:]*\b{self.owner}\b", around.text) is not None
            return around.class_name in self.family or not around.class_name
        if receiver.rpartition(".")[2] in self.family:  # ``Net.init_weights(self)``, or a module of that name
            return True
        classes = _tested(text, start, root)
        if classes:
            return not self.family.isdisjoint(classes)
        attribute = _word(rest) if root == "self" else _iterated(text, start, _word(root))
        if not attribute:
            return not around.class_name or self._names_family(around.text)
        return self._names_family(around.text) or _foreign(around.text, attribute)

    def _names_family(self, text: str) -> bool:
        return any(re.search(rf"\b{name}\b", text) for name in self.descendants)

    @cached_property
    def descendants(self) -> set[str]:
        """The class and those that derive from it."""
        return {self.owner, *self.texts.subclasses(self.module.path, self.owner, self.module.project)}

    @cached_property
    def family(self) -> set[str]:
        """Those and the bases of the class."""
        return self.descendants | {c.name.rpartition(".")[2] for c in (self.cls.mro if self.cls else ())}


def defines_own(text: str, name: str) -> bool:
    """Whether a file has a function of its own by this name, and takes none from another."""
    return re.search(rf"^def {name}\(", text, re.MULTILINE) is not None and not re.search(rf"^[ \t]*from\b[^\n]*\bimport\b[^\n]*\b{name}\b", text, re.MULTILINE)


def _innermost(receiver: str) -> str:
    """``self`` of ``self.apply(self``: what stands behind the last bracket that is not closed."""
    depth = 0
    for index in range(len(receiver) - 1, -1, -1):
        depth += (receiver[index] in ")]") - (receiver[index] in "([")
        if depth < 0:
            return receiver[index + 1 :]
    return receiver


def _word(text: str) -> str:
    """The name that ``text`` starts with."""
    match = re.match(r"\w+", text)
    return match[0] if match else ""


def _iterated(text: str, start: int, name: str) -> str:
    """The attribute of ``self`` that ``name`` runs through, or is, a few lines above ``start``."""
    head = text[max(start - 600, 0) : start]
    found = re.findall(rf"(?:\bfor\b[^:\n]*\b{name}\b[^:\n]*\bin\b[^:\n]*?|\b{name}\s*=\s*)\bself\.(\w+)", head)
    return found[-1] if found else ""


def _tested(text: str, start: int, root: str) -> set[str]:
    """Classes that an ``isinstance`` a few lines above wants ``root`` to be."""
    lines = text[:start].split("\n")[-4:]
    for line in reversed(lines):
        test = ISINSTANCE.search(line)
        if test is not None and test[1] == root:
            return set(re.findall(r"[A-Za-z_]\w*", test[2])) - {"nn", "torch", "or", "and", "isinstance", root}
    return set()


def _foreign(text: str, attribute: str) -> bool:
    """Whether ``self.attribute`` may hold what the class did not construct itself."""
    given = {name for head in DEF.findall(text) for name in re.findall(r"(?:^|,)\s*\*{0,2}(\w+)", head[2])}
    values = re.findall(rf"self\.{attribute}(?:[ \t]*:[ \t]*[\w.\[\]]+)?\s*=(?!=)\s*([^\n]*)", text)
    for value in values:
        called = re.match(r"(?:\w+\.)*(\w+)\(", value)
        if called is not None and called[1][0].islower():
            return True
        inner = re.match(r"(?:(?:nn\.)?(?:ModuleList|Sequential)\(\s*\*?)?(\w+)\)?\s*(?:#.*)?$", value)
        if inner is not None and inner[1] in given:
            return True
    return not values
