"""What the names of a file stand for, and how the file would spell a name it has not used yet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import libcst as cst

from initlint.findings import Edit
from initlint.rewrite.document import Declined, Document


@dataclass(frozen=True, slots=True)
class Binding:
    """``alias`` stands for ``target`` within ``scope``; ``statement`` is the import it came from, if it was one."""

    alias: str
    target: str
    scope: tuple[int, int]
    statement: cst.Import | cst.ImportFrom | None = None


class Names:
    """Imports and plain aliases of a file, by scope, and the names that one fix adds to them."""

    def __init__(self, document: Document, bindings: list[Binding]) -> None:
        self.document = document
        self.bindings = bindings
        self.wanted: dict[cst.ImportFrom, list[str]] = {}

    @classmethod
    def of(cls, document: Document) -> Names:
        """Read the imports and aliases of a file."""
        names = cls(document, [])
        for statement, function in document.survey.imports:
            names.bindings += _imported(statement, names._scope(function))
        for assign, function in document.survey.assigned:
            names._alias(assign, names._scope(function))
        return names

    def fresh(self) -> Names:
        """The same file, with nothing wanted yet."""
        return Names(self.document, self.bindings)

    def _scope(self, function: cst.FunctionDef | None) -> tuple[int, int]:
        return self.document.span(function) if function else (0, len(self.document.text) + 1)

    def _alias(self, assign: cst.Assign, scope: tuple[int, int]) -> None:
        target = assign.targets[0].target
        if len(assign.targets) == 1 and isinstance(target, cst.Name) and (resolved := self.resolve(assign.value, scope[0])):
            self.bindings.append(Binding(target.value, resolved, scope))

    def visible(self, offset: int) -> Iterator[Binding]:
        """Bindings in force at ``offset``, the nearest scope first."""
        found = [binding for binding in self.bindings if binding.scope[0] <= offset < binding.scope[1]]
        yield from sorted(found, key=lambda binding: binding.scope[1] - binding.scope[0])

    def resolve(self, expression: cst.BaseExpression, offset: int) -> str | None:
        """The canonical dotted name an expression stands for, if it is a name the file imports."""
        spelled = dotted(expression)
        if spelled is None:
            return None
        head, _, rest = spelled.partition(".")
        for binding in self.visible(offset):
            if binding.alias == head:
                return f"{binding.target}.{rest}" if rest else binding.target
        stars = [binding for binding in self.visible(offset) if binding.alias == "*"]
        return f"{stars[0].target}.{spelled}" if len(stars) == 1 and not rest and head not in self.document.survey.bound else None

    def spell(self, name: str, offset: int) -> str | None:
        """The shortest way the file's imports can already say ``name``, or None."""
        imported = [binding for binding in self.visible(offset) if binding.statement is not None]
        spellings = [binding.alias + name[len(binding.target) :] for binding in imported if _holds(binding, name)]
        spellings += [name.rpartition(".")[2] for binding in imported if binding.alias == "*" and binding.target == name.rpartition(".")[0]]
        return min(spellings, key=lambda spelling: spelling.count("."), default=None)

    def require(self, name: str, offset: int) -> str:
        """How to say ``name`` at ``offset``; where no import offers it yet, one is extended."""
        spelled = self.spell(name, offset)
        if spelled is not None:
            return spelled
        parent, _, last = name.rpartition(".")
        for binding in self.visible(offset):
            if isinstance(binding.statement, cst.ImportFrom) and binding.target.rpartition(".")[0] == parent:
                return self.extend(binding, last)
        raise Declined(f"the file has no name for {parent}")

    def extend(self, binding: Binding, name: str) -> str:
        """Want ``name`` from the import statement that made ``binding``."""
        statement = binding.statement
        if not isinstance(statement, cst.ImportFrom) or isinstance(statement.names, cst.ImportStar):
            raise Declined("the import cannot be extended")
        if name in self.document.survey.bound:
            raise Declined(f"{name} already means something else in this file")
        if sum(other.alias == binding.alias for other in self.bindings) > 1:
            raise Declined(f"{binding.alias} is imported more than once")
        wanted = self.wanted.setdefault(statement, [])
        wanted += [name] if name not in wanted else []
        return name

    def import_edits(self, path: str) -> list[Edit]:
        """The edits that import what is wanted."""
        edits: list[Edit] = []
        for statement, wanted in self.wanted.items():
            if isinstance(statement.names, cst.ImportStar):
                continue
            last = statement.names[-1]
            start = self.document.span(last.name)[0]
            end = self.document.span(last.asname.name if last.asname else last.name)[1]
            edits += self.document.append((start, end), wanted, path, bracketed=statement.lpar is not None)
        return edits


def _holds(binding: Binding, name: str) -> bool:
    return binding.alias != "*" and f"{name}.".startswith(f"{binding.target}.")


def dotted(expression: cst.BaseExpression) -> str | None:
    """``a.b.c`` as written, or None where the expression is anything else."""
    if isinstance(expression, cst.Name):
        return expression.value
    if isinstance(expression, cst.Attribute):
        prefix = dotted(expression.value)
        return prefix and f"{prefix}.{expression.attr.value}"
    return None


def _imported(statement: cst.Import | cst.ImportFrom, scope: tuple[int, int]) -> Iterator[Binding]:
    if isinstance(statement, cst.Import):
        for alias in statement.names:
            full = dotted(alias.name) or ""
            name = alias.evaluated_alias
            first = full.partition(".")[0]
            yield Binding(name, full, scope, statement) if name else Binding(first, first, scope, statement)
        return
    module = "." * len(statement.relative) + ((statement.module and dotted(statement.module)) or "")
    if isinstance(statement.names, cst.ImportStar):
        yield Binding("*", module, scope, statement)
        return
    for alias in statement.names:
        yield Binding(alias.evaluated_alias or alias.evaluated_name, f"{module}.{alias.evaluated_name}", scope, statement)
