"""A step length that satisfies the strong Wolfe conditions: bracketing, then zoom (Nocedal and Wright).

φ(α) = f(x + αp) is the loss along the direction p. The conditions: φ(α) ≤ φ(0) + c₁αφ'(0), and |φ'(α)| ≤ c₂|φ'(0)|.
Near a minimum the first one drowns in rounding; there, the approximate condition of Hager and Zhang takes its place:
(2c₁ - 1)φ'(0) ≥ φ'(α), with φ(α) = φ(0) up to rounding.
"""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite, sqrt
from typing import Any, NamedTuple

__all__ = ["Point", "search"]

C1, C2 = 1e-4, 0.9
MOST = 30


class Point(NamedTuple):
    """A step length α, φ(α), φ'(α), and what belongs to it."""

    length: float
    value: float
    slope: float
    rest: Any


def search(at: Callable[[float], Point], origin: Point, first: float, rounding: float) -> Point | None:
    """A point that satisfies the conditions, or None when 30 evaluations found none.

    at: α ↦ Point. origin: the point at α = 0, its slope negative. first: the first α to try. rounding: the relative
    error of the values.
    """
    low, high, trial = origin, None, first
    for _ in range(MOST):
        point = at(trial)
        if not (isfinite(point.value) and isfinite(point.slope)):
            # A pole, or an overflow: the bracket ends well before it.
            high = Point(trial, float("inf"), 0.0, None)
            trial = low.length + 0.1 * (trial - low.length)
            continue
        if _accepted(point, origin, rounding):
            return point
        if _too_high(point, origin, low, rounding):
            high = point
        else:
            if point.slope * (point.length - low.length if high is None else high.length - low.length) >= 0:
                high = low
            low = point
        if high is None:
            trial = _further(point)
        else:
            trial = _between(low, high)
            if abs(high.length - low.length) <= 1e-15 * max(abs(low.length), abs(high.length)):
                break
    # The lowest point seen is still better than none, if it is lower than the start.
    return low if low is not origin and low.value < origin.value else None


def _accepted(point: Point, origin: Point, rounding: float) -> bool:
    flat = abs(point.slope) <= C2 * abs(origin.slope)
    if flat and point.value <= origin.value + C1 * point.length * origin.slope:
        return True
    same = abs(point.value - origin.value) <= rounding * abs(origin.value)
    return same and (2 * C1 - 1) * origin.slope >= point.slope >= C2 * origin.slope


def _too_high(point: Point, origin: Point, low: Point, rounding: float) -> bool:
    wanted = origin.value + C1 * point.length * origin.slope
    return point.value > wanted + rounding * abs(origin.value) or (low is not origin and point.value > low.value)


def _further(point: Point) -> float:
    return 2.5 * point.length


def _between(low: Point, high: Point) -> float:
    """The minimum of the cubic through both ends' values and slopes, kept a tenth away from them; else the middle."""
    a, b = low.length, high.length
    middle = (a + b) / 2
    if not isfinite(high.value):
        return a + 0.1 * (b - a)
    d1 = low.slope + high.slope - 3 * (low.value - high.value) / (a - b)
    square = d1 * d1 - low.slope * high.slope
    if square < 0:
        return middle
    d2 = sqrt(square) if b > a else -sqrt(square)
    below = high.slope - low.slope + 2 * d2
    if below == 0:
        return middle
    trial = b - (b - a) * (high.slope + d2 - d1) / below
    left, right = min(a, b), max(a, b)
    margin = (right - left) / 10
    return trial if left + margin <= trial <= right - margin else middle
