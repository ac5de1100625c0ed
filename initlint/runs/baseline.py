"""Findings that are known: a file of them, in which a finding keeps its place when lines above it move."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Annotated

import msgspec

from initlint.errors import BaselineError
from initlint.findings import Finding
from initlint.runs.suppress import ALWAYS
from initlint.text.edits import split_lines

VERSION = 1


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, order=True):
    """Findings alike: of one rule, on lines of one file that read the same but for spaces."""

    path: str
    """Relative to the folder of the baseline, with slashes."""
    code: str
    line: str


class _Known(Entry, frozen=True, forbid_unknown_fields=True):
    count: Annotated[int, msgspec.Meta(ge=1)]


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    schema_version: int
    findings: tuple[_Known, ...]


@dataclass(frozen=True, slots=True)
class Baseline:
    """What a baseline file holds."""

    file: str
    counts: Mapping[Entry, int]

    def split(self, findings: Sequence[Finding], sources: Mapping[str, str]) -> tuple[list[Finding], Counter[Entry]]:
        """The findings that are not known, and how many of each entry were met."""
        met: Counter[Entry] = Counter()
        new = []
        for finding, entry in entries(self.file, findings, sources):
            if finding.code not in ALWAYS and met[entry] < self.counts.get(entry, 0):
                met[entry] += 1
            else:
                new.append(finding)
        return new, met

    def stale(self, met: Mapping[Entry, int], checked: Iterable[str], codes: AbstractSet[str]) -> list[Entry]:
        """Entries that are no longer met: their file was ``checked`` for their code, or is gone."""
        here = {_relative(self.file, path) for path in checked}
        left = [entry for entry, count in self.counts.items() if met.get(entry, 0) < count]
        return sorted(entry for entry in left if (entry.path in here and entry.code in codes) or not os.path.exists(self._place(entry)))

    def _place(self, entry: Entry) -> str:
        return os.path.join(os.path.dirname(self.file), entry.path)


def load(file: str) -> Baseline:
    """The baseline in ``file``. Raises ``BaselineError``."""
    try:
        with open(file, "rb") as stream:
            content = msgspec.json.decode(stream.read(), type=_File)
    except FileNotFoundError:
        raise BaselineError(f"{file}: no such file; `initlint check --write-baseline {file}` makes it") from None
    except OSError as error:
        raise BaselineError(f"{file}: cannot be read: {error.strerror}") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BaselineError(f"{file}: is not a baseline: {error}") from None
    if content.schema_version != VERSION:
        raise BaselineError(f"{file}: has schema version {content.schema_version}, this initlint reads {VERSION}")
    counts: Counter[Entry] = Counter()
    for known in content.findings:
        counts[Entry(known.path, known.code, known.line)] += known.count
    return Baseline(file, counts)


def dump(file: str, findings: Sequence[Finding], sources: Mapping[str, str]) -> tuple[str, int]:
    """The text of a baseline that knows ``findings``, to be written to ``file``, and how many findings it knows."""
    counts = Counter(entry for finding, entry in entries(file, findings, sources) if finding.code not in ALWAYS)
    rows = [{"path": entry.path, "code": entry.code, "line": entry.line, "count": count} for entry, count in sorted(counts.items())]
    return json.dumps({"schema_version": VERSION, "findings": rows}, indent=2) + "\n", counts.total()


def entries(file: str, findings: Sequence[Finding], sources: Mapping[str, str]) -> list[tuple[Finding, Entry]]:
    """Each finding with its entry in the baseline ``file``."""
    lines: dict[str, list[str]] = {}
    found = []
    for finding in findings:
        path = finding.site.path
        if path not in lines:
            lines[path] = split_lines(sources.get(path, ""))
        text = lines[path][finding.site.line - 1] if finding.site.line <= len(lines[path]) else ""
        found.append((finding, Entry(_relative(file, path), finding.code, " ".join(text.split()))))
    return found


def _relative(file: str, path: str) -> str:
    """``path`` as the baseline ``file`` spells it; undecodable bytes of a name are spelled out."""
    place = os.path.relpath(os.path.abspath(path), os.path.dirname(os.path.abspath(file))).replace(os.sep, "/")
    return place.encode("utf-8", "backslashreplace").decode("utf-8")
