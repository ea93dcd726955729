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
from typing import Any, NamedTuple

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
    value = call.room(out, ())
    call.run(arithmetic.jet(unit, 0), (), (value,))
    return _put(value, out)


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
    outs = tuple(call.room(None, ()) for _ in range(order + 1))
    call.run(arithmetic.jet(unit, order), (), outs)
    return outs


def jet_backward(unit: Unit, x: Any, c: Any, gs: Sequence[Any], out: Any = None) -> tuple[Any, Any]:
    """What flows back from gs[k] = ∂L/∂σ^(k): ∂L/∂x = Σ_k g_k σ^(k+1), ∂L/∂c = Σ g_k ∂σ^(k)/∂c."""
    call = _Call(unit, x, c)
    flows = [call.like_x(g, k) for k, g in enumerate(gs)]
    dx = call.room(out, flows)
    sums = call.run(arithmetic.back(unit, len(flows) - 1), flows, (dx,))
    return _put(dx, out), call.to_coefficients(sums)


def features(unit: Unit, x: Any, c: Any) -> Any:
    """∂σ/∂c, shape (*x.shape, k)."""
    call = _Call(unit, x, c)
    if not unit.symbols:
        return call.xp.zeros((*call.x.shape, 0), dtype=call.x.dtype)
    outs = [call.room(None, ()) for _ in range(call.layout.many)]
    call.run(arithmetic.features(unit), (), outs)
    if call.layout.stages.plain:
        return call.xp.stack(outs, axis=-1)
    groups, wide = call.c.shape[-2], call.x.shape[-1]
    slopes = call.xp.repeat(call.slopes(), wide // groups, axis=-3)[..., None, :, :, :]  # (..., 1, d, m, k)
    return sum(o[..., None] * slopes[..., j, :] for j, o in enumerate(outs))


class _Call:
    """Checked arrays of one call: x contiguous (..., N, d), c of its type, (..., s, k)."""

    __slots__ = ("c", "layout", "unit", "x", "xp")

    def __init__(self, unit: Unit, x: Any, c: Any) -> None:
        xp: Any = np
        if type(x) is not np.ndarray or type(c) is not np.ndarray:
            xp = array_namespace(x, c)
            x, c = xp.asarray(x), xp.asarray(c)
        if x.dtype not in _TYPES:
            raise ValueError(f"x is of type {x.dtype}: the networks compute in float32 or float64, convert it first")
        self.layout = _layout(unit, x.shape, c.shape)
        self.xp, self.unit = xp, unit
        self.x = x if x.flags.c_contiguous else xp.ascontiguousarray(x)
        self.c = c if c.dtype == x.dtype else c.astype(x.dtype)

    def like_x(self, g: Any, k: int) -> Any:
        x = self.x
        if type(g) is not np.ndarray or self.xp is not np:
            g = array_namespace(x, g).asarray(g)
        if g.shape != x.shape:
            raise ValueError(f"g{k} has the shape {g.shape} and x {x.shape}: they have to be the same")
        return g if g.dtype == x.dtype and g.flags.c_contiguous else self.xp.ascontiguousarray(g, dtype=x.dtype)

    def room(self, out: Any, gs: Sequence[Any]) -> Any:
        """Where an output is written to: `out`, or a new array where none is given or inputs are still to be read."""
        return self.xp.empty_like(self.x) if out is None or self._apart(out, gs) else out

    def run(self, task: Arithmetic, gs: Sequence[Any], outs: Sequence[Any]) -> Any:
        """Fill outs and return the sums, float64 (..., m, s), leading axes those of c."""
        layout, x = self.layout, self.x
        batch = layout.batch
        flows, filled = [g.reshape(batch) for g in gs], [out.reshape(batch) for out in outs]
        sums = _engine(task, x).run(task, x.reshape(batch), self._uniforms(), flows, filled)
        return sums if layout.shared else self._gathered(sums)

    def _apart(self, out: Any, gs: Sequence[Any]) -> bool:
        """Whether an output cannot be written to at once: not contiguous, or where inputs are still to be read."""
        x = self.x
        if out.shape != x.shape or out.dtype != x.dtype:
            raise ValueError(f"out is {out.dtype} {out.shape}, and has to be {x.dtype} {x.shape} as x is")
        if not out.flags.c_contiguous:
            return True
        for a in (x, *gs):  # two that own their memory do not share it, and are not worth the question
            if out is a or ((out.base is not None or a.base is not None) and self.xp.may_share_memory(out, a)):
                return True
        return False

    def _uniforms(self) -> Any:
        """u, (members, m, s), of one member where all have the same."""
        layout, xp = self.layout, self.xp
        if layout.as_they_lie:
            return self.c.reshape(layout.uniforms)
        if not layout.many:
            return xp.empty(layout.uniforms, self.x.dtype)
        plain = layout.stages.plain
        u = self.c.swapaxes(-1, -2) if plain else xp.stack(self._first()[: layout.many], axis=-2)
        spread = u if layout.shared else xp.broadcast_to(u, (*self.x.shape[:-2], *u.shape[-2:]))
        return spread.reshape(layout.uniforms)

    def slopes(self) -> Any:
        """∂u/∂c, (..., s, m, k)."""
        m, k = self.layout.many, len(self.unit.symbols)
        return self.xp.stack(self._first()[m:], axis=-1).reshape(*self.c.shape[:-1], m, k)

    def _first(self) -> list[Any]:
        """u_0, ..., then ∂u_j/∂c_i, each of shape (..., s)."""
        stage, shape, xp = self.layout.stages.uniforms, self.c.shape[:-1], self.xp
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
        layout, shape, dtype = self.layout, self.c.shape, self.x.dtype
        if layout.as_they_lie:
            return sums.astype(dtype).reshape(shape)
        if not self.unit.symbols:
            return self.xp.zeros(shape, dtype)
        by_group = sums.swapaxes(-1, -2)
        if not layout.stages.plain:
            slopes = self.slopes().astype(float).reshape(*by_group.shape, shape[-1])
            by_group = self.xp.einsum("...m,...mk->...k", by_group, slopes)
        return by_group.astype(dtype).reshape(shape)


def _put(found: Any, out: Any) -> Any:
    """What was found, in `out` where that is given."""
    if out is None or out is found:
        return found
    out[...] = found
    return out


_TYPES = (np.dtype(np.float32), np.dtype(np.float64))


class _Layout(NamedTuple):
    """What the shapes of x and c say: made once for each, as a call on a small array is short.

    batch: x as (members, n, d). uniforms: u as (members, m, s). shared: whether all members have the same
    coefficients, and are one. as_they_lie: whether c is u, without an axis to be moved or repeated.
    """

    stages: arithmetic.Stages
    many: int
    shared: bool
    batch: tuple[int, int, int]
    uniforms: tuple[int, int, int]
    as_they_lie: bool


@lru_cache(maxsize=1024)
def _layout(unit: Unit, x: tuple[int, ...], c: tuple[int, ...]) -> _Layout:
    _check_shapes(unit, x, c)
    stages, s, lead = arithmetic.stages(unit), c[-2], c[:-2]
    many = stages.count
    shared = many == 0 or prod(lead) == 1
    members = 1 if shared else prod(x[:-2])
    batch = members, prod(x[:-1]) // max(members, 1), x[-1]
    as_they_lie = stages.plain and many > 0 and s == 1 and prod(lead) == members
    return _Layout(stages, many, shared, batch, (members, many, s), as_they_lie)


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
