"""Enclosure: two decimals between which a real number is proved to lie."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import MAX_EMAX, MIN_EMIN, ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from fractions import Fraction
from typing import Any

from flint import arb, ctx

from ratapprox.symbolic.certificate import rounded

__all__ = ["Enclosure"]

DIGITS = 22
"""Significant digits of an end."""

_BITS = 256


@dataclass(frozen=True, slots=True, repr=False)
class Enclosure:
    """lower <= the number <= upper, proved; the ends are decimals rounded outward, equal where the number is exact.

    The text shows the digits on which both ends agree.

        >>> from decimal import Decimal
        >>> third = Enclosure(Decimal("0.33333333"), Decimal("0.33333334"))
        >>> third
        Enclosure: 0.3333333…
        >>> float(third), third.contains(Fraction(1, 3)), third.contains(0.25)
        (0.333333335, True, False)
    """

    lower: Decimal
    upper: Decimal

    def __post_init__(self) -> None:
        if not self.lower <= self.upper:
            raise ValueError(f"Enclosure({self.lower}, {self.upper}): the lower end must not exceed the upper end")

    @classmethod
    def of(cls, ball: Any) -> Enclosure:
        """The decimals just outside a finite ball.

        >>> Enclosure.of(arb(1) / 4)
        Enclosure: 0.25
        """
        if not ball.is_finite():
            raise ValueError(f"the ball {ball} is not finite: it encloses nothing")
        with ctx.workprec(_BITS):  # the ends of a ball are rounded to the working precision
            return cls(rounded(ball, ROUND_FLOOR, DIGITS), rounded(ball, ROUND_CEILING, DIGITS))

    @classmethod
    def exactly(cls, value: Fraction) -> Enclosure:
        """The decimals nearest to a fraction, below and above; both the same where it is a decimal.

        >>> Enclosure.exactly(Fraction(1, 8)), Enclosure.exactly(Fraction(1, 3))
        (Enclosure: 0.125, Enclosure: 0.333333333333333333333…)
        """
        p, q = Decimal(value.numerator), Decimal(value.denominator)
        return cls(_context(DIGITS, ROUND_FLOOR).divide(p, q), _context(DIGITS, ROUND_CEILING).divide(p, q))

    def ball(self) -> Any:
        """A ball that holds both ends, at the precision of the caller."""
        lower, upper = (_exact_ball(end) for end in (self.lower, self.upper))
        return lower if self.lower == self.upper else lower.union(upper)

    @property
    def width(self) -> Decimal:
        """upper - lower, rounded up."""
        return _context(6, ROUND_CEILING).subtract(self.upper, self.lower)

    def contains(self, number: int | float | Fraction | Decimal) -> bool:
        """Whether the number lies between the ends, decided exactly."""
        return Fraction(self.lower) <= Fraction(number) <= Fraction(self.upper)

    def __float__(self) -> float:
        return float((Fraction(self.lower) + Fraction(self.upper)) / 2)

    def __str__(self) -> str:
        if self.lower == self.upper:
            return _plain(self.lower)
        for digits in range(DIGITS, 4, -1):
            lower, upper = (_context(digits, "ROUND_DOWN").plus(end) for end in (self.lower, self.upper))
            if lower == upper:
                short = len(lower.normalize().as_tuple().digits) < digits // 2  # a round number, just missed
                return self._around(lower.normalize()) if short else _plain(lower) + "…"
            # 0.4999… and 0.5000… agree on no digit, and yet both are close to 0.5
            centre = _context(digits, "ROUND_HALF_EVEN").plus(self.lower)
            if centre == _context(digits, "ROUND_HALF_EVEN").plus(self.upper):
                return self._around(centre.normalize())
        if self.lower <= 0 <= self.upper:
            return self._around(Decimal(0))
        return f"between {_plain(self.lower)} and {_plain(self.upper)}"

    def _around(self, centre: Decimal) -> str:
        up = _context(1, ROUND_CEILING)
        radius = max(up.subtract(self.upper, centre), up.subtract(centre, self.lower))
        return f"{_plain(centre)} ± {radius:e}".replace("E", "e")

    def __repr__(self) -> str:
        return f"Enclosure: {self}"

    def to_dict(self) -> dict[str, str]:
        """Plain values for JSON: the ends as strings.

        >>> Enclosure(Decimal(1), Decimal(2)).to_dict()
        {'lower': '1', 'upper': '2'}
        """
        return {"lower": str(self.lower), "upper": str(self.upper)}


def _context(digits: int, rounding: str) -> Context:
    return Context(prec=digits, rounding=rounding, Emax=MAX_EMAX, Emin=MIN_EMIN)


def _exact_ball(end: Decimal) -> Any:
    value = Fraction(end)
    return arb(value.numerator) / value.denominator


def _plain(value: Decimal) -> str:
    return f"{value:f}" if -7 <= value.adjusted() < 16 or value == 0 else f"{value:e}".replace("E", "e")
