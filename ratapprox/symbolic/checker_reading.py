"""What the checker reads and counts with: fractions, arithmetic expressions, polynomials, roots as places on the line.

sympy and the standard library only, nothing of the prover.
"""

from __future__ import annotations

import ast
import re
import unicodedata
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from operator import ge, gt, le, lt
from typing import Any

from sympy import QQ, Poly, Symbol
from sympy import Rational as Number

X = Symbol("x")
MOST_DEGREE, MOST_DIGITS = 400, 2_000
RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
Place = tuple[Poly, Fraction, Fraction]  # a number: the one root of an irreducible polynomial in a closed interval
RELATIONS: dict[type, Callable[[int, int], bool]] = {ast.Gt: gt, ast.GtE: ge, ast.Lt: lt, ast.LtE: le}


class RejectedError(Exception):
    """The certificate says something that is not so, or that this checker cannot confirm."""


def need(condition: Any, otherwise: str) -> None:
    if not condition:
        raise RejectedError(otherwise)


# -- texts


def number(text: Any) -> Fraction:
    need(isinstance(text, str) and len(text) <= MOST_DIGITS and text.isascii(), "a number must be a short text")
    sign, _, digits = text.rpartition("-")
    need(sign == "" and all(part.isdigit() for part in digits.split("/", 1)), f"{text[:40]!r} is no fraction")
    return Fraction(text)


def polynomial(text: str, gens: Sequence[Any]) -> Poly:
    p, q = quotient(text, gens)
    need(q.is_ground, "a polynomial has a denominator")
    return p.quo_ground(q.LC())


def quotient(text: str, gens: Sequence[Any]) -> tuple[Poly, Poly]:
    """p and q of an arithmetic expression, nothing cancelled."""
    need(re.fullmatch(r"[\w\s.+\-*/()^,·]*", text) is not None, "an expression has a character that has no place in it")
    text = re.sub("[α-ω]", lambda letter: unicodedata.name(letter[0]).rpartition(" ")[2].lower(), text)
    text = re.sub("[⁰¹²³⁴⁵⁶⁷⁸⁹]+", lambda power: "**" + power[0].translate(RAISED), text)
    text = text.replace("^", "**").replace("·", "*").strip()
    p, q = _walk(ast.parse(text, mode="eval").body, gens, text)
    need(not q.is_zero, "division by zero")
    return p, q


def _walk(node: ast.expr, gens: Sequence[Any], text: str) -> tuple[Poly, Poly]:
    one = Poly(1, *gens, domain=QQ)
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        written = ast.get_source_segment(text, node) or ""
        need(len(written) <= MOST_DIGITS and len(written.lower().partition("e")[2]) <= 4, "a number is too long")
        exact = Fraction(written)
        return one * exact.numerator, one * exact.denominator
    if isinstance(node, ast.Name) and Symbol(node.id) in gens:
        return Poly(Symbol(node.id), *gens, domain=QQ), one
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
        p, q = _walk(node.operand, gens, text)
        return (-p if isinstance(node.op, ast.USub) else p), q
    need(isinstance(node, ast.BinOp), "an expression is not arithmetic in x and the parameters")
    assert isinstance(node, ast.BinOp)
    (p, q), (r, s) = _walk(node.left, gens, text), _walk(node.right, gens, text)
    if isinstance(node.op, ast.Pow):
        need(r.is_ground and s.is_ground, "an exponent is no number")
        exponent = Fraction(str(r.LC() / s.LC()))
        need(exponent.denominator == 1 and abs(exponent) <= MOST_DEGREE, "an exponent is no small integer")
        k, degree = int(exponent), max(p.total_degree(), q.total_degree(), int(len(p.terms()) > 1))
        need(degree * abs(k) <= MOST_DEGREE, "an expression has too high a degree for this checker")
        found = (p**k, q**k) if k >= 0 else (q ** (-2 * k), (p * q) ** -k)
    elif isinstance(node.op, ast.Mult):
        found = p * r, q * s
    elif isinstance(node.op, ast.Div):  # as written: no value where the divisor has none
        found = (p * s, q * r) if s.is_ground else (p * s * s, q * r * s)
    else:
        need(isinstance(node.op, ast.Add | ast.Sub), "an expression has an operation other than + - * / **")
        common = q.gcd(s)
        found = p * s.quo(common) + (r if isinstance(node.op, ast.Add) else -r) * q.quo(common), q * s.quo(common)
    need(all(f.total_degree() <= MOST_DEGREE for f in found), "an expression has too high a degree for this checker")
    return found


