"""The exchange: extrema of the weighted error, and the next reference drawn from them.

+h ───╮      ╭─╮         ╭──╮
      │╲    ╱   ╲       ╱    ╲         one local maximum of |e| between two sign changes would be enough if
 0 ───┼─╲──╱─────╲─────╱──────╲───     the error knew the theory; it does not, so every local maximum is a
      │  ╰╯       ╲   ╱        ╲       candidate and the largest of each run of one sign is kept.
−h ───╯            ╰─╯          ╰
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from flint import arb

from ratapprox.fitting.float_form import FloatForm
from ratapprox.fitting.levelled import Levelled
from ratapprox.fitting.problem import Floats, Problem, ball

ErrorFunction = Callable[[Floats], tuple[Floats, bool]]
"""x ↦ (e(x), no pole seen): the signed weighted error at points, and whether the denominator kept its sign there."""

POINTS_PER_GAP = 12
STEEP = 8.0
"""Ratio of the distances of a gap's ends to a possible singularity from which the gap is searched on a log scale."""
NEAREST = 1e-13
"""Where that search begins, relative to the first distance."""


@dataclass(frozen=True, eq=False)
class Extrema:
    """Candidates for the next reference, ascending, with their signed errors; `pole_free` is what the search saw."""

    x: Floats
    e: Floats
    pole_free: bool

    @property
    def largest(self) -> float:
        """The largest |e| seen."""
        return float(np.max(np.abs(self.e), initial=0.0))


def error_in_floats(problem: Problem, form: FloatForm) -> ErrorFunction:
    """The error evaluated in double precision: right as long as it is well above the rounding level of f."""

    def error(x: Floats) -> tuple[Floats, bool]:
        f, w = problem.floats(x)
        r, sign = form(x)
        if problem.odd:
            r = r * (x - form.center)
        return w * (f - r), bool(np.all(sign > 0) or np.all(sign < 0))

    return error


def error_in_balls(problem: Problem, trial: Levelled) -> ErrorFunction:
    """The error evaluated at the present precision and only then rounded: for errors below the rounding level of f."""

    def error(x: Floats) -> tuple[Floats, bool]:
        values, positive, negative = np.empty(len(x)), False, False
        for i, point in enumerate(x.tolist()):
            e, q = signed_error(problem, trial, arb(point))
            positive, negative = positive or q > 0, negative or q < 0
            values[i] = float(e.mid())
        return values, not (positive and negative)

    return error


def signed_error(problem: Problem, trial: Levelled, x: arb) -> tuple[arb, arb]:
    """(w·(f − r), q) at x; r in its own variable, so an odd target is multiplied back."""
    f, w = problem.balls(x)
    t = problem.t(x)
    q = trial.q(t)
    r = trial.p(t) / q
    if problem.odd:
        r *= x - ball(problem.center)
    return w * (f - r), q


def _vertex(x: Floats, y: Floats) -> Floats:
    """Abscissa of the vertex of the parabola through three points; x, y: [3, N]. Not finite where they are in line."""
    left, right = (y[1] - y[0]) / (x[1] - x[0]), (y[2] - y[1]) / (x[2] - x[1])
    curvature = (right - left) / (x[2] - x[0])
    vertex: Floats = 0.5 * (x[0] + x[1]) - 0.5 * left / curvature
    return vertex


