"""A file as chunks that are parsed on demand.

The standard library's ``ast`` only *indexes*: which statement binds which name, on which lines. LibCST then parses
the statements that evaluation asks for, and those alone.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Optional, TypeGuard

from initlint import lower
from initlint import program as p
from initlint.findings import Site
from initlint.text.depth import LONG, longest, too_deep
from initlint.text.edits import LineIndex, SourceError, decode, digest
from initlint.text.syntax import parse_index

INITIALIZER = re.compile(r"^(?:.*\.)?init\.\w+$|^\w+_$")
WRAPPER = "class _:\n"
CONTINUED = re.compile(r"\\\r?\n\s*\Z")
"""A continued line with nothing behind it, which LibCST takes for unfinished where the text ends."""


@dataclass(slots=True, eq=False)
class Text:
    """A decoded file, apart from what is in it: chunks hold on to this alone, so that a file that nobody needs is freed at once."""

    path: str
    raw: str
    index: LineIndex
    looked_at: set[int] = field(default_factory=set)
    """Where the chunks begin that were looked at since ``SourceFile.forget_looks``."""
    whole: bool = False
    """Whether any of it was."""

    @property
    def text(self) -> str:
        """All of it."""
        self.whole = True
        return self.raw


@dataclass(slots=True, eq=False)
class Chunk:
    """Consecutive statements that share lines, and the names they bind or change."""

    source: Text
    start: int
    end: int
    names: frozenset[str]
    kind: str
    """``class``, ``def``, ``import`` or ``other``."""
    wrapped: bool = False
    """Whether it is indented (a class member) and parsed inside a wrapper."""
    name: str = ""
    line: int = 0
    long: bool = False
    """Whether a statement in it is so long that it may nest too deeply."""
    _statements: Optional[list[p.Stmt]] = None
    like: Optional[Chunk] = None
    """One of the same text in the file before it was edited."""

    @property
    def text(self) -> str:
        """What is parsed."""
        return self.source.raw[self.start : self.end]

    @property
    def statements(self) -> list[p.Stmt]:
        """The lowered statements."""
        self.source.looked_at.add(self.start)
        if self._statements is None:
            if self.like is not None and self.like._statements is not None:
                self._statements = p.moved(self.like._statements, self.start - self.like.start)
            else:
                self._statements = self._parsed(f"{WRAPPER}{self.text}" if self.wrapped else self.text)
        return self._statements

    def says(self, pattern: re.Pattern[str]) -> bool:
        """Whether ``pattern`` is found in its text, which nobody has to parse for that."""
        self.source.looked_at.add(self.start)
        return pattern.search(self.source.raw, self.start, self.end) is not None

    def _parsed(self, text: str) -> list[p.Stmt]:
        if self.long and too_deep(text):
            raise SourceError(f"nests too deeply to be analysed (the statement at line {self.line})")
        text = CONTINUED.sub("\n", text)
        if not self.wrapped:
            return lower.lower_source(text, self.start)
        (wrapper,) = lower.lower_source(text, self.start - len(WRAPPER))
        assert isinstance(wrapper, p.ClassDef)
        return wrapper.body


@dataclass(slots=True, eq=False)
class ClassChunk(Chunk):
    """A class whose members are parsed one by one."""

    header_end: int = 0
    members: list[Chunk] = field(default_factory=list)
    base_names: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The class statement without its body."""
        return self.source.raw[self.start : self.header_end] + "    pass\n"

    @property
    def header(self) -> p.ClassDef:
        """The class statement with its bases and decorators, without a body."""
        header = self.statements[-1]
        assert isinstance(header, p.ClassDef)
        return header

    def says(self, pattern: re.Pattern[str]) -> bool:
        """Whether ``pattern`` is found in its text, that of its members included."""
        self.source.looked_at.update([member.start for member in self.members])
        return Chunk.says(self, pattern)


@dataclass(frozen=True, slots=True)
class Looks:
    """What the analysis of another file saw of this one: the outline, and some of its chunks."""

    outline: str
    """The digest of all that the index tells: how many chunks there are, of which kinds, and which names they bind."""
    chunks: int
    """Which chunks, a bit for each in the order of the file."""
    content: str
    """The digest of their texts."""


