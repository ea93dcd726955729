"""What becomes of the coefficients in float16: every input is tried."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from ratapprox.auditing.value import HalfPrecision
from ratapprox.forms import Form
from ratapprox.piecewise import Piecewise
from ratapprox.rational import Rational
from ratapprox.symbolic.rounding import rounding

__all__ = ["half_precision"]


def half_precision(
    form: Form | Rational, function: Rational | Piecewise, on: tuple[Fraction, Fraction]
) -> HalfPrecision:
    """All finite inputs of float16, through Horner's rule or through the form's formula.

    >>> from ratapprox.forms import PauB
    >>> f = PauB([0.0, 1.0], [0.0, 1.0])
    >>> found = half_precision(f, f.function(), (Fraction(-3), Fraction(3)))
    >>> found.non_finite, found.non_finite_from, found.error < 5e-4
    (0, None, True)
    """
    if isinstance(form, Rational):
        r = rounding(form, on, "float16", "horner")
        finite = r.bound.is_finite()
        return HalfPrecision(
            "horner", float(r.bound) if finite else None, r.worst_x, r.non_finite or 0, r.nan or 0, r.non_finite_from
        )
    bits = np.arange(1 << 16, dtype=np.uint16).view(np.float16)
    x = np.sort(bits[np.isfinite(bits)])
    with np.errstate(all="ignore"):
        computed = np.asarray(form._formula(x))
    if computed.dtype != np.float16:
        raise TypeError(f"the formula of {form.name} leaves float16 for {computed.dtype}")
    bad = ~np.isfinite(computed)
    inside = (x.astype(float) >= float(on[0])) & (x.astype(float) <= float(on[1]))
    error, at = None, None
    if (inside & bad).any():
        at = float(x[inside & bad][0])
    elif inside.any():
        difference = np.abs(computed[inside].astype(float) - function.to_float()(x[inside].astype(float)))
        worst = int(np.argmax(difference))
        error, at = float(difference[worst]), float(x[inside][worst])
    first = float(np.min(np.abs(x[bad]))) if bad.any() else None
    return HalfPrecision("formula", error, at, int(bad.sum()), int(np.isnan(computed).sum()), first)
