"""What becomes of the coefficients in float16: every input is tried."""

from __future__ import annotations

from dataclasses import fields
from fractions import Fraction

import numpy as np

from ratapprox.auditing.value import HalfPrecision
from ratapprox.forms import Form, TwoSlope
from ratapprox.rational import Rational
from ratapprox.symbolic.rounding import rounding

__all__ = ["half_precision"]


def half_precision(form: Form | Rational, on: tuple[Fraction, Fraction]) -> HalfPrecision | None:
    """All finite inputs of float16, through Horner's rule or through the form's formula; None for the form
    two-slope, which leaves the order of its operations open.

    >>> from ratapprox.forms import PauB
    >>> f = PauB([0.0, 1.0], [0.0, 1.0])
    >>> found = half_precision(f, (Fraction(-3), Fraction(3)))
    >>> found.non_finite, found.non_finite_from, found.error < 5e-4
    (0, None, True)
    """
    if isinstance(form, Rational):
        r = rounding(form, on, "float16", "horner")
        finite = r.bound.is_finite()
        return HalfPrecision(
            "horner", float(r.bound) if finite else None, r.worst_x, r.non_finite or 0, r.nan or 0, r.non_finite_from
        )
    if isinstance(form, TwoSlope):
        return None
    bits = np.arange(1 << 16, dtype=np.uint16).view(np.float16)
    x = np.sort(bits[np.isfinite(bits)])
    with np.errstate(all="ignore"):
        computed = np.asarray(_in_floats(form)._formula(x), dtype=np.float16)
    bad = ~np.isfinite(computed)
    inside = (x.astype(float) >= float(on[0])) & (x.astype(float) <= float(on[1]))
    error, at = None, None
    if (inside & bad).any():
        at = float(x[inside & bad][0])
    elif inside.any():
        difference = np.abs(computed[inside].astype(float) - form(x[inside].astype(float)))
        worst = int(np.argmax(difference))
        error, at = float(difference[worst]), float(x[inside][worst])
    first = float(np.min(np.abs(x[bad]))) if bad.any() else None
    return HalfPrecision("formula", error, at, int(bad.sum()), int(np.isnan(computed).sum()), first)


def _in_floats(form: Form) -> Form:
    """The form with float parameters, which NumPy rounds to float16; with fractions it would leave float16."""
    values = (getattr(form, field.name) for field in fields(form))  # type: ignore[arg-type]
    return type(form)(*(tuple(map(float, v)) if isinstance(v, tuple) else float(v) for v in values))
