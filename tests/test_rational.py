"""Rational: construction, values, certified zeros and poles, tails, exact algebra, printing."""

from __future__ import annotations

import math
import pickle
import subprocess
import sys
from decimal import Decimal
from fractions import Fraction

import flint
import mpmath
import numpy as np
import pytest
import sympy
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from ratapprox.rational import Rational, Root, Tail

from .strategies import (
    exact_rationals,
    float_rationals,
    fractions,
    nonzero_fractions,
    pole_free_rationals,
    rationals,
)

ROUNDING = 2.0**-53


def value(r: Rational, x: Fraction) -> Fraction:
    """The exact value, by another route than the library's; hypothesis draws another x at a zero of q."""
    p, q = (sum((Fraction(c) * x**k for k, c in enumerate(part)), Fraction(0)) for part in (r.p, r.q))
    assume(q != 0)
    return p / q


# -- construction


@given(rationals())
def test_trailing_zeros_are_trimmed_and_the_first_coefficient_of_q_is_one(r):
    for part in (r.p, r.q):
        assert len(part) == 1 or part[-1] != 0
    assert next(c for c in r.q if c) == 1


@given(exact_rationals(), nonzero_fractions)
def test_a_common_constant_of_p_and_q_makes_no_difference(r, c):
    assert Rational([c * a for a in r.p], [c * b for b in r.q]) == r


def test_all_coefficients_are_of_one_kind():
    assert {type(c) for c in Rational([1, Fraction(1, 3)], [1, 2]).p} == {Fraction}
    mixed = Rational([1, Fraction(1, 3)], [1, 2.0])
    assert {type(c) for c in mixed.p + mixed.q} == {float}
    assert not mixed.is_exact


def test_numpy_and_flint_numbers_and_decimals_are_read():
    r = Rational([np.int64(1), flint.fmpq(1, 3), Decimal("0.1")], [np.int8(2), flint.fmpz(1)])
    assert r == Rational([Fraction(1, 2), Fraction(1, 6), Fraction(1, 20)], [1, Fraction(1, 2)])
    assert Rational(np.array([1.5, 2.5], dtype=np.float32)).p == (1.5, 2.5)


@pytest.mark.parametrize(
    ("p", "q", "error", "words"),
    [
        ([], [1], ValueError, "p is empty"),
        ([1], [], ValueError, "q is empty"),
        ([1], [0, 0.0], ValueError, "q is zero"),
        ([math.nan], [1], ValueError, r"p\[0\] is nan"),
        ([1], [1, math.inf], ValueError, r"q\[1\] is inf"),
        ([Decimal("NaN")], [1], ValueError, "finite"),
        ([True], [1], TypeError, "Write 1 or 0"),
        ([np.True_], [1], TypeError, "Write 1 or 0"),
        (["0.1"], [1], TypeError, r"Fraction\('0.1'\)"),
        ([1 + 0j], [1], TypeError, "Take .real"),
        ([None], [1], TypeError, "one of int, Fraction, float"),
        ("12", [1], TypeError, "sequence of numbers"),
        (3, [1], TypeError, "sequence of numbers"),
        (np.ones((2, 2)), [1], ValueError, r"shape \(2, 2\)"),
        ([10**400, 0.5], [1], ValueError, "beyond float64"),
    ],
)
def test_a_bad_coefficient_is_refused_with_what_to_write_instead(p, q, error, words):
    with pytest.raises(error, match=words):
        Rational(p, q)


def test_floats_are_not_divided_where_a_quotient_would_leave_float64():
    assert Rational([1.0], [1e-320, 1.0]).q == (1e-320, 1.0)
    assert Rational([1e-300], [1e300, 1.0]).p == (1e-300,)
    assert Rational([3.0], [2.0]).p == (1.5,)


def test_a_rational_cannot_be_changed():
    with pytest.raises(AttributeError):
        Rational([1]).p = (2,)


@given(rationals())
def test_a_pickled_rational_comes_back(r):
    r(0.5)
    assert pickle.loads(pickle.dumps(r)) == r
    assert hash(r) == hash(Rational(r.p, r.q))


def test_importing_rationals_imports_neither_sympy_nor_scipy_nor_mpmath():
    code = "import sys, ratapprox.barycentric; print({'sympy', 'scipy', 'mpmath'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "set()\n"


