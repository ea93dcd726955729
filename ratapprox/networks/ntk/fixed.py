"""A unit whose coefficients are numbers: a function of x alone, as the limit of infinite width needs it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ratapprox.networks.evaluate import jet
from ratapprox.networks.units import Unit

__all__ = ["Array", "Fixed"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Fixed:
    """A unit with coefficients that are numbers: σ as a function of x alone.

    coefficients: one value for each of the unit's symbols.
    """

    unit: Unit
    coefficients: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.coefficients) != len(self.unit.symbols):
            raise ValueError(f"{self.unit!r} takes {len(self.unit.symbols)} numbers, not {len(self.coefficients)}")

    @property
    def expression(self) -> Any:
        """In x alone, the coefficients as the exact values of their doubles."""
        import sympy

        exact = [sympy.Rational(*float(c).as_integer_ratio()) for c in self.coefficients]
        return self.unit.expression.xreplace(dict(zip(self.unit.symbols, exact, strict=True)))

    def jet(self, values: Array) -> tuple[Array, Array]:
        """σ and σ', shapes kept."""
        flat = values.reshape(1, -1) if values.ndim < 2 else values.reshape(-1, values.shape[-1])
        c = np.array(self.coefficients, dtype=np.float64).reshape(1, -1)
        value, slope = jet(self.unit, flat, c, 1)
        return value.reshape(values.shape), slope.reshape(values.shape)
