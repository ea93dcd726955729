"""Exponential time differencing of fourth order for stiff periodic equations, after Kassam and Trefethen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Coefficients:
    """Of one step h for v̂′ = L v̂ + N(v̂), L diagonal, all arrays [modes] (the paper's letters).

    E: e^(hL); E2: e^(hL/2); Q: h φ₁(hL/2)/2; f1, f2, f3: the weights of the four values of N, which sum up to hφ₁(hL).
    """

    E: np.ndarray
    E2: np.ndarray
    Q: np.ndarray
    f1: np.ndarray
    f2: np.ndarray
    f3: np.ndarray


def coefficients(L: np.ndarray, h: float, points: int = 64) -> Coefficients:
    """The coefficients as means over a circle around each hL, on which the formulas cancel no digits.

    The mean of an entire function over a circle is its value at the centre; the trapezoid rule finds it to rounding.
    The circle is a whole one, of `points` points, because hL is not real; its radius is 3 where |hL| < 2 and else 1, so
    that it keeps a distance of 1 from 0, where the formulas do cancel. Source: [KT05], with another radius.
    """
    z = h * L
    circle = np.exp(2j * np.pi * (np.arange(points) + 0.5) / points)
    r = z[:, None] + np.where(np.abs(z) < 2, 3, 1)[:, None] * circle
    e = np.exp(r)
    return Coefficients(
        np.exp(z),
        np.exp(z / 2),
        h * ((np.exp(r / 2) - 1) / r).mean(axis=1),
        h * ((-4 - r + e * (4 - 3 * r + r**2)) / r**3).mean(axis=1),
        h * ((2 + r + e * (r - 2)) / r**3).mean(axis=1) * 2,
        h * ((-4 - 3 * r - r**2 + e * (4 - r)) / r**3).mean(axis=1),
    )


Nonlinearity = Callable[[np.ndarray], np.ndarray]


def advance(v: np.ndarray, step: Coefficients, N: Nonlinearity, count: int) -> np.ndarray:
    """`count` steps from the spectrum v [modes]; N must return a new array."""
    for _ in range(count):
        now = N(v)
        half = step.E2 * v
        a = half + step.Q * now
        at_a = N(a)
        at_b = N(half + step.Q * at_a)
        at_c = N(step.E2 * a + step.Q * (2 * at_b - now))
        v = step.E * v + step.f1 * now + step.f2 * (at_a + at_b) + step.f3 * at_c
    return v
