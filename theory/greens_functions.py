"""Green's functions learned from data: the kernel of −u″ = f on [0, 1] from values of it, and from pairs (f, u).

From pairs is what reference 3 of the page does: the network N(x, s) stands for the unknown kernel, and is trained so
that ∫ N(x, s) f(s) ds is the measured u(x) for each forcing f; the exact kernel is only compared to.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import cache
from math import pi
from time import process_time
from typing import Any
from zlib import crc32

import numpy as np

from ratapprox.claims import Evidence, claim, measured
from ratapprox.claims.value import Effort, Verdict
from ratapprox.networks.experiment import Experiment
from ratapprox.networks.initialisation import Xavier, initialise
from ratapprox.networks.mlp import Mlp
from ratapprox.networks.optimise import Lbfgs
from ratapprox.networks.problems import problem
from ratapprox.networks.propagation import backward, forward, predict
from ratapprox.networks.statistics import geometric_mean
from ratapprox.networks.training import train
from ratapprox.networks.units import unit

from ._paired import (
    SEEDS,
    Course,
    after_equal_steps,
    after_equal_time,
    courses,
    curves,
    intervals,
    line,
    means,
    one_thread,
    planned,
    ratios,
    setting,
    side,
    table,
)

SOURCE = "Oxford page on rational neural networks (2021); Boullé, Earls, Townsend (2021)"
POTENTIAL = (
    "Neural networks, in particular rational neural networks, have the potential to revolutionize fields where "
    "mathematical models derived by mechanistic principles are lacking [3]."
)
OTHERS = ("relu", "tanh")
KERNEL = problem("greens_function")
"""G(x, s) = min(x, s)·(1 − max(x, s))."""
EXAMPLES: Mapping[Effort, Experiment] = {
    "quick": Experiment("greens_function", "", (), (16, 16, 16), "lbfgs", steps=150, samples=400, validation=2000),
    "full": Experiment("greens_function", "", (), (24, 24, 24), "lbfgs", steps=400, samples=1000, validation=4096),
}

# -- from pairs --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Pairs:
    """How much is measured: forcings, places x of u, nodes of the integral; the networks and their training.

    noise: relative to the deviation of u.
    """

    forcings: int
    places: int
    nodes: int
    hidden: tuple[int, ...]
    steps: int
    noise: float = 0.0


PAIRS: Mapping[Effort, Pairs] = {
    "quick": Pairs(20, 24, 32, (16, 16, 16), 200),
    "full": Pairs(40, 48, 48, (24, 24, 24), 400),
}
DRAWN = 16
"""Seeds for the pairs, of both experiments: with 8 the interval of ReLU's ratio ends at 1, sometimes just below it."""
PLANNED = "; ".join(
    f"{effort}: hidden layers {'-'.join(map(str, asked.hidden))}, {asked.forcings} forcings, {asked.places} places, "
    f"{asked.nodes} nodes, {asked.steps} steps, {DRAWN} seeds"
    for effort, asked in PAIRS.items()
)


