"""Ball arithmetic for the steps of a program: every function returns a ball that holds all values over its argument.

Wide balls go through their ends wherever a function is monotone, so that sigmoid([-90, -10]) is tight and finite.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import flint
import sympy
from flint import arb, fmpq

Ball = Any
_THIN = arb(2) ** -6  # below this radius a direct evaluation loses next to nothing against the ends
_QUARTER = arb(1) / 4
_ZERO = arb(0)
_ONE = arb(1)


def _monotone(function: Callable[[Ball], Ball]) -> Callable[[Ball], Ball]:
    def over(u: Ball) -> Ball:
        if u.rad() > _THIN and u.is_finite():
            return function(u.lower()).union(function(u.upper()))
        return function(u)

    return over


def _sigmoid(u: Ball) -> Ball:
    if u < 0:
        e = u.exp()
        return e / (1 + e)
    return 1 / (1 + (-u).exp())


def _softplus(u: Ball) -> Ball:
    return u + (-u).exp().log1p() if u > 30 else u.exp().log1p()


sigmoid = _monotone(_sigmoid)
softplus = _monotone(_softplus)
tanh = _monotone(arb.tanh)
sinh = _monotone(arb.sinh)
atan = _monotone(arb.atan)
asinh = _monotone(arb.asinh)
erf = _monotone(arb.erf)
erfc = _monotone(arb.erfc)
expm1 = _monotone(arb.expm1)
tanhshrink = _monotone(lambda u: u - u.tanh())


def absolute(u: Ball) -> Ball:
    if u > 0:
        return u
    return -u if u < 0 else _ZERO.union(u.abs_upper())


def _wave(function: Callable[[Ball], Ball], slope: Callable[[Ball], Ball]) -> Callable[[Ball], Ball]:
    """sin or cos by the mean value theorem: FLINT's own enclosures over wide balls are good to 30 bits only."""

    def over(u: Ball) -> Ball:
        r = u.rad()
        if not 0 < r < _QUARTER:
            return function(u)
        m = u.mid()
        return function(m) + arb(0, ((abs(slope(m)) + r) * r).upper())

    return over


sin = _wave(arb.sin, arb.cos)
cos = _wave(arb.cos, arb.sin)


def cosh(u: Ball) -> Ball:
    if u.rad() > _THIN and u.is_finite():
        return u.abs_lower().cosh().union(u.abs_upper().cosh())
    return u.cosh()


def power(n: int) -> Callable[[Ball], Ball]:
    def over(u: Ball) -> Ball:
        if u.rad() > _THIN * u.abs_lower() and u.is_finite():
            if n % 2 == 0:
                return (u.abs_lower() ** n).union(u.abs_upper() ** n)
            return (u.lower() ** n).union(u.upper() ** n)
        return u**n

    return over


def root(exponent: Fraction) -> Callable[[Ball], Ball]:
    """u**(p/q) on the part of u that is not negative; NaN where there is none."""
    p, q = exponent.numerator, exponent.denominator

    def point(u: Ball) -> Ball:
        r = u.sqrt() if q == 2 else u.root(q)
        return r if p == 1 else r**p

    def over(u: Ball) -> Ball:
        if u > 0:
            return point(u.lower()).union(point(u.upper())) if u.rad() > _THIN * u.lower() else point(u)
        upper = u.upper()
        if upper > 0:
            return _ZERO.union(point(upper))
        return _ZERO if upper.is_zero() else arb.nan()

    return over


def power_log(a: Fraction) -> Callable[[Ball], Ball]:
    """u**a log(u) with the value 0 at u = 0: falling on [0, exp(-1/a)], rising from there."""
    over_a = root(a) if a.denominator > 1 else power(int(a))

    def over(u: Ball) -> Ball:
        if u.lower() > 0 and u.rad() < _THIN * u:
            return over_a(u) * u.log()
        lower, upper = u.lower(), u.upper()
        if not upper > 0:
            return _ZERO if upper.is_zero() else arb.nan()
        turn = (-1 / arb(fmpq(a.numerator, a.denominator))).exp()
        ends = over_a(upper) * upper.log()
        ends = ends.union(over_a(lower) * lower.log() if lower > 0 else _ZERO)
        return ends if upper < turn or lower > turn else ends.union(over_a(turn) * turn.log())

    return over


