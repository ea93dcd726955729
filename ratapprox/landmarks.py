"""Points between which a target is nearly linear, where an even grid would miss a step, a corner or a narrow peak."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

FIRST = 257
"""Points of the even grid; a function that is nearly linear between them has no landmarks."""

ROUGH = 0.005
"""Deviation from a straight line between neighbours, relative to the range of w·f or of w, that is bisected."""

MOST = 400
ROUNDS = 44


def landmarks(
    floats: Callable[[Floats], tuple[Floats, Floats]], ends: tuple[float, float], kinks: Sequence[float]
) -> tuple[float, ...]:
    """Points that make w·f and w nearly linear between neighbours, by bisection elsewhere; kinks count as known.

    >>> landmarks(lambda x: (np.tanh(x), np.ones_like(x)), (-5.0, 5.0), [])
    ()
    >>> steep = landmarks(lambda x: (np.tanh(1000 * x), np.ones_like(x)), (-5.0, 5.0), [])
    >>> min(abs(x) for x in steep if x) < 0.001
    True
    """

    def values(points: Floats) -> Floats:
        with np.errstate(all="ignore"):
            f, w = floats(points)
            return np.nan_to_num(np.stack([w * f, w]), nan=0.0, posinf=0.0, neginf=0.0)

    x = np.unique(np.concatenate([np.linspace(*ends, FIRST), kinks]))
    y = values(x)
    extent = np.ptp(y, axis=1)[:, None]
    found: list[Floats] = []
    for _ in range(ROUNDS):
        middle = 0.5 * (x[1:] + x[:-1])
        there = values(middle)
        rough = (np.abs(there - 0.5 * (y[:, 1:] + y[:, :-1])) > ROUGH * extent).any(axis=0)
        rough &= (middle > x[:-1]) & (middle < x[1:])
        if not rough.any() or sum(map(len, found)) > MOST:
            break
        found.append(middle[rough])
        order = np.argsort(np.concatenate([x, middle[rough]]))
        x, y = np.concatenate([x, middle[rough]])[order], np.concatenate([y, there[:, rough]], axis=1)[:, order]
    return tuple(np.sort(np.concatenate(found)).tolist()) if found else ()
