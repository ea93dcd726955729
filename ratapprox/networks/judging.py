"""What a problem makes of a network: an objective at training points, and a judgement at validation points."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ratapprox.networks.mlp import Mlp
from ratapprox.networks.objective import Residual, classification, rayleigh, regression, residual
from ratapprox.networks.problems import Equation, Problem, Rayleigh
from ratapprox.networks.propagation import predict

__all__ = ["begin_as_if_mapped", "collocated", "judged"]


def judged(
    asked: Problem, net: Mlp, seed: int, samples: int | None, validation: int | None, dtype: Any
) -> tuple[Any, Callable[[Any], float]]:
    """The objective of a seed, and a function of parameters (P,) that measures it."""
    data = asked.data(seed, samples, validation)
    metric = asked.metric
    assert metric is not None
    if isinstance(asked, Equation):
        judging = asked.at(np.array(data.x_validation))

        def judge(theta: Any) -> float:
            u = judging.solution(predict(net, theta, judging.x)[:, 0])
            return metric(u[:, None], data.y_validation)

        return collocated(asked, net, dtype, np.array(data.x_train)), judge
    if isinstance(asked, Rayleigh):
        rule = asked.quadrature(samples)
        quotient = rayleigh(net, rule.x, rule.weights, rule.potential, rule.factor)

        def quotient_error(theta: Any) -> float:
            return metric(np.atleast_1d(quotient.loss(theta)), np.array([asked.eigenvalue]))

        return quotient.astype(dtype), quotient_error
    x, far = (asked.domain.to_unit(points) for points in (data.x_train, data.x_validation))
    make = classification if asked.kind == "classification" else regression
    objective = make(net, x, np.array(data.y_train)).astype(dtype)

    def measure(theta: Any) -> float:
        return metric(predict(net, theta, far), data.y_validation)

    return objective, measure


def collocated(asked: Equation, net: Mlp, dtype: Any, x: Any) -> Residual:
    """The residual of an equation at points x (N, d)."""
    there = asked.at(x)
    return residual(net, there.x, there.operator, there.lift, there.factor).astype(dtype)


def begin_as_if_mapped(net: Mlp, asked: Problem, parameters: Any) -> None:
    """Where inputs are not mapped to [-1, 1], for derivatives by them enter the loss: as if they had been.

    W x + b of the first layer becomes the W (2x - a - b)/(b - a) + b that it would have been.
    """
    if asked.kind in ("regression", "classification"):
        return
    lower, upper = np.array(asked.domain.lower), np.array(asked.domain.upper)
    first = net.layers(parameters)[0]
    scaled = first.weights * (2 / (upper - lower))[:, None]
    first.biases[...] -= np.einsum("i,eio->eo", (lower + upper) / 2, scaled)
    first.weights[...] = scaled
