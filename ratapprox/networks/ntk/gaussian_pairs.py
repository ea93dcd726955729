"""E[σ(u) σ(v)] and E[σ'(u) σ'(v)] for jointly normal u, v with mean 0, for many pairs at once.

Functions a x + b |x| have a closed form [CS09]; smooth ones a series in the correlation, and where that converges too
slowly the trapezoid rule in two variables; others with kinks have panels that end at these.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import sympy

from ratapprox.expressions.errors import DomainError
from ratapprox.expressions.numbers import enclosure
from ratapprox.expressions.program import KINKED
from ratapprox.expressions.program import x as variable
from ratapprox.expressions.switches import branches
from ratapprox.networks.ntk.fixed import Array, Fixed
from ratapprox.networks.ntk.hermite import by_series
from ratapprox.networks.ntk.panels import by_panels
from ratapprox.networks.ntk.trapezoid import by_trapezoid, step_and_reach
from ratapprox.networks.units import Unit

__all__ = ["Pairs", "expectations", "is_two_slopes"]

EPSILON = float(np.finfo(np.float64).eps)
COARSER = 4 / 3
"""The step of the comparison, relative to the step."""
GAINED = 100
"""By the finer step the error falls by exp(9) where poles decide, more elsewhere: this much of it is counted on."""
GOOD = 1e-13
"""A series that leaves less, relative to the largest value, is not improved."""


_Two = tuple[Array, Array]


class Pairs(NamedTuple):
    """Values and stated errors, arrays of one shape: of E[σ(u)σ(v)] and of E[σ'(u)σ'(v)]."""

    value: Array
    slope: Array
    value_error: Array
    slope_error: Array


def expectations(sigma: Fixed, q11: Array, q12: Array, q22: Array) -> Pairs:
    """For variances q11, q22 and covariances q12, three arrays of one shape (n,).

    Raises `ValueError` where there is a pole on the real line, and for functions that grow or oscillate so fast that
    the integrals are not resolved.

    >>> from ratapprox.networks.units import unit
    >>> one = np.ones(1)
    >>> expectations(Fixed(unit("relu"), ()), one, 0 * one, one).slope
    array([0.25])
    """
    scale = np.sqrt(q11 * q22)
    rho = np.clip(np.divide(q12, scale, out=np.zeros_like(q12), where=scale > 0), -1.0, 1.0)
    rho[(q11 == q12) & (q12 == q22) & (q12 > 0)] = 1.0
    closed = _two_slopes(sigma)
    if closed is not None:
        return _arc_cosine(*closed, q12, scale, rho)
    one, two = np.sqrt(q11), np.sqrt(q22)
    kinks = _kinks(sigma)
    if kinks:
        fine, coarse = (by_panels(sigma, kinks, one, two, rho, nodes) for nodes in (20, 14))
        return _compared(fine, coarse, _sizes_by_panels(sigma, kinks, one, two), 1)
    found = by_series(sigma, q11, q22, rho)
    pairs = Pairs(found.value, found.slope, found.value_error, found.slope_error)
    slow = np.flatnonzero((found.value_error > GOOD * found.value_size) | (found.slope_error > GOOD * found.slope_size))
    if slow.size:
        step, reach = step_and_reach(sigma, float(max(q11.max(), q22.max())))
        fine, coarse = (by_trapezoid(sigma, one[slow], two[slow], rho[slow], h, reach) for h in (step, COARSER * step))
        sizes = found.value_size[slow], found.slope_size[slow]
        for into, better in zip(pairs, _compared(fine, coarse, sizes, GAINED), strict=True):
            into[slow] = better
    return pairs


def _compared(fine: _Two, coarse: _Two, sizes: _Two, gained: float) -> Pairs:
    value_error, slope_error = (
        np.abs(f - c) / gained + 16 * EPSILON * size for f, c, size in zip(fine, coarse, sizes, strict=True)
    )
    return Pairs(fine[0], fine[1], value_error, slope_error)


def _sizes_by_panels(sigma: Fixed, kinks: list[float], one: Array, two: Array) -> _Two:
    """√(E σ(u)² E σ(v)²), and the same of σ'."""
    deviations, where = np.unique(np.concatenate([one, two]), return_inverse=True)
    own = by_panels(sigma, kinks, deviations, deviations, np.ones_like(deviations), 14)
    first, second = (np.sqrt(np.abs(squares))[where] for squares in own)
    many = len(one)
    return first[:many] * first[many:], second[:many] * second[many:]


# -- closed form -------------------------------------------------------------------------------------------------------


def _arc_cosine(a: float, b: float, q12: Array, scale: Array, rho: Array) -> Pairs:
    """Of a x + b |x|."""
    sine = np.sqrt((1 - rho) * (1 + rho))
    sizes = 2 / np.pi * scale * (sine + rho * np.arcsin(rho))
    signs = 2 / np.pi * np.arcsin(rho)
    value, slope = a * a * q12 + b * b * sizes, a * a + b * b * signs
    # ρ itself is rounded; the arcsine turns that into its square root near ±1
    lost = np.where(rho == 1, 0.0, 4 * EPSILON / np.maximum(sine, math.sqrt(EPSILON)))
    return Pairs(value, slope, 8 * EPSILON * (a * a + b * b) * scale, b * b * lost + 4 * EPSILON * np.abs(slope))


def _two_slopes(sigma: Fixed) -> tuple[float, float] | None:
    """(a, b) where σ is a x + b |x|."""
    parts = _branches(sigma.expression)
    if parts is None or [(low, high) for low, high, _ in parts] != [(-sympy.oo, 0), (0, sympy.oo)]:
        return None
    left, right = (sympy.diff(part, variable) for _, _, part in parts)
    if not (left.is_number and right.is_number) or any(part.subs(variable, 0) != 0 for _, _, part in parts):
        return None
    return float(right + left) / 2, float(right - left) / 2


@lru_cache(maxsize=64)
def _branches(expression: Any) -> Any:
    if not expression.has(*KINKED):
        return None
    try:
        return branches(expression, -sympy.oo, sympy.oo)
    except DomainError:
        return None


def is_two_slopes(unit: Unit) -> bool:
    """Whether a unit without coefficients is a x + b |x| with b other than 0.

    >>> from ratapprox.networks.units import unit
    >>> is_two_slopes(unit("leaky_relu")), is_two_slopes(unit("tanh"))
    (True, False)
    """
    return not unit.symbols and _two_slopes(Fixed(unit, ())) is not None


def _kinks(sigma: Fixed) -> list[float]:
    expression = sigma.expression
    if not expression.has(*KINKED):
        return []
    parts = _branches(expression)
    if parts is None:
        raise ValueError(f"where the smooth parts of {sigma.unit.name} end could not be found")
    return [float(enclosure(low)) for low, _, _ in parts[1:]]
