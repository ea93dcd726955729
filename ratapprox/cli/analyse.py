"""`ratapprox analyse FAMILY`."""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

import ratapprox
from ratapprox.cli.options import MissingPart, caught, clip, parted, seconds

if TYPE_CHECKING:
    from ratapprox.symbolic.analysis import Analysis
    from ratapprox.symbolic.certified_box import CertifiedBox


def _names(ctx: click.Context, param: click.Parameter, word: str) -> list[str]:
    return sorted(name for name in ratapprox.ACTIVATION_NAMES if name.startswith(word))


def _ends(ctx: click.Context, param: click.Parameter, text: str | None) -> tuple[str | None, str | None]:
    """`A,B`, where -oo, oo or nothing is an infinite end; an end may be an expression, such as -sqrt(2)."""
    if text is None:
        return None, None
    parts = parted(text)
    if len(parts) != 2:
        raise click.BadParameter(
            f"{clip(text)} is not an interval: give its two ends, such as -1,1 or 0,oo or 0,sqrt(2)", ctx, param
        )
    return parts[0] or None, parts[1] or None


def _values(ctx: click.Context, param: click.Parameter, text: str | None) -> dict[str, str] | None:
    """`a=1,b=1/3`: a number for each parameter."""
    if text is None:
        return None
    found: dict[str, str] = {}
    for part in parted(text):
        name, sign, value = part.partition("=")
        if not sign or not name.strip() or not value.strip() or name.strip() in found:
            raise click.BadParameter(f"{clip(text)}: give every parameter one value, such as a=1,b=1/3", ctx, param)
        found[name.strip()] = value.strip()
    return found


