"""A proved enclosure of sup w |f - r|: exact algebra where e is rational, branch and bound elsewhere.

    max over exact points of |e|  <=  sup |e|  <=  max over boxes of a bound of |e|

Source: Taylor models, [MB03]; best-first branch and bound, [Neu90]. Near a peak of e the bound
c_0 + c_1 h + (c_2 + ...) h^2 <= c_0 + c_1^2 / (4 |c_2 + ...|) makes one wide box as tight as its midpoint.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from flint import arb, arb_poly, fmpq

from ratapprox.sturm import real_roots
from ratapprox.symbolic.branches import Branch, Model, working
from ratapprox.symbolic.extrema import Extremum, Scan, refine

__all__ = ["Enclosure", "algebraic", "branch_and_bound"]

BOXES = 20_000
"""Boxes of low order and precision after which the enclosure reached so far is reported, whatever its width."""

FEWEST_BOXES = 64
"""The same where nothing can be hoped for: the samples of e do not differ from 0."""

MOST_BITS = 8192
"""Working precision at which the enclosure reached so far is reported."""


@dataclass(frozen=True, slots=True)
class Enclosure:
    """lower <= sup |e| <= upper, with lower = |e(at)|, the peaks of e in ascending order, and what it cost."""

    lower: arb
    upper: arb
    at: fmpq
    extrema: tuple[Extremum, ...]
    bits: int
    order: int
    boxes: int

    def within(self, tolerance: float) -> bool:
        """Whether the enclosure is as tight as asked."""
        with working(self.bits):
            return bool(self.upper <= self.lower * (1 + arb(tolerance)))


def algebraic(branches: Sequence[Branch], tolerance: float) -> Enclosure:
    """The enclosure for rational e = A/B: |e| is largest at an end of a branch or at a root of A'B - AB'.

    The roots are isolated by certified ball arithmetic, so the enclosure is about as tight as the balls.
    """
    bits = 96 + math.ceil(-math.log2(tolerance))
    while True:
        with working(bits):
            result = _critical(branches, bits)
        if result.upper - result.lower <= result.lower * tolerance / 8 or 2 * bits > MOST_BITS:
            return result
        bits *= 2


def _critical(branches: Sequence[Branch], bits: int) -> Enclosure:
    extrema: list[Extremum] = []
    upper = arb(0)
    for k, branch in enumerate(branches):
        exact = branch.exact()
        if exact is None:
            raise ValueError(f"branch {k} of f or w is no rational function: use branch_and_bound() for it")
        A, B = exact
        slope = A.derivative() * B - A * B.derivative()
        roots = real_roots(slope, *branch.outer) if slope.degree() > 0 else ()
        above, below = arb_poly(A), arb_poly(B)
        for ball in (*map(arb, branch.outer), *roots):
            upper = upper.max((above(ball) / below(ball)).abs_upper())
        low, high = branch.inner
        inside = sorted({low, high, *(x for root in roots if low < (x := root.mid().fmpq()) < high)})
        extrema += [Extremum(x, arb(A(x)) / arb(B(x)), k) for x in inside]
    best = max(extrema, key=lambda point: point.value.abs_lower())
    return Enclosure(best.value.abs_lower(), upper.upper(), best.x, tuple(extrema), bits, 0, 0)


def branch_and_bound(branches: Sequence[Branch], found: Scan, tolerance: float) -> Enclosure:
    """The enclosure for any e, to the relative width `tolerance` or to the budget of boxes or bits.

    The scan only says where to start; the result is proved whatever it missed.
    """
    tolerance /= 8
    bits = 40 + math.ceil(-math.log2(tolerance)) + math.ceil(found.loss)
    while True:
        with working(bits):
            extrema, crossings = refine(found, tolerance)
            order = min(8 + math.ceil(found.loss / 6), 48)
            budget = _budget(found, bits, order)
            result = _search(branches, extrema, crossings, tolerance, bits, order, budget)
        width = max((point.value.rad() for point in extrema if point.value.is_finite()), default=arb(0))
        # A wide result within its budget comes of boxes too small for the precision, at a singular end far from 0.
        resolved = width <= result.lower * tolerance and (result.within(8 * tolerance) or result.boxes >= budget)
        if resolved or found.noise >= 1 or 2 * bits > MOST_BITS:
            return result
        bits *= 2


@dataclass(frozen=True, slots=True)
class _Box:
    """[lo, hi] of one branch, its anchor, and whether the anchor has just been moved onto a peak."""

    branch: int
    lo: fmpq
    anchor: fmpq
    hi: fmpq
    moved: bool


def _search(
    branches: Sequence[Branch],
    extrema: Sequence[Extremum],
    crossings: Sequence[fmpq],
    tolerance: float,
    bits: int,
    order: int,
    budget: int,
) -> Enclosure:
    """Best first: split the box of largest bound until no bound exceeds the largest value by the tolerance."""
    found = list(extrema)
    best = max(found, key=lambda point: point.value.abs_lower())
    target = best.value.abs_lower() * (1 + arb(tolerance))
    todo = _start(branches, extrema, crossings)
    heap: list[tuple[float, int, arb, _Box, Model | None]] = []
    upper, count = best.value.abs_upper(), 0
    while True:
        for box in todo:
            count += 1
            branch = branches[box.branch]
            model, bound = _judge(branch, box, order, target)
            value = model.c[0] if model is not None else arb(0)
            if value.abs_lower() > best.value.abs_lower() and branch.inner[0] <= box.anchor <= branch.inner[1]:
                best = Extremum(box.anchor, value, box.branch)
                found.append(best)
                target = value.abs_lower() * (1 + arb(tolerance))
            if bound <= target:
                upper = upper.max(bound)
            else:
                heapq.heappush(heap, (-_key(bound), count, bound, box, model))
        if not heap:
            break
        _, _, bound, box, model = heapq.heappop(heap)
        if bound <= target or count >= budget or _too_small(box, bits):
            upper, todo = upper.max(bound), []
        else:
            todo = _split(box, model, bool(bound <= 2 * target))
    return Enclosure(best.value.abs_lower(), upper.upper(), best.x, tuple(found), bits, order, count)


def _budget(found: Scan, bits: int, order: int) -> int:
    """So many boxes that they take seconds; their cost grows with the square of the order and with the precision."""
    if found.noise >= 1:
        return FEWEST_BOXES
    return max(FEWEST_BOXES, int(BOXES * min(1.0, (10 / order) ** 2) * min(1.0, 192 / bits)))


def _judge(branch: Branch, box: _Box, order: int, target: arb) -> tuple[Model | None, arb]:
    """A Taylor model of e on a box and a bound of |e|; where e has no Taylor series, None and a plain ball's bound."""
    model = branch.model(box.anchor, box.lo, box.hi, order)
    bound = _bound(model, box, target)
    if bound.is_finite():
        return model, bound
    bound = branch.at(model.H + arb(box.anchor)).abs_upper()
    return None, bound if bound.is_finite() else arb.pos_inf()


