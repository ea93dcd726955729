"""The arithmetic as loops that Numba compiles for this processor.

What the loops need to become vector instructions: no check for a division by 0 (`error_model="numpy"`), no integer
times a float32, contiguous rows, an output apart from the inputs, and permission to reorder sums. NaN and infinity keep
their meaning: the flags that would drop them are not given.
"""

from __future__ import annotations

import hashlib
import math
import os
import tempfile
from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, cast

import numpy as np

from ratapprox.networks.kernels.arithmetic import Arithmetic
from ratapprox.networks.kernels.scalar import FUNCTIONS, Language, Written, write

__all__ = ["available", "compiled", "run", "suits", "text"]

_RUN = 4096  # elements whose sums are collected in the arrays' own type
_ROWS = 128  # rows that are turned at once where each column has its own coefficients
_PLAIN = frozenset(
    ("number", "add", "sub", "mul", "div", "neg", "abs", "sign", "sqrt", "max", "min", "select", "choose", "poly")
)
FLAGS = {"reassoc", "contract", "nsz"}  # of fast-math: not nnan, ninf, arcp, afn


@cache
def available() -> bool:
    """Whether Numba is installed."""
    return find_spec("numba") is not None


@lru_cache(maxsize=512)
def suits(arithmetic: Arithmetic) -> bool:
    """Whether all operations have vector instructions; exp, tanh and the like are quicker in NumPy's own loops."""
    return arithmetic.operations <= _PLAIN


