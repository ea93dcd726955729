"""σ(x; c), its derivatives and what flows back through it, for arrays of any shape.

x: (..., N, d), float32 or float64. c: (..., s, k), k coefficients for each of s groups of equally many neighbouring
columns: s = 1 is one activation for the whole layer, s = d one for each neuron. Leading axes (ensemble members) are
those of x, or broadcast to them: x (E, N, d) goes with c (E, s, k), x (N, d) with c (s, k).

Everything is computed in x's dtype; sums over elements are collected in float64. NaN in x gives NaN out.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import prod
from typing import Any

import numpy as np

from ratapprox.networks.backend import array_namespace
from ratapprox.networks.kernels import arithmetic, blocked, device, loops
from ratapprox.networks.kernels.arithmetic import Arithmetic
from ratapprox.networks.units import Unit

__all__ = ["backward", "features", "forward", "jet", "jet_backward"]

WORTH_COMPILING = 2048  # elements: below, NumPy's calls cost less than a process that compiles for seconds


def forward(unit: Unit, x: Any, c: Any, out: Any = None) -> Any:
    """σ(x; c), shape of x; written to `out` where that is given.

    >>> import numpy as np
    >>> from ratapprox.networks.units import unit
    >>> forward(unit("ralu"), np.array([[0.0, 1.0, 2.0]]), np.array([[4.0]]))
    array([[0. , 2.5, 3.2]])
    """
    call = _Call(unit, x, c)
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
    call = _Call(unit, x, c)
    outs = tuple(call.outs([None] * (order + 1)))
    call.run(arithmetic.jet(unit, order), (), outs)
    return outs


def jet_backward(unit: Unit, x: Any, c: Any, gs: Sequence[Any], out: Any = None) -> tuple[Any, Any]:
    """What flows back from gs[k] = ∂L/∂σ^(k): ∂L/∂x = Σ_k g_k σ^(k+1), ∂L/∂c = Σ g_k ∂σ^(k)/∂c."""
    call = _Call(unit, x, c)
    flows = [call.like_x(g, f"g{k}") for k, g in enumerate(gs)]
    (out,) = call.outs([out])
    sums = call.run(arithmetic.back(unit, len(gs) - 1), flows, (out,))
    return out, call.to_coefficients(sums)


def features(unit: Unit, x: Any, c: Any) -> Any:
    """∂σ/∂c, shape (*x.shape, k)."""
    call = _Call(unit, x, c)
    if not unit.symbols:
        return call.xp.zeros((*call.x.shape, 0), dtype=call.x.dtype)
    outs = tuple(call.outs([None] * call.stages.count))
    call.run(arithmetic.features(unit), (), outs)
    if call.stages.plain:
        return call.xp.stack(outs, axis=-1)
    groups, wide = call.c.shape[-2], call.x.shape[-1]
    slopes = call.xp.repeat(call.slopes(), wide // groups, axis=-3)[..., None, :, :, :]  # (..., 1, d, m, k)
    return sum(o[..., None] * slopes[..., j, :] for j, o in enumerate(outs))


class _Call:
    """Checked arrays of one call: x contiguous (..., N, d), c of its type, (..., s, k)."""

    def __init__(self, unit: Unit, x: Any, c: Any) -> None:
        self.xp = xp = array_namespace(x, c)
        x, c = xp.asarray(x), xp.asarray(c)
        if x.dtype not in _TYPES:
            raise ValueError(f"x is of type {x.dtype}: the networks compute in float32 or float64, convert it first")
        _check_shapes(unit, x.shape, c.shape)
        self.unit, self.x, self.c = unit, xp.ascontiguousarray(x), c.astype(x.dtype, copy=False)
        self.stages = arithmetic.stages(unit)

    def like_x(self, g: Any, name: str) -> Any:
        g = array_namespace(self.x, g).asarray(g)
        if g.shape != self.x.shape:
            raise ValueError(f"{name} has the shape {g.shape} and x {self.x.shape}: they have to be the same")
        return self.xp.ascontiguousarray(g, dtype=self.x.dtype)

    def outs(self, given: Sequence[Any]) -> list[Any]:
        for out in given:
            if out is not None and (out.shape != self.x.shape or out.dtype != self.x.dtype):
                found, needed = f"{out.dtype} {out.shape}", f"{self.x.dtype} {self.x.shape}"
                raise ValueError(f"out is {found}, and has to be {needed} as x is")
        return [self.xp.empty_like(self.x) if out is None else out for out in given]

    def run(self, task: Arithmetic, gs: Sequence[Any], outs: Sequence[Any]) -> Any:
        """Fill outs; the sums, float64 (..., m, s), leading axes those of c."""
        xp, shape, s, m = self.xp, self.x.shape, self.c.shape[-2], self.stages.count
        fresh = [xp.empty_like(self.x) if self._apart(out, gs) else out for out in outs]
        lead = self.c.shape[:-2]
        shared = m == 0 or prod(lead) == 1  # all members have the same coefficients
        members = 1 if shared else prod(shape[:-2])
        u = self._uniforms() if m else xp.empty((*lead, 0, s), self.x.dtype)
        u = u.reshape(1, m, s) if shared else xp.broadcast_to(u, (*shape[:-2], m, s)).reshape(members, m, s)
        batch = (members, prod(shape[:-1]) // max(members, 1), shape[-1])
        x, *arrays = (a.reshape(batch) for a in (self.x, *gs, *fresh))
        sums = _engine(task, x).run(task, x, u, arrays[: len(gs)], arrays[len(gs) :])
        for out, filled in zip(outs, fresh, strict=True):
            if out is not filled:
                out[...] = filled
        return sums.reshape(*lead, *sums.shape[1:]) if shared and len(sums) else self._gathered(sums)

    def _apart(self, out: Any, gs: Sequence[Any]) -> bool:
        """Whether an output cannot be written to at once: not contiguous, or where inputs are still to be read."""
        return not out.flags.c_contiguous or any(self.xp.may_share_memory(out, a) for a in (self.x, *gs))

    def _uniforms(self) -> Any:
        """u, (..., m, s)."""
        if self.stages.plain:
            return self.c.swapaxes(-1, -2)
        return self.xp.stack(self._first()[: self.stages.count], axis=-2)

    def slopes(self) -> Any:
        """∂u/∂c, (..., s, m, k)."""
        m, k = self.stages.count, len(self.unit.symbols)
        return self.xp.stack(self._first()[m:], axis=-1).reshape(*self.c.shape[:-1], m, k)

    def _first(self) -> list[Any]:
        """u_0, ..., then ∂u_j/∂c_i, each of shape (..., s)."""
        stage, shape, xp = self.stages.uniforms, self.c.shape[:-1], self.xp
        found = [xp.empty(shape, self.x.dtype) for _ in stage.outputs]
        inputs = [xp.ascontiguousarray(self.c[..., i]) for i in range(len(self.unit.symbols))]
        x, *more = (a.reshape(1, 1, -1) for a in (*inputs, *found))
        none, many = xp.empty((1, 0, 1), x.dtype), len(inputs) - 1
        (blocked if xp is np else device).run(stage, x, none, more[:many], more[many:])
        return found

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
            return self.xp.zeros(self.c.shape, self.x.dtype)
        by_group = sums.swapaxes(-1, -2)
        if not self.stages.plain:
            by_group = self.xp.einsum("...m,...mk->...k", by_group, self.slopes().astype(float))
        return by_group.astype(self.x.dtype)


_TYPES = (np.dtype(np.float32), np.dtype(np.float64))


@lru_cache(maxsize=1024)
def _check_shapes(unit: Unit, x: tuple[int, ...], c: tuple[int, ...]) -> None:
    many, shapes = len(unit.symbols), f"x has the shape {x}, c {c}"
    if len(x) < 2 or len(c) < 2:
        raise ValueError(f"{shapes}: x is (..., samples, columns), c (..., groups, coefficients)")
    if c[-1] != many:
        raise ValueError(f"{shapes}: {unit} needs c (..., groups, {many})")
    if c[-2] == 0 or x[-1] % c[-2]:
        raise ValueError(f"{shapes}: the {x[-1]} columns of x do not divide into {c[-2]} equal groups")
    lead, over = c[:-2], x[:-2]
    if len(lead) > len(over) or any(a not in (1, b) for a, b in zip(reversed(lead), reversed(over), strict=False)):
        raise ValueError(f"{shapes}: the leading axes {lead} of c do not broadcast to {over} of x")


def _engine(task: Arithmetic, x: Any) -> Any:
    """What runs a task on an array: compiled loops where they are worth their compilation, else NumPy in blocks."""
    if not isinstance(x, np.ndarray):
        return device
    if x.size >= WORTH_COMPILING and loops.available() and loops.suits(task):
        return loops
    return blocked
