"""What a machine computes: a form run in NumPy with every operation rounded, and compared with the exact function.

The largest error among given inputs is exact: float64 with a proved error bound leaves few inputs in question, balls
leave fewer, and those are decided with fractions.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any

import numpy as np
from flint import arb, arb_poly, ctx, fmpq
from numpy.typing import NDArray

from ratapprox.coefficients import nearest_float64, to_fmpq, to_fraction
from ratapprox.number_formats import NumberFormat, Operation
from ratapprox.rational import Rational
from ratapprox.symbolic.rounding.coefficient_error import Slopes, slopes
from ratapprox.symbolic.rounding.forms import Form
from ratapprox.symbolic.rounding.programs import Program

__all__ = ["Census", "Worst", "census", "compute", "first_non_finite", "worst"]

Array = NDArray[Any]
Floats = NDArray[np.float64]

FEW = 16
"""So many inputs are decided with fractions at once."""

BITS = 256

_OPERATIONS = {"+": np.add, "*": np.multiply, "/": np.divide}


def compute(form: Form, number_format: NumberFormat, x: Array) -> Array:
    """The computed values at x [N], values of the format; the form's constants must be values of it too."""
    with np.errstate(all="ignore"):
        if form.outside is None:
            return _run(form.inside, number_format, x)
        values = np.empty_like(x)
        outer = np.abs(x) > 1
        values[~outer] = _run(form.inside, number_format, x[~outer])
        values[outer] = _run(form.outside, number_format, x[outer])
        return values


def _run(program: Program, number_format: NumberFormat, x: Array) -> Array:
    def apply(operation: Operation, left: Any, right: Any) -> Any:
        return number_format.finish(_OPERATIONS[operation](left, right))

    constants = [np.full(1, float(c), number_format.carrier) for c in program.constants]
    values: Array = program.run(x, constants, apply)
    return np.broadcast_to(values, x.shape)


@dataclass(frozen=True, slots=True)
class Worst:
    """The largest |computed - exact| among the inputs and where it is; None for an infinite one, `why` says why."""

    error: Fraction | None
    x: float
    why: str | None = None


def worst(rational: Rational, x: Array, computed: Array) -> Worst:
    """The exact maximum of |computed - r(x)| over x [N], the float64 values at which `computed` [N] was found."""
    wide, values = x.astype(np.float64), computed.astype(np.float64)
    finite = np.isfinite(values)
    if not finite.all():
        at = float(wide[np.flatnonzero(~finite)[np.argmin(np.abs(wide[~finite]))]])
        return Worst(None, at, f"the result is not finite at x = {at:.6g}")
    reference, tolerance = _reference(rational, wide)
    with np.errstate(all="ignore"):
        error = np.abs(values - reference)
        slack = tolerance + 4e-16 * error + 1e-300
        upper, lower = error + slack, error - slack
    upper[~np.isfinite(upper)] = math.inf
    lower[~np.isfinite(lower)] = 0.0
    candidates = np.flatnonzero(upper >= lower.max())
    if rational.degree == 0:  # a constant: one input for each computed value
        candidates = candidates[np.unique(values[candidates], return_index=True)[1]]
    if candidates.size > FEW:
        candidates = _undecided(rational, wide, values, candidates)
    return _exactly(rational, wide[candidates], values[candidates])


def _undecided(rational: Rational, x: Floats, values: Floats, candidates: NDArray[np.intp]) -> NDArray[np.intp]:
    """Those of the candidates whose error may be the largest, by balls."""
    p, q = (arb_poly(polynomial) for polynomial in rational.polynomials())
    with ctx.workprec(BITS):
        errors = []
        for at, value in zip(x[candidates].tolist(), values[candidates].tolist(), strict=True):
            point = arb(at)
            errors.append(abs(arb(value) - p(point) / q(point)))
        least = max((error.abs_lower() for error in errors if error.is_finite()), default=arb(0))
        kept = [k for k, error in enumerate(errors) if not error < least]
    return candidates[kept]


def _exactly(rational: Rational, x: Floats, values: Floats) -> Worst:
    """The largest error of these few, in fractions."""
    p, q = rational.polynomials()
    most, where = fmpq(-1), math.nan
    for at, value in zip(x.tolist(), values.tolist(), strict=True):
        point = to_fmpq(at)
        below = q(point)
        if below == 0:
            return Worst(None, at, f"q has a zero at x = {at:.6g}")
        error = abs(to_fmpq(value) - p(point) / below)
        if error > most:
            most, where = error, at
    return Worst(to_fraction(most), where)


