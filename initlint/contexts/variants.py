"""Other ways to construct a class: options that its code compares with strings (``if init == "kaiming"``), or looks up, and that no model of the file takes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from initlint import program as p
from initlint.contexts.loose import FileFacts, unreached_lines
from initlint.contexts.options import compared, looked_up, tables_of
from initlint.contexts.switches import has_else, tests_around
from initlint.graph import ModelGraph, Origin
from initlint.interpreter.values import Class, Function
from initlint.source import Chunk, ClassChunk
from initlint.standins import instantiate

if TYPE_CHECKING:
    from initlint.interpreter.core import Interpreter
    from initlint.interpreter.modules import Module

MOST = 4
"""Ways to construct one class that are tried beyond its defaults."""
ANYTHING_ELSE = "other"
"""What takes the ``else`` of a comparison with the default."""
MADE = re.compile(r"\bParameter\(\s*(?:data\s*=\s*)?torch\.(?:randn?|normal|ones|zeros|full)\(")
"""A parameter that is made with its values."""
HANDED = re.compile(r"(?<=\w)\(\s*self\b")
"""Where something is handed a module."""
WORD = re.compile(r"[^\W\d]\w*")
FLAG = re.compile(r"^[ \t]*(?:self\.)?(\w+)[ \t]*=(?!=)(.*==.*)$", re.MULTILINE)
"""An attribute or a name that keeps how a comparison came out."""


def variants(interp: Interpreter, module: Module, facts: FileFacts, graphs: Sequence[ModelGraph]) -> Iterator[tuple[str, Callable[[], Any]]]:
    """Constructions of the classes whose initializers or weights no model reached, one option changed at a time."""
    untouched = {graph.name for graph in graphs if not graph.forward_reason and _has_unused_weight(graph)}
    tables = tables_of(module)
    for chunk, cls in module.classes():
        if not isinstance(cls, Class):
            continue
        helpers = _helpers(module, chunk)
        texts = [module.source.text[one.start : one.end] for one in (chunk, *helpers)]
        unreached = unreached_lines(module, chunk, facts)
        keys = [found for text in texts for found in looked_up(text, tables)]
        drawn = {name for name, _, draws in keys if draws}
        made = _optional(module, chunk)
        if chunk.name in untouched or unreached or drawn or made or any(facts.lines_of(module, one) - facts.shown for one in helpers):
            decisive = None if chunk.name in untouched else _decisive(module, chunk, unreached) | drawn | made
            for name, value in _options(module, chunk, cls, decisive, texts, [(name, key) for name, key, _ in keys]):
                yield f"{chunk.name}({name}={value!r})", partial(instantiate, interp, cls, module.frame, {name: value})


def _helpers(module: Module, chunk: ClassChunk) -> list[Chunk]:
    """The functions of the file that a class hands itself to."""
    functions = [one for one in module.source.chunks if one.kind == "def"]
    text = module.source.text
    places = [match.start() for match in HANDED.finditer(text, chunk.start, chunk.end)] if functions else []
    return [one for one in functions if any(text.endswith(one.name, chunk.start, place) for place in places)]


def _has_unused_weight(graph: ModelGraph) -> bool:
    """Whether the author scaled a weight by its fans that the forward pass does not meet."""
    used = {id(parameter) for op in graph.ops for parameter in (op.parameter, *op.detail.get("of", ()))}
    drawn = (q for q in graph.parameters if q.distribution is not None and q.distribution.fan is not None and id(q) not in used)
    return any(q.effective is not None and q.effective.origin is not Origin.DEFAULT and not (q.layer is not None and q.layer.calls) for q in drawn)


def _decisive(module: Module, chunk: ClassChunk, unreached: dict[str, set[int]]) -> set[str]:
    """Names in the tests around the lines that were not reached, and around the places that call the methods they stand in."""
    text, index = module.source.text, module.source.index
    rows = text.split("\n")
    lines = set().union(*unreached.values())
    for method in unreached.keys() - {"__init__"}:
        lines |= {index.position(match.start())[0] for match in re.compile(rf"\.{method}\b").finditer(text, chunk.start, chunk.end)}
    names = {name.lstrip("_") for line in lines for test in tests_around(rows, line) for name in WORD.findall(test)}
    flags = (match for match in FLAG.finditer(text, chunk.start, chunk.end) if match[1].lstrip("_") in names)
    return names | {name.lstrip("_") for match in flags for name in WORD.findall(match[2])}


def _optional(module: Module, chunk: ClassChunk) -> set[str]:
    """Names of the options under which a class makes a parameter."""
    text, index = module.source.text, module.source.index
    lines = [index.position(match.start())[0] for match in MADE.finditer(text, chunk.start, chunk.end)]
    rows = text.split("\n") if lines else []
    return {name for line in lines for test in tests_around(rows, line) for name, _ in compared(test)}


def _options(
    module: Module, chunk: ClassChunk, cls: Class, decisive: set[str] | None, texts: Sequence[str], keys: Sequence[tuple[str, str]]
) -> list[tuple[str, str]]:
    """Arguments of the constructor that ``texts`` compare with strings, or look up, and the strings that are not their default.

    Where ``decisive`` is given, an option has to be one of these names, or speak of initialization. Who asks for zeros gets what is said.
    """
    function = cls.namespace.get("__init__")
    if not isinstance(function, Function):
        return []
    defaults = {param.name: param.default.value if isinstance(param.default, p.Const) else None for param in function.node.params[1:]}
    asked = [*(found for text in texts for found in compared(text)), *keys]
    asked = [(name, value) for name, value in asked if (decisive is None or name in decisive or "init" in name) and "zero" not in value.lower()]
    others = [(name, value) for name, value in dict.fromkeys(asked) if name in defaults and defaults[name] != value]
    open_ended = [name for name, value in dict.fromkeys(asked) if name in defaults and defaults[name] == value and _takes_others(module, chunk, name)]
    return [*others, *((name, ANYTHING_ELSE) for name in open_ended)][:MOST]


def _takes_others(module: Module, chunk: ClassChunk, name: str) -> bool:
    """Whether the class has something for values of an option that it does not list: of several without an ``else`` one is meant to be given."""
    rows = module.source.text[chunk.start : chunk.end].split("\n")
    tests = {row: values for row, text in enumerate(rows) if (values := {value for option, value in compared(text) if option == name})}
    return len(set[str]().union(*tests.values())) == 1 or any(has_else(rows, row) for row in tests)
