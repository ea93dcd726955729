"""One call for every kind of number: which arithmetic a function of one real variable is evaluated in."""

from __future__ import annotations

from abc import ABC, abstractmethod
from fractions import Fraction
from typing import Any, overload

import flint
import numpy as np
from numpy.typing import NDArray

from ratapprox.coefficients import to_float64
from ratapprox.horner import to_mpf
from ratapprox.tails import Tail


class Evaluable(ABC):
    """A rational function that is evaluated in the arithmetic of its argument."""

    @property
    @abstractmethod
    def is_exact(self) -> bool:
        """Whether the function is given by fractions."""

    @abstractmethod
    def limits(self) -> tuple[Tail, Tail]:
        """The tails at -inf and +inf."""

    @overload
    def __call__(self, x: int | Fraction) -> Any: ...
    @overload
    def __call__(self, x: float) -> float: ...
    @overload
    def __call__(self, x: NDArray[Any]) -> NDArray[np.float64]: ...
    @overload
    def __call__(self, x: Any) -> Any: ...

    def __call__(self, x: Any) -> Any:
        """r(x), in the arithmetic of x.

        float, array [any shape]   float64; limits at ±inf, ±inf at a pole, NaN for NaN, no warnings
        int, Fraction              the exact fraction (ZeroDivisionError at a pole); float64 if r is given by floats
        mpmath.mpf                 mpf at the working precision of its context
        flint.arb                  a ball that contains all values on the ball x, at flint.ctx.prec

        Raises TypeError for anything else.

            >>> from ratapprox.rational import Rational
            >>> Rational([1], [1, 1])(Fraction(1, 2))
            Fraction(2, 3)
            >>> Rational([1, 2], [1, 1])(np.array([0.0, np.inf, -1.0]))
            array([  1.,   2., -inf])
        """
        if isinstance(x, float):
            return self._at_float(float(x))
        if isinstance(x, np.ndarray | np.number | list | tuple):
            array = np.asarray(x)
            if array.dtype.kind not in "iuf":
                raise _not_a_point(x, f" of dtype {array.dtype}")
            values = self._on_float64(array.astype(np.float64, copy=False))
            return float(values) if isinstance(x, np.number) else values
        if isinstance(x, int | Fraction) and not isinstance(x, bool):
            return self._at_fraction(Fraction(x)) if self.is_exact else self._at_float(to_float64(x))
        if isinstance(x, flint.arb):
            return self._on_ball(x)
        if type(x).__module__.startswith("mpmath") and hasattr(x, "_mpf_"):
            return self._at_mpf_or_end(x)
        raise _not_a_point(x)

    def _at_float(self, x: float) -> float:
        return float(self._on_float64(np.array(x)))

    def _at_mpf_or_end(self, x: Any) -> Any:
        if x.context.isinf(x):
            left, right = self.limits()
            return to_mpf(right.at_infinity(1) if x > 0 else left.at_infinity(-1), x.context)
        return self._at_mpf(x)

    @abstractmethod
    def _on_float64(self, x: NDArray[np.float64]) -> NDArray[np.float64]: ...

    @abstractmethod
    def _at_fraction(self, x: Fraction) -> Fraction: ...

    @abstractmethod
    def _at_mpf(self, x: Any) -> Any: ...

    @abstractmethod
    def _on_ball(self, x: Any) -> Any: ...


def _not_a_point(x: object, more: str = "") -> TypeError:
    return TypeError(
        f"r(x) at x = {x!r}, a {type(x).__name__}{more}: x is a float, an int, a Fraction, a NumPy array of real"
        " numbers, an mpmath.mpf or a flint.arb."
    )
