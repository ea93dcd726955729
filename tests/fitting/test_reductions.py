"""Symmetry and polynomial parts are taken off exactly, and put back exactly."""

from fractions import Fraction

import pytest
from flint import fmpq, fmpq_poly
from hypothesis import given
from hypothesis import strategies as st

from ratapprox.activations import activation
from ratapprox.fitting.reductions import reduce

INTERVAL = (Fraction(-3), Fraction(3))


def reduction(target, type, on=INTERVAL, weight=None):
    return reduce(activation(target), type, on, None if weight is None else activation(weight))


@pytest.mark.parametrize(
    ("target", "type", "small", "odd", "polynomial"),
    [
        ("abs", (5, 5), (2, 2), False, ()),
        ("tanh", (5, 4), (2, 2), True, ()),
        ("tanh", (4, 5), (1, 2), True, ()),
        ("relu", (3, 2), (1, 1), False, (0, Fraction(1, 2))),
        ("gelu", (7, 6), (3, 3), False, (0, Fraction(1, 2))),
        ("sigmoid", (5, 5), (2, 2), True, (Fraction(1, 2),)),
        ("tanhshrink", (3, 3), (1, 1), True, ()),
    ],
)
def test_symmetric_targets_are_reduced_to_the_squared_variable(target, type, small, odd, polynomial):
    found = reduction(target, type)
    assert found.problem is not None
    assert (found.problem.m, found.problem.n) == small
    assert (found.squared, found.odd, found.polynomial) == (True, odd, polynomial)


@pytest.mark.parametrize(
    ("target", "type"), [("relu", (2, 2)), ("gelu", (2, 6)), ("sigmoid", (2, 3)), ("elu", (4, 4)), ("mish", (5, 4))]
)
def test_what_the_type_cannot_absorb_or_has_no_symmetry_is_left_alone(target, type):
    found = reduction(target, type)
    assert found.problem is not None
    assert not found.squared
    assert (found.problem.m, found.problem.n) == type


def test_the_symmetry_is_about_the_middle_of_the_interval():
    assert reduction("clip(x, 0, 1)", (3, 3), (Fraction(-1), Fraction(2))).odd
    assert not reduction("clip(x, 0, 1)", (3, 3), (Fraction(-1), Fraction(3))).squared
    assert not reduction("abs(x - 1/1024)", (4, 4), (Fraction(-1), Fraction(1))).squared


def test_a_weight_without_the_symmetry_prevents_the_reduction():
    assert reduction("abs", (4, 4), weight="1 + x**2").squared
    assert not reduction("abs", (4, 4), weight="exp(x)").squared


coefficients = st.lists(st.integers(-9, 9), min_size=1, max_size=4)


@given(coefficients, coefficients.filter(lambda q: q[0] != 0), st.fractions(-3, 3))
def test_restoring_puts_back_polynomial_and_square_exactly(p, q, x):
    found = reduction("relu", (9, 8))
    top, bottom = found.restore(fmpq_poly(p), fmpq_poly(q))
    y = fmpq(x.numerator, x.denominator)
    t = y * y
    assert top(y) * fmpq_poly(q)(t) == (y / 2 * fmpq_poly(q)(t) + fmpq_poly(p)(t)) * bottom(y)


@given(coefficients, coefficients.filter(lambda q: q[0] != 0), st.fractions(-3, 3))
def test_restoring_an_odd_remainder_about_a_centre_multiplies_it_by_y(p, q, x):
    found = reduction("clip(x, 0, 1)", (3, 3), (Fraction(-1), Fraction(2)))
    top, bottom = found.restore(fmpq_poly(p), fmpq_poly(q))
    y = fmpq(x.numerator, x.denominator) - fmpq(1, 2)
    t = y * y
    here = fmpq(x.numerator, x.denominator)
    assert top(here) * fmpq_poly(q)(t) == (fmpq(1, 2) * fmpq_poly(q)(t) + y * fmpq_poly(p)(t)) * bottom(here)


def test_the_best_odd_rational_with_a_constant_numerator_is_zero():
    assert reduction("tanh", (0, 4)).problem is None
