"""How the critical points and the fixed points of a family change with its one parameter."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

from ratapprox.symbolic.algebraic import Algebraic
from ratapprox.symbolic.decide import Ends
from ratapprox.symbolic.places import extrema, fixed_points
from ratapprox.symbolic.projection import Clock, at_value, critical, line, rows
from ratapprox.symbolic.properties import Atom
from ratapprox.symbolic.quotient import Quotient
from ratapprox.symbolic.region import Interval
from ratapprox.symbolic.shape import monotone

__all__ = ["Phase", "phases"]


@dataclass(frozen=True, slots=True, repr=False)
class Phase:
    """Values of the parameter for which there are the same points, of the same kinds; says: which, left to right."""

    parameter: str
    interval: Interval
    says: str

    def __str__(self) -> str:
        return f"{self.interval.text(self.parameter)}: {self.says}"

    def __repr__(self) -> str:
        return f"Phase {self}"

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {"interval": self.interval.to_dict(), "says": self.says}


def phases(quotient: Quotient, what: Literal["critical", "fixed"], on: Ends) -> tuple[Phase, ...]:
    """Critical points (minima and maxima) or fixed points with their stability, for every value of the parameter.

    The line of the parameter is cut wherever two of the points can meet, appear or change their kind; in the parts
    between a rational value is decided exactly, and so are rational cuts. Irrational cuts are left out.

    >>> from ratapprox.symbolic.reading import read
    >>> for phase in phases(read("ralu"), "fixed", (None, None)):
    ...     print(phase)
    alpha < -1: repelling
    alpha = -1: neutral
    -1 < alpha < 1: attracting
    alpha = 1: every x is fixed
    alpha > 1: repelling
    """
    f = quotient.cancelled()
    N, square = f.slope, f.q * f.q
    one = f.p.context().constant(1)
    if what == "critical":
        product = N * f.q
    else:
        product = (f.p - f.p.context().gen(0) * f.q) * (N - square) * (N + square) * f.q
    cut = line(critical(Atom(product, ">=", on, "", (one, one), ""), Clock()), Clock())
    found: list[tuple[Interval, str]] = []
    for interval, value in _cells(cut.points, cut.samples):
        says = "" if value is None else _says(f, what, on, value)
        if says and found and found[-1][1] == says and _touch(found[-1][0], interval):
            first = found[-1][0]
            found[-1] = (Interval(first.lower, first.lower_closed, interval.upper, interval.upper_closed), says)
        elif says:
            found.append((interval, says))
    return tuple(Phase(f.parameters[0], interval, says) for interval, says in found)


def _cells(points: tuple[Algebraic, ...], samples: tuple[Fraction, ...]) -> Iterator[tuple[Interval, Fraction | None]]:
    """Open cells and points from left to right, each with a rational value in it."""
    for k, sample in enumerate(samples):
        yield Interval(points[k - 1] if k else None, False, points[k] if k < len(points) else None, False), sample
        if k < len(points):
            point = points[k]
            yield Interval(point, True, point, True), point.lower if point.is_rational else None


def _touch(left: Interval, right: Interval) -> bool:
    return left.upper == right.lower and (left.upper_closed or right.lower_closed)


def _says(f: Quotient, what: str, on: Ends, value: Fraction) -> str:
    p, q = (at_value(rows(g), value) for g in (f.p, f.q))
    if q == 0:
        return "no value: q vanishes everywhere"
    common = p.gcd(q)
    p, q = p // common, q // common
    if what == "critical":
        stretches = monotone(p, q, on)
        if all(s.kind == "constant" for s in stretches):
            return "constant"
        return _listed([e.kind for e in extrema(p, q, stretches)], "no extremum")
    points = fixed_points(p, q, on)
    return "every x is fixed" if points is None else _listed([point.stability for point in points], "none")


def _listed(kinds: list[str], none: str) -> str:
    return ", ".join(kinds) or none
