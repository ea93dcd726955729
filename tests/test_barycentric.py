"""Barycentric: the same function as p/q, values at and near support points, and what it delegates to Rational."""

from __future__ import annotations

import math
import pickle
from fractions import Fraction

import flint
import mpmath
import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from ratapprox.barycentric import Barycentric
from ratapprox.rational import Rational

from .strategies import barycentrics, exact_rationals, fractions, nonzero_fractions


def value(r: Barycentric, x: Fraction) -> Fraction:
    """The quotient of the two sums; hypothesis draws another x at a support point and at a pole."""
    assume(x not in r.support_points)
    terms = [w / (x - t) for w, t in zip(r.weights, r.support_points, strict=True)]
    assume(sum(terms) != 0)
    return sum((term * f for term, f in zip(terms, r.values, strict=True)), Fraction(0)) / sum(terms)


def chebyshev(count: int) -> np.ndarray:
    return np.cos(np.pi * np.arange(count) / (count - 1))


# -- construction


def test_numbers_are_of_one_kind():
    assert Barycentric([0, 1], [2, 3], [1, 1]).is_exact
    mixed = Barycentric([0, 1], [2, Fraction(1, 3)], [1, 0.5])
    assert not mixed.is_exact
    assert {type(number) for number in mixed.support_points + mixed.values + mixed.weights} == {float}


def test_support_points_of_weight_zero_are_left_out():
    r = Barycentric([0, 1, 2], [5, 6, 7], [1, 0, 2])
    assert (r.support_points, r.values, r.weights) == ((0, 2), (5, 7), (1, 2))


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        (([0, 1], [1], [1, 1]), ValueError, "2 support points, 1 values and 2 weights"),
        (([], [], []), ValueError, "support_points is empty"),
        (([0, 0], [1, 2], [1, 1]), ValueError, "support point 0 occurs more than once"),
        (([1, Fraction(10**20 + 1, 10**20)], [1, 2], [1, 0.5]), ValueError, "support point 1 occurs more than once"),
        (([0, 1], [1, 2], [0, 0]), ValueError, "weights are all 0"),
        (([0, math.nan], [1, 2], [1, 1]), ValueError, r"support_points\[1\] is nan"),
        (([0, 1], [1, math.inf], [1, 1]), ValueError, r"values\[1\] is inf"),
        (([0, 1], [True, 2], [1, 1]), TypeError, "Write 1 or 0"),
        (([0, 1], ["1", 2], [1, 1]), TypeError, "Fraction"),
        (([0, 1], [1j, 2], [1, 1]), TypeError, "Take .real"),
        (("01", [1, 2], [1, 1]), TypeError, "sequence of numbers"),
    ],
)
def test_bad_input_is_refused_with_what_to_do(arguments, error, words):
    with pytest.raises(error, match=words):
        Barycentric(*arguments)


@given(barycentrics())
def test_a_pickled_barycentric_comes_back(r):
    r(0.5)
    assert pickle.loads(pickle.dumps(r)) == r


# -- the same function as p/q


@given(barycentrics(), fractions)
def test_the_rational_has_the_values_of_the_two_sums(r, x):
    exact = value(r, x)
    assert r.to_rational()(x) == exact
    assert r(x) == exact


@given(barycentrics())
def test_it_takes_its_values_at_the_support_points_exactly(r):
    for t, f in zip(r.support_points, r.values, strict=True):
        assert r(t) == f
    rounded = r.to_float()
    for t, f in zip(rounded.support_points, rounded.values, strict=True):
        assert rounded(t) == f
        assert rounded(mpmath.mpf(t)) == f
    assert rounded(np.array(rounded.support_points)).tolist() == list(rounded.values)


@given(exact_rationals(), st.lists(fractions, min_size=5, max_size=7, unique=True))
def test_from_a_rational_and_back_is_the_same_function(r, points):
    poles = r.reduced().polynomials()[1]
    assume(all(poles(flint.fmpq(t.numerator, t.denominator)) != 0 for t in points))
    assert Barycentric.from_rational(r, points).to_rational().reduced() == r.reduced()


