"""Zeros of an expression in closed form, where x occurs in one place only: one function after the other is undone."""

from __future__ import annotations

from typing import Any

import flint
import sympy
from flint import arb, fmpq

from ratapprox.expressions.compiled import compiled
from ratapprox.expressions.errors import DomainError
from ratapprox.expressions.numbers import as_quotient, enclosure, fractions, ordered, real_roots, sign
from ratapprox.expressions.program import x

_MOST_ZEROS = 1000


def solutions(g: Any, value: Any, a: Any, b: Any) -> list[Any] | None:
    """All solutions of g = value, of a periodic g those around [a, b]; None when there is no way to find them here."""
    if not g.has(x):
        return []
    if g == x:
        return [value]
    quotient = as_quotient(g)
    if quotient is not None and value.is_Rational:
        p, q = quotient
        return list(real_roots(tuple(fractions(p - q * fmpq(int(value.p), int(value.q))))))
    if g.is_Add:
        constant, rest = g.as_independent(x, as_Add=True)
        return solutions(rest, value - constant, a, b) if constant != 0 else None
    if g.is_Mul:
        constant, rest = g.as_independent(x, as_Add=False)
        return solutions(rest, value / constant, a, b) if constant != 1 else None
    if g.is_Pow and g.exp.is_Rational:
        return _of_power(g, value, a, b)
    return _of_function(g, value, a, b)


def _of_power(g: Any, value: Any, a: Any, b: Any) -> list[Any] | None:
    s, n = sign(value), g.exp
    if n < 0 and s == 0:
        return []
    if not n.is_Integer:
        return [] if s < 0 else solutions(g.base, value ** (1 / n), a, b)
    if n % 2 == 0:
        if s < 0:
            return []
        sides = [value ** (1 / n), -(value ** (1 / n))] if s else [sympy.Integer(0)]
    else:
        sides = [s * (s * value) ** (1 / n)]
    found: list[Any] = []
    for side in sides:
        more = solutions(g.base, side, a, b)
        if more is None:
            return None
        found += more
    return found


def _of_function(g: Any, value: Any, a: Any, b: Any) -> list[Any] | None:
    u = g.args[0] if g.args else None
    if isinstance(g, sympy.exp):
        return solutions(u, sympy.log(value), a, b) if sign(value) > 0 else []
    if isinstance(g, sympy.log):
        return solutions(u, sympy.exp(value), a, b)
    if isinstance(g, sympy.sinh | sympy.asinh):
        inverse = sympy.asinh if isinstance(g, sympy.sinh) else sympy.sinh
        return solutions(u, inverse(value), a, b)
    if isinstance(g, sympy.tanh):
        inside = sign(1 - value) > 0 and sign(1 + value) > 0
        return solutions(u, sympy.log((1 + value) / (1 - value)) / 2, a, b) if inside else []
    if isinstance(g, sympy.atan | sympy.erf) and value == 0:
        return solutions(u, value, a, b)
    if isinstance(g, sympy.sin | sympy.cos):
        return _of_wave(g, value, a, b)
    return None


def _of_wave(g: Any, value: Any, a: Any, b: Any) -> list[Any] | None:
    """sin(u) = value or cos(u) = value with u linear in x."""
    u = g.args[0]
    slope = sympy.diff(u, x)
    if slope.has(x) or a.is_infinite or b.is_infinite:
        return None
    if sign(1 - value) < 0 or sign(1 + value) < 0:
        return []
    with flint.ctx.workprec(64):
        turns = [float((compiled(u).arb(enclosure(end)) / (2 * arb.pi())).mid()) for end in (a, b)]
    if abs(turns[1] - turns[0]) > _MOST_ZEROS:
        raise DomainError(f"{g} goes through more than {_MOST_ZEROS} periods on [{a}, {b}]; choose a shorter interval")
    first = sympy.asin(value) if isinstance(g, sympy.sin) else sympy.acos(value)
    second = sympy.pi - first if isinstance(g, sympy.sin) else -first
    offset = u.subs(x, 0)
    starts = ordered([first, second])
    return [
        (start + 2 * k * sympy.pi - offset) / slope
        for k in range(int(min(turns)) - 2, int(max(turns)) + 3)
        for start in starts
    ]
