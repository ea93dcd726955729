"""Analytic functions of one variable."""

from __future__ import annotations

import numpy as np

from ratapprox.networks.problems.arrays import Array
from ratapprox.networks.problems.one_variable import on_interval
from ratapprox.networks.problems.sampling import Sampled


def entire() -> Sampled:
    """e^x sin 4πx on [-1, 1]: no singularity anywhere."""
    return on_interval(
        "entire",
        "y = e^x sin 4πx on [-1, 1], a function without singularity",
        "an analytic function",
        _entire,
    )


def runge() -> Sampled:
    """1/(1 + 25x²) on [-1, 1]: poles at ±i/5, near to the interval."""
    return on_interval(
        "runge",
        "y = 1/(1 + 25x²) on [-1, 1], Runge's function with its poles at ±i/5",
        "Runge's example for interpolation [Tre13]",
        _runge,
    )


def _entire(x: Array) -> Array:
    return np.exp(x) * np.sin(4 * np.pi * x)


def _runge(x: Array) -> Array:
    return 1 / (1 + 25 * x * x)
