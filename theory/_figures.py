"""The figures of the book: of stored evidence, of a kept network, or of what the toolkit computes.

Not a chapter: `ratapprox check theory --figures docs/figures` draws them.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import sympy

from ratapprox import analyse, fit, zolotarev_relu
from ratapprox.claims import Evidence, figure
from ratapprox.expressions import x
from ratapprox.networks.learned import learned_there
from ratapprox.networks.statistics import geometric_mean
from ratapprox.panels import Curve, Curves, Panel, Plane, panels
from ratapprox.plots import figure as of_fit

from .ralu import FAMILY, RALU, alpha

KDV_RUN = Path(__file__).parent / "runs" / "kdv"
MEANS = "geometric means over the seeds of the stored evidence, bars: 95 % intervals by Student's t at the end"

# -- Figure 1 of the Oxford page ---------------------------------------------------------------------------------------


@figure(
    "best_relu.error_3_2",
    "as Figure 1 of the Oxford page: ReLU and its best rational of type (3, 2) on [−1, 1], near which rational "
    "activation functions begin; below, the error, which is largest at 7 points, with alternating signs",
    command="ratapprox fit relu --type 3,2 --on -1,1 --plot relu.svg",
)
def best_relu(evidence: Evidence) -> Any:
    return of_fit(fit("relu", type=(3, 2), on=(-1, 1)))


@figure(
    "best_relu.table",
    "the errors that the claim states, by the number of coefficients that are free: of the types (n, n), and of "
    "(n + 1, n) with even n",
)
def errors_by_type(evidence: Evidence) -> Any:
    found = {sympy.sympify(words): float(error) for words, error in evidence.data["errors"].items()}

    def curve(name: str, more: int, style: str) -> Curve:
        of = sorted((int(m + n) + 1, error) for (m, n), error in found.items() if m == n + more)
        return Curve(name, [count for count, _ in of], [error for _, error in of], style=style)

    curves = [curve("(n, n)", 0, "o-"), curve("(n + 1, n)", 1, "s--")]
    return panels(
        Curves("best errors against ReLU on [−1, 1]", curves, "free coefficients", "error", ("linear", "log"))
    )


# -- Figure 2 of the Oxford page ---------------------------------------------------------------------------------------


def losses(evidence: Evidence, axis: str) -> Curves:
    """Errors over steps or seconds; over steps the mean of the last errors with its interval too."""
    setting, curves = evidence.data["setting"], []
    for k, (name, each) in enumerate(evidence.data["curves"].items()):
        curves.append(Curve(name, each[axis], each[f"error by {axis}"], None, "o-", f"C{k}"))
        last = [error for error in evidence.data["errors"][name] if error is not None and error > 0]
        if axis == "steps" and len(last) > 1:
            mean = geometric_mean(last)
            ends = [mean.interval[0]], [mean.interval[1]]
            curves.append(Curve("", [setting["steps"]], [mean.value], ends, "o", f"C{k}"))
    title = f"{setting['samples']} points, {setting['optimiser']}, {len(setting['seeds'])} seeds"
    called = {"steps": "steps", "seconds": "seconds of the processor"}[axis]
    return Curves(title, curves, called, "mean squared error at other points", ("linear", "log"))


@figure(
    "regression.kdv_steps",
    "as Figure 2 of the Oxford page: left, the Korteweg–de Vries solution that a rational network has learned by 150 "
    "steps of Levenberg and Marquardt, kept in theory/runs/kdv by the command below; right, errors during training by "
    f"activation function, of the networks of the claim: {MEANS}",
    command="ratapprox train kdv --activation rational --widths 20,20,20 --samples 800 --optimiser lm --steps 150 "
    "--seeds 1 -o theory/runs/kdv",
)
def kdv(evidence: Evidence) -> Any:
    (kept,) = (KDV_RUN / "networks").iterdir()
    network = learned_there(kept)
    mse = float(np.mean((network.found - network.exact) ** 2))
    title = f"learned by a rational network, mean squared error {mse:.1e}"
    return panels(Plane(title, network.axes, network.found, "t", "x"), losses(evidence, "steps"))


@figure(
    "regression.kdv_time",
    "errors of the same networks by seconds of optimisation: geometric means over the seeds of the stored evidence, as "
    "far as all seeds go",
)
def kdv_by_time(evidence: Evidence) -> Any:
    return panels(losses(evidence, "seconds"))


@figure(
    "regression.targets",
    "relative errors on each kind of target by steps of L-BFGS: geometric means over the seeds of the stored evidence, "
    "as far as all seeds go",
)
def targets(evidence: Evidence) -> Any:
    def panel(target: str, of: Mapping[str, Any]) -> Panel:
        curves = [Curve(name, each["steps"], each["error by steps"], style="o-") for name, each in of.items()]
        return Curves(target, curves, "steps", "relative error", ("linear", "log"))

    return panels(*(panel(target, of) for target, of in evidence.data["curves"].items()))


# -- RaLU --------------------------------------------------------------------------------------------------------------


@figure(
    "ralu.increasing",
    "RaLU for α = 0, 1, 4, 9, and outside of the region for α = −3, 14, dashed; right, the least slope by α: it is not "
    "negative on the shaded region that the claim proves",
    command='ratapprox analyse "x*(x**2 + alpha)/(x**2 + 1)" --property increasing --plot region.svg',
)
def ralu(evidence: Evidence) -> Any:
    at = np.linspace(-4, 4, 201)
    shape, slope = (sympy.lambdify((x, alpha), f, "numpy") for f in (RALU, sympy.diff(RALU, x)))
    shapes = [
        Curve(f"α = {a}".replace("-", "−"), at, shape(at, a), style="-" if 0 <= a <= 9 else "--")
        for a in (0, 1, 4, 9, -3, 14)
    ]
    (region,) = analyse(FAMILY, "increasing").region.intervals
    alphas, fine = np.linspace(-3, 14, 69), np.linspace(0, 40, 4001)
    least = Curve("", alphas, slope(fine[:, None], alphas[None, :]).min(axis=0))
    zero = Curve("", [-3, 14], [0, 0], style=":", colour="0.3")
    inside = [(float(region.lower), float(region.upper))]
    return panels(Curves("RaLU", shapes, "x"), Curves("least slope", [least, zero], "α", bands=inside))


@figure(
    "ralu_measured.paths",
    "α while networks learn, one line for each hidden layer and seed of the stored evidence",
)
def paths(evidence: Evidence) -> Any:
    def panel(problem: str, of: Mapping[str, Any]) -> Panel:
        curves = [
            Curve(f"hidden layer {k + 1}" if seed == 0 else "", of["steps"], layer, colour=f"C{k}")
            for seed, layers in enumerate(of["by layer"].values())
            for k, layer in enumerate(layers)
        ]
        return Curves(problem, curves, "steps", "α")

    return panels(*(panel(problem, of) for problem, of in evidence.data["paths"].items()))


# -- depth -------------------------------------------------------------------------------------------------------------


@figure(
    "depth.parameters",
    "errors against ReLU on [−1, 1] by the number of parameters: compositions of k Zolotarev functions of type (3, 2), "
    "3k numbers; one best rational of type (n, n), 2n + 1 numbers; one best polynomial; all computed anew",
)
def compositions(evidence: Evidence) -> Any:
    blocks = [zolotarev_relu((3,) * k) for k in range(1, 6)]
    whole = {(n, n): fit("relu", type=(n, n), on=(-1, 1)).error for n in (1, 2, 4, 6, 8)}
    lines = {(n, 0): fit("relu", type=(n, 0), on=(-1, 1)).error for n in (2, 4, 8, 16)}
    curves = [
        Curve("compositions", [b.parameters for b in blocks], [float(b.error) for b in blocks], style="o-"),
        Curve("rationals", [m + n + 1 for m, n in whole], list(whole.values()), style="s-"),
        Curve("polynomials", [m + 1 for m, _ in lines], list(lines.values()), style="^-"),
    ]
    return panels(Curves("ReLU on [−1, 1]", curves, "parameters", "error", ("linear", "log")))


# -- layers ------------------------------------------------------------------------------------------------------------

SHOWN = 20.0
BY_DEPTH = (
    "left signals, right gradients through L layers of random weights: log10 of the ratio of their sizes, means over "
    f"the seeds of the stored evidence, bars: 95 % intervals by Student's t; what leaves ±{SHOWN:g} is not shown"
)
BACKWARD = ", gain of gradients"


def by_depth(evidence: Evidence) -> Any:
    """Log10 of sizes by depth, signals and gradients; dashed where the gain is not that of the signals of RaLU."""
    found = evidence.data["log10_mean_and_interval"]
    colours = {name: f"C{k}" for k, name in enumerate(n for n in found if not n.endswith(BACKWARD))}
    places = [int(depth) for depth in evidence.data["depths"]]

    def panel(what: str, title: str) -> Panel:
        curves, most = [], 1.0
        for name, depths in found.items():
            mean, low, high = np.array([depths[str(depth)][what] for depth in places]).T
            plain = name in colours and name.startswith("RaLU")
            style, colour = "o-" if plain else "s--", colours[name.removesuffix(BACKWARD)]
            curves.append(Curve(name, places, mean, (low, high), style, colour))
            most = max(most, min(SHOWN, float(np.abs(mean).max())))
        ticks = {depth: str(depth) for depth in places}
        return Curves(title, curves, "L", "log10", ("log", "linear"), (-1.1 * most, 1.1 * most), ticks=ticks)

    return panels(panel("signal", "signals"), panel("gradient", "gradients"))


@figure("layers.plain_weights", BY_DEPTH)
def plain_weights(evidence: Evidence) -> Any:
    return by_depth(evidence)


@figure("layers.exact_gain", BY_DEPTH)
def exact_gain(evidence: Evidence) -> Any:
    return by_depth(evidence)


# -- tangent kernels ---------------------------------------------------------------------------------------------------


@figure(
    "conditioning.as_published",
    "log10 of the condition number of the tangent kernel before training, a point for each seed of the stored "
    "evidence, by the number of inputs; 32 stands for all that is larger",
)
def condition_numbers(evidence: Evidence) -> Any:
    def panel(inputs: str, of: Mapping[str, Any]) -> Panel:
        curves = [Curve("", [k] * len(each["log10"]), each["log10"], style="o") for k, each in enumerate(of.values())]
        return Curves(f"inputs: {inputs}", curves, "", "log10 κ", ticks=dict(enumerate(of)))

    return panels(*(panel(inputs, of) for inputs, of in evidence.data["kernels"].items()))


@figure(
    "conditioning.in_training",
    "log10 of the condition number of the tangent kernel during training, by steps: medians over the seeds of the "
    "stored evidence, bars from the least to the largest; 32 stands for all that is larger, as of a singular kernel",
)
def condition_in_training(evidence: Evidence) -> Any:
    kernels, curves = evidence.data["kernels"], []
    for name in next(iter(kernels.values())):
        found = [of[name]["log10"] for of in kernels.values()]
        ends = [min(values) for values in found], [max(values) for values in found]
        curves.append(Curve(name, [int(t) for t in kernels], [median(values) for values in found], ends, "o-"))
    return panels(Curves("tangent kernels", curves, "steps", "log10 κ"))
