"""Values of a rational function given by its coefficients: on float64 arrays, on mpmath numbers, on balls.

Source: N. J. Higham, Accuracy and Stability of Numerical Algorithms (2002), for Horner's rule.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import flint
import numpy as np
from numpy.typing import NDArray

from ratapprox.coefficients import Coefficients, Number, binary_exponent, nearest_float64

Float64Array = NDArray[np.float64]

_BLOCK = 8192  # float64 values: numerator, denominator and x of a block stay in a core's cache


@dataclass(frozen=True, slots=True)
class Float64Form:
    """r = 2^shift · p/q in float64 coefficients that can neither overflow nor underflow as a whole.

    `reach` is a bound up to which Horner's rule in x cannot overflow; `ends` are the values at -inf and +inf.
    """

    p: tuple[float, ...]
    q: tuple[float, ...]
    shift: int
    reach: float
    ends: tuple[float, float]


def float64_form(p: Coefficients, q: Coefficients, ends: tuple[float, float]) -> Float64Form:
    """The coefficients in the form in which float64 arrays are evaluated.

    >>> float64_form((Fraction(1),), (Fraction(1), Fraction(10**400)), ends=(0.0, 0.0)).shift
    -1328
    """
    common = 0  # a common factor x^k would make 0/0 of tiny x
    while common < min(len(p), len(q)) - 1 and p[common] == q[common] == 0:
        common += 1
    (p_float, p_exponent), (q_float, q_exponent) = _scaled(p[common:]), _scaled(q[common:])
    top = max(binary_exponent(number) for number in p_float + q_float if number)
    degree = max(len(p_float), len(q_float)) - 1
    reach = 2.0 ** min((1000 - top) / degree, 1000.0) if degree else math.inf
    return Float64Form(p_float, q_float, p_exponent - q_exponent, reach, ends)


def _scaled(coefficients: Coefficients) -> tuple[tuple[float, ...], int]:
    """Floats and an exponent e with coefficients = floats · 2^e; e is 0 unless the largest is huge or tiny."""
    if not any(coefficients):
        return (0.0,), 0
    exponent = max(binary_exponent(number) for number in coefficients if number)
    if abs(exponent) <= 500:
        exponent = 0
    factor = Fraction(2) ** -exponent
    exact = [Fraction(number) for number in coefficients]
    floats = [float(number * factor) if exponent else float(number) for number in exact]
    while floats[-1] == 0:  # a coefficient below the smallest float64 beside a moderate one
        floats.pop()
    return tuple(floats), exponent


def at_float(form: Float64Form, x: float) -> float | None:
    """r(x) at one float without the costs of an array; None where care is needed: beyond the reach, NaN, a pole."""
    if not abs(x) <= form.reach or form.shift:
        return None
    below = form.q[-1]
    for coefficient in form.q[-2::-1]:
        below = below * x + coefficient
    if below == 0:
        return None
    above = form.p[-1]
    for coefficient in form.p[-2::-1]:
        above = above * x + coefficient
    return float(above / below)


def on_float64(form: Float64Form, x: Float64Array, at_zero_of_q: Callable[[float], float]) -> Float64Array:
    """Values at x [any shape], right also at ±inf and for huge |x|; `at_zero_of_q` gives those where q(x) is 0."""
    values = np.empty(x.shape)
    into, flat = values.reshape(-1), x.reshape(-1)
    with np.errstate(all="ignore"):
        for start in range(0, flat.size, _BLOCK):
            block = slice(start, start + _BLOCK)
            _on_block(form, flat[block], into[block], at_zero_of_q)
    return values


def _on_block(
    form: Float64Form, x: Float64Array, values: Float64Array, at_zero_of_q: Callable[[float], float]
) -> None:
    if -x.min() <= form.reach >= x.max():  # false when there is a NaN
        below = _horner(form.q, x)
        np.divide(_horner(form.p, x), below, out=values)
        if form.shift:
            np.ldexp(values, form.shift, out=values)
    else:
        below = np.ones_like(x)
        inner, outer = np.abs(x) <= 1, np.isfinite(x) & (np.abs(x) > 1)
        below[inner] = _horner(form.q, x[inner])
        values[inner] = np.ldexp(_horner(form.p, x[inner]) / below[inner], form.shift)
        values[outer], below[outer] = _reciprocal(form, x[outer])
        values[np.isnan(x)] = math.nan
        values[x == -math.inf], values[x == math.inf] = form.ends
    if not below.all():
        for index in np.flatnonzero(below == 0):
            values[index] = at_zero_of_q(float(x[index]))


def _horner(coefficients: tuple[float, ...], x: Float64Array) -> Float64Array:
    value = np.full_like(x, coefficients[-1])
    for coefficient in coefficients[-2::-1]:
        value *= x
        if coefficient:
            value += coefficient
    return value


def _reciprocal(form: Float64Form, x: Float64Array) -> tuple[Float64Array, Float64Array]:
    """r(x) and a multiple of q(x) for |x| > 1.

    With t = 1/x: p(x)/q(x) = x^(m-n) · (t^m p(1/t))/(t^n q(1/t)); of the power only the exponent can be huge.
    """
    t = 1.0 / x
    above, below = _horner(form.p[::-1], t), _horner(form.q[::-1], t)
    power = len(form.p) - len(form.q)
    fraction, exponent = np.frexp(x)
    values = above / below
    values *= fraction**power
    return np.ldexp(values, power * exponent + form.shift), below


def on_mpf(p: Coefficients, q: Coefficients, x: Any) -> tuple[Any, Any]:
    """p(x) and q(x) at a finite mpmath number, at the working precision of its context with guard bits."""
    context = x.context
    with context.workprec(context.prec + 20 + 2 * max(len(p), len(q))):
        return _horner_mpf(p, x), _horner_mpf(q, x)


def _horner_mpf(coefficients: Coefficients, x: Any) -> Any:
    value = x.context.zero
    for coefficient in reversed(coefficients):
        value = value * x + to_mpf(coefficient, x.context)
    return value


def to_mpf(number: Number, context: Any) -> Any:
    """The number at the working precision of an mpmath context."""
    if isinstance(number, float):
        return context.mpf(number)
    return context.mpf(number.numerator) / number.denominator


def on_ball(p: Any, q: Any, x: Any) -> Any:
    """A ball that contains r(x) for all x of the ball; exact polynomials p and q are rounded at flint.ctx.prec."""
    return flint.arb_poly(p)(x) / flint.arb_poly(q)(x)


def at_fraction(p: Any, q: Any, x: Any) -> Any:
    """The exact value at a `fmpq`; None at a pole. Where both are 0 the common factor is cancelled."""
    below = q(x)
    if below == 0 and p(x) == 0:
        common = p.gcd(q)
        p, q = p // common, q // common
        below = q(x)
    return None if below == 0 else p(x) / below


def value_or_infinity(p: Any, q: Any, x: Any) -> float:
    """The float64 nearest to the exact value at a `fmpq`; at a pole infinity with the sign of p, as IEEE has it."""
    value = at_fraction(p, q, x)
    if value is not None:
        return nearest_float64(Fraction(int(value.p), int(value.q)))
    common = p.gcd(q)
    return math.inf if (p // common)(x) > 0 else -math.inf