def measured_pairs(asked: Pairs, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """(places x, nodes s, weights of the integral, f at the nodes (forcings, nodes), u at the places).

    f = Σ aₙ sin nπs for n up to 10, aₙ normal; its u = Σ aₙ sin(nπx)/(nπ)² is exact, and Gauss's rule for the integral.
    """
    random = np.random.default_rng(np.random.SeedSequence([crc32(b"greens_functions.pairs"), seed]))
    x = np.sort(random.uniform(size=asked.places))
    s, w = np.polynomial.legendre.leggauss(asked.nodes)
    s, w = (s + 1) / 2, w / 2
    n, a = np.arange(1, 11), random.normal(size=(asked.forcings, 10))
    u = (a / (pi * n) ** 2) @ np.sin(pi * np.outer(n, x))
    u += asked.noise * u.std() * random.normal(size=u.shape)
    return x, s, w, a @ np.sin(pi * np.outer(n, s)), u


class KernelFromPairs:
    """mean (∫ N(xᵢ, s) fⱼ(s) ds − uⱼ(xᵢ))², divided by the mean of u²; N's inputs mapped to [−1, 1]²."""

    def __init__(self, net: Mlp, asked: Pairs, seed: int) -> None:
        x, s, w, f, u = measured_pairs(asked, seed)
        grid = np.stack(np.meshgrid(x, s, indexing="ij"), axis=-1).reshape(-1, 2)
        self.net, self.points, self.shape = net, KERNEL.domain.to_unit(grid), (len(x), len(s))
        self.weighted, self.u, self.size = f * w, u.T, float((u * u).sum())

    def value_and_gradient(self, parameters: Any) -> tuple[Any, Any]:
        trace = forward(self.net, parameters, self.points)
        kernel = trace.output[0].reshape(self.shape)
        rest = kernel @ self.weighted.T - self.u
        flows = (2 / self.size) * rest @ self.weighted
        loss = np.array([float((rest * rest).sum()) / self.size])
        return loss, backward(self.net, parameters, trace, flows.reshape(1, -1, 1))


def from_pairs(asked: Pairs, activation: str, seed: int, points: int = 50) -> Course:
    """The course of one network; errors are those of its kernel, relative L2 on a grid of midpoints."""
    net = Mlp((2, *asked.hidden, 1), unit(activation))
    middles = (np.arange(points) + 0.5) / points
    at = np.stack(np.meshgrid(middles, middles, indexing="ij"), axis=-1).reshape(-1, 2)
    exact, far = KERNEL.exact(at), KERNEL.domain.to_unit(at)
    size, times, judging = float(np.sqrt((exact * exact).sum())), [], 0.0

    def validate(theta: Any, member: int) -> float:
        nonlocal judging
        began = process_time()
        times.append(began - start - judging)
        found = predict(net, theta, far)
        judging += process_time() - began
        return float(np.sqrt(((found - exact) ** 2).sum())) / size

    with one_thread():
        objective, parameters = KernelFromPairs(net, asked, seed), initialise(net, Xavier(), [seed], "greens_function")
        start = process_time()
        run = train(objective, parameters, Lbfgs(), steps=asked.steps, validate=validate)
    (found,) = run.curves
    times += [times[-1]] * (len(found.steps) - len(times))
    return Course(found.steps, tuple(times), found.validation, run.parameters[0], str(run.endings[0]))


@cache
def pairs(effort: Effort) -> dict[str, dict[int, Course]]:
    asked, names = PAIRS[effort], ("rational", *OTHERS)
    for name in names:  # compiles what is compiled
        from_pairs(replace(asked, steps=1), name, 0)
    found: dict[str, dict[int, Course]] = {name: {} for name in names}
    for seed in range(DRAWN):
        for name in names:
            found[name][seed] = from_pairs(asked, name, seed)
    return found


def told(of: dict[str, dict[int, Course]], how: str, **data: Any) -> Evidence:
    """Holds if both intervals lie above 1 after equal steps and after equal time, "holds when" if after steps only."""
    steps, timed = after_equal_steps(of), after_equal_time(of)
    by_steps, by_time = ratios(steps, "rational"), ratios(timed, "rational")
    better = [name for name in OTHERS if side(by_steps[name]) > 0]
    quicker = [name for name in OTHERS if side(by_time[name]) > 0]
    both = len(better) == len(quicker) == len(OTHERS)
    verdict: Verdict = "holds" if both else "holds when" if better or quicker else "fails"
    words = {True: "smaller than both", False: "smaller than "}
    return measured(
        verdict,
        f"after equal steps {words[len(better) == 2]}{'' if len(better) == 2 else ', '.join(better) or 'neither'}, "
        f"after equal processor time {words[len(quicker) == 2]}"
        f"{'' if len(quicker) == 2 else ', '.join(quicker) or 'neither'}",
        how,
        f"relative L2 errors of the kernel, geometric means: {means(steps)}",
        f"as multiples of the rational network's, 95 % t intervals: {line(by_steps)}",
        f"after equal processor time: {line(by_time)}",
        errors=table(steps),
        ratios=intervals(by_steps),
        ratios_after_equal_time=intervals(by_time),
        curves=curves(of),
        parameters={name: len(each[0].final) for name, each in of.items()},
        **data,
    )


@claim(
    "greens_functions.learned",
    "A rational network learns the Green's function of −u″ on [0, 1] from pairs (f, u) to a relative error, against "
    "the exact kernel, below a tenth",
    source=SOURCE,
    kind="measured",
    rows=["A9"],
    quotes=[POTENTIAL],
    assumptions=[
        "u without noise",
        "refuted by one seed, or an interval of their mean, that reaches a tenth",
        PLANNED,
    ],
)
def learned(effort: Effort = "quick", bound: float = 0.1) -> Evidence:
    """The exact kernel takes no part in training."""
    errors = {seed: ran.errors[-1] for seed, ran in pairs(effort)["rational"].items()}
    mean, worst = geometric_mean(errors), max(errors.values())
    return measured(
        worst < bound and mean.interval[1] < bound,
        f"{mean.value:.3g} [{mean.interval[0]:.2g}, {mean.interval[1]:.2g}], the worst of {DRAWN} seeds {worst:.3g}",
        _measuring(effort),
        "relative L2 error on a grid of 50 × 50 midpoints, geometric mean and 95 % t interval",
        setting=_setting(effort),
        errors=table({"rational": errors}),
    )


@claim(
    "greens_functions.from_pairs",
    "A rational network learns the Green's function of −u″ on [0, 1] from pairs (f, u) to a smaller error against the "
    "exact kernel than the ReLU and tanh networks of the same widths, after equal steps and after equal processor time",
    source=SOURCE,
    kind="measured",
    rows=["A9"],
    quotes=[POTENTIAL],
    assumptions=[
        "u without noise; the kernel is continuous and has a kink on the diagonal x = s",
        "refuted if the interval of a ratio, of another's error to the rational one's, reaches down to 1",
        PLANNED,
    ],
    expected="holds when",
    quick="holds",
)
def learned_from_pairs(effort: Effort = "quick") -> Evidence:
    """The exact kernel takes no part in training."""
    asked = PAIRS[effort]
    losses = {n: [float(f"{_misfit(asked, n, s, c):.3g}") for s, c in of.items()] for n, of in pairs(effort).items()}
    return told(pairs(effort), _measuring(effort), setting=_setting(effort), misfits=losses)


def _measuring(effort: Effort) -> str:
    asked = PAIRS[effort]
    return (
        f"{asked.forcings} forcings of ten sines, u at {asked.places} places, {asked.nodes} nodes of Gauss's rule, by "
        f"which the exact kernel itself misses u by {_of_the_rule(asked):.2g} at most, relative to the largest u; "
        f"2-{'-'.join(map(str, asked.hidden))}-1 networks, {asked.steps} steps of L-BFGS, float64, "
        f"{DRAWN} paired seeds"
    )


def _setting(effort: Effort) -> dict[str, Any]:
    asked = PAIRS[effort]
    given = {**asdict(asked), "hidden": list(asked.hidden), "optimiser": "lbfgs", "init": "xavier"}
    return {**given, "seeds": list(range(DRAWN)), "threads": 1, "time": "processor seconds"}


def _of_the_rule(asked: Pairs) -> float:
    """The largest error of the integral of the exact kernel, relative, for the first seed."""
    x, s, w, f, u = measured_pairs(replace(asked, noise=0.0), 0)
    kernel = KERNEL.exact(np.stack(np.meshgrid(x, s, indexing="ij"), axis=-1).reshape(-1, 2)).reshape(len(x), len(s))
    return float(np.abs(kernel @ (f * w).T - u.T).max() / np.abs(u).max())


def _misfit(asked: Pairs, activation: str, seed: int, ran: Course) -> float:
    """What is left of the loss: how far from the measured u, squared and relative."""
    objective = KernelFromPairs(Mlp((2, *asked.hidden, 1), unit(activation)), asked, seed)
    return float(objective.value_and_gradient(ran.final[None])[0][0])


@claim(
    "greens_functions.from_values",
    "A rational network learns the Green's function of −u″ on [0, 1] from values of it to a smaller error than the "
    "ReLU and tanh networks of the same widths, after equal steps and after equal processor time",
    source=SOURCE,
    kind="measured",
    rows=["A9"],
    quotes=[POTENTIAL],
    expected="holds when",
    assumptions=[
        "refuted if the interval of a ratio, of another's error to the rational one's, reaches down to 1",
        planned(EXAMPLES),
    ],
)
def learned_from_values(effort: Effort = "quick") -> Evidence:
    like = EXAMPLES[effort]
    of = courses(like, ("rational", *OTHERS), SEEDS[effort])
    how = (
        f"2-{'-'.join(map(str, like.hidden))}-1 networks, {like.samples} points, {like.steps} steps of L-BFGS, "
        f"float64, {SEEDS[effort]} paired seeds, {like.validation} other points"
    )
    return told(of, how, setting=setting(like, SEEDS[effort]))