@given(barycentrics())
def test_to_a_rational_and_back_is_the_same_function(r):
    there = r.to_rational()
    back = Barycentric.from_rational(there, r.support_points)
    assert back.values == r.values
    assert back.to_rational().reduced() == there.reduced()


def test_from_a_rational_what_is_impossible_is_refused():
    r = Rational([1], [-1, 0, 1])
    with pytest.raises(ValueError, match="at least 3 support points, 2 were given"):
        Barycentric.from_rational(r, [0, 2])
    with pytest.raises(ValueError, match="support point 1 is a pole"):
        Barycentric.from_rational(r, [0, 1, 2])
    with pytest.raises(ValueError, match="distinct"):
        Barycentric.from_rational(r, [0, 0, 2])


def test_from_a_rational_one_float_makes_it_float():
    assert Barycentric.from_rational(Rational([1], [1, 1]), [0, 1]).is_exact
    assert not Barycentric.from_rational(Rational([1.0], [1, 1]), [0, 1]).is_exact
    assert not Barycentric.from_rational(Rational([1], [1, 1]), [0, 1.0]).is_exact


@given(barycentrics(), nonzero_fractions)
def test_a_common_factor_of_the_weights_makes_no_difference(r, c):
    scaled = Barycentric(r.support_points, r.values, [c * w for w in r.weights])
    assert scaled.to_rational() == r.to_rational()


@given(barycentrics())
def test_exact_and_to_float_keep_the_function(r):
    rounded = r.to_float()
    assert rounded.exact().to_rational() == rounded.to_rational()
    assert r.exact() is r
    assert rounded.to_float().to_rational() == rounded.to_rational()


# -- values in float64


def test_values_between_support_points_are_right_to_rounding_at_degree_30():
    t = chebyshev(31)
    signs = (-1.0) ** np.arange(31)
    signs[[0, -1]] /= 2
    r = Barycentric(t, np.abs(t), signs)
    x = np.linspace(-1, 1, 401)
    exact = r.to_rational()
    expected = np.array([float(exact(Fraction(at))) for at in x])
    np.testing.assert_allclose(r(x), expected, rtol=0, atol=1e-14)
    assert [r(float(at)) for at in x] == r(x).tolist()


@given(barycentrics(), st.integers(0, 4), st.integers(1, 1074), st.sampled_from([-1, 1]))
@example(Barycentric([0, 1], [3, 4], [1, 1]), 0, 1074, 1)
def test_values_next_to_a_support_point_are_those_of_the_limit(r, index, power, side):
    rounded = r.to_float()
    index %= len(rounded.weights)
    t = rounded.support_points[index]
    x = t + side * 2.0**-power
    x = math.nextafter(t, side * math.inf) if x == t else x
    exact = rounded.exact()
    assume(x not in rounded.support_points)
    terms = [w / (Fraction(x) - at) for w, at in zip(exact.weights, exact.support_points, strict=True)]
    assume(abs(sum(terms)) > sum(map(abs, terms)) / 10**6)
    size = max(map(abs, rounded.values)) + 1
    assert abs(rounded(x) - float(exact(Fraction(x)))) <= 1e-7 * size


@given(barycentrics())
def test_values_at_infinity_are_the_limits_and_nan_stays_nan(r):
    left, right = r.limits()
    values = r(np.array([-math.inf, math.inf, math.nan]))
    assert values[0] == float(left.at_infinity(-1))
    assert values[1] == float(right.at_infinity(1))
    assert math.isnan(values[2])
    assert float(r(mpmath.inf)) == pytest.approx(float(right.at_infinity(1)), rel=1e-15)


@pytest.mark.parametrize("x", [1e100, -1e160, 1e308, -1.7976931348623157e308])
def test_values_of_huge_arguments_are_near_the_limit(x):
    r = Barycentric([-1, 0, 2], [1, 5, 2], [1e-6, 2e-6, 3e-6])
    assert r(x) == pytest.approx(17 / 6, rel=1e-14)
    assert r(np.array([x, 0.0, math.inf])).tolist() == [r(x), 5.0, r(math.inf)]


