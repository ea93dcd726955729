"""Gains of drawn coefficients are those of proved moments, of closed forms and of another rule; they keep signals."""

from __future__ import annotations

from math import exp, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratapprox.evaluating import exact_gains, unit_gain
from ratapprox.networks.draws import Fixed, Normal, Uniform
from ratapprox.networks.evaluate import forward as unit_forward
from ratapprox.networks.evaluate import jet
from ratapprox.networks.experiment import Experiment, prepared
from ratapprox.networks.initialisation import Gains, He, initialise
from ratapprox.networks.mlp import Mlp
from ratapprox.networks.ntk.fixed import Fixed as Function
from ratapprox.networks.ntk.gaussian_pairs import expectations
from ratapprox.networks.own_gains import own_gains
from ratapprox.networks.units import Unit, unit

ZOO = ["relu", "leaky_relu", "hard_swish", "softshrink", "elu", "gelu", "silu", "mish", "tanh", "sin", "sine30"]
DIRECTIONS = pytest.mark.parametrize("direction", ["forward", "backward"])


def drawn(name: str, many: int, seed: int = 0):
    generator = np.random.default_rng(seed)
    return np.stack([d.draw(generator, (many,)) for d in unit(name).initial], axis=-1)


@DIRECTIONS
@pytest.mark.parametrize("name", [*ZOO, "rational", "ralu", "softsign"])
def test_where_coefficients_are_fixed_they_are_the_proved_gains(name, direction):
    u = unit(name)
    c = np.array([d.value for d in u.initial]).reshape(1, -1)
    np.testing.assert_allclose(own_gains(u, c, direction), [unit_gain(u, direction)], rtol=1e-13)


@given(*(st.floats(-3, 3) for _ in range(3)), st.floats(0.1, 20))
def test_they_are_those_of_the_closed_form(a, b, k, w):
    """E sin² wz = (1 - exp(-2w²))/2, E exp(-z²) = 1/√3, E z sin wz = w exp(-w²/2), E z² = 1; other products are odd."""
    square = a * a * (1 - exp(-2 * w * w)) / 2 + b * b / sqrt(3) + k * k + 2 * a * k * w * exp(-w * w / 2)
    u = unit("a*sin(w*x) + b*exp(-x**2/2) + k*x")
    c = np.array([[{"a": a, "b": b, "k": k, "w": w}[str(s)] for s in u.symbols]])
    if square > 1e-3:
        np.testing.assert_allclose(own_gains(u, c), [1 / square], rtol=1e-10 / square)


def test_the_published_mixture_has_the_gains_of_another_rule():
    c = drawn("raf", 40)
    c[:, 3] = np.maximum(c[:, 3], 0.02)  # the other rule does not resolve narrower bells
    one = np.ones(1)
    pairs = [expectations(Function(unit("raf"), tuple(row)), one, one, one) for row in c[:10]]
    np.testing.assert_allclose(own_gains(unit("raf"), c)[:10], [1 / p.value[0] for p in pairs], rtol=1e-13)
    np.testing.assert_allclose(own_gains(unit("raf"), c, "backward")[:10], [1 / p.slope[0] for p in pairs], rtol=1e-13)


@DIRECTIONS
def test_a_row_has_the_same_gain_in_whatever_company(direction):
    c = drawn("raf", 300)
    together = own_gains(unit("raf"), c, direction)
    alone = [own_gains(unit("raf"), row[None], direction)[0] for row in c[-3:]]
    np.testing.assert_allclose(alone, together[-3:], rtol=1e-13)


def test_a_narrow_bell_counts():
    """E exp(-(z - m)²/(2 d²))² of the widest and of the narrowest bells that are drawn, at their closed form."""
    u = unit("exp(-(x - m)**2/(2*d**2))")
    names = [str(s) for s in u.symbols]
    for d in (0.05, 0.01):
        v = d * d / 2
        square = sqrt(v / (1 + v)) * exp(-(0.3137**2) / (2 * (1 + v)))
        c = np.array([[{"m": 0.3137, "d": d}[n] for n in names]])
        np.testing.assert_allclose(own_gains(u, c), [1 / square], rtol=1e-12)


