"""Is a polynomial in x free of sign changes for all parameters in a box? Bernstein's form, by bisection in x.

F(x; c + u) = Σ_α G_α(x) u^α with |u_i| <= radius. On an interval of x the Bernstein coefficients of the G_α bound F
from below and above; an interval on which the bounds do not settle the sign is halved. The far parts of a line are seen
through x = 1/t.
Source: G. T. Cargo and O. Shisha, The Bernstein form of a polynomial (1966).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise, product
from math import comb, prod
from typing import Any

from flint import arb, ctx, fmpq, fmpq_mpoly_ctx, fmpq_poly

from ratapprox.sturm import to_fmpq
from ratapprox.symbolic.interval import Ends, Rationals, around

__all__ = ["BoxPolynomial"]

_BITS = 128
_MOST_CORNERS = 4  # parameters; the corners of a box of more are not looked at one by one
_DEPTH = 40  # halvings of x: beyond that the sign is as good as touched


class BoxPolynomial:
    """A polynomial in x and parameters, expanded about values of the parameters, for questions about boxes around them.

    polynomial: `fmpz_mpoly` whose first variable is x. centre: one rational for each further variable. on: an
    irrational end is moved outward by 2^-128 at most, so that what is proved holds on the interval.
    """

    def __init__(self, polynomial: Any, centre: Sequence[Fraction], on: Ends) -> None:
        self._degree = int(polynomial.degrees()[0])
        parts = _expanded(polynomial, centre)
        self._powers = list(parts)
        self._charts = [
            _Chart(way, [f if way == "x" else _reversed(f, self._degree) for f in parts.values()], low, high, flips)
            for way, low, high, flips in _charts(around(on), self._degree)
        ]

    def one_sign(self, radius: Fraction, check: Callable[[], None]) -> bool:
        """Whether F(x; c + u) != 0, with one sign, is proved for every x of the interval and all |u_i| <= radius."""
        signs = set()
        with ctx.workprec(_BITS):
            weights = _weights(self._powers, arb(to_fmpq(radius)))
            for chart in self._charts:
                sign = chart.sign(weights, check)
                if sign == 0:
                    return False
                signs.add(-sign if chart.flips else sign)
        return len(signs) == 1

    def cuts(self, radius: Fraction, check: Callable[[], None]) -> set[Fraction]:
        """Where x was divided to prove one_sign(): on each piece between two of them the bounds settle the sign."""
        with ctx.workprec(_BITS):
            weights = _weights(self._powers, arb(to_fmpq(radius)))
            ends = {(chart.variable, end) for chart in self._charts for end in chart.cuts(weights, check)}
        return {end if variable == "x" else 1 / end for variable, end in ends if variable == "x" or end}


@dataclass(frozen=True, slots=True)
class _Weights:
    """What multiplies G_α in a box: a polynomial of degree 1 in each parameter has its extrema in the corners.

    corners: for each corner (index of G_α, its u^α there). others: index, radius^|α|, whether u^α >= 0.
    """

    corners: tuple[tuple[tuple[int, Any], ...], ...]
    others: tuple[tuple[int, Any, bool], ...]


def _weights(powers: Sequence[tuple[int, ...]], radius: Any) -> _Weights:
    moving = [k for k in range(len(powers[0])) if any(alpha[k] for alpha in powers)]
    few = len(moving) <= _MOST_CORNERS
    affine = [max(alpha, default=0) < 2 and (few or not any(alpha)) for alpha in powers]
    corners = []
    for signs in product((-1, 1), repeat=len(moving) if few else 0):
        sign = dict(zip(moving, signs, strict=False))
        terms = [i for i in range(len(powers)) if affine[i]]
        corners.append(
            tuple((i, radius ** sum(powers[i]) * prod(sign[k] for k in moving if powers[i][k])) for i in terms)
        )
    others = tuple(
        (i, radius ** sum(alpha), all(power % 2 == 0 for power in alpha))
        for i, alpha in enumerate(powers)
        if not affine[i]
    )
    return _Weights(tuple(corners), others)


class _Chart:
    """An interval of x or of t = 1/x, with the Bernstein coefficients of the parts on it and on its halves."""

    def __init__(self, variable: str, parts: Sequence[Any], low: Fraction, high: Fraction, flips: bool) -> None:
        self.variable, self.flips, self._ends = variable, flips, (low, high)
        with ctx.workprec(_BITS):
            self._root = _Node([_bernstein(f, low, high, max(g.degree() for g in parts)) for f in parts])

    def cuts(self, weights: _Weights, check: Callable[[], None]) -> set[Fraction]:
        """The ends of the pieces into which the chart is halved until each has a sign; asked where sign() is not 0."""
        open_nodes, found = [(self._root, *self._ends)], set(self._ends)
        while open_nodes:
            check()
            node, low, high = open_nodes.pop()
            if node.sign(weights) == 0:
                middle = (low + high) / 2
                found.add(middle)
                left, right = node.halves()
                open_nodes += [(left, low, middle), (right, middle, high)]
        return found

    def sign(self, weights: _Weights, check: Callable[[], None]) -> int:
        """The one sign on the whole chart, 0 when that is not proved."""
        open_nodes, found = [(self._root, 0)], 0
        while open_nodes:
            check()
            node, depth = open_nodes.pop()
            sign = node.sign(weights)
            if sign == 0:
                if depth >= _DEPTH or not node.may_be_definite(weights):
                    return 0
                open_nodes.extend((half, depth + 1) for half in node.halves())
            elif found and sign != found:
                return 0
            else:
                found = sign
        return found


class _Node:
    def __init__(self, parts: list[list[Any]]) -> None:
        self._parts = parts
        self._halves: tuple[_Node, _Node] | None = None

    def sign(self, weights: _Weights) -> int:
        signs = {self._sign_of(k, weights) for k in range(len(self._parts[0]))}
        return signs.pop() if len(signs) == 1 else 0

    def may_be_definite(self, weights: _Weights) -> bool:
        """Whether both ends, where a Bernstein coefficient is the value, have a sign, and the same one."""
        first, last = (self._sign_of(k, weights) for k in (0, -1))
        return first != 0 and first == last

    def _sign_of(self, k: int, weights: _Weights) -> int:
        values = [part[k] for part in self._parts]
        at_corners = [sum((values[i] * weight for i, weight in corner), arb(0)) for corner in weights.corners]
        low = high = arb(0)
        for i, weight, even in weights.others:
            value = values[i] * weight
            size = abs(value)
            low = low - (size if not even else (size - value) / 2)
            high = high + (size if not even else (size + value) / 2)
        if all(value + low > 0 for value in at_corners):
            return 1
        return -1 if all(value + high < 0 for value in at_corners) else 0

    def halves(self) -> tuple[_Node, _Node]:
        if self._halves is None:
            pairs = [_halved(part) for part in self._parts]
            self._halves = _Node([left for left, _ in pairs]), _Node([right for _, right in pairs])
        return self._halves


def _halved(values: list[Any]) -> tuple[list[Any], list[Any]]:
    """De Casteljau's step at the middle."""
    left, right, row = [values[0]], [values[-1]], values
    while len(row) > 1:
        row = [(a + b) / 2 for a, b in pairwise(row)]
        left.append(row[0])
        right.append(row[-1])
    return left, right[::-1]


