"""The named activation functions: their values, kinks and symmetries, and how a text finds them."""

from __future__ import annotations

import math
import time
from fractions import Fraction

import mpmath
import numpy as np
import pytest
import sympy

import ratapprox.activations as zoo
from ratapprox.activations import ZOO, Activation, CallableTarget, Family, activation, names
from ratapprox.expressions import DomainError, ExpressionError, x

FIXED = [name for name in ZOO if name != "ralu"]


def _definitions():
    """The functions once more, as their papers write them, in mpmath."""
    from mpmath import atan, erf, exp, log, log1p, mpf, pi, sin, sqrt, tanh

    scale, alpha = mpf("1.0507009873554804934193349852946"), mpf("1.6732632423543772848170429916717")
    sigmoid = lambda t: 1 / (1 + exp(-t))  # noqa: E731
    softplus = lambda t: log1p(exp(t))  # noqa: E731
    return {
        "relu": lambda t: max(t, 0),
        "leaky_relu": lambda t: t if t > 0 else t / 100,
        "abs": abs,
        "sign": lambda t: (t > 0) - (t < 0),
        "relu6": lambda t: min(max(t, 0), 6),
        "hard_tanh": lambda t: min(max(t, -1), 1),
        "clip": lambda t: min(max(t, 0), 1),
        "hard_sigmoid": lambda t: min(max((t + 3) / 6, 0), 1),
        "hard_swish": lambda t: t * min(max(t + 3, 0), 6) / 6,
        "elu": lambda t: t if t > 0 else exp(t) - 1,
        "selu": lambda t: scale * (t if t > 0 else alpha * (exp(t) - 1)),
        "celu": lambda t: max(t, 0) + min(0, exp(t) - 1),
        "gelu": lambda t: t * (1 + erf(t / sqrt(2))) / 2,
        "gelu_tanh": lambda t: t / 2 * (1 + tanh(sqrt(2 / pi) * (t + mpf("0.044715") * t**3))),
        "silu": lambda t: t * sigmoid(t),
        "swish": lambda t: t * sigmoid(t),
        "mish": lambda t: t * tanh(softplus(t)),
        "softplus": softplus,
        "softsign": lambda t: t / (1 + abs(t)),
        "tanh": tanh,
        "sigmoid": sigmoid,
        "log_sigmoid": lambda t: log(sigmoid(t)),
        "erf": erf,
        "sin": sin,
        "gaussian": lambda t: exp(-(t**2)),
        "exp": exp,
        "tanhshrink": lambda t: t - tanh(t),
        "arctan": atan,
        "softshrink": lambda t: t - 0.5 if t > 0.5 else t + 0.5 if t < -0.5 else 0,
        "square": lambda t: t**2,
        "identity": lambda t: t,
    }


DEFINITIONS = _definitions()
SYMMETRIES = {
    "relu": ("even", (0, Fraction(1, 2))),
    "leaky_relu": ("even", (0, Fraction(101, 200))),
    "abs": ("even", ()),
    "sign": ("odd", ()),
    "hard_tanh": ("odd", ()),
    "hard_sigmoid": ("odd", (Fraction(1, 2),)),
    "hard_swish": ("even", (0, Fraction(1, 2))),
    "gelu": ("even", (0, Fraction(1, 2))),
    "gelu_tanh": ("even", (0, Fraction(1, 2))),
    "silu": ("even", (0, Fraction(1, 2))),
    "swish": ("even", (0, Fraction(1, 2))),
    "softplus": ("even", (0, Fraction(1, 2))),
    "softsign": ("odd", ()),
    "tanh": ("odd", ()),
    "sigmoid": ("odd", (Fraction(1, 2),)),
    "log_sigmoid": ("even", (0, Fraction(1, 2))),
    "erf": ("odd", ()),
    "sin": ("odd", ()),
    "gaussian": ("even", ()),
    "tanhshrink": ("odd", ()),
    "arctan": ("odd", ()),
    "softshrink": ("odd", ()),
    "square": ("even", ()),
    "identity": ("odd", ()),
}


def test_every_name_has_its_definition_in_this_file():
    assert set(DEFINITIONS) == set(FIXED)


