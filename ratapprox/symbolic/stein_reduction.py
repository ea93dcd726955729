"""E[p(X)/q(X)] for normal X as exact rational multiples of a few integrals, one family for each factor of q.

With F an irreducible factor of q, Stein's identity E[g'(X)] = E[X g(X)]/variance for g = V/F^k reduces powers of F:

    P = U F + V F':   E[P/F^(k+1)] = E[U/F^k] + (E[V'/F^k] - E[X V/F^k]/variance)/k,

down to 1 and E[X^j/F(X)], j < deg F. Everything here is exact algebra over the rationals.
"""

from __future__ import annotations

from fractions import Fraction
from math import factorial
from typing import Any

from flint import fmpq, fmpq_poly

__all__ = ["Basis", "reduce_expectation"]

Basis = tuple[tuple[Fraction, ...], int]
"""(ascending coefficients of F, j) stands for E[X^j/F(X)]; ((), 0) for 1."""

ONE: Basis = ((), 0)
_X = fmpq_poly([0, 1])


def reduce_expectation(p: Any, q: Any, variance: Fraction) -> dict[Basis, Fraction]:
    """The rational coefficients of E[p(X)/q(X)], X ~ N(0, variance), in 1 and the E[X^j/F(X)].

    >>> found = reduce_expectation(fmpq_poly([1]), fmpq_poly([1, 0, 1]) ** 2, Fraction(1))
    >>> {basis: str(c) for basis, c in found.items()}
    {((), 0): '1/2'}
    """
    s = fmpq(variance.numerator, variance.denominator)
    common = p.gcd(q)
    p, q = p // common, q // common
    whole, rest = divmod(p, q)
    total: dict[Basis, Any] = {}
    _add_polynomial(total, whole, s)
    for factor, power in q.factor()[1]:
        F = fmpq_poly(factor)
        prime_power = F**power
        others = q // prime_power
        _, inverse, _ = others.xgcd(prime_power)
        _reduce_power(total, (rest * inverse) % prime_power, F, power, s)
    return {basis: Fraction(int(c.p), int(c.q)) for basis, c in total.items() if c != 0}


def _reduce_power(total: dict[Basis, Any], P: Any, F: Any, power: int, variance: Any) -> None:
    """Add E[P/F^power]."""
    slope = F.derivative()
    _, _, inverse = F.xgcd(slope)  # 1 = … F + inverse F', F being irreducible
    for k in range(power - 1, 0, -1):
        V = (P * inverse) % F
        U = (P - V * slope) // F
        P = U + (V.derivative() - _X * V / variance) / k
    whole, rest = divmod(P, F)
    _add_polynomial(total, whole, variance)
    even = F(-_X) == F
    key = tuple(Fraction(int(c.p), int(c.q)) for c in F.coeffs())
    for j, c in enumerate(rest.coeffs()):
        if even and j % 2 == 1:
            continue  # an odd function
        total[key, j] = total.get((key, j), fmpq(0)) + c


def _add_polynomial(total: dict[Basis, Any], P: Any, variance: Any) -> None:
    for k, c in enumerate(P.coeffs()):
        if k % 2 == 0:
            moment = variance ** (k // 2) * (factorial(k) // (2 ** (k // 2) * factorial(k // 2)))
            total[ONE] = total.get(ONE, fmpq(0)) + c * moment
