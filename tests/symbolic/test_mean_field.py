"""Mean-field maps and the edge of chaos: fixed points are fixed, slopes are critical."""

from fractions import Fraction

import numpy as np
import pytest
from flint import arb, ctx

from ratapprox.symbolic import edge_of_chaos, gain, moments, next_variance, slope_factor


@pytest.mark.parametrize("name", ["tanh", "gelu", "erf", "x**3/(1+x**2)", "x*(x**2+9)/(x**2+1)"])
def test_at_the_edge_the_variance_stays_and_gradients_keep_their_size(name):
    edge = edge_of_chaos(name, variance=1)
    weight, bias = edge.weight_variance, edge.bias_variance
    with ctx.workprec(128):
        found = moments(name)
        assert (weight.ball() * found.second.ball() + bias.ball()).overlaps(arb(1))
        assert (weight.ball() * found.slope.ball()).overlaps(arb(1))
    assert weight == gain(name).backward
    assert weight.width < 1e-17 * float(weight)


@pytest.mark.parametrize(
    ("name", "bias"), [("tanh", "0.05"), ("erf", "1/100"), ("hard_tanh", "0.01"), ("x/(1+x**2)", "0.1")]
)
def test_a_bias_variance_has_its_edge_enclosed(name, bias):
    edge = edge_of_chaos(name, bias_variance=bias)
    q = float(edge.variance)
    assert float(edge.weight_variance.width) <= 1e-15 * float(edge.weight_variance)
    assert edge.bias_variance.contains(Fraction(bias))
    again = next_variance(name, q, float(edge.weight_variance), bias)
    assert float(again) == pytest.approx(q, rel=1e-13)
    assert float(slope_factor(name, q, float(edge.weight_variance))) == pytest.approx(1, rel=1e-13)


def test_tanh_without_bias_is_critical_at_weight_variance_one():
    edge = edge_of_chaos("tanh", bias_variance=0)
    assert float(edge.weight_variance) == 1 and edge.variance.upper == 0


@pytest.mark.parametrize(("name", "weight"), [("relu", 2), ("silu", 4), ("elu", 1), ("leaky_relu(1)", 1)])
def test_without_bias_the_slopes_at_zero_decide(name, weight):
    assert edge_of_chaos(name, bias_variance=0).weight_variance.contains(weight)


def test_relu_keeps_every_variance_at_weight_variance_two():
    """[HZRS15]."""
    assert next_variance("relu", 3, 2).contains(3)
    assert slope_factor("relu", 3, 2).contains(1)


def test_the_map_of_the_sine_has_its_closed_form():
    # E[sin²(√q Z)] = (1 - e^(-2q))/2, E[cos²] = (1 + e^(-2q))/2
    for q in (0.25, 1.0, 4.0):
        assert float(next_variance("sin", q, 1.5, 0.5)) == pytest.approx(0.75 * (1 - np.exp(-2 * q)) + 0.5, rel=1e-14)
        assert float(slope_factor("sin", q, 1.5)) == pytest.approx(0.75 * (1 + np.exp(-2 * q)), rel=1e-14)


@pytest.mark.parametrize(
    ("sigma", "given", "says"),
    [
        ("sigmoid", {"variance": 1}, "bias variance would be -5.54"),
        ("relu", {"bias_variance": 0.1}, "no edge of chaos of relu was found for bias_variance=0.1"),
        ("3", {"variance": 1}, "constant, and every gradient vanishes"),
        ("relu", {}, "give exactly one of them"),
        ("relu", {"variance": 1, "bias_variance": 1}, "give exactly one of them"),
        ("relu", {"bias_variance": -1}, "bias_variance=-1: a variance is not negative"),
        ("1/x", {"variance": 1}, "pole at x = 0"),
    ],
)
def test_where_there_is_no_edge_a_sentence_says_so(sigma, given, says):
    with pytest.raises(ValueError, match=says) as caught:
        edge_of_chaos(sigma, **given)
    assert "\n" not in str(caught.value)


def test_the_edge_says_in_one_line_what_it_is():
    assert repr(edge_of_chaos("relu", bias_variance=0)) == (
        "Edge of chaos of relu: weight variance 2, bias variance 0, at variance 0"
    )