@pytest.mark.parametrize("name", FIXED)
def test_float64_values_are_right_to_a_few_roundings(name):
    """|found - f(t)| <= 4 u (|f(t)| + |t f'(t)|): a few roundings of the value and of the argument, u = 2**-53."""
    f = activation(name)
    rng = np.random.default_rng(0)
    sizes = 10.0 ** rng.uniform(-12, 2.5, 30)
    t = np.concatenate([rng.uniform(-12, 12, 60), sizes, -sizes, [0.0, 1e-200]])
    slopes = f.derivative()(t)
    with mpmath.workdps(400):  # 1 + erf(t) cancels to 1e-200
        for at, value, slope in zip(t, f(t), slopes, strict=True):
            exact = DEFINITIONS[name](mpmath.mpf(at))
            if abs(exact) < 1e-300:
                assert abs(value - exact) < 1e-300
            else:
                assert abs(mpmath.mpf(value) - exact) <= 4 * 2.0**-53 * (abs(exact) + abs(slope * at))


@pytest.mark.parametrize("name", FIXED)
def test_far_out_there_is_no_overflow_and_no_warning(name):
    found = activation(name)(np.array([-1e4, -710.0, 710.0, 1e4]))
    assert not np.isnan(found).any()
    assert np.isfinite(found[:2]).all()
    if name != "exp":
        assert np.isfinite(found).all()


def test_the_left_tails_go_to_zero_from_below():
    for name in ("silu", "gelu", "mish", "gelu_tanh"):
        assert activation(name)(-1000.0) == 0
        assert math.copysign(1, activation(name)(-1000.0)) == -1
    assert zoo.softplus()(1000.0) == 1000
    assert zoo.softplus()(-700.0) == pytest.approx(math.exp(-700), rel=1e-14)
    assert zoo.log_sigmoid(-1000.0) == -1000


@pytest.mark.parametrize("name", FIXED)
def test_pieces_agree_with_the_whole_function(name):
    f = activation(name)
    if name == "sign":
        with pytest.raises(DomainError, match=r"sign\(x\) jumps from -1 to 1 at x = 0"):
            f.pieces(-1, 1)
        assert [str(piece) for piece in f.pieces(0, 1)] == ["Piece 1 on [0, 1]"]
        return
    for piece in f.pieces(-7, 7):
        t = np.linspace(float(piece.lower), float(piece.upper), 40)
        assert piece.numpy(t) == pytest.approx(f(t), rel=1e-14, abs=1e-300)


def test_kinks_are_exact():
    assert zoo.relu6.kinks(-1, 7) == (0, 6)
    assert zoo.hard_swish.kinks(-5, 5) == (-3, 3)
    assert zoo.clip(Fraction(-1, 3), "sqrt(2)").kinks(-2, 2) == (sympy.Rational(-1, 3), sympy.sqrt(2))
    assert zoo.softshrink().kinks(-1, 1) == (sympy.Rational(-1, 2), sympy.Rational(1, 2))
    assert zoo.gelu.kinks(-1, 1) == ()
    assert zoo.relu.kinks(0, 1) == ()


@pytest.mark.parametrize("name", FIXED)
def test_symmetry_is_proved_and_true(name):
    f = activation(name)
    found = f.symmetry()
    assert (found.parity, found.polynomial) == SYMMETRIES.get(name, (None, ()))
    if found.parity is None:
        return
    y = np.linspace(0.01, 9, 50)
    p = np.polynomial.Polynomial([float(c) for c in found.polynomial] or [0.0])
    sign = 1 if found.parity == "even" else -1
    assert f(y) - p(y) == pytest.approx(sign * (f(-y) - p(-y)), abs=1e-13)


def test_a_symmetry_is_looked_for_only_once():
    activation("softplus").symmetry()
    seconds = []
    for _ in range(20):
        start = time.perf_counter()
        activation("softplus").symmetry()
        seconds.append(time.perf_counter() - start)
    assert min(seconds) < 1e-3


