"""Whether a function is even or odd about a centre, up to a polynomial: found by numbers, proved by algebra."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from math import comb, prod
from typing import Any, Literal

import flint
import sympy
from flint import arb, fmpq

from ratapprox.expressions.compiled import compiled
from ratapprox.expressions.errors import DomainError
from ratapprox.expressions.numbers import as_quotient, between, compare, exact, is_zero, ordered
from ratapprox.expressions.program import KINKED, x
from ratapprox.expressions.switches import branches

Parity = Literal["even", "odd"]

# half of them within 1, for functions that are defined only there, the others beyond most kinks
_POINTS = ((1, 13), (1, 5), (3, 11), (4, 9), (5, 8), (6, 7), (11, 9), (17, 7), (23, 5), (47, 6), (91, 8), (301, 7))
_SAMPLES = tuple(fmpq(p, q) for p, q in _POINTS)
_BITS = 256
_MOST_COEFFICIENTS = 3  # of a polynomial that is even, or odd: up to degree 4, or 5
_LARGEST_DENOMINATOR = 2**80
_MOST_TERMS = 2000


@dataclass(frozen=True)
class Symmetry:
    """f(center + y) = polynomial(y) + g(y) with g even or odd; `polynomial` is ascending, () when none is needed.

    `parity` is None when no such symmetry is proved.
    """

    center: Fraction
    parity: Parity | None
    polynomial: tuple[Fraction, ...] = ()

    def __repr__(self) -> str:
        if self.parity is None:
            return f"no symmetry about {self.center}"
        polynomial = sympy.Add(*(exact(c) * sympy.Symbol("y") ** k for k, c in enumerate(self.polynomial)))
        return f"{self.parity} about {self.center}" + (f" after taking away {polynomial}" if polynomial != 0 else "")


@lru_cache(maxsize=1024)
def symmetry(expression: Any, center: Fraction = Fraction(0)) -> Symmetry:
    """How f(center + y) is a polynomial in y of the lowest degree plus an even or an odd function of y.

    Looked for at twelve points in 256-bit balls, then proved symbolically: what is not proved is not reported.

    >>> from fractions import Fraction
    >>> from ratapprox.expressions import parse, symmetry
    >>> symmetry(parse("max(x, 0)"))
    even about 0 after taking away y/2
    >>> symmetry(parse("clip(x, 0, 1)"), Fraction(1, 2))
    odd about 1/2 after taking away 1/2
    >>> symmetry(parse("mish(x)"))
    no symmetry about 0
    """
    try:
        for parity, polynomial in _candidates(expression, center):
            if _proved(expression, center, parity, polynomial):
                return Symmetry(center, parity, polynomial)
    except DomainError:  # kinks without a closed form: nothing is proved
        pass
    return Symmetry(center, None)


def _candidates(expression: Any, center: Fraction) -> Iterator[tuple[Parity, tuple[Fraction, ...]]]:
    """Symmetries that hold at every sample, those with the shortest polynomial first."""
    f = compiled(expression)
    squares, even_part, odd_part = [], [], []
    c = fmpq(center.numerator, center.denominator)
    with flint.ctx.workprec(_BITS):
        for y in _SAMPLES:
            right, left = f.arb(arb(c + y)), f.arb(arb(c - y))
            if right.is_finite() and left.is_finite():
                squares.append(y * y)
                even_part.append((right + left) / 2)
                odd_part.append((right - left) / 2 / arb(y))
        if len(squares) < 2 * _MOST_COEFFICIENTS:
            return
        # f is even up to a polynomial where its odd part is y times a polynomial in y**2, and the other way round
        sides: tuple[tuple[Parity, list[Any], int], ...] = (("even", odd_part, 1), ("odd", even_part, 0))
        for count in range(_MOST_COEFFICIENTS + 1):
            for parity, values, offset in sides if count == 0 else reversed(sides):
                found = _interpolated(squares, values, count)
                if found is not None:
                    polynomial = [Fraction(0)] * (2 * count - 1 + offset if count else 0)
                    polynomial[offset::2] = found
                    yield parity, tuple(polynomial)


def _interpolated(nodes: list[Any], values: list[Any], count: int) -> list[Fraction] | None:
    """The rational coefficients of a polynomial with `count` coefficients through all the values, if there is one."""
    differences = list(values)
    newton = []
    for level in range(count):
        newton.append(differences[0])
        differences = [
            (differences[i + 1] - differences[i]) / arb(nodes[i + level + 1] - nodes[i])
            for i in range(len(differences) - 1)
        ]
    if not all(d.contains(0) for d in differences):
        return None
    coefficients: list[Any] = []
    for level in reversed(range(count)):  # Horner in the Newton basis
        shifted = [arb(0), *coefficients]
        scaled = [*(arb(nodes[level]) * c for c in coefficients), arb(0)]
        coefficients = [a - b for a, b in zip(shifted, scaled, strict=True)]
        coefficients[0] += newton[level]
    rationals = [_rational(c) for c in coefficients]
    if any(r is None for r in rationals) or (rationals and rationals[-1] == 0):
        return None
    return [r for r in rationals if r is not None]


def _rational(ball: Any) -> Fraction | None:
    """The simplest rational in a ball, None when its denominator is a large one."""
    middle = ball.mid().fmpq()
    value = Fraction(int(middle.p), int(middle.q))
    denominator = 1
    while denominator <= _LARGEST_DENOMINATOR:
        simple = value.limit_denominator(denominator)
        if ball.contains(arb(fmpq(simple.numerator, simple.denominator))):
            return simple
        denominator *= 4
    return None


# -- proof -------------------------------------------------------------------------------------------------------------


def _proved(expression: Any, center: Fraction, parity: Parity, polynomial: tuple[Fraction, ...]) -> bool:
    """Whether f(c + x) - s f(c - x) - 2 polynomial(x) vanishes for x > 0, with s = 1 for even and -1 for odd."""
    s, c = (1 if parity == "even" else -1), exact(center)
    twice = 2 * sympy.Add(*(exact(a) * x**k for k, a in enumerate(polynomial)))

    def difference(right: Any, left: Any) -> Any:
        return right.subs(x, c + x) - s * left.subs(x, c - x) - twice

    smooth = not expression.has(sympy.Max, sympy.Min, sympy.Piecewise) and len(expression.atoms(*KINKED)) < 3
    if smooth and _vanishes(difference(expression, expression)):
        return True
    parts = branches(expression, -sympy.oo, sympy.oo)
    cuts = ordered([distance for _, upper, _ in parts[:-1] for distance in (upper - c, c - upper)])
    ends = [sympy.Integer(0), *(cut for cut in cuts if compare(cut, sympy.Integer(0)) > 0), sympy.oo]
    pairs = set()
    for near, far in pairwise(ends):
        y = between(near, far)
        pairs.add((_branch_at(parts, c + y), _branch_at(parts, c - y)))
    return all(_vanishes(difference(right, left)) for right, left in pairs)


def _softplus_of_one_sign(e: Any) -> Any:
    """log(1 + exp(-u)) as log(1 + exp(u)) - u."""
    for f in e.atoms(sympy.log):
        one, rest = f.args[0].as_coeff_Add()
        if one == 1 and isinstance(rest, sympy.exp) and rest.args[0].could_extract_minus_sign():
            e = e.xreplace({f: sympy.log(1 + sympy.exp(-rest.args[0])) + rest.args[0]})
    return e


def _terms(e: Any) -> int:
    """About as many terms as an expression has when it is expanded."""
    if e.is_Add:
        return sum(_terms(f) for f in e.args)
    if e.is_Mul:
        return prod(_terms(f) for f in e.args)
    if e.is_Pow and e.exp.is_Integer:
        n, k = _terms(e.base), abs(int(e.exp))
        return comb(n + k - 1, k) if n > 1 else 1
    return max((_terms(f) for f in e.args), default=1)


def _branch_at(parts: list[tuple[Any, Any, Any]], point: Any) -> Any:
    return next(branch for _, upper, branch in parts if compare(point, upper) < 0)


def _vanishes(e: Any, depth: int = 2) -> bool:
    """Whether an expression is proved to be 0 for all x."""
    if e == 0:
        return True
    quotient = as_quotient(e)
    if quotient is not None:
        return bool(quotient[0] == 0)
    if _terms(e) > _MOST_TERMS:
        return False
    if sympy.Add(*(sympy.expand_mul(_softplus_of_one_sign(f), deep=False) for f in sympy.Add.make_args(e))) == 0:
        return True
    if sympy.expand(e) == 0:
        return True
    # in exponentials, where numerators cancel
    plain = e.replace(sympy.tanh, lambda u: 1 - 2 / (sympy.exp(2 * u) + 1))
    plain = plain.replace(sympy.sinh, lambda u: (sympy.exp(u) - sympy.exp(-u)) / 2)
    plain = plain.replace(sympy.cosh, lambda u: (sympy.exp(u) + sympy.exp(-u)) / 2)
    if not e.has(sympy.log):
        above = sympy.numer(sympy.together(plain))
        if _terms(above) <= _MOST_TERMS and sympy.expand(above) == 0:
            return True
    if depth == 0 or e.has(*KINKED):
        return False
    # a function whose slope is 0 everywhere and that is 0 once
    at_zero = e.subs(x, 0)
    return bool(at_zero.is_finite and is_zero(at_zero)) and _vanishes(sympy.diff(plain, x), depth - 1)
