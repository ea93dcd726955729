"""Differential correction: the discrete best approximation by linear programming, as a start when all others fail.

On a grid, given a rational with error Δ and denominator q̂, minimise δ subject to

    w|f q − p| − Δ q ≤ δ q̂,   |coefficients of q| ≤ 1.

Each step lowers Δ, from anywhere and whatever the defect [BPR72]. Between the points of a grid the error may be larger,
even have a pole: the places where it is are added to the grid until it is not. Linear programs resolve errors down to
about 1e-6 of f; below that this is no start.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ratapprox.fitting.exchange import next_reference
from ratapprox.fitting.problem import Floats, Problem
from ratapprox.fitting.starts import chebyshev, clustered
from ratapprox.fitting.watch import Watch

ITERATIONS = 40
GRIDS = 8
SURPLUS = 1e-3
"""Error between the points of a grid, relative to the error on it, that asks for more points."""


@dataclass(frozen=True, eq=False)
class _Grid:
    """Points with f and w, and the Chebyshev bases of p [N, m + 1] and q [N, n + 1] there."""

    x: Floats
    f: Floats
    w: Floats
    top: Floats
    bottom: Floats

    def error(self, p: Floats, q: Floats) -> Floats:
        """w·(f − p/q); infinite where q is not positive."""
        values = self.bottom @ q
        with np.errstate(all="ignore"):
            return np.where(values > 0, self.w * (self.f - self.top @ p / values), np.inf)


def differential_correction(problem: Problem, watch: Watch) -> Floats | None:
    """A reference of m + n + 2 points where the best approximation on a grid alternates; None if it alternates less."""
    coarse, fine = _points(problem, 6), _points(problem, 40)
    grid, check = _grid(problem, coarse), _grid(problem, fine)
    size = float(np.max(np.abs(grid.w * grid.f)))
    if not 0 < size < np.inf:  # f is a constant to the last bit, or beyond doubles
        return None
    p, q = _polynomial(grid)
    for _ in range(GRIDS):
        p, q = _best_on_grid(grid, p, q, size, watch)
        worst = float(np.max(np.abs(grid.error(p, q))))
        between = np.abs(check.error(p, q))
        if np.max(between) <= worst * (1 + SURPLUS):
            break
        peaks = np.r_[True, between[1:] >= between[:-1]] & np.r_[between[:-1] >= between[1:], True]
        more = check.x[peaks & (between > worst * (1 + SURPLUS / 2))]
        grid = _grid(problem, np.unique(np.concatenate([grid.x, more])))
        p, q = _valid(grid, p, q)
    e = check.error(p, q)
    if not np.isfinite(e).all():
        return None
    found = next_reference(list(zip(check.x.tolist(), e.tolist(), strict=True)), problem.needed)
    return None if found is None else np.asarray(found)


def _valid(grid: _Grid, p: Floats, q: Floats) -> tuple[Floats, Floats]:
    """(p, q) if q is positive on the grid, else the polynomial p fitted anew with q = 1."""
    if np.isfinite(grid.error(p, q)).all():
        return p, q
    return _polynomial(grid)


def _polynomial(grid: _Grid) -> tuple[Floats, Floats]:
    """(p, 1) with the least squares polynomial p."""
    p: Floats = np.linalg.lstsq(grid.top * grid.w[:, None], grid.f * grid.w, rcond=None)[0].astype(np.float64)
    return p, np.eye(grid.bottom.shape[1])[0]


def _best_on_grid(grid: _Grid, p: Floats, q: Floats, size: float, watch: Watch) -> tuple[Floats, Floats]:
    """The corrections, from (p, q) until they stop lowering the error."""
    from scipy.optimize import linprog  # nearly half a second to import, and few fits come here

    m, n = grid.top.shape[1] - 1, grid.bottom.shape[1] - 1
    wf, w = grid.w * grid.f, grid.w
    cost = np.eye(m + n + 3)[-1]
    bounds = [(None, None)] * (m + 1) + [(-1.0, 1.0)] * (n + 1) + [(None, None)]
    delta = float(np.max(np.abs(grid.error(p, q))))
    for _ in range(ITERATIONS):
        watch.check()
        # in units of the present error, so that the solver's tolerances are relative to it
        if not delta > 1e-14 * size:
            break
        q_hat = (grid.bottom @ q)[:, None]
        rows = [
            np.hstack(
                [
                    -sign * grid.top * w[:, None] / delta,
                    (sign * wf[:, None] / delta - 1.0) * grid.bottom,
                    -q_hat,
                ]
            )
            for sign in (1.0, -1.0)
        ]
        rows.append(np.hstack([np.zeros((len(w), m + 1)), -grid.bottom, np.zeros((len(w), 1))]))
        answer = linprog(
            cost,
            A_ub=np.vstack(rows),
            b_ub=np.concatenate([np.zeros(2 * len(w)), np.full(len(w), -1e-7)]),
            bounds=bounds,
            method="highs-ds",
            options={"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10},
        )
        if answer.x is None or not answer.success:
            break
        corrected = answer.x[: m + 1], answer.x[m + 1 : m + n + 2]
        error = float(np.max(np.abs(grid.error(*corrected))))
        if not error < delta * (1 - 1e-7):
            break
        (p, q), delta = corrected, error
    return p, q


def _grid(problem: Problem, x: Floats) -> _Grid:
    y = x - float(problem.center)
    t = y * y if problem.squared else y
    f, w = problem.floats(x)
    if problem.odd:
        f, w = f / y, w * y
    low, high = problem.float_ends()
    ends = np.array([low, high]) - float(problem.center)
    ends = ends * ends if problem.squared else ends
    u = (2 * t - ends[0] - ends[1]) / (ends[1] - ends[0])
    chebvander = np.polynomial.chebyshev.chebvander
    return _Grid(x, f, w, chebvander(u, problem.m), chebvander(u, problem.n))


def _points(problem: Problem, density: int) -> Floats:
    """Chebyshev points, points clustered at kinks, and landmarks: about `density` times those of a reference, twice."""
    fine = problem.with_type(density * problem.needed, density * problem.needed)
    lower, upper = problem.float_ends()
    parts = [chebyshev(fine)]
    anchors = problem.float_kinks() or ([lower] if problem.squared else [])
    if anchors:
        more = clustered(fine, anchors, 0.5)
        if more is not None:
            parts.append(more)
    x = np.unique(np.concatenate([*parts, problem.landmarks]))
    if problem.odd:
        x = x[x > float(problem.center)]
    return x[(x >= lower) & (x <= upper)]
