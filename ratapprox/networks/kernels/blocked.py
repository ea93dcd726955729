"""The arithmetic written in NumPy calls that run over blocks small enough for the cache, into buffers used again."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from typing import Any, NamedTuple

import numpy as np

from ratapprox.networks.kernels.arithmetic import Arithmetic
from ratapprox.networks.kernels.blocks import text
from ratapprox.networks.kernels.ufuncs import FUNCTIONS

__all__ = ["run"]

BLOCK = 131072  # bytes of a buffer: a call has to last long beside its start, and a few buffers fit the cache
_LINE = 64  # bytes of a line of the cache
_PIECE = 8192  # elements of a product that BLAS does not share out among threads, and collected in their own type


def run(arithmetic: Arithmetic, x: Any, u: Any, gs: Sequence[Any], outs: Sequence[Any]) -> Any:
    """Fill outs and return the sums, float64 (members, sums, groups).

    x, gs, outs: contiguous (members, n, d). u: (members, m, groups).
    """
    (members, n, d), groups = x.shape, u.shape[-1]
    single, length = groups == 1 or u.shape[1] == 0, n * d
    sums = np.zeros((members, len(arithmetic.sums), groups))
    if not x.size:
        return sums
    code = _code(arithmetic, single)
    arrays = [a.reshape(members, length) for a in (x, *gs, *outs)]
    size = _size(length, x.itemsize, 1 if single else d)
    with np.errstate(all="ignore"):
        for e in range(members):
            given = [a[e] for a in arrays]
            if single:
                same = code.once(x.dtype, u[e, :, 0].tolist())
                found = _run(code, size, (0.0, _total, _product), same, given)
                sums[e] = found[:, None]
            else:  # columns run as one long row, beside coefficients repeated for as many rows as a block has
                repeated = np.tile(np.repeat(u[e], d // groups, axis=1), size // d)
                same = code.once(x.dtype, repeated)
                adding = np.zeros(d), partial(_column_total, d), partial(_column_product, d)
                found = _run(code, size, adding, same, given)
                sums[e] = found.reshape(len(found), groups, d // groups).sum(axis=-1)
    return sums


def _run(code: _Code, size: int, adding: tuple[Any, Any, Any], same: Any, arrays: list[Any]) -> Any:
    """One member. adding: 0, and what adds up numbers and products. same: what blocks share; the last needs less."""
    x, (zero, total, product) = arrays[0], adding
    rows, *others = _workspace(code, size, x.dtype)
    ones = _ones(x.dtype)[:size] if code.rows else None
    found: list[Any] = [zero] * code.values
    for start in range(0, len(x), size):
        end = start + size
        if end > len(x):
            rest = len(x) - start
            rows, others = rows[:, :rest], [w[:rest] for w in others]
            ones = None if ones is None else ones[:rest]
            same = [v[:rest] if v.ndim and len(v) == size else v for v in same]
        sums = code.block(total, product, ones, rows, *same, *[a[start:end] for a in arrays], *others)
        for k, amount in enumerate(sums):
            found[k] = found[k] + amount.astype(float)
    return code.scales * code.gathered(found) if found else code.scales


def _size(elements: int, itemsize: int, wide: int) -> int:
    """Elements of a block: whole rows, and blocks as equal as lines of the cache allow, as a short one costs most."""
    unit = wide if wide > 1 else _LINE // itemsize
    many = -(-elements // unit)
    most = max(1, BLOCK // (itemsize * unit))
    blocks = -(-many // most)
    return min(elements, -(-many // blocks) * unit)


_MOST_KEPT = 64  # kinds of blocks


class _Own(threading.local):
    """What each thread keeps, as fresh pages would cost more than the arithmetic: memory, and how it was cut up."""

    def __init__(self) -> None:
        self.memory = np.empty(0, np.uint8)
        self.cut: dict[tuple[Any, ...], list[Any]] = {}


_own = _Own()


def _workspace(code: _Code, size: int, dtype: Any) -> list[Any]:
    """Uninitialised memory: rows of `size` for what is summed up, each of them, and each buffer that a block needs."""
    key = code.rows, code.buffers, size, dtype
    found = _own.cut.get(key)
    if found is None:
        many, wide = code.rows + code.buffers, -(-size * dtype.itemsize // _LINE) * _LINE + _LINE
        enough = len(_own.memory) >= many * wide
        if not enough or len(_own.cut) >= _MOST_KEPT:
            _own.cut.clear()
        if not enough:
            memory = np.empty(many * max(wide, BLOCK + _LINE) + _LINE, np.uint8)  # longer blocks will fit in it too
            _own.memory = memory[-memory.ctypes.data % _LINE :]
        rows = _own.memory[: many * wide].reshape(many, wide).view(dtype)[:, :size]
        found = _own.cut[key] = [rows[: code.rows], *rows]
    return found


class _Code(NamedTuple):
    once: Callable[..., Sequence[Any]]
    block: Callable[..., Sequence[Any]]
    rows: int
    buffers: int
    values: int
    scales: Any
    gathered: Callable[[list[Any]], Any]


@lru_cache(maxsize=512)
def _code(arithmetic: Arithmetic, single: bool) -> _Code:
    written = text(arithmetic, single)
    names: dict[str, Any] = {**FUNCTIONS, "copyto": np.copyto, "array": np.array, "asarray": np.asarray}
    names |= {"matmul": np.matmul, "inf": np.inf, "nan": np.nan}
    exec(written.source, names)
    scales = np.array([total.scale for total in arithmetic.sums])
    where = np.array(written.places, int)

    def gathered(found: list[Any]) -> Any:
        if written.rows and len(found) == 1:
            return found[0][where]
        return (np.hstack(found) if written.rows else np.array(found))[where]

    return _Code(
        names["once"],
        names["block"],
        written.rows,
        written.buffers,
        written.values,
        scales if single else scales[:, None],
        gathered,
    )


# -- what a block calls ------------------------------------------------------------------------------------------------


def _total(u: Any) -> Any:
    return _product(u, _ones(u.dtype)[: len(u)])


def _product(u: Any, v: Any) -> Any:
    found = np.dot(u[:_PIECE], v[:_PIECE]).astype(float)
    for i in range(_PIECE, len(u), _PIECE):
        found += np.dot(u[i : i + _PIECE], v[i : i + _PIECE])
    return found


def _column_total(wide: int, u: Any) -> Any:
    rows, many = u.reshape(-1, wide), max(1, _PIECE // wide)
    parts = [rows[i : i + many] for i in range(0, len(rows), many)]
    return sum((_ones(u.dtype)[: len(part)] @ part).astype(float) for part in parts)


def _column_product(wide: int, u: Any, v: Any) -> Any:
    return _column_total(wide, u * v)


@lru_cache(maxsize=4)
def _ones(dtype: Any) -> Any:
    return np.ones(max(BLOCK // dtype.itemsize, _PIECE), dtype)
