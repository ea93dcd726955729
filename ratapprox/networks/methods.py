"""Optimisers and schedules by their names."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ratapprox.networks.mlp import Mlp
from ratapprox.networks.optimise import (
    Adam,
    Constant,
    Cosine,
    GaussNewton,
    Lbfgs,
    LevenbergMarquardt,
    Optimiser,
    Schedule,
    Stepwise,
    VariableProjection,
    Warmup,
)

if TYPE_CHECKING:
    from ratapprox.networks.experiment import Experiment

__all__ = ["OPTIMISERS", "SQUARES", "optimiser"]

OPTIMISERS = ("adam", "lbfgs", "lm", "gauss-newton", "variable-projection")
SQUARES = ("lm", "gauss-newton", "variable-projection")


def optimiser(experiment: Experiment, net: Mlp) -> Optimiser:
    """The optimiser that an experiment names. Raises ValueError for an unknown one."""
    makers: dict[str, Callable[[], Optimiser]] = {
        "adam": lambda: Adam(_schedule(experiment)),
        "lbfgs": Lbfgs,
        "lm": LevenbergMarquardt,
        "gauss-newton": GaussNewton,
        "variable-projection": lambda: VariableProjection(
            (net.widths[-2] + 1) * net.widths[-1], ridge=experiment.ridge
        ),
    }
    if experiment.optimiser not in makers:
        raise ValueError(f"there is no optimiser {experiment.optimiser!r}: take one of {', '.join(makers)}")
    return makers[experiment.optimiser]()


def _schedule(experiment: Experiment) -> Schedule:
    """constant; cosine over all steps; step, a tenth after each third; warmup for a tenth of the steps, then cosine."""
    rate, steps = experiment.rate, experiment.steps
    if experiment.schedule == "constant":
        return Constant(rate)
    if steps is None:
        raise ValueError(f"a {experiment.schedule} schedule needs to know the number of steps: give one, or constant")
    steps = max(steps, 1)
    if experiment.schedule == "cosine":
        return Cosine(rate, steps)
    if experiment.schedule == "step":
        return Stepwise(rate, max(steps // 3, 1), 0.1)
    if experiment.schedule == "warmup":
        return Warmup(max(steps // 10, 1), Cosine(rate, steps))
    raise ValueError(f"there is no schedule {experiment.schedule!r}: take constant, cosine, step or warmup")
