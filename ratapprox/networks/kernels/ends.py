"""Named activations at the ends of the line, where x·0 and x/x of an infinite x are no numbers.

Where such a function has settled, x may be replaced by a bound without a change of any digit: silu(x) is x for
x > 4096, and its slope 1. near(x) = min(max(x, -bound), bound) is that, and counts as x where derivatives are taken.
A product x·v(x) whose v settles at 0 on one side and at another number on the other becomes a gate,

    gate(x, near(x), v(near(x))) = max(x, -bound) v,   slope v + near(x) v',

so that it still grows with x. What is so changed is compared with the formula as it was at numbers on both sides of the
bound; it is done for the named functions alone, as any other may do something new beyond every number tried.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ratapprox.networks.kernels.calculus import slope
from ratapprox.networks.kernels.graph import Graph
from ratapprox.networks.kernels.lowering import lowered
from ratapprox.networks.kernels.ufuncs import FUNCTIONS, UFUNCS

__all__ = ["guarded"]

BOUNDS = (2.0**12, 2.0**60)  # where exp and its kin have settled; where 1 + |x| is |x|
_FAR = {np.float32: [np.inf, -np.inf, 1e30, -1e30], np.float64: [np.inf, -np.inf, 1e300, -1e300]}
_TRIED = [s * 10.0**k for k in range(-2, 19) for s in (1, -1, 3.7, -3.7)]


def guarded(g: Graph, root: int) -> int:
    """The function whose value and slope are limits at ±∞; the root itself where it needs no change, or none helps.

    >>> g = Graph()
    >>> x = g.input("x")
    >>> at_the_ends(g, guarded(g, g.mul(x, g.unary("sigmoid", x))), np.float32)[1][:2]
    [1.0, 0.0]
    """
    if _fine(g, root):
        return root
    before = values(g, _with_slope(g, root), _TRIED, np.float64)
    for candidate in _candidates(g, root):
        after = values(g, _with_slope(g, candidate), _TRIED, np.float64)
        if _fine(g, candidate) and all(np.allclose(a, b, 1e-14, 1e-14) for a, b in zip(after, before, strict=True)):
            return candidate
    return root


def at_the_ends(g: Graph, root: int, dtype: Any) -> list[list[float]]:
    """Value and slope at ∞, -∞ and two huge numbers."""
    return [v.tolist() for v in values(g, _with_slope(g, root), _FAR[dtype], dtype)]


def _fine(g: Graph, root: int) -> bool:
    return not any(np.isnan(at_the_ends(g, root, dtype)).any() for dtype in _FAR)


def _with_slope(g: Graph, root: int) -> list[int]:
    return [root, slope(g, root, g.input("x"))]


def _candidates(g: Graph, root: int) -> Iterator[int]:
    x = g.input("x")
    for bound in BOUNDS:
        near = g.node("near", x, data=bound)
        for node in g.reached([root]):
            operation, arguments, _ = g.nodes[node]
            if operation == "mul" and x in arguments and g.value(arguments[0]) is None:
                v = arguments[arguments[0] == x]
                below, above = values(g, [v], [-bound, bound], np.float64)[0]
                if (below == 0) != (above == 0):
                    gate = g.node("gate", x, near, g.replaced(v, {x: near}), data="max" if below == 0 else "min")
                    yield g.replaced(root, {node: gate})
        yield g.replaced(root, {x: near})


def values(old: Graph, roots: list[int], x: list[float], dtype: Any) -> list[Any]:
    """What nodes of x alone are at some numbers."""
    g, roots = lowered(old, roots)
    found: dict[int, Any] = {}
    with np.errstate(all="ignore"):
        for node in g.reached(roots):
            operation, arguments, data = g.nodes[node]
            given = [found[a] for a in arguments]
            if operation == "input":
                found[node] = np.array(x).astype(dtype)
            elif operation == "number":
                found[node] = np.full(len(x), data).astype(dtype)
            else:
                before, behind = [data] * (operation == "select"), [data] * (operation == "pow")
                found[node] = FUNCTIONS[UFUNCS.get(operation, operation)](*before, *given, *behind)
    return [found[root] for root in roots]
