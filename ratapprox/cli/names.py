"""`ratapprox list KIND`."""

from __future__ import annotations

import json

import click


@click.command("list", short_help="List activations, or the formats of `export`.")
@click.argument("kind", type=click.Choice(["activations", "formats"]))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def list_names(kind: str, as_json: bool) -> None:
    """List the names that a TARGET may be, or the formats that `export` writes."""
    if kind == "formats":
        _formats(as_json)
        return
    from ratapprox.activations import names

    found = names()
    if as_json:
        entries = [{"name": name, "formula": formula, "note": note} for name, formula, note in found]
        click.echo(json.dumps({"schema": "ratapprox/list/1", kind: entries}, indent=2))
        return
    width = max(len(name) for name, _, _ in found)
    for name, _, note in found:
        click.echo(f"{name:<{width}}  {note}")


def _formats(as_json: bool) -> None:
    from ratapprox.formats.exporters import FORMATS

    if as_json:
        entries = [
            {
                "name": entry.name,
                "note": entry.says,
                "suffix": entry.suffix,
                "dtypes": list(entry.dtypes),
                "default": list(entry.default),
                "options": dict(entry.options),
            }
            for entry in FORMATS.values()
        ]
        click.echo(json.dumps({"schema": "ratapprox/list/1", "formats": entries}, indent=2))
        return
    width = max(map(len, FORMATS))
    for entry in FORMATS.values():
        click.echo(f"{entry.name:<{width}}  {entry.says}")
        for name, says in entry.options.items():
            click.echo(f"{'':<{width}}    --option {name}: {says}")