# -- values


@given(exact_rationals(), fractions)
def test_a_fraction_is_answered_with_the_exact_fraction(r, x):
    exact = value(r, x)
    assert r(x) == exact
    assert type(r(x)) is Fraction


def sizes(r: Rational, x: Fraction) -> tuple[Fraction, Fraction]:
    """Σ|c||x|^k for p and for q: what rounding errors are relative to."""
    p, q = (sum((abs(Fraction(c) * x**k) for k, c in enumerate(part)), Fraction(0)) for part in (r.p, r.q))
    return p, q


def is_right(r: Rational, x: float, answer: float) -> bool:
    """Within the rounding of Horner's rule, or x so near a pole that float64 cannot tell.

    An error of at most 2(degree + 1) u Σ|c||x|^k in each sum: Higham (2002), (5.3); 3 for rounded coefficients.
    """
    if math.isnan(x):
        return math.isnan(answer)
    if math.isinf(x):
        left, right = r.limits()
        return answer == float(right.at_infinity(1) if x > 0 else left.at_infinity(-1))
    at, unit = Fraction(x), 3 * (r.degree + 2) * Fraction(ROUNDING)
    above, below = (sum((Fraction(c) * at**k for k, c in enumerate(part)), Fraction(0)) for part in (r.p, r.q))
    p, q = sizes(r, at)
    if abs(below) <= 4 * unit * q:
        return True
    exact = above / below
    tolerance = 2 * unit * (p + abs(exact) * q) / abs(below) + Fraction(2) ** -1070 * (1 + 1 / abs(below))
    if abs(exact) + tolerance < Fraction(2) ** 1023:
        return math.isfinite(answer) and abs(Fraction(answer) - exact) <= tolerance
    return abs(exact) - tolerance < Fraction(2) ** 1024 or answer == (math.inf if exact > 0 else -math.inf)


@given(rationals(), st.floats())
@example(Rational([0, 0, 0, 1], [0, 1]), 1e-300)
@example(Rational([0, 1], [0, 0, 1]), 1e-170)
@example(Rational([1], [0, 1]), 5e-324)
@example(Rational([1, 0, 1], [1, 0, 0, 1]), 1e308)
@example(Rational([5e-324, 1], [1]), -1.7e308)
def test_a_float_is_answered_within_the_rounding_of_horners_rule(r, x):
    assert is_right(r, x, r(x))


@given(rationals(), st.lists(st.floats() | st.floats(-8, 8), max_size=10))
@example(Rational([0, 0, 0, 1], [0, 1]), [1e-300, 1e200, 1e-170])
@example(Rational([1, 0, 1], [1, 0, 0, 1]), [1e308, 5e-324, 0.5, 2.0, math.inf])
def test_an_array_is_answered_as_each_of_its_elements(r, xs):
    values = r(np.array(xs))
    assert values.shape == (len(xs),)
    assert all(is_right(r, x, one) for x, one in zip(xs, values, strict=True))


@given(rationals())
def test_values_at_infinity_are_the_limits_and_nan_stays_nan(r):
    left, right = r.limits()
    values = r(np.array([-math.inf, math.inf, math.nan]))
    assert values[0] == float(left.at_infinity(-1))
    assert values[1] == float(right.at_infinity(1))
    assert math.isnan(values[2])
    assert math.isnan(r(math.nan))


def test_shape_and_kind_of_the_argument_are_kept():
    r = Rational([0, 1], [1, 1])
    assert type(r(1.0)) is float
    assert type(r(np.float64(1))) is float
    assert type(r(np.float32(1))) is float
    for shape in ((), (0,), (3,), (2, 3), (2, 0, 4)):
        values = r(np.ones(shape))
        assert isinstance(values, np.ndarray)
        assert values.shape == shape
        assert values.dtype == np.float64
    assert r(np.arange(6).reshape(2, 3)[:, ::2]).tolist() == [[0, 2 / 3], [3 / 4, 5 / 6]]
    assert r(np.ones(2, dtype=np.float16)).tolist() == [0.5, 0.5]
    assert r([1.0, 3.0]).tolist() == [0.5, 0.75]
    assert Rational([0.5, 1])(2) == 2.5
    assert Rational([0.5, 1])(Fraction(1, 2)) == 1.0


