"""Draws are paired, have the published spread, and exact gains keep what they say they keep."""

from __future__ import annotations

import numpy as np
import pytest

from ratapprox.evaluating import exact_gains, unit_gain
from ratapprox.networks.evaluate import forward as unit_forward
from ratapprox.networks.initialisation import Gains, He, Siren, Xavier, XavierUniform, initialise, scheme, scheme_names
from ratapprox.networks.mlp import Mlp
from ratapprox.networks.units import unit

SCHEMES = [*map(scheme, scheme_names()), Gains(0.5, (1.0, 2.0, 2.0)), He("fan")]


@pytest.mark.parametrize("how", SCHEMES)
def test_activations_of_one_seed_begin_with_the_same_weights_and_biases(how):
    nets = [Mlp((2, 4, 4, 1), unit(name), sharing) for name in ("relu", "rational", "raf") for sharing in ("layer", 2)]
    drawn = [net.layers(initialise(net, how, [3, 7], "kdv")) for net in nets]
    for layers in drawn[1:]:
        for ours, theirs in zip(layers, drawn[0], strict=True):
            assert (ours.weights == theirs.weights).all() and (ours.biases == theirs.biases).all()
    assert not (drawn[0][0].weights[0] == drawn[0][0].weights[1]).any()


@pytest.mark.parametrize("how", SCHEMES)
def test_a_member_depends_on_its_own_seed_and_name_alone(how):
    net = Mlp((2, 4, 4, 1), unit("raf"), "neuron")
    several = initialise(net, how, [5, 0, 9], "image")
    assert (initialise(net, how, [0], "image")[0] == several[1]).all()
    assert (initialise(net, how, [0], "kdv")[0] != several[1]).any()
    assert (initialise(net, how, [0], "image", np.float32)[0] == several[1].astype(np.float32)).all()


@pytest.mark.parametrize(
    ("how", "deviations", "limits"),
    [
        # a normal variable cut off at ±2 has the deviation sqrt(1 - 4 phi(2)/(2 Phi(2) - 1)) = 0.87962566103423978
        (Xavier(), [0.8796256610342398 * (2 / 500) ** 0.5] * 2, [2 * (2 / 500) ** 0.5] * 2),
        (XavierUniform(), [(2 / 500) ** 0.5] * 2, [(6 / 500) ** 0.5] * 2),
        (He(), [(2 / 200) ** 0.5, (2 / 300) ** 0.5], [np.inf] * 2),
        (Siren(frequency=5.0), [1 / 200 / 3**0.5, (2 / 300) ** 0.5 / 5], [1 / 200, (6 / 300) ** 0.5 / 5]),
        (Gains(0.0, (1.0, 2.5)), [(1 / 200) ** 0.5, (2.5 / 300) ** 0.5], [np.inf] * 2),
        (Gains(0.0, (1.0, 2.5), "backward"), [(1 / 300) ** 0.5, (2.5 / 200) ** 0.5], [np.inf] * 2),
    ],
)
def test_weights_have_the_published_spread(how, deviations, limits):
    net = Mlp((200, 300, 200), unit("tanh"))
    for layer, wanted, limit in zip(net.layers(initialise(net, how, [1])), deviations, limits, strict=True):
        # 60,000 numbers of kurtosis at most 3: the deviation is known to 0.29 %; 4 of these
        assert abs(layer.weights.std() / wanted - 1) < 0.0116
        assert abs(layer.weights.mean()) < 4 * wanted / 60_000**0.5
        assert np.abs(layer.weights).max() <= limit


def test_biases_are_zero_or_uniform_or_of_the_width_of_the_inputs():
    net = Mlp((4, 1000, 1000, 1), unit("tanh"))
    assert not net.layers(initialise(net, Xavier(), [0]))[1].biases.any()
    for biases, width in ((0.5, 0.5), ("fan", 1000**-0.5)):
        drawn = net.layers(initialise(net, Xavier(biases), [0]))[1].biases
        assert 0.99 * width < np.abs(drawn).max() <= width and abs(drawn.mean()) < 4 * width / 3000**0.5


