"""The set of parameter values for which something is true: a finite union of points and intervals, exact."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any

from ratapprox.algebraic import Algebraic
from ratapprox.symbolic.interval import rational_number

__all__ = ["Interval", "Region"]


@dataclass(frozen=True, slots=True)
class Interval:
    """A non-empty interval of parameter values; None is an infinite end, lower == upper a point."""

    lower: Algebraic | None
    lower_closed: bool
    upper: Algebraic | None
    upper_closed: bool

    @property
    def is_point(self) -> bool:
        """Whether it holds one number only."""
        return self.lower is not None and self.lower == self.upper

    def contains(self, value: Fraction | int | Algebraic) -> bool:
        """Whether a number belongs to it, decided exactly."""
        number = value if isinstance(value, Algebraic) else Algebraic.rational(value)
        if self.lower is not None and (number < self.lower or (number == self.lower and not self.lower_closed)):
            return False
        return self.upper is None or number < self.upper or (number == self.upper and self.upper_closed)

    def text(self, parameter: str) -> str:
        """0 <= a <= 9, a > 1, a = √2.

        >>> Interval(Algebraic.rational(0), True, None, False).text("a")
        'a >= 0'
        """
        if self.is_point and self.lower is not None:
            return f"{parameter} = {self.lower.text(parameter)}"
        if self.lower is None and self.upper is None:
            return f"every {parameter}"
        if self.upper is None and self.lower is not None:
            return f"{parameter} {'>=' if self.lower_closed else '>'} {self.lower.text(parameter)}"
        if self.upper is None:
            raise AssertionError("unreachable: one of the ends is finite")
        right = f"{parameter} {'<=' if self.upper_closed else '<'} {self.upper.text(parameter)}"
        if self.lower is None:
            return right
        return f"{self.lower.text(parameter)} {'<=' if self.lower_closed else '<'} {right}"

    def to_dict(self) -> dict[str, Any]:
        """The JSON form; null is an infinite end."""
        return {
            "lower": None if self.lower is None else self.lower.to_dict(),
            "lower_closed": self.lower_closed,
            "upper": None if self.upper is None else self.upper.to_dict(),
            "upper_closed": self.upper_closed,
        }


@dataclass(frozen=True, repr=False)
class Region:
    """A set of values of one parameter: disjoint maximal intervals from left to right.

    >>> nine = Algebraic.rational(9)
    >>> a = Region("a", (Interval(Algebraic.rational(0), True, nine, True),))
    >>> a, a.contains(9), a.complement()
    (Region 0 <= a <= 9, True, Region a < 0 or a > 9)
    >>> a & Region("a", (Interval(nine, True, None, False),)), a | a.complement()
    (Region a = 9, Region every a)
    """

    parameter: str
    intervals: tuple[Interval, ...]

    @classmethod
    def everything(cls, parameter: str) -> Region:
        """All real numbers."""
        return cls(parameter, (Interval(None, False, None, False),))

    @classmethod
    def nothing(cls, parameter: str) -> Region:
        """No number."""
        return cls(parameter, ())

    @classmethod
    def from_cells(cls, parameter: str, points: tuple[Algebraic, ...], truth: tuple[bool, ...]) -> Region:
        """The union of the true cells: truth[2k] is the open cell left of points[k], truth[2k+1] is points[k] itself.

        >>> Region.from_cells("a", (Algebraic.rational(1),), (False, True, True))
        Region a >= 1
        """
        intervals: list[Interval] = []
        start: tuple[Algebraic | None, bool] | None = None
        for index, true in enumerate(truth):
            at_point = index % 2 == 1
            if true and start is None:
                start = (points[index // 2], True) if at_point else (points[index // 2 - 1] if index else None, False)
            if not true and start is not None:
                end = points[index // 2] if at_point else points[index // 2 - 1]
                intervals.append(Interval(*start, end, not at_point))
                start = None
        if start is not None:
            intervals.append(Interval(*start, None, False))
        return cls(parameter, tuple(intervals))

    def contains(self, value: Fraction | int | Algebraic) -> bool:
        """Whether a value of the parameter belongs to the region, decided exactly."""
        number = value if isinstance(value, Algebraic) else rational_number(value, self.parameter or "the value")
        return any(interval.contains(number) for interval in self.intervals)

    def ends(self) -> tuple[Algebraic, ...]:
        """The finite ends, ascending, each once."""
        found = {end for i in self.intervals for end in (i.lower, i.upper) if end is not None}
        return tuple(sorted(found))

    def union(self, other: Region) -> Region:
        """The values in one region or in both."""
        return self._combined(other, lambda a, b: a or b)

    def intersection(self, other: Region) -> Region:
        """The values in both regions."""
        return self._combined(other, lambda a, b: a and b)

    def complement(self) -> Region:
        """The values outside."""
        return self._combined(self, lambda a, b: not a)

    __or__ = union
    __and__ = intersection

    def _combined(self, other: Region, rule: Any) -> Region:
        if other.parameter != self.parameter:
            raise ValueError(f"regions of {self.parameter} and of {other.parameter} cannot be combined: rename one")
        points = tuple(sorted({*self.ends(), *other.ends()}))
        truth = tuple(rule(a, b) for a, b in zip(self._cells(points), other._cells(points), strict=True))
        return Region.from_cells(self.parameter, points, truth)

    def _cells(self, points: tuple[Algebraic, ...]) -> tuple[bool, ...]:
        """The truth on the cells between points, among which are all ends of the region."""
        walls = (None, *points, None)
        truth: list[bool] = []
        for low, high in pairwise(walls):
            if low is not None:
                truth.append(self.contains(low))
            truth.append(any(_covers(interval, low, high) for interval in self.intervals))
        return tuple(truth)

    @property
    def text(self) -> str:
        """0 <= a <= 9; a < 1/9 or a >= 2; every a; no a.

        >>> Region("a", ()).text
        'no a'
        """
        return " or ".join(interval.text(self.parameter) for interval in self.intervals) or f"no {self.parameter}"

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"Region {self.text}"

    def to_dict(self) -> dict[str, Any]:
        """The JSON form of `analyse`."""
        return {"text": self.text, "intervals": [interval.to_dict() for interval in self.intervals]}


def _covers(interval: Interval, low: Algebraic | None, high: Algebraic | None) -> bool:
    """Whether an interval holds the open interval (low, high), inside which none of its ends lies."""
    left = interval.lower is None or (low is not None and interval.lower <= low)
    right = interval.upper is None or (high is not None and interval.upper >= high)
    return left and right
