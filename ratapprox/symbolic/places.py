"""What a dossier tells of single points: extrema, the range, the steepest place, fixed points, a centre of symmetry."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

from flint import arb, ctx, fmpq_poly

from ratapprox.algebraic import Algebraic
from ratapprox.sturm import from_fmpq
from ratapprox.symbolic.decide import Ends
from ratapprox.symbolic.decimal_enclosure import Enclosure
from ratapprox.symbolic.interval import number
from ratapprox.symbolic.lipschitz import bend, limit_slope, slope
from ratapprox.symbolic.shape import Stretch, ball, end, roots_on, value, vanishes

__all__ = ["Extremum", "FixedPoint", "Range", "Steepest", "centre", "extrema", "fixed_points", "image", "steepest"]

TIE_BITS = 512
"""Two values that agree to so many bits are called equal; bounds never depend on it."""


@dataclass(frozen=True, slots=True, repr=False)
class Extremum:
    """A local extremum inside the interval: where, of which kind, and its value."""

    x: Algebraic
    kind: Literal["minimum", "maximum"]
    value: Enclosure

    def __str__(self) -> str:
        return f"{self.kind} {self.value} at {end(self.x)}"

    def __repr__(self) -> str:
        return f"Extremum: {self}"


@dataclass(frozen=True, slots=True, repr=False)
class FixedPoint:
    """A point with r(x) = x. Iterates nearby come closer if it is attracting, |r'(x)| < 1, move away if repelling,
    |r'(x)| > 1; neutral, |r'(x)| = 1 exactly: the slope does not decide."""

    x: Algebraic
    slope: Enclosure
    stability: Literal["attracting", "repelling", "neutral"]

    def __str__(self) -> str:
        sign = {"attracting": "< 1", "repelling": "> 1", "neutral": "= 1: the slope does not decide"}[self.stability]
        return f"{end(self.x)}, {self.stability}, |r'| {sign}"

    def __repr__(self) -> str:
        return f"FixedPoint: {self}"


@dataclass(frozen=True, slots=True, repr=False)
class Range:
    """The values between two poles. None is infinite; an end with no `at` is approached at infinity, never reached."""

    lower: Enclosure | None
    upper: Enclosure | None
    lower_at: tuple[Algebraic, ...]
    upper_at: tuple[Algebraic, ...]

    def __str__(self) -> str:
        left = "(−∞" if self.lower is None else f"{'[' if self.lower_at else '('}{self.lower}"
        return f"{left}, {'∞)' if self.upper is None else f'{self.upper}' + (']' if self.upper_at else ')')}"

    def __repr__(self) -> str:
        return f"Range: {self}"


@dataclass(frozen=True, slots=True, repr=False)
class Steepest:
    """The Lipschitz constant sup |r'|; None: infinite. at: where it is reached; at_infinity: it is the limit there."""

    constant: Enclosure | None
    at: tuple[Algebraic, ...]
    at_infinity: bool

    def __str__(self) -> str:
        if self.constant is None:
            return "none: r' is unbounded"
        places = [f"at x = {', '.join(end(x) for x in self.at)}"] if self.at else []
        places += ["in the limit x → ±∞"] if self.at_infinity else []
        return f"{self.constant}, reached {' and '.join(places)}"

    def __repr__(self) -> str:
        return f"Steepest: {self}"


def extrema(p: Any, q: Any, stretches: Sequence[Stretch]) -> tuple[Extremum, ...]:
    """The local extrema where one stretch of monotonicity ends and the next begins, constant stretches left out."""
    return tuple(
        Extremum(left.upper, "maximum" if left.kind == "increasing" else "minimum", value(p, q, left.upper))
        for left in stretches[:-1]
        if left.upper is not None and not left.upper_pole
    )


