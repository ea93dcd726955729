"""Expressions as arrays, balls, Taylor series and smooth pieces: the balls hold the truth, and are small."""

from __future__ import annotations

import itertools
import math
import pickle
from fractions import Fraction

import flint
import mpmath
import numpy as np
import pytest
import sympy
from flint import arb, fmpq
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ratapprox.expressions import DomainError, ExpressionError, compiled, enclosure, parse, pieces, symmetry, x
from ratapprox.expressions.realroot import RealRoot

SMOOTH = [
    "silu(x)",
    "gelu(x)",
    "gelu_tanh(x)",
    "mish(x)",
    "softplus(x, 2)",
    "log_sigmoid(x)",
    "tanh(x)",
    "tanhshrink(x)",
    "exp(-x**2)",
    "exp(x)/(1 + exp(x))**2",
    "exp(3*x)/(1 + exp(x))**4",
    "1/(2 + 2*exp(x))",
    "1 - 1/(1 + exp(x))",
    "x/(3 + 3*exp(-x))**2",
    "3 - 3*erf(x)",
    "2 - 2*erfc(x)",
    "1 - tanh(x/2)",
    "3 - 3*tanh(x)**2",
    "cos(x) - 1",
    "(exp(x) - 1)/4 + x",
    "log(1 + x**2) + log(1/(1 + exp(-x)))",
    "sin(3*x)*cos(x/2)",
    "tan(x/6)",
    "sinh(x) - cosh(x/2)",
    "atan(2*x) + asinh(x)",
    "asin(x/9) - acos(x/10)",
    "2**x + x**5 - 3*x**2 + pi",
    "(x**2 + 1)**(3/2)/(x**2 + 2)**(1/4)",
    "sqrt(x**2 + 1/7)*erfc(x)",
    "x*(x**2 + 2)/(x**2 + 1)",
]
HALF_LINE = ["x**(1/4)", "sqrt(x)*exp(-x)", "x*log(x)", "x**(3/2)*log(x)", "x**(2/3)", "log(1/10 + x)", "x**2*log(x)"]

_reference = {text: sympy.lambdify(x, parse(text), "mpmath") for text in SMOOTH + HALF_LINE}


def true_value(text: str, t: Fraction) -> arb:
    """f(t) by mpmath at 60 digits, as a ball with the radius that this leaves."""
    with mpmath.workdps(60):
        value = _reference[text](mpmath.mpf(t.numerator) / t.denominator)
        sign, man, exp, _ = mpmath.mpf(value)._mpf_
    with flint.ctx.workprec(220):
        middle = arb(-int(man) if sign else int(man)) * arb(2) ** int(exp)
        return middle + arb(0, (abs(middle).upper() + 1) * arb(10) ** -50)


def ball(t: Fraction, radius: Fraction = Fraction(0)) -> arb:
    return arb(arb(fmpq(t.numerator, t.denominator)), arb(fmpq(radius.numerator, radius.denominator)))


points = st.fractions(-8, 8, max_denominator=64)


@given(st.sampled_from(SMOOTH), points)
def test_a_ball_holds_the_value_that_mpmath_finds_and_is_small(text, t):
    with flint.ctx.workprec(160):
        found = compiled(parse(text)).arb(ball(t))
        assert found.overlaps(true_value(text, t))
        assert found.rad() < 1e-40 * (1 + found.abs_upper())


@given(st.sampled_from(HALF_LINE), st.fractions(0, 8, max_denominator=64))
def test_a_function_of_a_half_line_has_its_limit_at_the_end(text, t):
    assume(t > 0 or "log(x)" not in text)
    with flint.ctx.workprec(160):
        assert compiled(parse(text)).arb(ball(t)).overlaps(true_value(text, t))
        assert compiled(parse(text)).arb(arb(0)).is_finite()


@given(st.sampled_from(SMOOTH), points, st.fractions(0, 4, max_denominator=8), st.fractions(-1, 1, max_denominator=16))
def test_a_wide_ball_holds_the_values_at_all_its_points(text, middle, radius, part):
    t = middle + part * radius
    assume(-8 <= t <= 8)
    with flint.ctx.workprec(96):
        found = compiled(parse(text)).arb(ball(middle, radius))
        assert not found.is_finite() or found.overlaps(true_value(text, t))


