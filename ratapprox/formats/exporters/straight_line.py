"""The two programs of a source, and of its derivative, as assignments in any language.

Every language writes the same operations in the same order; what differs is how a number, a sum, a product, a quotient
and an assignment are written. Where a compiler neither contracts nor reorders, all of them give the same bits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from ratapprox.formats.exporters.source import Source
from ratapprox.number_formats import number_format

Lines = list[str]


@dataclass(frozen=True)
class Syntax:
    """How a language writes: a number, the operations on two texts, the first and any later assignment to a name."""

    number: Callable[[float], str]
    declare: Callable[[str, str], str] = lambda name, value: f"{name} = {value}"
    assign: Callable[[str, str], str] = lambda name, value: f"{name} = {value}"
    multiply: Callable[[str, str], str] = lambda a, b: f"{a} * {b}"
    divide: Callable[[str, str], str] = lambda a, b: f"{a} / {b}"
    add: Callable[[str, str], str] = lambda a, b: f"{a} - {b[1:]}" if b.startswith("-") else f"{a} + {b}"
    subtract: Callable[[str, str], str] = lambda a, b: f"{a} - {b}"


def value(source: Source, dtype: str, syntax: Syntax) -> tuple[Lines, Lines]:
    """Lines that set y to r(x), for |x| <= switch and for |x| > switch; the second is empty for a polynomial.

    >>> from ratapprox.formats.exporters.source import source
    >>> from ratapprox.rational import Rational
    >>> value(source(Rational([0, 1, 2], [1, -3])), "float32", Syntax(repr))
    (['p = 2.0', 'p = p * x + 1.0', 'p = p * x', 'q = -3.0', 'q = q * x + 1.0', 'y = p / q'],
     ['t = 1.0 / x', 'p = 0.0', 'p = p * t + 1.0', 'p = p * t + 2.0', 'q = 1.0', 'q = q * t - 3.0',
      'y = p / q', 'y = y * x'])
    """
    p, q = source.coefficients(dtype)
    m, n = source.type
    if n == 0:
        return [*_horner(syntax, "y", p, "x")], []
    quotient = syntax.declare("y", syntax.divide("p", "q"))
    inside = [*_horner(syntax, "p", p, "x"), *_horner(syntax, "q", q, "x"), quotient]
    outside = [
        syntax.declare("t", syntax.divide(syntax.number(1.0), "x")),
        *_horner(syntax, "p", p[::-1], "t"),
        *_horner(syntax, "q", q[::-1], "t"),
        quotient,
        *_power(syntax, m - n),
    ]
    return inside, outside


def slope(source: Source, dtype: str, syntax: Syntax) -> tuple[Lines, Lines]:
    """Lines that set y to r'(x), for |x| <= 1 and for |x| > 1; the second is empty for a polynomial.

        |x| <= 1    (p' - (p/q) q')/q
        |x| >  1    x^(m-n-1) ((m-n) g - t g'),   g = P/Q,   g' = (P' - g Q')/Q,   P = t^m p(1/t), Q = t^n q(1/t)

    Raises ValueError where the coefficients of a derivative are beyond the dtype.
    """
    p, q = source.coefficients(dtype)
    m, n = source.type
    if n == 0:
        return [*_horner(syntax, "y", _derived(p, dtype), "x")], []
    inside = [*_quotient_slope(syntax, p, q, "x", dtype), syntax.declare("y", syntax.divide("u", "q"))]
    outside = [
        syntax.declare("t", syntax.divide(syntax.number(1.0), "x")),
        *_quotient_slope(syntax, p[::-1], q[::-1], "t", dtype),
        syntax.assign("u", syntax.divide("u", "q")),
        syntax.assign("u", syntax.multiply("t", "u")),
        syntax.declare("y", syntax.multiply(syntax.number(float(m - n)), "g")),
        syntax.assign("y", syntax.subtract("y", "u")),
        *_power(syntax, m - n - 1),
    ]
    return inside, outside


def _quotient_slope(syntax: Syntax, p: Sequence[float], q: Sequence[float], x: str, dtype: str) -> Iterator[str]:
    """g = p/q and u = p' - g q' at x, so that u/q is the slope of g."""
    yield from _horner(syntax, "p", p, x)
    yield from _horner(syntax, "q", q, x)
    yield syntax.declare("g", syntax.divide("p", "q"))
    yield from _horner(syntax, "u", _derived(p, dtype), x)
    yield from _horner(syntax, "v", _derived(q, dtype), x)
    yield syntax.assign("v", syntax.multiply("g", "v"))
    yield syntax.assign("u", syntax.subtract("u", "v"))


def _horner(syntax: Syntax, name: str, coefficients: Sequence[float], x: str) -> Iterator[str]:
    """name = (… (c_n x + c_{n-1}) x + …) x + c_0; nothing is added for a coefficient of 0."""
    yield syntax.declare(name, syntax.number(coefficients[-1]))
    for c in coefficients[-2::-1]:
        term = syntax.multiply(name, x)
        yield syntax.assign(name, syntax.add(term, syntax.number(c)) if c else term)


def _power(syntax: Syntax, exponent: int) -> Iterator[str]:
    """y times x^exponent."""
    for _ in range(abs(exponent)):
        yield syntax.assign("y", syntax.multiply("y", "x" if exponent > 0 else "t"))


def _derived(coefficients: Sequence[float], dtype: str) -> tuple[float, ...]:
    """The coefficients k·c_k of the derivative, rounded; (0,) for a constant."""
    target = number_format(dtype)
    exact = [k * Fraction(c) for k, c in enumerate(coefficients)][1:]
    if sum(map(abs, exact)) > Fraction(target.largest) / 4:
        raise ValueError(
            f"the coefficients of the derivative are so large that sums of them may overflow in {dtype}, which ends at"
            f" {target.largest:.6g}: choose another dtype"
        )
    return tuple(float(target.round(c) or 0) for c in exact) or (0.0,)
