"""Taylor series with ball coefficients for the steps of a program.

A function whose derivative is simpler than itself is integrated: its value comes from the ball function, which is
tight, and only the higher coefficients from series arithmetic. tanh, sigmoid, tan and powers follow the recurrence of
their differential equation. A coefficient that does not exist is NaN; a finite one is never wrong.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import flint
from flint import arb, arb_series, fmpq

from ratapprox.expressions import balls

Series = Any
Ball = Any


def _coefficients(u: Series) -> list[Ball]:
    found: list[Ball] = u.coeffs()
    return found + [arb(0)] * (flint.ctx.cap - len(found))  # coeffs() leaves out the trailing zeros


def _series(coefficients: list[Ball]) -> Series:
    return arb_series(coefficients, flint.ctx.cap)


def _nothing() -> Series:
    return _series([arb.nan()] * flint.ctx.cap)


def _with_value(s: Series, value: Ball) -> Series:
    found = _coefficients(s)
    found[0] = value
    return _series(found)


def _integrate(value: Ball, derivative: Series) -> Series:
    """The series with this value and this derivative (known one order lower)."""
    found = derivative.coeffs()[: flint.ctx.cap - 1]
    return _series([value] + [c / (k + 1) for k, c in enumerate(found)])


def divide(u: Series, v: Series) -> Series:
    try:
        return u / v
    except (ValueError, ZeroDivisionError):  # the ball v_0 holds zero
        return _nothing()


def power(n: int) -> Callable[[Series], Series]:
    value = balls.power(n)

    def over(u: Series) -> Series:
        u0 = u[0]
        result = u**n
        return _with_value(result, value(u0)) if u0.rad() > 0 else result

    return over


def root(exponent: Fraction) -> Callable[[Series], Series]:
    """w = u**r from u w' = r u' w: k u_0 w_k = sum over j of (r j - k + j) u_j w_(k-j)."""
    value = balls.root(exponent)
    r = fmpq(exponent.numerator, exponent.denominator)

    def over(u: Series) -> Series:
        found = _coefficients(u)
        slopes = [(j, c) for j, c in enumerate(found) if j and not c.is_zero()]
        w = [value(found[0])]
        for k in range(1, len(found)):
            total = arb(0)
            for j, c in slopes:
                if j > k:
                    break
                total += arb(r * j - k + j) * c * w[k - j]
            w.append(total / (k * found[0]))
        return _series(w)

    return over


def _riccati(
    value: Callable[[Ball], Ball], bracket_at: Callable[[Ball, Ball], Ball], a: int, b: int
) -> Callable[[Series], Series]:
    """t with t' = (a t + b t**2 + constant) u'; `bracket_at(u_0, t_0)` is the bracket, found without cancellation."""

    def over(u: Series) -> Series:
        found = _coefficients(u)
        slopes = [(j, j * c) for j, c in enumerate(found) if j and not c.is_zero()]
        t = [value(found[0])]
        bracket = [bracket_at(found[0], t[0])]
        for k in range(1, len(found)):
            total = arb(0)
            for j, c in slopes:
                if j > k:
                    break
                total += c * bracket[k - j]
            t.append(total / k)
            square = t[k // 2] * t[k // 2] if k % 2 == 0 else arb(0)
            for j in range((k + 1) // 2):
                square += 2 * t[j] * t[k - j]
            bracket.append(a * t[k] + b * square)
        return _series(t)

    return over


tanh = _riccati(balls.tanh, lambda u, t: 4 * balls.sigmoid(2 * u) * balls.sigmoid(-2 * u), 0, -1)
sigmoid = _riccati(balls.sigmoid, lambda u, t: t * balls.sigmoid(-u), 1, -1)
tan = _riccati(arb.tan, lambda u, t: 1 + balls.power(2)(t), 0, 1)


def _by_derivative(value: Callable[[Ball], Ball], derivative: Callable[[Series], Series]) -> Callable[[Series], Series]:
    def over(u: Series) -> Series:
        return _integrate(value(u[0]), derivative(u) * u.derivative())

    return over


_square = power(2)
_root = root(Fraction(1, 2))


def _gauss(factor: int) -> Callable[[Series], Series]:
    return lambda u: (factor * 2 / arb.pi().sqrt()) * (-_square(u)).exp()


def _tanhshrink(u: Series) -> Series:
    return _with_value(u - tanh(u), balls.tanhshrink(u[0]))


def _sinh(u: Series) -> Series:
    return _with_value((u.exp() - (-u).exp()) / 2, balls.sinh(u[0]))


def _cosh(u: Series) -> Series:
    return _with_value((u.exp() + (-u).exp()) / 2, balls.cosh(u[0]))


def _sin(u: Series) -> Series:
    u0, v = u[0], _with_value(u, arb(0))
    return balls.sin(u0) * v.cos() + balls.cos(u0) * v.sin()


def _cos(u: Series) -> Series:
    u0, v = u[0], _with_value(u, arb(0))
    return balls.cos(u0) * v.cos() - balls.sin(u0) * v.sin()


def _power_log(a: Fraction) -> Callable[[Series], Series]:
    value, factor = balls.power_log(a), root(a)

    def over(u: Series) -> Series:
        return _with_value(factor(u) * u.log(), value(u[0]))

    return over


def _one() -> Series:
    return _series([arb(1)])


PLAIN: dict[str, Callable[..., Series]] = {
    "add": lambda u, v: u + v,
    "sub": lambda u, v: u - v,
    "mul": lambda u, v: u * v,
    "div": divide,
    "neg": lambda u: -u,
    "exp": arb_series.exp,
    "log": arb_series.log,
    "log1p": _by_derivative(arb.log1p, lambda u: divide(_one(), 1 + u)),
    "expm1": lambda u: _with_value(u.exp(), balls.expm1(u[0])),
    "sin": _sin,
    "cos": _cos,
    "tan": tan,
    "sinh": _sinh,
    "cosh": _cosh,
    "tanh": tanh,
    "asin": _by_derivative(balls.PLAIN["asin"], lambda u: divide(_one(), _root(1 - _square(u)))),
    "acos": _by_derivative(balls.PLAIN["acos"], lambda u: divide(-_one(), _root(1 - _square(u)))),
    "asinh": _by_derivative(balls.asinh, lambda u: divide(_one(), _root(1 + _square(u)))),
    "atan": _by_derivative(balls.atan, lambda u: divide(_one(), 1 + _square(u))),
    "erf": _by_derivative(balls.erf, _gauss(1)),
    "erfc": _by_derivative(balls.erfc, _gauss(-1)),
    "sigmoid": sigmoid,
    "softplus": _by_derivative(balls.softplus, sigmoid),
    "tanhshrink": _tanhshrink,
}
WITH_DATA: dict[str, Callable[[Any], Callable[..., Series]]] = {
    "power": power,
    "root": root,
    "power_log": _power_log,
}
