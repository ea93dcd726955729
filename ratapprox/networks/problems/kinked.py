"""Functions of one variable with kinks: continuous, and linear between them."""

from __future__ import annotations

import numpy as np

from ratapprox.networks.problems.arrays import Array
from ratapprox.networks.problems.one_variable import on_interval
from ratapprox.networks.problems.sampling import Sampled

KINKS = (-0.75, -0.4, -0.1, 0.25, 0.65)
SLOPES = (2.0, -3.0, 2.5, -3.5, 4.0)  # the change of slope at each kink; the first slope is -1


def absolute() -> Sampled:
    """|x| on [-1, 1]."""
    return on_interval(
        "absolute",
        "y = |x| on [-1, 1]",
        "the classical test of rational approximation [Sta93]",
        np.abs,
    )


def ramp() -> Sampled:
    """max(x, 0) on [-1, 1]: the ReLU as a target."""
    return on_interval(
        "ramp",
        "y = max(x, 0) on [-1, 1]",
        "the target of [BNT20]'s comparison of rational functions with the ReLU",
        _ramp,
    )


def zigzag() -> Sampled:
    """-x + Σ cᵢ max(x - tᵢ, 0) on [-1, 1] with five kinks t = -0.75, -0.4, -0.1, 0.25, 0.65."""
    return on_interval(
        "zigzag",
        "y = -x + Σ cᵢ max(x - tᵢ, 0) on [-1, 1], piecewise linear with five kinks",
        "a broken line",
        _zigzag,
    )


def _ramp(x: Array) -> Array:
    return np.maximum(x, 0)


def _zigzag(x: Array) -> Array:
    return sum((c * np.maximum(x - t, 0) for t, c in zip(KINKS, SLOPES, strict=True)), -x)
