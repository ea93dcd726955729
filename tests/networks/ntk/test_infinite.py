"""Gaussian expectations and kernels of infinite width against closed forms, proofs, other rules and wide networks."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratapprox import Rational
from ratapprox.networks.mlp import Mlp
from ratapprox.networks.ntk import infinite_kernel, kernel
from ratapprox.networks.ntk.fixed import Fixed
from ratapprox.networks.ntk.gaussian_pairs import expectations
from ratapprox.networks.ntk.infinite import _begun
from ratapprox.networks.ntk.trapezoid import by_trapezoid, step_and_reach
from ratapprox.networks.units import unit
from ratapprox.symbolic import dual

numbers = st.floats(0.05, 4.0)
correlations = st.floats(-1.0, 1.0)


def begun(name):
    return Fixed(unit(name), _begun(unit(name)))


def one_pair(name, q11, q22, rho):
    q12 = rho * math.sqrt(q11 * q22)
    return expectations(begun(name), *(np.array([v]) for v in (q11, q12, q22)))


def within(found, error, expected, condition=0.0):
    """Within the stated error, and what the rounding of the covariance makes of the result itself."""
    assert abs(found[0] - expected) <= error[0] + condition + 1e-15 * abs(expected)


@given(numbers, numbers, correlations)
def test_sines_have_their_closed_form(q11, q22, rho):
    found = one_pair("sine", q11, q22, rho)
    q12 = rho * math.sqrt(q11 * q22)
    plus, minus = (math.exp(-(q11 + q22 + 2 * s * q12) / 2) for s in (1, -1))
    within(found.value, found.value_error, (minus - plus) / 2)
    within(found.slope, found.slope_error, (minus + plus) / 2)


@given(st.floats(0.05, 2.0), st.floats(0.05, 2.0), correlations)
def test_fast_sines_have_their_closed_form(q11, q22, rho):
    found = one_pair("sine30", q11, q22, rho)
    q12 = rho * math.sqrt(q11 * q22)
    plus, minus = (math.exp(-900 * (q11 + q22 + 2 * s * q12) / 2) for s in (1, -1))
    # an error of q12 by its rounding counts 900 times
    lost = 900 * 4e-16 * math.sqrt(q11 * q22)
    within(found.value, found.value_error, (minus - plus) / 2, lost)
    within(found.slope, found.slope_error, 900 * (minus + plus) / 2, 900 * lost)


@given(numbers, numbers, correlations)
def test_error_functions_have_the_arcsine_kernel(q11, q22, rho):
    found = one_pair("erf", q11, q22, rho)
    q12 = rho * math.sqrt(q11 * q22)
    inner = math.sqrt((1 + 2 * q11) * (1 + 2 * q22))
    within(found.value, found.value_error, 2 / math.pi * math.asin(2 * q12 / inner), 1e-15)
    within(found.slope, found.slope_error, 4 / math.pi / math.sqrt(inner**2 - 4 * q12**2), 1e-14)


@given(numbers, numbers, st.floats(-0.999, 0.999))
def test_relus_have_the_arc_cosine_kernels(q11, q22, rho):
    found = one_pair("relu", q11, q22, rho)
    theta = math.acos(rho)
    size = math.sqrt(q11 * q22)
    within(
        found.value, found.value_error, size / (2 * math.pi) * (math.sin(theta) + (math.pi - theta) * rho), 4e-16 * size
    )
    within(found.slope, found.slope_error, (math.pi - theta) / (2 * math.pi), 2e-15 / math.sin(theta))


@pytest.mark.parametrize("rho", [-0.95, -0.3, 0.2, 0.6, 0.9])
@pytest.mark.parametrize(
    ("name", "target"),
    [
        ("rational", Rational([0.0218, 0.5, 1.5957, 1.1915], [1, 0, 2.383])),
        ("ralu", "x*(x**2+4)/(x**2+1)"),
        *((name, name) for name in ("tanh", "gelu", "silu", "softplus")),
        *((name, name) for name in ("relu", "leaky_relu", "abs", "elu", "hard_tanh")),
    ],
)
def test_expectations_are_in_the_proved_enclosure(name, target, rho):
    found = one_pair(name, 1.0, 1.0, rho)
    proved = dual(target, rho)
    low, high = float(proved.lower), float(proved.upper)
    slack = found.value_error[0] + 4e-16 * (1 + abs(high))
    assert low - slack <= found.value[0] <= high + slack
    assert found.value_error[0] < 1e-13


@pytest.mark.parametrize("q", [0.3, 1.0, 5.0])
@pytest.mark.parametrize("rho", [-0.99, 0.0, 0.7, 0.999])
@pytest.mark.parametrize("name", ["rational", "ralu", "tanh", "x**3 - x", "sine"])
def test_the_series_and_the_trapezoid_rule_agree(name, rho, q):
    found = one_pair(name, q, 1.3, rho)
    step, reach = step_and_reach(begun(name), max(q, 1.3))
    value, slope = by_trapezoid(begun(name), *(np.array([v]) for v in (q**0.5, 1.3**0.5, rho)), step / 1.2, reach)
    assert abs(found.value[0] - value[0]) < 1e-13 * (1 + abs(value[0]))
    assert abs(found.slope[0] - slope[0]) < 1e-13 * (1 + abs(slope[0]))


def test_the_trapezoid_rule_converges_as_the_distance_of_the_poles_says():
    """Error exp(-2π d/h): at half the step its square."""
    sigma = begun("rational")
    at = [np.array([v]) for v in (1.0, 1.2**0.5, 0.5 / 1.2**0.5)]
    exact = by_trapezoid(sigma, *at, 0.05, 9.0)[0][0]
    distance = 1 / math.sqrt(2.383 * 1.2)
    for h in (0.5, 0.3, 0.2):
        error = abs(by_trapezoid(sigma, *at, h, 9.0)[0][0] - exact)
        assert 0.02 < error / math.exp(-2 * math.pi * distance / h) < 50


@pytest.mark.parametrize("name", ["relu", "abs"])
def test_panels_find_what_the_closed_form_is(name):
    from ratapprox.networks.ntk.panels import by_panels

    random = np.random.default_rng(0)
    rho = np.array([-1.0, -0.99999, -0.5, 0.0, 0.3, 0.999, 0.9999999, 1.0])
    one, two = random.uniform(0.2, 2, (2, len(rho)))
    value, slope = by_panels(begun(name), [0.0], one, two, rho, 20)
    found = expectations(begun(name), one**2, rho * one * two, two**2)
    assert np.abs(value - found.value).max() < 1e-13
    assert np.abs(slope - found.slope).max() < 1e-9


def test_one_hidden_layer_of_relus_on_a_circle_has_the_published_kernel():
    """Θ = x·x' κ_0 + |x||x'| κ_1 for weights alone, κ_0 = (π - θ)/π, κ_1 = (sin θ + (π - θ) cos θ)/π [CS09]."""
    theta = np.linspace(0, math.pi, 7)
    x = math.sqrt(2) * np.stack([np.cos(theta), np.sin(theta)], axis=1)
    found = infinite_kernel(unit("relu"), x, depth=1, weight_variance=2.0, kinds=("weights",))
    # weights of variance 2 in both layers: Σ = 2 cos θ, E[σσ] = 2 κ_1/2, E[σ'σ'] = κ_0/2
    k0, k1 = (math.pi - theta) / math.pi, (np.sin(theta) + (math.pi - theta) * np.cos(theta)) / math.pi
    expected = k1 + 2 * np.cos(theta) * k0 / 2
    assert np.abs(found.ntk[0] - expected).max() < 1e-14
    assert (np.abs(found.ntk[0] - expected) <= found.ntk_error[0] + 1e-15).all()


@pytest.mark.parametrize("name", ["rational", "tanh", "elu", "hard_tanh"])
def test_a_variable_that_is_0_leaves_the_mean_of_the_other(name):
    sigma = begun(name)
    found = expectations(sigma, np.array([0.0, 0.0]), np.zeros(2), np.array([0.7, 0.0]))
    z = np.linspace(-10, 10, 200_001)
    w = 1e-4 * np.exp(-z * z / 2) / math.sqrt(2 * math.pi)
    for values, f, own in zip(found[:2], sigma.jet(0.7**0.5 * z), sigma.jet(np.zeros(1)), strict=True):
        # at a jump of σ' the sum is off by the step
        assert abs(values[0] - own[0] * float(w @ f)) < (1e-4 if name == "hard_tanh" else 1e-8)
        assert abs(values[1] - own[0] ** 2) < 1e-14


@pytest.mark.parametrize("name", ["rational", "tanh"])  # relu has a kink there
def test_the_sample_0_without_biases_is_no_exception(name):
    x = np.array([[-1.0], [0.0], [1e-8], [1.0]])
    found = infinite_kernel(unit(name), x, depth=2)
    assert np.isfinite(found.ntk).all()
    assert np.abs(found.ntk[1] - found.ntk[2]).max() < 1e-6 * found.ntk.max()


def drawn(net, seed, bias_variance):
    random = np.random.default_rng(seed)
    parameters = np.empty(net.size)
    for slot in net.slots:
        part = random.normal(size=slot.shape) / net.widths[slot.layer] ** 0.5
        if slot.kind == "biases":
            part = random.normal(size=slot.shape) * bias_variance**0.5
        if slot.kind == "coefficients":
            part = np.broadcast_to(_begun(net.units[0]), slot.shape)
        parameters[slot.start : slot.stop] = part.ravel()
    return parameters


@pytest.mark.parametrize("name", ["rational", "tanh", "relu"])
def test_wide_networks_come_near_like_one_over_the_root_of_the_width(name):
    x = np.linspace(-1, 1, 6)[:, None]
    limit = infinite_kernel(unit(name), x, depth=2, bias_variance=0.1).ntk
    widths, deviations = (32, 128, 512), []
    for width in widths:
        net = Mlp((1, width, width, 1), unit(name))
        scales = [(1 / m**0.5, 1.0) for m in net.widths[:-1]]
        finite = [
            kernel(net, drawn(net, seed, 0.1), x, kinds=("weights", "biases"), scales=scales) for seed in range(24)
        ]
        deviations.append(np.mean([np.linalg.norm(k - limit) for k in finite]) / np.linalg.norm(limit))
        # and their mean comes nearer still: there is no bias of this size
        assert np.linalg.norm(np.mean(finite, axis=0) - limit) < 0.6 * deviations[-1] * np.linalg.norm(limit)
    slope = np.polyfit(np.log(widths), np.log(deviations), 1)[0]
    assert -0.7 < slope < -0.35
    assert deviations[-1] < 0.06


def test_the_limit_without_hidden_layers_is_linear_regression():
    x = np.array([[1.0, 2.0], [0.5, -1.0]])
    found = infinite_kernel(unit("tanh"), x, depth=0, bias_variance=0.25)
    assert np.allclose(found.ntk, x @ x.T / 2 + 1, rtol=1e-15)
    assert np.allclose(found.nngp, x @ x.T / 2 + 0.25, rtol=1e-15)


@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        ("tanh", {"x": np.zeros((0, 1))}, "N ≥ 1"),
        ("tanh", {"x": np.zeros(3)}, "N ≥ 1"),
        ("tanh", {"x": np.array([[np.nan]])}, "not finite"),
        ("tanh", {"depth": -1}, "0 or more"),
        ("tanh", {"kinds": ("coefficients",)}, "all that is trained"),
        ("tanh", {"kinds": ()}, "no parameter counts"),
        ("tanh", {"weight_variance": -1.0}, "≥ 0"),
        ("tanh", {"bias_variance": [1.0]}, "each of the 3 layers"),
        ("tanh", {"coefficients": [1.0]}, "takes 0 numbers, not 1"),
        ("raf", {}, "drawn for each neuron"),
        ("1/(x - 1/2)", {}, "has a pole at x = 0.5"),
        ("exp(x**2/2)", {}, "grows too fast|not finite"),
    ],
)
def test_a_slip_is_refused(name, change, words):
    asked = {"x": np.array([[0.3], [1.0]])} | change
    with pytest.raises(ValueError, match=words):
        infinite_kernel(unit(name), asked.pop("x"), **asked)
