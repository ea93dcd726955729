"""From a problem to an error that equioscillates: starts, continuation in the type, linear programming, smaller types.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from flint import ctx

from ratapprox.fitting.differential_correction import differential_correction
from ratapprox.fitting.exchange import Extrema, error_in_balls
from ratapprox.fitting.polish import polish, polish_bits
from ratapprox.fitting.problem import Floats, Problem
from ratapprox.fitting.remez import Equioscillation, remez, search, working_bits
from ratapprox.fitting.starts import initial_references, stretched
from ratapprox.fitting.watch import Watch

CLOSE = 1e-3
"""A gap from which the quadratic convergence of the polish can be relied on."""

LEVELLED = 1e-9
"""A gap above this after the polish is not an equioscillation."""

SHARP_DIGITS = 13.0
"""Digits to which a smaller type is levelled before the hardest types are continued from it."""

SAME_LEVEL = 1e-7
"""Relative difference of two levelled errors that are taken for one."""

HASTE = 8
"""Exchanges after which a start whose gap is still near 1 is put aside in favour of the next one, at first."""

DEPTH = 40
"""Smaller types a continuation may pass through."""


@dataclass(frozen=True, eq=False)
class Answer:
    """A polished equioscillation of `problem`; `lowered` is k when type (m − k, n − k) answers the question for (m,
    n).

    bits: the precision that resolved it.
    """

    problem: Problem
    best: Equioscillation
    lowered: int
    bits: int


def equioscillate(problem: Problem, watch: Watch, *, scale: float, digits: float) -> Answer | None:
    """The best approximation with its error levelled to 10^−digits; None when no type (m − k, n − k) equioscillates
    enough.

    A rational of type (m − k, n − k) whose error alternates on m + n + 2 − k points is best for (m, n) too ([Tre13];
    the defect is then k): that is how degenerate cases end, whatever their reason.
    """
    known: dict[tuple[int, int], Equioscillation | None] = {}
    best: Answer | None = None
    loose: Answer | None = None
    for k in range(min(problem.m, problem.n) + 1):
        smaller = problem.with_type(problem.m - k, problem.n - k)
        found = _solve(smaller, watch, scale, known)
        if found is None:
            continue
        polished, bits = refine(smaller, found, watch, scale=scale, digits=digits)
        answer = Answer(smaller, polished, k, bits)
        if best is not None:
            # The same level again: what was found before carries a pole and a zero that cancel.
            same = abs(float((polished.trial.h / best.best.trial.h).mid())) < 1 + SAME_LEVEL
            return answer if same and polished.gap <= LEVELLED else best
        if polished.gap > LEVELLED and problem.exact:
            # Towards a degenerate best approximation the exchange creeps, with a pole and a zero about to cancel.
            loose = loose or answer
        elif k == 0:
            return answer
        elif len(alternation(polished.extrema)) >= problem.needed - k:
            best = answer
    return best or loose


def alternation(extrema: Extrema, slack: float = 1e-5) -> list[float]:
    """The points of a longest alternation of the extrema within `slack` of the largest."""
    points: list[float] = []
    last = 0.0
    for x, e in zip(extrema.x.tolist(), extrema.e.tolist(), strict=True):
        if abs(e) < (1 - slack) * extrema.largest:
            continue
        if e * last <= 0:
            points.append(x)
            last = e
    return points


def refine(
    problem: Problem, found: Equioscillation, watch: Watch, *, scale: float, digits: float
) -> tuple[Equioscillation, int]:
    """Polish, then look over the whole interval again; exchange on where a larger error shows up."""
    bits = working_bits(problem)
    if not problem.exact:
        tighter = remez(problem, _reference(found), watch, scale=scale, tolerance=1e-9)
        return (tighter if tighter is not None and tighter.gap < found.gap else found), bits
    for tolerance in (1e-4, 1e-6, 1e-8):
        h = abs(float(found.trial.h.mid()))
        polished = polish(problem, found, watch, digits=digits, bits=polish_bits(problem, h, scale, digits))
        bits = polished.bits
        with ctx.workprec(bits):
            over = search(problem, polished.trial, scale)
            # the search may have run in double precision, whose rounding is no larger error
            over = Extrema(over.x, error_in_balls(problem, polished.trial)(over.x)[0], over.pole_free)
        h = abs(float(polished.trial.h.mid()))
        if over.pole_free and over.largest <= h * (1 + LEVELLED) and polished.gap <= LEVELLED:
            return Equioscillation(polished.trial, over, polished.gap), bits
        again = remez(problem, _reference(found), watch, scale=scale, tolerance=tolerance)
        if again is None:
            break
        found = again
    return found, bits


def _reference(found: Equioscillation) -> Floats:
    return np.array([float(x.mid()) for x in found.trial.x])


def _close(found: Equioscillation | None) -> bool:
    return found is not None and found.gap <= CLOSE


def _smaller(m: int, n: int) -> Iterator[tuple[int, int]]:
    """Types a continuation may come from, the likeliest first: along the longer degree, else along the diagonal."""
    if n > m:
        yield m, n - 1
    if m > n:
        yield m - 1, n
    if min(m, n) > 0:
        yield m - 1, n - 1


def _solve(
    problem: Problem, watch: Watch, scale: float, known: dict[tuple[int, int], Equioscillation | None], depth: int = 8
) -> Equioscillation | None:
    """Every start there is: cheap ones, continuation, linear programming, continuation from what that solves."""
    key = (problem.m, problem.n)
    if known.get(key) is None:
        known[key] = _continued(problem, watch, scale, known, DEPTH) if key not in known else None
        known[key] = known[key] or _corrected(problem, watch, scale)
        for m, n in _smaller(*key) if depth else ():
            if known[key] is None:
                lower = problem.with_type(m, n)
                low = _solve(lower, watch, scale, known, depth - 1)
                if low is not None:
                    sharp, _ = refine(lower, low, watch, scale=scale, digits=SHARP_DIGITS)
                    known[key] = _stretched(problem, sharp, watch, scale)
    return known[key]


def _from_starts(problem: Problem, watch: Watch, scale: float, patience: int | None) -> Equioscillation | None:
    for name, reference in initial_references(problem):
        watch.begin(name)
        found = remez(problem, reference, watch, scale=scale, tolerance=CLOSE, patience=patience)
        if _close(found):
            return found
    return None


def _continued(
    problem: Problem,
    watch: Watch,
    scale: float,
    known: dict[tuple[int, int], Equioscillation | None],
    depth: int,
) -> Equioscillation | None:
    """This type from its own starts, else from the reference of a smaller type solved in the same way."""
    found = _from_starts(problem, watch, scale, HASTE)
    for m, n in _smaller(problem.m, problem.n) if depth else ():
        if found is not None:
            return found
        lower = problem.with_type(m, n)
        if (m, n) not in known:
            known[m, n] = _continued(lower, watch, scale, known, depth - 1)
            if known[m, n] is None and m + n <= 2:
                known[m, n] = _corrected(lower, watch, scale)
        low = known[m, n]
        found = None if low is None else _stretched(problem, low, watch, scale)
    return found or (_from_starts(problem, watch, scale, None) if depth == DEPTH else None)


def _stretched(problem: Problem, low: Equioscillation, watch: Watch, scale: float) -> Equioscillation | None:
    """From the reference of a smaller type, or from all extrema of its error."""
    for old in (_reference(low), low.extrema.x):
        if len(old) < 2:
            continue
        watch.begin(f"continued from type ({len(low.trial.p) - 1}, {len(low.trial.q) - 1})")
        found = remez(problem, stretched(problem, old.tolist()), watch, scale=scale, tolerance=CLOSE)
        if _close(found):
            return found
    return None


def _corrected(problem: Problem, watch: Watch, scale: float) -> Equioscillation | None:
    watch.begin("differential correction")
    reference = differential_correction(problem, watch)
    if reference is None:
        return None
    found = remez(problem, reference, watch, scale=scale, tolerance=CLOSE)
    return found if _close(found) else None
