"""The vibrating string: the Laplacian's smallest eigenvalue on an interval."""

from __future__ import annotations

from math import pi, sqrt

import numpy as np

from ratapprox.networks.problems.arrays import Array
from ratapprox.networks.problems.box import Box
from ratapprox.networks.problems.metrics import RELATIVE_L2
from ratapprox.networks.problems.rayleigh import Rayleigh
from ratapprox.networks.problems.residual import unit_cube_factor


def eigenvalue() -> Rayleigh:
    """-u″ = λu on [0, 1], u(0) = u(1) = 0: λ = π², 4π², 9π², …, the first with √2 sin πx."""
    return Rayleigh(
        name="eigenvalue",
        description="-u″ = λu on [0, 1], u(0) = u(1) = 0, whose smallest λ is π² with u = √2 sin πx",
        source="the vibrating string",
        kind="rayleigh",
        domain=Box((0.0,), (1.0,)),
        outputs=1,
        metric=RELATIVE_L2,
        samples=256,
        validation=1024,
        potential=_no_potential,
        factor=unit_cube_factor,
        ground=_half_wave,
        eigenvalues=tuple((k * pi) ** 2 for k in range(1, 6)),
    )


def _no_potential(x: Array) -> Array:
    return np.zeros(len(x))


def _half_wave(x: Array) -> Array:
    return sqrt(2) * np.sin(pi * x[:, 0])
