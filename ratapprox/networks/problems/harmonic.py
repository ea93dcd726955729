"""The harmonic oscillator: Schrödinger's equation with the potential x²."""

from __future__ import annotations

from math import pi

import numpy as np

from ratapprox.networks.problems.arrays import Array
from ratapprox.networks.problems.box import Box
from ratapprox.networks.problems.metrics import RELATIVE_L2
from ratapprox.networks.problems.rayleigh import Rayleigh
from ratapprox.networks.problems.residual import Jet

# Cutting the line off at ±L raises the k-th eigenvalue by about L^(2k + 1) e^(-L²)/k!: less than a rounding for these.
_REACH = 8.0


def harmonic() -> Rayleigh:
    """-u″ + x²u = λu on [-8, 8], u(±8) = 0: λ = 1, 3, 5, … as on the whole line, the first with π^(-1/4) e^(-x²/2)."""
    return Rayleigh(
        name="harmonic",
        description="-u″ + x²u = λu on [-8, 8], u(±8) = 0, whose smallest λ is 1 with u = π^(-1/4) e^(-x²/2)",
        source="the quantum harmonic oscillator",
        kind="rayleigh",
        domain=Box((-_REACH,), (_REACH,)),
        outputs=1,
        metric=RELATIVE_L2,
        samples=256,
        validation=1024,
        potential=_square,
        factor=_ends,
        ground=_gaussian,
        eigenvalues=(1.0, 3.0, 5.0, 7.0, 9.0),
    )


def _square(x: Array) -> Array:
    return x[:, 0] ** 2


def _gaussian(x: Array) -> Array:
    u: Array = pi**-0.25 * np.exp(-(x[:, 0] ** 2) / 2)
    return u


def _ends(x: Array) -> Jet:
    """D = 1 - (x/8)²."""
    return Jet(1 - (x[:, 0] / _REACH) ** 2, -2 * x / _REACH**2, np.full(len(x), -2 / _REACH**2))
