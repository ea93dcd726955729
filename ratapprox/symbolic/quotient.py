"""A quotient of two polynomials in x and parameters, and the arithmetic in which nothing is cancelled."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

from flint import fmpz

from ratapprox.expressions import ExpressionError
from ratapprox.rational import Rational

__all__ = ["MOST_TERMS", "Arithmetic", "NotRationalError", "Quotient", "TooLargeError"]

MOST_TERMS = 20_000
"""Polynomials with more terms than this are not multiplied out."""
_MOST_DEGREE = 400
_MOST_BITS = 40_000


class NotRationalError(ExpressionError):
    """A family that is no quotient of polynomials with rational coefficients; the message says which part of it."""


class TooLargeError(ValueError):
    """A family whose numerator or denominator is too large to be multiplied out."""


@dataclass(frozen=True)
class Quotient:
    """p/q in Z[x, parameters]; the variables of the ring are x first, then the parameters in alphabetical order.

    >>> from ratapprox.symbolic.reading import read
    >>> read("x*(x**2 + a)/(x**2 + a)")
    Quotient (x^3 + x*a)/(x^2 + a)
    >>> read("x*(x**2 + a)/(x**2 + a)").cancelled()
    Quotient (x)/(1)
    """

    p: Any
    q: Any

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names of the parameters of the ring."""
        return tuple(self.p.context().names()[1:])

    @cached_property
    def slope(self) -> Any:
        """N = p'q - pq', the numerator of f' = N/q²."""
        return self.p.derivative(0) * self.q - self.p * self.q.derivative(0)

    @cached_property
    def curvature(self) -> Any:
        """M = N'q - 2Nq', the numerator of f'' = M/q³."""
        return self.slope.derivative(0) * self.q - 2 * self.slope * self.q.derivative(0)

    def cancelled(self) -> Quotient:
        """Without the factors that p and q have in common for all values of the parameters."""
        if self.p == 0:
            return Quotient(self.p, self.p.context().constant(1))
        common = self.p.gcd(self.q)
        return self if common.is_constant() else Quotient(self.p // common, self.q // common)

    def rational(self) -> Rational:
        """p/q as a value, where there are no parameters.

        >>> from ratapprox.symbolic.reading import read
        >>> read("x/(2*x**2 + 4)").rational()
        Rational type (1, 2): (x/4)/(1 + x²/2)
        """
        degrees = (int(f.degrees()[0]) if f != 0 else 0 for f in (self.p, self.q))
        terms = (f.to_dict() for f in (self.p, self.q))
        pairs = zip(terms, degrees, strict=True)
        return Rational(*([Fraction(int(found.get((k,), 0))) for k in range(n + 1)] for found, n in pairs))

    def __repr__(self) -> str:
        return f"Quotient ({self.p})/({self.q})"


class Arithmetic:
    """Sums, products, quotients and powers of (p, q) pairs, nothing cancelled but numbers."""

    def __init__(self, context: Any) -> None:
        self.context = context
        self.one = context.constant(1)
        self.names = dict(zip(context.names(), context.gens(), strict=True))

    def number(self, value: Fraction) -> tuple[Any, Any]:
        return self.context.constant(value.numerator), self.context.constant(value.denominator)

    def symbol(self, name: str) -> tuple[Any, Any]:
        return self.names[name], self.one

    def add(self, a: Any, b: Any) -> tuple[Any, Any]:
        (p, q), (r, s) = a, b
        common = q.gcd(s)  # the least common denominator vanishes exactly where q or s does
        return self._of_modest_size(p * (s // common) + r * (q // common), q * (s // common))

    def multiply(self, a: Any, b: Any) -> tuple[Any, Any]:
        return self._of_modest_size(a[0] * b[0], a[1] * b[1])

    def inverse(self, a: Any) -> tuple[Any, Any]:
        p, q = a
        if p == 0:
            raise ValueError("the denominator is identically zero: nothing can be divided by it; change the family")
        if q.is_constant():
            return q, p
        return self._of_modest_size(q * q, p * q)  # 1/(1/x) has no value at 0

    def power(self, a: Any, exponent: int) -> tuple[Any, Any]:
        if exponent < 0:
            return self.power(self.inverse(a), -exponent)
        degree = max(max(a[0].degrees(), default=0), max(a[1].degrees(), default=0), len(a[0]) > 1)
        if exponent * max(degree, 1) > _MOST_DEGREE:
            raise TooLargeError(f"a power of degree {exponent * max(degree, 1)}: at most degree {_MOST_DEGREE} is read")
        return self._of_modest_size(a[0] ** exponent, a[1] ** exponent)

    def _of_modest_size(self, p: Any, q: Any) -> tuple[Any, Any]:
        for f in (p, q):
            degree = max(f.degrees(), default=0) if f != 0 else 0
            bits = max((abs(int(c)).bit_length() for c in f.coeffs()), default=0)
            if degree > _MOST_DEGREE or len(f) > MOST_TERMS or bits > _MOST_BITS:
                raise TooLargeError(
                    f"multiplied out the family has degree {degree}, {len(f)} terms and coefficients of {bits} bits: "
                    f"at most {_MOST_DEGREE}, {MOST_TERMS} and {_MOST_BITS} are read"
                )
        common = fmpz(p.content()).gcd(fmpz(q.content())) if p != 0 else fmpz(1)
        return (p, q) if common == 1 else (p // common, q // common)
