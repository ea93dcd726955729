"""The Lipschitz constant of a family as a function of its one parameter: max(a, (9 - a)/8, -a).

sup |f'| is |f'| at a root of M, at an end of the interval or in the limit. Each of these values L is a root of an
irreducible factor of res_x(M, L q² - N) in Z[a, L]. On the line of the parameter, cut where two of these roots can meet
or appear, the largest is one and the same branch; which one is decided exactly at a rational sample of each part.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any

import sympy
from flint import fmpq_poly, fmpz_mpoly_ctx

from ratapprox.algebraic import Algebraic
from ratapprox.sturm import from_fmpq, to_fmpq
from ratapprox.symbolic.cells import at_end, coefficient, distinct, factors, project, small_enough, specialise
from ratapprox.symbolic.decide import Ends
from ratapprox.symbolic.lipschitz import slope
from ratapprox.symbolic.places import Steepest, steepest
from ratapprox.symbolic.projection import UNHURRIED, Clock, line
from ratapprox.symbolic.reading import read
from ratapprox.symbolic.region import Interval
from ratapprox.symbolic.shape import roots_on, vanishes

__all__ = ["LipschitzFormula", "irreducible", "lipschitz_formula"]

_L = "L_"
_LONGEST = 400
"""Characters of a formula that are worth printing."""


@dataclass(frozen=True, repr=False)
class LipschitzFormula:
    """sup |f'| as a function of the parameter: pieces, and one maximum for all of them where that is the same.

    pieces: (interval of the parameter, sympy expression or a text); None as expression: unbounded slope or poles.
    maximum: sympy expressions whose maximum is the constant wherever f has no pole, or None.
    """

    parameter: str
    pieces: tuple[tuple[Interval, Any], ...]
    maximum: tuple[Any, ...] | None

    @property
    def text(self) -> str:
        """max(a, (9 - a)/8, -a), or the pieces."""
        if self.maximum is not None:
            inner = ", ".join(_plain(e) for e in self.maximum)
            return inner if len(self.maximum) == 1 else f"max({inner})"
        told = [f"{'unbounded' if e is None else e} for {i.text(self.parameter)}" for i, e in self.pieces]
        text = "; ".join(told)
        return text if len(text) <= _LONGEST else f"no short formula: {len(told)} pieces, roots of polynomials"

    def latex(self) -> str:
        """The same in LaTeX."""
        if self.maximum is None:
            return f"\\text{{{self.text}}}"
        inner = ", ".join(_latex(e) for e in self.maximum)
        return inner if len(self.maximum) == 1 else f"\\max\\left({inner}\\right)"

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"LipschitzFormula {self.text}"


def lipschitz_formula(
    family: Any, parameter: str, on: Ends = (None, None), clock: Clock = UNHURRIED
) -> LipschitzFormula | None:
    """The exact Lipschitz constant of a family on a closed interval as a function of its parameter.

    None when the places where it may change form cannot all be decided. TimeUpError when the clock ends the work.

    >>> lipschitz_formula("ralu", "alpha")
    LipschitzFormula max(alpha, (9 - alpha)/8, -alpha)
    """
    ring = fmpz_mpoly_ctx.get(("x", parameter, _L), "lex")
    f = read(family, ring).cancelled()
    N, M, L = f.slope, f.curvature, ring.gen(2)
    branches = _branches(f, N, M, L, on)
    mirrored = [g.compose(ring.gen(0), ring.gen(1), -L) for g in branches]

    def check() -> None:
        clock.check("the places were found where the Lipschitz constant changes its form")

    ends = [e for e in on if e is not None]
    cuts = [*project([M, N, f.q], 0, ends, check=check), *project([*branches, *mirrored, L], 2, check=check)]
    cut = line({g for each in cuts for g in irreducible(each)}, clock)
    found: list[Any] = []
    for sample in cut.samples:
        clock.check(f"the Lipschitz constant was found in {len(found)} of {len(cut.samples)} parts of the line")
        found.append(_at(f, Fraction(sample), on, branches, parameter))
    pieces = _merged([(p, q) for p, q in zip(_intervals(cut.points), found, strict=True)])
    used = [e for e in dict.fromkeys(found) if e is not None]
    if any(isinstance(e, str) for e in used) or not used:
        return LipschitzFormula(parameter, pieces, None)
    symbol = sympy.Symbol(parameter, real=True)
    for sample, value in zip(cut.samples, found, strict=True):
        at = {symbol: sympy.Rational(sample.numerator, sample.denominator)}
        if value is not None and value.xreplace(at) != sympy.Max(*(e.xreplace(at) for e in used)):
            return LipschitzFormula(parameter, pieces, None)
    if None in found and not _poles_only(f, cut.samples, found, on):
        return LipschitzFormula(parameter, pieces, None)
    for point in cut.points:
        if not _continues(f, M, point, on, used, symbol):
            return LipschitzFormula(parameter, pieces, None)
    return LipschitzFormula(parameter, pieces, tuple(reversed(used)))


def _branches(f: Any, N: Any, M: Any, L: Any, on: Ends) -> list[Any]:
    """The irreducible polynomials in a and L of which every candidate for f' is a root."""
    square = f.q * f.q
    found = []
    for factor, _ in M.factor()[1] if M != 0 else ():
        if factor.degrees()[0] > 0:
            small_enough(factor, L * square - N, 0)
            found.append(factor.resultant(L * square - N, "x"))
    if M == 0:
        found.append(coefficient(L * square - N, 0, 0))
    for end in on:
        if end is not None:
            found.append(at_end(L * square - N, 0, end))
    if None in on:
        degree = square.degrees()[0]
        if N.degrees()[0] == degree:
            found.append(coefficient(L * square - N, 0, degree))
    parts = distinct(g for each in found for g, _ in factors(each))
    return [g for g in parts if g.degrees()[2] > 0]


