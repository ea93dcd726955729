"""The arithmetic written in NumPy calls that run over blocks small enough for the cache, into buffers used again."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from typing import Any

import numpy as np

from ratapprox.networks.kernels.arithmetic import Arithmetic, Sum
from ratapprox.networks.kernels.ufuncs import FUNCTIONS, UFUNCS

__all__ = ["run", "text"]

BLOCK = 65536  # bytes of a buffer: a call has to last long beside its start, and a few buffers fit the cache
_ALONE = 8192  # elements of a product that BLAS does not share out among threads
_BINARY = {"add": "+", "sub": "-", "mul": "*", "div": "/"}


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
    block, buffers = _block(arithmetic)
    wide = x.shape[1] if x.ndim == 2 else 1
    size = max(1, BLOCK // (x.itemsize * max(wide, 1))) * wide
    work = _workspace(buffers, min(size, x.size), x.dtype)
    sums = np.zeros((len(arithmetic.sums), *x.shape[1:]))
    total: Any = _total if x.ndim == 1 else partial(_column_total, wide)
    product: Any = _product if x.ndim == 1 else partial(_column_product, wide)
    same = [u[j : j + 1].reshape(()) if x.ndim == 1 else np.tile(u[j], work.shape[1] // wide) for j in range(len(u))]
    x, *arrays = (a.reshape(-1) for a in (x, *gs, *outs))
    with np.errstate(all="ignore"):
        for start in range(0, x.size, size or 1):
            many = min(size, x.size - start)
            parts = [a[start : start + many] for a in arrays]
            if many < work.shape[1]:
                same, work = [v[:many] if v.ndim else v for v in same], work[:, :many]
            found = block(total, product, x[start : start + many], *same, *parts, *work)
            if found:
                sums += found
    return sums


_own = threading.local()


def _workspace(rows: int, size: int, dtype: Any) -> Any:
    """Uninitialised (rows, size); each thread keeps its memory: fresh pages would cost more than the arithmetic."""
    needed = rows * size * dtype.itemsize
    memory = getattr(_own, "memory", None)
    if memory is None or len(memory) < needed:
        memory = _own.memory = np.empty(needed, np.uint8)
    return memory[:needed].view(dtype).reshape(rows, size)


# -- the source of one block -------------------------------------------------------------------------------------------


@lru_cache(maxsize=512)
def _block(arithmetic: Arithmetic) -> tuple[Callable[..., Any], int]:
    source, buffers = text(arithmetic)
    names: dict[str, Any] = {**FUNCTIONS, "copyto": np.copyto, "inf": np.inf, "nan": np.nan}
    exec(source, names)
    return names["block"], buffers


def text(arithmetic: Arithmetic) -> tuple[str, int]:
    """The source of `block(total, product, inputs..., outputs..., buffers...) -> sums`, and how many buffers it needs.

    >>> from ratapprox.networks.kernels.arithmetic import back
    >>> from ratapprox.networks.units import unit
    >>> print(text(back(unit("square"), 0))[0])
    def block(total, product, x, g0, o0, w0):
        multiply(x, g0, out=w0)
        add(w0, w0, out=o0)
        return ()
    """
    return _Writer(arithmetic).text()


class _Writer:
    """Names for slots, and which buffers are free again."""

    def __init__(self, arithmetic: Arithmetic) -> None:
        self.arithmetic = arithmetic
        self.first = len(arithmetic.inputs)
        self.names = list(arithmetic.inputs) + [""] * len(arithmetic.lines)
        self.last = self._last_uses()
        self.free: list[str] = []
        self.buffers = 0

    def _last_uses(self) -> list[int]:
        """For each slot the line after which it is not read any more."""
        a = self.arithmetic
        last = [-1] * len(self.names)
        for k, line in enumerate(a.lines):
            for slot in line.arguments:
                last[slot] = k
        for slot in (*a.outputs, *(s for t in a.sums for s in (t.first, t.second) if s is not None)):
            last[slot] = len(a.lines)
        return last

    def text(self) -> tuple[str, int]:
        a = self.arithmetic
        body: list[str] = []
        for k, line in enumerate(a.lines):
            slot = self.first + k
            arguments = [self.names[s] for s in line.arguments]
            if line.operation == "number":
                self.names[slot] = _number(line.data)
            elif slot in a.uniform:
                self.names[slot] = f"t{slot}"
                body.append(f"t{slot} = {_call(line.operation, arguments, line.data)}")
            else:
                self._release(k, line.arguments)
                self.names[slot] = self._target(slot, line.operation, arguments)
                body.append(_call(line.operation, arguments, line.data, self.names[slot]))
        outs = [f"o{j}" for j in range(len(a.outputs))]
        pairs = zip(outs, a.outputs, strict=True)
        body += [f"copyto({out}, {self.names[s]})" for out, s in pairs if self.names[s] != out]
        sums = "".join(f"{self._sum(total)}, " for total in a.sums)
        given = ", ".join(["total", "product", *a.inputs, *outs, *(f"w{i}" for i in range(self.buffers))])
        return "\n    ".join([f"def block({given}):", *body, f"return ({sums.rstrip()})"]), self.buffers

    def _release(self, k: int, slots: tuple[int, ...]) -> None:
        for slot in dict.fromkeys(slots):
            if self.last[slot] == k and self.names[slot].startswith("w"):
                self.free.append(self.names[slot])

    def _target(self, slot: int, operation: str, arguments: list[str]) -> str:
        """An output's own array, or a buffer; branches are not written over what they read."""
        if slot in self.arithmetic.outputs:
            return f"o{self.arithmetic.outputs.index(slot)}"
        free = [name for name in self.free if operation not in ("select", "choose") or name not in arguments]
        if free:
            self.free.remove(free[-1])
            return free[-1]
        self.buffers += 1
        return f"w{self.buffers - 1}"

    def _sum(self, total: Sum) -> str:
        first = self.names[total.first]
        if total.first in self.arithmetic.uniform:
            return "0.0"  # no g flows through
        found = f"total({first})" if total.second is None else f"product({first}, {self.names[total.second]})"
        return found if total.scale == 1 else f"{total.scale!r} * {found}"


