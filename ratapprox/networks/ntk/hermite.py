"""Gaussian expectations of smooth functions as power series in the correlation [DFS16].

    E[σ(u)σ(v)] = Σ_k a_k b_k ρ^k,    a_k = E[σ(√q₁₁ Z) h_k(Z)],  b_k likewise with q₂₂,  h_k orthonormal Hermite
    E[σ'(u)σ'(v)] likewise, with the coefficients of σ'

The coefficients are integrals in one variable, one set for each variance; the pairs cost a few operations each.
By Parseval and Cauchy-Schwarz the terms left out are at most |ρ|^K √(r₁ r₂), r = E[σ²] - Σ_{k<K} a_k².
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from ratapprox.networks.ntk.fixed import Array, Fixed
from ratapprox.networks.ntk.trapezoid import band

__all__ = ["Series", "by_series"]

MOST = 600
"""Terms of the series at most."""

EPSILON = float(np.finfo(np.float64).eps)


class Series(NamedTuple):
    """value, slope: E[σ(u)σ(v)] and E[σ'(u)σ'(v)]; bounds of their errors; √(E σ(u)² E σ(v)²)."""

    value: Array
    slope: Array
    value_error: Array
    slope_error: Array
    value_size: Array
    slope_size: Array


def by_series(sigma: Fixed, q11: Array, q22: Array, rho: Array) -> Series:
    """For variances q11, q22 and correlations rho, arrays of one shape (n,).

    Raises `ValueError` as `trapezoid.band`.
    """
    variances, where = np.unique(np.concatenate([q11, q22]), return_inverse=True)
    first, second = where[: len(q11)], where[len(q11) :]
    deviations = np.sqrt(variances)
    frequency, reach = band(sigma, float(variances[-1]), 1)
    # of products with the last Hermite function, and of squares
    step = 2 * math.pi / max(frequency + 1.1 * math.sqrt(MOST), 2 * frequency)
    half = math.ceil(reach / step)
    z = step * np.arange(-half, half + 1)
    root = np.exp(-z * z / 4) / (2 * math.pi) ** 0.25
    value, slope = (f * root for f in sigma.jet(deviations[:, None] * z))
    squares, slope_squares = (step * (f * f).sum(axis=1) for f in (value, slope))
    hermite = step * _hermite_functions(z, root).T
    # b_k = √(k + 1) a_(k+1)/√q too, but that is lost where the variance q is small or 0
    a, b = value @ hermite, slope @ hermite

    terms = _enough(a, squares, rho)
    pairs = [_summed(c[:, :terms], first, second, rho) for c in (a, b)]
    errors, sizes = [], []
    for c, total in ((a, squares), (b, slope_squares)):
        rest = np.maximum(total - (c[:, :terms] ** 2).sum(axis=1), 0.0) + 8 * EPSILON * total
        sizes.append(np.sqrt(total[first] * total[second]))
        errors.append(np.abs(rho) ** terms * np.sqrt(rest[first] * rest[second]) + 16 * EPSILON * sizes[-1])
    # σ'² at correlation 1 is an integral of its own, and exact however slowly the series converges
    for found, error, f, total in zip(pairs, errors, (value, slope), (squares, slope_squares), strict=True):
        for sign in (1, -1):
            ends = np.flatnonzero(rho == sign)
            found[ends] = step * (f[first[ends]] * f[second[ends], ::sign]).sum(axis=1)
            error[ends] = 16 * EPSILON * np.sqrt(total[first[ends]] * total[second[ends]])
    return Series(pairs[0], pairs[1], errors[0], errors[1], sizes[0], sizes[1])


def _hermite_functions(z: Any, root: Array) -> Array:
    """h_k(z) φ(z)^½, k = 0 .. MOST - 1, by the recurrence that keeps them of size 1."""
    found = np.empty((MOST, len(z)))
    found[0], found[1] = root, z * root
    for k in range(1, MOST - 1):
        found[k + 1] = (z * found[k] - math.sqrt(k) * found[k - 1]) / math.sqrt(k + 1)
    return found


def _enough(a: Array, squares: Array, rho: Array) -> int:
    """How many terms leave nothing above rounding, if so many there are."""
    inside = np.abs(rho[np.abs(rho) < 1])
    if not inside.size:
        return 2
    left = np.maximum(1 - np.cumsum(a * a, axis=1) / np.maximum(squares, 1e-300)[:, None], EPSILON).max(axis=0)
    small = np.flatnonzero(left * float(inside.max()) ** np.arange(1, MOST + 1) * np.arange(1, MOST + 1) < 1e-17)
    return int(small[0]) + 2 if small.size and small[0] + 2 < MOST else MOST


def _summed(c: Array, first: Any, second: Any, rho: Array) -> Array:
    """Σ_k c_k c'_k ρ^k by Horner's rule, for all pairs at once."""
    columns = np.ascontiguousarray(c.T)
    total = np.zeros_like(rho)
    for column in columns[::-1]:
        total *= rho
        total += column[first] * column[second]
    return total
