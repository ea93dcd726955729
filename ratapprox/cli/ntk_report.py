"""What `ntk` prints: a table for a person, `ratapprox/ntk/1` for a program."""

from __future__ import annotations

from collections.abc import Mapping
from io import StringIO
from typing import Any

import click
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ratapprox.networks.ntk import Summary

SCHEMA = "ratapprox/ntk/1"


def ntk_json(found: Mapping[str, Summary], configuration: dict[str, Any]) -> dict[str, Any]:
    """The document that `ntk.schema.json` describes."""
    activations = {name: summary.to_dict() for name, summary in found.items()}
    return {"schema": SCHEMA, "activations": activations, "configuration": configuration}


def report(found: Mapping[str, Summary], configuration: dict[str, Any]) -> str:
    """What was measured, the table, and what is not as good as it looks."""
    lines = [click.style(_heading(configuration), bold=True), "", _table(found), ""]
    for name, summary in found.items():
        reasons: dict[str, list[int]] = {}
        for seed, member in enumerate(summary.members):
            if member.condition.reason:
                reasons.setdefault(member.condition.reason, []).append(seed)
        for reason, seeds in reasons.items():
            which = "" if len(summary.members) == 1 else f", seed {', '.join(map(str, seeds))}"
            lines.append(click.style(f"  {name}{which}: {reason}", fg="yellow"))
    return "\n".join(lines).rstrip()


def _heading(configuration: dict[str, Any]) -> str:
    widths, samples = "-".join(map(str, configuration["widths"])), configuration["samples"]
    where = f"{samples} points of {configuration['domain']}"
    if configuration["infinite_width"]:
        return f"Tangent kernels of infinitely wide networks like {widths} at {where}, NTK parametrisation"
    many = len(configuration["seeds"])
    seeds = "1 seed" if many == 1 else f"{many} seeds"
    return f"Tangent kernels of networks {widths} at {where}, {seeds}, standard parametrisation"


def _table(found: Mapping[str, Summary]) -> str:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for heading in ("activation", "weights", "parameters", "log10 κ", "over seeds", "rank", "Σλ²-rank", "how"):
        left = heading in ("activation", "weights", "parameters", "how")
        table.add_column(heading, justify="left" if left else "right", no_wrap=True)
    for name, summary in found.items():
        first = summary.members[0]
        cells = (
            name,
            first.initialisation.split(", biases")[0] if first.parametrisation == "standard" else "limit",
            " ".join(kind[:1] for kind in first.kinds),
            summary.condition_text(),
            summary.range_text() if len(summary.members) > 1 else "",
            f"{summary.entropy_rank:.2f}",
            f"{summary.participation_rank:.2f}",
            summary.status_text(),
        )
        table.add_row(*(Text(cell) for cell in cells))
    out = StringIO()
    Console(file=out, width=200, no_color=True, highlight=False).print(table)
    return "\n".join(line.rstrip() for line in out.getvalue().rstrip().split("\n"))
