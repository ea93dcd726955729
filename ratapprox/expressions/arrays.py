"""NumPy float64 for the steps of a program."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = Any


def _special(name: str) -> Callable[[Array], Array]:
    def over(u: Array) -> Array:
        import scipy.special  # costs a tenth of a second, and only erf, erfc and sigmoid need it

        return getattr(scipy.special, name)(u)

    return over


def _softplus(u: Array) -> Array:
    return np.logaddexp(0.0, u)


def _tanhshrink(u: Array) -> Array:
    """u - tanh(u); where that cancels, the Taylor series 2**(2k)(2**(2k) - 1) B_2k u**(2k-1)/(2k)!."""
    s = np.minimum(u * u, 0.25)
    near = np.zeros_like(s)
    for c in _TANH:
        near = near * s + c
    return np.where(np.abs(u) < 0.5, -near * s * u, u - np.tanh(u))


def _tanh_coefficients(count: int) -> tuple[float, ...]:
    """Coefficients of u**3, u**5, ... of tanh, highest first, from t' = 1 - t**2."""
    t = [Fraction(0), Fraction(1)]
    for k in range(2, 2 * count + 2):
        t.append(-sum((t[j] * t[k - 1 - j] for j in range(k)), Fraction(0)) / k)
    return tuple(float(c) for c in t[:2:-2])


_TANH = _tanh_coefficients(20)


def power(n: int) -> Callable[[Array], Array]:
    return (lambda u: u * u) if n == 2 else (lambda u: u**n)


def root(exponent: Fraction) -> Callable[[Array], Array]:
    p, q = exponent.numerator, exponent.denominator
    if q == 2:
        return np.sqrt if p == 1 else (lambda u: np.sqrt(u) ** p)
    if q == 3:
        # np.cbrt is real for negative numbers; the principal root is not
        return lambda u: np.where(u < 0, np.nan, np.cbrt(u)) ** p
    return lambda u: np.power(u, p / q)


def power_log(a: Fraction) -> Callable[[Array], Array]:
    over_a = root(a) if a.denominator > 1 else power(int(a))
    return lambda u: np.where(u == 0, 0.0, over_a(u) * np.log(u))


def heaviside(at_zero: Fraction) -> Callable[[Array], Array]:
    return lambda u: np.heaviside(u, float(at_zero))


def _holds(condition: Any, values: tuple[Array, ...]) -> Array:
    if condition is True or condition is False:
        return np.bool_(condition)
    kind, rest = condition
    if kind in ("and", "or"):
        combine = np.logical_and if kind == "and" else np.logical_or
        return combine.reduce(np.broadcast_arrays(*(_holds(c, values) for c in rest)))
    return {">": np.greater, ">=": np.greater_equal, "<": np.less, "<=": np.less_equal}[kind](values[rest], 0.0)


def select(conditions: tuple[tuple[int, Any], ...]) -> Callable[..., Array]:
    def over(*values: Array) -> Array:
        shaped = np.broadcast_arrays(*values)
        found = np.full(shaped[0].shape, np.nan)
        for branch, condition in reversed(conditions):
            found = np.where(_holds(condition, values), shaped[branch], found)
        # every comparison with NaN is false, so that NaN would fall through to the last branch
        tests = [values[i] for _, condition in conditions for i in _tested(condition)]
        for d in tests:
            found = np.where(np.isnan(d), np.nan, found)
        return found

    return over


def _tested(condition: Any) -> list[int]:
    if condition is True or condition is False:
        return []
    kind, rest = condition
    return [i for c in rest for i in _tested(c)] if kind in ("and", "or") else [rest]


def hole(coefficients: NDArray[np.float64], centre: float, radius: float, elsewhere: Callable[[Array], Array]) -> Any:
    """A quotient with a removable singularity: its Taylor polynomial near there, the quotient away from there."""

    def over(x: Array) -> Array:
        h = x - centre
        near = np.abs(h) < radius
        polynomial = np.polynomial.polynomial.polyval(np.where(near, h, 0.0), coefficients)
        return np.where(near, polynomial, elsewhere(x))

    return over


PLAIN: dict[str, Callable[..., Array]] = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "div": np.divide,
    "neg": np.negative,
    "exp": np.exp,
    "log": np.log,
    "log1p": np.log1p,
    "expm1": np.expm1,
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "sinh": np.sinh,
    "cosh": np.cosh,
    "tanh": np.tanh,
    "asin": np.arcsin,
    "acos": np.arccos,
    "atan": np.arctan,
    "asinh": np.arcsinh,
    "erf": _special("erf"),
    "erfc": _special("erfc"),
    "sigmoid": _special("expit"),
    "softplus": _softplus,
    "tanhshrink": _tanhshrink,
    "abs": np.abs,
    "sign": np.sign,
    "max": np.maximum,
    "min": np.minimum,
}
WITH_DATA: dict[str, Callable[[Any], Callable[..., Array]]] = {
    "power": power,
    "root": root,
    "power_log": power_log,
    "heaviside": heaviside,
    "select": select,
}
