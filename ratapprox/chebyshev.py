"""The same rational function with numerator and denominator in Chebyshev polynomials of the interval.

Monomials on an interval lose digits quickly as the degree grows; Chebyshev polynomials of that interval do not. The
change of basis is exact, in fractions: nothing is lost before the final rounding.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from math import cos, inf, pi

from flint import fmpq

from ratapprox.coefficients import nearest_float64, to_fmpq, to_fraction
from ratapprox.rational import Rational


@dataclass(frozen=True, slots=True)
class Chebyshev:
    """p/q with p = Σ p[k] T_k(t), q = Σ q[k] T_k(t), t = (2x − a − b)/(b − a), scaled so that the largest |q[k]| is 1.

    Example:
        >>> form = Chebyshev.from_rational(Rational([0, 0, 1], [1, 1]), on=(-1, 1))
        >>> [str(c) for c in form.p], [str(c) for c in form.q]
        (['1/2', '0', '1/2'], ['1', '1'])
        >>> form.to_rational()
        Rational type (2, 1): x²/(1 + x)
    """

    on: tuple[Fraction, Fraction]
    p: tuple[Fraction, ...]
    q: tuple[Fraction, ...]

    @classmethod
    def from_rational(cls, rational: Rational, on: tuple[Fraction | int, Fraction | int]) -> Chebyshev:
        """The exact coefficients of a rational (float coefficients count as the dyadic fractions that they are)."""
        a, b = (Fraction(end) for end in on)
        exact = rational.exact()
        p, q = (_to_chebyshev([Fraction(c) for c in coefficients], a, b) for coefficients in (exact.p, exact.q))
        scale = max(q, key=abs)
        return cls((a, b), tuple(c / scale for c in p), tuple(c / scale for c in q))

    def to_rational(self) -> Rational:
        """The same function with exact monomial coefficients."""
        return Rational(_to_monomials(self.p, *self.on), _to_monomials(self.q, *self.on))

    def rounded(self) -> Chebyshev:
        """Every coefficient rounded to the nearest double; those that underflow become zero."""
        p, q = (tuple(Fraction(float(c)) for c in coefficients) for coefficients in (self.p, self.q))
        return Chebyshev(self.on, p, q)

    def deviation(self, rational: Rational, points: Iterable[float] = ()) -> float:
        """Largest |self − rational| over Chebyshev points of the interval and the given points; inf at a pole.

        A measurement, not a bound: it says whether the coefficients of a rounded form still stand for the function.
        """
        return largest_difference(self.to_rational(), rational, self.on, points)


def largest_difference(
    left: Rational, right: Rational, on: tuple[Fraction, Fraction], points: Iterable[float] = ()
) -> float:
    """Largest |left − right| over 4(d + 1) + 1 Chebyshev points of the interval and the given points, computed exactly.

    d is the larger degree; inf where either has a pole at one of the points.
    """
    a, b = on
    count = 4 * (max(left.degree, right.degree) + 1)
    chebyshev_points = ((a + b) / 2 + (b - a) / 2 * Fraction(cos(pi * k / count)) for k in range(count + 1))
    given = (Fraction(point) for point in points)
    (p, q), (s, t) = left.polynomials(), right.polynomials()
    worst = fmpq(0)
    for x in chain(chebyshev_points, given):
        at = to_fmpq(x)
        below, under = q(at), t(at)
        if below == 0 or under == 0:
            return inf
        worst = max(worst, abs(p(at) / below - s(at) / under))
    return nearest_float64(to_fraction(worst))


def _to_chebyshev(coefficients: Sequence[Fraction], a: Fraction, b: Fraction) -> list[Fraction]:
    """Horner's rule for x = (b−a)/2·t + (a+b)/2, using t·T_0 = T_1 and 2t·T_k = T_(k+1) + T_(k−1)."""
    half, middle = (b - a) / 2, (a + b) / 2
    total = [Fraction(0)]
    for c in reversed(coefficients):
        moved = [middle * t for t in total] + [Fraction(0)]
        for k, t in enumerate(total):
            if k == 0:
                moved[1] += half * t
            else:
                moved[k + 1] += half * t / 2
                moved[k - 1] += half * t / 2
        moved[0] += c
        total = moved
    return total[: len(coefficients)]


def _to_monomials(coefficients: Sequence[Fraction], a: Fraction, b: Fraction) -> list[Fraction]:
    """Sum of the three-term recurrence T_(k+1) = 2t·T_k − T_(k−1), each T_k written in powers of x."""
    slope, shift = 2 / (b - a), (a + b) / (a - b)
    total = [Fraction(0)] * len(coefficients)
    previous, current = [Fraction(0)], [Fraction(1)]
    for k, c in enumerate(coefficients):
        for power, value in enumerate(current):
            total[power] += c * value
        factor = 1 if k == 0 else 2
        following = [Fraction(0)] * (len(current) + 1)
        for power, value in enumerate(current):
            following[power] += factor * shift * value
            following[power + 1] += factor * slope * value
        for power, value in enumerate(previous):
            following[power] -= value
        previous, current = current, following
    return total
