"""E[G(X)] for X normal and G made of a piecewise smooth function and its slope: certified integration.

Between its kinks, pieces that are polynomials are integrated in closed form; on the others Gφ is expanded in Taylor
series with a Lagrange remainder, on boxes bisected until the remainders are small:

    ∫ Gφ over [lo, hi] in Σ_{k<N} c_k ((hi-m)^(k+1) - (lo-m)^(k+1))/(k+1) + d ((hi-m)^(N+1) - (lo-m)^(N+1))/(N+1),

c_k the coefficients at the middle m and d a ball that holds the N-th over the whole box, N even. Beyond |x| = X the
rules of `majorant` bound what is left.

Source: [MB03] for Taylor models; E[He_k ...] remainders use Cramér's bound, [AS64, 22.14.17].
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
from flint import arb, arb_poly, arb_series, ctx

from ratapprox.expressions import DomainError, compiled, enclosure
from ratapprox.symbolic.gaussian import between
from ratapprox.symbolic.majorant import tail, tail_mass

if TYPE_CHECKING:
    from ratapprox.activations import Activation
    from ratapprox.expressions import Piece

__all__ = ["MOMENTS", "hermite_integrals", "moment_integrals", "sizes"]

ORDER = 32
MOST_BOXES = 6_000
CRAMER = "1.0865"
FARTHEST = 120
"""Tails are cut off at most so many standard deviations out; a function that is still too large there is refused."""

Jet = Any


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


def moment_integrals(f: Activation, variance: Any, names: Sequence[str], tolerances: Sequence[Any]) -> list[Any]:
    """The named moments of f(X) and f'(X), X ~ N(0, variance), as balls of about these radii (a ball, exact ends).

    Raises ValueError where f is not finite and continuous on the line, grows too fast, or resists enclosure.
    """
    wanted = [MOMENTS[name] for name in names]
    X, outside = _cut(f, variance, wanted, tolerances)
    total = [arb(0, mass) for mass in outside]
    for piece in _pieces(f, X):
        P = _polynomial(piece)
        if P is not None:
            ends = enclosure(piece.lower), enclosure(piece.upper)
            part = [between(moment.polynomial(P), *ends, variance) for moment in wanted]
        else:
            box = _moment_box(piece, variance, wanted)
            part = _adaptively(piece, X, box, tolerances, f)
        total = [u + v for u, v in zip(total, part, strict=True)]
    return total


def hermite_integrals(f: Activation, variance: Any, count: int, tolerance: Any) -> list[Any]:
    """h_0 .. h_(count-1), h_k = E[f(s Z) He_k(Z)]/√k!, s² the variance, as balls of about this radius."""
    X, outside = _cut(f, variance, [MOMENTS["mean"]], [tolerance], hermite=True)
    total = [arb(0, outside[0])] * count
    for piece in _pieces(f, X):
        part = _adaptively(piece, X, _hermite_box(piece, variance, count), [tolerance] * count, f)
        total = [u + v for u, v in zip(total, part, strict=True)]
    return total


def sizes(f: Activation, variance: Any) -> list[float]:
    """Rough sizes of all the moments, by sampling: what an accuracy is first asked relative to."""
    z = np.linspace(-10, 10, 801)
    weights = np.exp(-z * z / 2) * (z[1] - z[0]) / np.sqrt(2 * np.pi)
    x = z * float(variance) ** 0.5
    with np.errstate(all="ignore"):
        values = f.numpy(x)
        slopes = np.diff(values, append=values[-1]) / (x[1] - x[0])
        found = []
        for moment in MOMENTS.values():
            squares = float(np.sum(weights * (slopes if moment.of_slope else values) ** 2))
            size = squares if moment.power == 2 else squares**0.5
            found.append(size if np.isfinite(size) and size > 0 else 1.0)
    return found


# -- far out -----------------------------------------------------------------------------------------------------------


def _cut(
    f: Activation, variance: Any, wanted: Sequence[Moment], tolerances: Sequence[Any], hermite: bool = False
) -> tuple[Fraction, list[Any]]:
    """X, and for each moment a bound of what lies beyond |x| = X."""
    functions = {False: compiled(f.expression)}
    if any(moment.of_slope for moment in wanted):
        functions[True] = compiled(f.derivative().expression)
    s, out = variance.sqrt(), 16 if hermite else 12
    while out <= FARTHEST:
        X = _short(s * out)
        x = arb(X.numerator) / X.denominator
        bounds = {(of, side): tail(function, x, side) for of, function in functions.items() for side in (-1, 1)}
        masses: list[Any] = []
        for moment in wanted:
            sides = [bounds[moment.of_slope, side] for side in (-1, 1)]
            mass = [arb("inf") if b is None else tail_mass(b, moment.power, x, variance, hermite) for b in sides]
            masses.append((mass[0] + mass[1]).upper())
        if all(mass <= tolerance for mass, tolerance in zip(masses, tolerances, strict=True)):
            return X, masses
        out += out // 4
    raise ValueError(
        f"{f.name} could not be bounded far out: it is not defined there, or grows like the normal density falls; "
        f"give a function that grows at most like an exponential of x"
    )


def _short(ball: Any) -> Fraction:
    """A fraction of three bits, not smaller than the ball: the pieces up to there are found once for many variances."""
    with ctx.workprec(3):
        up = (ball.upper() * arb(9) / 8).upper().fmpq()
    return Fraction(int(up.p), int(up.q))


def _pieces(f: Activation, X: Fraction) -> tuple[Piece, ...]:
    try:
        return f.pieces(-X, X)
    except DomainError as error:
        what = str(error).split(";")[0]
        raise ValueError(f"a normal variable takes every real value, but {what}") from error


def _polynomial(piece: Piece) -> Any:
    if piece.rational is None or piece.rational.type[1] > 0:
        return None
    p, q = piece.rational.polynomials()
    return p / q[0]


# -- boxes -------------------------------------------------------------------------------------------------------------

Box = Callable[[Any, Any], "list[Any] | None"]


def _adaptively(piece: Piece, X: Fraction, box: Box, tolerances: Sequence[Any], f: Activation) -> list[Any]:
    """The sum over boxes, each bisected until its balls are small."""
    total: list[Any] = [arb(0)] * len(tolerances)
    widest, smallest = arb(X.numerator) / X.denominator / 6, arb(X.numerator) / X.denominator * arb(2) ** -100
    limits = [tolerance / 64 for tolerance in tolerances]
    todo = [(enclosure(piece.lower), enclosure(piece.upper))]
    for _ in range(MOST_BOXES):
        if not todo:
            return total
        lo, hi = todo.pop()
        if not hi - lo > widest:
            found = box(lo, hi)
            if found is not None and all(v.rad() < limit for v, limit in zip(found, limits, strict=True)):
                total = [u + v for u, v in zip(total, found, strict=True)]
                continue
        if not hi - lo > smallest:
            raise ValueError(
                f"the moments of {f.name} could not be enclosed near x = {_place(lo, X)}: it, or its slope, is not "
                "square integrable there or varies too quickly"
            )
        middle = ((lo + hi) / 2).mid()
        todo += [(middle, hi), (lo, middle)]
    raise ValueError(
        f"the moments of {f.name} could not be enclosed with {MOST_BOXES} boxes: it varies too quickly for this "
        "variance; give a smaller variance"
    )


def _place(x: Any, X: Fraction) -> str:
    return f"{float(x):.6g}" if abs(float(x)) > 1e-9 * float(X) else "0"


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


def _moment_box(piece: Piece, variance: Any, wanted: Sequence[Moment]) -> Box:
    def box(lo: Any, hi: Any) -> list[Any] | None:
        m = ((lo + hi) / 2).mid()
        cover = lo.union(hi)
        found = []
        with _capped(ORDER + 2):
            at, over = piece.series(m, ORDER + 2), piece.series(cover, ORDER + 2)
            if not _last(over).is_finite():
                return _crude(piece, cover, hi - lo, variance, wanted)
            slopes = (_slope(at), _slope(over))
            densities = (_density(m, variance), _density(cover, variance))
            for moment in wanted:
                middle = moment.jet(at, slopes[0]) * densities[0]
                d = _last(moment.jet(over, slopes[1]) * densities[1])
                found.append(_integral(arb_poly(middle.coeffs()[:ORDER]), d, lo - m, hi - m))
        return found

    return box


def _crude(piece: Piece, cover: Any, width: Any, variance: Any, wanted: Sequence[Moment]) -> list[Any]:
    """Width times values, where a derivative does not exist: as at the end of a root."""
    with _capped(2):
        jet = piece.series(cover, 2)
        value, slope = arb_series([piece.arb(cover)], 1), arb_series([jet[1]], 1)
        density = _density(cover, variance)[0]
        return [(moment.jet(value, slope)[0] * density) * width for moment in wanted]


def _integral(P: Any, d: Any, lo: Any, hi: Any) -> Any:
    whole = P.integral()
    return whole(hi) - whole(lo) + d * (hi ** (ORDER + 1) - lo ** (ORDER + 1)) / (ORDER + 1)


def _hermite_box(piece: Piece, variance: Any, count: int) -> Box:
    s = variance.sqrt()

    def box(lo: Any, hi: Any) -> list[Any] | None:
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
        return [h + error for h in _against_hermite(at, lo - m, hi - m, m / s, 1 / s, count)]

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
