"""Whole passes through a network as two compiled functions: all layers of a tile of samples in one call.

Arrays lie with samples along the rows: h_l is (d_l + 1, R) for a tile of R samples, its last row 1. Weights and biases
are neighbours in the flat vector, one matrix (d_l + 1, d_{l+1}), so that z = [W; b]ᵀ h is one product, and h gᵀ is the
gradient of both. Neurons that share coefficients are neighbours too: a group is one contiguous run of the unit's loop.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ratapprox.networks.kernels import arithmetic, loops

if TYPE_CHECKING:
    from ratapprox.networks.mlp import Mlp
    from ratapprox.networks.units import Unit

__all__ = ["Passes", "Plan", "passes", "plan", "suits"]


class Plan(NamedTuple):
    """The numbers that the passes need of a network: int64 arrays, and whether coefficients are trained."""

    widths: Any
    starts: Any
    groups: Any
    skips: Any
    trainable: bool

    def work(self, samples: int) -> int:
        """Numbers that a tile keeps from the way forward: all h, with their row of 1, and all z."""
        return int(self.widths[:-1].sum() + self.widths[1:].sum() + len(self.starts)) * samples

    def spare(self, samples: int) -> int:
        """Numbers that the way back needs besides: what flows back, thrice, and the gradient of a layer."""
        return 3 * int(self.widths.max()) * samples + int(((self.widths[:-1] + 1) * self.widths[1:]).max())


class Passes(NamedTuple):
    """forward(theta, x, work, *plan) -> where y lies in work; backward(theta, dy, work, spare, gradient, *plan).

    x (R, d_0), dy (R, d_L), contiguous; y is (d_L, R); the gradient is added to.
    """

    forward: Callable[..., int]
    backward: Callable[..., None]


def suits(net: Mlp) -> bool:
    """Whether the passes can be compiled: Numba is installed, and one unit whose operations vectorise."""
    if not loops.available() or not net.units or len(set(net.units)) != 1:
        return False
    unit = net.units[0]
    return arithmetic.stages(unit).plain and all(
        loops.suits(task) for task in (arithmetic.jet(unit, 0), arithmetic.back(unit, 0))
    )


def plan(net: Mlp) -> Plan:
    """The plan of a network."""
    starts = [slot.start for slot in net.slots if slot.kind == "weights"]
    groups = [net.groups(width) for width in net.widths[1:]]
    skips = [int(net.skips(k)) for k in range(len(starts))]
    arrays = [np.array(numbers, np.int64) for numbers in (net.widths, starts, groups, skips)]
    return Plan(arrays[0], arrays[1], arrays[2], arrays[3], net.trainable)


@lru_cache(maxsize=64)
def passes(unit: Unit, dtype: str) -> Passes:
    """The two functions for a unit; compiled when they are first called, in some seconds."""
    import numba

    apply = loops.compiled(arithmetic.jet(unit, 0), np.dtype(dtype), False)
    apply_back = loops.compiled(arithmetic.back(unit, 0), np.dtype(dtype), False)
    many = len(unit.symbols)

    @numba.njit(error_model="numpy", nogil=True)
    def forward(theta, x, work, widths, starts, groups, skips, trainable):  # type: ignore[no-untyped-def]
        samples, last = x.shape[0], len(starts) - 1
        for i in range(widths[0]):
            for n in range(samples):
                work[i * samples + n] = x[n, i]
        at = 0
        for k in range(last + 1):
            inner, outer = widths[k], widths[k + 1]
            wide, size = inner * samples, outer * samples
            work[at + wide : at + wide + samples] = 1
            h = work[at : at + wide + samples].reshape(inner + 1, samples)
            z = work[at + wide + samples : at + wide + samples + size]
            first = starts[k] + (inner + 1) * outer
            np.dot(theta[starts[k] : first].reshape(inner + 1, outer).T, h, z.reshape(outer, samples))
            if k == last:
                return at + wide + samples
            following = work[at + wide + samples + size : at + wide + samples + 2 * size]
            s = groups[k]
            c = theta[first : first + s * many].reshape(s, many)
            apply(z.reshape(s, size // s), c, following.reshape(s, size // s), np.zeros((s, 0)))
            if skips[k]:
                for i in range(size):
                    following[i] += work[at + i]
            at += wide + samples + size
        return at

    @numba.njit(error_model="numpy", nogil=True)
    def backward(  # type: ignore[no-untyped-def]
        theta, dy, work, spare, gradient, widths, starts, groups, skips, trainable
    ):
        samples, last = dy.shape[0], len(starts) - 1
        room = widths.max() * samples
        at = 0
        for k in range(last):
            at += (widths[k] + 1 + widths[k + 1]) * samples
        g = spare[2 * room : 2 * room + dy.size].reshape(widths[last + 1], samples)
        for i in range(widths[last + 1]):
            for n in range(samples):
                g[i, n] = dy[n, i]
        for k in range(last, -1, -1):
            inner, outer = widths[k], widths[k + 1]
            wide, size = inner * samples, outer * samples
            first = starts[k] + (inner + 1) * outer
            # two places take turns for what flows back to h; the third is for what flows back to z
            above = spare[(k % 2) * room : (k % 2) * room + size]
            if k < last:
                s = groups[k]
                z = work[at + wide + samples : at + wide + samples + size].reshape(s, size // s)
                c = theta[first : first + s * many].reshape(s, many)
                sums = np.zeros((s, many))
                dz = spare[2 * room : 2 * room + size]
                apply_back(z, c, above.reshape(s, size // s), dz.reshape(s, size // s), sums)
                g = dz.reshape(outer, samples)
                if trainable:
                    for i in range(s):
                        for j in range(many):
                            gradient[first + i * many + j] += sums[i, j]
            moved = spare[3 * room : 3 * room + (inner + 1) * outer]
            h = work[at : at + wide + samples].reshape(inner + 1, samples)
            np.dot(h, g.T, moved.reshape(inner + 1, outer))
            for i in range((inner + 1) * outer):
                gradient[starts[k] + i] += moved[i]
            if k > 0:
                below = spare[((k + 1) % 2) * room : ((k + 1) % 2) * room + wide]
                w = theta[starts[k] : starts[k] + inner * outer].reshape(inner, outer)
                np.dot(w, g, below.reshape(inner, samples))
                if skips[k]:
                    for i in range(wide):
                        below[i] += above[i]
                at -= (widths[k - 1] + 1 + inner) * samples

    return Passes(forward, backward)
