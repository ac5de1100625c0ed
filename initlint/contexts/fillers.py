"""Parameters of uninitialised memory, or of a placeholder or a constant, that other code of the project may fill: rules are not told of those."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from initlint.contexts.blankets import REACH, initializes_any, loops_over_own, reaches, reaches_holder, redraws_imported
from initlint.contexts.corpus import heads
from initlint.contexts.loaded import fills_by_name, is_loaded, only_runs, skips_init
from initlint.contexts.mentions import TooLarge, Unit, deriving, nested, unit
from initlint.contexts.routines import Search, initializes
from initlint.findings import Site
from initlint.graph import ModelGraph, Origin, Parameter
from initlint.interpreter.values import Class
from initlint.paths.lookup import absolute
from initlint.text.initcalls import INITIALIZES, commented

if TYPE_CHECKING:
    from initlint.contexts.models import Analysis
    from initlint.interpreter.modules import Module
    from initlint.source import ClassChunk

BY_NAME = re.compile(r"\bgetattr\(self\b(?!,\s*[\"']\w+[\"']\s*[,)])")
"""An attribute of its own whose name is put together or comes from elsewhere."""
QUOTED = re.compile(r"(\"\"\"|''')[\s\S]*?\1|#[^\n]*")
"""What is said and not done: comments, and texts in triple quotes."""
FUNCTION = re.compile(r"^([ \t]+)(?:async[ \t]+)?def[ \t]+(\w+)", re.MULTILINE)
LEAF = re.compile(r"\s*(?:torch\.)?nn\.(?!Sequential\b|Module)\w+\(")
"""A layer of torch's own, which is no class of the author."""
CHANGES = re.compile(rf"{INITIALIZES.pattern}|\.data\b|[a-z]_\(|\bcopy\b")
"""What a class does that may fill what it reaches by name."""
PLACEHOLDERS = ("torch.rand", "torch.randn")
"""What a parameter is made of by those who mean to draw it later."""
MADE = re.compile(
    r"\s*(?:\w+\.)*(?:Parameter\(\s*(?:(?:\w+\.)*Variable\(\s*)?(?:\w+\.)*(?:empty\w*|new_empty|\w*Tensor)\(|UninitializedParameter\(|ParameterList\(\s*(?:\[\s*\])?\s*\))|\s*None\b"
)
"""An assignment that leaves a parameter without values of its own."""
MOVES = "(?:to|cuda|cpu|float|half|double|type_as)"
"""Methods that leave the values what they are."""
NEAR = 2_000
"""Characters above a write in which a test of types is looked for."""
OWNER = re.compile(r"(?<![\w.])\w+(?=(?:\.\w+)*\Z)")
"""The name at the beginning of a chain of attributes."""


@dataclass(slots=True)
class Around:
    """What a project says of one class in a model."""

    family: set[str]
    """The class and those that derive from it."""
    texts: dict[Path, str]
    """The files that speak of these."""
    typed: set[str]
    """The attributes of modules told to be of these that are initialized; an empty name for those that are not plain."""
    reached: bool | None = None
    """Whether a loop over parameters may initialize all of them, once that was asked for."""


@dataclass(slots=True)
class Answers:
    """What was asked of the project about one file: no model of it asks again."""

    filled: dict[tuple[Site, str, Class], bool] = field(default_factory=dict)
    """Whether what was made at a place and is held by an attribute may be filled, in a model of a class."""
    around: dict[tuple[Path, str, Class], Around] = field(default_factory=dict)
    redrawn: bool | None = None
    """Whether a file that imports this one draws all parameters of some model, once that was asked for."""
    skipped: bool | None = None
    """Whether the project trains nothing, and fills its models from files, once that was asked for."""


