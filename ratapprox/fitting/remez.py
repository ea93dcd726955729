"""The exchange algorithm of Remez for rational functions: level, search, exchange, until the error equioscillates.

Source: [FNTB18]; the backtracking is ours: a reference whose levelled rational has a pole, or does not exist, is
replaced by one nearer to the last good reference.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from flint import arb, ctx

from ratapprox.fitting.exchange import Extrema, error_in_balls, error_in_floats, extrema, next_reference
from ratapprox.fitting.float_form import float_form
from ratapprox.fitting.levelled import Levelled, level, settles
from ratapprox.fitting.problem import Floats, Problem
from ratapprox.fitting.watch import Watch

EXCHANGES = 100
BACKTRACKS = 5
MOST_DOUBLINGS = 4
"""A trial that is not levelled at this many times the usual bits comes of a bad reference, not of rounding."""
FLOAT_FLOOR = 1e-8
"""Below this error, relative to the target's size, the search leaves double precision."""


@dataclass(frozen=True, eq=False)
class Equioscillation:
    """Where an exchange stopped: the trial, the extrema of its error, and the relative gap between level and maximum.
    """

    trial: Levelled
    extrema: Extrema
    gap: float


def working_bits(problem: Problem) -> int:
    """Bits for the linear algebra of a reference before anything is known of the error."""
    return 128 + 3 * problem.needed


def search(problem: Problem, trial: Levelled, scale: float) -> Extrema:
    """The extrema of the trial's error, in double precision or in balls as its size demands."""
    h = abs(float(trial.h.mid()))
    if not problem.exact or h > FLOAT_FLOOR * scale:
        error = error_in_floats(problem, float_form(problem, trial))
    else:
        error = error_in_balls(problem, trial)
    ends = problem.float_ends()
    points = [*ends, *problem.float_kinks(), *problem.landmarks, *(float(x.mid()) for x in trial.x)]
    return extrema(problem, error, np.unique(np.clip(points, *ends)))


def size_of_target(problem: Problem) -> float:
    """max w·|f| on a coarse grid: the scale an error is compared with."""
    lower, upper = problem.float_ends()
    x = lower + (upper - lower) * (0.5 - 0.5 * np.cos(np.pi * (np.arange(64) + 0.5) / 64))
    f, w = problem.floats(x)
    return float(np.max(np.abs(w * f)))


def remez(
    problem: Problem,
    reference: Sequence[float] | Floats,
    watch: Watch,
    *,
    scale: float,
    tolerance: float = 1e-3,
    patience: int | None = None,
    bits: int | None = None,
) -> Equioscillation | None:
    """Exchange from the given reference until the gap is below `tolerance`; None if this start leads nowhere.

    The reference is ascending, with m + n + 2 points. After `patience` exchanges a gap above 0.9 ends the attempt.
    """
    bits = bits or working_bits(problem)
    most_bits = MOST_DOUBLINGS * bits
    good: Floats | None = None
    target = np.asarray(reference, dtype=float)
    previous: Levelled | None = None
    best: Equioscillation | None = None
    highest, stalled = 0.0, 0
    for exchange in range(EXCHANGES):
        step = 1.0
        for _ in range(BACKTRACKS if good is not None else 1):
            watch.check()
            x = target if good is None or step == 1.0 else good + step * (target - good)
            with ctx.workprec(bits):
                trial = level(problem, [arb(v) for v in x.tolist()], previous if step == 1.0 else None)
                while trial is not None and not settles(problem, trial) and bits < most_bits and problem.exact:
                    bits *= 2
                    ctx.prec = bits
                    trial = level(problem, [arb(v) for v in x.tolist()])
                found = None if trial is None else search(problem, trial, scale)
            if trial is not None and found is not None:
                watch.note(problem, trial, found.largest if len(found.e) else np.inf, found.pole_free)
                if found.pole_free:
                    break
            step /= 4
        else:
            return best
        assert trial is not None and found is not None
        h = abs(float(trial.h.mid()))
        gap = (found.largest - h) / found.largest if found.largest > 0 else 0.0
        current = Equioscillation(trial, found, gap)
        # From a far start |h| may climb for long by orders of magnitude while the gap stays near 1: that is progress
        # too.
        stalled = 0 if best is None or gap < best.gap or h > 1.1 * highest else stalled + 1
        highest = max(highest, h)
        if best is None or gap < best.gap:
            best = current
        if gap <= tolerance or stalled > 12 or (patience is not None and exchange >= patience and gap > 0.9):
            return best
        good, previous = x, trial
        level_signs = [h if k % 2 == 0 else -h for k in range(len(x))]
        if trial.h < 0:
            level_signs = [-v for v in level_signs]
        moved = list(zip(found.x.tolist(), found.e.tolist(), strict=True))
        if stalled >= 2:
            # Exchanging all points may cycle between two choices among m + n + 3 extrema; exchanging the largest
            # alone cannot.
            moved = [max(moved, key=lambda pair: abs(pair[1]))]
        pool = sorted([*moved, *zip(x.tolist(), level_signs, strict=True)], key=lambda pair: pair[0])
        exchanged = next_reference(pool, problem.needed)
        if exchanged is None:
            return best
        target = np.asarray(exchanged)
    return best
