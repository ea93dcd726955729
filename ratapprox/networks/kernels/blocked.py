"""The arithmetic written in NumPy calls that run over blocks small enough for the cache, into buffers used again."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache, partial, reduce
from typing import Any, NamedTuple

import numpy as np

from ratapprox.networks.kernels.arithmetic import Arithmetic
from ratapprox.networks.kernels.blocks import ZEROS, text
from ratapprox.networks.kernels.ufuncs import FUNCTIONS

__all__ = ["run"]

BLOCK = 65536  # bytes of a buffer: a call has to last long beside its start, and a few buffers fit the cache
_ALONE = 8192  # elements of a product that BLAS does not share out among threads


def run(arithmetic: Arithmetic, x: Any, u: Any, gs: Sequence[Any], outs: Sequence[Any]) -> Any:
    """Fill outs and return the sums, float64 (members, sums, groups).

    x, gs, outs: contiguous (members, n, d). u: (members, m, groups).
    """
    members, n, d = x.shape
    groups = u.shape[-1]
    single = groups == 1 or u.shape[1] == 0
    shape = (n * d,) if single else (n, d)
    sums = np.zeros((members, len(arithmetic.sums), groups))
    for e in range(members if x.size else 0):
        flows, filled = ([a[e].reshape(shape) for a in arrays] for arrays in (gs, outs))
        numbers = u[e, :, 0] if single else np.repeat(u[e], d // groups, axis=1)
        found = _run(arithmetic, x[e].reshape(shape), numbers, flows, filled)
        sums[e] = found[:, None] if single else found.reshape(len(found), groups, d // groups).sum(axis=-1)
    return sums


def _run(arithmetic: Arithmetic, x: Any, u: Any, gs: Sequence[Any], outs: Sequence[Any]) -> Any:
    """Columns run as one long row, beside coefficients repeated for as many rows as a block has."""
    code = _code(arithmetic, x.ndim == 1)
    wide = x.shape[1] if x.ndim == 2 else 1
    block = min(BLOCK, _ALONE * x.itemsize) if code.powers else BLOCK
    size = min(x.size, max(1, block // (x.itemsize * max(wide, 1))) * wide)
    powers, buffers = _workspace(code, size, x.dtype)
    total: Any = _total if x.ndim == 1 else partial(_column_total, wide)
    product: Any = _product if x.ndim == 1 else partial(_column_product, wide)
    same = [u[j : j + 1].reshape(()) if x.ndim == 1 else np.tile(u[j], size // wide) for j in range(len(u))]
    found: list[Any] = [0.0] * len(code.places)
    flat, *arrays = (a.reshape(-1) for a in (x, *gs, *outs))
    with np.errstate(all="ignore"):
        same += code.once(x.dtype, *same)
        for start in range(0, x.size, size or 1):
            end = start + size
            if end > x.size:  # the last one; anew, as BLAS copies rows with gaps between
                powers, buffers = _workspace(code, x.size - start, x.dtype)
                same = same if x.ndim == 1 else [v[: x.size - start] if v.ndim else v for v in same]
            parts = [a[start:end] for a in arrays]
            sums = code.block(total, product, flat[start:end], powers, *same, *parts, *buffers)
            for k, amount in enumerate(sums):
                found[k] = found[k] + amount.astype(float)
    answer = np.zeros((len(arithmetic.sums), *x.shape[1:]))
    for j, (k, at) in enumerate(code.places):
        answer[j] = arithmetic.sums[j].scale * (found[k] if at is None else found[k][at])
    return answer


_own = threading.local()


def _workspace(code: _Code, size: int, dtype: Any) -> tuple[Any, Any]:
    """Rows of `size`: those for powers, with their 0 and 1, and as many uninitialised ones as a block needs.

    Each thread keeps its memory: fresh pages would cost more than the arithmetic.
    """
    needed = (code.powers + code.buffers) * size * dtype.itemsize
    memory = getattr(_own, "memory", None)
    if memory is None or len(memory) < needed:
        memory = np.empty(needed + 64, np.uint8)
        memory = _own.memory = memory[-memory.ctypes.data % 64 :]  # lines of the cache begin there
    rows = memory[:needed].view(dtype).reshape(code.powers + code.buffers, size)
    if code.powers:
        rows[:ZEROS], rows[ZEROS] = 0, 1
    return rows[: code.powers], rows[code.powers :]


class _Code(NamedTuple):
    once: Callable[..., list[Any]]
    block: Callable[..., Sequence[Any]]
    powers: int
    buffers: int
    places: tuple[tuple[int, int | None], ...]


@lru_cache(maxsize=512)
def _code(arithmetic: Arithmetic, single: bool) -> _Code:
    written = text(arithmetic, single)
    names: dict[str, Any] = {**FUNCTIONS, "copyto": np.copyto, "array": np.array, "dot": np.dot, "horner": horner}
    names |= {"inf": np.inf, "nan": np.nan}
    exec(written.source, names)
    return _Code(names["once"], names["block"], *written[1:])


# -- what a block calls ------------------------------------------------------------------------------------------------


def horner(x: Any, *coefficients: Any, out: Any) -> None:
    """Σ c_k x^k; a coefficient that is the number 0 is passed over."""
    np.multiply(x, coefficients[-1], out=out)
    for k, c in enumerate(coefficients[-2::-1], 2 - len(coefficients)):
        if isinstance(c, np.ndarray) or c != 0:
            np.add(out, c, out=out)
        if k:
            np.multiply(x, out, out=out)


def _total(u: Any) -> Any:
    ones = _ones(_ALONE, u.dtype)
    return _added(np.dot(u[i : i + _ALONE], ones[: len(u) - i]) for i in range(0, len(u), _ALONE))


def _product(u: Any, v: Any) -> Any:
    if len(u) <= _ALONE:
        return np.dot(u, v)
    return _added(np.dot(u[i : i + _ALONE], v[i : i + _ALONE]) for i in range(0, len(u), _ALONE))


def _column_total(wide: int, u: Any) -> Any:
    rows, many = u.reshape(-1, wide), max(1, _ALONE // wide)
    parts = (rows[i : i + many] for i in range(0, len(rows), many))
    return _added(_ones(many, u.dtype)[: len(part)] @ part for part in parts)


def _column_product(wide: int, u: Any, v: Any) -> Any:
    return _column_total(wide, u * v)


def _added(parts: Iterable[Any]) -> Any:
    """Their sum, in their own type, as an array or a number of NumPy's."""
    return reduce(np.add, parts)


@lru_cache(maxsize=64)
def _ones(n: int, dtype: Any) -> Any:
    return np.ones(n, dtype)
