"""`ratapprox fit TARGET`."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import click

import ratapprox
from ratapprox.cli.options import MissingPart, caught, clip, interval, rational_type, seconds

if TYPE_CHECKING:
    from ratapprox.fitting.result import Step

NOT_CONVERGED = {"precision-limited", "grid-only", "failed"}


def _names(ctx: click.Context, param: click.Parameter, word: str) -> list[str]:
    return sorted(name for name in ratapprox.ACTIVATION_NAMES if name.startswith(word))


@click.command(short_help="Find the best rational approximation and prove it.")
@click.argument("target", shell_complete=_names)
@click.option("--type", "kind", metavar="M,N", callback=rational_type, required=True, help="Degrees of p and q in p/q.")
@click.option("--on", metavar="A,B", callback=interval, default="-1,1", show_default=True, help="The interval.")
@click.option("--weight", metavar="EXPR", help='w in max w|f - r|: an expression in x, or "relative".')
@click.option("--digits", type=click.IntRange(1, 2000), metavar="D", help="Compute this many decimal digits.")
@click.option("--time-limit", metavar="SECONDS", callback=seconds, help="Stop then, with the best found so far.")
@click.option("-o", "--output", type=click.Path(), metavar="CARD.json", help="Write the card.")
@click.option("--plot", type=click.Path(), metavar="FILE", help="Draw the error curve: .png, .svg or .pdf.")
@click.option("--json", "as_json", is_flag=True, help="Print the card instead of the report.")
@click.pass_context
def fit(
    ctx: click.Context,
    target: str,
    kind: tuple[int, int],
    on: tuple[Fraction, Fraction],
    weight: str | None,
    digits: int | None,
    time_limit: float | None,
    output: str | None,
    plot: str | None,
    as_json: bool,
) -> None:
    """Find the best approximation of TARGET by a rational function of type (M, N), and prove that it is.

    TARGET is a name from `ratapprox list activations` or an expression in x, such as "x*sigmoid(1.7*x)".

    \b
      ratapprox fit relu --type 3,2 --on -1,1
      ratapprox fit gelu --type 5,4 --on -4,4 -o gelu54.json --plot gelu54.png
      ratapprox fit "log(1 + exp(x))" --type 6,6 --on -2,2 --digits 50

    Exit code 0: done, 4: not converged (the best function found is printed, and its error is true).
    """
    words = ["ratapprox", "fit", target, "--type", f"{kind[0]},{kind[1]}", "--on", f"{on[0]},{on[1]}"]
    for name, value in (("--weight", weight), ("--digits", digits), ("--time-limit", time_limit)):
        words += [] if value is None else [name, f"{value:g}" if isinstance(value, float) else str(value)]
    _check_outputs(output, plot)

    from ratapprox.activations import activation
    from ratapprox.certified import fit as best_fit

    found_target = caught(lambda: activation(target))
    with _progress() as progress:
        found = caught(
            lambda: best_fit(
                found_target, type=kind, on=on, weight=weight, digits=digits, time_limit=time_limit, progress=progress
            )
        )

    from ratapprox.cli.report import fit_report
    from ratapprox.formats.files import write_whole
    from ratapprox.published import card, write_card

    command = shlex.join(words)
    document = card(found, command) if output is not None or as_json else None
    if plot is not None:
        from ratapprox.plots import render

        picture = render(found, Path(plot).suffix[1:].lower())
        caught(lambda: write_whole(plot, picture))
    if output is not None and document is not None:
        kept = document
        caught(lambda: write_card(kept, output))
    click.echo(document.text if as_json and document is not None else fit_report(found, command, output, document))
    ctx.exit(4 if found.outcome.value in NOT_CONVERGED else 0)


def _check_outputs(output: str | None, plot: str | None) -> None:
    """Before the work starts: can what it will produce be kept?"""
    from ratapprox.formats.files import check_writable

    if plot is not None:
        if Path(plot).suffix.lower() not in {".png", ".svg", ".pdf"}:
            raise click.UsageError(f"--plot {plot}: the name must end in .png, .svg or .pdf")
        if find_spec("matplotlib") is None:
            raise MissingPart("--plot needs matplotlib: pip install 'ratapprox[plot]'")
    if output is not None and plot is not None and Path(output).resolve() == Path(plot).resolve():
        raise click.UsageError(f"--output and --plot name the same file, {clip(output)}")
    if output is not None:
        caught(lambda: check_writable(output))
    if plot is not None:
        caught(lambda: check_writable(plot))


@contextmanager
def _progress() -> Iterator[Callable[[Step], None] | None]:
    """A line on stderr that follows the exchanges; nothing when stderr is not a terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console

    with Console(stderr=True).status("fit") as status:
        yield lambda step: status.update(
            f"type ({step.type[0]}, {step.type[1]}), {step.start}: exchange {step.exchange}, "
            f"error {step.error:.4g}, levelled {step.levelled:.4g}"
        )