@given(st.sampled_from(HALF_LINE), st.fractions(0, 4, max_denominator=8), st.fractions(-1, 1, max_denominator=16))
def test_a_ball_across_an_end_holds_the_values_on_the_side_where_there_are_some(text, radius, part):
    t = Fraction(1, 2) + part * radius
    assume(t > 0)
    with flint.ctx.workprec(96):
        assert compiled(parse(text)).arb(ball(Fraction(1, 2), radius)).overlaps(true_value(text, t))


@settings(max_examples=60)
@given(st.sampled_from(SMOOTH), points, st.fractions(0, 0.25, max_denominator=64), st.sampled_from([-1, 0, 1]))
def test_taylor_coefficients_over_a_ball_hold_those_of_mpmath_at_its_points(text, middle, radius, part):
    t = middle + part * radius
    assume(-8 <= t <= 8)
    with mpmath.workdps(60):
        expected = mpmath.taylor(_reference[text], mpmath.mpf(t.numerator) / t.denominator, 5)
    with flint.ctx.workprec(128):
        series = compiled(parse(text)).series(ball(middle, radius), 6)
        for k, c in enumerate(expected):
            assert series[k].is_finite()
            # numerical differentiation at 60 digits leaves 20 for the sixth derivative
            low, high = float(series[k].lower()), float(series[k].upper())
            assert low - 1e-15 * (1 + abs(low)) <= c <= high + 1e-15 * (1 + abs(high))
            if radius == 0:
                assert series[k].rad() < 1e-20 * (1 + series[k].abs_upper())


@pytest.mark.parametrize("text", SMOOTH)
def test_array_values_are_those_of_the_ball_to_a_few_roundings(text):
    t = np.concatenate([np.linspace(-7.9, 7.9, 101), [1e-9, -1e-9, 1e-300, 0.0]])
    found = compiled(parse(text)).numpy(t)
    derivative = compiled(sympy.diff(parse(text), x))
    for at, value in zip(t, found, strict=True):
        with flint.ctx.workprec(200):
            exact, slope = compiled(parse(text)).arb(arb(at)), derivative.arb(arb(at))
            rounding = (abs(exact) + abs(slope * at)).upper() * 2.0**-53 + 1e-307
            terms = 8 if text.startswith(("x*(", "silu", "gelu", "mish", "tanh")) else 40
            assert abs(exact - arb(value)) < terms * rounding


@pytest.mark.parametrize(
    ("text", "low", "high", "below", "above"),
    [
        ("sigmoid(x)", -90, -10, -1e-4, 1e-4),
        ("sigmoid(x)", -30, 30, -1e-3, 1.001),
        ("tanh(x)", -50, 50, -1.001, 1.001),
        ("erf(x)", -50, 50, -1.001, 1.001),
        ("erfc(x)", 10, 1000, -1e-40, 1e-40),
        ("softplus(x)", -1000, 1000, -1, 1001),
        ("log_sigmoid(x)", -1000, 1000, -1001, 1),
        ("exp(-x**2)", -1000, 1000, -0.01, 1.01),
        ("x**2", -3, 3, -0.01, 9.01),
        ("x**3", -3, 1, -27.1, 1.1),
        ("cosh(x)", -1, 1, 0.99, 1.55),
        ("1/(1 + x**4)", -4, 4, -0.01, 1.01),
        ("sqrt(x)", 0, 4, -0.01, 2.01),
        ("x**(1/4)", -1, 16, -0.01, 2.01),
        ("x*log(x)", 0, 2, -0.37, 1.39),
        ("silu(x)", -50, -40, -1e-15, 1e-15),
        ("tanhshrink(x)", -2, 2, -1.04, 1.04),
        ("max(x, 0)", -3, 2, -0.51, 2.51),
        ("abs(x)", -3, 2, -0.01, 3.01),
        ("elu(x)", -3, 2, -3.01, 7),
        ("sin(x)", -1e-3, 2e-3, -2.1e-3, 2.1e-3),
        ("acos(x)", -2, 2, -0.01, 3.15),
    ],
)
def test_wide_balls_stay_tight(text, low, high, below, above):
    f = compiled(parse(text))
    found = f.arb(arb(low).union(arb(high)))
    assert below <= float(found.lower())
    assert float(found.upper()) <= above
    t = np.linspace(low, high, 201)
    values = f.numpy(t[np.isfinite(f.numpy(t))])
    assert float(found.lower()) <= values.min() <= values.max() <= float(found.upper())


