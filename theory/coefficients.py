"""Trainable coefficients: their gradients, how far training moves them, whether poles appear, and what they bring."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from functools import cache

import numpy as np
import sympy

from ratapprox import Rational
from ratapprox.claims import Evidence, claim, measured, proved
from ratapprox.claims.value import Effort, Verdict
from ratapprox.expressions import pretty, x
from ratapprox.networks.draws import Fixed
from ratapprox.networks.evaluate import features
from ratapprox.networks.experiment import Experiment, prepared
from ratapprox.networks.units import unit

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

SOURCE = "Oxford page on rational neural networks (2021)"
TRAINABLE = (
    "One particularity is that the coefficients of the rational functions are initialized close to the standard ReLU "
    "activation function (see fig 1) and are also trainable parameters."
)
FORM = (
    r"Rational neural networks consist of neural networks with rational activation functions of the form "
    r"$\sigma(x)=P(x)/Q(x)$, where $P$ and $Q$ are two polynomials."
)
FIGURE = "Figure 1. A rational activation function (red) initialized close to the ReLU function (blue)."
UNIT = unit("rational")
START = np.array([draw.value for draw in UNIT.initial if isinstance(draw, Fixed)])
PROBLEMS = ("kdv", "entire", "noisy")
LIKE: Mapping[Effort, Experiment] = {
    "quick": Experiment("", "rational", (), (16, 16, 16), "lbfgs", steps=150, samples=256, validation=1000),
    "full": Experiment("", "rational", (), (32, 32, 32), "lbfgs", steps=500, samples=1000, validation=4000),
}

# -- gradients ---------------------------------------------------------------------------------------------------------


@claim(
    "coefficients.gradients",
    "σ = p/q with p = Σ pₖxᵏ and q = 1 + Σ qₖxᵏ has ∂σ/∂pₖ = xᵏ/q and ∂σ/∂qₖ = −xᵏ·p/q²",
    source="derived here; that the coefficients can be trained rests on it",
    rows=["A3"],
    quotes=[FORM, TRAINABLE],
    mutants=[{"power": 1}, {"shift": 1}],
)
def gradients(power: int = 2, shift: int = 0) -> Evidence:
    """The formula that networks are trained with, differentiated by each of its coefficients."""
    q = 1 + sum(c * x ** int(c.name[1:]) for c in UNIT.symbols if c.name.startswith("q"))
    p = sum(c * x ** int(c.name[1:]) for c in UNIT.symbols if c.name.startswith("p"))
    steps, right = [], sympy.cancel(UNIT.expression - p / q) == 0
    for c in UNIT.symbols:
        k = int(c.name[1:]) + shift
        said = x**k / q if c.name.startswith("p") else -(x**k) * p / q**power
        same = sympy.cancel(sympy.diff(UNIT.expression, c) - said) == 0
        right = right and same
        steps.append(f"∂σ/∂{c.name} {'=' if same else '≠'} {pretty(said)}")
    return proved(right, f"all {len(steps)} of them" if right else "not all of them", *steps)


@claim(
    "coefficients.computed",
    "The gradients that training uses differ from the exact ones by at most 24 roundings of their terms",
    source="ratapprox.networks.evaluate",
    kind="measured",
    rows=["A3"],
    quotes=[TRAINABLE],
    assumptions=["refuted by one of the numbers below whose error is larger"],
)
def computed(effort: Effort = "quick") -> Evidence:
    """Against fractions; the terms of −xᵏp/q² are |x|ᵏ·Σ|pᵢxⁱ|/q², times Σ|qᵢxⁱ|/|q| for what cancels in q."""
    random, count = np.random.default_rng(0), {"quick": 40, "full": 1000}[effort]
    worst = 0.0
    for _ in range(count):
        c = START + random.normal(size=6) / 4
        at = random.normal(size=(32, 1)) * 2
        found = features(UNIT, at, c[None])[:, 0]
        for v, row in zip(at[:, 0], found, strict=True):
            for exact, terms, computed_one in zip(*_exact(c, float(v)), row, strict=True):
                worst = max(worst, float(abs(Fraction(float(computed_one)) - exact) / terms) * 2.0**53)
    return measured(
        worst <= 24,
        f"at most {worst:.3g} roundings (2⁻⁵³) in {count * 32 * 6} numbers",
        f"{count} sets of coefficients about the start, deviation 1/4, at 32 points of deviation 2, float64, seed 0; "
        "exact values by fractions",
        count=count * 32 * 6,
        worst_roundings=worst,
    )


def _exact(c: np.ndarray, at: float) -> tuple[list[Fraction], list[Fraction]]:
    """∂σ/∂c exactly, and the sizes of its terms."""
    v, p, q = Fraction(at), [Fraction(float(a)) for a in c[:4]], [Fraction(1), *(Fraction(float(a)) for a in c[4:])]

    def total(of: list[Fraction], size: bool) -> Fraction:
        return sum(((abs(a * v**k) if size else a * v**k) for k, a in enumerate(of)), Fraction(0))

    above, below, more = total(p, False), total(q, False), total(q, True) / abs(total(q, False))
    exact = [v**k / below for k in range(4)] + [-(v**k) * above / below**2 for k in (1, 2)]
    terms = [abs(e) * more for e in exact[:4]] + [abs(v) ** k * total(p, True) / below**2 * more for k in (1, 2)]
    return exact, terms


# -- after training ----------------------------------------------------------------------------------------------------


@cache
def runs(effort: Effort) -> dict[str, dict[str, dict[int, Course]]]:
    """By problem, trained and frozen, by seed."""
    found: dict[str, dict[str, dict[int, Course]]] = {p: {"trained": {}, "frozen": {}} for p in PROBLEMS}
    for name in PROBLEMS:
        for seed in range(-1, SEEDS[effort]):  # -1 compiles what is compiled
            for kind in ("trained", "frozen"):
                like = replace(LIKE[effort], problem=name, seeds=(max(seed, 0),), trainable=kind == "trained")
                ran = course(like if seed >= 0 else replace(like, steps=1))
                if seed >= 0:
                    found[name][kind][seed] = ran
    return found


def trained(effort: Effort) -> Iterator[tuple[str, int, int, np.ndarray]]:
    """(problem, seed, layer, coefficients) of all trained layers."""
    for name, kinds in runs(effort).items():
        net = prepared(replace(LIKE[effort], problem=name, seeds=(0,))).net
        for seed, ran in kinds["trained"].items():
            for k, layer in enumerate(net.layers(ran.final)[:-1]):
                yield name, seed, k, layer.coefficients[0]


def sizes(effort: Effort) -> str:
    like = LIKE[effort]
    return (
        f"{', '.join(PROBLEMS)}; hidden layers {'-'.join(map(str, like.hidden))}, one (3, 2) rational for each, "
        f"{like.samples} points, {like.steps} steps of L-BFGS, float64, {SEEDS[effort]} seeds each"
    )


@claim(
    "coefficients.moved",
    "Training moves every coefficient of every layer",
    source=SOURCE,
    kind="measured",
    rows=["A3"],
    quotes=[TRAINABLE, FIGURE],
    assumptions=["refuted by one coefficient that is where it began", planned(LIKE)],
)
def moved(effort: Effort = "quick") -> Evidence:
    moves = {f"{n}, seed {s}, layer {k + 1}": np.abs(c - START) for n, s, k, c in trained(effort)}
    every = np.array(list(moves.values()))
    names = [c.name for c in UNIT.symbols]
    still = int((every <= 1e-3).sum())
    return measured(
        bool((every > 0).all()),
        f"the least move of {every.size} coefficients is {every.min():.2g}, the median {np.median(every):.2g}, "
        f"the largest {every.max():.3g}; {still} moved less than 0.001",
        sizes(effort),
        "Figure 1, near where they begin, drawn: ratapprox fit relu --type 3,2 --on -1,1 --plot relu.svg",
        "median moves: " + ", ".join(f"{n} {m:.2g}" for n, m in zip(names, np.median(every, axis=0), strict=True)),
        setting=setting(LIKE[effort], SEEDS[effort], problems=list(PROBLEMS)),
        start=dict(zip(names, START.tolist(), strict=True)),
        moves={where: [float(f"{m:.3g}") for m in row] for where, row in moves.items()},
    )


@claim(
    "coefficients.no_poles",
    "After training no denominator has a real root",
    source=SOURCE,
    kind="measured",
    rows=["A3"],
    quotes=[TRAINABLE],
    assumptions=[
        "q = 1 + q₁x + q₂x² as published, with nothing that keeps it positive",
        "refuted by one trained layer whose denominator has a real root",
        planned(LIKE),
    ],
)
def no_poles(effort: Effort = "quick") -> Evidence:
    """On the trained numbers, as the fractions that they are, roots are counted exactly."""
    layers = {f"{n}, seed {s}, layer {k + 1}": Rational([*c[:4]], [1, *c[4:]]) for n, s, k, c in trained(effort)}
    bad = {where: [float(z.value.real) for z in r.exact().poles() if z.real] for where, r in layers.items()}
    bad = {where: roots for where, roots in bad.items() if roots}
    gaps = sorted((1 - float(r.q[1]) ** 2 / (4 * float(r.q[2]))) for where, r in layers.items() if where not in bad)
    return measured(
        not bad,
        f"{len(bad)} of {len(layers)} trained denominators have a real root"
        + (f", the first {next(iter(bad))}" if bad else f"; the nearest to one has a least value of {gaps[0]:.3g}"),
        sizes(effort),
        "roots counted exactly, in rational arithmetic, for the float64 numbers that training ended with",
        setting=setting(LIKE[effort], SEEDS[effort], problems=list(PROBLEMS)),
        poles=bad,
        least_values=[float(f"{g:.3g}") for g in gaps],
        denominators={where: [float(v) for v in r.q] for where, r in layers.items()},
    )


@claim(
    "coefficients.pay",
    "Networks whose coefficients are trained have smaller errors than those whose coefficients stay where they began, "
    "after equal steps",
    source=SOURCE,
    kind="measured",
    rows=["A3"],
    quotes=[TRAINABLE],
    expected="holds when",
    assumptions=[
        "refuted on a problem where the interval of the frozen network's error over the trained one's reaches 1",
        planned(LIKE),
    ],
)
def pay(effort: Effort = "quick") -> Evidence:
    by_steps = {name: ratios(after_equal_steps(of), "trained") for name, of in runs(effort).items()}
    by_time = {name: ratios(after_equal_time(of), "trained") for name, of in runs(effort).items()}
    better = [name for name, of in by_steps.items() if side(of["frozen"]) > 0]
    verdict: Verdict = "holds" if len(better) == len(PROBLEMS) else "holds when" if better else "fails"
    return measured(
        verdict,
        f"smaller on {', '.join(better) or 'none'} of {', '.join(PROBLEMS)}",
        sizes(effort),
        *(f"{name}: {line(of)}; after equal processor time {line(by_time[name])}" for name, of in by_steps.items()),
        setting=setting(LIKE[effort], SEEDS[effort], problems=list(PROBLEMS)),
        errors={name: table(after_equal_steps(of)) for name, of in runs(effort).items()},
        ratios={name: intervals(of) for name, of in by_steps.items()},
        ratios_after_equal_time={name: intervals(of) for name, of in by_time.items()},
        curves={name: curves(of, 8) for name, of in runs(effort).items()},
    )
