"""Where a function changes sign: the points at which Max, Min, Abs, sign and Piecewise change their branch."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import flint
import sympy
from flint import arb

from ratapprox.expressions.compiled import compiled
from ratapprox.expressions.errors import DomainError
from ratapprox.expressions.numbers import (
    as_quotient,
    between,
    compare,
    enclosure,
    fractions,
    ordered,
    real_roots,
    sign,
)
from ratapprox.expressions.program import x

KINKED = (sympy.Max, sympy.Min, sympy.Abs, sympy.sign, sympy.Heaviside, sympy.Piecewise)
_MOST_BOXES = 4000


def branches(e: Any, a: Any, b: Any) -> list[tuple[Any, Any, Any]]:
    """(lower, upper, branch) from left to right over [a, b]; no branch holds a function with a kink."""
    node = _innermost(e)
    if node is None:
        return [(a, b, e)]
    cuts = ordered([c for g in _switching(node) for c in roots(g, a, b)])
    found = []
    ends = [a, *cuts, b]
    for lower, upper in zip(ends, ends[1:], strict=False):
        choice = _choice(node, between(lower, upper))
        found += branches(e.xreplace({node: choice}), lower, upper)
    return found


def _innermost(e: Any) -> Any:
    if not e.has(*KINKED):
        return None
    for node in sympy.postorder_traversal(e):
        if isinstance(node, KINKED) and node.has(x):
            return node
    return None


def _switching(node: Any) -> list[Any]:
    if isinstance(node, sympy.Max | sympy.Min):
        arguments = node.args
        return [arguments[i] - arguments[j] for i in range(len(arguments)) for j in range(i)]
    if isinstance(node, sympy.Piecewise):
        found = []
        for _, condition in node.args:
            for relation in condition.atoms(sympy.core.relational.Relational):
                if isinstance(relation, sympy.Eq | sympy.Ne):
                    raise DomainError(f"the condition {relation} changes single values only: use <, <=, > or >=")
                found.append(relation.lhs - relation.rhs)
        return found
    return [node.args[0]]


def _choice(node: Any, at: Any) -> Any:
    """The branch of a node around a point that is no switching point."""

    def sign_at(g: Any) -> int:
        return sign(g.subs(x, at))

    if isinstance(node, sympy.Max | sympy.Min):
        best, *others = node.args
        for other in others:
            if sign_at(other - best) == (1 if isinstance(node, sympy.Max) else -1):
                best = other
        return best
    if isinstance(node, sympy.Piecewise):
        for branch, condition in node.args:
            truth = condition
            for relation in condition.atoms(sympy.core.relational.Relational):
                s = sign_at(relation.lhs - relation.rhs)
                holds = s > 0 if isinstance(relation, sympy.StrictGreaterThan | sympy.GreaterThan) else s < 0
                truth = truth.xreplace({relation: sympy.true if holds else sympy.false})
            if truth == sympy.true:
                return branch
        raise DomainError(f"{node} has no branch at x = {at}: end it with a branch (expression, True)")
    s = sign_at(node.args[0])
    if isinstance(node, sympy.Abs):
        return node.args[0] if s >= 0 else -node.args[0]
    if isinstance(node, sympy.sign):
        return sympy.Integer(s)
    return sympy.Integer(1 if s > 0 else 0)


# -- roots ---------------------------------------------------------------------------------------------------------------


def roots(g: Any, a: Any, b: Any) -> list[Any]:
    """Exact points strictly inside (a, b) between which g keeps its sign: its real zeros, and its poles."""
    return [c for c in _all_roots(g, a, b) if compare(a, c) < 0 and compare(c, b) < 0]


@lru_cache(maxsize=1024)
def _all_roots(g: Any, a: Any, b: Any) -> tuple[Any, ...]:
    quotient = as_quotient(g)
    if quotient is not None:
        p, q = quotient
        return (*real_roots(tuple(fractions(p))), *real_roots(tuple(fractions(q))))
    found = _inverted(g, sympy.Integer(0), a, b)
    if found is not None:
        return tuple(found)
    if _keeps_sign(g, a, b):
        return ()
    raise DomainError(f"no exact point was found at which {g} changes sign on [{a}, {b}]: write its branches as a Piecewise")


def _inverted(g: Any, value: Any, a: Any, b: Any) -> list[Any] | None:
    """The solutions of g = value on [a, b] when x occurs in one place only, by undoing one function after the other."""
    if not g.has(x):
        return []
    quotient = as_quotient(g)
    if quotient is not None:
        p, q = quotient
        if value.is_Rational:
            shifted = p - q * flint.fmpq(int(value.p), int(value.q))
            return list(real_roots(tuple(fractions(shifted))))
        if q.degree() == 0 and p.degree() == 1:
            return [sympy.simplify((value * q[0] - p[0]) / p[1]) if False else (value - _q(p[0] / q[0])) / _q(p[1] / q[0])]
    if g.is_Add:
        constant, rest = g.as_independent(x, as_Add=True)
        return _inverted(rest, value - constant, a, b) if constant != 0 else None
    if g.is_Mul:
        constant, rest = g.as_independent(x, as_Add=False)
        return _inverted(rest, value / constant, a, b) if constant != 1 else None
    if g.is_Pow and g.exp.is_Rational:
        return _power_inverted(g, value, a, b)
    return _function_inverted(g, value, a, b)


def _q(c: Any) -> Any:
    return sympy.Rational(int(c.p), int(c.q))


def _power_inverted(g: Any, value: Any, a: Any, b: Any) -> list[Any] | None:
    s, n = sign(value), g.exp
    if n < 0 and s == 0:
        return []
    if not n.is_Integer:
        return [] if s < 0 else _inverted(g.base, value ** (1 / n), a, b)
    if n % 2 == 0:
        if s < 0:
            return []
        sides = [value ** (1 / n), -(value ** (1 / n))] if s else [sympy.Integer(0)]
    else:
        sides = [s * (s * value) ** (1 / n)]
    found = [_inverted(g.base, side, a, b) for side in sides]
    return None if None in found else [c for one in found if one is not None for c in one]


def _function_inverted(g: Any, value: Any, a: Any, b: Any) -> list[Any] | None:
    u = g.args[0] if g.args else None
    everywhere = {sympy.log: sympy.exp, sympy.sinh: sympy.asinh, sympy.asinh: sympy.sinh}
    bounded = {sympy.tanh: sympy.atanh, sympy.erf: sympy.erfinv}
    if type(g) in everywhere:
        return _inverted(u, everywhere[type(g)](value), a, b)
    if isinstance(g, sympy.exp):
        return _inverted(u, sympy.log(value), a, b) if sign(value) > 0 else []
    if isinstance(g, sympy.tanh):
        inside = sign(1 - value) > 0 and sign(1 + value) > 0
        return _inverted(u, sympy.log((1 + value) / (1 - value)) / 2, a, b) if inside else []
    if isinstance(g, sympy.atan | sympy.erf) and value == 0:
        return _inverted(u, value, a, b)
    if isinstance(g, sympy.sin | sympy.cos):
        return _periodic(g, value, a, b)
    del bounded
    return None


def _periodic(g: Any, value: Any, a: Any, b: Any) -> list[Any] | None:
    """sin(u) = v or cos(u) = v with u linear in x: all solutions that can lie in [a, b]."""
    u = g.args[0]
    if sign(1 - value) < 0 or sign(1 + value) < 0:
        return []
    slope = sympy.diff(u, x)
    if slope.has(x):
        return None
    with flint.ctx.workprec(64):
        ends = [compiled(u).arb(enclosure(end)) for end in (a, b)]
        low, high = (float((end / (2 * arb.pi())).mid()) for end in ends)
    low, high = min(low, high), max(low, high)
    if high - low > 1000:
        raise DomainError(f"{g} has more than a thousand zeros on [{a}, {b}]: choose a shorter interval")
    first = sympy.asin(value) if isinstance(g, sympy.sin) else sympy.acos(value)
    second = sympy.pi - first if isinstance(g, sympy.sin) else -first
    return [
        c
        for k in range(int(low) - 2, int(high) + 3)
        for start in ordered([first, second])
        for c in _inverted(u, start + 2 * k * sympy.pi, a, b) or []
    ]


def _keeps_sign(g: Any, a: Any, b: Any) -> bool:
    """Whether balls prove that g is nowhere zero on [a, b]."""
    f = compiled(g)
    with flint.ctx.workprec(64):
        boxes = [(enclosure(a).lower(), enclosure(b).upper())]
        for _ in range(_MOST_BOXES):
            if not boxes:
                return True
            lower, upper = boxes.pop()
            value = f.arb(lower.union(upper))
            if not (value > 0 or value < 0):
                middle = ((lower + upper) / 2).mid()
                boxes += [(lower, middle), (middle, upper)]
    return False
