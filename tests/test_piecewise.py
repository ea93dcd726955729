"""Piecewise: which piece holds where, in every arithmetic; jumps, poles and zeros decided exactly."""

from __future__ import annotations

import math
import pickle
from fractions import Fraction
from itertools import pairwise

import flint
import mpmath
import numpy as np
import pytest
from flint import fmpz_poly
from hypothesis import assume, given
from hypothesis import strategies as st

from ratapprox.algebraic import Algebraic, algebraic_roots
from ratapprox.breakpoints import first_float
from ratapprox.piecewise import Jump, Piecewise
from ratapprox.rational import Rational

from .strategies import algebraics, exact_rationals, fractions, nonzero_fractions, piecewises

X, ZERO, ONE = Rational([0, 1]), Rational([0]), Rational([1])
ROOT2 = algebraic_roots(fmpz_poly([-2, 0, 1]))[1]
RELU = Piecewise([0], [ZERO, X])


def piece_of(f: Piecewise, x: Fraction) -> Rational:
    """The piece that holds at x, by comparing with each breakpoint in turn."""
    k = 0
    while k < len(f.breakpoints) and not x < f.breakpoints[k]:
        k += 1
    return f.pieces[k]


def or_none(f: Piecewise | Rational, x: Fraction) -> Fraction | None:
    try:
        return f(x)
    except ZeroDivisionError:
        return None


# -- values


@given(piecewises(), fractions)
def test_the_value_is_that_of_the_piece_that_holds(f, x):
    assert or_none(f, x) == or_none(piece_of(f, x), x)


@given(piecewises())
def test_at_a_rational_breakpoint_the_piece_on_its_right_counts(f):
    for t, piece in zip(f.breakpoints, f.pieces[1:], strict=True):
        if isinstance(t, Fraction):
            assert or_none(f, t) == or_none(piece, t)


@given(piecewises(), st.lists(st.floats(-1e3, 1e3), max_size=6))
def test_floats_and_arrays_agree_with_the_piece_of_the_exact_float(f, points):
    points += [float(t) for t in f.breakpoints]
    points += [math.nextafter(float(t), side) for t in f.breakpoints for side in (-math.inf, math.inf)]
    expected = [piece_of(f, Fraction(x))(x) for x in points]
    np.testing.assert_array_equal(f(np.array(points)), expected)
    np.testing.assert_array_equal([f(x) for x in points], expected)


@given(algebraics)
def test_the_first_float_is_the_smallest_that_is_not_left_of_the_number(t):
    x = first_float(t)
    assert Fraction(math.nextafter(x, -math.inf)) < t
    assert t <= Fraction(x)


@pytest.mark.parametrize("t", [Fraction(10**400), Fraction(-(10**400)), Fraction(1, 3), Fraction(0)])
def test_floats_compare_right_with_any_breakpoint(t):
    f = Piecewise([t], [ZERO, ONE])
    for x in (-1.7e308, -1.0, -0.0, 0.0, 1 / 3, math.nextafter(1 / 3, 1), 1.7e308):
        assert f(x) == (1.0 if Fraction(x) >= t else 0.0)


def test_infinite_ends_have_the_limits_and_nan_stays():
    f = Piecewise([0], [Rational([0, 1], [1, -1]), Rational([0, 2], [1, 1])])
    np.testing.assert_array_equal(f([-math.inf, math.inf, math.nan]), [-1.0, 2.0, math.nan])
    assert (f(-math.inf), f(math.inf)) == (-1.0, 2.0) and math.isnan(f(math.nan))
    assert f(mpmath.inf) == 2 and f(-mpmath.inf) == -1


@given(piecewises(), fractions)
def test_mpf_takes_the_piece_of_its_exact_value(f, x):
    dyadic = Fraction(float(x))
    assume(or_none(f, dyadic) is not None)
    assert mpmath.almosteq(f(mpmath.mpf(float(x))), piece_of(f, dyadic)(mpmath.mpf(float(x))))


@given(piecewises(), fractions, st.builds(Fraction, st.integers(0, 40), st.sampled_from([1, 16, 256])), fractions)
def test_a_ball_holds_all_values_on_it(f, middle, radius, share):
    ball = flint.arb(flint.fmpq(middle.numerator, middle.denominator), float(radius))
    inside = middle + radius * max(Fraction(-1), min(Fraction(1), share / 60))
    value = or_none(f, inside)
    assume(value is not None)
    found = f(ball)
    with flint.ctx.workprec(4000):  # contains() asks for the whole ball that a fraction becomes, so it has to be tiny
        assert found.contains(flint.fmpq(value.numerator, value.denominator))


def test_a_ball_over_a_breakpoint_takes_each_piece_on_its_own_side():
    f = Piecewise([0], [Rational([0, -1]), X])  # |x|: the union of both pieces on the whole ball would reach below 0
    values = f(flint.arb(0, 1))
    assert values.contains(0) and values.contains(1) and not values.contains(-1e-6)


