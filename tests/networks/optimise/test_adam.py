"""Adam and the schedules of its rate."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratapprox.networks.optimise import DIVERGED, RUNNING, Adam, Constant, Cosine, Stepwise, Warmup
from tests.networks.optimise.problems import ROSENBROCK, steps


def test_the_first_step_has_the_length_of_the_rate_in_every_coordinate():
    start = np.array([[-1.2, 1.0], [3.0, -2.0]])
    _, gradient = ROSENBROCK.value_and_gradient(start)
    moved = steps(Adam(Constant(1e-3)), ROSENBROCK, start, 1)[-1].parameters - start
    assert np.allclose(moved, -1e-3 * np.sign(gradient), rtol=1e-7, atol=0)


def test_the_steps_are_those_of_the_published_formulas():
    start, beta1, beta2, epsilon = np.array([[-1.2, 1.0]]), 0.8, 0.95, 1e-3
    rate = Cosine(0.05, 30)
    theta, m, v = start.copy(), 0.0, 0.0
    for k in range(1, 41):
        g = ROSENBROCK.value_and_gradient(theta)[1]
        m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g * g
        theta = theta - rate(k - 1) * (m / (1 - beta1**k)) / (np.sqrt(v / (1 - beta2**k)) + epsilon)
    ours = steps(Adam(rate, beta1, beta2, epsilon), ROSENBROCK, start, 40)[-1].parameters
    assert np.abs(ours - theta).max() < 1e-12


def test_two_hundred_steps_agree_with_those_of_torch():
    torch = pytest.importorskip("torch")
    start = np.array([[-1.2, 1.0]])
    theirs = torch.tensor(start[0], dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.Adam([theirs], lr=1e-2)
    for _ in range(200):
        optimiser.zero_grad()
        loss = ((10 * (theirs[1] - theirs[0] ** 2)) ** 2 + (1 - theirs[0]) ** 2) / 2
        loss.backward()
        optimiser.step()
    ours = steps(Adam(Constant(1e-2)), ROSENBROCK, start, 200)[-1].parameters[0]
    assert np.abs(ours - theirs.detach().numpy()).max() < 1e-10


def test_a_member_moves_as_it_does_alone():
    start = np.array([[-1.2, 1.0], [2.0, 2.0], [0.3, -0.4]])
    together = steps(Adam(), ROSENBROCK, start, 50)[-1]
    for e in range(3):
        alone = steps(Adam(), ROSENBROCK, start[e : e + 1], 50)[-1]
        assert np.array_equal(alone.parameters[0], together.parameters[e])


def test_a_member_that_diverges_keeps_its_last_finite_parameters_and_the_others_go_on():
    class Cliff:
        """log θ, which is no number beyond 0; the second member climbs nowhere near it."""

        def value_and_gradient(self, parameters):
            with np.errstate(invalid="ignore"):
                return np.log(parameters).sum(axis=1), 1 / parameters

    states = steps(Adam(Constant(0.1)), Cliff(), np.array([[0.25], [100.0]]), 10)
    after = [state.parameters[0, 0] for state in states]
    assert states[-1].status.tolist() == [DIVERGED, RUNNING]
    assert np.isnan(states[-1].loss[0]) and np.isfinite(states[-1].loss[1])
    assert 0 < after[-1] == after[3] and states[-1].parameters[1, 0] < 99.1


def test_a_state_is_not_changed_by_the_step_from_it():
    before = Adam().start(ROSENBROCK, np.array([[-1.2, 1.0]]))
    kept = [np.array(array) for array in before]
    Adam().step(ROSENBROCK, before)
    assert all(np.array_equal(a, b) for a, b in zip(before, kept, strict=True))


@given(st.integers(1, 10**4), st.integers(0, 2 * 10**4))
def test_rates_lie_between_zero_and_the_given_one(count, step):
    schedules = [Constant(0.3), Cosine(0.3, count), Stepwise(0.3, count, 0.5), Warmup(count, Cosine(0.3, count + 1))]
    assert all(0 <= schedule(step) <= 0.3 for schedule in schedules)


def test_a_cosine_begins_at_the_rate_is_half_way_in_the_middle_and_ends_at_the_last():
    cosine = Cosine(0.5, 100, last=0.1)
    assert cosine(0) == 0.5 and cosine(50) == pytest.approx(0.3, abs=1e-15) and cosine(100) == cosine(10**9) == 0.1


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Constant(0.0), "rate of a schedule is a positive number, not 0.0"),
        (lambda: Cosine(float("inf"), 3), "rate"),
        (lambda: Cosine(1.0, 0), "number of steps"),
        (lambda: Stepwise(1.0, 2, -0.5), "factor"),
        (lambda: Warmup(0, Constant(1.0)), "number of steps"),
        (lambda: Adam(beta1=1.0), r"beta1 of Adam lies in \[0, 1\)"),
        (lambda: Adam(epsilon=0.0), "epsilon"),
    ],
)
def test_settings_that_cannot_be_are_refused(make, says):
    with pytest.raises(ValueError, match=says):
        make()
