"""Tangent kernels against Jacobians, and Jacobians against differences of outputs."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from ratapprox.networks.mlp import Mlp
from ratapprox.networks.ntk import jacobian, kernel
from ratapprox.networks.ntk import memory as memory_module
from ratapprox.networks.ntk import structured as structured_module
from ratapprox.networks.propagation import backward, forward, predict
from ratapprox.networks.units import unit

UNITS = ["rational", "raf", "ralu", "tanh", "relu", "x*(x**2 + a)/(x**2 + b**2)"]
nets = pytest.mark.parametrize("residual", [False, True])
shared = pytest.mark.parametrize("sharing", ["layer", "neuron", 2])


def drawn(net, samples, seed=3):
    random = np.random.default_rng(seed)
    return random.normal(size=net.size) / 2, random.normal(size=(samples, net.widths[0]))


def relative(found, expected):
    return np.abs(found - expected).max() / np.abs(expected).max()


@nets
@shared
@pytest.mark.parametrize("name", UNITS)
def test_the_kernel_is_the_jacobian_times_its_transpose(name, sharing, residual):
    net = Mlp((2, 6, 6, 8, 3), unit(name), sharing, residual)
    parameters, x = drawn(net, 150)  # more than a tile, and no multiple of one
    j = jacobian(net, parameters, x)
    k = kernel(net, parameters, x)
    assert j.shape == (450, net.size)
    assert relative(k, j @ j.T) < 1e-14
    assert (k == k.T).all()


@nets
@shared
@pytest.mark.parametrize("name", ["rational", "raf", "tanh"])
def test_a_row_of_the_jacobian_is_the_gradient_of_one_output(name, sharing, residual):
    net = Mlp((2, 4, 4, 2), unit(name), sharing, residual)
    parameters, x = drawn(net, 3)
    j = jacobian(net, parameters, x)
    trace = forward(net, parameters, x)
    for n in range(3):
        for k in range(2):
            dy = np.zeros((3, 2))
            dy[n, k] = 1
            gradient = backward(net, parameters, trace, dy)
            assert np.abs(j[2 * n + k] - gradient).max() <= 1e-14 * np.abs(gradient).max()


@nets
@pytest.mark.parametrize("name", UNITS)
def test_the_jacobian_is_the_limit_of_differences(name, residual):
    net = Mlp((2, 6, 6, 2), unit(name), 2, residual)
    parameters, x = drawn(net, 5)
    j = jacobian(net, parameters, x)
    direction = np.random.default_rng(8).normal(size=net.size)

    def central(h):
        moved = [predict(net, parameters + step * direction, x) for step in (h, -h)]
        return (moved[0] - moved[1]).ravel() / (2 * h)

    # Richardson: steps h and h/2 of the central difference leave h^4
    differences = (4 * central(1e-5) - central(2e-5)) / 3
    assert np.abs(j @ direction - differences).max() < 1e-5 * (1 + np.abs(differences).max())


@pytest.mark.parametrize(
    "kinds",
    [("weights",), ("biases",), ("coefficients",), ("weights", "biases"), ("biases", "coefficients")],
)
def test_parameters_that_do_not_count_are_left_out(kinds):
    net = Mlp((2, 6, 6, 2), unit("rational"), 2)
    parameters, x = drawn(net, 140)
    columns = [slot for slot in net.slots if slot.kind in kinds]
    j = np.concatenate([jacobian(net, parameters, x)[:, s.start : s.stop] for s in columns], axis=1)
    assert (jacobian(net, parameters, x, kinds=kinds) == j).all()
    assert relative(kernel(net, parameters, x, kinds=kinds), j @ j.T) < 1e-14


def test_frozen_coefficients_do_not_count():
    net, frozen = (Mlp((2, 6, 1), unit("rational"), trainable=trainable) for trainable in (True, False))
    parameters, x = drawn(net, 4)
    expected = kernel(net, parameters, x, kinds=("weights", "biases"))
    assert (kernel(frozen, parameters, x) == expected).all()
    assert not np.allclose(kernel(net, parameters, x), expected)


def test_each_layer_has_its_own_unit():
    net = Mlp((2, 6, 6, 1), (unit("sine30"), unit("rational")))
    parameters, x = drawn(net, 7)
    j = jacobian(net, parameters, x)
    assert relative(kernel(net, parameters, x), j @ j.T) < 1e-14


def test_scales_multiply_the_columns_of_the_jacobian():
    net = Mlp((2, 6, 6, 1), unit("rational"))
    parameters, x = drawn(net, 7)
    scales = [(0.5, 2.0), (3.0, 1.0), (0.25, 4.0)]
    j = jacobian(net, parameters, x)
    for slot in net.slots:
        if slot.kind != "coefficients":
            j[:, slot.start : slot.stop] *= scales[slot.layer][slot.kind == "biases"]
    assert relative(kernel(net, parameters, x, scales=scales), j @ j.T) < 1e-14


def test_the_kernel_does_not_depend_on_the_tile(monkeypatch):
    net = Mlp((2, 6, 2), unit("rational"))
    parameters, x = drawn(net, 30)
    expected = kernel(net, parameters, x)
    for tile in (1, 7, 30, 64):
        monkeypatch.setattr(structured_module, "TILE", tile)
        assert relative(kernel(net, parameters, x), expected) < 1e-14


def test_a_network_without_hidden_layers_has_the_kernel_of_linear_regression():
    net = Mlp((3, 2), ())
    parameters, x = drawn(net, 5)
    assert np.allclose(kernel(net, parameters, x), np.kron(x @ x.T + 1, np.eye(2)), rtol=1e-15)


def test_float32_stays_float32():
    net = Mlp((2, 6, 1), unit("rational"))
    parameters, x = (values.astype(np.float32) for values in drawn(net, 5))
    assert kernel(net, parameters, x).dtype == np.float32
    assert jacobian(net, parameters, x).dtype == np.float32


def test_memory_is_that_of_the_answer_and_a_little_more():
    net = Mlp((2, 64, 64, 64, 1), unit("tanh"))
    parameters, x = drawn(net, 1500)
    kernel(net, parameters, x[:200])  # what is built once
    tracemalloc.start()
    k = kernel(net, parameters, x)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1.5 * k.nbytes
    assert peak < 8 * len(x) * net.size / 4  # a quarter of the Jacobian, whose size grows with the parameters
    assert peak < 1.2 * memory_module.bytes_needed(net, len(x))
    assert peak > 0.6 * memory_module.bytes_needed(net, len(x))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"x": np.zeros((0, 2))}, "N ≥ 1"),
        ({"x": np.zeros((3, 1))}, r"\(N, 2\)"),
        ({"x": np.zeros(2)}, r"\(N, 2\)"),
        ({"x": np.array([[0.0, np.inf]])}, "1 of 2 numbers of the samples are not finite"),
        ({"parameters": np.full(25, np.nan)}, "25 of 25 parameters are not finite"),
        ({"parameters": np.zeros((1, 25))}, "one member of an ensemble"),
        ({"parameters": np.zeros(24)}, "takes one flat array"),
        ({"kinds": ("weight",)}, "not 'weight'"),
        ({"kinds": ()}, "no parameter counts"),
        ({"kinds": ("coefficients",)}, "no parameter counts"),
    ],
)
@pytest.mark.parametrize("function", [kernel, jacobian])
def test_a_slip_is_refused_with_what_was_found(function, change, words):
    net = Mlp((2, 6, 1), unit("tanh"))
    asked = {"parameters": np.zeros(25), "x": np.zeros((3, 2)), "kinds": ("weights",)} | change
    with pytest.raises(ValueError, match=words):
        function(net, asked["parameters"], asked["x"], kinds=asked["kinds"])


def test_more_memory_than_there_is_is_refused_with_the_number(monkeypatch):
    monkeypatch.setattr(memory_module, "free_bytes", lambda: 10**9)
    net = Mlp((1, 6, 1), unit("tanh"))
    with pytest.raises(ValueError, match=r"20,000 samples needs about 3\.2 GB, and 1\.0 GB are free: take fewer"):
        kernel(net, np.zeros(net.size), np.zeros((20_000, 1)))
