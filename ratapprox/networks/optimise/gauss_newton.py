"""Gauss–Newton: the linear least-squares problem of each linearisation, solved in full."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import Any, ClassVar, NamedTuple

import numpy as np

from ratapprox.networks.optimise.linear import least_squares
from ratapprox.networks.optimise.protocol import RUNNING, STATIONARY, LeastSquares, namespace, only, status_of

__all__ = ["GaussNewton"]

HALVINGS = 40


class GaussNewtonState(NamedTuple):
    """residuals r (M,)."""

    parameters: Any
    loss: Any
    status: Any
    residuals: Any


@dataclass(frozen=True)
class GaussNewton:
    """θ ← θ + α h, h the shortest minimiser of |r + Jh|, α = 1, 1/2, 1/4, ... the first that lowers |r|² enough.

    Singular values of J below `cutoff` times the largest are left out of h: along null directions nothing moves.
    Enough is |r(θ + αh)|² ≤ |r|² + 2·10⁻⁴ α rᵀJh (Armijo). No damping: for networks, whose J is nearly singular,
    `LevenbergMarquardt` is the method; for well-determined problems this one converges faster.

    One network at a time. Its status becomes STATIONARY when 40 halvings do not lower the loss.
    """

    cutoff: float = 1e-10

    name: ClassVar[str] = "gauss-newton"
    together: ClassVar[bool] = False
    State: ClassVar[type[GaussNewtonState]] = GaussNewtonState

    def __post_init__(self) -> None:
        if not 0 < self.cutoff < 1:
            raise ValueError(f"the cutoff of singular values lies in (0, 1), and is {self.cutoff!r}")

    def start(self, objective: LeastSquares, parameters: Any) -> GaussNewtonState:
        """At parameters (1, P)."""
        r = objective.residuals(only(parameters))
        loss = ((r * r).sum() / r.size)[None]
        return GaussNewtonState(parameters, loss, status_of(loss), r)

    def step(self, objective: LeastSquares, state: GaussNewtonState) -> GaussNewtonState:
        """One linearisation and one line search."""
        if int(state.status[0]) != RUNNING:
            return state
        theta, r = state.parameters[0], state.residuals
        jacobian = objective.jacobian(theta)
        if bool(namespace(theta).isfinite(jacobian).all()):
            move = least_squares(jacobian, -r, self.cutoff)
            slope, now = float(r @ (jacobian @ move)), float(r @ r)
            for k in range(HALVINGS):
                length = 0.5**k
                after = objective.residuals(theta + length * move)
                then = float(after @ after)
                if isfinite(then) and then < now and then <= now + 2e-4 * length * slope:
                    loss = ((after * after).sum() / r.size)[None]
                    return GaussNewtonState((theta + length * move)[None], loss, state.status, after)
        return state._replace(status=namespace(theta).full(1, STATIONARY, dtype=np.int8))
