"""σ(x; c), its derivatives and what flows back through it, for arrays of any shape.

x: (..., N, d), float32 or float64. c: (..., s, k), k coefficients for each of s groups of equally many neighbouring
columns: s = 1 is one activation for the whole layer, s = d one for each neuron. Leading axes (ensemble members) are
those of x, or broadcast to them: x (E, N, d) goes with c (E, s, k), x (N, d) with c (s, k).

Everything is computed in x's dtype; sums over elements are collected in float64. NaN in x gives NaN out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import Any

import numpy as np

from ratapprox.networks.kernels import arithmetic, blocked
from ratapprox.networks.kernels.arithmetic import Arithmetic
from ratapprox.networks.units import Unit

__all__ = ["backward", "features", "forward", "jet", "jet_backward"]


def forward(unit: Unit, x: Any, c: Any, out: Any = None) -> Any:
    """σ(x; c), shape of x; written to `out` where that is given.

    >>> import numpy as np
    >>> from ratapprox.networks.units import unit
    >>> forward(unit("ralu"), np.array([[0.0, 1.0, 2.0]]), np.array([[4.0]]))
    array([[0. , 2.5, 3.2]])
    """
    call = _Call.of(unit, x, c)
    (out,) = call.outs([out])
    call.run(arithmetic.jet(unit, 0), (), (out,))
    return out


def backward(unit: Unit, x: Any, c: Any, g: Any, out: Any = None) -> tuple[Any, Any]:
    """What flows back from g = ∂L/∂σ: (∂L/∂x, shape of x, written to `out` where that is given; ∂L/∂c, shape of c).

    >>> import numpy as np
    >>> from ratapprox.networks.units import unit
    >>> x, c = np.array([[0.0, 1.0, 2.0]]), np.array([[4.0]])
    >>> backward(unit("ralu"), x, c, np.ones_like(x))
    (array([[4.  , 1.  , 0.64]]), array([[0.9]]))
    """
    return jet_backward(unit, x, c, (g,), out)


def jet(unit: Unit, x: Any, c: Any, order: int) -> tuple[Any, ...]:
    """σ, σ', ..., σ^(order), each with the shape of x."""
    call = _Call.of(unit, x, c)
    outs = tuple(call.outs([None] * (order + 1)))
    call.run(arithmetic.jet(unit, order), (), outs)
    return outs


def jet_backward(unit: Unit, x: Any, c: Any, gs: Sequence[Any], out: Any = None) -> tuple[Any, Any]:
    """What flows back from gs[k] = ∂L/∂σ^(k): ∂L/∂x = Σ_k g_k σ^(k+1), ∂L/∂c = Σ g_k ∂σ^(k)/∂c."""
    call = _Call.of(unit, x, c)
    flows = [call.like_x(g, f"g{k}") for k, g in enumerate(gs)]
    (out,) = call.outs([out])
    sums = call.run(arithmetic.back(unit, len(gs) - 1), flows, (out,))
    return out, call.to_coefficients(sums)


def features(unit: Unit, x: Any, c: Any) -> Any:
    """∂σ/∂c, shape (*x.shape, k)."""
    call = _Call.of(unit, x, c)
    if not unit.symbols:
        return np.zeros((*x.shape, 0), dtype=x.dtype)
    outs = tuple(call.outs([None] * call.stages.count))
    call.run(arithmetic.features(unit), (), outs)
    if call.stages.plain:
        return np.stack(outs, axis=-1)
    slopes = call.spread(call.slopes)  # (..., 1, d, m, k)
    return sum(o[..., None] * slopes[..., j, :] for j, o in enumerate(outs))


