"""The values: a function of x with its evaluators, a family of such functions, and a bare Python function."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import sympy
from numpy.typing import ArrayLike, NDArray

from ratapprox.expressions import ExpressionError, Piece, Symmetry, evaluators, parse, pieces, pretty, symmetry, x
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
