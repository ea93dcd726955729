"""Levenberg–Marquardt, Gauss–Newton and variable projection."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.optimize import least_squares

from ratapprox.networks.optimise import DIVERGED, STATIONARY, GaussNewton, LevenbergMarquardt, VariableProjection
from tests.networks.optimise.problems import ROSENBROCK, ROSENBROCK_START, Squares, exponentials, linear, steps

X = np.linspace(0, 3, 40)
NOISY = 2 * np.exp(-X) + 3 * np.exp(-4 * X) + 0.01 * np.random.default_rng(3).normal(size=40)
EXACT = 2 * np.exp(-X) + 3 * np.exp(-4 * X)
START = np.array([[0.5, 6.0, 1.0, 1.0]])
METHODS = [LevenbergMarquardt(), LevenbergMarquardt(dual=True), GaussNewton(), VariableProjection(2)]


@pytest.mark.parametrize("method", METHODS, ids=lambda m: f"{m.name}{'-dual' if getattr(m, 'dual', 0) is True else ''}")
def test_two_exponentials_are_fitted_as_scipys_least_squares_fits_them(method):
    objective = exponentials(X, NOISY)
    theirs = least_squares(objective.residuals, START[0], jac=objective.jacobian, method="lm", xtol=1e-15, ftol=1e-15)
    state = steps(method, objective, START, 100)[-1]
    assert np.abs(state.parameters[0] - theirs.x).max() < 1e-6
    assert float(state.loss[0]) == pytest.approx(2 * theirs.cost / 40, rel=1e-10)


@pytest.mark.parametrize("method", METHODS, ids=lambda m: f"{m.name}{'-dual' if getattr(m, 'dual', 0) is True else ''}")
def test_exponentials_without_noise_are_found_again(method):
    state = steps(method, exponentials(X, EXACT), START, 100)[-1]
    assert np.abs(state.parameters[0] - [1, 4, 2, 3]).max() < 1e-6


@pytest.mark.parametrize("dual", [False, True])
def test_on_a_linear_problem_each_singular_direction_shrinks_by_the_known_factor(dual):
    """θ - θ* is multiplied by μ/(σ² + μ), μ = λM."""
    random = np.random.default_rng(2)
    left, right = (np.linalg.qr(random.normal(size=shape))[0] for shape in ((6, 4), (4, 4)))
    values = np.array([3.0, 1.0, 0.3, 0.1])
    matrix = left * values @ right.T
    objective, truth = linear(matrix, matrix @ np.ones(4)), np.ones(4)
    method = LevenbergMarquardt(start_damping=0.05, dual=dual)
    first, second = steps(method, objective, np.zeros((1, 4)), 1)
    gram = matrix @ matrix.T if dual else matrix.T @ matrix
    mu = 0.05 * gram.diagonal().max()
    errors = [right.T @ (state.parameters[0] - truth) for state in (first, second)]
    assert np.allclose(errors[1] / errors[0], mu / (values**2 + mu), rtol=1e-10, atol=0)


def test_primal_and_dual_take_the_same_steps():
    random = np.random.default_rng(4)
    matrix = random.normal(size=(5, 8))
    objective = Squares(lambda p: np.sin(matrix @ p) - 0.3, lambda p: np.cos(matrix @ p)[:, None] * matrix)
    start = random.normal(size=(1, 8))
    # equal first damping: the diagonals of JᵀJ and JJᵀ differ
    jacobian = objective.jacobian(start[0])
    ratio = (jacobian @ jacobian.T).diagonal().max() / (jacobian.T @ jacobian).diagonal().max()
    primal = steps(LevenbergMarquardt(1e-2 * ratio, dual=False), objective, start, 6)
    dual = steps(LevenbergMarquardt(1e-2, dual=True), objective, start, 6)
    for a, b in zip(primal, dual, strict=True):
        assert np.abs(a.parameters - b.parameters).max() < 1e-7
        assert np.array_equal(a.damping, b.damping, equal_nan=True) or abs(a.damping / b.damping - 1) < 1e-5


def test_auto_takes_the_smaller_system_and_an_objectives_own_kernel():
    asked = []

    class Structured(Squares):
        def kernel(self, parameters):
            asked.append(parameters.shape)
            return self.slope(parameters) @ self.slope(parameters).T

        def jacobian(self, parameters):
            raise AssertionError("the dual form with a kernel needs no Jacobian")

    matrix = np.random.default_rng(5).normal(size=(3, 7))
    objective = Structured(lambda p: matrix @ p - 1, lambda p: matrix)
    assert steps(LevenbergMarquardt(), objective, np.zeros((1, 7)), 8)[-1].loss[0] < 1e-10
    assert asked == [(7,)] * len(asked) and asked


@pytest.mark.parametrize("dual", [False, True])
def test_a_step_is_bent_by_half_the_second_derivative_along_it(dual):
    """r = p² - 2: h = -r/(2p), r″ = 2h² along h, a = -r″/(2p), and p + h + a/2 is Chebyshev's step."""
    objective = Squares(lambda p: p**2 - 2, lambda p: np.diag(2 * p))
    p = 1.3
    h = -(p**2 - 2) / (2 * p)
    a = -(2 * h**2) / (2 * p)
    for acceleration, expected in ((0.75, p + h + a / 2), (0.0, p + h)):
        method = LevenbergMarquardt(1e-14, dual=dual, acceleration=acceleration)
        (_, state) = steps(method, objective, np.array([[p]]), 1)
        assert state.parameters[0, 0] == pytest.approx(expected, rel=1e-11)


