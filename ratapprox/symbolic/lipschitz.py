"""The largest |r'| of a rational function on an interval or on the real line: its Lipschitz constant there.

With N = p'q - pq' is r' = N/q² and, with M = N'q - 2Nq', r'' = M/q³. So |r'| is largest at an end of the interval, at a
real root of M, or in the limit at infinity, which is a quotient of leading coefficients.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flint import arb, arb_poly, ctx

from ratapprox.sturm import real_roots
from ratapprox.symbolic.decide import Ends, holds
from ratapprox.symbolic.interval import end_ball, inside

__all__ = ["bend", "increasing", "largest_slope", "limit_slope", "slope", "slope_balls"]

START_BITS, ENOUGH_BITS, MOST_BITS = 128, 70, 1 << 14


def slope(p: Any, q: Any) -> Any:
    """N = p'q - pq', the numerator of the derivative.

    >>> from flint import fmpq_poly
    >>> slope(fmpq_poly([0, 1]), fmpq_poly([1, 0, 1]))
    (-1)*x^2 + 1
    """
    return p.derivative() * q - p * q.derivative()


def bend(p: Any, q: Any) -> Any:
    """M = N'q - 2Nq', the numerator of the second derivative over q³.

    >>> from flint import fmpq_poly
    >>> bend(fmpq_poly([0, 0, 1]), fmpq_poly([1]))
    2
    """
    N = slope(p, q)
    return N.derivative() * q - 2 * N * q.derivative()


def limit_slope(p: Any, q: Any) -> Any:
    """The limit of |r'| at infinity, an exact ball, infinite where r' grows without bound.

    >>> from flint import fmpq_poly
    >>> limit_slope(fmpq_poly([0, 0, 3]), fmpq_poly([1, 1])), limit_slope(fmpq_poly([0, 0, 1]), fmpq_poly([1]))
    (3.00000000000000, [+/- inf])
    """
    N, degree = slope(p, q), 2 * q.degree()
    if N.degree() < degree:
        return arb(0)
    return abs(arb(N[degree] / q[q.degree()] ** 2)) if N.degree() == degree else arb.pos_inf()


def largest_slope(p: Any, q: Any, on: Ends = (None, None)) -> tuple[Any, Any]:
    """Exact balls lower <= sup |r'| <= upper; q has no zero in the closed interval, None is an infinite end.

    >>> from flint import fmpq_poly
    >>> lower, upper = largest_slope(fmpq_poly([0, 0, 0, 1]), fmpq_poly([1, 0, 1]))
    >>> float(lower), float(upper - lower) < 1e-20
    (1.125, True)
    """
    M, bits = bend(p, q), START_BITS
    while True:
        with ctx.workprec(bits):
            points = [end_ball(end) for end in on if end is not None]
            points += real_roots(M, *inside(on, M)) if M.degree() > 0 else ()
            values = slope_balls(p, q, points)
            if None in on:
                values.append(limit_slope(p, q))
            if any(value == arb.pos_inf() for value in values):
                return arb.pos_inf(), arb.pos_inf()
            if all(value.is_finite() for value in values):
                lower, upper = max(v.abs_lower() for v in values), max(v.abs_upper() for v in values)
                if (upper - lower) * 2**ENOUGH_BITS <= lower or bits > MOST_BITS:
                    return lower, upper
        bits *= 2


def slope_balls(p: Any, q: Any, points: Iterable[Any]) -> list[Any]:
    """|r'| at points given as balls, at the caller's precision."""
    above, below = arb_poly(slope(p, q)), arb_poly(q)
    return [abs(above(x) / below(x) ** 2) for x in points]


def increasing(p: Any, q: Any, on: Ends) -> bool:
    """Whether r never falls on an interval without a zero of q, decided exactly.

    >>> from flint import fmpq_poly
    >>> increasing(fmpq_poly([0, 0, 0, 1]), fmpq_poly([1, 0, 1]), (None, None))
    True
    >>> from fractions import Fraction
    >>> increasing(fmpq_poly([0, 1]), fmpq_poly([1, 0, 1]), (Fraction(-1), Fraction(2)))
    False
    """
    return holds(slope(p, q), ">=", on) is None
