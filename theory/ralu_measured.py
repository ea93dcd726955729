"""RaLU in training: where α goes, and what it brings.

What its formula decides stands in the chapters on RaLU and on its promises, what an element costs in that on speed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np

from ratapprox.claims import Evidence, claim, measured
from ratapprox.claims.value import Effort, Verdict
from ratapprox.networks.experiment import Experiment, prepared
from ratapprox.networks.statistics import PairedRatio

from ._paired import (
    SEEDS,
    Course,
    after_equal_steps,
    after_equal_time,
    course,
    curves,
    intervals,
    line,
    planned,
    ratios,
    setting,
    side,
    table,
)
from .ralu import SOURCE

LEARNABLE = r"$`\alpha (\in \mathbb{R})`$ is a learnable parameter."
BEST = "It has a parameter so that it can form the best possible shape for each unit or layer."
MONOTONE = r"* $`0 \le \alpha \le 9`$ gives a monotonic increasing function."
LEVEL = "intervals of 98.3 % for each problem, of 95 % for all three"
PROBLEMS = ("kdv", "entire", "absolute")
LIKE: Mapping[Effort, Experiment] = {
    "quick": Experiment(
        "", "ralu", (), (16, 16), "adam", 300, samples=256, validation=1000, rate=1e-2, schedule="cosine"
    ),
    "full": Experiment(
        "", "ralu", (), (24, 24, 24), "adam", 800, samples=512, validation=2000, rate=1e-2, schedule="cosine"
    ),
}
LBFGS: Mapping[Effort, int] = {"quick": 100, "full": 200}
"""Steps of the other method."""
PLANNED = f"steps of Adam; {planned(LIKE)}"
STARTS = {"0.5": "x*(x**2 + a - 1/2)/(x**2 + 1)", "4": "ralu", "8": "x*(x**2 + a + 7)/(x**2 + 1)"}
"""α where training begins. Coefficients of an expression begin at 1: a shifted one has the gradients of α itself."""
SHIFTS = {"0.5": -0.5, "4": 0.0, "8": 7.0}
KINDS: Mapping[str, Mapping[str, Any]] = {
    "one for each layer": {"sharing": "layer"},
    "one for each unit": {"sharing": "neuron"},
    "fixed at 4": {"sharing": "layer", "trainable": False},
}

# -- paths of α --------------------------------------------------------------------------------------------------------


def followed(like: Experiment) -> tuple[Course, list[list[np.ndarray]]]:
    """A training, and α (units or 1) of each hidden layer at every recorded step."""
    net, paths = prepared(like).net, []
    ran = course(
        like, lambda theta: paths.append([layer.coefficients[:, 0].copy() for layer in net.layers(theta)[:-1]])
    )
    return ran, paths


def by(effort: Effort, optimiser: str) -> Experiment:
    if optimiser == "adam":
        return LIKE[effort]
    return replace(LIKE[effort], optimiser=optimiser, steps=LBFGS[effort], schedule="constant")


@cache
def runs(
    effort: Effort, optimiser: str = "adam"
) -> dict[str, dict[str, dict[int, tuple[Course, list[list[np.ndarray]]]]]]:
    """By problem, by kind of α, by seed; the kinds in turn for each seed."""
    found: dict[str, Any] = {}
    for name in PROBLEMS:
        for how in KINDS.values():  # compiles what is compiled
            course(replace(by(effort, optimiser), problem=name, seeds=(0,), steps=1, **how))
        found[name] = {kind: {} for kind in KINDS}
        for seed in range(SEEDS[effort]):
            for kind, how in KINDS.items():
                found[name][kind][seed] = followed(replace(by(effort, optimiser), problem=name, seeds=(seed,), **how))
    return found


def ends(effort: Effort, kind: str, optimiser: str = "adam") -> dict[str, list[np.ndarray]]:
    """α at the end: by problem, for each seed and layer."""
    return {
        name: [a for _, paths in of[kind].values() for a in paths[-1]] for name, of in runs(effort, optimiser).items()
    }


def sizes(effort: Effort) -> str:
    like = LIKE[effort]
    return (
        f"{', '.join(PROBLEMS)}; hidden layers {'-'.join(map(str, like.hidden))}, {like.samples} points, {like.steps} "
        f"steps of Adam, rate {like.rate:g} with a cosine, float64, {SEEDS[effort]} paired seeds, α = 4 at the start"
    )


def quantiles(values: np.ndarray) -> list[float]:
    return [float(f"{v:.4g}") for v in np.quantile(values, [0, 0.25, 0.5, 0.75, 1])]


@claim(
    "ralu_measured.paths",
    "Training moves the α of every layer, and where each unit has one, of every unit, and the units of a layer apart",
    source=SOURCE,
    kind="measured",
    rows=["C9"],
    quotes=[LEARNABLE],
    assumptions=["refuted by one α that is where it began, or one layer all of whose units have the same α", PLANNED],
)
def paths(effort: Effort = "quick") -> Evidence:
    """The paths are in the data: of each layer, and quartiles of the units of each layer."""
    layers, units = (ends(effort, kind) for kind in ("one for each layer", "one for each unit"))
    every = np.concatenate([a for of in (layers, units) for each in of.values() for a in each])
    other = np.concatenate([a for each in ends(effort, "one for each unit", "lbfgs").values() for a in each])
    moves = np.abs(every - 4)
    spreads = [float(np.ptp(a)) for each in units.values() for a in each]
    return measured(
        bool((moves > 0).all()) and min(spreads) > 0,
        f"the least move of {every.size} is {moves.min():.2g}, the median {np.median(moves):.2g}; "
        f"within a layer the units' α end {min(spreads):.2g} to {max(spreads):.2g} apart",
        sizes(effort),
        *(
            f"{name}: α at the end, one for each layer: quartiles {quantiles(np.concatenate(layers[name]))}, "
            f"one for each unit: {quantiles(np.concatenate(units[name]))}"
            for name in PROBLEMS
        ),
        f"after {LBFGS[effort]} steps of L-BFGS instead, the median move of a unit's α is "
        f"{np.median(np.abs(other - 4)):.2g}, the largest {np.abs(other - 4).max():.2g}",
        setting=setting(LIKE[effort], SEEDS[effort], problems=list(PROBLEMS)),
        paths={name: _paths(of) for name, of in runs(effort).items()},
    )


def _paths(of: Mapping[str, Mapping[int, tuple[Course, list[list[np.ndarray]]]]]) -> dict[str, Any]:
    """About eight steps of each path."""
    found: dict[str, Any] = {}
    ran, every = of["one for each layer"][0]
    places = sorted({int(k) for k in np.linspace(0, len(every) - 1, 8)})
    found["steps"] = [ran.steps[k] for k in places]
    found["by layer"] = {
        f"seed {seed}": [[float(f"{p[k][layer][0]:.4g}") for k in places if k < len(p)] for layer in range(len(p[0]))]
        for seed, (_, p) in of["one for each layer"].items()
    }
    p = of["one for each unit"][0][1]
    found["by unit, seed 0, quartiles"] = [
        [quantiles(p[k][layer]) for k in places if k < len(p)] for layer in range(len(p[0]))
    ]
    return found


@claim(
    "ralu_measured.stays_increasing",
    "The trained α stay from 0 to 9, where RaLU is increasing",
    source=SOURCE,
    kind="measured",
    rows=["C9"],
    quotes=[LEARNABLE, MONOTONE],
    assumptions=["refuted by one trained α outside", f"{PLANNED}; nothing in the formula keeps α there"],
)
def stays_increasing(effort: Effort = "quick") -> Evidence:
    shares, counts = {}, {}
    for kind in ("one for each layer", "one for each unit"):
        every = np.concatenate([a for each in ends(effort, kind).values() for a in each])
        out = (every < 0) | (every > 9)
        shares[kind], counts[kind] = f"{out.sum()} of {every.size}", int(out.sum())
    return measured(
        not any(counts.values()),
        f"outside: {', '.join(f'{share} with {kind}' for kind, share in shares.items())}",
        sizes(effort),
        *(
            f"{kind}: from {min(every):.3g} to {max(every):.3g}"
            for kind in counts
            for every in [np.concatenate([a for each in ends(effort, kind).values() for a in each])]
        ),
        outside=shares,
        setting=setting(LIKE[effort], SEEDS[effort], problems=list(PROBLEMS)),
    )


# -- what α brings -----------------------------------------------------------------------------------------------------


def compared(effort: Effort, over: str, under: str) -> tuple[Verdict, str, list[str], dict[str, Any]]:
    """Whether `under` has the smaller errors on each problem, after the same steps of Adam; L-BFGS beside it."""

    def pair(optimiser: str) -> dict[str, dict[str, dict[int, Course]]]:
        every = runs(effort, optimiser)
        return {n: {k: {s: c for s, (c, _) in every[n][k].items()} for k in (over, under)} for n in PROBLEMS}

    of = pair("adam")
    steps = {n: ratios(after_equal_steps(each), under, len(PROBLEMS)) for n, each in of.items()}
    timed = {n: ratios(after_equal_time(each), under, len(PROBLEMS)) for n, each in of.items()}
    other = {n: ratios(after_equal_steps(each), under, len(PROBLEMS)) for n, each in pair("lbfgs").items()}
    better = [n for n in PROBLEMS if side(steps[n][over]) > 0]
    verdict: Verdict = "holds" if len(better) == len(PROBLEMS) else "holds when" if better else "fails"
    lines = [f"{n}: {line(steps[n])}; after equal processor time {line(timed[n])}" for n in PROBLEMS]
    lines += [f"after {LBFGS[effort]} steps of L-BFGS instead: {'; '.join(f'{n}: {line(other[n])}' for n in PROBLEMS)}"]
    data = {
        "setting": setting(LIKE[effort], SEEDS[effort], problems=list(PROBLEMS)),
        "errors": {n: table(after_equal_steps(each)) for n, each in of.items()},
        "ratios": {n: intervals(each) for n, each in steps.items()},
        "ratios_after_equal_time": {n: intervals(each) for n, each in timed.items()},
        "ratios_by_lbfgs": {n: intervals(each) for n, each in other.items()},
        "curves": {n: curves(each, 6) for n, each in of.items()},
    }
    return verdict, f"smaller on {', '.join(better) or 'none'} of {', '.join(PROBLEMS)}", lines, data


@claim(
    "ralu_measured.learned_is_better",
    "A network that learns one α for each layer has a smaller error than one whose α stay 4, after equal steps",
    source=SOURCE,
    kind="measured",
    rows=["C9"],
    quotes=[LEARNABLE, BEST],
    assumptions=[
        "refuted on a problem where the interval of the ratio, fixed to learned, reaches down to 1",
        LEVEL,
        PLANNED,
    ],
    expected="holds when",
    quick="fails",
)
def learned_is_better(effort: Effort = "quick") -> Evidence:
    verdict, says, lines, data = compared(effort, "fixed at 4", "one for each layer")
    return measured(verdict, says, sizes(effort), *lines, **data)


@claim(
    "ralu_measured.units_are_better",
    "A network that learns one α for each unit has a smaller error than one that learns one for each layer, after "
    "equal steps",
    source=SOURCE,
    kind="measured",
    rows=["C9"],
    quotes=[BEST],
    assumptions=[
        "refuted on a problem where the interval of the ratio, layers to units, reaches down to 1",
        LEVEL,
        PLANNED,
    ],
    expected="fails",
)
def units_are_better(effort: Effort = "quick") -> Evidence:
    verdict, says, lines, data = compared(effort, "one for each layer", "one for each unit")
    return measured(verdict, says, sizes(effort), *lines, **data)


@claim(
    "ralu_measured.best_shape",
    "Training finds the best α of each layer: it ends at the same values, within a tenth, wherever it begins",
    source=SOURCE,
    kind="measured",
    rows=["C9"],
    quotes=[BEST],
    assumptions=["refuted if in half of the layers or more the α from 0.5, 4 and 8 end farther apart", PLANNED],
    expected="fails",
)
def best_shape(effort: Effort = "quick") -> Evidence:
    """The same weights and points, other α at the start."""
    apart: list[np.ndarray] = []
    errors: dict[str, dict[int, float]] = {start: {} for start in STARTS}
    found: dict[str, list[list[float]]] = {start: [] for start in STARTS}
    like = replace(LIKE[effort], problem="kdv")
    for seed in range(SEEDS[effort]):
        last = {}
        for start, formula in STARTS.items():
            ran, path = followed(replace(like, activation=formula, seeds=(seed,)))
            errors[start][seed] = ran.errors[-1]
            last[start] = np.concatenate(path[-1]) + SHIFTS[start]
            found[start].append([float(f"{a:.4g}") for a in last[start]])
        apart.append(np.ptp(list(last.values()), axis=0) / np.abs(list(last.values())).max(axis=0))
    share = float((np.concatenate(apart) > 0.1).mean())
    by_start: dict[str, PairedRatio] = ratios(errors, "4")
    return measured(
        share < 0.5,
        f"in {share:.0%} of {np.concatenate(apart).size} layers the three ends are more than a tenth of the largest "
        f"apart, the median {np.median(np.concatenate(apart)):.0%}",
        f"kdv; hidden layers {'-'.join(map(str, like.hidden))}, {like.samples} points, {like.steps} steps of Adam, "
        f"rate {like.rate:g} with a cosine, float64, {SEEDS[effort]} paired seeds",
        f"errors by where α begins, as multiples of those from 4: {line(by_start)}",
        ends=found,
        ratios=intervals(by_start),
        errors=table(errors),
        setting=setting(like, SEEDS[effort]),
    )
