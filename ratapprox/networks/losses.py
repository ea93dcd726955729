"""What a network is trained to make small: a frozen value that gives the loss of parameters and its gradient."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar, Self, TypeVar

import numpy as np

from ratapprox.networks.derivatives import JetTrace, forward, gradient, rows
from ratapprox.networks.memory import free_bytes, require
from ratapprox.networks.mlp import Mlp

__all__ = ["LeastSquares", "Objective", "stack"]

T = TypeVar("T", bound="Objective")


@dataclass(frozen=True, eq=False)
class Objective(ABC):
    """A loss of a network at N samples.

    net: the network. x: (N, D), or (E, N, D) with points of its own for each of E members; every other array of an
    objective has the same leading axes. count: how many terms the loss is the mean of.

    The loss is a function of a few sums over samples, so that it can be computed tile by tile: `sums` of the jet of y,
    `value` of the sums, `cotangent` of both. An array holds its dtype, and parameters must have the same.
    """

    net: Mlp
    x: Any
    count: int
    order: ClassVar[int] = 0
    # whether the cotangent depends on the sums: then a tiled computation goes through the samples twice
    twice: ClassVar[bool] = False

    def __post_init__(self) -> None:
        arrays = self.arrays()
        if self.x.ndim not in (2, 3) or self.x.shape[-1] != self.net.widths[0]:
            wanted = f"(N, {self.net.widths[0]}) or (E, N, {self.net.widths[0]})"
            raise ValueError(f"x has shape {tuple(self.x.shape)}, and the network takes {wanted}")
        if not self.samples:
            raise ValueError("there are no samples: x has shape " + repr(tuple(self.x.shape)))
        if self.x.dtype.kind != "f" or self.x.dtype.itemsize < 4:
            raise TypeError(f"x is {self.x.dtype}, and networks compute in float32 or float64")
        for name, array in arrays.items():
            if array.shape[: self.x.ndim - 1] != self.x.shape[:-1]:
                raise ValueError(f"{name} has shape {tuple(array.shape)}, which does not go with x {self.x.shape}")
            if array.dtype != self.x.dtype and array.dtype.kind == "f":
                raise TypeError(f"{name} is {array.dtype} and x is {self.x.dtype}: convert one of them")

    def __repr__(self) -> str:
        shared = f"{self.x.shape[0]} sets of " if self.x.ndim == 3 else ""
        return f"{type(self).__name__} at {shared}{self.samples} samples of {self.net!r}"

    @property
    def samples(self) -> int:
        """N."""
        return int(self.x.shape[-2])

    def arrays(self) -> dict[str, Any]:
        """The fields that hold a value for each sample."""
        named = {f.name: getattr(self, f.name) for f in fields(self)}
        return {name: value for name, value in named.items() if hasattr(value, "dtype")}

    def member(self, e: int) -> Self:
        """The objective of one member of the ensemble."""
        return self if self.x.ndim == 2 else replace(self, **{name: a[e] for name, a in self.arrays().items()})

    def astype(self, dtype: Any) -> Self:
        """The same in float32 or float64."""
        return replace(self, **{n: a.astype(dtype) for n, a in self.arrays().items() if a.dtype.kind == "f"})

    def batch(self, chosen: Any) -> Self:
        """The mean over some of the samples: a slice or an array of indices."""
        part = self.part(chosen)
        return replace(part, count=self.count * part.samples // self.samples)

    def part(self, chosen: Any) -> Self:
        """The terms of some of the samples in the mean over all of them."""
        axis = (slice(None),) * (self.x.ndim - 2)
        return replace(self, **{name: a[(*axis, chosen)] for name, a in self.arrays().items()})

    def value_and_gradient(self, parameters: Any) -> tuple[Any, Any]:
        """The losses (E,) and gradients (E, P) of parameters (E, P); or a number () and (P,) of (P,).

        Raises `ValueError` for parameters of another shape, `TypeError` for another dtype.
        """
        trace = self.propagated(parameters)
        sums = self.sums(trace.output)
        return self.value(sums), gradient(self.net, parameters, trace, self.cotangent(trace.output, sums))

    def loss(self, parameters: Any) -> Any:
        """The losses alone."""
        return self.value(self.sums(self.propagated(parameters).output))

    def propagated(self, parameters: Any) -> JetTrace:
        """The network's jets at x."""
        self.check(parameters)
        return forward(self.net, parameters, self.x, self.order)

    def check(self, parameters: Any) -> None:
        """Raise `ValueError` or `TypeError` unless the parameters are (P,) or (E, P) in the dtype of x."""
        if parameters.dtype != self.x.dtype:
            here = f"parameters are {parameters.dtype} and the samples {self.x.dtype}"
            raise TypeError(f"{here}: use objective.astype({str(parameters.dtype)!r})")
        if parameters.shape[-1:] != (self.net.size,):
            raise ValueError(f"{self.net!r} takes arrays (..., {self.net.size}), not {tuple(parameters.shape)}")
        members = f"{self.x.shape[0]}, " if self.x.ndim == 3 else ""
        if parameters.ndim not in (1, 2) or (self.x.ndim == 3 and parameters.shape[:-1] != self.x.shape[:1]):
            raise ValueError(f"parameters have shape {tuple(parameters.shape)}, and not ({members}{self.net.size})")

    @abstractmethod
    def sums(self, jet: Any) -> tuple[Any, ...]:
        """The sums over samples, each (...), that the loss is a function of; jet is (K, ..., N, out)."""

    @abstractmethod
    def value(self, sums: tuple[Any, ...]) -> Any:
        """The loss."""

    @abstractmethod
    def cotangent(self, jet: Any, sums: tuple[Any, ...]) -> Any:
        """∂loss/∂jet."""


