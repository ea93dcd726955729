"""Best uniform rational approximation: max over [a, b] of w·|f − p/q| as small as type (m, n) allows."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import numpy as np
from flint import arb

from ratapprox.activations import Activation
from ratapprox.barycentric import Barycentric
from ratapprox.fitting.coefficients import restored
from ratapprox.fitting.equioscillation import Answer, alternation, equioscillate
from ratapprox.fitting.levelled import Levelled
from ratapprox.fitting.measurement import decimal, largest_error, measure
from ratapprox.fitting.pencil import spread
from ratapprox.fitting.polish import polish_bits
from ratapprox.fitting.problem import Problem
from ratapprox.fitting.question import Question, TargetLike, ask
from ratapprox.fitting.reductions import Reduction, plain_problem, reduce
from ratapprox.fitting.remez import size_of_target
from ratapprox.fitting.result import Fit, Outcome, Step
from ratapprox.fitting.watch import TimeIsUp, Watch
from ratapprox.rational import Rational

DEFAULT_DIGITS = 13
"""Digits to which the error is levelled when none are asked for: what double precision can show."""


def best_approximation(
    target: TargetLike,
    type: Sequence[int],
    on: Sequence[object],
    weight: TargetLike | None = None,
    digits: int | None = None,
    time_limit: float | None = None,
    progress: Callable[[Step], None] | None = None,
) -> Fit:
    """The best uniform approximation, measured and not yet proved: see :func:`ratapprox.fit`, which adds the
    certificate.
    """
    began = time.perf_counter()
    question = ask(target, type, on, weight, digits)
    watch = Watch(deadline=None if time_limit is None else time.monotonic() + time_limit, progress=progress)
    fit = _exactly(question) or _searched(question, watch)
    return replace(fit, history=tuple(watch.steps), seconds=time.perf_counter() - began)


def _searched(question: Question, watch: Watch) -> Fit:
    """The plan: reduce, equioscillate, restore, measure."""
    reduction = reduce(question.target, question.type, question.on, question.weight)
    if reduction.problem is None:
        return _zero_remainder(question, reduction)
    problem = reduction.problem
    scale = size_of_target(problem)
    digits = float(DEFAULT_DIGITS if question.digits is None else question.digits + 2)
    try:
        answer = equioscillate(problem, watch, scale=scale, digits=digits)
        stopped = None
    except TimeIsUp:
        answer, stopped = None, "the time limit was reached"
    except KeyboardInterrupt:
        if watch.best is None:
            raise
        answer, stopped = None, "it was interrupted"
    if answer is not None:
        return _answered(question, reduction, answer, scale, digits)
    return _best_iterate(question, reduction, watch, scale, stopped)


def _answered(question: Question, reduction: Reduction, answer: Answer, scale: float, digits: float) -> Fit:
    trial, problem = answer.best.trial, answer.problem
    h = abs(float(trial.h.mid()))
    rational = restored(reduction, problem, trial, digits=digits, bits=answer.bits)
    fit = _measured(question, reduction, rational, trial, problem, answer.bits, digits)
    exact_target = problem.exact
    limited = not exact_target and h < 1e-13 * scale
    if limited or answer.best.gap > 1e-6:
        return replace(
            fit,
            outcome=Outcome.PRECISION_LIMITED,
            reason=f"the error stays {answer.best.gap:.1e} (relative) above the level {h:.6g} that was reached",
        )
    if len(fit.reference) < sum(question.type) + 2 - fit.defect:
        return replace(fit, outcome=Outcome.FAILED, reason=f"on the function returned {fit.reason}")
    if fit.defect and answer.lowered:
        return replace(
            fit,
            outcome=Outcome.DEGENERATE,
            reason=f"the best of type {question.type} is one of a lower type: defect {fit.defect}",
        )
    return fit


def _measured(
    question: Question,
    reduction: Reduction,
    rational: Rational,
    trial: Levelled,
    problem: Problem,
    bits: int,
    digits: float,
) -> Fit:
    """A Fit of the rational as it will be returned: error re-measured, alternation found, defect counted."""
    asked = plain_problem(question.target, question.type, question.on, question.weight)
    mirror = [2 * float(reduction.center) - float(x.mid()) for x in trial.x] if reduction.squared else []
    hints = [float(x.mid()) for x in trial.x] + mirror
    seen = measure(rational, asked, hints, bits=bits)
    # The search may have run in double precision: what it found near the top is evaluated again in balls.
    top = [arb(x) for x, e in zip(seen.x.tolist(), seen.e.tolist(), strict=True) if abs(e) > (1 - 1e-6) * seen.largest]
    error = largest_error(rational, asked, [*trial.x, *top], bits=bits)
    m, n = question.type
    p, q = rational.type
    zero = all(c == 0 for c in rational.p)
    defect = n if zero else min(m - p, n - q)
    exactly = rational.exact()
    float_error = _error_in_doubles(rational, asked, hints, bits) if rational.is_exact else float(error.mid())
    return Fit(
        target=question.target,
        type=question.type,
        on=question.on,
        weight=question.weight,
        digits=question.digits,
        rational=rational,
        error=float(error.mid()),
        error_decimal=decimal(error, max(int(digits), 20)),
        reference=tuple(alternation(seen)),
        defect=defect,
        outcome=Outcome.OPTIMAL,
        reason=f"the error equioscillates on {len(alternation(seen))} points, {m + n + 2 - defect} are needed",
        float64_error=float_error,
        barycentric=_barycentric(exactly, hints) if rational.is_exact else None,
    )


def _error_in_doubles(rational: Rational, asked: Problem, hints: Sequence[float], bits: int) -> float | None:
    """The error with coefficients rounded to doubles: inf with a pole on the interval, None where they overflow."""
    if any(abs(Fraction(c)) > Fraction(sys.float_info.max) for c in (*rational.p, *rational.q)):
        return None
    rounded = rational.to_float().exact()
    if rounded.poles(on=(asked.lower, asked.upper)):
        return math.inf
    return measure(rounded, asked, hints, bits=max(bits, 128)).largest


def _barycentric(rational: Rational, reference: Sequence[float]) -> Barycentric | None:
    """The rational on max(m, n) + 1 of its reference points, for evaluation in double precision."""
    size = max(rational.type) + 1
    points = sorted(set(reference))
    if len(points) < size:
        return None
    return Barycentric.from_rational(rational, tuple(points[i] for i in spread(size, len(points))))


def _best_iterate(question: Question, reduction: Reduction, watch: Watch, scale: float, stopped: str | None) -> Fit:
    """The best rational met on the way, with what is true of it; the constant best on a grid if there is none."""
    why = stopped or "no start led to an error that equioscillates"
    if watch.best is not None:
        problem, trial, _ = watch.best
        bits = polish_bits(problem, abs(float(trial.h.mid())) or scale, scale, DEFAULT_DIGITS)
        rational = restored(reduction, problem, trial, digits=DEFAULT_DIGITS, bits=bits)
        fit = _measured(question, reduction, rational, trial, problem, bits, DEFAULT_DIGITS)
    else:
        asked = plain_problem(question.target, question.type, question.on, question.weight)
        x = np.linspace(*asked.float_ends(), 513)
        f, _ = asked.floats(x)
        rational = Rational((float(0.5 * (f.min() + f.max())),))
        error = measure(rational, asked, [], bits=64).largest
        fit = Fit(
            question.target,
            question.type,
            question.on,
            question.weight,
            question.digits,
            rational,
            error,
            Decimal(repr(error)),
            (),
            min(question.type),
            Outcome.FAILED,
            why,
            error,
        )
    enough = len(fit.reference) >= sum(question.type) + 2 - fit.defect and watch.best is not None
    outcome = Outcome.GRID_ONLY if stopped is None and enough else Outcome.FAILED
    if stopped is None and reduction.problem is not None and not reduction.problem.exact and fit.error < 1e-12 * scale:
        outcome, why = Outcome.PRECISION_LIMITED, "the error is at the rounding level of the target's values"
    return replace(fit, outcome=outcome, reason=f"{why}; the best iterate's error is {fit.error:.6g}")


def _zero_remainder(question: Question, reduction: Reduction) -> Fit:
    """An odd remainder has no odd rational of type (0, n) but 0: the polynomial part is best, its error is max
    w·|g|.
    """
    from flint import fmpq_poly

    p, _ = reduction.restore(fmpq_poly([0]), fmpq_poly([1]))
    rational = Rational([Fraction(int(c.p), int(c.q)) for c in p.coeffs()] or [0])
    asked = plain_problem(question.target, question.type, question.on, question.weight)
    seen = measure(rational, asked, [], bits=128)
    zero = all(c == 0 for c in rational.p)
    digits = question.digits or DEFAULT_DIGITS
    top = seen.x[np.abs(seen.e).argmax()]
    error = largest_error(rational, asked, [arb(float(top))], bits=int(digits * 4) + 64)
    return Fit(
        question.target,
        question.type,
        question.on,
        question.weight,
        question.digits,
        rational,
        float(error.mid()),
        decimal(error, max(digits, 20)),
        tuple(alternation(seen)),
        question.type[1] if zero else 0,
        Outcome.OPTIMAL,
        "an odd function's best constant is its centre value",
        float(error.mid()),
    )


def _exactly(question: Question) -> Fit | None:
    """The target itself where it is a rational function of the type: error 0."""
    if not isinstance(question.target, Activation):
        return None
    pieces = question.target.pieces(*question.on)
    if len(pieces) != 1 or pieces[0].rational is None:
        return None
    rational = pieces[0].rational.reduced()
    m, n = question.type
    p, q = rational.type
    if p > m or q > n:
        return None
    zero = all(c == 0 for c in rational.p)
    as_float = rational.to_float()
    same = as_float.exact() == rational
    return Fit(
        question.target,
        question.type,
        question.on,
        question.weight,
        question.digits,
        as_float if same else rational,
        0.0,
        Decimal(0),
        (),
        n if zero else min(m - p, n - q),
        Outcome.OPTIMAL,
        "the target is itself a rational function of this type on the interval",
        0.0 if same else None,
    )
