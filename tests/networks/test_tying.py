"""One activation for a whole network: its gradient, residuals and Jacobian by finite differences."""

from __future__ import annotations

import numpy as np
import pytest

from ratapprox.networks.experiment import Experiment, prepared, trained
from ratapprox.networks.mlp import Mlp
from ratapprox.networks.objective import regression
from ratapprox.networks.tying import Tie, Tied
from ratapprox.networks.units import unit

NET = Mlp((1, 4, 4, 4, 1), unit("rational"))
TIE = Tie(NET)
X = np.linspace(-1, 1, 9)[:, None]


def theta(seed=0):
    found = 0.5 * np.random.default_rng(seed).normal(size=TIE.size)
    found[8:14] = [0.0218, 0.5, 1.5957, 1.1915, 0.0, 2.383]
    return found


def test_spread_parameters_have_the_same_coefficients_in_every_layer_and_come_back():
    whole = TIE.spread(theta())
    layers = NET.layers(whole)
    assert whole.shape == (NET.size,) and TIE.size == NET.size - 12
    for layer in layers[1:3]:
        assert np.array_equal(layer.coefficients, layers[0].coefficients)
    assert np.array_equal(TIE.tied(whole), theta())
    ensemble = np.stack([theta(0), theta(1)])
    assert np.array_equal(TIE.tied(TIE.spread(ensemble)), ensemble)


def test_a_unit_without_coefficients_and_a_single_layer_have_nothing_to_tie():
    for net in (Mlp((1, 4, 4, 1), unit("tanh")), Mlp((1, 4, 1), unit("rational"))):
        tie, p = Tie(net), np.arange(float(net.size))
        assert tie.size == net.size and np.array_equal(tie.spread(p), p) and np.array_equal(tie.tied(p), p)
        assert np.array_equal(tie.summed(p), p)


def test_gradient_and_jacobian_are_those_of_finite_differences():
    objective = Tied(regression(NET, X, np.sin(2 * X)), TIE)
    p = theta()
    loss, gradient = objective.value_and_gradient(p)
    jacobian, r = objective.jacobian(p), objective.residuals(p)
    assert loss == pytest.approx((r * r).mean(), rel=1e-13)
    v = np.random.default_rng(2).normal(size=r.shape)
    assert np.allclose(objective.pullback(p, v), jacobian.T @ v, rtol=1e-10, atol=1e-12)
    assert np.allclose(gradient, 2 / r.size * jacobian.T @ r, rtol=1e-10, atol=1e-13)
    h = 1e-6
    for i, step in enumerate(h * np.eye(TIE.size)):
        slope = (objective.residuals(p + step) - objective.residuals(p - step)) / (2 * h)
        assert np.allclose(jacobian[:, i], slope, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("optimiser", ["adam", "lbfgs", "lm", "gauss-newton", "variable-projection"])
def test_every_method_trains_one_activation_for_the_network(optimiser):
    like = Experiment("runge", "rational", (0, 1), (5, 5), optimiser, steps=15, samples=90, sharing="network")
    ready = prepared(like)
    assert ready.parameters.shape == (2, ready.net.size - 6)
    found = trained(like.document())
    assert found["parameters"] == ready.net.size - 6
    for curve in found["curves"]:
        assert curve["loss"][-1] <= curve["loss"][0]


@pytest.mark.parametrize(
    "net", [Mlp((1, 4, 4, 1), (unit("tanh"), unit("rational"))), Mlp((1, 4, 1), unit("rational"), "neuron")]
)
def test_layers_that_differ_cannot_be_tied(net):
    with pytest.raises(ValueError, match="one activation for the network"):
        Tie(net)
