"""Fit, the answer of a fit, and Outcome, which says how far it may be trusted."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ratapprox.activations import Activation, CallableTarget
    from ratapprox.barycentric import Barycentric
    from ratapprox.rational import Rational
    from ratapprox.symbolic.certificate import Certificate


class Outcome(Enum):
    """How a fit ended; `advice` tells what to do about it.

    >>> Outcome("certified").advice
    'Proved best: the error is enclosed and no rational of this type does better.'
    """

    CERTIFIED = "certified"
    OPTIMAL = "optimal"
    PRECISION_LIMITED = "precision-limited"
    DEGENERATE = "degenerate"
    GRID_ONLY = "grid-only"
    FAILED = "failed"

    @property
    def advice(self) -> str:
        """One sentence a user can act on."""
        return _ADVICE[self]


_ADVICE = {
    Outcome.CERTIFIED: "Proved best: the error is enclosed and no rational of this type does better.",
    Outcome.OPTIMAL: "The error equioscillates, so this is best up to rounding, but it is not proved: "
    "give the target as an expression to have it certified.",
    Outcome.PRECISION_LIMITED: "The error is at the rounding level of the target as given: ask for a lower type, or "
    "give the target as an expression, which can be evaluated to any precision.",
    Outcome.DEGENERATE: "The best approximation of this type is one of a lower type, whose defect is stated; "
    "ask for that type to get the same function without the idle coefficients.",
    Outcome.GRID_ONLY: "Best on a grid only, without equioscillation on the interval: "
    "use it with care, or try a neighbouring type.",
    Outcome.FAILED: "No equioscillation was reached: this is the best iterate found, its measured error is true, but a "
    "better rational may exist. Try a neighbouring type, a smaller interval or a longer time limit.",
}


@dataclass(frozen=True)
class Step:
    """One exchange: the start it belongs to, the type solved, its number, the levelled error |h|, the largest error."""

    start: str
    type: tuple[int, int]
    exchange: int
    levelled: float
    error: float


@dataclass(frozen=True)
class Fit:
    """A best uniform rational approximation, with all that was asked and all that was found.

    ``rational`` has float coefficients when rounding them to double precision changes the error by less than 1e-10 of
    itself, and exact dyadic fractions otherwise. ``error`` is max w·|f − r| re-measured on ``rational``;
    ``error_decimal`` the same with all its digits. ``float64_error`` is the error with coefficients rounded to
    doubles, infinite if that makes a pole, None if they overflow. ``reference`` are the points where the error
    alternates.
    """

    target: Activation | CallableTarget
    type: tuple[int, int]
    on: tuple[Fraction, Fraction]
    weight: Activation | CallableTarget | None
    digits: int | None
    rational: Rational
    error: float
    error_decimal: Decimal
    reference: tuple[float, ...]
    defect: int
    outcome: Outcome
    reason: str
    float64_error: float | None
    barycentric: Barycentric | None = None
    history: tuple[Step, ...] = field(default=(), repr=False)
    seconds: float = 0.0
    certificate: Certificate | None = None

    @property
    def float64(self) -> Rational:
        """The rational with its monomial coefficients rounded to double precision; its error is ``float64_error``."""
        return self.rational.to_float()

    def with_certificate(self, certificate: Certificate, outcome: Outcome, reason: str) -> Fit:
        """The same fit, judged."""
        return replace(self, certificate=certificate, outcome=outcome, reason=reason)

    def __repr__(self) -> str:
        a, b = (_short(v) for v in self.on)
        how = (
            f"equioscillates on {len(self.reference)} points"
            if self.outcome in (Outcome.CERTIFIED, Outcome.OPTIMAL, Outcome.DEGENERATE) and self.error > 0
            else "exact"
            if self.error == 0 and self.outcome is Outcome.CERTIFIED
            else self.outcome.value
        )
        weight = "" if self.weight is None else f", weight {self.weight.name}"
        defect = f", defect {self.defect}" if self.defect else ""
        return (
            f"Fit of {self.target.name}, type ({self.type[0]}, {self.type[1]}) on [{a}, {b}]{weight}: "
            f"error {self.error:.6g}, {how}{defect}"
        )


def _short(value: Fraction) -> str:
    text = repr(float(value))
    return text[:-2] if text.endswith(".0") else text
