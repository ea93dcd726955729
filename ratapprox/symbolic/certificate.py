"""Certificate: what is proved of one rational against one target on one interval."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from decimal import MAX_EMAX, MIN_EMIN, ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from fractions import Fraction
from typing import Any

from flint import arb, fmpq

from ratapprox.symbolic.tails import ErrorTail

__all__ = ["Certificate", "outward", "rounded"]

DIGITS = 20
"""Significant digits of a bound, where the enclosure is not tighter than that."""

SHOWN = 7
"""Significant digits of a bound in the one-line form."""

_DECIMALS = ("error_lower", "error_upper", "optimal_lower", "min_q", "lipschitz_lower", "lipschitz_upper")


@dataclass(frozen=True, repr=False)
class Certificate:
    """What is proved, whoever made the rational r.

        optimal_lower <= E*(m, n)      error_lower <= max over [a, b] of w |f - r| <= error_upper

    target, weight: names of f and w; on: (a, b); type: (m, n). All bounds are decimals rounded outward; both errors are
    0 when f = r is proved, and infinite when r has a pole on [a, b]. error_at: a point where error_lower is reached.
    alternation: points at which the sign of f - r is proved to alternate; `alternation_needed` = m + n + 2 - defect of
    them prove optimal_lower, which is 0 when there are fewer. pole_free, pole_free_on_reals: q has no zero on [a, b],
    on the real line; poles: the real zeros of q. min_q: |q| >= min_q on [a, b], for q_0 = 1. tails: r - f as x tends to
    -inf and +inf. tolerance: the relative width asked for. method: how all this was proved. increasing: whether r never
    falls on [a, b]; lipschitz_lower <= max |r'| <= lipschitz_upper there; all three None where r has a pole on [a, b]
    or its degree is above 40.

    Of a function with several pieces on [a, b] type has the largest degrees, q_0 = 1 in each piece, and nothing bounds
    a best error: optimal_lower and alternation_needed are 0. Where it jumps, max |r'| is infinite.

    Example:
        >>> from ratapprox import Rational, certify
        >>> certify(Rational([0, 1], [1]), "x", (-1, 1))
        Certificate: ‖f − r‖ = 0, f and r are equal; no pole in [-1, 1]
    """

    target: str
    on: tuple[Fraction, Fraction]
    type: tuple[int, int]
    weight: str | None
    error_lower: Decimal
    error_upper: Decimal
    error_at: float
    optimal_lower: Decimal
    alternation: tuple[float, ...]
    alternation_needed: int
    defect: int
    pole_free: bool
    pole_free_on_reals: bool
    min_q: Decimal | None
    poles: tuple[str, ...]
    tails: tuple[ErrorTail, ErrorTail]
    tolerance: float
    method: str
    increasing: bool | None = None
    lipschitz_lower: Decimal | None = None
    lipschitz_upper: Decimal | None = None

    @property
    def optimal(self) -> bool:
        """Whether r is proved to be a best approximation of its type, up to the relative tolerance."""
        return self.error_upper == 0 or self.gap <= self.tolerance

    @property
    def gap(self) -> float:
        """error_upper / optimal_lower - 1, rounded up: how far r may be from the best; inf if unproved."""
        if self.error_upper == 0:
            return 0.0
        if self.optimal_lower == 0 or not self.error_upper.is_finite():
            return math.inf
        return math.nextafter(float(Fraction(self.error_upper) / Fraction(self.optimal_lower) - 1), math.inf)

    def __repr__(self) -> str:
        a, b = (_number(end) for end in self.on)
        where = f"in [{a}, {b}]"
        if not self.pole_free:
            return f"Certificate: q vanishes {where}, at {', '.join(self.poles)}: ‖f − r‖ is not bounded"
        if self.error_upper == 0:
            return f"Certificate: ‖f − r‖ = 0, f and r are equal; no pole {where}"
        norm = "‖f − r‖" if self.weight is None else "‖w (f − r)‖"
        lower, upper = _short(self.error_lower, ROUND_FLOOR), _short(self.error_upper, ROUND_CEILING)
        if self.optimal_lower > 0:
            return f"Certificate: {_short(self.optimal_lower, ROUND_FLOOR)} ≤ E* ≤ {norm} ≤ {upper}; no pole {where}"
        return f"Certificate: {lower} ≤ {norm} ≤ {upper}; no pole {where}"

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON: exact numbers and decimals as strings, floats as they are.

        >>> from ratapprox import Rational, certify
        >>> c = certify(Rational([1], [2]), "relu", (-1, 1))
        >>> Certificate.from_dict(c.to_dict()) == c
        True
        """
        document = {field.name: getattr(self, field.name) for field in fields(self)}
        for name in _DECIMALS:
            document[name] = None if document[name] is None else str(document[name])
        document["on"] = [str(end) for end in self.on]
        document["type"] = list(self.type)
        document["alternation"] = list(self.alternation)
        document["poles"] = list(self.poles)
        document["tails"] = [tail.to_dict() for tail in self.tails]
        return document

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Certificate:
        """The certificate that `to_dict` wrote. Nothing is proved anew: `certify` does that."""
        found = dict(document)
        for name in _DECIMALS:
            found[name] = None if found.get(name) is None else Decimal(found[name])
        a, b = found["on"]
        left, right = found["tails"]
        found |= {
            "on": (Fraction(a), Fraction(b)),
            "type": tuple(found["type"]),
            "alternation": tuple(found["alternation"]),
            "poles": tuple(found["poles"]),
            "tails": (ErrorTail.from_dict(left), ErrorTail.from_dict(right)),
        }
        return cls(**found)


