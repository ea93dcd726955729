"""The arithmetic on a GPU: the CUDA kernels of `source`, compiled and started by CuPy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ratapprox.networks.backend import array_namespace, compiled
from ratapprox.networks.kernels.arithmetic import Arithmetic
from ratapprox.networks.kernels.source import COLUMNS, ROWS, TOTAL_THREADS, cuda

__all__ = ["Grid", "grid", "run"]

_MOST_ADDING = 1056  # blocks in all: eight for each multiprocessor of an H100; more would only make more partial sums
_MOST_BLOCKS = 65535  # the second axis of a grid; short blocks keep the memory busiest
_MOST_MEMBERS = 65535  # the third axis of a grid


@dataclass(frozen=True)
class Grid:
    """What `run` and `total` are told: each member is `length` numbers in rows of `width`; `blocks` of rows."""

    length: int
    width: int
    groups: int
    tiles: int
    blocks: int


def grid(members: int, n: int, d: int, groups: int, adds: bool = True) -> Grid:
    """Rows are those of the array, or 32 numbers where all columns have the same coefficients. adds: there are sums.

    >>> grid(1, 1000, 50, 1)
    Grid(length=50000, width=32, groups=1, tiles=1, blocks=196)
    """
    width = COLUMNS if groups == 1 else d
    tiles, rows = -(-width // COLUMNS), -(-n * d // width)
    most = _MOST_ADDING // (tiles * members) if adds else _MOST_BLOCKS
    return Grid(n * d, width, groups, tiles, max(1, min(-(-rows // ROWS), most)))


def run(arithmetic: Arithmetic, x: Any, u: Any, gs: Sequence[Any], outs: Sequence[Any]) -> Any:
    """Fill outs and return the sums, float64 (members, sums, groups), all on the device.

    x, gs, outs: contiguous (members, n, d). u: (members, m, groups).
    """
    xp = array_namespace(x)
    (members, n, d), count = x.shape, len(arithmetic.sums)
    groups = u.shape[-1] if u.shape[1] else 1
    sums = xp.zeros((members, count, groups))
    if members > _MOST_MEMBERS:
        raise ValueError(f"{members} members are more than the {_MOST_MEMBERS} of one call on a GPU: split them")
    if x.size == 0:
        return sums
    g, kernels = grid(members, n, d, groups, count > 0), _module(arithmetic, x.dtype.name)
    partial = xp.empty((members, count, g.blocks, g.width))
    coefficients = xp.ascontiguousarray(u)
    numbers = tuple(xp.int32(v) for v in (g.width, g.groups))
    kernels.get_function("run")(
        (g.tiles, g.blocks, members),
        (COLUMNS, ROWS),
        (xp.int64(g.length), *numbers, x, coefficients, *gs, *outs, partial),
    )
    if count:
        whole = (xp.int32(g.blocks), *numbers, partial, sums)
        kernels.get_function("total")((groups, members * count), (TOTAL_THREADS,), whole)
    return sums


@lru_cache(maxsize=512)
def _module(arithmetic: Arithmetic, dtype: str) -> Any:
    return compiled(cuda(arithmetic, dtype))
