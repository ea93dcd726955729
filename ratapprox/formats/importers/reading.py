"""Reading strangers' files: bounded in every direction, never more than text and numbers, never a guess."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from math import isfinite
from typing import Any

from ratapprox.coefficients import to_float64
from ratapprox.formats.importers.entry import CoefficientsError
from ratapprox.forms import FORMS, Era, Form
from ratapprox.rational import Rational

__all__ = [
    "LONGEST_NAME",
    "MOST_COEFFICIENTS",
    "MOST_ENTRIES",
    "QUOTIENTS",
    "built",
    "check_degree",
    "check_fields",
    "finite",
    "interval",
    "interval_text",
    "json_document",
    "number",
    "numbers",
    "plain",
    "unclear",
]

MOST_COEFFICIENTS = 400
MOST_ENTRIES = 10_000
LONGEST_NAME = 200
LARGEST_FLOAT = int(sys.float_info.max)
LARGEST_DIGITS = 2_000
"""Digits of an integer in a file."""

BEYOND = "beyond float64 (1.8e308): rescale it"

QUOTIENTS = ("pau-a", "pau-b", "pau-c", "pau-d", "pau-n", "kat-fitted", "kat-gpu", "kat-cpu")
"""Forms given by two lists, a numerator and the parameters of a denominator."""


def json_document(text: str) -> Any:
    """The JSON of a text: finite numbers, no field twice, no deep nesting.

    >>> json_document('{"p": [1, NaN]}')
    Traceback (most recent call last):
    ...
    ratapprox.formats.importers.entry.CoefficientsError: it holds NaN, and only finite numbers are coefficients
    """
    try:
        return json.loads(
            text, parse_float=_finite, parse_int=_integer, parse_constant=_finite, object_pairs_hook=_no_duplicates
        )
    except CoefficientsError:
        raise
    except RecursionError as error:
        raise CoefficientsError("its JSON is nested too deeply: coefficients are lists of numbers") from error
    except json.JSONDecodeError as error:
        if error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated string"):
            raise CoefficientsError("it is not JSON to its end, where something is missing: write it again") from error
        if error.pos == 0:
            raise CoefficientsError(
                "it is not JSON from its first character on, and neither a table named .csv nor a C header of"
                " ratapprox: name a file of coefficients"
            ) from error
        where = f"line {error.lineno}, column {error.colno}"
        raise CoefficientsError(f"it is not JSON: {where}: {error.msg.lower()}; correct it there") from error


def _finite(text: str) -> float:
    return finite(text)


def finite(text: str) -> float:
    """The float64 of a decimal literal, neither infinite nor 0 where the literal is not.

    >>> finite("1e-999")
    Traceback (most recent call last):
    ...
    ratapprox.formats.importers.entry.CoefficientsError: it holds 1e-999, which as a float64 would be 0: rescale it
    """
    found = float(text)
    if not isfinite(found):
        if any(c.isdigit() for c in text):
            raise CoefficientsError(f"it holds {text[:40]}, which is {BEYOND}")
        raise CoefficientsError(f"it holds {text[:40]}, and only finite numbers are coefficients")
    if found == 0 and any(c in "123456789" for c in text.lower().partition("e")[0]):
        raise CoefficientsError(f"it holds {text[:40]}, which as a float64 would be 0: rescale it")
    return found


def _integer(text: str) -> int:
    if len(text) > LARGEST_DIGITS:
        raise CoefficientsError(f"it holds an integer of {len(text)} digits; {LARGEST_DIGITS} are the most")
    return int(text)


def _no_duplicates(pairs: Sequence[tuple[str, Any]]) -> Mapping[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise CoefficientsError(f"the field {name[:40]!r} is given twice: leave one of them out")
        found[name] = value
    return found


def numbers(value: Any, of: str) -> list[float]:
    """A list of finite numbers as float64, at most `MOST_COEFFICIENTS`; `of` names it.

    >>> numbers([1, "2"], "p")
    Traceback (most recent call last):
    ...
    ratapprox.formats.importers.entry.CoefficientsError: p[1] is '2', not a number: write it without quotes
    """
    if not isinstance(value, list) or not value:
        raise CoefficientsError(f"{of} is {_shown(value)}, not a list of numbers")
    if len(value) > MOST_COEFFICIENTS:
        raise CoefficientsError(f"{of} has {len(value)} numbers; {MOST_COEFFICIENTS} are the most that are read")
    for index, each in enumerate(value):
        number(each, f"{of}[{index}]")
    try:
        return [to_float64(each) for each in value]
    except ValueError as error:
        raise CoefficientsError(f"{of}: {error}") from error


def number(value: Any, of: str) -> float | int:
    """One finite number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        quoted = ": write it without quotes" if isinstance(value, str) else ""
        raise CoefficientsError(f"{of} is {_shown(value)}, not a number{quoted}")
    if isinstance(value, int) and abs(value) > LARGEST_FLOAT:
        raise CoefficientsError(f"{of} has {len(str(abs(value)))} digits, {BEYOND}")
    return value


