"""Jupyter notebooks: the code cells as one Python module, and edits of that module written back to the cells they change."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Any

from initlint.findings import Cell, Edit, Finding, Site
from initlint.paths.files import is_notebook
from initlint.text import edits, magics
from initlint.text.edits import NEWLINE, LineIndex, SourceError, decode
from initlint.text.syntax import NotPython, parse_index

_MARKER = "# ~~ cell {}, coding: utf-8 ~~"
"""The line above each cell of the module; it names the module's encoding too, so that no comment in a cell can."""
_MARKED = re.compile(r"^# ~~ cell (\d+), coding: utf-8 ~~$", re.MULTILINE)
_SPACE = re.compile(r"[ \t\r\n]*")
_DECODER = json.JSONDecoder()
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Stored:
    """The source of one code cell, and where the file holds it: a string, or a list of strings."""

    number: int
    source: str
    span: Span
    items: tuple[Span, ...] | None


@dataclass(frozen=True, slots=True)
class Notebook:
    """The code cells of a notebook as one module."""

    text: str
    """As the author wrote them, each below a line of its own that tells cells apart."""
    code: str
    """The same on the same lines, without what only IPython understands."""
    cells: tuple[Cell, ...]
    broken: NotPython | None
    """What is wrong with the first cell that is no Python."""

    def place(self, site: Site) -> Site:
        """``site`` with the cell it lies in."""
        number = bisect_right([cell.first for cell in self.cells], site.line) - 1
        return replace(site, cell=self.cells[number]) if number >= 0 else site

    def edited(self, text: str) -> Notebook:
        """The notebook as if its cells formed the module ``text``; of lines that are new, the file knows the one before."""
        stored = {cell.number: cell.file_lines for cell in self.cells}
        parts = []
        for number, source in _parted(text):
            size = len(NEWLINE.findall(source)) + (not source.endswith(("\n", "\r")))
            parts.append((number, source, (*stored[number], *stored[number][-1:] * size)[:size]))
        return _joined(parts)


def load(data: bytes) -> Notebook:
    """The module that a notebook's code cells form. Raises ``SourceError`` where it is no notebook."""
    raw = decode(data).text
    lines = LineIndex(raw)
    return _joined([(stored.number, stored.source, tuple(_file_lines(stored, raw, lines))) for stored in _stored(raw)])


def _joined(cells: Iterable[tuple[int, str, tuple[int, ...]]]) -> Notebook:
    """The module of cells that are given by number, source, and the lines of the file that hold them."""
    texts: list[str] = []
    codes: list[str] = []
    placed: list[Cell] = []
    broken: NotPython | None = None
    first = 1
    for number, source, file_lines in cells:
        ending = "" if source.endswith(("\n", "\r")) else "\n"
        code = magics.blank(source).encode("utf-8", "replace").decode()
        cell = Cell(number, first + 1, file_lines)
        broken = broken or _broken(code, cell.first)
        texts.append(f"{_MARKER.format(number)}\n{source}{ending}")
        codes.append(f"{_MARKER.format(number)}\n{code}{ending}")
        placed.append(cell)
        first += 1 + len(file_lines)
    return Notebook("".join(texts), "".join(codes), tuple(placed), broken)


def placed(finding: Finding, notebooks: Mapping[str, Notebook]) -> Finding:
    """``finding`` with the cell of every place in it that lies in one of ``notebooks``."""
    if not notebooks:
        return finding

    def place(site: Site) -> Site:
        return notebooks[site.path].place(site) if site.path in notebooks else site

    fix = finding.fix and replace(finding.fix, edits=tuple(Edit(edit.content, place(edit.site)) for edit in finding.fix.edits))
    evidence = finding.evidence
    if "sites" in evidence:
        evidence = {**evidence, "sites": [_row_in_cell(site, notebooks) for site in evidence["sites"]]}
    return replace(finding, site=place(finding.site), fix=fix, evidence=evidence)


