"""The losses: regression, classification, the residual of a differential equation, and the Rayleigh quotient."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from ratapprox.networks.losses import LeastSquares, Objective, stack
from ratapprox.networks.mlp import Mlp

__all__ = [
    "Classification",
    "LeastSquares",
    "Objective",
    "RayleighQuotient",
    "Regression",
    "Residual",
    "classification",
    "rayleigh",
    "regression",
    "residual",
    "stack",
]


@dataclass(frozen=True, eq=False, repr=False)
class Regression(LeastSquares):
    """mean (y(x) - target)², over samples and outputs."""

    target: Any

    def remainders(self, jet: Any) -> Any:
        return jet[0] - self.target

    def chained(self, jet: Any, v: Any) -> Any:
        return v[None]


def regression(net: Mlp, x: Any, target: Any) -> Regression:
    """The mean squared error of a network at x (N, D) against targets (N, out); with a leading axis E, of E networks.

    Raises `ValueError` for shapes that do not go together, `TypeError` for dtypes that differ.

    >>> from ratapprox.networks.units import unit
    >>> net = Mlp((1, 1), unit("tanh"))
    >>> objective = regression(net, np.array([[0.0], [1.0]]), np.array([[1.0], [1.0]]))
    >>> loss, gradient = objective.value_and_gradient(np.array([[3.0, 0.0], [0.0, 1.0]]))
    >>> loss, gradient
    (array([2.5, 0. ]), array([[2., 1.], [0., 0.]]))
    """
    outputs = net.widths[-1]
    if target.shape != (*x.shape[:-1], outputs):
        raise ValueError(f"targets have shape {tuple(target.shape)}, and not {(*x.shape[:-1], outputs)}")
    return Regression(net, x, x.shape[-2] * outputs, target)


@dataclass(frozen=True, eq=False, repr=False)
class Classification(Objective):
    """mean (log Σ_j exp y_j(x) - y_label(x)), over samples."""

    labels: Any

    def sums(self, jet: Any) -> tuple[Any, ...]:
        scores = jet[0]
        top = scores.max(axis=-1)
        spread = np.log(np.exp(scores - top[..., None]).sum(axis=-1)) + top
        return ((spread - (scores * self._chosen(scores)).sum(axis=-1)).sum(axis=-1),)

    def value(self, sums: tuple[Any, ...]) -> Any:
        return sums[0] / self.count

    def cotangent(self, jet: Any, sums: tuple[Any, ...]) -> Any:
        shares = np.exp(jet - jet.max(axis=-1, keepdims=True))
        shares /= shares.sum(axis=-1, keepdims=True)
        return (shares - self._chosen(jet[0])) * (1 / self.count)

    def _chosen(self, scores: Any) -> Any:
        """1 at the label, 0 elsewhere, (N, classes)."""
        return (self.labels[..., None] == np.arange(scores.shape[-1], like=scores)).astype(scores.dtype)


def classification(net: Mlp, x: Any, labels: Any) -> Classification:
    """The cross entropy of the softmax of a network's outputs against labels (N,), integers from 0.

    Raises `ValueError` for labels that are no output of the network.
    """
    classes = net.widths[-1]
    if labels.dtype.kind not in "iu" or labels.shape != x.shape[:-1]:
        raise ValueError(f"labels are integers {x.shape[:-1]}, not {labels.dtype} {tuple(labels.shape)}")
    if labels.size and (int(labels.min()) < 0 or int(labels.max()) >= classes):
        raise ValueError(f"labels go from {labels.min()} to {labels.max()}, and the network has {classes} outputs")
    return Classification(net, x, x.shape[-2], labels)


@dataclass(frozen=True, eq=False, repr=False)
class Residual(LeastSquares):
    """mean r², r = by_laplacian Δv + by_gradient·∇v + by_value v + ρ(lift + factor v) - source, v the network."""

    by_laplacian: Any
    by_gradient: Any
    by_value: Any
    source: Any
    lift: Any
    factor: Any
    reaction: Callable[[Any], tuple[Any, Any]] | None
    order: ClassVar[int] = 2

    def remainders(self, jet: Any) -> Any:
        v, slopes, second = jet[0, ..., 0], jet[1:-1, ..., 0], jet[-1, ..., 0]
        r = self.by_laplacian * second + self.by_value * v - self.source
        for i, slope in enumerate(slopes):
            r += self.by_gradient[..., i] * slope
        if self.reaction is not None:
            r += self.reaction(self.lift + self.factor * v)[0]
        return r[..., None]

    def chained(self, jet: Any, v: Any) -> Any:
        found, v = np.empty_like(jet), v[..., 0]
        slope = self.by_value
        if self.reaction is not None:
            slope = slope + self.factor * self.reaction(self.lift + self.factor * jet[0, ..., 0])[1]
        found[0, ..., 0] = v * slope
        for i in range(len(jet) - 2):
            found[1 + i, ..., 0] = v * self.by_gradient[..., i]
        found[-1, ..., 0] = v * self.by_laplacian
        return found


def residual(net: Mlp, x: Any, operator: Any, lift: Any = None, factor: Any = None) -> Residual:
    """The mean squared residual at x (N, D) of a Δu + b·∇u + c u + ρ(u) = f, where u = g + D·v and v is the network.

    operator: has laplacian a (N,), gradient b (N, D), value c (N,), source f (N,), and reaction: None, or a function
    u -> (ρ(u), ρ'(u)). lift, factor: g and D, each with value (N,), gradient (N, D) and laplacian (N,); 0 and 1 where
    they are None. Derivatives of D·v are taken by the product rule once, here: ∂r/∂Δv = a D,
    ∂r/∂∇v = D b + 2a ∇D, ∂r/∂v = c D + b·∇D + a ΔD (+ D ρ').

    Raises `ValueError` for a network with several outputs.
    """
    if net.widths[-1] != 1:
        raise ValueError(f"an equation for one function needs a network with 1 output, not {net.widths[-1]}")
    a, b, c = operator.laplacian, operator.gradient, operator.value
    zero, one = np.zeros_like(c), np.ones_like(c)
    g, dg, lg = (zero, np.zeros_like(x), zero) if lift is None else (lift.value, lift.gradient, lift.laplacian)
    d, dd, ld = (one, np.zeros_like(x), zero) if factor is None else (factor.value, factor.gradient, factor.laplacian)
    return Residual(
        net,
        x,
        x.shape[-2],
        by_laplacian=a * d,
        by_gradient=d[..., None] * b + 2 * a[..., None] * dd,
        by_value=c * d + (b * dd).sum(axis=-1) + a * ld,
        source=operator.source - (a * lg + (b * dg).sum(axis=-1) + c * g),
        lift=g,
        factor=d,
        reaction=operator.reaction,
    )


@dataclass(frozen=True, eq=False, repr=False)
class RayleighQuotient(Objective):
    """Σ w (|∇u|² + V u²) / Σ w u², u = factor·v, v the network."""

    weights: Any
    potential: Any
    factor: Any
    slopes: Any
    order: ClassVar[int] = 1
    twice: ClassVar[bool] = True

    def sums(self, jet: Any) -> tuple[Any, ...]:
        u, slopes = self._solution(jet)
        energy = sum(s * s for s in slopes) + self.potential * u * u
        return ((self.weights * energy).sum(axis=-1), (self.weights * u * u).sum(axis=-1))

    def value(self, sums: tuple[Any, ...]) -> Any:
        return sums[0] / sums[1]

    def cotangent(self, jet: Any, sums: tuple[Any, ...]) -> Any:
        # of A/B: (dA - (A/B) dB)/B
        (u, slopes), quotient = self._solution(jet), (sums[0] / sums[1])[..., None]
        scale = 2 * self.weights / sums[1][..., None]
        found = np.empty_like(jet)
        found[0, ..., 0] = (self.potential - quotient) * u * self.factor
        for i, s in enumerate(slopes):
            found[0, ..., 0] += s * self.slopes[..., i]
            found[1 + i, ..., 0] = scale * s * self.factor
        found[0, ..., 0] *= scale
        return found

    def _solution(self, jet: Any) -> tuple[Any, list[Any]]:
        """u and the D derivatives of u."""
        v = jet[0, ..., 0]
        slopes = [self.factor * dv[..., 0] + v * self.slopes[..., i] for i, dv in enumerate(jet[1:])]
        return self.factor * v, slopes


def rayleigh(net: Mlp, x: Any, weights: Any, potential: Any, factor: Any = None) -> RayleighQuotient:
    """∫ (|∇u|² + V u²) / ∫ u² with nodes x (N, D) and weights (N,): at least the smallest λ of -Δu + V u = λ u.

    potential: V (N,). factor: D of u = D·v, with value (N,) and gradient (N, D), which makes u vanish where it should;
    1 where it is None, and then ∂u/∂n = 0 is what the minimum satisfies. Up to the error of quadrature.

    Raises `ValueError` for a network with several outputs.
    """
    if net.widths[-1] != 1:
        raise ValueError(f"an eigenfunction needs a network with 1 output, not {net.widths[-1]}")
    d, dd = (np.ones_like(weights), np.zeros_like(x)) if factor is None else (factor.value, factor.gradient)
    return RayleighQuotient(net, x, x.shape[-2], weights, potential, d, dd)
