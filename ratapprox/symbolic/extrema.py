"""Where the error of a given rational peaks: searched in floats or balls, stated as exact points and balls.

Nothing here is trusted by a proof except `Extremum.value`, a ball that holds e at the exact point.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from flint import arb, fmpq, fmpq_poly
from numpy.typing import NDArray

from ratapprox.landmarks import landmarks
from ratapprox.sturm import from_fmpq
from ratapprox.symbolic.branches import Branch, working

__all__ = ["Extremum", "Scan", "refine", "scan"]

Floats = NDArray[np.float64]

FLOAT_LOSS = 32
"""Bits that may cancel in e before float64 samples stop showing its shape."""

BISECTIONS = 40

CLOSER = 2.0 ** -np.arange(0.5, 24, 0.5)

SCAN_BITS = 2048
"""The most bits a scan asks for before e is called indistinguishable from zero."""


@dataclass(frozen=True, slots=True)
class Extremum:
    """An exact point of a branch and a ball that holds e there."""

    x: fmpq
    value: arb
    branch: int


@dataclass(frozen=True, slots=True)
class Scan:
    """Samples of e on every branch, both ends included: x [N], e [N], the branch of each.

    `loss` is the number of bits that cancel in e, `noise` the relative size of the rounding errors left in the samples.
    """

    branches: Sequence[Branch]
    x: Floats
    e: Floats
    branch: list[int]
    loss: float
    noise: float

    def at_end(self, i: int) -> bool:
        """Whether sample i is the first or the last of its branch."""
        k = self.branch
        return i == 0 or i == len(k) - 1 or k[i - 1] != k[i] or k[i + 1] != k[i]

    def exact(self, i: int) -> fmpq:
        """The exact point of sample i: a float, or the end of a branch."""
        if self.at_end(i):
            first = i == 0 or self.branch[i - 1] != self.branch[i]
            return self.branches[self.branch[i]].inner[0 if first else 1]
        return fmpq(*float(self.x[i]).as_integer_ratio())

    def runs(self) -> list[tuple[int, int]]:
        """The index ranges [start, stop) on which e keeps one sign; samples at rounding level join the run before."""
        floor = float(np.max(np.abs(self.e), initial=0.0)) * 1e-14
        starts, last = [0], 0.0
        for i, value in enumerate(self.e.tolist()):
            if abs(value) > floor:
                if last * value < 0:
                    starts.append(i)
                last = value
        return list(pairwise([*starts, len(self.e)]))

    def peak(self, start: int, stop: int) -> int:
        """The sample of largest |e| in a run; the end of a branch where rounding cannot tell it from its neighbours."""
        size = np.abs(self.e[start:stop])
        i = int(np.argmax(size))
        for end in (0, stop - start - 1):
            if size[end] >= size[i] * (1 - self.noise):
                return start + end
        return start + i


def scan(branches: Sequence[Branch], degree: int) -> Scan:
    """Sample e densely enough to see 2 degree + 2 peaks, also when they crowd at kinks, at the ends or below poles.

    float64 is used where the error is large against its rounding, balls of growing precision otherwise.
    """
    try:
        floats = [tuple(_floats(f) for f in (branch.p, branch.q)) for branch in branches]
    except OverflowError:
        grids = [_nodes(branch, degree, None) for branch in branches]
        return _ball_scan(branches, grids)
    grids = [_nodes(branch, degree, q) for branch, (_, q) in zip(branches, floats, strict=True)]
    pairs = [branch.numpy(grid, *pq) for branch, grid, pq in zip(branches, grids, floats, strict=True)]
    e, noise = (np.concatenate(part) for part in zip(*pairs, strict=True))
    with np.errstate(all="ignore"):
        loss = float(np.log2(np.max(noise) / np.max(np.abs(e))))
    if loss < FLOAT_LOSS and np.isfinite(e).all():
        return Scan(branches, np.concatenate(grids), e, _index(grids), max(loss, 0.0), 2.0 ** (loss - 51))
    return _ball_scan(branches, grids)


def _floats(f: fmpq_poly) -> Floats:
    return np.array([float(from_fmpq(c)) for c in f.coeffs()] or [0.0])


def _index(grids: Sequence[Floats]) -> list[int]:
    return [k for k, grid in enumerate(grids) for _ in grid]


def _ball_scan(branches: Sequence[Branch], grids: Sequence[Floats]) -> Scan:
    points = Scan(branches, np.concatenate(grids), np.zeros(0), _index(grids), 0.0, 0.0)
    bits = 128
    while True:
        with working(bits):
            balls = [branches[k].at(arb(points.exact(i))) for i, k in enumerate(points.branch)]
            finite = [ball for ball in balls if ball.is_finite()]
            e = np.array([float(ball.mid()) if ball.is_finite() else 0.0 for ball in balls])
            radius = max((ball.rad() for ball in finite), default=arb(0))
            peak = max((abs(ball.mid()) for ball in finite), default=arb(0))
            if not peak > 0 or bits >= SCAN_BITS:
                return replace(points, e=e, loss=float(bits), noise=1.0)
            accuracy = -float((radius / peak).log()) / math.log(2) if radius > 0 else float(bits)
        if accuracy > 24:
            return replace(points, e=e, loss=max(bits - accuracy, 0.0), noise=2.0**-accuracy + 2.0**-51)
        bits = 2 * bits


def refine(found: Scan, tolerance: float) -> tuple[list[Extremum], list[fmpq]]:
    """The largest |e| of every run of one sign, polished by Newton's method, and samples where the sign changes.

    Near a peak e is flat: a point that is sqrt(tolerance) of a sample spacing away loses `tolerance` of |e|.
    """
    close = min(math.sqrt(tolerance) / 64, 1e-8)
    extrema, crossings = [], []
    for start, stop in found.runs():
        extrema.append(_polish(found, found.peak(start, stop), close))
        if start > 0:
            crossings.append(found.exact(start))
    return extrema, crossings


def _polish(found: Scan, i: int, close: float) -> Extremum:
    """Newton's method on e' from sample i, between its neighbours; a search by bisection where that leaves them."""
    x, k = found.exact(i), found.branch[i]
    branch = found.branches[k]
    best = Extremum(x, branch.at(arb(x)), k)
    if found.at_end(i):
        return best
    low, high = found.exact(i - 1), found.exact(i + 1)
    width = high - low
    grain = fmpq(2) ** (math.floor(math.log2(float(from_fmpq(width)))) - 8 + math.floor(math.log2(close)))
    x = x + width * fmpq(round(_vertex(found, i) * 2**30), 2**30)
    for _ in range(12):
        c = branch.jet(arb(x), 3)
        value, slope, bend = c[0], c[1].mid(), c[2].mid()
        if not (value.is_finite() and slope.is_finite() and bend.is_finite()):
            break
        if value.abs_lower() > best.value.abs_lower():
            best = Extremum(x, value, k)
        if not value * bend < 0:
            return _bisected(branch, best, low, high)
        moved = x + grain * fmpq((slope / (-2 * bend * arb(grain))).mid().floor().fmpz())
        if not low < moved < high:
            return _bisected(branch, best, low, high)
        if abs(float(from_fmpq((moved - x) / width))) < close:
            break
        x = moved
    return best


def _bisected(branch: Branch, best: Extremum, low: fmpq, high: fmpq) -> Extremum:
    """The best point seen when the middles on both sides of it are tried again and again."""
    for _ in range(BISECTIONS):
        middles = [(low + best.x) / 2, (best.x + high) / 2]
        tried = [Extremum(x, branch.at(arb(x)), best.branch) for x in middles]
        better = max(tried, key=lambda point: point.value.abs_lower())
        if better.value.abs_lower() > best.value.abs_lower():
            low, high = (low, best.x) if better.x < best.x else (best.x, high)
            best = better
        else:
            low, high = middles
    return best


def _vertex(found: Scan, i: int) -> float:
    """The vertex of the parabola through three neighbouring samples, from the middle one in units of their width."""
    with np.errstate(all="ignore"):
        left, right = np.array([found.x[i - 1] - found.x[i], found.x[i + 1] - found.x[i]]) / (
            found.x[i + 1] - found.x[i - 1]
        )
        down, up = (found.e[i - 1] - found.e[i]) / left, (found.e[i + 1] - found.e[i]) / right
        bend = (up - down) / (right - left)
        vertex = -(down - bend * left) / (2 * bend)
    return float(vertex) if left < vertex < right else 0.0


def _nodes(branch: Branch, degree: int, q: Floats | None) -> Floats:
    """Chebyshev points of the branch, points that crowd at its ends, where f is steep, and under the poles of r."""
    low, high = (float(from_fmpq(end)) for end in branch.inner)
    half, middle = (high - low) / 2, (high + low) / 2
    chebyshev = middle - half * np.cos(np.pi * np.arange(1, n := 10 * degree + 40) / n)
    crowd = 2 * half * 10.0 ** -np.arange(0.5, 15, 0.125 if degree > 8 else 0.25)
    w = branch.w
    steep = landmarks(lambda x: (branch.f.numpy(x), np.ones_like(x) if w is None else w.numpy(x)), (low, high), [])
    parts = [chebyshev, low + crowd, high - crowd]
    ends = np.array([low, *steep, high]) if steep else np.zeros(0)
    for left, right in pairwise(ends.tolist()):
        parts.append(np.linspace(left, right, 9))
        if right - left > 4 * np.min(np.diff(ends)):  # where the steep part ends, f flattens on the same small scale
            parts += [left + (right - left) * CLOSER, right - (right - left) * CLOSER]
    if q is not None and len(q) > 1:
        with np.errstate(all="ignore"):
            scaled = q[::-1] / np.max(np.abs(q))
        poles = np.roots(scaled) if np.isfinite(scaled).all() else np.array([])
        near = poles[(np.abs(poles.imag) < half / 4) & (poles.real > low) & (poles.real < high)]
        offsets = np.tan(np.linspace(-1.5, 1.5, 25))
        parts.append((near.real[:, None] + np.abs(near.imag)[:, None] * offsets).ravel())
    x = np.unique(np.concatenate(parts))
    return np.concatenate([[low], x[(x > low) & (x < high)], [high]])
