"""What hypothesis draws: numbers, polynomials and rational functions of small degree."""

from __future__ import annotations

from fractions import Fraction

from flint import fmpz_poly
from hypothesis import strategies as st

from ratapprox.algebraic import Algebraic, algebraic_roots, sort_apart
from ratapprox.barycentric import Barycentric
from ratapprox.piecewise import Piecewise
from ratapprox.rational import Rational

fractions = st.builds(Fraction, st.integers(-60, 60), st.sampled_from([1, 2, 3, 4, 7, 12]))
nonzero_fractions = fractions.filter(bool)
# the products of ten of them stay far from the ends of float64
floats = st.floats(min_value=-8, max_value=8).map(lambda x: x if abs(x) > 1e-3 else 0.0)


def _coefficients(
    numbers: st.SearchStrategy[Fraction] | st.SearchStrategy[float], degree: int
) -> st.SearchStrategy[list[Fraction | float]]:
    return st.lists(numbers, min_size=1, max_size=degree + 1)


def exact_rationals(degree: int = 4) -> st.SearchStrategy[Rational]:
    """Any p and q with fractions: common factors, poles at 0, the zero function and constants included."""
    return st.builds(Rational, _coefficients(fractions, degree), _coefficients(fractions, degree).filter(any))


def float_rationals(degree: int = 4) -> st.SearchStrategy[Rational]:
    """Any p and q with float coefficients."""
    p, q = _coefficients(floats, degree), _coefficients(floats, degree)
    return st.builds(lambda p, q: Rational([*map(float, p)], [*map(float, q)]), p, q.filter(any))


def rationals(degree: int = 4) -> st.SearchStrategy[Rational]:
    """Exact ones and float ones."""
    return exact_rationals(degree) | float_rationals(degree)


@st.composite
def pole_free_rationals(draw: st.DrawFn, degree: int = 4) -> Rational:
    """Exact ones whose q = 1 + a square has no real zero."""
    p = draw(_coefficients(fractions, degree))
    root = Rational(draw(_coefficients(fractions, degree // 2)))
    return Rational(p) / (1 + root * root)


@st.composite
def barycentrics(draw: st.DrawFn, most: int = 5) -> Barycentric:
    """Exact ones with distinct support points and weights other than 0."""
    points = draw(st.lists(fractions, min_size=1, max_size=most, unique=True))
    several = st.lists(fractions, min_size=len(points), max_size=len(points))
    weights = st.lists(nonzero_fractions, min_size=len(points), max_size=len(points))
    return Barycentric(points, draw(several), draw(weights))


def coefficients(degree: int = 4) -> st.SearchStrategy[list[Fraction]]:
    """Fractions, at least one."""
    return st.lists(fractions, min_size=1, max_size=degree + 1)


algebraics = st.sampled_from(
    [
        root
        for polynomial in ([-2, 0, 1], [-1, -1, 0, 1], [1, -3, 0, 1], [-1, -1, 1])
        for root in algebraic_roots(fmpz_poly(polynomial))
    ]
)


@st.composite
def piecewises(draw: st.DrawFn, most: int = 3, degree: int = 3) -> Piecewise:
    """Exact ones with rational and irrational breakpoints; jumps and poles included."""
    cuts = sort_apart(
        draw(st.lists(fractions.map(Algebraic.rational) | algebraics, min_size=1, max_size=most, unique=True))
    )
    return Piecewise(cuts, [draw(exact_rationals(degree)) for _ in range(len(cuts) + 1)])
