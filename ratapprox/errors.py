"""The weighted error w·(f − r) at given points, accurate however small it is."""

from __future__ import annotations

from collections.abc import Iterable
from math import log2

import numpy as np
from flint import arb, ctx

from ratapprox.activations import Activation, CallableTarget
from ratapprox.piecewise import Piecewise
from ratapprox.rational import Rational


def errors(
    rational: Rational | Piecewise,
    target: Activation | CallableTarget,
    weight: Activation | CallableTarget | None,
    points: Iterable[float],
    size: float,
) -> list[float]:
    """w·(f − r) at the points, `size` being about the largest of them: it decides the working precision.

    Doubles alone would show rounding noise once the error is near 1e-13. A Python function has only doubles to give.

    >>> from ratapprox.activations import activation
    >>> errors(Rational([1, 1]), activation("exp"), None, [0.0, 1e-9], size=1e-18)
    [0.0, 5.000000001666667e-19]
    """
    x = np.array(list(points), dtype=float)
    if isinstance(target, Activation) and isinstance(weight, Activation | None):
        lost = -log2(size) if 0 < size < 1 else 0.0
        with ctx.workprec(120 + 4 * rational.degree + int(lost)):
            return [_error(rational, target, weight, arb(float(point))) for point in x]
    weights = np.ones_like(x) if weight is None else weight.numpy(x)
    return [float(e) for e in weights * (target.numpy(x) - rational(x))]


def _error(rational: Rational | Piecewise, target: Activation, weight: Activation | None, at: arb) -> float:
    error = target.arb(at) - rational(at)
    return float(error.mid() if weight is None else (weight.arb(at) * error).mid())