@pytest.mark.parametrize("x", [1e-150, 1e-160, 1e-170, 1e-300])
def test_a_common_power_of_x_costs_no_digits_where_it_underflows(x):
    assert Rational([0, 1], [0, 0, 1])(x) == 1 / x
    assert Rational([0, 0, 0, 1], [0, 0, 1])(np.array([x])).tolist() == [x]


def test_an_array_is_not_overwritten():
    x = np.array([1.0, 2.0, np.inf])
    Rational([0, 1, 2], [1, 1])(x)
    assert x.tolist() == [1.0, 2.0, np.inf]


@pytest.mark.parametrize("x", [0.3, 3.0])
def test_a_long_array_is_right_in_every_block(x):
    r = Rational([1, 2, 3], [1, 0, 1])
    assert set(r(np.full(20001, x)).tolist()) == {r(x)}


@pytest.mark.filterwarnings("error")
def test_a_pole_gives_infinity_with_the_sign_of_p_and_no_warning():
    assert Rational([1], [0, 1])(np.array([0.0])).tolist() == [math.inf]
    assert Rational([-1], [1, 1])(-1.0) == -math.inf
    assert Rational([1], [1, 1])(np.float64(-1.0)) == math.inf
    assert Rational([1], [1, -2, 1])(mpmath.mpf(1)) == mpmath.inf
    with pytest.raises(ZeroDivisionError, match="x is a pole"):
        Rational([1], [1, 1])(-1)


@given(exact_rationals(), fractions)
def test_a_removable_singularity_has_its_value(r, c):
    exact, factor = value(r, c), Rational([-c, 1])
    assert (r * factor / factor)(c) == exact
    near = Rational([-1, 0, 1], [-1, 1])
    assert (near(1.0), near(np.ones(2)).tolist(), near(1), near(mpmath.mpf(1))) == (2.0, [2.0, 2.0], 2, 2)


@given(rationals(), st.floats(min_value=-8, max_value=8))
def test_an_mpmath_number_is_answered_at_its_working_precision(r, x):
    exact = value(r, Fraction(x))
    p, q = sizes(r, Fraction(x))
    below = abs(value(Rational(r.q), Fraction(x)))
    with mpmath.workprec(200):
        answer = r(mpmath.mpf(x))
        error = abs(Fraction(*map(int, mpmath.libmp.to_rational(answer._mpf_))) - exact)
    assert error <= Fraction(2) ** -198 * (abs(exact) + (p / below + abs(exact) * q / below))


def test_an_mpmath_number_is_answered_at_infinity_and_for_huge_numbers():
    r = Rational([1, 2], [1, 1])
    assert (r(mpmath.inf), r(-mpmath.inf)) == (2, 2)
    assert Rational([0, 1])(-mpmath.inf) == -mpmath.inf
    assert mpmath.isnan(r(mpmath.nan))
    assert mpmath.almosteq(r(mpmath.mpf("1e5000")), 2)


@given(pole_free_rationals(), fractions, st.fractions(0, 1, max_denominator=8), st.fractions(-1, 1, max_denominator=8))
def test_a_ball_is_answered_with_a_ball_that_holds_all_values(r, centre, radius, where):
    ball = flint.arb(flint.fmpq(centre.numerator, centre.denominator), flint.arb(radius.numerator) / radius.denominator)
    at = value(r, centre + radius * where)
    found = r(ball)
    with flint.ctx.workprec(4000):  # contains() asks for the whole ball that a fraction becomes, so it has to be tiny
        assert found.contains(flint.fmpq(at.numerator, at.denominator))


def test_a_ball_is_answered_at_the_callers_precision():
    with flint.ctx.workprec(300):
        assert Rational([1], [3])(flint.arb(1)).rel_accuracy_bits() > 290


@pytest.mark.parametrize(
    "x",
    [True, "1", 1j, None, sympy.Integer(1), np.array([1j]), np.array([True]), np.array(["1"]), np.array([Fraction(1)])],
)
def test_what_is_no_real_number_is_refused_as_an_argument(x):
    with pytest.raises(TypeError, match="x is a float, an int, a Fraction"):
        Rational([1, 1])(x)


