"""L-BFGS: the limited-memory quasi-Newton method (Liu and Nocedal, 1989)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np

from ratapprox.networks.optimise.protocol import RUNNING, STATIONARY, Objective, namespace, only, status_of
from ratapprox.networks.optimise.wolfe import Point, search

__all__ = ["Lbfgs"]


class LbfgsState(NamedTuple):
    """gradient (1, P). moves s_k = θ_{k+1} - θ_k and changes y_k = g_{k+1} - g_k, the oldest first: tuples of (P,)."""

    parameters: Any
    loss: Any
    status: Any
    gradient: Any
    moves: tuple[Any, ...] = ()
    changes: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Lbfgs:
    """θ ← θ + α p, p = -H g, H the inverse Hessian that `memory` pairs (s, y) imply; α by strong Wolfe conditions.

    One network at a time: a line search has no common length for several. Its status becomes STATIONARY when no step
    length lowers the loss (the gradient is rounding by then), DIVERGED when the loss at the start is not finite.

    >>> class Bowl:
    ...     def value_and_gradient(self, parameters):
    ...         return (parameters**2).sum(axis=1), 2 * parameters
    >>> method = Lbfgs()
    >>> state = method.start(Bowl(), np.array([[3.0, -4.0]]))
    >>> for _ in range(3):
    ...     state = method.step(Bowl(), state)
    >>> float(state.loss[0]) < 1e-20
    True
    """

    memory: int = 50

    name: ClassVar[str] = "lbfgs"
    together: ClassVar[bool] = False
    State: ClassVar[type[LbfgsState]] = LbfgsState

    def __post_init__(self) -> None:
        if self.memory < 1:
            raise ValueError(f"L-BFGS remembers at least one pair, not {self.memory!r}")

    def start(self, objective: Objective, parameters: Any) -> LbfgsState:
        """Nothing remembered, at parameters (1, P)."""
        only(parameters)
        loss, gradient = objective.value_and_gradient(parameters)
        return LbfgsState(parameters, loss, status_of(loss, gradient), gradient)

    def step(self, objective: Objective, state: LbfgsState) -> LbfgsState:
        """One line search along the quasi-Newton direction; along -g when that one fails."""
        if int(state.status[0]) != RUNNING:
            return state
        g = state.gradient[0]
        if float(g @ g) == 0:
            return _stationary(state)
        direction = -_times_inverse(g, state.moves, state.changes)
        slope = float(g @ direction)
        if not slope < 0:
            state, direction, slope = state._replace(moves=(), changes=()), -g, -float(g @ g)
        found = _along(objective, state, direction, slope)
        if found is None and state.moves:
            state = state._replace(moves=(), changes=())
            found = _along(objective, state, -g, -float(g @ g))
        if found is None:
            return _stationary(state)
        return self._moved(state, found)

    def _moved(self, state: LbfgsState, found: Point) -> LbfgsState:
        parameters, loss, gradient = found.rest
        s, y = (parameters - state.parameters)[0], (gradient - state.gradient)[0]
        moves, changes = state.moves, state.changes
        # sᵀy > 0 follows from the second Wolfe condition; a pair that lost it to rounding would spoil H.
        if float(s @ y) > float(np.finfo(s.dtype).eps) * float(y @ y) ** 0.5 * float(s @ s) ** 0.5:
            moves, changes = (*moves, s)[-self.memory :], (*changes, y)[-self.memory :]
        return LbfgsState(parameters, loss, status_of(loss, gradient), gradient, moves, changes)


def _along(objective: Objective, state: LbfgsState, direction: Any, slope: float) -> Point | None:
    def at(length: float) -> Point:
        parameters = state.parameters + length * direction[None]
        loss, gradient = objective.value_and_gradient(parameters)
        return Point(length, float(loss[0]), float(gradient[0] @ direction), (parameters, loss, gradient))

    first = 1.0 if state.moves else min(1.0, 1.0 / float(abs(direction).sum()))
    origin = Point(0.0, float(state.loss[0]), slope, None)
    return search(at, origin, first, rounding=4 * float(np.finfo(direction.dtype).eps))


def _times_inverse(g: Any, moves: tuple[Any, ...], changes: tuple[Any, ...]) -> Any:
    """H g by the two loops over the pairs, H₀ = (sᵀy/yᵀy) I of the newest one."""
    q, alphas = g, []
    rho = [1 / float(s @ y) for s, y in zip(moves, changes, strict=True)]
    for s, y, r in zip(reversed(moves), reversed(changes), reversed(rho), strict=True):
        alphas.append(r * float(s @ q))
        q = q - alphas[-1] * y
    if moves:
        q = q / (rho[-1] * float(changes[-1] @ changes[-1]))
    for s, y, r, alpha in zip(moves, changes, rho, reversed(alphas), strict=True):
        q = q + (alpha - r * float(y @ q)) * s
    return q


def _stationary(state: LbfgsState) -> LbfgsState:
    return state._replace(status=namespace(state.parameters).full(1, STATIONARY, dtype=np.int8))