@pytest.mark.parametrize("name", ["sigmoid", "silu", "softplus", "mish", "gelu", "log_sigmoid", "tanh"])
@pytest.mark.parametrize("size", [1e3, 1e30, 1e300])
def test_nothing_overflows_far_out(name, size):
    f = compiled(parse(f"{name}(x)"))
    for sign in (-1, 1):
        t = sign * size
        assert np.isfinite(f.numpy(np.array([t]))).all()  # pytest turns a warning into an error
        assert f.arb(arb(t)).is_finite()
        series = f.series(arb(t), 5)
        assert all(series[k].is_finite() for k in range(5))


@pytest.mark.parametrize(
    ("text", "at", "finite"),
    [
        ("sqrt(x)", 0, 1),
        ("x**(1/4)", 0, 1),
        ("x**(3/2)", 0, 1),
        ("x*log(x)", 0, 1),
        ("asin(x)", 1, 1),
        ("log(x)", 0, 0),
        ("1/x", 0, 0),
    ],
)
def test_derivatives_that_do_not_exist_are_not_finite(text, at, finite):
    f = compiled(parse(text))
    for radius in (0, 1e-3):
        series = f.series(arb(at, radius), 4)
        assert [series[k].is_finite() for k in range(4)] == [k < finite for k in range(4)]
    assert f.arb(arb(at, 1e-3)).is_finite() == (finite > 0)


def test_series_are_as_long_as_asked_and_leave_the_context_alone():
    before = (flint.ctx.cap, flint.ctx.prec)
    for order in (1, 2, 10, 25):
        series = compiled(parse("exp(x)")).series(arb(0), order)
        assert series.prec == order
        assert float(series[order - 1]) == pytest.approx(1 / math.factorial(order - 1))
    constant = compiled(parse("2")).series(arb(0), 3)
    assert (float(constant[0]), float(constant[1])) == (2.0, 0.0)
    with pytest.raises(DomainError):
        compiled(parse("abs(x)")).series(arb(0), 7)
    assert (flint.ctx.cap, flint.ctx.prec) == before


def test_precision_is_that_of_the_caller():
    f = compiled(parse("pi*sqrt(2)*x"))
    for bits in (53, 200, 1000, 53):
        with flint.ctx.workprec(bits):
            assert arb(2) ** (-bits - 2) < f.arb(arb(1)).rad() < arb(2) ** (8 - bits)


# -- removable singularities -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "at", "coefficients"),
    [
        ("sin(x)/x", 0, [1, 0, Fraction(-1, 6), 0, Fraction(1, 120)]),
        ("x/(1 - exp(-x))", 0, [1, Fraction(1, 2), Fraction(1, 12), 0, Fraction(-1, 720)]),
        ("(1 - cos(x))/x**2", 0, [Fraction(1, 2), 0, Fraction(-1, 24), 0]),
        ("(x - sin(x))/x**3", 0, [Fraction(1, 6), 0, Fraction(-1, 120)]),
        ("log(x)/(x - 1)", 1, [1, Fraction(-1, 2), Fraction(1, 3)]),
        ("1/sin(x) - 1/x", 0, [0, Fraction(1, 6), 0, Fraction(7, 360)]),
        ("2*(x**2 - 1)/(x - 1)", 1, [4, 2, 0]),
        ("tanh(x)/x", 0, [1, 0, Fraction(-1, 3)]),
        ("sin(x)/x + (1 - cos(x))/x**2", 0, [Fraction(3, 2), 0, Fraction(-5, 24)]),
        ("2*sin(x)/(x*(1 + exp(-x)))", 0, [1, Fraction(1, 2), Fraction(-1, 6)]),
    ],
)
def test_removable_singularities_are_removed(text, at, coefficients):
    (piece,) = pieces(parse(text), at - Fraction(1, 2), at + Fraction(1, 2))
    (half,) = pieces(parse(text), at, at + Fraction(1, 2))
    for p in (piece, half):
        for radius in (0, 1e-6):
            series = p.series(arb(at, radius), len(coefficients))
            for k, c in enumerate(coefficients):
                assert series[k].overlaps(ball(Fraction(c)))
                assert series[k].rad() < 1e-10 + 10 * radius
        assert p.arb(arb(at, 0.1)).overlaps(ball(Fraction(coefficients[0])))
    t = at + np.array([0.0, 1e-12, 1e-5, 1e-2, 0.1, 0.4])
    with flint.ctx.workprec(200):
        exact = [float(piece.arb(arb(v))) for v in t]
    assert piece.numpy(t) == pytest.approx(exact, rel=1e-13, abs=1e-15)


