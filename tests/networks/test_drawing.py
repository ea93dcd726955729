"""Other samples at every step: each once in its turn, the same for every activation function and after a resume."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ratapprox.networks.drawing import Drawn, fresh, minibatches
from ratapprox.networks.experiment import Experiment, kept, prepared, trained
from ratapprox.networks.judging import collocated
from ratapprox.networks.mlp import Mlp
from ratapprox.networks.objective import regression, stack
from ratapprox.networks.problems import problem
from ratapprox.networks.training import train
from ratapprox.networks.units import unit

NET = Mlp((1, 5, 1), unit("tanh"))
LIKE = Experiment("runge", "tanh", (0, 1), (6, 6), "adam", steps=30, samples=40, validation=50, batch=7)


def whole(seeds=2):
    x = [np.linspace(-1, 1, 12)[:, None] + e for e in range(seeds)]
    return stack([regression(NET, each, np.sin(each)) for each in x])


def test_every_sample_comes_once_before_any_comes_again():
    draw = minibatches(whole(), "name", (3, 4), 4)
    for turn in range(3):
        seen = np.concatenate([draw(3 * turn + k).x for k in range(3)], axis=1)
        assert np.array_equal(np.sort(seen, axis=1), whole().x)
    assert not np.array_equal(draw(0).x, draw(3).x) and not np.array_equal(draw(0).x[0], draw(0).x[1] - 1)


def test_the_gradients_of_the_parts_have_the_mean_of_the_whole():
    drawn = Drawn(minibatches(whole(), "name", (3, 4), 3))
    theta = np.random.default_rng(0).normal(size=(2, NET.size))
    parts = [drawn.drawn(k).value_and_gradient(theta) for k in range(4)]
    loss, gradient = whole().value_and_gradient(theta)
    assert np.allclose(np.mean([part[0] for part in parts], axis=0), loss, rtol=1e-13)
    assert np.allclose(np.mean([part[1] for part in parts], axis=0), gradient, rtol=1e-11, atol=1e-14)


def test_the_draw_depends_on_name_seed_and_step_alone():
    def drawn(name, seed, step):
        return minibatches(whole(1), name, (seed,), 5)(step).x

    first = drawn("kdv", 0, 1)
    assert np.array_equal(first, drawn("kdv", 0, 1)) and np.array_equal(first, drawn("kdv(a=1)", 0, 1))
    for other in (("runge", 0, 1), ("kdv", 1, 1), ("kdv", 0, 0)):
        assert not np.array_equal(first, drawn(*other))


def test_new_points_make_the_objective_that_they_would_make_by_themselves():
    asked = problem("poisson(dimension=2)")
    net = Mlp((2, 5, 1), unit("tanh"))
    draw = fresh(lambda x: collocated(asked, net, np.float64, x), asked.draw, asked.name, (0, 1), 9)
    drawn = Drawn(draw)
    theta = np.random.default_rng(1).normal(size=(2, net.size))
    for step in (4, 2):
        losses, gradients = drawn.drawn(step).value_and_gradient(theta)
        assert drawn.x.shape == (2, 9, 2) and (drawn.x > 0).all() and (drawn.x < 1).all()
        for e in range(2):
            alone = collocated(asked, net, np.float64, np.array(drawn.x[e])).value_and_gradient(theta[e])
            assert losses[e] == pytest.approx(alone[0], rel=1e-12) and np.allclose(gradients[e], alone[1], rtol=1e-10)
    assert not np.array_equal(draw(1).x, draw(2).x)


@pytest.mark.parametrize("like", [LIKE, replace(LIKE, problem="poisson", samples=None)])
def test_activation_functions_meet_the_same_samples(like):
    met = []
    for name in ("tanh", "rational"):
        drawn = prepared(replace(like, activation=name)).objective
        met.append([np.array(drawn.drawn(k).x) for k in range(8)])
    assert np.array_equal(met[0], met[1])


@pytest.mark.parametrize("like", [LIKE, replace(LIKE, problem="poisson", samples=None, sharing="network")])
def test_a_stopped_training_goes_on_bit_for_bit(like, tmp_path):
    def watch(progress):
        if progress.step == 11:
            raise KeyboardInterrupt

    config = like.document()
    with pytest.raises(KeyboardInterrupt):
        kept(config, str(tmp_path), watch)
    resumed, straight = kept(config, str(tmp_path)), trained(config)
    assert resumed["loss"] == straight["loss"] and resumed["validation"] == straight["validation"]
    assert [c["loss"] for c in resumed["curves"]] == [c["loss"] for c in straight["curves"]]


def test_adam_learns_from_batches_and_from_new_points():
    for like in (replace(LIKE, steps=400), replace(LIKE, problem="poisson", samples=None, steps=400, batch=32)):
        ready = prepared(like)
        run = train(ready.objective, ready.parameters, ready.optimiser, steps=400, validate=ready.validate)
        assert all(curve.validation[-1] < 0.4 * curve.validation[0] for curve in run.curves)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"batch": 41}, "a batch of 41 samples cannot be drawn from 40"),
        ({"batch": 0}, "a batch of 0 samples"),
        ({"optimiser": "lbfgs"}, "lbfgs needs the same samples at every step"),
        ({"problem": "eigenvalue"}, "nodes of a quadrature rule"),
    ],
)
def test_batches_that_cannot_be_are_refused(change, says):
    with pytest.raises(ValueError, match=says):
        prepared(replace(LIKE, **change))
