"""The coefficients of a fit in a form that still is the function once it is printed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from math import inf
from typing import TYPE_CHECKING

from ratapprox.chebyshev import Chebyshev, largest_difference
from ratapprox.formats.card import exact_text
from ratapprox.rational import Rational

if TYPE_CHECKING:
    from ratapprox.fitting.result import Fit

KEPT = 1e-6
"""A printed form is good when it changes the error by less than this, relatively."""

WIDTH = 96
DOUBLE = 17
"""Significant digits that no double needs more of."""

_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_LOWERED = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def coefficients(fit: Fit) -> list[str]:
    """A table of p and q: doubles if they keep the error, else the digits asked for, else Chebyshev coefficients."""
    digits = fit.digits or DOUBLE
    if not fit.rational.is_exact:
        return list(_doubles(fit.rational))
    if digits > DOUBLE:
        p, q = fit.rational.decimals(digits)
        if _keeps(_decimal_form(fit, digits), fit):
            return [*_table(_powers(fit.rational.degree), p, q), *_caution(fit)]
    elif _doubles_keep(fit):
        return list(_doubles(fit.rational))
    return list(_other_form(fit, digits))


def folded(text: str) -> list[str]:
    """The text in lines that fit the report, broken at blanks."""
    lines = [""]
    for word in text.split():
        if lines[-1] and len(lines[-1]) + 1 + len(word) > WIDTH - 12:
            lines.append("")
        lines[-1] += (" " if lines[-1] else "") + word
    return lines


def _other_form(fit: Fit, digits: int) -> Iterator[str]:
    """Why the monomial coefficients are not printed, and what to use instead."""
    if digits > DOUBLE:
        reason = f"Rounded to {digits} digits the coefficients in powers of x are too inaccurate."
    else:
        reason = f"In doubles the coefficients in powers of x {_what_doubles_do(fit)}."
    more = (d for d in (20, 25, 30, 40, 50, 75, 100, 150, 200, 300, 500) if d > digits)
    enough = next((d for d in more if _keeps(_decimal_form(fit, d), fit)), None)
    advice = f", --digits {enough} prints enough of their digits" if enough else ""
    yield reason
    yield f"The card (-o) holds them exactly{advice}."
    form = Chebyshev.from_rational(fit.rational, fit.on).rounded()
    deviation = form.deviation(fit.rational, fit.reference)
    in_doubles = fit.float64_error
    if deviation <= KEPT * fit.error or in_doubles is None or deviation < abs(in_doubles - fit.error) / 10:
        yield f"In Chebyshev polynomials, p = Σ p[k] T_k(t) and q = Σ q[k] T_k(t) with t = {_scaled(*fit.on)}"
        kept = deviation <= KEPT * fit.error
        yield "doubles keep the error:" if kept else f"the error in doubles is at most {fit.error + deviation:.3g}:"
        yield ""
        names = [f"T{str(k).translate(_LOWERED)}" for k in range(fit.rational.degree + 1)]
        yield from _table(names, *([repr(float(c)) for c in part] for part in (form.p, form.q)))
    elif fit.barycentric is not None and _keeps(fit.barycentric.to_rational(), fit):
        yield "In doubles, the barycentric form in the card keeps the error."


def _caution(fit: Fit) -> list[str]:
    """A line for those who would round the printed digits to doubles."""
    return [] if _doubles_keep(fit) else ["", f"Rounded to doubles these coefficients {_what_doubles_do(fit)}."]


def _what_doubles_do(fit: Fit) -> str:
    """The error of the rounded coefficients, in as many digits as it takes to tell the two errors apart."""
    worse = fit.float64_error
    if worse is None:
        return "are too inaccurate"
    if worse == inf:
        return "have a pole on the interval"
    digits = next(d for d in range(3, 18) if d == 17 or f"{worse:.{d}g}" != f"{fit.error:.{d}g}")
    return f"have the error {worse:.{digits}g} instead of {fit.error:.{digits}g}"


def _doubles_keep(fit: Fit) -> bool:
    found = fit.float64_error
    return found is not None and abs(found - fit.error) <= KEPT * fit.error


def _keeps(form: Rational, fit: Fit) -> bool:
    return largest_difference(form, fit.rational, fit.on, fit.reference) <= KEPT * fit.error


def _decimal_form(fit: Fit, digits: int) -> Rational:
    p, q = fit.rational.decimals(digits)
    return Rational([Fraction(c) for c in p], [Fraction(c) for c in q])


def _doubles(rational: Rational) -> Iterator[str]:
    yield from _table(_powers(rational.degree), *([repr(float(c)) for c in part] for part in (rational.p, rational.q)))


def _scaled(a: Fraction, b: Fraction) -> str:
    """The variable that runs from -1 to 1 on [a, b], as a formula in x."""
    slope, shift = 2 / (b - a), (a + b) / (a - b)
    left = "x" if slope == 1 else f"{exact_text(slope)}·x"
    return left if shift == 0 else f"{left} {'−' if shift < 0 else '+'} {exact_text(abs(shift))}"


def _powers(degree: int) -> list[str]:
    return ["1", "x"][: degree + 1] + [f"x{str(k).translate(_RAISED)}" for k in range(2, degree + 1)]


def _table(names: Sequence[str], p: Sequence[str], q: Sequence[str]) -> Iterator[str]:
    rows = [("", "p", "q")]
    for k, name in enumerate(names):
        left, right = (part[k].removesuffix(".0") if k < len(part) else "" for part in (p, q))
        rows.append((name, left, right))
    first, second = (max(len(row[column]) for row in rows) for column in (0, 1))
    for name, left, right in rows:
        yield f"  {name:<{first}}  {_signed(left):<{second + 1}}  {_signed(right)}".rstrip()


def _signed(number: str) -> str:
    return number if number.startswith("-") else f" {number}"
