"""Moments of a normal variable through σ: enclosures hold what other means compute, and are tight."""

from decimal import Decimal
from fractions import Fraction
from math import erfc, exp, pi, sqrt

import mpmath
import numpy as np
import pytest
from flint import arb, ctx, fmpq_poly
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ratapprox import Barycentric, Rational
from ratapprox.activations import ZOO, activation, ralu
from ratapprox.symbolic import Enclosure, gain, moments
from ratapprox.symbolic.gaussian import between, expectation
from tests.strategies import pole_free_rationals

SMOOTH = ["gelu", "gelu_tanh", "silu", "mish", "softplus", "tanh", "sigmoid", "erf", "sin", "gaussian", "tanhshrink"]
FIELDS = ("mean", "second", "slope_mean", "slope")
I1 = "0.6556795424187984715438712307308112833992"  # √(πe/2) erfc(1/√2)
fifteen_digits = Decimal("1e-15")


def tight(enclosure: Enclosure, scale: float = 0.0) -> bool:
    """At least 15 proved digits, of the number itself or of the scale beside which it may vanish."""
    size = max(abs(enclosure.lower), abs(enclosure.upper), Decimal(scale))
    return enclosure.width <= fifteen_digits * size


def by_quadrature(f, variance):
    """E[f(X)] by mpmath at 30 digits: an authority that knows no poles."""
    with mpmath.workdps(30):
        s = mpmath.sqrt(mpmath.mpf(variance.numerator) / variance.denominator)
        points = [-16, -8, -4, -2, -1, 0, 1, 2, 4, 8, 16]
        return mpmath.quad(lambda z: f(s * z) * mpmath.exp(-z * z / 2), points) / mpmath.sqrt(2 * mpmath.pi)


def test_the_gains_are_those_of_quadrature_to_twenty_digits():
    formulas = {
        "gelu": lambda x: x * mpmath.ncdf(x),
        "silu": lambda x: x / (1 + mpmath.exp(-x)),
        "tanh": mpmath.tanh,
        "x/(1+x**2)": lambda x: x / (1 + x * x),
    }
    for name, f in formulas.items():
        found = gain(name).forward
        expected = 1 / by_quadrature(lambda x, f=f: f(x) ** 2, Fraction(1))
        assert abs(mpmath.mpf(str(found.lower)) - expected) <= mpmath.mpf("1e-18") * expected
        assert tight(found)


def test_relu_halves_the_variance_forward_and_backward():
    found = moments("relu")
    for enclosure in (found.second, found.slope, found.slope_mean):
        assert enclosure.contains(Fraction(1, 2)) and tight(enclosure)
    assert float(found.mean) == pytest.approx(1 / sqrt(2 * pi), rel=1e-15)


def test_one_over_one_plus_z_squared_has_the_mean_of_its_closed_form():
    """√(πe/2) erfc(1/√2): what sympy 1.14 answers to the integral, and [AS64], chapter 7."""
    found = moments("1/(1+x**2)")
    assert found.mean.contains(Decimal(I1)) and tight(found.mean)
    assert found.second.contains(Fraction(1, 2))
    assert float(found.mean) == pytest.approx(sqrt(pi * exp(1) / 2) * erfc(sqrt(0.5)), rel=1e-14)


@pytest.mark.parametrize("alpha", [0, 3, 9])
def test_ralu_has_the_second_moments_of_its_closed_form(alpha):
    """RaLU is x + (α - 1) x/(1 + x²), so its second moment is 1 + 2 (α - 1) (1 - I₁) + (α - 1)² (I₁ - 1/2)."""
    i1 = Fraction(I1)
    expected = 1 + 2 * (alpha - 1) * (1 - i1) + (alpha - 1) ** 2 * (i1 - Fraction(1, 2))
    found = moments(ralu.at(alpha=alpha)).second
    assert found.contains(expected) and tight(found)


