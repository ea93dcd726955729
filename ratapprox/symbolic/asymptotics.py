"""How an expression behaves as x tends to ±inf: a polynomial plus something that vanishes, or c x^k e^E(x).

Exact rules on the tree of the expression. What they do not cover is None, never a guess.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache, reduce
from typing import Any

import sympy
from flint import arb, ctx

from ratapprox.expressions import compiled

__all__ = ["Exponential", "Line", "behaviour", "sign_of"]

Polynomial = tuple[Any, ...]  # exact sympy numbers, ascending, without trailing zeros


@dataclass(frozen=True, slots=True)
class Line:
    """P(x) + O(x^-decay); decay is inf where what is left out vanishes faster than every power."""

    P: Polynomial
    decay: float = math.inf


@dataclass(frozen=True, slots=True)
class Exponential:
    """c x^k e^E(x) (1 + O(x^-decay)), where E is a polynomial of degree >= 1 without constant term."""

    c: Any
    k: int
    E: Polynomial
    decay: float = math.inf


Behaviour = Line | Exponential | None


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


def sign_of(number: Any) -> int | None:
    """The proved sign of an exact sympy number; None where 512 bits do not separate it from zero."""
    if number.is_Rational:
        return int(sympy.sign(number))
    bits = 64
    while bits <= 512:
        with ctx.workprec(bits):
            ball = compiled(number).arb(arb(0))
            if ball > 0:
                return 1
            if ball < 0:
                return -1
        bits *= 2
    return None


def _of(e: Any, x: Any, side: int) -> Behaviour:
    if not e.has(x):
        return Line(_trim((e,))) if e.is_number and e.is_finite and e.is_real else None
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
        return reduce(_add, parts)
    if isinstance(e, sympy.Max | sympy.Min):
        return reduce(lambda u, v: _larger(u, v) if isinstance(e, sympy.Max) else _smaller(u, v), parts)
    if e.is_Pow and not isinstance(e, sympy.exp):
        return _power(parts[0], e.exp)
    rule = _RULES.get(e.func)
    return rule(e.func, parts[0]) if rule is not None else None


def _trim(P: tuple[Any, ...]) -> Polynomial:
    while P and (P[-1] == 0 or sign_of(P[-1]) == 0):
        P = P[:-1]
    return P


def _plus(P: Polynomial, Q: Polynomial, factor: int = 1) -> Polynomial:
    size = max(len(P), len(Q))
    pad = (sympy.Integer(0),)
    pairs = zip(P + pad * (size - len(P)), Q + pad * (size - len(Q)), strict=True)
    return _trim(tuple(a + factor * b for a, b in pairs))


def _times(P: Polynomial, Q: Polynomial) -> Polynomial:
    if not P or not Q:
        return ()
    total = [sympy.Integer(0)] * (len(P) + len(Q) - 1)
    for i, a in enumerate(P):
        for j, b in enumerate(Q):
            total[i + j] += a * b
    return _trim(tuple(total))


def _quotient(P: Polynomial, Q: Polynomial) -> tuple[Polynomial, Polynomial]:
    quotient: Polynomial = ()
    while len(P) >= len(Q):
        term = (sympy.Integer(0),) * (len(P) - len(Q)) + (P[-1] / Q[-1],)
        quotient = _plus(quotient, term)
        P = _plus(P[:-1], _times(term, Q)[:-1], -1)
    return quotient, P


def _leading_sign(u: Behaviour) -> int | None:
    """The sign of u(x) for all large x, None where it is not known."""
    if isinstance(u, Exponential):
        return sign_of(u.c)
    return sign_of(u.P[-1]) if u is not None and u.P else None


def _grows(E: Polynomial) -> int | None:
    return sign_of(E[-1]) if E else 0


def _add(u: Behaviour, v: Behaviour) -> Behaviour:
    if u is None or v is None:
        return None
    if isinstance(u, Line) and isinstance(v, Line):
        return Line(_plus(u.P, v.P), min(u.decay, v.decay))
    if isinstance(u, Line):
        u, v = v, u
    assert isinstance(u, Exponential)
    if isinstance(v, Line):
        growth = _grows(u.E)
        return u if growth == 1 else v if growth == -1 else None
    order = _grows(_plus(u.E, v.E, -1))
    if order is None:
        return None
    if order == 0:
        if u.k == v.k:
            c = u.c + v.c
            return None if sign_of(c) in (None, 0) else Exponential(c, u.k, u.E, min(u.decay, v.decay))
        big, small = (u, v) if u.k > v.k else (v, u)
        return Exponential(big.c, big.k, big.E, min(big.decay, big.k - small.k))
    return u if order > 0 else v


def _product(e: Any, x: Any, side: int) -> Behaviour:
    """Numerator over denominator, so that x^3/(x^2 + 1) and e^x/(1 + e^x) keep their leading parts."""
    above: Behaviour = Line((sympy.Integer(1),))
    below: Behaviour = Line((sympy.Integer(1),))
    for factor in e.args:
        if factor.is_Pow and factor.exp.is_Integer and factor.exp < 0:
            below = _multiply(below, _power(_of(factor.base, x, side), -factor.exp))
        else:
            above = _multiply(above, _of(factor, x, side))
    return _divide(above, below)


def _multiply(u: Behaviour, v: Behaviour) -> Behaviour:
    if u is None or v is None:
        return None
    if isinstance(u, Line) and isinstance(v, Line):
        decay = min(v.decay - _degree(u), u.decay - _degree(v), u.decay + v.decay)
        return Line(_times(u.P, v.P), decay) if decay >= 1 else None
    if isinstance(u, Line):
        u, v = v, u
    assert isinstance(u, Exponential)
    if isinstance(v, Line):
        if not v.P:
            return Line(()) if _grows(u.E) == -1 else None
        relative = math.inf if all(c == 0 for c in v.P[:-1]) else 1
        return Exponential(u.c * v.P[-1], u.k + len(v.P) - 1, u.E, min(u.decay, relative, v.decay + len(v.P) - 1))
    E = _plus(u.E, v.E)
    if E:
        return Exponential(u.c * v.c, u.k + v.k, E, min(u.decay, v.decay))
    return _monomial(u.c * v.c, u.k + v.k, min(u.decay, v.decay))


def _monomial(c: Any, k: int, decay: float) -> Behaviour:
    """c x^k (1 + O(x^-decay)) as a Line."""
    if k < 0:
        return Line((), -k)
    return Line((sympy.Integer(0),) * k + (c,), decay - k) if decay - k >= 1 else None


def _divide(u: Behaviour, v: Behaviour) -> Behaviour:
    if u is None or v is None or (isinstance(v, Line) and not v.P):
        return None
    if isinstance(v, Exponential):
        return _multiply(u, Exponential(1 / v.c, -v.k, tuple(-c for c in v.E), v.decay))
    if isinstance(u, Exponential):
        relative = math.inf if all(c == 0 for c in v.P[:-1]) else 1
        return Exponential(u.c / v.P[-1], u.k - len(v.P) + 1, u.E, min(u.decay, relative, v.decay + len(v.P) - 1))
    quotient, rest = _quotient(u.P, v.P)
    decay = min(u.decay + _degree(v), v.decay + 2 * _degree(v) - _degree(u))
    if rest:
        decay = min(decay, len(v.P) - len(rest))
    return Line(quotient, decay) if decay >= 1 else None


def _degree(u: Line) -> float:
    return len(u.P) - 1 if u.P else -math.inf


def _power(u: Behaviour, exponent: Any) -> Behaviour:
    if u is None:
        return None
    if exponent.is_Integer:
        result: Behaviour = Line((sympy.Integer(1),))
        for _ in range(min(abs(int(exponent)), 64)):
            result = _multiply(result, u)
        return (result if exponent > 0 else _divide(Line((sympy.Integer(1),)), result)) if abs(exponent) <= 64 else None
    if isinstance(u, Line) and len(u.P) == 1 and sign_of(u.P[0]) == 1 and exponent.is_Rational:
        return Line((u.P[0] ** exponent,), u.decay)
    return None


def _larger(u: Behaviour, v: Behaviour) -> Behaviour:
    difference = _leading_sign(_add(u, _multiply(Line((sympy.Integer(-1),)), v)))
    return u if u == v or difference == 1 else v if difference == -1 else None


def _smaller(u: Behaviour, v: Behaviour) -> Behaviour:
    difference = _leading_sign(_add(u, _multiply(Line((sympy.Integer(-1),)), v)))
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
    sign = _leading_sign(_of(condition.lhs - condition.rhs, x, side))
    if sign is None:
        return None
    return {"<": sign < 0, "<=": sign < 0, ">": sign > 0, ">=": sign > 0, "!=": True, "==": False}.get(condition.rel_op)


def _exp(_: Any, u: Line | Exponential) -> Behaviour:
    one = sympy.Integer(1)
    if isinstance(u, Exponential):
        growth, sign = _grows(u.E), sign_of(u.c)
        if growth == -1:
            return Line((one,))
        return Line(()) if growth == 1 and sign == -1 else None
    if len(u.P) <= 1:
        return Line((sympy.exp(u.P[0]) if u.P else one,), u.decay)
    return Exponential(sympy.exp(u.P[0]), 0, (sympy.Integer(0), *u.P[1:]), u.decay)


def _log(_: Any, u: Line | Exponential) -> Behaviour:
    if _leading_sign(u) != 1:
        return None
    if isinstance(u, Exponential):
        return Line(_plus(u.E, _trim((sympy.log(u.c),))), u.decay) if u.k == 0 else None
    return Line(_trim((sympy.log(u.P[0]),)), u.decay) if len(u.P) == 1 else None


def _saturating(limit: Any, fast: bool) -> Any:
    """tanh, erf, atan: odd, smooth, tending to ±limit, faster than every power or like 1/u."""

    def rule(function: Any, u: Line | Exponential) -> Behaviour:
        if isinstance(u, Exponential) and _grows(u.E) == -1:
            return Line(())
        if isinstance(u, Line) and len(u.P) <= 1:
            return Line(_trim((function(u.P[0]),)) if u.P else (), u.decay)
        sign = _leading_sign(u)
        if sign is None or (isinstance(u, Exponential) and _grows(u.E) != 1):
            return None
        return Line((sign * limit,), math.inf if fast or isinstance(u, Exponential) else _degree(u))

    return rule


def _erfc(_: Any, u: Line | Exponential) -> Behaviour:
    return _add(Line((sympy.Integer(1),)), _multiply(Line((sympy.Integer(-1),)), _ERF(sympy.erf, u)))


def _abs(_: Any, u: Line | Exponential) -> Behaviour:
    sign = _leading_sign(u)
    return None if sign is None else _multiply(Line((sympy.Integer(sign),)), u)


def _sign(_: Any, u: Line | Exponential) -> Behaviour:
    sign = _leading_sign(u)
    return None if sign is None else Line((sympy.Integer(sign),))


def _heaviside(_: Any, u: Line | Exponential) -> Behaviour:
    sign = _leading_sign(u)
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
