"""Networks that differ in their activation function alone, compared seed by seed after equal steps and equal time.

Not a chapter: what the measured chapters share. Seconds are those of the processor, of optimisation alone, with one
thread of linear algebra: a machine that is busy with other things counts fewer of them than of the clock's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from importlib import import_module
from math import exp, isfinite, log
from statistics import median
from time import process_time
from typing import Any

import numpy as np

from ratapprox.claims.value import Effort
from ratapprox.networks.experiment import Experiment, prepared
from ratapprox.networks.statistics import PairedRatio, curve, geometric_mean, paired_ratio
from ratapprox.networks.training import train

SEEDS: Mapping[Effort, int] = {"quick": 8, "full": 16}

Errors = Mapping[str, Mapping[int, float]]
"""For each activation function and seed: the error."""


@dataclass(frozen=True, eq=False)
class Course:
    """One network: its error after so many steps and seconds, its parameters at the end (P,), why it stopped."""

    steps: tuple[int, ...]
    seconds: tuple[float, ...]
    errors: tuple[float, ...]
    final: Any
    ending: str

    def after(self, steps: float) -> float:
        """The error after so many steps, its logarithm linear between two measurements; NaN where it diverged."""
        if not all(isfinite(e) and e > 0 for e in self.errors):
            return float("nan")
        return exp(float(np.interp(steps, self.steps, [log(e) for e in self.errors])))


def one_thread() -> AbstractContextManager[Any]:
    """Linear algebra with one thread, where threadpoolctl can see to it."""
    try:
        limits: AbstractContextManager[Any] = import_module("threadpoolctl").threadpool_limits(1)
    except ModuleNotFoundError:
        return nullcontext()
    return limits


def course(like: Experiment, seen: Callable[[Any], None] = lambda theta: None) -> Course:
    """Train the one network of an experiment; seen: told its parameters whenever its error is measured."""
    ready = prepared(like)
    assert ready.problem.metric is not None
    as_error = ready.problem.metric.as_error
    times: list[float] = []
    judging = 0.0

    def validate(theta: Any, member: int) -> float:
        nonlocal judging
        began = process_time()
        times.append(began - start - judging)
        seen(theta)
        value = ready.validate(theta, member)
        judging += process_time() - began
        return value

    with one_thread():
        start = process_time()
        run = train(ready.objective, ready.parameters, ready.optimiser, steps=like.steps, validate=validate)
    (found,) = run.curves
    errors = tuple(as_error(v) if isfinite(v) else float("nan") for v in found.validation)
    times += [times[-1]] * (len(errors) - len(times))  # a network that has diverged is not judged any more
    return Course(found.steps, tuple(times), errors, run.parameters[0], str(run.endings[0]))


def courses(like: Experiment, activations: Sequence[str], seeds: int) -> dict[str, dict[int, Course]]:
    """All of them, seed by seed, so that what disturbs the machine disturbs all activation functions alike."""
    found: dict[str, dict[int, Course]] = {name: {} for name in activations}
    for name in activations:  # compiles what is compiled
        course(replace(like, activation=name, seeds=(0,), steps=1))
    for seed in range(seeds):
        for name in activations:
            found[name][seed] = course(replace(like, activation=name, seeds=(seed,)))
    return found


def after_equal_steps(found: Mapping[str, Mapping[int, Course]]) -> Errors:
    """The last errors."""
    return {name: {seed: each.errors[-1] for seed, each in of.items()} for name, of in found.items()}


def after_equal_time(found: Mapping[str, Mapping[int, Course]]) -> Errors:
    """The errors in the time in which the quickest makes all its steps.

    What a step takes is the median over seeds: steps are alike, and what else the machine did while one of the networks
    was trained decides nothing.
    """
    costs = {name: median(c.seconds[-1] / max(c.steps[-1], 1) for c in of.values()) for name, of in found.items()}
    most = max(c.steps[-1] for of in found.values() for c in of.values())
    steps = {name: most * min(costs.values()) / cost if cost else most for name, cost in costs.items()}
    return {name: {seed: each.after(steps[name]) for seed, each in of.items()} for name, of in found.items()}


def ratios(errors: Errors, under: str, together: int = 1) -> dict[str, PairedRatio]:
    """Each of the others' errors divided by those of `under`; seeds of which one diverged are left out of a pair.

    together: for how many intervals 95 % is the level of all of them (Bonferroni), where one that says so is enough.
    """
    found = {}
    for name in errors:
        if name != under:
            pairs = [s for s in errors[under] if isfinite(errors[name][s]) and isfinite(errors[under][s])]
            over, below = ({s: max(errors[which][s], 1e-300) for s in pairs} for which in (name, under))
            found[name] = paired_ratio(over, below, (name, under), level=1 - 0.05 / together)
    return found


def side(ratio: PairedRatio) -> int:
    """1: the interval lies above 1, -1: below, 0: neither, a tie."""
    low, high = ratio.interval
    return int(low > 1) - int(high < 1)


def line(found: Mapping[str, PairedRatio]) -> str:
    """`relu/rational 12 [6.1, 25]` and so on."""
    return ", ".join(
        f"{r.over}/{r.under} {r.ratio:.3g} [{r.interval[0]:.3g}, {r.interval[1]:.3g}]" for r in found.values()
    )


def means(errors: Errors) -> str:
    """Geometric means with their intervals, a sentence."""
    parts = []
    for name, of in errors.items():
        mean = geometric_mean({s: e for s, e in of.items() if isfinite(e) and e > 0})
        parts.append(f"{name} {mean.value:.3g} [{mean.interval[0]:.2g}, {mean.interval[1]:.2g}]")
    return ", ".join(parts)


def setting(like: Experiment, seeds: int, **more: Any) -> dict[str, Any]:
    """What was done, for the evidence's data."""
    asked = {
        k: v for k, v in like.document().items() if k not in ("activation", "seeds", "seconds", "ridge", "backend")
    }
    return {**asked, "seeds": list(range(seeds)), "threads": 1, "time": "processor seconds", **more}


