"""`ratapprox train PROBLEM`."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ratapprox.cli.options import MissingPart, caught, clip, parted, seconds

if TYPE_CHECKING:
    from ratapprox.networks.comparison import Comparison
    from ratapprox.networks.experiment import Experiment
    from ratapprox.networks.sweep import Answer

OPTIMISERS = ("adam", "lbfgs", "lm", "gauss-newton", "variable-projection")
LARGEST_SEEDS = 1000


def _widths(ctx: click.Context, param: click.Parameter, text: str | None) -> tuple[int, ...] | None:
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


def _sharing(ctx: click.Context, param: click.Parameter, text: str) -> str | int:
    if text in ("layer", "neuron"):
        return text
    if not re.fullmatch(r"\d{1,5}", text, re.ASCII) or int(text) < 1:
        raise click.BadParameter(f"{clip(text)}: give layer, neuron, or a number of groups")
    return int(text)


@click.command(short_help="Train small networks and compare activation functions.")
@click.argument("problem")
@click.option("--activation", "--activations", metavar="A[,A…]", help="Names or expressions; the first is compared to.")
@click.option("--seeds", type=click.IntRange(1, LARGEST_SEEDS), metavar="S", help="So many networks for each of them.")
@click.option("--steps", type=click.IntRange(0, 10**9), metavar="N", help="Steps of the optimiser.")
@click.option("--seconds", metavar="T", callback=seconds, help="Seconds of optimisation for each network.")
@click.option("--optimiser", type=click.Choice(OPTIMISERS), help="The method.")
@click.option("--rate", type=float, metavar="R", help="Adam's learning rate [default: 0.005].")
@click.option("--schedule", type=click.Choice(["constant", "cosine", "step", "warmup"]), help="Adam's schedule.")
@click.option("--ridge", type=float, metavar="R", help="The ridge of variable-projection [default: 0].")
@click.option("--widths", metavar="W,W…", callback=_widths, help="Hidden layers: 24,24,24 or 24x3.")
@click.option("--init", metavar="NAME", default="xavier", show_default=True, help="xavier, he, siren, …, or gain.")
@click.option("--sharing", callback=_sharing, default="layer", show_default=True, help="layer, neuron, or groups.")
@click.option("--residual", is_flag=True, help="Add the input of a layer to its output where widths agree.")
@click.option("--frozen", is_flag=True, help="Do not train the coefficients of activations.")
@click.option("--samples", type=click.IntRange(1, 10**8), metavar="N", help="Training points.")
@click.option("--dtype", type=click.Choice(["float32", "float64"]), default="float64", show_default=True)
@click.option("--backend", type=click.Choice(["auto", "numpy", "cupy"]), default="auto", show_default=True)
@click.option(
    "--executor",
    "place",
    metavar="WHERE",
    default="serial",
    show_default=True,
    help="serial, processes:N, loky:N or dask://host:port.",
)
@click.option("-o", "--output", type=click.Path(), metavar="RUN/", help="Keep everything in this folder.")
@click.option("--resume", is_flag=True, help="Go on with what is in the folder.")
@click.option("--plot", type=click.Path(), metavar="FILE", help="Draw the curves: .png, .svg or .pdf.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.pass_context
def train(
    ctx: click.Context,
    /,
    problem: str,
    activation: str | None,
    seeds: int | None,
    output: str | None,
    resume: bool,
    plot: str | None,
    as_json: bool,
    place: str,
    **asked: Any,
) -> None:
    """Train networks that differ in their activation function alone, and say which is better by how much.

    PROBLEM is a name from `ratapprox list problems`, with parameters if it has any: "noisy(sd=0.1)". Networks of one
    seed begin with the same weights and see the same points, whatever their activation function.

    \b
      ratapprox train kdv
      ratapprox train kdv --activation rational,relu,tanh,sine --seeds 8 -o runs/kdv --plot kdv.png
      ratapprox train poisson --optimiser lm --seconds 5
      ratapprox train runge --activation "rational,x*(x**2 + a)/(x**2 + b)" --widths 12x3

    Ctrl-C stops after a complete step; with -o, --resume goes on from there to the same last digit.
    Exit code 0: done; 4: every network diverged or failed.
    """
    _check_outputs(output, resume, plot)
    like, inits, words = _experiment(problem, activation, asked)
    metric, configs = _jobs(like, inits, seeds)
    everybody = sorted({seed for config in configs for seed in config["seeds"]})
    configuration = {
        **{name: value for name, value in like.document().items() if name not in ("activation", "init")},
        "seeds": everybody,
        "activations": {name: _plain(init) for name, init in inits.items()},
    }
    keeper, store, networks = None, None, None
    if output is not None:
        from ratapprox.networks.runs import RunFolder

        keeper = caught(lambda: RunFolder.open(output, configuration, resume=resume and _begun(output)))
        store, networks = Path(output) / "answers", str(Path(output) / "networks")
        for note in keeper.notes:
            click.echo(f"ratapprox train: {note}", err=True)
    answers = _swept(configs, place, store, networks)

    from ratapprox.networks.comparison import compare

    comparison = compare(answers, metric)
    document = {
        "schema": "ratapprox/run/1",
        "problem": like.problem,
        **comparison.document(),
        "backend": like.backend,
        "configuration": configuration,
    }
    if keeper is not None and comparison.complete:
        keeper.finish(document)
    if plot is not None:
        _draw(comparison, like.problem, plot)
    if as_json:
        from json import dumps

        click.echo(dumps(document, indent=2, allow_nan=False, ensure_ascii=False))
    else:
        from ratapprox.cli.train_report import report

        click.echo(report(comparison, words))
    stopped = any(answer.fate == "interrupted" for answer in answers)
    if stopped:
        again = f"--resume -o {output} goes on" if output else "nothing is kept: give -o next time"
        click.echo(f"ratapprox train: interrupted; {again}", err=True)
    ctx.exit(130 if stopped else 4 if not any(entry.errors for entry in comparison.entries) else 0)


def _experiment(
    name: str, activation: str | None, asked: dict[str, Any]
) -> tuple[Experiment, dict[str, str | tuple[float, ...]], str]:
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
        sharing=asked["sharing"],
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
    inits = {each: _init(like, each, asked["init"], found.inputs, found.outputs) for each in names}
    shape = "-".join(map(str, (found.inputs, *like.hidden, found.outputs)))
    budget = f"{like.seconds:g} s" if like.steps is None else f"{like.steps} steps"
    points = like.samples or found.samples
    return (
        like,
        inits,
        f"{found.name}: {shape} networks, {budget} of {optimiser}, {points} points, {like.dtype}, {like.backend}",
    )


def _jobs(like: Experiment, inits: Mapping[str, Any], seeds: int | None) -> tuple[str, list[dict[str, Any]]]:
    """The name of the metric and the configurations, each of them tried for slips before the work starts."""
    from ratapprox.networks.comparison import experiments
    from ratapprox.networks.experiment import Experiment, prepared
    from ratapprox.networks.problems import problem as find
    from ratapprox.networks.usual import usual

    found = find(like.problem)
    count = seeds or usual(found).seeds
    configs = experiments(like, {name: _plain(init) for name, init in inits.items()}, range(count))
    for config in configs[: len(inits)]:
        try:
            caught(lambda config=config: prepared(replace(Experiment.read(config), seeds=(0,))))  # type: ignore[misc]
        except ModuleNotFoundError as missing:
            raise MissingPart(str(missing)) from missing
    assert found.metric is not None
    return found.metric.name if found.metric.better == "smaller" else f"error of {found.metric.name}", configs


def _init(like: Experiment, name: str, init: str, inputs: int, outputs: int) -> str | tuple[float, ...]:
    from ratapprox.networks.initialisation import scheme_names
    from ratapprox.networks.mlp import Mlp
    from ratapprox.networks.units import unit

    if init in scheme_names():
        return init
    if init != "gain":
        raise click.UsageError(f"--init {clip(init)}: give {', '.join(scheme_names())} or gain")
    from ratapprox.evaluating import exact_gains

    return caught(lambda: exact_gains(Mlp((inputs, *like.hidden, outputs), unit(name))).gains)


def _plain(init: str | Sequence[float]) -> str | list[float]:
    return init if isinstance(init, str) else list(init)


def _backend(asked: str) -> str:
    from ratapprox.networks.backend import backend

    try:
        found = backend(asked)
    except ModuleNotFoundError as missing:
        raise MissingPart(str(missing)) from missing
    return found.name


def _begun(output: str) -> bool:
    if (Path(output) / "configuration.json").exists():
        return True
    raise click.UsageError(f"--resume: there is no run in {output}; leave --resume out to begin one")


def _check_outputs(output: str | None, resume: bool, plot: str | None) -> None:
    """Before the work starts: can what it will produce be kept?"""
    if resume and output is None:
        raise click.UsageError("--resume goes on with a folder: say which with -o RUN/")
    if plot is None:
        return
    if Path(plot).suffix.lower() not in {".png", ".svg", ".pdf"}:
        raise click.UsageError(f"--plot {plot}: the name must end in .png, .svg or .pdf")
    if find_spec("matplotlib") is None:
        raise MissingPart("--plot needs matplotlib: pip install 'ratapprox[plot]'")
    from ratapprox.formats.files import check_writable

    caught(lambda: check_writable(plot))


def _swept(configs: list[dict[str, Any]], place: str, store: Path | None, networks: str | None) -> tuple[Answer, ...]:
    from ratapprox.networks.executors import check, executor
    from ratapprox.networks.experiment import kept, trained
    from ratapprox.networks.runs import StorageError
    from ratapprox.networks.sweep import sweep

    caught(lambda: check(place))
    with _progress(len(configs)) as (share, come):
        work: Callable[..., Any] = trained if networks is None else partial(kept, folder=networks)
        if place == "serial":
            work = partial(work, watch=share)
        try:
            with executor(place) as pool:
                return sweep(work, configs, pool, store, come)
        except ModuleNotFoundError as missing:
            raise MissingPart(str(missing)) from missing
        except (StorageError, ConnectionError) as failure:
            raise click.ClickException(str(failure)) from failure


def _draw(comparison: Comparison, problem: str, plot: str) -> None:
    from ratapprox.formats.files import write_whole
    from ratapprox.plots import saved, training_curves

    panels = {
        axis: [(e.activation, c.at, c.median, c.lower, c.upper) for e in comparison.entries if (c := e.curve(axis))]
        for axis in ("steps", "seconds")
    }
    if not panels["steps"]:
        click.echo("ratapprox train: a curve needs two seeds, so that none is drawn", err=True)
        return
    picture = saved(training_curves(panels, f"{problem}: {comparison.metric}"), Path(plot).suffix[1:].lower())
    caught(lambda: write_whole(plot, picture))


@contextmanager
def _progress(total: int) -> Iterator[tuple[Callable[[Any], None] | None, Callable[[Any], None]]]:
    """A bar on stderr, moved by each step computed here and each answer; nothing when stderr is not a terminal."""
    if not sys.stderr.isatty():
        yield None, lambda answer: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:.0f}%"))
    with Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True), transient=True) as bar:
        line, done = bar.add_task("training", total=float(total)), 0

        def share(progress: Any) -> None:
            losses = [loss for loss in progress.loss if loss == loss]
            text = f"step {progress.step}, loss {min(losses):.2e}" if losses else f"step {progress.step}"
            bar.update(line, completed=done + progress.share, description=text)

        def come(answer: Any) -> None:
            nonlocal done
            done += 1
            bar.update(line, completed=done, description=f"{answer.config['activation']}: {answer.fate}")

        yield share, come
