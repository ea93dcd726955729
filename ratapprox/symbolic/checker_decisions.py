"""Decisions of the checker: is a statement true at a rational parameter, is it true at a root of a polynomial?

sympy and the standard library only, nothing of the prover.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from itertools import pairwise

from sympy import QQ, Poly, oo

from ratapprox.symbolic.checker_statements import A, Ends, Tree, X, at, coefficients, critical, q_

Place = tuple[
    Poly, Fraction, Fraction
]  # the one root of an irreducible polynomial between two numbers that are no roots


def roots_in(f: Poly, on: Ends) -> int:
    """The number of distinct real roots in the closed interval."""
    return int(f.count_roots(q_(on[0], -oo), q_(on[1], oo)))


def inner(f: Poly, on: Ends) -> Fraction:
    """A number inside the interval that is no root."""
    low, high = on
    tries = range(1, f.degree() + 3)
    if low is not None and high is not None:
        places = [low + (high - low) * Fraction(k, f.degree() + 3) for k in tries]
    else:
        places = [low + k if low is not None else (high or Fraction(0)) - k for k in tries]
    return next(c for c in places if f.eval(q_(c)) != 0)


def holds(f: Poly, relation: str, on: Ends) -> bool:
    """Whether f >= 0, f > 0 or f != 0 on the closed interval."""
    if f.is_zero:
        return relation == ">="
    if relation == "!=":
        return roots_in(f, on) == 0
    odd = Poly(1, X, domain=QQ)
    for factor, power in f.sqf_list()[1]:
        odd = odd * factor if power % 2 else odd
    ends = {end for end in on if end is not None and odd.eval(q_(end)) == 0}
    if roots_in(odd, on) > len(ends) or f.eval(q_(inner(f, on))) < 0:
        return False
    return relation == ">=" or roots_in(f, on) == 0


def true_at(tree: Tree, value: Fraction) -> bool:
    if tree[0] == "any":
        return any(all(true_at(part, value) for part in parts) for parts in tree[1])
    if tree[0] == "vanish":
        return bool(all(f.eval(q_(value)) == 0 for f in tree[1]) != tree[2])
    return holds(at(tree[1], value), tree[2], tree[3])


def sign(f: Poly, place: Place) -> int:
    """The sign of a polynomial in the parameter at a root, by bisection until it has no root beside it."""
    polynomial, low, high = place
    if f.rem(polynomial).is_zero:
        return 0
    left = polynomial.eval(q_(low)) > 0
    while f.count_roots(q_(low), q_(high)):
        middle = (low + high) / 2
        low, high = (middle, high) if (polynomial.eval(q_(middle)) > 0) == left else (low, middle)
    return 1 if f.eval(q_(low)) > 0 else -1


def true_at_root(tree: Tree, place: Place) -> bool:
    if tree[0] == "any":
        return any(all(true_at_root(part, place) for part in parts) for parts in tree[1])
    if tree[0] == "vanish":
        return bool(all(sign(f, place) == 0 for f in tree[1]) != tree[2])
    _, f, relation, on = tree
    if not any(c.rem(place[0]).is_zero for c in _critical(f, relation, on) if not c.is_zero):
        return true_at(tree, place[1])  # nothing changes there for this condition
    if relation == ">=" and any(true_at(tree, end) for end in place[1:]):
        return True  # the set of values with f >= 0 is closed, and the cell beside is part of it
    rows = trimmed([row.rem(place[0]) for row in coefficients(f)])
    if not rows:
        return bool(relation == ">=")
    if relation != ">=" and count_at_root(rows, place, on):
        return False
    if relation == "!=":
        return True
    joined = Poly({(i, j): c for i, row in enumerate(rows) for (j,), c in row.terms()}, X, A, domain=QQ)
    around = Poly(place[0].as_expr(), A, X, domain=QQ).resultant(Poly(joined.as_expr(), A, X, domain=QQ))
    around = Poly(around.as_expr(), X, domain=QQ).sqf_part()
    return all(sign(Poly(joined.eval(X, q_(c)), A, domain=QQ), place) > 0 for c in between_roots(around, on))


@lru_cache(maxsize=64)
def _critical(f: Poly, relation: str, on: Ends) -> tuple[Poly, ...]:
    return tuple(critical(("atom", f, relation, on)))


def between_roots(f: Poly, on: Ends) -> list[Fraction]:
    """A number in each gap that the real roots and the ends leave inside the interval."""
    for end in on:
        f = f * Poly(X - q_(end), X, domain=QQ) if end is not None and f.eval(q_(end)) != 0 else f
    bound = 1 + max((abs(Fraction(str(c / f.LC()))) for c in f.all_coeffs()), default=Fraction(0))
    found, open_ = [-bound, bound], [(-bound, bound)]
    while open_:
        low, high = open_.pop()
        if roots_in(f, (low, high)) > 1:
            middle = inner(f, (low, high))
            found.append(middle)
            open_ += [(low, middle), (middle, high)]
    return [c for c in found if (on[0] is None or c > on[0]) and (on[1] is None or c < on[1])]


def trimmed(rows: list[Poly]) -> list[Poly]:
    while rows and rows[-1].is_zero:
        rows = rows[:-1]
    return rows


def count_at_root(rows: list[Poly], place: Place, on: Ends) -> int:
    """The number of real roots in x of a polynomial with coefficients in Q(root), by Sturm's theorem; > 0 if one is
    an end."""
    modulus = place[0]
    chain = [rows, [k * row for k, row in enumerate(rows)][1:]]
    while len(chain[-1]) > 1:
        rest, divisor = list(chain[-2]), chain[-1]
        inverse = divisor[-1].invert(modulus)
        while len(rest) >= len(divisor):
            factor, shift = (rest[-1] * inverse).rem(modulus), len(rest) - len(divisor)
            for k, c in enumerate(divisor):
                rest[k + shift] = (rest[k + shift] - factor * c).rem(modulus)
            rest = trimmed(rest)
        if not rest:
            break
        chain.append([-c for c in rest])
    changes = []
    for end, infinite in zip(on, (-1, 1), strict=True):
        if end is None:
            signs = [sign(g[-1], place) * (infinite ** (len(g) - 1)) for g in chain if g]
        else:
            signs = [sign(sum((c * q_(end) ** k for k, c in enumerate(g)), g[0] * 0), place) for g in chain if g]
            if signs[0] == 0:
                return 1
        kept = [s for s in signs if s]
        changes.append(sum(s != t for s, t in pairwise(kept)))
    return int(changes[0] - changes[1])
