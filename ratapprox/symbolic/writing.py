"""Families and regions in LaTeX."""

from __future__ import annotations

import re
from typing import Any

import sympy

from ratapprox.activations import activation
from ratapprox.algebraic import Algebraic
from ratapprox.symbolic.plane import PlaneRegion
from ratapprox.symbolic.region import Interval

__all__ = ["latex_of_family", "latex_of_region"]


def latex_of_family(family: Any) -> str:
    """The formula of a family given by a name, a text or an Activation.

    >>> latex_of_family("ralu")
    '\\\\frac{x \\\\left(\\\\alpha + x^{2}\\\\right)}{x^{2} + 1}'
    """
    return str(sympy.latex(activation(family).expression))


def latex_of_region(region: Any) -> str:
    """The region as a condition on its parameters.

    >>> from ratapprox.symbolic.region import Region
    >>> nine = Interval(Algebraic.rational(0), True, Algebraic.rational(9), True)
    >>> latex_of_region(Region("alpha", (nine,)))
    '0 \\\\le \\\\alpha \\\\le 9'
    """
    if isinstance(region, PlaneRegion):
        return _plane(region)
    parts = [_interval(interval, sympy.latex(sympy.Symbol(region.parameter))) for interval in region.intervals]
    return " \\text{ or } ".join(parts) or "\\text{never}"


def _plane(region: PlaneRegion) -> str:
    """The formula of a region of two parameters; in words what is beside it."""
    names = {name: sympy.Symbol(name) for name in region.parameters}
    main, *rest = region.text.split("; ")
    if main.startswith("every ("):
        main = f"({', '.join(sympy.latex(s) for s in names.values())}) \\in \\mathbb{{R}}^2"
    elif region.formula is not None and main == repr(region.formula):
        clauses = [clause.strip("()").split(" and ") for clause in main.split(" or ")]
        main = " \\text{ or } ".join(" \\text{ and } ".join(_chain(part, names) for part in c) for c in clauses)
    else:
        main = "\\text{never}" if main.startswith("no (") else f"\\text{{{main}}}"
    return main + "".join(f"\\text{{; {words}}}" for words in rest)


def _chain(text: str, names: dict[str, Any]) -> str:
    """0 <= a <= 9*b in LaTeX."""
    parts = re.split(r" (<=|>=|<|>) ", text)
    signs = {"<=": "\\le", ">=": "\\ge"}
    return " ".join(
        signs.get(p, p) if k % 2 else str(sympy.latex(sympy.sympify(p, locals=names))) for k, p in enumerate(parts)
    )


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
