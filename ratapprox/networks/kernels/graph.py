"""Expressions as a graph of operations in which equal subexpressions are one node."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

__all__ = ["Graph"]

_FOLDED: dict[str, Callable[[float], float]] = {
    "exp": math.exp, "log": math.log, "sin": math.sin, "cos": math.cos, "tan": math.tan, "sinh": math.sinh,
    "cosh": math.cosh, "tanh": math.tanh, "asin": math.asin, "acos": math.acos, "atan": math.atan,
    "asinh": math.asinh, "erf": math.erf, "erfc": math.erfc, "log1p": math.log1p, "expm1": math.expm1,
    "sqrt": math.sqrt, "abs": abs,
}  # fmt: skip


class Graph:
    """A list that only grows: a node is (operation, arguments, data), its arguments lie before it.

    Inputs are nodes ("input", (), name), numbers ("number", (), float). What 0, 1, -1 and two numbers make of an
    operation is done at once: 0·u is 0 also where u would be NaN.

    >>> g = Graph()
    >>> x = g.input("x")
    >>> g.add(g.mul(x, g.number(2)), g.number(0)) == g.mul(g.number(2), x)
    True
    """

    def __init__(self) -> None:
        self.nodes: list[tuple[str, tuple[int, ...], Any]] = []
        self._found: dict[tuple[str, tuple[int, ...], Any], int] = {}

    def node(self, operation: str, *arguments: int, data: Any = None) -> int:
        """The node itself, as it stands."""
        key = (operation, arguments, repr(data) if isinstance(data, float) else data)  # 0.0 == -0.0
        if key not in self._found:
            self.nodes.append((operation, arguments, data))
            self._found[key] = len(self.nodes) - 1
        return self._found[key]

    def input(self, name: str) -> int:
        return self.node("input", data=name)

    def number(self, value: float) -> int:
        return self.node("number", data=float(value))

    def value(self, u: int) -> float | None:
        """The number that a node is; None for any other."""
        operation, _, data = self.nodes[u]
        return float(data) if operation == "number" else None

    def _negated(self, u: int) -> int | None:
        operation, arguments, _ = self.nodes[u]
        return arguments[0] if operation == "neg" else None

    def reached(self, roots: list[int]) -> list[int]:
        """All nodes that some nodes need, themselves too, each after its arguments."""
        seen, waiting = set(roots), list(roots)
        while waiting:
            for a in self.nodes[waiting.pop()][1]:
                if a not in seen:
                    seen.add(a)
                    waiting.append(a)
        return sorted(seen)

    def replaced(self, root: int, by: dict[int, int]) -> int:
        """The root with some nodes replaced."""
        moved: dict[int, int] = {}
        for node in self.reached([root]):
            operation, arguments, data = self.nodes[node]
            new = tuple(moved[a] for a in arguments)
            moved[node] = by[node] if node in by else self.node(operation, *new, data=data)
        return moved[root]

    # -- arithmetic ----------------------------------------------------------------------------------------------------

    def neg(self, u: int) -> int:
        value, inner = self.value(u), self._negated(u)
        if value is not None:
            return self.number(-value)
        return self.node("neg", u) if inner is None else inner

    def add(self, u: int, v: int) -> int:
        a, b = self.value(u), self.value(v)
        if a is not None and b is not None:
            return self.number(a + b)
        if a == 0 or b == 0:
            return v if a == 0 else u
        for one, other in ((u, v), (v, u)):
            inner = self._negated(other)
            if inner is not None:
                return self.sub(one, inner)
        return self.node("add", *sorted((u, v)))

    def sub(self, u: int, v: int) -> int:
        a, b, inner = self.value(u), self.value(v), self._negated(v)
        if a is not None and b is not None:
            return self.number(a - b)
        if a == 0 or b == 0:
            return self.neg(v) if a == 0 else u
        return self.node("sub", u, v) if inner is None else self.add(u, inner)

    def mul(self, u: int, v: int) -> int:
        a, b = self.value(u), self.value(v)
        if a is not None and b is not None:
            return self.number(a * b)
        if b is not None:
            return self.mul(v, u)
        if a == 0:
            return u
        if a in (1, -1):
            return v if a == 1 else self.neg(v)
        for one, other in ((u, v), (v, u)):
            inner = self._negated(other)
            if inner is not None:
                return self.neg(self.mul(one, inner))
        operation, arguments, _ = self.nodes[v]
        if a is not None and operation == "mul" and self.value(arguments[0]) is not None:
            return self.mul(self.mul(u, arguments[0]), arguments[1])
        if a is not None and a < 0:
            return self.neg(self.mul(self.number(-a), v))
        return self.node("mul", *((u, v) if a is not None else sorted((u, v))))

    def div(self, u: int, v: int) -> int:
        a, b = self.value(u), self.value(v)
        if a is not None and b:
            return self.number(a / b)
        if a == 0 or b == 1:
            return u
        above, below = self._negated(u), self._negated(v)
        if above is not None:
            return self.neg(self.div(above, v))
        if below is not None:
            return self.neg(self.div(u, below))
        return self.node("div", u, v)

    def power(self, u: int, n: int) -> int:
        """u^n, n >= 1, by squaring."""
        if n == 1:
            return u
        half = self.power(u, n // 2)
        square = self.mul(half, half)
        return self.mul(square, u) if n % 2 else square

    def unary(self, operation: str, u: int) -> int:
        value, inner = self.value(u), self._negated(u)
        if value is not None and operation in _FOLDED:
            return self.number(_FOLDED[operation](value))
        if inner is not None and operation in ("sin", "tan", "sinh", "tanh", "asin", "atan", "asinh", "erf", "sign"):
            return self.neg(self.unary(operation, inner))
        if inner is not None and operation in ("cos", "cosh", "abs"):
            return self.unary(operation, inner)
        return self.node(operation, u)

    # -- branches ------------------------------------------------------------------------------------------------------

    def select(self, relation: str, d: int, u: int, v: int) -> int:
        """u where `d relation 0` holds, else v; NaN where d is NaN. relation: one of ">", ">="."""
        return u if u == v else self.node("select", d, u, v, data=relation)

    def choose(self, d: int, u: int, v: int) -> int:
        """u where d > 0, v where d < 0, their mean where d = 0; NaN where d is NaN."""
        inner = self._negated(d)
        if inner is not None:
            return self.choose(inner, v, u)
        return u if u == v else self.node("choose", d, u, v)
