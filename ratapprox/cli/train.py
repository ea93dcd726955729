"""`ratapprox train PROBLEM`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ratapprox.cli.options import MissingPart, caught, seconds
from ratapprox.cli.train_progress import progress
from ratapprox.cli.train_setup import experiment, jobs, plain, sharing, widths

if TYPE_CHECKING:
    from ratapprox.networks.comparison import Comparison
    from ratapprox.networks.sweep import Answer

OPTIMISERS = ("adam", "lbfgs", "lm", "gauss-newton", "variable-projection")
LARGEST_SEEDS = 1000


@click.command(short_help="Train small networks and compare activation functions.")
@click.argument("problem")
@click.option("--activation", "--activations", metavar="A[,A…]", help="Names or expressions; the first is compared to.")
@click.option("--seeds", type=click.IntRange(1, LARGEST_SEEDS), metavar="S", help="So many networks for each of them.")
@click.option("--steps", type=click.IntRange(0, 10**9), metavar="N", help="Steps of the optimiser.")
@click.option("--seconds", metavar="T", callback=seconds, help="Seconds of optimisation for each network.")
@click.option("--optimiser", type=click.Choice(OPTIMISERS), help="The method.")
@click.option("--rate", type=float, metavar="R", help="Adam's learning rate [default: 0.005].")
@click.option("--schedule", type=click.Choice(["constant", "cosine", "step", "warmup"]), help="Adam's schedule.")
@click.option("--batch", type=click.IntRange(1, 10**8), metavar="N", help="Samples in a step of Adam.")
@click.option("--ridge", type=float, metavar="R", help="The ridge of variable-projection [default: 0].")
@click.option("--widths", metavar="W,W…", callback=widths, help="Hidden layers: 24,24,24 or 24x3.")
@click.option("--init", metavar="NAME", help="xavier, he, siren, …, or gain [default: the problem's].")
@click.option(
    "--parametrisation",
    type=click.Choice(["standard", "ntk"]),
    default="standard",
    show_default=True,
    help="Train W of W h + b, or of W h/√n + b.",
)
@click.option("--sharing", callback=sharing, default="layer", show_default=True, help="layer, neuron, network, groups.")
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
@click.option("--picture", type=click.Path(), metavar="FILE", help="Draw what the first network has learned; needs -o.")
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
    picture: str | None,
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
    Exit code 0: done; 4: every network diverged or failed; 5: the GPU failed.
    """
    _check_outputs(output, resume, plot, picture)
    like, inits, words = experiment(problem, activation, asked)
    if picture is not None:
        _check_drawable(like.problem)
    metric, configs = jobs(like, inits, seeds, place)
    everybody = sorted({seed for config in configs for seed in config["seeds"]})
    configuration = {
        **{name: value for name, value in like.document().items() if name not in ("activation", "init")},
        "seeds": everybody,
        "activations": {name: plain(init) for name, init in inits.items()},
    }
    keeper, store, networks = None, None, None
    if output is not None:
        from ratapprox.networks.runs import RunFolder, StorageError

        try:
            keeper = caught(lambda: RunFolder.open(output, configuration, resume=resume and _begun(output)))
        except StorageError as failure:
            raise click.ClickException(str(failure)) from failure
        ctx.call_on_close(keeper.close)
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
    if picture is not None and networks is not None and answers[0].fate in ("done", "skipped"):
        _draw_learned(configs[0], networks, picture)
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
    lost = any(answer.error.startswith("DeviceError") for answer in comparison.failures)
    ctx.exit(130 if stopped else 5 if lost else 4 if not any(entry.errors for entry in comparison.entries) else 0)


def _begun(output: str) -> bool:
    if (Path(output) / "configuration.json").exists():
        return True
    raise click.UsageError(f"--resume: there is no run in {output}; leave --resume out to begin one")


def _check_outputs(output: str | None, resume: bool, plot: str | None, picture: str | None) -> None:
    """Before the work starts: can what it will produce be kept?"""
    if resume and output is None:
        raise click.UsageError("--resume goes on with a folder: say which with -o RUN/")
    if picture is not None and output is None:
        raise click.UsageError("--picture draws a network that is kept: say where with -o RUN/")
    for option, file in (("--plot", plot), ("--picture", picture)):
        if file is None:
            continue
        if Path(file).suffix.lower() not in {".png", ".svg", ".pdf"}:
            raise click.UsageError(f"{option} {file}: the name must end in .png, .svg or .pdf")
        if find_spec("matplotlib") is None:
            raise MissingPart(f"{option} needs matplotlib: pip install 'ratapprox[plot]'")
        from ratapprox.formats.files import check_writable

        caught(partial(check_writable, file))


def _check_drawable(name: str) -> None:
    from ratapprox.networks.learned import drawable
    from ratapprox.networks.problems import problem

    caught(lambda: drawable(problem(name)))


def _swept(configs: list[dict[str, Any]], place: str, store: Path | None, networks: str | None) -> tuple[Answer, ...]:
    from ratapprox.networks.executors import executor
    from ratapprox.networks.experiment import kept, trained
    from ratapprox.networks.runs import StorageError
    from ratapprox.networks.sweep import sweep

    with progress(len(configs)) as (share, come):
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


def _draw_learned(config: dict[str, Any], networks: str, file: str) -> None:
    from ratapprox.formats.files import write_whole
    from ratapprox.networks.learned import learned
    from ratapprox.plots import learned_figure, saved

    title = f"{config['problem']}, learned by {config['activation']}, seed {config['seeds'][0]}"
    picture = saved(learned_figure(learned(config, networks), title), Path(file).suffix[1:].lower())
    caught(lambda: write_whole(file, picture))
