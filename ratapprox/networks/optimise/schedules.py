"""The learning rate as a function of the number of steps done."""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, pi

__all__ = ["Constant", "Cosine", "Schedule", "Stepwise", "Warmup"]


@dataclass(frozen=True)
class Constant:
    """η_k = rate.

    >>> Constant(1e-3)(7)
    0.001
    """

    rate: float

    def __post_init__(self) -> None:
        _positive("rate", self.rate)

    def __call__(self, step: int) -> float:
        return self.rate


@dataclass(frozen=True)
class Cosine:
    """η_k = last + (rate - last)(1 + cos(π k/steps))/2 for k ≤ steps, then last.

    Without restarts, as in Loshchilov and Hutter (2017).

    >>> Cosine(1.0, 10)(0), round(Cosine(1.0, 10)(5), 12), Cosine(1.0, 10)(99)
    (1.0, 0.5, 0.0)
    """

    rate: float
    steps: int
    last: float = 0.0

    def __post_init__(self) -> None:
        _positive("rate", self.rate)
        _positive("number of steps", self.steps)

    def __call__(self, step: int) -> float:
        if step >= self.steps:
            return self.last
        return self.last + (self.rate - self.last) * (1 + cos(pi * step / self.steps)) / 2


@dataclass(frozen=True)
class Stepwise:
    """η_k = rate · factor^⌊k/every⌋.

    >>> [Stepwise(1.0, 2, 0.5)(k) for k in range(5)]
    [1.0, 1.0, 0.5, 0.5, 0.25]
    """

    rate: float
    every: int
    factor: float

    def __post_init__(self) -> None:
        _positive("rate", self.rate)
        _positive("number of steps", self.every)
        _positive("factor", self.factor)

    def __call__(self, step: int) -> float:
        return self.rate * self.factor ** (step // self.every)


@dataclass(frozen=True)
class Warmup:
    """The rate of `then`, reached on a straight line: η_k = then(k) · (k + 1)/steps for k < steps.

    >>> [Warmup(4, Constant(1.0))(k) for k in range(6)]
    [0.25, 0.5, 0.75, 1.0, 1.0, 1.0]
    """

    steps: int
    then: Constant | Cosine | Stepwise

    def __post_init__(self) -> None:
        _positive("number of steps", self.steps)

    def __call__(self, step: int) -> float:
        return self.then(step) * min(1.0, (step + 1) / self.steps)


Schedule = Constant | Cosine | Stepwise | Warmup


def _positive(what: str, value: float) -> None:
    if not 0 < value < float("inf"):
        raise ValueError(f"the {what} of a schedule is a positive number, not {value!r}")
