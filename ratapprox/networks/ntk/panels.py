"""Gaussian expectations of functions with kinks, by Gauss-Legendre rules on panels that end there."""

from __future__ import annotations

import math

import numpy as np

from ratapprox.networks.ntk.fixed import Array, Fixed
from ratapprox.networks.ntk.trapezoid import chunks

__all__ = ["by_panels"]


def by_panels(sigma: Fixed, kinks: list[float], one: Array, two: Array, rho: Array, nodes: int) -> tuple[Array, Array]:
    """As `by_trapezoid`: the outer panels ending at the kinks of σ(u), and around those that σ(v) smooths out."""
    at, weights = np.polynomial.legendre.leggauss(nodes)
    end = 9.0
    plain = np.linspace(-end, end, 9)
    found = np.empty(len(one)), np.empty(len(one))
    sine = np.sqrt((1 - rho) * (1 + rho))
    panels = (len(plain) - 1 + len(kinks) * 6) * (len(plain) - 1 + len(kinks))
    for some in chunks(len(one), panels * nodes**2):
        a, b, r, s = (values[some, None] for values in (one, two, rho, sine))
        edges = [np.broadcast_to(plain, (len(a), len(plain)))]
        for kink in kinks:
            with np.errstate(divide="ignore", invalid="ignore"):
                centre, spread = kink / (b * r), s / np.abs(r)
                edges += [kink / a, centre + spread * np.array([-6.0, -2.0, 0.0, 2.0, 6.0])]
        z, w = _composite(np.concatenate(edges, axis=1), end, at, weights)
        outer = sigma.jet(a * z)
        with np.errstate(divide="ignore", invalid="ignore"):
            inside = [(kink / b - r * z)[..., None] / s[..., None] for kink in kinks]
        t, v = _composite(
            np.concatenate([np.broadcast_to(plain, (*z.shape, len(plain))), *inside], axis=2), end, at, weights
        )
        inner = sigma.jet(b[..., None] * (r[..., None] * z[..., None] + s[..., None] * t))
        for into, f, g in zip(found, outer, inner, strict=True):
            into[some] = (f * (g * v).sum(axis=-1) * w).sum(axis=-1)
    return found


def _composite(edges: Array, end: float, at: Array, weights: Array) -> tuple[Array, Array]:
    """Nodes and weights times the normal density, of the rule on the panels between the edges in the last axis."""
    edges = np.sort(np.clip(np.nan_to_num(edges, nan=end), -end, end), axis=-1)
    low, width = edges[..., :-1, None], np.diff(edges, axis=-1)[..., None] / 2
    z = low + width * (1 + at)
    w = width * weights * np.exp(-z * z / 2) / math.sqrt(2 * math.pi)
    shape = (*edges.shape[:-1], -1)
    return z.reshape(shape), w.reshape(shape)
