"""The Green's function of an interval, whose gradient jumps on the diagonal."""

from __future__ import annotations

from functools import partial
from math import pi

import numpy as np

from ratapprox.networks.problems.arrays import Array
from ratapprox.networks.problems.box import Box
from ratapprox.networks.problems.metrics import RELATIVE_L2
from ratapprox.networks.problems.naming import spelled, within
from ratapprox.networks.problems.sampling import Sampled


def greens_function(wavenumber: float = 0.0) -> Sampled:
    """G(x, y) on [0, 1]² of -u″ - k²u with u(0) = u(1) = 0.

    G = sin ka sin k(1 - b)/(k sin k) with a = min(x, y), b = max(x, y); for k = 0 it is a(1 - b). wavenumber: k, from 0
    to 30 and not nearer than 0.001 to a multiple of π, where there is no G. Raises ValueError for anything else.
    """
    wavenumber = within("the wavenumber", wavenumber, 0.0, 30.0)
    nearest = max(round(wavenumber / pi), 1) * pi
    if abs(wavenumber - nearest) < 1e-3:
        raise ValueError(f"-u″ - k²u has no Green's function for k = {nearest:g}, an eigenvalue: ask for another k")
    return Sampled(
        name=spelled("greens_function", wavenumber=(wavenumber, 0.0)),
        description="y = G(x, s) on [0, 1]², the Green's function of -u″ - k²u with u(0) = u(1) = 0",
        source="the closed form of the textbooks",
        kind="regression",
        domain=Box.cube(0.0, 1.0, 2),
        outputs=1,
        metric=RELATIVE_L2,
        samples=4096,
        validation=4096,
        target=partial(_green, k=wavenumber),
    )


def _green(x: Array, k: float) -> Array:
    a, b = x.min(axis=1, keepdims=True), x.max(axis=1, keepdims=True)
    # sin(kz)/k = z sinc(kz/π) is finite at k = 0 too.
    green: Array = a * np.sinc(k * a / pi) * (1 - b) * np.sinc(k * (1 - b) / pi) / np.sinc(k / pi)
    return green
