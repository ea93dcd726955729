"""How many real roots a polynomial has, decided exactly.

Sturm's theorem counts for small degrees; for large ones, where the chain's integers explode, certified isolation of all
complex roots (FLINT) does the same. Whether an end of the interval is a root is always decided by exact evaluation.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from typing import Any

from flint import arb, ctx, fmpq, fmpq_poly, fmpz_poly

__all__ = ["count_real_roots", "from_fmpq", "has_real_root", "real_roots", "squarefree", "to_fmpq"]

Rat = int | Fraction | fmpq

STURM_DEGREE = 12
"""Above this degree the integers of a Sturm chain cost more than isolating every complex root."""


def to_fmpq(value: Rat) -> fmpq:
    """The same rational number as a FLINT value.

    >>> to_fmpq(Fraction(2, 3))
    2/3
    """
    return value if isinstance(value, fmpq) else fmpq(value.numerator, value.denominator)


def from_fmpq(value: fmpq) -> Fraction:
    """The same rational number as a Python value.

    >>> from_fmpq(fmpq(2, 3))
    Fraction(2, 3)
    """
    return Fraction(int(value.p), int(value.q))


def squarefree(f: fmpq_poly) -> fmpz_poly:
    """The product of the distinct irreducible factors of f, a primitive integer polynomial."""
    primitive = f.numer()
    common = primitive.gcd(primitive.derivative())
    return primitive if common.degree() < 1 else primitive // common


def count_real_roots(f: fmpq_poly, lower: Rat | None = None, upper: Rat | None = None, *, closed: bool = True) -> int:
    """The number of distinct real roots of f on an interval.

    #{x : f(x) = 0, lower <= x <= upper}; `closed=False` leaves the ends out, None is an infinite end.

    A ValueError says that the zero polynomial has no such number.
    Source: Sturm's theorem; [BPR06].

    >>> count_real_roots(fmpq_poly([0, -1, 0, 1]), Fraction(-1), Fraction(1))
    3
    >>> count_real_roots(fmpq_poly([0, -1, 0, 1]), Fraction(-1), Fraction(1), closed=False)
    1
    >>> count_real_roots(fmpq_poly([1, 0, 1]))
    0
    """
    g, on_ends = _without_ends(f, lower, upper)
    at_ends = len(on_ends) if closed else 0
    if g.degree() < 1 or _one_sign(g, lower, upper):
        return at_ends
    if g.degree() > STURM_DEGREE:
        return at_ends + sum(1 for _ in _isolated(g, lower, upper))
    chain = _sturm_chain(g)
    return at_ends + _variations(chain, lower, -1) - _variations(chain, upper, 1)


def has_real_root(f: fmpq_poly, lower: Rat | None = None, upper: Rat | None = None) -> bool:
    """Whether f has a real root on the closed interval; None is an infinite end.

    >>> has_real_root(fmpq_poly([-2, 0, 1]), Fraction(0), Fraction(1)), has_real_root(fmpq_poly([-2, 0, 1]))
    (False, True)
    """
    return count_real_roots(f, lower, upper) > 0


def real_roots(f: fmpq_poly, lower: Rat | None = None, upper: Rat | None = None) -> tuple[arb, ...]:
    """The distinct real roots of f on the closed interval ascending, as balls that hold one root each.

    >>> [root.str(6, radius=False) for root in real_roots(fmpq_poly([-2, 0, 1]))]
    ['-1.41421', '1.41421']
    >>> [root.str(6) for root in real_roots(fmpq_poly([0, 0, 1, 5]), Fraction(0), Fraction(1))]
    ['0']
    """
    g, on_ends = _without_ends(f, lower, upper)
    balls = [arb(end) for end in on_ends]
    if g.degree() > 0 and not _one_sign(g, lower, upper):
        balls += _isolated(g, lower, upper)
    return tuple(sorted(balls, key=lambda ball: ball.mid().fmpq()))


def _without_ends(f: fmpq_poly, lower: Rat | None, upper: Rat | None) -> tuple[fmpz_poly, list[fmpq]]:
    """The squarefree part of f with the ends of the interval divided out where they are roots, and those ends."""
    if f.degree() < 0:
        raise ValueError(
            "the roots of the zero polynomial were asked, and it vanishes everywhere; give a polynomial != 0"
        )
    g, roots = squarefree(f), []
    for end in {to_fmpq(end): None for end in (lower, upper) if end is not None}:
        if g(end) == 0:
            roots.append(end)
            g //= fmpz_poly([-end.p, end.q])
    return g, roots


def _one_sign(g: fmpz_poly, lower: Rat | None, upper: Rat | None) -> bool:
    """Whether the signs of the coefficients alone show that g has no root there (Descartes' rule of signs)."""
    coefficients = g.coeffs()
    if coefficients[0] == 0:
        return False
    if coefficients[0] < 0:
        coefficients = [-c for c in coefficients]
    if lower is not None and lower >= 0:
        return all(c >= 0 for c in coefficients)
    if upper is not None and upper <= 0:
        return all(c >= 0 if k % 2 == 0 else c <= 0 for k, c in enumerate(coefficients))
    return all(c >= 0 if k % 2 == 0 else c == 0 for k, c in enumerate(coefficients))


def _sturm_chain(g: fmpz_poly) -> list[fmpz_poly]:
    """g, g', and the negated remainders, each scaled by a positive number to a primitive integer polynomial."""
    chain = [g, g.derivative()]
    while chain[-1].degree() > 0:
        remainder = fmpq_poly(chain[-2]) % fmpq_poly(chain[-1])
        primitive = -remainder.numer()
        chain.append(primitive // abs(primitive.content()))
    return chain


def _variations(chain: list[fmpz_poly], at: Rat | None, infinity: int) -> int:
    """Changes of sign along the chain at a point, or at -infinity / +infinity when the point is None."""
    if at is not None:
        point = to_fmpq(at)
        values: list[Any] = [g(point) for g in chain]
    else:
        values = [g.leading_coefficient() * (infinity if g.degree() % 2 else 1) for g in chain]
    signs = [value > 0 for value in values if value != 0]
    return sum(a != b for a, b in pairwise(signs))


def _isolated(g: fmpz_poly, lower: Rat | None, upper: Rat | None) -> list[arb]:
    """Balls of the real roots of squarefree g strictly between the ends, neither of which is a root."""
    low, high = (None if end is None else to_fmpq(end) for end in (lower, upper))
    prec = ctx.prec
    while True:
        with ctx.workprec(prec):
            roots: Any = g.complex_roots()  # FLINT proves a real root real: its imaginary part is then exactly 0
            balls = [z.real for z, _ in roots if z.imag.is_zero()]
            if not any(ball.overlaps(arb(end)) for ball in balls for end in (low, high) if end is not None):
                return [ball for ball in balls if (low is None or ball > low) and (high is None or ball < high)]
        prec *= 2