def test_a_step_that_would_bend_too_far_is_taken_shorter():
    """|a|/|h| = |h|/p = 0.73 at p = 0.9: more than 0.01/2."""
    objective = Squares(lambda p: p**2 - 2, lambda p: np.diag(2 * p))
    far = steps(LevenbergMarquardt(1e-12, acceleration=0.0), objective, np.array([[0.9]]), 1)[-1]
    near = steps(LevenbergMarquardt(1e-12, acceleration=0.01), objective, np.array([[0.9]]), 1)[-1]
    assert abs(near.parameters[0, 0] - 0.9) < abs(far.parameters[0, 0] - 0.9) and near.damping > far.damping


def test_bent_steps_need_fewer_of_them_in_a_curved_valley():
    def needed(acceleration):
        method = LevenbergMarquardt(acceleration=acceleration)
        return next(k for k, s in enumerate(steps(method, ROSENBROCK, ROSENBROCK_START, 100)) if s.loss[0] < 1e-20)

    assert needed(0.75) < needed(0.0)


@pytest.mark.parametrize("acceleration", [-1.0, float("inf"), float("nan")])
def test_an_acceleration_is_a_number_that_is_not_negative(acceleration):
    with pytest.raises(ValueError, match="acceleration"):
        LevenbergMarquardt(acceleration=acceleration)


def test_rosenbrocks_valley_is_followed_to_its_end():
    for method in (LevenbergMarquardt(), GaussNewton(), LevenbergMarquardt(dual=True)):
        state = steps(method, ROSENBROCK, ROSENBROCK_START, 100)[-1]
        assert np.abs(state.parameters - 1).max() < 1e-6, method


def test_near_a_solution_without_residual_the_digits_double():
    errors = [
        np.abs(state.parameters[0] - [1, 4, 2, 3]).max()
        for state in steps(GaussNewton(), exponentials(X, EXACT), np.array([[1.05, 4.1, 2.05, 2.9]]), 4)
    ]
    assert all(after < 10 * before**2 + 1e-13 for before, after in itertools.pairwise(errors))
    assert errors[-1] < 1e-12


def test_nothing_moves_along_a_null_direction():
    """r depends on θ₁θ₂ alone: (θ₁, -θ₂) is a null direction of J at every point."""
    objective = Squares(
        lambda p: np.array([1.0, 2.0, 3.0]) * (p[0] * p[1]) - 6.0 * np.array([1.0, 2.0, 3.0]),
        lambda p: np.array([[1.0], [2.0], [3.0]]) * np.array([[p[1], p[0]]]),
    )
    for method in (LevenbergMarquardt(), LevenbergMarquardt(dual=True), GaussNewton()):
        states = steps(method, objective, np.array([[1.0, 4.0]]), 40)
        assert states[-1].loss[0] < 1e-20, method
        for before, after in itertools.pairwise(states):
            move, (a, b) = (after.parameters - before.parameters)[0], before.parameters[0]
            assert abs(move @ np.array([a, -b])) < 1e-7 * (1 + np.abs(move).max()), method


