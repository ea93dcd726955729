"""`ratapprox export CARD --to FORMAT`."""

from __future__ import annotations

import base64
import os
import re
from typing import TYPE_CHECKING, Any

import click

from ratapprox.cli.options import MissingPart, caught, clip

if TYPE_CHECKING:
    from ratapprox.formats.card import Card
    from ratapprox.formats.importers import Entry
    from ratapprox.formats.piece_card import PieceCard

OPTION = re.compile(r"([A-Za-z][A-Za-z0-9_-]*)(?:=(.*))?", re.DOTALL)


def _options(ctx: click.Context, param: click.Parameter, texts: tuple[str, ...]) -> dict[str, str]:
    """`NAME=VALUE`, or `NAME` for true."""
    found: dict[str, str] = {}
    for text in texts:
        parts = OPTION.fullmatch(text)
        if parts is None:
            raise click.BadParameter(f"{clip(text)} is no option: write NAME=VALUE, such as digits=10", ctx, param)
        name = parts[1].replace("-", "_")
        if name in found:
            raise click.BadParameter(f"{name} is given twice", ctx, param)
        found[name] = "true" if parts[2] is None else parts[2]
    return found


def _read(word: str, entry: str | None, form: str | None, order: str | None) -> Card | PieceCard | Entry:
    """A card, or an entry of what `audit` reads: a peer by its name, a file with the name of one of its entries, or of
    which it is said how its numbers are evaluated."""
    from ratapprox.formats.card import read_card
    from ratapprox.formats.checks import CardError
    from ratapprox.formats.importers import is_peer, read_coefficients

    if (entry, form, order) == (None, None, None) and not is_peer(word):
        try:
            return read_card(word)
        except CardError as none:
            raise CardError(f"{none}; what audit reads is read with --entry, --as or --order") from none
    try:
        found = read_coefficients(word, form=form, order=order)
    except ValueError as slip:
        text = str(slip)  # audit, for which it was written, has --form; here that is the program that is written
        raise ValueError(text.replace("--form", "--as")) from slip
    chosen = [each for each in found if entry in (None, each.name)]
    if len(chosen) != 1:
        names = ", ".join(each.name for each in found[:40])
        how = f"{len(chosen)} entries" if chosen else f"no entry {clip(entry or '')}"
        raise ValueError(f"{clip(word)} has {how}: give one of them with --entry: {names}")
    return chosen[0]


def _question(found: Entry, to: str, options: dict[str, Any]) -> dict[str, Any]:
    """A card says what is approximated and where: what the entry says of it, unless the options say it."""
    from ratapprox.formats.card import exact_text

    if to != "json":
        return options
    known: dict[str, Any] = {} if found.target is None else {"target": found.target}
    if found.on is not None:
        known["on"] = ",".join(map(exact_text, found.on))
    return known | options


@click.command(short_help="Write a card as source code or as a file.")
@click.argument("card", type=click.Path(allow_dash=True))
@click.option("--entry", metavar="NAME", help="CARD is a file that audit reads: the entry of that name in it.")
@click.option("--as", "read_as", metavar="FORM", help="CARD is such a file: how its numbers are evaluated.")
@click.option("--order", type=click.Choice(["ascending", "descending"]), help="Such a file: which power comes first.")
@click.option("--to", metavar="FORMAT", required=True, help="A name from `ratapprox list formats`.")
@click.option("-o", "--output", type=click.Path(), metavar="FILE", help="Write this file instead of stdout.")
@click.option("--name", metavar="ID", help="The function's name.  [default: from target and type]")
@click.option("--dtype", metavar="TYPE", help="float16, bfloat16, float32, float64, or q4.12 and the like.")
@click.option("--form", metavar="FORM", help="horner, or reciprocal: 1/x for |x| > 1.  [default: horner]")
@click.option("--option", "options", metavar="NAME=VALUE", multiple=True, callback=_options,
              help="An option of the format; may be repeated.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def export(
    card: str,
    entry: str | None,
    read_as: str | None,
    order: str | None,
    to: str,
    output: str | None,
    name: str | None,
    dtype: str | None,
    form: str | None,
    options: dict[str, str],
    as_json: bool,
) -> None:
    """Write the rational function of a CARD as source code or as a file that a framework reads.

    Coefficients are rounded to the dtype; what is proved of the function is proved anew and written beside it. "-"
    reads the card from standard input. Both forms give the limits at +-inf. Instead of a card a name from `ratapprox
    list peers`, or with --entry, --as or --order a file that `ratapprox audit` reads; the function that its form stands
    for is written. What --form says to audit, --as says here: pau-a, pau-b, kat-gpu, era, plain and the like.

    \b
      ratapprox export card.json --to numpy
      ratapprox export card.json --to c --name relu32 -o relu32.h
      ratapprox export card.json --to fixed --dtype q4.12
      ratapprox export card.json --to latex --option digits=10
      ratapprox export rational_activations:A:gelu --to torch
      ratapprox export rationals_config.json --entry A:gelu --to c
      ratapprox export numbers.csv --as pau-b --order ascending --to torch
    """
    from ratapprox.exporting import source_of
    from ratapprox.formats.card import json_text
    from ratapprox.formats.exporters import format_of
    from ratapprox.formats.files import check_writable, write_whole
    from ratapprox.formats.importers import Entry

    kind = caught(lambda: format_of(to))
    if output is not None:
        caught(lambda: check_writable(output))
        if os.path.exists(output) and os.path.exists(card) and os.path.samefile(output, card):
            raise click.UsageError(f"--output {output} is the card itself: give another name")
    found = caught(lambda: _read(card, entry, read_as, order))
    what: Any = found
    if isinstance(found, Entry):
        what, options = found.form, _question(found, to, options)
    source = caught(lambda: source_of(what, to, name=name, dtype=dtype, form=form))
    try:
        text = caught(lambda: kind.write(source, options))
    except ModuleNotFoundError as missing:
        raise MissingPart(f"--to {to} needs {missing.name}: pip install {missing.name}") from missing
    if output is not None:
        caught(lambda: write_whole(output, text if isinstance(text, bytes) else text.encode()))
    if as_json:
        document: dict[str, Any] = {
            "schema": "ratapprox/export/1",
            "format": to,
            "name": source.name,
            "type": list(source.type),
            "form": source.form,
            "dtypes": list(source.dtypes),
            "options": options,
            "notes": list(source.notes),
            "file": output,
        }
        if isinstance(text, bytes):
            document["base64"] = base64.b64encode(text).decode()
        else:
            document["text"] = text
        click.echo(json_text(document))
    elif output is None:
        click.echo(text, nl=False)
    else:
        click.echo(f"wrote {output}: {to}, {source.name}", err=True)
