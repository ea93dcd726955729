"""Whole passes through a network on a GPU: the CUDA kernels of `kernels.passes`, compiled and started by CuPy."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from ratapprox.networks.backend import array_namespace, compiled
from ratapprox.networks.kernels import arithmetic
from ratapprox.networks.kernels.passes import SAMPLES, THREADS, cuda, room

if TYPE_CHECKING:
    from ratapprox.networks.mlp import Mlp

__all__ = ["Passes", "blocks", "suits"]

_MOST_BLOCKS = 264  # of all members: two for each multiprocessor of an H100. A number of its own: it decides roundings
_TOTAL_THREADS = 128


def suits(net: Mlp, dtype: Any, shared_bytes: int) -> bool:
    """Whether a network fits: its neurons share coefficients in each layer, and a block's arrays so many bytes."""
    if not net.units or net.residual or any(net.groups(width) != 1 for width in net.widths[1:-1]):
        return False
    if not all(arithmetic.stages(unit).plain or not unit.symbols for unit in net.units):
        return False
    return room(net, np.dtype(dtype).name).backward * np.dtype(dtype).itemsize <= shared_bytes


def blocks(members: int, samples: int) -> int:
    """For each member.

    >>> blocks(32, 10_000), blocks(1, 100), blocks(1000, 100)
    (8, 4, 1)
    """
    return max(1, min(-(-samples // SAMPLES), _MOST_BLOCKS // members))


class Passes:
    """forward(theta (E, P), x) -> y (E, N, d_L); backward(theta, x, dy) -> the gradients (E, P), in theta's dtype.

    x (N, d_0) or (E, N, d_0); all arrays contiguous and on the device.
    """

    def __init__(self, net: Mlp, dtype: Any) -> None:
        self.net, self.dtype = net, np.dtype(dtype)
        module, size = _module(net, self.dtype.name), room(net, self.dtype.name)
        self._forward, self._backward, self._total = map(module.get_function, ("forward", "backward", "total"))
        for kernel, needed in ((self._forward, size.forward), (self._backward, size.backward)):
            kernel.max_dynamic_shared_size_bytes = needed * self.dtype.itemsize
        self._threads = (THREADS[self.dtype.name],)
        self._room = size

    def forward(self, theta: Any, x: Any) -> Any:
        xp, members, samples = array_namespace(theta), len(theta), x.shape[-2]
        y = xp.empty((members, samples, self.net.widths[-1]), self.dtype)
        many = blocks(members, samples)
        shared = self._room.forward * self.dtype.itemsize
        self._forward((many, members), self._threads, (*self._numbers(x), x, theta, y), shared_mem=shared)
        return y

    def backward(self, theta: Any, x: Any, dy: Any) -> Any:
        xp, members, samples = array_namespace(theta), len(theta), x.shape[-2]
        many, size = blocks(members, samples), self.net.size
        partial, gradient = xp.empty((members, many, size), self.dtype), xp.empty((members, size), self.dtype)
        shared = self._room.backward * self.dtype.itemsize
        self._backward((many, members), self._threads, (*self._numbers(x), x, theta, dy, partial), shared_mem=shared)
        self._total((-(-size // _TOTAL_THREADS), members), (_TOTAL_THREADS,), (np.int32(many), partial, gradient))
        return gradient

    @staticmethod
    def _numbers(x: Any) -> tuple[Any, Any]:
        return np.int32(x.shape[-2]), np.int32(x.ndim == 3)


@lru_cache(maxsize=64)
def _module(net: Mlp, dtype: str) -> Any:
    return compiled(cuda(net, dtype))
