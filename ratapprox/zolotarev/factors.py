"""An odd rational function by its factors, whose zeros and poles are imaginary: the shape of Zolotarev's functions."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import zip_longest
from math import isqrt
from typing import Any

import numpy as np
from flint import arb, fmpq_poly
from numpy.typing import NDArray

from ratapprox.coefficients import from_polynomial, short, to_float64, to_fmpq
from ratapprox.rational import Rational

__all__ = ["OddFactors"]


@dataclass(frozen=True, repr=False)
class OddFactors:
    """scale·x·Π (x² + zeros_i)/Π (x² + poles_i), exact positive fractions, poles_1 < zeros_1 < poles_2 < ….

    There are as many zeros as poles, or one pole more. Since they interlace, the relative error of a value is at most
    that of its argument: |x r'(x)/r(x)| ≤ 1.

        >>> r = OddFactors(Fraction(1, 2), (Fraction(3),), (Fraction(1),))
        >>> r, r(Fraction(1)), r(0.0)
        (OddFactors of type (3, 2), Fraction(1, 1), 0.0)
    """

    scale: Fraction
    zeros: tuple[Fraction, ...]
    poles: tuple[Fraction, ...]

    @property
    def type(self) -> tuple[int, int]:
        """(m, n): (n + 1, n) with as many zeros as poles, (n − 1, n) with a pole more."""
        return 2 * len(self.zeros) + 1, 2 * len(self.poles)

    @property
    def degree(self) -> int:
        """The larger of m and n."""
        return max(self.type)

    def __repr__(self) -> str:
        return f"OddFactors of type {self.type}"

    def __call__(self, x: Any) -> Any:
        """r(x): exact for int and Fraction, float64 for floats and arrays of them, a ball for a flint.arb."""
        if isinstance(x, int | Fraction):
            return self._of(Fraction(x), self.scale, self.zeros, self.poles)
        if isinstance(x, arb):
            return self._of(x, arb(to_fmpq(self.scale)), *self.balls())
        if isinstance(x, float):
            return float(self._in_floats(np.array(x)))
        return self._in_floats(np.asarray(x, dtype=float))

    def balls(self) -> tuple[tuple[arb, ...], tuple[arb, ...]]:
        """The zeros and the poles as balls of the working precision."""
        zeros, poles = ([arb(to_fmpq(c)) for c in found] for found in (self.zeros, self.poles))
        return tuple(zeros), tuple(poles)

    @staticmethod
    def _of(x: Any, scale: Any, zeros: tuple[Any, ...], poles: tuple[Any, ...]) -> Any:
        square, value = x * x, scale * x
        for zero, pole in zip_longest(zeros, poles):
            value *= (1 if zero is None else square + zero) / (square + pole)
        return value

    def _in_floats(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        scale, zeros, poles = self._floats
        value = scale * x
        for zero, pole in zip_longest(zeros, poles):
            # hypot, because the squares are below float64 where the numbers themselves are not
            below = np.hypot(x, pole)
            value *= 1 / below**2 if zero is None else (np.hypot(x, zero) / below) ** 2
        return value

    @cached_property
    def _floats(self) -> tuple[float, tuple[float, ...], tuple[float, ...]]:
        """The scale and the square roots of zeros and poles as doubles."""
        zeros, poles = (tuple(_root(c) for c in found) for found in (self.zeros, self.poles))
        if poles and not poles[0] > 0:
            raise ValueError(
                f"the poles ±i√({short(self.poles[0])}) are too close to 0 for doubles: evaluate at a flint.arb"
                " of any precision, or choose a smaller degree or a larger l"
            )
        return to_float64(self.scale), zeros, poles

    def around(self, inner: tuple[fmpq_poly, fmpq_poly]) -> tuple[fmpq_poly, fmpq_poly]:
        """Numerator and denominator of r(N/D), without common factors if N and D have none."""
        N, D = inner
        above, below = N * to_fmpq(self.scale), D
        for zero, pole in zip_longest(self.zeros, self.poles):
            above *= D * D if zero is None else N * N + D * D * to_fmpq(zero)
            below *= N * N + D * D * to_fmpq(pole)
        if len(self.zeros) < len(self.poles):
            above, below = above // D, below // D
        return above, below

    @cached_property
    def rational(self) -> Rational:
        """The same function by its coefficients, exact."""
        above, below = self.around((fmpq_poly([0, 1]), fmpq_poly([1])))
        return Rational(from_polynomial(above), from_polynomial(below))


def _root(value: Fraction) -> float:
    """√value to double precision, also where value itself is below the doubles."""
    shift = max(0, 128 - value.numerator.bit_length() + value.denominator.bit_length())
    shift += shift % 2
    return to_float64(Fraction(isqrt((value.numerator << shift) // value.denominator), 1 << shift // 2))
