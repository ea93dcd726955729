"""The picture of a fit: the function and its approximation, and the error that alternates below. Needs matplotlib."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from math import inf, isfinite, log2
from typing import TYPE_CHECKING

import numpy as np
from flint import arb, ctx

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ratapprox.fitting.result import Fit

FORMATS = ("png", "svg", "pdf")
POINTS = 801


def errors(fit: Fit, points: Sequence[float]) -> list[float]:
    """The weighted error w·(f − r) at the points, in as much precision as its size asks for.

    Doubles alone would show rounding noise once the error is near 1e-13. A target that is a plain Python function has
    no more than its doubles to give.
    """
    ball = getattr(fit.target, "arb", None)
    weigh = None if fit.weight is None else getattr(fit.weight, "arb", None)
    if ball is None or (fit.weight is not None and weigh is None):
        x = np.asarray(points, dtype=float)
        weights = 1.0 if fit.weight is None else fit.weight.numpy(x)
        found = weights * (fit.target.numpy(x) - fit.rational(x))
        return [float(e) for e in found]
    bits = 120 + 4 * max(fit.rational.type) + int(-log2(fit.error) if 0 < fit.error < 1 else 0)
    with ctx.workprec(bits):
        values = []
        for point in points:
            at = arb(point)
            error = ball(at) - fit.rational(at)
            values.append(float(error.mid() if weigh is None else (weigh(at) * error).mid()))
    return values


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
    m, n = fit.type
    name = getattr(fit.target, "name", "f")
    drawing = Figure(figsize=(7, 6), layout="constrained")
    above, below = drawing.subplots(2, 1, sharex=True, height_ratios=[3, 2])

    above.plot(x, fit.target.numpy(x), color="0.6", linewidth=4, label=name)
    with np.errstate(all="ignore"):
        above.plot(x, _visible(fit.rational(x)), color="C0", linewidth=1.2, label=f"rational of type ({m}, {n})")
    above.legend()
    above.set_title(f"{name}, type ({m}, {n}) on [{a:g}, {b:g}]: {fit.outcome.value}")

    below.plot(x, _visible(errors(fit, x.tolist())), color="C0", linewidth=1)
    for level in (fit.error, -fit.error):
        below.axhline(level, color="C3", linewidth=0.8, linestyle="--")
    below.plot(
        fit.reference,
        errors(fit, fit.reference),
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
