"""`ratapprox certify CARD`."""

from __future__ import annotations

from fractions import Fraction
from typing import NoReturn

import click

from ratapprox.cli.options import caught, interval


@click.command(short_help="Prove or refute what a card says.")
@click.argument("card", type=click.Path(allow_dash=True))
@click.option("--target", metavar="TARGET", help="Another target than the card's.")
@click.option("--on", metavar="A,B", callback=interval, help="Another interval than the card's.")
@click.option("--check", is_flag=True, help="CARD is an answer of `analyse -o`: check its certificate.")
@click.option(
    "--time-limit", type=click.FloatRange(min=0, min_open=True), metavar="SECONDS", help="With --check: stop then."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.pass_context
def certify(
    ctx: click.Context,
    card: str,
    target: str | None,
    on: tuple[Fraction, Fraction] | None,
    check: bool,
    time_limit: float | None,
    as_json: bool,
) -> None:
    """Prove what a CARD says of its rational function, or refute it.

    The certificate in the card is not believed: everything is computed anew from the coefficients and compared. "-"
    reads the card from standard input. With --target or --on the function is certified for that other question. Exit
    code 0: proved, 3: refuted.

    With --check the file is an answer of `ratapprox analyse -o`, and its certificate is decided again by a small
    program that shares no code with the one that wrote it. Exit code 4: the time limit was over first.
    """
    if check:
        _check(ctx, card, target is not None or on is not None, time_limit, as_json)
    if time_limit is not None:
        raise click.UsageError("--time-limit is for --check: to certify a card takes seconds at most")
    from ratapprox.formats.card import read_card

    found = caught(lambda: read_card(card))

    from ratapprox.cli.report import verdict_json, verdict_report
    from ratapprox.formats.card import json_text
    from ratapprox.verdict import judge

    verdict = caught(lambda: judge(found, target, on))
    if as_json:
        click.echo(json_text(verdict_json(verdict)))
    else:
        click.echo(verdict_report(verdict))
    ctx.exit(0 if verdict.proved else 3)


def _check(ctx: click.Context, path: str, other: bool, time_limit: float | None, as_json: bool) -> NoReturn:
    if other:
        raise click.UsageError("--check takes the question from the certificate: leave out --target and --on")
    from ratapprox.cli.certificate_check import check_report, read_certificate

    document = caught(lambda: read_certificate(path))
    code, text = check_report(path, document, time_limit, as_json)
    click.echo(text)
    ctx.exit(code)
