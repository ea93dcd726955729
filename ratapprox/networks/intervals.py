"""Confidence intervals of a mean: Student's t, and the bias-corrected and accelerated bootstrap."""

from __future__ import annotations

from math import sqrt

import numpy as np


def t_interval(sample: np.ndarray, level: float) -> tuple[float, float]:
    """mean ± t s/√n with n - 1 degrees of freedom, for a sample [n]: exact for Gaussian numbers.

    Raises ValueError for a level outside (0, 1) or n < 2.

    >>> t_interval(np.array([1.0, 2.0, 3.0]), 0.95)
    (-0.484137..., 4.484137...)
    """
    from scipy.special import stdtrit  # lazily, as it takes longer to import than the package may

    _asked(sample, level)
    n = len(sample)
    half = float(stdtrit(n - 1, (1 + level) / 2)) * sample.std(ddof=1) / sqrt(n)
    return float(sample.mean() - half), float(sample.mean() + half)


def bca_interval(sample: np.ndarray, level: float, resamples: int, seed: int) -> tuple[float, float]:
    """The BCa bootstrap interval of the mean of a sample [n].

    Quantiles of the means of resamples, at levels that allow for their bias z₀ and for the skewness of the sample by
    the acceleration a = Σd³/(6 (Σd²)^(3/2)), d = x - mean, which is the jackknife's for a mean. It is transformed with
    the sample, so that the interval of a geometric mean is exp of that of the logarithms. A sample of equal numbers has
    the interval of one point. Raises ValueError as `t_interval`, and for fewer than 100 resamples. Source: [Efr87].
    """
    from scipy.special import ndtr, ndtri

    _asked(sample, level)
    if resamples < 100:
        raise ValueError(f"a bootstrap interval needs at least 100 resamples, not {resamples!r}")
    n, mean = len(sample), sample.mean()
    d = sample - mean
    squares = float((d * d).sum())
    if np.ptp(sample) == 0:
        return float(sample[0]), float(sample[0])
    chosen = np.random.default_rng(seed).integers(n, size=(resamples, n), dtype=np.int32)
    shifts = d[chosen].mean(axis=1)
    # Half of the resamples with the very same mean count as below it, and some of them are off by rounding.
    rounding = 1e-12 * np.abs(d).max()
    below = (np.count_nonzero(shifts < -rounding) + np.count_nonzero(shifts <= rounding)) / (2 * resamples)
    bias, a = float(ndtri(below)), float((d**3).sum()) / (6 * squares**1.5)
    z = bias + ndtri(np.array([(1 - level) / 2, (1 + level) / 2]))
    lower, upper = np.quantile(shifts, ndtr(bias + z / (1 - a * z)))
    return float(mean + lower), float(mean + upper)


def _asked(sample: np.ndarray, level: float) -> None:
    if not 0 < level < 1:
        raise ValueError(f"a level is between 0 and 1, such as 0.95, not {level!r}")
    if len(sample) < 2:
        raise ValueError(f"an interval needs at least 2 numbers, not {len(sample)}")
