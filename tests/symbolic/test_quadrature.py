"""Certified integration: coarse enclosures are honest, and the accuracy asked for is delivered."""

import numpy as np
import pytest
from flint import acb, arb, ctx

from ratapprox.activations import activation
from ratapprox.symbolic import hermite, moments
from ratapprox.symbolic.gaussian import _far_pole, pole_moments
from ratapprox.symbolic.nonlinearity import read_nonlinearity
from ratapprox.symbolic.quadrature import MOMENTS, PrecisionError, hermite_integrals, moment_integrals, sizes

NAMES = ["gelu", "silu", "tanh", "mish", "softsign", "elu", "sqrt(1+x**2)", "x/(1-exp(-x))"]


@pytest.mark.parametrize("coarse", ["1e-2", "1e-6", "1e-12"])
@pytest.mark.parametrize("name", NAMES)
def test_a_coarse_enclosure_holds_the_fine_one_and_is_as_narrow_as_asked(name, coarse):
    fine = moments(name)
    with ctx.workprec(128):
        found = moment_integrals(activation(name), arb(1), list(MOMENTS), [arb(coarse)] * 4)
    for ball, field in zip(found, MOMENTS, strict=True):
        assert ball.overlaps(getattr(fine, field).ball())
        assert ball.rad() < 100 * arb(coarse)


@pytest.mark.parametrize("coarse", ["1e-2", "1e-8"])
@pytest.mark.parametrize("name", ["silu", "elu", "softsign"])
def test_coarse_hermite_coefficients_hold_the_fine_ones(name, coarse):
    with ctx.workprec(128):
        found = hermite_integrals(activation(name), arb(1), 16, arb(coarse))
    for ball, fine in zip(found, hermite(name, 16), strict=True):
        assert ball.overlaps(fine.ball())
        assert ball.rad() < 100 * arb(coarse)


@pytest.mark.parametrize("name", ["tanh", "abs", "gaussian", "softsign"])
def test_half_of_the_line_twice_is_the_line(name):
    f, radii = activation(name), [arb("1e-15")] * 4
    with ctx.workprec(128):
        whole = dict(zip(MOMENTS, moment_integrals(f, arb(1), list(MOMENTS), radii), strict=True))
        half = dict(zip(MOMENTS, moment_integrals(f, arb(1), list(MOMENTS), radii, mirrored=True), strict=True))
    vanishing = "slope_mean" if read_nonlinearity(name).parity == 0 else "mean"
    assert whole[vanishing].contains(0)
    for field in set(MOMENTS) - {vanishing}:
        assert whole[field].overlaps(half[field]) and half[field].rad() < 1e-12


def test_a_variance_that_is_a_ball_gives_moments_for_all_of_it():
    with ctx.workprec(128):
        wide = read_nonlinearity("silu").moments(arb(1, "1e-12"), accurate=30)
        for variance in (1 - 1e-12, 1 + 1e-12):
            for field, ball in read_nonlinearity("silu").moments(arb(variance)).items():
                assert wide[field].contains(ball)


@pytest.mark.parametrize(
    ("name", "parity"), [("tanh", 1), ("abs", 0), ("gelu", None), ("x**3/(1+x**2)", 1), ("x+1", None)]
)
def test_the_parity_is_proved(name, parity):
    assert read_nonlinearity(name).parity == parity


def test_sizes_are_guessed_to_the_order_of_magnitude():
    for scale in (1e-20, 1.0, 1e20):
        found = sizes(activation(f"{scale!r}*silu(x)"), arb(1))
        exact = [scale * 0.6, scale**2 * 0.36, scale * 0.6, scale**2 * 0.38]
        assert np.allclose(np.log10(found), np.log10(exact), atol=0.3)


def test_where_digits_cancel_more_bits_are_taken():
    f = "(exp(x/100) - 1 - x/100 - x**2/20000)*1e6"
    with ctx.workprec(53), pytest.raises(PrecisionError, match="at 53 bits"):
        moment_integrals(activation("(cosh(1e-9*x)-1)*1e18"), arb(1), list(MOMENTS), [arb("1e-20")] * 4)
    assert float(moments("(cosh(1e-9*x)-1)*1e18").mean) == pytest.approx(0.5, rel=1e-12)
    assert float(moments(f).slope_mean) == pytest.approx(1e6 * (np.exp(5e-5) / 100 - 0.01), rel=1e-9)


def test_what_lies_beyond_the_cut_is_in_the_ball():
    # polynomial pieces are exact, so that at 256 bits only the tail stands between the integral and 1/2
    with ctx.workprec(256):
        second = moment_integrals(activation("relu"), arb(1), ["second"], [arb("1e-3")])[0]
        assert second.contains(arb(1) / 2) and second.rad() > 0
        h = hermite_integrals(activation("relu"), arb(1), 2, arb("1e-3"))[1]
        assert h.contains(arb(1) / 2)


def test_a_far_pole_has_the_same_moment_by_its_asymptotic_series():
    for c in (acb(0, 40), acb(1000, 50), acb(-33, 40)):
        with ctx.workprec(60):
            far = _far_pole(c)
        with ctx.workprec(8000):
            exact = pole_moments(c, 2)[1]
        assert far.overlaps(exact)
        assert far.rel_accuracy_bits() > 40
