"""∫ Gφ over one box, G made of a smooth piece and its slope, φ a normal density: Taylor series with a remainder.

    ∫ Gφ over [lo, hi] in Σ_{k<N} c_k ((hi-m)^(k+1) - (lo-m)^(k+1))/(k+1) + d ((hi-m)^(N+1) - (lo-m)^(N+1))/(N+1),

c_k the coefficients at the middle m and d a ball that holds the N-th over the whole box, N even.

Source: [MB03]; against Hermite polynomials the remainder is bounded by Cramér's inequality, [AS64, 22.14.17].
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flint import arb, arb_poly, arb_series, ctx

if TYPE_CHECKING:
    from ratapprox.expressions import Piece

__all__ = ["MOMENTS", "Box", "Moment", "hermite_box", "moment_box"]

ORDER = 32
CRAMER = "1.0865"

Jet = Any
Box = Callable[[Any, Any], tuple[list[Any], list[Any]]]
"""(lo, hi) ↦ the integrals over [lo, hi], and for each how much of its radius smaller boxes would take away."""


@dataclass(frozen=True, slots=True)
class Moment:
    """E[f^power] or E[f'^power]."""

    of_slope: bool
    power: int

    def jet(self, f: Jet, slope: Jet) -> Jet:
        g = slope if self.of_slope else f
        return g * g if self.power == 2 else g

    def polynomial(self, P: Any) -> Any:
        return (P.derivative() if self.of_slope else P) ** self.power


MOMENTS = {
    "mean": Moment(False, 1),
    "second": Moment(False, 2),
    "slope_mean": Moment(True, 1),
    "slope": Moment(True, 2),
}


@contextmanager
def _capped(order: int) -> Iterator[None]:
    """FLINT cuts every series to `ctx.cap` coefficients."""
    cap, ctx.cap = ctx.cap, order
    try:
        yield
    finally:
        ctx.cap = cap


def _density(x: Any, variance: Any) -> Jet:
    t = arb_series([x, 1], ctx.cap)
    return (-(t * t) / (2 * variance)).exp() / (2 * arb.pi() * variance).sqrt()


def _slope(jet: Jet) -> Jet:
    return arb_series([k * c for k, c in enumerate(jet.coeffs())][1:], ctx.cap)


def _last(jet: Jet) -> Any:
    """The coefficient of h^ORDER."""
    return jet[ORDER]


def moment_box(piece: Piece, variance: Any, wanted: Sequence[Moment]) -> Box:
    """The integrals of the wanted moments against the density of N(0, variance)."""

    def box(lo: Any, hi: Any) -> tuple[list[Any], list[Any]]:
        m = ((lo + hi) / 2).mid()
        cover = lo.union(hi)
        found, rests = [], []
        with _capped(ORDER + 2):
            at, over = piece.series(m, ORDER + 2), piece.series(cover, ORDER + 2)
            if not _last(over).is_finite():
                crude = _crude(piece, cover, hi - lo, variance, wanted)
                return crude, [v.rad() for v in crude]
            slopes = (_slope(at), _slope(over))
            densities = (_density(m, variance), _density(cover, variance))
            for moment in wanted:
                middle = moment.jet(at, slopes[0]) * densities[0]
                d = _last(moment.jet(over, slopes[1]) * densities[1])
                rest = d * ((hi - m) ** (ORDER + 1) - (lo - m) ** (ORDER + 1)) / (ORDER + 1)
                found.append(_integral(arb_poly(middle.coeffs()[:ORDER]), lo - m, hi - m) + rest)
                rests.append(rest.rad())
        return found, rests

    return box


def _crude(piece: Piece, cover: Any, width: Any, variance: Any, wanted: Sequence[Moment]) -> list[Any]:
    """Width times values, where a derivative does not exist: as at the end of a root."""
    with _capped(2):
        jet = piece.series(cover, 2)
        value, slope = arb_series([piece.arb(cover)], 1), arb_series([jet[1]], 1)
        density = _density(cover, variance)[0]
        return [(moment.jet(value, slope)[0] * density) * width for moment in wanted]


def _integral(P: Any, lo: Any, hi: Any) -> Any:
    whole = P.integral()
    return whole(hi) - whole(lo)


def hermite_box(piece: Piece, variance: Any, count: int) -> Box:
    """The integrals of the piece times He_k(x/s)/√k!, k < count, against the density of N(0, s²)."""
    s = variance.sqrt()

    def box(lo: Any, hi: Any) -> tuple[list[Any], list[Any]]:
        m = ((lo + hi) / 2).mid()
        cover = lo.union(hi)
        with _capped(ORDER + 2):
            over = piece.series(cover, ORDER + 2) * _density(cover, variance)
            d = _last(over)
            if not d.is_finite():
                size = abs(piece.arb(cover) * _density(cover, variance)[0]).upper() * (hi - lo)
                at = arb_poly([0])
            else:
                size = abs(d).upper() * (hi - m).max(m - lo) ** ORDER * (hi - lo)
                at = arb_poly((piece.series(m, ORDER + 2) * _density(m, variance)).coeffs()[:ORDER])
        # |He_k(x/s)| <= 1.0865 √k! e^(x²/4 variance)
        error = arb(0, (size * arb(CRAMER) * (cover * cover / (4 * variance)).exp()).upper())
        found = [h + error for h in _against_hermite(at, lo - m, hi - m, m / s, 1 / s, count)]
        return found, [error.rad()] * count

    return box


def _against_hermite(P: Any, lo: Any, hi: Any, centre: Any, scale: Any, count: int) -> Iterator[Any]:
    """∫ P(h) He_k(u)/√k! dh over [lo, hi] for k = 0 .. count-1, u = centre + scale h: exact but for rounding.

    V_k(i) = ∫ h^i P He_k/√k! dh obeys √(k+1) V_(k+1)(i) = centre V_k(i) + scale V_k(i+1) - √k V_(k-1)(i).
    """
    low, high, powers = arb(1), arb(1), []
    for n in range(1, ORDER + count + 1):
        low, high = low * lo, high * hi
        powers.append((high - low) / n)  # ∫ h^(n-1) dh
    turned = arb_poly(list(reversed(P.coeffs())) or [0])
    first = (turned * arb_poly(powers)).right_shift(max(P.degree(), 0)).truncate(count)
    before, now = arb_poly([0]), first
    for k in range(count):
        yield now[0]
        down = 1 / arb(k + 1).sqrt()
        step = (now * arb_poly([scale * down, centre * down])).right_shift(1) - before * (arb(k).sqrt() * down)
        before, now = now, step.truncate(count - k - 1)
