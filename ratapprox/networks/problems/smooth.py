"""Analytic functions of one variable."""

from __future__ import annotations

import numpy as np

from ratapprox.networks.problems.arrays import Array
from ratapprox.networks.problems.box import Box
from ratapprox.networks.problems.metrics import RELATIVE_L2
from ratapprox.networks.problems.sampling import Sampled

_ON = Box((-1.0,), (1.0,))


def entire() -> Sampled:
    """e^x sin 4πx on [-1, 1]: no singularity anywhere."""
    return Sampled(
        name="entire",
        description="y = e^x sin 4πx on [-1, 1], a function without singularity",
        source="an analytic function",
        kind="regression",
        domain=_ON,
        outputs=1,
        metric=RELATIVE_L2,
        samples=256,
        validation=2048,
        target=_entire,
    )


def runge() -> Sampled:
    """1/(1 + 25x²) on [-1, 1]: poles at ±i/5, near to the interval."""
    return Sampled(
        name="runge",
        description="y = 1/(1 + 25x²) on [-1, 1], Runge's function with its poles at ±i/5",
        source="Runge's example for interpolation [Tre13]",
        kind="regression",
        domain=_ON,
        outputs=1,
        metric=RELATIVE_L2,
        samples=256,
        validation=2048,
        target=_runge,
    )


def _entire(x: Array) -> Array:
    return np.exp(x) * np.sin(4 * np.pi * x)


def _runge(x: Array) -> Array:
    return 1 / (1 + 25 * x * x)