def pieces(path: str, before: str, after: str) -> Iterator[tuple[str, str, str]]:
    """What changed between two texts of a file, as name, before and after: the file, or each changed cell of a notebook."""
    if not is_notebook(path):
        yield path, before, after
        return
    for (number, old), (_, new) in zip(_parted(before), _parted(after)):
        if old != new:
            yield f"{path}:cell {number}", old, new


def save(path: str, before: str, after: str) -> None:
    """Replace the text ``before`` of a file by ``after``, atomically; of a notebook, only the cells that changed.

    Raises ``SourceError`` where the file is no longer what it was, or would not read back.
    """
    if not is_notebook(path):
        edits.save(path, before, after)
        return
    with open(path, "rb") as stream:
        source = decode(stream.read())
    edits.save(path, source.text, decode(written(path, source.encode(source.text), before, after)).text)


def written(path: str, data: bytes, before: str, after: str) -> bytes:
    """The bytes of a file whose text ``before`` has become ``after``. Raises ``SourceError`` where they are of another text."""
    source = decode(data)
    if not is_notebook(path):
        return source.encode(after)
    if load(data).text != before:
        raise SourceError("has changed since it was read; left alone")
    result = source.encode(_spliced(source.text, before, after))
    if _sources(load(result).text) != _sources(after):
        raise SourceError("would not read back as it was written; left alone")
    return result


def _stored(raw: str) -> Iterator[Stored]:
    """Every code cell that is Python and not empty."""
    try:
        document = json.loads(raw)
    except json.JSONDecodeError as error:
        raise SourceError(f"is not a notebook: {error.msg} (line {error.lineno})") from None
    cells = document.get("cells") if isinstance(document, dict) else None
    if not isinstance(cells, list):
        old = isinstance(document, dict) and "worksheets" in document
        raise SourceError("is a notebook of version 3; `jupyter nbconvert --to notebook` writes a newer one" if old else "is not a notebook: it has no cells")
    language = _language(document)
    spans = _members(raw, _find(raw, _skip(raw, 0), "cells"))
    for number, (cell, (_, start, _)) in enumerate(zip(cells, spans, strict=True), 1):
        if not isinstance(cell, dict):
            raise SourceError(f"is not a notebook: cell {number} is no object")
        if cell.get("cell_type") != "code" or _language(cell, language) != "python":
            continue
        source = cell.get("source")
        if not isinstance(source, str) and not (isinstance(source, list) and all(isinstance(line, str) for line in source)):
            raise SourceError(f"is not a notebook: the source of cell {number} is no text")
        text = source if isinstance(source, str) else "".join(source)
        if match := _MARKED.search(text):
            raise SourceError(f"cell {number} holds the line `{match[0]}`, which initlint puts between cells")
        if text.strip():
            at = _find(raw, start, "source")
            items = tuple((first, last) for _, first, last in _members(raw, at)) if isinstance(source, list) else None
            yield Stored(number, text, (at, _DECODER.raw_decode(raw, at)[1]), items)


def _language(owner: dict[str, Any], default: str = "python") -> str:
    """The language that the metadata of a notebook or a cell names."""
    metadata = owner.get("metadata")
    for key, name in (("kernelspec", "language"), ("language_info", "name"), ("vscode", "languageId")):
        entry = metadata.get(key) if isinstance(metadata, dict) else None
        if isinstance(entry, dict) and isinstance(entry.get(name), str):
            return str(entry[name]).lower()
    return default


def _members(raw: str, at: int) -> Iterator[tuple[str, int, int]]:
    """The members of the valid JSON object or array at ``at``: key, where its value starts and where it ends."""
    closing = "}" if raw[at] == "{" else "]"
    at = _skip(raw, at + 1)
    while raw[at] != closing:
        key = ""
        if closing == "}":
            key, at = _DECODER.raw_decode(raw, at)
            at = _skip(raw, _skip(raw, at) + 1)
        end = _DECODER.raw_decode(raw, at)[1]
        yield key, at, end
        at = _skip(raw, end)
        at = _skip(raw, at + 1) if raw[at] == "," else at


