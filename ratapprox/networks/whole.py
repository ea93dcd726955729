"""Whole passes through a network on a GPU: the CUDA kernels of `kernels.passes`, compiled and started by CuPy."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from ratapprox.networks.backend import array_namespace, compiled
from ratapprox.networks.kernels import arithmetic
from ratapprox.networks.kernels.passes import cuda, room, shape

if TYPE_CHECKING:
    from ratapprox.networks.mlp import Mlp

__all__ = ["Passes", "blocks", "suits"]

_MOST_BLOCKS = 264  # of all members: two for each multiprocessor of an H100. A number of its own: it decides roundings
_MOST_MEMBERS = 65535  # the second axis of a grid
_MOST_THREADS = 1024  # of a block
_TOTAL_THREADS = 128


def suits(net: Mlp, dtype: Any, shared_bytes: int) -> bool:
    """Whether a network fits: its neurons share coefficients in each layer, and a block's arrays so many bytes."""
    if not net.units or net.residual or any(net.groups(width) != 1 for width in net.widths[1:-1]):
        return False
    if not all(arithmetic.stages(unit).plain or not unit.symbols for unit in net.units):
        return False
    kind = np.dtype(dtype)
    if shape(net, kind.name).threads > _MOST_THREADS:
        return False
    return room(net, kind.name).backward * int(kind.itemsize) <= shared_bytes


def blocks(members: int, tiles: int) -> int:
    """For each member.

    >>> blocks(32, 313), blocks(1, 4), blocks(1000, 4)
    (8, 4, 1)
    """
    return max(1, min(tiles, _MOST_BLOCKS // members))


class Passes:
    """The losses and gradients of networks (E, P), all arrays contiguous, in theta's dtype and on the device.

    forward(theta, x) -> y (E, N, d_L). backward(theta, x, dy) -> the gradients (E, P). regression(theta, x, target,
    scale) -> the losses scale Σ (y - target)² (E,) and their gradients. x (N, d_0) or (E, N, d_0), and target like it.
    """

    def __init__(self, net: Mlp, dtype: Any) -> None:
        self.net, self.dtype = net, np.dtype(dtype)
        self.shape, self.room = shape(net, self.dtype.name), room(net, self.dtype.name)
        self._kernels = {name: _kernel(net, self.dtype.name, name) for name in (*_SHARED, "total", "losses")}
        for name, needed in _SHARED.items():
            self._kernels[name].max_dynamic_shared_size_bytes = getattr(self.room, needed) * self.dtype.itemsize

    def forward(self, theta: Any, x: Any) -> Any:
        y = array_namespace(theta).empty((len(theta), x.shape[-2], self.net.widths[-1]), self.dtype)
        self._run("forward", theta, x, y)
        return y

    def backward(self, theta: Any, x: Any, dy: Any) -> Any:
        partial = self._partial(theta, x)
        self._run("backward", theta, x, dy, partial)
        return self._total(theta, partial)

    def regression(self, theta: Any, x: Any, target: Any, scale: float) -> tuple[Any, Any]:
        xp, partial = array_namespace(theta), self._partial(theta, x)
        squares, losses = xp.empty(partial.shape[:2], np.float64), xp.empty(len(theta), self.dtype)
        self._run("regression", theta, x, target, self.dtype.type(scale), partial, squares)
        members, many = squares.shape
        grid = -(-members // _TOTAL_THREADS), 1
        whole = np.int32(members), np.int32(many), np.float64(scale), squares, losses
        self._kernels["losses"](grid, (_TOTAL_THREADS,), whole)
        return losses, self._total(theta, partial)

    def partial_bytes(self, members: int, samples: int) -> int:
        """What a gradient takes besides its answer."""
        return members * self._blocks(members, samples) * (self.net.size * int(self.dtype.itemsize) + 8)

    def _blocks(self, members: int, samples: int) -> int:
        return blocks(members, -(-samples // self.shape.samples))

    def _partial(self, theta: Any, x: Any) -> Any:
        many = self._blocks(len(theta), x.shape[-2])
        return array_namespace(theta).empty((len(theta), many, self.net.size), self.dtype)

    def _run(self, name: str, theta: Any, x: Any, *more: Any) -> None:
        members, samples = len(theta), x.shape[-2]
        if members > _MOST_MEMBERS:
            raise ValueError(f"{members} members are more than the {_MOST_MEMBERS} of one call on a GPU: split them")
        grid = self._blocks(members, samples), members
        numbers = np.int32(samples), np.int32(x.ndim == 3)
        shared = getattr(self.room, _SHARED[name]) * self.dtype.itemsize
        self._kernels[name](grid, (self.shape.threads,), (*numbers, x, theta, *more), shared_mem=shared)

    def _total(self, theta: Any, partial: Any) -> Any:
        found, size = array_namespace(theta).empty_like(theta), self.net.size
        grid = -(-size // _TOTAL_THREADS), len(theta)
        self._kernels["total"](grid, (_TOTAL_THREADS,), (np.int32(partial.shape[1]), partial, found))
        return found


_SHARED = {"forward": "forward", "backward": "backward", "regression": "backward"}


@lru_cache(maxsize=64)
def _module(net: Mlp, dtype: str) -> Any:
    # float32's divisions err by up to 2 units in the last place: correct rounding takes a branch for rare numbers, and
    # a thread, which has 16 divisions to do, cannot begin the next one before it is past that
    return compiled(cuda(net, dtype), "--prec-div=false")


def _kernel(net: Mlp, dtype: str, name: str) -> Any:
    return _module(net, dtype).get_function(name)
