"""Code of a file that builds models when it runs: functions, statements, the main block."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from initlint import program as p
from initlint.contexts.builders import BUILDS, builds_alone, factories
from initlint.contexts.loose import drop_guarded
from initlint.contexts.programs import is_test
from initlint.interpreter.blocks import run_block
from initlint.interpreter.values import Function, Unknown
from initlint.source import Chunk
from initlint.standins import instantiate

if TYPE_CHECKING:
    from initlint.contexts.models import FileContexts

CALLS = re.compile(r"\w\(")
DRAWS = re.compile(r"random|randn|\brng\b|\binit\w*\(")
MAIN = re.compile(r"""if\s+__name__\s*==\s*["']__main__["']""")


def scripts(contexts: FileContexts) -> Iterator[tuple[str, Callable[[], Any]]]:
    """Functions, statements that build models, and the main block; tests choose weights by what they assert."""
    module = contexts.module
    plain_nets = contexts.analysis.framework.plain_nets
    for chunk in module.source.chunks:
        if chunk.kind == "def" and not is_test(chunk) and (chunk.says(BUILDS) or (plain_nets and chunk.says(DRAWS))):
            value = module.reach(chunk.name)
            if isinstance(value, Function) and builds_alone(value):
                yield f"{chunk.name}()", partial(_run_function, contexts, value)
        elif chunk.kind == "other" and chunk.says(MAIN):
            yield "__main__", partial(_run_main, contexts, chunk)
        elif chunk.kind == "other" and (chunk.says(BUILDS) or (plain_nets and chunk.says(CALLS))):
            yield ", ".join(sorted(chunk.names)) or "script", partial(_run_statement, contexts, chunk)
    for function in factories(contexts):
        yield f"{function.name}()", partial(_run_function, contexts, function)


def _run_function(contexts: FileContexts, function: Function) -> Any:
    analysis = contexts.analysis
    try:
        return instantiate(analysis.interp, function, contexts.module.frame)
    finally:
        if function.node.params:
            drop_guarded(analysis.framework.witness, function.name)


def _run_statement(contexts: FileContexts, chunk: Chunk) -> Any:
    for name in sorted(chunk.names):
        contexts.module.get(name)
    contexts.module.run(chunk)
    return Unknown("statements of a script")


def _run_main(contexts: FileContexts, chunk: Chunk) -> Any:
    for statement in chunk.statements:
        if isinstance(statement, p.If):
            run_block(contexts.analysis.interp, statement.body, contexts.module.frame)
    return Unknown("the main block")
