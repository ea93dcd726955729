"""The units evaluated another way: sympy derives each output, lambdify writes it, nothing is shared or blocked."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import sympy

from ratapprox.expressions import x as variable
from ratapprox.networks.units import Unit

__all__ = ["backward", "features", "forward", "jet", "jet_backward"]


def forward(unit: Unit, x: Any, c: Any) -> Any:
    """σ(x; c), shape of x."""
    return jet(unit, x, c, 0)[0]


def backward(unit: Unit, x: Any, c: Any, g: Any) -> tuple[Any, Any]:
    """What flows back from g = ∂L/∂σ: (∂L/∂x, shape of x; ∂L/∂c, shape of c)."""
    return jet_backward(unit, x, c, (g,))


def features(unit: Unit, x: Any, c: Any) -> Any:
    """∂σ/∂c, shape (*x.shape, k)."""
    return _stacked(_program(unit, 0, True), unit, x, c)


def jet(unit: Unit, x: Any, c: Any, order: int) -> tuple[Any, ...]:
    """σ, σ', ..., σ^(order), each with the shape of x."""
    return tuple(_evaluated(_program(unit, k, False), unit, x, c)[0] for k in range(order + 1))


def jet_backward(unit: Unit, x: Any, c: Any, gs: Sequence[Any]) -> tuple[Any, Any]:
    """What flows back from gs[k] = ∂L/∂σ^(k): ∂L/∂x = Σ_k g_k σ^(k+1), ∂L/∂c = Σ g_k ∂σ^(k)/∂c."""
    slopes = jet(unit, x, c, len(gs))[1:]
    dx = sum(g * slope for g, slope in zip(gs, slopes, strict=True))
    dc = np.zeros_like(c)
    if not unit.symbols:
        return dx, dc
    for k, g in enumerate(gs):
        moved = _stacked(_program(unit, k, True), unit, x, c) * g[..., None]
        grouped = moved.reshape(*x.shape[:-1], c.shape[-2], -1, c.shape[-1])
        dc = dc + grouped.sum(axis=(-4, -2))
    return dx, dc


def _evaluated(program: Any, unit: Unit, x: Any, c: Any) -> list[Any]:
    spread = np.repeat(c, x.shape[-1] // c.shape[-2], axis=-2)[..., None, :, :]
    with np.errstate(all="ignore"):
        found = program(x, *(spread[..., i] for i in range(len(unit.symbols))))
    return [np.broadcast_to(np.asarray(value, dtype=x.dtype), x.shape) for value in found]


def _stacked(program: Any, unit: Unit, x: Any, c: Any) -> Any:
    if not unit.symbols:
        return np.zeros((*x.shape, 0), dtype=x.dtype)
    return np.stack(_evaluated(program, unit, x, c), axis=-1)


@lru_cache(maxsize=256)
def _program(unit: Unit, order: int, by_coefficients: bool) -> Any:
    derived = sympy.diff(unit.expression, variable, order)
    outputs = [sympy.diff(derived, s) for s in unit.symbols] if by_coefficients else [derived]
    outputs = [f.replace(sympy.DiracDelta, lambda *_: sympy.Integer(0)) for f in outputs]
    return sympy.lambdify((variable, *unit.symbols), outputs, "scipy", cse=True)