def image(p: Any, q: Any, stretches: Sequence[Stretch]) -> tuple[Range, ...]:
    """The set of values: one range for each part between poles, ascending; ranges that meet are made one.

    >>> from ratapprox.symbolic.shape import monotone
    >>> p, q = fmpq_poly([0, 1]), fmpq_poly([1, 0, 1])
    >>> [str(part) for part in image(p, q, monotone(p, q))]
    ['[-0.5, 0.5]']
    """
    parts: list[list[Stretch]] = [[]]
    for stretch in stretches:
        parts[-1].append(stretch)
        if stretch.upper_pole:
            parts.append([])
    found = sorted((_range(p, q, part) for part in parts if part), key=_left)
    merged = found[:1]
    for part in found[1:]:
        last = merged[-1]
        if last.upper is None or part.lower is None or part.lower.upper < last.upper.lower:
            merged[-1] = _union(last, part)
        else:
            merged.append(part)
    return tuple(merged)


def steepest(p: Any, q: Any, on: Ends = (None, None)) -> Steepest:
    """The Lipschitz constant of coprime p/q on a closed interval, and where it is reached.

    >>> steepest(fmpq_poly([0, 0, 0, 1]), fmpq_poly([1, 0, 1])).at
    (Algebraic -√3, Algebraic √3)
    """
    if q.degree() > 0 and roots_on(q, on):
        return Steepest(None, (), False)
    N, M = slope(p, q), bend(p, q)
    points = [number(e) for e in on if e is not None]
    points += [x for x in (roots_on(M, on) if M != 0 else []) if x not in points]
    with ctx.workprec(TIE_BITS):
        limit = limit_slope(p, q) if None in on else None
    if limit is not None and not limit.is_finite():
        return Steepest(None, (), False)
    if M == 0:  # a straight line
        with ctx.workprec(TIE_BITS):
            return Steepest(Enclosure.of(abs(arb(N[0] / q[0] ** 2))), tuple(points), not points)
    candidates: list[Algebraic | None] = [*points, *([None] if limit is not None else [])]

    def size(x: Algebraic | None, bits: int) -> Any:
        return limit if x is None else abs(ball(N, q * q, x, bits))

    constant, best = _largest(candidates, size)
    return Steepest(constant, tuple(sorted(x for x in best if x is not None)), None in best)


def fixed_points(p: Any, q: Any, on: Ends = (None, None)) -> tuple[FixedPoint, ...] | None:
    """The solutions of r(x) = x with their stability, decided exactly; None when r is the identity.

    >>> [(point.x, point.stability) for point in fixed_points(fmpq_poly([0, 0, 1]), fmpq_poly([1]))]
    [(Algebraic 0, 'attracting'), (Algebraic 1, 'repelling')]
    """
    difference = p - fmpq_poly([0, 1]) * q
    if difference == 0:
        return None
    N, square = slope(p, q), q * q
    found = []
    for x in roots_on(difference, on):
        stability: Literal["attracting", "repelling", "neutral"] = "neutral"
        if not (vanishes(N - square, x) or vanishes(N + square, x)):
            stability = "attracting" if _below_one(N, square, x) else "repelling"
        found.append(FixedPoint(x, value(N, square, x), stability))
    return tuple(found)


def centre(p: Any, q: Any) -> tuple[Literal["odd", "even"], Fraction] | None:
    """How coprime p/q is symmetric: odd about (c, r(c)) or even about c, and c; None for neither.

    The roots of q (of p, where q is constant) have their mean at c. A straight line is odd about 0.

    >>> centre(fmpq_poly([1, 1]), fmpq_poly([0, 1])), centre(fmpq_poly([1, 2, 1]), fmpq_poly([1]))
    (('odd', Fraction(0, 1)), ('even', Fraction(-1, 1)))
    """
    base = q if q.degree() > 0 else p
    n = base.degree()
    c = -base[n - 1] / (n * base[n]) if n > 0 else base[0] * 0
    if q.degree() < 1 and n < 2:
        c = base[0] * 0
    shift, mirror = fmpq_poly([c, 1]), fmpq_poly([0, -1])
    P, Q = p(shift), q(shift)
    P_, Q_ = P(mirror), Q(mirror)
    if P * Q_ == P_ * Q:
        return "even", from_fmpq(c)
    total = P * Q_ + P_ * Q  # r(c + y) + r(c - y) = total/(Q Q_) is constant
    if total * (Q * Q_).leading_coefficient() == (Q * Q_) * total[(Q * Q_).degree()]:
        return "odd", from_fmpq(c)
    return None


