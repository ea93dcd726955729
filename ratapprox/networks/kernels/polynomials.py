"""Polynomials in x as one operation, whose derivatives are polynomials again.

("poly", (x, c_0, ..., c_n)) is Σ c_k x^k with coefficients that are the same for all elements. Loops write it as
Horner's scheme; NumPy as one product of the coefficients with the powers of x, which goes through memory once.
"""

from __future__ import annotations

from collections.abc import Sequence

from ratapprox.networks.kernels.graph import Graph

__all__ = ["collected", "polynomial", "slope_of"]

Form = dict[int, int]  # degree -> node of the coefficient


def polynomial(g: Graph, x: int, coefficients: Sequence[int]) -> int:
    """Σ c_k x^k: one operation from three terms on, else sums and products."""
    if len(coefficients) > 2 and sum(g.value(c) != 0 for c in coefficients) > 2:
        return g.node("poly", x, *coefficients)
    total = g.number(0)
    for c in reversed(coefficients):
        total = g.add(g.mul(total, x), c)
    return total


def slope_of(g: Graph, u: Sequence[int]) -> int:
    """The derivative of ("poly", u) by its x."""
    return polynomial(g, u[0], [g.mul(g.number(k), c) for k, c in enumerate(u[1:])][1:])


def collected(g: Graph, root: int, uniform: Sequence[int]) -> int:
    """The root with its polynomials in x as single operations; uniform: the inputs that coefficients are made of.

    Sums of c x^k and Horner's scheme are taken, products of sums are not: written out, (x - 1)^6 would cancel.

    >>> g = Graph()
    >>> x, a, b = (g.input(name) for name in "xab")
    >>> found = collected(g, g.div(x, g.add(g.number(1), g.mul(x, g.add(a, g.mul(x, b))))), [a, b])
    >>> g.nodes[g.nodes[found][1][1]][:2] == ("poly", (x, g.number(1), a, b))
    True
    """
    x = g.input("x")
    forms: dict[int, Form] = {}
    moved: dict[int, int] = {}
    for node in g.reached([root]):
        operation, arguments, data = g.nodes[node]
        form = _form(g, node, x, uniform, forms)
        if form is not None:
            forms[node] = form
        if form is not None and max(form) > 1 and len(form) > 2:
            coefficients = [form.get(k, g.number(0)) for k in range(max(form) + 1)]
            moved[node] = polynomial(g, x, coefficients)
        else:
            moved[node] = g.node(operation, *(moved[a] for a in arguments), data=data)
    return moved[root]


def _form(g: Graph, node: int, x: int, uniform: Sequence[int], forms: dict[int, Form]) -> Form | None:
    operation, arguments, _ = g.nodes[node]
    if node == x:
        return {1: g.number(1)}
    if node in uniform or operation == "number":
        return {0: node}
    found = [forms.get(a) for a in arguments]
    if any(f is None for f in found):
        return None
    given = [f for f in found if f is not None]
    if given and all(set(f) == {0} for f in given):
        return {0: node}
    if operation == "neg":
        return {k: g.neg(c) for k, c in given[0].items()}
    if operation in ("add", "sub") and not set(given[0]) & set(given[1]):
        second = {k: g.neg(c) if operation == "sub" else c for k, c in given[1].items()}
        return given[0] | second
    if operation == "mul":
        if x in arguments:
            return {k + 1: c for k, c in given[arguments[0] == x].items()}
        if len(given[0]) == len(given[1]) == 1:
            ((j, a),), ((k, b),) = given[0].items(), given[1].items()
            return {j + k: g.mul(a, b)}
    return None