def said(formula: str, gens: Sequence[Any], sign: Callable[[Poly], int]) -> bool:
    """Whether a formula of inequalities between polynomials is true, given the signs of polynomials."""

    def truth(node: ast.expr) -> bool:
        if isinstance(node, ast.BoolOp):
            return (all if isinstance(node.op, ast.And) else any)([truth(part) for part in node.values])
        need(isinstance(node, ast.Compare), "the region is no formula of inequalities")
        assert isinstance(node, ast.Compare)
        sides = [_walk(side, gens, formula) for side in (node.left, *node.comparators)]
        need(all(v.is_ground for _, v in sides), "the region has a denominator with parameters")
        signs = [sign(u.quo_ground(v.LC()) - r.quo_ground(s.LC())) for (u, v), (r, s) in pairwise(sides)]
        return all(RELATIONS[type(op)](found, 0) for op, found in zip(node.ops, signs, strict=True))

    return truth(ast.parse(formula, mode="eval").body)


def compared(formula: str, gens: Sequence[Any]) -> list[Poly]:
    """The polynomials whose signs decide a formula."""
    found: list[Poly] = []

    def sign(f: Poly) -> int:
        found.append(f)
        return 0

    said(formula, gens, sign)
    return found


# -- polynomials


def over(expression: Any, gens: Sequence[Any]) -> Poly:
    return Poly(expression, *gens, domain=QQ)


def alone(f: Poly, a: Any) -> Poly:
    """A polynomial in which one variable occurs, as a polynomial of that variable."""
    k = f.gens.index(a)
    return Poly.from_dict({(powers[k],): c for powers, c in f.terms()}, a, domain=QQ)


def coefficients(f: Poly, v: Any = X) -> tuple[Poly, ...]:
    """The coefficients of the powers 0, 1, ... of a variable, as polynomials in all variables."""
    k = f.gens.index(v)
    found: list[dict[Any, Any]] = [{} for _ in range(max(f.degree(v), 0) + 1)]
    for powers, c in f.terms():
        found[powers[k]][(*powers[:k], 0, *powers[k + 1 :])] = c
    return tuple(Poly.from_dict(row or {(0,) * len(f.gens): 0}, *f.gens, domain=QQ) for row in found)


def factors(f: Poly) -> list[Poly]:
    return [g for g, _ in f.factor_list()[1]] if not f.is_zero else []


def eliminated(f: Poly, g: Poly, v: Any) -> Poly:
    """The resultant along a variable, as a polynomial in all variables."""
    order = (v, *(w for w in f.gens if w != v))
    found = f.reorder(*order).resultant(g.reorder(*order))
    return over(found.as_expr() if isinstance(found, Poly) else found, f.gens)


def fixed(f: Poly, a: Any, c: Fraction) -> Poly:
    """The polynomial at a rational value of one variable, in the others."""
    return f.eval(a, _q(c))


def rows(f: Poly, modulus: Poly) -> list[Poly]:
    """The coefficients of the powers of x, modulo a polynomial in the other variable; [] for zero."""
    return trimmed([alone(c, f.gens[1]).rem(modulus) for c in coefficients(f)])


def joined(rows: Sequence[Poly], gens: Sequence[Any]) -> Poly:
    terms = {(k, j): c for k, row in enumerate(rows) for (j,), c in row.terms()}
    return Poly.from_dict(terms or {(0, 0): 0}, *gens, domain=QQ)


def trimmed(rows: list[Poly]) -> list[Poly]:
    while rows and rows[-1].is_zero:
        rows = rows[:-1]
    return rows


