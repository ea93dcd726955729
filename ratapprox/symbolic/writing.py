"""Families and regions in LaTeX."""

from __future__ import annotations

from typing import Any

import sympy

from ratapprox.activations import activation
from ratapprox.algebraic import Algebraic
from ratapprox.symbolic.region import Interval, Region

__all__ = ["latex_of_family", "latex_of_region"]


def latex_of_family(family: Any) -> str:
    """The formula of a family given by a name, a text or an Activation.

    >>> latex_of_family("ralu")
    '\\\\frac{x \\\\left(\\\\alpha + x^{2}\\\\right)}{x^{2} + 1}'
    """
    return str(sympy.latex(activation(family).expression))


def latex_of_region(region: Any) -> str:
    """The region as a condition on its parameters.

    >>> nine = Interval(Algebraic.rational(0), True, Algebraic.rational(9), True)
    >>> latex_of_region(Region("alpha", (nine,)))
    '0 \\\\le \\\\alpha \\\\le 9'
    """
    if not isinstance(region, Region):
        return f"\\text{{{region}}}"
    parts = [_interval(interval, sympy.latex(sympy.Symbol(region.parameter))) for interval in region.intervals]
    return " \\text{ or } ".join(parts) or "\\text{never}"


def _interval(interval: Interval, name: str) -> str:
    if interval.lower is None and interval.upper is None:
        return f"{name} \\in \\mathbb{{R}}"
    if interval.is_point and interval.lower is not None:
        return f"{name} = {_number(interval.lower)}"
    left, right = ("\\le" if closed else "<" for closed in (interval.lower_closed, interval.upper_closed))
    if interval.lower is None and interval.upper is not None:
        return f"{name} {right} {_number(interval.upper)}"
    if interval.upper is None and interval.lower is not None:
        return f"{name} {left.replace('le', 'ge').replace('<', '>')} {_number(interval.lower)}"
    assert interval.lower is not None and interval.upper is not None
    return f"{_number(interval.lower)} {left} {name} {right} {_number(interval.upper)}"


def _number(number: Algebraic) -> str:
    return f"{float(number):.7g}\\ldots" if number.degree > 2 else str(sympy.latex(sympy.sympify(number.exact)))
