"""One activation function for a whole network: the coefficients of all layers are the same numbers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import Any, Protocol

import numpy as np

from ratapprox.networks.mlp import Mlp

__all__ = ["Tie", "Tied"]


@dataclass(frozen=True)
class Tie:
    """Between parameters (..., P) of a network, and tied ones, which hold its coefficients once, in the first layer.

    Raises ValueError for a network whose layers differ in their units, or that has several activations in a layer.

    >>> from ratapprox.networks.units import unit
    >>> Tie(Mlp((1, 4, 4, 1), unit("x + a*x**2"))).size, Mlp((1, 4, 4, 1), unit("x + a*x**2")).size
    (34, 35)
    """

    net: Mlp

    def __post_init__(self) -> None:
        if len(set(self.net.units)) != 1 or self.net.sharing not in ("layer", 1):
            raise ValueError("one activation for the network: all layers need the same unit, for all their neurons")

    @cached_property
    def _slots(self) -> list[slice]:
        return [slice(slot.start, slot.stop) for slot in self.net.slots if slot.kind == "coefficients"]

    @cached_property
    def _kept(self) -> list[slice]:
        """The parameters that are kept, as stretches: all but the coefficients from the second layer on."""
        edges = [0, *(edge for slot in self._slots[1:] for edge in (slot.start, slot.stop)), self.net.size]
        return [slice(a, b) for a, b in list(pairwise(edges))[::2]]

    @property
    def size(self) -> int:
        """The number of tied parameters."""
        return sum(kept.stop - kept.start for kept in self._kept)

    def tied(self, parameters: Any) -> Any:
        """The coefficients of the first layer, taken for all."""
        return np.concatenate([parameters[..., kept] for kept in self._kept], axis=-1)

    def spread(self, tied: Any) -> Any:
        """The network's parameters."""
        if not self._slots:
            return tied
        parts, start, shared = [], 0, tied[..., self._slots[0]]
        for kept in self._kept:
            stop = start + kept.stop - kept.start
            parts += [tied[..., start:stop], shared]
            start = stop
        return np.concatenate(parts[:-1], axis=-1)

    def summed(self, gradients: Any) -> Any:
        """∂/∂tied from ∂/∂parameters (..., P): what the layers do adds up."""
        found = self.tied(gradients)
        for slot in self._slots[1:]:
            found[..., self._slots[0]] += gradients[..., slot]
        return found


class Linear(Protocol):
    """A linear map from the parameters that are trained to those of a network."""

    def tied(self, parameters: Any) -> Any:
        """Trained parameters that are mapped to these."""

    def spread(self, tied: Any) -> Any:
        """The network's parameters."""

    def summed(self, gradients: Any) -> Any:
        """The transposed map."""


@dataclass(frozen=True, eq=False)
class Tied:
    """An objective of parameters that a linear map makes the network's, such as tied ones.

    It has no `kernel`: JJᵀ by the parameters that are trained is found by way of J.
    """

    objective: Any
    tie: Linear

    @property
    def x(self) -> Any:
        """The samples."""
        return self.objective.x

    def member(self, e: int) -> Tied:
        """The objective of one member of the ensemble."""
        return replace(self, objective=self.objective.member(e))

    def drawn(self, step: int) -> Tied:
        """The objective of a step."""
        drawn = getattr(self.objective, "drawn", None)
        return self if drawn is None else replace(self, objective=drawn(step))

    def value_and_gradient(self, tied: Any) -> tuple[Any, Any]:
        """The losses and gradients of (E, P) or (P,)."""
        losses, gradients = self.objective.value_and_gradient(self.tie.spread(tied))
        return losses, self.tie.summed(gradients)

    def residuals(self, tied: Any) -> Any:
        """r (M,) of (P,)."""
        return self.objective.residuals(self.tie.spread(tied))

    def pullback(self, tied: Any, v: Any) -> Any:
        """Jᵀv (P,)."""
        return self.tie.summed(self.objective.pullback(self.tie.spread(tied), v))

    def jacobian(self, tied: Any) -> Any:
        """J (M, P)."""
        return self.tie.summed(self.objective.jacobian(self.tie.spread(tied)))