def divided(f: list[Poly], g: list[Poly], modulus: Poly) -> tuple[list[Poly], list[Poly]]:
    """Quotient and remainder of polynomials in x whose coefficients count modulo an irreducible polynomial."""
    inverse, rest = g[-1].invert(modulus), list(f)
    found = [g[0].zero] * max(len(f) - len(g) + 1, 0)
    for shift in reversed(range(len(found))):
        factor = found[shift] = (rest[shift + len(g) - 1] * inverse).rem(modulus)
        for k, c in enumerate(g):
            rest[k + shift] = (rest[k + shift] - factor * c).rem(modulus)
    return found, trimmed(rest)


def common(f: list[Poly], g: list[Poly], modulus: Poly) -> list[Poly]:
    """The greatest common divisor of two such polynomials."""
    while g:
        f, g = g, divided(f, g, modulus)[1]
    return f


# -- places


def _q(c: Fraction) -> Any:
    return Number(c.numerator, c.denominator)


def rational(c: Fraction, a: Any) -> Place:
    return over(a * c.denominator - c.numerator, (a,)), c, c


def place(data: Any, a: Any) -> Place:
    """A fraction, or {"polynomial": ascending integers, "interval": [low, high]} for an irrational number."""
    if not isinstance(data, dict):
        return rational(number(data), a)
    f = over([_q(number(c)) for c in reversed(data["polynomial"])], (a,))
    low, high = (number(end) for end in data["interval"])
    need(1 < f.degree() <= MOST_DEGREE and low < high and f.is_irreducible, "an irrational number is malformed")
    need(count(f, low, high) == 1, "an interval holds no root, or several")
    while low < 0 < high:
        _, low, high = _halved((f, low, high))
    return f, low, high


def _halved(at: Place) -> Place:
    f, low, high = at
    middle = (low + high) / 2
    return (f, low, middle) if _changes(f, low, middle) else (f, middle, high)


def _changes(f: Poly, low: Fraction, high: Fraction) -> bool:
    return bool(f.eval(_q(low)) * f.eval(_q(high)) < 0)


def sign(f: Poly, at: Place) -> int:
    """The sign of a polynomial of one variable at a place."""
    modulus, low, high = at
    if f.rem(modulus).is_zero:
        return 0
    while low < high and count(f, low, high):
        _, low, high = _halved((modulus, low, high))
    return 1 if f.eval(_q(low)) > 0 else -1


def value_sign(rows: Sequence[Poly], x: Fraction, at: Place) -> int:
    """The sign of a polynomial in x with coefficients in the parameter, at a rational x and a place."""
    total = at[0].zero
    for c in reversed(rows):
        total = total * _q(x) + c
    return sign(total, at)


def beyond(c: Fraction, at: Place) -> bool:
    """Whether a rational number is larger than the one at a place."""
    f, low, high = at
    return c > high or (low < c and (c == high or _changes(f, low, c)))


def count(f: Poly, low: Fraction | None = None, high: Fraction | None = None) -> int:
    """The number of distinct real roots in a closed interval."""
    found = _isolated(f)
    left = sum(beyond(low, at) for at in found) if low is not None else 0
    right = sum(not beyond(high, at) for at in found) - (f.eval(_q(high)) == 0) if high is not None else 0
    return len(found) - left - right


def between(f: Poly) -> list[Fraction]:
    """A number below all real roots of a polynomial, one between each two of them, and one above."""
    found = [(low, high) for _, low, high in _isolated(f)] or [(Fraction(1), Fraction(-1))]
    return [found[0][0] - 1, *((high + low) / 2 for (_, high), (low, _) in pairwise(found)), found[-1][1] + 1]


@lru_cache(maxsize=256)
def _isolated(f: Poly) -> tuple[Place, ...]:
    """The distinct real roots, ascending; no end of an interval is a root, unless it is the one in it."""
    f, width = f.sqf_part(), Number(1)
    while f.degree() > 0:
        found = [(Fraction(str(low)), Fraction(str(high))) for low, high in f.intervals(eps=width, sqf=True)]
        if all(low == high or f.eval(_q(low)) * f.eval(_q(high)) != 0 for low, high in found):
            return tuple((f, low, high) for low, high in found)
        width /= 16
    return ()
