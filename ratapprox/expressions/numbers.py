"""Exact real numbers and exact rational functions of x, as sympy expressions decided by python-flint."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import cmp_to_key, lru_cache
from typing import Any

import flint
import sympy
from flint import arb, fmpq, fmpq_poly

from ratapprox.expressions.compiled import compiled
from ratapprox.expressions.errors import DomainError
from ratapprox.expressions.program import x
from ratapprox.expressions.realroot import RealRoot

_MOST_BITS = 4096
_MOST_DEGREE = 1000


def exact(value: Any) -> Any:
    """A Fraction, int or sympy number as a sympy number."""
    if isinstance(value, Fraction):
        return sympy.Rational(value.numerator, value.denominator)
    return sympy.sympify(value)


def fraction(number: Any) -> Fraction:
    """A sympy Rational as a Fraction."""
    return Fraction(int(number.p), int(number.q))


def enclosure(number: Any) -> Any:
    """A ball around an exact real number, at the precision of the caller.

    >>> from ratapprox.expressions import enclosure
    >>> import sympy
    >>> print(enclosure(sympy.log(2)))
    [0.693147180559945 +/- 4.12e-16]
    """
    if number.is_Rational:
        return arb(fmpq(int(number.p), int(number.q)))
    return compiled(number).arb(arb(0))


def sign(number: Any) -> int:
    """-1, 0 or 1: decided by balls of growing precision, and exactly where they cannot tell."""
    if number.is_Rational:
        return int(sympy.sign(number))
    bits = 64
    while bits <= _MOST_BITS:
        with flint.ctx.workprec(bits):
            ball = enclosure(number)
            if ball > 0:
                return 1
            if ball < 0:
                return -1
            if not ball.is_finite() and bits > 256:
                raise DomainError(f"{number} is not a real number")
        if bits == 256 and is_zero(number):
            return 0
        bits *= 2
    raise DomainError(f"the sign of {number} could not be decided at {_MOST_BITS} bits")


def is_zero(number: Any) -> bool:
    """Whether sympy proves that a number is 0 (False says only that it does not)."""
    if number.is_zero:
        return True
    roots = list(number.atoms(RealRoot))
    if len(roots) == 1:  # p(root) is 0 when the irreducible polynomial of the root divides p
        value, minimal = as_quotient(number.xreplace({roots[0]: x})), as_quotient(roots[0].function)
        return value is not None and minimal is not None and bool(value[0] % minimal[0] == 0)
    if number.is_number and number.is_algebraic:
        return bool(sympy.minimal_polynomial(number, x) == x)
    return bool(sympy.simplify(number) == 0)


def compare(u: Any, v: Any) -> int:
    """The sign of u - v."""
    if u == v:
        return 0
    if u.is_infinite or v.is_infinite:
        return -1 if u is -sympy.oo or v is sympy.oo else 1
    if u.is_Rational and v.is_Rational:
        return -1 if u < v else 1
    return sign(u - v)


def ordered(values: Any) -> list[Any]:
    """Exact numbers in ascending order, equal ones once."""
    found: list[Any] = []
    for value in sorted(set(values), key=cmp_to_key(compare)):
        if not found or compare(found[-1], value) != 0:
            found.append(value)
    return found


def between(u: Any, v: Any) -> Any:
    """A simple rational strictly between u < v; the ends may be infinite."""
    if u.is_infinite and v.is_infinite:
        return sympy.Integer(0)
    if u.is_infinite or v.is_infinite:
        return sympy.floor(v) - 1 if u.is_infinite else sympy.ceiling(u) + 1
    if u.is_Rational and v.is_Rational:
        return (u + v) / 2
    bits = 64
    while bits <= _MOST_BITS:
        with flint.ctx.workprec(bits):
            low, high = enclosure(u), enclosure(v)
            middle = ((low + high) / 2).mid()
            if low < middle and middle < high:
                q = middle.fmpq()
                return sympy.Rational(int(q.p), int(q.q))
        bits *= 2
    raise DomainError(f"{u} and {v} could not be told apart at {_MOST_BITS} bits")


# -- rational functions with rational coefficients ---------------------------------------------------------------------


@lru_cache(maxsize=4096)
def as_quotient(e: Any) -> tuple[Any, Any] | None:
    """(p, q) as fmpq_poly without common factor when e is a rational function of x with rational coefficients."""
    found = _quotient(e)
    if found is None:
        return None
    p, q = found
    g = p.gcd(q)
    if g.degree() > 0:
        p, q = p // g, q // g
    return p, q


def _quotient(e: Any) -> tuple[Any, Any] | None:
    if e == x:
        return fmpq_poly([0, 1]), fmpq_poly([1])
    if e.is_Rational:
        return fmpq_poly([fmpq(int(e.p), int(e.q))]), fmpq_poly([1])
    if e.is_Pow and e.exp.is_Integer:
        base = _quotient(e.base)
        n = int(e.exp)
        if base is None or abs(n) * max(base[0].degree(), base[1].degree()) > _MOST_DEGREE:
            return None
        p, q = base if n > 0 else (base[1], base[0])
        return None if q == 0 else (p ** abs(n), q ** abs(n))
    if not (e.is_Add or e.is_Mul):
        return None
    parts = [_quotient(f) for f in e.args]
    p, q = fmpq_poly([0] if e.is_Add else [1]), fmpq_poly([1])
    for part in parts:
        if part is None or q.degree() + part[1].degree() > _MOST_DEGREE or p.degree() + part[0].degree() > _MOST_DEGREE:
            return None
        if e.is_Mul:
            p, q = p * part[0], q * part[1]
        elif part[1] == q:
            p = p + part[0]
        else:
            p, q = p * part[1] + part[0] * q, q * part[1]
    return p, q


def has_common_factor(e: Any) -> bool:
    """Whether numerator and denominator of a rational function, as it is written, share a factor."""
    found = _quotient(e)
    return found is not None and found[0].gcd(found[1]).degree() > 0


def exact_value(e: Any, at: Any) -> Any:
    """e with a rational number for x."""
    quotient = as_quotient(e)
    if quotient is None:
        return e.subs(x, at)
    point = fmpq(int(at.p), int(at.q))
    below = quotient[1](point)
    if below == 0:
        return sympy.zoo
    value = quotient[0](point) / below
    return sympy.Rational(int(value.p), int(value.q))


def fractions(polynomial: Any) -> list[Fraction]:
    """Ascending coefficients."""
    return [Fraction(int(c.p), int(c.q)) for c in polynomial.coeffs()] or [Fraction(0)]


def to_sympy(polynomial: Any) -> Any:
    return sympy.Add(*(exact(c) * x**k for k, c in enumerate(fractions(polynomial)) if c))


@lru_cache(maxsize=4096)
def real_roots(coefficients: tuple[Fraction, ...], multiplicity: Callable[[int], bool] = bool) -> tuple[Any, ...]:
    """The distinct real roots of a polynomial (ascending coefficients), ascending and exact."""
    roots: list[Any] = []
    polynomial = fmpq_poly([fmpq(c.numerator, c.denominator) for c in coefficients])
    if polynomial.degree() < 1:
        return ()
    for factor, m in polynomial.factor()[1]:
        if not multiplicity(m):
            continue
        c = [sympy.Rational(int(a.p), int(a.q)) for a in fmpq_poly(factor).coeffs()]
        if len(c) == 2:
            roots.append(-c[0] / c[1])
        elif len(c) == 3:
            square = c[1] ** 2 - 4 * c[0] * c[2]
            if square > 0:
                half = sympy.sqrt(square)
                roots += [(-c[1] - half) / (2 * c[2]), (-c[1] + half) / (2 * c[2])]
        else:
            roots += _isolated(fmpq_poly(factor))
    return tuple(ordered(roots))


def _isolated(factor: Any) -> list[RealRoot]:
    """The real roots of an irreducible polynomial of degree 3 or more."""
    expression = to_sympy(factor)
    with flint.ctx.workprec(64):
        # FLINT proves real roots real, and its balls are disjoint
        balls = [root.real for root, _ in factor.complex_roots() if root.imag.is_zero()]
        found = []
        for ball in balls:
            middle, radius = ball.mid().fmpq(), ball.rad().fmpq()
            low, high = middle - 2 * radius, middle + 2 * radius
            around = arb(low).union(arb(high))
            if factor(low) * factor(high) >= 0 or sum(around.overlaps(other) for other in balls) > 1:
                raise DomainError(f"the real zeros of {expression} lie too close together")
            found.append(RealRoot(expression, *(sympy.Rational(int(q.p), int(q.q)) for q in (low, high))))
    return found


def odd(m: int) -> bool:
    return m % 2 == 1
