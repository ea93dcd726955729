"""Hermite coefficients of a function of a normal variable, and its dual activation."""

from __future__ import annotations

import math
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import sympy
from flint import arb, ctx

from ratapprox.activations import Activation
from ratapprox.expressions import DomainError, x
from ratapprox.expressions.numbers import as_quotient
from ratapprox.expressions.switches import branches
from ratapprox.piecewise import Piecewise
from ratapprox.rational import Rational
from ratapprox.symbolic.decimal_enclosure import Enclosure
from ratapprox.symbolic.gaussian_moments import BITS, moment_balls
from ratapprox.symbolic.nonlinearity import Nonlinearity, Sigma, read_nonlinearity, read_variance

if TYPE_CHECKING:
    pass

__all__ = ["dual", "hermite"]

MOST = 128
"""More Hermite coefficients than this are not computed."""

ENOUGH = arb(2) ** -60
"""A remainder so small beside E[σ²] is not made smaller by more terms."""


def hermite(
    sigma: Sigma, count: int, variance: int | float | str | Fraction = 1
) -> tuple[Enclosure, ...]:
    """The first Hermite coefficients of σ, enclosed to about 20 digits of the largest of them.

        h_k = E[σ(√variance Z) He_k(Z)]/√k!,  k = 0 .. count-1,      E[σ²] = Σ h_k²

    He_k are the probabilists' polynomials He_(k+1)(z) = z He_k(z) - k He_(k-1)(z). h_0 is the mean. Coefficients that
    symmetry makes 0 are exactly 0.

    Raises as `moments` does, and ValueError for a count outside 1 .. 128.

    Source: [ODo14]; E[He_k(Z) g(Z)] = E[g^(k)(Z)] for the poles.

    Example:
        >>> from ratapprox.symbolic import hermite
        >>> [round(float(h), 6) for h in hermite("relu", 5)]
        [0.398942, 0.5, 0.282095, 0.0, -0.081434]
    """
    nonlinearity, q = read_nonlinearity(sigma), read_variance(variance)
    if not isinstance(count, int) or isinstance(count, bool) or not 1 <= count <= MOST:
        raise ValueError(f"count={count!r}: the number of Hermite coefficients is a whole number from 1 to {MOST}")
    return tuple(Enclosure.of(h) for h in _coefficients(nonlinearity, q, count))


def dual(
    sigma: Sigma,
    rho: int | float | str | Fraction,
    variance: int | float | str | Fraction = 1,
    terms: int | None = None,
) -> Enclosure:
    """E[σ(u) σ(v)] for normal u, v of this variance, mean 0 and correlation ρ; the enclosure's width is its error.

        E[σ(u) σ(v)] = Σ_{k<K} h_k² ρ^k + rest,      |rest| <= (E[σ²] - Σ_{k<K} h_k²) |ρ|^K,    rest >= 0 for ρ >= 0

    K is `terms`, at most 128; by default as many as 18 digits need. A kink, or poles near the real axis, make h_k fall
    slowly, so that fewer digits are proved where |ρ| is near 1. There is a closed form at ρ = -1, 0 and 1, and at every
    ρ for functions a x + b |x| (relu, leaky_relu, abs).

    Raises as `moments` does, and ValueError for ρ outside [-1, 1].

    Source: [DFS16]; [CS09] for |x|.

    Example:
        >>> from ratapprox.symbolic import dual
        >>> dual("tanh", 0.5), dual("relu", 1)
        (Enclosure: 0.186324413203448086..., Enclosure: 0.5 ± 1e-22)
    """
    nonlinearity, q = read_nonlinearity(sigma), read_variance(variance)
    correlation = _read_correlation(rho)
    if terms is not None and (not isinstance(terms, int) or isinstance(terms, bool) or not 1 <= terms <= MOST):
        raise ValueError(f"terms={terms!r}: the number of terms is a whole number from 1 to {MOST}")
    with ctx.workprec(BITS):
        closed = _closed_form(nonlinearity, correlation, q) if terms is None else None
        if closed is None:
            closed = _series(nonlinearity, correlation, q, terms)
    return Enclosure.of(closed)


@lru_cache(maxsize=256)
def _coefficients(nonlinearity: Nonlinearity, variance: Fraction, count: int) -> tuple[Any, ...]:
    with ctx.workprec(BITS):
        return tuple(nonlinearity.hermite(_ball(variance), count))


