"""The arithmetic written in NumPy calls that run over blocks small enough for the cache, into buffers used again."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

from ratapprox.networks.kernels.arithmetic import Arithmetic, Sum

__all__ = ["columns", "flat", "text"]

BLOCK = 32768  # bytes of a buffer
_BINARY = {"add": "+", "sub": "-", "mul": "*", "div": "/"}
_UFUNCS = {
    "add": "add", "sub": "subtract", "mul": "multiply", "div": "divide", "neg": "negative", "max": "maximum",
    "min": "minimum", "abs": "absolute", "sign": "sign", "sqrt": "sqrt", "exp": "exp", "expm1": "expm1", "log": "log",
    "log1p": "log1p", "sin": "sin", "cos": "cos", "tan": "tan", "sinh": "sinh", "cosh": "cosh", "tanh": "tanh",
    "asin": "arcsin", "acos": "arccos", "atan": "arctan", "asinh": "arcsinh", "pow": "power",
}  # fmt: skip


def flat(arithmetic: Arithmetic) -> Callable[..., Any]:
    """run(x, u, gs, outs) -> sums: x, each of gs and outs contiguous (n,), u numbers; sums: float64 (m,)."""
    block, buffers = _block(arithmetic, False)

    def run(x: Any, u: Any, gs: tuple[Any, ...], outs: tuple[Any, ...]) -> Any:
        size = min(len(x), BLOCK // x.itemsize)
        work = np.empty((buffers, size), x.dtype)
        total = np.zeros(len(arithmetic.sums))
        with np.errstate(all="ignore"):
            for start in range(0, len(x), size or 1):
                part = slice(start, min(start + size, len(x)))
                many = part.stop - start
                rows = work if many == size else work[:, :many]
                arrays = [a[part] for a in (*gs, *outs)]
                total += block(x[part], *u, *arrays, *rows)
        return total

    return run


def columns(arithmetic: Arithmetic) -> Callable[..., Any]:
    """The same for x, gs, outs (n, d), contiguous, u (m, d): sums (m, d)."""
    block, buffers = _block(arithmetic, True)

    def run(x: Any, u: Any, gs: tuple[Any, ...], outs: tuple[Any, ...]) -> Any:
        n, d = x.shape
        size = max(1, min(n, BLOCK // (x.itemsize * max(d, 1))))
        work = np.empty((buffers, size, d), x.dtype)
        total = np.zeros((len(arithmetic.sums), d))
        with np.errstate(all="ignore"):
            for start in range(0, n, size):
                part = slice(start, min(start + size, n))
                arrays = [a[part] for a in (*gs, *outs)]
                found = block(x[part], *u, *arrays, *work[:, : part.stop - start])
                for j, row in enumerate(found):
                    total[j] += row
        return total

    return run


# -- the source of one block -------------------------------------------------------------------------------------------


@lru_cache(maxsize=512)
def _block(arithmetic: Arithmetic, by_columns: bool) -> tuple[Callable[..., Any], int]:
    source, buffers = text(arithmetic)
    names: dict[str, Any] = {name: getattr(np, name) for name in set(_UFUNCS.values())}
    names |= {"select": _select, "choose": _choose, "copyto": np.copyto, "inf": np.inf, "nan": np.nan}
    names |= {"erf": _special("erf"), "erfc": _special("erfc")}
    names |= {"total": _column_total if by_columns else _total, "product": _column_product if by_columns else np.dot}
    exec(source, names)
    return names["block"], buffers


def text(arithmetic: Arithmetic) -> tuple[str, int]:
    """The source of `block(inputs..., outputs..., buffers...) -> sums`, and how many buffers it works in.

    >>> from ratapprox.networks.kernels.arithmetic import back
    >>> from ratapprox.networks.units import unit
    >>> print(text(back(unit("square"), 0))[0])
    def block(x, g0, o0, w0):
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
        given = ", ".join([*a.inputs, *outs, *(f"w{i}" for i in range(self.buffers))])
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
    return f"{_UFUNCS.get(operation, operation)}({', '.join(arguments)})"


# -- what a block calls ------------------------------------------------------------------------------------------------


def _special(name: str) -> Callable[..., Any]:
    def over(u: Any, out: Any = None) -> Any:
        import scipy.special  # costs a tenth of a second, and only erf and erfc need it

        return getattr(scipy.special, name)(u, out=out)

    return over


def _select(relation: str, d: Any, u: Any, v: Any, out: Any = None) -> Any:
    out = np.empty_like(d) if out is None else out
    np.copyto(out, v)
    np.copyto(out, u, where=d > 0 if relation == ">" else d >= 0)
    return _with_nan(d, out)


def _choose(d: Any, u: Any, v: Any, out: Any = None) -> Any:
    out = np.empty_like(d) if out is None else out
    np.copyto(out, v)
    np.copyto(out, u, where=d > 0)
    equal = d == 0
    if np.any(equal):
        np.copyto(out, np.add(u, v) / 2, where=equal)
    return _with_nan(d, out)


def _with_nan(d: Any, out: Any) -> Any:
    unordered = np.isnan(d)
    if np.any(unordered):
        np.copyto(out, d, where=unordered)
    return out


def _total(u: Any) -> Any:
    return np.add.reduce(u)


def _column_total(u: Any) -> Any:
    return np.add.reduce(u, axis=0)


def _column_product(u: Any, v: Any) -> Any:
    return np.einsum("ij,ij->j", u, v)
