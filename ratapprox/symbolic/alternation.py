"""The de la Vallée Poussin bound: no rational of the type does better than the smallest of enough alternating errors.

If r = p/q in R_{m,n}, of defect d and without a pole on [a, b], has errors of strictly alternating sign at
m + n + 2 - d points of [a, b], then every rational of type (m, n) has an error of at least min |e| over these points.

Source: de la Vallée Poussin's theorem for rationals, [Ach56], [Wat80]; with any weight w > 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from flint import arb

from ratapprox.symbolic.extrema import Extremum

__all__ = ["alternating", "levelled_lower"]


def levelled_lower(extrema: Sequence[Extremum], needed: int) -> tuple[arb, tuple[Extremum, ...]]:
    """The largest bound that `needed` of the points prove, and these points; 0 and the longest alternation if too few.

    max over alternating x_1 < ... < x_needed of min |e(x_i)|: the largest threshold above which enough alternate.
    Only points whose sign is certain take part.

    >>> from flint import fmpq
    >>> points = [Extremum(fmpq(k), arb(value), 0) for k, value in enumerate([3, -2, 1, -5, 4])]
    >>> bound, chosen = levelled_lower(points, 3)
    >>> float(bound), [float(point.value) for point in chosen]
    (3.0, [3.0, -5.0, 4.0])
    """
    certain = sorted((point for point in extrema if point.value > 0 or point.value < 0), key=lambda point: point.x)
    longest = alternating(certain)
    if len(longest) < needed or needed < 1:
        return arb(0), longest
    ranked = sorted(longest, key=_size)
    low, high = 0, len(ranked) - needed
    while low < high:
        middle = (low + high + 1) // 2
        if len(_above(longest, ranked[middle])) >= needed:
            low = middle
        else:
            high = middle - 1
    chosen = list(_above(longest, ranked[low]))
    while len(chosen) > needed:
        chosen.pop(0 if _size(chosen[0]) < _size(chosen[-1]) else -1)
    return min(chosen, key=_size).value.abs_lower(), tuple(chosen)


def alternating(points: Sequence[Extremum]) -> tuple[Extremum, ...]:
    """The point of largest |e| of every run of one sign."""
    return tuple(max(run, key=_size) for _, run in groupby(points, key=lambda point: bool(point.value > 0)))


def _above(points: Sequence[Extremum], least: Extremum) -> tuple[Extremum, ...]:
    return alternating([point for point in points if _size(point) >= _size(least)])


def _size(point: Extremum) -> arb:
    """The exact lower end of |e|; exact balls are totally ordered."""
    return point.value.abs_lower()