def drop_filled(analysis: Analysis, module: Module, graph: ModelGraph, root: Class, answers: Answers) -> None:
    """Forget that a parameter is uninitialised where the text of the project shows code that may fill it; ``answers`` are those given of the same file.

    What the class at the root draws by ``torch.rand`` or ``torch.randn`` is forgotten where its owners are sure to draw it again, and
    a constant where other code of the file puts a value in its place, and that a parameter is a copy where a file that imports this one draws all it holds.
    """
    for parameter in graph.parameters:
        if parameter.copied is not None:
            if answers.redrawn is None:
                answers.redrawn = _is_redrawn(analysis, module)
            parameter.copied = None if answers.redrawn else parameter.copied
        if _is_constant(parameter) and _is_replaced(module, parameter, root):
            parameter.events, parameter.distribution = [], None
        if _is_placeholder(parameter) and _is_drawn_again(analysis, module, parameter, root, answers):
            parameter.events, parameter.distribution = [], None
        if parameter.uninitialised is None:
            continue
        key = parameter.uninitialised, _attribute(parameter), root
        if key not in answers.filled:
            try:
                answers.filled[key] = _may_be_filled(analysis, module, parameter, root, answers)
            except TooLarge:
                answers.filled[key] = True
        if answers.filled[key]:
            parameter.uninitialised = None


def _is_redrawn(analysis: Analysis, module: Module) -> bool:
    """Whether a file that imports this one draws all parameters of some model."""
    name = module.path.stem if module.path.stem != "__init__" else module.path.parent.name
    try:
        return any(file != module.path and redraws_imported(text, name) for file, text in analysis.texts.naming(module.path, name, module.project))
    except TooLarge:
        return True


def _may_be_filled(analysis: Analysis, module: Module, parameter: Parameter, root: Class, answers: Answers) -> bool:
    site = parameter.uninitialised
    assert site is not None
    path = absolute(site.path)
    source = module.project.files.get(path)
    if source is None:
        return True
    offset = source.index.offset(site.line, site.column)
    owner = unit(source.text, offset)
    if not owner.class_name:
        return True
    if is_loaded(QUOTED.sub("", owner.text)) or fills_by_name(source.text):
        return True
    if answers.skipped is None:
        answers.skipped = skips_init(analysis, module) or only_runs(analysis, module)
    if answers.skipped:
        return True
    name = _attribute(parameter)
    if (BY_NAME.search(owner.text) or re.search(rf"\bgetattr\(self, *[\"']{name}[\"']", owner.text)) and CHANGES.search(owner.text):
        return True
    inner = nested(source.text, offset)
    cls = module.names.get(owner.class_name) if path == module.path else None
    cls = cls if inner is None else root if root.name == inner.class_name else None
    if (isinstance(cls, Class) and cls.uncertain) or _is_configured(source.text, owner.class_name):
        return True
    ancestry = {c.name.rpartition(".")[2] for c in root.mro}
    known = _around(analysis, module, path, source.text, owner.class_name, root, answers)
    kin = {c.name.rpartition(".")[2] for c in cls.mro} | known.family if isinstance(cls, Class) else None
    bases = {c.name.rpartition(".")[2] for c in cls.mro[1:]} if isinstance(cls, Class) and _replaces(owner, name) else set[str]()
    family = known.family | ancestry
    if not known.typed.isdisjoint(("", name)) or any(_written(text, name, owner, family, kin, bases) for text in known.texts.values()):
        return True
    if known.reached is None:
        known.reached = _reached(analysis, module, path, known, ancestry)
    return known.reached


def _around(analysis: Analysis, module: Module, path: Path, text: str, owner: str, root: Class, answers: Answers) -> Around:
    """What a project says of the class ``owner`` of the file ``path``, whatever attribute is asked about."""
    known = answers.around.get((path, owner, root))
    if known is not None:
        return known
    family = {owner, *analysis.texts.subclasses(path, owner, module.project)}
    texts = {path: text, **{file: text for one in family for file, text in _speaking(analysis, module, path, one, family)}}
    known = answers.around[path, owner, root] = Around(family, texts, {name for text in texts.values() for name in _by_type(text, family)})
    return known


