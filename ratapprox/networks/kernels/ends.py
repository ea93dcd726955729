"""Named activations at the ends of the line, where x·0 and x/x of an infinite x are no numbers.

Where such a function has settled, x may be replaced by a bound without a change of any digit: silu(x) is x for
x > 4096, its slope 1 and its second derivative 0. near(x) = min(max(x, -bound), bound) is that, and counts as x where
derivatives are taken. A product x·v(x) whose v settles at 0 on one side and at another number on the other becomes a
gate,

    gate(x, near(x), v(near(x))) = max(x, -bound) v,   slope v + near(x) v',

so that it still grows with x. A function that has values at ±∞, and a slope that falls slowly, such as arctan, has
these values beyond a bound at which x² overflows in float32. What is so changed is compared with the formula as it was
at numbers on both sides of the bound, and at ±∞ where that had one; it is done for the named functions alone, as any
other may do something new beyond every number tried.
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
FLAT = 2.0**126  # twice as much is a number in float32, the square none
_FAR = {np.float32: [np.inf, -np.inf, 1e30, -1e30], np.float64: [np.inf, -np.inf, 1e300, -1e300]}
_TRIED = [s * 10.0**k for k in range(-2, 19) for s in (1, -1, 3.7, -3.7)]


def guarded(g: Graph, root: int) -> int:
    """The function whose value and two derivatives are limits at ±∞; the root itself where it needs or finds no change.

    >>> g = Graph()
    >>> x = g.input("x")
    >>> at_the_ends(g, guarded(g, g.mul(x, g.unary("sigmoid", x))), np.float32)[1][:2]
    [1.0, 0.0]
    """
    if _fine(g, root):
        return root
    before = values(g, _with_slopes(g, root), _TRIED, np.float64)
    for candidate in _candidates(g, root):
        after = values(g, _with_slopes(g, candidate), _TRIED, np.float64)
        same = all(np.allclose(a, b, 1e-14, 1e-14) for a, b in zip(after, before, strict=True))
        if same and _fine(g, candidate) and _kept(g, candidate, root):
            return candidate
    return root


def at_the_ends(g: Graph, root: int, dtype: Any) -> list[list[float]]:
    """Value, slope and second derivative at ∞, -∞ and two huge numbers."""
    return [v.tolist() for v in values(g, _with_slopes(g, root), _FAR[dtype], dtype)]


def _fine(g: Graph, root: int) -> bool:
    return not any(np.isnan(at_the_ends(g, root, dtype)).any() for dtype in _FAR)


def _kept(g: Graph, candidate: int, root: int) -> bool:
    """Whether what was a number at ±∞ is the same one."""
    for dtype in _FAR:
        after, before = (np.array(at_the_ends(g, each, dtype))[:, :2] for each in (candidate, root))
        if not (np.isnan(before) | (after == before)).all():
            return False
    return True


def _with_slopes(g: Graph, root: int) -> list[int]:
    x = g.input("x")
    first = slope(g, root, x)
    return [root, first, slope(g, first, x)]


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
    above, below = at_the_ends(g, root, np.float64)[0][:2]
    if np.isfinite([above, below]).all():
        beyond = g.sub(g.unary("abs", x), g.number(FLAT))
        yield g.select(">", beyond, g.select(">", x, g.number(above), g.number(below)), root)


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
