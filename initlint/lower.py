"""LibCST to program, in one pass.

Positions come without LibCST's metadata: the text is split once into words, strings and brackets by a regular
expression, and lowering, which visits leaves in source order, takes these tokens one by one as it goes.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from typing import Any, Optional, Union

import libcst as cst

from initlint import program as p

TOKEN = re.compile(
    r"""
    \#[^\n\r]*
  | [rRbBuUfFtT]{0,3}(?P<long>\"\"\"|\'\'\')(?:[^\\]|\\.)*?(?P=long)
  | [rRbBuUfFtT]{0,3}"(?:[^"\\\n]|\\.)*"
  | [rRbBuUfFtT]{0,3}'(?:[^'\\\n]|\\.)*'
  | [^\W\d]\w*
  | 0[xXoObB][\da-fA-F_]+ | (?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d[\d_]*)?[jJ]?
  | [()\[\]{}]
    """,
    re.VERBOSE | re.DOTALL,
)

OPERATORS: dict[type, str] = {
    cst.Add: "+", cst.AddAssign: "+", cst.Subtract: "-", cst.SubtractAssign: "-", cst.Multiply: "*", cst.MultiplyAssign: "*",
    cst.Divide: "/", cst.DivideAssign: "/", cst.FloorDivide: "//", cst.FloorDivideAssign: "//", cst.Modulo: "%", cst.ModuloAssign: "%",
    cst.Power: "**", cst.PowerAssign: "**", cst.MatrixMultiply: "@", cst.MatrixMultiplyAssign: "@", cst.LeftShift: "<<", cst.LeftShiftAssign: "<<",
    cst.RightShift: ">>", cst.RightShiftAssign: ">>", cst.BitAnd: "&", cst.BitAndAssign: "&", cst.BitOr: "|", cst.BitOrAssign: "|",
    cst.BitXor: "^", cst.BitXorAssign: "^", cst.Minus: "-", cst.Plus: "+", cst.Not: "not", cst.BitInvert: "~", cst.And: "and", cst.Or: "or",
    cst.Equal: "==", cst.NotEqual: "!=", cst.LessThan: "<", cst.LessThanEqual: "<=", cst.GreaterThan: ">", cst.GreaterThanEqual: ">=",
    cst.Is: "is", cst.IsNot: "is not", cst.In: "in", cst.NotIn: "not in",
}  # fmt: skip

CONSTANTS = {"None": None, "True": True, "False": False}


def lower_source(text: str, base: int = 0) -> list[p.Stmt]:
    """Parse ``text`` with LibCST and lower every statement; ``base`` is added to all offsets."""
    return Lowering(text, base).block(cst.parse_module(text).body)


class Lowering:
    """One pass over one parsed text. ``last`` is where the token taken last ends, ``first`` where the expression lowered last begins, parentheses included."""

    def __init__(self, text: str, base: int) -> None:
        matches = [(m.start(), m.group()) for m in TOKEN.finditer(text)]
        self.tokens = [(start + base, token) for start, token in matches if token[0] != "#"]
        self.index = 0
        self.first = self.last = base
        self.frozen: Optional[tuple[int, int]] = None
        self.yields = False

    def take(self, token: str) -> int:
        """Advance past the next ``token`` and return where it starts."""
        if self.frozen:
            self.last = self.frozen[1]
            return self.frozen[0]
        tokens, index = self.tokens, self.index
        end = len(tokens)
        while index < end and tokens[index][1] != token:
            index += 1
        if index == end:
            return self.last
        self.index = index + 1
        start = tokens[index][0]
        self.last = start + len(token)
        return start

    # ---- expressions ----

    def expr(self, node: cst.BaseExpression) -> p.Expr:
        outer = [self.take("(") for _ in getattr(node, "lpar", ())]
        handler = EXPRESSIONS.get(type(node))
        result = handler(self, node) if handler else self.unsupported(node)
        for _ in outer:
            self.take(")")
        self.first = outer[0] if outer else result.pos
        return result

    def unsupported(self, node: cst.CSTNode) -> p.Expr:
        return p.Unsupported(self.last, self.last, type(node).__name__)

    def name(self, node: cst.Name) -> p.Expr:
        pos = self.take(node.value)
        if node.value in CONSTANTS:
            return p.Const(pos, self.last, CONSTANTS[node.value])
        return p.Name(pos, self.last, node.value)

    def number(self, node: Union[cst.Integer, cst.Float]) -> p.Expr:
        pos = self.take(node.value)
        plain = node.value.isdecimal() and node.value[0] != "0"
        return p.Const(pos, self.last, int(node.value) if plain else ast.literal_eval(node.value))

    def string(self, node: cst.SimpleString) -> p.Expr:
        text = node.value
        pos = self.take(text)
        plain = text[0] in "\"'" and "\\" not in text and text[1:2] != text[0]
        return p.Const(pos, self.last, text[1:-1] if plain else ast.literal_eval(text))

    def concatenated(self, node: cst.ConcatenatedString) -> p.Expr:
        left, right = self.expr(node.left), self.expr(node.right)
        if isinstance(left, p.Const) and isinstance(right, p.Const):
            return p.Const(left.pos, right.end, left.value + right.value)
        return p.FString(left.pos, right.end, [left, right])

    def fstring(self, node: cst.FormattedString) -> p.Expr:
        entered = self.frozen
        if not entered:
            self.frozen = self.take_prefixed(node.start)
        pos, end = self.frozen or (self.last, self.last)
        parts = [self.fstring_part(part, pos, end, node.start) for part in node.parts]
        self.frozen = entered
        self.last = end
        return p.FString(pos, end, parts)

    def take_prefixed(self, prefix: str) -> tuple[int, int]:
        while self.index < len(self.tokens) and not self.tokens[self.index][1].startswith(prefix):
            self.index += 1
        if self.index == len(self.tokens):
            return self.last, self.last
        start, token = self.tokens[self.index]
        self.index += 1
        return start, start + len(token)

    def fstring_part(self, part: cst.BaseFormattedStringContent, pos: int, end: int, opening: str) -> p.Expr:
        if isinstance(part, cst.FormattedStringText):
            return p.Const(pos, end, _unescaped(part.value, opening).replace("{{", "{").replace("}}", "}"))
        assert isinstance(part, cst.FormattedStringExpression)
        value = self.expr(part.expression)
        pieces = part.format_spec or ()
        if part.equal:
            return p.Unsupported(pos, end, "a self-documenting expression")
        plain = [piece.value for piece in pieces if isinstance(piece, cst.FormattedStringText)]
        if len(plain) == len(pieces):
            return p.FormattedValue(pos, end, value, part.conversion or "", "".join(plain))
        return p.FormattedValue(pos, end, value, part.conversion or "", "", [self.fstring_part(piece, pos, end, opening) for piece in pieces])

    def attribute(self, node: cst.Attribute) -> p.Expr:
        value = self.expr(node.value)
        start = self.first
        self.take(node.attr.value)
        return p.Attr(start, self.last, value, node.attr.value)

    def call(self, node: cst.Call) -> p.Expr:
        func = self.expr(node.func)
        start = self.first
        self.take("(")
        args = [self.argument(arg) for arg in node.args]
        self.take(")")
        bare_super = not args and isinstance(func, p.Name) and func.id == "super"
        return p.Call(start, self.last, func, args, bare_super)

    def argument(self, arg: cst.Arg) -> p.Arg:
        keyword = arg.keyword.value if arg.keyword else None
        if keyword:
            self.take(keyword)
        return p.Arg(self.expr(arg.value), keyword, len(arg.star))

    def subscript(self, node: cst.Subscript) -> p.Expr:
        value = self.expr(node.value)
        first = self.first
        start = self.take("[")
        items = [self.subscript_item(element.slice) for element in node.slice]
        plain = len(items) == 1 and not isinstance(node.slice[0].comma, cst.Comma)
        index = items[0] if plain else p.Sequence(start, self.last, "tuple", items)
        self.take("]")
        return p.Subscript(first, self.last, value, index)

    def subscript_item(self, node: cst.BaseSlice) -> p.Expr:
        if isinstance(node, cst.Index):
            value = self.expr(node.value)
            return p.Starred(value.pos, value.end, value) if node.star else value
        assert isinstance(node, cst.Slice)
        start = self.last
        bounds = [self.expr(bound) if bound else None for bound in (node.lower, node.upper, node.step)]
        return p.Slice(start, self.last, *bounds)

    def binary(self, node: cst.BinaryOperation) -> p.Expr:
        left = self.expr(node.left)
        start = self.first
        right = self.expr(node.right)
        return p.BinOp(start, self.last, OPERATORS[type(node.operator)], left, right)

    def unary(self, node: cst.UnaryOperation) -> p.Expr:
        if isinstance(node.operator, cst.Not):
            self.take("not")
        operand = self.expr(node.expression)
        op = OPERATORS[type(node.operator)]
        if op == "-" and isinstance(operand, p.Const) and type(operand.value) in (int, float):
            return p.Const(operand.pos, operand.end, -operand.value)
        return p.UnaryOp(operand.pos, operand.end, op, operand)

    def boolean(self, node: cst.BooleanOperation) -> p.Expr:
        left = self.expr(node.left)
        start = self.first
        right = self.expr(node.right)
        return p.BoolOp(start, self.last, OPERATORS[type(node.operator)], left, right)

    def comparison(self, node: cst.Comparison) -> p.Expr:
        left = self.expr(node.left)
        start = self.first
        rest = [(OPERATORS[type(c.operator)], self.expr(c.comparator)) for c in node.comparisons]
        return p.Compare(start, self.last, left, rest)

    def display(self, node: Union[cst.Tuple, cst.List, cst.Set]) -> p.Expr:
        kind: Any = {cst.Tuple: "tuple", cst.List: "list", cst.Set: "set"}[type(node)]
        opening, closing = {"tuple": ("", ""), "list": ("[", "]"), "set": ("{", "}")}[kind]
        start = self.take(opening) if opening else -1
        items = [self.element(element) for element in node.elements]
        if closing:
            self.take(closing)
        if start < 0:
            start = items[0].pos if items else self.last
        return p.Sequence(start, self.last, kind, items)

    def element(self, element: cst.BaseElement) -> p.Expr:
        value = self.expr(element.value)
        return p.Starred(value.pos, value.end, value) if isinstance(element, cst.StarredElement) else value

    def dictionary(self, node: cst.Dict) -> p.Expr:
        start = self.take("{")
        items: list[tuple[Optional[p.Expr], p.Expr]] = []
        for element in node.elements:
            key = self.expr(element.key) if isinstance(element, cst.DictElement) else None
            items.append((key, self.expr(element.value)))
        self.take("}")
        return p.DictDisplay(start, self.last, items)

    def lambda_(self, node: cst.Lambda) -> p.Expr:
        start = self.take("lambda")
        params = self.params(node.params)
        return p.Lambda(start, self.last, params, self.expr(node.body))

    def conditional(self, node: cst.IfExp) -> p.Expr:
        body, test, orelse = self.expr(node.body), self.expr(node.test), self.expr(node.orelse)
        return p.IfExp(body.pos, orelse.end, test, body, orelse)

    def comprehension(self, node: Union[cst.ListComp, cst.SetComp, cst.GeneratorExp, cst.DictComp]) -> p.Expr:
        kinds: dict[type, Any] = {cst.ListComp: "list", cst.SetComp: "set", cst.GeneratorExp: "generator", cst.DictComp: "dict"}
        kind = kinds[type(node)]
        opening = {"list": "[", "set": "{", "dict": "{"}.get(kind)
        start = self.take(opening) if opening else self.last
        value = None
        if isinstance(node, cst.DictComp):
            element, value = self.expr(node.key), self.expr(node.value)
        else:
            element = self.expr(node.elt)
        clauses = []
        clause: Optional[cst.CompFor] = node.for_in
        while clause:
            target, source = self.expr(clause.target), self.expr(clause.iter)
            clauses.append(p.Clause(target, source, [self.expr(c.test) for c in clause.ifs]))
            clause = clause.inner_for_in
        if opening:
            self.take({"[": "]", "{": "}"}[opening])
        return p.Comprehension(start if opening else element.pos, self.last, kind, element, value, clauses)

    def walrus(self, node: cst.NamedExpr) -> p.Expr:
        target = self.expr(node.target)
        value = self.expr(node.value)
        return p.Walrus(target.pos, value.end, target.id if isinstance(target, p.Name) else "", value)

    def await_(self, node: cst.Await) -> p.Expr:
        return self.expr(node.expression)

    def yield_(self, node: cst.Yield) -> p.Expr:
        self.yields = True
        start = self.take("yield")
        if isinstance(node.value, cst.From):
            return p.Yield(start, self.last, self.expr(node.value.item), True)
        return p.Yield(start, self.last, self.expr(node.value) if node.value else None)

    # ---- parameters ----

    def params(self, node: cst.Parameters) -> list[p.Param]:
        result = [self.param(one, "positional") for one in node.posonly_params]
        result += [self.param(one, "either") for one in node.params]
        if isinstance(node.star_arg, cst.Param):
            result.append(self.param(node.star_arg, "args"))
        result += [self.param(one, "keyword") for one in node.kwonly_params]
        if node.star_kwarg:
            result.append(self.param(node.star_kwarg, "kwargs"))
        return result

    def param(self, node: cst.Param, kind: Any) -> p.Param:
        self.take(node.name.value)
        annotation = self.expr(node.annotation.annotation) if node.annotation else None
        default = self.expr(node.default) if node.default else None
        return p.Param(node.name.value, kind, default, annotation)

    # ---- statements ----

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

    def case(self, node: cst.MatchCase, subject: p.Expr) -> p.Expr:
        test = self.pattern(node.pattern, subject)
        if node.guard is None:
            return test
        guard = self.expr(node.guard)
        return p.BoolOp(test.pos, guard.end, "and", test, guard)

    def pattern(self, node: cst.MatchPattern, subject: p.Expr) -> p.Expr:
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
    for child in node.children:
        if not isinstance(child, cst.BaseExpression):
            names += _captured(child)
    return names


def _unescaped(text: str, opening: str) -> str:
    """The literal part of an f-string that ``opening`` (``f"``, ``rf\'\'\'``) begins, its escapes resolved."""
    if "\\" not in text or "r" in opening.lower():
        return text
    quotes = opening.lstrip("fFtT")
    try:
        return str(ast.literal_eval(f"{quotes}{text}{quotes}"))
    except (ValueError, SyntaxError):
        return text


EXPRESSIONS: dict[type, Callable[..., p.Expr]] = {
    cst.Name: Lowering.name, cst.Integer: Lowering.number, cst.Float: Lowering.number, cst.SimpleString: Lowering.string,
    cst.ConcatenatedString: Lowering.concatenated, cst.FormattedString: Lowering.fstring, cst.Attribute: Lowering.attribute,
    cst.Call: Lowering.call, cst.Subscript: Lowering.subscript, cst.BinaryOperation: Lowering.binary, cst.UnaryOperation: Lowering.unary,
    cst.BooleanOperation: Lowering.boolean, cst.Comparison: Lowering.comparison, cst.Tuple: Lowering.display, cst.List: Lowering.display,
    cst.Set: Lowering.display, cst.Dict: Lowering.dictionary, cst.Lambda: Lowering.lambda_, cst.IfExp: Lowering.conditional,
    cst.ListComp: Lowering.comprehension, cst.SetComp: Lowering.comprehension, cst.GeneratorExp: Lowering.comprehension,
    cst.DictComp: Lowering.comprehension, cst.NamedExpr: Lowering.walrus, cst.Await: Lowering.await_, cst.Yield: Lowering.yield_,
}  # fmt: skip

STATEMENTS: dict[type, Callable[..., p.Stmt]] = {
    cst.Expr: Lowering.expression_statement, cst.Assign: Lowering.assign, cst.AnnAssign: Lowering.annotated, cst.AugAssign: Lowering.augmented,
    cst.Return: Lowering.return_, cst.Raise: Lowering.raise_, cst.Assert: Lowering.assert_, cst.Del: Lowering.delete, cst.Pass: Lowering.jump,
    cst.Break: Lowering.jump, cst.Continue: Lowering.jump, cst.Global: Lowering.scope, cst.Nonlocal: Lowering.scope, cst.Import: Lowering.import_,
    cst.ImportFrom: Lowering.import_from, cst.If: Lowering.if_, cst.For: Lowering.for_, cst.While: Lowering.while_, cst.With: Lowering.with_,
    cst.Try: Lowering.try_, cst.TryStar: Lowering.try_, cst.FunctionDef: Lowering.function, cst.ClassDef: Lowering.class_, cst.Match: Lowering.match,
}  # fmt: skip
