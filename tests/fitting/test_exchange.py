"""Extrema of the error and the next reference."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ratapprox.fitting.exchange import extrema, next_reference
from tests.fitting.problems import plain

errors = st.lists(st.floats(-1, 1).filter(lambda e: abs(e) > 1e-6), min_size=2, max_size=40)


def alternations(values):
    signs = np.sign(values)
    return 1 + int(np.sum(signs[1:] != signs[:-1]))


@given(errors, st.integers(2, 12))
def test_the_next_reference_alternates_and_contains_the_largest_error(values, count):
    candidates = [(float(i), e) for i, e in enumerate(values)]
    found = next_reference(candidates, count)
    if found is None:
        assert alternations(values) < count
        return
    chosen = [values[int(x)] for x in found]
    assert len(found) == count
    assert found == sorted(found)
    assert alternations(chosen) == count
    assert max(map(abs, chosen)) == max(map(abs, values))


def test_winnowing_a_product_of_sines_keeps_alternating_extrema():
    # The example by which Simon Tatham tests his Remez program.
    x = np.linspace(0, 1, 5001)
    e = np.sin(20 * x) * np.sin(197 * x)
    found = next_reference(list(zip(x.tolist(), e.tolist(), strict=True)), 20)
    assert found is not None
    values = np.sin(20 * np.array(found)) * np.sin(197 * np.array(found))
    assert alternations(values) == 20
    assert np.max(np.abs(values)) == np.max(np.abs(e))


def test_every_extremum_of_a_chebyshev_polynomial_is_found():
    problem = plain("exp", (0, 0), (-1, 1))
    degree = 9
    found = extrema(problem, lambda x: (np.cos(degree * np.arccos(x)), True), np.linspace(-1, 1, 6))
    expected = -np.cos(np.pi * np.arange(degree + 1) / degree)
    assert len(found.x) == degree + 1
    assert np.max(np.abs(found.x - expected)) < 1e-6
    half_of_location_error_squared_times_curvature = 1e-10
    assert np.max(np.abs(np.abs(found.e) - 1)) < half_of_location_error_squared_times_curvature


def test_a_second_maximum_between_two_breakpoints_is_not_missed():
    problem = plain("exp", (0, 0), (-1, 1))
    found = extrema(problem, lambda x: (np.cos(6 * np.pi * x), True), np.array([-1.0, 0.0, 1.0]))
    reference = next_reference(list(zip(found.x.tolist(), found.e.tolist(), strict=True)), 13)
    assert reference is not None
    assert np.allclose(reference, np.linspace(-1, 1, 13), atol=1e-6)


def test_a_kink_given_as_a_breakpoint_is_a_candidate_exactly():
    problem = plain("abs(x - 1/8)", (0, 0), (-1, 1))
    found = extrema(problem, lambda x: (0.3 - np.abs(x - 0.125), True), np.array([-1.0, 0.125, 1.0]))
    assert 0.125 in found.x.tolist()
    assert found.e[found.x.tolist().index(0.125)] == 0.3


def test_a_denominator_that_changes_its_sign_is_reported():
    problem = plain("exp", (0, 0), (-1, 1))
    assert not extrema(problem, lambda x: (np.ones_like(x), bool(np.all(x > 0))), np.array([-1.0, 1.0])).pole_free
    assert not extrema(problem, lambda x: (1 / np.where(x == 1, np.nan, x), True), np.array([-1.0, 1.0])).pole_free
