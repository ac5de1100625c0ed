"""One parsed file: its calls, branches and statements by position, and the arithmetic of its text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

import libcst as cst
from libcst.metadata import CodePosition, CodeRange, MetadataWrapper, PositionProvider

from initlint.findings import Edit, Site
from initlint.text.depth import too_deep
from initlint.text.edits import NEWLINE, LineIndex

Node = TypeVar("Node", bound=cst.CSTNode)
Span = tuple[int, int]
Positions = Mapping[cst.CSTNode, CodeRange]


class Declined(Exception):
    """The syntax is not plain enough to rewrite; the reason is for the reader."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Holder:
    """The statement line a call stands in, and the block that line belongs to."""

    line: cst.SimpleStatementLine | cst.SimpleStatementSuite
    block: cst.CSTNode | None


@dataclass(slots=True)
class Survey:
    """What one walk over a file collects."""

    calls: list[cst.Call] = field(default_factory=list)
    holders: dict[cst.Call, Holder] = field(default_factory=dict)
    chains: list[list[cst.If]] = field(default_factory=list)
    functions: list[cst.FunctionDef] = field(default_factory=list)
    imports: list[tuple[cst.Import | cst.ImportFrom, cst.FunctionDef | None]] = field(default_factory=list)
    assigned: list[tuple[cst.Assign, cst.FunctionDef | None]] = field(default_factory=list)
    bound: set[str] = field(default_factory=set)
    strings: list[cst.SimpleString] = field(default_factory=list)
    formatted: set[cst.Call] = field(default_factory=set)
    """Calls inside f-strings, where not every edit is possible on every Python."""


@dataclass(slots=True, eq=False)
class _DocumentBase:
    text: str
    module: cst.Module
    positions: Positions
    survey: Survey
    index: LineIndex
    lines: list[int]
    """Which line of the file each line that was parsed is."""


class Document(_DocumentBase):
    """A file as the rewriter sees it; all places are offsets into its exact text."""

    @classmethod
    def parse(cls, text: str, unrelated: Sequence[tuple[int, int, str]] = ()) -> Document:
        """Parse ``text`` but for the whole lines of the ``unrelated`` spans, in order; declines what does not parse."""
        surveyor = _Surveyor()
        surveyor.survey.bound.update(name for _, _, name in unrelated)
        index = LineIndex(text)
        read, lines = _without(text, index, unrelated)
        if too_deep(read):
            raise Declined("the file nests too deeply")
        try:
            wrapper = MetadataWrapper(cst.parse_module(read), unsafe_skip_copy=True)
            if wrapper.module.code != read:
                if unrelated:  # LibCST moves odd whitespace where a block begins with it
                    return cls.parse(text)
                raise Declined("the file cannot be reproduced exactly")
            wrapper.module.visit(surveyor)
            positions = wrapper.resolve(PositionProvider)
        except (cst.ParserSyntaxError, ValueError):
            raise Declined("the file does not parse") from None
        except RecursionError:
            raise Declined("the file nests too deeply") from None
        return cls(text, wrapper.module, positions, surveyor.survey, index, lines)

    def span(self, node: cst.CSTNode) -> Span:
        """The offsets a node covers, without its own parentheses."""
        where = self.positions[node]
        return self._offset(where.start), self._offset(where.end)

    def full_span(self, node: cst.BaseExpression) -> Span:
        """The offsets an expression covers, with its own parentheses."""
        start, end = self.span(node)
        return self.span(node.lpar[0])[0] if node.lpar else start, self.span(node.rpar[-1])[1] if node.rpar else end

    def edit(self, start: int, end: int, content: str, path: str) -> Edit:
        """Replace ``start:end`` by ``content``."""
        return Edit(content, self.index.site(path, start, end))

    def call_at(self, site: Site) -> cst.Call:
        """The call that covers exactly ``site``."""
        call = self._calls.get(self._offsets(site))
        if call is None:
            raise Declined("the call is not where it was")
        if call in self.survey.formatted:
            raise Declined("the call stands inside an f-string")
        return call

    def chain_at(self, site: Site) -> list[cst.If]:
        """The ``if … elif …`` statement that has a test at ``site``, or a test that holds ``site``."""
        start, end = self._offsets(site)
        for chain in reversed(self.survey.chains):
            for branch in chain:
                first, last = self.full_span(branch.test)
                if first <= start and end <= last:
                    return chain
        raise Declined("the test is not that of an if statement")

    def line_start(self, offset: int) -> int:
        """Where the line that holds ``offset`` starts."""
        return self.index.starts[self.index.position(offset)[0] - 1]

    def line_end(self, offset: int) -> int:
        """Where the line that holds ``offset`` ends, before its newline."""
        match = NEWLINE.search(self.text, offset)
        return match.start() if match else len(self.text)

    def newline_after(self, offset: int) -> str:
        """The newline that ends the line at ``offset``; that of the file at its end."""
        match = NEWLINE.search(self.text, offset)
        return match[0] if match else self.module.default_newline

    def before_on_line(self, offset: int) -> str:
        """What stands to the left of ``offset`` on its line."""
        return self.text[self.line_start(offset) : offset]

    def function_around(self, offset: int) -> Span:
        """The innermost function that holds ``offset``, or the whole file."""
        spans = [self.span(function) for function in self.survey.functions]
        around = [span for span in spans if span[0] <= offset < span[1]]
        return max(around, default=(0, len(self.text)))

    def append(self, last: Span, items: list[str], path: str, *, bracketed: bool = True) -> list[Edit]:
        """Add ``items`` behind the last element of a comma-separated list, one per line where that is the style."""
        start, end = last
        indent = self.before_on_line(start)
        gap = f"{self.newline_after(start)}{indent}" if bracketed and not indent.strip() else " "
        line_end = self.line_end(end)
        rest = self.text[end:line_end].lstrip()
        if gap == " " or not rest.removeprefix(",").lstrip().startswith("#"):
            return [self.edit(end, end, "".join(f",{gap}{item}" for item in items), path)]
        below = "".join(f"{gap}{item}," for item in items)
        if rest.startswith(","):
            return [self.edit(line_end, line_end, below, path)]
        return [self.edit(end, end, ",", path), self.edit(line_end, line_end, below[:-1], path)]

    def _offset(self, where: CodePosition) -> int:
        return self.index.offset(self.lines[where.line - 1], where.column + 1)

    def _offsets(self, site: Site) -> Span:
        try:
            return self.index.span(site)
        except ValueError:
            raise Declined("the file has changed") from None

    @cached_property
    def _calls(self) -> dict[Span, cst.Call]:
        return {self.span(call): call for call in self.survey.calls}


