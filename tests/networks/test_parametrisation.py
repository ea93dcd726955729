"""The NTK parametrisation: the same functions, gradients by its own parameters, the kernel that has a limit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ratapprox.networks.experiment import Experiment, prepared, trained
from ratapprox.networks.initialisation import Gains, initialise
from ratapprox.networks.methods import OPTIMISERS
from ratapprox.networks.mlp import Mlp
from ratapprox.networks.ntk import infinite_kernel, jacobian
from ratapprox.networks.objective import regression
from ratapprox.networks.parametrisation import Ntk
from ratapprox.networks.tying import Tied
from ratapprox.networks.units import unit

NET = Mlp((2, 5, 4, 1), unit("rational"), "neuron")
X = np.random.default_rng(0).uniform(-1, 1, (9, 2))
LIKE = Experiment("runge", "rational", (0, 1), (6, 6), "adam", steps=20, samples=60, parametrisation="ntk")


def test_gradients_and_jacobians_are_those_of_finite_differences():
    objective = Tied(regression(NET, X, np.sin(2 * X[:, :1])), Ntk(NET))
    p = Ntk(NET).tied(initialise(NET, Gains(0.3, (1.0,) * 3), [0])[0])
    loss, gradient = objective.value_and_gradient(p)
    found, r = objective.jacobian(p), objective.residuals(p)
    assert loss == pytest.approx((r * r).mean(), rel=1e-13)
    np.testing.assert_allclose(gradient, 2 / r.size * found.T @ r, rtol=1e-9, atol=1e-13)
    np.testing.assert_allclose(objective.pullback(p, r), found.T @ r, rtol=1e-9, atol=1e-12)
    h = 1e-6
    for i, step in enumerate(h * np.eye(NET.size)):
        slope = (objective.residuals(p + step) - objective.residuals(p - step)) / (2 * h)
        np.testing.assert_allclose(found[:, i], slope, rtol=1e-6, atol=1e-7)


def test_weights_of_variance_one_over_n_are_standard_normal_numbers_there():
    net = Mlp((300, 400, 200, 1), unit("relu"))
    for layer in net.layers(Ntk(net).tied(initialise(net, Gains(0.0, (1.0,) * 3), [3])[0]))[:2]:
        assert abs(layer.weights.std() - 1) < 4 / (2 * layer.weights.size) ** 0.5


def test_its_tangent_kernel_is_that_of_infinite_width():
    """At width 1000 entries fluctuate by about 1/√1000; the kernel of the standard parametrisation is far larger."""
    net, x = Mlp((2, 1000, 1000, 1), unit("relu")), X[:5]
    theta = initialise(net, Gains(0.0, (1.0, 2.0, 2.0)), [0])[0]
    standard = jacobian(net, theta, x)
    ours = Ntk(net).summed(standard)
    limit = infinite_kernel(unit("relu"), x, depth=2, weight_variance=[1.0, 2.0, 2.0]).ntk
    assert np.abs(ours @ ours.T - limit).max() < 0.15 * np.abs(limit).max()
    assert np.abs(standard @ standard.T).max() > 50 * np.abs(limit).max()


@pytest.mark.parametrize("sharing", ["layer", "network"])
@pytest.mark.parametrize("optimiser", OPTIMISERS)
def test_every_method_trains_from_the_same_function_on(optimiser, sharing):
    like = replace(LIKE, optimiser=optimiser, sharing=sharing)
    ours, theirs = (trained(replace(like, parametrisation=name).document()) for name in ("ntk", "standard"))
    assert ours["parameters"] == theirs["parameters"]
    for a, b in zip(ours["curves"], theirs["curves"], strict=True):
        assert a["loss"][0] == pytest.approx(b["loss"][0], rel=1e-10) and a["error"][0] == pytest.approx(b["error"][0])
        assert a["loss"][-1] < a["loss"][0] and a["loss"][-1] != b["loss"][-1]


def test_a_step_of_gradient_descent_moves_weights_by_one_over_n_of_the_standard_one():
    objective = regression(NET, X, np.sin(2 * X[:, :1]))
    ntk, theta = Ntk(NET), initialise(NET, Gains(0.3, (1.0,) * 3), [0])[0]
    plain = objective.value_and_gradient(theta)[1]
    moved = ntk.spread(ntk.tied(theta) - 0.1 * Tied(objective, ntk).value_and_gradient(ntk.tied(theta))[1]) - theta
    for ours, theirs, n in zip(NET.layers(moved), NET.layers(-0.1 * plain), NET.widths, strict=False):
        np.testing.assert_allclose(ours.weights, theirs.weights / n, rtol=1e-9, atol=1e-15)
        np.testing.assert_allclose(ours.biases, theirs.biases, rtol=1e-9, atol=1e-15)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_dtype_is_kept(dtype):
    ready = prepared(replace(LIKE, dtype=dtype))
    losses, gradients = ready.objective.value_and_gradient(ready.parameters)
    assert ready.parameters.dtype == gradients.dtype == losses.dtype == dtype


def test_another_name_is_refused():
    with pytest.raises(ValueError, match="parametrisation is 'standard' or 'ntk', not 'mup'"):
        prepared(replace(LIKE, parametrisation="mup"))
