"""The rules. Each is one module of this package: its docstring is the manual page, ``RULE`` names it, ``check`` finds.

A rule of group 8xx has ``examine`` instead, which is given what a run of the real model brought to light.
"""

from __future__ import annotations

import difflib
import importlib
import pkgutil
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Literal

from initlint.evidence import Evidence
from initlint.findings import Finding, Severity, Site
from initlint.graph import ModelGraph
from initlint.rules._own import OWN

_PREFIX = re.compile(r"INI\d{0,3}|IN?")
Check = Callable[[ModelGraph], Iterator[Finding]]
Examine = Callable[[Evidence], Iterator[Finding]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule's identity; ``manual`` and ``check`` are filled in from its module when it is loaded."""

    code: str
    name: str
    summary: str
    fixable: Literal["always", "sometimes", "never"] = "never"
    default: bool = True
    """Whether it runs without being selected."""
    judges_defaults: bool = False
    """Whether it has something to say about models in which nobody chose an initial value."""
    judges_running: bool = False
    """Whether it is about what happens when code runs (it raises, takes no branch, writes in vain), which says nothing of a file that is never run."""
    manual: str = ""
    check: Check | None = None
    live: Examine | None = None
    """What finds in a measured model what no graph shows; only rules of group 8xx have it."""

    def run(self, graph: ModelGraph) -> Iterator[Finding]:
        """Every finding of this rule in ``graph``."""
        return self.check(graph) if self.check else iter(())

    def examine(self, evidence: Evidence) -> Iterator[Finding]:
        """Every finding of this rule in a model that was built and measured."""
        return self.live(evidence) if self.live else iter(())

    def at(self, graph: ModelGraph, site: Site, severity: Severity, message: str, **fields: Any) -> Finding:
        """A finding of this rule in ``graph``."""
        return Finding(code=self.code, rule=self.name, model=graph.name, site=site, severity=severity, message=message, **fields)


class UnknownRule(ValueError):
    """A selector that names no rule."""


@lru_cache(maxsize=1)
def all_rules() -> tuple[Rule, ...]:
    """Every rule, by code. Modules whose name starts with an underscore are not rules."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_"))
    return tuple(sorted((_load(name) for name in names), key=lambda rule: rule.code))


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What one place says about which rules run; each entry is a code, a prefix, a name or ``ALL``."""

    select: tuple[str, ...] | None = None
    extend: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()


@lru_cache(maxsize=1)
def own_rules() -> tuple[Rule, ...]:
    """What the tool says about files and comments; on whatever is selected, unless it is ignored."""
    return tuple(Rule(code=code, name=name, summary=summary, manual=manual) for code, name, summary, manual in OWN)


def select(selected: Iterable[str] | None = None, ignored: Iterable[str] = ()) -> tuple[Rule, ...]:
    """The rules to run: those on by default, or those ``selected`` by code, prefix, name or ``ALL``, less the ``ignored``."""
    return choose(Selection(select=None if selected is None else tuple(selected), ignore=tuple(ignored)))


def choose(*selections: Selection) -> tuple[Rule, ...]:
    """The rules that ``selections`` leave on, as ``codes`` says."""
    chosen = codes(*selections)
    return tuple(rule for rule in all_rules() if rule.code in chosen)


def codes(*selections: Selection) -> frozenset[str]:
    """The codes that ``selections`` leave on; a later one has the last word, and one that selects starts afresh.

    Within one, the more specific entry wins: ``INI101`` over ``INI1`` over ``ALL``; of two alike, the ignored.
    """
    own = frozenset(rule.code for rule in own_rules())
    chosen = own | {rule.code for rule in all_rules() if rule.default}
    for one in selections:
        chosen = own if one.select is not None else chosen
        entries = [(text, True) for text in (*(one.select or ()), *one.extend)] + [(text, False) for text in one.ignore]
        for text, wanted in sorted(entries, key=lambda entry: specificity(entry[0])):
            chosen = chosen | matching(text) if wanted else chosen - matching(text)
    return chosen


def specificity(selector: str) -> int:
    """How narrow a selector is: ``ALL`` least, then prefixes by their length, then codes and names."""
    if selector.upper() == "ALL":
        return 0
    return len(selector) if _PREFIX.fullmatch(selector.upper()) else len("INI101")


def matching(selector: str) -> frozenset[str]:
    """The codes that a selector means. Raises ``UnknownRule`` where there are none."""
    found = frozenset(rule.code for rule in (*all_rules(), *own_rules()) if _matches(rule, selector))
    if not found:
        raise _unknown(selector)
    return found


def find(selector: str) -> Rule:
    """The one rule called ``selector``, by code or name."""
    for rule in (*all_rules(), *own_rules()):
        if selector.upper() == rule.code or selector == rule.name:
            return rule
    raise _unknown(selector)


def _load(name: str) -> Rule:
    module = importlib.import_module(f"{__name__}.{name}")
    rule: Rule = module.RULE
    return replace(rule, manual=(module.__doc__ or "").strip(), check=getattr(module, "check", None), live=getattr(module, "examine", None))


def _matches(rule: Rule, selector: str) -> bool:
    return selector.upper() == "ALL" or selector == rule.name or (selector != "" and rule.code.startswith(selector.upper()))


def _unknown(selector: str) -> UnknownRule:
    names = [text for rule in (*all_rules(), *own_rules()) for text in (rule.code, rule.name)]
    close = difflib.get_close_matches(selector, names, n=1)
    hint = f", did you mean {close[0]!r}?" if close else ""
    return UnknownRule(f"no rule matches {selector!r}{hint}")
