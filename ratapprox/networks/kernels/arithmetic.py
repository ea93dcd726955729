"""The arithmetic of a unit for one element, as straight lines: made here once, written by others in their languages.

A unit σ(x; c) is split where x comes in: u = u(c) is what depends on the coefficients alone and is computed once for
each group of neurons, σ(x; u) the rest, computed for each element. The way back has the same two stages: Σ g ∂σ/∂u over
the elements, then the Jacobian ∂u/∂c.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ratapprox.networks.kernels.calculus import gradients, slope
from ratapprox.networks.kernels.ends import guarded
from ratapprox.networks.kernels.graph import Graph
from ratapprox.networks.kernels.lowering import lowered
from ratapprox.networks.kernels.polynomials import collected
from ratapprox.networks.units import Unit

if TYPE_CHECKING:
    from ratapprox.expressions.program import Step

__all__ = ["Arithmetic", "Line", "Stages", "Sum", "back", "features", "jet", "stages"]


@dataclass(frozen=True)
class Line:
    """One operation on earlier slots.

    "number" (data), add sub mul div neg, a function, "select" (data), "choose", or "poly" on x, c_0, ..., c_n.
    """

    operation: str
    arguments: tuple[int, ...]
    data: Any = None


@dataclass(frozen=True)
class Sum:
    """scale · Σ first·second over the elements; second is None for 1."""

    scale: float
    first: int
    second: int | None


@dataclass(frozen=True, eq=False)
class Arithmetic:
    """Slots 0, 1, ... are the inputs by name, then one for each line. outputs: slots, one number for each element.

    sums: what is added up over the elements. uniform: the slots that are the same for all elements. Equal to itself
    alone: a quick key for what is compiled from it.
    """

    inputs: tuple[str, ...]
    lines: tuple[Line, ...]
    outputs: tuple[int, ...]
    sums: tuple[Sum, ...] = ()
    uniform: frozenset[int] = frozenset()

    @property
    def operations(self) -> frozenset[str]:
        """The names of all operations."""
        return frozenset(line.operation for line in self.lines)


@dataclass(frozen=True, eq=False)
class Stages:
    """count: how many numbers u. plain: whether u is c itself. uniforms: c -> u, then ∂u_j/∂c_i, j outermost."""

    count: int
    plain: bool
    uniforms: Arithmetic


@lru_cache(maxsize=256)
def stages(unit: Unit) -> Stages:
    """The first stage of a unit."""
    g, _, boundary = _split(unit)
    inputs = [g.input(f"c{i}") for i in range(len(unit.symbols))]
    slopes = [slope(g, u, c) for u in boundary for c in inputs]
    names = tuple(f"c{i}" for i in range(len(inputs)))
    plain = boundary == inputs
    return Stages(len(boundary), plain, arithmetic(g, names, [*boundary, *slopes]))


@lru_cache(maxsize=256)
def jet(unit: Unit, order: int) -> Arithmetic:
    """(x, u_0, u_1, ...) -> σ, σ', ..., σ^(order)."""
    g, derivatives, names = _element(unit, order)
    return arithmetic(g, ("x", *names), derivatives, names=names)


@lru_cache(maxsize=256)
def back(unit: Unit, order: int) -> Arithmetic:
    """(x, u..., g_0, ..., g_order) -> Σ_k g_k σ^(k+1), and the sums Σ_elements Σ_k g_k ∂σ^(k)/∂u_j."""
    g, derivatives, names = _element(unit, order)
    flows = tuple(f"g{k}" for k in range(order + 1))
    leaves = [g.input(name) for name in ("x", *names)]
    total = [g.number(0)] * len(leaves)
    for name, derivative in zip(flows, derivatives, strict=True):
        found = gradients(g, derivative, g.input(name), leaves)
        total = [g.add(t, found.get(leaf, g.number(0))) for t, leaf in zip(total, leaves, strict=True)]
    return arithmetic(g, ("x", *names, *flows), total[:1], total[1:], names)


