"""Differential equations: the residual at collocation points, with its derivatives, and boundary values built in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from ratapprox.networks.problems.arrays import Array
from ratapprox.networks.problems.dataset import Dataset
from ratapprox.networks.problems.draws import draws
from ratapprox.networks.problems.value import Function, Problem


class Jet(NamedTuple):
    """A function with its first and second derivatives at N points.

    value [N]; gradient [N, d]; laplacian [N].
    """

    value: Any
    gradient: Any
    laplacian: Any


class Residual(NamedTuple):
    """r and its derivatives with respect to the function, its gradient and its Laplacian.

    value [..., N]; by_value [..., N]; by_gradient [..., N, d]; by_laplacian [..., N].
    """

    value: Any
    by_value: Any
    by_gradient: Any
    by_laplacian: Any


class Operator(NamedTuple):
    """The equation a(x) Δu + b(x)·∇u + c(x) u + ρ(u) = f(x) at N points.

    laplacian: a [N]; gradient: b [N, d]; value: c [N]; source: f [N]; reaction: u -> ρ(u), ρ'(u), by arithmetic alone.
    """

    laplacian: Any
    gradient: Any
    value: Any
    source: Any
    reaction: Callable[[Any], tuple[Any, Any]]

    def residual(self, u: Any, gradient: Any, laplacian: Any) -> Residual:
        """r = a Δu + b·∇u + c u + ρ(u) - f for u [..., N], ∇u [..., N, d], Δu [..., N]."""
        reaction, slope = self.reaction(u)
        linear = self.laplacian * laplacian + (self.gradient * gradient).sum(axis=-1) + self.value * u
        return Residual(linear + reaction - self.source, self.value + slope, self.gradient, self.laplacian)


def no_reaction(u: Any) -> tuple[Any, Any]:
    """ρ = 0."""
    return 0 * u, 0 * u


class Collocation(NamedTuple):
    """N points, the operator there, and the boundary conditions: u = g + D·v, D = 0 on the boundary, v the network.

    x [N, d]; operator; lift: g; factor: D. All the arrays of v may carry leading axes, one network each.
    """

    x: Any
    operator: Operator
    lift: Jet
    factor: Jet

    def solution(self, v: Any) -> Any:
        """u [..., N] of the network's values v [..., N]."""
        return self.lift.value + self.factor.value * v

    def mapped(self, function: Callable[[Any], Any]) -> Collocation:
        """The same with a function applied to every array: to move them to another device, or to another dtype."""
        a, b, c, f, reaction = self.operator
        return Collocation(
            function(self.x),
            Operator(function(a), function(b), function(c), function(f), reaction),
            Jet(*map(function, self.lift)),
            Jet(*map(function, self.factor)),
        )

    def residual(self, v: Any, gradient: Any, laplacian: Any) -> Residual:
        """r of u = g + D·v, with derivatives with respect to v, ∇v and Δv.

        ∇u = ∇g + v∇D + D∇v and Δu = Δg + vΔD + 2∇D·∇v + DΔv, so that by the chain rule
        ∂r/∂v = D (c + ρ') + b·∇D + a ΔD, ∂r/∂∇v = D b + 2a ∇D, ∂r/∂Δv = D a.
        """
        (g, dg, lg), (D, dD, lD) = self.lift, self.factor
        r, slope, b, a = self.operator.residual(
            g + D * v,
            dg + v[..., None] * dD + D[:, None] * gradient,
            lg + v * lD + 2 * (dD * gradient).sum(axis=-1) + D * laplacian,
        )
        return Residual(r, D * slope + (b * dD).sum(axis=-1) + a * lD, D[:, None] * b + 2 * a[:, None] * dD, D * a)


@dataclass(frozen=True, repr=False)
class Equation(Problem):
    """A boundary value problem, solved by a network that makes the residual small at random points of the domain.

    operator, lift, factor: x [N, d] -> the equation, g and D there. solution: x -> u [N]. draw: a generator and a
    number -> points, uniform in the domain. The data: y_train is the right-hand side f, y_validation the solution.
    """

    operator: Callable[[Array], Operator] = field(compare=False)
    lift: Callable[[Array], Jet] = field(compare=False)
    factor: Callable[[Array], Jet] = field(compare=False)
    solution: Function = field(compare=False)
    draw: Callable[[np.random.Generator, int], Array] = field(compare=False)

    def exact(self, x: Array) -> Array:
        return self.solution(x)[:, None]

    def at(self, x: Array) -> Collocation:
        """The residual at points x [N, d], ready to be evaluated at every step of a training."""
        return Collocation(x, self.operator(x), self.lift(x), self.factor(x))

    def data(self, seed: int, samples: int | None = None, validation: int | None = None) -> Dataset:
        samples, validation = self._counts(samples, validation)
        stream = draws(self.name, seed)
        x, far = self.draw(stream.training, samples), self.draw(stream.validation, validation)
        return Dataset(x, self.operator(x).source[:, None], far, self.exact(far))


def nothing(x: Array) -> Jet:
    """g = 0: homogeneous boundary values."""
    return Jet(np.zeros(len(x)), np.zeros_like(x), np.zeros(len(x)))


def unit_cube_factor(x: Array) -> Jet:
    """D = Π xᵢ(1 - xᵢ), which vanishes on the faces of [0, 1]^d.

    The products leave one coordinate out instead of dividing by it, so that the faces are no exception.
    """
    single = x * (1 - x)
    others = np.stack([np.prod(np.delete(single, i, axis=1), axis=1) for i in range(x.shape[1])], axis=1)
    return Jet(np.prod(single, axis=1), (1 - 2 * x) * others, -2 * others.sum(axis=1))
