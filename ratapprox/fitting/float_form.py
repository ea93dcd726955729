"""A trial in double precision, for fast evaluation on arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ratapprox.fitting.levelled import Levelled
from ratapprox.fitting.pencil import product_of_differences, spread
from ratapprox.fitting.problem import Floats, Problem


@dataclass(frozen=True, eq=False)
class FloatForm:
    """The quotient of two barycentric sums on max(m, n) + 1 points of the reference,

        r(t) = Σ α_j/(t − t_j) / Σ β_j/(t − t_j),   α_j = p(t_j)/ω'(t_j),   β_j = q(t_j)/ω'(t_j),   ω(t) = Π (t − t_j):

    stable where p and q themselves span hundreds of orders of magnitude. The nodes are kept as x. Source: [FNTB18].
    """

    nodes: Floats
    alpha: Floats
    beta: Floats
    squared: bool
    center: float

    def __call__(self, x: Floats) -> tuple[Floats, Floats]:
        """(r, sign of q) at the points x."""
        # t − t_j from x − x_j, so that clusters anywhere in the interval keep their relative distances
        difference = x[:, None] - self.nodes
        if self.squared:
            difference = difference * ((x[:, None] - self.center) + (self.nodes - self.center))
        hit = np.abs(difference) < np.finfo(float).tiny
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            cauchy = np.where(hit, 0.0, 1.0 / difference)
            top, bottom = cauchy @ self.alpha, cauchy @ self.beta
            at_node = hit.any(axis=1)
            j = hit[at_node].argmax(axis=1)
            top[at_node], bottom[at_node] = self.alpha[j], self.beta[j]
            r = top / bottom
        # q = bottom·ω, and ω changes sign at every node
        nodes_above = (difference < 0).sum(axis=1)
        return r, np.sign(bottom) * np.where(nodes_above % 2 == 0, 1.0, -1.0)


def float_form(problem: Problem, trial: Levelled) -> FloatForm:
    """The trial on evenly spread points of its reference."""
    count = len(trial.t)
    picked = spread(max(problem.m, problem.n) + 1, count)
    t = [trial.t[k] for k in picked]
    slopes = [product_of_differences(s, [*t[:i], *t[i + 1 :]]) for i, s in enumerate(t)]
    alpha = [(trial.p(s) / slope).mid() for s, slope in zip(t, slopes, strict=True)]
    beta = [(trial.q(s) / slope).mid() for s, slope in zip(t, slopes, strict=True)]
    unit = max(abs(v).mid() for v in beta)
    return FloatForm(
        np.array([float(trial.x[k].mid()) for k in picked]),
        np.array([float((v / unit).mid()) for v in alpha]),
        np.array([float((v / unit).mid()) for v in beta]),
        problem.squared,
        float(problem.center),
    )
