"""A C header in fixed point, with its largest error and golden vectors, both found by trying every input."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ratapprox.coefficients import short
from ratapprox.formats.card import end_text
from ratapprox.formats.exporters.c_header import block_comment
from ratapprox.formats.exporters.source import Source
from ratapprox.number_formats import FixedPoint, number_format
from ratapprox.sturm import has_real_root

ROOM = 2**62
"""No product of the 64-bit accumulators reaches this."""

MOST_FRACTION_BITS = 48
WORST_ERROR = 1.0
"""In units of the last place: with a larger error a program is not written."""

MOST_VECTORS = 65536
CHUNK = 1 << 20

Integers = NDArray[np.int64]


@dataclass(frozen=True)
class FixedProgram:
    """p(x)/q(x) in integers: an input X is x·2^N, a coefficient C is c·2^F rounded, an accumulator has F fraction bits.

    V ← round(V·X / 2^N) + C by Horner's rule, and at the end Y = round(P·2^N / Q), cut off at the ends of the format;
    rounding is to nearest, ties away from zero. Inputs outside [first, last] are taken as its ends.
    """

    format: FixedPoint
    fraction_bits: int
    p: tuple[int, ...]
    q: tuple[int, ...]
    first: int
    last: int

    def __call__(self, X: Integers) -> Integers:
        """The results for integers X [N], as the C code finds them."""
        X = np.clip(X, self.first, self.last)
        above, below = self._horner(self.p, X), self._horner(self.q, X)
        size, divisor = np.abs(above) << self.format.fraction_bits, np.abs(below)
        safe = np.maximum(divisor, 1)
        Y = np.where((above < 0) == (below < 0), 1, -1) * ((size + safe // 2) // safe)
        top = (1 << (self.format.width - 1)) - 1
        Y = np.where(divisor == 0, np.where(above < 0, -top - 1, top), Y)
        return np.clip(Y, -top - 1, top)

    def _horner(self, coefficients: tuple[int, ...], X: Integers) -> Integers:
        half = (1 << self.format.fraction_bits) >> 1
        value = np.full(X.shape, coefficients[-1], np.int64)
        for c in coefficients[-2::-1]:
            product = value * X
            value = np.sign(product) * ((np.abs(product) + half) >> self.format.fraction_bits) + c
        return value


def write(source: Source, *, vectors: int | str = 16) -> str:
    """The text of the header: one `static inline` function on integers.

    vectors: number of golden vectors, inputs and what must come out, spread over the interval. The comment gives the
    largest error on the interval in units of the last place (lsb), found by trying every input. Raises ValueError where
    the function leaves the format on the interval, and where 64-bit accumulators do not suffice.
    """
    target = number_format(source.dtype)
    if not isinstance(target, FixedPoint):
        raise ValueError(f"{source.dtype} is no fixed-point format: give one such as q4.12")
    count = _read_count(vectors)
    low, high = _inputs(source, target)
    program, error, at = fixed_program(source, target)
    unit = 1 << target.fraction_bits
    everywhere = program.first == -(1 << (target.width - 1))
    outside = "extrapolated, cut off at the ends of the format" if everywhere else "the value at that end"
    where = f"[{_number(low, unit)}, {_number(high, unit)}]"
    notes = [
        *source.notes,
        "",
        f"{target.name}: a number x is the integer x * 2^{target.fraction_bits}; accumulators have 64 bits,"
        f" {program.fraction_bits} of them fraction bits.",
        f"All {high - low + 1} inputs in {where} were tried: the error is at most {error:.4f} lsb"
        f" (1 lsb = 2^-{target.fraction_bits}), attained at x = {_number(at, unit)}.",
        f"Outside: {outside}.",
    ]
    code = [*_code(source.name, program), *_vectors(source.name, program, low, high, count)]
    return "\n".join([*block_comment(notes), *code, ""])


def fixed_program(source: Source, target: FixedPoint) -> tuple[FixedProgram, float, int]:
    """The program with the most fraction bits that 64-bit accumulators have room for, its `largest_error` and where.

    Every input of the format is taken as it is where that leaves an error of at most one unit and meets no pole; else
    those outside of the interval are taken as its ends.
    """
    half = 1 << (target.width - 1)
    low, high = _inputs(source, target)
    unit = 1 << target.fraction_bits
    error = None
    for first, last in dict.fromkeys([(-half, half - 1), (low, high)]):
        if has_real_root(source.rational.polynomials()[1], Fraction(first, unit), Fraction(last, unit)):
            continue
        bits = _fraction_bits(source, target, max(abs(first), abs(last), 1))
        p, q = (
            tuple(round(Fraction(c) * Fraction(2) ** bits) for c in part)
            for part in (source.rational.p, source.rational.q)
        )
        program = FixedProgram(target, bits, p, q, first, last)
        error, at = largest_error(source, program, low, high)
        if error <= WORST_ERROR:
            return program, error, at
    if error is None:
        raise ValueError(f"q has a zero among the inputs of {target.name}: a function with an interval is needed")
    raise ValueError(
        f"with 64-bit accumulators the error in {target.name} would be {error:.4g} lsb: take fewer bits, a smaller type"
        " or a shorter interval"
    )


def _fraction_bits(source: Source, target: FixedPoint, most: int) -> int:
    """The fraction bits of the accumulators for inputs up to `most`/2^N, negative where the coefficients are large.

    The sums of Horner's rule, each at most the sum of |c_k| max(1, x)^k, are multiplied by an input or by 2^N.
    """
    x = max(Fraction(most, 1 << target.fraction_bits), Fraction(1))
    sums = [sum(abs(Fraction(c)) * x**k for k, c in enumerate(part)) for part in (source.rational.p, source.rational.q)]
    size = (2 * max(sums)) * max(most, 1 << target.fraction_bits)  # twice, for what rounding adds
    bits = MOST_FRACTION_BITS
    while size * Fraction(2) ** bits >= ROOM - (max(source.type) + 1) * most:
        bits -= 1
    return bits


def largest_error(source: Source, program: FixedProgram, low: int, high: int) -> tuple[float, int]:
    """The largest |computed - r| in lsb over the inputs low, …, high, rounded up, and the input where it is.

    The reference is float64 with a proved error bound, which is added.
    """
    unit = 1 << program.format.fraction_bits
    top = (1 << (program.format.width - 1)) - 1
    most, where = -1.0, low
    for start in range(low, high + 1, CHUNK):
        X = np.arange(start, min(start + CHUNK, high + 1), dtype=np.int64)
        value, slack = _reference(source, X / unit)
        outside = ~((value * unit > -top - 1.5) & (value * unit < top + 0.5))
        if outside.any():
            x = X[outside][0]
            raise ValueError(
                f"r({_number(int(x), unit)}) = {value[outside][0]:.6g} is beyond {program.format.name}, which ends at"
                f" {program.format.largest:.6g}: take a format with more integer bits or a shorter interval"
            )
        error = np.abs(program(X) - value * unit) + slack * unit
        k = int(np.argmax(error))
        if error[k] > most:
            most, where = float(error[k]), int(X[k])
    return most + 5e-5, where


def _reference(source: Source, x: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """r(x) in float64 and a bound of its error: Horner errs by less than (2 n + 2) u Σ |c_k| |x|^k / (1 - …).

    Source: N. J. Higham, Accuracy and Stability of Numerical Algorithms (2002), (5.3).
    """
    sums = [_horner_with_error([float(c) for c in part], x) for part in (source.rational.p, source.rational.q)]
    (above, above_error), (below, below_error) = sums
    with np.errstate(all="ignore"):
        value = above / below
        slack = (above_error + np.abs(value) * below_error) / (np.abs(below) - below_error)
        slack[~(np.abs(below) > below_error)] = np.inf
        return value, 1.01 * slack + 2.0**-51 * np.abs(value)


def _horner_with_error(coefficients: list[float], x: NDArray[np.float64]) -> tuple[Any, Any]:
    value, size = np.zeros_like(x), np.zeros_like(x)
    for c in reversed(coefficients):
        value, size = value * x + c, size * np.abs(x) + abs(c)
    return value, (2 * len(coefficients) + 3) * 2.0**-52 * size + 1e-300


def _inputs(source: Source, target: FixedPoint) -> tuple[int, int]:
    """The first and the last input in the interval, or in the format where there is none."""
    half = 1 << (target.width - 1)
    if source.on is None:
        return -half, half - 1
    a, b = (end * 2**target.fraction_bits for end in source.on)
    low, high = max(-(-a.numerator // a.denominator), -half), min(b.numerator // b.denominator, half - 1)
    if low > high:
        ends = ", ".join(end_text(end) for end in source.on)
        raise ValueError(f"no value of {target.name} lies in [{ends}]: its largest is {short(target.largest)}")
    return low, high


def _code(name: str, program: FixedProgram) -> Iterator[str]:
    target = program.format
    guard = f"RATAPPROX_{name.upper()}_H"
    kind = f"int{8 if target.width <= 8 else 16 if target.width <= 16 else 32}_t"
    top = (1 << (target.width - 1)) - 1
    unit = 1 << target.fraction_bits
    yield from (f"#ifndef {guard}", f"#define {guard}", "", "#include <stdint.h>", "")
    yield from (
        "/* v * x for an accumulator v, to nearest, ties away from zero */",
        f"static inline int64_t {name}_times(int64_t v, int64_t x)",
        "{",
        "    int64_t y = v * x;",
        f"    return y < 0 ? -((-y + {unit >> 1}) / {unit}) : (y + {unit >> 1}) / {unit};",
        "}",
        "",
        f"/* {target.name} in, {target.name} out */",
        f"static inline {kind} {name}({kind} x_in)",
        "{",
        "    int64_t x = x_in;",
    )
    full = -(1 << (8 * _bytes(target) - 1)), (1 << (8 * _bytes(target) - 1)) - 1
    if program.first > full[0]:
        yield f"    if (x < {program.first}) x = {program.first};"
    if program.last < full[1]:
        yield f"    if (x > {program.last}) x = {program.last};"
    for letter, coefficients in (("p", program.p), ("q", program.q)):
        yield f"    int64_t {letter} = {_literal(coefficients[-1])};"
        for c in coefficients[-2::-1]:
            yield f"    {letter} = {name}_times({letter}, x){f' + {_literal(c)}' if c else ''};"
    yield from (
        f"    if (q == 0) return p < 0 ? {-top - 1} : {top};",
        "    const int negative = (p < 0) != (q < 0);",
        "    p = p < 0 ? -p : p;",
        "    q = q < 0 ? -q : q;",
        f"    int64_t y = (p * {unit} + q / 2) / q;",
        "    y = negative ? -y : y;",
        f"    return ({kind})(y > {top} ? {top} : y < {-top - 1} ? {-top - 1} : y);",
        "}",
        "",
    )


def _vectors(name: str, program: FixedProgram, low: int, high: int, count: int) -> Iterator[str]:
    macro = name.upper()
    yield f"#ifdef {macro}_VECTORS"
    if count:
        X = np.unique(np.round(np.linspace(low, high, count)).astype(np.int64))
        kind = f"int{8 * _bytes(program.format)}_t"
        pairs = [f"{{{x}, {y}}}," for x, y in zip(X.tolist(), program(X).tolist(), strict=True)]
        yield "/* golden vectors: input, output */"
        yield f"static const {kind} {name}_vectors[{len(pairs)}][2] = {{"
        for k in range(0, len(pairs), 6):
            yield "    " + " ".join(pairs[k : k + 6])
        yield "};"
    yield from ("#endif", "", f"#endif /* RATAPPROX_{macro}_H */")


def _bytes(target: FixedPoint) -> int:
    return 1 if target.width <= 8 else 2 if target.width <= 16 else 4


def _literal(c: int) -> str:
    return f"INT64_C({c})" if c >= 0 else f"(-INT64_C({-c}))"


def _number(x: int, unit: int) -> str:
    return end_text(Fraction(x, unit))


def _read_count(vectors: int | str) -> int:
    text = str(vectors)
    if not (text.isascii() and text.isdigit() and len(text) < 6 and int(text) <= MOST_VECTORS):
        raise ValueError(f"vectors={text[:40]!r}: a number from 0 to {MOST_VECTORS}")
    return int(text)
