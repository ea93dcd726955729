"""How the critical points and the fixed points of a family change with its one parameter."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

from ratapprox.algebraic import Algebraic
from ratapprox.symbolic.cells import at_end, factors, project
from ratapprox.symbolic.decide import Ends, holds
from ratapprox.symbolic.lipschitz_formula import irreducible
from ratapprox.symbolic.places import extrema, fixed_points
from ratapprox.symbolic.projection import UNHURRIED, Clock, at_value, line, rows
from ratapprox.symbolic.quotient import Quotient
from ratapprox.symbolic.region import Interval
from ratapprox.symbolic.shape import monotone, vanishes

__all__ = ["Phase", "phases"]

_NO_EXTREMUM = "no extremum"


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


def phases(
    quotient: Quotient, what: Literal["critical", "fixed"], on: Ends, clock: Clock = UNHURRIED
) -> tuple[Phase, ...]:
    """Critical points (minima and maxima) or fixed points with their stability, for every value of the parameter.

    The line of the parameter is cut wherever two of the points can meet, appear or change their kind; in the parts
    between a rational value is decided exactly, and so are rational cuts. Irrational cuts are left out. TimeUpError
    when the clock ends the work.

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

    def check() -> None:
        clock.check(f"the {what} points were followed")

    cut = line({g for each in _cuts(f, what, on, check) for g in irreducible(each)}, clock)
    found: list[tuple[Interval, str]] = []
    for interval, values in _cells(cut.points, cut.samples):
        check()
        says = _says(f, what, on, values[0]) if len(values) == 1 else _beside(f, what, on, interval, values)
        if says and found and found[-1][1] == says and _touch(found[-1][0], interval):
            first = found[-1][0]
            found[-1] = (Interval(first.lower, first.lower_closed, interval.upper, interval.upper_closed), says)
        elif says:
            found.append((interval, says))
    return tuple(Phase(f.parameters[0], interval, says) for interval, says in found)


def _cuts(f: Quotient, what: str, on: Ends, check: Callable[[], None]) -> list[Any]:
    """Polynomials in the parameter, one of which vanishes wherever the number or the kind of the points changes."""
    N, square = f.slope, f.q * f.q
    moving = N if what == "critical" else f.p - f.p.context().gen(0) * f.q
    ends = [end for end in on if end is not None]
    found = project([moving], 0, ends, check=check) + project([f.q], 0, ends, check=check)
    others = [f.q] if what == "critical" else [f.q, N - square, N + square]
    for g, _ in factors(moving):
        for h in (h for other in others for h, _ in factors(other)):
            check()
            if g.degrees()[0] and h.degrees()[0]:
                found.append(g.resultant(h, "x"))
            found.append(at_end(h, 0, Fraction(0)) if not h.degrees()[0] else g**0)
    return found


def _cells(points: Sequence[Algebraic], samples: Sequence[Fraction]) -> Iterator[tuple[Interval, tuple[Fraction, ...]]]:
    """Open cells and points, each with a rational value in it; an irrational point with the two beside it."""
    for k, sample in enumerate(samples):
        yield Interval(points[k - 1] if k else None, False, points[k] if k < len(points) else None, False), (sample,)
        if k < len(points):
            point = points[k]
            yield Interval(point, True, point, True), (point.lower,) if point.is_rational else (sample, samples[k + 1])


def _beside(f: Quotient, what: str, on: Ends, interval: Interval, values: Sequence[Fraction]) -> str:
    """At an irrational point: f' has one sign there if it has it on both sides, since that is a closed condition."""
    point = interval.lower
    if what != "critical" or point is None or all(vanishes(row, point) for row in rows(f.slope)):
        return ""
    slopes = [at_value(rows(f.slope), value) for value in values]
    one_sign = any(all(holds(sign * N, ">=", on) is None for N in slopes) for sign in (1, -1))
    return _NO_EXTREMUM if one_sign else ""


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
        return _listed([e.kind for e in extrema(p, q, stretches)], _NO_EXTREMUM)
    points = fixed_points(p, q, on)
    return "every x is fixed" if points is None else _listed([point.stability for point in points], "none")


def _listed(kinds: list[str], none: str) -> str:
    return ", ".join(kinds) or none
