"""An audit as one HTML page that needs nothing else: no script, no font, no picture from elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from math import isfinite

import numpy as np

from ratapprox.auditing.curves import Curve, curve
from ratapprox.auditing.table import HEADINGS, cells
from ratapprox.auditing.value import Audit
from ratapprox.formats.importers import Refused

__all__ = ["page"]

WIDTH, HEIGHT = 560, 130

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; color: #222; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: 0.2rem 0.7rem; text-align: right; border-bottom: 1px solid #ddd; white-space: nowrap; }
th:first-child, td:first-child { text-align: left; }
.scroll { overflow-x: auto; }
.serious { color: #b00020; font-weight: 600; }
section { margin: 2rem 0; }
svg { display: block; background: #fafafa; }
@media (prefers-color-scheme: dark) { body { background: #181818; color: #ddd; } svg { background: #222; } }
"""


def page(audits: Sequence[Audit], refused: Sequence[Refused] = (), *, complete: bool = True) -> str:
    """The page: a table of all entries, then for each its problems, its replacement and its error curve; then what
    could not be read or judged."""
    wrong = sum(audit.serious for audit in audits)
    interrupted = "" if complete else " The run was interrupted; the rest is missing."
    head = "".join(f"<th>{escape(heading)}</th>" for heading in HEADINGS)
    body = "\n".join(_row(audit) for audit in audits)
    sections = "\n".join([*map(_section, audits), *map(_refusal, refused)])
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Audit of rational activations</title>
<style>{_STYLE}</style>
</head>
<body>
<h1>Audit of rational activations</h1>
<p>{len(audits)} entries, {wrong} with something wrong enough to matter.{interrupted} Errors are proved bounds;
“× best” compares with the proved best error of a rational function of the same type.</p>
<div class="scroll"><table>
<thead><tr>{head}</tr></thead>
<tbody>
{body}
</tbody>
</table></div>
{sections}
</body>
</html>
"""


def _row(audit: Audit) -> str:
    mark = ' class="serious"' if audit.serious else ""
    return f"<tr{mark}>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells(audit)) + "</tr>"


def _section(audit: Audit) -> str:
    lines = [f"<section><h2>{escape(audit.name)}</h2>", f"<p>{escape(repr(audit.entry))}</p>"]
    if audit.problems:
        items = "".join(
            f"<li{' class=serious' if problem.serious else ''}>{escape(problem.text)}</li>"
            for problem in audit.problems
        )
        lines.append(f"<ul>{items}</ul>")
    if audit.replacement is not None:
        lines.append(f"<p>Better: {escape(str(audit.replacement))}</p>")
    drawn = curve(audit)
    if drawn is not None:
        lines.append(_svg(drawn))
    return "\n".join([*lines, "</section>"])


def _refusal(refused: Refused) -> str:
    name = refused.source if refused.name is None else f"{refused.source}:{refused.name}"
    return f'<section><h2>{escape(name)}</h2><p class="serious">Not judged: {escape(refused.reason)}</p></section>'


def _svg(drawn: Curve) -> str:
    """The error over the interval, with the best level dashed."""
    finite = drawn.error[np.isfinite(drawn.error)]
    top = float(np.max(np.abs(finite))) if finite.size else 1.0
    top = top or 1.0
    low, high = float(drawn.x[0]), float(drawn.x[-1])
    places = [
        None
        if not isfinite(e)
        else f"{(x - low) / (high - low) * WIDTH:.1f},{HEIGHT / 2 - e / top * (HEIGHT / 2 - 6):.1f}"
        for x, e in zip(drawn.x.tolist(), drawn.error.tolist(), strict=True)
    ]
    lines = "".join(
        f'<polyline fill="none" stroke="#1f6feb" stroke-width="1.2" points="{" ".join(run)}"/>' for run in _runs(places)
    )
    levels = [] if drawn.best is None or drawn.best > top else [drawn.best, -drawn.best]
    dashes = "".join(
        f'<line x1="0" x2="{WIDTH}" y1="{y:.1f}" y2="{y:.1f}" stroke="#b00020" stroke-dasharray="4 4"/>'
        for y in (HEIGHT / 2 - level / top * (HEIGHT / 2 - 6) for level in levels)
    )
    label = f"error of {drawn.title} on [{low:g}, {high:g}], from {-top:.3g} to {top:.3g}"
    frame = f'viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}"'
    return (
        f'<svg {frame} role="img" aria-label="{escape(label)}">'
        f"<title>{escape(label)}</title>{lines}{dashes}</svg><p><small>{escape(label)}</small></p>"
    )


def _runs(places: Iterable[str | None]) -> list[list[str]]:
    """The stretches between gaps."""
    found: list[list[str]] = [[]]
    for place in places:
        if place is None:
            found.append([])
        else:
            found[-1].append(place)
    return [run for run in found if run]