@click.command(short_help="For which parameters has a family a property? Exactly.")
@click.argument("family", shell_complete=_names)
@click.option("--property", "asked", metavar="P", help="The property; without it, everything that can be said.")
@click.option("--parameter", metavar="NAME", help="The parameter whose values are asked for.")
@click.option("--on", metavar="A,B", callback=_ends, help="The interval of x, as 0,oo or -1,sqrt(2).  [default: all]")
@click.option("--at", metavar="A=1,B=2", callback=_values, help="Decide for these values of all parameters.")
@click.option("--rounding", metavar="DTYPE", help="Compare evaluation forms in float16, bfloat16, float32 or q4.12.")
@click.option("--cancelled", is_flag=True, help="Cancel removable poles instead of counting 0/0 as a pole.")
@click.option("--time-limit", metavar="SECONDS", callback=seconds, help="Time for a question; then it is `unknown`.")
@click.option("-o", "--output", type=click.Path(), metavar="FILE.json", help="Write the answer and its certificate.")
@click.option("--plot", type=click.Path(), metavar="FILE", help="Draw the region: .png, .svg or .pdf.")
@click.option("--latex", "as_latex", is_flag=True, help="Print LaTeX.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.pass_context
def analyse(
    ctx: click.Context,
    family: str,
    asked: str | None,
    parameter: str | None,
    on: tuple[str | None, str | None],
    at: dict[str, str] | None,
    rounding: str | None,
    cancelled: bool,
    time_limit: float | None,
    output: str | None,
    plot: str | None,
    as_latex: bool,
    as_json: bool,
) -> None:
    """Answer exactly for which values of its parameters a FAMILY of rational functions has a property.

    FAMILY is an expression in x and parameters, a name from `ratapprox list activations`, or a card. Without --property
    all that can be said of it is printed; of an activation function that is not rational, its Gaussian moments.
    Properties: increasing, decreasing, strictly-increasing, strictly-decreasing, positive-slope, pole-free, convex,
    concave, injective, odd, even, bounded, positive, lipschitz:L, range:LO,HI, above:E, below:E, asymptotic:E. With
    --at, for any number of parameters, one vector of values is decided, and a box around it proved. With --rounding
    the forms in which a function can be evaluated are compared.

    \b
      ratapprox analyse "x*(x**2+a)/(x**2+1)" --property increasing --parameter a
      ratapprox analyse "x*(x**2+a)/(x**2+b)" --property pole-free
      ratapprox analyse ralu
      ratapprox analyse "(c*x**3+a*x**2+b*x)/(x**2+1)" --property increasing --at a=0,b=1,c=1

    Exit code 0: answered, 3: refuted (a family without parameters does not have the property), 4: unknown.
    """
    if as_latex and as_json:
        raise click.UsageError("--latex and --json are two forms of one answer: choose one")
    if plot is not None:
        _check_plot(plot, asked)
    if output is not None:
        _check_output(output, asked)
    source = _source(family)
    if rounding is not None:
        alone = (asked, at, parameter, plot, output) == (None,) * 5 and not as_latex
        _compare(source, rounding, on, as_json, alone=alone)
        return
    if asked is None:
        if at is not None:
            raise click.UsageError("--at decides about one property: add --property")
        if cancelled:
            raise click.UsageError("--cancelled is for the answer to one question: add --property")
        _whole(source, parameter, on, time_limit, as_latex, as_json)
        return
    if at is not None:
        if parameter is not None or plot is not None or as_latex or cancelled:
            raise click.UsageError("--at goes with --property, --on, --time-limit, --output and --json alone")
        box = caught(lambda: _ball(source, asked, at, on, time_limit))
        if output is not None:
            _write(box, output)
        _print(box.to_dict, box, as_latex=False, as_json=as_json)
        ctx.exit(0 if box.holds else 3)
    from ratapprox.symbolic import analyse as analysed

    found = caught(
        lambda: analysed(source, asked, parameter=parameter, on=on, cancelled=cancelled, time_limit=time_limit)
    )
    if plot is not None:
        _draw(found, plot)
    if output is not None:
        _write(found, output)
    _print(found.to_dict, found, as_latex, as_json)
    ctx.exit({"refuted": 3, "unknown": 4}.get(found.verdict, 0))


def _print(document: Callable[[], dict[str, Any]], found: Any, as_latex: bool, as_json: bool) -> None:
    from ratapprox.cli.analysis_report import analysis_latex, report
    from ratapprox.formats.card import json_text

    if as_json:
        click.echo(json_text(document()))
    elif as_latex:
        click.echo(analysis_latex(found))
    else:
        click.echo(report(found))


def _ball(source: Any, asked: str, at: dict[str, str], on: Any, time_limit: float | None) -> Any:
    from ratapprox.symbolic.local import certified_ball

    return certified_ball(source, asked, at, on, time_limit=10.0 if time_limit is None else time_limit)


def _whole(
    source: Any,
    parameter: str | None,
    on: tuple[str | None, str | None],
    time_limit: float | None,
    as_latex: bool,
    as_json: bool,
) -> None:
    """The dossier of a family, or of one function where there is no parameter, with its Gaussian moments."""
    from ratapprox.symbolic.dossier import Dossier
    from ratapprox.symbolic.family import SECONDS, describe
    from ratapprox.symbolic.gaussian_dossier import gaussian_dossier
    from ratapprox.symbolic.quotient import NotRationalError

    try:
        limit = SECONDS if time_limit is None else time_limit
        found = caught(
            lambda: describe(source, parameter=parameter, on=on, time_limit=limit), but=(NotRationalError,)
        )
    except NotRationalError as refused:
        if as_latex or on != (None, None) or not _is_function(source):
            raise click.UsageError(" ".join(str(refused).split())) from refused
        gaussian = caught(lambda: gaussian_dossier(source))
        _print(gaussian.to_dict, gaussian, as_latex=False, as_json=as_json)
        return
    if not isinstance(found, Dossier) or as_latex or on != (None, None):
        _print(found.to_dict, found, as_latex, as_json)
        return
    rows: tuple[tuple[str, tuple[str, ...]], ...]
    document: dict[str, Any] | str
    try:
        gaussian = gaussian_dossier(found.rational)
        rows, document = gaussian.rows(), gaussian.to_dict()
    except ValueError as none:  # a pole on the real line: its contract
        rows, document = (("moments", (str(none),)),), str(none)
    both = Both(found.title(), found.rows() + rows)
    _print(lambda: found.to_dict() | {"gaussian": document}, both, as_latex=False, as_json=as_json)


class Both(NamedTuple):
    """A title and rows, to be printed like a dossier."""

    heading: str
    lines: Any

    def title(self) -> str:
        return self.heading

    def rows(self) -> Any:
        return self.lines


def _is_function(source: Any) -> bool:
    """Whether the words stand for a function without parameters."""
    from ratapprox.activations import activation

    return isinstance(source, str) and not activation(source).parameters


def _compare(source: Any, dtype: str, on: tuple[str | None, str | None], as_json: bool, *, alone: bool) -> None:
    """The table of evaluation forms in a number format."""
    if not alone:
        raise click.UsageError("--rounding goes with --on and --json alone")
    from ratapprox.formats.card import json_text
    from ratapprox.symbolic.reading import read
    from ratapprox.symbolic.rounding import recommend

    function = source
    if isinstance(source, str):
        quotient = caught(lambda: read(source))
        if quotient.parameters:
            raise click.UsageError(f"--rounding compares forms of one function: {source} has parameters")
        function = quotient.rational()
    found = caught(lambda: recommend(function, tuple(None if e in (None, "oo", "-oo") else e for e in on), dtype))
    click.echo(json_text(found.to_dict()) if as_json else str(found))


def _source(family: str) -> Any:
    """The words of the command line, or the function of a card."""
    if family != "-" and not (family.endswith(".json") and os.path.exists(family)):
        return family
    from ratapprox.formats.card import Card, read_card

    found = caught(lambda: read_card(family))
    if not isinstance(found, Card):
        several = len(found.function.pieces)
        raise click.UsageError(f"{family} has a function of {several} pieces: here one rational function p/q is needed")
    return found.rational


def _check_plot(plot: str, asked: str | None) -> None:
    from ratapprox.formats.files import check_writable

    if asked is None:
        raise click.UsageError("--plot draws the region of a property: add --property")
    if Path(plot).suffix.lower() not in {".png", ".svg", ".pdf"}:
        raise click.UsageError(f"--plot {plot}: the name must end in .png, .svg or .pdf")
    if find_spec("matplotlib") is None:
        raise MissingPart("--plot needs matplotlib: pip install 'ratapprox[plot]'")
    caught(lambda: check_writable(plot))


def _check_output(output: str, asked: str | None) -> None:
    from ratapprox.formats.files import check_writable

    if asked is None:
        raise click.UsageError("--output writes the answer to one question: add --property")
    caught(lambda: check_writable(output))


def _write(found: Analysis | CertifiedBox, output: str) -> None:
    from ratapprox.formats.card import json_text
    from ratapprox.formats.files import write_whole

    caught(lambda: write_whole(output, (json_text(found.to_dict()) + "\n").encode()))


def _draw(found: Analysis, plot: str) -> None:
    from ratapprox.formats.files import write_whole
    from ratapprox.plots import region_figure, saved

    picture = caught(lambda: saved(region_figure(found), Path(plot).suffix[1:].lower()))
    caught(lambda: write_whole(plot, picture))
