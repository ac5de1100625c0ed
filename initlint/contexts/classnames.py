"""Tests of the name of a layer's class that spell it in other letters: ``classname.find("Conv1D")`` finds no ``Conv1d``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint import program as p
from initlint.contexts.mentions import TooLarge
from initlint.contexts.routines import writes
from initlint.graph import Mistake
from initlint.interpreter.trees import walk
from initlint.overlays.torch_layers import LAYERS

if TYPE_CHECKING:
    from initlint.contexts.models import Analysis
    from initlint.interpreter.modules import Module

NAMED = re.compile(r"\.__name__\b(?!\.)")
CLASSES = frozenset(short for name in LAYERS if not (short := name.rpartition(".")[2]).startswith("_"))
OTHERS = re.compile(r"^[ \t]*(?:import|from)[ \t]+(?:tf_keras|keras|tensorflow)\b", re.MULTILINE)
"""Libraries whose layers are called otherwise."""
METHODS = ("find", "startswith", "endswith")
VERBS = {"in": "contains", "==": "is", "startswith": "begins with", "endswith": "ends with"}


def misspelt_classes(analysis: Analysis, module: Module) -> Iterator[Mistake]:
    """Names that no layer of torch has, one has in other letters, and no class of the project has, in functions that write to parameters."""
    text = module.source.text
    if ".__name__" not in text or "torch" not in text or OTHERS.search(text):
        return
    for one, _ in module.source.parts():
        if one.kind != "def" or not one.says(NAMED) or not writes(one):
            continue
        nodes = list(walk(one.statements))
        held = {target.id for node in nodes if isinstance(node, p.Assign) and _is_name(node.value) for target in node.targets if isinstance(target, p.Name)}
        tests = [(node, *asked) for node in nodes if (asked := _asked(node, held)) is not None]
        right = {literal.lower() for _, how, literal in tests if any(_holds(how, name, literal) for name in CLASSES)}
        for node, how, literal in tests:
            meant = next((name for name in sorted(CLASSES) if name.lower().startswith(literal.lower()) and _holds(how, name.lower(), literal.lower())), None)
            if meant is None or literal.lower() in right or any(_holds(how, name, literal) for name in CLASSES) or _is_defined(analysis, module, literal):
                continue
            if literal == "Conv1D" and "transformers" in text:  # which has a layer of that name
                continue
            spelt = meant[: len(literal)]
            said = f"no layer's name {VERBS[how]} `{literal}`: that of `{meant}` is spelt in other letters, and the test never holds"
            spelled = module.source.spelled(node)
            yield Mistake(kind="misspelt-class", site=module.source.site(node), text=said, detail={"meant": spelled.replace(literal, spelt, 1)})


def _is_name(node: p.Expr) -> bool:
    """Whether an expression is ``m.__class__.__name__`` or ``type(m).__name__``."""
    if not isinstance(node, p.Attr) or node.attr != "__name__":
        return False
    kind = node.value
    return (isinstance(kind, p.Attr) and kind.attr == "__class__") or (isinstance(kind, p.Call) and isinstance(kind.func, p.Name) and kind.func.id == "type")


def _asked(node: p.Node, held: set[str]) -> tuple[str, str] | None:
    """How a test compares the name of a class, and with what."""

    def is_held(value: p.Expr) -> bool:
        return _is_name(value) or (isinstance(value, p.Name) and value.id in held)

    if isinstance(node, p.Call) and isinstance(node.func, p.Attr) and node.func.attr in METHODS and is_held(node.func.value) and len(node.args) == 1:
        how, literal = ("in" if node.func.attr == "find" else node.func.attr), node.args[0].value
    elif isinstance(node, p.Compare) and len(node.rest) == 1 and node.rest[0][0] == "in" and is_held(node.rest[0][1]):
        how, literal = "in", node.left
    elif isinstance(node, p.Compare) and len(node.rest) == 1 and node.rest[0][0] == "==" and is_held(node.left):
        how, literal = "==", node.rest[0][1]
    else:
        return None
    return (how, literal.value) if isinstance(literal, p.Const) and isinstance(literal.value, str) and len(literal.value) > 2 else None


def _holds(how: str, name: str, literal: str) -> bool:
    if how in ("startswith", "endswith"):
        return bool(getattr(name, how)(literal))
    return literal in name if how == "in" else name == literal


def _is_defined(analysis: Analysis, module: Module, literal: str) -> bool:
    """Whether the project defines or imports a class with these letters in its name."""
    name = rf"\w*{re.escape(literal)}"
    made = re.compile(rf"\bclass[ \t]+{name}|\bimport\b[^\n]*{name}|^[ \t]+{name}\w*,?[ \t\r]*$|\bas[ \t]+{name}", re.MULTILINE)
    try:
        return any(made.search(text) for _, text in analysis.texts.naming(module.path, literal, module.project))
    except TooLarge:
        return True
