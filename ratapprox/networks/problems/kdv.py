"""The Korteweg–de Vries equation with periodic boundary values: a wave that breaks up into a train of solitons."""

from __future__ import annotations

from functools import lru_cache
from math import ceil, isfinite, pi

import numpy as np

from ratapprox.networks.problems.arrays import Array
from ratapprox.networks.problems.box import Box
from ratapprox.networks.problems.etdrk4 import Coefficients, advance, coefficients
from ratapprox.networks.problems.metrics import MSE
from ratapprox.networks.problems.sampling import Tabulated

_REACH, _END, _POINTS, _TIMES = 20.0, 40.0, 512, 201
# Beyond mode 80 the spectrum is below rounding at all times: half the points compute the same grid, twice as fast.
_COMPUTED, _STEP = 256, 0.0045


def kdv() -> Tabulated:
    """u_t + u u_x + u_xxx = 0, u(0, x) = -sin(πx/20), of period 40: u at 201 times in [0, 40] × 512 places.

    Inputs (t, x). The grid is computed on first use, to about 3e-10, and kept in memory.
    """
    return Tabulated(
        name="kdv",
        description="u_t + u u_x + u_xxx = 0 with u(0, x) = -sin(πx/20) and period 40, learned from values at (t, x)",
        source="the data of [BNT20]",
        kind="regression",
        domain=Box((0.0, -_REACH), (_END, _REACH)),
        outputs=1,
        metric=MSE,
        samples=10_000,
        validation=10_000,
        table=_table,
    )


def solve(u0: Array, period: float, times: Array, step: float) -> Array:
    """u [times, points] of u_t + u u_x + u_xxx = 0 from u(times[0], ·) = u0 [points], equispaced over one period.

    A Fourier method with `etdrk4`; each interval between two times is cut into equal steps of at most `step`. The error
    falls like step⁴. The highest mode, whose derivative is not defined on the grid, is kept 0. Raises ValueError when
    times do not increase, u0 is not finite or has an odd number of points or fewer than 4, or period or step are not
    positive, and OverflowError when the step is so large that the solution is lost.

    >>> x = np.arange(8) / 8
    >>> bool(np.allclose(solve(np.full(8, 3.0), 1.0, np.array([0.0, 0.5]), 0.1), 3.0))
    True
    """
    points = len(u0)
    if points < 4 or points % 2:
        raise ValueError(f"u0 needs an even number of points, at least 4, not {points}")
    if not (isfinite(period) and period > 0 and isfinite(step) and step > 0):
        raise ValueError(f"period and step must be positive, not {period!r} and {step!r}")
    if not np.isfinite(u0).all():
        raise ValueError("u0 must be finite everywhere")
    times = np.asarray(times, dtype=float)
    if not len(times) or not np.isfinite(times).all() or (np.diff(times) <= 0).any():
        raise ValueError("times must be finite and increase")
    k = 2 * pi / period * np.arange(points // 2 + 1)
    k[-1] = 0
    L, half_derivative = 1j * k**3, -0.5j * k  # -u_xxx; -u u_x = -(u²)_x / 2

    def nonlinear(v: np.ndarray) -> np.ndarray:
        np.fft.irfft(v, points, out=u)
        square = np.fft.rfft(np.multiply(u, u, out=u))
        square *= half_derivative
        return square

    u = np.empty(points)
    v = np.fft.rfft(u0)
    v[-1] = 0
    # Gaps that differ by the rounding of the times alone are equal, so that they share their coefficients.
    quantum = np.abs(times).max() * 2.0**-50 or 1.0
    prepared: dict[tuple[float, int], Coefficients] = {}
    states = [v]
    with np.errstate(over="ignore", invalid="ignore"):
        for gap in np.round(np.diff(times) / quantum) * quantum:
            count = max(ceil(gap / step * (1 - 1e-12)), 1)
            if (gap, count) not in prepared:
                prepared[gap, count] = coefficients(L, gap / count)
            states.append(advance(states[-1], prepared[gap, count], nonlinear, count))
    history = np.fft.irfft(np.array(states), points, axis=1)
    if not np.isfinite(history).all():
        raise OverflowError(f"the solution is lost with a step of {step:g}: ask for a smaller one")
    return history


@lru_cache(maxsize=1)
def grid() -> tuple[Array, Array, Array]:
    """t [201], x [512] and u [201, 512] of `kdv`, read-only."""
    x = -_REACH + 2 * _REACH * np.arange(_POINTS) / _POINTS
    t = np.linspace(0.0, _END, _TIMES)
    coarse = solve(-np.sin(pi * x[:: _POINTS // _COMPUTED] / 20), 2 * _REACH, t, _STEP)
    u = np.fft.irfft(np.fft.rfft(coarse, axis=1), _POINTS, axis=1) * (_POINTS / _COMPUTED)
    for array in (t, x, u):
        array.setflags(write=False)
    return t, x, u


def _table() -> tuple[Array, Array]:
    t, x, u = grid()
    rows = np.stack(np.meshgrid(t, x, indexing="ij"), axis=-1).reshape(-1, 2)
    return rows, u.reshape(-1, 1)