def test_several_removable_singularities_in_one_quotient():
    text = "sin(x)*log(3 - 2*x)/(x*(x - 1))"
    (piece,) = pieces(parse(text), Fraction(-1, 2), Fraction(5, 4))
    assert piece.arb(arb(0)).overlaps(-arb(3).log())
    assert piece.arb(arb(1)).overlaps(-2 * arb(1).sin())
    assert piece.numpy(np.array([0.0, 1.0])) == pytest.approx([-math.log(3), -2 * math.sin(1)], rel=1e-14)
    assert not piece.arb(arb(0.5, 0.75)).is_finite()
    assert not piece.series(arb(0.5, 0.75), 2)[0].is_finite()


# -- pieces ----------------------------------------------------------------------------------------------------------

PIECES = [
    ("max(x, 0)", -1, 1, "0 [-1 0] x [0 1]"),
    ("max(x, 0)", 0, 1, "x [0 1]"),
    ("max(x, 0)", 1, 2, "x [1 2]"),
    ("abs(x)**2", -1, 1, "x**2 [-1 1]"),
    ("hard_swish(x)", -4, 4, "0 [-4 -3] x*(x/6 + 1/2) [-3 3] x [3 4]"),
    ("abs(abs(x) - 1)", -2, 2, "-x - 1 [-2 -1] x + 1 [-1 0] 1 - x [0 1] x - 1 [1 2]"),
    ("max(x, -x, 1/2)", -1, 1, "-x [-1 -1/2] 1/2 [-1/2 1/2] x [1/2 1]"),
    ("abs(x**2 - 2)", 0, 2, "2 - x**2 [0 sqrt(2)] x**2 - 2 [sqrt(2) 2]"),
    ("max(exp(x), 2)", 0, 1, "2 [0 log(2)] exp(x) [log(2) 1]"),
    ("abs(cos(x))", 1, 2, "cos(x) [1 pi/2] -cos(x) [pi/2 2]"),
    ("max(tanh(x), 1/2)", 0, 1, "1/2 [0 log(3)/2] tanh(x) [log(3)/2 1]"),
    ("abs(tanh(x)**2 - 1/4)", -1, 0, "tanh(x)**2 - 1/4 [-1 -log(3)/2] 1/4 - tanh(x)**2 [-log(3)/2 0]"),
    ("abs(x - sin(x))", -1, 1, "-x + sin(x) [-1 0] x - sin(x) [0 1]"),
    ("abs(log(x))", Fraction(1, 2), 2, "-log(x) [1/2 1] log(x) [1 2]"),
    ("cbrt(x)", -1, 1, "-(-x)**(1/3) [-1 0] x**(1/3) [0 1]"),
    ("sign(x)*x", -1, 1, "-x [-1 0] x [0 1]"),
    ("Heaviside(x)*x**2", -1, 1, "0 [-1 0] x**2 [0 1]"),
    ("sign(x)", 0, 1, "1 [0 1]"),
    ("Piecewise((x, x < 0), (sin(x), x <= 1), (sin(1), True))", -1, 2, "x [-1 0] sin(x) [0 1] sin(1) [1 2]"),
    ("Piecewise((sin(x)/x, x < 0), (1, True))", -1, 1, "sin(x)/x [-1 0] 1 [0 1]"),
    ("Piecewise((x*log(x), x > 0), (0, True))", -1, 1, "0 [-1 0] x*log(x) [0 1]"),
    ("(x**2 - 1)/(x - 1)", 0, 2, "x + 1 [0 2]"),
    ("sqrt(1 - x**2)", -1, 1, "sqrt(1 - x**2) [-1 1]"),
    ("sqrt(exp(x) - 1)", 0, 1, "sqrt(exp(x) - 1) [0 1]"),
    ("sqrt((x - 1)**2*(x + 2))", -2, 2, "sqrt((x - 1)**2*(x + 2)) [-2 2]"),
]


@pytest.mark.parametrize(("text", "a", "b", "expected"), PIECES, ids=[p[0] for p in PIECES])
def test_pieces_have_exact_ends_and_smooth_branches(text, a, b, expected):
    found = pieces(parse(text), Fraction(a), Fraction(b))
    # sqrt((x - 1)**2*...) is written by sympy as it likes
    if "sqrt((x - 1)" not in text:
        assert " ".join(f"{p.expression} [{p.lower} {p.upper}]" for p in found) == expected
    assert (found[0].lower, found[-1].upper) == (a, b)
    assert all(left.upper == right.lower for left, right in itertools.pairwise(found))
    f = compiled(parse(text))
    for p in found:
        low, high = float(p.lower), float(p.upper)
        t = np.linspace(low, high, 12)[1:-1]
        assert p.numpy(t) == pytest.approx(f.numpy(t), rel=1e-13, abs=1e-15)
        for at in t:
            assert p.arb(arb(at)).overlaps(f.arb(arb(at)))


