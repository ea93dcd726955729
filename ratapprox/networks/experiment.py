"""One training from its description: a problem, an activation function, seeds, a network, an optimiser, a budget."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from math import isfinite
from pathlib import Path
from typing import Any, Literal

import numpy as np

from ratapprox.networks.backend import backend
from ratapprox.networks.initialisation import Gains, Scheme, initialise, scheme
from ratapprox.networks.mlp import Mlp
from ratapprox.networks.objective import classification, rayleigh, regression, residual, stack
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
from ratapprox.networks.problems import Equation, Problem, Rayleigh, problem
from ratapprox.networks.propagation import predict
from ratapprox.networks.runs import RunFolder
from ratapprox.networks.squares import structured
from ratapprox.networks.step import Step
from ratapprox.networks.sweep import key
from ratapprox.networks.training import Progress, Run, train
from ratapprox.networks.units import unit

__all__ = ["OPTIMISERS", "Experiment", "Prepared", "kept", "prepared", "summary", "trained"]

OPTIMISERS = ("adam", "lbfgs", "lm", "gauss-newton", "variable-projection")
SQUARES = ("lm", "gauss-newton", "variable-projection")


@dataclass(frozen=True)
class Experiment:
    """What is trained and how; every field is of what JSON holds.

    problem, activation: by name or expression. hidden: the widths of the hidden layers. sharing, residual, trainable:
    those of `Mlp`. init: a name of `scheme_names()`, or the gains of the layers. samples: training points; None: as
    many as the problem has. optimiser: one of OPTIMISERS. rate, schedule: of Adam. ridge: of variable projection.
    dtype: float32 or float64. backend: numpy or cupy.
    """

    problem: str
    activation: str
    seeds: tuple[int, ...]
    hidden: tuple[int, ...]
    optimiser: str
    steps: int | None = None
    seconds: float | None = None
    samples: int | None = None
    validation: int | None = None
    sharing: Literal["layer", "neuron"] | int = "layer"
    residual: bool = False
    trainable: bool = True
    init: str | tuple[float, ...] = "xavier"
    rate: float = 5e-3
    schedule: str = "constant"
    ridge: float = 0.0
    dtype: str = "float64"
    backend: str = "numpy"

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> Experiment:
        """From what `document` gave. Raises TypeError for unknown names."""
        values: dict[str, Any] = {n: tuple(v) if isinstance(v, list) else v for n, v in document.items()}
        return cls(**values)

    def document(self) -> dict[str, Any]:
        """The fields as JSON holds them."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}


@dataclass(frozen=True, eq=False)
class Prepared:
    """All that a training needs. validate: parameters (P,), member -> the metric of the problem."""

    problem: Problem
    net: Mlp
    objective: Any
    parameters: Any
    optimiser: Optimiser
    validate: Callable[[Any, int], float] = field(repr=False)


def prepared(experiment: Experiment) -> Prepared:
    """The data, the network, its first parameters and the objective: the same weights and points for every activation.

    The inputs of functions that are learned from examples are mapped to [-1, 1]; equations keep their coordinates, and
    the first layer begins as if they had been mapped.

    Raises ValueError for what does not go together, ModuleNotFoundError for a backend that is not there.
    """
    asked = problem(experiment.problem)
    if asked.kind == "propagation":
        raise ValueError(f"{asked.name} is not trained: it follows signals through layers that stay as drawn")
    if experiment.optimiser in SQUARES and asked.kind not in ("regression", "residual"):
        raise ValueError(
            f"{experiment.optimiser} minimises sums of squares, and the loss of {asked.name} is a {asked.kind} loss: "
            "use lbfgs or adam"
        )
    net = Mlp(
        (asked.inputs, *experiment.hidden, asked.outputs),
        unit(experiment.activation),
        experiment.sharing,
        experiment.residual,
        experiment.trainable,
    )
    dtype = np.dtype(experiment.dtype)
    parameters = initialise(net, _scheme(experiment.init), experiment.seeds, asked.name)
    if not _maps(asked):
        _as_if_mapped(net, asked, parameters)
    objectives, judges = zip(*(_judged(asked, net, seed, experiment, dtype) for seed in experiment.seeds), strict=True)
    objective = objectives[0] if len(objectives) == 1 else stack(objectives)
    if experiment.optimiser in SQUARES and asked.kind == "regression":
        objective = structured(objective)
    place = backend(experiment.backend)
    moved = {name: place.to_device(array) for name, array in objective.arrays().items()}
    return Prepared(
        asked,
        net,
        Step(replace(objective, **moved)),
        place.to_device(parameters.astype(dtype)),
        optimiser(experiment, net),
        partial(_validated, judges),
    )


def trained(config: Mapping[str, Any], watch: Callable[[Progress], None] | None = None) -> dict[str, Any]:
    """Train what a document of an `Experiment` describes: what came of it, as JSON holds it.

    An interrupt is raised again.
    """
    return _trained(config, watch, None)