def _reached(analysis: Analysis, module: Module, path: Path, known: Around, ancestry: set[str]) -> bool:
    """Whether a loop over parameters may initialize those of a class and of what holds it."""
    project, holders = module.project, _holders(known)

    def inherited(base: str) -> bool:
        return not holders.isdisjoint(analysis.texts.subclasses(path, base, project))

    if any(reaches(text, known.family, ancestry, inherited) for text in known.texts.values()) or _drawn_by_holders(analysis, module, path, known, holders):
        return True
    loops = {file: text for word in ("parameters", "named_parameters") for file, text in analysis.texts.naming(path, word, project)}
    return any(initializes_any(text) for text in loops.values())


def _holders(known: Around) -> set[str]:
    """The classes that speak of one and are not of its family."""
    words = _words(known.family)
    return {unit(text, match.end()).class_name for text in known.texts.values() for match in words.finditer(text)} - known.family - {""}


def _drawn_by_holders(analysis: Analysis, module: Module, path: Path, known: Around, holders: set[str]) -> bool:
    """Whether what holds a class, or a base of that, initializes all of its parameters in a loop."""
    if any(loops_over_own(text, base) for base, text in _bases(analysis, module, path, known.texts, holders)):
        return True
    around = {file: text for one in holders for file, text in _speaking(analysis, module, path, one, known.family | holders, known.texts)}
    return bool(holders) and any(reaches_holder(text, _words(holders)) for text in around.values())


def _bases(analysis: Analysis, module: Module, path: Path, texts: dict[Path, str], names: set[str]) -> Iterator[tuple[str, str]]:
    """The bases of classes, near and far, each with the text of a file that defines it."""
    seen, found = set(names), list(texts.values())
    while names:
        names = {base for text in found for name, bases in heads(text.encode()) if name in names for base in bases} - seen - {"Module"}
        seen |= names
        naming = ((name, text) for name in names for _, text in analysis.texts.naming(path, name, module.project))
        defining = [(name, text) for name, text in naming if re.search(rf"^class[ \t]+{name}\b", text, re.MULTILINE)]
        yield from defining
        found = [text for _, text in defining]


def _speaking(analysis: Analysis, module: Module, path: Path, name: str, family: set[str], homes: Iterable[Path] = ()) -> Iterator[tuple[Path, str]]:
    """The files of the project that speak of a class of the file ``path``, or of one of its ``homes``: not those with a class of their own by its name."""
    for file, text in analysis.texts.naming(path, name, module.project):
        own = file != path and file not in homes and re.search(rf"^class[ \t]+{name}\b", text, re.MULTILINE)
        if not own or any(name in deriving(text, base) for base in family):
            yield file, text


def _is_placeholder(parameter: Parameter) -> bool:
    """Whether a parameter still holds what it was made of, by a function that every shape has at hand."""
    last = parameter.effective
    return last is not None and last.initializer in PLACEHOLDERS and last.site is not None


def _is_constant(parameter: Parameter) -> bool:
    """Whether the author gave one value to all entries of a matrix inside the module at the root."""
    law, last = parameter.distribution, parameter.effective
    return law is not None and law.kind == "constant" and "." in parameter.name and last is not None and last.origin is not Origin.DEFAULT


def _is_replaced(module: Module, parameter: Parameter, root: Class) -> bool:
    """Whether code outside the class assigns to the parameter of one of its objects: ``made.down.weight = nn.Parameter(found)``."""
    text, name = module.source.text, ".".join(parameter.name.split(".")[-2:])
    if f".{name}" not in text:
        return False
    for place in re.finditer(rf"\.{re.escape(name)}(?:\.data)?[ \t]*=(?!=)", text):
        owner = OWNER.search(text, text.rfind("\n", 0, place.start()) + 1, place.start())
        if owner and owner[0] != "self" and not commented(text, place.start()) and unit(text, place.start()).class_name != root.name:
            return True
    return False


