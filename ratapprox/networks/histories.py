"""What is known of a training: records on the way, and curves and endings when it is over."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from math import isfinite
from typing import Any, NamedTuple

from ratapprox.networks.optimise.protocol import Optimiser

__all__ = ["Curve", "Ending", "Record", "Run"]


class Ending(StrEnum):
    """Why a network stopped."""

    SPENT = "the budget is spent"
    STATIONARY = "no step lowers the loss any more"
    DIVERGED = "the loss or its gradient is no longer finite"
    INTERRUPTED = "interrupted"


class Record(NamedTuple):
    """What was known of the networks of a lane after a step: seconds of optimisation for each, losses, metrics."""

    lane: int
    step: int
    seconds: float
    loss: tuple[float, ...]
    validation: tuple[float, ...]


@dataclass(frozen=True)
class Curve:
    """The history of one network: after so many steps and seconds of optimisation, loss and validation metric.

    Steps are recorded ever more sparsely, each 5 % after the one before. What is no number is NaN.
    """

    steps: tuple[int, ...]
    seconds: tuple[float, ...]
    loss: tuple[float, ...]
    validation: tuple[float, ...]


@dataclass(frozen=True, eq=False)
class Run:
    """One training of an ensemble: parameters (E, P) at the end; for each network its curve and why it stopped."""

    optimiser: Optimiser
    parameters: Any
    curves: tuple[Curve, ...]
    endings: tuple[Ending, ...]

    @property
    def loss(self) -> tuple[float, ...]:
        """The last loss of each network; NaN of one that diverged."""
        return tuple(curve.loss[-1] for curve in self.curves)

    @property
    def validation(self) -> tuple[float, ...]:
        """The last validation metric of each network; NaN of one that diverged."""
        return tuple(curve.validation[-1] for curve in self.curves)

    @property
    def interrupted(self) -> bool:
        """Whether the budget was not spent."""
        return Ending.INTERRUPTED in self.endings

    @property
    def diverged(self) -> tuple[int, ...]:
        """Which networks diverged."""
        return tuple(e for e, ending in enumerate(self.endings) if ending is Ending.DIVERGED)

    def __repr__(self) -> str:
        many = len(self.curves)
        lost = f", {len(self.diverged)} diverged" if self.diverged else ""
        steps = max(curve.steps[-1] for curve in self.curves)
        losses = sorted(loss for loss in self.loss if isfinite(loss))
        ends = f"loss {losses[0]:.3g}" if many == 1 and losses else ""
        ends = ends or (f"losses {losses[0]:.3g} to {losses[-1]:.3g}" if losses else "no finite loss")
        return f"Run of {many} network{'s' * (many > 1)} by {self.optimiser.name}, {steps} steps: {ends}{lost}"