def _clamped(function: Callable[[Ball], Ball]) -> Callable[[Ball], Ball]:
    """asin or acos on the part of a ball inside [-1, 1]."""

    def over(u: Ball) -> Ball:
        if u > -1 and u < 1 and not u.rad() > _THIN:
            return function(u)
        lower, upper = u.lower(), u.upper()
        if not (lower <= 1 and upper >= -1):
            return arb.nan()
        return function(lower if lower > -1 else -_ONE).union(function(upper if upper < 1 else _ONE))

    return over


def sign(u: Ball) -> Ball:
    return u.sgn()


def heaviside(at_zero: Fraction) -> Callable[[Ball], Ball]:
    def over(u: Ball) -> Ball:
        if u > 0:
            return _ONE
        if u < 0:
            return _ZERO
        return arb(fmpq(at_zero.numerator, at_zero.denominator)) if u.is_zero() else _ZERO.union(_ONE)

    return over


def maximum(u: Ball, v: Ball) -> Ball:
    return u if u > v else v if v > u else u.max(v)


def minimum(u: Ball, v: Ball) -> Ball:
    return u if u < v else v if v < u else u.min(v)


def holds(condition: Any, values: tuple[Ball, ...]) -> bool | None:
    """Whether a condition of a Piecewise holds on the whole ball; None where that cannot be told."""
    if condition is True or condition is False:
        return bool(condition)
    kind, rest = condition
    if kind in ("and", "or"):
        found = [holds(c, values) for c in rest]
        if kind == "and":
            return False if False in found else True if all(found) else None
        return True if True in found else None if None in found else False
    d = values[rest]
    yes, no = {
        ">": (d > 0, d <= 0),
        ">=": (d >= 0, d < 0),
        "<": (d < 0, d >= 0),
        "<=": (d <= 0, d > 0),
    }[kind]
    return True if yes else False if no else None


def select(conditions: tuple[tuple[int, Any], ...]) -> Callable[..., Ball]:
    def over(*values: Ball) -> Ball:
        union = None
        for branch, condition in conditions:
            truth = holds(condition, values)
            if truth is False:
                continue
            union = values[branch] if union is None else union.union(values[branch])
            if truth:
                return union
        return arb.nan()

    return over


def algebraic(number: Any) -> Callable[[], Ball]:
    def value() -> Ball:
        radius = fmpq(1, 2 ** (flint.ctx.prec + 8))
        middle = number.eval_rational(sympy.Rational(int(radius.p), int(radius.q)))
        return arb(arb(fmpq(int(middle.p), int(middle.q))), arb(radius))

    return value


def rational(value: Fraction) -> Callable[[], Ball]:
    exact = fmpq(value.numerator, value.denominator)
    return lambda: arb(exact)


PLAIN: dict[str, Callable[..., Ball]] = {
    "add": lambda u, v: u + v,
    "sub": lambda u, v: u - v,
    "mul": lambda u, v: u * v,
    "div": lambda u, v: u / v,
    "neg": lambda u: -u,
    "exp": arb.exp,
    "log": arb.log,
    "log1p": arb.log1p,
    "expm1": expm1,
    "sin": sin,
    "cos": cos,
    "tan": arb.tan,
    "sinh": sinh,
    "cosh": cosh,
    "tanh": tanh,
    "asin": _clamped(arb.asin),
    "acos": _clamped(arb.acos),
    "atan": atan,
    "asinh": asinh,
    "erf": erf,
    "erfc": erfc,
    "sigmoid": sigmoid,
    "softplus": softplus,
    "tanhshrink": tanhshrink,
    "abs": absolute,
    "sign": sign,
    "max": maximum,
    "min": minimum,
    "pi": arb.pi,
}
WITH_DATA: dict[str, Callable[[Any], Callable[..., Ball]]] = {
    "rational": rational,
    "algebraic": algebraic,
    "real_root": lambda number: number.ball,
    "power": power,
    "root": root,
    "power_log": power_log,
    "heaviside": heaviside,
    "select": select,
}
