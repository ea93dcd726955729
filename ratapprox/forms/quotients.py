"""Forms p(x)/(something safe): a numerator, and coefficients b of a denominator that is written with | |."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from ratapprox.algebraic import Algebraic
from ratapprox.breakpoints import real_roots_between
from ratapprox.coefficients import (
    Coefficients,
    Number,
    from_polynomial,
    one_kind,
    polynomial_text,
    read_numbers,
    to_polynomial,
)
from ratapprox.forms.form import Form
from ratapprox.piecewise import Piecewise
from ratapprox.rational import Rational

__all__ = ["Quotient", "absolute", "ones", "powers", "sizes", "two_sided", "with_sign"]


@dataclass(frozen=True, init=False, repr=False)
class Quotient(Form):
    """p(x) over a denominator made of the coefficients b; numbers all `Fraction` or, as soon as one is a float, all
    `float`, kept in full length."""

    p: Coefficients
    b: Coefficients

    def __init__(self, p: Sequence[Number] | NDArray[Any], b: Sequence[Number] | NDArray[Any]) -> None:
        above, below = one_kind(read_numbers(p, "p"), read_numbers(b, "b"))
        object.__setattr__(self, "p", above)
        object.__setattr__(self, "b", below)

    def __repr__(self) -> str:
        m, n = self.type
        return f"{self.__class__.__name__} ({self.name}) of type ({m}, {n}): p = {polynomial_text(self.p)}"

    @property
    def type(self) -> tuple[int, int]:
        """(m, n): the degrees of numerator and denominator as written."""
        return len(self.p) - 1, len(self.b)

    @property
    def is_exact(self) -> bool:
        """Whether all parameters are fractions."""
        return isinstance(self.p[0], Fraction)

    def exact(self) -> Self:
        """The same parameters as fractions: a float is the dyadic fraction that it is."""
        return self if self.is_exact else self.__class__([Fraction(c) for c in self.p], [Fraction(c) for c in self.b])


def powers(coefficients: Iterable[Any], x: Any, start: Any, first: int) -> list[Any]:
    """The terms c_k x^k, k = first, first + 1, …, by repeated multiplication, each multiplied by `start` = 1."""
    term, found = start, []
    for _ in range(first):
        term = term * x
    for c in coefficients:
        found.append(c * term)
        term = term * x
    return found


def ones(x: Any) -> Any:
    """1 in the arithmetic of x."""
    return np.ones_like(x) if isinstance(x, np.ndarray) else Fraction(1)


def absolute(p: Any, s: Any, offset: Any) -> Rational | Piecewise:
    """p/(offset + |s|), exactly: cut where s changes its sign, at its real roots of odd multiplicity.

    >>> from flint import fmpq_poly
    >>> absolute(fmpq_poly([0, 1]), fmpq_poly([0, 1]), 1).intervals()[0]
    (None, Fraction(0, 1), Rational type (1, 1): x/(1 - x))
    """
    changes = [] if s == 0 else [t for t, multiplicity in real_roots_between(s, None, None) if multiplicity % 2]
    ascends = s == 0 or s.leading_coefficient() > 0
    sign = 1 if ascends == (len(changes) % 2 == 0) else -1  # |s| = sign·s left of all changes
    pieces = []
    for _ in range(len(changes) + 1):
        pieces.append(Rational(from_polynomial(p), from_polynomial(offset + sign * s)))
        sign = -sign
    return _cut(changes, pieces)


def two_sided(p: Any, left: Any, right: Any) -> Rational | Piecewise:
    """p/left for x < 0 and p/right for x >= 0.

    >>> from flint import fmpq_poly
    >>> two_sided(fmpq_poly([1]), fmpq_poly([1, -1]), fmpq_poly([1, 1]))
    Piecewise in 2 pieces of type (0, 1), cut at 0
    """
    above = from_polynomial(p)
    return _cut([Algebraic.rational(0)], [Rational(above, from_polynomial(q)) for q in (left, right)])


def _cut(breakpoints: Sequence[Algebraic], pieces: Sequence[Rational]) -> Rational | Piecewise:
    return Piecewise(breakpoints, pieces).joined() if breakpoints else pieces[0]


def sizes(b: Coefficients) -> Coefficients:
    """|b_k|.

    >>> sizes((Fraction(-1), Fraction(2)))
    (Fraction(1, 1), Fraction(2, 1))
    """
    return tuple(c if c >= 0 else -c for c in b)


def with_sign(b: Coefficients, side: int, first: int = 1) -> Any:
    """Σ b_k (side·x)^k, k from `first`, as an exact polynomial.

    >>> with_sign((Fraction(1), Fraction(2)), -1)
    2*x^2 + (-1)*x
    """
    numbers = [Fraction(0)] * first + [Fraction(c) * side**k for k, c in enumerate(b, first)]
    return to_polynomial(tuple(numbers))
