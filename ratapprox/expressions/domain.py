"""Whether a smooth branch is real and finite on an interval, decided exactly or by balls."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from typing import Any

import flint
import numpy as np
import sympy

from ratapprox.expressions.compiled import Compiled, compiled
from ratapprox.expressions.errors import DomainError
from ratapprox.expressions.numbers import (
    as_quotient,
    between,
    compare,
    enclosure,
    exact,
    fractions,
    odd,
    real_roots,
    sign,
)
from ratapprox.expressions.program import KINKED, Holes, quotient_parts, x

_MOST_BOXES = 20_000
_SMALLEST = 2.0**-30  # of the interval: a box as narrow as this names the point


def defined(branch: Any, lower: Any, upper: Any) -> tuple[Any, Holes]:
    """The branch and its removable singularities on [lower, upper]; `DomainError` where it is not real and finite."""
    quotient = as_quotient(branch)
    if quotient is not None:
        for c in real_roots(tuple(fractions(quotient[1]))):
            if compare(lower, c) <= 0 and compare(c, upper) <= 0:
                raise DomainError(f"{short(branch)} is infinite at x = {c}; choose an interval without {c}")
        return branch, ()
    radicands = [e for e in _radicands(branch) if not _not_negative(branch, e, lower, upper)]
    holes = removable(branch)
    while True:
        suspect = _suspect(branch, holes, radicands, lower, upper)
        if suspect is None:
            return branch, holes
        found = _hole(branch, holes, suspect, lower, upper)
        if found is None:
            raise DomainError(_explained(branch, suspect, lower, upper))
        branch, hole = found
        holes = (*holes, hole)


def short(e: Any) -> str:
    text = str(e)
    return text if len(text) <= 60 else text[:57] + "..."


# -- radicands ---------------------------------------------------------------------------------------------------------


def _radicands(branch: Any) -> list[Any]:
    """What has to be nonnegative for the branch to be real."""
    found = []
    for e in sympy.preorder_traversal(branch):
        if e.is_Pow and e.exp.is_Rational and not e.exp.is_Integer and e.base.has(x):
            found.append(e.base)
        elif isinstance(e, sympy.log) and e.has(x):
            found.append(e.args[0])
        elif isinstance(e, sympy.asin | sympy.acos) and e.has(x):
            found.append(1 - e.args[0] ** 2)
    return list(dict.fromkeys(found))


def _not_negative(branch: Any, e: Any, lower: Any, upper: Any) -> bool:
    """Whether a rational radicand is proved nonnegative on [lower, upper]; False when it is not rational."""
    quotient = as_quotient(e)
    if quotient is None:
        return False
    p, q = quotient
    cuts = [c for c in real_roots(tuple(fractions(p * q)), odd) if compare(lower, c) < 0 and compare(c, upper) < 0]
    ends = [lower, *cuts, upper]
    for left, right in pairwise(ends):
        if sign(e.subs(x, between(left, right))) < 0:
            raise DomainError(f"{short(branch)} is not defined on [{left}, {right}], where {short(e)} is negative")
    return True


# -- balls -------------------------------------------------------------------------------------------------------------


def _suspect(branch: Any, holes: Holes, radicands: list[Any], lower: Any, upper: Any) -> tuple[Any, Any] | None:
    """None when balls prove the branch finite on [lower, upper], else a tiny box (left, right) where they cannot."""
    f = compiled(branch, holes)
    checks = [compiled(e) for e in radicands]
    with flint.ctx.workprec(64):
        first, last = enclosure(lower).lower(), enclosure(upper).upper()
        smallest = (last - first) * _SMALLEST
        boxes = [(first, last)]
        for _ in range(_MOST_BOXES):
            if not boxes:
                return None
            left, right = boxes.pop()
            box = left.union(right)
            if f.arb(box).is_finite() and all(check.arb(box) >= 0 for check in checks):
                continue
            if right - left < smallest:
                one_sided = all(_one_sided(e, left, right, first, last, lower, upper) for e in radicands)
                if one_sided and f.arb(box).is_finite():
                    continue
                return left, right
            middle = _middle(left, right)
            boxes += [(middle, right), (left, middle)]
    raise DomainError(
        f"{short(branch)} could not be proved finite on [{lower}, {upper}] in {_MOST_BOXES} steps: "
        "choose a shorter interval"
    )


def _middle(left: Any, right: Any) -> Any:
    """The middle, to 24 bits where that is possible: a box from 0 to there is a ball that ends in 0 exactly."""
    middle = ((left + right) / 2).mid()
    with flint.ctx.workprec(24):
        short_middle = (middle + 0).mid()
    return short_middle if left < short_middle and short_middle < right else middle


def _one_sided(e: Any, left: Any, right: Any, first: Any, last: Any, lower: Any, upper: Any) -> bool:
    """Whether a radicand is nonnegative on a box at an end, because it is 0 there and grows from there inwards."""
    box = left.union(right)
    if compiled(e).arb(box) >= 0:
        return True
    for at_end, end, direction in ((left == first, lower, 1), (right == last, upper, -1)):
        if at_end and sign(e.subs(x, end)) == 0:
            slope = compiled(e).series(box, 2)[1] * direction
            return bool(slope > 0)
    return False


# -- removable singularities -------------------------------------------------------------------------------------------


def _candidate(box: tuple[Any, Any], lower: Any, upper: Any) -> Any:
    """The exact point that a suspect box is about: an end of the interval, or the simplest rational inside."""
    left, right = box
    for end in (lower, upper):
        if enclosure(end).overlaps(left.union(right)):
            return end
    middle, radius = left.union(right).mid().fmpq(), (right - left).upper().fmpq()
    value, tolerance = (Fraction(int(v.p), int(v.q)) for v in (middle, radius))
    denominator = 1
    while abs(value.limit_denominator(denominator) - value) > tolerance:
        denominator *= 2
    return exact(value.limit_denominator(denominator))


def _hole(
    branch: Any, known: Holes, box: tuple[Any, Any], lower: Any, upper: Any
) -> tuple[Any, tuple[Any, Any, int]] | None:
    """The branch and one more removable singularity, at the point of the box, if it has one there."""
    c = _candidate(box, lower, upper)
    for form in (branch, sympy.together(branch)):
        for e in sympy.preorder_traversal(form):
            if e.is_Mul:
                above, below = quotient_parts(e)
                if below.has(x) and _zero_at(below, c):
                    order = _order(above, below, c)
                    if order and (below, c, order) not in known:
                        return form, (below, c, order)
    return None


@lru_cache(maxsize=1024)
def removable(e: Any) -> Holes:
    """The removable singularities at rational points that a formula shows: where a rational factor below vanishes.

    >>> from ratapprox.expressions import parse
    >>> removable(parse("sin(x)/x + (cos(x) - 1)/x**2"))
    ((x**2, 0, 2), (x, 0, 1))
    """
    found: Holes = ()
    if e.has(*KINKED):
        return ()
    for product in e.atoms(sympy.Mul):
        above, below = quotient_parts(product)
        candidates = {sympy.Integer(0)} if below.has(x) else set()
        for factor in sympy.Mul.make_args(below):
            quotient = as_quotient(factor)
            if quotient is not None:
                candidates |= {c for c in real_roots(tuple(fractions(quotient[0]))) if c.is_Rational}
        for c in candidates:
            order = _order(above, below, c) if _zero_at(below, c) else 0
            if order:
                found += ((below, c, order),)
    return tuple(sorted(dict.fromkeys(found), key=str))


@lru_cache(maxsize=1024)
def evaluators(e: Any) -> Compiled:
    """The evaluators of a whole expression, its kinks and its removable singularities included.

    >>> from ratapprox.expressions import evaluators, parse
    >>> import numpy as np
    >>> evaluators(parse("sin(x)/x")).numpy(np.array([0.0, 1e-9]))
    array([1., 1.])
    """
    return compiled(e, removable(e))


def value_at(e: Any, c: Any) -> Any:
    """The exact value of a smooth branch at a point, its limit where it reads 0/0 or 0 log(0); None if that fails."""
    for product in sorted(e.atoms(sympy.Mul), key=sympy.count_ops):
        above, below = quotient_parts(product)
        if below.has(x) and _zero_at(below, c):
            order = _order(above, below, c)
            if order:
                limit = sympy.diff(above, x, order).subs(x, c) / sympy.diff(below, x, order).subs(x, c)
                e = e.xreplace({product: limit})
        elif any(isinstance(f, sympy.log) and _zero_at(f.args[0], c) for f in product.args):
            # it was proved finite before, so a positive power stands by the logarithm
            e = e.xreplace({product: sympy.Integer(0)})
    value = e.subs(x, c)
    return value if value.is_number and value.is_finite and value.is_real else None


def _zero_at(e: Any, c: Any) -> bool:
    value = e.subs(x, c)
    return bool(value.is_number and value.is_finite is not False and value.is_real and sign(value) == 0)


def _order(above: Any, below: Any, c: Any) -> int:
    """The order of the zero of the denominator, if the numerator has one of at least that order; else 0."""
    for order in range(1, 9):
        if not _zero_at(above, c):
            return 0
        above, below = sympy.diff(above, x), sympy.diff(below, x)
        if not _zero_at(below, c):
            return order
    return 0


# -- saying what is wrong ----------------------------------------------------------------------------------------------


def _explained(branch: Any, box: tuple[Any, Any], lower: Any, upper: Any) -> str:
    c = _candidate(box, lower, upper)
    name = short(branch)
    a, b = float(enclosure(lower)), float(enclosure(upper))
    grid = np.linspace(a, b, 1025)
    bad = np.isnan(compiled(branch).numpy(grid))
    near = int(np.argmin(np.abs(grid - float(enclosure(c)))))
    near = next((i for i in (near, near - 1, near + 1) if 0 <= i < len(grid) and bad[i]), -1)
    if near >= 0:
        i, j = near, near
        while i > 0 and bad[i - 1]:
            i -= 1
        while j < len(grid) - 1 and bad[j + 1]:
            j += 1
        if i < j:
            left = str(lower) if i == 0 else _edge(branch, grid[i], grid[i - 1])
            right = str(upper) if j == len(grid) - 1 else _edge(branch, grid[j], grid[j + 1])
            return f"{name} is not defined on [{left}, {right}]; choose an interval without it"
    where = str(c) if c.is_Rational and c.q < 1000 else f"{float(enclosure(c)):.6g}"
    return f"{name} is not defined and finite at x = {where}; choose an interval without {where}"


def _edge(branch: Any, bad: float, good: float) -> str:
    """Where a function starts to be defined, between a point where it is not and one where it is."""
    f = compiled(branch)
    for _ in range(60):
        middle = (bad + good) / 2
        if np.isnan(f.numpy(np.array(middle))):
            bad = middle
        else:
            good = middle
    simple = Fraction(bad).limit_denominator(1000)
    return str(simple) if abs(simple - bad) < 1e-9 else f"{bad:.6g}"
