"""Error curves, as plain numbers for whoever draws them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ratapprox.activations import activation
from ratapprox.auditing.value import Audit

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["POINTS", "Curve", "curve"]

POINTS = 601


@dataclass(frozen=True)
class Curve:
    """x with r(x) - f(x), and the level of the best error of the type, None where unknown."""

    title: str
    x: NDArray[np.float64]
    error: NDArray[np.float64]
    best: float | None


def curve(audit: Audit) -> Curve | None:
    """The curve on the asked interval, or the declared one; None without a target or an interval.

    >>> from ratapprox.auditing import audit
    >>> from ratapprox.rational import Rational
    >>> found = curve(audit(Rational([0, 1]), "relu", (-1, 1)))
    >>> float(found.error[0]), float(found.error[-1])
    (-1.0, 0.0)
    """
    judged = audit.declared if audit.asked is None else audit.asked
    a, b = judged.on
    if audit.target is None or a is None or b is None:
        return None
    x = np.linspace(float(a), float(b), POINTS)
    error = audit.entry.form(x) - activation(audit.target).numpy(x)
    optimum = judged.optimum
    best = None if optimum is None or optimum.upper is None else float(optimum.upper)
    return Curve(audit.name, x, error, best)
