"""What `audit` prints for a person: a table, then the problems of each entry."""

from __future__ import annotations

from collections.abc import Sequence
from io import StringIO
from textwrap import wrap

import click
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ratapprox.auditing import Audit
from ratapprox.auditing.table import HEADINGS, cells
from ratapprox.formats.importers import Refused

WIDTH = 118
_SHOWN = tuple(heading for heading in HEADINGS if heading != "form")


def report(audits: Sequence[Audit], refused: Sequence[Refused] = (), *, complete: bool = True) -> str:
    """The table, the problems, what would be better, what could not be read or judged, and how many are serious."""
    lines = [_table(audits), ""]
    for audit in audits:
        lines += _problems(audit)
    for each in refused:
        lines += _refusal(each)
    wrong = sum(audit.serious for audit in audits)
    count = f"{len(audits)} {'entry' if len(audits) == 1 else 'entries'}"
    if wrong:
        lines.append(click.style(f"{count}, {wrong} with something wrong enough to matter (marked !)", fg="red"))
    else:
        lines.append(click.style(f"{count}, nothing serious", fg="green"))
    if refused:
        lines.append(click.style(f"{len(refused)} not read or not judged", fg="red"))
    if not complete:
        lines.append("interrupted: the remaining entries were not judged")
    return "\n".join(lines)


def _table(audits: Sequence[Audit]) -> str:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for heading in _SHOWN:
        table.add_column(heading, justify="left" if heading in ("entry", "target") else "right", no_wrap=True)
    places = [HEADINGS.index(heading) for heading in _SHOWN]
    for audit in audits:
        row = cells(audit)
        table.add_row(*(Text(row[place]) for place in places))  # a plain str would have :A: made a picture
    out = StringIO()
    Console(file=out, width=220, no_color=True, highlight=False).print(table)
    return "\n".join(line.rstrip() for line in out.getvalue().rstrip().split("\n"))


def _refusal(refused: Refused) -> list[str]:
    name = refused.source if refused.name is None else f"{refused.source}:{refused.name}"
    first, *rest = wrap(f"not judged: {refused.reason}", WIDTH - 4)
    lines = [click.style(f"  ! {first}", fg="red"), *(click.style(f"    {line}", fg="red") for line in rest)]
    return [click.style(name, bold=True), *lines, ""]


def _problems(audit: Audit) -> list[str]:
    lines = [click.style(audit.name, bold=True)]
    for problem in audit.problems:
        first, *rest = wrap(problem.text, WIDTH - 4)
        mark = "!" if problem.serious else "-"
        lines.append(click.style(f"  {mark} {first}", fg="red" if problem.serious else None))
        lines += [click.style(f"    {line}", fg="red" if problem.serious else None) for line in rest]
    if audit.replacement is not None:
        first, *rest = wrap(f"better: {audit.replacement}", WIDTH - 4)
        lines += [f"  = {first}", *(f"    {line}" for line in rest)]
    return [*lines, ""] if len(lines) > 1 else []
