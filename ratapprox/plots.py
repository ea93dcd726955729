"""The picture of a fit: the function and its approximation, and the error that alternates below. Needs matplotlib."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from io import BytesIO
from math import inf, isfinite
from typing import TYPE_CHECKING

import numpy as np

from ratapprox.errors import errors

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ratapprox.fitting.result import Fit

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
    """The figure as a PNG, SVG or PDF file."""
    if kind not in FORMATS:
        raise ValueError(f"a plot is written as {', '.join(FORMATS)}, not as {kind!r}")
    file = BytesIO()
    stamp = {"png": "Creation Time", "svg": "Date", "pdf": "CreationDate"}[kind]
    figure(fit).savefig(file, format=kind, dpi=150, metadata={stamp: None})
    return file.getvalue()


def _visible(values: Sequence[float] | np.ndarray) -> list[float]:
    """Poles leave a gap in the curve."""
    return [value if isfinite(value) and abs(value) < inf else float("nan") for value in map(float, values)]