def check_fields(found: Mapping[str, Any], needed: Iterable[str], allowed: Iterable[str], of: str) -> None:
    """Every needed field is there and no unknown one."""
    for name in needed:
        if name not in found:
            raise CoefficientsError(f"{of} has no field {name!r}")
    known = {*needed, *allowed}
    for name in found:
        if name not in known:
            raise CoefficientsError(f"{of} has an unknown field {name[:40]!r}; known are {', '.join(sorted(known))}")


def check_degree(found: Sequence[object], degree: int, of: str, *, constant: bool = True) -> None:
    """A list has the length that a declared degree asks for.

    >>> check_degree([5.2361, 8.4721, 3.8906, 0.5], 4, "p")
    Traceback (most recent call last):
    ...
    ratapprox.formats.importers.entry.CoefficientsError: p: degree 4 needs five coefficients, four given
    """
    needed = degree + constant
    if len(found) != needed:
        without = "" if constant else " without a constant"
        raise CoefficientsError(
            f"{of}: degree {degree} needs {_count(needed)} coefficient{'s' if needed != 1 else ''}{without},"
            f" {_count(len(found))} given"
        )


def interval(low: Any, high: Any, of: str) -> tuple[Fraction, Fraction]:
    """The two ends, as the decimals that are written."""
    a, b = (Fraction(str(number(end, of))) for end in (low, high))
    if not a < b:
        raise CoefficientsError(f"{of} is [{a}, {b}]: the left end must be smaller than the right end")
    return a, b


def plain(p: Sequence[Fraction | float], q: Sequence[Fraction | float]) -> Rational:
    """p/q, ascending, to the last bit: where q must be divided by its first coefficient, it is divided exactly.

    >>> plain([0.1], [1.0, 0.3]), plain([0.1], [3.0]).is_exact
    (Rational type (0, 1): 0.1/(1 + 0.3x), True)
    """
    if not any(q):
        raise CoefficientsError("the denominator is zero: q needs a coefficient other than 0")
    if next(c for c in q if c) == 1:
        return Rational(p, q)
    return Rational([Fraction(c) for c in p], [Fraction(c) for c in q])


def interval_text(low: str, high: str) -> tuple[Fraction, Fraction]:
    """The same from texts such as "-1" and "1/3"."""
    if not all(_END.fullmatch(end) for end in (low, high)):
        raise CoefficientsError(f"[{low}, {high}] is no interval")
    a, b = Fraction(low), Fraction(high)
    if not a < b:
        raise CoefficientsError(f"the interval is [{a}, {b}]: the left end must be smaller than the right end")
    return a, b


_END = re.compile(r"[+-]?(?:\d{1,40}(?:\.\d{0,40})?(?:e[+-]?\d{1,2})?|\d{1,40}/0*[1-9]\d{0,39})", re.ASCII)


def built(form: str, p: Sequence[Fraction | float], b: Sequence[Fraction | float]) -> Form | Rational:
    """The value of the form of that name from a numerator and the parameters of its denominator.

    For "era" both as its implementation has them: p = a, b, c1, d1, c2, d2, … and b = e1, f1, e2, f2, …

    >>> built("pau-a", [0, 1], [2]), built("era", [1, 0, 2, 3], [0, 1])
    (PauA (pau-a) of type (1, 1): p = x, Era (era) with 1 pair of poles)
    """
    if form == "plain":
        return plain(p, b)
    try:
        if form == "era":
            if len(b) % 2 or len(p) != len(b) + 2:
                raise CoefficientsError(
                    f"era needs an even number n of denominator parameters and n + 2 of the numerator;"
                    f" {len(b)} and {len(p)} are given"
                )
            return Era(p[0], p[1], p[2::2], p[3::2], b[0::2], b[1::2])
        if form in QUOTIENTS:
            return FORMS[form].kind(p, b)  # type: ignore[call-arg]
    except CoefficientsError:
        raise
    except ValueError as error:
        raise CoefficientsError(str(error)) from error
    raise CoefficientsError(f"{form!r} is no form of two lists; choose one of plain, era, {', '.join(QUOTIENTS)}")


def unclear(choices: Iterable[str] = ("plain", *QUOTIENTS, "era")) -> CoefficientsError:
    """The error for coefficients that do not say how they are evaluated."""
    shown = "; ".join(f"{name}, {FORMS[name].formula}" for name in choices)
    return CoefficientsError(f"it does not say how the numbers are evaluated; say it with the form (--form): {shown}")


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else text[:39] + "…"


def _count(number: int) -> str:
    words = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
    return words[number] if number < len(words) else str(number)