@pytest.mark.parametrize("name", ["elu", "selu", "celu", "mish", "exp", "relu6", "clip"])
def test_functions_without_symmetry_have_none_at_any_sample(name):
    f = activation(name)
    y = np.linspace(0.1, 9, 19)
    even, odd = (f(y) + f(-y)) / 2, (f(y) - f(-y)) / 2
    for part in (even, odd):
        assert np.abs(np.polynomial.Polynomial.fit(y, part, 5)(y) - part).max() > 1e-6


def test_symmetry_follows_parameters_exactly():
    assert zoo.leaky_relu("1/5").symmetry().polynomial == (0, Fraction(3, 5))
    assert zoo.leaky_relu(0.1).symmetry().polynomial == (0, Fraction(11, 20))
    assert zoo.swish("1.7").symmetry().polynomial == (0, Fraction(1, 2))
    assert zoo.clip(-2, 2).symmetry().parity == "odd"
    assert zoo.clip().symmetry(Fraction(1, 2)).polynomial == (Fraction(1, 2),)
    assert zoo.relu.symmetry(1).parity is None


@pytest.mark.parametrize("name", FIXED)
def test_derivatives_are_those_of_a_difference_quotient(name):
    f, slope = activation(name), activation(name).derivative()
    t = np.linspace(-4.03, 4.07, 50)
    h = 1e-6
    assert slope(t) == pytest.approx((f(t + h) - f(t - h)) / (2 * h), rel=1e-8, abs=1e-8)


def test_derivatives_at_kinks_are_between_the_slopes():
    assert zoo.relu.derivative()(0.0) == 0.5
    assert zoo.relu.derivative().derivative()(np.array([-1.0, 0.0, 1.0])).tolist() == [0, 0, 0]


# -- finding them by text --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "same", "name"),
    [
        ("relu", "max(x, 0)", "relu"),
        (" gelu ", "gelu(x)", "gelu"),
        ("leaky_relu", "leaky_relu(x, 0.01)", "leaky_relu"),
        ("leaky_relu(0.2)", "leaky_relu(x, 1/5)", "leaky_relu(1/5)"),
        ("leaky_relu(slope=1/5)", "leaky_relu(x, 1/5)", "leaky_relu(1/5)"),
        ("swish(1.7)", "x*sigmoid(1.7*x)", "swish(17/10)"),
        ("swish(beta=1.7)", "x*sigmoid(1.7*x)", "swish(17/10)"),
        ("swish(sqrt(2))", "x*sigmoid(sqrt(2)*x)", "swish(sqrt(2))"),
        ("clip(-1, 1)", "hard_tanh(x)", "clip(-1, 1)"),
        ("clip(hi=2)", "clip(x, 0, 2)", "clip(0, 2)"),
        ("clip(min(0, 1), 2)", "clip(x, 0, 2)", "clip(0, 2)"),
        ("ralu(2)", "x*(x**2 + 2)/(x**2 + 1)", "ralu(2)"),
        ("ralu(alpha=2)", "x*(x**2 + 2)/(x**2 + 1)", "ralu(2)"),
        ("cosh", "cosh(x)", "cosh"),
        ("x*sigmoid(1.7*x)", "swish(x, 1.7)", "x*sigmoid(1.7*x)"),
        ("relu(2*x) - relu(x)", "max(2*x, 0) - max(x, 0)", "relu(2*x) - relu(x)"),
        ("x", "identity(x)", "x"),
    ],
)
def test_a_text_finds_its_function(text, same, name):
    found = activation(text)
    assert found.expression == activation(same).expression
    assert found.name == name


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("gleu", "did you mean gelu"),
        ("sofplus", "did you mean softplus"),
        ("swosh", "did you mean swish"),
        ("alpha", "no activation function alpha"),
        ("zzzzz", "`ratapprox list activations` names them; or write an expression in x"),
        ("relu(2)", "relu has no parameters"),
        ("swish(1, 2)", "has the parameters beta, not 2 of them"),
        ("swish(gamma=2)", "found gamma=2"),
        ("swish(1, beta=2)", "each at most once"),
        ("swish(beta=1, beta=2)", "each parameter at most once"),
        ("ralu(1, alpha=2)", "each at most once"),
        ("ralu(1, 2)", "each at most once: found 1, 2"),
        ("swish(" * 9_000, "characters"),
        ("swish(" + "," * 50_000 + ")", "characters"),
        ("a" * 100_000, "no activation function aaa"),
        ("swish(a)", "a real number, not a"),
        ("ralu(beta=1)", "has no parameter beta: its parameters are alpha"),
        ("gleu(x)", "did you mean gelu"),
        ("__import__('os')", "found"),
    ],
)
def test_a_text_that_finds_nothing_says_what_would(text, says):
    with pytest.raises(ExpressionError) as refusal:
        activation(text)
    assert says in str(refusal.value)


