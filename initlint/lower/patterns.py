"""Lowering of ``match`` patterns: tests on the subject that the interpreter already understands."""

from __future__ import annotations

from initlint import program as p
from initlint.lower import nodes as cst
from initlint.lower.expressions import Expressions


class Patterns(Expressions):
    """Lowers what stands behind ``case``."""

    def case(self, node: cst.MatchCase, subject: p.Expr) -> p.Expr:
        """The test that selects a case, its guard included."""
        test = self.pattern(node.pattern, subject)
        if node.guard is None:
            return test
        guard = self.expr(node.guard)
        return p.BoolOp(test.pos, guard.end, "and", test, guard)

    def pattern(self, node: cst.MatchPattern, subject: p.Expr) -> p.Expr:
        """Whether ``subject`` matches."""
        if isinstance(node, cst.MatchValue):
            value = self.expr(node.value)
            return p.Compare(value.pos, value.end, subject, [("==", value)])
        if isinstance(node, cst.MatchSingleton):
            value = self.expr(node.value)
            return p.Compare(value.pos, value.end, subject, [("is", value)])
        if isinstance(node, cst.MatchOr):
            tests = [self.pattern(element.pattern, subject) for element in node.patterns]
            return _chain("or", tests)
        if isinstance(node, cst.MatchAs):
            inner: p.Expr = self.pattern(node.pattern, subject) if node.pattern is not None else p.Const(self.last, self.last, True)
            return inner if node.name is None else _chain("and", [inner, self.capture(node.name, subject)])
        if isinstance(node, cst.MatchClass) and not node.patterns and not node.kwds:
            kind = self.expr(node.cls)
            self.take("(")
            self.take(")")
            arguments = [p.Arg(subject), p.Arg(kind)]
            return p.Call(kind.pos, self.last, p.Name(kind.pos, kind.pos, "isinstance"), arguments)
        if isinstance(node, (cst.MatchList, cst.MatchTuple)) and not any(isinstance(e, cst.MatchStar) for e in node.patterns):
            return self.sequence_pattern([e.value for e in node.patterns if isinstance(e, cst.MatchSequenceElement)], subject)
        return self.unfollowed_pattern(node)

    def sequence_pattern(self, parts: list[cst.MatchPattern], subject: p.Expr) -> p.Expr:
        """A list or tuple pattern: the length, then one element after the other."""
        at = self.last
        length = p.Call(at, at, p.Name(at, at, "len"), [p.Arg(subject)])
        kinds = p.Sequence(at, at, "tuple", [p.Name(at, at, "list"), p.Name(at, at, "tuple")])
        tests: list[p.Expr] = [
            p.Call(at, at, p.Name(at, at, "isinstance"), [p.Arg(subject), p.Arg(kinds)]),
            p.Compare(at, at, length, [("==", p.Const(at, at, len(parts)))]),
        ]
        for index, part in enumerate(parts):
            tests.append(self.pattern(part, p.Subscript(at, at, subject, p.Const(at, at, index))))
        return _chain("and", tests)

    def capture(self, node: cst.Name, subject: p.Expr) -> p.Expr:
        """Bind a name, which always succeeds."""
        pos = self.take(node.value)
        bound = p.Walrus(pos, self.last, node.value, subject)
        return p.BoolOp(pos, self.last, "or", bound, p.Const(pos, self.last, True))

    def unfollowed_pattern(self, node: cst.MatchPattern) -> p.Expr:
        """A test nobody can decide; the names it binds hold what is not known."""
        test: p.Expr = p.Unsupported(self.last, self.last, type(node).__name__)
        binds = [p.Walrus(self.last, self.last, name, p.Unsupported(self.last, self.last, "a captured pattern")) for name in _captured(node)]
        return _chain("and", [test, *(p.BoolOp(b.pos, b.end, "or", b, p.Const(b.pos, b.end, True)) for b in binds)])


def _chain(op: str, tests: list[p.Expr]) -> p.Expr:
    """``test and test and …``, ``test or test or …``."""
    result = tests[0]
    for test in tests[1:]:
        result = p.BoolOp(result.pos, test.end, op, result, test)
    return result


def _captured(node: cst.CSTNode) -> list[str]:
    """Names that a pattern binds."""
    names = []
    if isinstance(node, (cst.MatchAs, cst.MatchStar)) and node.name is not None:
        names.append(node.name.value)
    if isinstance(node, cst.MatchMapping) and node.rest is not None:
        names.append(node.rest.value)
    for part in ("pattern", "patterns", "elements", "kwds", "value"):
        inner = getattr(node, part, ())
        for child in inner if isinstance(inner, (list, tuple)) else (inner,):
            if isinstance(child, cst.CSTNode) and not isinstance(child, cst.BaseExpression):
                names += _captured(child)
    return names
