"""A graph without the functions that are made of others, and with one reciprocal for quotients of equal denominator."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from fractions import Fraction

from ratapprox.networks.kernels.graph import Graph

__all__ = ["lowered"]


def _sigmoid(g: Graph, u: int) -> int:
    """1/(1 + exp(-u)): exp overflows to infinity for large -u, and 1/infinity is the limit."""
    return g.div(g.number(1), g.add(g.number(1), g.unary("exp", g.neg(u))))


def _softplus(g: Graph, u: int) -> int:
    """max(u, 0) + log(1 + exp(-|u|))."""
    return g.add(g.node("max", u, g.number(0)), g.unary("log1p", g.unary("exp", g.neg(g.unary("abs", u)))))


def _tanhshrink(g: Graph, u: int) -> int:
    """u - tanh(u), which cancels for |u| < 1/2: there its Taylor series in u²."""
    s = g.mul(u, u)
    near = g.number(0)
    for c in _TANH:
        near = g.add(g.mul(near, s), g.number(-c))
    far = g.sub(u, g.unary("tanh", u))
    return g.select(">", g.sub(s, g.number(0.25)), far, g.mul(g.mul(near, s), u))


def _tanh_coefficients(count: int) -> tuple[float, ...]:
    """Coefficients of u³, u⁵, ... of tanh, highest first, from t' = 1 - t²."""
    t = [Fraction(0), Fraction(1)]
    for k in range(2, 2 * count + 2):
        t.append(-sum((t[j] * t[k - 1 - j] for j in range(k)), Fraction(0)) / k)
    return tuple(float(c) for c in t[:2:-2])


_TANH = _tanh_coefficients(20)
MADE: dict[str, Callable[[Graph, int], int]] = {
    "sigmoid": _sigmoid,
    "softplus": _softplus,
    "tanhshrink": _tanhshrink,
}


def lowered(old: Graph, roots: list[int]) -> tuple[Graph, list[int]]:
    """A new graph and the roots in it."""
    g, moved = _copied(old, roots, _made)
    shared = Counter(g.nodes[n][1][1] for n in g.reached(moved) if g.nodes[n][0] == "div")
    if max(shared.values(), default=0) < 2:
        return g, moved

    def with_reciprocals(new: Graph, operation: str, u: list[int], data: object, before: tuple[int, ...]) -> int:
        if operation == "div" and shared[before[1]] > 1:
            return new.mul(u[0], new.div(new.number(1), u[1]))
        return _made(new, operation, u, data, before)

    return _copied(g, moved, with_reciprocals)


Making = Callable[[Graph, str, list[int], object, tuple[int, ...]], int]


def _copied(old: Graph, roots: list[int], make: Making) -> tuple[Graph, list[int]]:
    g = Graph()
    moved: dict[int, int] = {}
    for node in old.reached(roots):
        operation, arguments, data = old.nodes[node]
        moved[node] = make(g, operation, [moved[a] for a in arguments], data, arguments)
    return g, [moved[root] for root in roots]


def _made(g: Graph, operation: str, u: list[int], data: object, _: tuple[int, ...]) -> int:
    if operation == "near":
        return g.node("min", g.node("max", u[0], g.number(-_bound(data))), g.number(_bound(data)))
    if operation == "gate":
        return g.mul(_one_sided(g, u, str(data)), u[2])
    if operation in MADE:
        return MADE[operation](g, u[0])
    if operation in ("add", "sub", "mul", "div", "neg"):
        return getattr(g, operation)(*u)  # type: ignore[no-any-return]
    if operation == "select":
        return g.select(str(data), *u)
    if operation == "choose":
        return g.choose(*u)
    return g.node(operation, *u, data=data)


def _bound(data: object) -> float:
    return float(data)  # type: ignore[arg-type]


def _one_sided(g: Graph, u: list[int], side: str) -> int:
    """x bounded on one side: the half of near(x), or its own operation on that side."""
    lower, bound = g.nodes[u[1]][1]
    return lower if side == "max" else g.node("min", u[0], bound)
