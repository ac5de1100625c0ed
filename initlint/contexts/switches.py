"""Classes once more with the switches turned that guard what a model starts from: ``if bias: self.bias = Parameter(torch.empty(n))``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from initlint.contexts.loose import FileFacts
from initlint.interpreter.classes import find_member
from initlint.interpreter.modules import Module
from initlint.interpreter.values import Class, Function
from initlint.source import ClassChunk
from initlint.symbolic import symbol

EMPTY = re.compile(r"Parameter\(\s*(?:\w+\.)?(?:empty|Tensor|FloatTensor)\(\s*[^\s\[)]")
PADDED = re.compile(r"\bpadding_idx[ \t]*=[ \t]*(?:self\.)?(\w+)")
MOST = 4
"""Ways to turn the switches of one class that are tried."""
BRANCH = re.compile(r"(?:if|elif)\b(.*):|else\b.*:")


def switched(module: Module, facts: FileFacts) -> Iterator[tuple[str, Class, dict[str, Any]]]:
    """Classes with such a parameter, or an initializer, on a line that nothing reached, and the arguments that lead there; first, what to call it."""
    for chunk in module.source.classes():
        made = [line for line in _lines(module, chunk) if line not in facts.emptied]
        owners = {line: one.name for one in chunk.members if one.kind == "def" for line in sorted(facts.lines_of(module, one) - facts.shown)}
        lines = made + sorted(owners)
        cls = module.names.get(chunk.name) if lines else None
        function = find_member(cls, "__init__")[0] if isinstance(cls, Class) else None
        if not isinstance(cls, Class) or not isinstance(function, Function):
            continue
        rows = module.source.text.split("\n")
        calls = {name: list(_calls(module, chunk, name)) for name in {*owners.values()} - {"__init__"}}
        tests = [[test for place in (line, *calls.get(owners.get(line, ""), ())) for test in tests_around(rows, place)] for line in lines]
        ways = {tuple(_turned(around, function, names=line in made).items()): None for line, around in zip(lines, tests)}
        for given in islice(filter(None, ways), MOST):
            yield f"{chunk.name}({', '.join(f'{name}={value}' for name, value in given)})", cls, dict(given)


def padded(module: Module, facts: FileFacts) -> Iterator[tuple[str, Class, dict[str, Any]]]:
    """Classes that draw, and hand an embedding a padding row that they have by no default."""
    for chunk in module.source.classes():
        names = dict.fromkeys(match[1] for match in PADDED.finditer(module.source.text, chunk.start, chunk.end))
        cls = module.names.get(chunk.name) if names and facts.lines_of(module, chunk) else None
        function = find_member(cls, "__init__")[0] if isinstance(cls, Class) else None
        if isinstance(cls, Class) and isinstance(function, Function):
            for name in names:
                if name in function.defaults and function.defaults[name] is None:
                    yield f"{chunk.name}({name}=0)", cls, {name: 0}


def _lines(module: Module, chunk: ClassChunk) -> list[int]:
    inits = [one for one in chunk.members if one.name == "__init__"]
    found = [match for one in inits for match in EMPTY.finditer(module.source.text, one.start, one.end)]
    return [module.source.index.position(match.end() - 2)[0] for match in found]


def _calls(module: Module, chunk: ClassChunk, method: str) -> Iterator[int]:
    """Lines of a class that call one of its methods, or hand it to ``apply``."""
    for match in re.compile(rf"\bself\.{method}\b").finditer(module.source.text, chunk.start, chunk.end):
        yield module.source.index.position(match.start())[0]


def _turned(tests: Iterable[str], function: Function, *, names: bool) -> dict[str, Any]:
    """Arguments other than their defaults for every one that ``tests`` ask about; with ``names``, of those that are text too."""
    given: dict[str, Any] = {}
    for test in tests:
        for name in re.findall(r"[^\W\d_]\w*", test):
            default = function.defaults.get(name)
            if default is False or (default == 0 and isinstance(default, int)):
                given[name] = True if default is False else 1
            elif default is True:
                given[name] = False
            elif default is None and name in function.defaults:
                given[name] = symbol(name)
            elif names and isinstance(default, str) and (chosen := re.search(rf"\b{name}\s*==\s*[\"'](\w+)[\"']", test)) and chosen[1] != default:
                given[name] = chosen[1]
    return given


def tests_around(lines: list[str], line: int) -> Iterator[str]:
    """The tests of the branches that ``line`` stands in; for an ``else``, those of its ``if``."""
    indent = _indent(lines[line - 1])
    sought_else = False
    for text in reversed(lines[: line - 1]):
        if not text.strip() or _indent(text) > indent or (_indent(text) == indent and not sought_else):
            continue
        match = BRANCH.match(text.strip())
        if match is None:
            if _indent(text) < indent and text.lstrip().startswith("def "):
                return
            indent, sought_else = min(indent, _indent(text)), False
            continue
        indent, sought_else = _indent(text), not text.lstrip().startswith("if")
        if match[1]:
            yield match[1]


def has_else(lines: list[str], row: int) -> bool:
    """Whether the branches that the test on ``lines[row]`` is one of end in an ``else``; a test within an expression has what stands beside it."""
    match = BRANCH.match(lines[row].strip())
    if match is None:
        return True
    for text in lines[row + 1 :]:
        if text.strip() and _indent(text) <= _indent(lines[row]):
            branch = BRANCH.match(text.strip())
            if branch is None or _indent(text) < _indent(lines[row]) or text.lstrip().startswith("if"):
                return False
            if branch[1] is None:
                return True
    return False


def _indent(text: str) -> int:
    return len(text) - len(text.lstrip())
