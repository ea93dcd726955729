"""The weighted error e = w (f - p/q) between two neighbouring kinks: values, Taylor coefficients, Taylor models.

A Taylor model of e around an anchor m on lo <= x <= hi is numbers c [K] and a ball d with

    e(m + h) in c_0 + c_1 h + ... + c_{K-1} h^{K-1} + d h^K   for every h with lo <= m + h <= hi.

Source: [MB03]; the remainder of the rational part is exact algebra, (P - Q R)/(h^K Q), R the truncated series of P/Q.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from flint import arb, arb_poly, arb_series, ctx, fmpq, fmpq_poly

from ratapprox.expressions import enclosure
from ratapprox.expressions.numbers import compare, ordered

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ratapprox.expressions import Piece

__all__ = ["Branch", "Model", "Part", "branches", "nearby", "piece_branches", "span", "working"]

Over = TypeVar("Over", "Piece", "Part")

END_BITS = 640
"""An irrational end of a branch is kept between two rationals that agree to so many bits."""


def working(bits: int) -> AbstractContextManager[Any]:
    """Run the block with balls of `bits` bits."""
    return ctx.workprec(bits)


def span(lower: fmpq, upper: fmpq) -> arb:
    """A ball that covers [lower, upper]."""
    return arb(lower).union(arb(upper))


@dataclass(frozen=True, slots=True)
class Model:
    """A Taylor model of e: the coefficients c_0 .. c_{K-1} and d of h^0 .. h^K, and the ball H of the values of h."""

    c: arb_poly
    H: arb


@dataclass(frozen=True, slots=True)
class Branch:
    """e = w (f - p/q) from one kink of f or w to the next.

    `inner` are rational points of the branch, its ends where those are rational; `outer` are rationals just outside it,
    so that neighbouring branches overlap where they meet at an irrational number.
    """

    inner: tuple[fmpq, fmpq]
    outer: tuple[fmpq, fmpq]
    f: Piece
    w: Piece | None
    p: fmpq_poly
    q: fmpq_poly

    def vanishes(self) -> bool:
        """Whether f and p/q are the same rational function here, whatever the weight."""
        if self.f.rational is None:
            return False
        F, G = self.f.rational.polynomials()
        return bool(F * self.q == self.p * G)

    def exact(self) -> tuple[fmpq_poly, fmpq_poly] | None:
        """e as a reduced quotient of exact polynomials, where f and w are rational functions."""
        if self.f.rational is None or (self.w is not None and self.w.rational is None):
            return None
        F, G = self.f.rational.polynomials()
        top, bottom = F * self.q - self.p * G, G * self.q
        if self.w is not None and self.w.rational is not None:
            U, V = self.w.rational.polynomials()
            top, bottom = top * U, bottom * V
        common = top.gcd(bottom)
        return (top // common, bottom // common) if common.degree() > 0 else (top, bottom)

    def numpy(
        self, x: NDArray[np.float64], p: NDArray[np.float64], q: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """e at x [N] in float64, and the size of what was subtracted to get it: rounding is 2^-53 times that."""
        with np.errstate(all="ignore"):
            P, Q = np.polyval(p[::-1], x), np.polyval(q[::-1], x)
            f, r = self.f.numpy(x), P / Q
            size = np.abs(x)
            noise = np.abs(f) + (
                np.polyval(np.abs(p[::-1]), size) + np.abs(r) * np.polyval(np.abs(q[::-1]), size)
            ) / np.abs(Q)
            w = 1.0 if self.w is None else self.w.numpy(x)
            return w * (f - r), np.abs(w) * noise

    def at(self, x: arb) -> arb:
        """A ball that holds e at every point of the ball x."""
        value: arb = self.f.arb(x) - arb_poly(self.p)(x) / arb_poly(self.q)(x)
        return value if self.w is None else value * self.w.arb(x)

    def jet(self, x: arb, order: int) -> arb_poly:
        """The Taylor coefficients of e around x, h^0 .. h^(order-1)."""
        shift = arb_poly([x, 1])
        r = _quotient(arb_poly(self.p)(shift), arb_poly(self.q)(shift), order)
        c = arb_poly(self.f.series(x, order).coeffs()) - r
        return c if self.w is None else (arb_poly(self.w.series(x, order).coeffs()) * c).truncate(order)

    def model(self, anchor: fmpq, lo: fmpq, hi: fmpq, order: int) -> Model:
        """A Taylor model of e on [lo, hi] around the anchor, a point of it; not finite where f has no derivative."""
        m, H = arb(anchor), span(lo - anchor, hi - anchor)
        shift = arb_poly([m, 1])
        P, Q = arb_poly(self.p)(shift), arb_poly(self.q)(shift)
        r = _quotient(P, Q, order)
        d = (P - Q * r).right_shift(order)(H) / Q(H)
        c = _piece_model(self.f, m, H, order) - r - arb_poly([d]).left_shift(order)
        if self.w is None:
            return Model(c, H)
        product = _piece_model(self.w, m, H, order) * c
        return Model(product.truncate(order) + arb_poly([product.right_shift(order)(H)]).left_shift(order), H)


def _quotient(P: arb_poly, Q: arb_poly, order: int) -> arb_poly:
    """The Taylor polynomial of P/Q with `order` coefficients; not finite when Q may vanish at 0."""
    if 0 in Q[0]:
        return arb_poly([arb.nan()])
    cap = ctx.cap  # FLINT cuts every series to so many coefficients
    ctx.cap = order
    try:
        return arb_poly((arb_series(P, order) / arb_series(Q, order)).coeffs())
    finally:
        ctx.cap = cap


def _piece_model(piece: Piece, m: arb, H: arb, order: int) -> arb_poly:
    """The Taylor polynomial around m with the Lagrange coefficient of h^order over m + H."""
    d = piece.series(m + H, order + 1)[order]
    return arb_poly(piece.series(m, order).coeffs()) + arb_poly([d]).left_shift(order)


@dataclass(frozen=True, slots=True)
class Part:
    """p/q from one exact sympy number to another."""

    lower: Any
    upper: Any
    p: fmpq_poly
    q: fmpq_poly


def branches(f: Sequence[Piece], w: Sequence[Piece] | None, p: fmpq_poly, q: fmpq_poly) -> tuple[Branch, ...]:
    """w (f - p/q) cut at the kinks of f and of w, from left to right."""
    if w is None:
        return tuple(Branch(*_ends(piece.lower, piece.upper), piece, None, p, q) for piece in f)
    cuts = ordered([end for piece in (*f, *w) for end in (piece.lower, piece.upper)])
    return tuple(Branch(*_ends(lo, hi), _over(f, lo, hi), _over(w, lo, hi), p, q) for lo, hi in pairwise(cuts))


def piece_branches(f: Sequence[Piece], w: Sequence[Piece] | None, parts: Sequence[Part]) -> tuple[Branch, ...]:
    """w (f - p/q) with another p/q on each part, cut at the kinks of f and of w and where parts meet."""
    pieces: list[Any] = [*f, *(w or ()), *parts]
    cuts = ordered([end for piece in pieces for end in (piece.lower, piece.upper)])
    found = []
    for lo, hi in pairwise(cuts):
        part, weight = _over(parts, lo, hi), None if w is None else _over(w, lo, hi)
        found.append(Branch(*_ends(lo, hi), _over(f, lo, hi), weight, part.p, part.q))
    return tuple(found)


def nearby(number: Any) -> tuple[fmpq, fmpq]:
    """Rationals just below and above an exact sympy number; the number itself twice where it is rational."""
    if number.is_Rational:
        exact = fmpq(int(number.p), int(number.q))
        return exact, exact
    with working(END_BITS):
        ball = enclosure(number)
        return ball.lower().fmpq(), ball.upper().fmpq()


def _ends(lower: Any, upper: Any) -> tuple[tuple[fmpq, fmpq], tuple[fmpq, fmpq]]:
    (below_lower, above_lower), (below_upper, above_upper) = nearby(lower), nearby(upper)
    return (above_lower, below_upper), (below_lower, above_upper)


def _over(pieces: Sequence[Over], lower: Any, upper: Any) -> Over:
    """The piece that holds [lower, upper]."""
    return next(piece for piece in pieces if compare(piece.lower, lower) <= 0 and compare(upper, piece.upper) <= 0)
