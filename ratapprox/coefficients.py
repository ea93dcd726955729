"""Coefficients of polynomials: read from what a caller writes, normalised, converted and printed.

A coefficient is exact (`Fraction`) or a float64 (`float`); all coefficients of one rational function are of one kind.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from decimal import MAX_EMAX, MIN_EMIN, Decimal, localcontext
from fractions import Fraction
from numbers import Integral
from typing import Any

import flint
import numpy as np

Number = int | Fraction | float
Coefficients = tuple[Fraction | float, ...]  # of one kind


def read_number(value: object, of: str) -> Fraction | float:
    """A finite number as `Fraction` or `float`; `of` names it in the message when it is no such number.

    Integers, fractions, `Decimal` and python-flint's exact numbers become `Fraction`; NumPy's floats become `float`.

    >>> read_number(2, "the shift"), read_number(0.5, "the shift")
    (Fraction(2, 1), 0.5)
    >>> read_number("0.1", "the shift")
    Traceback (most recent call last):
    TypeError: the shift is '0.1', a str: a real number is needed. Fraction('0.1') is the exact value of a string.
    """
    found = f"{of} is {value!r}, a {type(value).__name__}"
    if isinstance(value, bool | np.bool_):
        raise TypeError(f"{found}: a real number is needed. Write 1 or 0 if that is meant.")
    if isinstance(value, float | np.floating):
        number = float(value)
        if not math.isfinite(number):
            raise ValueError(f"{of} is {number}: a finite number is needed.")
        return number
    if isinstance(value, Fraction):
        return value
    if isinstance(value, Integral):
        return Fraction(int(value))
    if isinstance(value, flint.fmpz | flint.fmpq):
        return to_fraction(value)
    if isinstance(value, Decimal):
        if not value.is_finite():
            raise ValueError(f"{of} is {value}: a finite number is needed.")
        return Fraction(value)
    if isinstance(value, str):
        raise TypeError(f"{found}: a real number is needed. Fraction({value!r}) is the exact value of a string.")
    if isinstance(value, complex | np.complexfloating):
        raise TypeError(f"{found}: a real number is needed. Take .real if the imaginary part is only rounding.")
    raise TypeError(f"{found}: a real number is needed, one of int, Fraction, float.")


def read_numbers(values: object, of: str) -> list[Fraction | float]:
    """A sequence of finite numbers; `of` names the sequence in messages.

    >>> read_numbers([1, 0.5], "p")
    [Fraction(1, 1), 0.5]
    >>> read_numbers([], "p")
    Traceback (most recent call last):
    ValueError: p is empty: at least one number is needed, p = [0] for zero.
    """
    if isinstance(values, str | bytes) or not isinstance(values, Iterable):
        raise TypeError(f"{of} is {values!r}: a sequence of numbers is needed, as in {of} = [1, 0, 0.5].")
    if isinstance(values, np.ndarray) and values.ndim != 1:
        raise ValueError(f"{of} has shape {values.shape}: a sequence of numbers is needed, shape [length].")
    numbers = [read_number(value, f"{of}[{index}]") for index, value in enumerate(values)]
    if not numbers:
        raise ValueError(f"{of} is empty: at least one number is needed, {of} = [0] for zero.")
    return numbers


def one_kind(*sequences: Sequence[Fraction | float]) -> tuple[Coefficients, ...]:
    """The sequences with all numbers exact, or with all numbers float when one of them is a float.

    >>> one_kind([Fraction(1)], [Fraction(1), 0.5])
    ((1.0,), (1.0, 0.5))
    """
    if any(isinstance(number, float) for sequence in sequences for number in sequence):
        return tuple(tuple(to_float64(number) + 0.0 for number in sequence) for sequence in sequences)
    return tuple(tuple(Fraction(number) for number in sequence) for sequence in sequences)


def normalise(p: Sequence[Fraction | float], q: Sequence[Fraction | float]) -> tuple[Coefficients, Coefficients]:
    """Trailing zeros trimmed and the first coefficient of q that is not 0, most often q[0], made 1 where possible.

    Float coefficients are left undivided where a quotient would overflow or lose digits by underflow.

    >>> normalise([2.0, 4.0, 0.0], [2.0, 1.0])
    ((1.0, 2.0), (1.0, 0.5))
    """
    p, q = one_kind(_trim(p), _trim(q))
    if not any(q):
        raise ValueError("q is zero: a denominator with a coefficient other than 0 is needed.")
    first = next(number for number in q if number)
    if first == 1:
        return p, q
    quotients = [tuple(number / first for number in sequence) for sequence in (p, q)]
    if isinstance(first, float):
        pairs = zip(p + q, quotients[0] + quotients[1], strict=True)
        if any(before and not 2.0**-1022 <= abs(float(after)) < math.inf for before, after in pairs):
            return p, q
    return quotients[0], quotients[1]


def _trim(numbers: Sequence[Fraction | float]) -> list[Fraction | float]:
    kept = list(numbers)
    while len(kept) > 1 and kept[-1] == 0:
        kept.pop()
    return kept


def to_polynomial(coefficients: Coefficients) -> Any:
    """The exact `fmpq_poly`; a float counts as the dyadic fraction that it is.

    >>> to_polynomial((0.5, 1.0))
    x + 1/2
    """
    return flint.fmpq_poly([to_fmpq(number) for number in coefficients])


def from_polynomial(polynomial: Any) -> list[Fraction | float]:
    """Ascending fractions of an `fmpq_poly`, [0] for zero.

    >>> from_polynomial(flint.fmpq_poly([1, 2]))
    [Fraction(1, 1), Fraction(2, 1)]
    """
    return [to_fraction(number) for number in polynomial.coeffs()] or [Fraction(0)]


def to_fmpq(number: Number) -> Any:
    """python-flint's fraction of the very same value.

    >>> to_fmpq(0.5)
    1/2
    """
    numerator, denominator = number.as_integer_ratio()
    return flint.fmpq(numerator, denominator)


def to_fraction(number: Any) -> Fraction:
    """Python's fraction of a `fmpz` or `fmpq`.

    >>> to_fraction(flint.fmpq(1, 2))
    Fraction(1, 2)
    """
    return Fraction(int(number.numerator), int(number.denominator))


def to_float64(number: Number) -> float:
    """The nearest float64; ValueError where it would be infinite.

    >>> to_float64(Fraction(1, 3))
    0.3333333333333333
    """
    try:
        return float(number)
    except OverflowError:
        raise ValueError(
            f"{short(number)} is beyond float64, which ends at 1.8e308. Stay exact: fractions have no bounds."
        ) from None


def nearest_float64(number: Number) -> float:
    """The nearest float64 by IEEE convention: infinite beyond 1.8e308.

    >>> nearest_float64(-(10**400))
    -inf
    """
    try:
        return float(number)
    except OverflowError:
        return math.inf if number > 0 else -math.inf


def binary_exponent(number: Number) -> int:
    """An e with 2^(e-1) <= |number| < 2^(e+1); the number is not 0.

    >>> binary_exponent(Fraction(3, 4)), binary_exponent(1.0)
    (-1, 1)
    """
    if isinstance(number, float):
        return math.frexp(number)[1]
    return number.numerator.bit_length() - number.denominator.bit_length()


def round_to_bits(number: Number, bits: int) -> Fraction:
    """The nearest fraction k·2^e with |k| < 2^bits or k = ±2^bits; ties go to even k.

    >>> round_to_bits(Fraction(1, 3), 4)
    Fraction(11, 32)
    """
    if number == 0:
        return Fraction(0)
    value = Fraction(number)
    scale = Fraction(2) ** (binary_exponent(value) - bits)
    if abs(value) >= scale * 2**bits:
        scale *= 2
    return round(value / scale) * scale


def decimal(number: Number, digits: int) -> Decimal:
    """The nearest decimal of that many significant digits; ties go to an even last digit.

    >>> decimal(Fraction(2, 3), 5)
    Decimal('0.66667')
    """
    numerator, denominator = number.as_integer_ratio()
    with localcontext(prec=digits, Emax=MAX_EMAX, Emin=MIN_EMIN):
        return Decimal(numerator) / Decimal(denominator)


def short(number: Number) -> str:
    """Four significant digits; an exact number of few digits is written in full.

    >>> short(Fraction(1, 2)), short(Fraction(1234567, 10)), short(2 / 3), short(10**400)
    ('1/2', '1.235e+5', '0.6667', '1e+400')
    """
    if not isinstance(number, float) and number.denominator < 1000 and abs(number.numerator) < 100000:
        return str(number)
    if isinstance(number, float) and not math.isfinite(number):
        return str(number)
    text = f"{decimal(number, 4).normalize():.4g}"
    return text if "e" in text else text.removesuffix(".0")


def polynomial_text(coefficients: Coefficients) -> str:
    """The polynomial as it is written, four significant digits, without zero terms.

    >>> polynomial_text((Fraction(1, 2), Fraction(0), Fraction(-3, 4)))
    '1/2 - 3x²/4'
    """
    terms = [_term(number, power) for power, number in enumerate(coefficients) if number]
    if not terms:
        return "0"
    return "".join(terms[:1] + [f" - {term[1:]}" if term[0] == "-" else f" + {term}" for term in terms[1:]])


def _term(number: Fraction | float, power: int) -> str:
    text = short(number)
    if power == 0:
        return text
    variable = "x" if power == 1 else "x" + str(power).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))
    if text in ("1", "-1"):
        return text[:-1] + variable
    if "/" in text:
        numerator, denominator = text.split("/")
        return f"{numerator.removesuffix('1') if numerator in ('1', '-1') else numerator}{variable}/{denominator}"
    return f"{text}·{variable}" if "e" in text else text + variable
