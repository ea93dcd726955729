"""The error re-measured on the function that is returned, by a search that knows kinks and nothing of the fit."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
from flint import arb, arb_poly, ctx

from ratapprox.fitting.exchange import Extrema, extrema
from ratapprox.fitting.problem import Floats, Problem, ball
from ratapprox.fitting.remez import FLOAT_FLOOR, size_of_target

FLOAT_NOISE = 1e-6
"""Disagreement between floats and balls, relative to the error, above which the search leaves double precision."""

if TYPE_CHECKING:
    from ratapprox.rational import Rational


def measure(rational: Rational, problem: Problem, hints: Sequence[float], *, bits: int) -> Extrema:
    """The extrema of w·(f − r) over the whole interval.

    `problem` is the one as asked, unreduced; hints only refine the grid.
    """
    scale = size_of_target(problem)
    ends = problem.float_ends()
    points = [
        *ends,
        *problem.float_kinks(),
        *problem.landmarks,
        *hints,
        *np.linspace(*ends, 33).tolist(),
    ]
    breakpoints = np.unique(np.clip(points, *ends))

    def in_floats(x: Floats) -> tuple[Floats, bool]:
        f, w = problem.floats(x)
        values = rational(x)
        return w * (f - values), bool(np.all(np.isfinite(values)))

    with ctx.workprec(bits):
        top, bottom = polynomials_in_balls(rational)

        def in_balls(x: Floats) -> tuple[Floats, bool]:
            out = np.empty(len(x))
            for i, point in enumerate(x.tolist()):
                f, w = problem.balls(arb(point))
                out[i] = float((w * (f - top(arb(point)) / bottom(arb(point)))).mid())
            return out, True

        rough = extrema(problem, in_floats, breakpoints)
        if not problem.exact:
            return rough
        # Double precision may have found noise: what it says is checked in balls, and if need be searched again there.
        checked, _ = in_balls(rough.x)
        agreed = np.abs(checked - rough.e) <= FLOAT_NOISE * np.max(np.abs(checked), initial=0.0)
        if rough.largest > FLOAT_FLOOR * scale and agreed.all():
            return Extrema(rough.x, checked, rough.pole_free)
        return extrema(problem, in_balls, breakpoints)


def polynomials_in_balls(rational: Rational) -> tuple[arb_poly, arb_poly]:
    """p and q with ball coefficients at the present precision."""
    exact = rational.exact()
    return arb_poly([ball(Fraction(c)) for c in exact.p]), arb_poly([ball(Fraction(c)) for c in exact.q])


def largest_error(rational: Rational, problem: Problem, points: Sequence[arb], *, bits: int) -> arb:
    """max w·|f − r| over the given points, in balls."""
    with ctx.workprec(bits):
        top, bottom = polynomials_in_balls(rational)
        largest = arb(0)
        for x in points:
            f, w = problem.balls(x)
            e = abs(w * (f - top(x) / bottom(x))).mid()
            if e > largest:
                largest = e
        return largest


def decimal(value: arb, digits: int) -> Decimal:
    """The midpoint of a ball to so many significant digits."""
    with ctx.workprec(int(digits * 3.4) + 64):
        text = value.mid().str(digits, radius=False)
    return Decimal(text)
