"""The other half of the error of x·z(x) against |x|: in the gap, where z climbs from 0 to 1 − E.

    g(x) = x(1 − z(x)),   g'(x) = 1 − z(x)(1 + κ(x)),   κ(x) = x z'(x)/z(x),   0 ≤ x ≤ l

For a composition z = r_k∘…∘r_1 the κ of the functions multiply, and each r_i rises on the image of the gap, so all that
is needed of them on an interval are the values at its ends.
"""

from __future__ import annotations

from collections.abc import Sequence

from flint import arb

from ratapprox.zolotarev.closed_form import ExactFactors

__all__ = ["largest_in_gap"]


def largest_in_gap(blocks: Sequence[ExactFactors], gap: arb, bits: int) -> arb:
    """A ball of max g over [0, l], of so many good bits where the working precision allows it.

    Intervals on which g' has no zero, or g does not reach what it has elsewhere, are left out. The others are halved
    until g changes on them by less than is asked; near its maximum that is with the square of their width.
    """
    end = gap * (1 - _chain(blocks, gap)[-1])  # and g(0) = 0
    lower = end.lower()
    intervals = [(arb(0), arb(1))]
    while True:
        upper, kept = end.upper(), []
        for a, b in intervals:
            slope, most = _slope_and_bound(blocks, gap * a, gap * b)
            if slope.contains(0) and not most < lower:
                middle = (a + b) / 2
                value = gap * middle * (1 - _chain(blocks, gap * middle)[-1])
                lower = lower.max(value.lower())
                upper = upper.max((value + slope.abs_upper() * gap * (b - a) / 2).upper())
                kept += [(a, middle), (middle, b)]
        exhausted = kept and (kept[0][1] - kept[0][0]) * 2**bits < 1
        if not kept or exhausted or (upper - lower) * 2**bits <= upper:
            return lower.union(upper)
        intervals = kept


def _chain(blocks: Sequence[ExactFactors], x: arb) -> list[arb]:
    """x and its images, one after another."""
    found = [x]
    for each in blocks:
        found.append(each.value(found[-1]))
    return found


def _slope_and_bound(blocks: Sequence[ExactFactors], a: arb, b: arb) -> tuple[arb, arb]:
    """A ball of g' on [a, b] ⊂ [0, l], and b(1 − z(a)), which no value of g exceeds there."""
    low, high = _chain(blocks, a), _chain(blocks, b)
    images = [below.union(above) for below, above in zip(low, high, strict=True)]
    kappa = arb(1)
    for each, image in zip(blocks, images[:-1], strict=True):
        kappa *= each.kappa(image)
    return 1 - images[-1] * (1 + kappa), b * (1 - low[-1])