def planned(like: Mapping[Effort, Experiment], seeds: Mapping[Effort, int] = SEEDS) -> str:
    """The sizes of both experiments, which stand in the claim before they are run."""

    def of(effort: Effort) -> str:
        each = like[effort]
        points = f", {each.samples} points" if each.samples else ""
        widths = "-".join(map(str, each.hidden))
        return f"{effort}: hidden layers {widths}{points}, {each.steps} steps, {seeds[effort]} seeds"

    return "; ".join(of(effort) for effort in like)


def table(errors: Errors) -> dict[str, list[float | None]]:
    """Errors by seed as JSON holds them; None of a network that diverged."""
    return {name: [_short(e) for e in of.values()] for name, of in errors.items()}


def interval(ratio: PairedRatio) -> dict[str, Any]:
    """A ratio as JSON holds it; an end is None where it is beyond doubles."""
    ends = [_short(e) for e in ratio.interval]
    return {"ratio": _short(ratio.ratio), "interval": ends, "p": ratio.p, "pairs": ratio.seeds}


def intervals(found: Mapping[str, PairedRatio]) -> dict[str, Any]:
    return {f"{r.over}/{r.under}": interval(r) for r in found.values()}


def curves(found: Mapping[str, Mapping[int, Course]], points: int = 12) -> dict[str, Any]:
    """Geometric means of the error over steps and over seconds, as far as all seeds go."""
    drawn: dict[str, Any] = {}
    for name, of in found.items():
        sound = [each for each in of.values() if all(isfinite(e) and e > 0 for e in each.errors)]
        for axis in ("steps", "seconds"):
            if len(sound) > 1:
                course_of = curve([getattr(c, axis) for c in sound], [c.errors for c in sound], points=points)
                drawn.setdefault(name, {})[axis] = [_short(float(v)) for v in course_of.at]
                drawn[name][f"error by {axis}"] = [_short(float(v)) for v in course_of.geometric_mean]
    return drawn


def _short(value: float) -> float | None:
    return float(f"{value:.4g}") if isfinite(value) else None
