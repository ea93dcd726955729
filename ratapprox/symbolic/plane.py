"""The pairs of parameters for which a property holds, as a value: cells, a formula, what differs from it, a picture."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ratapprox.symbolic.cells import Column, distinct
from ratapprox.symbolic.formula import Formula
from ratapprox.symbolic.interval import End, rational_number
from ratapprox.symbolic.region import Region

__all__ = ["Picture", "PlaneQuestion", "PlaneRegion"]


@dataclass(frozen=True, eq=False)
class PlaneQuestion:
    """A statement about two parameters, given by polynomials in (x, first, second) and by its exact decisions.

    groups: polynomials for which the order of their roots in x matters; each group by itself. extra: polynomials in the
    parameters alone that matter too. closed: whether the true pairs form a closed set. ends: finite ends of the
    interval of x. truth(a, b): the decision at a rational pair. fibre(axis, value): the exact region of the other
    parameter when parameter number `axis` (1 or 2) has a rational value. check: called often, may raise to stop.
    """

    parameters: tuple[str, str]
    groups: tuple[tuple[Any, ...], ...]
    extra: tuple[Any, ...]
    ends: tuple[End, ...]
    truth: Callable[[Fraction, Fraction], bool]
    fibre: Callable[[int, Fraction], Region]
    check: Callable[[], None]


@dataclass(frozen=True, eq=False)
class Picture:
    """What a plot of a region needs: truth[j, i] at (a[i], b[j]), exact; curves: name to values of the polynomial
    there."""

    parameters: tuple[str, str]
    a: NDArray[np.float64]
    b: NDArray[np.float64]
    truth: NDArray[np.bool_]
    curves: tuple[tuple[str, NDArray[np.float64]], ...]


@dataclass(frozen=True, repr=False)
class PlaneRegion:
    """A set of pairs (a, b): the open cells with their truth, a formula, and what differs from it on thin pieces.

    base: the parameter over which the columns stand. formula: None when no signs of the projection's polynomials
    tell the cells apart; `indexed` then says the same by numbered roots. exceptions: lines and arcs on which the
    region is not what the formula says. undecided: places where isolated points were not searched.
    """

    parameters: tuple[str, str]
    base: str
    columns: tuple[Column, ...]
    formula: Formula | None
    indexed: tuple[str, ...]
    exceptions: tuple[str, ...]
    undecided: tuple[str, ...]
    question: PlaneQuestion = field(compare=False)

    def contains(self, a: Fraction | int | float, b: Fraction | int | float) -> bool:
        """Whether the property holds for this pair, decided exactly; a float is the dyadic fraction that it is."""
        first, second = (rational_number(value, name) for value, name in zip((a, b), self.parameters, strict=True))
        return self.question.truth(first, second)

    def truth(self, grid_a: ArrayLike, grid_b: ArrayLike) -> NDArray[np.bool_]:
        """contains(a, b) for every pair of two lists of floats, as an array [len(grid_b), len(grid_a)]; all exact."""
        across, up = ([Fraction(float(value)) for value in np.ravel(np.asarray(grid))] for grid in (grid_a, grid_b))
        found = np.empty((len(up), len(across)), dtype=np.bool_)
        for i, a in enumerate(across):
            line = self.question.fibre(1, a)
            found[:, i] = [line.contains(b) for b in up]
        return found

    def picture(self, on_a: Sequence[float], on_b: Sequence[float], pixels: int = 200) -> Picture:
        """The data of a plot over on_a × on_b: each pixel's centre decided exactly, and the curves of the
        projection."""
        a, b = (_centres(on[0], on[1], pixels) for on in (on_a, on_b))
        mesh_a, mesh_b = np.meshgrid(a, b)
        curves = []
        for curve in self._curves:
            values = sum(float(c) * mesh_a ** int(e[1]) * mesh_b ** int(e[2]) for e, c in curve.to_dict().items())
            curves.append((str(curve).replace("^", "**"), np.asarray(values)))
        return Picture(self.parameters, a, b, self.truth(a, b), tuple(curves))

    def window(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """An interval of each parameter that shows all samples of cells."""
        base = [float(cell.u) for column in self.columns for cell in column.cells]
        other = [float(cell.v) for column in self.columns for cell in column.cells]
        across, up = (base, other) if self.base == self.parameters[0] else (other, base)
        return (min(across) - 1, max(across) + 1), (min(up) - 1, max(up) + 1)

    @cached_property
    def _curves(self) -> list[Any]:
        return distinct(curve for column in self.columns for curve, _ in column.walls)

    @property
    def is_complete(self) -> bool:
        """Whether the formula with its exceptions is the whole set, isolated points included."""
        return not self.undecided

    @property
    def text(self) -> str:
        """The formula, then its exceptions."""
        cells = [cell.truth for column in self.columns for cell in column.cells]
        pair = f"({', '.join(self.parameters)})"
        if all(cells):
            main = f"every {pair}"
        elif not any(cells):
            main = f"no {pair}" if not self.exceptions else f"no open set of {pair}"
        elif self.formula is not None:
            main = repr(self.formula)
        else:
            main = " or ".join(self.indexed)
        return "; ".join([main, *self.exceptions])

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"PlaneRegion {self.text}"

    def to_dict(self) -> dict[str, Any]:
        """The JSON form: the text, the formula's clauses, a sample of every open cell with its truth, what is
        undecided."""
        first = self.base == self.parameters[0]
        clauses = None if self.formula is None else [[repr(literal) for literal in c] for c in self.formula.clauses]
        cells = [
            {"values": [str(n) for n in ((cell.u, cell.v) if first else (cell.v, cell.u))], "truth": cell.truth}
            for column in self.columns
            for cell in column.cells
        ]
        return {
            "text": self.text,
            "clauses": clauses,
            "exceptions": list(self.exceptions),
            "undecided": list(self.undecided),
            "cells": cells,
        }


def _centres(low: float, high: float, pixels: int) -> NDArray[np.float64]:
    width = (float(high) - float(low)) / pixels
    return np.asarray(float(low) + width * (np.arange(pixels) + 0.5), dtype=np.float64)
