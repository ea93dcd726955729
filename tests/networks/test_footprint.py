"""The memory of a training is estimated before it begins: about what it takes, and refused with the numbers."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace

import pytest

from ratapprox.networks import experiment, memory, squares
from ratapprox.networks.executors import at_a_time
from ratapprox.networks.experiment import Experiment, check_memory, prepared
from ratapprox.networks.footprint import PROCESS, check_together, check_training, training_bytes
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


def test_the_largest_trainings_that_are_computed_at_a_time_have_to_fit_together():
    sizes = [10**9, 4 * 10**9, 2 * 10**9, 3 * 10**9]
    for many, largest in ((2, 7), (3, 9), (4, 10), (100, 10)):
        together = largest * 10**9 + min(many, 4) * PROCESS
        check_together(sizes, many, together)
        fitting = f"at most {min(many, 4) - 1} trainings at a time fit"
        with pytest.raises(MemoryError, match=f"a sweep of {min(many, 4)} trainings at a time needs .* {fitting}"):
            check_together(sizes, many, together - 1)
    check_together(sizes, 100, None)
    check_together(sizes, 1, 0)  # one alone is refused where it is prepared, with the samples that would fit


def test_a_sweep_is_refused_where_its_trainings_fit_one_by_one_alone(monkeypatch):
    like = Experiment("runge", "tanh", (0,), (40, 40), "lm", samples=10_000)
    each = training_bytes(Mlp((1, 40, 40, 1), unit("tanh")), "lm", 10_000)
    monkeypatch.setattr(experiment, "free_bytes", lambda array: 2 * (each + PROCESS))
    sweep = [replace(like, seeds=(seed,)) for seed in range(3)]
    check_memory(sweep, 1)
    check_memory(sweep, 2)
    with pytest.raises(MemoryError, match=r"a sweep of 3 trainings at a time .* at most 2 trainings at a time fit"):
        check_memory(sweep, 3)
    monkeypatch.setattr(experiment, "free_bytes", lambda array: each - 1)
    with pytest.raises(MemoryError, match=r"training by lm of 10,000 samples .* at most 9,9.. samples fit"):
        check_memory(sweep, 1)


def test_an_ensemble_of_all_seeds_is_estimated_as_such(monkeypatch):
    like = Experiment("runge", "tanh", tuple(range(50)), (40, 40), "adam", samples=1000)
    one = training_bytes(Mlp((1, 40, 40, 1), unit("tanh")), "adam", 1000)
    monkeypatch.setattr(experiment, "free_bytes", lambda array: 2 * one)
    check_memory([replace(like, seeds=(0,))])
    with pytest.raises(MemoryError, match="training by adam of 1,000 samples"):
        check_memory([like])


def test_a_place_says_how_many_it_computes_here_at_a_time():
    assert [at_a_time(text) for text in ("serial", "processes:12", "loky:3", "dask://a:1")] == [1, 12, 3, 0]
    with pytest.raises(ValueError, match="is no place to compute"):
        at_a_time("cloud")
