"""How an expression behaves as x tends to ±inf: a polynomial plus something that vanishes, or c x^k e^E(x).

Exact rules on the tree of the expression. What they do not cover is None, never a guess.
"""

from __future__ import annotations

import math
from functools import lru_cache, reduce
from typing import Any

import sympy

from ratapprox.symbolic.growth import (
    Behaviour,
    Exponential,
    Line,
    add,
    constant,
    degree,
    divide,
    grows,
    leading_sign,
    multiply,
    power,
    sign_of,
    trim,
)

__all__ = ["behaviour"]


@lru_cache(maxsize=512)
def behaviour(expression: Any, variable: Any, side: int) -> Behaviour:
    """The behaviour of an expression in `variable` as variable tends to side·inf, written in t = side·variable -> +inf.

    >>> x = sympy.Symbol("x", real=True)
    >>> behaviour(sympy.log(1 + sympy.exp(x)), x, 1), behaviour(x * sympy.erfc(x), x, 1)
    (Line(P=(0, 1), decay=inf), Line(P=(), decay=inf))
    >>> behaviour(sympy.sin(x), x, 1) is None
    True
    """
    return _of(sympy.sympify(expression), variable, side)


def _of(e: Any, x: Any, side: int) -> Behaviour:
    if not e.has(x):
        return Line(trim((e,))) if e.is_number and e.is_finite and e.is_real else None
    if e == x:
        return Line((sympy.Integer(0), sympy.Integer(side)))
    if isinstance(e, sympy.Piecewise):
        return _piecewise(e, x, side)
    if isinstance(e, sympy.sinh | sympy.cosh):
        return _of(e.rewrite(sympy.exp), x, side)
    if e.is_Mul:
        return _product(e, x, side)
    parts = [_of(a, x, side) for a in e.args]
    if any(part is None for part in parts):
        return None
    if e.is_Add:
        return reduce(add, parts)
    if isinstance(e, sympy.Max | sympy.Min):
        return reduce(lambda u, v: _larger(u, v) if isinstance(e, sympy.Max) else _smaller(u, v), parts)
    if e.is_Pow and not isinstance(e, sympy.exp):
        return power(parts[0], e.exp)
    rule = _RULES.get(e.func)
    return rule(e.func, parts[0]) if rule is not None else None


def _product(e: Any, x: Any, side: int) -> Behaviour:
    """Numerator over denominator, so that x^3/(x^2 + 1) and e^x/(1 + e^x) keep their leading parts."""
    above: Behaviour = constant(1)
    below: Behaviour = constant(1)
    for factor in e.args:
        if factor.is_Pow and factor.exp.is_Integer and factor.exp < 0:
            below = multiply(below, power(_of(factor.base, x, side), -factor.exp))
        else:
            above = multiply(above, _of(factor, x, side))
    return divide(above, below)


def _larger(u: Behaviour, v: Behaviour) -> Behaviour:
    difference = leading_sign(add(u, multiply(constant(-1), v)))
    return u if u == v or difference == 1 else v if difference == -1 else None


def _smaller(u: Behaviour, v: Behaviour) -> Behaviour:
    difference = leading_sign(add(u, multiply(constant(-1), v)))
    return u if u == v or difference == -1 else v if difference == 1 else None


def _piecewise(e: Any, x: Any, side: int) -> Behaviour:
    for branch, condition in e.args:
        truth = _holds(condition, x, side)
        if truth is None:
            return None
        if truth:
            return _of(branch, x, side)
    return None


def _holds(condition: Any, x: Any, side: int) -> bool | None:
    """Whether a condition holds for all large x."""
    if condition in (sympy.true, sympy.false):
        return bool(condition)
    if isinstance(condition, sympy.And | sympy.Or):
        truths = [_holds(c, x, side) for c in condition.args]
        if None in truths:
            return None
        return all(truths) if isinstance(condition, sympy.And) else any(truths)
    if not isinstance(condition, sympy.core.relational.Relational):
        return None
    sign = leading_sign(_of(condition.lhs - condition.rhs, x, side))
    if sign is None:
        return None
    return {"<": sign < 0, "<=": sign < 0, ">": sign > 0, ">=": sign > 0, "!=": True, "==": False}.get(condition.rel_op)


def _exp(_: Any, u: Line | Exponential) -> Behaviour:
    one = sympy.Integer(1)
    if isinstance(u, Exponential):
        growth, sign = grows(u.E), sign_of(u.c)
        if growth == -1:
            return Line((one,))
        return Line(()) if growth == 1 and sign == -1 else None
    if len(u.P) <= 1:
        return Line((sympy.exp(u.P[0]) if u.P else one,), u.decay)
    return Exponential(sympy.exp(u.P[0]), 0, (sympy.Integer(0), *u.P[1:]), u.decay)


def _log(_: Any, u: Line | Exponential) -> Behaviour:
    if leading_sign(u) != 1:
        return None
    if isinstance(u, Exponential):
        return add(Line(u.E, u.decay), Line(trim((sympy.log(u.c),)))) if u.k == 0 else None
    return Line(trim((sympy.log(u.P[0]),)), u.decay) if len(u.P) == 1 else None


def _saturating(limit: Any, fast: bool) -> Any:
    """tanh, erf, atan: odd, smooth, tending to ±limit, faster than every power or like 1/u."""

    def rule(function: Any, u: Line | Exponential) -> Behaviour:
        if isinstance(u, Exponential) and grows(u.E) == -1:
            return Line(())
        if isinstance(u, Line) and len(u.P) <= 1:
            return Line(trim((function(u.P[0]),)) if u.P else (), u.decay)
        sign = leading_sign(u)
        if sign is None or (isinstance(u, Exponential) and grows(u.E) != 1):
            return None
        return Line((sign * limit,), math.inf if fast or isinstance(u, Exponential) else degree(u))

    return rule


def _erfc(_: Any, u: Line | Exponential) -> Behaviour:
    return add(constant(1), multiply(constant(-1), _ERF(sympy.erf, u)))


def _abs(_: Any, u: Line | Exponential) -> Behaviour:
    sign = leading_sign(u)
    return None if sign is None else multiply(constant(sign), u)


def _sign(_: Any, u: Line | Exponential) -> Behaviour:
    sign = leading_sign(u)
    return None if sign is None else constant(sign)


def _heaviside(_: Any, u: Line | Exponential) -> Behaviour:
    sign = leading_sign(u)
    return None if sign is None else Line((sympy.Integer(1),) if sign > 0 else ())


_ERF = _saturating(sympy.Integer(1), True)
_RULES: dict[Any, Any] = {
    sympy.exp: _exp,
    sympy.log: _log,
    sympy.tanh: _ERF,
    sympy.erf: _ERF,
    sympy.erfc: _erfc,
    sympy.atan: _saturating(sympy.pi / 2, False),
    sympy.Abs: _abs,
    sympy.sign: _sign,
    sympy.Heaviside: _heaviside,
}
