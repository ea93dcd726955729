"""What an audit finds, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import MAX_EMAX, MIN_EMIN, Decimal, localcontext
from fractions import Fraction
from math import inf
from typing import TYPE_CHECKING

from ratapprox.algebraic import Algebraic
from ratapprox.coefficients import decimal
from ratapprox.formats.card import end_text
from ratapprox.formats.importers import Entry

if TYPE_CHECKING:
    from ratapprox.fitting.result import Fit
    from ratapprox.symbolic.decimal_enclosure import Enclosure
    from ratapprox.symbolic.gaussian_moments import Gain
    from ratapprox.symbolic.portrait import Portrait
    from ratapprox.symbolic.tails import ErrorTail

__all__ = ["WORSE", "Audit", "HalfPrecision", "Judgement", "Optimum", "Problem", "Replacement", "double", "places"]

WORSE = 10.0
"""An error above this many times the best one of the type matters."""


BETTER = 1.01
"""A replacement is offered where the error is more than this many times the best one."""


def double(value: Enclosure | Algebraic) -> float:
    """The nearest float64 by IEEE convention: infinite beyond 1.8e308.

    >>> from ratapprox.algebraic import Algebraic
    >>> double(Algebraic.rational(-(10**400)))
    -inf
    """
    try:
        return float(value)
    except OverflowError:
        below = value < Algebraic.rational(0) if isinstance(value, Algebraic) else value.lower < 0
        return -inf if below else inf


def places(points: tuple[Algebraic, ...]) -> str:
    """The numbers to six digits.

    >>> from ratapprox.algebraic import Algebraic
    >>> places((Algebraic.rational(0), Algebraic.rational(1)))
    '0, 1'
    """
    return ", ".join(f"{double(point):.6g}" for point in points)


@dataclass(frozen=True, slots=True)
class Problem:
    """A sentence; `serious` where it is wrong enough to matter."""

    text: str
    serious: bool = False

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Optimum:
    """The best rational of a type: the proved bounds lower <= E* <= upper, and the fit that reaches upper.

    lower and upper are None, and reason says why, where it was not found.
    """

    lower: Decimal | None
    upper: Decimal | None
    fit: Fit | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is true on one interval.

    error_lower <= max |f - r| <= error_upper, proved, and reached at error_at; None without a target, infinite with a
    pole. l2: the root of the integral of (f - r)², enclosed; None without a target, with a pole, where it is infinite,
    and where it could not be enclosed. optimum: of the entry's type. fitted_error: the largest error that the numbers
    would have as they were fitted, where that is another function. tails: r - f at -inf and +inf.
    """

    portrait: Portrait
    on: tuple[Fraction | None, Fraction | None]
    error_lower: Decimal | None = None
    error_upper: Decimal | None = None
    error_at: float | None = None
    l2: Enclosure | None = None
    optimum: Optimum | None = None
    fitted_error: Decimal | None = None
    tails: tuple[ErrorTail, ErrorTail] | None = None

    @property
    def ratio(self) -> float | None:
        """error_upper over the error of the best rational of the type: 1 for two zeros, None where unknown."""
        if self.error_upper is None or self.optimum is None or self.optimum.upper is None:
            return None
        if self.optimum.upper == 0:
            return 1.0 if self.error_upper == 0 else inf
        return inf if not self.error_upper.is_finite() else float(self.error_upper / self.optimum.upper)

    @property
    def rms(self) -> float | None:
        """The root of the mean square error over the interval: infinite with a pole, None where it is not known."""
        a, b = self.on
        if self.error_upper is None or a is None or b is None or (self.l2 is None and not self.poles):
            return None
        if self.l2 is None:
            return inf
        with localcontext(prec=30, Emax=MAX_EMAX, Emin=MIN_EMIN):
            return float(self.l2.upper / decimal(b - a, 30).sqrt())

    @property
    def poles(self) -> tuple[Algebraic, ...]:
        """The real poles on the interval, exactly."""
        return self.portrait.poles