def test_coefficients_begin_where_the_unit_says():
    net = Mlp((2, 500, 500, 1), (unit("raf"), unit("rational")), "neuron")
    raf, rational, _ = net.layers(initialise(net, Xavier(), [0])[0])
    assert np.ptp(rational.coefficients, axis=0).max() == 0
    assert rational.coefficients[0].tolist() == [0.0218, 0.5, 1.5957, 1.1915, 0.0, 2.383]
    assert 0.01 <= raf.coefficients[:, 3].min() < raf.coefficients[:, 3].max() < 0.05
    assert abs(raf.coefficients[:, 1].mean() - 30) < 0.001


def test_the_mixture_for_sounds_begins_as_the_published_code_draws_it():
    net = Mlp((1, 2000, 1), unit("raf_audio"), "neuron")
    a, b, c, d = net.layers(initialise(net, Siren(), [0])[0])[0].coefficients.T
    error = 5 / 2000**0.5  # five standard errors of a mean
    for drawn, mean, sd in ((a, 2, 0.1), (b, 30, 10), (c, 1, 0.1)):
        assert abs(drawn.mean() - mean) < error * sd
        assert abs(drawn.std() - sd) < error * sd
    assert 0.01 <= d.min() < 0.011 < 0.049 < d.max() <= 0.05
    x = 0.03
    found = unit_forward(unit("raf_audio"), np.full((1, 2000), x), np.stack([a, b, c, d], axis=-1))[0]
    np.testing.assert_allclose(found, a * np.sin(b * x) + c * np.exp(-((x / d) ** 2) / 2), rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("name", ["relu", "tanh", "rational", "ralu", "gelu", "sine30"])
def test_exact_gains_are_those_of_the_trapezoid_rule(name):
    u = unit(name)
    z = np.linspace(-12, 12, 60_001)[:, None]
    weight = np.exp(-z * z / 2) / np.sqrt(2 * np.pi) * (z[1] - z[0])
    sigma = unit_forward(u, z, np.array([[d.value for d in u.initial]]).reshape(1, -1))
    assert unit_gain(u) == pytest.approx(1 / (sigma**2 * weight).sum(), rel=1e-9)
    slope = np.gradient(sigma[:, 0], z[:, 0])
    # differences of step 4e-4; at ReLU's kink one of them is wrong by 1/2
    assert unit_gain(u, "backward") == pytest.approx(1 / (slope**2 * weight[:, 0]).sum(), rel=2e-4)


@pytest.mark.parametrize("name", ["tanh", "rational", "ralu"])
def test_exact_gains_keep_the_size_of_signals(name):
    net = Mlp((400, 400, 400, 400), unit(name))
    x = np.random.default_rng(0).standard_normal((200, 400))
    layers = net.layers(initialise(net, exact_gains(net), [0])[0])
    h = x
    for layer in layers[:-1]:
        z = h @ layer.weights
        # the square of a layer's size fluctuates by about sqrt(2/width) and adds up over three layers
        assert 0.7 < (z * z).mean() < 1.3
        h = unit_forward(net.unit, z, layer.coefficients)


def test_what_cannot_be_drawn_is_refused():
    net = Mlp((2, 3, 3, 1), unit("raf"))
    for seed in (-1, 1.5, True, "1"):
        with pytest.raises(ValueError, match="a seed is a non-negative integer"):
            initialise(net, He(), [seed])
    with pytest.raises(ValueError, match="float32 or float64, not float16"):
        initialise(net, He(), [0], dtype=np.float16)
    with pytest.raises(ValueError, match="2 gains are given, and layer 3 has none"):
        initialise(net, Gains(0.0, (1.0, 2.0)), [0])
    with pytest.raises(ValueError, match="no initialisation 'lecun': take one of xavier"):
        scheme("lecun")
    for bad in (-1.0, np.nan, np.inf):
        with pytest.raises(ValueError, match="biases are drawn from"):
            He(bad)
        with pytest.raises(ValueError, match="frequency"):
            Siren(frequency=bad)
        with pytest.raises(ValueError, match="gains are positive"):
            Gains(0.0, (bad,))
    with pytest.raises(ValueError, match="'forward' or 'backward', not 'both'"):
        Gains(0.0, (1.0,), "both")