def outward(lower: arb, upper: arb) -> tuple[Decimal, Decimal]:
    """Decimals below and above two exact balls, with enough digits to keep an enclosure as tight as it is.

    >>> outward(arb(1) / 4, arb(3) / 4)
    (Decimal('0.25'), Decimal('0.75'))
    """
    digits = DIGITS
    if 0 < lower < upper:
        low, high = lower.fmpq(), upper.fmpq()
        digits = max(DIGITS, 3 - _decade((high - low) / high))
    elif lower > 0:
        digits = max(DIGITS, math.ceil(_bits(lower) * 0.302))
    return rounded(lower, ROUND_FLOOR, digits), rounded(upper, ROUND_CEILING, digits)


def rounded(value: arb, rounding: str, digits: int = DIGITS) -> Decimal:
    """The end of a ball as a decimal of so many significant digits, rounded down (ROUND_FLOOR) or up (ROUND_CEILING).

    >>> rounded(arb(1) / 3, ROUND_FLOOR, 5), rounded(arb(1) / 3, ROUND_CEILING, 5)
    (Decimal('0.33333'), Decimal('0.33334'))
    """
    end = value
    if not value.is_exact():  # an exact ball would be rounded to the working precision
        end = value.lower() if rounding == ROUND_FLOOR else value.upper()
    if not end.is_finite():
        return Decimal("Infinity") if rounding == ROUND_CEILING else Decimal(0)
    exact = end.fmpq()
    context = Context(prec=digits, rounding=rounding, Emax=MAX_EMAX, Emin=MIN_EMIN)
    # an integer quotient of more than `digits` digits first: decimal division would need all digits of p and of q
    p, q = int(exact.p), int(exact.q)
    shift = digits + 3 + math.ceil(0.30103 * (q.bit_length() - abs(p).bit_length()))
    scaled = p * 10**shift if shift > 0 else p
    divisor = q if shift > 0 else q * 10**-shift
    quotient = scaled // divisor if rounding == ROUND_FLOOR else -(-scaled // divisor)
    found = context.create_decimal(quotient).scaleb(-shift, context) if quotient else Decimal(0)
    return found.normalize(context)


def _decade(value: fmpq) -> int:
    """The exponent of the power of ten at or just below a positive number."""
    return math.floor(0.30103 * (int(value.p).bit_length() - int(value.q).bit_length() - 1))


def _bits(value: arb) -> int:
    mantissa, _ = value.man_exp()
    return int(mantissa).bit_length()


def _short(value: Decimal, rounding: str) -> str:
    found = Context(prec=SHOWN, rounding=rounding, Emax=MAX_EMAX, Emin=MIN_EMIN).plus(value)
    return f"{found:f}" if -5 <= found.adjusted() < 16 else f"{found:e}".replace("E", "e")


def _number(end: Fraction) -> str:
    """An end of an interval: as a float where it is one, as a fraction where that is short."""
    text = repr(float(end)).removesuffix(".0")
    return text if Fraction(float(end)) == end or len(str(end)) > SHOWN + len(text) else str(end)
