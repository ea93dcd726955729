"""Trials: networks that differ in one thing, trained from the same draws at the same points, and the words for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import exp, isfinite
from statistics import median
from typing import Any

import numpy as np

from ratapprox.claims.value import Verdict
from ratapprox.networks.experiment import Experiment, Prepared, prepared
from ratapprox.networks.intervals import t_interval
from ratapprox.networks.objective import rayleigh
from ratapprox.networks.problems import Rayleigh
from ratapprox.networks.statistics import PairedRatio, geometric_mean, holm, paired_ratio
from ratapprox.networks.training import Run, train

SEEDS = tuple(range(8))

Begin = Callable[[Prepared, int], None]
"""Changes the parameters that were drawn; is told the seed."""


@dataclass(frozen=True)
class Contender:
    """An activation function as a network uses it. settings: fields of `Experiment`."""

    name: str
    activation: str
    settings: Mapping[str, Any]
    begin: Begin | None = None


@dataclass(frozen=True)
class Trial:
    """One trained network: its error after the steps that were recorded, the last one finite; what a step took."""

    steps: tuple[int, ...]
    errors: tuple[float, ...]
    step_seconds: float
    parameters: int
    ending: str

    def after(self, steps: float) -> float:
        """The error after so many steps, its logarithm linear between those that were recorded."""
        return exp(float(np.interp(steps, self.steps, np.log(self.errors))))


@dataclass(frozen=True, eq=False)
class Race:
    """All trials on one problem, by contender and seed; the first contender is the one that the claim is about."""

    like: Experiment
    trials: Mapping[str, Mapping[int, Trial]]

    @property
    def first(self) -> str:
        return next(iter(self.trials))

    def equal_time(self) -> dict[str, float]:
        """How many steps each takes in the time in which the quickest takes all of its own: by medians over seeds."""
        costs = {name: median(t.step_seconds for t in each.values()) for name, each in self.trials.items()}
        assert self.like.steps is not None
        return {name: self.like.steps * min(costs.values()) / cost for name, cost in costs.items()}

    def errors(self, name: str, *, time: bool) -> dict[int, float]:
        """The error by seed after all steps, or after the time that all have."""
        assert self.like.steps is not None
        at = self.equal_time()[name] if time else self.like.steps
        return {seed: trial.after(at) for seed, trial in self.trials[name].items()}

    def ratios(self, *, time: bool = False, to: str | None = None) -> dict[str, PairedRatio]:
        """The errors of the others over those of the first, or of another."""
        to = to or self.first
        under = self.errors(to, time=time)
        others = [name for name in self.trials if name != to]
        return {
            name: paired_ratio(self.errors(name, time=time), under, names=(name, to), resamples=1000) for name in others
        }

    def lines(self) -> list[str]:
        """The table, a line for each contender."""
        steps, times = self.ratios(), self.ratios(time=True)
        adjusted = {each.name: each.adjusted for each in holm({name: ratio.p for name, ratio in steps.items()})}
        found = []
        for name, trials in self.trials.items():
            mean = geometric_mean(self.errors(name, time=False), resamples=1000)
            line = f"{name}, {next(iter(trials.values())).parameters} parameters: error {mean.value:.2g}"
            line += f" [{mean.interval[0]:.2g}, {mean.interval[1]:.2g}]"
            if name in steps:
                line += f"; over that of {self.first} {words(steps[name])} after equal steps, Holm's p = "
                line += f"{adjusted[name]:.2g}, {words(times[name])} after equal time"
            found.append(f"{self.like.problem}: {line}")
        return found

    def data(self) -> dict[str, Any]:
        """What was done, and every error by seed."""
        asked = self.like.document()
        settings = ("problem", "samples", "optimiser", "steps", "rate", "dtype", "hidden")
        return {
            **{name: asked[name] for name in settings},
            "seeds": sorted(self.trials[self.first]),
            "equal_time_steps": {name: round(value, 1) for name, value in self.equal_time().items()},
            "contenders": {
                name: {
                    "parameters": next(iter(each.values())).parameters,
                    "seconds_per_step": round(median(t.step_seconds for t in each.values()), 6),
                    "errors": [float(f"{v:.4g}") for v in self.errors(name, time=False).values()],
                    "errors_equal_time": [float(f"{v:.4g}") for v in self.errors(name, time=True).values()],
                    "diverged": [seed for seed, t in each.items() if "no longer finite" in t.ending],
                }
                for name, each in self.trials.items()
            },
        }


def race(like: Experiment, contenders: Sequence[Contender], seeds: Sequence[int] = SEEDS) -> Race:
    """Train all contenders, seed after seed and in turn, so that a busy machine slows all of them.

    like: what they have in common; its activation and seeds are not used. A network that diverges keeps the error that
    it had last.
    """
    trials: dict[str, dict[int, Trial]] = {each.name: {} for each in contenders}
    for seed in seeds:
        for each in contenders:
            experiment = replace(like, activation=each.activation, seeds=(seed,), **each.settings)
            trials[each.name][seed] = _trial(experiment, each)
    return Race(like, trials)


def _trial(experiment: Experiment, contender: Contender) -> Trial:
    ready, run = trained(experiment, contender.begin)
    metric = ready.problem.metric
    assert metric is not None
    curve = run.curves[0]
    known = [(s, e) for s, v in zip(curve.steps, curve.validation, strict=True) if (e := _error(metric, v)) is not None]
    steps, errors = zip(*known, strict=True)
    each = curve.seconds[-1] / max(curve.steps[-1], 1)
    return Trial(steps, errors, each, int(ready.net.size), str(run.endings[0]))


def trained(experiment: Experiment, begin: Begin | None = None) -> tuple[Prepared, Run]:
    """Train as an experiment of one seed says."""
    ready = _finer(prepared(experiment), experiment)
    if begin is not None:
        begin(ready, experiment.seeds[0])
    return ready, train(
        ready.objective, ready.parameters, ready.optimiser, steps=experiment.steps, validate=ready.validate
    )


def _error(metric: Any, value: float) -> float | None:
    """A positive error; the rounding unit stands for 0, and nothing for what is no number."""
    return max(float(metric.as_error(value)), 1e-16) if isfinite(value) else None


def _finer(ready: Prepared, experiment: Experiment) -> Prepared:
    """Eigenvalues are judged with four times as many nodes: a network may find a quotient that is too small at its own.

    Functions and equations are judged at other points anyway.
    """
    asked = ready.problem
    if not isinstance(asked, Rayleigh):
        return ready
    rule = asked.quadrature(4 * (experiment.samples or asked.samples))
    quotient = rayleigh(ready.net, rule.x, rule.weights, rule.potential, rule.factor)
    metric = asked.metric
    assert metric is not None
    return replace(
        ready, validate=lambda theta, _: metric(np.atleast_1d(quotient.loss(theta)), np.array([asked.eigenvalue]))
    )


def words(ratio: PairedRatio) -> str:
    """A ratio with its interval."""
    return f"{ratio.ratio:.2g} [{ratio.interval[0]:.2g}, {ratio.interval[1]:.2g}]"


def above(ratios: Mapping[Any, PairedRatio]) -> list[Any]:
    """Whose interval lies above 1."""
    return [name for name, ratio in ratios.items() if ratio.interval[0] > 1]


def beaten(each: Race, names: Sequence[str], to: str | None = None) -> dict[str, bool]:
    """Whether both intervals of a ratio, after equal steps and after equal time, lie above 1."""
    steps, times = above(each.ratios(to=to)), above(each.ratios(to=to, time=True))
    return {name: name in steps and name in times for name in names}


def settled(met: Mapping[Any, bool]) -> Verdict:
    """holds: all are met; fails: none is; holds when: some are."""
    good = sum(met.values())
    return "holds" if good == len(met) else "holds when" if good else "fails"


def change(ratio: PairedRatio) -> str:
    """By how much the second's error is lower or higher than the first's, in per cent."""
    percent = 100 * (1 / ratio.ratio - 1)
    low, high = (100 * (1 / end - 1) for end in reversed(ratio.interval))
    return f"{percent:+.0f} % [{low:+.0f}, {high:+.0f}]"


def logarithms(values: Sequence[float]) -> tuple[float, float, float]:
    """Mean and 95 % interval by Student's t of numbers that are logarithms already."""
    sample = np.asarray(values, dtype=float)
    return (float(sample.mean()), *t_interval(sample, 0.95))
