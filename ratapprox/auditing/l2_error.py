"""The root of the integral of (f - r)², enclosed: Taylor series with a remainder on boxes between kinks.

    ∫ e² over [lo, hi] in Σ_{k<N} c_k ((hi-m)^(k+1) - (lo-m)^(k+1))/(k+1) + d ((hi-m)^(N+1) - (lo-m)^(N+1))/(N+1),

e = f - r, c_k the coefficients of e² at the middle m and d a ball that holds the N-th over the whole box, N even.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any

from flint import arb, arb_poly, arb_series, ctx

from ratapprox.activations import Activation
from ratapprox.breakpoints import ball
from ratapprox.expressions import Piece, enclosure
from ratapprox.piecewise import Piecewise
from ratapprox.rational import Rational
from ratapprox.symbolic.decimal_enclosure import Enclosure
from ratapprox.symbolic.piece_shape import Run, runs

__all__ = ["l2_error"]

ASKED = 40
"""Bits: the enclosure of the integral is to be that sharp, relatively."""

FIRST = 8
"""So many boxes between two walls at first."""

MOST_BOXES = 1_200


def l2_error(
    function: Rational | Piecewise,
    target: Activation,
    on: tuple[Fraction, Fraction],
    largest: Decimal = Decimal(1),
) -> Enclosure | None:
    """The root of the integral of (f - r)² over [a, b], proved; None where it is not bounded, as with a pole of r.

    largest: about max |f - r|, from which precision and order are chosen.

    >>> from ratapprox.activations import activation
    >>> l2_error(Rational([0, 1]), activation("relu"), (Fraction(-1), Fraction(1)))
    Enclosure: 0.577350269189...
    """
    small = max(0, -largest.adjusted()) if largest and largest.is_finite() else 0
    found = None
    for tries in (1, 2):
        order = 24 + 3 * small * tries
        with ctx.workprec((128 + 10 * small) * tries):
            total, sharper = _integral(_segments(function, target, on), order)
            if total.is_finite():
                found = _root(total)
        if not sharper:
            break
    return found


def _root(total: Any) -> Enclosure:
    lower, upper = total.lower(), total.upper()
    low, high = (Enclosure.of(end) for end in (lower.sqrt() if lower > 0 else arb(0), upper.sqrt()))
    return Enclosure(low.lower, high.upper)


@dataclass(frozen=True, slots=True)
class _Segment:
    """A smooth branch of the target and one of the function, between two walls."""

    lower: Any
    upper: Any
    piece: Piece
    p: Any
    q: Any

    def square(self, at: Any, order: int) -> Any:
        """The Taylor coefficients of e² at a ball; None where q may vanish in it."""
        h = arb_poly([at, 1])
        above, below = self.p(h), self.q(h)
        if below[0].contains(0):
            return None
        with _capped(order):
            e = self.piece.series(at, order) - arb_series(above, order) / arb_series(below, order)
            return e * e

    def box(self, lo: Any, hi: Any, order: int) -> _Box:
        """The integral over [lo, hi]."""
        m, cover = ((lo + hi) / 2).mid(), lo.union(hi)
        value = self.piece.arb(cover) - self.p(cover) / self.q(cover)
        crude = value * value * (hi - lo)  # value**2 is NaN for a ball around 0
        whole, at = self.square(cover, order + 1), self.square(m, order)
        if whole is None or at is None:
            return _Box(self, lo, hi, crude, True)
        powers = _powers(lo - m, hi - m, order)
        rest = whole[order] * powers[order]
        found = sum((at[k] * powers[k] for k in range(order)), rest)
        if not found.is_finite() or found.rad() > crude.rad():  # not found: as at the end of a root
            return _Box(self, lo, hi, crude, True)
        return _Box(self, lo, hi, found, bool(rest.rad() * 8 > found.rad()))


@dataclass(frozen=True, slots=True)
class _Box:
    """The integral over [lo, hi], and whether smaller boxes would make it sharper, rather than more bits."""

    segment: _Segment
    lo: Any
    hi: Any
    value: Any
    wide: bool

    def halves(self, order: int) -> Iterator[_Box]:
        middle = ((self.lo + self.hi) / 2).mid()
        yield self.segment.box(self.lo, middle, order)
        yield self.segment.box(middle, self.hi, order)


@contextmanager
def _capped(order: int) -> Iterator[None]:
    """FLINT cuts every series to `ctx.cap` coefficients."""
    cap, ctx.cap = ctx.cap, order
    try:
        yield
    finally:
        ctx.cap = cap


def _powers(lo: Any, hi: Any, order: int) -> list[Any]:
    """∫ h^k dh over [lo, hi], k = 0 … order."""
    low, high, found = arb(1), arb(1), []
    for k in range(1, order + 2):
        low, high = low * lo, high * hi
        found.append((high - low) / k)
    return found


def _segments(function: Rational | Piecewise, target: Activation, on: tuple[Fraction, Fraction]) -> Iterator[_Segment]:
    """The parts on which both are smooth, without those on which they are equal."""
    for run in runs(function, on):
        p, q = (arb_poly(polynomial) for polynomial in (run.p, run.q))
        assert run.lower is not None
        assert run.upper is not None
        for piece in target.pieces(*on):
            lower = ball(run.lower).max(enclosure(piece.lower))
            upper = ball(run.upper).min(enclosure(piece.upper)).max(lower)
            if not upper <= lower and not _equal(piece, run):
                yield _Segment(lower, upper, piece, p, q)


def _equal(piece: Piece, run: Run) -> bool:
    if piece.rational is None:
        return False
    p, q = piece.rational.polynomials()
    return bool(p * run.q == q * run.p)


def _integral(segments: Iterator[_Segment], order: int) -> tuple[Any, bool]:
    """The sum over boxes, bisected until it is sharp or they are many, and whether more bits would make it sharper."""
    boxes = [each.box(*ends, order) for each in segments for ends in _parts(each.lower, each.upper)]
    done, count = arb(0), len(boxes)
    while boxes:
        total = sum((box.value for box in boxes), done)
        limit = total.lower() * arb(2) ** -ASKED / (4 * count)
        if not total.is_finite():
            split = [box for box in boxes if not box.value.is_finite()]
        else:
            split = [box for box in boxes if box.wide and not box.value.rad() <= limit]
        if not split or count > MOST_BOXES:
            sharp = total.is_finite() and 2 * total.rad() <= total.lower() * arb(2) ** -ASKED
            return total, bool(not sharp and not split)
        chosen = set(map(id, split))
        boxes = [box for box in boxes if id(box) not in chosen]
        boxes += [half for box in split for half in box.halves(order)]
        count += len(split)
    return done, False


def _parts(lower: Any, upper: Any) -> Iterator[tuple[Any, Any]]:
    edges = [lower, *((lower + (upper - lower) * k / FIRST).mid() for k in range(1, FIRST)), upper]
    yield from pairwise(edges)
