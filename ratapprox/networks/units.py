"""What a network applies to each number: one formula in x and in coefficients, and where the coefficients begin.

sympy is imported when the first unit is made: it takes longer to load than all of `ratapprox.networks`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ratapprox.networks.draws import Draw, Fixed, Normal, Uniform

if TYPE_CHECKING:
    from ratapprox.rational import Rational

__all__ = ["Unit", "rational_unit", "unit", "unit_names"]


@dataclass(frozen=True)
class Unit:
    """An activation function σ(x; c) as a network uses it.

    expression: sympy, in x and the symbols. symbols: the coefficients c_1, ..., c_k, in the order in which parameters
    and gradients hold them; none for a plain function. initial: for each coefficient where it begins.

    >>> unit("ralu")
    Unit ralu, 1 coefficient
    """

    name: str
    expression: Any
    symbols: tuple[Any, ...] = ()
    initial: tuple[Draw, ...] = ()

    def __post_init__(self) -> None:
        if len(self.symbols) != len(self.initial):
            many = f"{len(self.symbols)} coefficients, and {len(self.initial)} initial values"
            raise ValueError(f"{self.name} has {many}")

    def __hash__(self) -> int:
        return hash(self.name)  # quick, for the lookups of each call; sympy's own are not

    def __repr__(self) -> str:
        many = len(self.symbols)
        return f"Unit {self.name}, {many or 'no'} coefficient{'s' * (many != 1)}"


def rational_unit(rational: Rational, name: str = "rational") -> Unit:
    """The unit p(x)/q(x), q_0 = 1 fixed, coefficients p_0, ..., p_m, q_1, ..., q_n.

    With q_0 free, multiplying all coefficients by a number would change nothing: an exact null direction of every
    Jacobian.

    >>> from ratapprox.rational import Rational
    >>> rational_unit(Rational([0, 1], [1, 0, 1])).symbols
    (p0, p1, q1, q2)
    """
    p = [float(c) for c in rational.p]
    q = [float(c) for c in rational.q]
    if q[0] == 0:
        raise ValueError(f"{rational} has a pole at 0: q_0 = 1 is fixed, which needs q(0) different from 0")
    import sympy

    above = sympy.symbols(f"p:{len(p)}", real=True)
    below = sympy.symbols(f"q1:{len(q)}", real=True)
    values = [c / q[0] for c in (*p, *q[1:])]
    return Unit(name, _horner(above) / _horner((1, *below)), (*above, *below), tuple(Fixed(v) for v in values))


def _horner(coefficients: Sequence[Any]) -> Any:
    x = _variable()
    total = coefficients[-1]
    for c in coefficients[-2::-1]:
        total = total * x + c
    return total


def _variable() -> Any:
    from ratapprox.expressions import x

    return x


# The published start: the best type (3, 2) approximation of ReLU on [-1, 1] [BNT20].
_RELU_P, _RELU_Q = (0.0218, 0.5, 1.5957, 1.1915), (1.0, 0.0, 2.383)


def _rational() -> Unit:
    from ratapprox.rational import Rational

    return rational_unit(Rational(_RELU_P, _RELU_Q))


def _ralu() -> Unit:
    import sympy

    x, alpha = _variable(), sympy.Symbol("alpha", real=True)
    return Unit("ralu", x * (x**2 + alpha) / (x**2 + 1), (alpha,), (Fixed(4.0),))


def _raf() -> Unit:
    """a·sin(b·x) + c·exp(-x²/(2 d²)) + e·x + f·x², drawn for each neuron as published."""
    import sympy

    x = _variable()
    a, b, c, d, e, f = symbols = sympy.symbols("a b c d e f", real=True)
    formula = a * sympy.sin(b * x) + c * sympy.exp(-(x**2) / (2 * d**2)) + e * x + f * x**2
    drawn = (Normal(2, 0.1), Normal(30, 0.001), Normal(1, 0.1), Uniform(0.01, 0.05), Normal(1, 0.1), Normal(1, 0.1))
    return Unit("raf", formula, symbols, drawn)


def _raf_audio() -> Unit:
    """a·sin(b·x) + c·exp(-x²/(2 d²)), drawn for each neuron as the published code draws them for sounds."""
    import sympy

    x = _variable()
    a, b, c, d = symbols = sympy.symbols("a b c d", real=True)
    formula = a * sympy.sin(b * x) + c * sympy.exp(-(x**2) / (2 * d**2))
    return Unit("raf_audio", formula, symbols, (Normal(2, 0.1), Normal(30, 10), Normal(1, 0.1), Uniform(0.01, 0.05)))


def _sine(frequency: int) -> Unit:
    import sympy

    x = _variable()
    return Unit("sine" if frequency == 1 else f"sine{frequency}", sympy.sin(frequency * x))


_NAMED: dict[str, Callable[[], Unit]] = {
    "rational": _rational,
    "ralu": _ralu,
    "raf": _raf,
    "raf_audio": _raf_audio,
    "sine": lambda: _sine(1),
    "sine30": lambda: _sine(30),
}


def unit_names() -> tuple[str, ...]:
    """The names that stand for units with coefficients of their own; any activation function is one without."""
    return tuple(_NAMED)


@lru_cache(maxsize=64)
def unit(text: str) -> Unit:
    """The unit that a name or an expression stands for; parameters of an expression are its coefficients, from 1.

    Raises `ExpressionError` for a text that is no function.

    >>> unit("tanh"), unit("x*(x**2 + a)/(x**2 + b)")
    (Unit tanh, no coefficients, Unit x*(x**2 + a)/(x**2 + b), 2 coefficients)
    """
    if text in _NAMED:
        return _NAMED[text]()
    from ratapprox.activations import activation

    found = activation(text)
    return Unit(found.name, found.expression, found.parameters, tuple(Fixed(1.0) for _ in found.parameters))
