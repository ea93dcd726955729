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
_NAMES = _GREEK | {"Max": "max", "Min": "min", "Abs": "abs"}
_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


class _Printer(sympy.StrPrinter):  # type: ignore[misc]
    def _as_ordered_terms(self, expr: Any, order: Any = None) -> list[Any]:
        """Polynomials by falling powers of x, with the parameters after them; other sums in the order of sympy."""
        terms = list(super()._as_ordered_terms(expr, order))
        powers = {term: term.as_coeff_exponent(x) for term in terms}
        if all(c.is_polynomial() and not c.has(x) and n.is_Integer and n >= 0 for c, n in powers.values()):
            terms.sort(key=lambda term: -int(powers[term][1]))
        return terms

    def _print_Piecewise(self, expr: Any) -> str:  # noqa: N802
        *first, (last, _) = expr.args
        text = "".join(f"{self._print(branch)} if {self._print(condition)} else " for branch, condition in first)
        return f"({text}{self._print(last)})"


def pretty(e: Any) -> str:
    """An expression in one line with superscripts, dots and Greek letters; long fractions as decimals of 15 digits.

    >>> from ratapprox.expressions import parse, pretty
    >>> pretty(parse("x*(x**2 + alpha)/(x**2 + 1)"))
    'x·(x² + α)/(x² + 1)'
    >>> pretty(parse("selu(x)"))
    '1.05070098735548·(x if x ≥ 0 else 1.67326324235438·exp(x) - 1.67326324235438)'
    """
    long = [r for r in e.atoms(sympy.Rational) if r.q > 100 or abs(r.p) > 10**6]
    text = str(_Printer({"full_prec": False}).doprint(e.xreplace({r: sympy.Float(r, 15) for r in long})))
    text = re.sub(r"\*\*(\d+)", lambda m: m[1].translate(_SUPERSCRIPTS), text)
    text = re.sub(r"sqrt\((\d+|[a-z]+)\)", r"√\1", text)
    text = re.sub(r"[A-Za-z_]+", lambda m: _NAMES.get(m[0], m[0]), text)
    text = text.replace("*", "·").replace(">=", "≥").replace("<=", "≤")
    return text[1:-1] if isinstance(e, sympy.Piecewise) else text
