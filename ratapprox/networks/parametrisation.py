"""The NTK parametrisation: weights of size 1, divided by the root of the number of inputs where they are used."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import sqrt
from typing import Any

import numpy as np

from ratapprox.networks.backend import array_namespace
from ratapprox.networks.mlp import Mlp

__all__ = ["Ntk"]


@dataclass(frozen=True)
class Ntk:
    """Between parameters (..., P) of a network and those of z = W h/√n + b, for layers of n inputs [JGH18].

    The functions are the same; the steps of an optimiser are not, for gradients by W are those by W/√n, divided by √n.

    >>> from ratapprox.networks.units import unit
    >>> Ntk(Mlp((4, 1), unit("tanh"))).tied(np.array([1.0, 2.0, 3.0, 4.0, 5.0]))
    array([2., 4., 6., 8., 5.])
    """

    net: Mlp

    @cached_property
    def _factors(self) -> Any:
        found = np.ones(self.net.size)
        for slot in self.net.slots:
            if slot.kind == "weights":
                found[slot.start : slot.stop] = 1 / sqrt(slot.shape[0])
        return found

    def _like(self, parameters: Any) -> Any:
        return array_namespace(parameters).asarray(self._factors, dtype=parameters.dtype)

    def tied(self, parameters: Any) -> Any:
        """The W of this parametrisation, biases and coefficients as they are."""
        return parameters / self._like(parameters)

    def spread(self, tied: Any) -> Any:
        """The network's parameters: W/√n."""
        return tied * self._like(tied)

    def summed(self, gradients: Any) -> Any:
        """∂/∂tied from ∂/∂parameters (..., P)."""
        return gradients * self._like(gradients)