def test_a_step_to_numbers_that_are_not_finite_is_refused_and_damped():
    """√θ - 1 is no number for θ < 0, where the undamped step from 9 leads."""
    objective = Squares(
        lambda p: np.array([np.sqrt(p[0]) - 1.0 if p[0] >= 0 else np.nan, 0.0 * p[0]]),
        lambda p: np.array([[0.5 / np.sqrt(p[0])], [0.0]]),
    )
    assert objective.residuals(np.array([9.0 - 12.0]))[0] != objective.residuals(np.array([9.0 - 12.0]))[0]
    for method in (LevenbergMarquardt(start_damping=1e-9), GaussNewton()):
        states = steps(method, objective, np.array([[9.0]]), 30)
        assert abs(states[-1].parameters[0, 0] - 1) < 1e-6, method
        assert all(np.isfinite(state.parameters).all() for state in states)


def test_the_loss_never_rises_and_a_minimum_is_called_stationary():
    for method in METHODS:
        states = steps(method, exponentials(X, NOISY), START, 150)
        losses = [float(state.loss[0]) for state in states]
        assert all(b <= a for a, b in itertools.pairwise(losses)), method
        assert states[-1].status[0] == STATIONARY, method


def test_a_start_that_is_not_finite_is_diverged():
    objective = Squares(lambda p: p * np.nan, lambda p: np.eye(3))
    for method in (LevenbergMarquardt(), GaussNewton(), VariableProjection(1)):
        states = steps(method, objective, np.ones((1, 3)), 1)
        assert states[0].status[0] == DIVERGED and states[1] is states[0], method


def test_variable_projection_keeps_the_linear_parameters_at_their_best():
    objective = exponentials(X, NOISY)
    for state in steps(VariableProjection(2), objective, START, 5):
        a = state.parameters[0]
        phi = np.exp(-np.outer(X, a[:2]))
        assert np.allclose(a[2:], np.linalg.lstsq(phi, NOISY, rcond=None)[0], rtol=1e-9)


def test_variable_projection_with_a_ridge_solves_the_normal_equations():
    objective, ridge = exponentials(X, NOISY), 1e-3
    for state in steps(VariableProjection(2, ridge=ridge), objective, START, 20):
        a = state.parameters[0]
        phi = np.exp(-np.outer(X, a[:2]))
        assert np.allclose(a[2:], np.linalg.solve(phi.T @ phi + ridge * 40 * np.eye(2), phi.T @ NOISY), rtol=1e-8)


def test_variable_projection_survives_columns_that_coincide():
    """At equal exponents the two columns of Φ are one."""
    state = VariableProjection(2).start(exponentials(X, NOISY), np.array([[2.0, 2.0, 5.0, -7.0]]))
    assert np.isclose(state.parameters[0, 2], state.parameters[0, 3])  # the shortest of all best ones


def test_variable_projection_needs_fewer_steps_than_levenberg_marquardt():
    def count(method):
        losses = [float(state.loss[0]) for state in steps(method, exponentials(X, EXACT), START, 100)]
        return next(k for k, loss in enumerate(losses) if loss < 1e-16)

    assert count(VariableProjection(2)) < count(LevenbergMarquardt())


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: LevenbergMarquardt(start_damping=0.0), "first damping is a positive number"),
        (lambda: GaussNewton(cutoff=1.0), "cutoff"),
        (lambda: VariableProjection(0), "at least one linear parameter"),
        (lambda: VariableProjection(2, ridge=-1.0), "ridge"),
        (lambda: VariableProjection(4).start(exponentials(X, EXACT), START), "4 of 4 parameters are linear"),
        (lambda: LevenbergMarquardt().start(ROSENBROCK, np.ones((3, 2))), "one network at a time"),
    ],
)
def test_settings_that_cannot_be_are_refused(make, says):
    with pytest.raises(ValueError, match=says):
        make()