def extrema(problem: Problem, error: ErrorFunction, breakpoints: Floats) -> Extrema:
    """Local maxima of |e| on the interval, searched between and at the breakpoints, refined by parabolas.

    breakpoints: ascending, with both ends and the kinks; the finer they are where e varies fast, the better the search
    (the last reference serves: extrema interlace with it).
    """
    x = _search_grid(breakpoints, [*problem.float_ends(), *problem.float_kinks()])
    e, pole_free = error(x)
    finite = np.isfinite(e)
    if not finite.all():
        return Extrema(x[finite], e[finite], False)
    turns = np.signbit(e[1:]) != np.signbit(e[:-1])
    rising, falling = (np.abs(e[1:]) >= np.abs(e[:-1])) | turns, (np.abs(e[:-1]) >= np.abs(e[1:])) | turns
    top = np.flatnonzero(np.r_[True, rising] & np.r_[falling, True] & (e != 0))
    best_x, best_e = x[top].copy(), e[top].copy()
    inside = np.flatnonzero((top > 0) & (top < len(x) - 1))
    where = top[inside]
    triple, values = np.stack([x[where - 1], x[where], x[where + 1]]), np.stack([e[where - 1], e[where], e[where + 1]])
    low, high = triple[0].copy(), triple[2].copy()
    for shrink in (0.05, 0.005, 5e-4) if len(inside) else ():
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            vertex = _vertex(triple, values)
        step = shrink * (high - low)
        middle = np.clip(np.where(np.isfinite(vertex), vertex, best_x[inside]), low + step, high - step)
        triple = np.stack([middle - step, middle, middle + step])
        flat, clean = error(triple.ravel())
        pole_free = pole_free and clean and bool(np.isfinite(flat).all())
        values = np.nan_to_num(flat, nan=0.0, posinf=0.0, neginf=0.0).reshape(triple.shape)
        winner, column = np.abs(values).argmax(axis=0), np.arange(len(inside))
        found_x, found_e = triple[winner, column], values[winner, column]
        better = (np.abs(found_e) > np.abs(best_e[inside])) & (np.sign(found_e) == np.sign(best_e[inside]))
        best_x[inside] = np.where(better, found_x, best_x[inside])
        best_e[inside] = np.where(better, found_e, best_e[inside])
    order = np.argsort(best_x, kind="stable")
    return Extrema(best_x[order], best_e[order], pole_free)


def _search_grid(breakpoints: Floats, singular: Sequence[float]) -> Floats:
    """Chebyshev points in every gap, and points that approach the possible singularities geometrically.

    Beside a point where f' is infinite an extremum may lie at a distance of error^(1/alpha), however small.
    """
    inner = 0.5 - 0.5 * np.cos(np.pi * np.arange(1, POINTS_PER_GAP + 1) / (POINTS_PER_GAP + 1))
    width = np.diff(breakpoints)
    parts = [breakpoints, (breakpoints[:-1, None] + width[:, None] * inner).ravel()]
    for point in singular:
        for side in (1.0, -1.0):
            distance = np.sort(side * (breakpoints - point))
            distance = distance[distance >= 0]
            near, far = distance[:-1], distance[1:]
            near = np.where(near > 0, near, far * NEAREST)
            for u, v in zip(near[far > STEEP * near], far[far > STEEP * near], strict=True):
                parts.append(point + side * np.geomspace(u, v, POINTS_PER_GAP + 2)[:-1])
    return np.unique(np.concatenate(parts))


def next_reference(candidates: Sequence[tuple[float, float]], count: int) -> list[float] | None:
    """`count` points of alternating sign, the largest error among them; None if the candidates alternate less often.

    candidates: (x, e), ascending. Runs of one sign collapse to their largest; what is then too many is dropped from
    the ends or, two neighbours at a time, from the middle, the smallest first and the largest never.
    """
    runs: list[tuple[float, float]] = []
    for x, e in candidates:
        if e == 0:
            continue
        if runs and (runs[-1][1] > 0) == (e > 0):
            if abs(e) > abs(runs[-1][1]):
                runs[-1] = (x, e)
        else:
            runs.append((x, e))
    while len(runs) > count:
        size = [abs(e) for _, e in runs]
        top = max(range(len(runs)), key=size.__getitem__)
        surplus = len(runs) - count
        if surplus == 1:
            drop_first = size[0] < size[-1]
            if top in (0, len(runs) - 1):
                drop_first = top != 0
            del runs[0 if drop_first else -1]
            continue
        pairs = [i for i in range(len(runs) - 1) if top not in (i, i + 1)]
        if not pairs:
            del runs[0 if top != 0 else -1]
            continue
        least = min(pairs, key=lambda i: (min(size[i], size[i + 1]), max(size[i], size[i + 1])))
        del runs[least : least + 2]
    if len(runs) < count:
        return None
    return [x for x, _ in runs]
