"""L-BFGS and its line search."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize, rosen, rosen_der

from ratapprox.networks.optimise import DIVERGED, STATIONARY, Lbfgs
from ratapprox.networks.optimise.wolfe import Point, search
from tests.networks.optimise.problems import ROSENBROCK, ROSENBROCK_START, linear, steps


class Counted:
    """A scalar function of one vector, as an objective that counts."""

    def __init__(self, value, gradient):
        self.value, self.gradient, self.calls = value, gradient, 0

    def value_and_gradient(self, parameters):
        self.calls += 1
        return np.array([self.value(p) for p in parameters]), np.array([self.gradient(p) for p in parameters])


def test_the_minimum_of_rosenbrocks_function_is_found():
    state = steps(Lbfgs(), ROSENBROCK, ROSENBROCK_START, 60)[-1]
    assert np.abs(state.parameters - 1).max() < 1e-7 and state.loss[0] < 1e-14


def test_twenty_dimensions_take_no_more_evaluations_than_scipys_l_bfgs_b_and_a_quarter():
    start = np.tile([-1.2, 1.0], 10)
    theirs = minimize(rosen, start, jac=rosen_der, method="L-BFGS-B", options={"maxcor": 50, "ftol": 0, "gtol": 1e-8})
    ours = Counted(rosen, rosen_der)
    state = Lbfgs().start(ours, start[None])
    while np.abs(state.gradient).max() > 1e-8:
        state = Lbfgs().step(ours, state)
        assert ours.calls < 1000
    assert np.abs(state.parameters[0] - theirs.x).max() < 1e-6
    assert ours.calls <= 1.25 * theirs.nfev


def test_a_quadratic_of_ten_dimensions_is_solved_to_rounding_and_then_called_stationary():
    random = np.random.default_rng(1)
    matrix = random.normal(size=(20, 10)) @ np.diag(np.logspace(0, -1, 10))
    objective, truth = linear(matrix, matrix @ np.arange(10.0)), np.arange(10.0)
    states = steps(Lbfgs(), objective, np.zeros((1, 10)), 200)
    assert np.abs(states[-1].parameters - truth).max() < 1e-9
    assert states[-1].status[0] == STATIONARY


def test_the_loss_never_rises():
    losses = [float(state.loss[0]) for state in steps(Lbfgs(memory=3), ROSENBROCK, ROSENBROCK_START, 80)]
    assert all(b <= a for a, b in itertools.pairwise(losses))


def test_as_many_pairs_are_kept_as_are_asked_for():
    objective = Counted(rosen, rosen_der)
    states = steps(Lbfgs(memory=4), objective, np.tile([-1.2, 1.0], 5)[None], 10)
    assert [len(state.moves) for state in states[:8]] == [0, 1, 2, 3, 4, 4, 4, 4]
    assert all(float(s @ y) > 0 for state in states for s, y in zip(state.moves, state.changes, strict=True))


def test_a_pole_on_the_way_shortens_the_step():
    """-log(1 - θ) + 8θ² - 40θ: finite only for θ < 1, and the first direction points over the pole."""

    def value(p):
        with np.errstate(all="ignore"):
            return float(-np.log(1 - p[0]) + 8 * p[0] ** 2 - 40 * p[0])

    def gradient(p):
        with np.errstate(all="ignore"):
            return np.array([1 / (1 - p[0]) + 16 * p[0] - 40])

    state = steps(Lbfgs(), Counted(value, gradient), np.array([[-3.0]]), 40)[-1]
    root = (56 - np.sqrt(56**2 - 4 * 16 * 39)) / 32
    assert abs(state.parameters[0, 0] - root) < 1e-8


def test_a_start_without_a_finite_loss_is_diverged_and_stays():
    objective = Counted(lambda p: float("nan"), lambda p: p)
    first, second = steps(Lbfgs(), objective, np.ones((1, 2)), 1)
    assert first.status[0] == DIVERGED and second is first


def test_several_networks_at_once_are_refused():
    with pytest.raises(ValueError, match=r"one network at a time: parameters of shape \(1, P\), not \(2, 2\)"):
        Lbfgs().start(ROSENBROCK, np.ones((2, 2)))
    with pytest.raises(ValueError, match="at least one pair"):
        Lbfgs(memory=0)


@settings(max_examples=200)
@given(st.floats(0.01, 100), st.floats(0.1, 10), st.floats(0, 3), st.floats(1e-3, 100))
def test_a_found_length_satisfies_both_wolfe_conditions(far, steep, wave, first):
    """φ(α) = steep (α - far)²/far + wave (1 - cos α), falling at 0."""

    def at(a):
        value = steep * (a - far) ** 2 / far + wave * (1 - np.cos(a))
        return Point(a, float(value), float(2 * steep * (a - far) / far + wave * np.sin(a)), None)

    origin = at(0.0)
    found = search(at, origin, first, 4e-16)
    assert found is not None
    assert found.value <= origin.value + 1e-4 * found.length * origin.slope + 1e-15 * abs(origin.value)
    assert abs(found.slope) <= 0.9 * abs(origin.slope)
