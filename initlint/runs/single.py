"""One file, its bytes to findings. What comes out depends on this file and on what it consulted, not on the files before it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from initlint.findings import Finding, Severity, Site
from initlint.paths.consulted import Consulted
from initlint.paths.files import is_notebook
from initlint.paths.lookup import absolute
from initlint.process import deadline, garbage
from initlint.report.json import clean
from initlint.rules import Rule, find
from initlint.text.edits import SourceError, decode
from initlint.text.gate import may_matter
from initlint.text.syntax import NotPython, parse_index

if TYPE_CHECKING:
    from initlint.contexts.models import Analysis
    from initlint.text.notebook import Notebook

TROUBLE = {"INI901": Severity.ERROR, "INI902": Severity.ERROR, "INI903": Severity.WARNING}
PASSING = frozenset({"INI902", "INI903"})
"""Troubles that may have gone the next time, though nothing in the file has changed."""


@dataclass(slots=True)
class Outcome:
    """What the analysis of one file gave."""

    findings: list[Finding] = field(default_factory=list)
    elsewhere: list[Finding] = field(default_factory=list)
    """What its models show in other files."""
    consulted: Consulted = field(default_factory=Consulted)
    """What it rests on, where the examiner is to say."""

    @property
    def lasting(self) -> bool:
        """Whether it will be the same as long as the file, and what was consulted, stay the same."""
        return not any(finding.code in PASSING for finding in self.findings)


def trouble(path: str, code: str, message: str, line: int = 1, column: int = 1) -> Finding:
    """A finding of the tool's own: a file it could not read (901, 902) or analyse (903)."""
    return Finding(code=code, rule=find(code).name, message=message, site=Site(path, line, column, line, column), severity=TROUBLE[code])


class Examiner:
    """Examines files one by one; only the text of what was read is kept from one to the next."""

    def __init__(self, search_path: Sequence[str], rules: Sequence[Rule], analysis: Analysis | None = None, *, accountable: bool = False) -> None:
        self.search_path = search_path
        self.rules = rules
        self.accountable = accountable
        """Whether outcomes say what they rest on."""
        self.analysis = analysis
        """That of the last file which had to be analysed."""
        self.snapshots: dict[str, dict[str, str]] = {}
        """By folder that was searched, the digest of every file of the project around it."""
        self._taken: dict[int, dict[str, str]] = {}

    def examine(self, path: str, data: bytes, notebook: Notebook | None = None) -> Outcome:
        """What is to be said of one file. Whatever goes wrong inside becomes a finding about it."""
        try:
            if notebook or is_notebook(path):
                data = _code(notebook, data)
            if may_matter(data):
                return deadline.within(deadline.SECONDS, lambda: self._analyse(path, data))
            parse_index(decode(data).text)
        except NotPython as error:
            return Outcome([trouble(path, "INI901", str(error), error.line, error.column)])
        except SourceError as error:
            return Outcome([trouble(path, "INI902", str(error))])
        except (RecursionError, MemoryError):
            return Outcome([trouble(path, "INI903", "could not be analysed: it nests too deeply")])
        except deadline.OverrunError:
            self.analysis = None  # it was left in the middle of something
            return Outcome([trouble(path, "INI903", f"could not be analysed: it takes more than {deadline.SECONDS:.0f} s")])
        except Exception as error:
            if os.environ.get("INITLINT_DEBUG") == "1":
                raise
            detail = str(error).partition("\n")[0]
            return Outcome([trouble(path, "INI903", f"could not be analysed: {type(error).__name__}{detail and ': '}{detail}")])
        return Outcome()

    def _analyse(self, path: str, data: bytes) -> Outcome:
        from initlint.contexts.merging import analyse_file
        from initlint.contexts.models import Analysis  # with LibCST and the interpreter, which most runs of a hook can do without

        left, self.analysis = self.analysis.left() if self.analysis is not None else (), None
        garbage.tidy()  # what the analysis before this one made; a new one that is there by then would count as old, and all that it makes never be looked at
        analysis = self.analysis = Analysis(self.search_path, self.rules, *left)
        for source in analysis.files.values() if self.accountable else ():
            source.forget_looks()
        full = absolute(path)
        try:
            models, everywhere = analyse_file(analysis, path, data)
            here = [finding for finding in everywhere if finding.site.path == path]
            if any(finding.fix for finding in here):
                from initlint.fixing import proof

                here = proof.prove(analysis, path, data, models, here)
        finally:
            analysis.interp.reset()
            if is_notebook(path):
                analysis.files.pop(full, None)  # others see the file, not the module that its cells form
            elif full in analysis.files:
                analysis.files[full].path = str(full)
        outcome = Outcome([_told(finding) for finding in here], [_told(finding) for finding in everywhere if finding.site.path != path])
        if self.accountable:
            consulted = outcome.consulted = analysis.consulted
            consulted.files.pop(full, None)
            for file in consulted.files.keys() & analysis.files.keys() - consulted.heads:
                looks = analysis.files[file].looks()
                if looks is not None:
                    consulted.looks[file] = looks
            self._take_snapshots(analysis)
        return outcome

    def _take_snapshots(self, analysis: Analysis) -> None:
        """Write down what the projects hold in which words were looked for."""
        for place in analysis.consulted.searched:
            corpus = analysis.texts.corpus(place)
            if id(corpus.files) not in self._taken:
                held = {file: source.digest for file, source in analysis.files.items() if file in corpus.numbers}
                self._taken[id(corpus.files)] = {str(file): held.get(file, read) for file, read in zip(corpus.files, corpus.digests)}
            self.snapshots[str(place.parent)] = self._taken[id(corpus.files)]


def _code(notebook: Notebook | None, data: bytes) -> bytes:
    """The Python of a notebook, read from ``data`` where it is not given. Raises ``SourceError``."""
    from initlint.text.notebook import load  # start-up is a feature

    notebook = notebook or load(data)
    if notebook.broken:
        raise notebook.broken
    return notebook.code.encode()


def _told(finding: Finding) -> Finding:
    """``finding`` with nothing in it but text and numbers."""
    fix = finding.fix and replace(finding.fix, actions=())
    return replace(finding, fix=fix, evidence=clean(finding.evidence))
