"""A straight line, a corner at 0, and a rational correction: what gives different slopes at either end."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

from ratapprox.coefficients import Number, one_kind, polynomial_text, read_number
from ratapprox.forms.form import Form
from ratapprox.piecewise import Piecewise
from ratapprox.rational import Rational

__all__ = ["TwoSlope"]


@dataclass(frozen=True, init=False, repr=False)
class TwoSlope(Form):
    """a x + b |x| + r(x): where r is bounded the slopes are a - b at -∞ and a + b at +∞; (0, 1) for a = b = 1/2.

    Numbers are all exact or, as soon as one is a float, all `float`.

        >>> f = TwoSlope(Fraction(1, 2), Fraction(1, 2), Rational([1], [10, 0, 1]))
        >>> f
        TwoSlope (two-slope): x/2 + |x|/2 + a rational of type (0, 2)
        >>> f.limits(), f(Fraction(-1))
        ((Tail: 0, Tail: x), Fraction(1, 11))
    """

    a: Fraction | float
    b: Fraction | float
    r: Rational

    name: ClassVar[str] = "two-slope"
    formula: ClassVar[str] = "a x + b |x| + r(x)"
    sentence: ClassVar[str] = "A rational with a corner at 0 and two free slopes, a - b and a + b."

    def __init__(self, a: Number, b: Number, r: Rational) -> None:
        if not isinstance(r, Rational):
            raise TypeError(f"r is {r!r}, a {type(r).__name__}: the rational part is a Rational.")
        line = read_number(a, "a"), read_number(b, "b")
        (kept,) = one_kind(line if r.is_exact else [float(number) for number in line])
        exact = isinstance(kept[0], Fraction)
        object.__setattr__(self, "a", kept[0])
        object.__setattr__(self, "b", kept[1])
        object.__setattr__(self, "r", r if exact == r.is_exact else r.to_float())

    def __repr__(self) -> str:
        m, n = self.r.type
        corner = polynomial_text((Fraction(0), self.b)).replace("x", "|x|")
        line = polynomial_text((Fraction(0), self.a))
        corner = f"- {corner[1:]}" if corner[0] == "-" else f"+ {corner}"
        return f"TwoSlope ({self.name}): {line} {corner} + a rational of type ({m}, {n})"

    @property
    def is_exact(self) -> bool:
        """Whether all parameters are fractions."""
        return isinstance(self.a, Fraction)

    def function(self) -> Rational | Piecewise:
        """r + (a - b) x left of 0, r + (a + b) x right of it."""
        a, b, r = Fraction(self.a), Fraction(self.b), self.r.exact()
        return Piecewise([0], [r + Rational([0, a - b]), r + Rational([0, a + b])]).joined()

    def _formula(self, x: Any) -> Any:
        return self.a * x + self.b * abs(x) + self.r(x)
