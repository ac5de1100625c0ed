"""Lowering of expressions and parameters."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any, Optional, Union

from initlint import program as p
from initlint.lower import nodes as cst
from initlint.lower.tokens import Tokens

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


class Expressions(Tokens):
    """Lowers expressions; ``yields`` tells whether one of them was a ``yield``."""

    def __init__(self, text: str, base: int) -> None:
        super().__init__(text, base)
        self.yields = False

    def expr(self, node: cst.BaseExpression) -> p.Expr:
        """The expression of ``node``, its parentheses taken with it."""
        outer = [self.take("(") for _ in getattr(node, "lpar", ())]
        handler = EXPRESSIONS.get(type(node))
        result = handler(self, node) if handler else self.unsupported(node)
        for _ in outer:
            self.take(")")
        self.first = outer[0] if outer else result.pos
        return result

    def unsupported(self, node: cst.CSTNode) -> p.Expr:
        """What stands for syntax that is not lowered."""
        return p.Unsupported(self.last, self.last, type(node).__name__)

    def name(self, node: cst.Name) -> p.Expr:
        pos = self.take(node.value)
        if node.value in CONSTANTS:
            return p.Const(pos, self.last, CONSTANTS[node.value])
        return p.Name(pos, self.last, node.value)

    def number(self, node: Union[cst.Integer, cst.Float]) -> p.Expr:
        pos = self.take(node.value)
        if isinstance(node, cst.Float):
            return p.Const(pos, self.last, float(node.value))
        return p.Const(pos, self.last, int(node.value, 0))

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
    cst.Name: Expressions.name, cst.Integer: Expressions.number, cst.Float: Expressions.number, cst.SimpleString: Expressions.string,
    cst.ConcatenatedString: Expressions.concatenated, cst.FormattedString: Expressions.fstring, cst.Attribute: Expressions.attribute,
    cst.Call: Expressions.call, cst.Subscript: Expressions.subscript, cst.BinaryOperation: Expressions.binary, cst.UnaryOperation: Expressions.unary,
    cst.BooleanOperation: Expressions.boolean, cst.Comparison: Expressions.comparison, cst.Tuple: Expressions.display, cst.List: Expressions.display,
    cst.Set: Expressions.display, cst.Dict: Expressions.dictionary, cst.Lambda: Expressions.lambda_, cst.IfExp: Expressions.conditional,
    cst.ListComp: Expressions.comprehension, cst.SetComp: Expressions.comprehension, cst.GeneratorExp: Expressions.comprehension,
    cst.DictComp: Expressions.comprehension, cst.NamedExpr: Expressions.walrus, cst.Await: Expressions.await_, cst.Yield: Expressions.yield_,
}  # fmt: skip