def test_a_rational_branch_is_known_exactly():
    left, right = pieces(parse("x/(1 + abs(x)) + 1/3"), -1, 1)
    assert left.rational is not None
    assert left.rational(Fraction(-1, 2)) == 0
    assert right.rational(Fraction(1)) == Fraction(5, 6)
    assert pieces(parse("exp(x)"), -1, 1)[0].rational is None
    assert pieces(parse("pi*x"), -1, 1)[0].rational is None


def test_a_rational_branch_does_not_overflow():
    (piece,) = pieces(parse("x*(x**2 + 2)/(x**2 + 1)"), -1, 1)
    assert piece.numpy(np.array([1e200, -1e200])).tolist() == [1e200, -1e200]


def test_kinks_without_a_closed_form_are_known_to_any_precision():
    left, right = pieces(parse("max(x, cos(x))"), -1, 2)
    kink = left.upper
    assert isinstance(kink, RealRoot)
    assert kink == right.lower
    assert float(kink) == pytest.approx(0.7390851332151607, abs=1e-16)
    for bits in (30, 100, 1000):
        with flint.ctx.workprec(bits):
            t = enclosure(kink)
            assert (t - t.cos()).contains(0)
            assert t.rad() < arb(2) ** (2 - bits)
    assert pickle.loads(pickle.dumps(kink)) == kink


def test_real_roots_of_polynomials_are_all_found():
    f = parse("abs(x**5 - x - 1/10)")
    found = pieces(f, -2, 2)
    assert [round(float(p.lower), 4) for p in found[1:]] == [-0.9733, -0.1, 1.0236]
    f = parse("abs((x - 1)*(x - 2)*(x - 3)*(x**2 - 2)*(x**3 - 2))")
    assert [str(p.lower) for p in pieces(f, -2, 4)[1:]] == [
        "-sqrt(2)", "1", "root of x**3 - 2 near 1.25992", "sqrt(2)", "2", "3"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "a", "b", "says"),
    [
        ("sign(x)", -1, 1, "jumps from -1 to 1 at x = 0; choose an interval without 0 inside"),
        ("x/abs(x)", -1, 1, "jumps from -1 to 1 at x = 0"),
        ("Heaviside(x - 1)", 0, 2, "jumps from 0 to 1 at x = 1"),
        ("Piecewise((x, x < 1), (x + 1/3, True))", 0, 2, "jumps from 1 to 4/3 at x = 1"),
        ("1/x", -1, 1, "infinite at x = 0; choose an interval without 0"),
        ("1/x", 0, 1, "infinite at x = 0"),
        ("1/(x**2 - 2)", 0, 2, "infinite at x = sqrt(2)"),
        ("1/(x**3 - x - 1)", 0, 2, "infinite at x = root of x**3 - x - 1 near 1.32472"),
        ("x/(x**2 - 2*x + 1)", 0, 2, "infinite at x = 1"),
        ("log(x)", -1, 1, r"log(x) is not defined on [-1, 0], where x is negative"),
        ("log(x)", 0, 1, "not defined and finite at x = 0"),
        ("log(x)/x", 0, 1, "not defined and finite at x = 0"),
        ("x*log(x)", -1, 1, "not defined on [-1, 0]"),
        ("sqrt(x)", -1, 1, "not defined on [-1, 0], where x is negative"),
        ("x**(1/4)", -1, 1, "not defined on [-1, 0]"),
        ("1/sqrt(x)", 0, 1, "not defined and finite at x = 0"),
        ("asin(2*x)", 0, 1, "not defined on [1/2, 1]"),
        ("sqrt(sin(x))", -1, 1, "not defined on [-1, 0]"),
        ("sqrt(1 - exp(x))", 0, 1, "not defined"),
        ("log(sin(x))", -1, 1, "not defined on [-1, 0]"),
        ("tan(x)", 0, 2, "not defined and finite at x = 1.5708"),
        ("1/(exp(x) - 3*x**2)", 0, 1, "not defined and finite at x = 0.910008"),
        ("exp(1/x)", -1, 1, "at x = 0"),
        ("1/sin(x)", -1, 1, "at x = 0"),
        ("max(1/x, 0)", -1, 1, "at x = 0"),
        ("abs(sin(1/x))", -1, 1, "could not be settled"),
        ("abs(1 - cos(x) - 10**12*x**3)", -1, 1, "could not be settled"),
        ("abs(sin(10**6*x))", -1, 1, "choose a shorter interval"),
    ],
)
def test_a_function_that_is_not_continuous_is_refused_with_the_place(text, a, b, says):
    with pytest.raises(DomainError) as refusal:
        pieces(parse(text), a, b)
    assert says in str(refusal.value)


