"""What a comparison shows, in a few lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ratapprox.networks.comparison import Comparison, Entry


def report(comparison: Comparison, words: str) -> str:
    """The table of geometric means, then the ratios to the first activation function, then what went wrong."""
    rows = [["", comparison.metric, "95 % interval", "seeds", "parameters"]]
    rows += [_row(entry) for entry in comparison.entries]
    for axis, title in (("steps", "after {:.0f} steps"), ("seconds", "after {:.3g} s")):
        if (equal := comparison.equal(axis)) is not None:
            cells = [title.format(equal.at), *(f"{mean:.2e}" for mean in equal.means)]
            rows = [[*row[:3], cell, *row[3:]] for row, cell in zip(rows, cells, strict=True)]
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    lines = [words, ""]
    lines += ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    if any(entry.mean for entry in comparison.entries):
        lines += ["", "geometric means over seeds; intervals by Student's t on logarithms"]
    pairs = list(zip(comparison.ratios, comparison.adjusted, strict=True))
    if pairs:
        lines.append("")
        width = max(len(f"{ratio.over} / {ratio.under}") for ratio, _ in pairs)
        for ratio, adjusted in pairs:
            a, b = ratio.interval
            lines.append(
                f"{f'{ratio.over} / {ratio.under}':<{width}}  {ratio.ratio:.2g} [{a:.2g}, {b:.2g}], "
                f"p = {ratio.p:.2g}, {adjusted:.2g} by Holm, {ratio.seeds} pairs"
            )
    lines += [line for entry in comparison.entries for line in _troubles(entry)]
    for answer in comparison.failures:
        seeds = ", ".join(map(str, answer.config["seeds"]))
        lines.append(f"{answer.config['activation']}, seed {seeds}: {answer.error}")
    if comparison.repeated:
        lines.append(f"{len(comparison.repeated)} of the networks were begun again: a process had died")
    return "\n".join(lines)


def _row(entry: Entry) -> list[str]:
    size = str(entry.parameters or "")
    if entry.mean is not None:
        a, b = entry.mean.interval
        return [entry.activation, f"{entry.mean.value:.2e}", f"[{a:.1e}, {b:.1e}]", str(entry.mean.seeds), size]
    single = f"{next(iter(entry.errors.values())):.2e}" if len(entry.errors) == 1 else "-"
    return [entry.activation, single, "-", str(len(entry.errors)), size]


def _troubles(entry: Entry) -> list[str]:
    found = []
    if entry.diverged:
        seeds = ", ".join(map(str, entry.diverged))
        found.append(f"{entry.activation} diverged for seed {seeds}: left out of its mean and its ratios")
    if entry.mean is None and len(entry.errors) > 1:
        found.append(f"{entry.activation} has no geometric mean: {entry.reason}")
    return found
