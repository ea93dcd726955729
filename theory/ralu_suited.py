"""What RaLU is said to be suited for, and stable training: functions, pictures, and gradient descent, measured.

No convolution, recurrence or attention is trained here: of computer vision there are small pictures in dense networks,
of language nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import sympy

from ratapprox import gain
from ratapprox.claims import Evidence, claim, measured, proved
from ratapprox.claims.value import Effort, Verdict
from ratapprox.expressions import pretty, x
from ratapprox.networks.experiment import Experiment, prepared
from ratapprox.networks.statistics import paired_ratio

from ._paired import (
    SEEDS,
    after_equal_steps,
    after_equal_time,
    courses,
    intervals,
    line,
    one_thread,
    planned,
    ratios,
    setting,
    side,
    table,
)
from .ralu import RALU, SOURCE, alpha, equal

SUITED = "is well suited for regression problems, CV (CNN), NLP (RNN, Transformer), etc."
STABLE = "can lead to more stable training in gradient descent."
DESIGNED = "parametric, lightweight, and gradient-stable activation function designed for Deep Neural Network."
BOUND = 1.25

# -- how much the slope changes ----------------------------------------------------------------------------------------


@claim(
    "ralu_suited.curvature",
    "The slope of RaLU changes by at most |α − 1|(3 + 2√2)/4 for each unit of x, and so fast at x = ±(√2 − 1) alone",
    source="derived here; the source says that gradients have no jumps, not how fast they change",
    rows=["C5", "C6"],
    quotes=[STABLE, DESIGNED],
    assumptions=["ReLU's slope jumps at 0: no such number bounds it; GELU's changes by at most 2/√(2π)"],
    mutants=[{"bound": "3/2"}, {"at": "1/2"}],
)
def curvature(bound: str = "(3 + 2*sqrt(2))/4", at: str = "sqrt(2) - 1") -> Evidence:
    bend = sympy.factor(sympy.diff(RALU, x, 2))
    shape = sympy.cancel(bend / (alpha - 1))
    place, c = sympy.sympify(at), sympy.sympify(bound)
    turns = sympy.factor(sympy.numer(sympy.together(sympy.diff(shape, x))))
    roots = sympy.real_roots(sympy.Poly(turns, x))
    values = {root: sympy.nsimplify(sympy.radsimp(shape.subs(x, root))) for root in set(roots)}
    largest = max(values.values(), key=lambda v: abs(sympy.N(v, 30)))
    where = [root for root, v in values.items() if equal(v**2, largest**2)]
    good = (
        equal(sympy.radsimp(largest**2), sympy.expand(c**2))
        and len(where) == 2
        and all(sympy.simplify(root**2 - place**2) == 0 for root in where)
        and sympy.limit(shape, x, sympy.oo) == 0
    )
    return proved(
        bool(good),
        f"|RaLU''| is at most |α − 1|·{sympy.N(abs(largest), 6)}",
        f"RaLU'' = {pretty(bend)}, which tends to 0 as x → ±∞",
        f"it turns where {pretty(turns)} = 0: at x = {', '.join(str(root) for root in sorted(set(roots)))}",
        f"there RaLU''/(α − 1) is {', '.join(str(values[root]) for root in sorted(values))}",
    )


# -- functions and pictures --------------------------------------------------------------------------------------------

FUNCTIONS = ("kdv", "entire", "absolute")
LIKE: Mapping[Effort, Experiment] = {
    "quick": Experiment("", "", (), (16, 16), "adam", 300, samples=256, validation=1000, rate=1e-2, schedule="cosine"),
    "full": Experiment("", "", (), (20, 20), "adam", 400, samples=320, validation=1000, rate=5e-3, schedule="cosine"),
}
DIGITS: Mapping[Effort, Experiment] = {
    "quick": Experiment("digits", "", (), (24,), "adam", 120, rate=1e-2, schedule="cosine"),
    "full": Experiment("digits", "", (), (48,), "adam", 200, rate=5e-3, schedule="cosine"),
}
DESCENT: Mapping[Effort, Experiment] = {
    "quick": replace(LIKE["quick"], steps=100),
    "full": replace(LIKE["full"], steps=200),
}


def no_worse(problems: Mapping[str, Experiment], rivals: Sequence[str], seeds: int) -> Evidence:
    """By the intervals of the ratios, rival to RaLU: whether RaLU has at most `BOUND` times the error of each."""
    steps, data = [], {}
    met: dict[tuple[str, str], bool] = {}
    for name, like in problems.items():
        of = courses(like, ("ralu", *rivals), seeds)
        errors = after_equal_steps(of)
        found, timed = ratios(errors, "ralu"), ratios(after_equal_time(of), "ralu")
        met |= {(name, rival): ratio.interval[0] > 1 / BOUND for rival, ratio in found.items()}
        better = [rival for rival, ratio in found.items() if side(ratio) > 0]
        sizes = ", ".join(f"{who} {len(each[0].final)}" for who, each in of.items())
        steps += [
            f"{name}: {line(found)}; less error than {', '.join(better) or 'none'}; after equal processor time "
            f"{line(timed)}; parameters: {sizes}"
        ]
        data[name] = {"errors": table(errors), "ratios": intervals(found), "ratios_after_equal_time": intervals(timed)}
    like = next(iter(problems.values()))
    good = sum(met.values())
    verdict: Verdict = "holds" if good == len(met) else "holds when" if good else "fails"
    listed = "; ".join(f"{name} beside {rival}" for (name, rival), each in met.items() if each) or "none"
    return measured(
        verdict,
        f"shown in {good} of {len(met)} comparisons: {listed}",
        f"hidden layers {'-'.join(map(str, like.hidden))}, {like.steps} steps of Adam, rate {like.rate:g} with a "
        f"cosine, float64, {seeds} paired seeds, Xavier weights, one α for each layer, 4 at first; 95 % t intervals",
        *steps,
        setting=setting(like, seeds, problems=list(problems)),
        **data,
    )


@claim(
    "ralu_suited.regression",
    "RaLU networks have at most 1.25 times the error of ReLU, GELU and tanh networks of the same widths on three "
    "functions, after the same steps of Adam",
    source=SOURCE,
    kind="measured",
    rows=["C6", "C9"],
    quotes=[SUITED],
    assumptions=[
        "the Korteweg–de Vries solution, eˣ sin 4πx, |x|; judged at other points",
        "refuted beside another for which the interval of the ratio of errors, RaLU to it, reaches beyond 1.25",
        planned(LIKE),
        "expected before the first run: not beside all, since RaLU is nearly linear away from 0",
    ],
    expected="holds when",
)
def regression(effort: Effort = "quick") -> Evidence:
    problems = {name: replace(LIKE[effort], problem=name) for name in FUNCTIONS}
    return no_worse(problems, ("relu", "gelu", "tanh"), SEEDS[effort])


@claim(
    "ralu_suited.pictures",
    "On 8 × 8 digits a RaLU network makes at most 1.25 times the mistakes of the ReLU and GELU networks of the same "
    "widths after the same steps of Adam",
    source=SOURCE,
    kind="measured",
    rows=["C6", "C9"],
    quotes=[SUITED],
    assumptions=[
        "dense layers: no convolution; nothing is measured of language",
        "refuted beside another for which the interval of the ratio of mistakes, RaLU to it, reaches beyond 1.25",
        planned(DIGITS),
        "the verdict expected before the first run was that it holds",
    ],
    expected="holds when",
)
def pictures(effort: Effort = "quick") -> Evidence:
    return no_worse({"digits": DIGITS[effort]}, ("relu", "gelu"), SEEDS[effort])


# -- gradient descent --------------------------------------------------------------------------------------------------

RATES = tuple(2.0 ** (-k / 2) for k in range(-2, 21))
"""From 2 down to 2^(−10), by factors of √2."""


def largest_rate(like: Experiment) -> float:
    """The largest rate with which gradient descent lowers the loss in every step; half the least if none does."""
    ready = prepared(like)
    assert like.steps is not None
    for rate in RATES:
        theta, last, falls = ready.parameters.copy(), np.inf, True
        for _ in range(like.steps):
            value, gradient = ready.objective.value_and_gradient(theta)
            if not float(value[0]) < last:
                falls = False
                break
            last, theta = float(value[0]), theta - rate * gradient
        if falls:
            return float(rate)
    return float(RATES[-1]) / 2


@claim(
    "ralu_suited.stable_descent",
    "Gradient descent on RaLU networks bears larger steps than on ReLU networks before the loss rises",
    source=SOURCE,
    kind="measured",
    rows=["C5", "C6"],
    quotes=[STABLE],
    assumptions=[
        "plain gradient descent with all points; of the rates 2^(1 − k/2) the largest with which the loss falls in "
        "every step; weights with the exact gain of each function, α = 4 at first and learned",
        "refuted on a function where the 95 % interval of the ratio of rates, RaLU's to ReLU's, reaches down to 1",
        planned(DESCENT),
        "expected before the first run: it fails, since RaLU's slope at 0 is 4 and changes by up to 4.37 for each unit",
    ],
    expected="fails",
)
def stable_descent(effort: Effort = "quick") -> Evidence:
    asked, seeds = DESCENT[effort], SEEDS[effort]
    rivals = ("relu", "tanh", "gelu")
    lines, met, data = [], {}, {}
    gains = {name: float(gain(_function(name)).forward) for name in ("ralu", *rivals)}
    with one_thread():
        for problem in FUNCTIONS:
            like = replace(asked, problem=problem)
            rates = {
                name: {
                    seed: largest_rate(replace(like, activation=name, seeds=(seed,), init=(1.0, g, g)))
                    for seed in range(seeds)
                }
                for name, g in gains.items()
            }
            found = {name: paired_ratio(rates["ralu"], rates[name], ("ralu", name)) for name in rivals}
            met[problem] = side(found["relu"]) > 0
            lines.append(f"{problem}: rates {line(found)}")
            data[problem] = {name: list(of.values()) for name, of in rates.items()}
    good = sum(met.values())
    return measured(
        "holds" if good == len(met) else "holds when" if good else "fails",
        f"larger steps than ReLU on {', '.join(p for p, each in met.items() if each) or 'none'} of {', '.join(met)}",
        f"1 or 2 inputs, hidden layers {'-'.join(map(str, asked.hidden))}, {asked.samples} points, {asked.steps} "
        f"steps, float64, {seeds} paired seeds; gains {', '.join(f'{name} {g:.4g}' for name, g in gains.items())}",
        *lines,
        seeds=list(range(seeds)),
        rates=data,
    )


def _function(name: str) -> Any:
    """RaLU with α = 4."""
    return "x*(x**2 + 4)/(x**2 + 1)" if name == "ralu" else name
