"""An audit as a row of short texts."""

from __future__ import annotations

from math import isinf

from ratapprox.auditing.value import Audit, double
from ratapprox.formats.card import end_text

__all__ = ["HEADINGS", "cells"]

HEADINGS = (
    "entry",
    "form",
    "target",
    "on",
    "max error",
    "× best",
    "rms",
    "poles",
    "falls",
    "r(−10)",
    "r(10)",
    "gain",
    "float16",
    "better",
)


def cells(audit: Audit) -> tuple[str, ...]:
    """One text for each heading, on the asked interval where there is one.

    >>> from ratapprox.auditing import audit
    >>> from ratapprox.rational import Rational
    >>> cells(audit(Rational([0, 1]), "relu", (-1, 1)))
    ('given:rational', 'plain', 'relu', '[-1, 1]', '1', '4', '0.408', '0', 'no', '-10', '10', '1', '0', '0.25, tails')
    """
    j = audit.declared if audit.asked is None else audit.asked
    portrait, (a, b) = j.portrait, j.on
    ratio = "–" if j.ratio is None else "∞" if isinf(j.ratio) else f"{j.ratio:.3g}"
    half = "–" if audit.half is None else "not finite" if audit.half.error is None else f"{audit.half.error:.2g}"
    return (
        audit.name,
        audit.entry.form_name,
        audit.target or "–",
        "ℝ" if a is None or b is None else f"[{end_text(a)}, {end_text(b)}]",
        "–" if j.error_upper is None else f"{float(j.error_upper):.3g}".replace("inf", "∞"),
        ratio,
        "–" if j.rms is None else f"{j.rms:.3g}".replace("inf", "∞"),
        str(len(portrait.poles)),
        "no" if portrait.increasing else "yes",
        *("pole" if value is None else f"{double(value):.3g}" for value in portrait.far),
        "–" if audit.gain is None else f"{double(audit.gain.forward):.5g}",
        half,
        _better(audit),
    )


def _better(audit: Audit) -> str:
    """The error of the replacement, its type where that is another one, and words where it has poles or other tails."""
    found = audit.replacement
    if found is None:
        return "–"
    m, n = found.fit.type
    other = "" if found.fit is found.best else f" ({m},{n})"
    return f"{found.fit.error:.3g}{other}{', poles' if found.poles else ''}{', tails' if found.departs else ''}"
