"""Derivatives of graphs: forwards in x, backwards to all inputs."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from ratapprox.networks.kernels.graph import Graph
from ratapprox.networks.kernels.polynomials import slope_of

__all__ = ["gradients", "slope"]

Rule = Callable[[Graph, int, int], int]  # (graph, u, f(u)) -> f'(u)


def _over_root(sign: float) -> Rule:
    """1/sqrt(1 + sign·u²)."""
    return lambda g, u, f: g.div(g.number(1), g.unary("sqrt", g.add(g.number(1), g.mul(g.number(sign), g.mul(u, u)))))


def _bell(scale: float) -> Rule:
    return lambda g, u, f: g.mul(g.number(scale), g.unary("exp", g.neg(g.mul(u, u))))


SLOPES: dict[str, Rule] = {
    "neg": lambda g, u, f: g.number(-1),
    "near": lambda g, u, f: g.number(1),
    "exp": lambda g, u, f: f,
    "expm1": lambda g, u, f: g.unary("exp", u),
    "log": lambda g, u, f: g.div(g.number(1), u),
    "log1p": lambda g, u, f: g.div(g.number(1), g.add(g.number(1), u)),
    "sin": lambda g, u, f: g.unary("cos", u),
    "cos": lambda g, u, f: g.neg(g.unary("sin", u)),
    "tan": lambda g, u, f: g.add(g.number(1), g.mul(f, f)),
    "sinh": lambda g, u, f: g.unary("cosh", u),
    "cosh": lambda g, u, f: g.unary("sinh", u),
    "tanh": lambda g, u, f: g.sub(g.number(1), g.mul(f, f)),
    "tanhshrink": lambda g, u, f: g.power(g.unary("tanh", u), 2),
    "asin": _over_root(-1),
    "acos": lambda g, u, f: g.neg(_over_root(-1)(g, u, f)),
    "asinh": _over_root(1),
    "atan": lambda g, u, f: g.div(g.number(1), g.add(g.number(1), g.mul(u, u))),
    "erf": _bell(2 / math.sqrt(math.pi)),
    "erfc": _bell(-2 / math.sqrt(math.pi)),
    "sigmoid": lambda g, u, f: g.mul(f, g.sub(g.number(1), f)),
    "softplus": lambda g, u, f: g.unary("sigmoid", u),
    "sqrt": lambda g, u, f: g.div(g.number(0.5), f),
    "abs": lambda g, u, f: g.unary("sign", u),
    "sign": lambda g, u, f: g.number(0),
}


def slope(g: Graph, root: int, x: int) -> int:
    """∂root/∂x. At a kink of max, min and |·| the mean of both slopes, at a switch by conditions that of the branch."""
    found: dict[int, int] = {}
    zero = g.number(0)
    for node in g.reached([root]):
        operation, arguments, data = g.nodes[node]
        moved = [found[a] for a in arguments]
        if node == x:
            found[node] = g.number(1)
        elif all(m == zero for m in moved[operation in ("select", "choose") :]):
            found[node] = zero
        else:
            found[node] = _slope(g, node, operation, arguments, moved, data)
    return found[root]


def _slope(g: Graph, node: int, operation: str, u: tuple[int, ...], du: Sequence[int], data: object) -> int:
    if operation in ("add", "sub"):
        return getattr(g, operation)(*du)  # type: ignore[no-any-return]
    if operation == "mul":
        return g.add(g.mul(du[0], u[1]), g.mul(u[0], du[1]))
    if operation == "div":
        return g.div(g.sub(du[0], g.mul(node, du[1])), u[1])
    if operation in ("max", "min"):
        return g.choose(_first_rules(g, operation, u), *du)
    if operation == "select":
        return g.select(str(data), u[0], du[1], du[2])
    if operation == "choose":
        return g.choose(u[0], du[1], du[2])
    if operation == "poly":
        return g.mul(slope_of(g, u), du[0])
    if operation == "gate":  # u[1] is near to u[0], which may be infinite where the slope of u[2] is 0
        return g.add(g.mul(du[0], u[2]), g.mul(u[1], du[2]))
    if operation == "pow":
        return g.mul(_power_slope(g, u[0], data), du[0])
    return g.mul(SLOPES[operation](g, u[0], node), du[0])


def _first_rules(g: Graph, operation: str, u: tuple[int, ...]) -> int:
    """What is positive where the first argument is the one taken."""
    return g.sub(*(u if operation == "max" else u[::-1]))


def _power_slope(g: Graph, u: int, exponent: object) -> int:
    n = float(exponent)  # type: ignore[arg-type]
    return g.mul(g.number(n), g.node("pow", u, data=n - 1))


def gradients(g: Graph, root: int, seed: int, inputs: Sequence[int]) -> dict[int, int]:
    """seed·∂root/∂u for each of some inputs u.

    Through a branch the two sides are led back to the inputs before one is taken: a side that is not taken may be
    infinite, and 0 times infinity is no number.
    """
    needed = set(inputs)
    for node in g.reached([root]):
        if needed.intersection(g.nodes[node][1]):
            needed.add(node)
    found: dict[int, int] = {root: seed}

    def put(node: int, amount: int) -> None:
        if node in needed:
            found[node] = g.add(found[node], amount) if node in found else amount

    for node in reversed(g.reached([root])):
        if node not in found or node in inputs or node not in needed:
            continue
        s = found.pop(node)
        operation, u, data = g.nodes[node]
        if operation in ("add", "sub"):
            put(u[0], s)
            put(u[1], s if operation == "add" else g.neg(s))
        elif operation == "mul":
            put(u[0], g.mul(s, u[1]))
            put(u[1], g.mul(s, u[0]))
        elif operation == "div":
            share = g.div(s, u[1])
            put(u[0], share)
            put(u[1], g.neg(g.mul(share, node)))
        elif operation in ("select", "choose", "max", "min"):
            kinked = operation in ("max", "min")
            one, other = (gradients(g, v, s, inputs) for v in (u if kinked else u[1:]))
            for leaf in inputs:
                if leaf in one or leaf in other:
                    a, b = (side.get(leaf, g.number(0)) for side in (one, other))
                    if operation == "select":
                        put(leaf, g.select(str(data), u[0], a, b))
                    else:
                        put(leaf, g.choose(_first_rules(g, operation, u) if kinked else u[0], a, b))
        elif operation == "poly":
            put(u[0], g.mul(s, slope_of(g, u)))
            for k, c in enumerate(u[1:]):
                put(c, g.mul(s, g.power(u[0], k)) if k else s)
        elif operation == "gate":
            put(u[0], g.mul(s, u[2]))
            put(u[2], g.mul(s, u[1]))
        elif operation == "pow":
            put(u[0], g.mul(s, _power_slope(g, u[0], data)))
        else:
            put(u[0], g.mul(s, SLOPES[operation](g, u[0], node)))
    return {u: amount for u, amount in found.items() if u in needed and u in inputs}
