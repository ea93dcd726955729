"""Exact places at which a function may change its formula, and the roots of polynomials between two of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import flint

from ratapprox.algebraic import Algebraic, algebraic_roots
from ratapprox.coefficients import Number, read_number, short, to_fmpq, to_fraction
from ratapprox.roots import Root

__all__ = [
    "Breakpoint",
    "as_algebraic",
    "ball",
    "first_float",
    "negated",
    "read_breakpoint",
    "read_ends",
    "real_roots_between",
    "rounded_root",
    "text",
    "value",
    "vanishes",
]

Breakpoint = Fraction | Algebraic
"""A Fraction, or an Algebraic that is irrational."""

_BITS = 160  # of a root before its centre is rounded to float64


def read_breakpoint(t: object, of: str) -> Breakpoint:
    """A finite number or an Algebraic; a rational one as its Fraction. `of` names it in messages.

    >>> read_breakpoint(0.5, "t"), read_breakpoint(Algebraic.rational(2), "t")
    (Fraction(1, 2), Fraction(2, 1))
    """
    if isinstance(t, Algebraic):
        return t.lower if t.is_rational else t
    return Fraction(read_number(t, of))


def text(t: Breakpoint) -> str:
    """A few characters: exact where that is short, else six digits.

    >>> text(Fraction(1, 2)), text(Algebraic((-2, 0, 1), Fraction(1), Fraction(2)))
    ('1/2', '√2')
    """
    if isinstance(t, Fraction):
        return short(t)
    return t.text() if t.degree == 2 and len(t.text()) < 20 else f"≈{float(t):.6g}"


def as_algebraic(t: Breakpoint) -> Algebraic:
    """The same number as an Algebraic.

    >>> as_algebraic(Fraction(1, 2))
    Algebraic 1/2
    """
    return Algebraic.rational(t) if isinstance(t, Fraction) else t


def negated(t: Breakpoint) -> Breakpoint:
    """-t.

    >>> negated(Algebraic((-2, 0, 1), Fraction(1), Fraction(2)))
    Algebraic -√2
    """
    if isinstance(t, Fraction):
        return -t
    sign = -1 if t.degree % 2 else 1  # the leading coefficient stays positive
    return Algebraic(tuple(sign * (-c if k % 2 else c) for k, c in enumerate(t.polynomial)), -t.upper, -t.lower)


def first_float(t: Breakpoint) -> float:
    """The smallest float64 x >= t: comparing floats with it is the same as comparing them with t.

    >>> first_float(Fraction(1, 10)) == 0.1, first_float(Fraction(1, 3)) == 1 / 3
    (True, False)
    """
    try:
        x = float(t)
    except OverflowError:
        x = math.inf if t > 0 else -math.inf
    if x == -math.inf:
        x = math.nextafter(x, 0.0)
    while x < math.inf and t > Fraction(x):
        x = math.nextafter(x, math.inf)
    while True:
        before = math.nextafter(x, -math.inf)
        if before == -math.inf or t > Fraction(before):
            return x
        x = before


def ball(t: Breakpoint) -> Any:
    """A ball that holds the number, at flint.ctx.prec.

    >>> float(ball(Fraction(1, 2)))
    0.5
    """
    return flint.arb(to_fmpq(t)) if isinstance(t, Fraction) else t.arb()


def vanishes(f: Any, t: Breakpoint) -> bool:
    """Whether an exact polynomial is 0 at t, decided exactly.

    >>> vanishes(flint.fmpq_poly([-4, 0, 2]), Algebraic((-2, 0, 1), Fraction(1), Fraction(2)))
    True
    """
    if isinstance(t, Fraction):
        return bool(f(to_fmpq(t)) == 0)
    return bool(f % flint.fmpq_poly(list(t.polynomial)) == 0)


def value(p: Any, q: Any, t: Breakpoint) -> Fraction | float | None:
    """p(t)/q(t), a fraction where t is one, else the nearest float; None where q(t) = 0.

    >>> value(flint.fmpq_poly([0, 1]), flint.fmpq_poly([2]), Fraction(3))
    Fraction(3, 2)
    """
    if vanishes(q, t):
        return None
    if isinstance(t, Fraction):
        return to_fraction(p(to_fmpq(t)) / q(to_fmpq(t)))
    if vanishes(p, t):
        return 0.0
    bits = _BITS
    while True:
        with flint.ctx.workprec(bits):
            found = flint.arb_poly(p)(t.arb()) / flint.arb_poly(q)(t.arb())
            if found.is_finite() and found.rel_accuracy_bits() > 60:
                return float(found.mid())
        bits *= 2


def read_ends(on: Sequence[Number] | None) -> tuple[Fraction | None, Fraction | None]:
    """A closed interval as exact ends, None where they are infinite.

    >>> read_ends((0, float("inf")))
    (Fraction(0, 1), None)
    """
    if on is None:
        return None, None
    if isinstance(on, str) or not isinstance(on, Sequence) or len(on) != 2:
        raise TypeError(f"on={on!r}: an interval is two numbers, on=(a, b).")
    ends = [
        None if isinstance(end, float) and math.isinf(end) else Fraction(read_number(end, f"the end {n} of on=(a, b)"))
        for end, n in zip(on, "ab", strict=True)
    ]
    if on[0] > on[1]:
        raise ValueError(f"on=({on[0]}, {on[1]}): the left end must not be larger than the right end.")
    return ends[0], ends[1]


def real_roots_between(f: Any, low: Breakpoint | None, high: Breakpoint | None) -> list[tuple[Algebraic, int]]:
    """The real roots, each with its multiplicity, of an exact polynomial other than 0 in a closed interval.

    >>> real_roots_between(flint.fmpq_poly([0, 0, -2, 0, 1]), Fraction(0), None)
    [(Algebraic 0, 2), (Algebraic √2, 1)]
    """
    found = [
        (root, int(multiplicity))
        for factor, multiplicity in f.numer().factor()[1]
        for root in algebraic_roots(factor)
        if (low is None or root >= low) and (high is None or root <= high)
    ]
    return sorted(found)


def rounded_root(t: Algebraic, multiplicity: int) -> Root:
    """The root with its centre rounded to float64 and a bound of that rounding.

    >>> rounded_root(Algebraic((-2, 0, 1), Fraction(1), Fraction(2)), 1)
    Root: 1.4142135623730951 ± 9.7e-17, real
    """
    centre = float(t) + 0.0
    with flint.ctx.workprec(_BITS + max(0, 60 - math.frexp(centre)[1])):
        distance = abs(t.arb() - centre).upper()
    radius = 0.0 if distance.is_zero() else math.nextafter(float(distance), math.inf)
    return Root(complex(centre), radius, multiplicity, True)
