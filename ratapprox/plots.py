"""Pictures: of a fit, the function with its approximation and the error below; of a region; of errors.

They need matplotlib.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from io import BytesIO
from math import inf, isfinite
from typing import TYPE_CHECKING, Any

import numpy as np

from ratapprox.errors import errors

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ratapprox.fitting.result import Fit
    from ratapprox.networks.learned import Learned
    from ratapprox.symbolic.analysis import Analysis

FORMATS = ("png", "svg", "pdf")
POINTS = 801


def figure(fit: Fit) -> Figure:
    """Two panels over the interval: f with r above; w·(f − r) with the lines ±E and the alternation points below.

    Raises `ModuleNotFoundError` that names the extra when matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError("plots need matplotlib: pip install 'ratapprox[plot]'") from error

    a, b = (float(end) for end in fit.on)
    # Chebyshev-like spacing shows what happens near the ends; the reference shows it wherever the error is busy.
    grid = (a + b) / 2 - (b - a) / 2 * np.cos(np.linspace(0, np.pi, POINTS))
    x = np.unique(np.concatenate([np.clip(grid, a, b), fit.reference]))
    error_at = partial(errors, fit.rational, fit.target, fit.weight, size=fit.error)
    m, n = fit.type
    name = getattr(fit.target, "name", "f")
    drawing = Figure(figsize=(7, 6), layout="constrained")
    above, below = drawing.subplots(2, 1, sharex=True, height_ratios=[3, 2])

    above.plot(x, fit.target.numpy(x), color="0.6", linewidth=4, label=name)
    with np.errstate(all="ignore"):
        above.plot(x, _visible(fit.rational(x)), color="C0", linewidth=1.2, label=f"rational of type ({m}, {n})")
    above.legend()
    above.set_title(f"{name}, type ({m}, {n}) on [{a:g}, {b:g}]: {fit.outcome.value}")

    below.plot(x, _visible(error_at(x)), color="C0", linewidth=1)
    for level in (fit.error, -fit.error):
        below.axhline(level, color="C3", linewidth=0.8, linestyle="--")
    below.plot(
        fit.reference,
        error_at(fit.reference),
        "o",
        color="C3",
        markersize=4,
        label=f"{len(fit.reference)} alternation points",
    )
    below.set_xlabel("x")
    below.set_ylabel("error" if fit.weight is None else "weighted error")
    below.set_title(f"E = {fit.error:.6g}")
    return drawing


def render(fit: Fit, kind: str) -> bytes:
    """The figure of a fit as a PNG, SVG or PDF file."""
    return saved(figure(fit), kind)


def saved(drawing: Figure, kind: str) -> bytes:
    """A figure as a PNG, SVG or PDF file: the same bytes each time, on one machine."""
    from matplotlib import rc_context

    if kind not in FORMATS:
        raise ValueError(f"a plot is written as {', '.join(FORMATS)}, not as {kind!r}")
    file = BytesIO()
    stamp = {"png": "Creation Time", "svg": "Date", "pdf": "CreationDate"}[kind]
    with rc_context({"svg.hashsalt": "ratapprox"}):  # ids of an SVG are random without
        drawing.savefig(file, format=kind, dpi=150, metadata={stamp: None})
    return file.getvalue()


@contextmanager
def as_shipped() -> Iterator[None]:
    """matplotlib draws as it is shipped, whatever this user has set, the words of an SVG as words; then as before.

    Raises `ModuleNotFoundError` that names the extra when matplotlib is not installed.
    """
    try:
        from matplotlib import rc_context, rcdefaults, rcParams
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError("plots need matplotlib: pip install 'ratapprox[plot]'") from error

    with rc_context():
        rcdefaults()
        rcParams["svg.fonttype"] = "none"
        yield


