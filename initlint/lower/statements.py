"""Lowering of statements."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Optional, Union

from initlint import program as p
from initlint.lower import nodes as cst
from initlint.lower.expressions import OPERATORS
from initlint.lower.patterns import Patterns


class Lowering(Patterns):
    """Lowers statements, and everything in them."""

    def block(self, body: Any) -> list[p.Stmt]:
        result: list[p.Stmt] = []
        for statement in body:
            if isinstance(statement, cst.SimpleStatementLine):
                result.extend(self.statement(small) for small in statement.body)
            else:
                result.append(self.statement(statement))
        return result

    def suite(self, node: cst.BaseSuite) -> list[p.Stmt]:
        if isinstance(node, cst.SimpleStatementSuite):
            return [self.statement(small) for small in node.body]
        return self.block(node.body)

    def statement(self, node: cst.CSTNode) -> p.Stmt:
        handler = STATEMENTS.get(type(node))
        if handler:
            return handler(self, node)
        return p.ExprStmt(self.last, self.last, self.unsupported(node))

    def expression_statement(self, node: cst.Expr) -> p.Stmt:
        value = self.expr(node.value)
        return p.ExprStmt(value.pos, value.end, value)

    def assign(self, node: cst.Assign) -> p.Stmt:
        targets = [self.expr(t.target) for t in node.targets]
        value = self.expr(node.value)
        return p.Assign(targets[0].pos, value.end, targets, value)

    def annotated(self, node: cst.AnnAssign) -> p.Stmt:
        target = self.expr(node.target)
        annotation = self.expr(node.annotation.annotation)
        value = self.expr(node.value) if node.value else None
        return p.AnnAssign(target.pos, self.last, target, annotation, value)

    def type_alias(self, node: cst.TypeAlias) -> p.Stmt:
        self.take("type")
        target = self.expr(node.name)
        value = self.unsupported(node.value)  # evaluated when somebody asks for it, perhaps with names that come later
        return p.Assign(target.pos, value.end, [target], value)

    def augmented(self, node: cst.AugAssign) -> p.Stmt:
        target, value = self.expr(node.target), self.expr(node.value)
        return p.AugAssign(target.pos, value.end, target, OPERATORS[type(node.operator)], value)

    def return_(self, node: cst.Return) -> p.Stmt:
        start = self.take("return")
        return p.Return(start, self.last, self.expr(node.value) if node.value else None)

    def raise_(self, node: cst.Raise) -> p.Stmt:
        start = self.take("raise")
        value = self.expr(node.exc) if node.exc else None
        if node.cause:
            self.expr(node.cause.item)
        return p.Raise(start, self.last, value)

    def assert_(self, node: cst.Assert) -> p.Stmt:
        start = self.take("assert")
        test = self.expr(node.test)
        if node.msg:
            self.expr(node.msg)
        return p.Assert(start, self.last, test)

    def delete(self, node: cst.Del) -> p.Stmt:
        start = self.take("del")
        target = self.expr(node.target)
        targets = target.items if isinstance(target, p.Sequence) else [target]
        return p.Delete(start, self.last, targets)

    def jump(self, node: Union[cst.Pass, cst.Break, cst.Continue]) -> p.Stmt:
        kinds: dict[type, Any] = {cst.Pass: "pass", cst.Break: "break", cst.Continue: "continue"}
        kind = kinds[type(node)]
        return p.Jump(self.take(kind), self.last, kind)

    def scope(self, node: Union[cst.Global, cst.Nonlocal]) -> p.Stmt:
        kind: Any = "global" if isinstance(node, cst.Global) else "nonlocal"
        start = self.take(kind)
        names = [item.name.value for item in node.names]
        for name in names:
            self.take(name)
        return p.Scope(start, self.last, kind, names)

    def import_(self, node: cst.Import) -> p.Stmt:
        start = self.take("import")
        return p.Import(start, self.last, [self.alias(alias) for alias in node.names])

    def import_from(self, node: cst.ImportFrom) -> p.Stmt:
        start = self.take("from")
        module = self.dotted(node.module) if node.module else ""
        self.take("import")
        if isinstance(node.names, cst.ImportStar):
            return p.ImportFrom(start, self.last, module, len(node.relative), [("*", None)])
        if node.lpar:
            self.take("(")
        names = [self.alias(alias) for alias in node.names]
        if node.lpar:
            self.take(")")
        return p.ImportFrom(start, self.last, module, len(node.relative), names)

    def alias(self, node: cst.ImportAlias) -> tuple[str, Optional[str]]:
        name = self.dotted(node.name)
        asname = node.asname.name if node.asname else None
        if not isinstance(asname, cst.Name):
            return name, None
        self.take(asname.value)
        return name, asname.value

    def dotted(self, node: Union[cst.Name, cst.Attribute]) -> str:
        if isinstance(node, cst.Name):
            self.take(node.value)
            return node.value
        head = self.dotted(node.value) + "." + node.attr.value  # type: ignore[arg-type]
        self.take(node.attr.value)
        return head

    def if_(self, node: cst.If) -> p.Stmt:
        test = self.expr(node.test)
        body = self.suite(node.body)
        orelse: list[p.Stmt] = []
        if isinstance(node.orelse, cst.If):
            orelse = [self.if_(node.orelse)]
        elif node.orelse:
            orelse = self.suite(node.orelse.body)
        return p.If(test.pos, test.end, test, body, orelse)

    def for_(self, node: cst.For) -> p.Stmt:
        start = self.take("for")
        target, source = self.expr(node.target), self.expr(node.iter)
        end = self.last
        return p.For(start, end, target, source, self.suite(node.body), self.suite(node.orelse.body) if node.orelse else [])

    def while_(self, node: cst.While) -> p.Stmt:
        start = self.take("while")
        test = self.expr(node.test)
        return p.While(start, test.end, test, self.suite(node.body), self.suite(node.orelse.body) if node.orelse else [])

    def with_(self, node: cst.With) -> p.Stmt:
        start = self.take("with")
        items: list[tuple[p.Expr, Optional[p.Expr]]] = []
        for item in node.items:
            value = self.expr(item.item)
            items.append((value, self.expr(item.asname.name) if item.asname else None))
        end = self.last
        return p.With(start, end, items, self.suite(node.body))

    def try_(self, node: Union[cst.Try, cst.TryStar]) -> p.Stmt:
        start = self.take("try")
        body = self.suite(node.body)
        handlers = [self.handler(handler) for handler in node.handlers]
        orelse = self.suite(node.orelse.body) if node.orelse else []
        final = self.suite(node.finalbody.body) if node.finalbody else []
        return p.Try(start, self.last, body, handlers, orelse, final)

    def handler(self, node: Union[cst.ExceptHandler, cst.ExceptStarHandler]) -> p.Handler:
        kind = self.expr(node.type) if node.type else None
        name = node.name.name if node.name else None
        if isinstance(name, cst.Name):
            self.take(name.value)
        return p.Handler(kind, name.value if isinstance(name, cst.Name) else None, self.suite(node.body))

    def function(self, node: cst.FunctionDef) -> p.Stmt:
        decorators = [self.expr(d.decorator) for d in node.decorators]
        start = self.take("def")
        self.take(node.name.value)
        end = self.last
        params = self.params(node.params)
        if node.returns:
            self.expr(node.returns.annotation)
        outer, self.yields = self.yields, False
        body = self.suite(node.body)
        generator, self.yields = self.yields, outer
        return p.FunctionDef(start, end, node.name.value, params, body, decorators, generator)

    def class_(self, node: cst.ClassDef) -> p.Stmt:
        decorators = [self.expr(d.decorator) for d in node.decorators]
        start = self.take("class")
        self.take(node.name.value)
        end = self.last
        bases = [self.argument(arg) for arg in (*node.bases, *node.keywords)]
        return p.ClassDef(start, end, node.name.value, bases, decorators, self.suite(node.body))

    def match(self, node: cst.Match) -> p.Stmt:
        """A chain of equality tests where every pattern is a literal; a test nobody can decide elsewhere."""
        start = self.take("match")
        subject = self.expr(node.subject)
        end = subject.end
        kept = p.Walrus(subject.pos, end, "#subject", subject)
        plain = isinstance(subject, (p.Name, p.Const))
        again = subject if plain else p.Name(subject.pos, end, "#subject")
        cases = [(self.case(case, again), self.suite(case.body)) for case in node.cases]
        orelse: list[p.Stmt] = []
        for test, body in reversed(cases):
            orelse = [p.If(start, end, test, body, orelse)]
        if plain and orelse:
            return orelse[0]
        return p.If(start, end, p.Const(start, start, True), [p.ExprStmt(start, end, kept), *orelse], [])


STATEMENTS: dict[type, Callable[..., p.Stmt]] = {
    cst.Expr: Lowering.expression_statement, cst.Assign: Lowering.assign, cst.AnnAssign: Lowering.annotated, cst.AugAssign: Lowering.augmented,
    cst.TypeAlias: Lowering.type_alias,
    cst.Return: Lowering.return_, cst.Raise: Lowering.raise_, cst.Assert: Lowering.assert_, cst.Del: Lowering.delete, cst.Pass: Lowering.jump,
    cst.Break: Lowering.jump, cst.Continue: Lowering.jump, cst.Global: Lowering.scope, cst.Nonlocal: Lowering.scope, cst.Import: Lowering.import_,
    cst.ImportFrom: Lowering.import_from, cst.If: Lowering.if_, cst.For: Lowering.for_, cst.While: Lowering.while_, cst.With: Lowering.with_,
    cst.Try: Lowering.try_, cst.TryStar: Lowering.try_, cst.FunctionDef: Lowering.function, cst.ClassDef: Lowering.class_, cst.Match: Lowering.match,
}  # fmt: skip
