"""The behaviour of r - f at infinity, told by exact rules, agrees with what is measured far out."""

from fractions import Fraction

import numpy as np
import pytest
import sympy

from ratapprox import Rational, certify
from ratapprox.activations import ZOO, activation
from ratapprox.expressions import x
from ratapprox.symbolic.asymptotics import behaviour
from ratapprox.symbolic.growth import Exponential, Line
from ratapprox.symbolic.tails import ErrorTail

NAMES = [name for name in ZOO if not activation(name).parameters]
TEXTS = [
    "x**3/(x**2+1)",
    "x/(1+abs(x))",
    "(exp(x)-exp(-x))/(exp(x)+exp(-x))",
    "x*erfc(-x)/2",
    "max(x,x**2)",
    "exp(-x**2)*x**3",
    "log(2+exp(x))",
    "atan(x)+x",
    "cosh(x)/sinh(x)",
    "tanh(exp(x))",
    "x*tanh(log(1+exp(x)))",
    "sqrt(2+exp(-abs(x)))",
]


@pytest.mark.parametrize("side", [-1, 1])
@pytest.mark.parametrize("text", NAMES + TEXTS)
def test_the_polynomial_part_is_what_is_measured_far_out(text, side):
    f = activation(text)
    found = behaviour(f.expression, x, side)
    if text == "sin":
        assert found is None
        return
    t = np.array([20.0 if isinstance(found, Exponential) else 300.0])
    measured = f(side * t)
    if isinstance(found, Exponential):
        logarithm = (
            float(sympy.log(abs(found.c))) + found.k * np.log(t) + sum(float(c) * t**k for k, c in enumerate(found.E))
        )
        assert np.allclose(np.log(np.abs(measured)), logarithm, rtol=1e-9)
        assert np.sign(measured[0]) == np.sign(float(found.c))
    else:
        assert isinstance(found, Line)
        rest = np.abs(measured - sum(float(c) * t**k for k, c in enumerate(found.P)))
        assert (rest <= 10 * t ** -min(found.decay, 20) + 1e-13 * np.abs(measured)).all()


@pytest.mark.parametrize("text", ["sin(x)", "x*atan(x)", "log(1+x**2)", "sqrt(1+x**2)"])
def test_what_the_rules_do_not_cover_is_not_known(text):
    assert behaviour(activation(text).expression, x, 1) is None
    tail = certify(Rational([0, 1]), text, (0, 1)).tails[1]
    assert tail.kind == "unknown"
    assert "not known" in str(tail)


def test_a_gelu_of_type_5_4_diverges_linearly():
    P = [-0.002405168954282999, 0.4999998211860657, 0.41406384110450745, 0.11635458469390869, 0.012043407186865807]
    r = Rational(
        [*P, 0.0002607440110296011],
        [1, -3.3429158065700904e-05, 0.23273608088493347, -7.1261320044868626e-06, 0.0005221062456257641],
    )
    left, right = certify(r, "gelu", (-5, 5)).tails
    assert (left.kind, right.kind) == ("linear", "linear")
    assert float(right.slope) == pytest.approx(-0.5005925, abs=1e-6)
    assert float(left.slope) == pytest.approx(0.4994075, abs=1e-6)
    assert str(right) == "r − f grows like −0.5006·x"


@pytest.mark.parametrize(
    ("p", "q", "target", "left", "right"),
    [
        ([0, 1], [1], "relu", "r − f grows like x", "r − f → 0"),
        ([1, 1], [1], "relu", "r − f grows like x", "r − f → 1"),
        ([1], [2], "sigmoid", "r − f → 0.5", "r − f → -0.5"),
        ([0, 0, 0, 2], [1], "tanh", "r − f grows like 2·x^3", "r − f grows like 2·x^3"),
        ([0], [1], "exp", "r − f → 0", "r − f → −∞ exponentially"),
    ],
)
def test_tails_are_told_in_x(p, q, target, left, right):
    c = certify(Rational(p, q), target, (-1, 1))
    assert [str(tail) for tail in c.tails] == [left, right]


def test_exact_slopes_stay_exact():
    tail = certify(Rational([Fraction(1, 7), Fraction(2, 3)]), "relu", (-1, 1)).tails[1]
    assert tail == ErrorTail("linear", Fraction(1, 7), Fraction(-1, 3), 1, "r − f grows like −0.3333·x")
    assert ErrorTail.from_dict(tail.to_dict()) == tail
