"""Training: an optimiser's steps until the budget is spent, with what is learned of them on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import nan
from time import perf_counter
from typing import Any, NamedTuple, Protocol

import numpy as np

from ratapprox.networks.backend import DeviceError, device_fault
from ratapprox.networks.histories import Curve, Ending, Record, Run
from ratapprox.networks.optimise.protocol import DIVERGED, RUNNING, STATIONARY, Optimiser, namespace

__all__ = ["Curve", "Ending", "Keeper", "Lane", "Progress", "Record", "Run", "train"]


@dataclass(frozen=True, eq=False)
class Lane:
    """Networks that are stepped together, all of them or one, and how far they have come; state None: not begun."""

    number: int
    objective: Any
    members: tuple[int, ...]
    state: Any = None
    step: int = 0
    seconds: float = 0.0
    records: tuple[Record, ...] = ()


class Progress(NamedTuple):
    """What the watcher is told after each step: the share of the budget that is spent, 0 to 1, and one lane."""

    share: float
    step: int
    loss: tuple[float, ...]


class Keeper(Protocol):
    """Whoever keeps lanes on the disk: `restore` gives them their last state, `save` is told that one might be due."""

    def restore(self, lanes: Sequence[Lane], optimiser: Optimiser) -> list[Lane]:
        """The lanes with state, step, seconds and records, where there are any."""

    def save(self, lanes: Sequence[Lane], *, now: bool) -> None:
        """Keep the lanes: if it is time to, or at once."""

    @property
    def standing(self) -> str:
        """What is kept, in words."""


def train(
    objective: Any,
    parameters: Any,
    optimiser: Optimiser,
    *,
    steps: int | None = None,
    seconds: float | None = None,
    validate: Callable[[Any, int], float] | None = None,
    watch: Callable[[Progress], None] | None = None,
    keeper: Keeper | None = None,
) -> Run:
    """Take steps from parameters (E, P) until each network has had so many of them, or so many seconds.

    objective: of all E networks; for a method that steps one network at a time, its `member(e)` is asked for, or the
    objective itself is everybody's. seconds: of optimisation alone, for each network (E networks that are stepped as
    one have E times as many together); what is spent on validation, and on a first step that is thrown away, because it
    compiles and loads, does not count. validate: parameters (P,), member
    -> a metric. watch: called after every step. keeper: keeps the states; a training that it has kept goes on.

    A network that diverges keeps its last finite parameters, its losses are NaN from there on, and the others go on.
    An interrupt (Ctrl-C) ends the training after the last complete step, which is kept. No random number is drawn, so
    that the same call gives the same parameters.

    objective: one that has `drawn(step)` answers there with the objective of that step, such as other samples for each.

    Raises ValueError when neither steps nor seconds are given, or parameters are not finite; DeviceError, which says
    what is kept, when the GPU fails.

    >>> import numpy as np
    >>> from ratapprox.networks.optimise import Lbfgs
    >>> class Bowl:
    ...     def value_and_gradient(self, parameters):
    ...         return (parameters**2).sum(axis=1), 2 * parameters
    >>> run = train(Bowl(), np.array([[3.0, -4.0], [1.0, 2.0]]), Lbfgs(), steps=5)
    >>> bool(np.abs(run.parameters).max() < 1e-8)
    True
    """
    _check(parameters, steps, seconds)
    lanes = _lanes(objective, parameters, optimiser)
    if keeper is not None:
        lanes = keeper.restore(lanes, optimiser)
    budget, interrupted = _Budget(steps, seconds), False
    try:
        # What overflows is no surprise here: it is noticed by its value, and reported as an ending.
        with np.errstate(all="ignore"):
            try:
                _warm(lanes[0], optimiser, parameters, budget)
                _steps(lanes, optimiser, parameters, budget, validate, watch, keeper)
            except KeyboardInterrupt:
                interrupted = True
                lanes = [_begun(lane, optimiser, parameters, None) if lane.state is None else lane for lane in lanes]
        if keeper is not None:
            keeper.save(lanes, now=True)
        return _run(lanes, optimiser, budget, interrupted)
    except RuntimeError as error:
        if not (fault := device_fault(error)):
            raise
        reached, held = max(lane.step for lane in lanes), "nothing is kept" if keeper is None else keeper.standing
        raise DeviceError(f"the GPU failed after step {reached} ({fault}): {held}") from error


def _warm(lane: Lane, optimiser: Optimiser, parameters: Any, budget: _Budget) -> None:
    """One step that is thrown away: what is compiled or loaded the first time would count as optimisation."""
    if budget.share(lane) < 1:
        state = optimiser.start(_drawn(lane.objective, 0), _chosen(lane, parameters))
        _settle(optimiser.step(_drawn(lane.objective, 1), state))


def _steps(
    lanes: list[Lane], optimiser: Optimiser, parameters: Any, budget: _Budget, validate: Any, watch: Any, keeper: Any
) -> None:
    """Move the lanes on until the budget is spent. A lane is replaced at once: an interrupt finds it between steps."""
    for k, lane in enumerate(lanes):
        if lane.state is None:
            lanes[k] = _begun(lane, optimiser, parameters, validate)
    while going := [k for k, lane in enumerate(lanes) if budget.share(lane) < 1]:
        for k in going:
            lanes[k] = _advanced(lanes[k], optimiser, budget, validate)
            if watch is not None:
                watch(_progress(lanes[k], lanes, budget))
        if keeper is not None:
            keeper.save(lanes, now=False)


@dataclass(frozen=True)
class _Budget:
    steps: int | None
    seconds: float | None

    def share(self, lane: Lane) -> float:
        """How much of its budget a lane has spent; 1 when it has ended."""
        if lane.state is None:
            return 0.0
        if not bool((lane.state.status == RUNNING).any()):
            return 1.0
        by_steps = 0.0 if self.steps is None else lane.step / self.steps if self.steps else 1.0
        by_time = 0.0 if self.seconds is None else lane.seconds / (self.seconds * len(lane.members))
        return min(1.0, max(by_steps, by_time))


def recorded_steps() -> Iterator[int]:
    """0, 1, 2, ..., 20, 21, 22, ..., 40, 42, ...: the steps that are recorded.

    >>> from itertools import islice, takewhile
    >>> list(islice(recorded_steps(), 5)), len(list(takewhile(lambda k: k <= 20_000, recorded_steps())))
    ([0, 1, 2, 3, 4], 173)
    """
    step = 0
    while True:
        yield step
        step = max(step + 1, int(step * 1.05))


def _check(parameters: Any, steps: int | None, seconds: float | None) -> None:
    if steps is None and seconds is None:
        raise ValueError("how long? give a number of steps, or of seconds")
    if steps is not None and steps < 0:
        raise ValueError(f"the number of steps is not negative, and not {steps!r}")
    if seconds is not None and not 0 < seconds < float("inf"):
        raise ValueError(f"the time is a positive number of seconds, not {seconds!r}")
    if parameters.ndim != 2 or not parameters.size:
        raise ValueError(f"parameters have shape (E, P), and not {tuple(parameters.shape)}")
    if not bool(namespace(parameters).isfinite(parameters).all()):
        raise ValueError("training cannot begin at parameters that are not finite")


def _lanes(objective: Any, parameters: Any, optimiser: Optimiser) -> list[Lane]:
    many = len(parameters)
    if optimiser.together:
        return [Lane(0, objective, tuple(range(many)))]
    alone = getattr(objective, "member", lambda e: objective)
    return [Lane(e, alone(e), (e,)) for e in range(many)]


def _begun(lane: Lane, optimiser: Optimiser, parameters: Any, validate: Any) -> Lane:
    before = perf_counter()
    state = optimiser.start(_drawn(lane.objective, 0), _chosen(lane, parameters))
    _settle(state)
    lane = replace(lane, state=state, seconds=perf_counter() - before)
    return replace(lane, records=(_record(lane, validate),))


def _advanced(lane: Lane, optimiser: Optimiser, budget: _Budget, validate: Any) -> Lane:
    before = perf_counter()
    state = optimiser.step(_drawn(lane.objective, lane.step + 1), lane.state)
    _settle(state)
    lane = replace(lane, state=state, step=lane.step + 1, seconds=lane.seconds + perf_counter() - before)
    if budget.share(lane) >= 1 or _recorded(lane.step):
        return replace(lane, records=(*lane.records, _record(lane, validate)))
    return lane


def _chosen(lane: Lane, parameters: Any) -> Any:
    return parameters[lane.members[0] : lane.members[-1] + 1].copy()


def _drawn(objective: Any, step: int) -> Any:
    return objective.drawn(step) if hasattr(objective, "drawn") else objective


def _settle(state: Any) -> None:
    """Wait for the device, if there is one, so that the clock is honest: reading a number of it does."""
    float(state.loss[0])


def _recorded(step: int) -> bool:
    for each in recorded_steps():
        if each >= step:
            return each == step
    raise AssertionError


def _record(lane: Lane, validate: Callable[[Any, int], float] | None) -> Record:
    state = lane.state
    sound = [int(code) != DIVERGED for code in state.status]
    loss = tuple(float(value) if ok else nan for value, ok in zip(state.loss, sound, strict=True))
    metric = tuple(
        nan if validate is None or not ok else validate(state.parameters[i], e)
        for i, (e, ok) in enumerate(zip(lane.members, sound, strict=True))
    )
    return Record(lane.number, lane.step, lane.seconds / len(lane.members), loss, metric)


def _progress(lane: Lane, lanes: Sequence[Lane], budget: _Budget) -> Progress:
    share = sum(budget.share(each) * len(each.members) for each in lanes) / sum(len(each.members) for each in lanes)
    return Progress(share, lane.step, tuple(float(value) for value in lane.state.loss))


def _run(lanes: Sequence[Lane], optimiser: Optimiser, budget: _Budget, interrupted: bool) -> Run:
    curves: list[Curve] = []
    endings: list[Ending] = []
    for lane in lanes:
        for i in range(len(lane.members)):
            rows = lane.records
            curves.append(
                Curve(
                    tuple(row.step for row in rows),
                    tuple(row.seconds for row in rows),
                    tuple(row.loss[i] for row in rows),
                    tuple(row.validation[i] for row in rows),
                )
            )
            code = int(lane.state.status[i])
            ending = {STATIONARY: Ending.STATIONARY, DIVERGED: Ending.DIVERGED}.get(code, Ending.SPENT)
            cut = interrupted and code == RUNNING and budget.share(lane) < 1
            endings.append(Ending.INTERRUPTED if cut else ending)
    xp = namespace(lanes[0].state.parameters)
    parameters = xp.concatenate([lane.state.parameters for lane in lanes])
    return Run(optimiser, parameters, tuple(curves), tuple(endings))