@pytest.mark.parametrize("alpha", [0, 3, 9])
def test_ralu_has_the_mean_squared_slopes_of_quadrature(alpha):
    nodes, weights = np.polynomial.hermite_e.hermegauss(200)
    slopes = (nodes**4 + (3 - alpha) * nodes**2 + alpha) / (nodes**2 + 1) ** 2
    expected = float(weights @ slopes**2) / sqrt(2 * pi)
    assert float(moments(ralu.at(alpha=alpha)).slope) == pytest.approx(expected, rel=1e-7)


@pytest.mark.parametrize("name", [name for name in ZOO if name not in ("sign", "ralu")])
def test_every_activation_has_twenty_digits_of_its_moments(name):
    found, f = moments(name), activation(name)
    z = np.linspace(-14, 14, 560_001)
    weights = np.exp(-z * z / 2) / sqrt(2 * pi) * (z[1] - z[0])
    values, slopes = f.numpy(z), f.derivative().numpy(z)
    sampled = [values, values**2, slopes, slopes**2]
    for field, what in zip(FIELDS, sampled, strict=True):
        enclosure = getattr(found, field)
        assert tight(enclosure, scale=1e-3)
        assert float(enclosure) == pytest.approx(float(np.sum(weights * what)), abs=2e-5 * (1 + float(found.second)))


@pytest.mark.parametrize("name", SMOOTH)
def test_gauss_hermite_agrees_within_its_own_error_on_smooth_functions(name):
    f, found = activation(name), moments(name)

    def quadrature(nodes):
        z, weights = np.polynomial.hermite_e.hermegauss(nodes)
        return float(weights @ f.numpy(z) ** 2 / sqrt(2 * pi))

    fine, coarse = quadrature(200), quadrature(100)
    assert abs(float(found.second) - fine) <= abs(fine - coarse) + 1e-13


@pytest.mark.parametrize("name", ["gelu", "silu", "mish", "softsign", "elu"])
@pytest.mark.parametrize("variance", [Fraction(1), Fraction(9, 4), Fraction(1, 100)])
def test_the_integrals_hold_what_mpmath_computes(name, variance):
    formulas = {
        "gelu": lambda x: x * mpmath.ncdf(x),
        "silu": lambda x: x / (1 + mpmath.exp(-x)),
        "mish": lambda x: x * mpmath.tanh(mpmath.log1p(mpmath.exp(x))),
        "softsign": lambda x: x / (1 + abs(x)),
        "elu": lambda x: x if x >= 0 else mpmath.expm1(x),
    }
    f = formulas[name]
    found = moments(name, variance)
    for enclosure, g in ((found.mean, f), (found.second, lambda x: f(x) ** 2)):
        with mpmath.workdps(30):
            assert abs(by_quadrature(g, variance) - mpmath.mpf(str(enclosure.lower))) < 1e-20


@given(pole_free_rationals(), st.sampled_from([Fraction(1), Fraction(1, 9), Fraction(7, 2)]))
@settings(max_examples=8)
def test_random_rationals_without_poles_agree_with_quadrature(r, variance):
    found = moments(r, variance)
    p, q = r.polynomials()
    with ctx.workprec(128):
        value = expectation(p, q, arb(variance.numerator) / variance.denominator)
    near = min((abs(pole.value.imag) for pole in r.poles()), default=1.0)
    assume(near > 0.1)  # where mpmath's own error stays small

    def f(x):
        return r(x)

    assert tight(found.mean, scale=float(found.second.upper) ** 0.5) and tight(found.second)
    expected = by_quadrature(lambda x: f(x) ** 2, variance)
    slack = Decimal("1e-12") * max(1, found.second.upper)
    assert found.second.lower - slack <= Decimal(str(expected)) <= found.second.upper + slack
    assert found.mean.ball().overlaps(value)


@given(pole_free_rationals(), st.sampled_from([Fraction(1, 4), Fraction(2), Fraction(9)]))
@settings(max_examples=15)
def test_the_variance_can_go_into_the_function(r, scale):
    # σ(s Z) at variance 1 is σ at variance s²
    inside = moments(r.compose(Rational([0, scale])), 1)
    outside = moments(r, scale * scale)
    for field in ("mean", "second"):
        assert getattr(inside, field).ball().overlaps(getattr(outside, field).ball())
    slope, expected = inside.slope.ball(), outside.slope.ball()
    assert slope.overlaps(expected * arb(scale.numerator) ** 2 / scale.denominator**2)


