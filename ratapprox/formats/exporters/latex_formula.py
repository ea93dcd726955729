"""A LaTeX formula."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import MAX_EMAX, MIN_EMIN, Context
from fractions import Fraction

from ratapprox.coefficients import decimal
from ratapprox.formats.card import exact_text
from ratapprox.formats.exporters.source import Source

DIGITS = 6
MOST = 2000


def write(source: Source, *, digits: int | str = DIGITS) -> str:
    """The formula in \\[ … \\], with the notes in comments before it.

    digits: significant digits, correctly rounded, or "exact" for fractions.
    """
    p, q = ([Fraction(c) for c in part] for part in (source.rational.p, source.rational.q))
    count = _read(digits)
    above, below = _polynomial(p, count), _polynomial(q, count)
    right = above if below == "1" else f"\\frac{{{above}}}\n       {{{below}}}"
    return "\n".join([*(f"% {note}" for note in source.notes), "\\[", f"  r(x) = {right}", "\\]", ""])


def _read(digits: int | str) -> int | None:
    if digits == "exact":
        return None
    text = str(digits)
    if not (text.isascii() and text.isdigit() and len(text) < 6 and 1 <= int(text) <= MOST):
        raise ValueError(f"digits={text[:40]!r}: a number from 1 to {MOST}, or 'exact'")
    return int(text)


def _polynomial(coefficients: Sequence[Fraction], digits: int | None) -> str:
    terms = [_term(c, power, digits) for power, c in enumerate(coefficients) if c]
    if not terms:
        return "0"
    return " ".join([terms[0], *(f"- {term[1:]}" if term.startswith("-") else f"+ {term}" for term in terms[1:])])


def _term(c: Fraction, power: int, digits: int | None) -> str:
    sign, size = ("-" if c < 0 else ""), _number(abs(c), digits)
    if power == 0:
        return sign + size
    variable = "x" if power == 1 else f"x^{{{power}}}"
    return sign + (variable if size == "1" else f"{size}\\,{variable}")


def _number(c: Fraction, digits: int | None) -> str:
    if digits is None:
        numerator, _, denominator = exact_text(c).partition("/")
        return f"\\tfrac{{{numerator}}}{{{denominator}}}" if denominator else numerator
    value = decimal(c, digits).normalize(Context(digits, Emax=MAX_EMAX, Emin=MIN_EMIN))
    if -4 <= value.adjusted() < max(digits, 6):
        return f"{value:f}"
    mantissa = f"{value:e}".partition("e")[0]
    return f"{mantissa} \\times 10^{{{value.adjusted()}}}"
