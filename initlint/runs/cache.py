"""What was found in files the last time, kept in a folder for the next.

An entry holds for a file as long as its content, and every answer that its analysis got from the file system, is the same:
modules that were found and those that were not, what was seen of the files evaluated, and the content of the projects in which a
word was looked for. There is one store per set of rules, search path and version of this tool. A store that cannot be read is an empty one.
"""

from __future__ import annotations

import errno
import json
import os
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import initlint
from initlint.findings import Finding, Site
from initlint.paths import lookup
from initlint.paths.lookup import Places
from initlint.report.rows import from_row, to_row
from initlint.runs.present import Present, roots_from
from initlint.runs.single import Outcome
from initlint.text.edits import digest

LAYOUT = 2
MAGIC = b"initlint cache "
TAG = "Signature: 8a477f597d28d172789f06886806bc55\n# This folder is a cache of initlint.\n"
"""What tells programs for backups that a folder can be made again."""
OWN = ("CACHEDIR.TAG", ".gitignore")
MOST_STORES = 8
"""Stores that are kept beside each other: one for every combination of rules, search path and version in use."""
LARGEST = 256_000_000
Row = list[Any]
Snapshots = dict[str, dict[str, str]]
"""By folder, the digest of every file of the project around it."""


@dataclass(slots=True)
class Entry:
    """What is known of one file."""

    digest: str
    roots: dict[str, str]
    """For it, and for other files that were opened by path, the import root and the other folders that the project imports from, between null characters."""
    findings: list[Row]
    elsewhere: list[Row]
    files: dict[str, str]
    looks: dict[str, tuple[str, int, str]]
    """Of files of which not all was seen, and no finding speaks: the outline, the chunks, and their content."""
    modules: list[tuple[str, str, str | None]]
    """Folders searched, between null characters, dotted names, and the files found."""
    words: list[tuple[str, str, list[str]]]
    """Where a word was looked for, the word, and the files it brought up."""
    heirs: list[tuple[str, str, dict[str, list[str]]]]
    """Where classes were looked for that derive from one, its name, and theirs by file."""
    crowded: list[str]
    snapshots: dict[str, str]
    """Folders in whose projects words were looked for, and the names of the snapshots of these."""


@dataclass(slots=True)
class Book:
    """The entries by file, and the snapshots they speak of: the digest of each file of a project."""

    entries: dict[str, Entry] = field(default_factory=dict)
    snapshots: dict[str, dict[str, str]] = field(default_factory=dict)


