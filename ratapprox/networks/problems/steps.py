"""Functions of one variable that jump, or nearly do."""

from __future__ import annotations

from functools import partial

import numpy as np

from ratapprox.networks.problems.arrays import Array
from ratapprox.networks.problems.naming import spelled, within
from ratapprox.networks.problems.one_variable import on_interval
from ratapprox.networks.problems.sampling import Sampled

_JUMPS, _LEVELS = np.array([-0.6, -0.2, 0.1, 0.7]), np.array([0.0, 1.0, -0.5, 0.75, 0.25])


def staircase() -> Sampled:
    """Five constants on [-1, 1], jumping at -0.6, -0.2, 0.1 and 0.7; at a jump the value is that of the right side."""
    return on_interval(
        "staircase",
        "y is constant but for jumps at -0.6, -0.2, 0.1 and 0.7 on [-1, 1]",
        "a step function",
        _staircase,
    )


def front(width: float = 0.02) -> Sampled:
    """tanh(x/w) on [-1, 1]: analytic, with poles at ±iπw/2.

    width: w, from 0.0001 to 1. Raises ValueError for anything else.
    """
    width = within("the width of the front", width, 1e-4, 1.0)
    return on_interval(
        spelled("front", width=(width, 0.02)),
        f"y = tanh(x/w) on [-1, 1] with w = {width:g}, nearly a jump",
        "a viscous shock profile",
        partial(_front, width=width),
    )


def _staircase(x: Array) -> Array:
    return _LEVELS[np.searchsorted(_JUMPS, x, side="right")]


def _front(x: Array, width: float) -> Array:
    return np.tanh(x / width)
