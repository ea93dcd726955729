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
        entries = [{"name": name, "formula": formula, "note": note} for name, formula, note in found]
        click.echo(json.dumps({"schema": "ratapprox/list/1", kind: entries}, indent=2))
        return
    width = max(len(name) for name, _, _ in found)
    for name, _, note in found:
        click.echo(f"{name:<{width}}  {note}")
