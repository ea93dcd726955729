"""Formats round as they are defined, in fractions and in arrays; forms compute the function they are forms of."""

from fractions import Fraction

import numpy as np
import pytest
from flint import fmpq_poly
from hypothesis import given, settings
from hypothesis import strategies as st

from ratapprox import Rational
from ratapprox.number_formats import number_format
from ratapprox.symbolic.rounding.coefficient_error import largest_difference, slopes
from ratapprox.symbolic.rounding.forms import form_of, forms_of
from ratapprox.symbolic.rounding.measured import compute, first_non_finite
from ratapprox.symbolic.rounding.programs import Program
from tests.strategies import exact_rationals, fractions, pole_free_rationals
from tests.symbolic.machine import evaluate, rounded

NAMES = ["float16", "bfloat16", "float32", "float64", "q4.12", "q1.15", "q8.8", "q12.12"]

numbers = st.builds(lambda k, n, e: Fraction(k, n) * Fraction(2) ** e, st.integers(-4096, 4096), st.integers(1, 4096),
                    st.integers(-160, 140) | st.integers(-20, 20))  # fmt: skip


@given(numbers, st.sampled_from(NAMES))
def test_numbers_are_rounded_as_defined(number, name):
    assert number_format(name).round(number) == rounded(name, number)


@given(st.integers(-(2**26), 2**26), st.integers(-170, 130), st.sampled_from(["float16", "bfloat16"]))
def test_arrays_are_rounded_as_numbers_are(k, exponent, name):
    target = number_format(name)
    with np.errstate(all="ignore"):
        number = np.ldexp(np.float32(k), exponent)
        value = float(target.finish(np.full(1, number, np.float32))[0])
    expected = rounded(name, Fraction(float(number))) if np.isfinite(number) else None
    assert (Fraction(value) if np.isfinite(value) else None) == expected


@pytest.mark.parametrize("name", ["float16", "bfloat16", "q4.12", "q2.14"])
def test_one_operation_on_arrays_is_rounded_once(name):
    target = number_format(name)
    x = target.values()
    random = np.random.default_rng(5)
    tiny = x[np.abs(x) < 2.0 ** (-120 if name == "bfloat16" else -8)]
    moderate = x[(np.abs(x) < 300) & (np.abs(x) > 2.0**-13)]
    for pool in (x, tiny, moderate):
        a, b = random.choice(pool, 150), random.choice(moderate, 150)
        with np.errstate(all="ignore"):
            results = {
                "+": (a + b, lambda s, t: s + t),
                "*": (a * b, lambda s, t: s * t),
                "/": (a / b, Fraction.__truediv__),
            }
            for found, exact in results.values():
                for s, t, value in zip(a.tolist(), b.tolist(), target.finish(found).tolist(), strict=True):
                    expected = rounded(name, exact(Fraction(s), Fraction(t)))
                    assert (Fraction(value) if np.isfinite(value) else None) == expected


def test_values_are_all_finite_values_ascending_with_both_zeros():
    sizes = {"float16": 63488, "bfloat16": 65280, "q4.12": 65536, "q3.5": 256}
    for name, size in sizes.items():
        x = number_format(name).values()
        assert x.size == size
        assert np.isfinite(x).all()
        assert np.sum(np.diff(x) == 0) == (0 if name[0] == "q" else 1)
        assert (np.diff(x) >= 0).all()
        assert x[-1] == number_format(name).largest


def test_values_of_float16_are_those_of_numpy():
    bits = np.arange(65536, dtype=np.uint16).view(np.float16)
    assert np.array_equal(np.sort(bits[np.isfinite(bits)]), number_format("float16").values())


@given(st.floats(0, 1e300), st.sampled_from(["float16", "bfloat16", "float32", "float64"]))
def test_half_a_unit_in_the_last_place_bounds_the_rounding_error(size, name):
    target = number_format(name)
    bound = Fraction(target.error("*", size))
    for part in (Fraction(1), Fraction(2, 3), Fraction(1, 1000)):
        number = Fraction(size) * part
        value = rounded(name, number)
        if value is not None:
            assert abs(value - number) <= bound


@given(fractions, fractions, st.sampled_from(["float16", "q4.12", "float32"]))
def test_samples_lie_in_the_interval_and_in_the_format(a, b, name):
    a, b = min(a, b), max(a, b)
    for t in number_format(name).samples(a, b, 64).tolist():
        assert a <= Fraction(t) <= b
        assert rounded(name, Fraction(t)) == Fraction(t)


