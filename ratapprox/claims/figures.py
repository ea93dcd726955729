"""Figures of a book: for some of its claims what to draw of the evidence, in a file `_figures.py` beside the chapters.

They stand apart from the chapters, so that a figure may change without making evidence stale.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ratapprox.claims.book import Book
from ratapprox.claims.value import Evidence

__all__ = ["Figure", "Shown", "drawn", "figure", "load_figures", "shown"]

FILE = "_figures"
_BREAKS = (ArithmeticError, AttributeError, LookupError, OSError, TypeError, ValueError)


@dataclass(frozen=True, repr=False)
class Figure:
    """How the figure of a claim is drawn.

    claim: its id. caption: what is drawn, and from what. draw: a figure of matplotlib from the claim's evidence, such
    as `ratapprox.panels.panels` and the functions of `ratapprox.plots` make. command: one that draws it, or makes what
    it is drawn from.
    """

    claim: str
    caption: str
    draw: Callable[[Evidence], Any]
    command: str = ""

    @property
    def file(self) -> str:
        return f"{self.claim}.svg"

    def __repr__(self) -> str:
        return f"Figure of {self.claim}: {self.caption}"


def figure(claim: str, caption: str, *, command: str = "") -> Callable[[Callable[[Evidence], Any]], Figure]:
    """Make a figure of the function that draws it.

    >>> from ratapprox.panels import Curve, Curves, panels
    >>> @figure("numbers.squares", "the squares of 0 to 3")
    ... def squares(evidence):
    ...     return panels(Curves("squares", [Curve("x²", [0, 1, 2, 3], evidence.data["squares"])]))
    >>> squares
    Figure of numbers.squares: the squares of 0 to 3
    """

    def made(draw: Callable[[Evidence], Any]) -> Figure:
        return Figure(claim, caption, draw, command)

    return made


def load_figures(book: Book) -> dict[str, Figure]:
    """The figures of a book by claim, from `_figures.py` beside its chapters; none if there is no such file.

    Of a book in one file only its own: others in the folder may share the file. Raises ValueError for two figures of
    one claim, and for a claim that a book of a folder does not have.
    """
    module = book.beside(FILE)
    found: dict[str, Figure] = {}
    for value in vars(module).values() if module is not None else ():
        if isinstance(value, Figure) and found.setdefault(value.claim, value) is not value:
            raise ValueError(f"{book.folder / FILE}.py: there are two figures of {value.claim}")
    known = {claim.id for claim in book.claims}
    unknown = sorted(found.keys() - known)
    if unknown and book.path.is_dir():
        raise ValueError(f"{book.folder / FILE}.py: there is no claim {unknown[0]}")
    return {name: each for name, each in found.items() if name in known}


def drawn(figure: Figure, evidence: Evidence) -> bytes:
    """The figure as an SVG file, the same bytes each time on one machine, whatever the user's settings of matplotlib.

    Raises `ModuleNotFoundError` that names the extra when matplotlib is not installed; ValueError says of which claim
    the figure broke off, and why.
    """
    from ratapprox.plots import as_shipped, saved

    with as_shipped():
        try:
            drawing = figure.draw(evidence)
            if not hasattr(drawing, "savefig"):
                kind = type(drawing).__name__
                raise TypeError(f"it is to be a figure of matplotlib, as ratapprox.panels makes them, not a {kind}")
            return saved(drawing, "svg")
        except _BREAKS as error:
            raise ValueError(f"the figure of {figure.claim} broke off: {type(error).__name__}: {error}") from error


@dataclass(frozen=True)
class Shown:
    """A figure, and the address of its file from a page."""

    figure: Figure
    address: str


def shown(book: Book, folder: str | Path, page: str | Path) -> dict[str, Shown]:
    """The figures whose files there are in a folder, by claim, for a page."""
    address = Path(os.path.relpath(folder, Path(page).parent)).as_posix()
    return {
        name: Shown(each, quote(f"{address}/{each.file}"))
        for name, each in load_figures(book).items()
        if Path(folder, each.file).is_file()
    }