def run(arithmetic: Arithmetic, x: Any, u: Any, gs: Sequence[Any], outs: Sequence[Any]) -> Any:
    """Fill outs and return the sums, float64 (members, sums, groups).

    x, gs, outs: contiguous (members, n, d). u: (members, m, groups).
    """
    (members, _, d), (_, m, groups) = x.shape, u.shape
    many, alike = len(arithmetic.sums), groups == 1 or m == 0
    loop = compiled(arithmetic, x.dtype, not alike)
    if alike:
        sums = np.zeros((members, many, 1 if many else groups))
        loop(x, u if u.flags.c_contiguous else np.ascontiguousarray(u), *gs, *outs, sums)
        return sums
    sums = np.zeros((members, many, d))
    loop(x, np.repeat(u, d // groups, axis=-1), *gs, *outs, sums)
    return sums.reshape(members, many, groups, d // groups).sum(axis=-1)


@lru_cache(maxsize=512)
def compiled(arithmetic: Arithmetic, dtype: Any, by_columns: bool) -> Callable[..., Any]:
    import numba

    # Numba imports the module of what it finds compiled before
    names: dict[str, Any] = {"__name__": __name__, "inf": math.inf, "nan": math.nan}
    names |= {"empty": np.empty, "cast": dtype.type, **{name: getattr(math, name) for name in FUNCTIONS}}
    source = text(arithmetic, by_columns)
    kept = _kept(f"# {dtype.name}, Numba {numba.__version__}\n{source}\n")
    exec(compile(source, kept or "<loop>", "exec"), names)
    wrap = numba.njit(fastmath=FLAGS, error_model="numpy", nogil=True, cache=kept is not None)
    return cast("Callable[..., Any]", wrap(names["loop"]))


def _kept(source: str) -> str | None:
    """A file with the source in the user's folder for caches, beside which Numba keeps what it compiled.

    Its name is its content's hash. None where there is no such folder, or it is another user's: what lies in it is run.
    """
    try:
        base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
        folder = Path(base, "ratapprox", "kernels")
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if hasattr(os, "getuid") and folder.stat().st_uid != os.getuid():
            return None
        path = folder / f"{hashlib.sha256(source.encode()).hexdigest()[:24]}.py"
        if not path.exists():
            with tempfile.NamedTemporaryFile("w", dir=folder, suffix=".tmp", delete=False, encoding="utf-8") as new:
                new.write(source)
            os.replace(new.name, path)
        return str(path) if os.access(folder, os.W_OK) else None
    except (OSError, RuntimeError):  # read-only, full, or no home
        return None


# -- the source --------------------------------------------------------------------------------------------------------

_PYTHON = Language(
    number=lambda value: f"cast({value!r})",
    choice=lambda condition, a, b: f"({a} if {condition} else {b})",
    functions={},
)


def text(arithmetic: Arithmetic, by_columns: bool) -> str:
    """The source of `loop(x, u, gs..., outs..., sums)`, where `cast` is the type computed in.

    Each array has the members first; behind that, their shapes do not matter where all columns are alike.

    >>> from ratapprox.networks.kernels.arithmetic import jet
    >>> from ratapprox.networks.units import unit
    >>> print(text(jet(unit("square"), 0), False))
    def loop(X, U, O0, S):
        members, length = len(X), X.size // max(1, len(X))
        x_all = X.reshape(members, length)
        o0_all = O0.reshape(members, length)
        for e in range(members):
            for start in range(0, length, 4096):
                x_ = x_all[e, start:start + 4096]
                o0_ = o0_all[e, start:start + 4096]
                for i in range(x_.shape[0]):
                    x = x_[i]
                    t1 = x * x
                    o0_[i] = t1
    """
    written = write(arithmetic, _PYTHON)
    us = [name for name in arithmetic.inputs if name.startswith("u")]
    read = [name for name in arithmetic.inputs if not name.startswith("u")]
    filled = [f"o{j}" for j in range(len(written.outputs))]
    head = f"def loop({', '.join(name.upper() for name in (read[0], 'u', *read[1:], *filled, 's'))}):"
    lines = (_by_columns if by_columns else _flat)(written, us, read, filled)
    scaled = [f"S[:, {j}] *= {scale!r}" for j, scale in enumerate(written.scales) if scale != 1]
    return "\n    ".join([head, *lines, *scaled])


def _flat(written: Written, us: list[str], read: list[str], filled: list[str]) -> list[str]:
    beside = [(name, count) for name, count in (("U", len(us)), ("S", len(written.sums))) if count]
    return [
        "members, length = len(X), X.size // max(1, len(X))",
        *(f"{name}_all = {name.upper()}.reshape(members, length)" for name in (*read, *filled)),
        *(f"{name.lower()}_all = {name}.reshape(members, {count})" for name, count in beside),
        "for e in range(members):",
        *(f"    {name} = u_all[e, {j}]" for j, name in enumerate(us)),
        *(f"    {line}" for line in _assigned(written.once)),
        f"    for start in range(0, length, {_RUN}):",
        *(f"        {name}_ = {name}_all[e, start:start + {_RUN}]" for name in (*read, *filled)),
        *(f"        {line}" for line in _elements(written, read, filled)),
        *(f"        s_all[e, {j}] += s{j}" for j in range(len(written.sums))),
    ]


def _by_columns(written: Written, us: list[str], read: list[str], filled: list[str]) -> list[str]:
    """Rows are turned in portions, so that each column is contiguous and its coefficients are single numbers."""
    turned = (*read, *filled)
    return [
        "members, rows, columns = X.shape",
        # 8 more: a power of two would have all columns share a few lines of the cache
        *(f"{name}_t = empty((columns, {_ROWS + 8}), X.dtype)" for name in turned),
        "for e in range(members):",
        f"    for start in range(0, rows, {_ROWS}):",
        f"        many = min({_ROWS}, rows - start)",
        *_turning([f"{name}_t[j, i] = {name.upper()}[e, start + i, j]" for name in read]),
        "        for j in range(columns):",
        *(f"            {name} = U[e, {k}, j]" for k, name in enumerate(us)),
        *(f"            {line}" for line in _assigned(written.once)),
        *(f"            {name}_ = {name}_t[j, :many]" for name in turned),
        *(f"            {line}" for line in _elements(written, read, filled)),
        *(f"            S[e, {k}, j] += s{k}" for k in range(len(written.sums))),
        *_turning([f"{name.upper()}[e, start + i, j] = {name}_t[j, i]" for name in filled]),
    ]


def _turning(lines: list[str]) -> list[str]:
    head = ["        for i in range(many):", "            for j in range(columns):"]
    return [*head, *(f"                {line}" for line in lines)]


def _elements(written: Written, read: list[str], filled: list[str]) -> list[str]:
    return [
        *(f"s{j} = cast(0.0)" for j in range(len(written.sums))),
        "for i in range(x_.shape[0]):",
        *(f"    {name} = {name}_[i]" for name in read),
        *(f"    {line}" for line in _assigned(written.each)),
        *(f"    {name}_[i] = {value}" for name, value in zip(filled, written.outputs, strict=True)),
        *(f"    s{j} += {value}" for j, value in enumerate(written.sums)),
    ]


def _assigned(pairs: tuple[tuple[str, str], ...]) -> list[str]:
    return [f"{name} = {value}" for name, value in pairs]
