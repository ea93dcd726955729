"""Gains of activation functions with the coefficients that were drawn for them, a number for each group of neurons."""

from __future__ import annotations

from math import pi, sqrt
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ratapprox.networks.evaluate import jet

if TYPE_CHECKING:
    from ratapprox.networks.units import Unit

__all__ = ["own_gains"]

REACH = 13.0
"""exp(-13²/2) is 10⁻³⁷: a function that shows beyond has no gain to speak of."""
PANELS = 256
"""At first: with 16 nodes each, one every 0.006."""
NARROW, FLAT = 1e-9, 1e-6
"""Panels narrower than the one hold less than the other of the whole where σ is bounded, kinks or not."""
DEEPEST = 60
"""A panel that has been halved as often is narrower than a double: the kink in it has been found."""
MOST_OPEN = 2048
"""Panels that may disagree at a time: more than this, and they are no kinks."""
AGREED = 1e-13
"""Relative, the rules on panels and on their halves."""
MOST = 2**20
"""Numbers evaluated at once."""

EPSILON = float(np.finfo(np.float64).eps)

_AT, _WEIGHTS = np.polynomial.legendre.leggauss(16)


def own_gains(unit: Unit, coefficients: Any, direction: Literal["forward", "backward"] = "forward") -> Any:
    """1/E σ(Z; c)² or 1/E σ'(Z; c)² (s,), Z ~ N(0, 1), for each row c of coefficients (s, k).

    By Gauss's rule of 16 nodes on panels of [-13, 13], each of which is halved until the rule on its halves says the
    same, so that kinks do no harm; the disagreements add up to less than 1e-13 of the whole. What Z meets less often
    than once in 10¹⁵ is not seen, poles included.

    Raises `ValueError` where that is not reached, as at a pole, for a function that grows too fast, and for one that is
    0, or constant, and has no gain.

    >>> from ratapprox.networks.units import unit
    >>> own_gains(unit("max(a*x, b*x)"), np.array([[0.0, 1.0], [1.0, 1.0]])).round(12)
    array([2., 1.])
    """
    coefficients = np.asarray(coefficients, dtype=np.float64)
    size = max(1, MOST // (2 * PANELS * len(_AT)))
    parts = [coefficients[k : k + size] for k in range(0, len(coefficients), size)]
    return np.concatenate([1 / _moments(unit, part, direction) for part in parts])


def _moments(unit: Unit, c: Any, direction: Literal["forward", "backward"]) -> Any:
    """E σ(Z; c)² or E σ'(Z; c)² (s,)."""
    edges = np.linspace(-REACH, REACH, PANELS + 1)
    low, high = edges[:-1], edges[1:]
    whole = _integrals(unit, c, direction, low, high)
    total = whole.sum(axis=0)
    if (wild := ~np.isfinite(total) | (whole[[0, -1]].sum(axis=0) > 1e-16 * total)).any():
        raise ValueError(f"{_named(unit, c, wild)} is not finite, or grows too fast: it has no gain")
    found, apart, narrow = (np.zeros(len(c)) for _ in range(3))
    for depth in range(DEEPEST):
        if not 0 < len(low) <= MOST_OPEN:
            break
        middle = (low + high) / 2
        lower, upper = (_integrals(unit, c, direction, *ends) for ends in ((low, middle), (middle, high)))
        both = lower + upper
        difference, total = np.abs(both - whole), found + both.sum(axis=0)
        agreed = difference <= AGREED / (4 * PANELS) * total + 4 * EPSILON * both
        split = ~agreed.all(axis=1) & (depth + 1 < DEEPEST)
        found += both[~split].sum(axis=0)
        apart += difference[~split].sum(axis=0)
        narrow += both[~split & (high - low < NARROW)].sum(axis=0)
        low, high = np.concatenate([low[split], middle[split]]), np.concatenate([middle[split], high[split]])
        whole = np.concatenate([lower[split], upper[split]])
    if (none := total == 0).any():
        raise ValueError(f"{_named(unit, c, none)} has no gain: {_ZERO[direction]}, and no weights make up for that")
    lost = ~agreed.all(axis=0) if len(low) else np.zeros(len(c), bool)
    right = np.isfinite(found) & (apart <= AGREED * found) & (narrow <= FLAT * found)
    if (bad := lost | ~right).any():
        raise ValueError(f"{_named(unit, c, bad)} has a pole or oscillates too fast: its gain is not found")
    return found


def _integrals(unit: Unit, c: Any, direction: Literal["forward", "backward"], low: Any, high: Any) -> Any:
    """Of the square times the normal density, over each panel (panels, s)."""
    half = (high - low)[:, None] / 2
    x = low[:, None] + half * (1 + _AT)
    weights = half * _WEIGHTS * np.exp(-x * x / 2) / sqrt(2 * pi)
    with np.errstate(all="ignore"):
        values = jet(unit, np.repeat(x.reshape(-1, 1), len(c), axis=1), c, 1)[_ORDER[direction]]
        return np.einsum("pn,pns->ps", weights, (values * values).reshape(*x.shape, len(c)))


def _named(unit: Unit, c: Any, some: Any) -> str:
    """The unit with the first of some rows of coefficients."""
    pairs = zip(unit.symbols, c[np.flatnonzero(some)[0]], strict=True)
    values = ", ".join(f"{symbol} = {value:.6g}" for symbol, value in pairs)
    return f"{unit.name} with {values}" if values else unit.name


_ORDER = {"forward": 0, "backward": 1}
_ZERO = {"forward": "it is 0", "backward": "it is constant"}
