"""Bounds over boxes are bounds, and the search finds the largest peak wherever it is."""

from decimal import Decimal
from fractions import Fraction

import pytest
from flint import arb, arb_poly, fmpq
from hypothesis import given, settings
from hypothesis import strategies as st

from ratapprox import Rational, certify
from ratapprox.symbolic.branches import Model, span
from ratapprox.symbolic.enclosure import _bound, _Box

small = st.integers(-16, 16)


@settings(max_examples=400)
@given(
    st.lists(small, min_size=4, max_size=6),
    st.integers(0, 4),
    st.sampled_from([0, 1, 4, 8]),
    st.sampled_from([0, 1, 4, 8]),
    st.lists(st.integers(0, 8), min_size=5, max_size=5),
    st.sampled_from([-1, -0.5, 0, 0.25, 1]),
)
def test_the_bound_of_a_box_holds_on_the_box(coefficients, radius, left, right, places, remainder):
    lo, hi = fmpq(-left, 8), fmpq(right, 8)
    c = [arb(fmpq(k, 4)) for k in coefficients]
    last = c[-1]
    c[-1] = arb(last, fmpq(radius, 4))
    model = Model(arb_poly(c), span(lo, hi))
    bound = _bound(model, _Box(0, lo, fmpq(0), hi, True), arb(0))
    exact = arb_poly([*c[:-1], last + arb(remainder) * fmpq(radius, 4)])
    for place in places:
        value = exact(arb(lo + (hi - lo) * fmpq(place, 8)))
        assert value.abs_lower() <= bound


@pytest.mark.parametrize("c", [(2, -0.25, -1, 0.01), (-2, 0.25, 1, 0.01), (2, 0, -1, 0)])
def test_the_bound_of_a_peak_is_its_height(c):
    lo, hi = fmpq(-1, 2), fmpq(1, 2)
    bound = _bound(Model(arb_poly(list(c)), span(lo, hi)), _Box(0, lo, fmpq(0), hi, True), arb(0))
    height = 2 + 0.25**2 / 4 if c[1] else 2
    assert height <= bound <= height * 1.001


@pytest.mark.parametrize(("lo", "hi", "slope"), [(0, 1, -1), (-1, 0, 1)])
def test_the_bound_of_a_fall_is_the_value_at_its_top(lo, hi, slope):
    model = Model(arb_poly([1, slope, 0.1, 0.1]), span(fmpq(lo), fmpq(hi)))
    assert _bound(model, _Box(0, fmpq(lo), fmpq(0), fmpq(hi), True), arb(0)) == 1


PEAKS = ["-1", "-7/10", "0", "7/10", "1"]


@pytest.mark.parametrize("center", PEAKS)
@pytest.mark.parametrize("target", ["8*x**4-8*x**2+1", "sin(8*x**4-8*x**2+1)", "abs(8*x**4-8*x**2+1)"])
def test_the_largest_peak_is_found_wherever_it_is(target, center):
    c = certify(Rational([0]), target, (-1, 1), weight=f"1-(x-({center}))**2/8")
    assert c.error_at == pytest.approx(float(Fraction(center)), abs=0.05)
    assert c.error_lower <= c.error_upper <= c.error_lower * Decimal("1.000000001")
    assert Decimal("0.84") < c.error_lower <= Decimal("1.01")


@pytest.mark.parametrize("k", range(-9, 10, 3))
def test_a_narrow_peak_between_the_samples_is_found(k):
    at = Fraction(k, 10) + Fraction(1, 271)
    c = certify(Rational([0]), f"exp(-(({at.denominator}*x-({at.numerator}))*1000)**2)+x/10", (-1, 1))
    peak = 1 + float(at) / 10
    assert float(c.error_lower) == pytest.approx(peak, rel=1e-6)
    assert c.error_lower <= c.error_upper <= c.error_lower * Decimal("1.000000001")


@pytest.mark.parametrize("target", ["x**(1/4)", "sqrt(x)", "x*log(x)", "x**(2/3)"])
def test_a_singular_end_is_enclosed(target):
    c = certify(Rational([Fraction(1, 1000), 1], [1, Fraction(1, 2)]), target, (0, 1), tolerance=1e-12)
    assert c.error_lower <= c.error_upper <= c.error_lower * (1 + Decimal("1e-12"))
