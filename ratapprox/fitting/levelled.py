"""The levelled rational: the r = p/q of type (m, n) whose weighted error alternates ±h on a given reference.

On the m + n + 2 points t_k, with s_k = (−1)^k and c_k = 1/Π_{j≠k}(t_k − t_j), the divided difference Σ c_k g(t_k) vanishes
for every polynomial g of degree ≤ m + n. Applied to g = u·p with p = (f − s h/w)·q this eliminates p and leaves

    A y = h B y,   A_ij = Σ c_k f_k u_i(t_k) u_j(t_k),   B_ij = Σ c_k (s_k/w_k) u_i(t_k) u_j(t_k),   u_0 … u_n a basis of P_n.

The c_k s_k have one sign, so B is definite, the n + 1 eigenvalues are real, and the q's of two eigenvectors are orthogonal
under the positive weights |c_k|/w_k. Hence **at most one** of them keeps one sign on the reference: the trial is unique or
does not exist. The basis is u_j = Π_{i∈J}(t − t_i)/(t − t_j) on n + 1 points J of the reference itself.

Source: the pencil is the one of [FNTB18] (section 4.2, type (m, n)), there written for the quotient form.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from flint import acb_mat, arb, arb_mat, arb_poly

from ratapprox.fitting.problem import Floats, Problem


@dataclass(frozen=True, eq=False)
class Levelled:
    """A trial: levelled error h (signed), p and q as polynomials in t, and the reference they are levelled on."""

    h: arb
    p: arb_poly
    q: arb_poly
    x: tuple[arb, ...]
    t: tuple[arb, ...]


def spread(count: int, among: int) -> list[int]:
    """`count` indices spread evenly among `among`."""
    return [int((i + 0.5) * among / count) for i in range(count)]


def _mid(matrix: arb_mat) -> arb_mat:
    return matrix.mid()


def _inverse_iteration(a: arb_mat, b: arb_mat, h: arb, y: arb_mat) -> tuple[arb, arb_mat] | None:
    """Rayleigh quotient iteration on the definite pencil from a good (h, y); None if it does not settle."""
    for _ in range(8):
        right = b * y
        try:
            y_next = (a - h * b).solve(right, algorithm="approx")
        except (ZeroDivisionError, ValueError):
            return h, y
        size = max((abs(e) for e in y_next.entries()), key=lambda e: float(e.mid().log().mid()) if e > 0 else -1e308)
        if not size.is_finite() or not size > 0:
            return None
        y = _mid(y_next * (1 / size.mid()))
        quotient = ((y.transpose() * a * y)[0, 0] / (y.transpose() * b * y)[0, 0]).mid()
        if not quotient.is_finite():
            return None
        if abs(quotient - h) <= abs(quotient) * arb(2) ** (-_bits() // 2):
            return quotient, y
        h = quotient
    return None


def _bits() -> int:
    from flint import ctx

    return int(ctx.prec)


def _one_sign(values: Sequence[arb]) -> bool:
    return all(v > 0 for v in values) or all(v < 0 for v in values)


def level(problem: Problem, x: Sequence[arb], previous: Levelled | None = None) -> Levelled | None:
    """The levelled rational on the reference x, at the present precision; None when none keeps its denominator's sign.

    `previous`, a trial on a nearby reference, starts an inverse iteration that replaces the full eigenproblem.
    """
    n, count = problem.n, problem.needed
    rows = [problem.data(point) for point in x]
    t = [row[0].mid() for row in rows]
    f = [row[1].mid() for row in rows]
    w = [row[2].mid() for row in rows]
    c = []
    for k in range(count):
        product = arb(1)
        for j in range(count):
            if j != k:
                product *= t[k] - t[j]
        c.append((1 / product).mid())
    members = spread(n + 1, count)
    inside = set(members)
    others = [k for k in range(count) if k not in inside]
    columns: list[list[arb]] = [[arb(0)] * count for _ in members]
    for k in range(count):
        if k in inside:
            product = arb(1)
            for j in members:
                if j != k:
                    product *= t[k] - t[j]
            columns[members.index(k)][k] = product.mid()
            continue
        product = arb(1)
        for j in members:
            product *= t[k] - t[j]
        for i, j in enumerate(members):
            columns[i][k] = (product / (t[k] - t[j])).mid()
    positive = [abs(c[k]) / w[k] for k in range(count)]
    for i, column in enumerate(columns):
        norm = sum((positive[k] * column[k] * column[k] for k in range(count)), arb(0)).sqrt().mid()
        columns[i] = [(v / norm).mid() for v in column]
    basis = arb_mat(n + 1, count, [v for column in columns for v in column])
    signed = 1 if c[0] > 0 else -1
    a = _mid(basis * arb_mat(count, n + 1, [columns[i][k] * c[k] * f[k] * signed
                                            for k in range(count) for i in range(n + 1)]))
    b = _mid(basis * arb_mat(count, n + 1, [columns[i][k] * positive[k] for k in range(count) for i in range(n + 1)]))

    def denominator(y: arb_mat) -> list[arb] | None:
        values = [v.mid() for v in (y.transpose() * basis).entries()]
        if not _one_sign(values):
            return None
        return values if values[0] > 0 else [-v for v in values]

    found: tuple[arb, list[arb]] | None = None
    if n == 0:
        found = (a[0, 0] / b[0, 0]).mid(), [arb(1)] * count
    elif previous is not None:
        start = arb_mat(n + 1, 1, [(previous.q(t[k]) / columns[i][k]).mid() for i, k in enumerate(members)])
        settled = _inverse_iteration(a, b, previous.h.mid(), start)
        if settled is not None:
            q = denominator(settled[1])
            found = None if q is None else (settled[0], q)
    if found is None:
        found = _from_all_eigenvectors(a, b, denominator)
    if found is None:
        return None
    h, q_values = found
    sign = [1 if k % 2 == 0 else -1 for k in range(count)]
    p_values = {k: ((f[k] - sign[k] * h / w[k]) * q_values[k]).mid() for k in others}
    p = arb_poly.interpolate([t[k] for k in others], [p_values[k] for k in others])
    q_poly = arb_poly.interpolate([t[k] for k in members], [q_values[k] for k in members])
    return Levelled(h, p, q_poly, tuple(x), tuple(t))


def _from_all_eigenvectors(a, b, denominator):  # type: ignore[no-untyped-def]
    try:
        standard = _mid(b.solve(a, algorithm="approx"))
    except (ZeroDivisionError, ValueError):
        return None
    values, vectors = acb_mat(standard).eig(right=True, algorithm="approx")
    size = standard.nrows()
    for i in range(size):
        y = arb_mat(size, 1, [vectors[j, i].real.mid() for j in range(size)])
        if all(v == 0 for v in y.entries()):
            continue
        q = denominator(y)
        if q is not None:
            return values[i].real.mid(), q
    return None


def settles(problem: Problem, trial: Levelled, tolerance: float = 1e-6) -> bool:
    """Whether the trial's error at its reference really is ±h to the given relative tolerance, ball radii included."""
    for k, point in enumerate(trial.x):
        t, f, w = problem.data(point)
        e = w * (f - trial.p(t) / trial.q(t))
        if not abs(e - (trial.h if k % 2 == 0 else -trial.h)) <= tolerance * abs(trial.h):
            return False
    return True


