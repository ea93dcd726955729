"""Eigenvalue problems by their Rayleigh quotient, integrated by Gauss's rule."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, ClassVar, NamedTuple

import numpy as np

from ratapprox.networks.problems.arrays import Array
from ratapprox.networks.problems.dataset import Dataset
from ratapprox.networks.problems.draws import draws
from ratapprox.networks.problems.residual import Jet
from ratapprox.networks.problems.value import Function, Problem


class Quotient(NamedTuple):
    """The Rayleigh quotient R and its derivatives with respect to the network's values and slopes at the nodes.

    value [...]; by_value [..., N]; by_gradient [..., N, 1].
    """

    value: Any
    by_value: Any
    by_gradient: Any


class Quadrature(NamedTuple):
    """N nodes of an integral over the interval, the potential there and the factor D of u = D·v.

    x [N, 1]; weights [N]; potential: V [N]; factor: D, with its derivatives.
    """

    x: Any
    weights: Any
    potential: Any
    factor: Jet

    def quotient(self, v: Any, gradient: Any) -> Quotient:
        """R = ∫ (u′² + V u²) / ∫ u² with u = D·v, for v [..., N] and ∇v [..., N, 1]: at least the smallest eigenvalue.

        Up to the error of quadrature, which is why a rule needs more nodes than the network has bends. With weights w
        and M = Σ w u² the derivatives are ∂R/∂u = 2w (V - R) u/M and ∂R/∂u′ = 2w u′/M, u′ = D v′ + D′v.
        """
        D, dD, V, w = self.factor.value, self.factor.gradient[:, 0], self.potential, self.weights
        u, slope = D * v, D * gradient[..., 0] + dD * v
        mass = (w * u * u).sum(axis=-1)
        R = (w * (slope * slope + V * u * u)).sum(axis=-1) / mass
        by_u = 2 * w * (V - R[..., None]) * u / mass[..., None]
        by_slope = 2 * w * slope / mass[..., None]
        return Quotient(R, D * by_u + dD * by_slope, (D * by_slope)[..., None])

    def mapped(self, function: Callable[[Any], Any]) -> Quadrature:
        """The same with a function applied to every array: to move them to another device, or to another dtype."""
        x, weights, potential = map(function, self[:3])
        return Quadrature(x, weights, potential, Jet(*map(function, self.factor)))


_gauss = lru_cache(maxsize=8)(np.polynomial.legendre.leggauss)


@dataclass(frozen=True, repr=False)
class Rayleigh(Problem):
    """-u″ + V u = λ u on an interval, u = 0 at its ends: the smallest λ, which minimises the Rayleigh quotient.

    potential, factor, ground: x [N, 1] -> V [N], D, and the eigenfunction [N], positive and of norm 1. eigenvalues: the
    first few, exact. The data: Gauss's nodes with V there; random validation points with the eigenfunction. The metric
    compares the array [R] with [eigenvalues[0]].

    Its networks begin with drawn biases. With biases 0 one of tanh or sine is odd about the middle and stays so, for
    the gradient by the biases is 0 too: it would find the second eigenvalue.
    """

    potential: Function = field(compare=False)
    factor: Callable[[Array], Jet] = field(compare=False)
    ground: Function = field(compare=False)
    eigenvalues: tuple[float, ...]
    start: ClassVar[str] = "xavier-biases"

    @property
    def eigenvalue(self) -> float:
        """The smallest one."""
        return self.eigenvalues[0]

    def exact(self, x: Array) -> Array:
        return self.ground(x)[:, None]

    def quadrature(self, samples: int | None = None) -> Quadrature:
        """Gauss's rule with so many nodes: exact for polynomials of degree 2·samples - 1."""
        samples, _ = self._counts(samples, None)
        nodes, weights = _gauss(samples)
        x = self.domain.from_unit(nodes[:, None])
        half = (self.domain.upper[0] - self.domain.lower[0]) / 2
        return Quadrature(x, half * weights, self.potential(x), self.factor(x))

    def data(self, seed: int, samples: int | None = None, validation: int | None = None) -> Dataset:
        samples, validation = self._counts(samples, validation)
        rule = self.quadrature(samples)
        far = self.domain.uniform(draws(self.name, seed).validation, validation)
        return Dataset(rule.x, rule.potential[:, None], far, self.exact(far))