def test_coefficients_and_arguments_beyond_float64_are_no_obstacle():
    r = Rational([10**400], [1, 10**400])
    np.testing.assert_allclose(r(np.array([1.0, 1e-3, 1e308, np.inf])), [1, 1e3, 1e-308, 0], rtol=1e-13)
    assert Rational([10**400])(1.0) == math.inf
    assert Rational([1], [0, 10**400])(1e-300) == pytest.approx(1e-100, rel=1e-14, abs=0)
    assert Rational([0, 0, 0, Fraction(1, 10**400)])(1e200) == pytest.approx(1e200)
    with pytest.raises(ValueError, match="beyond float64"):
        r.to_float()
    with pytest.raises(ValueError, match="beyond float64"):
        Rational([0.5, 1])(10**400)


# -- zeros, poles, residues


@given(st.lists(st.tuples(fractions, st.integers(1, 3)), min_size=1, max_size=3, unique_by=lambda pair: pair[0]))
def test_real_poles_are_found_with_their_multiplicities(places):
    q = math.prod((Rational([-c, 1]) for c, k in places for _ in range(k)), start=Rational([1]))
    poles = (1 / q).poles()
    assert [(pole.multiplicity, pole.real) for pole in poles] == [(k, True) for _, k in sorted(places)]
    for pole, (c, _) in zip(poles, sorted(places), strict=True):
        assert abs(Fraction(pole.value.real) - c) <= Fraction(pole.radius) <= Fraction(1, 10**14)
        assert pole.value.imag == 0


@given(rationals())
def test_every_ball_of_a_zero_holds_one_and_their_multiplicities_add_up(r):
    p = r.reduced().polynomials()[0]
    assume(p != 0)
    zeros = r.zeros()
    assert sum(zero.multiplicity for zero in zeros) == p.degree()
    for zero in zeros:
        ball = flint.acb(flint.arb(zero.value.real, zero.radius), flint.arb(zero.value.imag, zero.radius))
        with flint.ctx.workprec(400):
            assert flint.acb_poly(p)(ball).contains(0)
    kinds = [zero.real for zero in zeros]
    assert kinds == sorted(kinds, reverse=True)


@given(exact_rationals(), fractions, fractions)
def test_poles_on_an_interval_are_the_real_ones_in_it_with_both_ends(r, a, b):
    a, b = min(a, b), max(a, b)
    x = sympy.Symbol("x")
    q = Rational(r.reduced().q)
    real = set(sympy.real_roots(q.to_sympy(x), x)) if q.degree else set()
    inside = {root for root in real if sympy.Rational(a) <= root <= sympy.Rational(b)}
    found = r.poles(on=(a, b))
    assert len(found) == len(inside)
    assert all(pole.real for pole in found)


def test_a_pole_at_the_very_end_of_the_interval_is_in_it_and_one_beyond_is_not():
    end = Fraction(1, 3)
    r = Rational([1], [-end, 1])
    hair = Fraction(1, 10**60)
    assert len(r.poles(on=(end, 1))) == len(r.poles(on=(0, end))) == len(r.poles(on=(end, end))) == 1
    assert r.poles(on=(end + hair, 1)) == r.poles(on=(0, end - hair)) == ()
    assert len(Rational([1], [-2, 0, 1]).poles(on=(-math.inf, math.inf))) == 2
    assert len(Rational([1], [-2, 0, 1]).poles(on=(0, math.inf))) == 1


def test_an_irrational_pole_is_told_from_an_end_that_agrees_with_it_to_100_digits():
    r = Rational([1], [-2, 0, 1])
    below = Fraction(math.isqrt(2 * 10**200), 10**100)
    assert len(r.poles(on=(below, 2))) == len(r.poles(on=(0, below + Fraction(1, 10**100)))) == 1
    assert r.poles(on=(0, below)) == r.poles(on=(below + Fraction(1, 10**100), 2)) == ()


def test_a_double_real_root_is_told_from_a_close_complex_pair():
    close = Fraction(1, 10**40)
    square = Rational([1], [1, -2, 1])
    assert [(pole.real, pole.multiplicity) for pole in square.poles()] == [(True, 2)]
    assert [pole.real for pole in Rational([1], [1 + close, -2, 1]).poles()] == [False, False]
    assert [pole.real for pole in Rational([1], [1 - close, -2, 1]).poles()] == [True, True]


