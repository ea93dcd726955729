"""A box: the product of closed intervals, one for each coordinate."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import Any

import numpy as np

from ratapprox.networks.problems.arrays import Array


@dataclass(frozen=True, slots=True)
class Box:
    """The points x with lower[i] ≤ x[i] ≤ upper[i].

    Raises ValueError when the two have unequal lengths or none, or an end is not finite, or an interval is empty.

    >>> box = Box((0.0, -20.0), (40.0, 20.0))
    >>> box
    Box [0, 40] × [-20, 20]
    >>> box.to_unit(np.array([[10.0, 0.0]]))
    array([[-0.5,  0. ]])
    """

    lower: tuple[float, ...]
    upper: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.lower) != len(self.upper) or not self.lower:
            raise ValueError(
                f"a box needs one upper end for each lower one, not {len(self.upper)} for {len(self.lower)}"
            )
        for a, b in zip(self.lower, self.upper, strict=True):
            if not (isfinite(a) and isfinite(b) and a < b):
                raise ValueError(f"[{a:g}, {b:g}] is no interval: its ends must be finite, and the left one smaller")

    @classmethod
    def cube(cls, lower: float, upper: float, dimension: int) -> Box:
        """[lower, upper] in each of `dimension` coordinates."""
        return cls((lower,) * dimension, (upper,) * dimension)

    @property
    def dimension(self) -> int:
        """The number of coordinates."""
        return len(self.lower)

    def contains(self, x: Any) -> Any:
        """Whether each point x [..., d] lies in the box, its faces included."""
        return ((x >= np.array(self.lower)) & (x <= np.array(self.upper))).all(axis=-1)

    def to_unit(self, x: Array) -> Array:
        """The affine map of the box onto [-1, 1]^d, for points x [..., d]: what a network should be given."""
        lower, upper = np.array(self.lower), np.array(self.upper)
        z: Array = (2 * x - (lower + upper)) / (upper - lower)
        return z

    def from_unit(self, z: Array) -> Array:
        """The inverse of `to_unit`."""
        lower, upper = np.array(self.lower), np.array(self.upper)
        x: Array = (lower + upper) / 2 + z * ((upper - lower) / 2)
        return x

    def uniform(self, generator: np.random.Generator, count: int) -> Array:
        """`count` independent points [count, d], uniform in the box. A longer draw starts with a shorter one."""
        lower, upper = np.array(self.lower), np.array(self.upper)
        x: Array = lower + (upper - lower) * generator.random((count, self.dimension))
        return x

    def __repr__(self) -> str:
        sides = [f"[{a:g}, {b:g}]" for a, b in zip(self.lower, self.upper, strict=True)]
        power = len(sides) > 1 and len(set(sides)) == 1
        return f"Box {sides[0]}^{len(sides)}" if power else "Box " + " × ".join(sides)
