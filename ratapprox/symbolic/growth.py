"""Functions at infinity, a polynomial plus something that vanishes or c x^k e^E(x): their sums, products, quotients.

None stands for a behaviour that is not known; every operation passes it on.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import sympy
from flint import ctx

from ratapprox.expressions import enclosure

__all__ = [
    "Behaviour",
    "Exponential",
    "Line",
    "add",
    "constant",
    "degree",
    "divide",
    "grows",
    "leading_sign",
    "multiply",
    "power",
    "sign_of",
    "trim",
]

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


def constant(value: int) -> Line:
    """A whole number as a Line."""
    return Line((sympy.Integer(value),) if value else ())


def sign_of(number: Any) -> int | None:
    """The proved sign of an exact sympy number; None where 512 bits do not separate it from zero."""
    if number.is_Rational:
        return int(sympy.sign(number))
    bits = 64
    while bits <= 512:
        with ctx.workprec(bits):
            ball = enclosure(number)
            if ball > 0:
                return 1
            if ball < 0:
                return -1
        bits *= 2
    return None


def trim(P: tuple[Any, ...]) -> Polynomial:
    while P and (P[-1] == 0 or sign_of(P[-1]) == 0):
        P = P[:-1]
    return P


def _plus(P: Polynomial, Q: Polynomial, factor: int = 1) -> Polynomial:
    size = max(len(P), len(Q))
    pad = (sympy.Integer(0),)
    pairs = zip(P + pad * (size - len(P)), Q + pad * (size - len(Q)), strict=True)
    return trim(tuple(a + factor * b for a, b in pairs))


def _times(P: Polynomial, Q: Polynomial) -> Polynomial:
    if not P or not Q:
        return ()
    total = [sympy.Integer(0)] * (len(P) + len(Q) - 1)
    for i, a in enumerate(P):
        for j, b in enumerate(Q):
            total[i + j] += a * b
    return trim(tuple(total))


def _quotient(P: Polynomial, Q: Polynomial) -> tuple[Polynomial, Polynomial]:
    quotient: Polynomial = ()
    while len(P) >= len(Q):
        term = (sympy.Integer(0),) * (len(P) - len(Q)) + (P[-1] / Q[-1],)
        quotient = _plus(quotient, term)
        P = _plus(P[:-1], _times(term, Q)[:-1], -1)
    return quotient, P


def leading_sign(u: Behaviour) -> int | None:
    """The sign of u(x) for all large x, None where it is not known."""
    if isinstance(u, Exponential):
        return sign_of(u.c)
    return sign_of(u.P[-1]) if u is not None and u.P else None


def grows(E: Polynomial) -> int | None:
    return sign_of(E[-1]) if E else 0


def add(u: Behaviour, v: Behaviour) -> Behaviour:
    if u is None or v is None:
        return None
    if isinstance(u, Line) and isinstance(v, Line):
        return Line(_plus(u.P, v.P), min(u.decay, v.decay))
    if isinstance(u, Line):
        u, v = v, u
    assert isinstance(u, Exponential)
    if isinstance(v, Line):
        growth = grows(u.E)
        return u if growth == 1 else v if growth == -1 else None
    order = grows(_plus(u.E, v.E, -1))
    if order is None:
        return None
    if order == 0:
        if u.k == v.k:
            c = u.c + v.c
            return None if sign_of(c) in (None, 0) else Exponential(c, u.k, u.E, min(u.decay, v.decay))
        big, small = (u, v) if u.k > v.k else (v, u)
        return Exponential(big.c, big.k, big.E, min(big.decay, big.k - small.k))
    return u if order > 0 else v


def multiply(u: Behaviour, v: Behaviour) -> Behaviour:
    if u is None or v is None:
        return None
    if isinstance(u, Line) and isinstance(v, Line):
        decay = min(v.decay - degree(u), u.decay - degree(v), u.decay + v.decay)
        return Line(_times(u.P, v.P), decay) if decay >= 1 else None
    if isinstance(u, Line):
        u, v = v, u
    assert isinstance(u, Exponential)
    if isinstance(v, Line):
        if not v.P:
            return Line(()) if grows(u.E) == -1 else None
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


def divide(u: Behaviour, v: Behaviour) -> Behaviour:
    if u is None or v is None or (isinstance(v, Line) and not v.P):
        return None
    if isinstance(v, Exponential):
        return multiply(u, Exponential(1 / v.c, -v.k, tuple(-c for c in v.E), v.decay))
    if isinstance(u, Exponential):
        relative = math.inf if all(c == 0 for c in v.P[:-1]) else 1
        return Exponential(u.c / v.P[-1], u.k - len(v.P) + 1, u.E, min(u.decay, relative, v.decay + len(v.P) - 1))
    quotient, rest = _quotient(u.P, v.P)
    decay = min(u.decay + degree(v), v.decay + 2 * degree(v) - degree(u))
    if rest:
        decay = min(decay, len(v.P) - len(rest))
    return Line(quotient, decay) if decay >= 1 else None


def degree(u: Line) -> float:
    return len(u.P) - 1 if u.P else -math.inf


def power(u: Behaviour, exponent: Any) -> Behaviour:
    if u is None:
        return None
    if exponent.is_Integer:
        result: Behaviour = constant(1)
        for _ in range(min(abs(int(exponent)), 64)):
            result = multiply(result, u)
        return (result if exponent > 0 else divide(constant(1), result)) if abs(exponent) <= 64 else None
    if isinstance(u, Line) and len(u.P) == 1 and sign_of(u.P[0]) == 1 and exponent.is_Rational:
        return Line((u.P[0] ** exponent,), u.decay)
    return None
