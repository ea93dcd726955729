"""A smooth function that is seen through noise and judged without it."""

from __future__ import annotations

import numpy as np

from ratapprox.networks.problems.arrays import Array
from ratapprox.networks.problems.naming import spelled, within
from ratapprox.networks.problems.one_variable import on_interval
from ratapprox.networks.problems.sampling import Sampled


def noisy(sd: float = 0.1) -> Sampled:
    """sin 3πx + x/2 on [-1, 1], training values with Gaussian noise of standard deviation sd, validation without.

    sd: from 0 to 10. One seed gives the same noise, scaled, for every sd. Raises ValueError for another sd.
    """
    sd = within("the standard deviation of the noise", sd, 0.0, 10.0)
    return on_interval(
        spelled("noisy", sd=(sd, 0.1)),
        f"y = sin 3πx + x/2 on [-1, 1], seen with Gaussian noise of standard deviation {sd:g}",
        "a smooth function and additive noise",
        _signal,
        sd,
    )


def _signal(x: Array) -> Array:
    return np.sin(3 * np.pi * x) + x / 2
