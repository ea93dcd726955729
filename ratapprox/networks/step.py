"""Losses and gradients of a whole ensemble, again and again: what a training calls at every step.

On the CPU each member goes through its samples in tiles whose arrays stay in the cache, which is faster than all
members at once; so a member's numbers are the same, bit for bit, in whatever ensemble it is. On a GPU all members go at
once.
"""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Protocol

import numpy as np

from ratapprox.networks import fused, whole
from ratapprox.networks.backend import array_namespace, shared_bytes
from ratapprox.networks.derivatives import JetTrace, forward, gradient
from ratapprox.networks.losses import Objective
from ratapprox.networks.memory import free_bytes, require
from ratapprox.networks.mlp import Mlp
from ratapprox.networks.objective import Regression
from ratapprox.networks.recording import record

__all__ = ["Step", "batch_bytes", "tiles"]

TILE = 1 << 20  # bytes alive in a tile; half and twice as many cost a twentieth more. Fixed: it decides roundings


class Step:
    """An objective, computed quickly: step.value_and_gradient(parameters) for (E, P) or (P,), as the objective's own.

    parameters: in the objective's dtype and, on a GPU, on its device. threads: members are shared out among so many;
    their numbers do not depend on it. Compiled passes are used where Numba is installed and the unit's operations
    vectorise; `compiled` says whether they are. All else that an objective answers, the step answers too. One step
    computes one thing at a time: threads of your own need a step each.

    Raises `MemoryError` before anything is computed where it will not fit, `ValueError` and `TypeError` as the
    objective does.

    >>> from ratapprox.networks.mlp import Mlp
    >>> from ratapprox.networks.objective import regression
    >>> from ratapprox.networks.units import unit
    >>> x = np.array([[-1.0], [0.0], [1.0], [2.0]])
    >>> step = Step(regression(Mlp((1, 1), unit("tanh")), x, 2 * x))
    >>> step.value_and_gradient(np.array([[2.0, 0.0], [2.0, 1.0]]))
    (array([0., 1.]), array([[0., 0.],
           [1., 2.]]))
    """

    def __init__(self, objective: Objective, threads: int = 1) -> None:
        if isinstance(threads, bool) or threads < 1:
            raise ValueError(f"a step is computed by at least 1 thread, not {threads}")
        self.objective, self.threads = objective, threads
        on_device = array_namespace(objective.x) is not np
        self._engine = _Batch(objective) if on_device else _Tiled(objective, threads)
        self.compiled = self._engine.compiled

    def value_and_gradient(self, parameters: Any) -> tuple[Any, Any]:
        """The losses (E,) and gradients (E, P) of parameters (E, P); or a number () and (P,) of (P,)."""
        self.objective.check(parameters)
        if parameters.ndim == 1:
            losses, gradients = self._engine(parameters[None])
            return losses[0], gradients[0]
        return self._engine(parameters)

    def member(self, e: int) -> Step:
        """The step of one member of the ensemble."""
        return self if self.objective.x.ndim == 2 else Step(self.objective.member(e), self.threads)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name == "objective":
            raise AttributeError(name)
        return getattr(self.objective, name)

    def __repr__(self) -> str:
        return f"Step{', compiled' * self.compiled}: {self.objective!r}"