def _is_drawn_again(analysis: Analysis, module: Module, parameter: Parameter, root: Class, answers: Answers) -> bool:
    """Whether code outside the constructor that made it draws it once more."""
    assert parameter.effective is not None and parameter.effective.site is not None
    site = parameter.effective.site
    path = absolute(site.path)
    source = module.project.files.get(path)
    if source is None:
        return False
    start = source.index.offset(site.line, site.column)
    chunk = next((one for one in source.classes() if one.start <= start < one.end), None)
    key = site, _attribute(parameter), root
    if key not in answers.filled:
        answers.filled[key] = chunk is not None and _draws_again(analysis, module, path, chunk, root, answers, key[1])
    return answers.filled[key]


def _draws_again(analysis: Analysis, module: Module, path: Path, chunk: ClassChunk, root: Class, answers: Answers, name: str) -> bool:
    """Whether code initializes modules of a class: told by their type, by a routine of theirs that others call, or with all that holds them."""
    text, writes = chunk.source.text, _writes(name)
    routines = [one for one in chunk.members if one.kind == "def" and one.name != "__init__" and initializes(one) and writes.search(text, one.start, one.end)]
    cls = module.names.get(chunk.name)
    try:
        if path != module.path:
            called = bool(routines)
        else:
            called = any(any(Search(analysis.texts, module, one, chunk.name, cls if isinstance(cls, Class) else None).run()) for one in routines)
        if called:
            return True
        known = _around(analysis, module, path, text, chunk.name, root, answers)
        named = (other for one in known.family for _, other in analysis.texts.naming(path, one, module.project))
        return any(True for other in named for _ in _by_type(other, known.family)) or _drawn_by_holders(analysis, module, path, known, _holders(known))
    except TooLarge:
        return True


def _is_configured(text: str, name: str) -> bool:
    """Whether an ``init_cfg`` may say what the class ``name`` starts from, by its name or by that of an attribute that holds one."""
    held = "|".join(set(re.findall(rf"\bself\.(\w+)\s*=\s*(?:\w+\.)*{name}\(", text)))
    by_class = rf"\b(?:layer|type)[\"']?\s*[=:]\s*\[?[\"']{name}[\"']"
    return re.search(rf"{by_class}|\bname[\"']?\s*[=:]\s*[\"'](?:{held})[\"']" if held else by_class, text) is not None


def _words(names: Iterable[str]) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(names)})\b")


def _attribute(parameter: Parameter) -> str:
    """The name under which code reaches a parameter: that of the list, for one in a list."""
    return next(part for part in (*reversed(parameter.name.split(".")), parameter.role) if not part.isdigit() and part != "*")


def _writes(name: str) -> re.Pattern[str]:
    """What a write to an attribute looks like: handed to an initializer, changed in place, assigned."""
    reads = r"(?:torch|np|numpy)\.\w*[a-z]\(|\w*_like\("
    made = r"(?P<part>(?:\.data)?(?:\[[^\]\n]*\])?(?:\.data)?)"
    laws = "init|normal|uniform|xavier|kaiming|glorot|orthogonal|constant|zeros|ones|fill|copy|reset|eye|dirac|sparse"
    drawn = rf"(?<![\w.])(?!{reads})(?:\w+\.)*\w*(?:{laws})\w*\(\s*"
    behind = r"\b\w*(?:init|uniform|xavier|kaiming|glorot|orthogonal|constant|fill|reset)\w*\([^()\n]*,\s*"
    assigned = r"(?P<owner>[\w.\]]*[\w\]])"
    return re.compile(rf"(?:{drawn}|{behind})(?P<given>[\w.\[\]]+)\.{name}\b|{assigned}\.{name}\b{made}\s*(?:(?P<assigned>=)(?!=)|[-+*/]=|\.\w+_\()")


def _replaces(made: Unit, name: str) -> bool:
    """Whether a class makes the attribute ``name`` after the constructor of its base class has run: that wrote to another tensor."""
    assigned = re.search(rf"\bself\.{name}[ \t]*(?::[^=\n]+)?=(?!=)", made.text)
    return assigned is not None and made.text.find(".__init__(", 0, assigned.start()) >= 0


