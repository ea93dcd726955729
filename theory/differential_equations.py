"""Differential equations and eigenvalues by networks, measured: what reproducing activation functions change.

Solutions are D·v, D the factor that vanishes on the boundary and v the network; the loss is the mean squared residual,
or the Rayleigh quotient. The changes are those of our small experiments, not those of the publication.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from ratapprox.claims import Effort, Evidence, claim, measured
from ratapprox.networks.experiment import Experiment, Prepared

from ._abstract import DECREASED, DEMONSTRATED, SOURCE
from ._paired import SEEDS, one_thread, planned
from ._trials import Contender, Race, beaten, change, race, settled, words

LEARNED = "a*x + b*x**2 + c*sin(x) + d*exp(-x**2)"
"""The abstract's basis, a combination of it learned by each neuron; frequencies are those of the weights."""
BLOCKS = "a*x + b*x**2 + c*sin(x) + d*exp(-200*x**2)"
"""The published code for equations: a quarter of each layer is x, x², sin x, exp(−x²/(2·0.05²)) each."""


def drawn_biases(ready: Prepared, seed: int) -> None:
    """Biases uniform on ±1/√n, n the inputs of the layer, the same for all contenders.

    With biases 0 networks of odd functions stay odd about the middle, and never see an even eigenfunction.
    """
    generator = np.random.default_rng(seed)
    for layer in ready.net.layers(ready.parameters)[:-1]:
        layer.biases[...] += generator.uniform(-1, 1, layer.biases.shape) / np.sqrt(layer.weights.shape[-2])


def one_each(ready: Prepared, seed: int) -> None:
    """Such biases, and unit vectors for the coefficients of the four groups."""
    drawn_biases(ready, seed)
    for layer in ready.net.layers(ready.parameters)[:-1]:
        layer.coefficients[...] = np.eye(4)


READINGS = ("RAF, learned", "RAF, blocks")
BASELINES = ("tanh", "sine", "relu³")
CONTENDERS = (
    Contender(READINGS[0], LEARNED, {"sharing": "neuron"}, drawn_biases),
    Contender(READINGS[1], BLOCKS, {"sharing": 4, "trainable": False}, one_each),
    *(Contender(name, {"relu³": "max(x, 0)**3"}.get(name, name), {}, drawn_biases) for name in BASELINES),
)
ASSUMED = (
    "the same widths, draws and points for all; RAF as the abstract has it, a combination learned by each neuron, all "
    "coefficients 1 at first, and as the published code for equations has it, in fixed blocks; baselines tanh, sine "
    "and ReLU³ (which has second derivatives)",
    "a case is a problem with a reading; it is refuted by a baseline for which the 95 % interval of baseline/RAF, "
    "paired by seed, reaches below 1, after equal steps or after equal time",
)


def judged(races: list[Race], setting: str) -> Evidence:
    """Whether both readings have less error than every baseline, at every problem, after equal steps and equal time."""
    single = {(each, reading): beaten(each, BASELINES, reading) for each in races for reading in READINGS}
    met = {(each.like.problem, reading): all(names.values()) for (each, reading), names in single.items()}
    where = [
        f"{reading} beside {name} for {each.like.problem}"
        for (each, reading), names in single.items()
        for name, good in names.items()
        if good
    ]
    nearest = [_nearest(each, reading) for each in races for reading in READINGS]
    return measured(
        settled(met),
        f"less error than every baseline, after equal steps and after equal time, in {sum(met.values())} of {len(met)} "
        f"cases; than single ones: {'; '.join(where) or 'none'}. Our change of the error beside "
        f"the best baseline, after equal steps: {'; '.join(nearest)}",
        setting,
        *(line for each in races for line in each.lines()),
        *(
            f"{each.like.problem}: {name} over {READINGS[1]} {words(ratio)} after equal steps"
            for each in races
            for name, ratio in each.ratios(to=READINGS[1]).items()
            if name in BASELINES
        ),
        races=[each.data() for each in races],
    )


def _nearest(each: Race, reading: str) -> str:
    ratios = {name: ratio for name, ratio in each.ratios(to=reading).items() if name in BASELINES}
    name = min(ratios, key=lambda key: ratios[key].ratio)
    return f"{each.like.problem}, {reading}: {change(ratios[name])} against {name}"


