"""Running error analysis in ball arithmetic: how far rounded operations can lead away from exact ones on an interval.

For every register v of a program, on a box of x, a ball holds its exact values and a float bounds |computed - exact|:

    x + y: e_x + e_y            x·y: |x| e_y + |y| e_x + e_x e_y            x/y: (e_x + |x/y| e_y)/(|y| - e_y)

and each operation adds half a unit in the last place of the largest result possible, or half of the smallest subnormal.
Source: running error analysis, N. J. Higham, Accuracy and Stability of Numerical Algorithms (2002), here over boxes.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

from flint import arb, ctx

from ratapprox.coefficients import to_fmpq
from ratapprox.number_formats import FloatingPoint, NumberFormat, Operation
from ratapprox.symbolic.rounding.programs import Program

__all__ = ["ArithmeticBound", "arithmetic_error"]

BITS = 80
"""Working precision: the balls of float64 values must be much narrower than a float64 rounding error."""

BOXES = 256
"""After so many boxes the bound is what it is."""

CLOSE = 1.05
"""A box is small enough when its bound is within this factor of the bound at its middle point alone."""

SLACK = 1 + 2.0**-40
"""More than the rounding errors of the few float64 operations between two uses of it."""

TINY = 2.0**-1070
"""More than what underflow in those operations can lose."""


@dataclass(frozen=True, slots=True)
class ArithmeticBound:
    """A proved bound of |computed - exact| over an interval, the box that decides it, and what makes it infinite."""

    bound: float
    box: tuple[float, float]
    reason: str | None


class _Value(NamedTuple):
    """A register on a box. `infinite`: it may also be ±inf by overflow; `lost`: why nothing is known of it, or None."""

    exact: arb
    size: float
    error: float
    infinite: bool = False
    lost: str | None = None


class _Analysis:
    """The arithmetic of one format on one box."""

    def __init__(self, number_format: NumberFormat) -> None:
        self.format = number_format
        self.overflow = number_format.overflow
        self.has_infinity = isinstance(number_format, FloatingPoint)

    def apply(self, operation: Operation, x: _Value, y: _Value) -> _Value:
        lost, infinite, vanishing = x.lost or y.lost, False, 0.0
        if operation == "+":
            exact = x.exact + y.exact
            error = x.error + y.error
            infinite = x.infinite or y.infinite
            if x.infinite and y.infinite:
                lost = lost or "inf - inf"
        elif operation == "*":
            exact = _product(x.exact, y.exact, x is y)
            error = x.size * y.error + y.size * x.error + x.error * y.error
            infinite = x.infinite or y.infinite
            if (x.infinite and _smallest(y) <= 0) or (y.infinite and _smallest(x) <= 0):
                lost = lost or "inf · 0"
        else:
            below = _smallest(y)
            if below <= 0:
                return _lost(lost or "a denominator that may be 0")
            exact = x.exact / y.exact
            quotient = _above(exact)
            error = (x.error + quotient * y.error) / below
            infinite = x.infinite
            if x.infinite and y.infinite:
                lost = lost or "inf / inf"
            elif y.infinite:
                vanishing = quotient  # a number divided by inf is 0
        size = _above(exact)
        most = (size + error) * SLACK
        if lost or not most < math.inf:
            return _lost(lost or "overflow")
        if most >= self.overflow:
            if not self.has_infinity:
                return _lost("overflow")
            infinite = True
        error = max(error + self.format.error(operation, most), vanishing) * SLACK + TINY
        return _Value(exact, size, error, infinite)


def arithmetic_error(
    parts: Sequence[tuple[Program, float, float]], number_format: NumberFormat, boxes: int = BOXES
) -> ArithmeticBound:
    """A bound of |computed - exact| for every value x of the format in the intervals, with rounded constants exact.

    parts: programs whose constants are values of the format, each with the closed interval on which it is used.
    Boxes are halved, the worst first, until that gains no more than 5 percent.
    """
    with ctx.workprec(BITS):
        analysis = _Analysis(number_format)
        heap: list[tuple[float, int, float, float, str | None]] = []
        constants = [[_constant(c) for c in program.constants] for program, _, _ in parts]

        def judge(k: int, low: float, high: float) -> tuple[float, str | None]:
            x = arb(low).union(arb(high)) if low < high else arb(low)
            value = parts[k][0].run(_Value(x, _above(x), 0.0), constants[k], analysis.apply)
            if value.infinite or value.lost:
                return math.inf, value.lost or "overflow"
            return value.error, None

        def push(k: int, low: float, high: float) -> None:
            bound, reason = judge(k, low, high)
            heapq.heappush(heap, (-bound, k, low, high, reason))

        count = 0
        for k, (_, low, high) in enumerate(parts):
            for left, right in pairwise(_cuts(low, high)):
                push(k, left, right)
                count += 1
        most = 4 * count + boxes
        while True:
            negative, k, low, high, reason = heap[0]
            middle = _middle(low, high)
            small = not low < middle < high
            if small or count >= most or -negative <= CLOSE * judge(k, middle, middle)[0] < math.inf:
                return ArithmeticBound(-negative, (low, high), reason)
            heapq.heappop(heap)
            push(k, low, middle)
            push(k, middle, high)
            count += 2


def _constant(c: Fraction) -> _Value:
    exact = arb(to_fmpq(c))
    return _Value(exact, _above(exact), 0.0)


def _lost(reason: str) -> _Value:
    return _Value(arb.nan(), math.inf, math.inf, True, reason)


def _above(value: arb) -> float:
    """A float that is not below any |value|; inf where there is none."""
    bound = float(value.abs_upper())
    return math.nextafter(bound, math.inf) if bound == bound else math.inf


def _smallest(value: _Value) -> float:
    """A float not above any modulus of what is computed for the value."""
    exact = float(value.exact.abs_lower())
    return exact / SLACK - value.error * SLACK - TINY if exact == exact else 0.0


def _product(x: arb, y: arb, square: bool) -> arb:
    """x·y; from the ends where balls are so wide that their product would reach 0 for no reason."""
    product = x * y
    if product.abs_lower() > 0 or not product.is_finite():
        return product
    if x.abs_lower() > 0 and y.abs_lower() > 0:
        return (x.abs_lower() * y.abs_lower()).union(x.abs_upper() * y.abs_upper()) * (x.sgn() * y.sgn())
    return arb(0).union(product.upper()) if square else product


def _cuts(low: float, high: float) -> list[float]:
    """The ends of the first boxes: one sign in each, at most four binades in each that is far from 0."""
    if low < 0 < high:
        return _cuts(low, 0.0) + _cuts(0.0, high)[1:]
    if low < 0:
        return [-x for x in reversed(_cuts(-high, -low))]
    if low == high:
        return [low, high]
    cuts = [high]
    while cuts[-1] > 64 and cuts[-1] > 16 * low:
        cuts.append(cuts[-1] / 16)
    step = (cuts[-1] - low) / 8
    return sorted({low, *(low + k * step for k in range(1, 8) if low < low + k * step < cuts[-1]), *cuts})


def _middle(low: float, high: float) -> float:
    """Where to cut a box: in the middle; on a log scale if it spans several binades."""
    if low > 0 and high > 4 * low:
        return math.sqrt(low) * math.sqrt(high)
    if high < 0 and low < 4 * high:
        return -math.sqrt(-low) * math.sqrt(-high)
    if low == 0 and high > 16:
        return math.sqrt(high)
    if high == 0 and low < -16:
        return -math.sqrt(-low)
    return low + (high - low) / 2
