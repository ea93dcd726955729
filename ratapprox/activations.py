"""Activation functions: one symbolic expression each, evaluated by NumPy, by balls and by Taylor series.

`activation(text)` finds a named one or reads an expression; the named ones are also attributes of this module.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any

import numpy as np
import sympy
from numpy.typing import ArrayLike, NDArray

from ratapprox.expressions import (
    ExpressionError,
    Piece,
    Symmetry,
    evaluators,
    function_names,
    parse,
    pieces,
    pretty,
    symmetry,
    x,
)
from ratapprox.expressions.formulas import FORMULAS, Formula
from ratapprox.expressions.parsing import formula

Parameter = int | float | str | Fraction


@dataclass(frozen=True, repr=False)
class Activation:
    """A function of x, given by one sympy expression, possibly with real parameters.

    `name` is what a user calls it, `expression` a sympy expression in `ratapprox.expressions.x`.

    >>> from ratapprox.activations import gelu, ralu
    >>> ralu
    Activation x·(x² + α)/(x² + 1), α real
    >>> ralu.at(alpha=2)
    Activation x·(x² + 2)/(x² + 1)
    >>> gelu(-1000.0), gelu(1.0)
    (-0.0, 0.8413447460685429)
    """

    name: str
    expression: Any

    @property
    def parameters(self) -> tuple[Any, ...]:
        """The free symbols other than x, in alphabetical order.

        >>> from ratapprox.activations import ralu
        >>> ralu.parameters
        (alpha,)
        """
        return tuple(sorted(self.expression.free_symbols - {x}, key=str))

    def __call__(self, values: ArrayLike) -> Any:
        """Float64 values; shape kept, a float for a number.

        >>> from ratapprox.activations import relu
        >>> relu([-1.0, 2.0])
        array([0., 2.])
        """
        array = np.asarray(values, dtype=np.float64)
        found = self.numpy(array)
        return float(found) if np.isscalar(values) else found

    def numpy(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Float64 values of an array of floats; shape kept, no warnings for large |x|.

        >>> from ratapprox.activations import silu
        >>> import numpy as np
        >>> silu.numpy(np.array([-1000.0, 1000.0]))
        array([  -0., 1000.])
        """
        return evaluators(self.expression).numpy(values)

    def arb(self, ball: Any) -> Any:
        """A ball that holds f(t) for every t in the ball, at the caller's `flint.ctx.prec`.

        A ball that straddles a kink gets the union of the branches.

        >>> from ratapprox.activations import relu
        >>> from flint import arb
        >>> relu.arb(arb(-1, 0.5))
        0
        """
        return evaluators(self.expression).arb(ball)

    def at(self, **values: Parameter) -> Activation:
        """The same function with values for parameters; a float means its shortest decimal, 0.1 is 1/10.

        >>> from ratapprox.activations import ralu
        >>> ralu.at(alpha=9).name
        'ralu(9)'
        """
        known = {str(s): s for s in self.parameters}
        for name in values:
            if name not in known:
                of = f"its parameters are {', '.join(known)}" if known else "it has none"
                raise ExpressionError(f"{self.name} has no parameter {name}: {of}")
        numbers = {known[name]: _number(value) for name, value in values.items()}
        short = len(known) == 1 and self.name in FORMULAS
        written = ", ".join(str(value) if short else f"{name}={value}" for name, value in numbers.items())
        name = f"{self.name}({written})" if short else f"{self.name}, {written}"
        return Activation(name, self.expression.xreplace(numbers))

    def derivative(self) -> Activation:
        """The derivative in x; at a kink its value is between the two slopes.

        >>> from ratapprox.activations import silu
        >>> silu.derivative()(0.0)
        0.5
        """
        slope = sympy.diff(self.expression, x).replace(sympy.DiracDelta, lambda *_: sympy.Integer(0))
        return Activation(f"{self.name}'", slope)

    def latex(self) -> str:
        """The formula for a paper.

        >>> from ratapprox.activations import ralu
        >>> print(ralu.latex())
        \\frac{x \\left(\\alpha + x^{2}\\right)}{x^{2} + 1}
        """
        return str(sympy.latex(self.expression))

    def pieces(self, a: Fraction | int, b: Fraction | int) -> tuple[Piece, ...]:
        """The smooth branches on [a, b], from left to right, with exact ends.

        Raises `DomainError`, saying where, when the function is not real, finite and continuous on [a, b].

        >>> from ratapprox.activations import relu
        >>> relu.pieces(-1, 1)
        (Piece 0 on [-1, 0], Piece x on [0, 1])
        """
        return pieces(self.expression, Fraction(a), Fraction(b))

    def kinks(self, a: Fraction | int, b: Fraction | int) -> tuple[Any, ...]:
        """The exact points inside (a, b) where one smooth branch ends and the next begins.

        >>> from ratapprox.activations import hard_tanh
        >>> hard_tanh.kinks(-3, 3)
        (-1, 1)
        """
        return tuple(piece.lower for piece in self.pieces(a, b)[1:])

    def symmetry(self, center: Fraction | int = Fraction(0)) -> Symmetry:
        """How f(center + y) is a polynomial in y plus an even or an odd function of y, proved.

        >>> from ratapprox.activations import gelu
        >>> gelu.symmetry()
        even about 0 after taking away y/2
        """
        return symmetry(self.expression, Fraction(center))

    def __repr__(self) -> str:
        parameters = ", ".join(pretty(s) for s in self.parameters)
        return f"Activation {pretty(self.expression)}" + (f", {parameters} real" if parameters else "")


