"""Gaussian expectations of smooth functions by the trapezoid rule.

It converges like exp(-2π d/h) for a function with poles at a distance d from the real line, and like exp(-2π²/h²) for
an entire one that does not grow [TW14]; Gauss-Hermite rules only like exp(-c d √n).
"""

from __future__ import annotations

import math

import numpy as np

from ratapprox.expressions.numbers import as_quotient
from ratapprox.networks.ntk.fixed import Array, Fixed
from ratapprox.roots import root_balls

__all__ = ["band", "by_trapezoid", "chunks", "step_and_reach"]

DIGITS = 36.0
"""exp(-36) is below float64's rounding."""
MOST = 2**21
"""Numbers evaluated at once."""


def step_and_reach(sigma: Fixed, variance: float) -> tuple[float, float]:
    """(h, R): the step for σ(u)σ(v) and how far it reaches, for standard normal variables times √variance.

    h = 2π d/36/√variance for a rational function with poles at a distance d; else from the frequencies that σ² has.
    Raises `ValueError` as `band`.
    """
    bandwidth, reach = band(sigma, variance, 2)
    # a Gaussian alone: exp(-2π²/h²)
    return min(2 * math.pi / bandwidth, math.pi * math.sqrt(2 / DIGITS)), reach


def band(sigma: Fixed, variance: float, factors: int) -> tuple[float, float]:
    """(Ω, R): the largest frequency of σ φ^½, or of σ² φ for two factors, above rounding, and where they end.

    Raises `ValueError` for a pole on the real line, and for functions that grow or oscillate too fast.
    """
    end, points = 20.0, 2**14
    z = np.linspace(-end, end, points, endpoint=False)
    frequency, reach = 8.5, 8.5
    distance = _pole_distance(sigma)
    for f in sigma.jet(math.sqrt(variance) * z):
        g = np.abs(f) ** factors * np.exp(-z * z * factors / 4)
        if not np.isfinite(g).all():
            raise ValueError(f"{sigma.unit.name} is not finite for |x| up to {end * math.sqrt(variance):.3g}")
        top = float(g.max())
        if top == 0:
            continue
        outside = float(np.abs(z[g > 1e-18 * top]).max())
        if outside > end - 0.5:
            raise ValueError(f"{sigma.unit.name} grows too fast for Gaussian expectations at variance {variance:.3g}")
        reach = max(reach, outside)
        if distance is None:
            amplitude = np.abs(np.fft.rfft(f**factors * np.exp(-z * z * factors / 4)))
            kept = float(np.flatnonzero(amplitude > 1e-14 * amplitude.max())[-1]) * math.pi / end
            if kept > 0.5 * math.pi * points / (2 * end):
                raise ValueError(f"{sigma.unit.name} is not smooth enough, or oscillates too fast, for this rule")
            frequency = max(frequency, kept * DIGITS / 32)
    return (frequency if distance is None else max(frequency, DIGITS * math.sqrt(variance) / distance)), reach


def _pole_distance(sigma: Fixed) -> float | None:
    """Of the poles of a rational function from the real line, ∞ for a polynomial; None for other functions."""
    quotient = as_quotient(sigma.expression)
    if quotient is None:
        return None
    balls = root_balls(quotient[1]) if quotient[1].degree() > 0 else []
    for root in balls:
        if root.real:
            pole = float(root.ball.real.mid())
            raise ValueError(f"{sigma.unit.name} has a pole at x = {pole:.6g}: its Gaussian expectations do not exist")
    return min((abs(float(root.ball.imag.mid())) for root in balls), default=math.inf)


def by_trapezoid(sigma: Fixed, one: Array, two: Array, rho: Array, step: float, reach: float) -> tuple[Array, Array]:
    """E[σ(u)σ(v)] and E[σ'(u)σ'(v)] for deviations one and two and correlations rho, by the rule in two variables."""
    half = math.ceil(reach / step)
    z = step * np.arange(-half, half + 1)
    weights = step / math.sqrt(2 * math.pi) * np.exp(-z * z / 2)
    sine = np.sqrt((1 - rho) * (1 + rho))
    found = np.empty(len(one)), np.empty(len(one))
    for some in chunks(len(one), len(z) ** 2):
        outer = sigma.jet(one[some, None] * z)
        middle = (two * rho)[some, None, None] * z[:, None]
        inner = sigma.jet(middle + (two * sine)[some, None, None] * z)
        for into, f, g in zip(found, outer, inner, strict=True):
            into[some] = ((g @ weights) * f) @ weights
    return found


def chunks(many: int, each: int) -> list[slice]:
    """Parts of so many pairs that need `each` numbers."""
    size = max(1, MOST // max(each, 1))
    return [slice(start, start + size) for start in range(0, many, size)]
