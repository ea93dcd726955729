"""The shortcuts of regression against the Jacobian that they avoid."""

from __future__ import annotations

import numpy as np
import pytest

from ratapprox.networks.mlp import Mlp
from ratapprox.networks.objective import regression, stack
from ratapprox.networks.squares import structured
from ratapprox.networks.units import unit


@pytest.mark.parametrize("trainable", [True, False])
@pytest.mark.parametrize(("name", "sharing", "residual"), [("rational", "layer", False), ("ralu", "neuron", True)])
def test_kernel_jacobian_and_linear_columns_are_those_of_the_whole_jacobian(name, sharing, residual, trainable):
    random = np.random.default_rng(8)
    net = Mlp((2, 6, 6, 3), unit(name), sharing, residual, trainable)
    plain = regression(net, random.normal(size=(9, 2)), random.normal(size=(9, 3)))
    theta, ours = random.normal(size=net.size) / 3, structured(plain)
    whole = plain.jacobian(theta)
    scale = np.abs(whole).max()
    assert np.abs(ours.jacobian(theta) - whole).max() < 1e-13 * scale
    assert np.abs(ours.kernel(theta) - whole @ whole.T).max() < 1e-13 * scale**2 * net.size
    assert np.array_equal(ours.linear_columns(theta), whole[:, -7 * 3 :])
    assert np.array_equal(ours.residuals(theta), plain.residuals(theta))


def test_members_of_a_stack_keep_the_shortcuts():
    random = np.random.default_rng(9)
    net = Mlp((1, 4, 1), unit("tanh"))
    sets = [structured(regression(net, x, x**2)) for x in random.normal(size=(2, 5, 1))]
    theta = random.normal(size=net.size)
    for e in range(2):
        assert np.array_equal(stack(sets).member(e).kernel(theta), sets[e].kernel(theta))
    with pytest.raises(ValueError, match=r"objective.member\(e\)"):
        stack(sets).kernel(theta)