@pytest.mark.parametrize(
    ("text", "values", "direction", "says"),
    [
        ("1/(x - a)", [0.3], "forward", r"1/\(x - a\) with a = 0.3 has a pole or oscillates too fast"),
        ("1/(x - a)", [0.0], "forward", "has a pole|is not finite"),
        ("sin(a*x)", [1e6], "forward", "with a = 1e\\+06 has a pole or oscillates too fast: its gain is not found"),
        ("exp(a*x**2)", [0.3], "forward", "with a = 0.3 is not finite, or grows too fast: it has no gain"),
        ("log(x + a)", [1.0], "forward", "is not finite"),
        ("a*x", [0.0], "forward", "a\\*x with a = 0 has no gain: it is 0, and no weights"),
        ("a + x*0", [2.0], "backward", "has no gain: it is constant"),
    ],
)
def test_what_has_no_gain_is_refused_with_its_coefficients(text, values, direction, says):
    fine = {"1/(x - a)": None, "sin(a*x)": [1.0], "exp(a*x**2)": [-1.0], "a*x": [1.0]}.get(text)
    rows = [values] if fine is None else [fine, values]
    with pytest.raises(ValueError, match=says):
        own_gains(unit(text), np.array(rows), direction)


@pytest.mark.parametrize("sharing", ["neuron", "layer", 4])
def test_each_input_of_a_layer_is_multiplied_by_its_own(sharing):
    """Beside the same draws without gains."""
    net = Mlp((2, 8, 8, 3), unit("raf"), sharing)
    ours, plain = (net.layers(initialise(net, how, [5])[0]) for how in (exact_gains(net), Gains(0.0, (1.0,) * 3)))
    assert (ours[0].weights == plain[0].weights).all()
    for k in (1, 2):
        gains = own_gains(unit("raf"), ours[k - 1].coefficients)
        each = np.repeat(gains, 8 // len(gains))
        np.testing.assert_allclose(ours[k].weights, plain[k].weights * np.sqrt(each)[:, None], rtol=1e-13)
        assert (ours[k - 1].coefficients == plain[k - 1].coefficients).all()


@DIRECTIONS
def test_they_keep_the_size_of_signals_or_of_gradients(direction):
    """With N(0, 1/n) alone a layer of this mixture multiplies squares by 6, and those of gradients by 1,000."""
    net = Mlp((600, 600, 600), unit("raf"), "neuron")
    first, second = net.layers(initialise(net, exact_gains(net, direction), [0])[0])
    z = np.random.default_rng(1).standard_normal((400, 600))
    if direction == "forward":
        after = unit_forward(unit("raf"), z, first.coefficients) @ second.weights
    else:
        after = jet(unit("raf"), z, first.coefficients, 1)[1] * (z @ second.weights.T)
    assert 0.85 < (after**2).mean() < 1.15


def test_fixed_and_drawn_units_go_together():
    net = Mlp((2, 6, 6, 1), (unit("relu"), unit("raf")), "neuron")
    assert exact_gains(net).gains == (1.0, unit_gain(unit("relu")), None)
    with pytest.raises(ValueError, match="raf draws a, b, c, d, e, f, a gain for each neuron: own_gains"):
        unit_gain(unit("raf"))
    with pytest.raises(ValueError, match="the first layer of weights has no activation before it"):
        Gains(0.0, (None, 1.0))


def test_a_draw_without_a_gain_is_named_when_it_is_drawn():
    x, (a,) = unit("a*x").expression.free_symbols - set(unit("a*x").symbols), unit("a*x").symbols
    poles = Unit("poles", 1 / (next(iter(x)) - a), (a,), (Uniform(0.1, 0.2),))
    net = Mlp((1, 3, 1), poles, "neuron")
    with pytest.raises(ValueError, match=r"poles with a = 0\.1"):
        initialise(net, exact_gains(net), [0])
    assert np.isfinite(initialise(net, He(), [0])).all()
    assert exact_gains(Mlp((1, 3, 1), Unit("slope", a * next(iter(x)), (a,), (Normal(2.0, 0.0),)))).gains == (1.0, None)
    assert exact_gains(Mlp((1, 3, 1), Unit("slope", a * next(iter(x)), (a,), (Fixed(2.0),)))).gains == (1.0, 0.25)


def test_one_activation_for_the_network_is_refused_with_gains_of_drawn_coefficients():
    like = Experiment("runge", "raf", (0,), (4, 4), "adam", steps=1, sharing="network", init=(1.0, None, None))
    with pytest.raises(ValueError, match="raf draws coefficients, and one activation for the network"):
        prepared(like)
