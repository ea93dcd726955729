"""Hermite coefficients and dual activations: Parseval, closed forms, and quadrature in two dimensions."""

from fractions import Fraction
from math import acos, asin, exp, factorial, pi, sqrt

import numpy as np
import pytest
from flint import arb, ctx
from hypothesis import given, settings
from hypothesis import strategies as st

from ratapprox import Rational
from ratapprox.activations import activation
from ratapprox.symbolic import dual, hermite, moments
from tests.strategies import pole_free_rationals


def plane_quadrature(f, rho, nodes=160):
    z, w = np.polynomial.hermite_e.hermegauss(nodes)
    w = w / w.sum()
    u, v = z[:, None], rho * z[:, None] + sqrt(1 - rho * rho) * z[None, :]
    return float(w @ (f(u) * f(v)) @ w)


def test_the_hermite_coefficients_of_relu_are_those_of_the_literature():
    """[DFS16]: h_k² = (k-3)!!² / (2π k!) for even k, 0 for odd k > 1."""
    h = hermite("relu", 9)
    expected = [1 / sqrt(2 * pi), 0.5, 1 / sqrt(4 * pi), 0, -1 / sqrt(2 * pi * 24), 0, 3 / sqrt(2 * pi * 720), 0]
    assert [float(one) for one in h[:8]] == pytest.approx(expected, abs=1e-15)
    assert float(h[8]) == pytest.approx(-15 / sqrt(2 * pi * factorial(8)), rel=1e-14)


