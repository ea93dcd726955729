"""The square integral of the error is enclosed: exact integrals, another quadrature, and what cannot be enclosed."""

import json
from decimal import Decimal
from fractions import Fraction
from math import inf

import jsonschema
import mpmath
import numpy as np
import pytest
from flint import ctx, fmpq, fmpq_poly
from hypothesis import given, settings
from hypothesis import strategies as st

import ratapprox
from ratapprox.auditing import Optima, audit
from ratapprox.auditing.document import audit_schema, document, entry_document
from ratapprox.auditing.l2_error import l2_error
from ratapprox.auditing.table import cells
from ratapprox.formats.importers import read_coefficients
from ratapprox.forms import PauA, PauB
from ratapprox.rational import Rational
from tests.strategies import pole_free_rationals

OPTIMA = Optima()
ONE = (Fraction(-1), Fraction(1))


def enclosed(function, target, on=ONE, **size):
    found = l2_error(function, ratapprox.activation(target), on, **size)
    assert found is not None
    return found


def holds(found, value) -> bool:
    """Whether a number of 30 digits lies between the ends."""
    return (
        mpmath.mpf(str(found.lower)) * (1 - mpmath.mpf(10) ** -20)
        <= value
        <= mpmath.mpf(str(found.upper)) * (1 + mpmath.mpf(10) ** -20)
    )


def narrow(found) -> bool:
    return found.upper - found.lower <= found.lower * Decimal("1e-11")


@given(coefficients=st.lists(st.fractions(-3, 3, max_denominator=5), min_size=1, max_size=6), b=st.fractions(1, 4))
def test_the_integral_of_a_polynomial_is_the_exact_one(coefficients, b):
    found = enclosed(Rational(coefficients), "relu", (-b, b))
    p, x = fmpq_poly([_fmpq(c) for c in coefficients]), fmpq_poly([0, 1])
    left, right = ((p - (x if side else 0)) ** 2 for side in (0, 1))
    end = _fmpq(b)
    exact = left.integral()(0) - left.integral()(-end) + right.integral()(end) - right.integral()(0)
    exact = Fraction(int(exact.p), int(exact.q))
    assert Fraction(found.lower) ** 2 <= exact <= Fraction(found.upper) ** 2
    assert narrow(found) or exact == 0


def _fmpq(number):
    return fmpq(number.numerator, number.denominator)


TARGETS = {
    "tanh": mpmath.tanh,
    "sigmoid": lambda x: 1 / (1 + mpmath.exp(-x)),
    "gelu": lambda x: x * (1 + mpmath.erf(x / mpmath.sqrt(2))) / 2,
    "relu": lambda x: max(x, mpmath.mpf(0)),
}


@pytest.mark.parametrize(
    "name",
    [
        "rational_activations:A:tanh:(5,4)",
        "rational_activations:B:sigmoid",
        "rational_activations:B:gelu",
        "rational_activations:A:relu",
        "rational_activations:N:gelu",
        "rationalnets:relu(5,4)",
        "kat:gelu:cpu",
    ],
)
def test_another_quadrature_lies_in_the_enclosure(name):
    entry = read_coefficients(name)[0]
    function = entry.function().reduced()
    found = enclosed(function, entry.target, entry.on)
    a, b = (mpmath.mpf(str(end)) for end in entry.on)
    cuts = [] if isinstance(function, Rational) else [mpmath.mpf(str(float(t))) for t in function.breakpoints]
    walls = sorted({a, b, mpmath.mpf(0), *(t for t in cuts if a < t < b)})
    with mpmath.workdps(30):
        f = TARGETS[entry.target]
        other = mpmath.sqrt(mpmath.quad(lambda x: (f(x) - function(x)) ** 2, walls))
        assert holds(found, other)
    assert narrow(found)


@settings(max_examples=25)
@given(r=pole_free_rationals(3), b=st.integers(1, 4))
def test_a_fine_sum_lies_near(r, b):
    found = enclosed(r, "relu", (Fraction(-b), Fraction(b)))
    x = (np.arange(200_000) + 0.5) / 200_000 * 2 * b - b
    target = ratapprox.activation("relu")
    dense = float(np.mean((r.to_float()(x) - target.numpy(x)) ** 2) * 2 * b) ** 0.5
    assert float(found) == pytest.approx(dense, rel=1e-5, abs=1e-9)


