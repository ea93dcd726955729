"""Statements about all x at an algebraic value of the parameter, decided exactly.

The value's polynomial is m; numbers of Q(a) are polynomials in a modulo m, so that zero is recognised exactly, and
every other sign is found by balls. R(x) = res_a(m, P) is a rational polynomial that vanishes wherever P(x, a) does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any

from flint import arb, arb_poly, ctx, fmpq_poly

from ratapprox.algebraic import Algebraic
from ratapprox.sturm import real_roots, to_fmpq
from ratapprox.symbolic.decide import Ends, Relation, gap_samples, true_of
from ratapprox.symbolic.interval import inside, irrational, point_between
from ratapprox.symbolic.projection import interpolated

Check = Callable[[str], None]

__all__ = ["Decision", "NumberField", "decide_at"]


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether a statement holds in a cell, why, and where in x it fails.

    why: "sample" (decided at a rational parameter), "same" (as in the neighbouring cells, no change is possible there),
    "closed" (>= holds next to the point, and the set where it holds is closed), "witness" (fails at the rational x),
    "exact" (algebra over the number field; x may be an irrational end). between: two x with different signs, between
    which P has a root.
    """

    holds: bool
    why: str
    x: Fraction | Algebraic | None = None
    between: tuple[Fraction, Fraction] | None = None


class NumberField:
    """Q(a) for an algebraic number a; its elements are `fmpq_poly` reduced modulo the polynomial of a.

    >>> root = Algebraic((-2, 0, 1), Fraction(1), Fraction(2))
    >>> NumberField(root).sign(fmpq_poly([-3, 2])), NumberField(root).sign(fmpq_poly([-2, 0, 1]))
    (-1, 0)
    """

    def __init__(self, number: Algebraic) -> None:
        self.number = number
        self.modulus = fmpq_poly(list(number.polynomial))

    def sign(self, element: Any) -> int:
        """The exact sign of a polynomial in a."""
        rest = element % self.modulus
        if rest.degree() < 0:
            return 0
        bits = 64
        while True:
            with ctx.workprec(bits):
                value = arb_poly(rest)(self.number.arb())
            if value > 0 or value < 0:
                return 1 if value > 0 else -1
            bits *= 2

    def at(self, coefficients: Sequence[Any], x: Fraction) -> Any:
        """The value at a rational x of a polynomial in x with these coefficients."""
        total, point = fmpq_poly([]), to_fmpq(x)
        for c in reversed(coefficients):
            total = total * point + c
        return total % self.modulus

    def reduced(self, coefficients: Sequence[Any]) -> list[Any]:
        """The coefficients modulo the polynomial of a, without leading zeros."""
        found = [c % self.modulus for c in coefficients]
        while found and found[-1].degree() < 0:
            found.pop()
        return found

    def inverse(self, element: Any) -> Any:
        """1/element, for an element other than 0."""
        unit, factor, _ = element.xgcd(self.modulus)
        return factor / unit.coeffs()[0]

    def divmod(self, f: Sequence[Any], g: Sequence[Any]) -> tuple[list[Any], list[Any]]:
        """Quotient and remainder of polynomials in x; g is not zero."""
        rest, quotient = list(f), [fmpq_poly([])] * max(len(f) - len(g) + 1, 0)
        inverse = self.inverse(g[-1])
        for shift in range(len(f) - len(g), -1, -1):
            factor = rest[shift + len(g) - 1] * inverse % self.modulus
            quotient[shift] = factor
            for k, c in enumerate(g):
                rest[shift + k] = (rest[shift + k] - factor * c) % self.modulus
        return quotient, self.reduced(rest)

    def gcd(self, f: Sequence[Any], g: Sequence[Any]) -> list[Any]:
        """The monic greatest common divisor in x, by Euclid; not both are zero."""
        a, b = self.reduced(f), self.reduced(g)
        while b:
            inverse = self.inverse(b[-1])
            b = [c * inverse % self.modulus for c in b]
            a, b = b, self.divmod(a, b)[1]
        inverse = self.inverse(a[-1])
        return [c * inverse % self.modulus for c in a]

    def vanishes(self, f: Sequence[Any], x: Algebraic) -> bool:
        """Whether a polynomial in x with these coefficients is 0 at an algebraic x, exactly.

        >>> field = NumberField(Algebraic((-2, 0, 1), Fraction(1), Fraction(2)))
        >>> field.vanishes([fmpq_poly([0, -1]), fmpq_poly([1])], field.number)  # x - a
        True
        """
        minimal = [fmpq_poly([c]) for c in x.polynomial]
        common = self.gcd(f, minimal)
        other = self.divmod(minimal, common)[0]  # x is a root of one of the two, since it is a simple root of minimal
        bits = 64
        while True:
            with ctx.workprec(bits):
                number, point = self.number.arb(), x.arb()
                if not _value([arb_poly(c)(number) for c in common], point).contains(0):
                    return False
                if not _value([arb_poly(c)(number) for c in other], point).contains(0):
                    return True
            bits *= 2