class SourceFile:
    """A decoded file with the index of its statements. Raises ``SourceError`` where it cannot be read as Python."""

    def __init__(self, path: str, data: bytes, before: Optional[SourceFile] = None) -> None:
        """``before`` is the file before it was edited: what was parsed of it, and is still there, is not parsed again."""
        self.digest = digest(data)
        text = decode(data).text
        self.index = LineIndex(text)
        self._whole = Text(path, text, self.index)
        self.sites: dict[tuple[str, int, int], Site] = {}
        self._outline = ""
        body = parse_index(text).body
        self.registrations = _registrations(body)
        self.chunks: list[Chunk] = self._index_body(body, False)
        self.bindings: dict[str, list[Chunk]] = {}
        for chunk in self.chunks:
            for name in chunk.names:
                self.bindings.setdefault(name, []).append(chunk)
        if before is not None:
            parsed = {chunk.text: chunk for chunk in before._all()}
            for chunk in self._all():
                chunk.like = parsed.get(chunk.text)

    @property
    def path(self) -> str:
        """What the file is called in findings."""
        return self._whole.path

    @path.setter
    def path(self, path: str) -> None:
        self._whole.path = path

    @property
    def text(self) -> str:
        """The decoded text."""
        return self._whole.text

    def forget_looks(self) -> None:
        """From here on another analysis looks at the file."""
        self._whole.looked_at, self._whole.whole = set(), False

    def looks(self) -> Optional[Looks]:
        """What was looked at since then; None where that was the text as a whole."""
        if self._whole.whole:
            return None
        numbers = [number for number, chunk in enumerate(self._all()) if chunk.start in self._whole.looked_at]
        return self.seen(sum(1 << number for number in numbers))

    def seen(self, chunks: int) -> Looks:
        """What there is to see for who looks at ``chunks``, a bit for each; a docstring, and comments between chunks, belong to none."""
        everything = [*self._all()]
        if not self._outline:
            told = [(one.kind, sorted(one.names), one.name, one.wrapped, getattr(one, "base_names", ())) for one in everything]
            self._outline = digest(repr(told).encode("utf-8", "surrogatepass"))
        texts = [one.text for number, one in enumerate(everything) if chunks >> number & 1]
        return Looks(self._outline, chunks, digest("\0".join(texts).encode("utf-8", "surrogatepass")))

    def _all(self) -> Iterator[Chunk]:
        """Everything that is parsed as one: top-level statements, headers and members of classes."""
        for chunk in self.chunks:
            yield chunk
            yield from chunk.members if isinstance(chunk, ClassChunk) else ()

    def classes(self) -> list[ClassChunk]:
        return [c for c in self.chunks if isinstance(c, ClassChunk)]

    def parts(self) -> Iterator[tuple[Chunk, str]]:
        """Every statement of the top level, of a class those in its body, with the name of the class."""
        for chunk in self.chunks:
            if isinstance(chunk, ClassChunk):
                yield from ((one, chunk.name) for one in chunk.members)
            else:
                yield chunk, ""

    def spelled(self, node: p.Node) -> str:
        """The text of a node."""
        return self.text[node.pos : node.end]

    def site(self, node: p.Node) -> Site:
        """Where a node stands; asked for again and again, so remembered."""
        place = (self.path, node.pos, node.end)
        found = self.sites.get(place)
        if found is None:
            found = self.sites[place] = self.index.site(self.path, node.pos, max(node.end, node.pos))
        return found

    def _offset(self, line: int) -> int:
        starts = self.index.starts
        return starts[line - 1] if line <= len(starts) else len(self._whole.raw)

    def _index_body(self, body: list[ast.stmt], wrapped: bool) -> list[Chunk]:
        chunks: list[Chunk] = []
        for group in _groups(body):
            first, last = group[0], group[-1]
            start, end = self._offset(_first_line(first)), self._offset((last.end_lineno or last.lineno) + 1)
            names = frozenset(name for node in group for name in (*_names(node), *self.registrations.get(id(node), ())))
            node = group[0]
            if len(group) == 1 and not wrapped and _is_for_checkers(node) and self._stands_below(node.body[0], node):
                chunks += self._index_body(node.body, True)
            elif len(group) == 1 and isinstance(node, ast.ClassDef) and not wrapped and self._stands_below(node.body[0], node):
                chunks.append(self._index_class(node, start, end, names))
            elif not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
                long = end - start >= LONG and longest(group, self._offset) >= LONG
                chunks.append(Chunk(self._whole, start, end, names, _kind(group), wrapped, getattr(node, "name", ""), node.lineno, long))
        return chunks

    def _stands_below(self, inner: ast.stmt, outer: ast.stmt) -> bool:
        """Whether a body begins on a line of its own: that of ``class A(\\n    B,\\n): ...`` does not."""
        line = _first_line(inner)
        start = self._offset(line)
        return line > outer.lineno and not self._whole.raw[start : start + inner.col_offset].strip()

    def _index_class(self, node: ast.ClassDef, start: int, end: int, names: frozenset[str]) -> Chunk:
        header_end = self._offset(_first_line(node.body[0]))
        members = self._index_body(node.body, True)
        bases = tuple(_dotted(base) for base in node.bases)
        return ClassChunk(self._whole, start, end, names, "class", name=node.name, line=node.lineno, header_end=header_end, members=members, base_names=bases)


