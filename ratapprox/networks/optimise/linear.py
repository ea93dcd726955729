"""Positive definite systems and least squares, on NumPy or CuPy; what cannot be solved says None, not NaN."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ratapprox.networks.optimise.protocol import namespace

__all__ = ["least_squares", "orthonormal", "positive_solve", "positive_solver"]


def positive_solve(matrix: Any, b: Any) -> Any:
    """A⁻¹b for a symmetric positive definite A, by Cholesky; None where A is not, to working precision."""
    solve = positive_solver(matrix)
    return None if solve is None else solve(b)


def positive_solver(matrix: Any) -> Callable[[Any], Any] | None:
    """b -> A⁻¹b, or None where that is not finite; None where A is not positive definite, to working precision."""
    xp = namespace(matrix)
    if xp is np:
        from scipy.linalg import lapack

        factor, solve = (lapack.dpotrf, lapack.dpotrs) if matrix.dtype == np.float64 else (lapack.spotrf, lapack.spotrs)
        # LAPACK reads columns: the transpose of a symmetric matrix in rows is the same numbers, and no copy.
        triangle, fault = factor(matrix.T, lower=False, clean=False)
        if fault:
            return None
        return lambda b: _finite(solve(triangle, b, lower=False)[0])
    try:
        triangle = xp.linalg.cholesky(matrix)
    except np.linalg.LinAlgError:
        return None
    return lambda b: _finite(xp.linalg.solve(triangle.T, xp.linalg.solve(triangle, b)))


def _finite(found: Any) -> Any:
    return found if bool(namespace(found).isfinite(found).all()) else None


def least_squares(matrix: Any, b: Any, cutoff: float) -> Any:
    """The x of least norm that minimises |Ax - b|; singular values below `cutoff` times the largest count as 0."""
    xp = namespace(matrix)
    left, values, right = xp.linalg.svd(matrix, full_matrices=False)
    kept = values > cutoff * values[0]
    inverse = xp.where(kept, 1 / xp.where(kept, values, 1), 0)
    return right.T @ (inverse * (left.T @ b))


def orthonormal(matrix: Any, cutoff: float) -> Any:
    """An orthonormal basis, in columns, of the space of the columns, as far as singular values exceed the cutoff."""
    left, values, _ = namespace(matrix).linalg.svd(matrix, full_matrices=False)
    return left[:, values > cutoff * values[0]]
