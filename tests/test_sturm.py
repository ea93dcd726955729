"""Real roots are counted exactly on closed, open and infinite intervals."""

from fractions import Fraction
from itertools import pairwise

import pytest
from flint import arb, ctx, fmpq, fmpq_poly
from hypothesis import given
from hypothesis import strategies as st

from ratapprox import sturm
from ratapprox.sturm import count_real_roots, has_real_root, real_roots

rationals = st.fractions(min_value=-4, max_value=4, max_denominator=8)
ends = st.one_of(st.none(), rationals)


def polynomial(roots: list[Fraction], pairs: list[tuple[Fraction, Fraction]]) -> fmpq_poly:
    """(x - c) for every root c, and (x - a)² + b² + 1/7, which has no real root, for every pair."""
    f = fmpq_poly([1])
    for c in roots:
        f *= fmpq_poly([-fmpq(c.numerator, c.denominator), 1])
    for a, b in pairs:
        constant = a * a + b * b + Fraction(1, 7)
        f *= fmpq_poly([fmpq(constant.numerator, constant.denominator), -2 * fmpq(a.numerator, a.denominator), 1])
    return f


@given(st.lists(rationals, max_size=6), st.lists(st.tuples(rationals, rationals), max_size=3), ends, ends)
def test_the_count_is_the_number_of_distinct_roots_in_the_interval(roots, pairs, lower, upper):
    if lower is not None and upper is not None and lower > upper:
        lower, upper = upper, lower
    f = polynomial(roots, pairs)
    closed = {c for c in roots if (lower is None or lower <= c) and (upper is None or c <= upper)}
    assert count_real_roots(f, lower, upper) == len(closed)
    assert count_real_roots(f, lower, upper, closed=False) == len(closed - {lower, upper})
    assert has_real_root(f, lower, upper) == bool(closed)


@given(st.lists(st.integers(-30, 30), min_size=3, max_size=9), rationals, rationals)
def test_sturm_chains_and_isolated_roots_count_the_same(coefficients, a, b):
    f = fmpq_poly(coefficients)
    if f.degree() < 1:
        return
    lower, upper = min(a, b), max(a, b)
    by_sturm = count_real_roots(f, lower, upper)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sturm, "STURM_DEGREE", 0)
        assert count_real_roots(f, lower, upper) == by_sturm
    assert len(real_roots(f, lower, upper)) == by_sturm


@given(st.lists(rationals, min_size=1, max_size=6), rationals, rationals)
def test_balls_hold_the_roots_in_ascending_order(roots, a, b):
    lower, upper = min(a, b), max(a, b)
    inside = sorted({c for c in roots if lower <= c <= upper})
    balls = real_roots(polynomial(roots, []), lower, upper)
    assert len(balls) == len(inside)
    with ctx.workprec(200):
        assert all(ball.overlaps(arb(fmpq(c.numerator, c.denominator))) for ball, c in zip(balls, inside, strict=True))
    assert all(left < right for left, right in pairwise(balls))


def test_an_end_a_hair_away_from_a_root_is_told_from_the_root():
    f = fmpq_poly([-2, 0, 1])
    with ctx.workprec(400):
        root = real_roots(f, Fraction(1), Fraction(2))[0].mid().fmpq()
    below = Fraction(int(root.p), int(root.q)) - Fraction(1, 2**380)
    assert count_real_roots(f, Fraction(1), below) == 0
    assert count_real_roots(f, Fraction(1), below + Fraction(1, 2**378)) == 1


def test_clustered_roots_of_high_degree_are_counted():
    f = polynomial([Fraction(1, 10**k) for k in range(1, 20)], [])
    assert count_real_roots(f, Fraction(0), Fraction(1)) == 19
    assert count_real_roots(f, Fraction(1, 10**6), Fraction(1)) == 6
    assert count_real_roots(f, Fraction(1, 10**6), Fraction(1), closed=False) == 5


def test_the_zero_polynomial_is_refused():
    with pytest.raises(ValueError, match="vanishes everywhere"):
        count_real_roots(fmpq_poly([]))
