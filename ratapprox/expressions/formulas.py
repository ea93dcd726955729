"""The named activation functions, as texts for the parser: one line each."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True)
class Formula:
    """A name, its formula in x and its parameters with their usual values (None: no usual value, a family)."""

    name: str
    text: str
    note: str
    parameters: tuple[tuple[str, Fraction | None], ...] = ()


def _line(name: str, text: str, note: str, **parameters: str | None) -> Formula:
    return Formula(name, text, note, tuple((k, None if v is None else Fraction(v)) for k, v in parameters.items()))


_LINES = (
    _line("relu", "max(x, 0)", "rectified linear unit"),
    _line("leaky_relu", "Piecewise((x, x >= 0), (slope*x, True))", "slope times x on the left", slope="1/100"),
    _line("abs", "abs(x)", "absolute value"),
    _line("sign", "sign(x)", "jumps at 0: only for intervals without 0 inside"),
    _line("relu6", "min(max(x, 0), 6)", "relu, at most 6"),
    _line("hard_tanh", "min(max(x, -1), 1)", "x cut off at -1 and 1"),
    _line("clip", "min(max(x, lo), hi)", "x cut off at lo and hi", lo="0", hi="1"),
    _line("hard_sigmoid", "min(max(x/6 + 1/2, 0), 1)", "sigmoid in three straight pieces"),
    _line("hard_swish", "x*min(max(x/6 + 1/2, 0), 1)", "x hard_sigmoid(x)"),
    _line("elu", "Piecewise((x, x >= 0), (alpha*(exp(x) - 1), True))", "exponential linear unit", alpha="1"),
    # Klambauer, Unterthiner, Mayr, Hochreiter, Self-Normalizing Neural Networks (2017): the decimals of their code
    _line(
        "selu",
        "1.0507009873554804934193349852946"
        "*Piecewise((x, x >= 0), (1.6732632423543772848170429916717*(exp(x) - 1), True))",
        "elu with the two constants that keep mean 0 and variance 1",
    ),
    _line("celu", "Piecewise((x, x >= 0), (alpha*(exp(x/alpha) - 1), True))", "elu with a continuous slope", alpha="1"),
    _line("gelu", "x*(1 + erf(x/sqrt(2)))/2", "x times the normal distribution function"),
    _line("gelu_tanh", "x*(1 + tanh(sqrt(2/pi)*(x + 0.044715*x**3)))/2", "the approximation of gelu by tanh"),
    _line("silu", "x/(1 + exp(-x))", "x sigmoid(x)"),
    _line("swish", "x/(1 + exp(-beta*x))", "x sigmoid(beta x)", beta="1"),
    _line("mish", "x*tanh(log(1 + exp(x)))", "x tanh(softplus(x))"),
    _line("softplus", "log(1 + exp(beta*x))/beta", "a smooth relu", beta="1"),
    _line("softsign", "x/(1 + abs(x))", "an algebraic sigmoid"),
    _line("tanh", "tanh(x)", "hyperbolic tangent"),
    _line("sigmoid", "1/(1 + exp(-x))", "logistic function"),
    _line("log_sigmoid", "-log(1 + exp(-x))", "logarithm of the logistic function"),
    _line("erf", "erf(x)", "error function"),
    _line("sin", "sin(x)", "sine"),
    _line("gaussian", "exp(-x**2)", "bell curve"),
    _line("exp", "exp(x)", "exponential function"),
    _line("tanhshrink", "x - tanh(x)", "x without its hyperbolic tangent"),
    _line("arctan", "atan(x)", "arc tangent"),
    _line("softshrink", "max(x - threshold, 0) + min(x + threshold, 0)", "x moved towards 0", threshold="1/2"),
    _line("square", "x**2", "square"),
    _line("identity", "x", "identity"),
    _line("ralu", "x*(x**2 + alpha)/(x**2 + 1)", "rational family; increasing exactly for 0 <= alpha <= 9", alpha=None),
)
FORMULAS: dict[str, Formula] = {line.name: line for line in _LINES}
