"""What the parser builds: every number kept at a size that sympy can handle at once, every function known by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import flint
import sympy

from ratapprox.expressions.errors import ExpressionError
from ratapprox.expressions.numbers import enclosure
from ratapprox.expressions.program import KINKED

MOST_ARGUMENTS = 16
LARGEST_EXPONENT = 1000
MOST_BITS = 20_000
MOST_DIGITS = 1000


def _extremum(kind: Any) -> Callable[..., Any]:
    def build(*arguments: Any) -> Any:
        # evaluate=False: sympy would try to decide which argument is the larger one, which may take any time
        if all(a.is_number for a in arguments):
            return kind(*arguments)
        return kind(*arguments, evaluate=False) if len(set(arguments)) > 1 else arguments[0]

    return build


def _unless_nested(function: Any) -> Callable[[Any], Any]:
    """Abs or sign, unevaluated of an expression with kinks: sympy's search for its sign doubles with every level."""
    return lambda u: function(u, evaluate=not u.has(*KINKED))


_maximum, _minimum = _extremum(sympy.Max), _extremum(sympy.Min)
# name: (function, fewest arguments, most arguments)
FUNCTIONS: dict[str, tuple[Callable[..., Any], int, int]] = {
    "Max": (_maximum, 1, MOST_ARGUMENTS),
    "Min": (_minimum, 1, MOST_ARGUMENTS),
    "Abs": (_unless_nested(sympy.Abs), 1, 1),
    "sqrt": (lambda u: power(u, sympy.Rational(1, 2)), 1, 1),
    "cbrt": (lambda u: sympy.sign(u) * sympy.Abs(u) ** sympy.Rational(1, 3), 1, 1),
    "exp": (sympy.exp, 1, 1),
    "log": (sympy.log, 1, 1),
    "erf": (sympy.erf, 1, 1),
    "erfc": (sympy.erfc, 1, 1),
    "sin": (sympy.sin, 1, 1),
    "cos": (sympy.cos, 1, 1),
    "tan": (sympy.tan, 1, 1),
    "sinh": (sympy.sinh, 1, 1),
    "cosh": (sympy.cosh, 1, 1),
    "tanh": (sympy.tanh, 1, 1),
    "asin": (sympy.asin, 1, 1),
    "acos": (sympy.acos, 1, 1),
    "atan": (sympy.atan, 1, 1),
    "asinh": (sympy.asinh, 1, 1),
    "sign": (_unless_nested(sympy.sign), 1, 1),
    "Heaviside": (sympy.Heaviside, 1, 1),
    "clip": (lambda u, lo, hi: _minimum(_maximum(u, lo), hi), 3, 3),
}
_OTHER_NAMES = {
    "max": "Max", "min": "Min", "abs": "Abs", "ln": "log", "heaviside": "Heaviside", "arctan": "atan", "arcsin": "asin",
    "arccos": "acos", "arcsinh": "asinh",
}  # fmt: skip
FUNCTIONS |= {name: FUNCTIONS[same] for name, same in _OTHER_NAMES.items()}


def integer(digits: str) -> Any:
    if len(digits) > MOST_DIGITS:
        raise ExpressionError(f"found a number of {len(digits)} digits: at most {MOST_DIGITS} are read")
    return sympy.Integer(int(digits))


def number(word: str) -> Any:
    mantissa, _, exponent = word.lower().partition("e")
    whole, _, decimals = mantissa.partition(".")
    if len(mantissa) > MOST_DIGITS or len(exponent) > 5 or abs(int(exponent or 0)) > LARGEST_EXPONENT:
        raise ExpressionError(
            f'found "{word[:40]}": a number has at most {MOST_DIGITS} digits and an exponent up to {LARGEST_EXPONENT}'
        )
    return sympy.Integer(int(whole + decimals)) * sympy.Integer(10) ** (int(exponent or 0) - len(decimals))


def _bits(e: Any) -> int:
    return int(e.p).bit_length() + int(e.q).bit_length() if e.is_Rational else 0


def check_size(factors: list[Any]) -> None:
    if sum(_bits(f) for f in factors) > MOST_BITS:
        raise ExpressionError(f"found a product with more than {MOST_BITS} binary digits: use smaller numbers")


def checked(e: Any) -> Any:
    """The expression, if it is no constant or a real constant of a reasonable size."""
    if e.free_symbols:
        if e.has(sympy.zoo, sympy.nan, sympy.oo, -sympy.oo, sympy.I):
            raise ExpressionError("a part of the expression is not a real number, such as log(0) or sqrt(-1)")
        return e
    if e.is_Rational:
        if _bits(e) > MOST_BITS:
            raise ExpressionError(f"found a number with more than {MOST_BITS} binary digits: use smaller numbers")
        return e
    if e.has(sympy.zoo, sympy.nan, sympy.oo, -sympy.oo, sympy.I):
        raise ExpressionError("found a constant that is not a real number, such as 1/0, log(0) or sqrt(-1)")
    with flint.ctx.workprec(64):
        value = enclosure(e)
        if not value.is_finite() or value.abs_upper() > flint.arb(10) ** 1000:
            raise ExpressionError(f"the constant {str(e)[:60]} is not real, or larger than 10**1000")
    return e


def power(base: Any, exponent: Any) -> Any:
    if exponent.is_Rational:
        if base == 0 and exponent <= 0:
            raise ExpressionError(f"found 0**{exponent}, which is no number")
        for factor in sympy.Mul.make_args(base):  # sympy takes the power of each at once
            inner = factor.exp if factor.is_Pow and factor.exp.is_Rational else sympy.Integer(1)
            if abs(inner.p * exponent.p) > LARGEST_EXPONENT or inner.q * exponent.q > LARGEST_EXPONENT:
                raise ExpressionError(f"found an exponent beyond {LARGEST_EXPONENT}: use a smaller one")
            if _bits(factor) * abs(exponent.p) > MOST_BITS:
                raise ExpressionError(f"found a power with more than {MOST_BITS} binary digits: use smaller numbers")
        return checked(sympy.Pow(base, exponent))
    if base.is_number and base.is_positive:
        return checked(sympy.exp(exponent * sympy.log(base)))
    raise ExpressionError(
        f"found the exponent {str(exponent)[:40]}: an exponent is a rational number, or its base a positive number; "
        "write exp(...*log(...)) for others"
    )
