"""The smallest and the largest eigenvalue of a symmetric ball matrix, enclosed by LDLᵀ with a shift.

A small radius of the entries says nothing of the smallest eigenvalue. But if K - μI has an LDLᵀ factorisation whose
pivots are all proved positive, every symmetric matrix in the balls has its eigenvalues above μ; and any vector's
Rayleigh quotient vᵀKv/vᵀv is above the smallest eigenvalue and below the largest. [Par98]
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import mul
from typing import Any, NamedTuple

import numpy as np
from flint import arb, arb_mat

__all__ = ["Range", "extremes", "pivots"]

Check = Callable[[], None]
SLACK = (-24, -17, -10, -6, -3, -1)
"""Tried distances, as powers of 2 relative to the Rayleigh quotient, between the two bounds of an eigenvalue."""


class Range(NamedTuple):
    """Bounds as balls' ends: lower <= eigenvalue <= upper. lower is 0 where the matrix is not proved definite."""

    lower: Any
    upper: Any


class Factors(NamedTuple):
    """K = L diag(pivots) Lᵀ, L unit lower triangular: rows[i] holds L_i0 .. L_i(i-1). Ends at a pivot that may be 0."""

    pivots: list[Any]
    rows: list[list[Any]]


def pivots(rows: Sequence[Sequence[Any]], shift: Any = 0, check: Check = lambda: None) -> Factors:
    """LDLᵀ of K - shift I, the lower triangle of K given; stops after the first pivot not proved different from 0."""
    found: list[Any] = []
    factors: list[list[Any]] = []
    for i, row in enumerate(rows):
        check()
        # u_j = L_ij d_j, from left to right
        u: list[Any] = []
        for j in range(i):
            u.append(row[j] - sum(map(mul, u, factors[j]), arb(0)))
        l = [a / d for a, d in zip(u, found, strict=True)]
        pivot = row[i] - shift - sum(map(mul, u, l), arb(0))
        found.append(pivot)
        factors.append(l)
        if not (pivot > 0 or pivot < 0):
            break
    return Factors(found, factors)


def extremes(matrix: Any, check: Check = lambda: None) -> tuple[Range, Range]:
    """(smallest, largest) eigenvalue of every symmetric matrix in an `arb_mat`, by the precision of the caller."""
    rows = matrix.tolist()
    start_low, start_high = _starts(matrix)
    return _smallest(matrix, rows, start_low, check), _largest(matrix, rows, start_high, check)


def _starts(matrix: Any) -> tuple[Any, Any]:
    """Vectors near the first and the last eigenvector, by floats."""
    scale = max(abs(v).upper() for v in matrix.entries())
    floats = np.array([[float((v / scale).mid()) for v in row] for row in matrix.tolist()])
    _, vectors = np.linalg.eigh((floats + floats.T) / 2)
    return vectors[:, 0], vectors[:, -1]


def _column(values: Sequence[Any]) -> Any:
    return arb_mat(len(values), 1, [arb(float(v)) if not isinstance(v, arb) else v for v in values])


def _quotient(matrix: Any, v: Any) -> Any:
    """vᵀKv/vᵀv as a ball, for an exact vector."""
    t = v.transpose()
    return (t * matrix * v)[0, 0] / (t * v)[0, 0]


def _smallest(matrix: Any, rows: Any, start: Any, check: Check) -> Range:
    factors = pivots(rows, check=check)
    last = factors.pivots[-1]
    if len(factors.pivots) < len(rows) or not all(d > 0 for d in factors.pivots):
        # a pivot is the smallest of vᵀKv over vectors with v_j = 1 that end there, and these are longer than 1
        bound = last.upper()
        return Range(arb(0), bound if bound > 0 else arb(0))
    v, best = _column(start), None
    for _ in range(60):
        check()
        v = _solved(factors, v)
        quotient = _quotient(matrix, v).upper()
        settled = best is not None and quotient > best * (1 - arb(2) ** -30)
        best = quotient if best is None or quotient < best else best
        if settled:
            break
    for power in SLACK:
        below = (best * (1 - arb(2) ** power)).lower()
        shifted = pivots(rows, below, check)
        if len(shifted.pivots) == len(rows) and all(d > 0 for d in shifted.pivots):
            return Range(below, best)
    return Range(arb(0), best)


def _largest(matrix: Any, rows: Any, start: Any, check: Check) -> Range:
    v, best = _column(start), None
    for _ in range(12):
        check()
        quotient = _quotient(matrix, v).lower()
        settled = best is not None and quotient < best * (1 + arb(2) ** -30)
        best = quotient if best is None or quotient > best else best
        if settled:
            break
        v = _unit(matrix * v)
    negative = [[-value for value in row] for row in rows]
    for power in SLACK:
        above = (best * (1 + arb(2) ** power)).upper()
        shifted = pivots(negative, -above, check)
        if len(shifted.pivots) == len(rows) and all(d > 0 for d in shifted.pivots):
            return Range(best, above)
    return Range(best, sum((rows[i][i] for i in range(len(rows))), arb(0)).upper())


def _solved(factors: Factors, v: Any) -> Any:
    """Near K⁻¹v, an exact vector of length near 1: its error is of no account."""
    y: list[Any] = []
    for value, row in zip(v.entries(), factors.rows, strict=True):
        y.append((value - sum(map(mul, row, y), arb(0))).mid())
    y = [value / d for value, d in zip(y, factors.pivots, strict=True)]
    for i in range(len(y) - 1, -1, -1):
        y[i] = y[i].mid()
        for j, coefficient in enumerate(factors.rows[i]):
            y[j] -= coefficient * y[i]
    return _unit(_column(y))


def _unit(v: Any) -> Any:
    size = max(abs(value).upper() for value in v.entries())
    return arb_mat(v.nrows(), 1, [(value / size).mid() for value in v.entries()])
