"""Landmarks: points where a target varies too fast for an even grid."""

import numpy as np
import pytest

from ratapprox import fit
from ratapprox.landmarks import landmarks


def with_weight_one(f):
    return lambda x: (f(x), np.ones_like(x))


@pytest.mark.parametrize("f", [np.exp, np.tanh, lambda x: x / (1 + np.exp(-x)), lambda x: 0 * x])
def test_smooth_functions_have_none(f):
    assert landmarks(with_weight_one(f), (-3.0, 3.0), []) == ()


def test_a_known_kink_needs_none_and_an_unknown_one_is_approached():
    kinked = with_weight_one(lambda x: np.abs(x - 0.1234))
    assert landmarks(kinked, (-1.0, 1.0), [0.1234]) == ()
    step = landmarks(with_weight_one(lambda x: np.where(x < 0.1234, -1.0, 1.0)), (-1.0, 1.0), [])
    assert min(abs(np.array(step) - 0.1234)) < 1e-12


def test_they_are_ascending_inside_and_bounded_in_number():
    found = landmarks(with_weight_one(lambda x: np.sin(1e4 * x)), (-1.0, 1.0), [])
    assert list(found) == sorted(found)
    assert -1 < found[0] <= found[-1] < 1
    assert len(found) < 2000


@pytest.mark.parametrize(
    ("target", "type", "on"),
    [
        ("tanh(50*(x - 1/8))", (5, 0), (-100, 100)),
        ("tanh(50*(x - 1/8))", (3, 0), (-5, 5)),
        ("sqrt(x**2 + 1/1000)", (2, 6), (-100, 100)),
    ],
)
def test_a_step_that_is_narrow_beside_the_interval_is_fitted_and_proved(target, type, on):
    assert fit(target, type, on).outcome.value == "certified"
