"""Layers that are meant to be several and start, or stay, as one: ``self.critic2 = deepcopy(critic)``, ``[layer for _ in range(n)]`` of an argument."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint.contexts.routines import is_module
from initlint.graph import Mistake
from initlint.source import Chunk
from initlint.text.initcalls import commented

if TYPE_CHECKING:
    from initlint.interpreter.modules import Module

SECOND = re.compile(
    r"\bself\.(?P<name>(?P<stem>\w*(?:critic|value|qf|q_?net|q_?network|q_?func\w*|(?:^|_)q))_?2)[ \t]*=[ \t]*"
    r"(?:copy\.)?deepcopy\([ \t]*(?P<first>(?:self\.)?(?P=stem)_?1?)[ \t]*\)",
    re.IGNORECASE,
)
"""The second of two critics as a copy of the first."""
TARGET = re.compile(r"target|old|prev|ema|frozen|teacher", re.IGNORECASE)
"""Words in the names of copies that are meant to start equal."""
REPEATED = re.compile(r"\b(?:ModuleList|Sequential)\(\s*\*?\s*[\[(]\s*(?P<name>[A-Za-z_]\w*)\s+for\s+\w+\s+in\s+range\([^\n]*")
"""A list of modules whose element is a plain name."""
RESET = re.compile(r"reset_parameters|reset_weights|\.apply\(|init_weights|initiali[sz]e")
"""What may draw the copy again."""


def twins(module: Module) -> Iterator[Mistake]:
    """Both, in methods of modules."""
    text = module.source.text
    if "torch" not in text or not (SECOND.search(text) or REPEATED.search(text)):
        return
    for chunk in module.source.classes():
        for one in chunk.members:
            if one.kind == "def" and is_module(module, chunk.name):
                yield from _second(module, chunk, one)
                yield from _repeated(module, one)


def _second(module: Module, owner: Chunk, method: Chunk) -> Iterator[Mistake]:
    """``self.critic2 = copy.deepcopy(critic)``: clipped double Q-learning takes the smaller of two estimates, and these are one."""
    text, index = module.source.text, module.source.index
    for match in SECOND.finditer(text, method.start, method.end):
        name, first = match["name"], match["first"].removeprefix("self.")
        again = re.compile(rf"\bself\.{re.escape(name)}\.(?!parameters)[^\n]*")
        redrawn = any(RESET.search(use[0]) for use in again.finditer(text, owner.start, owner.end))
        if not TARGET.search(name) and not commented(text, match.start()) and not redrawn:
            said = f"`{name}` starts as a copy of `{first}`: fed and trained alike, the two stay one, and the smaller of their estimates is that of either"
            yield Mistake(kind="twin-copy", site=index.site(module.source.path, *match.span()), text=said, detail={"name": name, "first": first})


def _repeated(module: Module, method: Chunk) -> Iterator[Mistake]:
    """``nn.ModuleList([layer for _ in range(n)])`` of a layer that the method was given."""
    text, index = module.source.text, module.source.index
    for match in REPEATED.finditer(text, method.start, method.end):
        name = match["name"]
        signature = text[method.start : match.start()].partition(":\n")[0]
        given = re.search(rf"[(,]\s*{re.escape(name)}\s*[:,=)]", signature) is not None
        rebound = re.search(rf"^[ \t]*{re.escape(name)}[ \t]*=(?!=)", text[method.start : match.start()], re.MULTILINE) is not None
        if given and not rebound and not commented(text, match.start()):
            said = f"every place of the list holds the one `{name}` that was given: the layers share their weights, whatever the length"
            yield Mistake(kind="one-for-all", site=index.site(module.source.path, *match.span("name")), text=said, detail={"name": name})
