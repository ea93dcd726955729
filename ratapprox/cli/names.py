"""`ratapprox list KIND`."""

from __future__ import annotations

import json

import click


@click.command("list", short_help="List activations, problems, export formats, or known peers.")
@click.argument("kind", type=click.Choice(["activations", "problems", "formats", "peers"]))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def list_names(kind: str, as_json: bool) -> None:
    """List what a TARGET may be, what `train` trains on, what `export` writes, or the peers that `audit` knows."""
    if kind == "problems":
        _problems(as_json)
        return
    if kind == "formats":
        _formats(as_json)
        return
    if kind == "peers":
        _peers(as_json)
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


def _problems(as_json: bool) -> None:
    from ratapprox.networks.problems import problems

    found = problems()
    if as_json:
        entries = [
            {
                "name": each.name,
                "note": each.description,
                "kind": each.kind,
                "inputs": each.inputs,
                "outputs": each.outputs,
                "metric": each.metric and each.metric.name,
                "samples": each.samples,
                "validation": each.validation,
                "source": each.source,
            }
            for each in found
        ]
        click.echo(json.dumps({"schema": "ratapprox/list/1", "problems": entries}, indent=2, ensure_ascii=False))
        return
    width = max(len(each.name) for each in found)
    for each in found:
        click.echo(f"{each.name:<{width}}  {each.description}")


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


def _peers(as_json: bool) -> None:
    from ratapprox.formats.importers import peers

    if as_json:
        entries = [
            {
                "name": peer.name,
                "note": peer.says,
                "repository": peer.repository,
                "commit": peer.commit,
                "file": peer.file,
                "entries": [entry.name for entry in peer.entries],
            }
            for peer in peers().values()
        ]
        click.echo(json.dumps({"schema": "ratapprox/list/1", "peers": entries}, indent=2))
        return
    for peer in peers().values():
        click.echo(f"{peer.name}  {peer.says} ({peer.repository} at {peer.commit[:7]})")
        for entry in peer.entries:
            click.echo(f"    {peer.name}:{entry.name}")
