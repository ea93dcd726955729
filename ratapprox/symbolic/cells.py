"""The open cells of a cylindrical decomposition of the plane of two parameters.

The curves on which a statement "for all x" may change are projected from (x, u, v) to (u, v), and their own singular
places to u. Between them lie open cells; each holds a rational sample, at which the statement is decided exactly.
Source: G. E. Collins (1975); S. McCallum, An improved projection operation for cylindrical algebraic decomposition
(1988); open cells only: A. Strzeboński, Solving systems of strict polynomial inequalities (2000).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations, pairwise
from typing import Any

from flint import fmpq, fmpq_poly

from ratapprox.algebraic import Algebraic, algebraic_roots, simplest_between, sort_apart
from ratapprox.sturm import to_fmpq
from ratapprox.symbolic.interval import End, in_x
from ratapprox.symbolic.quotient import TooLargeError

__all__ = [
    "Cell",
    "Column",
    "columns",
    "degenerate",
    "distinct",
    "factors",
    "project",
    "real_line",
    "signs",
    "specialise",
]


_MOST_DEGREE, _MOST_DEGREE_ON_A_LINE = 150, 2000
"""Of a polynomial in two parameters, and in one: above it a single one takes minutes, which no clock can interrupt."""


@dataclass(frozen=True, slots=True)
class Cell:
    """An open cell by its sample (u, v)."""

    u: Fraction
    v: Fraction
    truth: bool


@dataclass(frozen=True, slots=True)
class Column:
    """The cells, from below, over the open interval lower < u < upper, None where infinite.

    walls[k] parts the cells k and k + 1 at the sample u: the curve and the place on it.
    """

    lower: Algebraic | None
    upper: Algebraic | None
    u: Fraction
    walls: tuple[tuple[Any, Algebraic], ...]
    cells: tuple[Cell, ...]


def factors(polynomial: Any) -> list[tuple[Any, int]]:
    """The irreducible factors over Z that are no constants, each with a positive leading coefficient, and
    multiplicities."""
    if polynomial == 0:
        return []
    found = ((f if f.leading_coefficient() > 0 else -f, int(k)) for f, k in polynomial.factor()[1])
    return [(f, k) for f, k in found if not f.is_constant()]


def project(
    polynomials: Iterable[Any], axis: int, ends: Sequence[End] = (), *, check: Callable[[], None] = lambda: None
) -> list[Any]:
    """Irreducible polynomials free of the variable number `axis` whose zeros hold every place where roots along that
    axis appear, vanish, meet, pass an end or go to infinity.

    The factors' leading coefficients, discriminants, resultants in pairs and values at the ends; a polynomial that
    is free of the variable stays. check: called often, may raise to stop.

    >>> from flint import fmpz_mpoly_ctx
    >>> x, a, b = fmpz_mpoly_ctx.get(("x", "a", "b")).gens()
    >>> project([x**2 - 2 * a * x + b], 0)
    [a^2 - b]
    """
    found: list[Any] = []
    moving: list[Any] = []
    for f in distinct(f for polynomial in polynomials for f, _ in factors(polynomial)):
        name, degree = f.context().name(axis), f.degrees()[axis]
        if degree == 0:
            found.append(f)
            continue
        check()
        small_enough(f, None, axis)
        moving.append(f)
        found.append(coefficient(f, axis, degree))
        if degree > 1:
            found.append(f.discriminant(name))
        found.extend(at_end(f, axis, end) for end in ends)
    for f, g in combinations(moving, 2):
        check()
        small_enough(f, g, axis)
        found.append(f.resultant(g, f.context().name(axis)))
    return distinct(factor for polynomial in found for factor, _ in factors(polynomial))


def small_enough(f: Any, g: Any, axis: int) -> None:
    """TooLargeError where disc f or res(f, g) may be of a degree that is not reached in any time."""
    m, n = f.degrees()[axis], (f if g is None else g).degrees()[axis]
    others = [max(h.total_degree() for h in coefficients_of(k, axis)) for k in (f, f if g is None else g)]
    degree = n * others[0] + m * others[1] - (others[0] if g is None else 0)
    most = _MOST_DEGREE if axis == 0 else _MOST_DEGREE_ON_A_LINE
    if degree > most:
        raise TooLargeError(
            f"a {'discriminant' if g is None else 'resultant'} of degree up to {degree} in the parameters is needed,"
            f" and at most {most} is computed: write a number for one parameter, or ask about one pair with decide_at()"
        )


def coefficients_of(polynomial: Any, axis: int) -> list[Any]:
    """The coefficients along one variable that are not 0."""
    found = (coefficient(polynomial, axis, power) for power in range(polynomial.degrees()[axis] + 1))
    return [c for c in found if c != 0]


def distinct(polynomials: Iterable[Any]) -> list[Any]:
    """The polynomials without repetition, in their order."""
    found: dict[str, Any] = {}
    for f in polynomials:
        found.setdefault(str(f), f)
    return list(found.values())


def degenerate(polynomials: Iterable[Any], axis: int) -> list[Any]:
    """What project() would give where a leading coefficient vanishes: polynomials to refine the columns with.

    On the curve f = 0, a factor of the leading coefficient of F, the roots are those of F without its leading terms.
    """
    parts = distinct(f for polynomial in polynomials for f, _ in factors(polynomial))
    found: list[Any] = []
    for F in parts:
        if F.degrees()[axis] == 0:
            continue
        for f, _ in factors(coefficient(F, axis, F.degrees()[axis])):
            if f.total_degree() < 1 or sum(f.degrees()[k] > 0 for k in range(3)) < 2:
                continue  # a vertical or horizontal line is no curve over an open interval of both
            reduced = [_reductum(g, axis, f) for g in parts]
            found.extend(g for g in project([g for g in reduced if g != 0], axis))
    return distinct(found)


def _reductum(polynomial: Any, axis: int, f: Any) -> Any:
    """The polynomial without those leading terms along the axis that f divides."""
    while polynomial != 0:
        degree = polynomial.degrees()[axis]
        leading = coefficient(polynomial, axis, degree)
        if leading % f != 0:
            return polynomial
        polynomial -= leading * polynomial.context().gen(axis) ** degree
    return polynomial


def coefficient(polynomial: Any, axis: int, power: int) -> Any:
    """The coefficient of a power of one variable, a polynomial in the others."""
    terms = {}
    for exponents, number in polynomial.to_dict().items():
        if exponents[axis] == power:
            terms[tuple(0 if k == axis else e for k, e in enumerate(exponents))] = number
    return polynomial.context().from_dict(terms)


def at_end(polynomial: Any, axis: int, end: End) -> Any:
    """A positive multiple of the polynomial at a rational value of one variable; for an irrational one the resultant
    with its polynomial, which vanishes wherever the polynomial does at the value."""
    if isinstance(end, Algebraic):
        ring = polynomial.context()
        return polynomial.resultant(in_x(end, ring, axis), ring.name(axis))
    degree = polynomial.degrees()[axis]
    terms: dict[Any, Any] = {}
    for exponents, number in polynomial.to_dict().items():
        power, rest = exponents[axis], tuple(0 if k == axis else e for k, e in enumerate(exponents))
        terms[rest] = terms.get(rest, 0) + number * end.numerator**power * end.denominator ** (degree - power)
    return polynomial.context().from_dict(terms)


def specialise(polynomial: Any, keep: int, values: dict[int, Fraction]) -> Any:
    """The `fmpq_poly` in the variable number `keep` for given values of the other ones that occur.

    >>> from flint import fmpz_mpoly_ctx
    >>> x, a, b = fmpz_mpoly_ctx.get(("x", "a", "b")).gens()
    >>> specialise(a * x**2 + b, 0, {1: Fraction(1, 2), 2: Fraction(3)})
    1/2*x^2 + 3
    """
    numbers = {axis: to_fmpq(value) for axis, value in values.items()}
    found: dict[int, Any] = {}
    for exponents, number in polynomial.to_dict().items():
        term = fmpq(number)
        for axis, value in numbers.items():
            if exponents[axis]:
                term *= value ** exponents[axis]
        power = exponents[keep]
        found[power] = found.get(power, fmpq(0)) + term
    return fmpq_poly([found.get(k, fmpq(0)) for k in range(max(found, default=-1) + 1)])


def real_line(
    polynomials: Iterable[Any], check: Callable[[], None] = lambda: None
) -> tuple[list[Algebraic], list[Fraction]]:
    """The real roots of univariate polynomials, ascending, and a simple rational in each gap and at either side.

    >>> real_line([fmpq_poly([-2, 0, 1]), fmpq_poly([0, 1])])
    ([Algebraic -√2, Algebraic 0, Algebraic √2], [Fraction(-2, 1), Fraction(-1, 1), Fraction(1, 1), Fraction(2, 1)])
    """
    irreducible: dict[tuple[Any, ...], Any] = {}
    for f in (f for f in polynomials if f != 0):
        check()
        irreducible |= {tuple(g.coeffs()): g for g, _ in f.numer().factor()[1]}
    roots = []
    for g in irreducible.values():
        check()
        roots += algebraic_roots(g)
    roots = sort_apart(roots)
    walls = [None, *roots, None]
    samples = [
        simplest_between(None if low is None else low.upper, None if high is None else high.lower)
        for low, high in pairwise(walls)
    ]
    return roots, samples


def columns(
    curves: Sequence[Any],
    lines: Sequence[Any],
    axes: tuple[int, int],
    truth: Callable[[Fraction, Fraction], bool],
    check: Callable[[], None],
) -> tuple[Column, ...]:
    """The open cells of the plane with the first of the axes as base, each with its truth, column by column.

    curves: irreducible polynomials in the two axes. lines: polynomials in the base, at least those of
    project(curves, axes[1]). truth(u, v): the statement at a rational point. check: called often, may raise to stop.
    """
    walls, samples = real_line((specialise(f, axes[0], {}) for f in lines), check)
    return tuple(
        _column(u, *ends, curves, axes, truth, check)
        for u, ends in zip(samples, pairwise([None, *walls, None]), strict=True)
    )


def _column(
    u: Fraction,
    lower: Algebraic | None,
    upper: Algebraic | None,
    curves: Sequence[Any],
    axes: tuple[int, int],
    truth: Callable[[Fraction, Fraction], bool],
    check: Callable[[], None],
) -> Column:
    base, fibre = axes
    over = [(curve, specialise(curve, fibre, {base: u})) for curve in curves if curve.degrees()[fibre]]
    roots, samples = real_line((f for _, f in over), check)
    cells = []
    for v in samples:
        check()
        cells.append(Cell(u, v, truth(u, v)))
    walls = tuple(
        (next(curve for curve, f in over if f % fmpq_poly(list(root.polynomial)) == 0), root) for root in roots
    )
    return Column(lower, upper, u, walls, tuple(cells))


def signs(
    polynomials: Sequence[Any], cells: Iterable[Cell], axes: tuple[int, int], check: Callable[[], None]
) -> list[list[int]]:
    """The sign of every polynomial at the sample of every cell: [cell][polynomial]."""
    base, fibre = axes
    found = []
    for cell in cells:
        check()
        row = []
        for f in polynomials:
            value = specialise(f, fibre, {base: cell.u})(to_fmpq(cell.v))
            row.append((value > 0) - (value < 0))
        found.append(row)
    return found
