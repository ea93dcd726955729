"""One training from its description: a problem, an activation function, seeds, a network, an optimiser, a budget."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from math import isfinite
from pathlib import Path
from typing import Any, Literal

import numpy as np

from ratapprox.networks.backend import Backend, backend
from ratapprox.networks.drawing import Drawn, fresh, minibatches
from ratapprox.networks.footprint import check_together, check_training, training_bytes
from ratapprox.networks.initialisation import Gains, Scheme, initialise
from ratapprox.networks.initialisation import scheme as scheme_of
from ratapprox.networks.judging import begin_as_if_mapped, collocated, judged
from ratapprox.networks.memory import free_bytes
from ratapprox.networks.methods import OPTIMISERS, SQUARES, optimiser
from ratapprox.networks.mlp import Mlp
from ratapprox.networks.objective import stack
from ratapprox.networks.optimise import Optimiser
from ratapprox.networks.parametrisation import Ntk
from ratapprox.networks.problems import Equation, Problem, problem
from ratapprox.networks.runs import RunFolder
from ratapprox.networks.squares import structured
from ratapprox.networks.step import Step
from ratapprox.networks.sweep import key
from ratapprox.networks.training import Progress, Run, train
from ratapprox.networks.tying import Linear, Tie, Tied
from ratapprox.networks.units import unit

__all__ = ["OPTIMISERS", "Experiment", "Prepared", "check_memory", "kept", "prepared", "resumed", "summary", "trained"]


@dataclass(frozen=True)
class Experiment:
    """What is trained and how; every field is of what JSON holds.

    problem, activation: by name or expression. hidden: the widths of the hidden layers. sharing, residual, trainable:
    those of `Mlp`, and sharing "network": one activation for all layers. init: a name of `scheme_names()`, or the gains
    of the layers, as `Gains` has them; None: as the problem has it. parametrisation: "ntk" trains W of z = W h/√n + b,
    from the same function on. samples: training points; None: as many as the problem has. optimiser: one of OPTIMISERS.
    rate, schedule, batch: of Adam; with a batch each step sees so many of the samples, or, of an equation, so many new
    points. ridge: of variable projection. dtype: float32 or float64. backend: numpy or cupy.
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
    batch: int | None = None
    sharing: Literal["layer", "neuron", "network"] | int = "layer"
    residual: bool = False
    trainable: bool = True
    init: str | tuple[float | None, ...] | None = None
    parametrisation: Literal["standard", "ntk"] = "standard"
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

    Raises ValueError for what does not go together, ModuleNotFoundError for a backend that is not there, MemoryError,
    before anything is drawn, for what will not fit.
    """
    asked = problem(experiment.problem)
    _check(experiment, asked)
    net, place = _net(experiment, asked), backend(experiment.backend)
    maps = _maps(experiment, net)
    _check_memory(experiment, asked, net, place)
    scheme = _scheme(asked.start if experiment.init is None else experiment.init)
    parameters = initialise(net, scheme, experiment.seeds, asked.name)
    begin_as_if_mapped(net, asked, parameters)
    objective, judges = _objective(experiment, asked, net, place)
    for each in reversed(maps):
        objective, parameters = Tied(objective, each), each.tied(parameters)
    return Prepared(
        asked,
        net,
        objective,
        place.to_device(parameters.astype(experiment.dtype)),
        optimiser(experiment, net),
        partial(_validated, judges, maps),
    )


def check_memory(experiments: Sequence[Experiment], at_a_time: int = 1) -> None:
    """Raise MemoryError where one of some trainings does not fit, or so many of them at a time, the largest, do not."""
    sizes, place = [], backend("numpy")
    for each in experiments:
        asked, place = problem(each.problem), backend(each.backend)
        net = _net(each, asked)
        _check_memory(each, asked, net, place)
        sizes.append(training_bytes(net, each.optimiser, each.samples or asked.samples, **_shape(each, asked, place)))
    check_together(sizes, at_a_time, free_bytes(place.xp.empty(0)))


def _maps(experiment: Experiment, net: Mlp) -> tuple[Linear, ...]:
    """From what is trained to the network's parameters, one after another."""
    tie = (Tie(net),) if experiment.sharing == "network" else ()
    return (*tie, Ntk(net)) if experiment.parametrisation == "ntk" else tie


def _net(experiment: Experiment, asked: Problem) -> Mlp:
    return Mlp(
        (asked.inputs, *experiment.hidden, asked.outputs),
        unit(experiment.activation),
        "layer" if experiment.sharing == "network" else experiment.sharing,
        experiment.residual,
        experiment.trainable,
    )


def _check(experiment: Experiment, asked: Problem) -> None:
    if experiment.parametrisation not in ("standard", "ntk"):
        raise ValueError(f"parametrisation is 'standard' or 'ntk', not {experiment.parametrisation!r}")
    if asked.kind == "propagation":
        raise ValueError(f"{asked.name} is not trained: it follows signals through layers that stay as drawn")
    if experiment.optimiser in SQUARES and asked.kind not in ("regression", "residual"):
        raise ValueError(
            f"{experiment.optimiser} minimises sums of squares, and the loss of {asked.name} is a {asked.kind} loss: "
            "use lbfgs or adam"
        )
    if experiment.sharing == "network" and isinstance(experiment.init, tuple) and None in experiment.init:
        raise ValueError(
            f"{experiment.activation} draws coefficients, and one activation for the network has those of its first "
            "layer: gains of drawn ones go with sharing by layer or neuron"
        )
    if experiment.batch is None:
        return
    if experiment.optimiser != "adam":
        raise ValueError(f"{experiment.optimiser} needs the same samples at every step: batches are for adam")
    if asked.kind == "rayleigh":
        raise ValueError(f"the samples of {asked.name} are nodes of a quadrature rule: there are no batches of them")


