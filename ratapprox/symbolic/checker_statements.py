"""What a certificate of analyse() is about, read again from p, q and the property: the checker's first half.

Statements: ("atom", P, relation, ends), for all x; ("vanish", polynomials in the parameter, negated); ("any", lists).
sympy and the standard library only, nothing of ratapprox. The parameter is written a, whatever its name is.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from fractions import Fraction
from itertools import combinations
from typing import Any

from sympy import QQ, Poly, Symbol
from sympy import Rational as Number

X, A = Symbol("x"), Symbol("a")
MOST_DEGREE, MOST_DIGITS = 120, 2_000


class RejectedError(Exception):
    """The certificate says something that is not so, or that this checker cannot confirm."""


def need(condition: bool, otherwise: str) -> None:
    if not condition:
        raise RejectedError(otherwise)


def number(text: Any) -> Fraction:
    need(isinstance(text, str) and len(text) <= MOST_DIGITS, f"a number must be a text, found {str(text)[:40]!r}")
    need(re.fullmatch(r"-?\d+(/\d+)?", text) is not None, f"{text[:40]!r} is no fraction")
    return Fraction(text)


def poly(terms: Any) -> Poly:
    return Poly(terms, X, A, domain=QQ)


Pair = tuple[Poly, Poly]


def quotient(text: str, parameter: str | None) -> Pair:
    """p and q of an arithmetic expression, nothing cancelled."""
    for k, digit in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹"):
        text = text.replace(digit, f"**{k}")
    text = text.replace("^", "**").replace("·", "*").strip()
    p, q = _walk(ast.parse(text, mode="eval").body, parameter, text)
    need(not q.is_zero, "division by zero in the family")
    return p, q


def _walk(node: ast.expr, parameter: str | None, text: str) -> Pair:
    one = poly(1)
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        written = ast.get_source_segment(text, node) or ""
        need(len(written) <= 300 and len(written.lower().partition("e")[2]) <= 4, "a number in the family is too long")
        value = Fraction(written)
        return poly(Number(value.numerator)), poly(Number(value.denominator))
    if isinstance(node, ast.Name) and node.id in ("x", parameter):
        return poly(X if node.id == "x" else A), one
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
        p, q = _walk(node.operand, parameter, text)
        return (-p if isinstance(node.op, ast.USub) else p), q
    need(isinstance(node, ast.BinOp), "the family is no arithmetic expression in x and the parameter")
    assert isinstance(node, ast.BinOp)
    (p, q), (r, s) = _walk(node.left, parameter, text), _walk(node.right, parameter, text)
    if isinstance(node.op, ast.Pow):
        need(r.is_ground and s.is_ground, "an exponent of the family is no number")
        exponent = Fraction(str(r.LC() / s.LC()))
        need(exponent.denominator == 1 and abs(exponent) <= 60, "an exponent of the family is no small integer")
        power = int(exponent)
        found = (p**power, q**power) if power >= 0 else (q ** (-2 * power), (p * q) ** -power)
    elif isinstance(node.op, ast.Mult):
        found = p * r, q * s
    elif isinstance(node.op, ast.Div):
        found = p * s * s, q * r * s  # as written: no value where the divisor has none
    else:
        need(isinstance(node.op, ast.Add | ast.Sub), "the family has an operation other than + - * / **")
        common = q.gcd(s)
        found = p * s.quo(common) + (r if isinstance(node.op, ast.Add) else -r) * q.quo(common), q * s.quo(common)
    need(all(f.total_degree() <= MOST_DEGREE for f in found), "the family has too high a degree for this checker")
    return found


Ends = tuple[Fraction | None, Fraction | None]
Tree = tuple[Any, ...]


def statements(p: Poly, q: Poly, asked: str, on: Ends, parameter: str | None) -> list[Tree]:
    """What the property says of p/q as written: of polynomials for all x of the interval, of their coefficients."""
    name, _, rest = asked.partition(":")
    slope = p.diff(X) * q - p * q.diff(X)
    bend = slope.diff(X) * q - 2 * slope * q.diff(X)
    pole_free: Tree = ("atom", q, "!=", on)
    relu = rest.replace(" ", "") in ("relu", "relu(x)", "max(x,0)", "max(0,x)")
    bounds = [] if relu or not rest else [quotient(part, parameter) for part in rest.split(",")]
    defined: list[Tree] = [("vanish", coefficients(v), True) for _, v in bounds if not v.is_ground]

    def compare(bound: Pair, sign: int, where: Ends = on) -> Tree:
        return ("atom", sign * (p * bound[1] - bound[0] * q) * q * bound[1], ">=", where)

    slopes = {"increasing": 1, "decreasing": -1, "strictly-increasing": 1, "strictly-decreasing": -1}
    if name == "pole-free":
        return [pole_free]
    if name in slopes:
        strict: list[Tree] = [("vanish", coefficients(slope), True)] if name.startswith("strictly") else []
        return [pole_free, ("atom", slopes[name] * slope, ">=", on), *strict]
    if name == "positive-slope":
        return [pole_free, ("atom", slope, ">", on)]
    if name == "injective":
        moving: Tree = ("vanish", coefficients(slope), True)
        return [pole_free, ("any", [[("atom", s * slope, ">=", on), moving] for s in (1, -1)])]
    if name in ("convex", "concave"):
        return [pole_free, ("atom", (1 if name == "convex" else -1) * bend * q, ">=", on)]
    if name == "positive":
        return [pole_free, ("atom", p * q, ">", on)]
    if name == "lipschitz" and len(bounds) == 1:
        u, v = bounds[0]
        need(u.degree(X) < 1 and v.degree(X) < 1, "the bound contains x")
        return [pole_free, *defined, *(("atom", (u * q * q - s * v * slope) * v, ">=", on) for s in (1, -1))]
    if name == "range" and len(bounds) == 2:
        need(all(f.degree(X) < 1 for bound in bounds for f in bound), "a bound contains x")
        return [pole_free, *defined, compare(bounds[0], 1), compare(bounds[1], -1)]
    if name in ("above", "below") and (relu or len(bounds) == 1):
        sign = 1 if name == "above" else -1
        if not relu:
            poles: list[Tree] = [] if bounds[0][1].is_ground else [("atom", bounds[0][1], "!=", on)]
            return [pole_free, *poles, compare(bounds[0], sign)]
        low, high, zero = on[0], on[1], Fraction(0)
        left = (low, zero if high is None else min(high, zero)) if low is None or low < 0 else None
        right = (zero if low is None else max(low, zero), high) if high is None or high > 0 else None
        parts = [(left, (poly(0), poly(1))), (right, (poly(X), poly(1)))]
        return [pole_free, *(compare(g, sign, where) for where, g in parts if where is not None)]
    if name in ("odd", "even") and len(bounds) < 2:
        c = bounds[0] if bounds else (poly(0), poly(1))
        need(c[0].is_ground and c[1].is_ground, "the centre contains a parameter")
        centre = c[0].LC() / c[1].LC()
        (p1, q1), (p2, q2) = ([poly(f.as_expr().subs(X, centre + s * X)) for f in (p, q)] for s in (1, -1))
        odd = p2 * q1 + p1 * q2 if name == "odd" else p2 * q1 - p1 * q2
        return [("vanish", coefficients(q), True), ("vanish", coefficients(odd), False)]
    need(
        name in ("bounded", "asymptotic") and len(bounds) == (name == "asymptotic"), f"unknown property {asked[:40]!r}"
    )
    first: list[Tree] = [pole_free] if name == "bounded" else []
    if on[0] is not None and on[1] is not None:
        return first
    if bounds:
        p, q = p * bounds[0][1] - bounds[0][0] * q, q * bounds[0][1]
    above, below = coefficients(p), coefficients(q)
    levels: list[list[Tree]] = []
    for k in reversed([k for k, c in enumerate(below) if not c.is_zero]):  # by the degree that q has at the value
        higher = [c for c in (*below[k + 1 :], *above[k + (name == "bounded") :]) if not c.is_zero]
        levels.append([*([("vanish", higher, False)] if higher else []), ("vanish", [below[k]], True)])
    return [*first, ("any", levels)]


def coefficients(f: Poly) -> list[Poly]:
    """The coefficients of x^0, x^1, ... as polynomials in the parameter."""
    rows: list[dict[Any, Any]] = [{} for _ in range(max(f.degree(X), 0) + 1)]
    for (i, j), c in f.terms():
        rows[i][(j,)] = c
    return [Poly(row or {(0,): 0}, A, domain=QQ) for row in rows]


def q_(value: Fraction | None, infinite: Any = None) -> Any:
    return infinite if value is None else Number(value.numerator, value.denominator)


def at(f: Poly, value: Fraction) -> Poly:
    """The polynomial in x at a value of the parameter."""
    return Poly(f.eval(A, q_(value)), X, domain=QQ)


def critical(tree: Tree) -> Iterator[Poly]:
    """Polynomials in the parameter between whose roots the statement cannot change."""
    if tree[0] == "any":
        yield from (f for parts in tree[1] for part in parts for f in critical(part))
        return
    if tree[0] == "vanish":
        common = Poly(0, A, domain=QQ)
        for f in tree[1]:
            common = common.gcd(f)
        yield common
        return
    _, polynomial, relation, on = tree
    moving = []
    for f, power in polynomial.factor_list()[1] if not polynomial.is_zero else []:
        if f.degree(X) < 1:
            yield Poly(f.as_expr(), A, domain=QQ)
        elif power % 2 or relation != ">=":  # an even power does not change the sign
            moving.append(f)
            yield coefficients(f)[-1]
            yield from (Poly(f.eval(X, q_(end)), A, domain=QQ) for end in on if end is not None)
            if f.degree(X) > 1 and f.degree(A) > 0:
                yield Poly(f.discriminant().as_expr(), A, domain=QQ)
    for f, g in combinations(moving, 2):
        yield Poly(f.resultant(g).as_expr(), A, domain=QQ)


def compare(tree: Tree, claimed: Any) -> None:
    """The statement in the certificate is this one, up to positive factors."""
    if tree[0] == "any":
        need(len(tree[1]) == len(claimed["any"]), "the conditions are not those of the property")
        for parts, other in zip(tree[1], claimed["any"], strict=True):
            need(len(parts) == len(other), "the conditions are not those of the property")
            for part, one in zip(parts, other, strict=True):
                compare(part, one)
        return
    if tree[0] == "vanish":
        kept = [f for f in tree[1] if not f.is_zero]
        said = [
            Poly([number(c) for c in reversed(f)], A, domain=QQ) for f in claimed["nonvanish" if tree[2] else "vanish"]
        ]
        pairs = list(zip(kept, said, strict=True))
    else:
        need(claimed["relation"] == tree[2] and ends(claimed["on"]) == tree[3], "a condition has another relation")
        pairs = [(tree[1], bivariate(claimed["polynomial"]))]
    for f, g in pairs:
        same = g.is_zero if f.is_zero else not g.is_zero and f.LC() * g.LC() > 0 and f * g.LC() == g * f.LC()
        need(bool(same), "a condition is not the one of the property")


def leaves(trees: list[Tree]) -> list[Tree]:
    return [leaf for t in trees for leaf in (leaves([u for part in t[1] for u in part]) if t[0] == "any" else [t])]


def bivariate(rows: Any) -> Poly:
    need(isinstance(rows, list) and 0 < len(rows) <= MOST_DEGREE, "a polynomial is too long")
    return poly({(i, j): q_(number(c)) for i, row in enumerate(rows) for j, c in enumerate(row)})


def ends(pair: Any) -> Ends:
    low, high = (None if end is None else number(end) for end in pair)
    need(low is None or high is None or low < high, "the interval is empty")
    return low, high


def reduced_at(p: Poly, q: Poly, value: Fraction, asked: str, parameter: str, on: Ends) -> list[Tree]:
    """The statements at one value of the parameter for p/q after cancellation there."""
    u, v = at(p, value), at(q, value)
    need(not v.is_zero, "q vanishes everywhere at a root")
    common = u.gcd(v)
    name, colon, rest = asked.partition(":")
    asked = name + colon + re.sub(rf"(?<!\w){re.escape(parameter)}(?!\w)", f"({value})", rest)
    return statements(poly(u.quo(common).as_expr()), poly(v.quo(common).as_expr()), asked, on, None)