@dataclass(frozen=True)
class _Call:
    """Checked arrays of one call. x: contiguous, c: (..., s, k)."""

    unit: Unit
    x: Any
    c: Any

    @classmethod
    def of(cls, unit: Unit, x: Any, c: Any) -> _Call:
        x, c = np.asarray(x), np.asarray(c)
        if x.dtype not in (np.float32, np.float64):
            raise ValueError(f"x is of type {x.dtype}: the networks compute in float32 or float64, convert it first")
        many, shapes = len(unit.symbols), f"x has the shape {x.shape}, c {c.shape}"
        if x.ndim < 2 or c.ndim < 2:
            raise ValueError(f"{shapes}: x is (..., samples, columns), c (..., groups, coefficients)")
        if c.shape[-1] != many:
            raise ValueError(f"{shapes}: {unit} needs c (..., groups, {many})")
        if c.shape[-2] == 0 or x.shape[-1] % c.shape[-2]:
            raise ValueError(f"{shapes}: the {x.shape[-1]} columns of x do not divide into {c.shape[-2]} equal groups")
        lead = c.shape[:-2]
        fits = len(lead) <= x.ndim - 2 and all(
            a in (1, b) for a, b in zip(reversed(lead), reversed(x.shape[:-2]), strict=False)
        )
        if not fits:
            raise ValueError(f"{shapes}: the leading axes {lead} of c do not broadcast to {x.shape[:-2]} of x")
        return cls(unit, np.ascontiguousarray(x), c.astype(x.dtype, copy=False))

    def like_x(self, g: Any, name: str) -> Any:
        g = np.asarray(g)
        if g.shape != self.x.shape:
            raise ValueError(f"{name} has the shape {g.shape} and x {self.x.shape}: they have to be the same")
        return np.ascontiguousarray(g, dtype=self.x.dtype)

    def outs(self, given: Sequence[Any]) -> list[Any]:
        for out in given:
            if out is not None and (out.shape != self.x.shape or out.dtype != self.x.dtype):
                found, needed = f"{out.dtype} {out.shape}", f"{self.x.dtype} {self.x.shape}"
                raise ValueError(f"out is {found}, and has to be {needed} as x is")
        return [np.empty_like(self.x) if out is None else out for out in given]

    @cached_property
    def stages(self) -> arithmetic.Stages:
        return arithmetic.stages(self.unit)

    @cached_property
    def _first(self) -> list[Any]:
        """u_0, ..., then ∂u_j/∂c_i, each of shape (..., s)."""
        stage, shape = self.stages.uniforms, self.c.shape[:-1]
        found = [np.empty(shape, self.x.dtype) for _ in stage.outputs]
        if stage.outputs:
            inputs = [np.ascontiguousarray(self.c[..., i]).ravel() for i in range(len(self.unit.symbols))]
            blocked.flat(stage)(inputs[0], (), tuple(inputs[1:]), tuple(f.reshape(-1) for f in found))
        return found

    @cached_property
    def uniforms(self) -> Any:
        """u, (..., m, s)."""
        if self.stages.plain:
            return np.swapaxes(self.c, -1, -2)
        return np.stack(self._first[: self.stages.count], axis=-2)

    @cached_property
    def slopes(self) -> Any:
        """∂u/∂c, (..., s, m, k)."""
        m, k = self.stages.count, len(self.unit.symbols)
        return np.stack(self._first[m:], axis=-1).reshape(*self.c.shape[:-1], m, k)

    def spread(self, by_group: Any) -> Any:
        """(..., s, m, k) as (..., 1, d, m, k)."""
        return np.repeat(by_group, self.x.shape[-1] // self.c.shape[-2], axis=-3)[..., None, :, :, :]

    def run(self, task: Arithmetic, gs: Sequence[Any], outs: Sequence[Any]) -> Any:
        """Fill outs; the sums, float64 (..., m, s), leading axes those of c."""
        fresh = [np.empty_like(self.x) if self._apart(out, gs) else out for out in outs]
        lead, d, s, m = self.c.shape[:-2], self.x.shape[-1], self.c.shape[-2], self.stages.count
        shared = m == 0 or prod(lead) == 1  # all members have the same coefficients
        members = 1 if shared else prod(self.x.shape[:-2])
        shape = (members, -1, d) if self.x.size else (members, 0, d)
        x, *arrays = (a.reshape(shape) for a in (self.x, *gs, *fresh))
        if shared:
            u = self.uniforms.reshape(1, m, s)
        else:
            u = np.broadcast_to(self.uniforms, (*self.x.shape[:-2], m, s)).reshape(members, m, s)
        sums = np.zeros((members, len(task.sums), s))
        run = (_flat if s == 1 or m == 0 else _columns)(task)
        for e in range(members if self.x.size else 0):
            parts = [a[e] for a in arrays]
            sums[e] = run(x[e], u[e], tuple(parts[: len(gs)]), tuple(parts[len(gs) :]))
        for out, filled in zip(outs, fresh, strict=True):
            if out is not filled:
                out[...] = filled
        return sums.reshape(*lead, *sums.shape[1:]) if shared else self._gathered(sums)

    def _apart(self, out: Any, gs: Sequence[Any]) -> bool:
        """Whether an output cannot be written to at once: not contiguous, or where inputs are still to be read."""
        return not out.flags.c_contiguous or any(np.may_share_memory(out, a) for a in (self.x, *gs))

    def _gathered(self, sums: Any) -> Any:
        """Sums of all members, added up over the axes that c was broadcast along."""
        lead = self.x.shape[:-2]
        sums = sums.reshape(*lead, *sums.shape[1:])
        own = (1,) * (len(lead) - self.c.ndim + 2) + self.c.shape[:-2]
        along = tuple(axis for axis, (a, b) in enumerate(zip(own, lead, strict=True)) if a != b)
        return sums.sum(axis=along, keepdims=True).reshape(*self.c.shape[:-2], *sums.shape[-2:])

    def to_coefficients(self, sums: Any) -> Any:
        """∂L/∂c, (..., s, k), from ∂L/∂u, (..., m, s)."""
        if not self.unit.symbols:
            return np.zeros(self.c.shape, self.x.dtype)
        by_group = np.swapaxes(sums, -1, -2)
        if not self.stages.plain:
            by_group = np.einsum("...m,...mk->...k", by_group, self.slopes.astype(float))
        return by_group.astype(self.x.dtype)


Run = Callable[..., Any]


def _flat(task: Arithmetic) -> Run:
    run = blocked.flat(task)

    def over(x: Any, u: Any, gs: tuple[Any, ...], outs: tuple[Any, ...]) -> Any:
        return run(x.ravel(), u[:, 0], *(tuple(a.reshape(-1) for a in arrays) for arrays in (gs, outs)))[:, None]

    return over


def _columns(task: Arithmetic) -> Run:
    run = blocked.columns(task)

    def over(x: Any, u: Any, gs: tuple[Any, ...], outs: tuple[Any, ...]) -> Any:
        groups, wide = u.shape[-1], x.shape[-1]
        sums = run(x, np.repeat(u, wide // groups, axis=1), gs, outs)
        return sums.reshape(len(sums), groups, wide // groups).sum(axis=-1)

    return over