def _check_memory(experiment: Experiment, asked: Problem, net: Mlp, place: Backend) -> None:
    samples, free = experiment.samples or asked.samples, free_bytes(place.xp.empty(0))
    check_training(net, experiment.optimiser, samples, free, **_shape(experiment, asked, place))


def _shape(experiment: Experiment, asked: Problem, place: Backend) -> dict[str, Any]:
    """What else `training_bytes` is told."""
    return {
        "order": {"residual": 2, "rayleigh": 1}.get(asked.kind, 0),
        "members": len(experiment.seeds),
        "itemsize": np.dtype(experiment.dtype).itemsize,
        "whole": place.name == "cupy",
    }


def _objective(experiment: Experiment, asked: Problem, net: Mlp, place: Backend) -> tuple[Any, Any]:
    """What is trained, where it is computed; and the judges, one for each seed."""
    dtype, seeds = np.dtype(experiment.dtype), experiment.seeds
    pairs = (judged(asked, net, seed, experiment.samples, experiment.validation, dtype) for seed in seeds)
    objectives, judges = zip(*pairs, strict=True)
    objective = objectives[0] if len(objectives) == 1 else stack(objectives)
    if experiment.batch is not None:
        if isinstance(asked, Equation):
            draw = fresh(partial(collocated, asked, net, dtype), asked.draw, asked.name, seeds, experiment.batch)
        else:
            draw = minibatches(objective, asked.name, seeds, experiment.batch)
        return Drawn(draw, place.to_device), judges
    if experiment.optimiser in SQUARES and asked.kind == "regression":
        objective = structured(objective)
    moved: dict[str, Any] = {name: place.to_device(array) for name, array in objective.arrays().items()}
    return Step(replace(objective, **moved)), judges


def trained(config: Mapping[str, Any], watch: Callable[[Progress], None] | None = None) -> dict[str, Any]:
    """Train what a document of an `Experiment` describes: what came of it, as JSON holds it.

    An interrupt is raised again.
    """
    return _trained(config, watch, None)


def kept(config: Mapping[str, Any], folder: str, watch: Callable[[Progress], None] | None = None) -> dict[str, Any]:
    """The same, in a run folder below `folder` that the configuration and the code name: it goes on where it was.

    An interrupt is raised again after the state has been kept.
    """
    with _folder(config, folder) as keeper:
        found = _trained(config, watch, keeper)
        keeper.finish(found)
    return found


def resumed(config: Mapping[str, Any], folder: str | Path) -> Run:
    """The run, with the parameters at its end, that `kept` has put into a folder; what is left of it is trained."""
    with _folder(config, folder) as keeper:
        return _run(prepared(Experiment.read(config)), config, None, keeper)


def _folder(config: Mapping[str, Any], folder: str | Path) -> RunFolder:
    name = re.sub(r"[^a-z0-9]+", "-", str(config["activation"]).lower())[:30].strip("-")
    place = Path(folder) / f"{name}-{key(trained, config)}"
    return RunFolder.open(place, config, resume=(place / "configuration.json").exists())


def _trained(config: Mapping[str, Any], watch: Any, keeper: RunFolder | None) -> dict[str, Any]:
    ready = prepared(Experiment.read(config))
    run = _run(ready, config, watch, keeper)
    return summary(ready, run) | {"notes": list(keeper.notes) if keeper else []}


def _run(ready: Prepared, config: Mapping[str, Any], watch: Any, keeper: RunFolder | None) -> Run:
    """The whole of it; an interrupt is raised again."""
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
    return run


def summary(ready: Prepared, run: Run) -> dict[str, Any]:
    """Losses, metrics, why each network stopped, and curves; what is no number is None.

    error: the metric as a number that is better when smaller, of which ratios mean something.
    """
    metric = ready.problem.metric
    assert metric is not None

    def errors(values: tuple[float, ...]) -> list[float | None]:
        return [_number(metric.as_error(value)) if isfinite(value) else None for value in values]

    return {
        "parameters": int(ready.parameters.shape[-1]),
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


def _scheme(init: str | tuple[float | None, ...]) -> Scheme:
    return scheme_of(init) if isinstance(init, str) else Gains(gains=init)


def _validated(judges: tuple[Callable[[Any], float], ...], maps: Sequence[Linear], theta: Any, member: int) -> float:
    """The metric, in float64 on the host; NaN where the outputs are no numbers."""
    host = np.asarray(theta.get() if hasattr(theta, "get") else theta, dtype=np.float64)
    with np.errstate(all="ignore"):
        for each in maps:
            host = each.spread(host)
        try:
            return float(judges[member](host))
        except ValueError:
            return float("nan")


def _number(value: float) -> float | None:
    return float(value) if isfinite(value) else None
