"""Programs of + − × ÷ as the rational functions that they compute, exactly."""

from __future__ import annotations

from fractions import Fraction

from ratapprox.formats.importers.entry import CoefficientsError
from ratapprox.formats.importers.reading import MOST_COEFFICIENTS
from ratapprox.rational import Rational

__all__ = ["Operations", "X", "as_published"]

X = Rational([0, 1])
"""The variable."""

MOST_BITS = 13_000
"""Of the coefficients of both operands: what comes of them is then below Python's limit for decimal texts."""

MOST_BITS_IN_ALL = 10**8
"""Bits of coefficients times degrees, added up over the operations of a file."""


class Operations:
    """+ − × ÷ of rational functions, common factors kept, in a bounded degree and with a bounded amount of work.

    A few lines that square a number again and again make one that fills any memory: what the coefficients of operands
    have in bits is bounded for each operation and for all of one file.

    >>> apply = Operations()
    >>> apply("/", X, apply("+", apply("*", X, X), Rational([1])))
    Rational type (1, 2): x/(1 + x²)
    """

    def __init__(self) -> None:
        self._left = MOST_BITS_IN_ALL

    def __call__(self, symbol: str, left: Rational, right: Rational) -> Rational:
        """left + right and so on."""
        if left.degree + right.degree > MOST_COEFFICIENTS:
            raise CoefficientsError(f"it computes a rational function of a degree above {MOST_COEFFICIENTS}")
        bits = _bits(left) + _bits(right)
        self._left -= bits * (left.degree + right.degree + 1)
        if bits > MOST_BITS or self._left < 0:
            raise CoefficientsError(
                f"it computes with numbers of {bits} bits, or too many of them: give the coefficients alone"
            )
        if symbol == "+":
            return left + right
        if symbol == "-":
            return left - right
        if symbol == "*":
            return left * right
        if not any(right.p):
            raise CoefficientsError("it divides by zero")
        return left / right


def _bits(function: Rational) -> int:
    """Of the longest numerator or denominator of a coefficient."""
    if not function.is_exact:
        return 64
    found = [Fraction(c) for c in (*function.p, *function.q)]
    return max(max(c.numerator.bit_length(), c.denominator.bit_length()) for c in found)


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
