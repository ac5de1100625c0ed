"""Parameters of uninitialised memory, or of a placeholder or a constant, that other code of the project may fill: rules are not told of those."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from initlint.contexts.initcalls import INITIALIZES, commented
from initlint.contexts.mentions import TooLarge, unit
from initlint.contexts.routines import Search, initializes
from initlint.findings import Site
from initlint.graph import ModelGraph, Origin, Parameter
from initlint.interpreter.values import Class
from initlint.paths.lookup import absolute

if TYPE_CHECKING:
    from initlint.contexts.models import Analysis
    from initlint.interpreter.modules import Module

LOADED = re.compile(
    r"weight_loader|load_weights|_load_from_state_dict|load_state_dict|quantiz|weight_attrs|skip_init|to_empty"
    r"|(?:\bdef |\b(?:self|cls|super\(\))\.)from_pretrained"
)
"""Words in a class that expects its values from elsewhere; ``Embedding.from_pretrained`` makes a layer inside it."""
BY_NAME = re.compile(r"\bgetattr\(self")
CHANGES = re.compile(rf"{INITIALIZES.pattern}|\.data\b|[a-z]_\(|\bcopy\b")
"""What a class does that may fill what it reaches by name."""
BLANKET = re.compile(r"for\b[^\n]*\b(?:named_)?parameters\(")
OF_ANY = re.compile(r"for\b[^\n]*\bself\.\w*(?:model|net|module)\w*\.(?:named_)?parameters\(")
"""A loop over the parameters of whatever model an object was given, as trainers are."""
PLACEHOLDERS = ("torch.rand", "torch.randn")
"""What a parameter is made of by those who mean to draw it later."""
REACH = 500
"""Characters behind the head of a loop over parameters in which its body is looked for."""
MADE = re.compile(r"\s*(?:\w+\.)*Parameter\(\s*(?:\w+\.)*(?:empty\w*|new_empty|\w*Tensor)\(|\s*None\b")
"""An assignment that leaves a parameter without values of its own."""
OWNER = re.compile(r"(?<![\w.])\w+(?=(?:\.\w+)*\Z)")
"""The name at the beginning of a chain of attributes."""


def drop_filled(analysis: Analysis, module: Module, graph: ModelGraph, root: Class) -> None:
    """Forget that a parameter is uninitialised where the text of the project shows code that may fill it.

    What the class at the root draws by ``torch.rand`` or ``torch.randn`` is forgotten where its owners are sure to draw it again, and
    a constant where other code of the file puts a value in its place.
    """
    answers: dict[tuple[Site, str], bool] = {}
    for parameter in graph.parameters:
        if _is_constant(parameter) and _is_replaced(module, parameter, root):
            parameter.events, parameter.distribution = [], None
        if _is_placeholder(parameter) and _is_drawn_again(analysis, module, parameter, root):
            parameter.events, parameter.distribution = [], None
        if parameter.uninitialised is None:
            continue
        key = parameter.uninitialised, _attribute(parameter)
        if key not in answers:
            try:
                answers[key] = _may_be_filled(analysis, module, parameter, root)
            except TooLarge:
                answers[key] = True
        if answers[key]:
            parameter.uninitialised = None


def _may_be_filled(analysis: Analysis, module: Module, parameter: Parameter, root: Class) -> bool:
    site = parameter.uninitialised
    assert site is not None
    path, project = absolute(site.path), module.project
    source = project.files.get(path)
    owner = unit(source.text, source.index.offset(site.line, site.column)) if source is not None else None
    if source is None or owner is None or not owner.class_name or LOADED.search(owner.text):
        return True
    if BY_NAME.search(owner.text) and CHANGES.search(owner.text):
        return True
    cls = module.names.get(owner.class_name) if path == module.path else None
    if (isinstance(cls, Class) and cls.uncertain) or _is_configured(source.text, owner.class_name):
        return True
    family = {owner.class_name, *analysis.texts.subclasses(path, owner.class_name, project)}
    texts = {path: source.text, **{file: text for name in family for file, text in analysis.texts.naming(path, name, project)}}
    writes = _writes(_attribute(parameter))
    related = family | {c.name.rpartition(".")[2] for c in root.mro}
    if any(_blanket(text) or _by_type(text, family) or _written(text, writes, related) for text in texts.values()):
        return True
    holders = {unit(text, match.start()).class_name for text in texts.values() for match in _words(family).finditer(text)} - family - {""}
    around = {file: text for name in holders for file, text in analysis.texts.naming(path, name, project)}
    if holders and any(_blanket(text, _words(holders)) for text in around.values()):
        return True
    loops = {file: text for name in ("parameters", "named_parameters") for file, text in analysis.texts.naming(path, name, project)}
    return any(_blanket(text, over=OF_ANY) for text in loops.values())


def _is_placeholder(parameter: Parameter) -> bool:
    """Whether a parameter of the module at the root still holds what it was made of, by a function that every shape has at hand."""
    last = parameter.effective
    return last is not None and last.initializer in PLACEHOLDERS and last.site is not None and "." not in parameter.name


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


def _is_drawn_again(analysis: Analysis, module: Module, parameter: Parameter, root: Class) -> bool:
    """Whether code outside the constructor initializes modules of this class: told by their type, or by a routine of theirs that others call."""
    assert parameter.effective is not None and parameter.effective.site is not None
    chunk = next((one for one in module.source.classes() if module.names.get(one.name) is root), None)
    if chunk is None or absolute(parameter.effective.site.path) != module.path:
        return False
    text, writes = module.source.text, _writes(_attribute(parameter))
    routines = [one for one in chunk.members if one.kind == "def" and one.name != "__init__" and initializes(one) and writes.search(text, one.start, one.end)]
    try:
        family = {chunk.name, *analysis.texts.subclasses(module.path, chunk.name, module.project)}
        told = any(_by_type(other, family) for name in family for _, other in analysis.texts.naming(module.path, name, module.project))
        return told or any(any(Search(analysis.texts, module, one, chunk.name, root).run()) for one in routines)
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
    return next(part for part in (*reversed(parameter.name.split(".")), parameter.role) if not part.isdigit())


def _writes(name: str) -> re.Pattern[str]:
    """What a write to an attribute looks like: handed to an initializer, changed in place, assigned."""
    made = r"(?:\.data)?(?:\[[^\]\n]*\])?(?:\.data)?"
    drawn = r"\b\w*(?:init|normal|uniform|xavier|kaiming|glorot|orthogonal|constant|zeros|ones|fill|copy|reset|eye|dirac|sparse)\w*\(\s*"
    behind = r"\b\w*(?:init|uniform|xavier|kaiming|glorot|orthogonal|constant|fill|reset)\w*\([^()\n]*,\s*"
    return re.compile(rf"(?:{drawn}|{behind})(?P<given>[\w.\[\]]+)\.{name}\b|(?P<owner>[\w\]]+)\.{name}\b{made}\s*(?:(?P<assigned>=)(?!=)|[-+*/]=|\.\w+_\()")


def _written(text: str, writes: re.Pattern[str], family: Iterable[str]) -> bool:
    for match in writes.finditer(text):
        if commented(text, match.start()) or (match["assigned"] and MADE.match(text, match.end())):
            continue
        receiver = match["given"] or match["owner"]
        if receiver != "self" or unit(text, match.start()).class_name in family:
            return True
    return False


def _by_type(text: str, family: Iterable[str]) -> bool:
    """Whether modules of one of these classes are told by ``isinstance`` and then initialized."""
    tests = re.compile(rf"\bisinstance\(\s*\w+\s*,\s*\(?[^()]*\b(?:{'|'.join(family)})\b")
    return any(INITIALIZES.search(text, match.end(), match.end() + REACH) for match in tests.finditer(text))


def _blanket(text: str, about: re.Pattern[str] | None = None, over: re.Pattern[str] = BLANKET) -> bool:
    """Whether a loop ``over`` parameters initializes them, in a class that mentions what it is ``about`` if that is given."""
    return any(
        INITIALIZES.search(text, match.end(), match.end() + REACH) and (about is None or about.search(unit(text, match.start()).text))
        for match in over.finditer(text)
    )
