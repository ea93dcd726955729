"""A property of p/q in first-order logic over the reals, from derivatives by sympy, for z3 and for QEPCAD.

Of the package nothing is used: what each property means is written out here.
"""

import sympy

x, y, c = sympy.symbols("x y c")

ALL, SOME = "A", "E"


def sentence(p, q, name, on):
    """(quantifiers, statement): the quantifiers as pairs of ALL or SOME and a variable, the statement without any.

    on: the closed interval of x, None for an infinite end. A zero of q is a pole, also where p vanishes.
    """
    p, q = sympy.sympify(p), sympy.sympify(q)
    N = sympy.expand(sympy.diff(p, x) * q - p * sympy.diff(q, x))
    M = sympy.expand(sympy.diff(N, x) * q - 2 * N * sympy.diff(q, x))
    kind, _, rest = name.partition(":")
    numbers = [sympy.sympify(value) for value in rest.split(",") if value not in ("", "relu")]
    no_pole = sympy.Ne(sympy.expand(q), 0)

    def inside(t):
        return sympy.And(*([t >= on[0]] if on[0] is not None else []), *([t <= on[1]] if on[1] is not None else []))

    def everywhere(*statements):
        return ((ALL, x),), _implies(inside(x), no_pole, *statements)

    simple = {
        "increasing": lambda: [N >= 0],
        "decreasing": lambda: [N <= 0],
        "positive-slope": lambda: [N > 0],
        "convex": lambda: [sympy.expand(M * q) >= 0],
        "concave": lambda: [sympy.expand(M * q) <= 0],
        "pole-free": list,
        "positive": lambda: [_times(p, q) > 0],
        "lipschitz": lambda: [_times(numbers[0] * q, q) + s * N >= 0 for s in (1, -1)],
        "range": lambda: [_times(p - numbers[0] * q, q) >= 0, _times(numbers[1] * q - p, q) >= 0],
        "above": lambda: [_times(p - numbers[0] * q, q) >= 0],
        "below": lambda: [_times(p - bound * q, q) <= 0 for bound in numbers],
    }
    if name in ("above:relu", "below:relu"):
        sign = 1 if name == "above:relu" else -1
        left = sympy.Implies(x <= 0, sign * _times(p, q) >= 0)
        return everywhere(left, sympy.Implies(x >= 0, sign * _times(p - x * q, q) >= 0))
    if kind in simple:
        return everywhere(*simple[kind]())
    if kind in ("strictly-increasing", "strictly-decreasing"):
        sign = 1 if kind == "strictly-increasing" else -1
        somewhere = sympy.Ne(N.subs(x, y), 0)
        return ((SOME, y), (ALL, x)), sympy.And(somewhere, _implies(inside(x), no_pole, sign * N >= 0))
    if kind == "injective":
        differ = sympy.Ne(sympy.cancel((p * q.subs(x, y) - p.subs(x, y) * q) / (x - y)), 0)
        return ((ALL, x), (ALL, y)), _implies(sympy.And(inside(x), inside(y)), no_pole, sympy.Implies(x < y, differ))
    if kind in ("odd", "even"):
        centre = numbers[0] if numbers else 0
        mirrored = [f.subs(x, 2 * centre - x, simultaneous=True) for f in (p, q)]
        sign = 1 if kind == "odd" else -1
        return ((ALL, x),), sympy.Eq(sympy.expand(mirrored[0] * q + sign * p * mirrored[1]), 0)
    if kind == "bounded":
        return ((SOME, c), (ALL, x)), _implies(inside(x), no_pole, _times(c * q, q) - _times(p, p) >= 0)
    if kind == "asymptotic":
        gap = sympy.expand(p - numbers[0] * q)  # of degree below that of q: |x gap| <= c |q| for large x
        return ((SOME, c), (ALL, x)), sympy.Implies(x**2 >= c**2, _times(c * q, q) - _times(x * gap, x * gap) >= 0)
    raise NotImplementedError(name)


def _times(f, g):
    return sympy.expand(f * g)


def _implies(condition, *statements):
    together = sympy.And(*statements)
    return together if condition == sympy.true else sympy.Implies(condition, together)


def to_z3(z3, statement, variables):
    """The statement for z3; variables: name ↦ real of z3."""

    def number(e):
        return eval(str(sympy.expand(e)).replace("/", "*1/"), {"__builtins__": {}}, variables) + z3.RealVal(0)

    if isinstance(statement, sympy.And):
        return z3.And(*(to_z3(z3, part, variables) for part in statement.args))
    if isinstance(statement, sympy.Implies):
        return z3.Implies(*(to_z3(z3, part, variables) for part in statement.args))
    if statement in (sympy.true, sympy.false):
        return z3.BoolVal(bool(statement))
    left, right = map(number, statement.args)
    compare = {
        sympy.Ge: left >= right, sympy.Gt: left > right, sympy.Le: left <= right, sympy.Lt: left < right,
        sympy.Eq: left == right, sympy.Ne: left != right,
    }  # fmt: skip
    return compare[statement.func]
