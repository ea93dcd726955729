"""Infinitely wide networks: the Gaussian process that they are at the start, and their tangent kernel."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ratapprox.networks.ntk.fixed import Fixed
from ratapprox.networks.units import Unit

__all__ = ["InfiniteKernel", "infinite_kernel"]

Array = NDArray[np.float64]


@dataclass(frozen=True, repr=False)
class InfiniteKernel:
    """nngp: covariance of the outputs at the start; ntk: the tangent kernel; both (N, N), with the errors stated."""

    nngp: Array = field(compare=False)
    ntk: Array = field(compare=False)
    nngp_error: Array = field(compare=False)
    ntk_error: Array = field(compare=False)
    says: str

    def __repr__(self) -> str:
        worst = float(self.ntk_error.max() / np.abs(self.ntk).max())
        return (
            f"InfiniteKernel: {self.says}; {len(self.ntk)} samples, error ≤ {worst:.0e} of the largest entry (estimate)"
        )


def infinite_kernel(
    unit: Unit,
    x: Any,
    *,
    depth: int = 2,
    coefficients: Sequence[float] | None = None,
    weight_variance: float | Sequence[float] = 1.0,
    bias_variance: float | Sequence[float] = 0.0,
    kinds: Collection[str] = ("weights", "biases"),
) -> InfiniteKernel:
    """The limit of wide networks in the NTK parametrisation, with `depth` hidden layers and one output.

        z = w h/√d + b,   w ~ N(0, weight_variance), b ~ N(0, bias_variance), both trained
        Σ' = weight_variance E[σ(u)σ(v)] + bias_variance,   (u, v) ~ N(0, Σ)
        Θ' = E[σ(u)σ(v)] + 1 + weight_variance Θ E[σ'(u)σ'(v)]

    x: (N, d). coefficients: of σ, not trained; by default where the unit's begin. Variances: one for all layers or one
    for each of the depth + 1. kinds: whether weights and biases count in Θ. The stated errors are the difference to a
    coarser rule, carried through the layers: an estimate that is too large where the rule converges exponentially.

    Raises `ValueError` for no or infinite samples, and where the Gaussian expectations do not exist.

    Source: [JGH18]; [LBN18].

    >>> from ratapprox.networks.units import unit
    >>> found = infinite_kernel(unit("relu"), np.array([[1.0], [-1.0]]), depth=1, weight_variance=2.0)
    >>> found.nngp.round(12)
    array([[2., 0.],
           [0., 2.]])
    """
    x = np.asarray(x, dtype=np.float64)
    if x.ndim != 2 or not x.size:
        raise ValueError(f"samples form an array (N, d) with N ≥ 1, not {x.shape}")
    if not np.isfinite(x).all():
        raise ValueError("some numbers of the samples are not finite")
    if isinstance(depth, bool) or depth < 0:
        raise ValueError(f"depth={depth!r}: the number of hidden layers is 0 or more")
    for kind in kinds:
        if kind not in ("weights", "biases"):
            raise ValueError(f"{kind!r}: weights and biases are all that is trained in the limit")
    if not kinds:
        raise ValueError("no parameter counts: name weights, biases or both")
    from ratapprox.networks.ntk.gaussian_pairs import expectations

    sigma = Fixed(unit, _begun(unit) if coefficients is None else tuple(float(c) for c in coefficients))
    weight, bias = (_each(v, depth + 1, name) for v, name in ((weight_variance, "weight"), (bias_variance, "bias")))
    of_weights, of_biases = float("weights" in kinds), float("biases" in kinds)

    rows, columns = np.triu_indices(len(x))
    gram = (x @ x.T / x.shape[1])[rows, columns]
    cov, cov_error = weight[0] * gram + bias[0], np.finfo(np.float64).eps * np.abs(gram)
    ntk, ntk_error = of_weights * gram + of_biases, cov_error
    ends = np.flatnonzero(rows == columns)
    for sigma_w, sigma_b in zip(weight[1:], bias[1:], strict=True):
        own = cov[ends]
        pairs = expectations(sigma, own[rows], cov, own[columns])
        # an error of the covariance moves E[σσ] by no more than E[σ'σ'] near the diagonal times it, about
        steepest = float(np.abs(pairs.slope).max())
        carried = pairs.value_error + steepest * cov_error
        ntk_error = of_weights * carried + sigma_w * (np.abs(pairs.slope) * ntk_error + np.abs(ntk) * pairs.slope_error)
        ntk = of_weights * pairs.value + of_biases + sigma_w * ntk * pairs.slope
        cov, cov_error = sigma_w * pairs.value + sigma_b, sigma_w * carried
    says = f"{depth} hidden layers of {unit.name}, weight variance {_shown(weight)}, bias variance {_shown(bias)}"
    a, b, c, d = (_square(values, rows, columns, len(x)) for values in (cov, ntk, cov_error, ntk_error))
    return InfiniteKernel(a, b, c, d, says)


def _begun(unit: Unit) -> tuple[float, ...]:
    """Where the coefficients begin; a drawn one has no single value."""
    generator = np.random.default_rng(0)
    first, second = ([float(d.draw(generator, ())) for d in unit.initial] for _ in range(2))
    if first != second:
        raise ValueError(f"the coefficients of {unit.name} are drawn for each neuron: give numbers for them")
    return tuple(first)


def _each(variance: float | Sequence[float], layers: int, name: str) -> tuple[float, ...]:
    given = (variance,) * layers if isinstance(variance, float | int) else variance
    found = tuple(float(v) for v in given)
    if len(found) != layers or not all(0 <= v < np.inf for v in found):
        raise ValueError(f"{name}_variance={variance!r}: give one number ≥ 0, or one for each of the {layers} layers")
    return found


def _square(values: Array, rows: Any, columns: Any, size: int) -> Array:
    whole = np.empty((size, size))
    whole[rows, columns] = values
    whole[columns, rows] = values
    return whole


def _shown(values: tuple[float, ...]) -> str:
    return f"{values[0]:g}" if len(set(values)) == 1 else ", ".join(f"{v:g}" for v in values)