@lru_cache(maxsize=256)
def features(unit: Unit) -> Arithmetic:
    """(x, u...) -> ∂σ/∂u_0, ∂σ/∂u_1, ..."""
    g, (value,), names = _element(unit, 0)
    leaves = [g.input(name) for name in names]
    found = gradients(g, value, g.number(1), leaves)
    return arithmetic(g, ("x", *names), [found.get(leaf, g.number(0)) for leaf in leaves], names=names)


# -- the two stages ----------------------------------------------------------------------------------------------------


def _split(unit: Unit) -> tuple[Graph, int, list[int]]:
    """The graph of σ(x; c), its root, and the nodes that depend on c alone and are used together with x."""
    from ratapprox.expressions.program import build

    g = Graph()
    x = g.input("x")
    for i in range(len(unit.symbols)):
        g.input(f"c{i}")
    program = build(unit.expression, symbols=unit.symbols)
    slots = [x]
    for step in (*program.constants, *program.steps):
        slots.append(_node(g, step, [slots[a] for a in step.arguments], unit))
    root = guarded(g, slots[program.output]) if _named(unit) else slots[program.output]
    moving = _moving(g, root, x)
    edges = [a for node in g.reached([root]) if node in moving for a in g.nodes[node][1]]
    boundary = sorted({a for a in (*edges, root) if a not in moving and g.value(a) is None})
    return g, root, boundary


def _named(unit: Unit) -> bool:
    """Whether it is an activation of the zoo, without coefficients."""
    from ratapprox.activations import ZOO, activation

    return not unit.symbols and unit.name in ZOO and bool(activation(unit.name).expression == unit.expression)


def _moving(g: Graph, root: int, x: int) -> set[int]:
    found = {x}
    for node in g.reached([root]):
        if found.intersection(g.nodes[node][1]):
            found.add(node)
    return found


def _element(unit: Unit, order: int) -> tuple[Graph, list[int], tuple[str, ...]]:
    """σ, ..., σ^(order) in a graph whose inputs are x and u_0, u_1, ..., and the names of the latter."""
    old, root, boundary = _split(unit)
    g = Graph()
    moved = {old.input("x"): g.input("x"), **{u: g.input(f"u{j}") for j, u in enumerate(boundary)}}
    for node in old.reached([root]):
        operation, arguments, data = old.nodes[node]
        if node not in moved and (operation == "number" or (arguments and all(a in moved for a in arguments))):
            moved[node] = g.node(operation, *(moved[a] for a in arguments), data=data)
    us = [g.input(f"u{j}") for j in range(len(boundary))]
    found = [collected(g, moved[root], us)]
    for _ in range(order):
        found.append(slope(g, found[-1], g.input("x")))
    return g, found, tuple(f"u{j}" for j in range(len(boundary)))


def arithmetic(
    g: Graph, inputs: tuple[str, ...], outputs: list[int], sums: list[int] | None = None, names: tuple[str, ...] = ()
) -> Arithmetic:
    """The lines that some nodes need; names: the inputs that are the same for all elements."""
    g, roots = lowered(g, [*outputs, *(sums or [])])
    outputs, totals = roots[: len(outputs)], [_sum(g, root, names) for root in roots[len(outputs) :]]
    used = [*outputs, *(s for total in totals for s in (total.first, total.second) if s is not None)]
    slots = {g.input(name): k for k, name in enumerate(inputs)}
    uniform = {slots[g.input(name)] for name in names}
    lines: list[Line] = []
    for node in g.reached(used):
        if node in slots:
            continue
        operation, arguments, data = g.nodes[node]
        slots[node] = len(inputs) + len(lines)
        lines.append(Line(operation, tuple(slots[a] for a in arguments), data))
        if operation == "number" or all(slots[a] in uniform for a in arguments):
            uniform.add(slots[node])
    return Arithmetic(
        inputs,
        tuple(lines),
        tuple(slots[root] for root in outputs),
        tuple(Sum(t.scale, slots[t.first], None if t.second is None else slots[t.second]) for t in totals),
        frozenset(uniform),
    )


