"""Exact decisions about all x of an interval, at rational and at algebraic values of a parameter."""

from fractions import Fraction

import pytest
from flint import fmpq_poly
from hypothesis import given
from hypothesis import strategies as st

from ratapprox.algebraic import Algebraic
from ratapprox.sturm import to_fmpq
from ratapprox.symbolic.decide import gap_samples, holds, true_of
from ratapprox.symbolic.numberfield import NumberField, decide_at

R = (None, None)
X = fmpq_poly([0, 1])
ROOT2 = Algebraic((-2, 0, 1), Fraction(1), Fraction(2))
A = fmpq_poly([0, 1])
ONE, ZERO = fmpq_poly([1]), fmpq_poly([])


@pytest.mark.parametrize(
    ("f", "relation", "on", "witness"),
    [
        (X**2, ">=", R, None),
        (X**2, ">", R, 0),
        (X**2, "!=", R, 0),
        (X**2, ">", (Fraction(0), None), 0),
        (X, ">=", (Fraction(0), Fraction(1)), None),
        (X, ">=", (Fraction(-1, 3), Fraction(1)), Fraction(-1, 4)),
        (X, ">", (Fraction(1, 3), Fraction(1)), None),
        (X - 1, "!=", (Fraction(0), Fraction(1)), 1),
        (X**2 - 2, "!=", (Fraction(0), None), ROOT2),
        ((X**2 - 2) ** 2, ">", (Fraction(0), None), ROOT2),
        ((X**2 - 2) ** 2, ">=", R, None),
        ((X**2 - 2) ** 3, ">=", R, 0),
        (-X - 5, ">=", R, 0),
        (fmpq_poly([]), ">=", R, None),
        (fmpq_poly([]), ">", (Fraction(1), Fraction(2)), Fraction(3, 2)),
        (fmpq_poly([-1]), ">=", R, 0),
        (fmpq_poly([-1]), "!=", R, None),
    ],
)
def test_known_decisions(f, relation, on, witness):
    assert holds(f, relation, on) == witness


ends = st.sampled_from(
    [R, (Fraction(0), None), (None, Fraction(1)), (Fraction(-1), Fraction(1)), (Fraction(1), Fraction(2))]
)
factors = st.lists(st.sampled_from([X, X - 1, X + 1, X - 2, 2 * X - 3, X**2 + 1, X**2 - 3, -X]), max_size=5)


@given(factors, st.sampled_from([">=", ">", "!="]), ends)
def test_products_of_known_factors_are_decided_as_their_signs_say(parts, relation, on):
    f = fmpq_poly([1])
    for part in parts:
        f *= part
    low, high = (Fraction(-4) if on[0] is None else on[0], Fraction(4) if on[1] is None else on[1])
    # all rational roots are multiples of 1/2, and ±√3 lies between 17/10 and 18/10
    places = [x for k in range(-80, 81) if low <= (x := Fraction(k, 20)) <= high]
    fails = [x for x in places if not true_of(f(to_fmpq(x)), relation)]
    inside = (low < Fraction(17, 10) and high > Fraction(18, 10)) or low < Fraction(-18, 10)
    crossed = relation != ">=" and X**2 - 3 in parts and inside
    found = holds(f, relation, on)
    assert (found is not None) == bool(fails or crossed)
    if isinstance(found, Fraction):
        assert not true_of(f(to_fmpq(found)), relation)
        assert (on[0] is None or found >= on[0]) and (on[1] is None or found <= on[1])


def test_samples_lie_between_roots_and_ends():
    assert gap_samples(X * (X - 1), (Fraction(0), None)) == [Fraction(1, 2), Fraction(2)]
    close = (X - 1) * (X - fmpq_poly([to_fmpq(1 + Fraction(1, 10**40))]))
    low, middle, high = gap_samples(close, R)
    assert low < 1 < middle < 1 + Fraction(1, 10**40) < high


@pytest.mark.parametrize(
    ("coefficients", "relation", "on", "expected"),
    [
        ([2 * ONE, -2 * A, ONE], ">=", R, True),  # (x - √2)²
        ([2 * ONE, -2 * A, ONE], ">", R, False),
        ([2 * ONE, -2 * A, ONE], "!=", R, False),
        ([2 * ONE, -2 * A, ONE], "!=", (None, Fraction(1)), True),
        ([2 * ONE, -2 * A, ONE], "!=", (Fraction(2), None), True),
        ([2 * ONE + fmpq_poly([to_fmpq(Fraction(1, 10**30))]), -2 * A, ONE], ">", R, True),
        ([2 * ONE - fmpq_poly([to_fmpq(Fraction(1, 10**30))]), -2 * A, ONE], ">=", R, False),
        ([A**2 - 2], ">=", R, True),
        ([A**2 - 2], ">", R, False),
        ([A**2 - 2], "!=", R, False),
        ([ONE, ZERO, ONE, A**2 - 2], ">", R, True),  # the leading coefficient vanishes
        ([A, ONE], ">=", (Fraction(-1), None), True),
        ([A, ONE], ">=", (Fraction(-2), None), False),
        ([A - 1, ZERO, ONE], "!=", R, True),
        ([1 - A, ZERO, ONE], "!=", R, False),
        ([1 - A, ZERO, ONE], "!=", (Fraction(1), Fraction(2)), True),
        ([A**2 - 2 - 1, ONE], "!=", (Fraction(1), Fraction(2)), False),  # a root at the end: x = 1
        ([A**2 - 2 - 1, ONE], ">", (Fraction(1), Fraction(2)), False),
        ([A**2 - 2 - 1, ONE], ">=", (Fraction(1), Fraction(2)), True),
    ],
)
def test_decisions_at_the_square_root_of_two(coefficients, relation, on, expected):
    assert decide_at(coefficients, ROOT2, relation, on).holds == expected


@given(
    st.lists(st.tuples(st.integers(-3, 3), st.integers(-3, 3)), min_size=1, max_size=5),
    st.sampled_from([">=", ">", "!="]),
    ends,
    st.fractions(-2, 2, max_denominator=4),
)
def test_the_number_field_of_degree_one_agrees_with_rational_decisions(pairs, relation, on, value):
    coefficients = [fmpq_poly(list(pair)) for pair in pairs]
    f = fmpq_poly([c(to_fmpq(value)) for c in coefficients])
    assert decide_at(coefficients, Algebraic.rational(value), relation, on).holds == (holds(f, relation, on) is None)


def test_common_divisors_over_a_number_field_are_found():
    field = NumberField(ROOT2)
    first, second = [-A, ONE], [A, ONE]  # x ∓ √2
    product = [fmpq_poly([-2]), ZERO, ONE]
    assert field.gcd(product, first) == first and field.gcd(product, second) == second
    assert field.divmod(product, first) == (second, [])
    assert field.gcd([fmpq_poly([-2]), ZERO, ONE], [ONE, ONE]) == [ONE]
