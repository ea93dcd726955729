"""A closed interval of x with exact ends: rational, algebraic, or infinite."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

from flint import arb, arb_poly, ctx, fmpq_poly

from ratapprox.algebraic import Algebraic, simplest_between, sort_apart
from ratapprox.sturm import to_fmpq
from ratapprox.symbolic.closed_number import closed_number

__all__ = [
    "End",
    "Ends",
    "Rationals",
    "around",
    "end_ball",
    "end_text",
    "exact_text",
    "in_x",
    "inside",
    "irrational",
    "number",
    "point_between",
    "rational_number",
    "read_interval",
    "sign_at",
    "simple",
    "symmetric",
]

End = Fraction | Algebraic
Ends = tuple[End | None, End | None]
"""None is an infinite end. A rational end is a Fraction, an `Algebraic` end is irrational."""
Rationals = tuple[Fraction | None, Fraction | None]

_BITS = 24
"""An irrational end is replaced by a rational not farther away than 2^-24, nearer where a root asks for it."""


def simple(value: Algebraic) -> End:
    """The number as an end: a Fraction where it is rational.

    >>> simple(Algebraic.rational(3))
    Fraction(3, 1)
    """
    return value.lower if value.is_rational else value


def number(end: End) -> Algebraic:
    """An end as an algebraic number, also where it is rational."""
    return end if isinstance(end, Algebraic) else Algebraic.rational(end)


def end_ball(end: End) -> Any:
    """A ball that holds an end, at the precision of the caller."""
    return end.arb() if isinstance(end, Algebraic) else arb(to_fmpq(end))


def end_text(end: End) -> str:
    """An end for a reader: 1/3, √2, root ≈ 1.259921 of x³ - 2."""
    return end.text("x") if isinstance(end, Algebraic) else str(end)


def exact_text(end: End) -> str:
    """An end as an exact text: 1/3, sqrt(2), CRootOf(t**3 - 2, 0)."""
    return end.exact if isinstance(end, Algebraic) else str(end)


def irrational(on: Ends) -> Iterator[Algebraic]:
    """The irrational ends.

    >>> root = Algebraic((-2, 0, 1), Fraction(1), Fraction(2))
    >>> list(irrational((Fraction(0), root)))
    [Algebraic √2]
    """
    return (end for end in on if isinstance(end, Algebraic))


def symmetric(on: Ends, c: Fraction = Fraction(0)) -> bool:
    """Whether an interval is symmetric about a number.

    >>> symmetric((None, None)), symmetric((Fraction(-1), Fraction(1))), symmetric((Fraction(0), None))
    (True, True, False)
    """
    low, high = on
    if low is None or high is None:
        return low is high
    return bool(high == 2 * c - low)


def sign_at(f: Any, place: End) -> int:
    """The sign of an `fmpq_poly` at a rational or algebraic number.

    >>> root = Algebraic((-2, 0, 1), Fraction(1), Fraction(2))
    >>> sign_at(fmpq_poly([-2, 0, 1]), root), sign_at(fmpq_poly([-2, 1]), Fraction(1)), sign_at(fmpq_poly([0, 1]), root)
    (0, -1, 1)
    """
    if isinstance(place, Algebraic) and not place.is_rational:
        if f % fmpq_poly(list(place.polynomial)) == 0:
            return 0
        bits = 64
        while True:
            with ctx.workprec(bits):
                value = arb_poly(f)(place.arb())
                if not value.contains(0):
                    return 1 if value > 0 else -1
            bits *= 2
    value = f(to_fmpq(place.lower if isinstance(place, Algebraic) else place))
    return int(value > 0) - int(value < 0)


def rational_number(value: Any, name: str) -> Fraction:
    """A finite number as a fraction; a float is the dyadic fraction that it is. ValueError names what it was for.

    >>> rational_number("1/3", "a"), rational_number(0.5, "a")
    (Fraction(1, 3), Fraction(1, 2))
    """
    try:
        return Fraction(value)
    except (ValueError, TypeError, OverflowError, ZeroDivisionError) as error:
        raise ValueError(f"{name} = {value}: a rational number is needed, as 2, 0.5 or 1/3") from error


def inside(on: Ends, f: Any) -> Rationals:
    """Rational ends inside the interval, between which and its own irrational ends f has no root.

    On [β, β'] f has no root but perhaps β: so that what is true of the signs of f on the smaller interval, and at β, is
    true on the whole one. A rational interval is its own. f: `fmpq_poly`, the zero polynomial counts as 1.

    >>> root = Algebraic((-2, 0, 1), Fraction(1), Fraction(2))
    >>> low, high = inside((root, Fraction(2)), fmpq_poly([-2, 0, 1]))
    >>> root < low < Fraction(142, 100), high
    (True, Fraction(2, 1))
    """
    low, high = on
    if not isinstance(low, Algebraic) and not isinstance(high, Algebraic):
        return low, high
    parts = {end: _without(f, end) for end in irrational(on)}
    bits = _BITS
    while True:
        near = {end: end.refine(bits) for end in parts}
        left = near[low].upper if isinstance(low, Algebraic) else low
        right = near[high].lower if isinstance(high, Algebraic) else high
        if (left is None or right is None or left < right) and all(_no_root(parts[e], near[e], bits) for e in parts):
            return left, right
        bits *= 2


def in_x(end: Algebraic, ring: Any, axis: int = 0) -> Any:
    """The irreducible polynomial of an end in one of the variables of a ring.

    >>> from flint import fmpz_mpoly_ctx
    >>> in_x(Algebraic((-2, 0, 1), Fraction(1), Fraction(2)), fmpz_mpoly_ctx.get(("x", "a"), "lex"))
    x^2 - 2
    """
    size = len(ring.names())
    return ring.from_dict({(0,) * axis + (k,) + (0,) * (size - axis - 1): c for k, c in enumerate(end.polynomial) if c})


def around(on: Ends, bits: int = 128) -> Rationals:
    """Rational ends outside the interval, each at most 2^-bits away; a rational end is its own.

    >>> around((Fraction(0), Algebraic((-2, 0, 1), Fraction(1), Fraction(2))), 1)
    (Fraction(0, 1), Fraction(3, 2))
    """
    low, high = on
    left = low.refine(bits).lower if isinstance(low, Algebraic) else low
    return left, high.refine(bits).upper if isinstance(high, Algebraic) else high


def point_between(on: Ends) -> Fraction:
    """The simplest rational inside an interval.

    >>> root = Algebraic((-2, 0, 1), Fraction(1), Fraction(2))
    >>> point_between((Fraction(2), Fraction(3))), point_between((root, None))
    (Fraction(5, 2), Fraction(2, 1))
    """
    return simplest_between(*inside(on, fmpq_poly([1])))


def _without(f: Any, end: Algebraic) -> Any:
    """f without the factor that vanishes at an end."""
    rest, minimal = f if f.degree() >= 0 else fmpq_poly([1]), fmpq_poly(list(end.polynomial))
    while True:
        quotient, remainder = divmod(rest, minimal)
        if remainder.degree() >= 0:
            return rest
        rest = quotient


def _no_root(f: Any, near: Algebraic, bits: int) -> bool:
    """Whether balls prove that f has no root in the interval of a number."""
    with ctx.workprec(2 * bits + 64):
        return not arb_poly(f)(arb(to_fmpq(near.lower)).union(arb(to_fmpq(near.upper)))).contains(0)


def read_interval(on: Sequence[Any]) -> Ends:
    """(lo, hi) as exact numbers, None for an infinite end.

    An end is an int, a float (the dyadic fraction that it is), a Fraction, an Algebraic, or a text: "1/3", or any
    closed expression with numbers, + - * / ^ and roots. Raises TypeError for what is no pair of these, ValueError for a
    text that is no such number, and for an empty interval.

    >>> read_interval((0, "1/3")), read_interval(("-oo", 2.5)), read_interval((None, None))
    ((Fraction(0, 1), Fraction(1, 3)), (None, Fraction(5, 2)), (None, None))
    >>> read_interval(("-sqrt(2)", "(1 + sqrt(5))/2"))
    (Algebraic -√2, Algebraic (1 + √5)/2)
    """
    if isinstance(on, str) or not isinstance(on, Sequence) or len(on) != 2:
        raise TypeError(f"on={on!r}: an interval is two numbers, on=(lo, hi), with None for an infinite end")
    low, high = _end(on[0], -1, on), _end(on[1], 1, on)
    if low is not None and high is not None and low >= high:
        kind = "one point" if low == high else "empty"
        raise ValueError(f"{_told(on)}: the interval is {kind}; the left end must be smaller than the right")
    return _apart(low, high) if any(irrational((low, high))) else (low, high)


def _apart(low: End | None, high: End | None) -> Ends:
    """The same ends, irrational ones in intervals that do not meet, and that do not hold 0."""
    walls = sort_apart([number(end) for end in {Fraction(0), low, high} if end is not None])
    near = {wall: simple(wall) for wall in walls}
    return None if low is None else near[number(low)], None if high is None else near[number(high)]


def _end(end: Any, sign: int, on: Sequence[Any]) -> End | None:
    if end is None or (isinstance(end, str) and end.strip().lower() in ("oo", "inf", "-oo", "-inf")):
        if isinstance(end, str) and (-1 if end.strip().startswith("-") else 1) != sign:
            raise ValueError(f"{_told(on)}: the interval is empty; the left end must be smaller than the right")
        return None
    if isinstance(end, float) and math.isinf(end):
        return _end("oo" if end > 0 else "-oo", sign, on)
    if isinstance(end, float) and math.isnan(end):
        raise ValueError(f"{_told(on)}: {end} is no number; the left end must be smaller than the right")
    if isinstance(end, Algebraic):
        return simple(end)
    try:
        if isinstance(end, bool):
            raise TypeError
        return Fraction(end)
    except (TypeError, ValueError, ZeroDivisionError) as error:
        if not isinstance(end, str):
            raise TypeError(
                f"{_told(on)}: {end!r} is no number; an end is an int, a float, a Fraction, an Algebraic, a text like "
                "'1/3' or 'sqrt(2)', or None"
            ) from error
    try:
        return simple(closed_number(end))
    except ValueError as slip:
        raise ValueError(f"{_told(on)}: {end[:60]!r} is no end of an interval: {slip}") from slip


def _told(on: Sequence[Any]) -> str:
    return f"on=({', '.join(str(end)[:60] for end in on)})"