def test_the_hermite_coefficients_of_sine_and_exponential_have_closed_forms():
    root = exp(-0.5)
    for k, h in enumerate(hermite("sin", 12)):
        expected = 0 if k % 2 == 0 else root * (-1) ** (k // 2) / sqrt(factorial(k))
        assert float(h) == pytest.approx(expected, abs=1e-16)
        assert h.width < 1e-20
    for k, h in enumerate(hermite("exp", 12)):
        assert float(h) == pytest.approx(exp(0.5) / sqrt(factorial(k)), rel=1e-14)


@pytest.mark.parametrize("name", ["x/(1+x**2)", "1/(1+x+x**2)**2", "x**5-2*x**2", "gelu", "hard_tanh"])
@pytest.mark.parametrize("variance", [1, "1/2"])
def test_the_squares_of_the_coefficients_never_exceed_the_second_moment(name, variance):
    h, second = hermite(name, 32, variance), moments(name, variance).second
    with ctx.workprec(128):
        rest = second.ball() - sum((one.ball() ** 2 for one in h), arb(0))
        assert rest >= -(arb(2) ** -60)
        assert rest < second.ball() / 8
        assert h[0].ball().overlaps(moments(name, variance).mean.ball())
        slope = moments(name, variance).slope_mean.ball() * arb(Fraction(variance).numerator).sqrt()
        assert h[1].ball().overlaps(slope / arb(Fraction(variance).denominator).sqrt())


@given(pole_free_rationals(), st.integers(1, 12))
@settings(max_examples=20)
def test_coefficients_of_random_rationals_agree_with_quadrature(r, count):
    z, w = np.polynomial.hermite_e.hermegauss(120)
    he = np.polynomial.hermite_e.HermiteE.basis(count - 1)(z)
    found, norm = hermite(r, count)[-1], sqrt(float(moments(r).second)) + 1e-300
    near = min((abs(pole.value.imag) for pole in r.poles()), default=9.0)
    if near > 0.8:
        sampled = float((w / w.sum()) @ (r(z) * he)) / sqrt(factorial(count - 1))
        assert float(found) == pytest.approx(sampled, abs=2e-3 * norm)
    assert float(found.width) <= 1e-17 * norm


def test_a_rational_integrated_as_if_it_were_none_has_the_same_coefficients():
    by_poles = hermite("x/(1+x**2)", 20)
    by_boxes = hermite("x/(1+x**2)*max(2+sin(x), 1)/(2+sin(x))", 20)  # the same function, which nothing shows
    for one, other in zip(by_poles, by_boxes, strict=True):
        assert one.ball().overlaps(other.ball())


@pytest.mark.parametrize("name", ["gelu", "tanh", "silu", "x/(1+x**2)"])
@pytest.mark.parametrize("rho", [0.5, -0.5])
def test_the_dual_activation_agrees_with_quadrature_in_the_plane(name, rho):
    found = dual(name, rho)
    assert float(found) == pytest.approx(plane_quadrature(activation(name), rho), abs=2e-7)
    assert found.width < 1e-16


@pytest.mark.parametrize("rho", [0.3, -0.7, 0.95])
def test_relu_has_the_arc_cosine_kernel(rho):
    """[CS09], of degree 1."""
    expected = (sqrt(1 - rho * rho) + rho * (pi - acos(rho))) / (2 * pi)
    assert float(dual("relu", rho)) == pytest.approx(expected, rel=1e-14)
    series = dual("relu", rho, terms=48)
    assert series.ball().overlaps(dual("relu", rho).ball())


def test_sine_and_erf_have_their_closed_duals():
    """erf: C. K. I. Williams, "Computation with infinite neural networks", Neural Computation 10 (1998)."""
    assert float(dual("sin", 0.5)) == pytest.approx(exp(-1) * np.sinh(0.5), rel=1e-14)
    assert float(dual("erf", 0.5)) == pytest.approx(2 / pi * asin(2 * 0.5 / 3), rel=1e-14)


@pytest.mark.parametrize("name", ["gelu", "elu", "x/(1+x**2)", "(x+1)/(1+x**2)", "leaky_relu"])
def test_the_ends_are_the_second_moment_the_squared_mean_and_the_reflection(name):
    assert dual(name, 1) == moments(name).second
    assert float(dual(name, 0)) == pytest.approx(float(moments(name).mean) ** 2, rel=1e-14, abs=1e-30)
    f = activation(name)
    z = np.linspace(-12, 12, 240_001)
    reflected = np.sum(f(z) * f(-z) * np.exp(-z * z / 2)) * (z[1] - z[0]) / sqrt(2 * pi)
    assert float(dual(name, -1)) == pytest.approx(float(reflected), abs=1e-8)


def test_the_remainder_covers_what_more_terms_add():
    coarse, fine = dual("hard_tanh", 0.8, terms=8), dual("hard_tanh", 0.8, terms=96)
    assert coarse.lower <= fine.lower <= fine.upper <= coarse.upper
    coarse, fine = dual("hard_tanh", -0.8, terms=8), dual("hard_tanh", -0.8, terms=96)
    assert coarse.lower <= fine.lower <= fine.upper <= coarse.upper


def test_correlations_next_to_one_end_too():
    assert float(dual("x/(1+x**2)", 1 - 1e-15)) == pytest.approx(float(moments("x/(1+x**2)").second), rel=0.1)


def test_homogeneous_functions_scale_with_the_variance():
    assert float(dual("abs", 0.25, 3)) == pytest.approx(3 * float(dual("abs", 0.25)), rel=1e-14)
    assert dual(Rational([0, 2]), 0.5, 3).contains(6)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: dual("relu", 1.5), "rho=1.5: a correlation is a number from -1 to 1"),
        (lambda: dual("relu", float("nan")), "rho=nan"),
        (lambda: dual("relu", 0.5, terms=0), "terms=0: the number of terms is a whole number from 1 to 128"),
        (lambda: dual("relu", 0.5, -1), "variance=-1"),
        (lambda: hermite("relu", 0), "count=0"),
        (lambda: hermite("relu", 1000), "count=1000"),
        (lambda: hermite("1/x", 3), "pole at x = 0"),
    ],
)
def test_slips_are_answered_in_one_sentence(call, says):
    with pytest.raises(ValueError, match=says) as caught:
        call()
    assert "\n" not in str(caught.value)
