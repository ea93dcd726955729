"""Problem: what a network is trained on and judged by."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Literal

from ratapprox.networks.problems.arrays import Array
from ratapprox.networks.problems.box import Box
from ratapprox.networks.problems.dataset import Dataset
from ratapprox.networks.problems.draws import counted
from ratapprox.networks.problems.metrics import Metric

Kind = Literal["regression", "residual", "rayleigh", "classification", "propagation"]
Function = Callable[[Array], Array]


@dataclass(frozen=True)
class Problem(ABC):
    """A question for a network, with the data that a seed draws and the metric of the answer.

    name: `problem(name)` gives it back, parameters included. description: one sentence with the formula. source: where
    it is from. kind: the loss. domain: the box of its inputs. outputs: how many numbers the network gives for a point.
    metric: how the answer is judged, None where there is no target. samples, validation: the numbers of points that
    `data` draws unless it is asked for others. start: the initialisation of its networks, by name, unless another is
    asked for.
    """

    name: str
    description: str
    source: str
    kind: Kind
    domain: Box
    outputs: int
    metric: Metric | None
    samples: int
    validation: int
    start: ClassVar[str] = "xavier"

    @property
    def inputs(self) -> int:
        """The dimension of a point."""
        return self.domain.dimension

    def exact(self, x: Array) -> Array:
        """The exact solution [N, outputs] at points x [N, d]. Raises LookupError where there is no formula for it."""
        raise LookupError(f"no formula is known for the answer to {self.name}: compare on the points of data(seed)")

    @abstractmethod
    def data(self, seed: int, samples: int | None = None, validation: int | None = None) -> Dataset:
        """The points that belong to a seed: the same for every activation function.

        samples, validation: how many. Raises ValueError for a seed or a number that cannot be.
        """

    def _counts(self, samples: int | None, validation: int | None) -> tuple[int, int]:
        return (
            counted("training", self.samples if samples is None else samples),
            counted("validation", self.validation if validation is None else validation),
        )

    def __repr__(self) -> str:
        return f"Problem {self.name}: {self.description}"
