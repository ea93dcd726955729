"""The operations of a graph as NumPy functions with `out`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = ["FUNCTIONS", "UFUNCS"]

UFUNCS = {
    "add": "add", "sub": "subtract", "mul": "multiply", "div": "divide", "neg": "negative", "max": "maximum",
    "min": "minimum", "abs": "absolute", "sign": "sign", "sqrt": "sqrt", "exp": "exp", "expm1": "expm1", "log": "log",
    "log1p": "log1p", "sin": "sin", "cos": "cos", "tan": "tan", "sinh": "sinh", "cosh": "cosh", "tanh": "tanh",
    "asin": "arcsin", "acos": "arccos", "atan": "arctan", "asinh": "arcsinh", "pow": "power",
}  # fmt: skip


def special(name: str) -> Callable[..., Any]:
    def over(u: Any, out: Any = None) -> Any:
        import scipy.special  # costs a tenth of a second, and only erf and erfc need it

        return getattr(scipy.special, name)(u, out=out)

    return over


def select(relation: str, d: Any, u: Any, v: Any, out: Any = None) -> Any:
    out = np.empty_like(d) if out is None else out
    np.copyto(out, v)
    np.copyto(out, u, where=d > 0 if relation == ">" else d >= 0)
    return _with_nan(d, out)


def choose(d: Any, u: Any, v: Any, out: Any = None) -> Any:
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


# By the names that UFUNCS gives them, and what NumPy has not.
FUNCTIONS: dict[str, Callable[..., Any]] = {
    **{name: getattr(np, name) for name in UFUNCS.values()},
    "select": select,
    "choose": choose,
    "erf": special("erf"),
    "erfc": special("erfc"),
}