class Cache:
    """The store of one configuration, as one run uses it."""

    def __init__(self, folder: str, search_path: Sequence[str], codes: Sequence[str], present: Present) -> None:
        self.folder = folder
        self.present = present
        what = (LAYOUT, own_digest(), sys.version_info[:3], lookup.installed(), [os.path.abspath(entry) for entry in search_path], list(codes))
        self.file = os.path.join(folder, f"{digest(repr(what).encode('utf-8', 'surrogatepass'))}.json")
        self.book = _load(self.file)
        self.changed = False
        self._names: dict[int, str] = {}
        self._differences: dict[tuple[int, str], set[str]] = {}

    def recall(self, path: str, content: str) -> Outcome | None:
        """What was found in a file of this digest, if that still holds."""
        entry = self.book.entries.get(_key(path))
        if entry is None:
            return None
        try:
            if entry.digest != content or not self._holds(entry, os.path.abspath(path)):
                return None
            outcome = Outcome([from_row(row) for row in entry.findings], [from_row(row) for row in entry.elsewhere])
            return outcome if all(site.path == path for finding in outcome.findings for site in _sites(finding)) else None
        except (ValueError, TypeError, LookupError, AttributeError):
            return None

    def keep(self, found: Iterable[tuple[str, str, Outcome]], snapshots: Sequence[Snapshots]) -> None:
        """Remember what was found in files, given by path and digest; ``snapshots`` are those that each process took."""
        found = [one for one in found if one[2].lasting]
        known = {os.path.abspath(path): content for path, content, _ in found}
        seen = [known, *({str(path): content for path, content in outcome.consulted.files.items()} for *_, outcome in found)]
        steady = _steady(snapshots, seen)
        for path, _, outcome in found:
            asked = outcome.consulted
            searched = {os.path.dirname(str(place)) for place in asked.searched}
            if searched <= steady.keys():
                own = os.path.abspath(path)
                names = {folder: self._snapshot(steady[folder]) for folder in searched}
                self.book.entries[_key(path)] = _entry(own, known[own], outcome, names, self.present.places)
                self.changed = True

    def save(self) -> str | None:
        """Write what is new. Returns why that was not possible, if so."""
        if not self.changed:
            return None
        self.book.entries = {key: entry for key, entry in self.book.entries.items() if os.path.exists(key.partition("\0")[0])}
        used = {name for entry in self.book.entries.values() for name in entry.snapshots.values()}
        self.book.snapshots = {name: snapshot for name, snapshot in self.book.snapshots.items() if name in used}
        try:
            _make_folder(self.folder)
            _write(self.file, _packed(self.book))
            _drop_oldest(self.folder, self.file)
        except OSError as error:
            return error.strerror or str(error)
        return None

    def _holds(self, entry: Entry, path: str) -> bool:
        """Whether the file system would answer as it did."""
        present = self.present
        if any(present.roots(file) != roots for file, roots in entry.roots.items()):
            return False
        if not all(self._looks_alike(entry, file) for file, known in entry.files.items() if present.digest(file) != known):
            return False
        if any(present.module(roots, dotted) != found for roots, dotted, found in entry.modules):
            return False
        if any(present.project(place) is not None for place in entry.crowded):
            return False
        changed = {place: self._changed(entry, path, place) for place in {place for place, *_ in (*entry.words, *entry.heirs)}.difference(entry.crowded)}
        if any(changed[place] and not self._brings(changed[place], word, brought) for place, word, brought in entry.words if place in changed):
            return False
        return all(present.heirs(file, base) == known.get(file, []) for place, base, known in entry.heirs for file in changed.get(place, ()))

    def _looks_alike(self, entry: Entry, file: str) -> bool:
        """Whether a file that has changed shows to this entry what it showed before. The next run need not find that out again."""
        outline, chunks, content = entry.looks.get(file, ("", 0, ""))
        now = self.present.looks(file, chunks) if outline else None
        if now is None or (now.outline, now.content) != (outline, content):
            return False
        entry.files[file] = self.present.digest(file)
        self.changed = True
        return True

    def _brings(self, changed: set[str], word: str, brought: list[str]) -> bool:
        """Whether a search for ``word`` comes upon the same texts as before: no file that ``changed`` since has or had a part in it."""
        return changed.isdisjoint(brought) and word.isascii() and not any(word.encode() in (self.present.contents(file) or b"") for file in changed)

    def _changed(self, entry: Entry, own: str, place: str) -> set[str]:
        """The files of the project around ``place`` but for its ``own`` that are not what they were when ``entry`` was made."""
        return self._difference(place, entry.snapshots[os.path.dirname(place)]) - {own}

    def _difference(self, place: str, name: str) -> set[str]:
        """The files of the project around ``place`` that changed, came or went since a snapshot. ``ValueError`` where they are too many now."""
        listed = self.present.project(place)
        if listed is None:
            raise ValueError(place)
        if (id(listed), name) not in self._differences:
            before, now = self.book.snapshots[name], {file: self.present.digest(file) for file in listed}
            self._differences[id(listed), name] = {file for file in before.keys() | now.keys() if before.get(file) != now.get(file)}
        return self._differences[id(listed), name]

    def _snapshot(self, snapshot: dict[str, str]) -> str:
        if id(snapshot) not in self._names:
            self._names[id(snapshot)] = digest(json.dumps(sorted(snapshot.items())).encode())
            self.book.snapshots[self._names[id(snapshot)]] = snapshot
        return self._names[id(snapshot)]


