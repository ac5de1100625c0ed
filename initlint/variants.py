"""Other ways to construct a class: options that its code compares with strings (``if init == "kaiming"``) and that no model of the file takes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from initlint import program as p
from initlint.frontend import instantiate
from initlint.graph import ModelGraph, Origin
from initlint.interpreter.values import Class, Function
from initlint.loose import FileFacts, unreached_lines
from initlint.source import ClassChunk

if TYPE_CHECKING:
    from initlint.interpreter.core import Interpreter
    from initlint.interpreter.modules import Module

MOST = 4
"""Ways to construct one class that are tried beyond its defaults."""
ANYTHING_ELSE = "other"
"""What takes the ``else`` of a comparison with the default."""
COMPARED = re.compile(r"""\b_?(\w+)\s*==\s*(?:"([\w\- ]+)"|'([\w\- ]+)')""")


def variants(interp: Interpreter, module: Module, facts: FileFacts, graphs: Sequence[ModelGraph]) -> Iterator[tuple[str, Callable[[], Any]]]:
    """Constructions of the classes whose initializers or weights no model reached, one option changed at a time."""
    untouched = {graph.name for graph in graphs if not graph.forward_reason and _has_unused_weight(graph)}
    for chunk, cls in module.classes():
        if isinstance(cls, Class) and (chunk.name in untouched or unreached_lines(module, chunk, facts)):
            for name, value in _options(module, chunk, cls):
                yield f"{chunk.name}({name}={value!r})", partial(instantiate, interp, cls, module.frame, {name: value})


def _has_unused_weight(graph: ModelGraph) -> bool:
    """Whether the author scaled a weight by its fans that the forward pass does not meet."""
    used = {id(parameter) for op in graph.ops for parameter in (op.parameter, *op.detail.get("of", ()))}
    drawn = (q for q in graph.parameters if q.distribution is not None and q.distribution.fan is not None and id(q) not in used)
    return any(q.effective is not None and q.effective.origin is not Origin.DEFAULT and not (q.layer is not None and q.layer.calls) for q in drawn)


def _options(module: Module, chunk: ClassChunk, cls: Class) -> list[tuple[str, str]]:
    """Arguments of the constructor that the class compares with strings, and the strings that are not their default."""
    function = cls.namespace.get("__init__")
    if not isinstance(function, Function):
        return []
    defaults = {param.name: param.default.value if isinstance(param.default, p.Const) else None for param in function.node.params[1:]}
    compared = [(match[1], match[2] or match[3]) for match in COMPARED.finditer(module.source.text, chunk.start, chunk.end)]
    others = [(name, value) for name, value in dict.fromkeys(compared) if name in defaults and defaults[name] != value]
    return [*others, *((name, ANYTHING_ELSE) for name, value in dict.fromkeys(compared) if name in defaults and defaults[name] == value)][:MOST]
