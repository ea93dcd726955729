"""E[G(X)] for X normal and G made of a piecewise smooth function and its slope: certified integration.

Between its kinks, pieces that are polynomials are integrated in closed form; on the others boxes are bisected until the
remainders of Taylor series (`taylor_boxes`) are small. What lies beyond |x| = X is bounded by the rules of `majorant`.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
from flint import arb, ctx

from ratapprox.expressions import DomainError, compiled, enclosure
from ratapprox.symbolic.gaussian import between
from ratapprox.symbolic.majorant import tail, tail_mass
from ratapprox.symbolic.taylor_boxes import MOMENTS, Box, Moment, hermite_box, moment_box

if TYPE_CHECKING:
    from ratapprox.activations import Activation
    from ratapprox.expressions import Piece

__all__ = ["MOMENTS", "PrecisionError", "hermite_integrals", "moment_integrals", "sizes"]

MOST_BOXES = 6_000
FARTHEST = 120
"""Tails are cut off at most so many standard deviations out; a function that is still too large there is refused."""


class PrecisionError(ValueError):
    """Balls that are wide by rounding, not by the width of the boxes: more bits are needed."""


def moment_integrals(
    f: Activation, variance: Any, names: Sequence[str], tolerances: Sequence[Any], mirrored: bool = False
) -> list[Any]:
    """The named moments of f(X) and f'(X), X ~ N(0, variance), as balls of about these radii.

    `mirrored` says that f is even or odd: twice the right half is returned, whatever symmetry makes 0.
    Raises ValueError where f is not finite and continuous on the line, grows too fast, or resists enclosure.
    """
    wanted = [MOMENTS[name] for name in names]
    X, outside = _cut(f, variance, wanted, tolerances)
    total = [arb(0, mass) for mass in outside]
    for piece in _pieces(f, X, mirrored):
        P = _polynomial(piece)
        if P is not None:
            ends = enclosure(piece.lower), enclosure(piece.upper)
            part = [between(moment.polynomial(P), *ends, variance) for moment in wanted]
        else:
            box = moment_box(piece, variance, wanted)
            part = _adaptively(piece, X, box, tolerances, f)
        total = [u + v * (2 if mirrored else 1) for u, v in zip(total, part, strict=True)]
    return total


def hermite_integrals(f: Activation, variance: Any, count: int, tolerance: Any, mirrored: bool = False) -> list[Any]:
    """h_0 .. h_(count-1), h_k = E[f(s Z) He_k(Z)]/√k!, s² the variance, as balls of about this radius.

    `mirrored` as in `moment_integrals`.
    """
    X, outside = _cut(f, variance, [MOMENTS["mean"]], [tolerance], hermite=True)
    total = [arb(0, outside[0])] * count
    for piece in _pieces(f, X, mirrored):
        part = _adaptively(piece, X, hermite_box(piece, variance, count), [tolerance] * count, f)
        total = [u + v * (2 if mirrored else 1) for u, v in zip(total, part, strict=True)]
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


def _pieces(f: Activation, X: Fraction, mirrored: bool) -> tuple[Piece, ...]:
    try:
        whole = f.pieces(-X, X)  # an odd function may jump at 0
        return f.pieces(0, X) if mirrored else whole
    except DomainError as error:
        what = str(error).split(";")[0]
        raise ValueError(f"a normal variable takes every real value, but {what}") from error


def _polynomial(piece: Piece) -> Any:
    if piece.rational is None or piece.rational.type[1] > 0:
        return None
    p, q = piece.rational.polynomials()
    return p / q[0]


# -- boxes -------------------------------------------------------------------------------------------------------------


def _adaptively(piece: Piece, X: Fraction, box: Box, tolerances: Sequence[Any], f: Activation) -> list[Any]:
    """The sum over boxes, each bisected until its balls are small."""
    total: list[Any] = [arb(0)] * len(tolerances)
    x = arb(X.numerator) / X.denominator
    widest, smallest = x / 6, x * arb(2) ** -100
    limits = [tolerance / 64 for tolerance in tolerances]
    todo = [(enclosure(piece.lower), enclosure(piece.upper))]
    for _ in range(MOST_BOXES):
        if not todo:
            return total
        lo, hi = todo.pop()
        if not hi - lo > widest:
            found, rests = box(lo, hi)
            if all(v.rad() < limit for v, limit in zip(found, limits, strict=True)):
                total = [u + v for u, v in zip(total, found, strict=True)]
                continue
            radii = zip(found, rests, limits, strict=True)
            if any(v.rad() > limit * 1024 and v.rad() > rest * 8 for v, rest, limit in radii):
                raise PrecisionError(f"the moments of {f.name} could not be enclosed at {ctx.prec} bits")
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
