"""The tangent kernel of a network from what flows through its layers, without a Jacobian."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

import numpy as np

from ratapprox.networks.mlp import Mlp
from ratapprox.networks.ntk.memory import check_memory
from ratapprox.networks.ntk.signals import KINDS, Signals, checked, counted, signals

__all__ = ["kernel"]

TILE = 128
"""Samples in a tile: its few N-by-N pieces stay in the cache."""


class _Part(NamedTuple):
    """A summand (left leftᵀ) ∘ (back backᵀ), or right rightᵀ alone: left (N, d), right (N, out, d)."""

    left: Any
    right: Any


def kernel(
    net: Mlp,
    parameters: Any,
    x: Any,
    *,
    kinds: Collection[str] = KINDS,
    scales: Sequence[tuple[float, float]] | None = None,
) -> Any:
    """K = J Jᵀ, J the Jacobian of the outputs by the parameters, in N² memory.

        K = Σ_l (A_l A_lᵀ + 1) ∘ (B_l B_lᵀ) + C_l C_lᵀ

    A_l (N, d): what layer l takes in; B_l: what flows back to it, ∂y/∂z_l; C_l: ∂y/∂c_l, k columns for each group of
    neurons that shares coefficients. With several outputs row n·out + k belongs to output k of sample n.

    parameters: flat (P,). x: (N, d_in), NumPy or CuPy, like the answer (N·out, N·out). kinds: the parameters that
    count, of "weights", "biases", "coefficients". scales: for each layer (∂W/∂w, ∂b/∂β) where the trained numbers are
    w and β instead of W and b, as in the NTK parametrisation W = w/√d.

    Raises `ValueError` for wrong shapes, numbers that are not finite, and more memory than is free.

    >>> import numpy as np
    >>> from ratapprox.networks.units import unit
    >>> net = Mlp((1, 8, 1), unit("tanh"))
    >>> kernel(net, np.linspace(-1, 1, net.size), np.array([[0.0], [1.0]])).shape
    (2, 2)
    """
    kinds = counted(net, kinds)
    checked(net, parameters, x)
    check_memory(net, x)
    found = signals(net, parameters, x, columns="coefficients" in kinds)
    parts = [
        part for k, layer in enumerate(found) for part in _parts(layer, kinds, scales[k] if scales else (1.0, 1.0))
    ]
    return _summed(parts, x, found[-1].back.shape[1])


def _parts(layer: Signals, kinds: Collection[str], scale: tuple[float, float]) -> list[_Part]:
    weight, bias = scale
    inputs = layer.inputs
    columns = [inputs if weight == 1 else weight * inputs] if "weights" in kinds else []
    if "biases" in kinds:
        one = np.empty_like(inputs, shape=(len(inputs), 1))
        one[...] = bias
        columns.append(one)
    found = [_Part(np.concatenate(columns, axis=1), layer.back)] if columns else []
    return found if layer.columns is None or not layer.columns.size else [*found, _Part(None, layer.columns)]


def _summed(parts: Sequence[_Part], x: Any, outputs: int) -> Any:
    """Tile by tile, those below the diagonal mirrored."""
    many = len(x)
    whole = np.empty_like(x, shape=(many * outputs, many * outputs))
    for top in range(0, many, TILE):
        rows = slice(top, top + TILE)
        for start in range(top, many, TILE):
            columns = slice(start, start + TILE)
            tile = _tile(parts, rows, columns, outputs)
            here = slice(top * outputs, (top + TILE) * outputs), slice(start * outputs, (start + TILE) * outputs)
            whole[here] = tile
            if start > top:
                whole[here[1], here[0]] = tile.T
    return whole


def _tile(parts: Sequence[_Part], rows: slice, columns: slice, outputs: int) -> Any:
    total: Any = None
    for left, right in parts:
        width = right.shape[-1]
        gram = right[rows].reshape(-1, width) @ right[columns].reshape(-1, width).T
        if left is not None:
            factor = left[rows] @ left[columns].T
            if outputs == 1:
                gram *= factor
            else:
                shaped = gram.reshape(factor.shape[0], outputs, factor.shape[1], outputs)
                shaped *= factor[:, None, :, None]
        if total is None:
            total = gram
        else:
            total += gram
    return total
