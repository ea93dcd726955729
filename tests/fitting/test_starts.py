"""Initial references."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratapprox.fitting.differential_correction import differential_correction
from ratapprox.fitting.remez import remez
from ratapprox.fitting.starts import chebyshev, clustered, initial_references, singular_ends, stretched
from ratapprox.fitting.watch import Watch
from tests.fitting.problems import plain, reduced

TARGETS = [
    ("relu", (-1, 1)),
    ("clip(x, 0, 1)", (-1, 3)),
    ("gelu", (-5, 5)),
    ("sqrt(x)", (0, 2)),
    ("abs(x - 1/8)", (-1, 1)),
]


@given(st.sampled_from(TARGETS), st.integers(0, 12), st.integers(0, 12))
def test_every_start_has_m_plus_n_plus_2_ascending_points_of_the_interval(question, m, n):
    target, on = question
    for problem in (plain(target, (m, n), on), reduced(target, (m + 1, n), on)):
        for _, reference in initial_references(problem):
            assert len(reference) == problem.needed
            assert np.all(np.diff(reference) > 0)
            assert reference[0] >= problem.lower
            assert reference[-1] <= problem.upper


def test_chebyshev_extrema_of_an_odd_problem_leave_out_the_centre():
    problem = reduced("tanh", (5, 4), (-2, 2))
    x = chebyshev(problem)
    assert x[0] > 0
    both = np.concatenate([-x[::-1], x])
    count = len(both)
    assert np.allclose(both, -2 * np.cos(np.pi * np.arange(count) / (count - 1)))


def test_clustered_points_approach_the_kink_geometrically_from_both_sides():
    problem = plain("abs(x - 1/8)", (20, 20), (-1, 1))
    x = clustered(problem, [0.125], at=False)
    assert x is not None
    right = x[x > 0.125] - 0.125
    assert len(right) == len(x) // 2
    assert right[0] < 1e-4
    assert right[-1] == pytest.approx(0.875)


@pytest.mark.parametrize(("alpha", "text"), [(0.25, "x**(1/4)"), (0.5, "sqrt(x)"), (1 / 3, "x**(1/3)")])
def test_the_exponent_of_a_singular_end_is_recognised(alpha, text):
    ends, steepness = singular_ends(plain(text, (2, 2), (0, 1)))
    assert ends == [0.0]
    assert steepness == pytest.approx(np.sqrt(2 / alpha), rel=1e-3)


@pytest.mark.parametrize("text", ["exp", "gelu", "relu", "abs", "x**3", "tanh(50*(x - 1/8))"])
def test_smooth_and_kinked_functions_have_no_singular_ends(text):
    assert singular_ends(plain(text, (2, 2), (-1, 1))) == ([], pytest.approx(np.sqrt(2)))


@given(st.integers(2, 8), st.integers(1, 5))
def test_stretching_a_reference_keeps_its_ends_and_its_order(m, more):
    small, large = plain("relu", (m, 2), (-1, 1)), plain("relu", (m + more, 2), (-1, 1))
    x = stretched(large, chebyshev(small).tolist())
    assert len(x) == large.needed
    assert (x[0], x[-1]) == (-1, 1)
    assert np.all(np.diff(x) > 0)


@pytest.mark.parametrize(
    ("target", "type", "on"), [("relu", (0, 4), (-1, 1)), ("relu", (2, 6), (-1, 1)), ("gelu", (2, 6), (-5, 5))]
)
def test_differential_correction_finds_a_start_where_chebyshev_extrema_fail(target, type, on):
    problem = plain(target, type, on)
    assert remez(problem, chebyshev(problem), Watch(), scale=1.0, patience=8) is None
    reference = differential_correction(problem, Watch())
    assert reference is not None
    found = remez(problem, reference, Watch(), scale=1.0)
    assert found is not None
    assert found.gap < 1e-3
