"""What `ratapprox train` is asked for, as experiments; slips are answered before the work starts."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from ratapprox.cli.options import MissingPart, caught, clip, parted

if TYPE_CHECKING:
    from ratapprox.networks.experiment import Experiment


def widths(ctx: click.Context, param: click.Parameter, text: str | None) -> tuple[int, ...] | None:
    """`24,24,24` or `24x3`: the widths of the hidden layers."""
    if text is None:
        return None
    found: list[int] = []
    for part in text.split(","):
        read = re.fullmatch(r"\s*(\d{1,5})(?:x(\d{1,3}))?\s*", part, re.ASCII)
        if read is None or int(read[1]) < 1 or (read[2] and int(read[2]) < 1):
            raise click.BadParameter(f"{clip(text)}: give the widths of the hidden layers, such as 24,24 or 24x3")
        found += [int(read[1])] * int(read[2] or 1)
    return tuple(found)


def sharing(ctx: click.Context, param: click.Parameter, text: str) -> str | int:
    if text in ("layer", "neuron", "network"):
        return text
    if not re.fullmatch(r"\d{1,5}", text, re.ASCII) or int(text) < 1:
        raise click.BadParameter(f"{clip(text)}: give layer, neuron, network, or a number of groups")
    return int(text)


def experiment(
    name: str, activation: str | None, asked: dict[str, Any]
) -> tuple[Experiment, dict[str, str | tuple[float | None, ...]], str]:
    """The experiment of no activation yet; for each activation its initialisation; the sentence about it all."""
    from ratapprox.networks.experiment import Experiment
    from ratapprox.networks.problems import problem as find
    from ratapprox.networks.usual import ACTIVATIONS, usual

    found = caught(lambda: find(name))
    default = caught(lambda: usual(found))
    if asked["steps"] is not None and asked["seconds"] is not None:
        raise click.UsageError("--steps and --seconds are two budgets: give one of them")
    optimiser = asked["optimiser"] or default.optimiser
    if optimiser != "adam" and (asked["rate"] is not None or asked["schedule"] is not None):
        raise click.UsageError(f"--rate and --schedule are Adam's: {optimiser} chooses the lengths of its steps itself")
    if optimiser != "variable-projection" and asked["ridge"] is not None:
        raise click.UsageError("--ridge belongs to --optimiser variable-projection")
    if asked["seconds"] is not None and asked["schedule"] not in (None, "constant"):
        raise click.UsageError(f"--schedule {asked['schedule']} needs to know the number of steps: give --steps")
    if optimiser != "adam" and asked["batch"] is not None:
        raise click.UsageError(f"--batch belongs to --optimiser adam: {optimiser} needs the same samples at every step")
    if found.kind == "residual" and asked["batch"] is not None and asked["samples"] is not None:
        raise click.UsageError(f"{found.name} draws new points at every step: give their number by --batch alone")
    rate = 5e-3 if asked["rate"] is None else asked["rate"]
    if not 0 < rate < float("inf"):
        raise click.UsageError(f"--rate {rate:g}: a learning rate is a positive number")
    steps = asked["steps"]
    if steps is None and asked["seconds"] is None:
        steps = default.steps
    like = Experiment(
        problem=found.name,
        activation="",
        seeds=(),
        hidden=asked["widths"] or default.hidden,
        optimiser=optimiser,
        steps=steps,
        seconds=asked["seconds"],
        samples=asked["samples"] or default.samples,
        batch=asked["batch"],
        sharing=asked["sharing"],
        parametrisation=asked["parametrisation"],
        residual=asked["residual"],
        trainable=not asked["frozen"],
        rate=rate,
        schedule=asked["schedule"] or ("cosine" if optimiser == "adam" and steps is not None else "constant"),
        ridge=asked["ridge"] or 0.0,
        dtype=asked["dtype"],
        backend=_backend(asked["backend"]),
    )
    names = list(ACTIVATIONS) if activation is None else parted(activation)
    for k, each in enumerate(names):
        if not each:
            raise click.UsageError("--activation: between two commas there is nothing")
        if each in names[:k]:
            raise click.UsageError(f"--activation: {each} is given twice")
    begun = found.start if asked["init"] is None else asked["init"]
    inits = {each: _init(like, each, begun, found.inputs, found.outputs) for each in names}
    shape = "-".join(map(str, (found.inputs, *like.hidden, found.outputs)))
    networks = f"{shape} networks begun by {begun}"
    if like.parametrisation == "ntk":
        networks += " in the NTK parametrisation"
    budget = f"{like.seconds:g} s" if like.steps is None else f"{like.steps} steps"
    points = f"{like.samples or found.samples} points"
    if like.batch is not None:
        drawn = f"{like.batch} new points" if found.kind == "residual" else f"{like.batch} of {points}"
        points = f"{drawn} in a step"
    return (
        like,
        inits,
        f"{found.name}: {networks}, {budget} of {optimiser}, {points}, {like.dtype}, {like.backend}",
    )


def jobs(
    like: Experiment, inits: Mapping[str, Any], seeds: int | None, place: str
) -> tuple[str, list[dict[str, Any]]]:
    """The name of the metric and the configurations, each of them tried for slips before the work starts.

    place: the executor, as its name; what it computes here at a time has to fit into the memory.
    """
    from ratapprox.networks.backend import device_fault
    from ratapprox.networks.comparison import experiments
    from ratapprox.networks.executors import at_a_time
    from ratapprox.networks.experiment import Experiment, check_memory, prepared
    from ratapprox.networks.problems import problem as find
    from ratapprox.networks.usual import usual

    found = find(like.problem)
    count = seeds or usual(found).seeds
    many = caught(lambda: at_a_time(place))
    configs = experiments(like, {name: plain(init) for name, init in inits.items()}, range(count))
    for config in configs[: len(inits)]:
        try:
            caught(lambda config=config: prepared(replace(Experiment.read(config), seeds=(0,))))  # type: ignore[misc]
        except ModuleNotFoundError as missing:
            raise MissingPart(str(missing)) from missing
        except MemoryError as large:
            raise click.UsageError(str(large)) from large
        except RuntimeError as error:
            if not (fault := device_fault(error)):
                raise
            raise MissingPart(f"the GPU has failed: {fault}") from error
    if many:
        try:
            check_memory([Experiment.read(config) for config in configs], many)
        except MemoryError as large:
            raise click.UsageError(str(large)) from large
    assert found.metric is not None
    return found.metric.name if found.metric.better == "smaller" else f"error of {found.metric.name}", configs


def _init(like: Experiment, name: str, init: str, inputs: int, outputs: int) -> str | tuple[float | None, ...]:
    from ratapprox.networks.initialisation import scheme_names
    from ratapprox.networks.mlp import Mlp
    from ratapprox.networks.units import unit

    if init in scheme_names():
        return init
    if init != "gain":
        raise click.UsageError(f"--init {clip(init)}: give {', '.join(scheme_names())} or gain")
    from ratapprox.evaluating import exact_gains

    return caught(lambda: exact_gains(Mlp((inputs, *like.hidden, outputs), unit(name))).gains)


def plain(init: str | Sequence[float | None]) -> str | list[float | None]:
    return init if isinstance(init, str) else list(init)


def _backend(asked: str) -> str:
    from ratapprox.networks.backend import backend

    try:
        found = backend(asked)
    except ModuleNotFoundError as missing:
        raise MissingPart(str(missing)) from missing
    return found.name
