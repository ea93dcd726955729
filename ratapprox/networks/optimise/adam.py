"""Adam (Kingma and Ba, 2015)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np

from ratapprox.networks.kernels import stepping
from ratapprox.networks.optimise.protocol import DIVERGED, RUNNING, Objective, namespace, status_of
from ratapprox.networks.optimise.schedules import Constant, Schedule

__all__ = ["Adam"]


class AdamState(NamedTuple):
    """gradient g, first moment m, second moment v: (E, P). count: the steps done, ()."""

    parameters: Any
    loss: Any
    status: Any
    gradient: Any
    m: Any
    v: Any
    count: Any


@dataclass(frozen=True)
class Adam:
    """θ ← θ - η_k (m/(1 - β₁ᵏ))/(√(v/(1 - β₂ᵏ)) + ε), m ← β₁m + (1 - β₁)g, v ← β₂v + (1 - β₂)g².

    All members of an ensemble are stepped as one. A member whose loss or gradient is not finite keeps the last
    parameters at which they were, and its status is DIVERGED.

    >>> from ratapprox.networks.optimise.protocol import RUNNING
    >>> class Bowl:
    ...     def value_and_gradient(self, parameters):
    ...         return (parameters**2).sum(axis=1), 2 * parameters
    >>> adam = Adam(Constant(0.1))
    >>> state = adam.start(Bowl(), np.array([[1.0, -2.0]]))
    >>> adam.step(Bowl(), state).parameters.round(6)
    array([[ 0.9, -1.9]])
    """

    schedule: Schedule = Constant(1e-3)  # noqa: RUF009  (frozen: nobody changes the shared value)
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8

    name: ClassVar[str] = "adam"
    together: ClassVar[bool] = True
    State: ClassVar[type[AdamState]] = AdamState

    def __post_init__(self) -> None:
        for name, beta in (("beta1", self.beta1), ("beta2", self.beta2)):
            if not 0 <= beta < 1:
                raise ValueError(f"{name} of Adam lies in [0, 1), and is {beta!r}")
        if not self.epsilon > 0:
            raise ValueError(f"epsilon of Adam is positive, and is {self.epsilon!r}")

    def start(self, objective: Objective, parameters: Any) -> AdamState:
        """Moments of zero at parameters (E, P)."""
        loss, gradient = objective.value_and_gradient(parameters)
        zero = namespace(parameters).zeros_like(parameters)
        return AdamState(parameters, loss, status_of(loss, gradient), gradient, zero, zero, np.asarray(0))

    def step(self, objective: Objective, state: AdamState) -> AdamState:
        """One step; the members that have diverged stand still."""
        k = int(state.count) + 1
        # η m̂/(√v̂ + ε) with the two corrections taken out of the arrays: two numbers in place of two passes
        second = (1 - self.beta2**k) ** 0.5
        numbers = self.beta1, self.beta2, self.epsilon * second, self.schedule(k - 1) * second / (1 - self.beta1**k)
        xp = namespace(state.parameters)
        moved, status = (_moved, status_of) if xp is np else (stepping.adam, _sound)
        move, m, v = moved(state.parameters, state.gradient, state.m, state.v, *numbers)
        loss, gradient = objective.value_and_gradient(move)
        after = AdamState(move, loss, status(loss, gradient), gradient, m, v, np.asarray(k))
        if not bool((state.status | after.status).any()):  # all are RUNNING, which is 0
            return after
        return _partly(xp, state, after, (state.status == RUNNING) & (after.status == RUNNING))


def _sound(loss: Any, gradient: Any) -> Any:
    return stepping.sound(loss, gradient, RUNNING, DIVERGED)


def _moved(
    theta: Any, g: Any, m: Any, v: Any, beta1: float, beta2: float, epsilon: float, rate: float
) -> tuple[Any, Any, Any]:
    """θ - rate m'/(√v' + ε), m' = β₁m + (1 - β₁)g and v' = β₂v + (1 - β₂)g²."""
    m = beta1 * m
    m += (1 - beta1) * g
    square = g * g
    square *= 1 - beta2
    square += beta2 * v
    move = np.sqrt(square)
    move += epsilon
    np.divide(m, move, out=move)
    move *= -rate
    move += theta
    return move, m, square


def _partly(xp: Any, before: AdamState, after: AdamState, alive: Any) -> AdamState:
    """What comes after for those alive, what was before for the others, whose loss is no number."""
    row = alive[:, None]
    return AdamState(
        xp.where(row, after.parameters, before.parameters),
        xp.where(alive, after.loss, xp.nan),
        xp.maximum(before.status, after.status),
        xp.where(row, after.gradient, before.gradient),
        xp.where(row, after.m, before.m),
        xp.where(row, after.v, before.v),
        after.count,
    )