@given(pole_free_rationals())
@settings(max_examples=15)
def test_steins_identity_ties_the_slope_to_the_function(r):
    # E[σ'(Z)] = E[Z σ(Z)]
    assert moments(r).slope_mean.ball().overlaps(moments(r * Rational([0, 1])).mean.ball())


@pytest.mark.parametrize("distance", ["1e-3", "1e-10", "1e-30", "1e10", "1e40"])
def test_poles_near_the_axis_and_far_from_it_keep_all_digits(distance):
    b = Fraction(distance)
    found = moments(Rational([1], [b * b, 0, 1])).mean  # E[1/(Z² + b²)] = √(π/2)/b e^(b²/2) erfc(b/√2)
    assert tight(found)
    with mpmath.workdps(60):  # enough for erfc far out
        d = mpmath.mpf(distance)
        if b < 1:
            expected = mpmath.sqrt(mpmath.pi / 2) / d * mpmath.exp(d * d / 2) * mpmath.erfc(d / mpmath.sqrt(2))
        else:
            expected = 1 / d**2 - 1 / d**4 + 3 / d**6
        assert abs(mpmath.mpf(str(found.lower)) / expected - 1) < 1e-18


def test_a_double_pole_is_one_double_pole():
    twice = Rational([1], [4, 0, 4, 0, 1])  # (x² + 2)²
    assert moments(twice).mean.ball().overlaps(moments(Rational([1], [2, 0, 1])).second.ball())


def test_pieces_that_are_polynomials_are_integrated_in_closed_form():
    with ctx.workprec(100):
        found = between(fmpq_poly([1, 2, 3, 4, 5]), arb(-1), arb(2), arb(3))
    with mpmath.workdps(30):
        expected = mpmath.quad(
            lambda x: (1 + 2 * x + 3 * x**2 + 4 * x**3 + 5 * x**4) * mpmath.npdf(x, 0, mpmath.sqrt(3)), [-1, 0, 2]
        )
        assert abs(mpmath.mpf(found.str(25, radius=False)) - expected) < mpmath.mpf("1e-24")


def test_odd_and_even_functions_have_means_that_are_exactly_zero():
    for name in ("tanh", "softsign", "x**3/(1+x**2)", "hard_tanh"):
        assert moments(name).mean == Enclosure(Decimal(0), Decimal(0))
    for name in ("abs", "gaussian", "1/(1+x**2)"):
        assert moments(name).slope_mean == Enclosure(Decimal(0), Decimal(0))


def test_selu_keeps_mean_zero_and_variance_one():
    found = moments("selu")
    assert abs(float(found.mean)) < 1e-25 and found.second.contains(1)


def test_tiny_and_huge_variances_and_scales_are_enclosed_as_well():
    assert float(gain("silu", "1e-6").backward) == pytest.approx(4, rel=1e-5)
    assert float(gain("gelu", 10**6).forward) == pytest.approx(2, rel=1e-8)
    assert float(moments("1e-30*tanh(1e10*x)").second) == pytest.approx(1e-60, rel=1e-9)
    assert float(moments("exp", 50).second) == pytest.approx(exp(100), rel=1e-15)


def test_functions_as_rationals_barycentrics_texts_and_activations_are_the_same():
    r = Rational([0, 1], [1, 0, 1])
    b = Barycentric.from_rational(Rational([0.0, 1.0], [1.0, 0.0, 1.0]), [0.0, 1.0, 2.0])
    texts = [moments(one).second.ball() for one in (r, "x/(1+x**2)", activation("x/(1+x**2)"))]
    assert all(one.overlaps(texts[0]) for one in texts)
    assert float(moments(b).second) == pytest.approx(float(moments(r).second), rel=1e-12)