def own_digest() -> str:
    """The digest of this tool's own source, and of the version of the parser it uses."""
    folder = os.path.dirname(os.path.abspath(initlint.__file__))
    sources = sorted(os.path.join(where, name) for where, _, names in os.walk(folder) for name in names if name.endswith(".py"))
    versions = [path for entry in sys.path if os.path.isfile(path := os.path.join(entry, "libcst", "_version.py"))]
    parts = []
    for path in (*sources, *versions[:1]):
        with open(path, "rb") as stream:
            parts.append(stream.read())
    return digest(b"\0".join(parts))


def clean(folder: str) -> bool:
    """Delete a cache folder, and nothing in it that is not ours. Whether there was one. Raises ``OSError``."""
    if os.path.islink(folder) or not os.path.isfile(os.path.join(folder, OWN[0])):
        return False
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        if entry.name in OWN or entry.name.endswith((".json", ".part")):
            os.unlink(entry.path)
    if not os.listdir(folder):
        os.rmdir(folder)
    return True


def _sites(finding: Finding) -> Iterator[Site]:
    """Where a finding stands and what its fix would write: all in one file, or somebody else made the entry."""
    yield finding.site
    yield from (edit.site for edit in finding.fix.edits) if finding.fix is not None else ()


def _key(path: str) -> str:
    """Findings name a file as the run does, so the same file under another name is another entry."""
    return f"{os.path.abspath(path)}\0{path}"


def _steady(snapshots: Sequence[Snapshots], seen: Iterable[Mapping[str, str]]) -> Snapshots:
    """Snapshots of projects in which nothing changed while files were analysed: every process saw the same."""
    contents: dict[str, set[str]] = {}
    for one in ({id(snapshot): snapshot for taken in snapshots for snapshot in taken.values()}, dict(enumerate(seen))):
        for snapshot in one.values():
            for path, content in snapshot.items():
                contents.setdefault(path, set()).add(content)
    unsteady = {path for path, several in contents.items() if len(several) > 1}
    steady = {folder: snapshot for taken in snapshots for folder, snapshot in taken.items()}
    alike = {folder: all(taken.get(folder, snapshot) == snapshot for taken in snapshots) for folder, snapshot in steady.items()}
    return {folder: snapshot for folder, snapshot in steady.items() if alike[folder] and (not unsteady or unsteady.isdisjoint(snapshot))}


def _entry(own: str, content: str, outcome: Outcome, snapshots: dict[str, str], places: Places) -> Entry:
    asked = outcome.consulted
    findings, elsewhere = [to_row(finding) for finding in outcome.findings], [to_row(finding) for finding in outcome.elsewhere]
    said = json.dumps((findings, elsewhere), ensure_ascii=False, default=str)
    return Entry(
        digest=content,
        roots={str(path): roots_from(root, places) for path, root in asked.roots.items()},
        findings=findings,
        elsewhere=elsewhere,
        files={str(path): known for path, known in asked.files.items()},
        looks={str(path): (one.outline, one.chunks, one.content) for path, one in asked.looks.items() if path.name not in said},
        modules=[("\0".join(map(str, roots)), dotted, None if path is None else str(path)) for (roots, dotted), path in asked.modules.items()],
        words=[(str(place), word, sorted({str(path) for path in brought} - {own})) for (place, word), brought in asked.words.items()],
        heirs=[(str(place), base, {str(path): names for path, names in found.items() if str(path) != own}) for (place, base), found in asked.heirs.items()],
        crowded=[str(place) for place in asked.crowded],
        snapshots=snapshots,
    )


def _load(file: str) -> Book:
    """The entries of a store; none where it is missing, broken or somebody else's."""
    try:
        if os.path.getsize(file) > LARGEST:
            return Book()
        with open(file, "rb") as stream:
            head, _, body = stream.read().partition(b"\n")
        return _unpacked(json.loads(body)) if head == MAGIC + digest(body).encode() else Book()
    except (OSError, ValueError, TypeError, LookupError, AttributeError, RecursionError):
        return Book()


