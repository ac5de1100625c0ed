"""The rules. Each is one module of this package: its docstring is the manual page, ``RULE`` names it, ``check`` finds.

A rule of group 8xx has ``examine`` instead, which is given what a run of the real model brought to light.
"""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Literal

from initlint.evidence import Evidence
from initlint.findings import Finding, Severity, Site
from initlint.graph import ModelGraph

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


def select(selected: Iterable[str] | None = None, ignored: Iterable[str] = ()) -> tuple[Rule, ...]:
    """The rules to run: those on by default, or those ``selected`` by code, prefix, name or ``ALL``, less the ``ignored``."""
    rules = all_rules()
    chosen = {rule.code for rule in rules if rule.default} if selected is None else _matching(selected)
    chosen -= _matching(ignored)
    return tuple(rule for rule in rules if rule.code in chosen)


def find(selector: str) -> Rule:
    """The one rule called ``selector``, by code or name."""
    for rule in all_rules():
        if selector.upper() == rule.code or selector == rule.name:
            return rule
    raise _unknown(selector)


def _load(name: str) -> Rule:
    module = importlib.import_module(f"{__name__}.{name}")
    rule: Rule = module.RULE
    return replace(rule, manual=(module.__doc__ or "").strip(), check=getattr(module, "check", None), live=getattr(module, "examine", None))


def _matching(selectors: Iterable[str]) -> set[str]:
    codes: set[str] = set()
    for selector in selectors:
        found = {rule.code for rule in all_rules() if _matches(rule, selector)}
        if not found:
            raise _unknown(selector)
        codes |= found
    return codes


def _matches(rule: Rule, selector: str) -> bool:
    return selector.upper() == "ALL" or selector == rule.name or (selector != "" and rule.code.startswith(selector.upper()))


def _unknown(selector: str) -> UnknownRule:
    names = [text for rule in all_rules() for text in (rule.code, rule.name)]
    close = difflib.get_close_matches(selector, names, n=1)
    hint = f", did you mean {close[0]!r}?" if close else ""
    return UnknownRule(f"no rule matches {selector!r}{hint}")
