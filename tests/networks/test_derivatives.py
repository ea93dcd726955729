"""Derivatives of networks by their inputs against sympy's, and what flows back against differences."""

from __future__ import annotations

import numpy as np
import pytest
import sympy

from ratapprox.expressions import x as variable
from ratapprox.networks.derivatives import forward, gradient, laplacian, rows, seeded
from ratapprox.networks.mlp import Mlp
from ratapprox.networks.propagation import backward, predict
from ratapprox.networks.propagation import forward as plain_forward
from ratapprox.networks.units import unit

NAMES = ["rational", "ralu", "raf", "raf_audio", "sine30", "tanh", "x*(x**2 + a)/(x**2 + b**2)"]


def drawn(net, random, *members):
    found = random.normal(size=(*members, net.size)) / 2
    for layer, u in zip(net.layers(found), net.units, strict=False):
        if u.symbols:
            near = [d.value for d in u.initial] if u.name == "rational" else np.ones(len(u.symbols))
            layer.coefficients[...] = near + layer.coefficients / 5
    return found


def formula(net, parameters, inputs):
    """The network as one sympy expression in its inputs, written from the definition."""
    h = sympy.Matrix([inputs])
    layers = net.layers(parameters)
    for k, layer in enumerate(layers):
        z = h * sympy.Matrix(layer.weights) + sympy.Matrix([layer.biases.tolist()])
        if k == len(net.units):
            return z
        u, width = net.units[k], net.widths[k + 1]
        out = []
        for j in range(width):
            c = layer.coefficients[j * net.groups(width) // width]
            out.append(u.expression.subs(dict(zip(u.symbols, c.tolist(), strict=True))).subs(variable, z[j]))
        h = sympy.Matrix([out]) + (h if net.skips(k) else sympy.zeros(1, width))
    raise AssertionError("a network ends with a layer without activation")


# expressions of several layers grow beyond what sympy differentiates in a second, so the long ones have one
@pytest.mark.parametrize(("widths", "name"), [*(((2, 2, 1), n) for n in NAMES), ((2, 2, 2, 1), "tanh")])
@pytest.mark.parametrize("sharing", ["layer", "neuron"])
def test_value_gradient_and_laplacian_are_those_of_the_formula(widths, name, sharing):
    random = np.random.default_rng(1)
    net = Mlp(widths, unit(name), sharing, residual=True)
    parameters = drawn(net, random)
    points = random.normal(size=(3, 2))
    inputs = sympy.symbols("u v")
    (y,) = formula(net, parameters, inputs)
    wanted = [y, *(sympy.diff(y, s) for s in inputs), *(sympy.diff(y, s, 2) for s in inputs)]
    values = np.array([sympy.lambdify(inputs, wanted, "math", cse=True)(*point) for point in points.tolist()])
    value, slopes, second = laplacian(net, parameters, points)
    np.testing.assert_allclose(value[:, 0], values[:, 0], rtol=1e-12)
    np.testing.assert_allclose(slopes[:, 0], values[:, 1:3], rtol=1e-11)
    # the second derivatives of sin 30x are 900 times as large as what they sum to
    np.testing.assert_allclose(second[:, 0], values[:, 3] + values[:, 4], rtol=1e-10)


@pytest.mark.parametrize("members", [(), (3,)])
@pytest.mark.parametrize("order", [0, 1, 2])
@pytest.mark.parametrize("name", NAMES)
def test_what_flows_back_is_the_limit_of_differences(name, order, members):
    random = np.random.default_rng(2)
    net = Mlp((2, 6, 6, 2), (unit(name), unit("sine")), 3, residual=True)
    parameters, x = drawn(net, random, *members), random.normal(size=(5, 2))
    trace = forward(net, parameters, x, order)
    cotangent, direction = random.normal(size=trace.output.shape), random.normal(size=parameters.shape)
    found = (gradient(net, parameters, trace, cotangent) * direction).sum(axis=-1)

    def moved(h):
        return (forward(net, parameters + h * direction, x, order).output * cotangent).sum(axis=(0, -1, -2))

    scale = np.abs(gradient(net, parameters, trace, cotangent) * direction).sum(axis=-1)
    h = 1e-4 if name != "sine30" else 1e-5
    coarse, fine = ((moved(s) - moved(-s)) / (2 * s) for s in (h, h / 2))
    assert (np.abs(found - (4 * fine - coarse) / 3) < 1e-7 * scale).all()


@pytest.mark.parametrize("name", NAMES)
def test_order_0_is_plain_propagation(name):
    random = np.random.default_rng(3)
    net = Mlp((2, 6, 6, 2), unit(name), "neuron", residual=True)
    parameters, x = drawn(net, random, 4), random.normal(size=(4, 5, 2))
    trace, plain = forward(net, parameters, x, 0), plain_forward(net, parameters, x)
    dy = random.normal(size=plain.output.shape)
    np.testing.assert_allclose(trace.output[0], plain.output, rtol=1e-13, atol=1e-13)
    ours, theirs = gradient(net, parameters, trace, dy[None]), backward(net, parameters, plain, dy)
    np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-12 * np.abs(theirs).max())


@pytest.mark.parametrize("order", [0, 2])
def test_the_gradient_is_the_sum_of_the_samples_own(order):
    random = np.random.default_rng(4)
    net = Mlp((2, 6, 6, 2), unit("raf"), "neuron", residual=True)
    parameters, x = drawn(net, random), random.normal(size=(5, 2))
    trace = forward(net, parameters, x, order)
    cotangent = random.normal(size=trace.output.shape)
    alone = rows(net, parameters, trace, cotangent)
    whole = gradient(net, parameters, trace, cotangent)
    np.testing.assert_allclose(alone.sum(axis=0), whole, rtol=1e-10, atol=1e-12 * np.abs(whole).max())
    only = forward(net, parameters, x[2:3], order)
    np.testing.assert_allclose(alone[2], gradient(net, parameters, only, cotangent[:, 2:3]), rtol=1e-10, atol=1e-11)


def test_float32_stays_float32():
    net = Mlp((2, 6, 1), unit("rational"))
    parameters = drawn(net, np.random.default_rng(5)).astype(np.float32)
    trace = forward(net, parameters, np.ones((3, 2), np.float32))
    assert trace.output.dtype == gradient(net, parameters, trace, trace.output).dtype == np.float32
    assert predict(net, parameters, np.ones((3, 2), np.float32)).dtype == np.float32


def test_there_is_no_third_derivative():
    with pytest.raises(ValueError, match="order 0, 1 or 2, not 3"):
        seeded(np.zeros((1, 1)), 3)


def test_networks_that_cannot_be_are_refused():
    tanh = unit("tanh")
    for widths in ((2,), (2, 0, 1), (2, 3.5, 1), (2, True, 1)):
        with pytest.raises(ValueError, match="widths are positive integers"):
            Mlp(widths, tanh)
    with pytest.raises(ValueError, match="1 units for 2 hidden layers"):
        Mlp((2, 3, 3, 1), (tanh,))
    with pytest.raises(ValueError, match="2 groups do not divide a layer of 3 neurons"):
        Mlp((2, 4, 3, 1), tanh, 2)
    for sharing in (True, "channel", 0, -1):
        with pytest.raises(ValueError, match=r"sharing is|groups do not divide"):
            Mlp((2, 4, 1), tanh, sharing)
