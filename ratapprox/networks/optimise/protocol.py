"""What an optimiser asks of an objective, and what it answers: a state from which it can go on.

An optimiser is a frozen value with two pure functions: `start(objective, parameters) -> state`, and
`step(objective, state) -> state`. A state is a named tuple of arrays (and of tuples of arrays), so that it can be
stored and read back to the last bit; `parameters` (E, P), `loss` (E,) and `status` (E,) are in every one.
"""

from __future__ import annotations

import sys
from typing import Any, ClassVar, Protocol

import numpy as np

__all__ = ["DIVERGED", "RUNNING", "STATIONARY", "LeastSquares", "Objective", "Optimiser", "State", "namespace", "only"]

RUNNING, STATIONARY, DIVERGED = 0, 1, 2
"""What the status of a member says: it goes on; no step lowers its loss any more; its loss or slope is not finite."""


class Objective(Protocol):
    """A loss of E networks at once."""

    def value_and_gradient(self, parameters: Any) -> tuple[Any, Any]:
        """(E, P) -> the losses (E,), and their gradients (E, P)."""


class LeastSquares(Objective, Protocol):
    """A loss that is the mean of M squares of residuals, for one network: L(θ) = Σ r_i(θ)²/M."""

    def residuals(self, parameters: Any) -> Any:
        """(P,) -> r (M,)."""

    def pullback(self, parameters: Any, cotangent: Any) -> Any:
        """(P,), a (M,) -> Jᵀa (P,), J = ∂r/∂θ, by one way back through the network."""

    def jacobian(self, parameters: Any) -> Any:
        """(P,) -> J (M, P)."""


class State(Protocol):
    """What every optimiser's state holds."""

    @property
    def parameters(self) -> Any:
        """(E, P)."""

    @property
    def loss(self) -> Any:
        """(E,), at these parameters."""

    @property
    def status(self) -> Any:
        """(E,), RUNNING, STATIONARY or DIVERGED."""


class Optimiser(Protocol):
    """A method with its settings. `together`: it steps an ensemble as one; else one network at a time."""

    name: ClassVar[str]
    together: ClassVar[bool]
    State: ClassVar[type[Any]]

    def start(self, objective: Any, parameters: Any) -> Any:
        """The state at given parameters (E, P)."""

    def step(self, objective: Any, state: Any) -> Any:
        """The state after one step."""


def namespace(array: Any) -> Any:
    """The library of an array: numpy or cupy."""
    return sys.modules[type(array).__module__.partition(".")[0]]


def only(parameters: Any) -> Any:
    """The parameters (P,) of an ensemble (1, P) of one. Raises ValueError for several."""
    if parameters.ndim != 2 or len(parameters) != 1:
        shape = tuple(parameters.shape)
        raise ValueError(f"this method steps one network at a time: parameters of shape (1, P), not {shape}")
    return parameters[0]


def status_of(*finite: Any) -> Any:
    """The status (E,) of members whose numbers are, or are not, all finite."""
    xp = namespace(finite[0])
    sound = xp.ones(len(finite[0]), dtype=bool)
    for array in finite:
        sound = sound & xp.isfinite(array).reshape(len(array), -1).all(axis=1)
    return xp.where(sound, RUNNING, DIVERGED).astype(np.int8)
