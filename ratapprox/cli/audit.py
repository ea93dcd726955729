"""`ratapprox audit WHAT…`."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ratapprox.cli.audit_files import numbered, written
from ratapprox.cli.options import MissingPart, caught, interval, seconds

if TYPE_CHECKING:
    from ratapprox.auditing import Audit
    from ratapprox.formats.importers import Entry, Refused


@click.command(short_help="What is true of somebody's coefficients?")
@click.argument("what", nargs=-1, required=True)
@click.option("--form", metavar="FORM", help="How the numbers are evaluated: plain, pau-a, pau-b, …, kat-gpu, era.")
@click.option("--order", type=click.Choice(["ascending", "descending"]), help="Which power comes first.")
@click.option("--target", metavar="TARGET", help="Compare with this function.")
@click.option("--on", metavar="A,B", callback=interval, help="Judge on this interval too.")
@click.option("--time-limit", callback=seconds, metavar="SECONDS", help="For the best of each type; 20 are usual.")
@click.option("--fix", is_flag=True, help="Write cards of the best replacements to -o.")
@click.option("-o", "--output", type=click.Path(), metavar="CARD.json", help="The card of --fix; several are numbered.")
@click.option("--html", type=click.Path(), metavar="FILE", help="Write one self-contained page.")
@click.option("--plot", type=click.Path(), metavar="FILE", help="Draw the error curves: .png, .svg or .pdf.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.pass_context
def audit(
    ctx: click.Context,
    what: tuple[str, ...],
    form: str | None,
    order: str | None,
    target: str | None,
    on: tuple[Fraction, Fraction] | None,
    time_limit: float | None,
    fix: bool,
    output: str | None,
    html: str | None,
    plot: str | None,
    as_json: bool,
) -> None:
    """Find out what is true of other people's coefficients, beside what is declared.

    WHAT is a file or a name from `ratapprox list peers`. Files: cards and C headers of ours, rational_activations'
    configuration, KAT's init.json, RationalNets' lists, ERA parameters, p and q in JSON or CSV, safetensors, torch
    (.pt), ONNX. What a file does not say, --form or --order must.

    \b
      ratapprox audit kat:gelu
      ratapprox audit rationalnets --on -3,3
      ratapprox audit numbers.json --order descending --target relu --on -1,1
      ratapprox audit "rational_activations:A:gelu" --fix -o better.json

    Exit code 0: nothing serious; 3: a pole in range, an error above 10 times the best one of the type, or another
    form evaluated than fitted; 2: something could not be read or judged, or a file not be written, and is named
    beside what is known of the rest; 5: it needs a package that is not installed.
    """
    _check_outputs(fix, output, html, plot, what)

    from ratapprox.activations import activation
    from ratapprox.auditing import Optima
    from ratapprox.auditing import audit as judged
    from ratapprox.formats.importers import Refused

    if target is not None:
        caught(lambda: activation(target))
    entries, refused, missing = _entries(what, form, order)
    if output is not None and len(entries) > 1:
        _check_numbered(len(entries), output, html, plot, what)
    optima = Optima() if time_limit is None else Optima(time_limit)
    found: list[Audit] = []
    complete = True
    try:
        with _progress(len(entries)) as step:
            for entry in entries:
                step(entry)
                try:
                    found.append(judged(entry, target, on, optima=optima))
                except ValueError as slip:
                    refused.append(Refused(entry.source, entry.name, " ".join(str(slip).split())))
    except KeyboardInterrupt:
        complete = False
        if not found:
            raise click.Abort from None
    if found or as_json:
        _print(found, refused, complete, as_json)
    else:
        for each in refused:
            click.echo(f"ratapprox audit: {each}", err=True)
    lines, slips = written(found, refused, what, complete, output if fix else None, html, plot)
    for line in lines:
        click.echo(line, err=as_json)
    for failure in slips:
        click.echo(f"ratapprox audit: {failure}", err=True)
    if not complete:
        ctx.exit(130)
    ctx.exit(5 if missing else 2 if refused or slips else 3 if any(each.serious for each in found) else 0)


def _print(found: Sequence[Audit], refused: Sequence[Refused], complete: bool, as_json: bool) -> None:
    if as_json:
        from ratapprox.auditing.document import document
        from ratapprox.formats.card import json_text

        click.echo(json_text(document(found, refused, complete=complete)))
    else:
        from ratapprox.cli.audit_report import report

        click.echo(report(found, refused, complete=complete))


def _entries(what: Sequence[str], form: str | None, order: str | None) -> tuple[list[Entry], list[Refused], bool]:
    """What can be read; what cannot, each with its reason; and whether a package is missing for some of that."""
    from ratapprox.formats.importers import CoefficientsError, Entry, Refused, read_each

    entries: list[Entry] = []
    refused: list[Refused] = []
    missing = False
    for word in what:
        with warnings.catch_warnings(record=True) as noted:
            warnings.simplefilter("always", UserWarning)
            try:
                found = read_each(word, form=form, order=order)
            except CoefficientsError as slip:
                found = (Refused(word, None, " ".join(str(slip).split())),)
            except ModuleNotFoundError as part:
                found, missing = (Refused(word, None, str(part)),), True
        for note in noted:
            click.echo(f"ratapprox audit: {note.message}", err=True)
        good = [each for each in found if isinstance(each, Entry)]
        bad = [each for each in found if isinstance(each, Refused)]
        entries += good
        if good or len(bad) < 2:
            refused += bad
        else:
            refused.append(Refused(word, None, f"{bad[0].reason}; all {len(bad)} entries are refused"))
    return entries, refused, missing


def _check_outputs(fix: bool, output: str | None, html: str | None, plot: str | None, what: Sequence[str]) -> None:
    """Before the work starts: can what it will produce be kept, and is nothing lost by it?"""
    if fix and output is None:
        raise click.UsageError("--fix writes cards: say where with -o CARD.json")
    if output is not None and not fix:
        raise click.UsageError("-o is the card that --fix writes: give --fix too, or redirect --json")
    if plot is not None:
        if Path(plot).suffix.lower() not in {".png", ".svg", ".pdf"}:
            raise click.UsageError(f"--plot {plot}: the name must end in .png, .svg or .pdf")
        if find_spec("matplotlib") is None:
            raise MissingPart("--plot needs matplotlib: pip install 'ratapprox[plot]'")
    named = [path for path in (output, html, plot) if path is not None]
    if len({Path(path).resolve() for path in named}) < len(named):
        raise click.UsageError("two of -o, --html and --plot name the same file")
    for option, path in (("-o", output), ("--html", html), ("--plot", plot)):
        if path is not None:
            _check_kept(option, path, what)


def _check_numbered(count: int, output: str, html: str | None, plot: str | None, what: Sequence[str]) -> None:
    """The same for the cards of several fixes, of which there are at most as many as entries."""
    others = {Path(path).resolve() for path in (html, plot) if path is not None}
    for k in range(1, count + 1):
        path = numbered(output, k)
        if path.resolve() in others:
            raise click.UsageError(f"card {k} of -o {output} would be {path}, which --html or --plot names too")
        _check_kept("-o", str(path), what)


def _check_kept(option: str, path: str, what: Sequence[str]) -> None:
    from ratapprox.formats.files import check_writable

    caught(lambda: check_writable(path))
    for word in what:
        if os.path.exists(path) and os.path.exists(word) and os.path.samefile(path, word):
            raise click.UsageError(f"{option} {path} is the audited file itself: give another name")


@contextmanager
def _progress(total: int) -> Iterator[Callable[[Entry], None]]:
    """A line on stderr that names the entry; nothing when stderr is not a terminal."""
    if not sys.stderr.isatty():
        yield lambda entry: None
        return
    from rich.console import Console

    done = 0
    with Console(stderr=True).status("audit") as status:

        def step(entry: Entry) -> None:
            nonlocal done
            done += 1
            status.update(f"{done} of {total}: {entry.name}")

        yield step
