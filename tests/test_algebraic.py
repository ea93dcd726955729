"""Real algebraic numbers: order, equality, refinement, how they are written."""

from fractions import Fraction
from itertools import pairwise
from math import isclose, sqrt

import pytest
import sympy
from flint import ctx, fmpz_poly
from hypothesis import given, settings
from hypothesis import strategies as st

from ratapprox.algebraic import Algebraic, algebraic_roots, polynomial_in, simplest_between, sort_apart

ROOT2 = Algebraic((-2, 0, 1), Fraction(1), Fraction(2))
irreducible = st.sampled_from(
    [(-2, 0, 1), (-3, 0, 1), (-1, -1, 0, 1), (1, -3, 0, 1), (-5, 0, 0, 0, 1), (-1, 10**6), (1, 3)]
)


def test_the_same_root_in_different_intervals_is_equal_and_hashes_alike():
    other = Algebraic((-2, 0, 1), Fraction(14, 10), Fraction(100))
    assert other == ROOT2 and hash(other) == hash(ROOT2)
    assert Algebraic((-2, 0, 1), Fraction(-2), Fraction(0)) != ROOT2


def test_numbers_that_agree_to_hundreds_of_bits_are_told_apart():
    near = ROOT2.refine(400).lower
    assert near < ROOT2 and near != ROOT2
    assert Algebraic.rational(near) < ROOT2


def test_rational_numbers_equal_int_and_fraction():
    half = Algebraic.rational(Fraction(1, 2))
    assert half == Fraction(1, 2) and hash(half) == hash(Fraction(1, 2)) and Algebraic.rational(3) == 3
    assert half != "1/2"


@given(irreducible, irreducible)
def test_the_order_is_that_of_the_real_numbers(f, g):
    for a in algebraic_roots(fmpz_poly(list(f))):
        for b in algebraic_roots(fmpz_poly(list(g))):
            assert (a < b) == (float(a) < float(b)) and (a == b) == (float(a) == float(b))


@settings(max_examples=40)
@given(st.lists(st.integers(-20, 20), min_size=2, max_size=7).filter(lambda c: c[-1] != 0))
def test_all_real_roots_of_a_polynomial_are_found_in_order(coefficients):
    f = fmpz_poly(coefficients)
    roots = sorted(root for factor, _ in f.factor()[1] for root in algebraic_roots(factor))
    x = sympy.Symbol("x")
    expected = sorted(set(sympy.Poly(coefficients[::-1], x).real_roots()), key=lambda root: root.evalf(30))
    assert [float(root) for root in roots] == pytest.approx([float(root) for root in expected], rel=1e-14, abs=1e-300)
    apart = sort_apart(roots)
    assert all(a.upper < b.lower for a, b in pairwise(apart))


def test_tiny_and_huge_roots_have_exact_floats():
    small, large = (algebraic_roots(fmpz_poly(c))[-1] for c in ([-2, 0, 10**60], [-2 * 10**60, 0, 1]))
    assert isclose(float(small), sqrt(2) * 1e-30, rel_tol=1e-15) and isclose(
        float(large), sqrt(2) * 1e30, rel_tol=1e-15
    )


def test_balls_hold_the_number_at_the_precision_asked_for():
    with ctx.workprec(300):
        ball = ROOT2.arb()
        assert (ball * ball).contains(2) and ball.rad() < 2**-290


@pytest.mark.parametrize(
    ("polynomial", "texts"),
    [
        ((-2, 0, 1), ["-√2", "√2"]),
        ((-64, 0, 27), ["-8√3/9", "8√3/9"]),
        ((-1, -1, 1), ["(1 - √5)/2", "(1 + √5)/2"]),
        ((1, -6, 1), ["3 - 2√2", "3 + 2√2"]),
        ((-1, 3), ["1/3"]),
        ((-1, -1, 0, 1), ["root ≈ 1.324718 of a³ - a - 1"]),
        ((-7 * 10**16, 0, 1), ["-100000000√7", "100000000√7"]),
        ((-(10**30), 0, 0, 10**30 + 1), ["root ≈ 1 of a polynomial of degree 3 in a"]),
    ],
)  # fmt: skip
def test_numbers_are_written_as_fraction_surd_or_root(polynomial, texts):
    roots = algebraic_roots(fmpz_poly(list(polynomial)))
    assert [root.text("a") for root in roots] == texts
    for root in roots:
        value = sympy.sympify(root.exact, locals={"CRootOf": sympy.CRootOf})
        assert isclose(float(value), float(root), rel_tol=1e-15)


def test_polynomials_are_written_in_falling_powers():
    assert polynomial_in((0, -1, 0, 2), "a") == "2a³ - a" and polynomial_in((), "a") == "0"


@given(st.fractions(-5, 5, max_denominator=50), st.fractions(Fraction(1, 1000), 3, max_denominator=1000))
def test_no_rational_with_a_smaller_denominator_lies_between(low, width):
    high = low + width
    found = simplest_between(low, high)
    assert low < found < high
    for denominator in range(1, found.denominator):
        below = -((-low * denominator) // 1)
        assert not any(low < Fraction(k, denominator) < high for k in (below, below + 1))
