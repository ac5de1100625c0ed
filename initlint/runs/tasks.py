"""One file of a run: its bytes are read where they are looked at, and not kept from one look to the next."""

from __future__ import annotations

from dataclasses import dataclass

from initlint.paths import files
from initlint.runs.single import Examiner, Outcome, trouble
from initlint.text.edits import SourceError, digest

MARK = b"initlint:"
"""What a comment for this tool says."""


@dataclass(slots=True)
class Task:
    """One file to examine, and what came of it."""

    path: str
    digest: str = ""
    """That of the content which was examined, and of what was there first until then."""
    marked: bool = False
    """Whether this content may have comments for this tool."""
    given: bytes | None = None
    """What takes the place of the file."""
    outcome: Outcome | None = None

    def read(self) -> bytes:
        """The bytes of the file. Raises ``SourceError``."""
        return files.read(self.path) if self.given is None else self.given

    def note(self, data: bytes) -> None:
        """Write down what tells the content of the file from others."""
        self.digest, self.marked = digest(data), MARK in data

    def examine(self, examiner: Examiner) -> None:
        """Fill in the outcome."""
        try:
            data = self.read()
        except SourceError as error:
            self.outcome = Outcome([trouble(self.path, "INI902", str(error))])
        else:
            self.note(data)
            self.outcome = examiner.examine(self.path, data)
