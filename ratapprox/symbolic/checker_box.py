"""A stranger's check of boxes of parameters in which a property holds: sympy and the standard library only.

At the values in the middle the statements are decided again. No factor of their polynomials that contains a parameter
vanishes in the box, so that no sign changes there: on each piece of x between the cuts the coefficients of Bernstein's
form [CS66], a piece that reaches to infinity included, keep one sign, bounded over all parameters of the box.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise, product
from math import prod
from operator import mul
from typing import Any

from sympy import Poly
from sympy import Rational as Number

from ratapprox.symbolic.checker import Ends, Tree, Verdict, asked, judged, statements, true
from ratapprox.symbolic.checker_reading import X, beyond, fixed, need, number, over, rational

__all__ = ["check_box"]

MOST_PARAMETERS, MOST_CORNERS = 8, 5
Point = tuple[int, int]  # x = first/second; (-1, 0) and (1, 0) are the infinite ends
Powers = tuple[int, ...]
Row = dict[Powers, Any]


def check_box(document: Any, family: str | None = None) -> Verdict:
    """Check a certificate "ratapprox/box-proof/1", a JSON text or the object read from it; never raises for a bad one.

    family: the expression that p/q has to be as it is written; without it p and q are taken from the certificate.
    """
    return judged(document, "ratapprox/box-proof/1", lambda data: _checked(data, family))


def _checked(data: dict[str, Any], family: str | None) -> str:
    question, gens = asked(data, family, MOST_PARAMETERS)
    need(not question.cancelled, "boxes are proved of quotients as they are written")
    centre, radius = _vector(data["values"], data["parameters"]), number(data["radius"])
    trees = statements(question)
    holds = all(_true_at(tree, gens, centre) for tree in trees)
    need(holds is data["holds"], "it is not so at the values")
    corner, distance = data["corner"], data["fails_within"]
    need((corner is None) is (distance is None), "a corner without its distance, or a distance without its corner")
    if corner is not None:
        at = _vector(corner, data["parameters"])
        need(max(abs(a - c) for a, c in zip(at, centre, strict=True)) == number(distance), "the corner is elsewhere")
        need(holds and not all(_true_at(tree, gens, at) for tree in trees), "the property does not fail at the corner")
    need(radius >= 0 and (holds or radius == 0), "a box where the property does not hold")
    if radius:
        cuts = [number(cut) for cut in data["cuts"]]
        need(all(a < b for a, b in pairwise(cuts)), "the cuts do not ascend")
        box = _Box(gens, centre, radius, cuts)
        need(all(box.keeps(tree) for tree in trees), "the cuts do not prove the box")
    return f"it {'holds' if holds else 'fails'} at the values" + (f", and in the box of radius {radius}" * bool(radius))


def _vector(data: dict[str, Any], names: Sequence[str]) -> tuple[Fraction, ...]:
    need(isinstance(data, dict) and set(data) == set(names), "values of other parameters")
    return tuple(number(data[name]) for name in names)


def _true_at(tree: Tree, gens: Sequence[Any], values: Sequence[Fraction]) -> bool:
    """Whether a statement is true at one vector of parameters."""
    *first, (last, value) = zip(gens[1:], values or [Fraction(0)], strict=True)
    return true(_fixed(tree, first), rational(value, last), (), {}, ())


def _fixed(tree: Tree, values: Sequence[tuple[Any, Fraction]]) -> Tree:
    """A statement with values for all parameters but the last."""
    if tree[0] == "any":
        return ("any", tuple(tuple(_fixed(t, values) for t in part) for part in tree[1]))
    found = tree[1] if tree[0] == "vanish" else (tree[1],)
    for a, value in values:
        found = tuple(fixed(f, a, value) for f in found)
    return ("vanish", found, tree[2]) if tree[0] == "vanish" else ("atom", found[0], *tree[2:])


@dataclass(frozen=True)
class _Box:
    gens: Sequence[Any]
    centre: Sequence[Fraction]
    radius: Fraction
    cuts: Sequence[Fraction]

    def keeps(self, tree: Tree) -> bool:
        """Whether a statement that is true at the centre is proved in the whole box."""
        if tree[0] == "any":
            true_there = (part for part in tree[1] if all(_true_at(t, self.gens, self.centre) for t in part))
            return any(all(self.keeps(t) for t in part) for part in true_there)
        if tree[0] == "vanish":
            return any(map(self.nonzero, tree[1])) if tree[2] else all(f.is_zero for f in tree[1])
        relation, on = tree[2:]
        found = [] if tree[1].is_zero else tree[1].factor_list()[1]
        odd = [f for f, power in found if power % 2 or relation != ">="]
        return all(self.nonzero(f, on) for f in odd if any(f.degree(a) > 0 for a in self.gens[1:]))

    def nonzero(self, f: Poly, on: Ends = (None, None)) -> bool:
        """Whether a polynomial is seen to have no zero with x in the interval and the parameters in the box."""
        degree, parts = f.degree(X), self._expanded(f)
        for left, right in _pieces(self.cuts, on) if degree > 0 else [((0, 1), (1, 1))]:
            basis = _basis(left, right, max(degree, 0))
            rows = [{u: sum(map(mul, part, row)) for u, part in parts.items()} for row in zip(*basis, strict=True)]
            if not (all(self._low(row) > 0 for row in rows) or all(self._low(_negative(row)) > 0 for row in rows)):
                return False
        return True

    def _expanded(self, f: Poly) -> dict[Powers, list[Fraction]]:
        """f = Σ_u (Σ_j c_uj x^j) Π (a - centre)^u: the lists of c_uj by u."""
        shifts = {a: a + Number(c.numerator, c.denominator) for a, c in zip(self.gens[1:], self.centre, strict=False)}
        found: dict[Powers, list[Fraction]] = {}
        for (j, *u), c in over(f.as_expr().subs(shifts, simultaneous=True), f.gens).terms():
            found.setdefault(tuple(u), [Fraction(0)] * (max(f.degree(X), 0) + 1))[j] = Fraction(int(c.p), int(c.q))
        return found

    def _low(self, row: Row) -> Fraction:
        """A lower bound in the box of Σ c_u Π (a - centre)^u.

        A polynomial of degree 1 in each parameter has its minimum in a corner; other terms are bounded one by one.
        """
        few = len(self.gens) - 1 <= MOST_CORNERS
        affine = {u: c for u, c in row.items() if not any(u) or (few and max(u) < 2)}
        low = Fraction(0)
        for u, c in row.items():
            if u not in affine:
                largest = c * self.radius ** sum(u)
                low += min(largest, Fraction(0)) if all(k % 2 == 0 for k in u) else -abs(largest)
        corners = product((-self.radius, self.radius), repeat=len(self.gens) - 1 if few else 0)
        return low + min(
            sum((c * prod(map(pow, corner, u)) for u, c in affine.items()), Fraction(0)) for corner in corners
        )


def _negative(row: Row) -> Row:
    return {u: -c for u, c in row.items()}


def _pieces(cuts: Sequence[Fraction], on: Ends) -> Iterator[tuple[Point, Point]]:
    """The pieces between cuts, and to infinity, that reach into an interval."""
    low, high = on
    need(cuts, "there is no cut: one piece from end to end of the line is no piece of Bernstein's form")
    ends = [None, *cuts, None]
    for left, right in pairwise(ends):
        below = low is not None and right is not None and not beyond(right, low)
        above = high is not None and left is not None and (beyond(left, high) or high[1] == left == high[2])
        if not below and not above:
            yield _point(left, -1), _point(right, 1)


def _point(cut: Fraction | None, side: int) -> Point:
    return (side, 0) if cut is None else (cut.numerator, cut.denominator)


def _basis(left: Point, right: Point, degree: int) -> list[list[int]]:
    """For j = 0, ..., degree the coefficients of (s l + t r)^j (s l' + t r')^(degree - j) in s^degree, ..., t^degree.

    On a piece x = (s l + t r)/(s l' + t r') with s, t >= 0: coefficients of one sign leave no zero.
    """
    above, below = [[1]], [[1]]
    for _ in range(degree):
        above.append(_times(above[-1], left[0], right[0]))
        below.append(_times(below[-1], left[1], right[1]))
    found = []
    for j in range(degree + 1):
        row = [0] * (degree + 1)
        for i, a in enumerate(above[j]):
            for k, b in enumerate(below[degree - j]):
                row[i + k] += a * b
        found.append(row)
    return found


def _times(row: list[int], s: int, t: int) -> list[int]:
    """A form in s and t times another of degree 1."""
    return [s * a + t * b for a, b in zip([*row, 0], [0, *row], strict=True)]
