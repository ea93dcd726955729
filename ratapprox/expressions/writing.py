"""Expressions as people write them: x·(x² + α)/(x² + 1)."""

from __future__ import annotations

import re
from typing import Any

import sympy

from ratapprox.expressions.program import x

_GREEK = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "theta": "θ", "kappa": "κ", "lambda_": "λ",
    "mu": "μ", "sigma": "σ", "tau": "τ", "phi": "φ", "psi": "ψ", "omega": "ω", "pi": "π",
}  # fmt: skip
_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


class _Printer(sympy.StrPrinter):  # type: ignore[misc]
    def _as_ordered_terms(self, expr: Any, order: Any = None) -> list[Any]:
        """Polynomials by falling powers of x, the parameters after them; other sums in the order of sympy."""
        degrees = {term: term.as_coeff_exponent(x)[1] for term in expr.args}
        if all(d.is_Integer and d >= 0 and not term.as_coeff_exponent(x)[0].has(x) for term, d in degrees.items()):
            return sorted(super()._as_ordered_terms(expr, order), key=lambda term: -int(degrees[term]))
        return list(super()._as_ordered_terms(expr, order))


def pretty(e: Any) -> str:
    """An expression in one line with superscripts, dots and Greek letters.

    >>> from ratapprox.expressions import parse, pretty
    >>> pretty(parse("x*(x**2 + alpha)/(x**2 + 1)"))
    'x·(x² + α)/(x² + 1)'
    """
    if isinstance(e, sympy.Piecewise):
        *first, (last, _) = e.args
        return "".join(f"{pretty(branch)} if {pretty(condition)} else " for branch, condition in first) + pretty(last)
    text = _Printer({"order": None}).doprint(e)
    text = re.sub(r"\*\*(\d+)", lambda m: m[1].translate(_SUPERSCRIPTS), text)
    text = re.sub(r"sqrt\((\d+|\w+)\)", r"√\1", text)
    text = re.sub(r"[A-Za-z_]+", lambda m: _GREEK.get(m[0], {"Max": "max", "Min": "min", "Abs": "abs"}.get(m[0], m[0])), text)
    return text.replace("*", "·").replace(">=", "≥").replace("<=", "≤")