def _bound(model: Model, box: _Box, target: arb) -> arb:
    """An upper bound of |e| on a box; not finite when the model is not.

    With e = c_0 + h D, D = c_1 + h B: that; c_0 where D falls away from an end; the parabola where B bends down.
    """
    c0, c1 = model.c[0], model.c[1]
    B = model.c.right_shift(2)(model.H)
    D = c1 + model.H * B
    e = c0 + model.H * D
    plain = e.abs_upper()
    if plain <= target or not plain.is_finite():
        return plain
    if c0 < 0:
        c0, c1, B, D, e = -c0, -c1, -B, -D, -e
    other = (-e).upper()
    tight = e.upper()
    if (box.anchor == box.lo and D <= 0) or (box.anchor == box.hi and D >= 0):
        tight = tight.min(c0.upper())
    elif B < 0:
        tight = tight.min((c0 - c1 * c1 / (4 * B.upper())).upper())
    return tight.max(other)


def _start(branches: Sequence[Branch], extrema: Sequence[Extremum], crossings: Sequence[fmpq]) -> list[_Box]:
    """One box around every peak, from one change of sign to the next, cut where branches meet."""
    boxes = []
    for k, branch in enumerate(branches):
        low, high = branch.outer
        cuts = sorted({low, high, *branch.inner, *(x for x in crossings if low < x < high)})
        anchors = sorted(point.x for point in extrema if point.branch == k)
        for lo, hi in pairwise(cuts):
            inside = [x for x in anchors if lo <= x <= hi]
            boxes.append(_Box(k, lo, inside[0] if inside else (lo + hi) / 2, hi, bool(inside)))
    return boxes


def _split(box: _Box, model: Model | None, near: bool) -> list[_Box]:
    """Smaller boxes: around the anchor if it is a peak, around the peak that a good model shows, else two halves."""
    k, lo, m, hi = box.branch, box.lo, box.anchor, box.hi
    if model is not None and box.moved:
        left, right = (lo + m) / 2, (m + hi) / 2
        parts = [_Box(k, left, m, right, True)]
        parts += [_Box(k, lo, (lo + left) / 2, left, False)] if lo < left else []
        return parts + ([_Box(k, right, (right + hi) / 2, hi, False)] if right < hi else [])
    peak = _peak(model, box) if model is not None and near else None
    if peak is not None:
        return [_Box(k, lo, peak, hi, True)]
    middle = (lo + hi) / 2
    return [_Box(k, lo, (lo + middle) / 2, middle, False), _Box(k, middle, (middle + hi) / 2, hi, False)]


def _peak(model: Model, box: _Box) -> fmpq | None:
    """Where the parabola of the model has its vertex if |e| peaks there, else the end towards which |e| rises."""
    c0, c1, c2 = (model.c[i].mid() for i in range(3))
    end = box.hi if c0 * c1 > 0 else box.lo
    if not c0 * c2 < 0:
        return end
    step = c1 / (-2 * c2)
    if not step.is_finite():
        return None
    grain = (box.hi - box.lo) / 2**44
    x = box.anchor + grain * fmpq((step / arb(grain)).mid().floor().fmpz())
    return x if box.lo < x < box.hi else end


def _too_small(box: _Box, bits: int) -> bool:
    size = max(abs(box.lo), abs(box.hi))
    return bool(box.hi - box.lo <= size / fmpq(2) ** (2 * bits))


def _key(bound: arb) -> float:
    value = float(bound)
    return math.inf if math.isnan(value) else value
