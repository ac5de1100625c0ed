"""Symbolic numbers: sizes such as ``4*hidden`` that stay exact without ever being evaluated.

An expression is a sum of monomials with rational exponents over named atoms, which makes equality of
the expressions that model code writes (``dim * 4 // 2``, ``out_features * in_features``) structural.
What does not fit that form (``floor``, ``max`` …) becomes an opaque atom that prints as it was written.
"""

from __future__ import annotations

import hashlib
import math
from fractions import Fraction
from typing import Union

Exponent = Union[int, Fraction]
Monomial = tuple[tuple[str, Exponent], ...]
Number = Union[int, float, "Sym"]
LONGEST = 1_000
"""Characters of an expression that are kept: products of such expressions repeat them, so that a loop doubles the text each time."""


class Sym:
    """A number that is not known: immutable, hashable, and equal to whatever it is provably equal to."""

    __slots__ = ("_hash", "terms")
    terms: tuple[tuple[Monomial, float], ...]

    def __init__(self, terms: dict[Monomial, float]) -> None:
        self.terms = tuple(terms.items()) if len(terms) == 1 else tuple(sorted(((m, c) for m, c in terms.items() if c != 0), key=_order))
        self._hash = hash(self.terms)

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sym) and self.terms == other.terms

    def __bool__(self) -> bool:
        raise TypeError("the truth of a symbolic number is not known")

    def __repr__(self) -> str:
        return f"Sym({self})"

    def __str__(self) -> str:
        text = ""
        for monomial, coefficient in self.terms:
            piece = _spell(monomial, abs(coefficient))
            sign = "-" if coefficient < 0 else "+"
            if not text and sign == "-" and ("//" in piece or "%" in piece) and not _whole(piece):
                piece = f"({piece})"
            text = f"{text} {sign} {piece}" if text else ("-" if sign == "-" else "") + piece
        return text or "0"

    def __add__(self, other: Number) -> Number:
        terms = dict(self.terms)
        for monomial, coefficient in _terms(other):
            terms[monomial] = terms.get(monomial, 0) + coefficient
        return _simplify(terms)

    __radd__ = __add__

    def __neg__(self) -> Number:
        return _simplify({m: -c for m, c in self.terms})

    def __pos__(self) -> Number:
        return self

    def __sub__(self, other: Number) -> Number:
        return self + (-other)

    def __rsub__(self, other: Number) -> Number:
        return (-self) + other

    def __mul__(self, other: Number) -> Number:
        right = _terms(other)
        if len(self.terms) * len(right) > 64:
            return opaque(f"({self})*({other})")
        terms: dict[Monomial, float] = {}
        for ma, ca in self.terms:
            for mb, cb in right:
                monomial = _product(ma, mb)
                terms[monomial] = terms.get(monomial, 0) + ca * cb
        return _simplify(terms)

    __rmul__ = __mul__

    def __truediv__(self, other: Number) -> Number:
        return self * reciprocal(other)

    def __rtruediv__(self, other: Number) -> Number:
        return reciprocal(self) * other

    def __floordiv__(self, other: Number) -> Number:
        """Exact where every coefficient divides (``4*hidden // 2``), opaque otherwise."""
        if not isinstance(other, (int, float, Sym)):
            return NotImplemented
        if isinstance(other, int) and self._divides(other):
            return _simplify({m: c // other for m, c in self.terms})
        if isinstance(other, Sym):
            quotient = self / other
            if not isinstance(quotient, Sym):
                return math.floor(quotient)
        return opaque(f"{_factor(self)}//{_factor(other)}")

    def __rfloordiv__(self, other: Number) -> Number:
        return opaque(f"{_factor(other)}//{_factor(self)}")

    def __mod__(self, other: Number) -> Number:
        if not isinstance(other, (int, float, Sym)):
            return NotImplemented
        if isinstance(other, int) and self._divides(other):
            return 0
        return opaque(f"{_factor(self)}%{_factor(other)}")

    def _divides(self, other: int) -> bool:
        """Whether ``other`` divides every term; sizes are whole numbers, their powers are, their ratios and roots need not be."""
        whole = all(e.denominator == 1 and e > 0 for m, _ in self.terms for _, e in m)
        return whole and other != 0 and all(isinstance(c, int) and c % other == 0 for _, c in self.terms)

    def __rmod__(self, other: Number) -> Number:
        return opaque(f"{_factor(other)}%{_factor(self)}")

    def __pow__(self, exponent: Number) -> Number:
        return power(self, exponent)

    def __rpow__(self, base: Number) -> Number:
        return opaque(f"{_factor(base)}**{_factor(self)}")

    def __abs__(self) -> Number:
        return self if len(self.terms) == 1 and self.terms[0][1] > 0 else opaque(f"abs({self})")


def symbol(name: str) -> Sym:
    """A fresh unknown called ``name``; two symbols of one name are the same number."""
    return Sym({((name, 1),): 1})


def opaque(text: str) -> Sym:
    """A number known only by the expression that computes it; a long one by a name of its own, which equal expressions share."""
    return symbol(text if len(text) <= LONGEST else f"?long_{hashlib.sha1(text.encode()).hexdigest()[:12]}")


def power(base: Number, exponent: Number) -> Number:
    """``base ** exponent``; exact for monomials with a rational exponent, opaque otherwise."""
    if not isinstance(base, Sym) and not isinstance(exponent, Sym):
        result = base**exponent
        return result if isinstance(result, (int, float)) else opaque(f"{base}**{exponent}")
    if isinstance(base, Sym) and isinstance(exponent, (int, float)):
        if len(base.terms) == 1 and float(exponent * 12).is_integer():
            (monomial, coefficient) = base.terms[0]
            fraction = exponent if isinstance(exponent, int) else Fraction(exponent).limit_denominator(12)
            if coefficient > 0:
                scale = coefficient**exponent if fraction.denominator > 1 or exponent < 0 else coefficient ** int(exponent)
                return _simplify({tuple((a, e * fraction) for a, e in monomial): scale})
        if isinstance(exponent, int) and 0 <= exponent <= 3:
            product: Number = 1
            for _ in range(exponent):
                product = base * product
            return product
    return opaque(f"{_factor(base)}**{_factor(exponent)}")


def sqrt(value: Number) -> Number:
    """Square root of a non-negative number, known or not."""
    return power(value, 0.5) if isinstance(value, Sym) else math.sqrt(value)


def reciprocal(value: Number) -> Number:
    """``1 / value``."""
    if not isinstance(value, Sym):
        return 1 / value
    if len(value.terms) == 1:
        monomial, coefficient = value.terms[0]
        return _simplify({tuple((a, -e) for a, e in monomial): 1 / coefficient})
    return _simplify({((f"({value})", -1),): 1})


def at(value: Number, size: float) -> float:
    """``value`` where every size in it that is not known is ``size``."""
    if not isinstance(value, Sym):
        return float(value)
    return float(sum(coefficient * math.prod(size ** float(e) for _, e in monomial) for monomial, coefficient in value.terms))


def known(value: Number) -> bool:
    """Whether ``value`` is an ordinary number."""
    return not isinstance(value, Sym)


def _terms(value: Number) -> tuple[tuple[Monomial, float], ...]:
    return value.terms if isinstance(value, Sym) else (((), value),)


def _product(left: Monomial, right: Monomial) -> Monomial:
    powers = dict(left)
    for atom, exponent in right:
        powers[atom] = powers.get(atom, 0) + exponent
    return tuple(sorted((a, e) for a, e in powers.items() if e))


def _simplify(terms: dict[Monomial, float]) -> Number:
    terms = {m: _integral(c) for m, c in terms.items() if c != 0}
    if not terms:
        return 0
    if len(terms) == 1 and () in terms:
        return terms[()]
    return Sym(terms)


def _integral(value: float) -> float:
    return int(value) if abs(value) < 1e15 and float(value).is_integer() else value


def _order(term: tuple[Monomial, float]) -> tuple[int, str]:
    return (0 if term[0] else 1, "*".join(f"{a}^{e}" for a, e in term[0]))


def _spell(monomial: Monomial, coefficient: float) -> str:
    alone = len(monomial) == 1 and coefficient == 1 and monomial[0][1] == 1
    above = [monomial[0][0]] if alone else [_atom(a, e) for a, e in monomial if e > 0]
    below = [_atom(a, -e) for a, e in monomial if e < 0]
    if coefficient != 1 or not above:
        above.insert(0, f"{coefficient:.6g}")
    text = "*".join(above)
    if not below:
        return text
    return f"{text}/{below[0]}" if len(below) == 1 else f"{text}/({'*'.join(below)})"


def _atom(atom: str, exponent: Exponent) -> str:
    if exponent == Fraction(1, 2):
        return f"sqrt({atom})"
    base = atom if _whole(atom) else f"({atom})"
    if exponent == 1:
        return base
    return f"{base}**{exponent}" if exponent.denominator == 1 else f"{base}**({exponent})"


def _factor(value: Number) -> str:
    text = str(value)
    return text if _whole(text) else f"({text})"


def _whole(text: str) -> bool:
    """Whether an expression means the same wherever it stands: a name, a number, a call."""
    if all(char.isalnum() or char in "_." for char in text):
        return True
    depth = 0
    for place, char in enumerate(text):
        depth += (char in "([") - (char in ")]")
        if depth == 0 and (char in ")]") and place < len(text) - 1:
            return False
        if depth == 0 and not (char.isalnum() or char in "_.)]"):
            return False
    return text[-1:] in ")]"
