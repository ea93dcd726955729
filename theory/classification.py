"""Classification: handwritten digits by rational, ReLU and GELU networks.

A tie is a result: networks are called equal where no interval tells them apart, and no worse where the interval of the
ratio of mistakes ends below a bound that is set before.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

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

SOURCE = "Oxford page on rational neural networks (2021)"
FIELDS = (
    "Finally, while neural networks have applications in diverse fields such as facial recognition, credit-card fraud, "
    "speech recognition, and medical diagnosis, there is a growing need for understanding their approximation power "
    "and other theoretical properties."
)
VARIETY = (
    "These type of networks have been proven to have higher approximation power than state-of-the-art neural network "
    "architectures, which means that they can tackle a variety of deep learning problems with fewer number of "
    "trainable parameters."
)
OTHERS = ("relu", "gelu")
DIGITS: Mapping[Effort, Experiment] = {
    "quick": Experiment("digits", "", (), (24,), "adam", steps=120, rate=1e-2, schedule="cosine"),
    "full": Experiment("digits", "", (), (64, 64), "adam", steps=300, rate=5e-3, schedule="cosine"),
}


@cache
def runs(effort: Effort) -> dict[str, dict[int, Course]]:
    return courses(DIGITS[effort], ("rational", *OTHERS), SEEDS[effort])


def against(found: Mapping[str, PairedRatio]) -> str:
    """`ReLU: a tie` and so on; a ratio above 1 is in favour of the rational network."""
    words = {1: "fewer mistakes than", 0: "a tie with", -1: "more mistakes than"}
    return ", ".join(f"{words[side(ratio)]} {name}" for name, ratio in found.items())


def told(errors: Errors, effort: Effort, verdict: bool | Verdict, says: str) -> Evidence:
    found, like, of = ratios(errors, "rational"), DIGITS[effort], runs(effort)
    timed = ratios(after_equal_time(of), "rational")
    sizes = {name: len(each[0].final) for name, each in of.items()}
    return measured(
        verdict,
        f"{says}: {against(found)}",
        f"64-{'-'.join(map(str, like.hidden))}-10 networks, parameters: "
        f"{', '.join(f'{name} {size}' for name, size in sizes.items())}; 1297 pictures, 500 others, {like.steps} "
        f"steps of Adam on all pictures, rate {like.rate:g} with a cosine, float64, {SEEDS[effort]} paired "
        "seeds and splits",
        f"share of mistakes, geometric means: {means(errors)}",
        f"mistakes as multiples of the rational network's, 95 % t intervals: {line(found)}",
        f"after equal processor time: {line(timed)}",
        setting=setting(like, SEEDS[effort], parameters=sizes),
        errors=table(errors),
        ratios=intervals(found),
        ratios_after_equal_time=intervals(timed),
        curves=curves(of),
    )


@claim(
    "classification.no_worse",
    "On 8 × 8 digits a rational (3, 2) network makes at most 1.25 times the mistakes of the ReLU and GELU networks of "
    "the same widths after the same steps of Adam",
    source=SOURCE,
    kind="measured",
    rows=["A10"],
    quotes=[FIELDS],
    assumptions=[
        "refuted against another whose interval of the ratio of mistakes, rational to it, reaches beyond 1.25",
        planned(DIGITS),
    ],
    quick="holds when",
)
def no_worse(effort: Effort = "quick", bound: float = 1.25) -> Evidence:
    errors = after_equal_steps(runs(effort))
    most = {name: 1 / ratio.interval[0] for name, ratio in ratios(errors, "rational").items()}
    shown = [name for name, ratio in most.items() if ratio < bound]
    verdict: Verdict = "holds" if len(shown) == len(most) else "holds when" if shown else "fails"
    words = ", ".join(f"{ratio:.3g} times those of {name}" for name, ratio in most.items())
    return told(
        errors, effort, verdict, f"by the intervals at most {words}, shown against {', '.join(shown) or 'none'}"
    )


@claim(
    "classification.better",
    "On 8 × 8 digits a rational network makes fewer mistakes than the ReLU and GELU networks of the same widths after "
    "the same steps of Adam",
    source=SOURCE,
    kind="measured",
    rows=["A10"],
    quotes=[VARIETY],
    assumptions=[
        "refuted if the interval of either ratio, of another's mistakes to the rational one's, reaches down to 1",
        planned(DIGITS),
    ],
    expected="fails",
)
def better(effort: Effort = "quick") -> Evidence:
    errors = after_equal_steps(runs(effort))
    sides = [side(ratio) for ratio in ratios(errors, "rational").values()]
    return told(errors, effort, min(sides) > 0, "the whole advantage" if min(sides) > 0 else "no advantage that shows")