def decide_at(
    coefficients: Sequence[Any], value: Algebraic, relation: Relation, on: Ends, check: Check = lambda doing: None
) -> Decision:
    """Whether P(x, value) relation 0 for every x of the closed interval.

    coefficients: of x^0, x^1, ..., each an `fmpq_poly` in the parameter. check: called with what is done before each
    long step; it may raise to stop.

    >>> root = Algebraic((-2, 0, 1), Fraction(1), Fraction(2))
    >>> decide_at([fmpq_poly([1]), fmpq_poly([]), fmpq_poly([1]), fmpq_poly([-2, 0, 1])], root, ">", (None, None))
    Decision(holds=True, why='exact', x=None, between=None)
    >>> double = [fmpq_poly([2]), fmpq_poly([0, -2]), fmpq_poly([1])]  # (x - √2)²
    >>> decide_at(double, root, ">=", (None, None)).holds, decide_at(double, root, ">", (None, None)).holds
    (True, False)
    """
    field = NumberField(value)
    p = field.reduced(coefficients)
    if not p:
        return Decision(True, "exact") if relation == ">=" else Decision(False, "exact", point_between(on))
    found = _witness(field, p, relation, on)
    if found is not None:
        return found
    check(f"{value} was decided by the roots of a polynomial of degree {value.degree * (len(p) - 1)}")
    return _exactly(field, p, relation, on, check)


def _witness(field: NumberField, p: list[Any], relation: Relation, on: Ends) -> Decision | None:
    """A rational x where the statement fails, found at a rational parameter near by and proved at the value itself."""
    near = field.number.refine(80)
    middle = to_fmpq((near.lower + near.upper) / 2)
    approximate = fmpq_poly([c(middle) for c in p])
    if approximate.degree() < 0:
        return None
    places = sorted({*gap_samples(approximate, on), *_rational(on)})
    return _failing(field, p, relation, places, "witness")


def _failing(field: NumberField, p: list[Any], relation: Relation, places: list[Fraction], why: str) -> Decision | None:
    """The failure that the signs at rational places show, if they show one."""
    signs = [field.sign(field.at(p, x)) for x in places]
    for x, sign in zip(places, signs, strict=True):
        if not true_of(sign, relation):
            return Decision(False, why, x)
    for (x, s), (y, t) in pairwise(zip(places, signs, strict=True)):
        if relation == "!=" and s != t:
            return Decision(False, why, None, (x, y))
    return None


def _exactly(field: NumberField, p: list[Any], relation: Relation, on: Ends, check: Check) -> Decision:
    resultant = _eliminant(field, p, check)
    check(f"the roots of a polynomial of degree {resultant.degree()} were isolated")
    places = gap_samples(resultant, on)
    ends = [] if relation == ">=" else _rational(on)  # for >= by continuity
    found = _failing(field, p, relation, sorted([*places, *ends]), "exact")
    if found is not None:
        return found
    for end in irrational(on) if relation != ">=" else ():
        check(f"the value at {end} was compared with 0 over a number field of degree {field.number.degree}")
        if field.vanishes(p, end):
            return Decision(False, "exact", end)
    if relation == ">=" or _excluded(field, p, resultant, on):
        return Decision(True, "exact")
    check(f"multiple roots were sought over a number field of degree {field.number.degree}")
    # what is left are roots that P only touches: they are sign changes of P without its multiple factors, whose roots
    # are among those of the resultant, one of which lies between each two places
    derivative = [k * c for k, c in enumerate(p)][1:]
    simple, _ = field.divmod(p, field.gcd(p, derivative)) if derivative else (p, [])
    found = _failing(field, simple, "!=", places, "exact")
    return Decision(True, "exact") if found is None else found


def _eliminant(field: NumberField, p: list[Any], check: Check) -> Any:
    """res_a(m, P), a rational polynomial in x that vanishes wherever P(x, a) does."""
    degree = max(c.degree() for c in p)
    by_a = [fmpq_poly([c[k] for c in p]) for k in range(degree + 1)]
    constants = [fmpq_poly([c]) for c in field.modulus.coeffs()]
    if degree == 0:
        return by_a[0]
    return fmpq_poly(interpolated(constants, by_a, field.number.degree * (len(p) - 1), check))


def _excluded(field: NumberField, p: list[Any], resultant: Any, on: Ends) -> bool:
    """Whether balls prove that none of the resultant's roots in the interval is a root of P(x, a)."""
    for bits in (64, 256):
        with ctx.workprec(bits):
            number = field.number.arb()
            values = [arb_poly(c)(number) for c in p]
            if not any(_value(values, root).contains(0) for root in real_roots(resultant, *inside(on, resultant))):
                return True
    return False


def _rational(on: Ends) -> list[Fraction]:
    return [end for end in on if isinstance(end, Fraction)]


def _value(coefficients: list[Any], x: Any) -> Any:
    total = arb(0)
    for c in reversed(coefficients):
        total = total * x + c
    return total