@dataclass(frozen=True)
class CallableTarget:
    """A Python function of a float64 array: it can be approximated on a grid, but nothing can be proved of it.

    >>> import numpy as np
    >>> CallableTarget(np.cos, "cos").numpy(np.array([0.0]))
    array([1.])
    """

    function: Callable[[Any], Any]
    name: str

    def numpy(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Float64 values; a function that takes only single numbers is called one by one."""
        try:
            found = np.asarray(self.function(values), dtype=np.float64)
            if found.shape == np.shape(values):
                return found
        except (TypeError, ValueError):  # as from math.sin, or from `if x > 0`
            pass
        return np.array([self.function(float(v)) for v in np.ravel(values)], dtype=np.float64).reshape(np.shape(values))

    def __repr__(self) -> str:
        return f"CallableTarget {self.name}"


@dataclass(frozen=True, repr=False)
class Family:
    """A named activation function with parameters that have usual values; calling it fixes them.

    >>> from ratapprox.activations import leaky_relu
    >>> leaky_relu
    Family leaky_relu(slope=1/100)
    >>> leaky_relu(0.2)
    Activation x if x ≥ 0 else x/5
    """

    formula: Formula

    @property
    def name(self) -> str:
        return self.formula.name

    def __call__(self, *values: Parameter, **named: Parameter) -> Activation:
        """The member with these parameters, in order or by name; the usual values for those left out."""
        names = [name for name, _ in self.formula.parameters]
        if len(values) > len(names):
            raise ExpressionError(f"{self.name} has the parameters {', '.join(names)}, not {len(values)} of them")
        given = dict(zip(names, values, strict=False))
        for name, value in named.items():
            if name not in names or name in given:
                known = f"{self.name} has the parameters {', '.join(names)}, each at most once"
                raise ExpressionError(f"{known}: found {name}={value}")
            given[name] = value
        numbers = {name: _number(given.get(name, usual or 0)) for name, usual in self.formula.parameters}
        written = ", ".join(str(value) for value in numbers.values())
        expression = formula(self.name).xreplace({sympy.Symbol(k, real=True): v for k, v in numbers.items()})
        return Activation(f"{self.name}({written})" if given else self.name, expression)

    def __repr__(self) -> str:
        return f"Family {self.name}({', '.join(f'{name}={value}' for name, value in self.formula.parameters)})"


def _number(value: Any) -> Any:
    """A parameter's value as an exact sympy number."""
    if isinstance(value, float):
        value = repr(value)
    if isinstance(value, Fraction | int):
        return sympy.Rational(value.numerator, value.denominator)
    found = parse(value) if isinstance(value, str) else sympy.sympify(value)
    if not (found.is_number and found.is_real):
        raise ExpressionError(f"a parameter's value is a real number, not {value}")
    return found



@lru_cache(maxsize=256)
def _named(name: str) -> Activation | Family:
    line = FORMULAS[name]
    if line.parameters and all(usual is not None for _, usual in line.parameters):
        return Family(line)
    return Activation(name, formula(name))


class _Zoo(Mapping[str, Activation | Family]):
    """The named activation functions, made when they are asked for."""

    def __getitem__(self, name: str) -> Activation | Family:
        if name not in FORMULAS:
            raise KeyError(name)
        return _named(name)

    def __iter__(self) -> Iterator[str]:
        return iter(FORMULAS)

    def __len__(self) -> int:
        return len(FORMULAS)


ZOO: Mapping[str, Activation | Family] = _Zoo()


def __getattr__(name: str) -> Any:
    if name in FORMULAS:
        return _named(name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def names() -> tuple[tuple[str, str, str], ...]:
    """(name, formula, what it is) of every named activation function; the last says the usual values of parameters.

    >>> from ratapprox.activations import names
    >>> names()[0]
    ('relu', 'max(x, 0)', 'rectified linear unit')
    """
    return tuple((line.name, line.text, line.note + _usual(line)) for line in FORMULAS.values())


def _usual(line: Formula) -> str:
    values = [name if usual is None else f"{name}={usual}" for name, usual in line.parameters]
    return f"; {', '.join(values)}" if values else ""


def activation(target: Any) -> Activation:
    """The activation function that a name, a name with parameters, an expression or a sympy expression stands for.

    Raises `ExpressionError` for a text that is none of these, and TypeError for a Python function, which can be
    approximated as `CallableTarget(function, name)` but not certified.

    >>> from ratapprox.activations import activation
    >>> activation("swish(beta=1.7)")
    Activation x/(1 + exp(-17·x/10))
    >>> activation("x*sigmoid(1.7*x)").expression == activation("swish(1.7)").expression
    True
    >>> activation("gleu")
    Traceback (most recent call last):
    ...
    ratapprox.expressions.errors.ExpressionError: there is no activation function gleu: did you mean gelu or ...?
    """
    if isinstance(target, Activation):
        return target
    if isinstance(target, Family):
        return target()
    if isinstance(target, str):
        return _from_text(target.strip())
    if isinstance(target, sympy.Expr):
        return Activation(str(target), _own_symbols(target))
    if callable(target):
        raise TypeError(
            f"{getattr(target, '__name__', target)!s} is a Python function, of which nothing can be proved: "
            'give a name or an expression such as "x*tanh(x)", or approximate CallableTarget(function, name) on a grid'
        )
    raise TypeError(f"an activation function is a name, an expression or an Activation, not {type(target).__name__}")


def _own_symbols(expression: Any) -> Any:
    return expression.xreplace({s: sympy.Symbol(s.name, real=True) for s in expression.free_symbols})


@lru_cache(maxsize=512)
def _from_text(text: str) -> Activation:
    if text in FORMULAS:
        return activation(_named(text))
    if text.isidentifier() and text not in ("x", "e", "E", "pi"):
        if text in function_names() and text not in ("Max", "Min", "max", "min", "Piecewise"):
            return Activation(text, parse(f"{text}(x)"))
        near = difflib.get_close_matches(text, function_names(), 3, 0.5)
        hint = f"did you mean {' or '.join(near)}?" if near else "names() lists them; or write an expression in x"
        raise ExpressionError(f"there is no activation function {text[:40]}: {hint}")
    name, bracket, rest = text.partition("(")
    # "swish(1.7)" gives a parameter, "swish(x)" is an expression, "swish(1) + swish(2)" a strange one
    if bracket and name.strip() in FORMULAS and not re.search(r"\bx\b", rest) and _closes_at_end(rest):
        return _with_parameters(name.strip(), rest[:-1])
    return Activation(text, parse(text))


def _closes_at_end(rest: str) -> bool:
    """Whether the bracket opened before a text is closed by its last character."""
    return rest.endswith(")") and all(rest[:k].count("(") >= rest[:k].count(")") for k in range(len(rest)))


def _with_parameters(name: str, arguments: str) -> Activation:
    found = _named(name)
    parameters = [k for k, _ in FORMULAS[name].parameters]
    if not parameters:
        raise ExpressionError(f"{name} has no parameters: write {name}, or {name}(...) of an expression in x")
    values: list[str] = []
    named: dict[str, str] = {}
    for argument in re.split(r",(?![^(]*\))", arguments):  # at commas outside brackets
        left, equals, right = argument.partition("=")
        if equals:
            named[left.strip()] = right.strip()
        else:
            values.append(argument.strip())
    if isinstance(found, Family):
        return found(*values, **named)
    return found.at(**dict(zip(parameters, values, strict=False)), **named)
