"""A certificate rounds outward, prints one line, and survives a round trip through plain values."""

import json
from dataclasses import FrozenInstanceError, replace
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from fractions import Fraction

import pytest
from flint import arb, fmpq
from hypothesis import given
from hypothesis import strategies as st

from ratapprox import Rational, certify
from ratapprox.symbolic.certificate import Certificate, outward, rounded

positive = st.fractions(min_value=0).filter(lambda v: v > 0)


@given(st.integers(1, 2**80), st.integers(-200, 100), st.integers(1, 40))
def test_decimals_are_rounded_outward(mantissa, exponent, digits):
    value = arb((mantissa, exponent))
    exact = Fraction(mantissa) * Fraction(2) ** exponent
    low, high = rounded(value, ROUND_FLOOR, digits), rounded(value, ROUND_CEILING, digits)
    assert Fraction(low) <= exact <= Fraction(high)
    assert len(low.as_tuple().digits) <= digits
    assert Fraction(high) - Fraction(low) <= exact * Fraction(10) ** (1 - digits)
    assert (low == high) == (Fraction(low) == exact)


@given(positive, st.integers(0, 200))
def test_an_enclosure_keeps_its_width(value, bits):
    lower = fmpq(value.numerator, value.denominator)
    a = arb(fmpq(int(lower * 2**250) if lower > 1 else 1, 2**250))
    b = a * (1 + arb(2) ** -bits)
    a, b = arb(a.mid()), arb(b.mid())
    low, high = outward(a, b)
    A, B = (Fraction(int(v.fmpq().p), int(v.fmpq().q)) for v in (a, b))
    assert Fraction(low) <= A <= B <= Fraction(high)
    assert Fraction(high) - Fraction(low) <= (B - A) * Fraction(101, 100) + A / 10**19


def test_the_line_says_what_is_proved():
    r = Rational([0.11803398874989485, 0.30901699437494745], [1.0, -0.6180339887498949])
    c = certify(r, "relu", (-1, 1))
    assert repr(c) == "Certificate: 0.1180339 ≤ E* ≤ ‖f − r‖ ≤ 0.1180340; no pole in [-1, 1]"
    assert repr(certify(Rational([1]), "relu", (-1, "1/3"))) == "Certificate: 1 ≤ ‖f − r‖ ≤ 1; no pole in [-1, 1/3]"
    assert repr(certify(Rational([1], [0, 1]), "x", (-1, 1))) == (
        "Certificate: q vanishes in [-1, 1], at 0: ‖f − r‖ is not bounded"
    )
    assert (
        repr(certify(Rational([0, 1]), "x", (-1, 1)))
        == "Certificate: ‖f − r‖ = 0, f and r are equal; no pole in [-1, 1]"
    )
    assert "‖w (f − r)‖" in repr(certify(Rational([1]), "x", (-1, 1), weight="1+x**2"))


@pytest.mark.parametrize(
    ("r", "target"),
    [
        (Rational([1], [1, 2]), "relu"),
        (Rational([0, 1]), "x"),
        (Rational([0.1, 0.5]), "gelu"),
        (Rational([1, 2], [3, 0, 1]), "sin"),
    ],
)
def test_plain_values_give_the_certificate_back(r, target):
    c = certify(r, target, (-1, 1))
    text = json.dumps(c.to_dict(), allow_nan=False)
    assert Certificate.from_dict(json.loads(text)) == c


def test_a_certificate_cannot_be_changed():
    c = certify(Rational([1]), "relu", (-1, 1))
    with pytest.raises(FrozenInstanceError):
        c.error_upper = Decimal(0)


def test_optimal_is_a_matter_of_the_two_bounds():
    c = certify(Rational([0.11803398874989485, 0.30901699437494745], [1.0, -0.6180339887498949]), "relu", (-1, 1))
    assert c.optimal
    assert 0 <= c.gap < 1e-14
    worse = replace(c, error_upper=c.error_upper * 2)
    assert not worse.optimal
    assert worse.gap == pytest.approx(1)
    assert replace(c, optimal_lower=Decimal(0)).gap == float("inf")


def test_slopes_are_proved_on_the_interval():
    c = certify(Rational([0, 0, 0, 1], [1, 0, 1]), "x", (-1, 3))
    assert c.increasing is True
    assert c.lipschitz_lower <= Decimal("1.125") <= c.lipschitz_upper  # at √3
    assert c.lipschitz_upper - c.lipschitz_lower < Decimal("1e-18")
    assert certify(Rational([0, 1], [1, 0, 1]), "x", (-1, 3)).increasing is False


def test_slopes_of_high_degree_are_left_open_and_the_method_says_so():
    c = certify(Rational([0, *([0] * 41), 1]), "x", (-1, 1))
    assert (c.increasing, c.lipschitz_lower, c.lipschitz_upper) == (None, None, None)
    assert "above degree 40" in c.method


def test_a_function_with_a_pole_has_no_largest_slope():
    c = certify(Rational([1], [0, 1]), "x", (-1, 1))
    assert (c.increasing, c.lipschitz_lower, c.lipschitz_upper) == (None, None, None)


def test_plain_values_without_slopes_are_read():
    document = certify(Rational([1]), "x", (-1, 1)).to_dict()
    for name in ("increasing", "lipschitz_lower", "lipschitz_upper"):
        del document[name]
    assert Certificate.from_dict(document).increasing is None
