"""The smallest and the largest eigenvalue of a symmetric ball matrix, enclosed by LDLᵀ with a shift.

A small radius of the entries says nothing of the smallest eigenvalue. But if K - μI is proved positive definite, every
symmetric matrix in the balls has its eigenvalues above μ; and any vector's Rayleigh quotient vᵀKv/vᵀv is above the
smallest eigenvalue and below the largest.

Elimination with balls loses bits at every step. So LDLᵀ is computed without radii first; its L⁻¹, taken as an exact
unit triangular X, makes X K Xᵀ nearly diagonal, and the elimination of that one loses nothing. Being a congruence, it
is positive definite where K is.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from operator import mul
from typing import Any, NamedTuple

import numpy as np
from flint import acb_mat, arb, arb_mat

__all__ = ["Range", "all_eigenvalues", "congruence", "extremes", "log10_bounds", "pivots"]

Check = Callable[[], None]
SLACK = (-30, -20, -10, -6, -3, -1)
"""Tried distances, as powers of 2 relative to the Rayleigh quotient, between the two bounds of an eigenvalue."""


class Range(NamedTuple):
    """Bounds: lower <= eigenvalue <= upper. The lower one is 0 where a matrix is not proved positive definite."""

    lower: Any
    upper: Any


def extremes(matrix: Any, check: Check = lambda: None) -> tuple[Range, Range]:
    """(smallest, largest) eigenvalue of every positive semidefinite matrix in an `arb_mat`."""
    low, high = _starts(matrix)
    return _smallest(matrix, low, check), _largest(matrix, high, check)


def pivots(rows: Sequence[Sequence[Any]], check: Check = lambda: None, signs: tuple[int, ...] = (1,)) -> list[Any]:
    """d_0, d_1, ... of LDLᵀ in ball arithmetic, ending with the first that is not proved to have one of the signs."""
    found: list[Any] = []
    factors: list[list[Any]] = []
    for i, row in enumerate(rows):
        check()
        u: list[Any] = []
        for value, factor in zip(row, factors, strict=False):
            u.append(value - sum(map(mul, u, factor), arb(0)))
        factors.append([a / d for a, d in zip(u, found, strict=True)])
        found.append(row[i] - sum(map(mul, u, factors[i]), arb(0)))
        if not any(sign * found[i] > 0 for sign in signs):
            break
    return found


def congruence(matrix: Any, check: Check = lambda: None) -> tuple[Any, list[Any]]:
    """X unit lower triangular and d with X K Xᵀ near diag(d), both exact numbers; no promise how near."""
    rows, size = matrix.mid().tolist(), matrix.nrows()
    factors: list[list[Any]] = []
    found: list[Any] = []
    inverse: list[list[Any]] = []
    tiny = arb(2) ** -4096
    for i, row in enumerate(rows):
        check()
        u: list[Any] = []
        for value, factor in zip(row, factors, strict=False):
            u.append((value - sum(map(mul, u, factor), arb(0))).mid())
        factor = [(a / d).mid() for a, d in zip(u, found, strict=True)]
        pivot = (row[i] - sum(map(mul, u, factor), arb(0))).mid()
        # where the precision is too small pivots are noise: any number does, as X needs no property but its shape
        found.append(tiny if pivot.is_zero() else pivot)
        factors.append(factor)
        own = [arb(0)] * i + [arb(1)]
        for j, coefficient in enumerate(factor):
            for k, value in enumerate(inverse[j]):
                own[k] -= coefficient * value
            own[: j + 1] = [value.mid() for value in own[: j + 1]]
        inverse.append(own)
    return arb_mat([own + [arb(0)] * (size - len(own)) for own in inverse]), found


def _smallest(matrix: Any, start: Any, check: Check) -> Range:
    x, d = congruence(matrix, check)
    across = x.transpose()
    plain = x * matrix * across
    found = pivots(plain.tolist(), check)
    if len(found) < matrix.nrows() or not found[-1] > 0:
        # a pivot is the least of wᵀ(X K Xᵀ)w over w that end in 1 there; the vectors Xᵀw are then longer than 1
        bound = found[-1].upper()
        return Range(arb(0), bound if bound > 0 else arb(0))
    # K⁻¹ is near Xᵀ diag(1/d) X
    v, best = _column(start), arb.pos_inf()
    for _ in range(60):
        check()
        v = x * v
        v = _unit(across * arb_mat(v.nrows(), 1, [value / pivot for value, pivot in zip(v.entries(), d, strict=True)]))
        quotient = _quotient(matrix, v).upper()
        settled = quotient > best * (1 - arb(2) ** -30)
        best = quotient if quotient < best else best
        if settled:
            break
    square = x * across
    for power in SLACK:
        below = (best * (1 - arb(2) ** power)).lower()
        shifted = pivots((plain - square * below).tolist(), check)
        if len(shifted) == matrix.nrows() and shifted[-1] > 0:
            return Range(below, best)
    return Range(arb(0), best)


def _largest(matrix: Any, start: Any, check: Check) -> Range:
    v, best = _column(start), arb(0)
    for _ in range(12):
        check()
        quotient = _quotient(matrix, v).lower()
        settled = quotient < best * (1 + arb(2) ** -30)
        best = quotient if quotient > best else best
        if settled:
            break
        v = _unit(matrix * v)
    size = matrix.nrows()
    for power in SLACK:
        above = (best * (1 + arb(2) ** power)).upper()
        shifted = arb_mat(size, size, [above if k % (size + 1) == 0 else arb(0) for k in range(size**2)]) - matrix
        found = pivots(shifted.tolist(), check)
        if len(found) == size and found[-1] > 0:
            return Range(best, above)
    return Range(best, matrix.trace().upper())


def _starts(matrix: Any) -> tuple[Any, Any]:
    """Vectors near the first and the last eigenvector, by floats."""
    size, entries = matrix.nrows(), matrix.entries()
    scale = max(abs(value).upper() for value in entries)
    floats = np.array([float((value / scale).mid()) for value in entries]).reshape(size, size)
    _, vectors = np.linalg.eigh((floats + floats.T) / 2)
    return vectors[:, 0], vectors[:, -1]


def _column(values: Any) -> Any:
    return arb_mat(len(values), 1, [arb(float(value)) for value in values])


def _quotient(matrix: Any, v: Any) -> Any:
    """vᵀKv/vᵀv as a ball, for an exact vector."""
    row = v.transpose()
    return (row * matrix * v)[0, 0] / (row * v)[0, 0]


def _unit(v: Any) -> Any:
    """An exact vector near v scaled to a largest entry near 1."""
    size = max(abs(value).upper() for value in v.entries())
    return arb_mat(v.nrows(), 1, [(value / size).mid() for value in v.entries()])


def all_eigenvalues(matrix: Any, check: Check = lambda: None) -> list[Range]:
    """Every eigenvalue of every symmetric matrix in an `arb_mat`, ascending; the k-th is proved within the k-th range.

    By Sylvester's law of inertia: K - μI has as many negative pivots as K has eigenvalues below μ. A range that is not
    proved at this precision has the ends -∞ and ∞.
    """
    size = matrix.nrows()
    guesses = sorted((value.real.mid() for value in acb_mat(matrix.mid()).eig(algorithm="approx")), key=_order)
    found = []
    for k, guess in enumerate(guesses):
        proved = Range(arb.neg_inf(), arb.pos_inf())
        for power in SLACK[:3]:
            check()
            slack = abs(guess) * arb(2) ** power
            low, high = (guess - slack).lower(), (guess + slack).upper()
            below, above = _below(matrix, low, check), _below(matrix, high, check)
            if below is not None and above is not None and below <= k < above <= size:
                proved = Range(low, high)
                break
        found.append(proved)
    return found


def _below(matrix: Any, shift: Any, check: Check) -> int | None:
    """How many eigenvalues are below the shift; None where a pivot's sign is not proved."""
    size = matrix.nrows()
    moved = matrix - arb_mat(size, size, [shift if k % (size + 1) == 0 else arb(0) for k in range(size**2)])
    x, _ = congruence(moved, check)
    found = pivots((x * moved * x.transpose()).tolist(), check, signs=(1, -1))
    if len(found) < size or not (found[-1] > 0 or found[-1] < 0):
        return None
    return sum(1 for pivot in found if pivot < 0)


def _order(value: Any) -> Any:
    return value.fmpq()


def log10_bounds(smallest: Range, largest: Range) -> tuple[float, float]:
    """Floats around log10 of largest/smallest."""
    ten = arb(10).log()
    lower = (largest.lower / smallest.upper).log() / ten if smallest.upper > 0 else arb.pos_inf()
    upper = (largest.upper / smallest.lower).log() / ten if smallest.lower > 0 else arb.pos_inf()
    return (
        math.nextafter(float(lower.lower()), -math.inf) if lower.is_finite() else 0.0,
        math.nextafter(float(upper.upper()), math.inf) if upper.is_finite() else math.inf,
    )