def test_cancelled_poles_are_none():
    assert Rational([0, 1], [0, 1, 1]).poles() == (Root(complex(-1), 0.0, 1, True),)
    assert Rational([1, 1]).poles() == ()
    with pytest.raises(ValueError, match="zero function"):
        Rational([0]).zeros()


@pytest.mark.parametrize("on", [(1, 0), (math.nan, 1), ("0", 1), (True, 2)])
def test_an_interval_that_is_none_is_refused(on):
    with pytest.raises((ValueError, TypeError)):
        Rational([1], [1, 1]).poles(on=on)


@given(st.lists(fractions, min_size=2, max_size=5, unique=True), st.lists(fractions, min_size=1, max_size=3))
def test_the_residues_are_those_of_the_partial_fractions(places, p):
    r = Rational(p) / math.prod((Rational([-c, 1]) for c in places), start=Rational([1]))
    assume(any(p) and len(r.poles()) == len(places) and len(p) <= len(places))
    parts = sum((Rational([Fraction(residue.real).limit_denominator(10**9)]) / Rational([-c, 1])
                 for residue, c in zip(r.residues(), sorted(places), strict=True)), start=Rational([0]))
    x = Fraction(100)
    assert float(parts(x)) == pytest.approx(float(r(x)), rel=1e-6, abs=1e-9)


@given(rationals())
def test_the_residues_sum_to_that_at_infinity(r):
    p, q = r.reduced().polynomials()
    assume(q.degree() > 0 and q.gcd(q.derivative()).degree() == 0)
    residues = r.residues()
    # the sum of all residues is the coefficient of 1/x in the expansion at infinity
    rest = p % q
    expected = rest[q.degree() - 1] / q.leading_coefficient()
    size = sum(map(abs, residues))
    assert abs(sum(residues) - float(Fraction(int(expected.p), int(expected.q)))) <= 1e-14 * size + 1e-300


def test_residues_at_a_multiple_pole_are_refused():
    with pytest.raises(ValueError, match="multiplicity 2"):
        Rational([1], [1, 2, 1]).residues()


# -- tails


@settings(max_examples=25)
@given(exact_rationals())
def test_the_tails_are_what_sympy_finds(r):
    x = sympy.Symbol("x")
    expression = r.to_sympy(x)
    for tail, end in zip(r.limits(), (-sympy.oo, sympy.oo), strict=True):
        limit = sympy.limit(expression, x, end)
        if tail.kind == "limit":
            assert limit == tail.value
        elif tail.kind == "linear":
            assert sympy.limit(expression - tail.slope * x, x, end) == tail.value
            assert limit == (sympy.oo if tail.at_infinity(1 if end == sympy.oo else -1) > 0 else -sympy.oo)
        else:
            assert limit == (sympy.oo if tail.value > 0 else -sympy.oo)
            assert tail.slope == (tail.value if end == sympy.oo else -tail.value)


@pytest.mark.parametrize(
    ("r", "left", "right"),
    [
        (Rational([0, 0, 0, 1]), (-math.inf, math.inf), (math.inf, math.inf)),
        (Rational([0, 0, 0, -1]), (math.inf, -math.inf), (-math.inf, -math.inf)),
        (Rational([0, 0, 1]), (math.inf, -math.inf), (math.inf, math.inf)),
        (Rational([0, 0, 0, 0, -1], [1, 1]), (math.inf, -math.inf), (-math.inf, -math.inf)),
    ],
)
def test_divergence_has_its_sign_and_that_of_the_slope_at_either_end(r, left, right):
    assert [(tail.value, tail.slope) for tail in r.limits()] == [left, right]


def test_tails_are_exact_for_fractions_and_floats_for_floats():
    r = Rational([0, 0, 1], [1, 3])
    assert r.limits()[1] == Tail("linear", Fraction(-1, 9), Fraction(1, 3), 1)
    assert type(r.limits()[1].value) is Fraction
    assert type(Rational([0, 0, 1], [1, 3.0]).limits()[1].value) is float
    assert repr(Rational([0, 1], [1, 0, 2]).limits()[0]) == "Tail: 0"
    assert Rational([0, 1], [1, 0, 2]).limits()[0].power == -1


