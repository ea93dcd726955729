"""`ratapprox check PATH`: the claims of a book."""

from __future__ import annotations

from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import nullcontext
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ratapprox.cli.options import MissingPart, caught, clip

if TYPE_CHECKING:
    from ratapprox.claims import Book, Budget, Claim, Figure, Finding

_COLOURS = {"holds": "green", "fails": "magenta", "holds when": "cyan"}


@click.command(short_help="Check the claims of a book, such as theory/.")
@click.argument("path", type=click.Path())
@click.option("--id", "pattern", metavar="GLOB", help="Only these claims, with their derivations: 'ralu.*'.")
@click.option("--kind", type=click.Choice(["proved", "certified", "measured"]), help="Only claims of this kind.")
@click.option("--budget", metavar="TIME", help="Measure: quickly, for 2m or 20m at most, or `full`.")
@click.option("--fresh", is_flag=True, help="Measure even what is stored.")
@click.option("--jobs", type=click.IntRange(1, 1024), default=1, show_default=True, help="Processes side by side.")
@click.option("--junit", "report", type=click.Path(), metavar="FILE.xml", help="Write a JUnit report.")
@click.option("--page", "page_file", type=click.Path(), metavar="FILE.md", help="Write the book as a page.")
@click.option("--figures", "folder", type=click.Path(), metavar="DIR", help="Draw the figures into this folder.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.pass_context
def check(
    ctx: click.Context,
    path: str,
    pattern: str | None,
    kind: str | None,
    budget: str | None,
    fresh: bool,
    jobs: int,
    report: str | None,
    page_file: str | None,
    folder: str | None,
    as_json: bool,
) -> None:
    """Check the claims of a book: the literature as sentences that are proved, certified, measured, or refuted.

    PATH is a Python file with claims, or a folder of such files; it is run, so check only what you would run. A line
    for each claim: its id, the evidence's kind, the verdict, and the sentence; with --id the derivations too. What is
    proved or certified is computed anew. What is measured comes from the evidence stored beside the book; --budget
    measures what is not stored (`full`: of which no full measurement is), --fresh everything.

    \b
      ratapprox check theory
      ratapprox check theory --id 'ralu.*'
      ratapprox check theory --kind measured --budget 20m --fresh
      ratapprox check theory --page book.md --figures figures

    Exit code 0: all claims are settled as the book says, 3: a check failed, 4: some are open.
    """
    from ratapprox.claims import check_book, load_book

    limits = _budget(ctx, budget, fresh)
    for file in filter(None, (report, page_file)):
        from ratapprox.formats.files import check_writable

        caught(partial(check_writable, file))
    book = caught(lambda: load_book(path))
    chosen = book.select(pattern, kind)
    if not chosen:
        known = ", ".join(sorted({one.id.partition(".")[0] for one in book.claims}))
        asked = " ".join(word for word in (kind, pattern and f"that matches {clip(pattern)}") if word)
        raise click.UsageError(f"{path} has no claim {asked}: its chapters are {known}")
    figures = {} if folder is None else _figures(book, chosen, folder)
    findings: list[Finding] = []
    with _executor(jobs) as executor:
        for found in _caught_each(check_book(book, chosen, limits, executor)):
            findings.append(found)
            if not as_json:
                click.echo(_line(found, max(len(one.id) for one in chosen)))
                if pattern is not None:
                    click.echo(_derivation(found))
    if report is not None:
        from ratapprox.claims.junit import junit

        _write(report, junit(book.path.name, findings))
    if folder is not None:
        _draw(figures, findings, folder)
    if page_file is not None:
        from ratapprox.claims.figures import shown
        from ratapprox.claims.page import page

        there = caught(lambda: shown(book, folder or Path(page_file).parent / "figures", page_file))
        _write(page_file, page(book, findings, there))
    if as_json:
        from ratapprox.formats.card import json_text

        click.echo(json_text({"schema": "ratapprox/book/1", "claims": [found.to_dict() for found in findings]}))
    else:
        click.echo(_summary(findings))
    broken, unsettled = any(f.broken for f in findings), any(not f.settled for f in findings)
    ctx.exit(3 if broken else 4 if unsettled else 0)


def _figures(book: Book, chosen: tuple[Claim, ...], folder: str) -> dict[str, Figure]:
    """Before the work starts: which figures are there to be drawn, and can they be kept?"""
    from importlib.util import find_spec

    from ratapprox.claims import load_figures
    from ratapprox.formats.files import check_writable

    if find_spec("matplotlib") is None:
        raise MissingPart("--figures needs matplotlib: pip install 'ratapprox[plot]'")
    known = caught(lambda: load_figures(book))
    found = {claim.id: known[claim.id] for claim in chosen if claim.id in known}
    if not known:
        raise click.UsageError(f"--figures: {book.path} has none: say how they are drawn in {book.folder}/_figures.py")
    if not found:
        raise click.UsageError(f"--figures: none of these claims has one, but {', '.join(known)}")
    try:
        Path(folder).mkdir(exist_ok=True)
    except OSError as error:
        raise click.UsageError(f"--figures: cannot write into {clip(folder)}: {str(error.strerror).lower()}") from error
    for each in found.values():
        caught(partial(check_writable, Path(folder, each.file)))
    return found


def _draw(figures: dict[str, Figure], findings: list[Finding], folder: str) -> None:
    """Those of which there is evidence."""
    from ratapprox.claims.figures import drawn
    from ratapprox.formats.files import write_whole

    for found in findings:
        if found.claim.id not in figures:
            continue
        if found.evidence is None:
            click.echo(f"ratapprox check: {found.claim.id} is open, so that its figure is not drawn", err=True)
            continue
        each = figures[found.claim.id]
        try:
            picture = caught(partial(drawn, each, found.evidence))
        except ModuleNotFoundError as missing:
            raise MissingPart(str(missing)) from missing
        caught(partial(write_whole, Path(folder, each.file), picture))


def _caught_each(findings: Any) -> Any:
    """Findings one by one; a stored file that is none is a usage error."""
    while True:
        found = caught(lambda: next(findings, None))
        if found is None:
            return
        yield found


def _budget(ctx: click.Context, text: str | None, fresh: bool) -> Budget | None:
    from ratapprox.claims import Budget

    if text is None and not fresh:
        return None
    if text == "full":
        return Budget("full", None, fresh)
    word = text or "20m"
    unit = {"s": 1, "m": 60, "h": 3600}.get(word[-1:], 0)
    if not unit or not word[:-1].isascii() or not word[:-1].isdigit() or not 0 < int(word[:-1]) < 10**6:
        raise click.UsageError(f"--budget {clip(word)}: give a time such as 30s, 2m or 20m, or the word full", ctx)
    return Budget("quick", int(word[:-1]) * unit, fresh)


def _executor(jobs: int) -> Any:
    if jobs == 1:
        return nullcontext(None)
    executor: Executor = ProcessPoolExecutor(jobs, mp_context=get_context("spawn"))
    return executor


def _line(found: Finding, width: int) -> str:
    claim = found.claim
    verdict = "open" if found.evidence is None else found.evidence.verdict
    colour = "red" if found.broken else _COLOURS.get(verdict, "yellow")
    words = click.style(f"{verdict:<10}", fg=colour)
    text = f"{claim.id:<{width}}  {claim.kind:<9}  {words}  {claim.statement}"
    if found.broken:
        reason = found.open or f"the check failed, the book says: {claim.owed(found.effort)}"
        text += "\n" + " " * (width + 2) + click.style(reason, fg="red")
    elif found.evidence is None:
        text += "\n" + " " * (width + 2) + click.style(found.open, fg="yellow")
    elif found.stored is not None and found.stored.stale:
        stale = f"measured {found.stored.date}, before the chapter or what it imports was changed"
        stale += ": --fresh measures it anew"
        text += "\n" + " " * (width + 2) + click.style(stale, fg="yellow")
    return text


def _derivation(found: Finding) -> str:
    from ratapprox.cli.coefficients import folded
    from ratapprox.cli.report import row

    claim, evidence = found.claim, found.evidence
    lines = row("source", *folded(claim.source))
    for heading, texts in (("says", claim.quotes), ("assumes", claim.assumptions)):
        told = [part for text in texts for part in folded(text)]
        lines += row(heading, *told) if told else []
    if evidence is not None:
        told = [part for text in evidence.steps for part in folded(text)]
        lines += row("steps", *told) if told else []
        lines += row("found", *folded(evidence.says))
    if found.stored is not None:
        machine = ", ".join(f"{name} {value}" for name, value in found.stored.environment.items())
        lines += row("measured", *folded(f"{found.stored.date}, {found.stored.effort}, {machine}"))
    return "\n".join(lines) + "\n"


def _summary(findings: list[Finding]) -> str:
    settled = sum(found.settled for found in findings)
    broken = sum(found.broken for found in findings)
    refuted = sum(found.settled and found.claim.expected != "holds" for found in findings)
    parts = [f"{settled} of {len(findings)} claims settled"]
    parts += [f"{refuted} of them not as the literature states them"] if refuted else []
    parts += [f"{broken} checks failed"] if broken else []
    parts += [f"{len(findings) - settled - broken} open"] if settled + broken < len(findings) else []
    return "\n" + click.style(", ".join(parts), bold=True) + _stored(findings)


def _stored(findings: list[Finding]) -> str:
    """How long that took which was measured before, in processor seconds where they are known."""
    kept = [found.stored for found in findings if found.stored is not None]
    if not kept:
        return ""
    seconds = sum(each.seconds if each.cpu_seconds is None else each.cpu_seconds for each in kept)
    unknown = sum(each.cpu_seconds is None for each in kept)
    time = f"{seconds / 60:.0f} min" if seconds >= 120 else f"{seconds:.0f} s"
    of = "by the clock" if unknown == len(kept) else "of processor time"
    but = f", {unknown} of them by the clock" if 0 < unknown < len(kept) else ""
    stale = sum(each.stale for each in kept)
    old = f"; {stale} are stale: --fresh measures anew" if stale else ""
    full = sum(each.effort == "full" for each in kept)
    return f"\n{len(kept)} measurements from store, {full} of them full, took {time} {of}{but}{old}"


def _write(path: str, text: str) -> None:
    from ratapprox.formats.files import write_whole

    caught(lambda: write_whole(path, text.encode()))
