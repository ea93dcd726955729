"""What a sweep over activation functions and seeds has shown: geometric means, paired ratios, curves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp, isfinite
from typing import Any, NamedTuple

import numpy as np

from ratapprox.networks.experiment import Experiment
from ratapprox.networks.statistics import Curve, GeometricMean, PairedRatio, curve, geometric_mean, holm, paired_ratio
from ratapprox.networks.sweep import Answer, Fate

__all__ = ["Comparison", "Entry", "Equal", "compare", "experiments"]


@dataclass(frozen=True)
class Entry:
    """What is known of one activation function.

    errors: by seed, of the networks that have ended and did not diverge. mean: over them; None where there is none,
    and then `reason` says why. diverged: the seeds of the others. histories: by seed, as `experiment.summary` has them.
    """

    activation: str
    parameters: int | None
    errors: Mapping[int, float]
    validation: Mapping[int, float | None]
    endings: Mapping[int, str]
    histories: Mapping[int, Mapping[str, Any]]
    mean: GeometricMean | None
    reason: str = ""

    @property
    def diverged(self) -> tuple[int, ...]:
        """The seeds whose networks have no finite error."""
        return tuple(sorted(set(self.endings) - set(self.errors)))

    def curve(self, axis: str) -> Curve | None:
        """The course of the error over "steps" or "seconds"; None where fewer than 2 seeds have one."""
        found = [_usable(history, axis) for history in self.histories.values()]
        found = [(at, values) for at, values in found if len(at) > 1]
        if len(found) < 2:
            return None
        try:
            return curve([at for at, _ in found], [values for _, values in found])
        except ValueError:  # histories that do not overlap
            return None


class Equal(NamedTuple):
    """Where on an axis, and the geometric mean of each entry there."""

    at: float
    means: tuple[float, ...]


@dataclass(frozen=True)
class Comparison:
    """The entries in the order asked for; the ratio of each to the first, with the p that allows for all of them.

    failures: what did not end. repeated: what ended at a later attempt, because a process had died.
    """

    metric: str
    entries: tuple[Entry, ...]
    ratios: tuple[PairedRatio, ...]
    adjusted: tuple[float, ...]
    failures: tuple[Answer, ...]
    repeated: tuple[Answer, ...] = ()

    def equal(self, axis: str) -> Equal | None:
        """All entries at the same number of "steps" or "seconds": the last that every network has reached.

        None where that is the end of every network, to a tenth, so that the means say it already; where an entry has no
        curve; and where it is less than a quarter of a second, which says nothing about how quick a method is.
        """
        curves = [entry.curve(axis) for entry in self.entries]
        ends = [(float(c.at[-1]), c.longest) for c in curves if c is not None]
        if len(ends) < max(2, len(curves)):
            return None
        at = min(end for end, _ in ends)
        if max(longest for _, longest in ends) <= 1.1 * at or (axis == "seconds" and at < 0.25):
            return None
        means = [exp(np.interp(at, c.at, np.log(c.geometric_mean))) for c in curves if c is not None]
        return Equal(at, tuple(means))

    @property
    def complete(self) -> bool:
        """Whether every network that was asked for has ended."""
        return not self.failures

    def document(self) -> dict[str, Any]:
        """The part of "ratapprox/run/1" that is known here; what does not exist is None."""
        return {
            "metric": self.metric,
            "activations": {entry.activation: _entry_document(entry) for entry in self.entries},
            "ratios": [
                {
                    "over": ratio.over,
                    "under": ratio.under,
                    "ratio": ratio.ratio,
                    "interval": list(ratio.interval),
                    "p": ratio.p,
                    "p_holm": adjusted,
                    "smallest_p": ratio.smallest_p,
                    "seeds": ratio.seeds,
                }
                for ratio, adjusted in zip(self.ratios, self.adjusted, strict=True)
            ],
            "failures": [
                {
                    "activation": answer.config["activation"],
                    "seeds": list(answer.config["seeds"]),
                    "fate": str(answer.fate),
                    "error": answer.error,
                }
                for answer in self.failures
            ],
            "complete": self.complete,
        }


def experiments(like: Experiment, activations: Mapping[str, Any], seeds: Sequence[int]) -> list[dict[str, Any]]:
    """The documents of all trainings: activation functions with their initialisations, times seeds.

    Adam steps all seeds as one; the other methods one network at a time, each an experiment of its own.
    """
    groups = [tuple(seeds)] if like.optimiser == "adam" else [(seed,) for seed in seeds]
    return [
        {**like.document(), "activation": name, "init": init, "seeds": list(group)}
        for group in groups
        for name, init in activations.items()
    ]


def compare(answers: Sequence[Answer], metric: str) -> Comparison:
    """What the answers of a sweep over `experiments` show.

    Only seeds that both of two activation functions have brought to an end without diverging are paired.
    """
    names = list(dict.fromkeys(answer.config["activation"] for answer in answers))
    good = [answer for answer in answers if answer.fate in (Fate.DONE, Fate.SKIPPED)]
    entries = tuple(_entry(name, [a for a in good if a.config["activation"] == name]) for name in names)
    ratios = [ratio for entry in entries[1:] if (ratio := _ratio(entry, entries[0])) is not None]
    adjusted = [each.adjusted for each in holm({ratio.over: ratio.p for ratio in ratios})] if ratios else []
    failures = tuple(answer for answer in answers if answer.fate in (Fate.FAILED, Fate.INTERRUPTED))
    repeated = tuple(answer for answer in good if answer.attempts > 1)
    return Comparison(metric, entries, tuple(ratios), tuple(adjusted), failures, repeated)


def _entry(name: str, answers: Sequence[Answer]) -> Entry:
    errors: dict[int, float] = {}
    validation: dict[int, float | None] = {}
    endings: dict[int, str] = {}
    histories: dict[int, Mapping[str, Any]] = {}
    parameters = None
    for answer in answers:
        value = answer.value
        assert value is not None
        parameters = value["parameters"]
        for k, seed in enumerate(answer.config["seeds"]):
            endings[seed], histories[seed] = value["endings"][k], value["curves"][k]
            validation[seed] = value["validation"][k]
            if value["error"][k] is not None:
                errors[seed] = value["error"][k]
    mean, reason = None, ""
    try:
        mean = geometric_mean(errors)
    except ValueError as found:
        reason = str(found)
    return Entry(name, parameters, errors, validation, endings, histories, mean, reason)


def _ratio(over: Entry, under: Entry) -> PairedRatio | None:
    shared = sorted(over.errors.keys() & under.errors.keys())
    try:
        return paired_ratio(
            {seed: over.errors[seed] for seed in shared},
            {seed: under.errors[seed] for seed in shared},
            (over.activation, under.activation),
        )
    except ValueError:  # fewer than two pairs, or an error of 0: the entries say so
        return None


def _usable(history: Mapping[str, Any], axis: str) -> tuple[list[float], list[float]]:
    """The history up to the first value without a logarithm, at places that increase."""
    at: list[float] = []
    values: list[float] = []
    for place, value in zip(history[axis], history["error"], strict=True):
        if value is None or not value > 0 or not isfinite(value):
            break
        if not at or place > at[-1]:
            at.append(float(place))
            values.append(float(value))
    return at, values


def _entry_document(entry: Entry) -> dict[str, Any]:
    seeds = sorted(entry.endings)
    mean = entry.mean
    return {
        "geometric_mean": mean and mean.value,
        "interval": mean and list(mean.interval),
        "bootstrap": mean and list(mean.bootstrap),
        "reason": entry.reason or None,
        "parameters": entry.parameters,
        "seeds": seeds,
        "errors": [entry.errors.get(seed) for seed in seeds],
        "validation": [entry.validation[seed] for seed in seeds],
        "endings": [entry.endings[seed] for seed in seeds],
        "diverged": list(entry.diverged),
        "curves": [entry.histories[seed] for seed in seeds],
    }