def _number(value: float) -> str:
    return f"({value!r})" if value < 0 else repr(value)


def _call(operation: str, arguments: list[str], data: Any, out: str = "") -> str:
    if operation in _BINARY and not out:
        return f" {_BINARY[operation]} ".join(arguments)
    if operation == "pow":
        arguments = [*arguments, repr(data)]
    if operation == "select":
        arguments = [repr(data), *arguments]
    if out:
        arguments = [*arguments, f"out={out}"]
    return f"{UFUNCS.get(operation, operation)}({', '.join(arguments)})"


# -- what a block calls ------------------------------------------------------------------------------------------------


def _total(u: Any) -> Any:
    ones = _ones(_ALONE, u.dtype)
    return sum(np.dot(u[i : i + _ALONE], ones[: len(u) - i]) for i in range(0, len(u), _ALONE))


def _product(u: Any, v: Any) -> Any:
    if len(u) <= _ALONE:
        return np.dot(u, v)
    return sum(np.dot(u[i : i + _ALONE], v[i : i + _ALONE]) for i in range(0, len(u), _ALONE))


def _column_total(wide: int, u: Any) -> Any:
    rows, many = u.reshape(-1, wide), max(1, _ALONE // wide)
    parts = (rows[i : i + many] for i in range(0, len(rows), many))
    return sum(_ones(many, u.dtype)[: len(part)] @ part for part in parts)


def _column_product(wide: int, u: Any, v: Any) -> Any:
    return _column_total(wide, u * v)


@lru_cache(maxsize=64)
def _ones(n: int, dtype: Any) -> Any:
    return np.ones(n, dtype)
