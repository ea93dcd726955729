"""The training loop: budgets, histories, divergence, interrupts."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from ratapprox.networks.optimise import Adam, Constant, Lbfgs, LevenbergMarquardt
from ratapprox.networks.training import Curve, Ending, Run, train
from tests.networks.small import OPTIMISERS, objective, parameters, trained, validate


@pytest.mark.parametrize("method", OPTIMISERS)
def test_every_optimiser_lowers_the_loss_of_every_network_and_says_where_it_ends(method):
    run = trained(method)
    for e, curve in enumerate(run.curves):
        assert curve.loss[-1] < curve.loss[0] / 2
        assert curve.steps[0] == 0 and all(b > a for a, b in pairwise(curve.steps))
        assert all(b >= a for a, b in pairwise(curve.seconds))
        assert curve.validation[-1] == validate(run.parameters[e], e)
        assert curve.loss[-1] == pytest.approx(float(objective().loss(run.parameters[e])), rel=1e-12)
    assert set(run.endings) <= {Ending.SPENT, Ending.STATIONARY}


@pytest.mark.parametrize("method", OPTIMISERS)
def test_the_same_call_gives_the_same_parameters(method):
    assert np.array_equal(trained(method).parameters, trained(method).parameters)


@pytest.mark.parametrize("method", ["lbfgs", "lm"])
def test_a_network_is_trained_as_it_is_alone(method):
    together = trained(method).parameters
    for e in range(3):
        alone = train(objective(), parameters()[e : e + 1], OPTIMISERS[method], steps=40)
        assert np.array_equal(alone.parameters[0], together[e])


def test_each_member_can_have_samples_of_its_own():
    from ratapprox.networks.objective import regression, stack
    from tests.networks.small import NET

    sets = [regression(NET, x, np.sin(3 * x)) for x in np.random.default_rng(0).uniform(-1, 1, (3, 20, 1))]
    for optimiser in (Adam(), LevenbergMarquardt()):
        run = train(stack(sets), parameters(), optimiser, steps=5)
        for e, each in enumerate(sets):
            alone = train(each, parameters()[e : e + 1], optimiser, steps=5)
            assert np.allclose(alone.parameters[0], run.parameters[e], rtol=1e-9, atol=1e-12)


def test_a_budget_of_steps_is_spent_exactly_and_one_of_seconds_to_a_step():
    assert trained("adam", steps=17).curves[0].steps[-1] == 17
    assert trained("adam", steps=0).curves[0].steps == (0,)
    for optimiser in (Adam(), Lbfgs()):
        run = train(objective(), parameters(), optimiser, seconds=0.05)
        for curve in run.curves:
            assert curve.seconds[-1] >= 0.05
            assert all(s < 0.05 for s in curve.seconds[:-1])


class Cliff:
    """log |θ|², whose second member stands on a loss that is no number once its first parameter has gone below 0.9."""

    def value_and_gradient(self, theta):
        loss = (theta**2).sum(axis=1)
        return np.where(theta[:, 0] < 0.9, np.nan, loss), 2 * theta


def test_a_network_that_diverges_is_frozen_and_reported_and_the_others_go_on():
    start = np.array([[5.0, 1.0], [1.0, 1.0], [3.0, 2.0]])
    run = train(Cliff(), start, Adam(Constant(0.03)), steps=30)
    assert run.endings == (Ending.SPENT, Ending.DIVERGED, Ending.SPENT)
    assert run.diverged == (1,) and np.isnan(run.loss[1]) and np.isnan(run.curves[1].validation[-1])
    assert np.isfinite(run.parameters).all() and 0.9 <= run.parameters[1, 0] < 0.94
    assert run.curves[0].steps[-1] == 30 and np.isfinite(run.loss[0])
    assert "1 diverged" in repr(run)


def test_a_training_whose_networks_have_all_diverged_ends():
    run = train(Cliff(), np.array([[1.0, 1.0]]), Adam(Constant(0.03)), steps=10**9)
    assert run.endings == (Ending.DIVERGED,) and repr(run).endswith("no finite loss, 1 diverged")


@pytest.mark.parametrize("method", ["adam", "lm"])
def test_an_interrupt_ends_after_a_complete_step(method):
    def watch(progress):
        if progress.step == 9:
            raise KeyboardInterrupt

    run = trained(method, watch=watch)
    assert run.interrupted and Ending.INTERRUPTED in run.endings
    reached = [curve.steps[-1] for curve in run.curves]
    assert max(reached) == 9 and min(reached) >= 8
    first = trained(method, steps=9)
    assert np.array_equal(run.parameters[0], first.parameters[0])


def test_an_interrupt_within_a_step_leaves_the_state_before_it():
    calls = 0

    class Tired:
        def value_and_gradient(self, theta):
            nonlocal calls
            calls += 1
            if calls == 8:  # two of them are those of the step that is thrown away
                raise KeyboardInterrupt
            return (theta**2).sum(axis=1), 2 * theta

    class Bowl(Cliff):
        def value_and_gradient(self, theta):
            return (theta**2).sum(axis=1), 2 * theta

    start = np.array([[2.0, 3.0]])
    run = train(Tired(), start, Adam(), steps=100)
    assert run.interrupted and np.array_equal(run.parameters, train(Bowl(), start, Adam(), steps=4).parameters)


def test_the_watcher_sees_the_share_of_the_budget_grow_to_one():
    shares = []
    trained("lm", steps=12, watch=lambda progress: shares.append(progress.share))
    assert len(shares) == 36 and shares[-1] == 1 and all(b > a for a, b in pairwise(shares))


def test_what_a_run_says_of_itself():
    curve = Curve((0, 3), (0.0, 0.1), (1.0, 3.1234e-4), (1.0, 2.0))
    assert repr(Run(Adam(), np.ones((1, 2)), (curve,), (Ending.SPENT,))) == (
        "Run of 1 network by adam, 3 steps: loss 0.000312"
    )


@pytest.mark.parametrize(
    ("theta", "budget", "says"),
    [
        (np.ones((1, 85)), {}, "how long"),
        (np.ones((1, 85)), {"steps": -1}, "not negative"),
        (np.ones((1, 85)), {"seconds": 0.0}, "positive number of seconds"),
        (np.ones((1, 85)), {"seconds": float("nan")}, "positive number of seconds"),
        (np.ones(85), {"steps": 1}, r"shape \(E, P\)"),
        (np.full((1, 85), np.nan), {"steps": 1}, "not finite"),
    ],
)
def test_what_cannot_be_trained_is_refused(theta, budget, says):
    with pytest.raises(ValueError, match=says):
        train(objective(), theta, Adam(), **budget)