def test_a_removable_pole_is_no_pole():
    assert moments(Rational([-1, 0, 1], [-1, 1])).mean.contains(1)
    assert tight(moments("x/(1-exp(-x))").mean)


@pytest.mark.parametrize(
    ("sigma", "variance", "says"),
    [
        ("1/(2-x)", 1, "has a pole at x = 2, so that no moment"),
        (Rational([1], [-2, 0, 1]), 1, "has poles at x = -1.41421356237, 1.41421356237"),
        ("1/(x-100)+max(x,0)", 1, "infinite at x = 100"),
        ("sign", 1, "jumps from -1 to 1 at x = 0"),
        ("log(x)", 1, "could not be bounded far out"),
        ("exp(x**2)", 1, "could not be bounded far out"),
        ("sqrt(abs(x))", 1, "could not be enclosed near x = 0"),
        ("ralu", 1, r"has the parameter alpha without a value: write .at\(alpha=...\)"),
        ("relu", 0, "variance=0: a variance is positive"),
        ("relu", float("nan"), "variance=nan: give a finite positive number"),
        ("relu", "much", "variance='much': give a finite positive number"),
    ],
)
def test_what_has_no_moments_is_refused_in_one_sentence(sigma, variance, says):
    with pytest.raises(ValueError, match=says) as caught:
        moments(sigma, variance)
    assert "\n" not in str(caught.value)


def test_a_python_function_is_refused():
    with pytest.raises(TypeError, match="nothing can be proved"):
        moments(np.tanh)


@pytest.mark.parametrize(("sigma", "says"), [("0", "σ is zero"), ("3", "σ is constant")])
def test_a_constant_has_no_gain(sigma, says):
    with pytest.raises(ValueError, match=says):
        gain(sigma)


def test_gains_are_reciprocals_and_their_roots():
    g, m = gain("silu", 2), moments("silu", 2)
    with ctx.workprec(128):
        assert (g.forward.ball() * m.second.ball() / 2).overlaps(arb(1))
        assert (g.backward.ball() * m.slope.ball()).overlaps(arb(1))
        assert (g.forward_std.ball() ** 2).overlaps(g.forward.ball())
        assert (g.backward_std.ball() ** 2).overlaps(g.backward.ball())


def test_the_values_say_in_one_line_what_they_are():
    assert repr(gain("relu")) == "Gain of relu: forward 2 ± 1e-21, backward 2 ± 1e-21"
    assert repr(gain("x", 4)).startswith("Gain of x at variance 4: forward 1")
    assert repr(moments("tanh")).startswith("Moments of tanh: E[σ] 0, E[σ²] 0.39429449039784117")
    assert moments("relu").to_dict()["variance"] == "1"
    assert set(gain("relu").to_dict()) == {
        "name",
        "variance",
        "forward",
        "backward",
        "forward_std",
        "backward_std",
    }


@pytest.mark.parametrize(
    ("lower", "upper", "text"),
    [
        ("0.25", "0.25", "0.25"),
        ("-1e-26", "2e-26", "0 ± 2e-26"),
        ("0.4999999999999999999999", "0.5000000000000000000001", "0.5 ± 1e-22"),
        ("1.23456789012", "1.23456789013", "1.2345678901…"),
        ("-2", "3", "0 ± 3e+0"),
        ("1", "3", "between 1 and 3"),
    ],
)
def test_an_enclosure_shows_the_digits_it_proves(lower, upper, text):
    assert str(Enclosure(Decimal(lower), Decimal(upper))) == text


@given(st.fractions(), st.fractions(min_value=0))
def test_an_enclosure_of_a_ball_holds_the_ball(middle, radius):
    ball = arb(arb(middle.numerator) / middle.denominator, arb(radius.numerator) / radius.denominator)
    found = Enclosure.of(ball)
    centre, radius_found = ball.mid().fmpq(), ball.rad().fmpq()
    for q in (centre - radius_found, centre + radius_found):
        assert found.contains(Fraction(int(q.p), int(q.q)))
    with ctx.workprec(200):
        assert found.ball().contains(ball)
