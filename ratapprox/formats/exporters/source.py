"""Source: what every exporter writes, with its coefficients rounded to the number format in which it will run."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from flint import arb, arb_poly, ctx

from ratapprox.coefficients import nearest_float64, short
from ratapprox.formats.card import Card
from ratapprox.formats.exporters.naming import checked_name, name_of, plain
from ratapprox.number_formats import FloatingPoint, number_format
from ratapprox.rational import Rational
from ratapprox.sturm import has_real_root

FORMS = ("horner", "reciprocal")


class Coefficients(NamedTuple):
    """p and q, ascending, as floats that are values of the dtype; q is written with its first coefficient."""

    p: tuple[float, ...]
    q: tuple[float, ...]


@dataclass(frozen=True)
class Source:
    """A rational function r = p/q as it is about to be written: the exact one, and how and where it will be evaluated.

    rational: with fractions, so that q starts with 1 (after zeros where 0 is a pole). name: an identifier in every
    language. target, on: the question it answers, None where there is none. form: "horner" or "reciprocal". dtypes: the
    number formats to write, the first is the main one. notes: sentences in ASCII, each on one line. card: the card it
    came from.

    Both forms are the same two programs, parted at |x| = `switch(dtype)`:

        |x| <= switch     p(x)/q(x), both by Horner's rule
        |x| >  switch     with t = 1/x,  (t^m p(1/t))/(t^n q(1/t)) by Horner's rule in t, times x^(m-n) by repeated
                          multiplication by x, or by t where m < n

    "reciprocal" switches at 1, "horner" only where its sums could overflow; so ±inf and every large x give the limit.
    NaN is in neither |x| <= switch nor a branch of its own: it takes the second program, and stays NaN.

    Raises ValueError for a name that is no identifier, an unknown form or dtype, and a pole on the interval. Rounding
    is checked when it is asked for: see `coefficients`.

    Example:
        >>> relu = source(Rational([0.0218, 0.5, 1.5957, 1.1915], [1, 0, 2.383]), dtypes=("float16",))
        >>> relu.name, relu.dtype, relu.switch()
        ('r_3_2', 'float16', 16.0)
        >>> relu.coefficients().q
        (1.0, 0.0, 2.3828125)
    """

    name: str
    rational: Rational
    target: str | None = None
    on: tuple[Fraction, Fraction] | None = None
    form: str = "horner"
    dtypes: tuple[str, ...] = ("float32",)
    notes: tuple[str, ...] = ()
    card: Card | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        checked_name(self.name)
        if self.form not in FORMS:
            raise ValueError(f"form={self.form!r}: an export is written in one of {', '.join(FORMS)}")
        for dtype in self.dtypes:
            number_format(dtype)
        if self.on is not None and has_real_root(self.rational.polynomials()[1], *self.on):
            a, b = (short(end) for end in self.on)
            raise ValueError(f"q has a zero in [{a}, {b}]: a function with a pole where it is used is not written")

    @property
    def dtype(self) -> str:
        """The main number format."""
        return self.dtypes[0]

    @property
    def type(self) -> tuple[int, int]:
        """The degrees (m, n) of p and q."""
        return self.rational.type

    def coefficients(self, dtype: str | None = None) -> Coefficients:
        """p and q, ascending, each coefficient rounded from its exact value to the nearest of the dtype, ties to even.

        Raises ValueError where the rounded function would be another one: a coefficient beyond the dtype, a leading
        coefficient that becomes 0, a zero of the rounded q on the interval, sums that overflow already for |x| <= 1.
        """
        return _coefficients(self.rational, self.on, dtype or self.dtype)

    def switch(self, dtype: str | None = None) -> float:
        """The |x| from which on t = 1/x is used: a power of 2, or inf for a polynomial, which needs no division."""
        if self.type[1] == 0:
            return math.inf
        return 1.0 if self.form == "reciprocal" else _no_overflow(self.coefficients(dtype), dtype or self.dtype)

    def slope_switch(self) -> float:
        """The same for the derivative: 1, or inf for a polynomial. See `straight_line.slope`."""
        return math.inf if self.type[1] == 0 else 1.0

    def limits(self) -> tuple[float, float]:
        """The limits at -inf and +inf: ±inf or a number (exact, rounded to float64)."""
        left, right = self.rational.exact().limits()
        return nearest_float64(left.at_infinity(-1)), nearest_float64(right.at_infinity(1))


def source(
    what: Card | Rational,
    *,
    name: str | None = None,
    dtypes: tuple[str, ...] = ("float32",),
    form: str = "horner",
    notes: tuple[str, ...] | None = None,
) -> Source:
    """The source of a card, or of a bare rational function, of which nothing is known.

    notes: sentences for the reader of the export; without them it says that nothing was proved.

    >>> source(Rational([0, 1], [1, 0, 1])).notes
    ('r(x) = x/(1 + x^2)', 'not certified: nothing is proved of this function')
    """
    if isinstance(what, Card):
        rational, target, on, card = what.rational, what.target, what.on, what
    elif isinstance(what, Rational):
        rational, target, on, card = what, None, None, None
    else:
        raise TypeError(f"a Card or a Rational can be exported, not a {type(what).__name__}")
    lines = (formula(rational), NOT_CERTIFIED) if notes is None else notes
    kept = name_of(target, rational.type) if name is None else name
    return Source(kept, rational.exact(), target, on, form, dtypes, tuple(map(plain, lines)), card)


NOT_CERTIFIED = "not certified: nothing is proved of this function"


def formula(rational: Rational) -> str:
    """r(x) = p/q in ASCII, four digits of each coefficient.

    >>> formula(Rational([0, 1, 2], [1, 0, 0.5]))
    'r(x) = (x + 2x^2)/(1 + 0.5x^2)'
    """
    text = repr(rational).partition(": ")[2]
    powers = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
    raised = "".join(
        f"^{c.translate(powers)}" if c in "⁰¹²³⁴⁵⁶⁷⁸⁹" and text[k - 1] not in "⁰¹²³⁴⁵⁶⁷⁸⁹" else c.translate(powers)
        for k, c in enumerate(text)
    )
    return "r(x) = " + raised


@lru_cache(maxsize=64)
def _coefficients(rational: Rational, on: tuple[Fraction, Fraction] | None, dtype: str) -> Coefficients:
    target = number_format(dtype)
    exact = rational.exact()
    parts = []
    for letter, values in (("p", exact.p), ("q", exact.q)):
        rounded = [target.round(Fraction(c)) for c in values]
        for power, (before, after) in enumerate(zip(values, rounded, strict=True)):
            if after is None:
                raise ValueError(
                    f"the coefficient {short(before)} of x^{power} in {letter} is beyond {target.name}, which ends at"
                    f" {target.largest:.6g}: choose another dtype"
                )
        if rounded[-1] == 0 and values[-1] != 0:
            raise ValueError(
                f"the leading coefficient {short(values[-1])} of {letter} becomes 0 in {target.name}, and with it the"
                " limits at infinity would be others: choose another dtype"
            )
        parts.append(tuple(Fraction(c or 0) for c in rounded))
    found = Rational(*parts)
    if on is not None and has_real_root(found.polynomials()[1], *on):
        a, b = (short(end) for end in on)
        raise ValueError(f"rounded to {target.name}, q has a zero in [{a}, {b}]: choose another dtype")
    p, q = (tuple(float(c) for c in part) for part in parts)
    _check_sizes(Coefficients(p, q), target.name, target.largest)
    return Coefficients(p, q)


def _check_sizes(coefficients: Coefficients, dtype: str, largest: float) -> None:
    """Refuse what would overflow in the middle of the line, or turn its limit into 0 or infinity on the way."""
    p, q = coefficients
    if len(p) + len(q) > 2 and max(_sum_of_moduli(part, 1.0) for part in coefficients) > largest / 4:
        raise ValueError(
            f"the coefficients are so large that sums of them may overflow in {dtype}, which ends at {largest:.6g}:"
            " choose another dtype"
        )
    if len(q) == 1 or p[-1] == 0:
        return
    ratio = abs(Fraction(p[-1]) / Fraction(q[-1]))
    target = number_format(dtype)
    smallest = Fraction(2) ** target.lowest if isinstance(target, FloatingPoint) else Fraction(0)
    if (len(p) < len(q) and ratio > Fraction(largest) / 4) or (len(p) >= len(q) and ratio < smallest):
        raise ValueError(
            f"the leading coefficients of p and q have the quotient {short(ratio)}, which is out of the range of"
            f" {dtype}: choose another dtype"
        )
    if len(p) < len(q) and _quotient_may_overflow(coefficients, largest / 4):
        raise ValueError(
            f"the quotient that is multiplied by powers of 1/x may overflow in {dtype}, though r(x) does not: choose"
            " another dtype"
        )


def _quotient_may_overflow(coefficients: Coefficients, limit: float) -> bool:
    """Whether (t^m p(1/t))/(t^n q(1/t)) may pass the limit somewhere on |t| <= 1, but for places near a zero of q.

    In balls, on intervals whose ends have the ratio 2^(1/8); near a zero, where terms of q cancel, large values are
    right.
    """
    above, below = (arb_poly([arb(c) for c in reversed(part)]) for part in coefficients)
    moduli = arb_poly([abs(arb(c)) for c in reversed(coefficients.q)])
    with ctx.workprec(64):
        eighth = arb(2) ** (arb(1) / 8)
        ends = [arb(0), *(eighth**k for k in range(-8 * 150, 1))]
        for low, high in pairwise(ends):
            for t in (low.union(high), -low.union(high)):
                q = abs(below(t))
                if 16 * q > moduli(high) and not abs(above(t)) / q < limit:
                    return True
    return False


@lru_cache(maxsize=64)
def _no_overflow(coefficients: Coefficients, dtype: str) -> float:
    """The largest power of 2, at least 1, up to which no sum of Horner's rule can overflow."""
    largest = number_format(dtype).largest
    switch = 1.0
    while 2 * switch <= largest and max(_sum_of_moduli(part, 2 * switch) for part in coefficients) <= largest / 4:
        switch *= 2
    return switch


def _sum_of_moduli(coefficients: tuple[float, ...], x: float) -> Fraction:
    total = Fraction(0)
    for c in reversed(coefficients):
        total = total * Fraction(x) + abs(Fraction(c))
    return total
