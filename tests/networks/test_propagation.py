"""Gradients of networks against differences of their outputs."""

from __future__ import annotations

import numpy as np
import pytest

from ratapprox.networks.mlp import Mlp
from ratapprox.networks.propagation import backward, forward, predict
from ratapprox.networks.units import unit


@pytest.mark.parametrize("residual", [False, True])
@pytest.mark.parametrize("sharing", ["layer", "neuron", 2])
@pytest.mark.parametrize("name", ["rational", "raf", "ralu", "relu", "tanh", "gelu", "x*(x**2 + a)/(x**2 + b**2)"])
def test_the_gradient_is_the_limit_of_differences(name, sharing, residual):
    random = np.random.default_rng(5)
    net = Mlp((2, 6, 6, 1), unit(name), sharing, residual)
    parameters = random.normal(size=(3, net.size)) / 2
    x, dy = random.normal(size=(3, 5, 2)), random.normal(size=(3, 5, 1))
    gradient = backward(net, parameters, forward(net, parameters, x), dy)
    direction = random.normal(size=parameters.shape)
    found = (gradient * direction).sum(axis=1)

    def moved(step):
        return (predict(net, parameters + step * direction, x) * dy).sum(axis=(1, 2))

    # Richardson: steps h and h/2 of the central difference leave h^4
    coarse, fine = ((moved(h) - moved(-h)) / (2 * h) for h in (2e-5, 1e-5))
    differences = (4 * fine - coarse) / 3
    assert np.abs(found - differences).max() < 1e-5 * (1 + np.abs(differences).max())
