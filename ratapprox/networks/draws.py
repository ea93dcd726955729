"""Where a coefficient of an activation begins: at a number, or drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Draw", "Fixed", "Normal", "Uniform"]


@dataclass(frozen=True)
class Fixed:
    """Always the same number.

    >>> import numpy as np
    >>> Fixed(0.5).draw(np.random.default_rng(0), (2,))
    array([0.5, 0.5])
    """

    value: float

    def draw(self, generator: Any, shape: tuple[int, ...]) -> NDArray[np.float64]:
        return np.full(shape, float(self.value))


@dataclass(frozen=True)
class Normal:
    """A normal distribution.

    >>> import numpy as np
    >>> Normal(30.0, 0.0).draw(np.random.default_rng(0), (2,))
    array([30., 30.])
    """

    mean: float
    deviation: float

    def draw(self, generator: Any, shape: tuple[int, ...]) -> NDArray[np.float64]:
        return np.asarray(generator.normal(self.mean, self.deviation, shape))


@dataclass(frozen=True)
class Uniform:
    """A uniform distribution on [low, high).

    >>> import numpy as np
    >>> bool(0.01 <= Uniform(0.01, 0.05).draw(np.random.default_rng(0), ()) < 0.05)
    True
    """

    low: float
    high: float

    def draw(self, generator: Any, shape: tuple[int, ...]) -> NDArray[np.float64]:
        return np.asarray(generator.uniform(self.low, self.high, shape))


Draw = Fixed | Normal | Uniform