def _written(text: str, name: str, made: Unit, family: Iterable[str], kin: set[str] | None, bases: set[str]) -> bool:
    """Whether a text may write to the attribute ``name`` of a class of the ``family``, which ``made`` makes; ``kin`` are all classes that it is one of.

    What the constructors of ``bases`` write, the parameter is not.
    """
    if f".{name}" not in text:
        return False  # told at once, as most files of a project that speak of a class named Model are about another
    moves = re.compile(rf"\s*self\.{name}\.{MOVES}\(")
    for match in _writes(name).finditer(text):
        if commented(text, match.start()) or (match["assigned"] and (MADE.match(text, match.end()) or moves.match(text, match.end()))):
            continue
        receiver = match["given"] or match["owner"]
        around = unit(text, match.start())
        if receiver == "self":
            if around.class_name not in family:
                continue
            anew = match["assigned"] and not match["part"] and around == made
            if not (anew or around.class_name in bases) or _method(text, match.start()) != "__init__":
                return True
        elif not _is_other(text, match.start(), receiver, around, kin):
            return True
    return False


def _method(text: str, offset: int) -> str:
    """The method in which ``offset`` stands: what it makes anew in the constructor, the parameter is not."""
    heads = [match[2] for match in FUNCTION.finditer(text, text.rfind("\nclass", 0, offset) + 1, offset)]
    return heads[-1] if heads else ""


def _is_other(text: str, offset: int, receiver: str, around: Unit, kin: set[str] | None) -> bool:
    """Whether what is written to is an attribute that holds a layer of torch's own, or was told by its type to be of no class among ``kin``."""
    if receiver.startswith("self."):
        held = list(re.finditer(rf"\bself\.{re.escape(receiver[5:])}\s*(?::[^=\n]+)?=(?!=)", around.text))
        return bool(held) and all(LEAF.match(around.text, one.end()) for one in held)
    start = text.rfind("\n", 0, offset) + 1
    inner = len(text[start:offset]) - len(text[start:offset].lstrip())
    made = re.compile(rf"\s*{re.escape(receiver)}\s*=(?!=)")
    told = re.compile(rf"\s*(?:el)?if isinstance\(\s*{re.escape(receiver)}\s*,\s*(\w[\w.]*|\([\w., ]*\))\)(?!.*\bor\b)")
    for line in reversed(text[max(0, start - NEAR) : start].splitlines()[1:]):
        indent = len(line) - len(line.lstrip())
        if not line.strip() or indent > inner:
            continue
        if anew := made.match(line):
            return LEAF.match(line, anew.end()) is not None
        if indent < inner:
            inner = indent
            if line.lstrip().startswith(("def ", "class ")):
                return False
            types = told.match(line)
            if types and kin is not None and kin.isdisjoint(re.findall(r"\w+(?=\s*(?:[,)]|$))", types[1])):
                return True
    return False


def _by_type(text: str, family: Iterable[str]) -> Iterator[str]:
    """The attributes that are initialized of modules which ``isinstance`` told to be of one of these classes."""
    tests = re.compile(rf"\bisinstance\(\s*(\w+)\s*,\s*\(?[^()]*\b(?<!\bnn\.)(?:{'|'.join(family)})\b")
    for match in tests.finditer(text):
        for call in INITIALIZES.finditer(text, match.end(), match.end() + REACH):
            yield _initialized(text, call)
        if re.compile(rf"\s*\)?\s*:\s*\w*init\w*\(\s*{match[1]}\b").match(text, match.end()):
            yield ""


def _initialized(text: str, call: re.Match[str]) -> str:
    """The attribute that the call of an initializer is about; nothing where that is not plain."""
    given = re.compile(r"\s*[\w.\[\]]+?\.(\w+)(?:\.data)?\s*[,)]").match(text, call.end())
    found = given or re.search(r"\w\.(\w+)(?:\.data)?\.\Z", text[max(0, call.start() - 100) : call.start()])
    return found[1] if found else ""
