"""Regression: rational networks beside ReLU, tanh and sine networks of the same widths, after equal steps and time.

All networks of one seed begin with the same weights and see the same points. Seconds are those of the processor:
rational and ReLU layers are compiled here, tanh and sine are NumPy's, so equal time compares programs as well as
functions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from ratapprox.claims import Evidence, claim, measured
from ratapprox.claims.value import Effort, Verdict
from ratapprox.networks.experiment import Experiment
from ratapprox.networks.statistics import PairedRatio

from ._paired import (
    SEEDS,
    Course,
    Errors,
    after_equal_steps,
    after_equal_time,
    courses,
    curves,
    intervals,
    line,
    means,
    planned,
    ratios,
    setting,
    side,
    table,
)

PAGE = "Oxford page on rational neural networks (2021)"
PAPER = f"{PAGE}; Boullé, Nakatsukasa, Townsend (2020)"
FIGURE = (
    "Figure 2. Two-dimensional function learned by a rational neural network (left) and loss function during training "
    "compared with standard architecture (right)."
)
SUITED = (
    "Rational neural networks are particularly suited for regression problems due to the smoothness and approximation "
    "power of rational functions (see fig 2)."
)
FEWER = (
    "These type of networks have been proven to have higher approximation power than state-of-the-art neural network "
    "architectures, which means that they can tackle a variety of deep learning problems with fewer number of "
    "trainable parameters."
)
COST = "The computational cost of training a neural network depends on its total number of parameters."

# -- Figure 2 ----------------------------------------------------------------------------------------------------------

OTHERS = ("relu", "tanh", "sine")
KDV: Mapping[Effort, Experiment] = {
    "quick": Experiment("kdv", "", (), (20, 20, 20), "lbfgs", steps=150, samples=800, validation=2000),
    "full": Experiment("kdv", "", (), (32, 32, 32), "lbfgs", steps=300, samples=1500, validation=4000),
}


@cache
def solution(effort: Effort) -> dict[str, dict[int, Course]]:
    return courses(KDV[effort], ("rational", *OTHERS), SEEDS[effort])


def beside(errors: Errors, effort: Effort, says: str) -> Evidence:
    """Holds if the interval of every other's error over the rational network's lies above 1."""
    found, like, runs = ratios(errors, "rational"), KDV[effort], solution(effort)
    better = [name for name, ratio in found.items() if side(ratio) > 0]
    ended = "better than all of them" if len(better) == len(found) else f"better than {', '.join(better) or 'none'}"
    hidden = "-".join(map(str, like.hidden))
    sizes = {name: len(of[0].final) for name, of in runs.items()}
    return measured(
        len(better) == len(found),
        f"{says}, mean squared errors as multiples of the rational network's: {line(found)}: {ended}",
        f"2-{hidden}-1 networks, {sizes['rational']} parameters against {sizes['relu']}, {like.samples} points, "
        f"L-BFGS, float64, {SEEDS[effort]} paired seeds, Xavier weights; 95 % t intervals on logarithms",
        f"geometric means at {like.validation} other points: {means(errors)}",
        "Figure 2, the learned function and the curves: ratapprox train kdv --activation rational,relu,tanh,sine "
        f"--widths {','.join(map(str, like.hidden))} --samples {like.samples} --steps {like.steps} "
        f"--seeds {SEEDS[effort]} -o runs/kdv --picture learned.png --plot curves.svg",
        setting=setting(like, SEEDS[effort], parameters=sizes),
        errors=table(errors),
        ratios=intervals(found),
        curves=curves(runs),
        endings={name: [c.ending for c in of.values()] for name, of in runs.items()},
    )


@claim(
    "regression.kdv_steps",
    "After equally many steps of L-BFGS a rational (3, 2) network has a smaller error at other points of the "
    "Korteweg–de Vries solution than the ReLU, tanh and sine networks of the same widths",
    source=PAPER,
    kind="measured",
    rows=["A6", "A7"],
    quotes=[FIGURE, SUITED],
    assumptions=[
        "refuted if the interval of any ratio, of another's error to the rational one's, reaches down to 1",
        planned(KDV),
    ],
)
def kdv_steps(effort: Effort = "quick") -> Evidence:
    """Equal steps."""
    return beside(after_equal_steps(solution(effort)), effort, f"after {KDV[effort].steps} steps")


@claim(
    "regression.kdv_time",
    "After equal processor time a rational (3, 2) network has a smaller error at other points of the Korteweg–de Vries "
    "solution than the ReLU, tanh and sine networks of the same widths",
    source=PAPER,
    kind="measured",
    rows=["A6"],
    quotes=[FIGURE],
    assumptions=[
        "refuted if the interval of any ratio reaches down to 1",
        "the time ends when the quickest has made all of its steps; what a step takes is the median over seeds",
        "tanh and sine are NumPy's, rational and ReLU layers are compiled",
        planned(KDV),
    ],
)
def kdv_time(effort: Effort = "quick") -> Evidence:
    """Equal time, from the same runs."""
    runs = solution(effort)
    spent = {name: sum(c.seconds[-1] for c in of.values()) / len(of) for name, of in runs.items()}
    words = ", ".join(f"{name} {seconds:.2g} s" for name, seconds in spent.items())
    return beside(
        after_equal_time(runs), effort, f"after equal time (all {KDV[effort].steps} steps would take {words})"
    )


# -- kinds of targets --------------------------------------------------------------------------------------------------

TARGETS = {
    "entire": "smooth",
    "runge": "smooth",
    "absolute": "kinked",
    "zigzag": "kinked",
    "noisy": "noisy",
}
CURVES: Mapping[Effort, Experiment] = {
    "quick": Experiment("", "", (), (16, 16), "lbfgs", steps=200, samples=128, validation=1000),
    "full": Experiment("", "", (), (32, 32), "lbfgs", steps=400, samples=256, validation=2048),
}
NARROW: Mapping[Effort, tuple[int, ...]] = {"quick": (8, 8), "full": (16, 16)}
RIVALS = ("relu", "tanh")


@cache
def on_targets(effort: Effort, narrow: bool) -> dict[str, dict[str, dict[int, Course]]]:
    """The runs by target; narrow: only rational networks, of half the width."""
    like = replace(CURVES[effort], hidden=NARROW[effort]) if narrow else CURVES[effort]
    names = ("rational",) if narrow else ("rational", *RIVALS)
    return {target: courses(replace(like, problem=target), names, SEEDS[effort]) for target in TARGETS}


def judged(found: Mapping[str, dict[str, PairedRatio]]) -> tuple[dict[str, str], Verdict]:
    """For each target "better", "worse" or "tied" against the best of the rivals; and the verdict on all of them."""
    words = {1: "better", 0: "tied", -1: "worse"}
    ends = {target: words[min(side(r) for r in of.values())] for target, of in found.items()}
    better = sum(end == "better" for end in ends.values())
    return ends, "holds" if better == len(ends) else "holds when" if better else "fails"


def told(found: Mapping[str, dict[str, PairedRatio]], effort: Effort, errors: dict[str, Any], sizes: Any) -> Evidence:
    ends, verdict = judged(found)
    groups = {
        end: ", ".join(f"{t} ({TARGETS[t]})" for t, e in ends.items() if e == end)
        for end in ("better", "tied", "worse")
    }
    like = CURVES[effort]
    return measured(
        verdict,
        "; ".join(f"{end} on {names}" for end, names in groups.items() if names) + ", beside the best of the others",
        f"parameters: {', '.join(f'{name} {size}' for name, size in sizes.items())}; {like.samples} points, "
        f"{like.steps} steps of L-BFGS, {SEEDS[effort]} paired seeds; 95 % t intervals on logarithms of relative L2 "
        "errors",
        *(f"{target}, {TARGETS[target]}: {line(of)}" for target, of in found.items()),
        setting=setting(like, SEEDS[effort], narrow=list(NARROW[effort]), parameters=sizes),
        errors=errors,
        ratios={target: intervals(of) for target, of in found.items()},
        verdicts=ends,
    )


@claim(
    "regression.targets",
    "A rational network has a smaller error than the ReLU and tanh networks of the same widths after the same steps, "
    "whatever the function of one variable: smooth, kinked or seen through noise",
    source=PAPER,
    kind="measured",
    rows=["A7"],
    quotes=[SUITED],
    assumptions=[
        "refuted on a target where the interval of another's error over the rational one's reaches down to 1",
        planned(CURVES),
    ],
    expected="holds when",
)
def targets(effort: Effort = "quick") -> Evidence:
    """Equal widths and steps; the equal-time ratios stand beside them in the data."""
    runs = on_targets(effort, False)
    errors = {target: after_equal_steps(of) for target, of in runs.items()}
    timed = {target: ratios(after_equal_time(of), "rational") for target, of in runs.items()}
    sizes = {name: len(of[0].final) for name, of in runs["entire"].items()}
    found = told({t: ratios(e, "rational") for t, e in errors.items()}, effort, _tables(errors), sizes)
    return measured(
        found.verdict,
        found.says,
        *found.steps,
        f"after equal processor time instead: {'; '.join(f'{t}: {line(of)}' for t, of in timed.items())}",
        **found.data,
        ratios_after_equal_time={t: intervals(of) for t, of in timed.items()},
        curves={t: curves(of, 6) for t, of in runs.items()},
    )


@claim(
    "regression.fewer_parameters",
    "A rational network of half the width, a third of the parameters, has a smaller error than the ReLU and tanh "
    "networks after the same steps, whatever the function of one variable: smooth, kinked or seen through noise",
    source=PAPER,
    kind="measured",
    rows=["A7"],
    quotes=[FEWER, COST],
    assumptions=[
        "refuted on a target where the interval of another's error over the rational one's reaches down to 1",
        f"{planned(CURVES)}; rational networks of half the width",
    ],
    expected="holds when",
)
def fewer_parameters(effort: Effort = "quick") -> Evidence:
    """Half the width against the full one."""
    wide, narrow = on_targets(effort, False), on_targets(effort, True)
    runs = {t: {"rational": narrow[t]["rational"], **{name: wide[t][name] for name in RIVALS}} for t in TARGETS}
    errors = {target: after_equal_steps(of) for target, of in runs.items()}
    sizes = {name: len(of[0].final) for name, of in runs["entire"].items()}
    return told({t: ratios(e, "rational") for t, e in errors.items()}, effort, _tables(errors), sizes)


def _tables(errors: Mapping[str, Errors]) -> dict[str, Any]:
    return {target: table(of) for target, of in errors.items()}
