"""Programs of + − × ÷ as the rational functions that they compute, exactly."""

from __future__ import annotations

from fractions import Fraction

from ratapprox.formats.importers.entry import CoefficientsError
from ratapprox.formats.importers.reading import MOST_COEFFICIENTS
from ratapprox.rational import Rational

__all__ = ["X", "as_published", "operation"]

X = Rational([0, 1])
"""The variable."""


def operation(symbol: str, left: Rational, right: Rational) -> Rational:
    """left + right and so on, common factors kept, in a bounded degree.

    >>> operation("/", X, operation("+", X * X, Rational([1])))
    Rational type (1, 2): x/(1 + x²)
    """
    if left.degree + right.degree > MOST_COEFFICIENTS:
        raise CoefficientsError(f"it computes a rational function of a degree above {MOST_COEFFICIENTS}")
    if symbol == "+":
        return left + right
    if symbol == "-":
        return left - right
    if symbol == "*":
        return left * right
    if not any(right.p):
        raise CoefficientsError("it divides by zero")
    return left / right


def as_published(found: Rational) -> Rational:
    """With float coefficients where they are those numbers exactly, with fractions otherwise.

    >>> as_published(Rational([Fraction(1, 2)])), as_published(Rational([Fraction(1, 3)])).is_exact
    (Rational type (0, 0): 0.5, True)
    """
    found = found.reduced()
    if any(abs(Fraction(c)) > 2**1000 for c in (*found.p, *found.q)):
        return found
    rounded = found.to_float()
    return rounded if rounded.exact() == found else found
