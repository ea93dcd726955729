"""Is a polynomial >= 0, > 0 or != 0 everywhere on an interval? Decided exactly, with a point where it is not."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from typing import Any, Literal

from flint import ctx, fmpq_poly

from ratapprox.algebraic import Algebraic, algebraic_roots, simplest_between
from ratapprox.sturm import count_real_roots, from_fmpq, has_real_root, real_roots, to_fmpq
from ratapprox.symbolic.interval import Ends, Rationals, inside, irrational, point_between, sign_at

__all__ = ["Ends", "Relation", "Witness", "gap_samples", "holds", "true_of"]

Relation = Literal[">=", ">", "!="]
Witness = Fraction | Algebraic


def holds(polynomial: Any, relation: Relation, on: Ends = (None, None)) -> Witness | None:
    """None when `polynomial relation 0` for every x of the closed interval, otherwise an x for which it is false.

    polynomial: `fmpq_poly`. on: lower < upper, None is an infinite end. The x is rational where the relation fails at a
    rational number, otherwise a root of the polynomial.

    >>> holds(fmpq_poly([0, 0, 1]), ">="), holds(fmpq_poly([0, 0, 1]), ">")
    (None, Fraction(0, 1))
    >>> holds(fmpq_poly([-2, 0, 1]), "!="), holds(fmpq_poly([-2, 0, 1]), "!=", (Fraction(0), Fraction(1)))
    (Algebraic -√2, None)
    >>> root = Algebraic((-2, 0, 1), Fraction(1), Fraction(2))
    >>> holds(fmpq_poly([2, 0, -1]), ">=", (Fraction(0), root)), holds(fmpq_poly([2, 0, -1]), ">", (Fraction(0), root))
    (None, Algebraic √2)
    """
    f = fmpq_poly(polynomial)
    if f.degree() < 0:
        return None if relation == ">=" else point_between(on)
    failing: list[Witness] = [end for end in irrational(on) if not true_of(sign_at(f, end), relation)]
    within = _holds_between(f, relation, inside(on, f))
    if within is not None:
        failing.append(within)
    return min(failing, key=lambda x: (x.degree if isinstance(x, Algebraic) else 1, x), default=None)


def _holds_between(f: Any, relation: Relation, on: Rationals) -> Witness | None:
    """The same for a polynomial other than 0 and rational ends."""
    if relation == "!=":
        return _root(f, on) if has_real_root(f, *on) else None
    odd = fmpq_poly([1])
    for factor, multiplicity in f.numer().factor_squarefree()[1]:
        if multiplicity % 2:
            odd *= fmpq_poly(factor)
    changes = count_real_roots(odd, *on, closed=False)
    if not changes and f(to_fmpq(_non_root(f, on))) > 0:
        return None if relation == ">=" or not has_real_root(f, *on) else _root(f, on)
    return min((x for x in gap_samples(f, on) if f(to_fmpq(x)) < 0), key=_simplicity)


def true_of(value: Any, relation: Relation) -> bool:
    """Whether `value relation 0`.

    >>> true_of(0, ">="), true_of(0, ">"), true_of(-1, "!=")
    (True, False, True)
    """
    return bool(value != 0 if relation == "!=" else value > 0 if relation == ">" else value >= 0)


def gap_samples(f: Any, on: Ends) -> list[Fraction]:
    """One rational strictly between each two neighbours among the ends and the real roots of f in the interval.

    >>> gap_samples(fmpq_poly([0, -1, 0, 1]), (None, Fraction(2)))
    [Fraction(-2, 1), Fraction(-1, 2), Fraction(1, 2), Fraction(3, 2)]
    """
    if f.degree() < 1:
        return [point_between(on)]
    ends = inside(on, f)
    prec = ctx.prec
    while True:
        with ctx.workprec(prec):
            balls = [(b.mid().fmpq(), b.rad().fmpq()) for b in real_roots(f, *ends)]
        walls: list[tuple[Fraction | None, Fraction | None]] = [(None, ends[0])]
        for middle, radius in balls:
            low, high = from_fmpq(middle - radius), from_fmpq(middle + radius)
            # an end that is a root is a wall already
            if not any(end is not None and low <= end <= high for end in ends):
                walls.append((low, high))
        walls.append((ends[1], None))
        if all(a[1] is None or b[0] is None or a[1] < b[0] for a, b in pairwise(walls)):
            return [simplest_between(a[1], b[0]) for a, b in pairwise(walls)]
        prec *= 2


def _non_root(f: Any, on: Rationals) -> Fraction:
    """A simple rational inside the interval where f is not 0."""
    low, high = on
    x = simplest_between(low, high)
    while f(to_fmpq(x)) == 0:
        low = x
        x = simplest_between(low, high)
    return x


def _root(f: Any, on: Rationals) -> Witness:
    """A root of f in the closed interval, rational where there is a rational one; the leftmost of its kind."""
    for end in on:
        if end is not None and f(to_fmpq(end)) == 0:
            return end
    low, high = on
    roots = [
        root
        for factor, _ in f.numer().factor()[1]
        for root in algebraic_roots(factor)
        if (low is None or root > low) and (high is None or root < high)
    ]
    best = min(roots, key=lambda root: (root.degree, root))
    return best.lower if best.is_rational else best


def _simplicity(x: Fraction) -> tuple[int, int]:
    return x.denominator, abs(x.numerator)
