"""Settings: for each folder those of the nearest configuration file, with what the command line says on top."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from initlint import config
from initlint.config import Config
from initlint.findings import Finding, Severity
from initlint.paths.ignores import DEFAULT_EXCLUDE, Exclusion, Patterns
from initlint.rules import codes, matching, specificity

T = TypeVar("T")


@dataclass(frozen=True)
class Settings:
    """What holds in the folders of one configuration file."""

    file: Config
    given: Config

    @cached_property
    def codes(self) -> frozenset[str]:
        """The codes of the rules that are on."""
        return codes(self.file.selection, self.given.selection)

    @cached_property
    def exclusion(self) -> Exclusion:
        """What a walk leaves out."""
        lines = (*((self.file.exclude or ()) if self.given.exclude is None else ()), *self.file.extend_exclude)
        more = (*(self.given.exclude or ()), *self.given.extend_exclude)
        usual = DEFAULT_EXCLUDE if self.file.exclude is None and self.given.exclude is None else ()
        return Exclusion(
            (Patterns(os.sep, usual), Patterns(str(self.file.folder), lines), Patterns(str(self.given.folder), more)),
            gitignore=self._either("respect_gitignore", default=True),
            force=self._either("force_exclude", default=False),
        )

    @property
    def search_path(self) -> tuple[str, ...]:
        """Where imported source is looked for too; what the command line names comes first."""
        return tuple(dict.fromkeys((*self.given.search_path, *self.file.search_path)))

    @property
    def fail_on(self) -> str:
        """The mildest severity that fails a run."""
        return self._either("fail_on", default="warning")

    @property
    def format(self) -> str:
        """How findings are reported."""
        return self._either("format", default="text")

    @property
    def baseline(self) -> str | None:
        """The file of findings that are known."""
        return self.file.baseline if self.given.baseline is None else self.given.baseline

    @property
    def unsafe_fixes(self) -> bool:
        """Whether unsafe fixes are written too."""
        return self._either("unsafe_fixes", default=False)

    def judge(self, finding: Finding) -> Finding | None:
        """``finding`` with the severity it has here, or None where its rule is off or ignored for its file."""
        if finding.code not in self.codes or finding.code in self.ignored(finding.site.path):
            return None
        severity = self.severity.get(finding.code)
        return finding if severity is None else replace(finding, severity=severity)

    def ignored(self, path: str) -> frozenset[str]:
        """The codes that are ignored for one file."""
        full = os.path.abspath(path)
        found = [matching(rule) for patterns, wanted, rules in self._per_file for rule in rules if patterns.covers(full) is wanted]
        return frozenset().union(*found)

    @cached_property
    def severity(self) -> dict[str, Severity]:
        """Codes with a severity of their own; the more specific entry wins."""
        entries = sorted(self.file.severity, key=lambda entry: specificity(entry[0]))
        return {code: severity for selector, severity in entries for code in matching(selector)}

    @cached_property
    def _per_file(self) -> tuple[tuple[Patterns, bool, tuple[str, ...]], ...]:
        """Patterns, whether they are to match (behind an exclamation mark they are not), and the rules to ignore then."""
        table = self.file.per_file_ignores
        return tuple((Patterns(str(self.file.folder), [text.removeprefix("!")]), not text.startswith("!"), rules) for text, rules in table)

    def _either(self, key: str, *, default: T) -> T:
        given, file = getattr(self.given, key), getattr(self.file, key)
        value: T = default if file is None and given is None else file if given is None else given
        return value


class Projects:
    """The settings of every folder, each configuration file read once. Raises ``ConfigError`` when one is first needed."""

    def __init__(self, given: Config, *, file: str | None = None, isolated: bool = False, formats: Iterable[str] = ()) -> None:
        self.given = given
        self.formats = tuple(formats)
        self._known: dict[Path, Settings] = {}
        self._at: dict[str, Settings] = {}
        self._everywhere: Settings | None = None
        if isolated:
            self._everywhere = Settings(Config(folder=Path.cwd()), given)
        elif file is not None:
            self._everywhere = Settings(config.load(Path(file), Path.cwd(), self.formats), given)

    def at(self, folder: str) -> Settings:
        """The settings for the files of ``folder``."""
        if folder not in self._at:
            self._at[folder] = self._everywhere or self._nearest(Path(os.path.abspath(folder)))
        return self._at[folder]

    def of(self, path: str) -> Settings:
        """The settings for one file."""
        return self.at(os.path.dirname(path))

    def common(self, paths: Sequence[str]) -> Settings:
        """The settings for what concerns a whole run: those of the deepest folder around all ``paths``."""
        folders = [os.path.abspath(path if os.path.isdir(path) else os.path.dirname(path)) for path in paths]
        try:
            return self.at(os.path.commonpath(folders or [os.getcwd()]))
        except ValueError:
            return self.at(os.getcwd())

    def _nearest(self, folder: Path) -> Settings:
        if folder not in self._known:
            file = config.find(folder)
            if file is not None:
                found = Settings(config.load(file, formats=self.formats), self.given)
            elif folder.parent != folder:
                found = self._nearest(folder.parent)
            else:
                found = Settings(Config(folder=Path.cwd()), self.given)
            self._known[folder] = found
        return self._known[folder]