def _find(raw: str, at: int, key: str) -> int:
    """Where the value called ``key`` of the object at ``at`` starts; the last one of that name counts."""
    return {name: start for name, start, _ in _members(raw, at)}[key]


def _skip(raw: str, at: int) -> int:
    match = _SPACE.match(raw, at)
    return match.end() if match else at


def _file_lines(stored: Stored, raw: str, lines: LineIndex) -> Iterator[int]:
    """The line of the file that holds each line of a cell: that of its string."""
    spans = stored.items or (stored.span,)
    starts = [0, *accumulate(len(_DECODER.raw_decode(raw, start)[0]) for start, _ in spans)]
    for start in LineIndex(stored.source).starts:
        if start < len(stored.source):
            number = bisect_right(starts, start) - 1
            yield lines.position(spans[number][0])[0]


def _broken(code: str, first: int) -> NotPython | None:
    """What is wrong with the syntax of a cell whose first line is ``first`` in the module."""
    try:
        parse_index(code)
    except NotPython as error:
        return NotPython(error.message, error.line + first - 1, error.column)
    return None


def _row_in_cell(site: Any, notebooks: Mapping[str, Notebook]) -> Any:
    """A place in the evidence of a finding, with its cell where it lies in one."""
    if not isinstance(site, dict) or site.get("path") not in notebooks:
        return site
    span = Site(site["path"], site["row"], site["column"], site.get("end_row") or site["row"], site["column"])
    inside = notebooks[site["path"]].place(span)
    rows = {key: row for key, row in (("row", inside.row), ("end_row", inside.end_row)) if key in site}
    return {**site, **({"cell": inside.cell.number} if inside.cell else {}), **rows}


def _parted(text: str) -> list[tuple[int, str]]:
    """The cells of a module, each with its number; what an edit put above the first belongs to it."""
    marks = list(_MARKED.finditer(text))
    ends = [mark.start() for mark in marks[1:]] + [len(text)]
    parts = [(int(mark[1]), text[mark.end() + 1 : end]) for mark, end in zip(marks, ends)]
    return [(parts[0][0], text[: marks[0].start()] + parts[0][1]), *parts[1:]] if parts else []


def _sources(text: str) -> list[tuple[int, str]]:
    """The cells that hold anything, without the newline that a cell need not end with."""
    return [(number, part.rstrip("\r\n")) for number, part in _parted(text) if part.strip()]


def _spliced(raw: str, before: str, after: str) -> str:
    """The text of the file with the sources of the cells that differ replaced."""
    changed = {number: new for (number, old), (_, new) in zip(_parted(before), _parted(after)) if old != new}
    keeps_ascii = raw.isascii() and "\\u" in raw
    done, result = 0, []
    for stored in _stored(raw):
        if stored.number in changed:
            source = changed[stored.number]
            if not stored.source.endswith(("\n", "\r")):
                source = source.removesuffix("\n")
            result += [raw[done : stored.span[0]], _spelled(stored, source, raw, keeps_ascii)]
            done = stored.span[1]
    return "".join([*result, raw[done:]])


def _spelled(stored: Stored, source: str, raw: str, keeps_ascii: bool) -> str:
    """A source as the file spells it: one string, or a list with the spacing it had, each line that stays as it was written."""
    if not stored.items:
        return json.dumps(source, ensure_ascii=keeps_ascii)
    first, last = stored.items[0], stored.items[-1]
    lead = raw[stored.span[0] + 1 : first[0]]
    gap = raw[first[1] : stored.items[1][0]] if len(stored.items) > 1 else f",{lead or ' '}"
    known = {_DECODER.raw_decode(raw, start)[0]: raw[start:end] for start, end in stored.items}
    lines = [known.get(line) or json.dumps(line, ensure_ascii=keeps_ascii) for line in source.splitlines(keepends=True)]
    return f"[{lead}{gap.join(lines)}{raw[last[1] : stored.span[1] - 1]}]" if lines else "[]"