def test_small_values_are_kept_at_huge_arguments_and_huge_support_points_are_no_obstacle():
    small = Barycentric([-1, 0, 2], [1e-100, 5e-100, 2e-100], [1, 2, 3])
    assert small(1e300) == pytest.approx(17 / 6 * 1e-100, rel=1e-14, abs=0)
    wide = Barycentric([-1e200, 1e200], [-1, 1], [1, 3])
    np.testing.assert_allclose(wide(np.array([-2e200, 0.0, 2e200])), [0, 2, 0.8], rtol=1e-14, atol=1e-15)


def test_a_pole_gives_infinity_in_float64_and_an_error_in_fractions():
    r = Barycentric([0, 2], [1, 2], [1, 1])
    assert abs(r(1.0)) == math.inf
    assert r(1.0) == r.to_rational()(1.0)
    with pytest.raises(ZeroDivisionError, match="x is a pole"):
        r(1)


def test_huge_values_and_weights_do_not_overflow():
    r = Barycentric([0, 1], [1e308, 1e308], [1e300, 1e300])
    np.testing.assert_allclose(r(np.array([-0.1, 1e-310, 1e-9, 2.0])), 1e308, rtol=1e-14)
    line = Barycentric([0, 1], [1, 3], [10**400, -(10**400)])
    assert 0.5 <= line.to_float().weights[0] < 2
    assert line(0.5) == 2.0


def test_shape_is_kept_and_every_block_is_right():
    r = Barycentric([0, 1], [0, 1], [1, -1])
    assert r(np.ones((2, 3))).shape == (2, 3)
    assert r(np.ones(())).shape == ()
    assert r(np.ones(0)).shape == (0,)
    assert type(r(0.3)) is float
    np.testing.assert_allclose(r(np.full(20001, 0.25)), 0.25)


@given(barycentrics(), fractions)
def test_an_mpmath_number_is_answered_at_its_working_precision(r, x):
    exact = value(r, x)
    with mpmath.workprec(300):
        answer = r(mpmath.mpf(x.numerator) / x.denominator)
        assert abs(answer - mpmath.mpf(exact.numerator) / exact.denominator) < mpmath.mpf(2) ** -200


@given(barycentrics(), fractions)
def test_a_ball_is_answered_with_a_ball_that_holds_the_value(r, x):
    exact = value(r, x)
    with flint.ctx.workprec(200):
        ball = r(flint.arb(flint.fmpq(x.numerator, x.denominator)))
        assert ball.contains(flint.fmpq(exact.numerator, exact.denominator))
        around = r(flint.arb(flint.fmpq(x.numerator, x.denominator), 1))
        assert not around.is_finite() or around.contains(flint.fmpq(exact.numerator, exact.denominator))


# -- what it says of itself


@given(barycentrics())
def test_poles_zeros_residues_derivative_and_defect_are_those_of_the_rational(r):
    same = r.to_rational()
    assert r.poles() == same.poles()
    assert r.poles(on=(-1, 1)) == same.poles(on=(-1, 1))
    assert r.derivative() == same.derivative()
    assert r.limits() == same.limits()
    assert r.defect(r.type) == same.defect(r.type) >= 0
    if same.p != (0,):
        assert r.zeros() == same.zeros()
    if all(pole.multiplicity == 1 for pole in r.poles()):
        assert r.residues() == same.residues()


def test_it_says_what_it_is_in_one_line():
    r = Barycentric([-1, 0.5, 1], [1, 0, 1], [1, 2, 1])
    assert repr(r) == "Barycentric type (2, 2): 3 support points in [-1, 1]"
    assert repr(Barycentric([Fraction(1, 3)], [1], [1])) == "Barycentric type (0, 0): 1 support point at 1/3"
    assert (r.type, r.degree) == ((2, 2), 2)
