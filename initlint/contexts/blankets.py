"""Loops over parameters in text that nobody has parsed: whether they initialize, and whose parameters they reach."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from initlint.contexts.corpus import heads
from initlint.contexts.mentions import unit
from initlint.text.initcalls import INITIALIZES

LOOP = re.compile(r"for\b[^\n]*\b(?:named_)?parameters\(")
DISCARDED = re.compile(r"\bfor\s+\w+\s*,\s*_\s+in\b")
"""The head of a loop over names and parameters that leaves the parameters alone."""
OF_OWN = re.compile(r"(?<![\w.])self\.(?:(\w+)\.)?(?:named_)?parameters\($")
"""A loop over what an object holds, or over what is in one of its attributes."""
OF_ANY = re.compile(r"for\b[^\n]*\bself\.\w*(?:model|net|module)\w*\.(?:named_)?parameters\(")
"""A loop over the parameters of whatever model an object was given, as trainers are."""
DYNAMIC = re.compile(r"\b(?:build|create|make)\w*\(|\bgetattr\(|\bglobals\(|\beval\(|\bimport_module\(|\badd_module\(|_(?:cls|class)\(|\binstantiate\w*\(")
"""What a class does that makes parts of classes that its text does not name."""
GIVEN = re.compile(r"\bself\.(\w+)[ \t]*=[ \t]*(?!None\b|True\b|False\b)[a-z_]\w*[ \t\r]*(?:#[^\n]*)?$", re.MULTILINE)
"""An attribute that takes over what the constructor was given."""
REACH = 500
"""Characters behind the head of a loop, or a test of types, in which its body is looked for."""


def initializes_any(text: str) -> bool:
    """Whether a class initializes all parameters of a model that it was given."""
    return any(_body_initializes(text, match) for match in OF_ANY.finditer(text))


def reaches(text: str, family: Iterable[str], root: Iterable[str], inherited: Callable[[str], bool]) -> bool:
    """Whether a loop over parameters initializes them where they may be those of a class of the ``family``, in a model that is one of ``root``.

    A loop over what ``self`` holds reaches those that its class has as one of the family or their base, names, or may be handed.
    ``inherited`` tells whether a class of another file that holds one derives from the class that is named.
    """
    concerned: set[str] | None = None
    for match in LOOP.finditer(text):
        if not _body_initializes(text, match):
            continue
        own = OF_OWN.search(text, match.start(), match.end())
        owner = unit(text, match.start()) if own else None
        if own is None or owner is None or not owner.class_name:
            return True
        concerned = concerned or _concerned(text, set(family)).union(root)
        if owner.class_name in concerned or DYNAMIC.search(owner.text) or any(own[1] in (None, name) for name in _parts_given(owner.text)):
            return True
        if inherited(owner.class_name):
            return True
    return False


def loops_over_own(text: str, name: str) -> bool:
    """Whether the class ``name`` of a text initializes all that its objects hold."""
    own = (match for match in LOOP.finditer(text) if (held := OF_OWN.search(text, match.start(), match.end())) is not None and not held[1])
    return any(unit(text, match.start()).class_name == name and _body_initializes(text, match) for match in own)


def _parts_given(text: str) -> Iterator[str]:
    """The attributes of a class in which it keeps modules that its constructor was handed, as far as it uses them as such."""
    for name in GIVEN.findall(text):
        if re.search(rf"\bself\.{name}(?:\(|\.(?:named_)?(?:parameters|modules)\()", text) and not re.search(rf"\bself\.{name}\s*=\s*(?:torch\.)?nn\.", text):
            yield name


def reaches_holder(text: str, names: re.Pattern[str]) -> bool:
    """Whether a loop over parameters initializes them in a class, or a file, that ``names`` one that holds those asked about."""
    return any(names.search(unit(text, match.start()).text) and _body_initializes(text, match) for match in LOOP.finditer(text))


def redraws_imported(text: str, name: str) -> bool:
    """Whether a file imports the module ``name``, or from it, and initializes all parameters of something."""
    if not re.search(rf"^[ \t]*(?:from|import)\b[^\n]*\b{re.escape(name)}\b", text, re.MULTILINE):
        return False
    return any(OF_OWN.search(text, match.start(), match.end()) is None and _body_initializes(text, match) for match in LOOP.finditer(text))


def _concerned(text: str, names: set[str]) -> set[str]:
    """The classes ``names``, those of the same text that name one of them, near and far, and the bases of all these."""
    bodies = {name: unit(text, match) for name, match in _classes(text)}
    known, grown = set[str](), set(names)
    while grown != known:
        known = set(grown)
        word = re.compile(rf"\b(?:{'|'.join(map(re.escape, sorted(known)))})\b")
        grown |= {name for name, body in bodies.items() if name not in known and word.search(body.text)}
    classes, bases = list(heads(text.encode())), known
    while bases:
        bases = {base for name, words in classes if name in known for base in words} - known
        known |= bases
    return known


def _classes(text: str) -> Iterator[tuple[str, int]]:
    return ((match[1], match.end()) for match in re.finditer(r"^class[ \t]+(\w+)", text, re.MULTILINE))


def _body_initializes(text: str, head: re.Match[str]) -> bool:
    """Whether the lines inside a loop call an initializer: those further in than its head, or those around a comprehension."""
    if DISCARDED.match(text, head.start()) and "getattr(" not in text[head.end() : head.end() + REACH]:
        return False
    start = text.rfind("\n", 0, head.start()) + 1
    before = text[start : head.start()]
    if before.strip():
        return INITIALIZES.search(text, start, head.end() + REACH) is not None
    end = text.find("\n", head.end())
    inside = re.compile(rf"(?:\n(?:[ \t]*(?=\n)|{re.escape(before)}[ \t)\]][^\n]*))*").match(text, end) if end >= 0 else None
    return INITIALIZES.search(text, head.end(), inside.end() if inside else len(text)) is not None
