"""Pictures of numbers: panels of curves and of planes, side by side. They need matplotlib.

>>> panels(Curves("squares", [Curve("x²", [0, 1, 2], [0, 1, 4])]))
<Figure size 500x400 with 1 Axes>
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["Curve", "Curves", "Panel", "Plane", "panels"]

Numbers = Sequence[float | None] | Any
"""(N,): None and NaN leave a gap."""


@dataclass(frozen=True, eq=False)
class Curve:
    """Values (N,) at places (N,). interval: two of (N,), the ends of bars.

    name: for the legend, or ""; one name is one curve in all panels. style, colour: matplotlib's, "o--" and "C3" for
    instance; the colour "" is the next one.
    """

    name: str
    x: Numbers
    y: Numbers
    interval: tuple[Numbers, Numbers] | None = None
    style: str = "-"
    colour: str = ""


@dataclass(frozen=True, eq=False)
class Curves:
    """A panel of curves.

    x, y: what the axes are called. scales: linear or log, of x and of y. within: the ends of the y axis. bands: of x,
    shaded. ticks: words at places of the x axis.
    """

    title: str
    curves: Sequence[Curve]
    x: str = ""
    y: str = ""
    scales: tuple[str, str] = ("linear", "linear")
    within: tuple[float, float] | None = None
    bands: Sequence[tuple[float, float]] = ()
    ticks: Mapping[Any, str] = field(default_factory=dict)

    def draw(self, axes: Axes) -> None:
        for low, high in self.bands:
            axes.axvspan(low, high, color="0.9", linewidth=0)
        for k, curve in enumerate(self.curves):
            places, values = _numbers(curve.x), _numbers(curve.y)
            colour = curve.colour or f"C{k % 10}"
            axes.plot(places, values, curve.style, color=colour, linewidth=1.2, markersize=4, label=curve.name or None)
            if curve.interval is not None:
                low, high = map(_numbers, curve.interval)
                axes.vlines(places, low, high, color=colour, linewidth=1)
        axes.set_xscale(self.scales[0])
        axes.set_yscale(self.scales[1])
        if self.within is not None:
            axes.set_ylim(*self.within)
        if self.ticks:
            axes.set_xticks(list(self.ticks), list(self.ticks.values()))
            axes.minorticks_off()
        axes.set_xlabel(self.x)
        axes.set_ylabel(self.y)
        axes.set_title(self.title, fontsize="medium")


@dataclass(frozen=True, eq=False)
class Plane:
    """A panel of values (N₁, N₂) over places (N₁,) and (N₂,), by colours from −most to most."""

    title: str
    places: tuple[Any, Any]
    values: Any
    x: str = ""
    y: str = ""

    def draw(self, axes: Axes) -> None:
        most = float(np.nanmax(np.abs(self.values)))
        plane = axes.pcolormesh(
            *self.places, self.values.T, cmap="RdBu_r", vmin=-most, vmax=most, shading="nearest", rasterized=True
        )
        axes.figure.colorbar(plane, ax=axes)
        axes.set_xlabel(self.x)
        axes.set_ylabel(self.y)
        axes.set_title(self.title, fontsize="medium")


Panel = Curves | Plane
MOST_IN_A_ROW = 3


def panels(*all: Panel, title: str = "") -> Figure:
    """The panels, three in a row at most, and below them a legend of all names.

    Raises `ModuleNotFoundError` that names the extra when matplotlib is not installed, ValueError without a panel.
    """
    try:
        from matplotlib.figure import Figure
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError("plots need matplotlib: pip install 'ratapprox[plot]'") from error

    if not all:
        raise ValueError("there is no panel to draw")
    columns = min(len(all), MOST_IN_A_ROW)
    rows = -(-len(all) // columns)
    drawing = Figure(figsize=(5 * columns, 4 * rows), layout="constrained")
    places = drawing.subplots(rows, columns, squeeze=False).ravel()
    for axes, panel in zip(places, all, strict=False):
        panel.draw(axes)
    for axes in places[len(all) :]:
        axes.set_axis_off()
    named = {name: line for axes in places for line, name in zip(*axes.get_legend_handles_labels(), strict=True)}
    if named:
        lines, names = list(named.values()), list(named)
        drawing.legend(lines, names, loc="outside lower center", ncols=2 * columns, fontsize="small")
    if title:
        drawing.suptitle(title, fontsize=10)
    return drawing


def _numbers(values: Numbers) -> Any:
    return np.array([np.nan if value is None else value for value in values], dtype=float)
