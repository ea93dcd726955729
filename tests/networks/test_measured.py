"""What the page on training claims, measured again: minutes each."""

from __future__ import annotations

import pytest

from ratapprox.networks.experiment import Experiment, trained
from ratapprox.networks.statistics import geometric_mean, paired_ratio
from ratapprox.networks.sweep import sweep

pytestmark = [pytest.mark.slow, pytest.mark.timeout(7200)]


def errors(configs, what):
    answers = sweep(trained, [config.document() for config in configs])
    return {(a.config["optimiser"], a.config["activation"], a.config["seeds"][0]): a.value[what][0] for a in answers}


def test_levenberg_marquardt_beats_l_bfgs_thirtyfold_at_equal_wall_time():
    configs = [
        Experiment("kdv", "rational", (seed,), (12,) * 3, method, seconds=30.0, samples=2000, validation=1000)
        for seed in range(3)
        for method in ("lm", "lbfgs")
    ]
    losses = errors(configs, "loss")
    ratios = [losses["lbfgs", "rational", s] / losses["lm", "rational", s] for s in range(3)]
    assert geometric_mean(ratios).value >= 30


def test_rational_networks_are_best_on_kdv_over_eight_paired_seeds():
    configs = [
        Experiment("kdv", name, (seed,), (50,) * 4, "lbfgs", steps=300, samples=3000, validation=4000)
        for seed in range(8)
        for name in ("rational", "sine", "tanh", "relu")
    ]
    found = errors(configs, "error")
    by_name = {name: [found["lbfgs", name, s] for s in range(8)] for name in ("rational", "sine", "tanh", "relu")}
    for name in ("sine", "tanh", "relu"):
        assert paired_ratio(by_name[name], by_name["rational"]).interval[0] > 1, name