# -- forms


@given(exact_rationals(6))
def test_every_form_computes_the_function_when_nothing_is_rounded(r):
    p, q = r.polynomials()
    for form in forms_of(r):
        for program in form.programs:
            above, below = program.function()
            assert above * q == p * below, form.name


@given(exact_rationals(6))
def test_no_two_forms_are_the_same(r):
    programs = [form.programs for form in forms_of(r)]
    assert len(set(programs)) == len(programs)


@settings(max_examples=40)
@given(
    pole_free_rationals(), st.sampled_from(["float16", "bfloat16", "q8.8"]), st.lists(st.floats(-12, 12), min_size=1)
)
def test_arrays_and_fractions_compute_the_same_in_every_form(r, name, points):
    target = number_format(name)
    x = np.unique(target.nearest(np.array(points)))
    for form in forms_of(r):
        constants = [[target.round(c) for c in program.constants] for program in form.programs]
        if any(None in row for row in constants):
            continue
        used = type(form)(form.name, *(Program(tuple(row), program.steps, program.result)
                                       for row, program in zip(constants, form.programs, strict=True)))  # fmt: skip
        for t, value in zip(x.tolist(), compute(used, target, x).tolist(), strict=True):
            expected = evaluate(form, name, Fraction(t))
            assert (Fraction(value) if np.isfinite(value) else None) == expected


def test_horner_multiplies_and_adds_no_more_than_it_must():
    r = Rational([1, 2, 3, 4], [1, 2, 3])
    assert form_of(r, "horner").operations == 3 + 3 + 2 + 2 + 1
    assert form_of(Rational([0, 9, 0, 1], [1, 0, 1]), "split").operations == 5


def test_a_search_in_float16_finds_the_first_overflow():
    form = form_of(Rational([0, 0, 1]), "horner")
    x = number_format("float16").values()
    first = np.abs(x[~np.isfinite(compute(form, number_format("float16"), x))]).min()
    assert first_non_finite(form, number_format("float16")) == pytest.approx(first, rel=2e-3)


# -- the effect of rounded coefficients, and slopes


@given(pole_free_rationals(), pole_free_rationals(), fractions, st.fractions(0, 4))
def test_the_largest_difference_is_not_exceeded_and_attained(r, s, a, width):
    b = a + width
    bound = largest_difference(r.polynomials(), s.polynomials(), a, b)
    points = np.linspace(float(a), float(b), 400)
    seen = np.abs(r(points) - s(points)).max()
    assert seen <= float(bound) * (1 + 1e-9) + 1e-12 * np.abs(r(points)).max()
    # what 400 points can miss at most: half a step times the steepest slope there
    steep = np.abs((r - s).derivative()(np.linspace(float(a), float(b), 4001))).max()
    assert float(bound) <= seen * (1 + 1e-9) + 2 * steep * float(width) / 400 + 1e-9


def test_a_pole_makes_the_difference_infinite():
    one, x = fmpq_poly([1]), fmpq_poly([0, 1])
    assert not largest_difference((one, x), (one, one), Fraction(-1), Fraction(1)).is_finite()
    assert largest_difference((x, x), (one, one), Fraction(-1), Fraction(1)) == 0


@given(exact_rationals(), st.lists(st.integers(-40, 40), min_size=2, unique=True))
def test_between_neighbours_without_a_cut_the_function_moves_as_told(r, points):
    x = np.sort(np.array(points) / 4)
    directions = slopes(*r.polynomials()).between(x)
    reduced = r.reduced()
    for low, high, direction in zip(x[:-1].tolist(), x[1:].tolist(), directions.tolist(), strict=True):
        if direction:
            assert (reduced(Fraction(high)) - reduced(Fraction(low))) * direction > 0


def test_a_flat_point_on_the_way_up_is_no_cut():
    x = np.array([-2.0, 0.0, 2.0, 3.0])
    assert slopes(fmpq_poly([0, 9, 0, 1]), fmpq_poly([1, 0, 1])).between(x).tolist() == [1, 1, 1]
    assert slopes(fmpq_poly([1]), fmpq_poly([0, 1])).between(x).tolist() == [0, 0, -1]
    assert slopes(fmpq_poly([3]), fmpq_poly([1])).between(x).tolist() == [0, 0, 0]
