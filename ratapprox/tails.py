"""Behaviour of a rational function at the ends of the real line."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

from ratapprox.coefficients import nearest_float64, polynomial_text, short, to_fraction


@dataclass(frozen=True, slots=True, repr=False)
class Tail:
    """Behaviour at one end of the real line: a limit, a straight line, or divergence faster than a line.

    kind       r(x) tends to      value            slope          power (r grows or decays like x^power)
    "limit"    value              the limit        0              <= 0, None for the zero function
    "linear"   slope·x + value    the intercept    not 0          1
    "diverges" value = ±inf       ±inf             ±inf           >= 2

        >>> Tail("linear", value=Fraction(1, 2), slope=Fraction(3), power=1)
        Tail: 1/2 + 3x
    """

    kind: Literal["limit", "linear", "diverges"]
    value: Fraction | float
    slope: Fraction | float = Fraction(0)
    power: int | None = None

    def at_infinity(self, side: int) -> Fraction | float:
        """The value at the end itself, ±inf unless it is a limit; side is -1 for the end -inf, 1 for +inf.

        >>> Tail("linear", Fraction(0), slope=Fraction(-1), power=1).at_infinity(-1)
        inf
        """
        if self.kind == "linear":
            return math.inf if (self.slope > 0) == (side > 0) else -math.inf
        return self.value

    def to_float(self) -> Tail:
        """The tail with value and slope as float64.

        >>> Tail("limit", Fraction(1, 2)).to_float().value
        0.5
        """
        return Tail(self.kind, nearest_float64(self.value), nearest_float64(self.slope), self.power)

    def __repr__(self) -> str:
        if self.kind == "limit":
            return f"Tail: {short(self.value)}"
        if self.kind == "linear":
            return f"Tail: {polynomial_text((self.value, self.slope))}"
        return f"Tail: {self.value}" + (f" like x^{self.power}" if self.power is not None else "")


def tails(p: Any, q: Any) -> tuple[Tail, Tail]:
    """Tails of p/q at -inf and +inf, exact; p and q are `fmpq_poly`.

    >>> import flint
    >>> tails(flint.fmpq_poly([0, 0, 1]), flint.fmpq_poly([1, 1]))
    (Tail: -1 + x, Tail: -1 + x)
    >>> tails(flint.fmpq_poly([0, 0, 0, 1]), flint.fmpq_poly([1]))
    (Tail: -inf like x^3, Tail: inf like x^3)
    """
    if p == 0:
        return Tail("limit", Fraction(0)), Tail("limit", Fraction(0))
    power = p.degree() - q.degree()
    leading = to_fraction(p.leading_coefficient() / q.leading_coefficient())
    if power <= 0:
        tail = Tail("limit", leading if power == 0 else Fraction(0), power=power)
        return tail, tail
    if power == 1:
        tail = Tail("linear", to_fraction((p // q)[0]), leading, power=1)
        return tail, tail
    right = math.inf if leading > 0 else -math.inf
    left = right if power % 2 == 0 else -right
    # the derivative has the sign of the function on the right, the opposite one on the left
    return Tail("diverges", left, -left, power), Tail("diverges", right, right, power)