LINE: Mapping[Effort, Experiment] = {
    "quick": Experiment("poisson", "tanh", (0,), (16, 16), "lbfgs", 80, samples=64, validation=512),
    "full": Experiment("poisson", "tanh", (0,), (24, 24), "lbfgs", 200, samples=96, validation=512),
}
SQUARE: Mapping[Effort, Experiment] = {
    "quick": replace(LINE["quick"], problem="polynomial", samples=144),
    "full": replace(LINE["full"], problem="polynomial", samples=196, validation=1024),
}
WAVES: Mapping[Effort, Experiment] = {
    "quick": Experiment("oscillating(k=1)", "tanh", (0,), (16, 16), "lbfgs", 120, samples=256, validation=512),
    "full": Experiment("oscillating(k=2)", "tanh", (0,), (24, 24), "lbfgs", 200, samples=400, validation=1024),
}
EIGENVALUE: Mapping[Effort, Experiment] = {
    "quick": Experiment("eigenvalue", "tanh", (0,), (16, 16), "lbfgs", 50, samples=96, init="xavier"),
    "full": Experiment("eigenvalue", "tanh", (0,), (24, 24), "lbfgs", 150, samples=128, init="xavier"),
}


def run(like: Experiment, effort: Effort) -> Race:
    """The race of all on one problem."""
    with one_thread():
        return race(like, CONTENDERS, range(SEEDS[effort]))


def _setting(like: Experiment, effort: Effort) -> str:
    widths = "-".join(map(str, like.hidden))
    return (
        f"d-{widths}-1, {like.samples} points, {like.steps} steps of L-BFGS, float64, Xavier's weights, biases "
        f"uniform on ±1/√n, {SEEDS[effort]} paired seeds, relative L2 error"
    )


@claim(
    "differential_equations.smooth",
    "RAF networks solve Poisson's equation with smooth solutions, in one and two dimensions, with less error than "
    "networks of tanh, sine and ReLU³",
    source=SOURCE,
    kind="measured",
    rows=["B4"],
    quotes=[DECREASED, DEMONSTRATED],
    assumptions=[
        "u = sin πx on [0, 1], and u = x²(1 − x)y²(1 − y) on [0, 1]²",
        *ASSUMED,
        planned(LINE),
        planned(SQUARE),
    ],
    expected="fails",
)
def smooth(effort: Effort = "quick") -> Evidence:
    races = [run(plan[effort], effort) for plan in (LINE, SQUARE)]
    return judged(races, f"{_setting(LINE[effort], effort)}; in two dimensions {SQUARE[effort].samples} points")


@claim(
    "differential_equations.oscillating",
    "RAF networks solve a semilinear equation whose solution oscillates with less error than networks of tanh, sine "
    "and ReLU³",
    source=SOURCE,
    kind="measured",
    rows=["B4"],
    quotes=[DECREASED, DEMONSTRATED],
    assumptions=[
        "−Δu − (u − 1)³ + (u + 2)² = f on [0, 1]², u = sin 2πx sin 2πy (full: 4π; the publication: 6π)",
        *ASSUMED,
        planned(WAVES),
    ],
    expected="fails",
)
def oscillating(effort: Effort = "quick") -> Evidence:
    return judged([run(WAVES[effort], effort)], _setting(WAVES[effort], effort))


@claim(
    "differential_equations.eigenvalue",
    "RAF networks find the smallest eigenvalue by the Rayleigh quotient with less error than networks of tanh, sine "
    "and ReLU³",
    source=SOURCE,
    kind="measured",
    rows=["B5"],
    quotes=[DECREASED, DEMONSTRATED],
    assumptions=[
        "−u″ = λu on [0, 1], λ = π², and −u″ + x²u = λu, λ = 1; judged with four times as many nodes",
        *ASSUMED,
        planned(EIGENVALUE),
    ],
    expected="fails",
)
def eigenvalue(effort: Effort = "quick") -> Evidence:
    like = EIGENVALUE[effort]
    races = [run(replace(like, problem=problem), effort) for problem in ("eigenvalue", "harmonic")]
    said = _setting(like, effort).replace("points", "nodes").replace("relative L2 error", "relative error")
    return judged(races, said)
