"""What networks compute on a CUDA device, beside NumPy: whole passes, steps, optimisers. Skipped without a device."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ratapprox.networks.backend import backend
from ratapprox.networks.experiment import Experiment, trained
from ratapprox.networks.initialisation import Xavier, initialise
from ratapprox.networks.mlp import Mlp
from ratapprox.networks.objective import regression
from ratapprox.networks.optimise import Adam
from ratapprox.networks.step import Step
from ratapprox.networks.units import unit
from tests.networks.test_objective import KINDS, drawn, objective
from tests.networks.test_passes import NETS, example

pytestmark = pytest.mark.gpu


@pytest.fixture
def device():
    found = backend()
    if found.name != "cupy":
        pytest.skip(f"{found.reason}: this needs a CUDA device")
    return found


def moved(whole, device):
    return replace(whole, **{name: device.to_device(a) for name, a in whole.arrays().items()})


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", NETS)
def test_whole_passes_recorded_as_a_graph_give_what_numpy_gives(device, name, dtype):
    whole, theta = example(NETS[name], dtype, 3, 333, True)
    step, there = Step(moved(whole, device)), device.to_device(theta)
    exact = whole.astype("float64").value_and_gradient(theta.astype("float64"))
    for found, known in zip(step.value_and_gradient(there), exact, strict=True):
        limit = 200 * np.finfo(dtype).eps * (1 + np.abs(known).max())
        assert found.dtype == dtype and np.abs(device.to_numpy(found) - known).max() <= limit
    for a, b in zip(step.value_and_gradient(there), step.value_and_gradient(there), strict=True):
        assert (device.to_numpy(a) == device.to_numpy(b)).all()


@pytest.mark.parametrize("name", ["rational", "raf", "tanh"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_objective_steps_on_a_device_as_in_numpy(device, kind, name):
    whole = objective(kind, np.random.default_rng(2), name=name)
    theta = drawn(whole.net, np.random.default_rng(3), 2)
    losses, gradients = Step(moved(whole, device)).value_and_gradient(device.to_device(theta))
    expected = whole.value_and_gradient(theta)
    np.testing.assert_allclose(device.to_numpy(losses), expected[0], rtol=1e-10)
    limit = 1e-10 * np.abs(expected[1]).max()
    np.testing.assert_allclose(device.to_numpy(gradients), expected[1], rtol=1e-9, atol=limit)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_adam_on_a_device_steps_as_in_numpy_and_a_member_that_diverges_stands_still(device, dtype):
    net = Mlp((2, 9, 9, 1), unit("rational"))
    random = np.random.default_rng(0)
    x, y = random.uniform(-1, 1, (40, 2)).astype(dtype), random.normal(size=(40, 1)).astype(dtype)
    theta = initialise(net, Xavier(), range(3), dtype=dtype)
    theta[1] = np.inf
    whole, adam = regression(net, x, y), Adam()
    step = Step(moved(whole, device))
    with np.errstate(all="ignore"):
        here, there = adam.start(whole, theta), adam.start(step, device.to_device(theta))
    for _ in range(20):
        with np.errstate(all="ignore"):
            here = adam.step(whole, here)
        there = adam.step(step, there)
    assert (device.to_numpy(there.status) == here.status).all() and here.status.tolist() == [0, 2, 0]
    close = {"float32": 2e-4, "float64": 1e-11}[dtype]
    found = device.to_numpy(there.parameters)
    assert np.abs(found - here.parameters)[[0, 2]].max() <= close and (found[1] == np.inf).all()


@pytest.mark.parametrize(
    ("problem", "optimiser", "close"),
    [
        ("kdv", "adam", 1e-10), ("kdv", "lbfgs", 1e-9), ("kdv", "lm", 1e-9), ("runge", "variable-projection", 1e-3),
        ("poisson", "lbfgs", 1e-9), ("poisson", "lm", 1e-8), ("harmonic", "lbfgs", 1e-9), ("singular", "lbfgs", 1e-9),
        ("kdv", "gauss-newton", 1e-3),
    ],
)  # fmt: skip
def test_a_training_on_a_device_ends_as_in_numpy(device, problem, optimiser, close):
    like = Experiment(problem, "rational", (0, 1), (10, 10), optimiser, steps=5, samples=200, validation=100)
    here, there = (trained(replace(like, backend=name).document()) for name in ("numpy", "cupy"))
    np.testing.assert_allclose(there["loss"], here["loss"], rtol=close)
    np.testing.assert_allclose(there["validation"], here["validation"], rtol=close)