def test_other_objects_become_activations_or_teach():
    t = sympy.Symbol("x")  # without the assumption that x is real
    assert activation(sympy.tanh(t) * t).expression == activation("x*tanh(x)").expression
    assert activation(zoo.gelu) is zoo.gelu
    assert activation(zoo.leaky_relu) == activation("leaky_relu")
    with pytest.raises(TypeError, match="sin is a Python function, of which nothing can be proved"):
        activation(math.sin)
    with pytest.raises(TypeError, match="not int"):
        activation(3)


def test_named_functions_are_attributes_and_entries():
    for name, found in ZOO.items():
        assert getattr(zoo, name) is found
        assert isinstance(found, Activation | Family)
        assert activation(name).name == name
    assert len(ZOO) == len(names())
    with pytest.raises(AttributeError, match="no attribute 'relo'"):
        zoo.relo  # noqa: B018
    with pytest.raises(KeyError):
        ZOO["relo"]


def test_names_lists_what_activation_reads():
    for name, formula, note in names():
        assert activation(name).expression.has(x)
        assert formula
        assert note
    assert {name: note for name, _, note in names()}["leaky_relu"].endswith("; slope=1/100")


@pytest.mark.parametrize(
    ("found", "text"),
    [
        ("relu", "Activation max(0, x)"),
        ("gelu", "Activation x·(erf(√2·x/2) + 1)/2"),
        ("gelu_tanh", "Activation x·(tanh(√2·(0.044715·x³ + x)/√π) + 1)/2"),
        ("elu", "Activation x if x ≥ 0 else exp(x) - 1"),
        ("ralu", "Activation x·(x² + α)/(x² + 1), α real"),
        ("ralu(2)", "Activation x·(x² + 2)/(x² + 1)"),
        ("x*sigmoid(b*x + alpha)", "Activation x/(exp(-b·x - α) + 1), α, b real"),
    ],
)
def test_what_an_activation_says_of_itself(found, text):
    assert repr(activation(found)) == text


def test_what_families_symmetries_and_callables_say_of_themselves():
    assert repr(zoo.swish) == "Family swish(beta=1)"
    assert repr(zoo.gelu.symmetry()) == "even about 0 after taking away y/2"
    assert repr(zoo.exp.symmetry()) == "no symmetry about 0"
    assert repr(CallableTarget(math.sin, "sine")) == "CallableTarget sine"


def test_parameters_are_set_one_by_one():
    f = activation("x*(x**2 + a)/(x**2 + b)")
    assert [str(s) for s in f.parameters] == ["a", "b"]
    g = f.at(a=0.1)
    assert [str(s) for s in g.parameters] == ["b"]
    assert g.at(b=Fraction(1, 3)).expression == activation("x*(x**2 + 1/10)/(x**2 + 1/3)").expression
    with pytest.raises(ExpressionError, match="has no parameter c: its parameters are a, b"):
        f.at(c=1)
    with pytest.raises(ExpressionError, match="has no value"):
        f(1.0)


def test_a_python_function_is_evaluated_as_an_array_or_one_by_one():
    t = np.array([[0.0, 1.0], [2.0, -3.0]])
    for function in (np.abs, math.fabs, lambda v: v if v > 0 else -v):
        assert CallableTarget(function, "f").numpy(t).tolist() == np.abs(t).tolist()


def test_numbers_give_numbers_and_arrays_keep_their_shape():
    assert isinstance(zoo.relu(2), float)
    assert zoo.relu(np.array(2.0)).shape == ()
    assert zoo.relu(np.ones((2, 3), dtype=np.float32)).shape == (2, 3)
    assert zoo.relu([1, -1]).tolist() == [1.0, 0.0]
    assert math.isnan(zoo.relu(math.nan))