def inside(node: cst.CSTNode, kind: type[Node]) -> list[Node]:
    """Every node of ``kind`` in ``node``, itself included, in source order; LibCST's matchers would take as long to import as all of LibCST."""
    found: list[Node] = [node] if isinstance(node, kind) else []
    return found + [one for child in node.children for one in inside(child, kind)]


def _without(text: str, index: LineIndex, unrelated: Sequence[tuple[int, int, str]]) -> tuple[str, list[int]]:
    """``text`` less the ``unrelated`` spans, and the numbers of the lines that are left."""
    parts: list[str] = []
    lines: list[int] = []
    done = 0
    for start, end, _ in (*unrelated, (len(text), len(text), "")):
        parts.append(text[done:start])
        lines += range(index.position(done)[0], index.position(start)[0])
        done = end
    return "".join(parts), [*lines, len(index.starts)]


class _Surveyor(cst.CSTVisitor):
    def __init__(self) -> None:
        super().__init__()
        self.survey = Survey()
        self._blocks: list[cst.CSTNode | None] = [None]
        self._functions: list[cst.FunctionDef | None] = [None]
        self._elifs: set[cst.If] = set()
        self._formatted = 0

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:
        self.survey.functions.append(node)
        self.survey.bound.add(node.name.value)
        self._functions.append(node)

    def leave_FunctionDef(self, original_node: cst.FunctionDef) -> None:
        self._functions.pop()

    def visit_ClassDef(self, node: cst.ClassDef) -> None:
        self.survey.bound.add(node.name.value)

    def visit_Param(self, node: cst.Param) -> None:
        self.survey.bound.add(node.name.value)

    def visit_AssignTarget(self, node: cst.AssignTarget) -> None:
        if isinstance(node.target, cst.Name):
            self.survey.bound.add(node.target.value)

    def visit_Assign(self, node: cst.Assign) -> None:
        self.survey.assigned.append((node, self._functions[-1]))

    def visit_Import(self, node: cst.Import) -> bool:
        self.survey.imports.append((node, self._functions[-1]))
        return False

    def visit_ImportFrom(self, node: cst.ImportFrom) -> bool:
        self.survey.imports.append((node, self._functions[-1]))
        return False

    def visit_If(self, node: cst.If) -> None:
        if node in self._elifs:
            return
        chain = [node]
        while isinstance(chain[-1].orelse, cst.If):
            chain.append(chain[-1].orelse)
        self._elifs.update(chain[1:])
        self.survey.chains.append(chain)

    def visit_IndentedBlock(self, node: cst.IndentedBlock) -> None:
        self._blocks.append(node)

    def leave_IndentedBlock(self, original_node: cst.IndentedBlock) -> None:
        self._blocks.pop()

    def visit_SimpleStatementLine(self, node: cst.SimpleStatementLine) -> None:
        self._hold(node)

    def visit_SimpleStatementSuite(self, node: cst.SimpleStatementSuite) -> None:
        self._hold(node)

    def _hold(self, line: cst.SimpleStatementLine | cst.SimpleStatementSuite) -> None:
        for statement in line.body:
            if isinstance(statement, cst.Expr) and isinstance(statement.value, cst.Call):
                self.survey.holders[statement.value] = Holder(line, self._blocks[-1])

    def visit_Call(self, node: cst.Call) -> None:
        self.survey.calls.append(node)
        if self._formatted:
            self.survey.formatted.add(node)

    def visit_FormattedString(self, node: cst.FormattedString) -> None:
        self._formatted += 1

    def leave_FormattedString(self, original_node: cst.FormattedString) -> None:
        self._formatted -= 1

    def visit_SimpleString(self, node: cst.SimpleString) -> None:
        self.survey.strings.append(node)
