"""The files of one project, read once: which of them hold a word, and which classes they declare. Their text is not kept."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path

from initlint.paths import files
from initlint.text.edits import SourceError, decode, digest

SCANS = 32
"""Words that are looked for in the text itself; for more of them, an index is worth what it takes to make."""
PAYLOAD = re.compile(rb"(?:[\w+/=]|\\n){500,}")
"""An image in a notebook."""
BLANKS = bytes(byte if byte >= 128 or chr(byte).isalnum() or byte == ord("_") else ord(" ") for byte in range(256))
"""Makes everything between words a space."""
HEAD = re.compile(rb"class[ \t]+([\w\x80-\xff]+)[ \t]*(?=\(([^)]*)\))")
WORD = re.compile(r"\w+")


def heads(text: bytes) -> Iterator[tuple[str, list[str]]]:
    """Every class statement on a line of its own: the name of the class, and each word among its bases once."""
    for match in HEAD.finditer(text):
        if not text[text.rfind(b"\n", 0, match.start()) + 1 : match.start()].strip(b" \t"):
            name, bases = (part.decode("utf-8", "replace") for part in match.groups())
            yield name, [*dict.fromkeys(WORD.findall(bases))]


class Joined:
    """Pieces of text in one block of memory, searched as one and given back to the system as one."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self.text = bytearray()
        self.starts = array("Q")
        for piece in pieces:
            self.starts.append(len(self.text))
            self.text += piece
            self.text += b"\n"

    def __getitem__(self, number: int) -> bytes:
        return bytes(self.text[self.starts[number] : self._end(number) - 1])

    def holding(self, word: bytes) -> Iterator[int]:
        """The numbers of the pieces in which ``word`` occurs."""
        at = self.text.find(word)
        while at >= 0:
            number = bisect_right(self.starts, at) - 1
            yield number
            at = self.text.find(word, self._end(number))

    def _end(self, number: int) -> int:
        return self.starts[number + 1] if number + 1 < len(self.starts) else len(self.text)


class Words:
    """Every word of a project, and the files that hold it."""

    def __init__(self, texts: Iterable[bytes]) -> None:
        found: dict[bytes, array[int]] = {}
        for number, text in enumerate(texts):
            for word in set(text.translate(BLANKS).split()):
                if word in found:
                    found[word].append(number)
                else:
                    found[word] = array("H", (number,))
        self.words = Joined(found)
        self.places = list(found.values())

    def holding(self, part: bytes) -> Iterator[int]:
        """The numbers of the files that hold a word of which ``part`` is one."""
        for word in self.words.holding(part):
            yield from self.places[word]


class Corpus:
    """The files of one project, by their numbers in its listing."""

    def __init__(self, listed: Sequence[Path]) -> None:
        self.files = listed
        self.digests: list[str] = []
        """Of what was read first; of a file that cannot be read, that of nothing."""
        self._texts: Joined | None = Joined(map(self._first, listed))
        self._words: Words | None = None
        self._known: dict[str, Sequence[int]] = {}

    @cached_property
    def numbers(self) -> dict[Path, int]:
        """The number of every file."""
        return {file: number for number, file in enumerate(self.files)}

    def holding(self, word: str) -> Sequence[int]:
        """The numbers of the files in which a word occurs, in order; of all of them for a word that files may spell in several ways."""
        if not word.isascii():
            return range(len(self.files))
        if word not in self._known:
            if self._texts is not None and len(self._known) >= SCANS:
                self._words, self._texts = Words(self._texts[number] for number in range(len(self.files))), None
            searched = self._words or self._texts
            assert searched is not None
            self._known[word] = array("H", sorted(set(searched.holding(word.encode()))))
        return self._known[word]

    def text(self, number: int) -> str:
        """The text of a file; nothing of one that cannot be read."""
        try:
            return decode(self._read(self.files[number]) if self._texts is None else self._texts[number]).text
        except SourceError:
            return ""

    @cached_property
    def heads(self) -> dict[str, list[tuple[int, str]]]:
        """By each word among the bases of a class, the files and names of such classes."""
        found: dict[str, list[tuple[int, str]]] = {}
        for number in range(len(self.files)):
            text = self._read(self.files[number]) if self._texts is None else self._texts[number]
            for name, bases in heads(text):
                for base in bases:
                    found.setdefault(base, []).append((number, name))
        return found

    def _first(self, file: Path) -> bytes:
        data = self._read(file)
        self.digests.append(digest(data))
        return PAYLOAD.sub(b" ", data) if file.suffix == ".ipynb" else data

    @staticmethod
    def _read(file: Path) -> bytes:
        try:
            return files.read(str(file))
        except SourceError:
            return b""
