"""What `audit` writes besides its report: a page, a picture, cards. A file that cannot be written loses no other."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ratapprox.auditing import Audit
    from ratapprox.formats.importers.entry import Refused

__all__ = ["numbered", "written"]


def written(
    found: Sequence[Audit],
    refused: Sequence[Refused],
    what: Sequence[str],
    complete: bool,
    output: str | None,
    html: str | None,
    plot: str | None,
) -> tuple[list[str], list[str]]:
    """Sentences about the cards, and about what could not be written."""
    from ratapprox.auditing.page import page
    from ratapprox.formats.files import write_whole

    lines: list[str] = []
    slips: list[str] = []
    if html is not None:
        content = page(found, refused, complete=complete).encode()
        try:
            write_whole(html, content)
        except ValueError as slip:
            slips.append(str(slip))
    if plot is not None:
        try:
            write_whole(plot, _picture(found, plot))
        except ValueError as slip:
            slips.append(str(slip))
    if output is not None:
        try:
            lines += _fixed(found, output, what)
        except ValueError as slip:
            slips.append(str(slip))
    return lines, slips


def numbered(output: str, k: int) -> Path:
    """The k-th of several cards."""
    path = Path(output)
    return path.with_name(f"{path.stem}-{k}{path.suffix}")


def _picture(found: Sequence[Audit], plot: str) -> bytes:
    from ratapprox.auditing.curves import curve
    from ratapprox.plots import error_curves, saved

    curves = [drawn for drawn in map(curve, found) if drawn is not None]
    if not curves:
        raise ValueError(
            f"no curve is drawn, and {plot} is not written: no entry has a target and an interval;"
            " give them (--target, --on)"
        )
    panels = [(c.title, c.x.tolist(), c.error.tolist(), c.best) for c in curves]
    return saved(error_curves(panels), Path(plot).suffix[1:].lower())


def _fixed(found: Sequence[Audit], output: str, what: Sequence[str]) -> list[str]:
    """Write a card for each different replacement; a sentence for each."""
    from ratapprox.published import write_card

    better = [each.replacement for each in found if each.replacement is not None]
    different = list({id(each.fit): each for each in better}.values())
    if not different:
        return ["nothing to fix: no better rational with as few coefficients is known"]
    command = shlex.join(["ratapprox", "audit", *what, "--fix", "-o", output])
    lines = []
    for k, each in enumerate(different, 1):
        file = Path(output) if len(different) == 1 else numbered(output, k)
        write_card(each.fit, file, command)
        lines.append(f"wrote {file}: {each}")
    return lines
