"""What `ratapprox analyse` prints: an exact answer with its witnesses, or a whole dossier."""

from __future__ import annotations

from typing import Any

import click

from ratapprox.cli.coefficients import folded
from ratapprox.cli.report import row
from ratapprox.symbolic.analysis import Analysis
from ratapprox.symbolic.antiderivative import interval_text
from ratapprox.symbolic.writing import latex_of_family, latex_of_region

COLOURS = {"region": "green", "proved": "green", "refuted": "red", "unknown": "yellow"}
MOST_WITNESSES = 6


def report(found: Any) -> str:
    """An Analysis, a FamilyDossier or a Dossier for a person."""
    if isinstance(found, Analysis):
        return _analysis(found)
    lines = [click.style(found.title(), bold=True), ""]
    for name, words in found.rows():
        lines += row(name, *(part for word in words for part in folded(word)))
    return "\n".join(lines)


def analysis_latex(found: Any) -> str:
    """The same in LaTeX."""
    if not isinstance(found, Analysis):
        return str(found.latex())
    where = "" if found.on == (None, None) else f" on {interval_text(found.on)}"
    head = f"f(x) = {latex_of_family(found.family)} \\text{{ is {found.property}{where}}}"
    if found.verdict == "region":
        return f"{head} \\iff {latex_of_region(found.region)}"
    return f"\\text{{{found.verdict}: }} {head}"


def _analysis(found: Analysis) -> str:
    lines = [click.style(f"{found.name or found.family}, {found.property} on {interval_text(found.on)}", bold=True), ""]
    answer = f"exactly for {found.region}" if found.verdict == "region" else found.verdict
    colour = COLOURS[found.verdict]
    lines += row("answer", *folded(answer), colour=colour)
    for number, witness in enumerate(found.witnesses[:MOST_WITNESSES]):
        lines += row("fails" if number == 0 else "", *folded(witness.says))
    if len(found.witnesses) > MOST_WITNESSES:
        lines += row("", f"and {len(found.witnesses) - MOST_WITNESSES} more: --json gives them all")
    lines += row("reason" if found.verdict == "unknown" else "how", *folded(found.reason))
    for place in getattr(found.region, "undecided", ()):
        lines += row("open", *folded(place))
    return "\n".join(lines)
