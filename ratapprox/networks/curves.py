"""Learning curves of several seeds on one axis, of steps or of seconds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np


@dataclass(frozen=True, eq=False)
class Curve:
    """The course of a positive metric over an axis on which every seed has something to say.

    at [K]: steps or seconds. geometric_mean, median, lower, upper [K]: over the seeds, with the t interval of the mean
    logarithm. seeds: how many. stops: the seed that ended first, which ends the curve. longest: where the last ended.
    """

    at: np.ndarray
    geometric_mean: np.ndarray
    median: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    seeds: int
    stops: int
    longest: float
    level: float

    def __repr__(self) -> str:
        return (
            f"Curve of {self.seeds} seeds from {self.geometric_mean[0]:.3g} at {self.at[0]:g} to "
            f"{self.geometric_mean[-1]:.3g} at {self.at[-1]:g}, where seed {self.stops} stops"
        )


def curve(
    at: Sequence[Sequence[float]], values: Sequence[Sequence[float]], level: float = 0.95, points: int | None = None
) -> Curve:
    """Histories of a metric, one for each seed, brought to one axis.

    at, values: for each seed where it was measured, increasing, and the positive metric there. Between two measurements
    the logarithm is linear. The axis begins where the last seed begins and ends where the first one stops: nothing is
    extrapolated, and the seeds averaged are the same everywhere. It holds all places in between where any seed was
    measured, which loses nothing, or `points` equispaced ones.

    Raises ValueError for fewer than 2 seeds, unequal lengths, places that do not increase, values that are zero,
    negative, infinite or NaN, and histories that do not overlap.

    >>> curve([[0, 10, 20], [0, 10]], [[1.0, 1e-2, 1e-4], [1.0, 1e-4]])
    Curve of 2 seeds from 1 at 0 to 0.001 at 10, where seed 1 stops
    """
    from scipy.special import stdtrit

    histories = _checked(at, values)
    if not 0 < level < 1:
        raise ValueError(f"a level is between 0 and 1, such as 0.95, not {level!r}")
    if points is not None and points < 2:
        raise ValueError(f"an axis has at least 2 points, not {points!r}")
    ends = [places[-1] for places, _ in histories]
    start, stop = max(places[0] for places, _ in histories), min(ends)
    if start > stop:
        raise ValueError(f"the histories do not overlap: one begins at {start:g}, another has stopped at {stop:g}")
    if points is None:
        everywhere = np.unique(np.concatenate([places for places, _ in histories]))
        axis = everywhere[(everywhere >= start) & (everywhere <= stop)]
    else:
        axis = np.linspace(start, stop, points)
    logs = np.array([np.interp(axis, places, height) for places, height in histories])
    seeds = len(logs)
    mean = logs.mean(axis=0)
    half = float(stdtrit(seeds - 1, (1 + level) / 2)) * logs.std(axis=0, ddof=1) / sqrt(seeds)
    with np.errstate(over="ignore", under="ignore"):  # seeds far apart leave the band open above: it is infinite
        middle, median, lower, upper = np.exp([mean, np.median(logs, axis=0), mean - half, mean + half])
    return Curve(
        axis,
        middle,
        median,
        lower,
        upper,
        seeds,
        int(np.argmin(ends)),
        float(max(ends)),
        level,
    )


def _checked(at: Sequence[Sequence[float]], values: Sequence[Sequence[float]]) -> list[tuple[np.ndarray, np.ndarray]]:
    """(places, logarithms) of each seed."""
    if len(at) != len(values) or len(at) < 2:
        raise ValueError(
            f"a curve needs at least 2 seeds, each with its places and its values, not {len(at)} and {len(values)}"
        )
    histories = []
    for seed, (places, heights) in enumerate(zip(at, values, strict=True)):
        x, y = np.asarray(places, dtype=float), np.asarray(heights, dtype=float)
        if x.ndim != 1 or x.shape != y.shape or not len(x):
            raise ValueError(
                f"seed {seed} has places {x.shape} and values {y.shape}: one value for each place is needed"
            )
        if not np.isfinite(x).all() or (np.diff(x) <= 0).any():
            raise ValueError(
                f"the places of seed {seed} do not increase: each measurement needs a later step or second"
            )
        bad = np.flatnonzero(~(np.isfinite(y) & (y > 0)))
        if len(bad):
            raise ValueError(
                f"seed {seed} has the value {y[bad[0]]!r} at {x[bad[0]]:g}, which has no logarithm: "
                "end its history before it, so that the curve stops there"
            )
        histories.append((x, np.log(y)))
    return histories
