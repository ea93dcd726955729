"""Where the error of a given rational peaks: searched in floats or balls, stated as exact points and balls.

Nothing here is trusted by a proof except `Extremum.value`, a ball that holds e at the exact point.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import numpy as np
from flint import arb, fmpq
from numpy.typing import NDArray

from ratapprox.symbolic.branches import Branch, working
from ratapprox.symbolic.sturm import from_fmpq

__all__ = ["Extremum", "Scan", "refine", "scan"]

Floats = NDArray[np.float64]

FLOAT_LOSS = 32
"""Bits that may cancel in e before float64 samples stop showing its shape."""

SCAN_BITS = 4096
"""The most bits a scan asks for before e is called indistinguishable from zero."""


@dataclass(frozen=True, slots=True)
class Extremum:
    """An exact point of a branch and a ball that holds e there."""

    x: fmpq
    value: arb
    branch: int


@dataclass(frozen=True, slots=True)
class Scan:
    """Samples of e on every branch: x [N], e [N] and the branch of each, and the bits lost to cancellation in e."""

    x: list[fmpq]
    e: Floats
    branch: list[int]
    loss: float

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


def scan(branches: Sequence[Branch], degree: int) -> Scan:
    """Sample e densely enough to see 2 degree + 2 peaks, also when they crowd at kinks, at the ends or below poles.

    float64 is used where the error is large against its rounding, balls of growing precision otherwise.
    """
    p, q = branches[0].p, branches[0].q
    try:
        floats = [np.array([float(from_fmpq(c)) for c in f.coeffs()] or [0.0]) for f in (p, q)]
    except OverflowError:
        floats = []
    nodes = [_nodes(branch, degree, floats[1] if floats else None) for branch in branches]
    xs = [x for branch, grid in zip(branches, nodes, strict=True) for x in _exact(branch, grid)]
    index = [i for i, grid in enumerate(nodes) for _ in range(len(grid) + 2)]
    if floats:
        pairs = [
            branch.numpy(np.array([float(from_fmpq(x)) for x, i in zip(xs, index, strict=True) if i == k]), *floats)
            for k, branch in enumerate(branches)
        ]
        e, noise = (np.concatenate(part) for part in zip(*pairs, strict=True))
        with np.errstate(all="ignore"):
            loss = float(np.log2(np.max(noise) / np.max(np.abs(e))))
        if loss < FLOAT_LOSS and np.isfinite(e).all():
            return Scan(xs, e, index, max(loss, 0.0))
    return _ball_scan(branches, xs, index)


def _ball_scan(branches: Sequence[Branch], xs: list[fmpq], index: list[int]) -> Scan:
    bits = 128
    while True:
        with working(bits):
            balls = [branches[i].at(arb(x)) for x, i in zip(xs, index, strict=True)]
            e = np.array([float(ball.mid()) if ball.is_finite() else 0.0 for ball in balls])
            radius = max((ball.rad() for ball in balls if ball.is_finite()), default=arb(0))
            peak = max((abs(ball.mid()) for ball in balls if ball.is_finite()), default=arb(0))
            if peak.is_zero() or bits >= SCAN_BITS:
                return Scan(xs, e, index, float(bits))
            accuracy = -float((radius / peak).log()) / math.log(2) if radius > 0 else float(bits)
        if accuracy > 24:
            return Scan(xs, e, index, max(bits - accuracy, 0.0))
        bits = 2 * bits


def refine(branches: Sequence[Branch], found: Scan, tolerance: float) -> tuple[list[Extremum], list[fmpq]]:
    """The largest |e| of every run of one sign, polished by Newton's method, and samples where the sign changes.

    Near a peak e is flat: a point that is sqrt(tolerance) of a sample spacing away loses `tolerance` of |e|.
    """
    close = min(math.sqrt(tolerance) / 64, 1e-8)
    extrema, crossings = [], []
    for start, stop in found.runs():
        i = start + int(np.argmax(np.abs(found.e[start:stop])))
        extrema.append(_polish(branches[found.branch[i]], found, i, close))
        if start > 0:
            crossings.append(found.x[start])
    return extrema, crossings


def _polish(branch: Branch, found: Scan, i: int, close: float) -> Extremum:
    """Newton's method on e' from sample i, between its neighbours; the sample itself where that fails."""
    x = found.x[i]
    best = Extremum(x, branch.at(arb(x)), found.branch[i])
    if x in branch.inner:
        return best
    low, high = found.x[i - 1], found.x[i + 1]
    width = high - low
    grain = fmpq(2) ** (math.floor(math.log2(float(from_fmpq(width)))) - 8 + math.floor(math.log2(close)))
    x = _parabola(found, i, width)
    for _ in range(12):
        c = branch.jet(arb(x), 3)
        value, slope, bend = c[0], c[1].mid(), c[2].mid()
        if not (value.is_finite() and slope.is_finite() and bend.is_finite()):
            break
        if value.abs_lower() > best.value.abs_lower():
            best = Extremum(x, value, best.branch)
        if bend.is_zero() or value * bend > 0:
            break
        step = -slope / (2 * bend)
        moved = x + grain * fmpq((step / arb(grain)).mid().floor().fmpz() if step.is_finite() else 0)
        if not low < moved < high or abs(float(from_fmpq((moved - x) / width))) < close:
            break
        x = moved
    return best


def _parabola(found: Scan, i: int, width: fmpq) -> fmpq:
    """The vertex of the parabola through three neighbouring samples, or the middle one."""
    a, b, c = found.x[i - 1], found.x[i], found.x[i + 1]
    left, right = (float(from_fmpq((t - b) / width)) for t in (a, c))
    down, up = (found.e[i - 1] - found.e[i]) / left, (found.e[i + 1] - found.e[i]) / right
    bend = (up - down) / (right - left)
    if bend == 0 or not math.isfinite(bend):
        return b
    vertex = -(down - bend * left) / (2 * bend)
    return b + fmpq(round(vertex * 2**30), 2**30) * width if left < vertex < right else b


def _nodes(branch: Branch, degree: int, q: Floats | None) -> Floats:
    """Chebyshev points of the branch, points that crowd geometrically at its ends, and points under the poles of r."""
    low, high = (float(from_fmpq(end)) for end in branch.inner)
    half, middle = (high - low) / 2, (high + low) / 2
    chebyshev = middle - half * np.cos(np.pi * np.arange(1, n := 10 * degree + 40) / n)
    crowd = 2 * half * 10.0 ** -np.arange(0.5, 15, 0.125 if degree > 8 else 0.25)
    parts = [chebyshev, low + crowd, high - crowd]
    if q is not None and len(q) > 1:
        with np.errstate(all="ignore"):
            scaled = q[::-1] / np.max(np.abs(q))
        poles = np.roots(scaled) if np.isfinite(scaled).all() else np.array([])
        near = poles[(np.abs(poles.imag) < half / 4) & (poles.real > low) & (poles.real < high)]
        offsets = np.tan(np.linspace(-1.5, 1.5, 25))
        parts.append((near.real[:, None] + np.abs(near.imag)[:, None] * offsets).ravel())
    x = np.unique(np.concatenate(parts))
    return x[(x > low) & (x < high)]


def _exact(branch: Branch, grid: Floats) -> list[fmpq]:
    return [branch.inner[0], *(fmpq(*Fraction(x).as_integer_ratio()) for x in grid.tolist()), branch.inner[1]]
