"""Regression with the shortcuts that its structure offers: the tangent kernel, and the columns of the last layer."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from ratapprox.networks.derivatives import forward
from ratapprox.networks.memory import free_bytes, require_growing
from ratapprox.networks.ntk.jacobian import jacobian
from ratapprox.networks.ntk.memory import bytes_needed
from ratapprox.networks.ntk.structured import kernel
from ratapprox.networks.objective import Regression

__all__ = ["StructuredRegression", "structured"]


@dataclass(frozen=True, eq=False, repr=False)
class StructuredRegression(Regression):
    """The same loss; JJᵀ without J, J from what flows through the layers, and those columns of J that are linear."""

    def kernel(self, parameters: Any) -> Any:
        """JJᵀ (M, M) of parameters (P,), in M² memory.

        Raises `MemoryError` where it does not fit, with the number of samples that do.
        """
        self._alone(parameters)
        room = partial(bytes_needed, self.net, itemsize=self.x.dtype.itemsize)
        require_growing("a tangent kernel", room, self.samples, "samples", free_bytes(self.x))
        return kernel(self.net, parameters, self.x, kinds=self._trained)

    def jacobian(self, parameters: Any) -> Any:
        """J (M, P) of parameters (P,); columns of coefficients that are not trained are 0.

        Raises `MemoryError` where it does not fit, with the number of residuals that do.
        """
        self._alone(parameters)
        self.fits_jacobian()
        found = jacobian(self.net, parameters, self.x, kinds=self._trained)
        if self.net.trainable:
            return found
        whole = np.zeros_like(found, shape=(len(found), self.net.size))
        kept = [np.arange(s.start, s.stop) for s in self.net.slots if s.kind in self._trained]
        whole[:, np.concatenate(kept)] = found
        return whole

    def linear_columns(self, parameters: Any) -> Any:
        """∂r/∂(W, b) of the last layer (M, (d + 1)·out), by one way forward."""
        self._alone(parameters)
        h, outputs = forward(self.net, parameters, self.x, 0).inputs[-1][0], self.net.widths[-1]
        samples, width = h.shape
        found = np.zeros_like(h, shape=(samples, outputs, (width + 1) * outputs))
        for k in range(outputs):
            found[:, k, k : width * outputs : outputs] = h
            found[:, k, width * outputs + k] = 1
        return found.reshape(samples * outputs, -1)

    @property
    def _trained(self) -> tuple[str, ...]:
        return ("weights", "biases", "coefficients") if self.net.trainable else ("weights", "biases")


def structured(plain: Regression) -> StructuredRegression:
    """The same regression, with the shortcuts."""
    return StructuredRegression(plain.net, plain.x, plain.count, plain.target)