def test_an_interval_and_all_parameters_are_needed():
    with pytest.raises(ValueError, match="the left end must be smaller"):
        pieces(parse("x"), 1, 1)
    with pytest.raises(ExpressionError, match="parameter beta"):
        pieces(parse("x*sigmoid(beta*x)"), 0, 1)
    with pytest.raises(ExpressionError, match="beta has no value"):
        compiled(parse("x*sigmoid(beta*x)"))
    with pytest.raises(ExpressionError, match="cannot be evaluated"):
        compiled(sympy.gamma(x))


def test_whole_functions_are_balls_across_their_kinks():
    f = compiled(parse("Piecewise((x, x >= 1), (sin(x), x > -1), (-2, True))"))
    assert f.arb(arb(2)) == 2
    assert f.arb(arb(-2)) == -2
    assert f.arb(arb(0, 0.5)).overlaps(arb(0))
    for at in (-1.1, -0.9, 0.0, 0.9, 1.1):
        assert f.arb(arb(0, 1.2)).contains(f.arb(arb(at)))


def test_nan_stays_nan_and_shapes_stay():
    t = np.array([[np.nan, 1.0], [-1.0, 0.0]])
    step = "Piecewise((1, x > 0), (2, True))"
    for text in ("max(x, 0)", "elu(x)", step, "abs(x)", "3", "silu(x)", "x**(1/3)", "sign(x)"):
        found = compiled(parse(text)).numpy(t)
        assert found.shape == t.shape
        assert np.isnan(found[0, 0])
        assert not np.isnan(found[0, 1])


# -- symmetry --------------------------------------------------------------------------------------------------------


def test_a_symmetry_at_every_sample_is_not_enough():
    from ratapprox.expressions.symmetry import _SAMPLES

    odd_part = "x*" + "*".join(f"(x**2 - ({y})**2)" for y in _SAMPLES)  # zero at every sample
    assert symmetry(parse(f"x**8 + {odd_part}")).parity is None
    assert symmetry(parse(f"cos(x) + {odd_part}")).parity is None
    for far_away in ("max(x, -100)", "min(x, 100)", "abs(x) + max(x - 1000, 0)"):
        assert symmetry(parse(far_away)).parity is None


@pytest.mark.parametrize(
    ("text", "center", "parity", "polynomial"),
    [
        ("max(x, 0)", 0, "even", (0, Fraction(1, 2))),
        ("clip(x, 0, 1)", Fraction(1, 2), "odd", (Fraction(1, 2),)),
        ("x**2 + x**3", 0, "odd", (0, 0, 1)),
        ("cos(x) + x**3", 0, "even", (0, 0, 0, 1)),
        ("x**4 + sin(x)", 0, "odd", (0, 0, 0, 0, 1)),
        ("x**6 + x**5 + cos(x)", 0, "even", (0, 0, 0, 0, 0, 1)),
        ("x**7 + x**6 + cos(x)*x", 0, None, ()),
        ("x", 0, "odd", ()),
        ("x", 3, "odd", (3,)),
        ("7", 0, "even", ()),
        ("abs(x - 1)", 1, "even", ()),
        ("abs(x - 1)", 0, None, ()),
        ("sigmoid(x - 2)", 2, "odd", (Fraction(1, 2),)),
        ("log(cosh(x))", 0, "even", ()),
        ("abs(sin(x))", 0, "even", ()),
        ("sqrt(1 - x**2)", 0, "even", ()),
        ("1/(x**2 + x + 1)", Fraction(-1, 2), "even", ()),
        ("max(0, 1 - abs(x))", 0, "even", ()),
        ("leaky_relu(x, 1/5)", 0, "even", (0, Fraction(3, 5))),
        ("exp(x)", 0, None, ()),
        ("mish(x)", 0, None, ()),
        ("sin(x) + exp(-20 - x**2 + x)/10**12", 0, None, ()),
    ],
)
def test_symmetries_are_found_with_the_shortest_polynomial(text, center, parity, polynomial):
    found = symmetry(parse(text), Fraction(center))
    assert (found.parity, found.polynomial) == (parity, polynomial)