def tiles(net: Mlp, samples: int, itemsize: int, order: int = 0) -> list[slice]:
    """Equal parts of the samples, of a multiple of 16, whose arrays take at most a mebibyte, or of 16.

    >>> from ratapprox.networks.units import unit
    >>> tiles(Mlp((2, 50, 50, 50, 50, 1), unit("rational")), 500, 8)
    [slice(0, 176, None), slice(176, 352, None), slice(352, 500, None)]
    """
    most = max(16, TILE // batch_bytes(net, itemsize, order) // 16 * 16)
    parts = -(-samples // most)
    size = -(-samples // parts)
    size = min(samples, -(-size // 16) * 16)
    return [slice(start, min(start + size, samples)) for start in range(0, samples, size)]


def batch_bytes(net: Mlp, itemsize: int, order: int = 0) -> int:
    """Bytes for a sample of one network: what each layer multiplies and adds up to, and what flows back, thrice."""
    parts = (1, 1 + net.widths[0], 2 + net.widths[0])[order]
    return itemsize * parts * (2 * sum(net.widths) + len(net.widths) + 3 * max(net.widths))


class _Batch:
    """All members at once. Whole passes are recorded as one graph for each number of members.

    A network that does not fit them is multiplied by cuBLAS, and CuPy records no call of that.
    """

    compiled = False

    def __init__(self, objective: Objective, cuda: Any = None) -> None:
        self.objective, self.parameters = objective, np.zeros_like(objective.x, shape=(0, objective.net.size))
        self.cuda = cuda or array_namespace(objective.x).cuda
        x = objective.x
        fits = objective.order == 0 and whole.suits(objective.net, x.dtype, shared_bytes(self.cuda))
        self.passes = whole.Passes(objective.net, x.dtype) if fits else None
        self.x = array_namespace(x).ascontiguousarray(x)

    def __call__(self, parameters: Any) -> tuple[Any, Any]:
        if self.passes is None:
            self._require(len(parameters))
            return self.objective.value_and_gradient(parameters)
        if self.parameters.shape != parameters.shape:
            self._prepare(len(parameters))
        self.parameters[...] = parameters
        self.replay()
        return self.losses.copy(), self.gradients.copy()

    def _require(self, members: int) -> None:
        objective, x = self.objective, self.objective.x
        each = batch_bytes(objective.net, x.dtype.itemsize, objective.order) * objective.samples
        require("a step", each, members, "networks", free_bytes(x))

    def _prepare(self, members: int) -> None:
        assert self.passes is not None
        x, net = self.x, self.objective.net
        y = 4 * members * x.shape[-2] * net.widths[-1] * x.itemsize
        needed = y + self.passes.partial_bytes(members, x.shape[-2]) + 4 * members * net.size * x.itemsize
        require("a step", needed // members + 1, members, "networks", free_bytes(x))
        self.parameters = np.zeros_like(x, shape=(members, net.size))
        self.losses, self.gradients = np.zeros_like(x, shape=(members,)), np.zeros_like(self.parameters)
        self.replay = record(self.cuda, self._compute)

    def _compute(self) -> None:
        assert self.passes is not None
        objective, passes, xp = self.objective, self.passes, array_namespace(self.x)
        if isinstance(objective, Regression):
            target = xp.ascontiguousarray(objective.target)
            found = passes.regression(self.parameters, self.x, target, 1 / objective.count)
            self.losses[...], self.gradients[...] = found
            return
        jet = passes.forward(self.parameters, self.x)[None]
        sums = objective.sums(jet)
        self.losses[...] = objective.value(sums)
        dy = xp.ascontiguousarray(objective.cotangent(jet, sums)[0])
        self.gradients[...] = passes.backward(self.parameters, self.x, dy)


class _Tiled:
    """Member by member, tile by tile."""

    def __init__(self, objective: Objective, threads: int) -> None:
        net, dtype = objective.net, objective.x.dtype
        self.compiled = objective.order == 0 and fused.suits(net)
        self.most = 0  # members that are known to fit
        own = objective.x.ndim == 3
        cuts = tiles(net, objective.samples, dtype.itemsize, objective.order)
        self.objectives = [objective.member(e) for e in range(len(objective.x) if own else 1)]
        self.parts = [[alone.part(cut) for cut in cuts] for alone in self.objectives]
        self.walkers: list[_Walker] = [
            _Compiled(net, dtype, cuts[0].stop) if self.compiled else _Plain(net) for _ in range(threads)
        ]

    def __call__(self, parameters: Any) -> tuple[Any, Any]:
        members, threads = len(parameters), min(len(self.walkers), len(parameters))
        if members > self.most:  # the system is asked once, not at every step
            each = 2 * parameters.shape[-1] * parameters.itemsize
            require("a step", each, members, "networks", free_bytes(parameters))
            self.most = members
        # the compiled passes take neighbouring numbers
        parameters = np.ascontiguousarray(parameters)
        losses, gradients = np.zeros(members, parameters.dtype), np.zeros_like(parameters)
        run = partial(self._run, parameters, losses, gradients)
        if threads < 2:
            run(self.walkers[0], range(members))
        else:
            with ThreadPoolExecutor(threads) as pool:
                list(pool.map(run, self.walkers, [range(t, members, threads) for t in range(threads)]))
        return losses, gradients

    def _run(self, parameters: Any, losses: Any, gradients: Any, walker: _Walker, members: Iterable[int]) -> None:
        with np.errstate(all="ignore"):  # a member that diverges has a loss of infinity or NaN, which says so
            for e in members:
                k = e if len(self.objectives) > 1 else 0
                losses[e] = _walked(self.objectives[k], self.parts[k], parameters[e], walker, gradients[e])


def _walked(objective: Objective, parts: list[Any], theta: Any, walker: _Walker, into: Any) -> Any:
    """The loss; the gradient is added to `into`."""
    total, seen = None, []
    if objective.twice:
        total = _added([part.sums(walker.forward(theta, part)) for part in parts])
    for part in parts:
        jet = walker.forward(theta, part)
        seen.append(part.sums(jet))
        walker.backward(theta, part.cotangent(jet, seen[-1] if total is None else total), into)
    return objective.value(_added(seen) if total is None else total)


def _added(sums: list[tuple[Any, ...]]) -> tuple[Any, ...]:
    return tuple(np.sum(column, dtype=np.float64) for column in zip(*sums, strict=True))


class _Walker(Protocol):
    def forward(self, theta: Any, part: Any) -> Any:
        """The jet of y at the samples of a tile."""

    def backward(self, theta: Any, cotangent: Any, into: Any) -> None:
        """Add the gradient of what was last gone through."""


class _Plain:
    def __init__(self, net: Mlp) -> None:
        self.net = net
        self.trace: JetTrace | None = None

    def forward(self, theta: Any, part: Any) -> Any:
        self.trace = forward(self.net, theta, part.x, part.order)
        return self.trace.output

    def backward(self, theta: Any, cotangent: Any, into: Any) -> None:
        assert self.trace is not None
        into += gradient(self.net, theta, self.trace, cotangent)


class _Compiled:
    def __init__(self, net: Mlp, dtype: Any, samples: int) -> None:
        self.passes = fused.passes(net.units[0], dtype.name)
        self.plan = fused.plan(net)
        self.work, self.spare = (np.empty(many(samples), dtype) for many in (self.plan.work, self.plan.spare))
        self.outputs = net.widths[-1]

    def forward(self, theta: Any, part: Any) -> Any:
        start = self.passes.forward(theta, np.ascontiguousarray(part.x), self.work, *self.plan)
        size = self.outputs * part.samples
        return self.work[start : start + size].reshape(self.outputs, part.samples).T[None]

    def backward(self, theta: Any, cotangent: Any, into: Any) -> None:
        dy = np.ascontiguousarray(cotangent[0])
        self.passes.backward(theta, dy, self.work, self.spare, into, *self.plan)