class LeastSquares(Objective):
    """loss = Σ r²/M: M = `count` residuals r, one for each sample and output."""

    @abstractmethod
    def remainders(self, jet: Any) -> Any:
        """r (..., N, out)."""

    @abstractmethod
    def chained(self, jet: Any, v: Any) -> Any:
        """Σ v ∂r/∂jet, with the shape of the jet."""

    def sums(self, jet: Any) -> tuple[Any, ...]:
        r = self.remainders(jet)
        return ((r * r).sum(axis=(-2, -1)),)

    def value(self, sums: tuple[Any, ...]) -> Any:
        return sums[0] / self.count

    def cotangent(self, jet: Any, sums: tuple[Any, ...]) -> Any:
        return self.chained(jet, self.remainders(jet) * (2 / self.count))

    def residuals(self, parameters: Any) -> Any:
        """r (M,) of parameters (P,), samples first, then outputs: loss = mean r²."""
        self._alone(parameters)
        return self.remainders(self.propagated(parameters).output).reshape(-1)

    def pullback(self, parameters: Any, v: Any) -> Any:
        """Jᵀv (P,) of parameters (P,) and v (M,), by one backward pass: no Jacobian."""
        self._alone(parameters)
        trace = self.propagated(parameters)
        shaped = v.reshape(self.samples, -1)
        return gradient(self.net, parameters, trace, self.chained(trace.output, shaped))

    def jacobian(self, parameters: Any) -> Any:
        """J = ∂r/∂parameters (M, P) of parameters (P,).

        Raises `MemoryError` where it does not fit, with the number of residuals that do.
        """
        self._alone(parameters)
        self.fits_jacobian()
        trace = self.propagated(parameters)
        r = self.remainders(trace.output)
        outputs = r.shape[-1]
        found = np.empty_like(parameters, shape=(self.samples, outputs, self.net.size))
        for j in range(outputs):
            one = np.zeros_like(r)
            one[..., j] = 1
            found[:, j] = rows(self.net, parameters, trace, self.chained(trace.output, one))
        return found.reshape(-1, self.net.size)

    def fits_jacobian(self) -> None:
        """Raise `MemoryError` unless there is room for J, and as much again for what it is made of."""
        row = 2 * self.net.size * self.x.dtype.itemsize
        require("a Jacobian", row, self.count, "residuals", free_bytes(self.x))

    def _alone(self, parameters: Any) -> None:
        if self.x.ndim == 3 or parameters.ndim != 1:
            raise ValueError(
                f"residuals are those of one network: parameters ({self.net.size},), not {tuple(parameters.shape)}; "
                "objective.member(e) is the objective of member e"
            )


def stack(objectives: Sequence[T]) -> T:
    """One objective for an ensemble, each member with the samples of one of these.

    Raises `ValueError` where they differ in more than the values of their arrays.
    """
    first = objectives[0]
    for other in objectives:
        same = type(other) is type(first) and other.net == first.net and other.count == first.count
        if not same or other.x.shape != first.x.shape or first.x.ndim != 2:
            raise ValueError(f"{other!r} does not go into one ensemble with {first!r}")
    joined: dict[str, Any] = {name: np.stack([o.arrays()[name] for o in objectives]) for name in first.arrays()}
    return replace(first, **joined)
