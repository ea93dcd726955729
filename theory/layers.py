"""RaLU in deep networks, measured: signals, gradients, means and dead units.

What the algebra says of the same sentences stands in the chapters on propagation, gains and promises.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from ratapprox.claims import Effort, Evidence, claim, measured
from ratapprox.claims.value import Verdict
from ratapprox.evaluating import unit_gain
from ratapprox.networks.draws import Fixed
from ratapprox.networks.evaluate import backward, forward
from ratapprox.networks.experiment import Experiment
from ratapprox.networks.statistics import PairedRatio, paired_ratio
from ratapprox.networks.units import Unit, unit

from ._hidden_units import TASK, observations, observed, setting
from ._paired import SEEDS, one_thread, planned
from ._trials import above, logarithms, words
from .propagation import RESISTANT
from .ralu import SOURCE

DEPTHS = (1, 2, 4, 8, 16, 32, 64)
ALPHAS = (0.0, 0.5, 1.0, 2.0, 4.0, 9.0)
OTHERS = ("relu", "tanh", "gelu")
LEAST = 1e-300
"""What stands for a signal or a gradient that float64 cannot tell from 0."""


def ralu(start: float) -> Unit:
    """RaLU whose α begins there."""
    return replace(unit("ralu"), name=f"ralu, α = {start:g}", initial=(Fixed(start),))


# -- signals and gradients from layer to layer -------------------------------------------------------------------------


def sweep(unit: Unit, gain: float, seed: int, width: int, samples: int) -> dict[int, tuple[float, float]]:
    """By depth L: log10 of the sizes of z_{L+1}/z_1 and of the gradients at z_1/at z_{L+1}, in the root mean square.

    z_1 = x and z_{l+1} = σ(z_l) W_l, W of variance gain/width, x and the cotangent standard normal. One seed draws the
    same numbers for every σ.
    """
    generator = np.random.default_rng(seed)
    z, g = generator.standard_normal((2, samples, width))
    weights = generator.standard_normal((max(DEPTHS), width, width)) * np.sqrt(gain / width)
    start = np.array([[draw.value for draw in unit.initial if isinstance(draw, Fixed)]])
    before, found = [z], {}
    for w in weights:
        before.append(forward(unit, before[-1], start) @ w)
    for depth in DEPTHS:
        back = g
        for z, w in zip(before[:depth][::-1], weights[:depth][::-1], strict=True):
            back, _ = backward(unit, z, start, back @ w.T)
        found[depth] = (_log_ratio(before[depth], before[0]), _log_ratio(back, g))
    return found


def _log_ratio(a: Any, b: Any) -> float:
    scale = max(float(np.abs(a).max()), LEAST)  # squares of what is small vanish
    size = scale * np.sqrt(np.mean((a / scale) ** 2))
    return float(np.log10(max(size, LEAST)) - np.log10(np.sqrt(np.mean(b**2))))


@dataclass(frozen=True)
class Size:
    """width: of all layers. samples: inputs for each seed."""

    width: int
    samples: int


SIZES: Mapping[Effort, Size] = {"quick": Size(100, 32), "full": Size(250, 64)}
PLANNED = "; ".join(
    f"{effort}: width {each.width}, {each.samples} inputs, {SEEDS[effort]} seeds" for effort, each in SIZES.items()
)

Ends = tuple[float, float, float]
"""Mean and 95 % interval."""


def swept(units: Mapping[str, tuple[Unit, float]], size: Size, seeds: int) -> dict[str, dict[int, tuple[Ends, Ends]]]:
    """Signals and gradients by name and depth, over the seeds."""
    found = {}
    with one_thread():
        for name, (each, gain) in units.items():
            by_seed = [sweep(each, gain, seed, size.width, size.samples) for seed in range(seeds)]
            found[name] = {
                depth: (logarithms([one[depth][0] for one in by_seed]), logarithms([one[depth][1] for one in by_seed]))
                for depth in DEPTHS
            }
    return found


def stays(by_depth: Mapping[int, tuple[Ends, Ends]], factor: float) -> bool:
    """Whether at every depth both intervals lie within a factor of 10^factor either way."""
    return all(-factor <= end <= factor for pair in by_depth.values() for ends in pair for end in ends[1:])


def told(found: Mapping[str, Mapping[int, tuple[Ends, Ends]]]) -> list[str]:
    """A line for each: both numbers at 8 layers and at 64."""
    return [
        f"{name}: log10 of signals and gradients "
        + "; ".join(f"after {depth} layers {_said(each[depth][0])} and {_said(each[depth][1])}" for depth in (8, 64))
        for name, each in found.items()
    ]


def _said(ends: Ends) -> str:
    return f"{ends[0]:+.2f} [{ends[1]:+.2f}, {ends[2]:+.2f}]"


def _setting(size: Size, seeds: int) -> str:
    return f"{seeds} paired seeds, width {size.width}, {size.samples} inputs; 10⁻³⁰⁰ stands for 0"


def _data(found: Mapping[str, Mapping[int, tuple[Ends, Ends]]], units: Any, size: Size, seeds: int) -> dict[str, Any]:
    rounded = {
        name: {
            str(d): {what: [round(v, 3) for v in ends] for what, ends in zip(("signal", "gradient"), p, strict=True)}
            for d, p in each.items()
        }
        for name, each in found.items()
    }
    gains = {name: gain for name, (_, gain) in units.items()}
    return {
        **asdict(size),
        "depths": list(DEPTHS),
        "seeds": list(range(seeds)),
        "gains": gains,
        "log10_mean_and_interval": rounded,
    }


@claim(
    "layers.plain_weights",
    "Through 1 to 64 layers of RaLU with weights of variance 1/n signals and gradients stay within a factor of 10",
    source=SOURCE,
    kind="measured",
    rows=["C6"],
    quotes=[RESISTANT],
    assumptions=[
        "no biases; Gaussian inputs of variance 1; α = 0, 0.5, 1, 2, 4, 9",
        "refuted for an α whose 95 % interval of log10, over seeds, leaves [−1, 1] at some depth, for signals or "
        "gradients",
        PLANNED,
    ],
    expected="holds when",
)
def plain_weights(effort: Effort = "quick") -> Evidence:
    size, seeds = SIZES[effort], SEEDS[effort]
    units = {f"RaLU, α = {a:g}": (ralu(a), 1.0) for a in ALPHAS}
    others = {f"{name}, its exact gain": (unit(name), unit_gain(unit(name))) for name in OTHERS}
    found = swept({**units, **others}, size, seeds)
    good = [name for name in units if stays(found[name], 1)]
    verdict: Verdict = "holds" if len(good) == len(units) else "holds when" if good else "fails"
    beside = [name for name in others if stays(found[name], 1)]
    return measured(
        verdict,
        f"within a factor of 10 at all depths: {'; '.join(good) or 'no α'}"
        + (f"; of others: {'; '.join(beside)}" if beside else ""),
        _setting(size, seeds),
        *told(found),
        **_data(found, {**units, **others}, size, seeds),
    )


@claim(
    "layers.exact_gain",
    "With weights of variance 1/(n E[RaLU(Z)²]) signals and gradients stay within a factor of 10 through 64 layers",
    source="derived here: the initialisation that the toolkit offers against the finding above",
    kind="measured",
    rows=["C6"],
    assumptions=[
        "no biases; Gaussian inputs of variance 1; α = 0, 0.5, 1, 2, 4, 9",
        "refuted for an α as above",
        PLANNED,
    ],
    expected="holds when",
)
def exact_gain(effort: Effort = "quick") -> Evidence:
    size, seeds = SIZES[effort], SEEDS[effort]
    units = {f"RaLU, α = {a:g}": (ralu(a), unit_gain(ralu(a))) for a in ALPHAS}
    back = {f"{name}, gain of gradients": (u, unit_gain(u, "backward")) for name, (u, _) in units.items()}
    found = swept({**units, **back}, size, seeds)
    good = [name for name in units if stays(found[name], 1)]
    signals = [name for name in units if all(abs(e) <= 1 for p in found[name].values() for e in p[0][1:])]
    verdict: Verdict = "holds" if len(good) == len(units) else "holds when" if good else "fails"
    kept = [name for name in back if stays(found[name], 1)]
    return measured(
        verdict,
        f"both stay for {'; '.join(good) or 'no α'}; signals alone for {'; '.join(signals) or 'no α'}; "
        f"with 1/E[RaLU'(Z)²] in place of 1/E[RaLU(Z)²] both stay for {'; '.join(kept) or 'no α'}",
        _setting(size, seeds),
        *told(found),
        **_data(found, {**units, **back}, size, seeds),
    )


# -- what training does ------------------------------------------------------------------------------------------------

DRIFT: Mapping[Effort, Experiment] = {"quick": TASK, "full": replace(TASK, hidden=(24,) * 4, steps=600)}
DEATH: Mapping[Effort, Experiment] = {
    "quick": replace(TASK, hidden=(16,) * 6, rate=2e-2, steps=200),
    "full": replace(TASK, hidden=(24,) * 6, rate=2e-2, steps=400),
}


def _drifts(found: Mapping[str, Any], name: str, when: int) -> list[float]:
    return [max(one["drift"][when], 1e-16) for one in found[name].values()]


@claim(
    "layers.mean_drift",
    "The outputs of RaLU units have mean zero, before and after training",
    source=SOURCE,
    kind="measured",
    rows=["C7"],
    quotes=[
        "Also, it outputs zero mean values because it is a zero-centred odd function.",
        "This prevents systematic bias in the activations.",
    ],
    assumptions=[
        "biases begin at 0; 201 inputs symmetric about 0; the drift is the root of the mean squared mean over the mean "
        "variance, over all hidden units",
        "refuted at a time at which the 95 % interval of the drift lies above 0.01; less biased than ReLU if the "
        "interval of ReLU's drift over RaLU's lies above 1",
        planned(DRIFT),
    ],
    expected="holds when",
)
def mean_drift(effort: Effort = "quick") -> Evidence:
    task, seeds = DRIFT[effort], SEEDS[effort]
    names: dict[str, tuple[str, float | None]] = {name: (name.lower(), None) for name in ("RaLU", *OTHERS)}
    found = observed(task, names, seeds)
    ends = {
        (name, when): [float(np.exp(v)) for v in logarithms(np.log(_drifts(found, name, when)).tolist())]
        for name in names
        for when in (0, 1)
    }
    small = [ends["RaLU", when][2] <= 0.01 for when in (0, 1)]
    ratios: dict[str, PairedRatio] = {
        name: paired_ratio(_drifts(found, name, 1), _drifts(found, "RaLU", 1), resamples=1000) for name in OTHERS
    }
    less = above(ratios)
    return measured(
        "holds" if all(small) else "holds when" if any(small) else "fails",
        f"before training the drift is at most {ends['RaLU', 0][2]:.1g}; after it is "
        f"{ends['RaLU', 1][0]:.2f} [{ends['RaLU', 1][1]:.2f}, {ends['RaLU', 1][2]:.2f}], less than that of "
        f"{', '.join(less) or 'no other'}",
        setting(task, seeds),
        *(
            f"{name}: drift {ends[name, 0][0]:.2g} before, {ends[name, 1][0]:.2g} "
            f"[{ends[name, 1][1]:.2g}, {ends[name, 1][2]:.2g}] after"
            + (f", {words(ratios[name])} times RaLU's" if name in ratios else "")
            for name in names
        ),
        **observations(task, found),
    )


@claim(
    "layers.dead_units",
    "No unit of RaLU is dead after training: each has a slope of 0.001 or more at some input",
    source=SOURCE,
    kind="measured",
    rows=["C8"],
    quotes=['### No "dead neuron problems"', 'This could avoid the "Dying ReLU Problem".'],
    assumptions=[
        "α begins at 4, 0.5 or 0; dead: a slope below 0.001 at all of 201 inputs on [−1, 1]",
        "refuted for a start of α from which any unit of any seed is dead after training",
        planned(DEATH),
    ],
    expected="holds when",
)
def dead_units(effort: Effort = "quick") -> Evidence:
    task, seeds = DEATH[effort], SEEDS[effort]
    names: dict[str, tuple[str, float | None]] = {f"RaLU, α = {a:g} at first": ("ralu", a) for a in (4.0, 0.5, 0.0)}
    ours = list(names)
    names |= {name: (name, None) for name in OTHERS}
    found = observed(task, names, seeds)
    total = {
        (name, what, when): sum(one[what][when] for one in found[name].values())
        for name in names
        for what in ("dead", "nearly_dead")
        for when in (0, 1)
    }
    count = sum(one["units"] for one in found[ours[0]].values())
    good = [name for name in ours if total[name, "nearly_dead", 1] == 0]
    bad = [name for name in ours if name not in good]
    return measured(
        "holds" if not bad else "holds when" if good else "fails",
        f"none of {count} for {'; '.join(good) or 'no start'}"
        + "".join(f"; {total[name, 'nearly_dead', 1]} for {name}" for name in bad)
        + f"; {total['relu', 'nearly_dead', 1]} of ReLU",
        setting(task, seeds),
        *(
            f"{name}: {total[name, 'nearly_dead', 0]} dead before, {total[name, 'nearly_dead', 1]} after, "
            f"{total[name, 'dead', 1]} of them with slope 0 exactly"
            for name in names
        ),
        **observations(task, found),
    )