def _sum(g: Graph, root: int, names: tuple[str, ...]) -> Sum:
    scale, node = 1.0, root
    while True:
        operation, arguments, _ = g.nodes[node]
        if operation == "neg":
            scale, node = -scale, arguments[0]
        elif operation == "mul" and g.value(arguments[0]) is not None:
            scale, node = scale * (g.value(arguments[0]) or 0.0), arguments[1]
        else:
            break
    if operation == "mul" and all(_moves(g, a, names) for a in arguments):
        return Sum(scale, *arguments)
    return Sum(scale, node, None)


def _moves(g: Graph, node: int, names: tuple[str, ...]) -> bool:
    return any(g.nodes[n][0] == "input" and g.nodes[n][2] not in names for n in g.reached([node]))


# -- from the steps of an expression -----------------------------------------------------------------------------------


def _node(g: Graph, step: Step, u: list[int], unit: Unit) -> int:
    operation, data = step.operation, step.data
    if operation == "symbol":
        return g.input(f"c{unit.symbols.index(data)}")
    if operation in ("add", "sub", "mul", "neg"):
        return getattr(g, operation)(*u)  # type: ignore[no-any-return]
    if operation == "div":
        return _quotient(g, *u)
    if operation == "power":
        return g.power(u[0], data)
    if operation == "root":
        return _root(g, u[0], data)
    if operation == "power_log":
        return g.mul(_root(g, u[0], data), g.unary("log", u[0]))
    if operation in ("max", "min"):
        return g.node(operation, *u)
    if operation == "heaviside":
        ends = g.number(1), g.number(0)
        if data == Fraction(1, 2):
            return g.choose(u[0], *ends)
        return g.select(">", u[0], ends[0], g.select(">=", u[0], g.number(data), ends[1]))
    if operation == "select":
        return _select(g, u, data)
    if operation in ("rational", "pi", "algebraic", "real_root"):
        return g.number(_number(step))
    return g.unary(operation, *u)


def _quotient(g: Graph, above: int, below: int) -> int:
    """u/v; for a v without x the product with 1/v, which is computed once for all elements."""
    x = g.input("x")
    if x in _moving(g, above, x) and g.value(above) is None and x not in g.reached([below]) and g.value(below) is None:
        return g.mul(above, g.div(g.number(1), below))
    return g.div(above, below)


def _root(g: Graph, u: int, exponent: Fraction) -> int:
    if exponent.denominator == 1:
        return g.power(u, exponent.numerator)
    if exponent.denominator == 2:
        return g.power(g.unary("sqrt", u), exponent.numerator)
    value = g.value(u)
    return g.node("pow", u, data=float(exponent)) if value is None else g.number(value ** float(exponent))


def _select(g: Graph, u: list[int], data: tuple[tuple[int, Any], ...]) -> int:
    found = g.number(float("nan"))
    for branch, condition in reversed(data):
        found = _branch(g, u, condition, u[branch], found)
    return found


def _branch(g: Graph, u: list[int], condition: Any, one: int, other: int) -> int:
    if condition is True or condition is False:
        return one if condition else other
    kind, rest = condition
    if kind in ("and", "or"):
        found = one if kind == "and" else other
        for part in reversed(rest):
            found = _branch(g, u, part, found, other) if kind == "and" else _branch(g, u, part, one, found)
        return found
    d = u[rest]
    if kind in ("<", "<="):
        return g.select(">=" if kind == "<" else ">", d, other, one)
    return g.select(kind, d, one, other)


def _number(step: Step) -> float:
    from flint import ctx

    from ratapprox.expressions import balls

    with ctx.workprec(128):
        plain = balls.PLAIN.get(step.operation)
        return float(plain() if plain is not None else balls.WITH_DATA[step.operation](step.data)())
