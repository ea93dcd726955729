"""The part of the error that is due to rounding the coefficients, and where a rational function rises and falls."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import pairwise

import numpy as np
from flint import arb, ctx, fmpq, fmpq_poly
from numpy.typing import NDArray

from ratapprox.coefficients import to_fmpq
from ratapprox.sturm import has_real_root, real_roots

__all__ = ["Slopes", "largest_difference", "slopes"]

BITS = 192

Quotient = tuple[fmpq_poly, fmpq_poly]


def largest_difference(r: Quotient, s: Quotient, a: Fraction, b: Fraction) -> arb:
    """An upper bound of |r - s| over [a, b], tight to many digits; infinite where one has a pole.

    The difference u/v is largest at an end or where u'v - uv' = 0.

    >>> one, x, square = fmpq_poly([1]), fmpq_poly([0, 1]), fmpq_poly([0, 0, 1])
    >>> largest_difference((x, one), (square, one), Fraction(0), Fraction(1)).str(5, radius=False)
    '0.25000'
    """
    (p, q), (p_other, q_other) = r, s
    u, v = p * q_other - p_other * q, q * q_other
    if u.degree() < 0:
        return arb(0)
    common = u.gcd(v)
    u, v = u // common, v // common
    if has_real_root(v, a, b):
        return arb.pos_inf()
    with ctx.workprec(BITS):
        points = [arb(to_fmpq(a)), arb(to_fmpq(b))]
        slope = u.derivative() * v - u * v.derivative()
        if slope.degree() >= 0:
            points += real_roots(slope, a, b)
        bound = arb(0)
        for x in points:
            bound = bound.max((_at(u, x) / _at(v, x)).abs_upper())
        return bound.upper()


def _at(polynomial: fmpq_poly, x: arb) -> arb:
    value = arb(0)
    for c in reversed(polynomial.coeffs()):
        value = value * x + arb(c)
    return value


class Slopes:
    """Where an exact rational function rises and falls: gaps between cuts, +1, -1 or 0 for each gap."""

    def __init__(self, cuts: list[tuple[float, float]], signs: list[int]) -> None:
        self._below = np.array([low for low, _ in cuts])
        self._above = np.array([high for _, high in cuts])
        self._signs = np.array(signs)

    def between(self, x: NDArray[np.float64]) -> NDArray[np.int64]:
        """For ascending x [N], the direction from x[i] to x[i + 1] [N - 1].

        It is 0 where an extremum lies between the two, or a pole between or on them.
        """
        gap = np.searchsorted(self._above, x[:-1], side="right")
        same = gap == np.searchsorted(self._below, x[1:], side="left")
        return np.where(same, self._signs[gap], 0)


def slopes(p: fmpq_poly, q: fmpq_poly) -> Slopes:
    """The slopes of p/q, exactly: the zeros of p'q - pq' at which it changes sign, and the poles, are the cuts.

    >>> slopes(fmpq_poly([0, 0, 1]), fmpq_poly([1])).between(np.array([-2.0, -1.0, 0.0, 1.0])).tolist()
    [-1, -1, 1]
    """
    common = p.gcd(q)
    p, q = p // common, q // common
    slope = p.derivative() * q - p * q.derivative()
    if slope.degree() < 0:
        return Slopes([], [0])
    with ctx.workprec(BITS):
        poles = real_roots(q)
        cuts = real_roots(slope * q if poles else slope)
        signs = [1 if slope(x) > 0 else -1 for x in _samples(cuts)]
        kept, directions = [], signs[:1]
        for cut, (before, after) in zip(cuts, pairwise(signs), strict=True):
            pole = any(cut.overlaps(pole) for pole in poles)
            if pole or before != after:
                low, high = float(cut.lower()), float(cut.upper())
                kept.append((math.nextafter(low, -math.inf), math.nextafter(high, math.inf)) if pole else (low, high))
                directions.append(after)
    return Slopes(kept, directions)


def _samples(balls: tuple[arb, ...]) -> list[fmpq]:
    """A rational number in every gap left by the balls, outside of all of them."""
    if not balls:
        return [fmpq(0)]
    inner = [(left.upper().fmpq() + right.lower().fmpq()) / 2 for left, right in pairwise(balls)]
    return [balls[0].lower().fmpq() - 1, *inner, balls[-1].upper().fmpq() + 1]
