"""Do the fields of a card agree with each other? What it claims of the function is not decided here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import lcm
from typing import Any

from flint import fmpz

from ratapprox.coefficients import Coefficients
from ratapprox.formats.schema import violation
from ratapprox.rational import Rational

LARGEST_BITS = 40_000
"""Bound on the common denominator: with random fractions a small file could ask for hours of exact arithmetic."""


class CardError(ValueError):
    """The text or file is no card, or contradicts itself."""


@dataclass(frozen=True, slots=True)
class Checked:
    """The question and the function of a card, after the checks."""

    target: str
    on: tuple[Fraction, Fraction]
    type: tuple[int, int]
    rational: Rational
    weight: str | None


def checked(document: Any) -> Checked:
    """Check shape and consistency of the whole document; raises `CardError` that names the first field that is
    wrong."""
    require(problem := violation(document), problem is None)
    on = interval_of(document)
    rational = rational_of(document)
    m, n = (int(degree) for degree in document["type"])
    require(
        f'"type" is [{m}, {n}], but p and q have the degrees {rational.type}',
        rational.type[0] <= m and rational.type[1] <= n,
    )
    if form := document.get("barycentric"):
        sizes = {len(form[name]) for name in ("support_points", "values", "weights")}
        require('the lists of "barycentric" differ in length', len(sizes) == 1)
    _check_points("reference", document.get("reference", []), document["interval"])
    if "error" in document and "error_decimal" in document:
        require('"error" and "error_decimal" differ', _near(document["error"], document["error_decimal"], 10**9))
    if gain := document.get("gain"):
        _check_gain(gain)
    if claim := document.get("certificate"):
        check_certificate(claim, document["interval"])
    return Checked(document["target"], on, (m, n), rational, document.get("weight"))


def read_exact(text: str) -> Fraction:
    """num/den as a fraction. (Through python-flint: Python's own int stops at 4300 digits.)"""
    numerator, _, denominator = text.partition("/")
    require("a fraction has the denominator 0", not denominator or bool(denominator.strip("0")))
    return Fraction(int(fmpz(numerator)), int(fmpz(denominator or "1")))


def interval_of(document: Mapping[str, Any]) -> tuple[Fraction, Fraction]:
    a, b = (read_exact(text) for text in document["interval_exact"])
    require('the left end of "interval_exact" is not smaller than the right end', a < b)
    agree = _rounds_to(a, document["interval"][0]) and _rounds_to(b, document["interval"][1])
    require('"interval" and "interval_exact" differ', agree)
    return a, b


def rational_of(document: Mapping[str, Any]) -> Rational:
    """The function: p_exact decides where it is given, and p, p_hex and p_decimal have to agree with it."""
    p, q = (_coefficients(document, name) for name in ("p", "q"))
    if "p_exact" not in document:
        p, q = (tuple(map(float, values)) for values in (p, q))
    else:
        size = lcm(*(Fraction(c).denominator for c in (*p, *q))).bit_length()
        require(
            f"the common denominator of the exact coefficients has more than {LARGEST_BITS} bits", size <= LARGEST_BITS
        )
    try:
        found = Rational(p, q)
    except ValueError as error:
        raise CardError(f"is no valid card: {error}") from error
    normalised = "the first coefficient of q that is not 0 must be 1, and neither p nor q may end with zeros"
    require(normalised, found.p == p and found.q == q)
    return found


def _coefficients(document: Mapping[str, Any], name: str) -> Coefficients:
    shown: list[float] | None = document.get(name)
    hexadecimals: list[str] = document.get(f"{name}_hex", [])
    exact, decimals = document.get(f"{name}_exact"), document.get(f"{name}_decimal")
    require(f'both "{name}" and "{name}_exact" are missing', not shown is exact is None)
    values = tuple(map(Fraction, shown or ()) if exact is None else map(read_exact, exact))
    for other in (shown, hexadecimals or None, decimals):
        require(f'the forms of "{name}" differ in length', other is None or len(other) == len(values))
    agree = shown is None or all(_rounds_to(value, number) for value, number in zip(values, shown, strict=True))
    require(f'"{name}" and "{name}_exact" differ', agree)
    agree = [float(number).hex() for number in shown or []] == hexadecimals
    require(f'"{name}" and "{name}_hex" differ', agree)
    agree = decimals is None or all(map(_shows, decimals, values))
    require(f'"{name}_decimal" differs from the other forms of "{name}"', agree)
    return values


def check_certificate(claim: Mapping[str, Any], interval: Sequence[float]) -> None:
    for name in ("error_lower", "error_upper", "optimal_lower"):
        number, text = claim[name], claim[f"{name}_decimal"]
        require(f'"certificate.{name}" and its decimal differ', _same(number, text))
    agree = claim["pole_free"] is (claim["pole_free_on"] is not None)
    require('"certificate.pole_free" and "certificate.pole_free_on" differ', agree)
    _check_points("certificate.alternation", claim["alternation"], interval)
    for dtype, entry in claim.get("rounding", {}).items():
        number, text, name = entry["bound"], entry["bound_decimal"], f"certificate.rounding.{dtype}"
        require(f'"{name}.bound" and its decimal differ', _same(number, text))
        require(f'"{name}" has a bound, but no form', text is None or entry["form"] is not None)


def _check_gain(gain: Mapping[str, Any]) -> None:
    for side in ("forward", "backward"):
        number, ends = gain[side], [gain[f"{side}_{end}"] for end in ("lower", "upper")]
        require(f'one of the bounds of "gain.{side}" is missing', (ends[0] is None) is (ends[1] is None))
        inside = ends[0] is None or 0 < Fraction(ends[0]) <= Fraction(ends[1])
        require(f'the bounds of "gain.{side}" are not in order', inside)
        agree = number is None if ends[0] is None else number is None or all(_near(number, e, 10**12) for e in ends)
        require(f'"gain.{side}" and its bounds differ', agree)
    missing = gain["forward_lower"] is None or gain["backward_lower"] is None
    require('a "gain" is missing without a reason', gain["reason"] is not None or not missing)


def _same(number: float | None, text: str | None) -> bool:
    """Do a double and its decimal agree, or are both null?"""
    if number is None or text is None:
        return number is None and text is None
    return _near(number, text, 10**14)


def _check_points(name: str, points: Sequence[float], interval: Sequence[float]) -> None:
    inside = all(interval[0] <= x <= interval[1] for x in points)
    require(f'"{name}" must ascend inside the interval', inside and sorted(points) == list(points))


def _rounds_to(value: Fraction, number: float) -> bool:
    try:
        return float(value) == number
    except OverflowError:
        return False


def _near(number: float, text: str, accuracy: int) -> bool:
    """Do a double and its decimal differ by less than one part in `accuracy`, or by underflow only?"""
    decimal = Fraction(text)
    return abs(Fraction(number) - decimal) <= abs(decimal) / accuracy + Fraction(1, 2**1070)


def _shows(text: str, value: Fraction) -> bool:
    """Is the decimal the value, to within one unit of its last digit?"""
    decimal = Decimal(text)
    return abs(Fraction(decimal) - value) <= Fraction(10) ** int(decimal.as_tuple().exponent)


def require(problem: str | None, holds: bool) -> None:
    if not holds:
        raise CardError(f"is no valid card: {problem}")