def _packed(book: Book) -> bytes:
    """The bytes of a store. Paths and digests stand in a table, for most files depend on the same ones."""
    table: dict[str | None, int] = {}

    def number(text: str | None) -> int:
        return table.setdefault(text, len(table))

    def pairs(items: Iterable[tuple[str, str | None]]) -> list[int]:
        return [number(text) for item in items for text in item]

    snapshots = {name: pairs(snapshot.items()) for name, snapshot in book.snapshots.items()}
    entries = {}
    for key, entry in book.entries.items():
        words = [[number(place), number(word), [number(path) for path in brought]] for place, word, brought in entry.words]
        heirs = [[number(place), number(base), {number(path): names for path, names in found.items()}] for place, base, found in entry.heirs]
        crowded = [number(place) for place in entry.crowded]
        modules = [number(text) for row in entry.modules for text in row]
        looks = [number(text) for path, (outline, chunks, seen) in entry.looks.items() for text in (path, outline, f"{chunks:x}", seen)]
        asked = [pairs(entry.files.items()), looks, modules, words, heirs, crowded, pairs(entry.snapshots.items())]
        entries[key] = [entry.digest, pairs(entry.roots.items()), entry.findings, entry.elsewhere, *asked]
    body = json.dumps({"texts": list(table), "snapshots": snapshots, "entries": entries}, separators=(",", ":")).encode()
    return b"".join((MAGIC, digest(body).encode(), b"\n", body))


def _unpacked(document: dict[str, Any]) -> Book:
    texts = document["texts"]

    def pairs(numbers: list[int]) -> dict[str, Any]:
        return {texts[key]: texts[value] for key, value in zip(numbers[::2], numbers[1::2])}

    book = Book(snapshots={name: pairs(numbers) for name, numbers in document["snapshots"].items()})
    for key, (content, roots, findings, elsewhere, read, looks, modules, words, heirs, crowded, snapshots) in document["entries"].items():
        parts = zip(looks[::4], looks[1::4], looks[2::4], looks[3::4])
        seen = {texts[path]: (texts[outline], int(texts[chunks], 16), texts[known]) for path, outline, chunks, known in parts}
        searched = [(texts[place], texts[word], [texts[path] for path in brought]) for place, word, brought in words]
        found = [(texts[folders], texts[dotted], texts[path]) for folders, dotted, path in zip(modules[::3], modules[1::3], modules[2::3])]
        derived = [(texts[place], texts[base], {texts[int(path)]: names for path, names in by_file.items()}) for place, base, by_file in heirs]
        left = [texts[place] for place in crowded]
        book.entries[key] = Entry(content, pairs(roots), findings, elsewhere, pairs(read), seen, found, searched, derived, left, pairs(snapshots))
    return book


def _make_folder(folder: str) -> None:
    """The folder, marked as a cache that neither backups nor git should take. Raises ``OSError``."""
    if os.path.isdir(folder) and not os.path.islink(folder):
        return
    if os.path.lexists(folder):
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
    os.makedirs(folder)
    for name, text in zip(OWN, (TAG, "*\n")):
        with open(os.path.join(folder, name), "x", encoding="utf-8") as stream:
            stream.write(text)


def _write(file: str, data: bytes) -> None:
    """A whole file or none: readers see the old one until the new one is there. Raises ``OSError``."""
    temporary = f"{file}.{os.getpid()}.{time.time_ns()}.part"
    try:
        with open(temporary, "xb") as stream:
            stream.write(data)
        os.replace(temporary, file)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _drop_oldest(folder: str, written: str) -> None:
    """Leave the store that was ``written`` now, whatever the clock says of the others, and the newest of these."""
    others = [entry for entry in os.scandir(folder) if entry.name.endswith((".json", ".part")) and entry.name != os.path.basename(written)]
    for entry in sorted(others, key=lambda entry: entry.stat(follow_symlinks=False).st_mtime, reverse=True)[MOST_STORES - 1 :]:
        Path(entry.path).unlink(missing_ok=True)