def _at(f: Any, sample: Fraction, on: Ends, branches: Sequence[Any], parameter: str) -> Any:
    """The branch that is the Lipschitz constant at a sample: a sympy expression, a text, or None if there is none."""
    p, q = (specialise(g, 0, {1: sample, 2: Fraction(0)}) for g in (f.p, f.q))
    common = p.gcd(q)
    if q == 0 or (q.degree() > 0 and roots_on(q, on)):
        return None
    p, q = p // common, q // common
    best = steepest(p, q, on)
    if best.constant is None:
        return None
    for g in branches:
        if g.degrees()[2] != 1:
            continue
        above, below = (-specialise(coefficient(g, 2, k), 1, {}) for k in (0, 1))
        if below(to_fmpq(sample)) == 0:
            continue
        value = above(to_fmpq(sample)) / -below(to_fmpq(sample))
        sign = _signed(p, q, best, value)
        if sign:
            return sympy.factor(sign * _expression(above, parameter) / _expression(-below, parameter))
    for g in branches:
        if g.degrees()[2] == 2 and (found := _surd(g, sample, best, parameter)) is not None:
            return found
    for g in branches:
        if g.degrees()[2] > 1:
            return f"a root L ≈ {float(best.constant):.6g} at {parameter} = {sample} of {_text(g, parameter)}"
    return None


def _surd(g: Any, sample: Fraction, best: Steepest, parameter: str) -> Any:
    """±(-b ± √(b² - 4ac))/(2a), a root of g, quadratic in L, that is the constant at the sample."""
    assert best.constant is not None
    symbol, L = sympy.Symbol(parameter, real=True), sympy.Symbol(_L)
    parts = [_expression(specialise(coefficient(g, 2, k), 1, {}), parameter) for k in range(3)]
    at = {symbol: sympy.Rational(sample.numerator, sample.denominator)}
    for root in sympy.roots(sympy.Poly(parts[::-1], L), multiple=True):
        value = root.xreplace(at)
        if value.is_real and best.constant.contains(Fraction(str(abs(value).evalf(40)))):
            return (1 if value > 0 else -1) * root
    return None


