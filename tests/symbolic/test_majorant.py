"""Bounds far out: no sample exceeds them, and the mass that they leave out is an upper bound."""

import mpmath
import numpy as np
import pytest
from flint import arb
from hypothesis import given, settings
from hypothesis import strategies as st

from ratapprox.activations import ZOO, activation
from ratapprox.expressions import ExpressionError, compiled, parse
from ratapprox.symbolic.majorant import Tail, tail, tail_mass

NAMES = [name for name in ZOO if not activation(name).parameters]
BOUNDED = [
    "sqrt(1+x**2)",
    "x*log(2+x**2)",
    "cosh(x)/(1+x**2)",
    "sinh(x)-x**3",
    "atan(x)*asinh(x)",
    "exp(-x**2)*x**5",
    "min(x,-x**2)+max(1,x)*sign(x)",
    "x/(1-exp(-x))",
    "log(1+abs(x))",
    "Piecewise((x**2, x > 3), (exp(x), x <= 0), (sin(x), True))",
    "exp(x)-1",
    "(1+x**2)**(1/3)",
    "cos(exp(x))",
    "acos(x/(1+abs(x)))*asin(tanh(x))",
]
X = 6.5


def holds(expression, side):
    """Whether samples on side·x >= X keep within the bound; None where there is no bound."""
    found = tail(compiled(expression), arb(X), side)
    if found is None:
        return None
    x = np.linspace(X, 40, 300)
    values = compiled(expression).numpy(side * x)
    t = x / X
    with np.errstate(over="ignore"):
        size = float(found.C) * t ** float(found.k) * np.exp(float(found.a) * t)
    slack = 1e-9 * (1 + np.abs(values))
    inside = (values >= float(found.lower) - slack) & (values <= float(found.upper) + slack)
    return bool(np.all(inside & (np.abs(values) <= size + slack)))


@pytest.mark.parametrize("side", [-1, 1])
@pytest.mark.parametrize("name", NAMES + BOUNDED)
def test_the_bounds_hold_for_every_activation_and_its_slope(name, side):
    f = activation(name)
    assert holds(f.expression, side) is True
    assert holds(f.derivative().expression, side) is not False


@pytest.mark.parametrize("side", [-1, 1])
@pytest.mark.parametrize("text", ["exp(x**2)", "1/sin(x)", "tan(x)", "log(x-7)", "1/(x**2-100)"])
def test_what_is_not_bounded_is_not_said_to_be(text, side):
    assert tail(compiled(parse(text)), arb(X), side) is None


SHAPES = [
    "x",
    "x**2",
    "tanh({})",
    "exp(-{}**2)",
    "({})*({})",
    "({})+({})",
    "max({},{})",
    "min({},2)",
    "abs({})",
    "exp({})",
]
SHAPES += ["({})/(1+({})**2)", "sigmoid({})", "log(1+exp({}))", "sin({})", "erf({})", "2*({})-1", "sqrt(1+({})**2)"]


@st.composite
def texts(draw, depth=3):
    text = draw(st.sampled_from(SHAPES))
    if depth == 0:
        return "x"
    while "{}" in text:
        text = text.replace("{}", draw(texts(depth=depth - 1)), 1)
    return text


@given(texts(), st.sampled_from([-1, 1]))
@settings(max_examples=120)
def test_the_bounds_hold_for_random_compositions(text, side):
    try:
        e = parse(text)
    except ExpressionError:
        return
    assert holds(e, side) is not False


@pytest.mark.parametrize(("power", "hermite"), [(1, None), (2, None), (1, 3), (1, 12)])
@pytest.mark.parametrize("variance", [0.25, 1, 2])
def test_the_mass_left_out_is_an_upper_bound(power, hermite, variance):
    bound = Tail(arb(0), arb("inf"), arb(3), arb(2), arb(1))  # 3 t² e^t
    found = tail_mass(bound, power, arb(X), arb(variance), hermite is not None)
    with mpmath.workdps(30):
        s = mpmath.sqrt(variance)

        def integrand(x):
            t = x / X
            factor = 1
            if hermite is not None:
                he = mpmath.hermite(hermite, x / s / mpmath.sqrt(2)) * mpmath.mpf(2) ** (-mpmath.mpf(hermite) / 2)
                factor = abs(he) / mpmath.sqrt(mpmath.factorial(hermite))
            return (3 * t**2 * mpmath.exp(t)) ** power * factor * mpmath.npdf(x, 0, s)

        exact = mpmath.quad(integrand, [X, X + 1, X + 3, X + 10, X + 30])
        assert exact <= float(found)
        if hermite is None:
            assert float(found) < 2 * exact  # and not far above


def test_where_the_cut_is_too_near_nothing_is_claimed():
    assert not tail_mass(Tail(arb(0), arb("inf"), arb(1), arb(50), arb(0)), 2, arb(2), arb(1)).is_finite()
