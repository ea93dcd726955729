"""The definite pencil A y = h B y of a reference, and its only eigenvector whose denominator keeps one sign.

On the m + n + 2 points t_k, with s_k = (−1)^k and c_k = 1/Π_{j≠k}(t_k − t_j), the divided difference Σ c_k g(t_k)
vanishes for every polynomial g of degree ≤ m + n. Applied to g = u·p with p = (f − s h/w)·q this eliminates p and
leaves

    A_ij = Σ c_k f_k u_i(t_k) u_j(t_k),   B_ij = Σ c_k (s_k/w_k) u_i(t_k) u_j(t_k),   u_0 … u_n a basis of P_n.

The c_k s_k have one sign, so B is definite, the n + 1 eigenvalues h are real, and the q's of two eigenvectors are
orthogonal under the positive weights |c_k|/w_k. Hence **at most one** of them keeps one sign on the reference. The
basis is u_j(t) = Π_{i∈J}(t − t_i)/(t − t_j), J being n + 1 of the reference points, scaled to norm 1.

Source: the idea of the pencil is [FNTB18]'s, there with the quotient form of r; here q is a polynomial, so any type
will do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flint import acb_mat, arb, arb_mat, ctx

INVERSE_ITERATIONS = 8


@dataclass(frozen=True, eq=False)
class Pencil:
    """A and B (both n + 1 by n + 1, B positive definite), the basis at the reference [n + 1, m + n + 2], and its nodes
    J.
    """

    a: arb_mat
    b: arb_mat
    basis: arb_mat
    nodes: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Eigenpair:
    """The levelled error h (signed) and the values of q on the reference, all positive."""

    h: arb
    q: list[arb]


def spread(count: int, among: int) -> list[int]:
    """`count` indices spread evenly among `among`.

    >>> spread(3, 7)
    [1, 3, 5]
    """
    return [int((i + 0.5) * among / count) for i in range(count)]


def product_of_differences(t: arb, others: Sequence[arb]) -> arb:
    """Π (t − s) over the others."""
    product = arb(1)
    for s in others:
        product *= t - s
    return product


def pencil(t: Sequence[arb], f: Sequence[arb], w: Sequence[arb], n: int) -> Pencil:
    """The pencil of a reference t with target values f and weights w, for a denominator of degree n."""
    count = len(t)
    nodes = spread(n + 1, count)
    at = [t[j] for j in nodes]
    c = [(1 / product_of_differences(t[k], [*t[:k], *t[k + 1 :]])).mid() for k in range(count)]
    sign = 1 if c[0] > 0 else -1
    measure = [abs(c[k]) / w[k] for k in range(count)]
    rows = []
    for i, j in enumerate(nodes):
        rest = [*at[:i], *at[i + 1 :]]
        row = [product_of_differences(t[k], rest).mid() if k == j or k not in nodes else arb(0) for k in range(count)]
        norm = sum((measure[k] * row[k] * row[k] for k in range(count)), arb(0)).sqrt()
        rows.append([(v / norm).mid() for v in row])
    basis = arb_mat(rows)
    weighted = [[row[k] * c[k] * f[k] * sign for row in rows] for k in range(count)]
    measured = [[row[k] * measure[k] for row in rows] for k in range(count)]
    return Pencil((basis * arb_mat(weighted)).mid(), (basis * arb_mat(measured)).mid(), basis, tuple(nodes))


def one_sign_eigenpair(problem: Pencil, start: tuple[arb, Sequence[arb]] | None) -> Eigenpair | None:
    """The eigenpair whose q keeps one sign on the reference, at the present precision; None when there is none.

    start: (h, q at the nodes) from a nearby reference: an inverse iteration from there replaces the full eigenproblem.
    """
    if start is not None:
        h, q = start
        y = arb_mat(
            [[(value / problem.basis[i, j]).mid()] for i, (j, value) in enumerate(zip(problem.nodes, q, strict=True))]
        )
        settled = _inverse_iteration(problem, h.mid(), y)
        found = None if settled is None else _positive(problem, *settled)
        if found is not None:
            return found
    return _among_all_eigenvectors(problem)


def _positive(problem: Pencil, h: arb, y: arb_mat) -> Eigenpair | None:
    values = [v.mid() for v in (y.transpose() * problem.basis).entries()]
    if all(v > 0 for v in values):
        return Eigenpair(h, values)
    if all(v < 0 for v in values):
        return Eigenpair(h, [-v for v in values])
    return None


def _inverse_iteration(problem: Pencil, h: arb, y: arb_mat) -> tuple[arb, arb_mat] | None:
    """Rayleigh quotient iteration, which converges cubically on a definite pencil; None if it does not settle."""
    a, b = problem.a, problem.b
    for _ in range(INVERSE_ITERATIONS):
        try:
            y = (a - h * b).solve(b * y, algorithm="approx")
        except ZeroDivisionError:  # h is an eigenvalue to the last bit
            return h, y
        size = max(abs(v).mid() for v in y.entries())
        if not size.is_finite() or not size > 0:
            return None
        y = (y * (1 / size)).mid()
        quotient = ((y.transpose() * a * y)[0, 0] / (y.transpose() * b * y)[0, 0]).mid()
        if not quotient.is_finite():
            return None
        if abs(quotient - h) <= abs(quotient) * arb(2) ** (-ctx.prec // 2):
            return quotient, y
        h = quotient
    return None


def _among_all_eigenvectors(problem: Pencil) -> Eigenpair | None:
    size = problem.a.nrows()
    if size == 1:
        return _positive(problem, (problem.a[0, 0] / problem.b[0, 0]).mid(), arb_mat([[1]]))
    try:
        standard = problem.b.solve(problem.a, algorithm="approx").mid()
    except ZeroDivisionError:
        return None
    values, vectors = acb_mat(standard).eig(right=True, algorithm="approx")
    for i in range(size):
        found = _positive(problem, values[i].real.mid(), arb_mat([[vectors[j, i].real.mid()] for j in range(size)]))
        if found is not None:
            return found
    return None
