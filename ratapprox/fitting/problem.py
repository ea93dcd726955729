"""The question a fit answers, in the variable in which it is answered.

    minimise over p/q in R_{m,n}:   max over x in [lower, upper] of  w(x)·|f(x) − y^σ·p(t)/q(t)|,   y = x − center,

where t = y for a function without symmetry, t = y² for an even (σ = 0) or odd (σ = 1) one. Points are always kept as
x, where extrema are resolved best; the rational lives in t.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from math import inf, nextafter

import numpy as np
from flint import arb, fmpq
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def ball(value: Fraction) -> arb:
    """The exact fraction as a ball at the present precision."""
    return arb(fmpq(value.numerator, value.denominator))


def inside_floats(lower: Fraction, upper: Fraction) -> tuple[float, float]:
    """The smallest double not below `lower` and the largest not above `upper`."""
    a, b = float(lower), float(upper)
    return (a if a >= lower else nextafter(a, inf)), (b if b <= upper else nextafter(b, -inf))


@dataclass(frozen=True, eq=False)
class Problem:
    """One uniform approximation problem: type (m, n) in t, points x in [lower, upper].

    `floats` and `balls` return (f(x), w(x)); `kinks` are the inner points where f or w is not smooth, as functions of
    the working precision. `exact` is False for a target known in floating point only.
    """

    m: int
    n: int
    lower: Fraction
    upper: Fraction
    center: Fraction
    squared: bool
    odd: bool
    floats: Callable[[Floats], tuple[Floats, Floats]]
    balls: Callable[[arb], tuple[arb, arb]]
    kinks: tuple[Callable[[], arb], ...] = ()
    exact: bool = True
    landmarks: tuple[float, ...] = ()

    @property
    def needed(self) -> int:
        """Points of a reference: m + n + 2."""
        return self.m + self.n + 2

    def with_type(self, m: int, n: int) -> Problem:
        """The same problem for another type."""
        return replace(self, m=m, n=n)

    def t(self, x: arb) -> arb:
        """The variable of the rational at the point x."""
        y = x - ball(self.center)
        return y * y if self.squared else y

    def data(self, x: arb) -> tuple[arb, arb, arb]:
        """(t, F, W) with w·(f − y^σ r(t)) = W·(F − r(t)) at the point x."""
        y = x - ball(self.center)
        f, w = self.balls(x)
        if self.odd:
            f, w = f / y, w * y
        return (y * y if self.squared else y), f, w

    def float_ends(self) -> tuple[float, float]:
        """The smallest and the largest double inside the interval: beyond its ends f may not be defined."""
        return inside_floats(self.lower, self.upper)

    def float_kinks(self) -> list[float]:
        """The kinks as doubles."""
        return [float(kink().mid()) for kink in self.kinks]

    def ends(self) -> tuple[arb, arb]:
        """Both ends of the interval."""
        return ball(self.lower), ball(self.upper)
