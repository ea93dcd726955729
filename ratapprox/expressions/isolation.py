"""All the points of an interval at which an expression can change its sign, exact and complete, or an error."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from typing import Any

import flint
import sympy
from flint import arb, fmpq

from ratapprox.expressions.compiled import compiled
from ratapprox.expressions.errors import DomainError
from ratapprox.expressions.inversion import solutions
from ratapprox.expressions.numbers import as_quotient, compare, enclosure, exact, fractions, is_zero, real_roots
from ratapprox.expressions.program import x
from ratapprox.expressions.realroot import RealRoot

_MOST_BOXES = 4000
_SMALLEST = 2.0**-40  # of the interval: zeros closer together than this are not told apart
_MOST_MULTIPLE = 6
_CUT = 0.4871  # not the middle: zeros in the middle are common, and then neither half shows a change of sign


def roots(g: Any, a: Any, b: Any) -> list[Any]:
    """Exact points strictly inside (a, b), between which g keeps its sign: its real zeros, and its poles."""
    return [c for c in _all_roots(g, a, b) if compare(a, c) < 0 and compare(c, b) < 0]


@lru_cache(maxsize=1024)
def _all_roots(g: Any, a: Any, b: Any) -> tuple[Any, ...]:
    g = sympy.factor_terms(g)
    quotient = as_quotient(g)
    if quotient is not None:
        return (*real_roots(tuple(fractions(quotient[0]))), *real_roots(tuple(fractions(quotient[1]))))
    if g.is_Pow and g.exp.is_Rational:
        return _all_roots(g.base, a, b)
    if g.is_Mul:
        return tuple(c for factor in g.args if factor.has(x) for c in _all_roots(factor, a, b))
    found = solutions(g, sympy.Integer(0), a, b)
    return tuple(_isolated(g, a, b) if found is None else found)


def _isolated(g: Any, a: Any, b: Any) -> list[Any]:
    """The zeros of g in [a, b] by subdivision: g is proved monotone around each, and not zero elsewhere."""
    if a.is_infinite or b.is_infinite:
        raise DomainError(f"the zeros of {g} on the whole line are not known")
    f = compiled(g)
    found: list[Any] = []
    with flint.ctx.workprec(64):
        left, right = enclosure(a).lower(), enclosure(b).upper()
        smallest = (right - left) * _SMALLEST
        boxes = [(left, right)]
        for _ in range(_MOST_BOXES):
            if not boxes:
                return found
            left, right = boxes.pop()
            box = left.union(right)
            if not f.arb(box).contains(0):
                continue
            if not f.series(box, 2)[1].contains(0):
                found += _only_root(g, left, right, a, b)
            elif right - left < smallest * 2**20 and (multiple := _multiple_root(g, box)) is not None:
                found.append(multiple)
            elif right - left > smallest:
                cut = (left + (right - left) * _CUT).mid()
                boxes += [(cut, right), (left, cut)]
            else:
                break
        raise _unsettled(g, left)


def _unsettled(g: Any, near: Any) -> DomainError:
    where = f"near x = {float(near):.6g}"
    return DomainError(f"the sign of {g} {where} could not be settled: write its branches as a Piecewise")


def _only_root(g: Any, left: Any, right: Any, a: Any, b: Any) -> list[Any]:
    """The zero of a function that is monotone between two points, if there is one."""
    f = compiled(g)
    at_left, at_right = f.arb(left), f.arb(right)
    if (at_left > 0 and at_right > 0) or (at_left < 0 and at_right < 0):
        return []
    if at_left.contains(0) or at_right.contains(0):
        for end in (a, b):
            if enclosure(end).overlaps(left.union(right)) and is_zero(g.subs(x, end)):
                return []  # a zero at an end is not inside
        raise _unsettled(g, left)
    low, high = (sympy.Rational(int(q.p), int(q.q)) for q in (left.fmpq(), right.fmpq()))
    root = RealRoot(g, low, high)
    simple = _simple(root.ball())
    return [simple if simple is not None and is_zero(g.subs(x, simple)) else root]


def _multiple_root(g: Any, box: Any) -> Any:
    """A simple rational that is proved to be the only zero of g in the box, though a multiple one."""
    c = _simple(box)
    if c is None:
        return None
    coefficients, slope = compiled(g).series(box, _MOST_MULTIPLE + 1), g
    for order in range(1, _MOST_MULTIPLE + 1):
        if not is_zero(slope.subs(x, c)):
            return None
        # with g and its first derivatives zero at c, g(t) is its order-th derivative somewhere times (t - c)**order
        if not coefficients[order].contains(0):
            return c
        slope = sympy.diff(slope, x)
    return None


def _simple(ball: Any) -> Any:
    """A rational with a small denominator in the ball."""
    middle = ball.mid().fmpq()
    value = Fraction(int(middle.p), int(middle.q)).limit_denominator(1000)
    return exact(value) if ball.contains(arb(fmpq(value.numerator, value.denominator))) else None
