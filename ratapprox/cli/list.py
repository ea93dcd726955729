"""`ratapprox list KIND`."""

from __future__ import annotations

import json

import click


@click.command("list")
@click.argument("kind", type=click.Choice(["activations"]))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def list_names(kind: str, as_json: bool) -> None:
    """List the names that a TARGET may be."""
    from ratapprox.activations import names

    found = names()
    if as_json:
        click.echo(json.dumps({"schema": "ratapprox/list/1", kind: list(found)}, indent=2))
        return
    for name in found:
        click.echo(name)