def kept(config: Mapping[str, Any], folder: str, watch: Callable[[Progress], None] | None = None) -> dict[str, Any]:
    """The same, in a run folder below `folder` that the configuration and the code name: it goes on where it was.

    An interrupt is raised again after the state has been kept.
    """
    name = re.sub(r"[^a-z0-9]+", "-", str(config["activation"]).lower())[:30].strip("-")
    place = Path(folder) / f"{name}-{key(trained, config)}"
    keeper = RunFolder.open(place, config, resume=(place / "configuration.json").exists())
    found = _trained(config, watch, keeper)
    keeper.finish(found)
    return found


def _trained(config: Mapping[str, Any], watch: Any, keeper: RunFolder | None) -> dict[str, Any]:
    ready = prepared(Experiment.read(config))
    run = train(
        ready.objective,
        ready.parameters,
        ready.optimiser,
        steps=config.get("steps"),
        seconds=config.get("seconds"),
        validate=ready.validate,
        watch=watch,
        keeper=keeper,
    )
    if run.interrupted:
        raise KeyboardInterrupt
    return summary(ready, run) | {"notes": list(keeper.notes) if keeper else []}


def summary(ready: Prepared, run: Run) -> dict[str, Any]:
    """Losses, metrics, why each network stopped, and curves; what is no number is None.

    error: the metric as a number that is better when smaller, of which ratios mean something.
    """
    metric = ready.problem.metric
    assert metric is not None

    def errors(values: tuple[float, ...]) -> list[float | None]:
        return [_number(metric.as_error(value)) if isfinite(value) else None for value in values]

    return {
        "parameters": int(ready.net.size),
        "metric": metric.name,
        "loss": [_number(value) for value in run.loss],
        "validation": [_number(value) for value in run.validation],
        "error": errors(run.validation),
        "endings": [str(ending) for ending in run.endings],
        "curves": [
            {
                "steps": list(curve.steps),
                "seconds": list(curve.seconds),
                "loss": [_number(value) for value in curve.loss],
                "error": errors(curve.validation),
            }
            for curve in run.curves
        ],
    }


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


def _scheme(init: str | tuple[float, ...]) -> Scheme:
    return scheme(init) if isinstance(init, str) else Gains(gains=init)


def _maps(asked: Problem) -> bool:
    """Whether inputs are mapped to [-1, 1]: not where derivatives by them enter the loss."""
    return asked.kind in ("regression", "classification")


def _as_if_mapped(net: Mlp, asked: Problem, parameters: Any) -> None:
    """Make W x + b of the first layer the W (2x - a - b)/(b - a) + b that it would have been."""
    lower, upper = np.array(asked.domain.lower), np.array(asked.domain.upper)
    first = net.layers(parameters)[0]
    scaled = first.weights * (2 / (upper - lower))[:, None]
    first.biases[...] -= np.einsum("i,eio->eo", (lower + upper) / 2, scaled)
    first.weights[...] = scaled


def _judged(asked: Problem, net: Mlp, seed: int, experiment: Experiment, dtype: Any) -> tuple[Any, Any]:
    """The objective of a seed, and a function of parameters (P,) that measures it."""
    data = asked.data(seed, experiment.samples, experiment.validation)
    metric = asked.metric
    assert metric is not None
    if isinstance(asked, Equation):
        there, judged = asked.at(np.array(data.x_train)), asked.at(np.array(data.x_validation))
        small = residual(net, there.x, there.operator, there.lift, there.factor)

        def judge(theta: Any) -> float:
            u = judged.solution(predict(net, theta, judged.x)[:, 0])
            return metric(u[:, None], data.y_validation)

        return small.astype(dtype), judge
    if isinstance(asked, Rayleigh):
        rule = asked.quadrature(experiment.samples)
        quotient = rayleigh(net, rule.x, rule.weights, rule.potential, rule.factor)

        def quotient_error(theta: Any) -> float:
            return metric(np.atleast_1d(quotient.loss(theta)), np.array([asked.eigenvalue]))

        return quotient.astype(dtype), quotient_error
    x, far = (asked.domain.to_unit(points) for points in (data.x_train, data.x_validation))
    make = classification if asked.kind == "classification" else regression
    objective = make(net, x, np.array(data.y_train)).astype(dtype)

    def measure(theta: Any) -> float:
        return metric(predict(net, theta, far), data.y_validation)

    return objective, measure


def _validated(judges: tuple[Callable[[Any], float], ...], theta: Any, member: int) -> float:
    """The metric, in float64 on the host; NaN where the outputs are no numbers."""
    host = np.asarray(theta.get() if hasattr(theta, "get") else theta, dtype=np.float64)
    with np.errstate(all="ignore"):
        try:
            return float(judges[member](host))
        except ValueError:
            return float("nan")


def _number(value: float) -> float | None:
    return float(value) if isfinite(value) else None
