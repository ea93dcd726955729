"""Polish: an equioscillation carried to any number of digits in ball arithmetic.

The exchange converges quadratically near a best approximation without defect [CO66], so from a gap of 1e-3 two or
three more exchanges reach double precision and a few more reach hundreds of digits. Each reference point moves by the
vertex of a parabola through three values a small step apart; the step shrinks with the moves, so the points gain
digits as fast as the error asks for them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log2

from flint import arb, ctx

from ratapprox.fitting.exchange import signed_error
from ratapprox.fitting.levelled import Levelled, level, settles
from ratapprox.fitting.problem import Problem
from ratapprox.fitting.remez import Equioscillation
from ratapprox.fitting.watch import Watch

ROUNDS = 24
SNAP = 1e-4
"""Part of the distance to the next reference point within which an end or a kink attracts a point."""


def polish_bits(problem: Problem, h: float, scale: float, digits: float) -> int:
    """Bits that leave `digits` digits of the error right: cancellation in f − r, the parabola's differences, the
    algebra.
    """
    below = max(0.0, log2(scale / h)) if h > 0 else 53.0
    return int(64 + 2 * problem.needed + 1.2 * below + 3.4 * digits * 1.6)


@dataclass(frozen=True, eq=False)
class Polished:
    """The levelled rational, the relative gap measured on its moved reference, and the bits it was computed with."""

    trial: Levelled
    gap: float
    bits: int


def polish(problem: Problem, start: Equioscillation, watch: Watch, *, digits: float, bits: int) -> Polished:
    """Exchange in ball arithmetic until the gap is below 10^−digits; where it ends earlier, the gap says so."""
    for doubling in range(5):
        found = _polished(problem, start, watch, digits, bits << doubling)
        if found is not None:
            return found
    return Polished(start.trial, start.gap, bits)


def _polished(problem: Problem, start: Equioscillation, watch: Watch, digits: float, bits: int) -> Polished | None:
    """One polish at a fixed precision; None when the precision does not resolve the levelled error."""
    with ctx.workprec(bits):
        points, fixed = _snapped(problem, start.trial)
        steps: list[arb | None] = [None] * len(points)
        trial, gap = start.trial, start.gap
        for _ in range(ROUNDS):
            watch.check()
            nearby = level(problem, points, trial)
            if nearby is None:
                return Polished(trial, gap, bits)
            if not settles(problem, nearby, 1e-3 * max(10.0 ** -min(digits, 300.0), 1e-300)):
                return None
            trial = nearby
            points, steps, largest = _move(problem, trial, points, fixed, steps, bits)
            h = abs(trial.h)
            gap = max(0.0, float(((largest - h) / h).mid()))
            watch.note(problem, trial, float(largest.mid()), True)
            if gap <= 10.0 ** -min(digits, 300):
                # One more levelling on the moved points is quadratically closer, and free.
                final = level(problem, points, trial)
                return Polished(final or trial, gap, bits)
        return Polished(trial, gap, bits)


def _snapped(problem: Problem, trial: Levelled) -> tuple[list[arb], list[bool]]:
    """The reference with its points at ends and kinks put exactly there; True for those that must not move (kinks).

    A search in double precision may stop a little beside an end or a kink where |e| is largest: such points go there
    too.
    """
    first, last = problem.float_ends()
    lower, upper = problem.ends()
    corners = [(lower.mid(), first, False), (upper.mid(), last, False)]
    corners += [(kink().mid(), where, True) for kink, where in zip(problem.kinks, problem.float_kinks(), strict=True)]
    reference = [float(x.mid()) for x in trial.x]
    points: list[arb] = []
    fixed: list[bool] = []
    for k, value in enumerate(reference):
        room = min(abs(reference[j] - value) for j in (k - 1, k + 1) if 0 <= j < len(reference))
        here = abs(signed_error(problem, trial, arb(value))[0]).mid()
        point, stays = arb(value), False
        for corner, where, kink in corners:
            near = abs(where - value) <= SNAP * room
            if where == value or (near and abs(signed_error(problem, trial, corner)[0]).mid() >= here):
                point, stays = corner, kink
        points.append(point)
        fixed.append(stays)
    return points, fixed


def _move(
    problem: Problem,
    trial: Levelled,
    points: Sequence[arb],
    fixed: Sequence[bool],
    steps: Sequence[arb | None],
    bits: int,
) -> tuple[list[arb], list[arb | None], arb]:
    """The points moved to the extrema beside them, the size of each move, and the largest |e| met."""
    lower, upper = problem.ends()
    walls = [lower.mid(), upper.mid(), *(kink().mid() for kink in problem.kinks)]
    moved, sizes = list(points), list(steps)
    largest = arb(0)
    floor = arb(2) ** (-bits // 3)
    for k, x in enumerate(points):
        here = abs(signed_error(problem, trial, x)[0]).mid()
        if here > largest:
            largest = here
        if fixed[k]:
            continue
        neighbours = [abs(points[j] - x) for j in (k - 1, k + 1) if 0 <= j < len(points)]
        neighbours += [abs(wall - x) for wall in walls if wall != x]
        room = min(neighbours, key=lambda v: float(v.mid())).mid() if neighbours else (upper - lower).mid()
        last = steps[k]
        step = room * arb(2) ** -10 if last is None else last
        if step > room * arb(2) ** -10:
            step = room * arb(2) ** -10
        if step < room * floor:
            step = room * floor
        step = step.mid()
        at_end = x <= lower or x >= upper
        if at_end:
            inward = step if x <= lower else -step
            if abs(signed_error(problem, trial, (x + inward).mid())[0]).mid() <= here:
                continue
            x = (x + 2 * inward).mid()
            here = abs(signed_error(problem, trial, x)[0]).mid()
        sign = 1 if signed_error(problem, trial, x)[0] > 0 else -1
        left = (sign * signed_error(problem, trial, (x - step).mid())[0]).mid()
        right = (sign * signed_error(problem, trial, (x + step).mid())[0]).mid()
        curvature = left - 2 * here + right
        if not curvature < 0:
            continue
        shift = (step * (left - right) / (2 * curvature)).mid()
        if abs(shift) > room / 4:
            shift = room / 4 if shift > 0 else -room / 4
        new = (x + shift).mid()
        if new < lower:
            new = lower.mid()
        if new > upper:
            new = upper.mid()
        moved[k] = new
        value = abs(signed_error(problem, trial, new)[0]).mid()
        if value > largest:
            largest = value
        sizes[k] = abs(shift).mid()
    return moved, sizes, largest
