"""Comparing activation functions over seeds: geometric means, paired ratios, exact tests, curves.

Errors of trained networks range over powers of ten, so all is done on logarithms. Seeds are pairs: two functions
start from the same draw, and only their ratio within a seed is compared.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp, inf, isfinite, log
from sys import float_info

import numpy as np

from ratapprox.networks.curves import Curve as Curve
from ratapprox.networks.curves import curve as curve
from ratapprox.networks.intervals import bca_interval, t_interval
from ratapprox.networks.signed_ranks import signed_rank_p

Values = Mapping[int, float] | Sequence[float]
"""A metric by seed, or in the order of the seeds 0, 1, 2, …"""


@dataclass(frozen=True)
class GeometricMean:
    """exp of the mean logarithm, with two intervals for the geometric mean of all seeds.

    interval: Student's t on the logarithms, exact where they are Gaussian. bootstrap: bias-corrected and accelerated
    (BCa) with `resamples` resamples, too narrow for few seeds. spread: a factor, exp of the standard deviation of the
    logarithms.
    """

    value: float
    interval: tuple[float, float]
    bootstrap: tuple[float, float]
    spread: float
    seeds: int
    level: float
    resamples: int

    def __repr__(self) -> str:
        a, b = self.interval
        return f"GeometricMean {self.value:.3g} [{a:.3g}, {b:.3g}], {self.level:.0%} t on logs, {self.seeds} seeds"


@dataclass(frozen=True)
class PairedRatio:
    """How many times larger one metric is than another, seed by seed.

    ratio: the geometric mean of over/under. interval, bootstrap, spread: as those of `GeometricMean`. p: two-sided, of
    the exact signed-rank test that the logarithms of the ratios are symmetric about 0. smallest_p: the smallest that
    so many seeds can give.
    """

    over: str
    under: str
    ratio: float
    interval: tuple[float, float]
    bootstrap: tuple[float, float]
    spread: float
    p: float
    smallest_p: float
    seeds: int
    level: float
    resamples: int

    def __repr__(self) -> str:
        a, b = self.interval
        return (
            f"PairedRatio {self.over}/{self.under} {self.ratio:.3g} [{a:.3g}, {b:.3g}], {self.level:.0%} t on logs, "
            f"p = {self.p:.2g}, {self.seeds} seeds"
        )


def geometric_mean(
    values: Values, level: float = 0.95, resamples: int = 10_000, bootstrap_seed: int = 0
) -> GeometricMean:
    """The geometric mean of a positive metric over seeds, with its intervals.

    Raises ValueError for fewer than 2 seeds, and for a value that is zero, negative, infinite or NaN.

    >>> geometric_mean([1e-4, 1e-5, 1e-6])
    GeometricMean 1e-05 [3.28e-08, 0.00305], 95% t on logs, 3 seeds
    """
    logs = np.log(_positive(_members("the metric", values)))
    return GeometricMean(
        _exp(logs.mean()),
        _raised(t_interval(logs, level)),
        _raised(bca_interval(logs, level, resamples, bootstrap_seed)),
        _exp(logs.std(ddof=1)),
        len(logs),
        level,
        resamples,
    )


def paired_ratio(
    over: Values,
    under: Values,
    names: tuple[str, str] = ("over", "under"),
    level: float = 0.95,
    resamples: int = 10_000,
    bootstrap_seed: int = 0,
) -> PairedRatio:
    """The geometric mean of over/under within each seed, with its intervals and an exact p.

    Values by seed are paired by seed, sequences by position. Raises ValueError for fewer than 2 seeds, for seeds or
    lengths that differ, and for a value that is zero, negative, infinite or NaN.

    >>> paired_ratio([2e-3, 3e-3, 6e-3, 8e-3], [1e-4, 1e-4, 2e-4, 1e-4], names=("relu", "rational"))
    PairedRatio relu/rational 34.6 [13.6, 88.6], 95% t on logs, p = 0.12, 4 seeds
    """
    first, second = (_members(name, values) for name, values in zip(names, (over, under), strict=True))
    if first.keys() != second.keys():
        apart = sorted(first.keys() ^ second.keys())
        raise ValueError(
            f"{names[0]} and {names[1]} must have the same seeds to be paired, "
            f"but only one of them has {', '.join(map(str, apart[:5]))}"
        )
    logs = np.log(_positive(first)) - np.log(_positive({seed: second[seed] for seed in first}))
    return PairedRatio(
        *names,
        _exp(logs.mean()),
        _raised(t_interval(logs, level)),
        _raised(bca_interval(logs, level, resamples, bootstrap_seed)),
        _exp(logs.std(ddof=1)),
        signed_rank_p(logs),
        2.0 ** (1 - len(logs)),
        len(logs),
        level,
        resamples,
    )


@dataclass(frozen=True)
class Adjusted:
    """One of several claims that were tested together: its own p, and the p that allows for the others."""

    name: str
    p: float
    adjusted: float
    level: float

    @property
    def significant(self) -> bool:
        """Whether "no effect" is rejected, with a chance of at most `level` that any such rejection here is wrong."""
        return self.adjusted <= self.level

    def __repr__(self) -> str:
        verdict = "significant" if self.significant else "not significant"
        return f"Adjusted {self.name}: p = {self.p:.2g}, {self.adjusted:.2g} by Holm, {verdict} at {self.level:g}"


def holm(p: Mapping[str, float], level: float = 0.05) -> tuple[Adjusted, ...]:
    """Holm's step-down adjustment of the p of several claims, in the given order.

    The k-th smallest of m is multiplied by m - k + 1, then made at least as large as those before it and at most 1.
    The chance that any true null hypothesis is rejected is at most `level`, whatever the claims have to do with each
    other. Raises ValueError for a p outside [0, 1] or no claim.

    >>> for claim in holm({"tanh": 0.01, "sine": 0.04, "relu": 0.03}):
    ...     print(claim)
    Adjusted tanh: p = 0.01, 0.03 by Holm, significant at 0.05
    Adjusted sine: p = 0.04, 0.06 by Holm, not significant at 0.05
    Adjusted relu: p = 0.03, 0.06 by Holm, not significant at 0.05
    """
    if not p:
        raise ValueError("there is no claim to adjust: give at least one p")
    if not 0 < level < 1:
        raise ValueError(f"a level is between 0 and 1, such as 0.05, not {level!r}")
    for name, value in p.items():
        if not 0 <= value <= 1:
            raise ValueError(f"the p of {name} is {value!r}, which is no probability")
    adjusted: dict[str, float] = {}
    largest = 0.0
    for k, (name, value) in enumerate(sorted(p.items(), key=lambda claim: claim[1])):
        largest = max(largest, min(1.0, (len(p) - k) * value))
        adjusted[name] = largest
    return tuple(Adjusted(name, float(value), float(adjusted[name]), level) for name, value in p.items())


def _exp(logarithm: float) -> float:
    """exp, infinite where it is beyond doubles: two seeds far apart leave the upper end open."""
    return exp(logarithm) if logarithm < log(float_info.max) else inf


def _raised(interval: tuple[float, float]) -> tuple[float, float]:
    return _exp(interval[0]), _exp(interval[1])


def _members(name: str, values: Values) -> dict[int, float]:
    members = dict(values) if isinstance(values, Mapping) else dict(enumerate(values))
    if len(members) < 2:
        raise ValueError(f"{name} has {len(members)} seed{'s' * (len(members) != 1)}: a spread needs at least 2")
    return {seed: float(value) for seed, value in members.items()}


def _positive(members: Mapping[int, float]) -> np.ndarray:
    for seed, value in members.items():
        if not (isfinite(value) and value > 0):
            raise ValueError(
                f"seed {seed} has the value {value!r}, which has no logarithm: count a run that diverged by an agreed "
                "value, or leave its seed out for every activation function, and report which"
            )
    return np.array(list(members.values()))
