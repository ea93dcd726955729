"""What a running fit remembers: its steps, its best iterate, and the time it may take."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from ratapprox.fitting.levelled import Levelled
from ratapprox.fitting.problem import Problem
from ratapprox.fitting.result import Step


class TimeIsUp(Exception):
    """The time limit was reached; the best iterate is in the watch."""


@dataclass
class Watch:
    """Mutable by nature: one per call of `fit`, never kept.

    best: (problem, trial, error) of the smallest error seen on the whole interval without a pole.
    """

    deadline: float | None = None
    progress: Callable[[Step], None] | None = None
    steps: list[Step] = field(default_factory=list)
    best: tuple[Problem, Levelled, float] | None = None
    start: str = ""
    exchange: int = 0

    def begin(self, start: str) -> None:
        """A new start of the exchange."""
        self.start, self.exchange = start, 0

    def check(self) -> None:
        """Raise `TimeIsUp` once the time is spent."""
        if self.deadline is not None and time.monotonic() > self.deadline:
            raise TimeIsUp

    def note(self, problem: Problem, trial: Levelled, error: float, pole_free: bool) -> None:
        """Record one exchange and keep the iterate if it is the best so far."""
        self.exchange += 1
        step = Step(
            self.start,
            (problem.m, problem.n),
            self.exchange,
            abs(float(trial.h.mid())),
            error if pole_free else float("inf"),
        )
        self.steps.append(step)
        if pole_free and (self.best is None or error < self.best[2]):
            self.best = (problem, trial, error)
        if self.progress is not None:
            self.progress(step)