def _reference(rational: Rational, x: Floats) -> tuple[Floats, Floats]:
    """r(x) in float64 and a bound of its error; not finite where float64 does not say enough.

    Horner in x for |x| <= 1 and in t = 1/x beyond errs by less than gamma(3 n + 4) Σ |c_i| |x|^i.
    Source: N. J. Higham, Accuracy and Stability of Numerical Algorithms (2002).
    """
    p, q = (np.array([nearest_float64(c) for c in polynomial]) for polynomial in (rational.p, rational.q))
    m, n = rational.type
    unit = 2.0**-53 * 1.01
    with np.errstate(all="ignore"):
        outer = np.abs(x) > 1
        t = np.where(outer, 1 / x, x)
        above, above_size = _horner(p, t, outer)
        below, below_size = _horner(q, t, outer)
        above_error, below_error = ((3 * k + 6) * unit * s + 1e-300 for k, s in ((m, above_size), (n, below_size)))
        value = above / below
        slack = (above_error + np.abs(value) * below_error) / (np.abs(below) - below_error)
        slack[np.abs(below) <= below_error] = math.inf
        power = np.where(outer, x, 1.0) ** (m - n)
        value, slack = value * power, slack * np.abs(power)
        return value, 1.01 * slack + (abs(m - n) + 8) * unit * np.abs(value) + 1e-300


def _horner(coefficients: Floats, t: Floats, outer: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Σ c_i t^i, with the coefficients reversed at the places `outer`, and the same sum of moduli."""
    size = np.abs(t)
    ascending = np.stack([coefficients, coefficients[::-1]])[:, :, None]
    which = outer.astype(np.intp)
    value = ascending[which, -1, 0]
    total = np.abs(value)
    for k in range(len(coefficients) - 2, -1, -1):
        c = ascending[which, k, 0]
        value = value * t + c
        total = total * size + np.abs(c)
    return value, total


@lru_cache(maxsize=8)
def _slopes(rational: Rational) -> Slopes:
    return slopes(*rational.polynomials())


@dataclass(frozen=True, slots=True)
class Census:
    """Counts over all finite inputs of a format; `first` is the smallest |x| with a result that is not finite."""

    non_finite: int
    nan: int
    violations: int
    first: float | None


def census(rational: Rational, x: Array, computed: Array) -> Census:
    """Counts over all inputs x [N], ascending, and what was computed there [N].

    A violation is a pair of neighbouring inputs with finite results between which r rises and the results fall, or the
    reverse; r rises and falls as exact algebra has it.
    """
    finite = np.isfinite(computed)
    direction = _slopes(rational).between(x.astype(np.float64))
    both = finite[1:] & finite[:-1]
    falls, rises = computed[1:] < computed[:-1], computed[1:] > computed[:-1]
    violations = both & ((direction > 0) & falls | (direction < 0) & rises)
    return Census(
        non_finite=int((~finite).sum()),
        nan=int(np.isnan(computed).sum()),
        violations=int(violations.sum()),
        first=None if finite.all() else float(np.abs(x[~finite]).min()),
    )


def first_non_finite(form: Form, number_format: NumberFormat) -> float | None:
    """About the smallest |x| at which a result that is not finite was met, searched in every binade of the format."""
    top = math.log2(number_format.largest)
    with np.errstate(over="ignore"):
        sizes = np.minimum(np.exp2(np.linspace(-min(top, 1000), top, 4096)), number_format.largest)
    found = [first for sign in (1.0, -1.0) if (first := _first(form, number_format, sign, sizes)) is not None]
    return min(found) if found else None


def _first(form: Form, number_format: NumberFormat, sign: float, sizes: Floats) -> float | None:
    """The smallest size with a result that is not finite, refined between its neighbours."""
    first = None
    for _ in range(4):
        x = number_format.nearest(sign * sizes)
        bad = np.flatnonzero(np.isfinite(x) & ~np.isfinite(compute(form, number_format, x)))
        if bad.size == 0:
            return first
        first = abs(float(x[bad[0]]))
        sizes = np.linspace(sizes[max(bad[0] - 1, 0)], sizes[bad[0]], 1024)
    return first
