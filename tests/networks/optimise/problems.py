"""Analytic problems of which everything is known; sums of squares have the loss Σr²/M."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Squares:
    """Σ r²/M for r: (P,) -> (M,) with its Jacobian (M, P)."""

    r: Callable[[Any], Any]
    slope: Callable[[Any], Any]

    def residuals(self, parameters):
        return self.r(parameters)

    def jacobian(self, parameters):
        return self.slope(parameters)

    def pullback(self, parameters, cotangent):
        return self.slope(parameters).T @ cotangent

    def value_and_gradient(self, parameters):
        rs = [self.r(p) for p in parameters]
        losses = np.array([r @ r / r.size for r in rs])
        return losses, np.array([2 * self.pullback(p, r) / r.size for p, r in zip(parameters, rs, strict=True)])


ROSENBROCK = Squares(
    lambda p: np.array([10 * (p[1] - p[0] ** 2), 1 - p[0]]),
    lambda p: np.array([[-20 * p[0], 10.0], [-1.0, 0.0]]),
)
"""(Rosenbrock, 1960): the minimum 0 is at (1, 1), the start (-1.2, 1)."""

ROSENBROCK_START = np.array([[-1.2, 1.0]])


def exponentials(x, y) -> Squares:
    """Σ_i c_i exp(-a_i x) - y for parameters a_1, a_2, c_1, c_2."""

    def r(p):
        return p[2] * np.exp(-p[0] * x) + p[3] * np.exp(-p[1] * x) - y

    def slope(p):
        e1, e2 = np.exp(-p[0] * x), np.exp(-p[1] * x)
        return np.stack([-p[2] * x * e1, -p[3] * x * e2, e1, e2], axis=1)

    return Squares(r, slope)


def linear(matrix, b) -> Squares:
    """Ax - b."""
    return Squares(lambda p: matrix @ p - b, lambda p: matrix)


def steps(method, objective, start, count):
    """The states after 0, ..., count steps."""
    found = [method.start(objective, start)]
    for _ in range(count):
        found.append(method.step(objective, found[-1]))
    return found
