"""Text in, text out: source files decoded, edited, and written back byte for byte outside the edits."""

from __future__ import annotations

import codecs
import hashlib
import os
import re
import stat
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from pathlib import Path

from initlint.findings import Edit, Site

NEWLINE = re.compile(r"\r\n?|\n")
CHANGED = "has changed since it was read; left alone"
_COOKIE = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
_BLANK = re.compile(rb"^[ \t\f]*(?:#|$)")
_LINE_END = re.compile(rb"\r\n?|\n")

Span = tuple[int, int, str]


class SourceError(Exception):
    """A file that cannot be read as Python source, or cannot be written back; the message says why."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class OverlapError(Exception):
    """Two edits that claim the same characters."""


@dataclass(frozen=True, slots=True)
class Source:
    """A decoded file: its exact text without the byte order mark, and how to turn text back into bytes."""

    text: str
    encoding: str = "utf-8"
    bom: bool = False

    def encode(self, text: str) -> bytes:
        """``text`` as this file would store it."""
        try:
            body = text.encode(self.encoding)
        except UnicodeEncodeError as error:
            raise SourceError(f"cannot be written as {self.encoding}: {error.reason}") from None
        return codecs.BOM_UTF8 + body if self.bom else body


def digest(data: bytes) -> str:
    """What tells the content of a file from any other."""
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def split_lines(text: str) -> list[str]:
    """The lines of ``text`` without what ends them, the last one even where it is empty."""
    return NEWLINE.split(text) if "\r" in text else text.split("\n")


def _line_ends(text: str) -> Iterator[int]:
    """Where every line begins but the first."""
    if "\r" in text:
        return (match.end() for match in NEWLINE.finditer(text))
    return accumulate(len(line) + 1 for line in text.split("\n")[:-1])


class LineIndex:
    """Offsets of a text to 1-based lines and columns, and back; ``\\n``, ``\\r\\n`` and ``\\r`` all end a line."""

    def __init__(self, text: str) -> None:
        self.size = len(text)
        self.starts = [0, *_line_ends(text)]

    def offset(self, line: int, column: int) -> int:
        """The offset of a 1-based position; one past the last line is the end of the text."""
        if line == len(self.starts) + 1 and column == 1:
            return self.size
        if not 1 <= line <= len(self.starts) or column < 1:
            raise ValueError(f"no such place: {line}:{column}")
        return min(self.starts[line - 1] + column - 1, self.size)

    def position(self, offset: int) -> tuple[int, int]:
        """The 1-based line and column of an offset."""
        line = bisect_right(self.starts, offset)
        return line, offset - self.starts[line - 1] + 1

    def span(self, site: Site) -> tuple[int, int]:
        """The half-open range of offsets that ``site`` covers."""
        return self.offset(site.line, site.column), self.offset(site.end_line, site.end_column)

    def site(self, path: str, start: int, end: int) -> Site:
        """The site that covers a half-open range of offsets."""
        return Site(path, *self.position(start), *self.position(end))


def apply_edits(text: str, edits: Iterable[Edit]) -> str:
    """``text`` with all of ``edits`` made; their order does not matter, equal ones count once.

    Raises ``OverlapError`` where two claim the same characters.
    """
    index = LineIndex(text)
    return _replace(text, _merge([], (_spanned(index, edit) for edit in edits)))


def apply_fixes(text: str, fixes: Sequence[Sequence[Edit]]) -> tuple[str, list[int]]:
    """Make every fix that does not collide with an earlier one, each wholly or not at all.

    Returns the new text and the indices of the fixes that landed.
    """
    index = LineIndex(text)
    taken: list[Span] = []
    landed: list[int] = []
    for number, edits in enumerate(fixes):
        try:
            taken = _merge(taken, (_spanned(index, edit) for edit in edits))
        except OverlapError:
            continue
        landed.append(number)
    return _replace(text, taken), landed


def _spanned(index: LineIndex, edit: Edit) -> Span:
    start, end = index.span(edit.site)
    return start, end, edit.content


def _merge(taken: list[Span], new: Iterable[Span]) -> list[Span]:
    merged = sorted({*taken, *new})
    for left, right in pairwise(merged):
        if right[0] < left[1] or left[:2] == right[:2]:
            raise OverlapError(f"edits at offsets {left[0]} and {right[0]} overlap")
    return merged


def _replace(text: str, spans: Sequence[Span]) -> str:
    pieces, done = [], 0
    for start, end, content in spans:
        pieces += [text[done:start], content]
        done = end
    return "".join([*pieces, text[done:]])


def decode(data: bytes) -> Source:
    """The text of a Python source file: byte order mark and PEP 263 declaration honoured, newlines untouched."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise SourceError("is UTF-16; Python source has to be UTF-8 or declare an 8-bit encoding")
    if b"\0" in data:
        raise SourceError("contains null bytes")
    bom = data.startswith(codecs.BOM_UTF8)
    body = data[len(codecs.BOM_UTF8) :] if bom else data
    encoding = _declared_encoding(body)
    if bom and encoding not in (None, "utf-8"):
        raise SourceError(f"has a UTF-8 byte order mark but declares {encoding}")
    return Source(_decode(body, encoding), encoding or "utf-8", bom)


