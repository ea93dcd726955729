"""What becomes of the error r - f outside the interval, as x tends to -inf and +inf."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Literal

import sympy
from flint import ctx, fmpq_poly

from ratapprox.expressions import enclosure
from ratapprox.symbolic.asymptotics import behaviour
from ratapprox.symbolic.growth import Exponential, Line, sign_of

if TYPE_CHECKING:
    from ratapprox.activations import Activation

__all__ = ["ErrorTail", "error_tails"]

LARGEST = 2**64
"""Fractions up to this size are kept as they are; longer ones are rounded to a float."""


@dataclass(frozen=True, slots=True, repr=False)
class ErrorTail:
    """The behaviour of r - f at one end of the real line.

    kind        r - f
    "limit"     tends to value
    "linear"    behaves like slope·x + value
    "diverges"  behaves like slope·x^power, or grows exponentially (power None)
    "unknown"   the rules at hand do not say

    Exact numbers are fractions; a float is rounded. `says` is the sentence.
    """

    kind: Literal["limit", "linear", "diverges", "unknown"]
    value: Fraction | float | None
    slope: Fraction | float | None
    power: int | None
    says: str

    def __repr__(self) -> str:
        return f"ErrorTail: {self.says}"

    def __str__(self) -> str:
        return self.says

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON: fractions as strings."""
        return {name: str(value) if isinstance(value, Fraction) else value for name, value in asdict(self).items()}

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> ErrorTail:
        """The tail that `to_dict` wrote."""
        found = dict(document)
        for name in ("value", "slope"):
            if isinstance(found[name], str):
                found[name] = Fraction(found[name])
        return cls(**found)


def error_tails(p: fmpq_poly, q: fmpq_poly, target: Activation, variable: Any) -> tuple[ErrorTail, ErrorTail]:
    """The tails of p/q - f at -inf and +inf, from the exact quotient of p by q and the rules of `asymptotics` for f.

    >>> from ratapprox.activations import activation
    >>> x = sympy.Symbol("x", real=True)
    >>> error_tails(fmpq_poly([0, 1, 1]), fmpq_poly([1, 2]), activation("relu"), x)
    (ErrorTail: r − f grows like 0.5·x, ErrorTail: r − f grows like −0.5·x)
    """
    quotient = tuple(sympy.Rational(int(c.p), int(c.q)) for c in (p // q).coeffs())
    left = tuple(c if k % 2 == 0 else -c for k, c in enumerate(quotient))
    return _tail(left, target.expression, variable, -1), _tail(quotient, target.expression, variable, 1)


def _tail(r: tuple[Any, ...], f: Any, variable: Any, side: int) -> ErrorTail:
    """The tail of r - f in t = side·x -> +inf, told in x; r is the polynomial part of p/q in t."""
    found = behaviour(f, variable, side)
    if isinstance(found, Exponential) and sign_of(found.E[-1]) == -1:
        found = Line(())
    if found is None:
        return ErrorTail("unknown", None, None, None, "not known: no rule for the behaviour of f there")
    if isinstance(found, Exponential):
        sign = sign_of(found.c)
        away = "" if sign is None else "−∞" if sign > 0 else "+∞"
        return ErrorTail(
            "diverges", None, None, None, f"r − f → {away} exponentially" if away else "r − f grows exponentially"
        )
    size = max(len(r), len(found.P))
    pad = (sympy.Integer(0),)
    difference = [a - b for a, b in zip(r + pad * (size - len(r)), found.P + pad * (size - len(found.P)), strict=True)]
    while difference and difference[-1] == 0:
        difference.pop()
    if not difference:
        return ErrorTail("limit", Fraction(0), Fraction(0), None, "r − f → 0")
    if sign_of(difference[-1]) is None:
        return ErrorTail(
            "unknown", None, None, None, "not known: the leading coefficients of r and f agree to 512 bits"
        )
    power = len(difference) - 1
    value = _number(difference[0])
    slope = _number(difference[-1] * side**power) if power else Fraction(0)
    if power == 0:
        return ErrorTail("limit", value, slope, None, f"r − f → {float(value):.4g}")
    raised = "x" if power == 1 else f"x^{power}"
    factor = {"1": "", "-1": "−"}.get(f"{float(slope):.4g}", f"{float(slope):.4g}·".replace("-", "−", 1))
    says = f"r − f grows like {factor}{raised}"
    return ErrorTail("linear" if power == 1 else "diverges", value if power == 1 else None, slope, power, says)


def _number(value: Any) -> Fraction | float:
    if value.is_Rational:
        exact = Fraction(int(value.p), int(value.q))
        if max(abs(exact.numerator), exact.denominator) <= LARGEST:
            return exact
    with ctx.workprec(128):
        return float(enclosure(value).mid())