def _series(nonlinearity: Nonlinearity, rho: Fraction, variance: Fraction, terms: int | None) -> Any:
    second, r = moment_balls(nonlinearity, variance)["second"], _ball(rho)
    count = terms or 24
    while True:
        h = _coefficients(nonlinearity, variance, count)
        total, squares = arb(0), arb(0)
        for k, one in enumerate(h):
            squares += one * one
            total += one * one * r**k
        left = (second - squares).upper().max(arb(0))
        rest = (left * abs(r) ** count).upper()
        if terms is not None or count == MOST or rest <= second * ENOUGH:
            return total + (arb(0).union(rest) if rho >= 0 else arb(0, rest))
        # that many if the h_k fell no further; more would be in vain
        count = min(MOST, max(2 * count, int(math.log(float(ENOUGH * second / left)) / _log(rho)) + 1))


def _closed_form(nonlinearity: Nonlinearity, rho: Fraction, variance: Fraction) -> Any:
    """At ρ = -1, 0, 1, and for a x + b |x|; None elsewhere."""
    balls = moment_balls(nonlinearity, variance)
    if rho == 0:
        return balls["mean"] ** 2
    if rho == 1:
        return balls["second"]
    if rho == -1:
        if nonlinearity.parity is not None:
            return balls["second"] * (-1) ** nonlinearity.parity
        return moment_balls(_against_itself(nonlinearity), variance)["mean"]
    two_sided = _two_slopes(nonlinearity)
    if two_sided is None:
        return None
    left, right = two_sided
    a, b, r, q = (right + left) / 2, (right - left) / 2, _ball(rho), _ball(variance)
    both_sizes = (2 / arb.pi()) * ((1 - r * r).sqrt() + r * r.asin())  # E|u||v| at variance 1
    return q * (_ball(a * a) * r + _ball(b * b) * both_sizes)


def _against_itself(nonlinearity: Nonlinearity) -> Nonlinearity:
    """x ↦ σ(x) σ(-x)."""
    source = nonlinearity.source
    if isinstance(source, Rational | Piecewise):
        return read_nonlinearity(source * source.reflect())
    product = source.expression * source.expression.xreplace({x: -x})
    return Nonlinearity(f"{source.name} times its reflection", Activation(source.name, product))


def _two_slopes(nonlinearity: Nonlinearity) -> tuple[Fraction, Fraction] | None:
    """The slopes of a function that is proved to be two straight lines through 0, left and right of it."""
    if isinstance(nonlinearity.source, Rational):
        return None
    if isinstance(nonlinearity.source, Piecewise):
        return _two_lines(nonlinearity.source)
    try:
        parts = branches(nonlinearity.source.expression, -sympy.oo, sympy.oo)
    except DomainError:
        return None
    if [(lower, upper) for lower, upper, _ in parts] != [(-sympy.oo, 0), (0, sympy.oo)]:
        return None
    slopes = []
    for _, _, branch in parts:
        quotient = as_quotient(branch)
        if quotient is None or quotient[1].degree() > 0 or quotient[0].degree() > 1 or quotient[0][0] != 0:
            return None
        slope = quotient[0][1] / quotient[1][0]
        slopes.append(Fraction(int(slope.p), int(slope.q)))
    return slopes[0], slopes[1]


def _two_lines(f: Piecewise) -> tuple[Fraction, Fraction] | None:
    if f.breakpoints != (Fraction(0),) or any(n or m > 1 or piece.p[0] for piece in f.pieces for m, n in [piece.type]):
        return None
    left, right = (Fraction(piece.p[1]) if piece.type == (1, 0) else Fraction(0) for piece in f.pieces)
    return left, right


def _log(rho: Fraction) -> float:
    """log |ρ| < 0, also very near to 1."""
    return min(math.log1p(-float(1 - abs(rho))) if abs(rho) > Fraction(1, 2) else math.log(abs(rho)), -1e-6)


def _read_correlation(rho: int | float | str | Fraction) -> Fraction:
    try:
        if isinstance(rho, bool):
            raise ValueError
        value = Fraction(rho)
    except (TypeError, ValueError, ZeroDivisionError, OverflowError) as error:
        raise ValueError(f"rho={rho!r}: a correlation is a number from -1 to 1") from error
    if abs(value) > 1:
        raise ValueError(f"rho={rho!r}: a correlation is a number from -1 to 1")
    return value


def _ball(value: Fraction) -> Any:
    return arb(value.numerator) / value.denominator