def test_a_ball_that_touches_a_breakpoint_from_the_left_reaches_the_right_piece():
    f = Piecewise([0], [ZERO, ONE])
    assert f(flint.arb(-1, 0.5)) == 0
    assert f(flint.arb(-0.5, 0.5)).contains(1)
    assert f(flint.arb(0.75, 0.5)) == 1
    assert f(flint.arb(0)) == 1  # the breakpoint alone


# -- jumps and joining


@given(piecewises())
def test_jumps_are_where_the_exact_values_from_both_sides_differ(f):
    rational = {jump.at for jump in f.jumps() if isinstance(jump.at, Fraction)}
    for t, (left, right) in zip(f.breakpoints, pairwise(f.pieces), strict=True):
        if isinstance(t, Fraction):
            values = or_none(left.reduced(), t), or_none(right.reduced(), t)
            assert (t in rational) == (None in values or values[0] != values[1])


def test_continuity_at_an_irrational_breakpoint_is_decided_exactly():
    square = Rational([-2, 0, 1])
    assert Piecewise([ROOT2], [-square, square]).continuous
    barely = Piecewise([ROOT2], [-square, square + Fraction(1, 10**40)])
    (jump,) = barely.jumps()
    assert jump.at == ROOT2 and jump.left == 0.0 and jump.right == pytest.approx(1e-40)


def test_a_pole_at_a_breakpoint_is_a_jump_on_its_side():
    assert Piecewise([0], [Rational([1], [0, 1]), ONE]).jumps() == (Jump(Fraction(0), None, Fraction(1)),)


@given(exact_rationals(), exact_rationals().filter(lambda c: c.p != (0,)), fractions)
def test_equal_neighbours_are_joined_even_when_written_differently(r, c, t):
    same = Rational(
        *(f.coeffs() or [0] for f in (r.polynomials()[0] * c.polynomials()[0], r.polynomials()[1] * c.polynomials()[0]))
    )
    assert Piecewise([t], [r, same]).joined() == r


@given(piecewises(), fractions)
def test_joining_and_cancelling_change_no_value(f, x):
    value = or_none(f, x)
    assume(value is not None)
    assert f.joined()(x) == f.reduced()(x) == value


# -- derivative


@given(piecewises(), fractions, st.integers(6, 9))
def test_the_derivative_is_the_limit_of_difference_quotients(f, x, digits):
    assume(x not in f.breakpoints)
    slope, second = or_none(f.derivative(), x), or_none(f.derivative().derivative(), x)
    assume(slope is not None and second is not None)
    h = Fraction(1, 10**digits)
    assume(all(abs(float(t) - float(x)) > 1e-4 for t in f.breakpoints))
    assume(all(abs(pole.value.real - float(x)) > 1e-2 for pole in f.poles()))
    quotient = (f(x + h) - f(x - h)) / (2 * h)
    third = or_none(f.derivative().derivative().derivative(), x)
    # the central quotient differs from f' by h² f'''/6 and smaller terms
    assert abs(quotient - slope) <= h * h * (abs(third) + 10**7 * (1 + abs(slope) + abs(second)))


def test_corners_are_the_jumps_of_the_derivative():
    assert RELU.derivative().jumps() == (Jump(Fraction(0), Fraction(0), Fraction(1)),)
    assert RELU.derivative()(0) == 1


# -- poles, zeros, tails


def test_only_poles_in_the_interval_of_their_piece_count():
    f = Piecewise([0], [Rational([1], [-1, 0, 1]), Rational([1], [-4, 0, 1])])
    assert [pole.value for pole in f.poles()] == [-1, 2]
    assert f.poles(on=(-1, 1)) == f.poles()[:1]
    assert f.poles(on=(Fraction(-1, 2), 1)) == ()


@pytest.mark.parametrize("pieces", [(Rational([1], [-2, 0, 1]), ONE), (ONE, Rational([1], [-2, 0, 1]))])
def test_a_pole_at_an_irrational_breakpoint_counts_whichever_piece_has_it(pieces):
    assert [pole.value.real for pole in Piecewise([ROOT2], pieces).poles(on=(0, 2))] == [math.sqrt(2)]


def test_a_pole_of_both_pieces_is_listed_once_with_the_larger_multiplicity():
    (pole,) = Piecewise([0], [Rational([1], [0, 1]), Rational([1], [0, 0, 1])]).poles()
    assert (pole.value, pole.multiplicity) == (0, 2)


@given(piecewises())
def test_at_a_zero_the_function_changes_into_a_ball_that_holds_zero(f):
    assume(all(piece.p != (0,) for piece in f.pieces))
    for zero in f.zeros():
        low, high = Fraction(zero.value.real) - Fraction(zero.radius), Fraction(zero.value.real) + Fraction(zero.radius)
        with flint.ctx.workprec(300):
            ball = flint.arb(flint.fmpq(low.numerator, low.denominator)).union(
                flint.arb(flint.fmpq(high.numerator, high.denominator))
            )
            assert f.reduced()(ball).contains(0)


