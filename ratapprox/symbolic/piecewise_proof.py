"""From a question about a function of several pieces to its certificate."""

from __future__ import annotations

from dataclasses import replace
from decimal import ROUND_FLOOR, Decimal
from typing import Any

from flint import arb, fmpq

from ratapprox.algebraic import Algebraic
from ratapprox.breakpoints import Breakpoint, rounded_root
from ratapprox.expressions import x
from ratapprox.piecewise import Piecewise
from ratapprox.rational import Rational
from ratapprox.sturm import from_fmpq, has_real_root, to_fmpq
from ratapprox.symbolic.branches import END_BITS
from ratapprox.symbolic.certificate import Certificate, outward, rounded
from ratapprox.symbolic.enclosure import Enclosure
from ratapprox.symbolic.piece_shape import continuous, never_falls, poles_on, runs, slope_range
from ratapprox.symbolic.piecewise_question import PiecewiseQuestion
from ratapprox.symbolic.proof import SLOPE_DEGREE, enclose, least
from ratapprox.symbolic.tails import ErrorTail, error_tails

__all__ = ["prove_pieces", "with_outer_pieces"]

NO_BOUND = "no bound of the best error: the function is no rational of a type (m, n), to which such bounds belong"


def prove_pieces(question: PiecewiseQuestion) -> Certificate:
    """The certificate of a function that has several pieces on the interval."""
    if poles_on(question.runs):
        return _refuted(question)
    branches = question.branches()
    found, method = None, "f - r is the zero polynomial over q on every piece"
    if not all(branch.vanishes() for branch in branches):
        degree = max(max(run.p.degree(), run.q.degree()) for run in question.runs)
        found, method = enclose(branches, degree, question.tolerance)
    lower, upper = (Decimal(0), Decimal(0)) if found is None else outward(found.lower, found.upper)
    cuts = len(question.runs) - 1
    steps = [
        f"{cuts + 1} pieces, cut at {'exact numbers' if cuts > 1 else 'an exact number'}",
        "no denominator has a zero on the closed interval of its piece: roots isolated and compared exactly",
        method,
        NO_BOUND,
    ]
    slopes = _slopes(question)
    if not slopes:
        steps.append(f"monotonicity and the largest slope are not decided above degree {SLOPE_DEGREE}")
    return _certificate(question, found, lower, upper, "; ".join(steps), slopes)


def with_outer_pieces(certificate: Certificate, function: Piecewise, f: Any) -> Certificate:
    """The certificate of the only piece on the interval, with what is true of the whole function outside."""
    return replace(
        certificate,
        pole_free_on_reals=not function.poles(),
        poles=_poles(function, certificate.on) if function.poles() else (),
        tails=_tails(function, f),
        method=f"{certificate.method}; one piece covers [a, b], poles and tails are those of all pieces",
    )


def _certificate(
    question: PiecewiseQuestion,
    found: Enclosure | None,
    lower: Decimal,
    upper: Decimal,
    method: str,
    slopes: dict[str, Any],
) -> Certificate:
    everywhere = poles_on(runs(question.function))
    free = not poles_on(question.runs)
    return Certificate(
        target=question.f.name,
        on=question.on,
        type=(max(0, *(run.p.degree() for run in question.runs)), max(run.q.degree() for run in question.runs)),
        weight=None if question.w is None else question.w.name,
        error_lower=lower,
        error_upper=upper,
        error_at=float(question.on[0]) if found is None else float(from_fmpq(found.at)),
        optimal_lower=Decimal(0),
        alternation=(),
        alternation_needed=0,
        defect=0,
        pole_free=free,
        pole_free_on_reals=not everywhere,
        min_q=_least_q(question) if free else None,
        poles=_poles(question.function, question.on) if everywhere else (),
        tails=_tails(question.function, question.f),
        tolerance=question.tolerance,
        method=method,
        **slopes,
    )


def _refuted(question: PiecewiseQuestion) -> Certificate:
    """A piece has a pole in its closed interval."""
    infinite = Decimal("Infinity")
    first = poles_on(question.runs)[0]
    method = "a denominator has a zero on the closed interval of its piece: roots isolated and compared exactly"
    certificate = _certificate(question, None, infinite, infinite, method, {})
    return replace(certificate, error_at=float(first))


def _slopes(question: PiecewiseQuestion) -> dict[str, Any]:
    """What is proved of r' between the breakpoints, and of jumps: one makes the Lipschitz constant infinite."""
    if max(max(run.p.degree(), run.q.degree()) for run in question.runs) > SLOPE_DEGREE:
        return {}
    least_slope, largest = slope_range(question.runs)
    lower = upper = Decimal("Infinity")
    if continuous(question.runs) and least_slope is not None and largest is not None:
        lower = max(least_slope.upper.copy_negate(), largest.lower)
        upper = max(least_slope.lower.copy_negate(), largest.upper)
    return {"increasing": never_falls(question.runs), "lipschitz_lower": lower, "lipschitz_upper": upper}


def _least_q(question: PiecewiseQuestion) -> Decimal:
    """A lower bound of |q| over all pieces, each with q_0 = 1."""
    bounds = []
    for run in question.runs:
        a, b = _below(run.lower), _above(run.upper)
        bounds.append(arb(0) if has_real_root(run.q, a, b) else least(run.q, a, b))
    return min(rounded(bound, ROUND_FLOOR) for bound in bounds)


def _below(t: Breakpoint | None) -> fmpq:
    assert t is not None
    return to_fmpq(t.refine(END_BITS).lower if isinstance(t, Algebraic) else t)


def _above(t: Breakpoint | None) -> fmpq:
    assert t is not None
    return to_fmpq(t.refine(END_BITS).upper if isinstance(t, Algebraic) else t)


def _poles(function: Piecewise, on: Any) -> tuple[str, ...]:
    """The real poles in words, those on the interval first."""
    inside = poles_on(runs(function, on))
    outside = [pole for pole in poles_on(runs(function)) if pole not in inside]
    return (*map(_words, inside), *(f"{_words(pole)} (outside the interval)" for pole in outside))


def _words(pole: Algebraic) -> str:
    root = rounded_root(pole, 1)
    return f"{root.value.real:.16g}" + (f" ± {root.radius:.3g}" if root.radius else "")


def _tails(function: Piecewise, f: Any) -> tuple[ErrorTail, ErrorTail]:
    """The tails of the outer pieces against f."""
    left, right = function.exact().pieces[0], function.exact().pieces[-1]
    return _both(left, f)[0], _both(right, f)[1]


def _both(piece: Rational, f: Any) -> tuple[ErrorTail, ErrorTail]:
    return error_tails(*piece.polynomials(), f, x)
