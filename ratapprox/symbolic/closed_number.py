"""Numbers such as (1 + sqrt(5))/2, written with rational numbers, + - * / ^ and roots, as exact algebraic numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import lru_cache
from typing import Any

import sympy
from flint import arb_poly, ctx, fmpq_poly, fmpz_mpoly_ctx, fmpz_poly

from ratapprox.algebraic import Algebraic, algebraic_roots
from ratapprox.expressions import DomainError, enclosure, parse, pretty

__all__ = ["MOST_DEGREE", "closed_number"]

MOST_DEGREE = 32
"""Numbers of a larger degree over the rationals are not read: resultants with their polynomials would take minutes."""

_MOST_SIZE = 256
_MOST_BITS = 1 << 16
_RING = fmpz_mpoly_ctx.get(("x", "y"), "lex")
_X, _Y = _RING.gens()


@lru_cache(maxsize=256)
def closed_number(text: str) -> Algebraic:
    """The real algebraic number that a closed expression stands for.

    The expression is read by the parser of targets; only numbers, + - * / ^ with rational exponents, sqrt and cbrt may
    be left after it. Raises ValueError (ExpressionError where it is no expression of a real number) for a name, for
    what is not built in this way, for a degree above 32 and for coefficients of more than 256 bits.

    >>> closed_number("(1 + sqrt(5))/2"), closed_number("2^(1/3)").polynomial, closed_number("sqrt(2)*sqrt(8)")
    (Algebraic (1 + √5)/2, (-2, 0, 0, 1), Algebraic 4)
    >>> closed_number("pi")
    Traceback (most recent call last):
    ValueError: π is not built from rational numbers by + - * / ^ and roots; give such a number near it, as 355/113
    """
    e = parse(text)
    if e.free_symbols:
        names = ", ".join(sorted(map(str, e.free_symbols)))
        raise ValueError(f"it has the name {names}; write a number, as 1/3, sqrt(2) or (1+sqrt(5))/2")
    part = next((part for part in sympy.preorder_traversal(e) if not _is_built(part)), None)
    if part is not None:
        where = "" if part == e else f" with {_short(part)} in it"
        raise ValueError(
            f"{_short(e)}{where} is not built from rational numbers by + - * / ^ and roots; "
            f"give such a number near it{_near(e)}"
        )
    polynomial = _polynomial(e)
    size = max(abs(int(c)).bit_length() for c in polynomial.coeffs())
    if size > _MOST_SIZE and polynomial.degree() > 1:
        raise ValueError(
            f"its polynomial has coefficients of {size} bits: at most {_MOST_SIZE} are read; write a rational number"
        )
    roots, bits = algebraic_roots(polynomial), 64
    while len(roots) > 1:
        with ctx.workprec(bits):
            ball = enclosure(e)
            roots = [root for root in roots if root.arb().overlaps(ball)]
        bits *= 2
    return roots[0]


def _polynomial(e: Any) -> Any:
    """The irreducible integer polynomial of a number."""
    if e.is_Rational:
        return fmpz_poly([-int(e.p), int(e.q)])
    if e.is_Add or e.is_Mul:
        found = _polynomial(e.args[0])
        for k in range(1, len(e.args)):
            whole = e.func(*e.args[: k + 1])
            found = _combined(found, _polynomial(e.args[k]), _sum if e.is_Add else _product, whole)
        return found
    if e.is_Pow and e.exp.is_Rational:
        root = sympy.Pow(e.base, sympy.Rational(1, int(e.exp.q)))
        found = _root(_polynomial(e.base), int(e.exp.q), root)
        power = int(e.exp.p)
        if power < 0:
            found = fmpz_poly(found.coeffs()[::-1])
        return found if abs(power) == 1 else _factor(_power(found, abs(power)), e)
    raise AssertionError("unreachable: only built numbers are asked for")


def _combined(f: Any, g: Any, combine: Callable[[Any, Any], Any], value: Any) -> Any:
    _check_degree(f.degree() * g.degree())
    return _factor(combine(f, g), value)


def _sum(f: Any, g: Any) -> Any:
    """res_y(f(y), g(x - y)), which vanishes at the sums of their roots."""
    return _in_x(_at(f.coeffs(), _Y).resultant(_at(g.coeffs(), _X - _Y), "y"))


def _product(f: Any, g: Any) -> Any:
    """res_y(f(y), y^n g(x/y)), which vanishes at the products of their roots."""
    n = g.degree()
    turned = sum((int(c) * _X**k * _Y ** (n - k) for k, c in enumerate(g.coeffs())), _RING.constant(0))
    return _in_x(_at(f.coeffs(), _Y).resultant(turned, "y"))


def _power(f: Any, n: int) -> Any:
    """res_y(f(y), x - y^n), y^n reduced modulo f."""
    rest = fmpq_poly([0, 1]) ** n % fmpq_poly(f)
    return _in_x(_at(f.coeffs(), _Y).resultant(int(rest.denom()) * _X - _at(rest.numer().coeffs(), _Y), "y"))


def _root(f: Any, n: int, value: Any) -> Any:
    """The polynomial of the n-th root, a factor of f(x^n)."""
    if n == 1:
        return f
    _check_degree(f.degree() * n)
    spread = [0] * (f.degree() * n + 1)
    spread[::n] = [int(c) for c in f.coeffs()]
    return _factor(fmpz_poly(spread), value)


def _factor(f: Any, value: Any) -> Any:
    """The irreducible factor of f that vanishes at a number of which balls are known."""
    factors, bits = [g for g, _ in f.factor()[1]], 64
    while len(factors) > 1 and bits <= _MOST_BITS:
        with ctx.workprec(bits):
            ball = enclosure(value)
            factors = [g for g in factors if arb_poly(g)(ball).contains(0)]
        bits *= 2
    if len(factors) > 1:
        raise ValueError(f"{_short(value)} could not be told from other numbers at {_MOST_BITS} bits; simplify it")
    return factors[0]


def _at(coefficients: Sequence[Any], place: Any) -> Any:
    total = _RING.constant(0)
    for c in reversed(coefficients):
        total = total * place + int(c)
    return total


def _in_x(f: Any) -> Any:
    terms = {int(powers[0]): int(c) for powers, c in f.to_dict().items()}
    return fmpz_poly([terms.get(k, 0) for k in range(max(terms) + 1)])


def _check_degree(degree: int) -> None:
    if degree > MOST_DEGREE:
        raise ValueError(
            f"its degree over the rationals may be {degree}: numbers of degree up to {MOST_DEGREE} are read; give a "
            "rational number near it"
        )


def _is_built(e: Any) -> bool:
    return bool(e.is_Rational or e.is_Add or e.is_Mul or (e.is_Pow and e.exp.is_Rational))


def _near(e: Any) -> str:
    """, as 355/113; nothing where no rational number of few digits is near."""
    try:
        with ctx.workprec(64):
            return f", as {Fraction(float(enclosure(e).mid())).limit_denominator(1000)}"
    except (DomainError, OverflowError):
        return ""


def _short(e: Any) -> str:
    text = pretty(e)
    return text if len(text) <= 60 else f"{text[:59]}…"
