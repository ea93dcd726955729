"""A stranger's check of the certificates of analyse(): sympy and the standard library only, nothing of ratapprox.

The property is written again as statements "for all x of the interval P >= 0, > 0, != 0". The polynomials at whose
roots their truth can change are computed again, and all these roots must be listed. Every cell between them is decided
again at its rational sample, every root exactly. With two parameters each cell of the first is such a line of the
second, which stands for the whole strip over the cell: McCallum's projection [McC98], with what is left of leading
coefficients on the curves where they vanish. Irrational places of the first parameter are left open.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import combinations, pairwise
from typing import Any

from sympy import QQ, Poly, Symbol
from sympy.polys.polyerrors import BasePolynomialError

from ratapprox.symbolic.checker_reading import (
    Place,
    RejectedError,
    X,
    alone,
    between,
    beyond,
    coefficients,
    common,
    compared,
    count,
    divided,
    eliminated,
    factors,
    fixed,
    joined,
    need,
    number,
    over,
    place,
    polynomial,
    quotient,
    rational,
    rows,
    said,
    sign,
    value_sign,
)

__all__ = ["Verdict", "check"]

MOST_CHARACTERS = 8_000_000
Ends = tuple[Place | None, Place | None]
Tree = tuple[Any, ...]  # ("atom", P, relation, ends), ("vanish", polynomials, negated), ("any", lists of trees)
Piece = tuple[dict[Any, Place], bool]  # the parameters on a piece of their space, and whether the property holds


@dataclass(frozen=True)
class Verdict:
    """accepted: every statement of the certificate was found true again; otherwise reason says which was not."""

    accepted: bool
    reason: str


@dataclass(frozen=True)
class Question:
    """p/q, a property with the quotients it names, the interval of x, whether common factors are cancelled, and
    polynomials in the parameters that part the cells, too."""

    p: Poly
    q: Poly
    name: str
    bounds: tuple[tuple[Poly, Poly], ...]
    relu: bool
    on: Ends
    cancelled: bool
    walls: tuple[Poly, ...]

    def fixed(self, a: Any, value: Fraction) -> Question:
        bounds = tuple((fixed(u, a, value), fixed(v, a, value)) for u, v in self.bounds)
        p, q, *walls = (fixed(f, a, value) for f in (self.p, self.q, *self.walls))
        return replace(self, p=p, q=q, bounds=bounds, walls=tuple(walls))


def check(document: Any, family: str | None = None, region: str | None = None) -> Verdict:
    """Check a certificate "ratapprox/proof/2", a JSON text or the object read from it; never raises for a bad one.

    family: the expression that p/q has to be as it is written; without it p and q are taken from the certificate.
    region: inequalities in the parameters that have to be true on the pieces where the property holds, on no others.
    """
    return judged(document, "ratapprox/proof/2", lambda data: _checked(data, family, region))


def judged(document: Any, schema: str, checked: Callable[[dict[str, Any]], str]) -> Verdict:
    """What a check says of a document with this schema; never raises for a bad one."""
    try:
        text = document if isinstance(document, str) else json.dumps(document)
        need(len(text) <= MOST_CHARACTERS, "the certificate is too long")
        data = json.loads(text)
        need(isinstance(data, dict) and data.get("schema") == schema, f"this is no {schema}")
        return Verdict(True, checked(data))
    except RejectedError as rejected:
        return Verdict(False, str(rejected))
    except (ArithmeticError, LookupError, TypeError, ValueError, AttributeError, RecursionError, SyntaxError) as error:
        return Verdict(False, f"the certificate is malformed: {type(error).__name__} {str(error)[:200]}")
    except (BasePolynomialError, MemoryError, NotImplementedError) as error:
        return Verdict(False, f"the certificate could not be checked: {type(error).__name__}")


def _checked(data: dict[str, Any], family: str | None, region: str | None) -> str:
    question, gens = asked(data, family, 2)
    names = data["parameters"]
    walls = compared(region, gens) if region is not None else []  # the curves of the formula part the cells, too
    question = replace(question, walls=tuple(walls))
    first = names.index(data["line"]["parameter"]) if names else 0
    pieces = line(data["line"], question, (gens[1 + first], *gens[1 : 1 + first], *gens[2 + first :]))
    if region is not None:
        need(all(said(region, gens, sign_at(at)) == truth for at, truth in pieces), "the formula is not the region")
    return f"{len(pieces)} cells, in {sum(truth for _, truth in pieces)} of which it holds"


def asked(data: dict[str, Any], family: str | None, most: int) -> tuple[Question, Sequence[Any]]:
    """The question of a certificate with so many parameters at most, and the variables of its polynomials."""
    names, text, cancelled = data["parameters"], data["property"], data["cancelled"]
    need(isinstance(names, list) and len(names) <= most and len(names) == len(set(names)), "malformed parameters")
    need(all(isinstance(n, str) and n.isidentifier() and n != "x" for n in names), "a parameter has no proper name")
    need(isinstance(cancelled, bool) and isinstance(text, str), "the property or its reading is malformed")
    gens = (X, *(Symbol(name) for name in names or ["_"]))  # without a parameter: a line with nothing on it
    p, q = polynomial(data["p"], gens), polynomial(data["q"], gens)
    need(not q.is_zero, "q is zero")
    need(not cancelled or p.is_zero or p.gcd(q).total_degree() < 1, "p and q have a common factor")
    if family is not None:
        u, v = quotient(family, gens)
        shared = u.gcd(v) if cancelled else v.one
        u, v = u.quo(shared), v.quo(shared)
        need(u * q.LC() == p * v.LC() and v * q.LC() == q * v.LC(), "p and q are not those of the family")
    name, _, rest = text.partition(":")
    relu = rest.replace(" ", "") in ("relu", "relu(x)", "max(x,0)", "max(0,x)")
    bounds = tuple(quotient(part, gens) for part in rest.split(",")) if rest and not relu else ()
    low, high = (None if end is None else place(end, X) for end in data["on"])
    need(low is None or high is None or low[2] < high[1], "the interval is empty, or its ends too close to be told")
    return Question(p, q, name, bounds, relu, (low, high), cancelled, ()), gens


def line(data: dict[str, Any], f: Question, free: Sequence[Any]) -> list[Piece]:
    """The cells of the first free parameter, for each of which all others are decided."""
    a = free[0]
    need(data["parameter"] == (None if a == Symbol("_") else str(a)), "the line of another parameter")
    if f.cancelled and not f.q.is_zero:
        shared = f.p.gcd(f.q)
        f = replace(f, p=f.p.quo(shared), q=f.q.quo(shared))
    trees = statements(f)
    walls = {leaf: tuple(critical(leaf)) for leaf in leaves(trees)}
    meet = [eliminated(f.p, f.q, X)] if f.cancelled and not f.p.is_zero and f.q.degree(X) > 0 else []
    cuts = [*f.walls, *meet, *(g for found in walls.values() for g in found)]
    if len(free) > 1:
        groups = [[leaf[1]] for leaf in walls if leaf[0] == "atom"]
        if f.cancelled:
            groups.append([f.p, f.q])
            cuts += project(groups[-1], X)
        cuts = list(project([*cuts, *(g for group in groups for g in leftover(group))], free[1]))
    cells = data["cells"]
    samples = [number(cell["sample"]) for cell in cells[::2]]
    places = [place(cell["root"], a) for cell in cells[1::2]]
    need(len(samples) == len(places) + 1, "the cells do not alternate with the roots between them")
    for (low, high), (_, left, right) in zip(pairwise(samples), places, strict=True):
        need(low < left <= right < high, "a root is not between the samples beside it")
    for cut in (alone(g, a) for g in cuts if not g.is_zero):
        known = sum(cut.rem(g).is_zero for g, _, _ in places)
        need(known == count(cut), "the truth may change at a root that is not listed")
    found: list[Piece] = []
    for k, cell in enumerate(cells):
        at = places[k // 2] if k % 2 else rational(samples[k // 2], a)
        exact = at[1] == at[2]
        if len(free) > 1:
            need(exact or cell["line"] is None, "a line over an irrational place cannot be confirmed")
            inner = line(cell["line"], f.fixed(a, at[1]), free[1:]) if exact else []
            found += [({a: at, **values}, truth) for values, truth in inner]
            continue
        need(isinstance(cell["holds"], bool) and isinstance(cell["witnesses"], list), "a cell is malformed")
        special = k % 2 == 1 and any(_vanishes(g, at) for g in meet) and bool(rows(f.q, at[0]))
        judged = statements(reduced(f, at)) if special else trees
        witnesses = [number(x) for x in cell["witnesses"]]
        need(not (witnesses and cell["holds"]), "a witness where the property holds")
        atoms = [leaf for leaf in leaves(judged) if leaf[0] == "atom"]
        need(all(any(fails(atom, x, at) for atom in atoms) for x in witnesses), "a witness does not fail")
        beside = [] if special or k % 2 == 0 else [rational(samples[k // 2], a), rational(samples[k // 2 + 1], a)]
        truth = all(true(t, at, witnesses, walls, beside) for t in judged)
        need(truth is cell["holds"], f"it is not so at {a} = {cell.get('sample', cell.get('root'))}")
        found.append(({a: at}, truth))
    return found


# -- statements and where their truth can change


def statements(f: Question) -> list[Tree]:
    """What the property says of p/q as written: of polynomials for all x of the interval, of their coefficients."""
    p, q, on, name, bounds, x = f.p, f.q, f.on, f.name, f.bounds, Poly(X, *f.p.gens, domain=QQ)
    slope = p.diff(X) * q - p * q.diff(X)
    bend = slope.diff(X) * q - 2 * slope * q.diff(X)
    pole_free, moving = ("atom", q, "!=", on), ("vanish", coefficients(slope), True)
    defined = [("vanish", coefficients(v), True) for _, v in bounds if not v.is_ground]

    def compare(u: Poly, v: Poly, sign: int, where: Ends = on) -> Tree:
        return ("atom", sign * (p * v - u * q) * q * v, ">=", where)

    rising, falling = ((("atom", s * slope, ">=", on), moving) for s in (1, -1))
    plain = {
        "pole-free": (), "increasing": rising[:1], "decreasing": falling[:1], "strictly-increasing": rising,
        "strictly-decreasing": falling, "positive-slope": (("atom", slope, ">", on),),
        "injective": (("any", (rising, falling)),), "convex": (("atom", bend * q, ">=", on),),
        "concave": (("atom", -bend * q, ">=", on),), "positive": (("atom", p * q, ">", on),),
    }  # fmt: skip
    if name in plain and not bounds and not f.relu:
        return [pole_free, *plain[name]]
    if name in ("lipschitz", "range"):
        need(len(bounds) == 1 + (name == "range"), f"{name} has another number of bounds")
        need(all(g.degree(X) < 1 for bound in bounds for g in bound), "a bound contains x")
        if name == "range":
            return [pole_free, *defined, compare(*bounds[0], 1), compare(*bounds[1], -1)]
        u, v = bounds[0]
        return [pole_free, *defined, *(("atom", (u * q * q - s * v * slope) * v, ">=", on) for s in (1, -1))]
    if name in ("above", "below") and len(bounds) == (not f.relu):
        sign = 1 if name == "above" else -1
        if bounds:
            poles = [] if bounds[0][1].is_ground else [("atom", bounds[0][1], "!=", on)]
            return [pole_free, *poles, compare(*bounds[0], sign)]
        (low, high), zero = on, rational(Fraction(0), X)
        left = compare(p.zero, p.one, sign, (low, high if high is not None and high[1] < 0 else zero))
        right = compare(x, p.one, sign, (low if low is not None and low[1] >= 0 else zero, high))
        negative, positive = low is None or low[1] < 0, high is None or high[2] > 0
        return [pole_free, *([left] if negative else []), *([right] if positive else [])]
    if name in ("odd", "even") and len(bounds) < 2:
        centre = bounds[0] if bounds else (p.zero, p.one)
        need(all(g.is_ground for g in centre), "the centre contains a parameter")
        c = centre[0].LC() / centre[1].LC()
        (p1, q1), (p2, q2) = ([over(g.as_expr().subs(X, c + s * X), p.gens) for g in (p, q)] for s in (1, -1))
        odd = p2 * q1 + p1 * q2 if name == "odd" else p2 * q1 - p1 * q2
        return [("vanish", coefficients(q), True), ("vanish", coefficients(odd), False)]
    need(name in ("bounded", "asymptotic") and len(bounds) == (name == "asymptotic"), f"unknown property {name[:40]!r}")
    first = [pole_free] if name == "bounded" else []
    if on[0] is not None and on[1] is not None:
        return first
    if bounds:
        p, q = p * bounds[0][1] - bounds[0][0] * q, q * bounds[0][1]
    above, below = coefficients(p), coefficients(q)
    levels = []
    for k in reversed([k for k, c in enumerate(below) if not c.is_zero]):  # by the degree that q has at the value
        higher = (*below[k + 1 :], *above[k + (name == "bounded") :])
        levels.append((*([("vanish", higher, False)] if higher else []), ("vanish", (below[k],), True)))
    return [*first, ("any", tuple(levels))]


def leaves(trees: Iterable[Tree]) -> list[Tree]:
    return [leaf for t in trees for leaf in (leaves([u for part in t[1] for u in part]) if t[0] == "any" else [t])]


def critical(leaf: Tree) -> Iterator[Poly]:
    if leaf[0] == "atom":
        yield from project([leaf[1]], X, leaf[3])
    elif len(leaf[1][0].gens) > 2:  # with two parameters every curve is a wall
        yield from (g for f in leaf[1] for g in factors(f))
    else:  # all vanish where their common divisor does
        shared = leaf[1][0].zero
        for f in leaf[1]:
            shared = shared.gcd(f)
        yield shared


def project(polynomials: Iterable[Poly], v: Any, on: Ends = (None, None)) -> Iterator[Poly]:
    """Where roots along v appear, vanish, meet, pass an end or go to infinity: polynomials free of v."""
    parts = dict.fromkeys(factor for f in polynomials for factor in factors(f))
    yield from (f for f in parts if f.degree(v) < 1)
    moving = [f for f in parts if f.degree(v) > 0]
    for f in moving:
        yield coefficients(f, v)[-1]
        if f.degree(v) > 1:
            yield eliminated(f, f.diff(v), v)
        yield from (eliminated(over(end[0].as_expr(), f.gens), f, v) for end in on if end is not None)
    for f, g in combinations(moving, 2):
        yield eliminated(f, g, v)


def leftover(polynomials: Sequence[Poly]) -> Iterator[Poly]:
    """The projection along x of what is left on the curves in the plane where a leading coefficient vanishes."""
    parts = [g for f in polynomials for g in factors(f)]
    for curve in dict.fromkeys(c for f in parts if f.degree(X) > 0 for c in factors(coefficients(f)[-1])):
        if all(curve.degree(a) > 0 for a in curve.gens[1:]):
            yield from project([_lower(f, curve) for f in parts], X)


def _lower(f: Poly, curve: Poly) -> Poly:
    """The polynomial without those leading terms in x that vanish on a curve."""
    while not f.is_zero and coefficients(f)[-1].rem(curve).is_zero:
        f = f - coefficients(f)[-1] * over(X ** f.degree(X), f.gens)
    return f


# -- decisions


def true(
    tree: Tree, at: Place, witnesses: Sequence[Fraction], walls: dict[Tree, tuple[Poly, ...]], beside: Sequence[Place]
) -> bool:
    """Whether a statement is true at a value of the parameter.

    witnesses: x at which statements may be seen to fail. beside: values in the cells on the two sides, if it is a root.
    """
    if tree[0] == "any":
        return any(all(true(part, at, witnesses, walls, beside) for part in parts) for parts in tree[1])
    if tree[0] == "vanish":
        return all(_vanishes(f, at) for f in tree[1]) is not tree[2]
    if any(fails(tree, x, at) for x in witnesses):
        return False
    if beside and not any(_vanishes(g, at) for g in walls[tree] if not g.is_zero):
        return decide(tree, beside[0])  # nothing changes there for this statement
    # {a : P >= 0 for all x} is closed, so that it holds the ends of its cells
    return (tree[2] == ">=" and any(decide(tree, c) for c in beside)) or decide(tree, at)


def _vanishes(f: Poly, at: Place) -> bool:
    return bool(alone(f, f.gens[1]).rem(at[0]).is_zero)


def decide(atom: Tree, at: Place) -> bool:
    """Whether P(x, at) has the relation to 0 for all x of the closed interval.

    All real roots of P(x, at) are among the walls, the roots of a rational polynomial and the ends. Between two walls P
    keeps its sign; it vanishes at a wall where its squarefree part changes sign.
    """
    _, f, relation, on = atom
    p = rows(f, at[0])
    if not p:
        return bool(relation == ">=")
    a = f.gens[1]
    wall = over(over(at[0].as_expr(), (a, X)).resultant(over(joined(p, f.gens).as_expr(), (a, X))).as_expr(), (X,))
    for end in (end for end in on if end is not None):
        wall = wall * end[0]
    points = between(wall)
    inside = [k for k, c in enumerate(points) if _within(c, on)]
    if relation != "!=" and any(value_sign(p, points[k], at) < 0 for k in inside):
        return False
    if relation == ">=":
        return True
    simple = divided(p, common(p, [(k * c) for k, c in enumerate(p)][1:], at[0]), at[0])[0]
    reach = range(inside[0] - (on[0] is not None), inside[-1] + 1 + (on[1] is not None))
    return len({value_sign(simple, points[k], at) for k in reach}) == 1


def fails(atom: Tree, x: Fraction, at: Place) -> bool:
    """Whether a statement for all x of an interval is seen to fail at one of them."""
    f, relation, on = atom[1:]
    inside = _within(x, on) or any(end is not None and end[1] == x == end[2] for end in on)
    found = value_sign(rows(f, at[0]) or [at[0].zero], x, at)
    return inside and found in {">=": (-1,), ">": (-1, 0), "!=": (0,)}[relation]


def _within(c: Fraction, on: Ends) -> bool:
    """Whether a number that is no end lies between the ends."""
    low, high = on
    return (low is None or beyond(c, low)) and (high is None or not beyond(c, high))


def sign_at(values: dict[Any, Place]) -> Callable[[Poly], int]:
    """The sign of polynomials at a place in the space of the parameters, of whose coordinates the last may be
    irrational."""
    *first, (last, at) = values.items()

    def found(f: Poly) -> int:
        for a, (_, c, _) in first:
            f = fixed(f, a, c)
        return sign(alone(f, last), at)

    return found


def reduced(f: Question, at: Place) -> Question:
    """p/q at an exact value of the parameter, without the factor that p and q have in common there."""
    p, q = rows(f.p, at[0]), rows(f.q, at[0])
    shared = common(q, p, at[0])
    p, q = (divided(g, shared, at[0])[0] for g in (p, q))
    return replace(f, p=joined(p, f.p.gens), q=joined(q, f.p.gens))