def _below_one(above: Any, below: Any, x: Algebraic) -> bool:
    """Whether |above(x)/below(x)|, which is not 1, is below 1."""
    bits = 64
    while True:
        with ctx.workprec(2 * bits):
            size = abs(ball(above, below, x, bits))
            if size < 1 or size > 1:
                return bool(size < 1)
        bits *= 2


def _range(p: Any, q: Any, part: Sequence[Stretch]) -> Range:
    """The values on neighbouring stretches without a pole between them."""
    first, last = part[0], part[-1]
    points = [s.lower for s in part if s.lower is not None and not s.lower_pole]
    points += [last.upper] if last.upper is not None and not last.upper_pole else []
    below = above = False  # unbounded below, above
    limits = []
    if first.lower is None or first.lower_pole:
        rises, limit = first.kind == "increasing", None if first.lower_pole else _limit(p, q)
        below, above = below or (limit is None and rises), above or (limit is None and not rises)
        limits += [] if limit is None else [limit]
    if last.upper is None or last.upper_pole:
        rises, limit = last.kind == "increasing", None if last.upper_pole else _limit(p, q)
        below, above = below or (limit is None and not rises), above or (limit is None and rises)
        limits += [] if limit is None else [limit]
    limit = limits[0] if limits else None
    attained = [x for x in points if limit is not None and vanishes(p - limit * q, x)]
    candidates: list[Algebraic | None] = [*points, *([None] if limit is not None and not attained else [])]
    if first.kind == "constant" and not points:
        with ctx.workprec(TIE_BITS):
            constant = Enclosure.of(arb(_limit(p, q)))
        return Range(constant, constant, (Algebraic.rational(0),), (Algebraic.rational(0),))

    def size(x: Algebraic | None, bits: int) -> Any:
        return arb(limit) if x is None else ball(p, q, x, bits)

    low, low_at = (None, ()) if below else _largest(candidates, lambda x, bits: -size(x, bits))
    high, high_at = (None, ()) if above else _largest(candidates, size)
    if low is not None:
        low = Enclosure(-low.upper, -low.lower)
    lower_at, upper_at = (tuple(sorted(x for x in at if x is not None)) for at in (low_at, high_at))
    return Range(low, high, lower_at, upper_at)


def _limit(p: Any, q: Any) -> Any:
    """The limit at infinity as an exact number, None when it is infinite."""
    if p.degree() > q.degree():
        return None
    return p[q.degree()] / q[q.degree()]


def _largest(
    candidates: Iterable[Algebraic | None], size: Callable[[Algebraic | None, int], Any]
) -> tuple[Enclosure, tuple[Algebraic | None, ...]]:
    """An enclosure of the largest size, and the candidates that reach it."""
    left, bits = list(candidates), 90
    while True:
        with ctx.workprec(2 * bits):
            sizes = [(x, size(x, bits)) for x in left]
            most = max(ball.lower() for _, ball in sizes)
            left = [x for x, ball in sizes if not ball < most]
        if len(left) == 1 or bits >= TIE_BITS:
            break
        bits *= 2
    with ctx.workprec(2 * bits):
        kept = [size(x, bits) for x in left]
        hull = kept[0]
        for other in kept[1:]:
            hull = hull.union(other)
    return Enclosure.of(hull), tuple(left)


def _left(part: Range) -> tuple[bool, Any]:
    return part.lower is not None, 0 if part.lower is None else part.lower.lower


def _union(a: Range, b: Range) -> Range:
    """Of two ranges that meet, a starting first."""
    if a.upper is None or (b.upper is not None and b.upper.lower <= a.upper.lower):
        return a
    return Range(a.lower, b.upper, a.lower_at, b.upper_at)