# -- algebra


@given(exact_rationals(), exact_rationals(), fractions)
def test_sums_and_products_have_the_values_of_sums_and_products(r, s, x):
    a, b = value(r, x), value(s, x)
    assert ((r + s)(x), (r - s)(x), (r * s)(x), (-r)(x)) == (a + b, a - b, a * b, -a)
    if b:
        assert (r / s)(x) == a / b


@given(exact_rationals(), nonzero_fractions, fractions)
def test_numbers_take_part_in_the_algebra_from_both_sides(r, c, x):
    a = value(r, x)
    assert ((r + c)(x), (c + r)(x), (r - c)(x), (c - r)(x)) == (a + c, c + a, a - c, c - a)
    assert ((r * c)(x), (c * r)(x), (r / c)(x)) == (a * c, c * a, a / c)
    if a:
        assert (c / r)(x) == c / a
    assert +r == r


@given(exact_rationals(3), exact_rationals(3))
def test_the_derivative_obeys_the_product_rule(r, s):
    assert (r * s).derivative().reduced() == (r.derivative() * s + r * s.derivative()).reduced()


@given(exact_rationals(3), exact_rationals(3))
def test_the_derivative_obeys_the_chain_rule(r, s):
    assume(Rational(r.q).compose(s).p != (0,))
    assert r.compose(s).derivative().reduced() == (r.derivative().compose(s) * s.derivative()).reduced()


@settings(max_examples=25)
@given(exact_rationals(3))
def test_the_derivative_is_sympys(r):
    x = sympy.Symbol("x")
    assert sympy.cancel(r.derivative().to_sympy(x) - sympy.diff(r.to_sympy(x), x)) == 0


@given(exact_rationals(3), exact_rationals(3), fractions)
def test_the_composition_has_the_values_of_one_after_the_other(r, s, x):
    exact = value(r, value(s, x))
    assert r.compose(s)(x) == exact


def test_composition_with_a_constant_pole_is_refused():
    with pytest.raises(ValueError, match="constant, -1, which is a pole"):
        Rational([1], [1, 1]).compose(Rational([-1]))


@given(exact_rationals(), fractions, nonzero_fractions, fractions)
def test_translation_scaling_and_reflection_move_the_graph(r, c, L, x):
    exact = value(r, x)
    assert r.translate(c)(x + c) == exact
    assert r.scale(L)(L * x) == L * exact
    assert r.reflect()(-x) == exact
    assert r.translate(c).translate(-c) == r.scale(L).scale(1 / L) == r.reflect().reflect() == r


@given(float_rationals(), float_rationals())
def test_float_algebra_is_exact_algebra_rounded_once(r, s):
    assert r * s == (r.exact() * s.exact()).to_float()
    assert r + s == (r.exact() + s.exact()).to_float()
    assert r.derivative() == r.exact().derivative().to_float()
    assert not (r * s).is_exact


@given(rationals())
def test_exact_is_the_very_same_function(r):
    assert r.exact() == r
    assert r.exact().is_exact
    assert r.to_float().exact().to_float() == r.to_float()


@given(exact_rationals(), st.floats(min_value=0.5, max_value=2))
def test_one_float_makes_the_result_float(r, c):
    assert not (r + c).is_exact
    assert not r.translate(c).is_exact
    assert not r.scale(c).is_exact


@pytest.mark.parametrize("other", [True, "1", 1j, None, [1]])
def test_algebra_with_what_is_no_number_is_refused(other):
    with pytest.raises(TypeError):
        Rational([1, 1]) + other
    with pytest.raises(TypeError):
        other * Rational([1, 1])


def test_algebra_with_infinity_and_division_by_zero_are_refused():
    with pytest.raises(ValueError, match="finite"):
        Rational([1]) + math.inf
    with pytest.raises(ZeroDivisionError, match="zero function"):
        Rational([1]) / 0
    with pytest.raises(ZeroDivisionError, match="zero function"):
        1 / Rational([0])
    with pytest.raises(ValueError, match="L must not be 0"):
        Rational([1]).scale(0)


