"""Two solitons, one overtaking the other: an exact solution of the Korteweg–de Vries equation."""

from __future__ import annotations

from functools import partial
from math import log

import numpy as np

from ratapprox.networks.problems.arrays import Array
from ratapprox.networks.problems.box import Box
from ratapprox.networks.problems.metrics import MSE
from ratapprox.networks.problems.sampling import Sampled


def two_soliton() -> Sampled:
    """u = 12 ∂²/∂x² log F on [-10, 10] × [-20, 20], with k = 1.2 and 0.8: they are one above the other at (0, 0).

    Inputs (t, x).
    """
    return Sampled(
        name="two_soliton",
        description="u = 12 (log F)_xx at (t, x), the exact solution of u_t + u u_x + u_xxx = 0 by two solitons",
        source="the solution of [Hir71] in this scaling",
        kind="regression",
        domain=Box((-10.0, -20.0), (10.0, 20.0)),
        outputs=1,
        metric=MSE,
        samples=10_000,
        validation=10_000,
        target=partial(_at, k=(1.2, 0.8)),
    )


def soliton_pair(t: Array, x: Array, k: tuple[float, float]) -> Array:
    """u(t, x), t and x of equal shape: solitons of height 3k² and speed k², k₁ ≠ k₂ positive, that meet at (0, 0).

    F = 1 + e^θ₁ + e^θ₂ + A e^(θ₁ + θ₂), θᵢ = kᵢx - kᵢ³t + δ, A = ((k₁ - k₂)/(k₁ + k₂))², e^(2δ) = 1/A. As F is a
    sum of exponentials w of x with rates 0, k₁, k₂, k₁ + k₂, (log F)_xx is the variance of the rates with weights w,
    which neither overflows nor cancels.

    >>> float(soliton_pair(np.array([0.0]), np.array([0.0]), (2.0, 1.0))[0])
    9.0
    """
    k1, k2 = k
    log_a = 2 * log(abs(k1 - k2) / (k1 + k2))
    a, b = k1 * x - k1**3 * t - log_a / 2, k2 * x - k2**3 * t - log_a / 2
    exponents = np.stack([np.zeros_like(a), a, b, a + b + log_a])
    rates = np.array([0.0, k1, k2, k1 + k2]).reshape((4,) + (1,) * a.ndim)
    weights = np.exp(exponents - exponents.max(axis=0))
    weights /= weights.sum(axis=0)
    u: Array = 12 * (weights * (rates - (weights * rates).sum(axis=0)) ** 2).sum(axis=0)
    return u


def _at(x: Array, k: tuple[float, float]) -> Array:
    return soliton_pair(x[:, :1], x[:, 1:], k)