def _signed(p: Any, q: Any, best: Steepest, value: Any) -> int:
    """±1 when sup |r'| is exactly ±value, else 0."""
    N, square = slope(p, q), q * q
    if best.at:
        x = best.at[0]
        if vanishes(N - value * square, x) or vanishes(N + value * square, x):
            return 1 if value > 0 else -1 if value < 0 else 1
        return 0
    degree = square.degree()
    limit = N[degree] / square[degree] if N.degree() <= degree else None
    return 0 if limit is None or abs(limit) != abs(value) else 1 if value >= 0 else -1


def _continues(f: Any, M: Any, point: Algebraic, on: Ends, used: Sequence[Any], symbol: Any) -> bool:
    """Whether the maximum is right at a cut too: checked there if it is rational, by continuity otherwise."""
    leading = [specialise(coefficient(g, 0, g.degrees()[0]), 1, {}) for g in (M, f.q) if g != 0]
    if not any(vanishes(g, point) for g in leading):
        return True  # the roots of M stay bounded there, and |f'| at them is continuous
    if point.is_rational:
        p, q = (specialise(g, 0, {1: point.lower, 2: Fraction(0)}) for g in (f.p, f.q))
        if q == 0:
            return True
        common = p.gcd(q)
        if (q // common).degree() > 0 and roots_on(q // common, on):
            return True  # a pole: the constant is infinite and the formula does not speak of it
        best = steepest(p // common, q // common, on)
        if best.constant is None:
            return False
        at = {symbol: sympy.Rational(point.lower.numerator, point.lower.denominator)}
        values = [e.xreplace(at) for e in used]
        if any(v.has(sympy.zoo, sympy.oo, sympy.nan) for v in values):
            return False
        most = sympy.Max(*values)
        if not most.is_Rational:
            return False
        return _signed(p // common, q // common, best, to_fmpq(Fraction(int(most.p), int(most.q)))) != 0
    return False


def _poles_only(f: Any, samples: Sequence[Fraction], found: Sequence[Any], on: Ends) -> bool:
    """Whether the constant is missing only where f has a pole."""
    for sample, value in zip(samples, found, strict=True):
        if value is None:
            q = specialise(f.q, 0, {1: sample, 2: Fraction(0)})
            if q.degree() < 1 or not roots_on(q, on):
                return False
    return True


def irreducible(g: Any) -> list[tuple[int, ...]]:
    """The irreducible factors of a polynomial in the parameter alone, leading coefficients positive."""
    found = specialise(g, 1, {})
    if found.degree() < 1:
        return []
    signed = (h if h.leading_coefficient() > 0 else -h for h, _ in found.numer().factor()[1])
    return [tuple(int(c) for c in h.coeffs()) for h in signed if h.degree() > 0]


def _intervals(points: Sequence[Algebraic]) -> list[Interval]:
    walls = [None, *points, None]
    return [Interval(low, low is not None, high, high is not None) for low, high in pairwise(walls)]


def _merged(pieces: Sequence[tuple[Interval, Any]]) -> tuple[tuple[Interval, Any], ...]:
    found: list[tuple[Interval, Any]] = []
    for interval, value in pieces:
        if found and found[-1][1] == value and not isinstance(value, str):
            first = found[-1][0]
            found[-1] = (Interval(first.lower, first.lower_closed, interval.upper, interval.upper_closed), value)
        else:
            found.append((interval, value))
    return tuple(found)


def _expression(f: Any, parameter: str) -> Any:
    symbol = sympy.Symbol(parameter, real=True)
    numbers = [from_fmpq(c) for c in fmpq_poly(f).coeffs()]
    return sympy.Add(*(sympy.Rational(c.numerator, c.denominator) * symbol**k for k, c in enumerate(numbers)))


def _plain(e: Any) -> str:
    """(9 - a)/8 rather than -(a - 9)/8."""
    above, below = e.as_numer_denom()
    return str(above) if below == 1 else f"({above})/{below}" if above.is_Add else f"{above}/{below}"


def _latex(e: Any) -> str:
    above, below = e.as_numer_denom()
    return str(sympy.latex(above)) if below == 1 else f"\\frac{{{sympy.latex(above)}}}{{{sympy.latex(below)}}}"


def _text(g: Any, parameter: str) -> str:
    return str(g).replace(_L, "L").replace("^", "**")