def _is_for_checkers(node: ast.stmt) -> TypeGuard[ast.If]:
    """Whether a statement is ``if TYPE_CHECKING:``. What it binds is taken for what the file binds when it runs."""
    return isinstance(node, ast.If) and _dotted(node.test).rpartition(".")[2] == "TYPE_CHECKING"


def _first_line(node: ast.stmt) -> int:
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(d.lineno for d in decorators)])


def _groups(body: list[ast.stmt]) -> list[list[ast.stmt]]:
    """Statements, those that share a line together."""
    groups: list[list[ast.stmt]] = []
    for node in body:
        if groups and _first_line(node) <= (groups[-1][-1].end_lineno or 0):
            groups[-1].append(node)
        else:
            groups.append([node])
    return groups


def _registrations(body: list[ast.stmt]) -> dict[int, set[str]]:
    """Per decorated statement, the global containers that its decorators may fill: ``@REGISTRY.register``, or ``@register`` whose body mentions one."""
    decorated = [node for node in body if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and node.decorator_list]
    if not decorated:
        return {}
    functions = {node.name: node for node in body if isinstance(node, ast.FunctionDef)}
    assigned = {name for node in body if isinstance(node, (ast.Assign, ast.AnnAssign)) for name in _names(node)}
    filled: dict[str, set[str]] = {}
    result: dict[int, set[str]] = {}
    for node in decorated:
        for decorator in node.decorator_list:
            for root in _targets(decorator.func if isinstance(decorator, ast.Call) else decorator):
                if root not in filled:
                    mentioned = ast.walk(functions[root]) if root in functions else ()
                    filled[root] = {n.id for n in mentioned if isinstance(n, ast.Name) and n.id in assigned} | ({root} & assigned)
                result.setdefault(id(node), set()).update(filled[root])
    return result


def _kind(group: list[ast.stmt]) -> str:
    node = group[0]
    if len(group) > 1:
        return "other"
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return "def"
    if isinstance(node, ast.ClassDef):
        return "class"
    return "import" if isinstance(node, (ast.Import, ast.ImportFrom)) else "other"


def _names(node: ast.AST) -> list[str]:
    """Names that a statement binds, or whose objects it changes."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return [node.name]
    if isinstance(node, ast.Import):
        return [a.asname or a.name.partition(".")[0] for a in node.names]
    if isinstance(node, ast.ImportFrom):
        return [a.asname or a.name for a in node.names]
    if isinstance(node, ast.Assign):
        return [name for target in node.targets for name in _targets(target)]
    if isinstance(node, (ast.AnnAssign, ast.AugAssign)):
        return _targets(node.target) if isinstance(node, ast.AugAssign) or node.value else []
    if isinstance(node, ast.Expr):
        call = node.value
        if isinstance(call, ast.Call) and _initializes(call):
            return [name for argument in call.args[:1] for name in _targets(argument)]
        return _targets(call.func) if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) else []
    names: list[str] = []
    if isinstance(node, (ast.For, ast.AsyncFor)):
        names += _targets(node.target)
        if isinstance(node.iter, ast.Call) and any(isinstance(n, ast.Call) and _initializes(n) for n in ast.walk(node)):
            names += _targets(node.iter.func.value) if isinstance(node.iter.func, ast.Attribute) else []
    if isinstance(node, (ast.With, ast.AsyncWith)):
        names += [n for item in node.items if item.optional_vars for n in _targets(item.optional_vars)]
    for field_name in ("body", "orelse", "finalbody"):
        for child in getattr(node, field_name, []):
            names += _names(child)
    for handler in getattr(node, "handlers", []):
        names += [name for child in handler.body for name in _names(child)]
    return names


def _initializes(call: ast.Call) -> bool:
    """Whether a call changes its first argument, as ``nn.init.zeros_(net.bias)`` does, and not what its name starts with."""
    return INITIALIZER.search(_dotted(call.func)) is not None


def _targets(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Name):
        return [node.id]
    if isinstance(node, (ast.Tuple, ast.List)):
        return [name for element in node.elts for name in _targets(element)]
    if isinstance(node, (ast.Attribute, ast.Subscript, ast.Starred)):
        return _targets(node.value)
    return []


def _dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    return ""