def test_a_zero_at_a_breakpoint_is_that_of_the_piece_on_its_right():
    assert Piecewise([0], [X, ONE]).zeros() == ()
    assert [zero.value for zero in Piecewise([0], [ONE, X]).zeros()] == [0]


def test_zeros_of_a_zero_piece_are_refused_only_where_it_holds():
    with pytest.raises(ValueError, match="zero on a whole piece"):
        RELU.zeros()
    assert [zero.value for zero in RELU.zeros(on=(0, 1))] == [0]


def test_tails_are_those_of_the_outer_pieces():
    f = Piecewise([-1, 1], [Rational([0, -3]), ONE, Rational([2], [0, 1])])
    left, right = f.limits()
    assert (left.slope, right.value) == (-3, 0)


# -- algebra


@given(piecewises(), piecewises() | exact_rationals() | nonzero_fractions, fractions)
def test_sums_and_products_are_those_of_the_values(f, g, x):
    a, b = or_none(f, x), g if isinstance(g, Fraction) else or_none(g, x)
    assume(a is not None and b is not None)
    assert (f + g)(x) == a + b and (f - g)(x) == a - b and (f * g)(x) == a * b and (g - f)(x) == b - a and (-f)(x) == -a


@given(piecewises(), fractions)
def test_reflection_is_at_minus_x(f, x):
    assume(x not in f.breakpoints)
    assert or_none(f.reflect(), -x) == or_none(f, x)


# -- a value


@given(piecewises())
def test_pickling_equality_and_hash(f):
    again = pickle.loads(pickle.dumps(f))
    assert again == f and hash(again) == hash(f)
    assert f != f + 1


def test_breakpoints_are_equal_however_closely_they_are_bracketed():
    f, g = (Piecewise([t], [ZERO, ONE]) for t in (ROOT2, ROOT2.refine(100)))
    assert f == g and hash(f) == hash(g)


def test_a_rational_algebraic_breakpoint_is_stored_as_its_fraction():
    assert Piecewise([Algebraic.rational(Fraction(1, 3))], [ZERO, ONE]) == Piecewise([Fraction(1, 3)], [ZERO, ONE])


def test_one_float_makes_all_coefficients_float_and_exact_is_the_same_function():
    f = Piecewise([0], [Rational([Fraction(1, 2)]), Rational([0.1])])
    assert not f.is_exact and f.pieces[0].p == (0.5,)
    assert f.exact().is_exact and f.exact()(1) == Fraction(0.1)
    assert f.exact().to_float() == f


@pytest.mark.parametrize(
    ("f", "text"),
    [
        (RELU, "Piecewise in 2 pieces of types (0, 0), (1, 0), cut at 0"),
        (Piecewise([0], [X, -X]), "Piecewise in 2 pieces of type (1, 0), cut at 0"),
        (Piecewise([Fraction(-1, 2), ROOT2], [X, -X, X]), "Piecewise in 3 pieces of type (1, 0), cut at -1/2, √2"),
        (
            Piecewise(algebraic_roots(fmpz_poly([-1, -1, 0, 1])), [X, -X]),
            "Piecewise in 2 pieces of type (1, 0), cut at ≈1.32472",
        ),
    ],
)
def test_repr(f, text):
    assert repr(f) == text


# -- bad input


@pytest.mark.parametrize(
    ("cuts", "pieces", "error", "says"),
    [
        ([1, 0], [X, X, X], ValueError, "must ascend, but 1 is followed by 0"),
        ([0, 0], [X, X, X], ValueError, "must ascend, but 0 is followed by 0"),
        ([Fraction(3, 2), ROOT2], [X, X, X], ValueError, "must ascend, but 3/2 is followed by √2"),
        ([0], [X], ValueError, "1 breakpoints and 1 pieces"),
        ([0], [X, X, X], ValueError, "1 breakpoints and 3 pieces"),
        ([], [X], ValueError, "breakpoints is empty"),
        ([math.nan], [X, X], ValueError, r"breakpoints\[0\] is nan"),
        ([math.inf], [X, X], ValueError, r"breakpoints\[0\] is inf"),
        (["0"], [X, X], TypeError, r"breakpoints\[0\] is '0'"),
        ([0], [X, 1], TypeError, r"pieces\[1\] is 1, a int"),
        ([0], [X, RELU], TypeError, r"pieces\[1\] is Piecewise"),
    ],
)
def test_bad_input_is_refused_in_a_sentence(cuts, pieces, error, says):
    with pytest.raises(error, match=says):
        Piecewise(cuts, pieces)


def test_bad_points_and_intervals_are_refused():
    with pytest.raises(TypeError, match="a str"):
        RELU("0")
    with pytest.raises(ZeroDivisionError, match="x is a pole"):
        Piecewise([0], [ZERO, Rational([1], [-1, 1])])(1)
    with pytest.raises(ValueError, match="left end must not be larger"):
        RELU.poles(on=(1, 0))
    with pytest.raises(TypeError, match="two numbers"):
        RELU.poles(on=(1,))
    with pytest.raises(TypeError):
        RELU + "1"