@dataclass(frozen=True, eq=False)
class FloatForm:
    """A trial in double precision, in barycentric form on max(m, n) + 1 points of its reference.

    r(t) = Σ α_j/(t − t_j) / Σ β_j/(t − t_j),  α_j = p(t_j)/ω'(t_j),  β_j = q(t_j)/ω'(t_j): stable where p and q themselves
    span hundreds of orders of magnitude.
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
        hit = difference == 0
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            cauchy = np.where(hit, 0.0, 1.0 / difference)
            top, bottom = cauchy @ self.alpha, cauchy @ self.beta
            at_node = hit.any(axis=1)
            if at_node.any():
                j = hit[at_node].argmax(axis=1)
                top[at_node], bottom[at_node] = self.alpha[j], self.beta[j]
            r = top / bottom
            above = (difference < 0).sum(axis=1)
        sign = np.sign(bottom) * np.where(above % 2 == 0, 1.0, -1.0)
        return r, sign


def float_form(problem: Problem, trial: Levelled) -> FloatForm:
    """The trial for fast evaluation on arrays."""
    size = max(problem.m, problem.n) + 1
    order = sorted(range(len(trial.t)), key=lambda k: float(trial.x[k].mid()))
    picked = [order[i] for i in spread(size, len(order))]
    t = [trial.t[k] for k in picked]
    alpha, beta = [], []
    for k in range(size):
        product = arb(1)
        for j in range(size):
            if j != k:
                product *= t[k] - t[j]
        alpha.append((trial.p(t[k]) / product).mid())
        beta.append((trial.q(t[k]) / product).mid())
    largest = beta[0]
    for v in beta:
        if abs(v) > abs(largest):
            largest = v
    return FloatForm(
        np.array([float(trial.x[k].mid()) for k in picked]),
        np.array([float((v / largest).mid()) for v in alpha]),
        np.array([float((v / largest).mid()) for v in beta]),
        problem.squared,
        float(problem.center),
    )