def _bernstein(f: Any, low: Fraction, high: Fraction, degree: int) -> list[Any]:
    """The Bernstein coefficients, of a given degree, on [low, high]."""
    moved = f(fmpq_poly([to_fmpq(low), to_fmpq(high - low)])).coeffs()
    return [
        arb(sum((c * fmpq(comb(k, j), comb(degree, j)) for j, c in enumerate(moved[: k + 1])), fmpq(0)))
        for k in range(degree + 1)
    ]


def _expanded(polynomial: Any, centre: Sequence[Fraction]) -> dict[tuple[int, ...], Any]:
    """G_α by α, the one of α = 0 first; only those that are not 0, except for that one."""
    names = polynomial.context().names()
    context = fmpq_mpoly_ctx.get(names)
    x, *rest = context.gens()
    whole = context.from_dict({e: fmpq(c) for e, c in polynomial.to_dict().items()})
    moved = whole.compose(x, *(u + to_fmpq(c) for u, c in zip(rest, centre, strict=True)))
    zero = (0,) * len(rest)
    found: dict[tuple[int, ...], dict[int, Any]] = {zero: {}}
    for exponents, c in moved.to_dict().items():
        found.setdefault(tuple(int(e) for e in exponents[1:]), {})[int(exponents[0])] = c
    return {
        powers: fmpq_poly([terms.get(k, fmpq(0)) for k in range(max(terms, default=-1) + 1)])
        for powers, terms in found.items()
    }


def _reversed(f: Any, degree: int) -> Any:
    """t^degree f(1/t)."""
    coefficients = f.coeffs()
    return fmpq_poly([fmpq(0)] * (degree + 1 - len(coefficients)) + coefficients[::-1])


def _charts(on: Rationals, degree: int) -> list[tuple[str, Fraction, Fraction, bool]]:
    """The interval as pieces (variable, low, high, sign flips): |x| <= 1 and, as t = 1/x, the rest; a finite one
    whole."""
    low, high = on
    one = Fraction(1)
    if low is not None and high is not None:
        return [("x", low, high, False)]
    near = (max(-one, low) if low is not None else -one, min(one, high) if high is not None else one)
    found = [("x", *near, False)] if near[0] < near[1] else []
    if high is None:
        found.append(("t", Fraction(0), 1 / max(one, low) if low is not None else one, False))
        if low is not None and low < -1:
            found.append(("t", -one, 1 / low, degree % 2 == 1))
    if low is None:
        found.append(("t", -1 / max(one, -high) if high is not None else -one, Fraction(0), degree % 2 == 1))
        if high is not None and high > 1:
            found.append(("t", 1 / high, one, False))
    return found