def error_curves(curves: Sequence[tuple[str, Sequence[float], Sequence[float], float | None]]) -> Figure:
    """A panel for each (title, x, r − f, best level or None), the levels ± dashed.

    Raises `ModuleNotFoundError` that names the extra when matplotlib is not installed, ValueError without a curve.
    """
    try:
        from matplotlib.figure import Figure
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError("plots need matplotlib: pip install 'ratapprox[plot]'") from error

    if not curves:
        raise ValueError("there is no error curve to draw: no entry has a target and an interval")
    columns = min(len(curves), 3)
    rows = -(-len(curves) // columns)
    drawing = Figure(figsize=(4.5 * columns, 2.4 * rows), layout="constrained")
    axes = drawing.subplots(rows, columns, squeeze=False).ravel()
    for panel, (title, x, difference, best) in zip(axes, curves, strict=False):
        panel.plot(x, _visible(difference), color="C0", linewidth=1)
        for level in [] if best is None else [best, -best]:
            panel.axhline(level, color="C3", linewidth=0.8, linestyle="--")
        panel.set_title(title, fontsize="medium")
    for panel in axes[len(curves) :]:
        panel.set_axis_off()
    return drawing


def spectra_figure(curves: Sequence[tuple[str, Sequence[Sequence[float]]]]) -> Figure:
    """Eigenvalues over their number on a logarithmic scale: a colour for each name, a line for each of its spectra.

    Raises `ModuleNotFoundError` that names the extra when matplotlib is not installed, ValueError without a spectrum.
    """
    try:
        from matplotlib.figure import Figure
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError("plots need matplotlib: pip install 'ratapprox[plot]'") from error

    if not any(spectrum for _, spectra in curves for spectrum in spectra):
        raise ValueError("there is no spectrum to draw: no eigenvalue stands clear of the rounding")
    drawing = Figure(figsize=(7, 4.5), layout="constrained")
    axes = drawing.subplots()
    for colour, (name, spectra) in enumerate(curves):
        for k, spectrum in enumerate(spectra):
            label = name if k == 0 else None
            numbers = range(1, len(spectrum) + 1)
            axes.plot(numbers, spectrum, "o-", color=f"C{colour % 10}", label=label, markersize=3, linewidth=0.8)
    axes.set_yscale("log")
    axes.set_xlabel("number")
    axes.set_ylabel("eigenvalue")
    axes.legend()
    return drawing


def training_curves(panels: Mapping[str, Sequence[tuple[str, Any, Any, Any, Any]]], title: str) -> Figure:
    """A panel for each axis, such as steps and seconds: (name, places, median, lower, upper), on a logarithmic scale.

    Raises `ModuleNotFoundError` that names the extra when matplotlib is not installed, ValueError without a curve.
    """
    try:
        from matplotlib.figure import Figure
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError("plots need matplotlib: pip install 'ratapprox[plot]'") from error

    if not any(panels.values()):
        raise ValueError("there is no curve to draw")
    drawing = Figure(figsize=(5 * len(panels), 4), layout="constrained")
    names = list(dict.fromkeys(name for curves in panels.values() for name, *_ in curves))
    row = drawing.subplots(1, len(panels), sharey=True, squeeze=False)[0]
    for axes, (axis, curves) in zip(row, panels.items(), strict=True):
        for name, places, median, lower, upper in curves:
            colour = f"C{names.index(name) % 10}"
            axes.fill_between(places, lower, upper, color=colour, alpha=0.15, linewidth=0)
            axes.plot(places, median, color=colour, linewidth=1.2, label=name)
        axes.set_yscale("log")
        axes.set_xlabel(axis)
    drawing.axes[0].legend()
    drawing.suptitle(f"{title}: median, and 95 % interval of the geometric mean", fontsize=10)
    return drawing


def learned_figure(learned: Learned, title: str) -> Figure:
    """What a network has learned, what it was to learn, and the difference: planes side by side, or curves.

    Raises `ModuleNotFoundError` that names the extra when matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError("plots need matplotlib: pip install 'ratapprox[plot]'") from error

    difference = learned.found - learned.exact
    if len(learned.axes) == 1:
        drawing = Figure(figsize=(7, 5), layout="constrained")
        above, below = drawing.subplots(2, 1, sharex=True, height_ratios=[3, 2])
        above.plot(learned.axes[0], learned.exact, color="0.6", linewidth=4, label="to be learned")
        above.plot(learned.axes[0], learned.found, color="C3", linewidth=1.2, label="learned")
        above.legend()
        below.plot(learned.axes[0], difference, color="C0", linewidth=1)
        below.set_title("difference", fontsize="medium")
    else:
        drawing = Figure(figsize=(12, 3.6), layout="constrained")
        size, off = float(np.abs(learned.exact).max()), float(np.nanmax(np.abs(difference)))
        panels = (
            ("learned", learned.found, size),
            ("to be learned", learned.exact, size),
            ("difference", difference, off),
        )
        for axes, (name, values, most) in zip(drawing.subplots(1, 3, sharey=True), panels, strict=True):
            plane = axes.pcolormesh(
                *learned.axes, values.T, cmap="RdBu_r", vmin=-most, vmax=most, shading="nearest", rasterized=True
            )
            drawing.colorbar(plane, ax=axes)
            axes.set_title(name, fontsize="medium")
    drawing.suptitle(title, fontsize=10)
    return drawing


def region_figure(analysis: Analysis) -> Figure:
    """The region of one parameter as a line, filled ends closed; of two as a plane, every pixel decided exactly.

    Raises `ModuleNotFoundError` that names the extra when matplotlib is not installed, ValueError without a region.
    """
    try:
        from matplotlib.figure import Figure
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError("plots need matplotlib: pip install 'ratapprox[plot]'") from error

    if analysis.region is None:
        raise ValueError(f"there is no region to draw: {analysis.verdict}, {analysis.reason}")
    if len(analysis.parameters) == 2:
        drawing = Figure(figsize=(6, 5.5), layout="constrained")
        _plane(drawing.subplots(), analysis.region)
    else:
        drawing = Figure(figsize=(7, 1.8), layout="constrained")
        _line(drawing.subplots(), analysis)
    drawing.axes[0].set_title(f"{analysis.family}: {analysis.property}", wrap=True)
    return drawing


def _line(axes: Axes, analysis: Analysis) -> None:
    """The true values of the parameter as a thick line; a cross at each witness of a failing side."""
    ends = [float(e) for i in analysis.region.intervals for e in (i.lower, i.upper) if e is not None]
    failing = [float(value) for w in analysis.witnesses for _, value in w.parameter_values]
    known = [*ends, *failing] or [0.0]
    margin = (max(known) - min(known)) / 5 or 1.0
    low, high = min(known) - margin, max(known) + margin
    axes.axhline(0, color="0.8", linewidth=1)
    for part in analysis.region.intervals:
        left = low if part.lower is None else float(part.lower)
        right = high if part.upper is None else float(part.upper)
        axes.plot([left, right], [0, 0], color="C0", linewidth=5, solid_capstyle="butt")
        for end, closed in ((part.lower, part.lower_closed), (part.upper, part.upper_closed)):
            if end is not None:
                axes.plot([float(end)], [0], "o", color="C0", markersize=9, markerfacecolor="C0" if closed else "white")
    axes.plot(failing, [0.0] * len(failing), "x", color="C3", markersize=7)
    axes.set_xlim(low, high)
    axes.set_yticks([])
    axes.set_xlabel(f"{analysis.parameters[0]}: {analysis.region}")


def _plane(axes: Axes, region: Any) -> None:
    from matplotlib.colors import ListedColormap

    picture = region.picture(*region.window())
    shades = ListedColormap(["0.93", "C0"])
    axes.pcolormesh(
        picture.a, picture.b, picture.truth, cmap=shades, vmin=0, vmax=1, shading="nearest", rasterized=True
    )
    for _, values in picture.curves:
        if values.shape and values.min() < 0 < values.max():
            axes.contour(picture.a, picture.b, values, levels=[0], colors="0.4", linewidths=0.8)
    axes.set_xlabel(picture.parameters[0])
    axes.set_ylabel(picture.parameters[1])


def _visible(values: Sequence[float] | np.ndarray) -> list[float]:
    """Poles leave a gap in the curve."""
    return [value if isfinite(value) and abs(value) < inf else float("nan") for value in map(float, values)]
