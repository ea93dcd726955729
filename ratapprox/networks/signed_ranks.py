"""Wilcoxon's signed-rank test with its exact distribution, ties included."""

from __future__ import annotations

import numpy as np


def signed_rank_p(differences: np.ndarray) -> float:
    """The exact two-sided p that the differences [n] are symmetric about 0.

    Zeros are left out; W is the sum of the ranks of |d| where d > 0, equal ones sharing their mean rank. Given the
    ranks, all signs are equally likely under the hypothesis, and p = 2 min(P(W ≤ w), P(W ≥ w)), at most 1. Without a
    difference left it is 1. Raises ValueError for a difference that is not finite. Source: [Wil45].

    >>> signed_rank_p(np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]))
    0.0078125
    """
    if not np.isfinite(differences).all():
        raise ValueError("a difference is not finite, so that it has no rank")
    d = differences[differences != 0]
    # Twice the mean rank of equal sizes is an integer: how many are smaller, and how many at most as large, plus 1.
    sizes = np.sort(np.abs(d))
    doubled = np.searchsorted(sizes, np.abs(d), "left") + np.searchsorted(sizes, np.abs(d), "right") + 1
    probability = np.zeros(int(doubled.sum()) + 1)
    probability[0] = 1.0
    for rank in doubled:
        probability[rank:] += probability[:-rank].copy()
        probability /= 2
    w = int(doubled[d > 0].sum())
    return min(1.0, 2 * min(float(probability[: w + 1].sum()), float(probability[w:].sum())))
