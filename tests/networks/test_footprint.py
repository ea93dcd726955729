"""The memory of a training is estimated before it begins: about what it takes, and refused with the numbers."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace

import pytest

from ratapprox.networks import experiment, memory, squares
from ratapprox.networks.experiment import Experiment, prepared
from ratapprox.networks.footprint import check_training, training_bytes
from ratapprox.networks.mlp import Mlp
from ratapprox.networks.training import train
from ratapprox.networks.units import unit

NET = Mlp((1, 24, 24, 1), unit("tanh"))


@pytest.mark.parametrize(
    ("optimiser", "samples", "hidden"),
    [
        ("lm", 4000, (16, 16)),
        ("lm", 400, (40, 40)),
        ("gauss-newton", 3000, (16, 16)),
        ("variable-projection", 3000, (16, 16)),
        ("adam", 40_000, (16, 16)),
        ("lbfgs", 40_000, (16, 16)),
    ],
)
def test_the_estimate_covers_what_a_training_takes_and_not_much_more(optimiser, samples, hidden):
    like = Experiment("runge", "tanh", (0,), hidden, optimiser, samples=samples, validation=10)
    net = Mlp((1, *hidden, 1), unit("tanh"))
    ready = prepared(replace(like, samples=20))
    train(ready.objective, ready.parameters, ready.optimiser, steps=1)  # what is loaded once is no part of it
    tracemalloc.start()
    ready = prepared(like)
    train(ready.objective, ready.parameters, ready.optimiser, steps=1)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    estimate = training_bytes(net, optimiser, samples)
    assert 0.6 * peak - 3e6 < estimate < 3 * peak + 3e6


def test_the_number_that_is_said_to_fit_fits_and_one_more_does_not():
    for optimiser in ("adam", "lbfgs", "lm", "gauss-newton", "variable-projection"):
        free = training_bytes(NET, optimiser, 1234)
        check_training(NET, optimiser, 1234, free)
        with pytest.raises(MemoryError, match=r"at most 1,234 samples fit"):
            check_training(NET, optimiser, 1235, free)
    check_training(NET, "lm", 10**9, None)


def test_nothing_fits_where_the_states_alone_are_too_large():
    with pytest.raises(MemoryError, match=r"at most 0 samples fit"):
        check_training(NET, "adam", 10, 100)


def test_an_experiment_that_does_not_fit_is_refused_before_anything_is_drawn(monkeypatch):
    monkeypatch.setattr(experiment, "free_bytes", lambda array: 10_000_000)
    monkeypatch.setattr(experiment, "judged", None)
    with pytest.raises(MemoryError, match=r"training by lm of 100,000 samples needs .* GB and 0\.01 GB are free"):
        prepared(Experiment("runge", "tanh", (0,), (16, 16), "lm", samples=100_000))


def test_a_jacobian_and_a_kernel_are_refused_where_they_begin(monkeypatch):
    ready = prepared(Experiment("runge", "tanh", (0,), (16, 16), "lm", samples=100))
    for module in (squares, memory):
        monkeypatch.setattr(module, "free_bytes", lambda array: 50_000)
    monkeypatch.setattr("ratapprox.networks.losses.free_bytes", lambda array: 50_000)
    objective = ready.objective.member(0)
    with pytest.raises(MemoryError, match=r"a Jacobian of 100 residuals needs .* residuals fit"):
        objective.jacobian(ready.parameters[0])
    with pytest.raises(MemoryError, match=r"a tangent kernel of 100 samples needs .* samples fit"):
        objective.kernel(ready.parameters[0])
