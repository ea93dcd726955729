"""Differential correction: the discrete best approximation by linear programming, as a start when all others fail.

On a grid, given a rational with error Δ and denominator q̂, minimise δ subject to  w|f q − p| − Δ q ≤ δ q̂,
|coefficients of
q| ≤ 1.  Each step lowers Δ (Cheney–Loeb, in the original form that converges from anywhere: Barrodale, Powell & Roberts
1972, Theorem 2), whatever the defect. Linear programs resolve errors down to about 1e-6 of f; below that this is no
start.
"""

from __future__ import annotations

import numpy as np

from ratapprox.fitting.exchange import next_reference
from ratapprox.fitting.problem import Floats, Problem
from ratapprox.fitting.starts import chebyshev, clustered
from ratapprox.fitting.watch import Watch

ITERATIONS = 40


def differential_correction(problem: Problem, watch: Watch) -> Floats | None:
    """A reference of m + n + 2 points on which the discrete best approximation alternates; None if it alternates less.
    """
    from scipy.optimize import linprog  # nearly half a second to import, and few fits come here

    x = _grid(problem)
    y = x - float(problem.center)
    t = y * y if problem.squared else y
    f, w = problem.floats(x)
    if problem.odd:
        f, w = f / y, w * y
    size = np.max(np.abs(w * f))
    if not 0 < size < np.inf:  # f is a constant to the last bit, or beyond doubles
        return None
    low, high = t.min(), t.max()
    u = (2 * t - low - high) / (high - low)
    m, n = problem.m, problem.n
    top = np.polynomial.chebyshev.chebvander(u, m)
    bottom = np.polynomial.chebyshev.chebvander(u, n)
    q = np.zeros(n + 1)
    q[0] = 1.0
    p = np.linalg.lstsq(top * w[:, None], f * w, rcond=None)[0]
    delta = np.max(np.abs(w * (f - top @ p)))
    for _ in range(ITERATIONS):
        watch.check()
        q_hat = bottom @ q
        # unknowns p, q, δ in units of the present Δ, so that the solver's tolerances are relative to it
        scale = delta / size
        if not scale > 0:
            break
        cost = np.zeros(m + n + 3)
        cost[-1] = 1.0
        rows = []
        for sign in (1.0, -1.0):
            rows.append(
                np.hstack(
                    [
                        -sign * top * w[:, None] / size / scale,
                        (sign * (w * f)[:, None] / size / scale - 1.0) * bottom,
                        -q_hat[:, None],
                    ]
                )
            )
        rows.append(np.hstack([np.zeros((len(x), m + 1)), -bottom, np.zeros((len(x), 1))]))
        limits = np.concatenate([np.zeros(2 * len(x)), np.full(len(x), -1e-7)])
        bounds = [(None, None)] * (m + 1) + [(-1.0, 1.0)] * (n + 1) + [(None, None)]
        answer = linprog(
            cost,
            A_ub=np.vstack(rows),
            b_ub=limits,
            bounds=bounds,
            method="highs-ds",
            options={"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10},
        )
        if answer.x is None or not answer.success:
            break
        p_new, q_new = answer.x[: m + 1], answer.x[m + 1 : m + n + 2]
        values = bottom @ q_new
        if np.min(values) <= 0:
            break
        error = np.max(np.abs(w * (f - top @ p_new / values)))
        if error >= delta * (1 - 1e-7):
            break
        p, q, delta = p_new, q_new, error
    e = w * (f - top @ p / (bottom @ q))
    candidates = list(zip(x.tolist(), e.tolist(), strict=True))
    found = next_reference(candidates, problem.needed)
    return None if found is None else np.asarray(found)


def _grid(problem: Problem) -> Floats:
    lower, upper = problem.float_ends()
    fine = problem.with_type(6 * problem.needed, 6 * problem.needed)
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
