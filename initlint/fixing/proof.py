"""Fixes are offered only once re-analysis of the edited source has shown what they change."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from initlint.contexts.merging import analyse_file
from initlint.contexts.models import Analysis, Model
from initlint.findings import AppendStatement, Edit, Finding, Fix, InsertAfter, InsertBranch, LoopOver, MoveToEnd, RemoveStatement, Safety, WrapCall
from initlint.paths.lookup import absolute
from initlint.rewrite import Refusal, rewrite
from initlint.source import Chunk, ClassChunk
from initlint.text.edits import Source, SourceError, apply_edits, decode
from initlint.theory.laws import Distribution

ADDING = (AppendStatement, InsertAfter, InsertBranch, MoveToEnd, RemoveStatement, WrapCall, LoopOver)
"""Actions that add, move or drop a call."""
LISTING = re.compile(r"(\w+)[^\S\r\n]*=[^\S\r\n]*(?:[\w.]+\(|[\[{])[\[({]*[^\S\r\n]*[\r\n]")
UNNAMED = re.compile(r"\?\w+")
Table = dict[tuple[str, bool, int, str], Any]


def prove(analysis: Analysis, path: str, data: bytes, models: Sequence[Model], findings: list[Finding]) -> list[Finding]:
    """The findings, their fixes turned into edits and a safety class, or dropped with the reason as evidence."""
    if not any(finding.fix and finding.fix.actions for finding in findings):
        return findings
    original = decode(data)
    wanted = [finding.fix for finding in findings if finding.fix and finding.fix.actions]
    source = analysis.files[absolute(path)]
    offsets = [source.index.offset(line, 1) for line in {action.site.line for fix in wanted for action in fix.actions}]
    written = dict(zip((id(fix) for fix in wanted), rewrite(original.text, wanted, list(unrelated(source.chunks, offsets)))))
    before = table(models)
    return [_proven(analysis, path, original, before, findings, finding, written.get(id(finding.fix))) for finding in findings]


def unrelated(chunks: Sequence[Chunk], offsets: Sequence[int]) -> Iterator[tuple[int, int, str]]:
    """Functions, classes, methods and listings that hold none of ``offsets``: where they start and end, and their names. No edit needs to read them."""
    for chunk in chunks:
        if any(chunk.start <= offset < chunk.end for offset in offsets):
            yield from unrelated(chunk.members, offsets) if isinstance(chunk, ClassChunk) else ()
        elif name := chunk.name if chunk.kind in ("def", "class") else _listing(chunk):
            yield chunk.start, chunk.end, name


def _listing(chunk: Chunk) -> str:
    """The name that a list, dictionary or call of several lines is given; empty for any other statement."""
    opened = LISTING.match(chunk.source.text, chunk.start, chunk.end)
    return opened[1] if opened and chunk.names == {opened[1]} else ""


def _proven(
    analysis: Analysis, path: str, original: Source, before: Table, findings: list[Finding], finding: Finding, edits: tuple[Edit, ...] | Refusal | None
) -> Finding:
    if finding.fix is None or edits is None:
        return finding
    if isinstance(edits, Refusal):
        return _refused(finding, edits.reason)
    edited = apply_edits(original.text, edits)
    try:
        fresh = analysis.edited()
        models, everywhere = analyse_file(fresh, path, original.encode(edited))
    except (SourceError, UnicodeError) as error:
        return _refused(finding, f"the edited file {error}")
    problem = _problem(finding, findings, [f for f in everywhere if f.site.path == path])
    if problem:
        return _refused(finding, problem)
    changed = _changed(before, table(models), finding.fix.revives)
    if changed is None:
        return _refused(finding, "the edit would change which parameters exist")
    return replace(finding, fix=replace(finding.fix, edits=edits, safety=_safety(finding, finding.fix, changed)))


def _refused(finding: Finding, reason: str) -> Finding:
    assert finding.fix is not None
    return replace(finding, fix=replace(finding.fix, safety=Safety.ADVICE), evidence={**finding.evidence, "refused": reason})


def _problem(finding: Finding, before: list[Finding], after: list[Finding]) -> str:
    """Why the edit does not do what it should: the finding stays, or another comes."""
    old = Counter(f.code for f in before)
    new = Counter(f.code for f in after)
    if new[finding.code] >= old[finding.code]:
        return "the finding would stay"
    come = [code for code in new if new[code] > old[code]]
    return f"the edit would bring {come[0]}" if come else ""


def table(models: Sequence[Model]) -> Table:
    """The law of every parameter of every model."""
    seen: Counter[tuple[str, bool]] = Counter()
    result: Table = {}
    for model in models:
        key = (model.graph.name, model.bare)
        seen[key] += 1
        for parameter in model.graph.parameters:
            result[model.graph.name, model.bare, seen[key], parameter.name] = _comparable(parameter.distribution)
    return result


def _comparable(law: Distribution | None) -> Any:
    """A law, its sizes without a name numbered from 0: another analysis counts them on from where the first one stopped."""
    text = repr(law)
    if "?" not in text:
        return law
    seen: dict[str, str] = {}
    return UNNAMED.sub(lambda match: seen.setdefault(match[0], f"?{len(seen)}"), text)


def _changed(before: Table, after: Table, more: bool) -> set[str] | None:
    """Parameters whose law differs, as ``model:name``; None where a model does not list the same ones, unless ``more`` may come.

    A model is listed only where something in it was initialised: all of one that comes or goes counts as changed.
    """
    both = {key[:3] for key in before} & {key[:3] for key in after}
    lost, come = before.keys() - after.keys(), after.keys() - before.keys()
    if any(key[:3] in both for key in (lost if more else lost | come)):
        return None
    return {f"{key[0]}:{key[3]}" for key in before.keys() | after.keys() if key in lost or key in come or before[key] != after[key]}


def _safety(finding: Finding, fix: Fix, changed: set[str]) -> Safety:
    adds = any(isinstance(action, ADDING) for action in fix.actions)
    return Safety.UNSAFE if adds or fix.assumes or not changed <= set(finding.parameters) else Safety.SAFE
