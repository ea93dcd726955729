"""The reference itself: it is right where exact arithmetic says what is right."""

from fractions import Fraction

import numpy as np
import pytest

from ratapprox.formats.exporters.source import source
from tests.formats.exporters import reference
from tests.formats.exporters.reference import CASES, RELU


@pytest.mark.parametrize("form", ["horner", "reciprocal"])
@pytest.mark.parametrize("name", CASES)
def test_value_and_slope_are_those_of_the_exact_function(name, form):
    of = source(CASES[name], form=form, dtypes=("float64",))
    x = np.array([-1e9, -37.5, -3.1, -1.5, -1.0, -0.3, 1e-5, 0.5, 0.9, 1.25, 2.0, 11.0, 1e6])
    r = CASES[name].exact()
    for computed, exact in ((reference.value, r), (reference.slope, r.derivative())):
        for at, found in zip(x.tolist(), computed(of, "float64", x).tolist(), strict=True):
            right = exact(Fraction(at))
            assert abs(Fraction(found) - right) <= max(1, abs(right)) * Fraction(1, 10**11), at


@pytest.mark.parametrize("form", ["horner", "reciprocal"])
@pytest.mark.parametrize("name", CASES)
def test_limits_are_reached_with_their_sign(name, form):
    of = source(CASES[name], form=form, dtypes=("float32",))
    found = reference.value(of, "float32", np.float32([-np.inf, np.inf]))
    np.testing.assert_allclose(found, of.limits(), rtol=2.0**-21)  # two rounded coefficients and a division
    largest = np.finfo(np.float32).max
    ends = reference.value(of, "float32", np.float32([-largest, largest]))
    assert np.array_equal(np.signbit(ends), np.signbit(found))
    assert not np.isnan(ends).any()


@pytest.mark.parametrize("name", CASES)
def test_slopes_reach_their_limits(name):
    of = source(CASES[name], dtypes=("float64",))
    found = reference.slope(of, "float64", np.array([-np.inf, np.inf]))
    limits = source(CASES[name].exact().derivative()).limits()
    np.testing.assert_allclose(found, limits, rtol=2.0**-50)
    assert np.isnan(reference.slope(of, "float64", np.array([np.nan]))).all()


def test_a_fault_in_one_bit_is_seen():
    x = np.float32([0.5, 1.0])
    expected = reference.value(source(RELU), "float32", x)
    reference.assert_same_bits(expected.copy(), expected, x, "itself")
    faulty = np.float32([expected[0], np.nextafter(expected[1], np.float32(9))])
    with pytest.raises(AssertionError, match="1 differ"):
        reference.assert_same_bits(faulty, expected, x, "a fault")
    with pytest.raises(AssertionError, match="1 differ"):
        reference.assert_same_bits(np.float32([-0.0]), np.float32([0.0]), x, "a sign")
