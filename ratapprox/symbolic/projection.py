"""Where on the line of one parameter the truth of a statement about all x can change.

With the irreducible factors F of P over Z[x, a]: the roots of lc_x F, disc_x F, F(end, a), res_x(F, G) and of the
factors without x; res_x(F, m) stands for F(end, a) at an irrational end, a root of m. Between two neighbouring such
roots the real roots of P in x keep their number and their order.
Source: G. E. Collins (1975); with one parameter a superset of the true changes is all that is needed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations
from time import monotonic
from typing import Any

from flint import fmpq, fmpq_poly, fmpz_poly

from ratapprox.algebraic import Algebraic, algebraic_roots, simplest_between, sort_apart
from ratapprox.sturm import to_fmpq
from ratapprox.symbolic.interval import End, in_x
from ratapprox.symbolic.properties import Atom, Condition, Vanish

__all__ = [
    "UNHURRIED",
    "Clock",
    "Line",
    "TimeUpError",
    "at_value",
    "critical",
    "in_parameter",
    "interpolated",
    "irreducible",
    "line",
    "resultant",
    "rows",
]

_LARGE = 25
"""Discriminants and resultants of a larger degree are interpolated, which can be stopped when the time is up."""


class TimeUpError(Exception):
    """The time limit is over; the message says what was being done."""


@dataclass(frozen=True, slots=True)
class Clock:
    """The moment after which no more work is begun; None for as long as it takes."""

    deadline: float | None = None

    def check(self, doing: str) -> None:
        """TimeUpError when the moment is past."""
        if self.deadline is not None and monotonic() > self.deadline:
            raise TimeUpError(doing)


UNHURRIED = Clock()

@dataclass(frozen=True, slots=True)
class Line:
    """The line of the parameter cut at `points`; samples[k] is the rational decided on between points k - 1 and k.

    polynomials: irreducible; owner[k] = (index of the polynomial, index among its real roots) of point k.
    """

    polynomials: tuple[tuple[int, ...], ...]
    points: tuple[Algebraic, ...]
    owner: tuple[tuple[int, int], ...]
    samples: tuple[Fraction, ...]


def rows(f: Any) -> list[Any]:
    """The coefficients of x^0, x^1, ... as `fmpq_poly` in the parameter, [] for zero.

    >>> from ratapprox.symbolic.reading import read
    >>> rows(read("a*x**2 + 1").p)
    [1, 0, x]
    """
    parts: list[dict[int, Any]] = [{} for _ in range(f.degrees()[0] + 1 if f != 0 else 0)]
    for powers, c in f.to_dict().items():
        parts[powers[0]][powers[1] if len(powers) > 1 else 0] = c
    return [fmpq_poly([part.get(k, 0) for k in range(max(part, default=-1) + 1)]) for part in parts]


def at_value(coefficients: list[Any], value: Fraction) -> Any:
    """The polynomial in x (`fmpq_poly`) at a rational value of the parameter."""
    point = to_fmpq(value)
    return fmpq_poly([row(point) for row in coefficients])


def in_parameter(f: Any) -> Any:
    """A polynomial without x as `fmpz_poly` in the parameter."""
    found = rows(f)
    return found[0].numer() if found else fmpz_poly([])


def critical(condition: Condition, clock: Clock) -> set[tuple[int, ...]]:
    """The irreducible polynomials, ascending, at whose roots the truth of an Atom or Vanish may change.

    >>> from ratapprox.symbolic.properties import Property, conditions
    >>> from ratapprox.symbolic.reading import read
    >>> sorted(critical(conditions(read("ralu"), Property("increasing"))[1], Clock()))
    [(-9, 1), (-1, 1), (0, 1)]
    """
    if isinstance(condition, Vanish):
        common = fmpz_poly([])
        for f in condition.polynomials:
            common = common.gcd(in_parameter(f))
        return irreducible(common)
    assert isinstance(condition, Atom)
    found: set[tuple[int, ...]] = set()
    moving: list[Any] = []
    if condition.polynomial == 0:
        return found
    for factor, _ in condition.polynomial.factor()[1]:
        coefficients = rows(factor)
        if len(coefficients) < 2:
            found |= irreducible(in_parameter(factor))
            continue
        clock.check(f"the places were sought where the roots in x of {_short(factor)} change")
        moving.append(factor)
        found |= irreducible(coefficients[-1].numer())
        if len(coefficients) > 2:
            found |= irreducible(resultant(factor, None, clock))
        for end in condition.on:
            if end is not None:
                found |= irreducible(_at_end(factor, coefficients, end, clock))
    for f, g in combinations(moving, 2):
        clock.check(f"the places were sought where roots of {_short(f)} and {_short(g)} meet")
        found |= irreducible(resultant(f, g, clock))
    return found


def line(polynomials: set[tuple[int, ...]], clock: Clock) -> Line:
    """The line cut at all real roots of some irreducible polynomials, with the simplest rational in every gap.

    >>> line({(0, 1), (-9, 1)}, Clock()).samples
    (Fraction(-1, 1), Fraction(1, 1), Fraction(10, 1))
    """
    ordered = sorted(polynomials, key=lambda f: (len(f), f))
    roots: list[Algebraic] = []
    for f in ordered:
        clock.check(f"the roots of a polynomial of degree {len(f) - 1} in the parameter were sought")
        roots += algebraic_roots(fmpz_poly(list(f)))
    points = sort_apart(roots)
    seen: dict[tuple[int, ...], int] = {}
    owner = []
    for point in points:
        seen[point.polynomial] = seen.get(point.polynomial, -1) + 1
        owner.append((ordered.index(point.polynomial), seen[point.polynomial]))
    lows, highs = [None, *(point.upper for point in points)], [*(point.lower for point in points), None]
    samples = [simplest_between(low, high) for low, high in zip(lows, highs, strict=True)]
    return Line(tuple(ordered), tuple(points), tuple(owner), tuple(samples))


def _at_end(factor: Any, coefficients: list[Any], end: End, clock: Clock) -> Any:
    """A polynomial in the parameter that vanishes where an irreducible polynomial does at an end of the interval."""
    if isinstance(end, Algebraic):
        return resultant(factor, in_x(end, factor.context()), clock)
    value = sum((row * to_fmpq(end) ** k for k, row in enumerate(coefficients)), fmpq_poly([]))
    return value.numer()


def irreducible(f: Any) -> set[tuple[int, ...]]:
    """The irreducible factors that have a real root or may have one, leading coefficients positive."""
    if f.degree() < 1:
        return set()
    signed = ((g if g.leading_coefficient() > 0 else -g) for g, _ in f.factor()[1])
    return {tuple(int(c) for c in g.coeffs()) for g in signed if g.degree() > 0}


def resultant(f: Any, g: Any, clock: Clock) -> Any:
    """disc_x f, or res_x(f, g), up to a constant, as `fmpz_poly` in the parameter."""
    m, da = f.degrees()[0], f.degrees()[1] if len(f.degrees()) > 1 else 0
    if da == 0 and (g is None or g.degrees()[-1] == 0 or len(g.degrees()) == 1):
        return fmpz_poly([1])
    n, db = (m - 1, da) if g is None else g.degrees()
    most = m * db + n * da
    if most <= _LARGE:
        return in_parameter(f.discriminant("x") if g is None else f.resultant(g, "x"))
    return interpolated(rows(f), None if g is None else rows(g), most, clock.check)


def interpolated(f: list[Any], g: list[Any] | None, degree: int, check: Callable[[str], None]) -> Any:
    """res_x(f, g), or res_x(f, f') with the factor lc_x f, by Newton's divided differences at integers."""
    derivative = [k * row for k, row in enumerate(f)][1:]
    h = derivative if g is None else g
    nodes: list[int] = []
    values: list[Any] = []
    k = 0
    while len(nodes) <= degree:
        check(f"a resultant of degree up to {degree} in the parameter was computed")
        node = (k + 1) // 2 * (1 if k % 2 else -1)
        k += 1
        point = fmpq(node)
        if f[-1](point) == 0 or h[-1](point) == 0:  # a resultant of lower degree would be another number there
            continue
        nodes.append(node)
        values.append(fmpq_poly([row(point) for row in f]).resultant(fmpq_poly([row(point) for row in h])))
    for order in range(1, len(nodes)):
        check(f"a resultant of degree up to {degree} in the parameter was computed")
        for k in range(len(nodes) - 1, order - 1, -1):
            values[k] = (values[k] - values[k - 1]) / (nodes[k] - nodes[k - order])
    total = fmpq_poly([])
    for node, value in zip(reversed(nodes), reversed(values), strict=True):
        total = total * fmpq_poly([-node, 1]) + value
    return total.numer()


def _short(f: Any) -> str:
    text = str(f)
    return text if len(text) < 60 else f"a polynomial of degree {f.degrees()[0]} in x"