@dataclass(frozen=True, slots=True)
class Replacement:
    """What would be better: a proved best rational, without real poles where one was found.

    fit: the one to take, and poles: its real poles, outside the interval. best: the best rational of the audited type,
    which is passed over for `fit` where it has real poles, best_poles.
    """

    fit: Fit
    poles: tuple[Algebraic, ...]
    best: Fit
    best_poles: tuple[Algebraic, ...]

    @property
    def cost(self) -> float:
        """The error over that of the best rational of the audited type: below 1 where another type is better."""
        return self.fit.error / self.best.error if self.best.error else 1.0 if self.fit is self.best else inf

    @property
    def tails(self) -> tuple[ErrorTail, ErrorTail] | None:
        """The error r - f of the replacement at -inf and +inf; None where it is not certified."""
        return None if self.fit.certificate is None else self.fit.certificate.tails

    @property
    def departs(self) -> tuple[str, ...]:
        """Where r - f does not tend to 0 at infinity, a clause for each side on which that is known."""
        sides = zip(self.tails or (), ("−∞", "+∞"), strict=False)
        return tuple(
            f"{tail} as x → {side}"
            for tail, side in sides
            if tail.kind != "unknown" and not (tail.kind == "limit" and tail.value == 0)
        )

    def __str__(self) -> str:
        return f"{self._about_poles()}{'; far out ' if self.departs else ''}{', '.join(self.departs)}"

    def _about_poles(self) -> str:
        if self.poles:
            where = f"at x = {places(self.poles)}"
            return f"{self.fit!r}; it has real poles outside the interval, {where}: none without was found"
        if self.fit is self.best:
            return f"{self.fit!r}; no real pole"
        larger = self.cost > 1
        given_up = f"the price is an error {self.cost:.3g} times as large" if larger else "its error is no larger"
        return (
            f"{self.fit!r}; no real pole: the best of type {self.best.type}, of error {self.best.error:.6g}, has them"
            f" at x = {places(self.best_poles)}, and {given_up}"
        )


@dataclass(frozen=True, slots=True)
class HalfPrecision:
    """All finite float16 inputs through the formula, every operation rounded to float16.

    program: "horner" for plain coefficients, "formula" for the terms as the form's source has them. error: the largest
    difference from the exact function on the interval, None where a result there is not finite; at: where.
    non_finite, nan: over all inputs; non_finite_from: the smallest |x| with such a result.
    """

    program: str
    error: float | None
    at: float | None
    non_finite: int
    nan: int
    non_finite_from: float | None


@dataclass(frozen=True, repr=False)
class Audit:
    """What is true of somebody's coefficients, beside what is declared.

    target: the function they are compared with. declared: on the declared interval (the asked one where none is
    declared, the real line without either); asked: on an interval of the caller's. gain: what is true of the function,
    None where it has none; target_gain: of the target. problems: sentences, the serious ones first. replacement: what
    would be better on the asked interval, or the declared one; None where nothing is, by one part in a hundred.
    """

    entry: Entry
    target: str | None
    declared: Judgement
    asked: Judgement | None
    gain: Gain | None
    target_gain: Enclosure | None
    half: HalfPrecision | None
    problems: tuple[Problem, ...]
    replacement: Replacement | None = None

    @property
    def serious(self) -> bool:
        """Whether something is wrong enough to matter."""
        return any(problem.serious for problem in self.problems)

    @property
    def name(self) -> str:
        """source:name."""
        return f"{self.entry.source.partition('@')[0]}:{self.entry.name}"

    def __repr__(self) -> str:
        d = self.declared
        where = "the real line" if None in d.on else "[{}, {}]".format(*map(end_text, d.on))  # type: ignore[arg-type]
        if d.error_upper is None:
            found = "no target"
        else:
            ratio = "" if d.ratio is None else f", {d.ratio:.3g} times the best"
            found = f"error {float(d.error_upper):.4g}{ratio}"
        several = len(self.problems)
        return f"Audit of {self.name} on {where}: {found}; {several} problem{'' if several == 1 else 's'}"