def test_kinks_of_the_target_and_breakpoints_of_the_function_are_walls():
    leaky = "leaky_relu(0.1)"
    found = enclosed(PauA([0.0, 1.0], [1.0]).function(), leaky)  # x/(1 + |x|), and both have their kink at 0
    with mpmath.workdps(30):
        f = lambda x: x if x > 0 else x / 10  # noqa: E731
        assert holds(found, mpmath.sqrt(mpmath.quad(lambda x: (f(x) - x / (1 + abs(x))) ** 2, [-1, 0, 1])))
    found = enclosed(PauB([0, 1], [0, -2, 0, 1]).function(), "relu", (Fraction(-2), Fraction(2)))  # cut at ±√2
    with mpmath.workdps(30):
        r = lambda x: x / (1 + abs(-2 * x**2 + x**4))  # noqa: E731
        root = mpmath.sqrt(2)
        walls = [-2, -root, 0, root, 2]
        other = mpmath.sqrt(mpmath.quad(lambda x: (max(x, 0) - r(x)) ** 2, walls))
        assert holds(found, other)
        assert narrow(found)


def test_equal_functions_have_no_error_and_others_at_most_largest_times_root_of_length():
    assert enclosed(Rational([0, 1]), "identity") == enclosed(Rational([0, 1, 1], [1, 1]).reduced(), "identity")
    assert enclosed(Rational([0, 1]), "identity").upper == 0
    best = ratapprox.fit("gelu", type=(30, 30), on=(-3, 3))
    assert best.error < 1e-40
    found = enclosed(best.rational, "gelu", (Fraction(-3), Fraction(3)), largest=best.certificate.error_upper)
    assert narrow(found)
    assert 0 < found.lower <= best.certificate.error_upper * Decimal(6).sqrt()


def test_the_end_of_a_root_a_narrow_valley_and_swift_waves_are_enclosed():
    assert narrow(enclosed(Rational([0]), "x", (Fraction(0), Fraction(3))))
    root = enclosed(Rational([0]), "sqrt(x)", (Fraction(0), Fraction(2)))
    assert Fraction(root.lower) ** 2 <= 2 <= Fraction(root.upper) ** 2
    assert root.upper - root.lower < Decimal("1e-9")
    valley = enclosed(Rational([1], [Fraction(1, 10**20), 0, 1]), "x - x")
    # ∫ 1/(c² + x²)² over the line is π/(2 c³), c = 1e-10; beyond ±1 lies less than 1
    square = Fraction(314159265358979323846, 2 * 10**20) * 10**30
    assert Fraction(valley.lower) ** 2 <= square * (1 + Fraction(1, 10**19))
    assert Fraction(valley.upper) ** 2 >= square - 1
    waves = enclosed(Rational([0]), "sin(200*x)")
    with mpmath.workdps(30):
        assert holds(waves, mpmath.sqrt(1 - mpmath.sin(400) / 400))


def test_what_is_wide_is_said_to_be_wide_and_never_wrong():
    waves = enclosed(Rational([0]), "sin(30000*x)")
    assert waves.lower <= 1 <= waves.upper <= 2
    assert l2_error(Rational([1], [0, 1]), ratapprox.activation("relu"), ONE) is None


def test_with_a_pole_it_is_infinite_everywhere():
    found = audit(Rational([1.0], [1.0, 1.0]), "sigmoid", (-2, 2), optima=OPTIMA)
    assert (found.declared.l2, found.declared.rms) == (None, inf)
    assert cells(found)[6] == "∞"
    said = entry_document(found)
    assert (said["l2_error"], said["rms_error"]) == (None, None)
    assert said["l2_enclosure"] == {"lower": None, "upper": None, "reason": "infinite: a pole is in the interval"}
    jsonschema.validate(json.loads(json.dumps(document([found]))), audit_schema())


def test_the_document_has_a_number_and_its_bounds():
    found = audit(Rational([0, 1]), "relu", (-1, 1), optima=OPTIMA)
    said = entry_document(found)
    low, high = said["l2_enclosure"]["lower"], said["l2_enclosure"]["upper"]
    assert Fraction(low) ** 2 <= Fraction(1, 3) <= Fraction(high) ** 2
    assert high - low < 1e-12
    assert said["l2_error"] == high
    assert said["rms_error"] == pytest.approx(6**-0.5, rel=1e-12)
    without = entry_document(audit(Rational([0, 1])))
    assert (without["l2_error"], without["l2_enclosure"], without["rms_error"]) == (None, None, None)


def test_no_precision_is_left_changed():
    before = ctx.prec, ctx.cap
    enclosed(Rational([1], [1, 0, 1]), "gelu")
    assert (ctx.prec, ctx.cap) == before