@given(exact_rationals(), exact_rationals(2))
def test_a_common_factor_is_cancelled_by_reduced(r, factor):
    assume(any(factor.p))
    both = r * Rational(factor.p) / Rational(factor.p)
    assert both.reduced() == r.reduced()
    assert r.reduced().polynomials()[0].gcd(r.reduced().polynomials()[1]).degree() <= 0 or r.p == (0,)


@given(exact_rationals(), st.integers(0, 3), st.integers(0, 3))
def test_the_defect_is_the_smaller_of_the_two_free_degrees(r, more_m, more_n):
    assume(any(r.p))
    m, n = r.reduced().type
    assert r.defect((m + more_m, n + more_n)) == min(more_m, more_n)


def test_the_defect_of_zero_is_n_and_a_type_too_small_is_refused():
    assert Rational([0], [1, 1]).defect((3, 2)) == 2
    with pytest.raises(ValueError, match=r"type \(0, 2\), which does not fit.*at least \(1, 2\)"):
        Rational([1], [1, 0, 1]).defect((1, 1))


# -- rounding and printing


@given(exact_rationals(), st.integers(1, 60))
def test_rounded_coefficients_have_that_many_bits_and_are_nearest(r, bits):
    rounded = r.round_bits(bits)
    assert rounded.is_exact
    for before, after in zip(r.p + r.q, rounded.p + rounded.q, strict=True):
        if before:
            scale = Fraction(2) ** (math.floor(math.log2(abs(before))) + 1 - bits)
            assert abs(after - before) <= scale / 2
            k, denominator = after.numerator, after.denominator
            assert denominator & (denominator - 1) == 0
            assert (abs(k) >> ((abs(k) & -abs(k)).bit_length() - 1)) < 2**bits or abs(k) == 1


@given(float_rationals())
def test_53_bits_are_float64(r):
    assert r.exact().round_bits(53) == r


@given(exact_rationals(), st.integers(1, 40))
def test_decimals_are_rounded_correctly_to_that_many_digits(r, digits):
    p, q = r.decimals(digits)
    for text, c in zip(p + q, r.p + r.q, strict=True):
        if c == 0:
            assert text == "0"
            continue
        decimal = Decimal(text)
        assert len(decimal.normalize().as_tuple().digits) <= digits
        unit = Fraction(10) ** (decimal.adjusted() - digits + 1)
        assert abs(Fraction(decimal) - c) <= unit / 2


@pytest.mark.parametrize("count", [0, -1, 2.0, True])
def test_a_count_of_digits_or_bits_that_is_none_is_refused(count):
    with pytest.raises(ValueError, match="at least 1"):
        Rational([1]).decimals(count)
    with pytest.raises(ValueError, match="at least 1"):
        Rational([1]).round_bits(count)


@pytest.mark.parametrize(
    ("r", "text"),
    [
        (Rational([0.02184, 0.5, 1.5957, 1.191], [1, 0, 2.383]),
         "Rational type (3, 2): (0.02184 + 0.5x + 1.596x² + 1.191x³)/(1 + 2.383x²)"),
        (Rational([1, -1, Fraction(1, 2)]), "Rational type (2, 0): 1 - x + x²/2"),
        (Rational([0, Fraction(-3, 4)], [1, 1]), "Rational type (1, 1): (-3x/4)/(1 + x)"),
        (Rational([1], [0, 0, 1]), "Rational type (0, 2): 1/x²"),
        (Rational([1], [0, 2]), "Rational type (0, 1): (1/2)/x"),
        (Rational([0]), "Rational type (0, 0): 0"),
        (Rational([1e-7, 1e10]), "Rational type (1, 0): 1e-7 + 1e+10·x"),
        (Rational([Fraction(1, 3**20)]), "Rational type (0, 0): 2.868e-10"),
        (Rational([0] * 12 + [1]), "Rational type (12, 0): x¹²"),
    ],
)
def test_it_says_what_it_is_in_one_line(r, text):
    assert repr(r) == text


@given(exact_rationals(), fractions)
def test_the_sympy_expression_has_the_same_values(r, x):
    exact = value(r, x)
    assert r.to_sympy(sympy.Rational(x)) == sympy.Rational(exact)


def test_float_coefficients_become_sympy_floats():
    assert Rational([0.5, 1]).to_sympy(sympy.Symbol("x")).coeff(sympy.Symbol("x"), 0) == sympy.Float(0.5)