def as_bytes(text: str) -> bytes:
    """Bytes that decode to ``text``, in the encoding that it declares. Raises ``SourceError`` where that has no such characters."""
    encoding = _declared_encoding(text[:4096].encode("ascii", "replace"))
    return Source(text, encoding or "utf-8").encode(text)


def _declared_encoding(body: bytes) -> str | None:
    for line in _LINE_END.split(body[:4096], maxsplit=2)[:2]:
        if match := _COOKIE.match(line):
            name = match[1].decode("ascii")
            try:
                return codecs.lookup(name).name
            except LookupError:
                raise SourceError(f"declares an unknown encoding: {name}") from None
        if not _BLANK.match(line):
            return None
    return None


def _decode(body: bytes, encoding: str | None) -> str:
    try:
        return body.decode(encoding or "utf-8")
    except UnicodeDecodeError as error:
        line = len(_LINE_END.findall(body[: error.start])) + 1
        claim = f"is not {encoding}, which it declares" if encoding else "is not UTF-8 and declares no other encoding"
        raise SourceError(f"{claim} (line {line})") from None
    except (LookupError, UnicodeError):
        raise SourceError(f"declares {encoding}, which is not a text encoding") from None


def read_source(path: str | os.PathLike[str]) -> Source:
    """Read and decode a file."""
    return decode(Path(path).read_bytes())


def save(path: str | os.PathLike[str], before: str, after: str) -> None:
    """Replace the text ``before`` of a file by ``after``, atomically.

    Raises ``SourceError`` where the file is no longer what it was, or its bytes would not survive a round trip.
    """
    data = Path(path).read_bytes()
    source = decode(data)
    if source.text != before:
        raise SourceError(CHANGED)
    if source.encode(before) != data:
        raise SourceError(f"does not survive a round trip through {source.encoding}; left alone")
    encoded = source.encode(after)
    if decode(encoded).text != after:
        raise SourceError("would not read back as it was written; left alone")
    if not os.stat(path).st_mode & 0o222:
        raise SourceError("is read-only; left alone")
    write_atomic(path, encoded, expected=data)


def write_atomic(path: str | os.PathLike[str], data: bytes, *, expected: bytes | None = None) -> None:
    """Write a file whole or not at all; mode and owner are kept, and a symbolic link still points where it did.

    Where ``expected`` is given, the file must hold just that until the moment it is replaced. Raises ``SourceError`` and ``OSError``.
    """
    import tempfile  # start-up is a feature

    target = os.path.realpath(path)
    try:
        handle, temporary = tempfile.mkstemp(prefix=f".{os.path.basename(target)}.", dir=os.path.dirname(target))
    except OSError as error:
        raise SourceError(f"cannot be replaced, its folder takes no new file: {error.strerror}") from None
    try:
        try:
            written = 0
            while written < len(data):
                written += os.write(handle, data[written:])
            os.fsync(handle)
        finally:
            os.close(handle)
        _take_over(target, temporary)
        if expected is not None and Path(target).read_bytes() != expected:
            raise SourceError(CHANGED)
        os.replace(temporary, target)
    except BaseException:
        os.unlink(temporary)
        raise


def _take_over(target: str, temporary: str) -> None:
    """Give a new file the owner and mode of the one that it replaces, or those of any new file."""
    try:
        old = os.stat(target)
    except FileNotFoundError:
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(temporary, 0o666 & ~mask)
        return
    new = os.stat(temporary)
    if (old.st_uid, old.st_gid) != (new.st_uid, new.st_gid):
        try:
            os.chown(temporary, old.st_uid, old.st_gid)
        except PermissionError:
            raise SourceError("belongs to someone else, and would not any more; left alone") from None
    os.chmod(temporary, stat.S_IMODE(old.st_mode))
