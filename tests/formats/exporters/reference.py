"""What an export must compute: the two programs of a source run by the rounding analysis, which proves bounds of them.

The programs are built here from the rounded coefficients, by the code of `ratapprox.symbolic.rounding` where it has
them, so that nothing of the exporters is used but the coefficients and the point where the programs part.
"""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from ratapprox import Rational
from ratapprox.formats.exporters import straight_line
from ratapprox.formats.exporters.source import Source, source
from ratapprox.number_formats import number_format
from ratapprox.symbolic.rounding.forms import Form, form_of
from ratapprox.symbolic.rounding.measured import compute
from ratapprox.symbolic.rounding.programs import Program, Tape
from tests.strategies import rationals

Array = NDArray[Any]

RELU = Rational([0.0218445, 0.5, 1.5957, 1.1915], [1, 0, 2.383])
CASES = {
    "relu_3_2": RELU,
    "gelu_5_4": Rational(
        [-0.0013563370040888, 0.5, 0.40842893087818, 0.10204044472565, 0.0047815838441, -0.00075953425788],
        [1, 0, 0.20408089, 0, -0.00151906852],
    ),
    "bell_0_2": Rational([1], [1, 0, 1]),
    "negative_0_1": Rational([Fraction(-7, 3)], [1, Fraction(1, 5)]),
    "odd_1_4": Rational([0, -3], [1, 0, Fraction(1, 3), 0, Fraction(1, 7)]),
    "sigmoid_3_3": Rational(
        [Fraction(1, 2), Fraction(1, 4), 0, Fraction(1, 90)], [1, 0, Fraction(1, 8), Fraction(1, 99)]
    ),
    "steep_5_1": Rational([1, -2, 3, -4, 5, -6], [1, Fraction(1, 3)]),
    "even_4_2": Rational([0, 0, 0, 0, -1], [1, 0, 1]),
    "pole_at_0": Rational([1, 2], [0, 0, 1]),
    "double_pole": Rational([1], [1, -2, 1]),
    "cubic": Rational([Fraction(1, 3), 0, 0, -2]),
    "line": Rational([0, 1]),
    "constant": Rational([Fraction(-1, 3)]),
    "zero": Rational([0]),
    "zero_over": Rational([0], [1, 0, 1]),
    "tiny": Rational([Fraction(1, 10**3), Fraction(1, 10**4)], [1, Fraction(1, 10**4)]),
    "large": Rational([1000, 2000, -300], [1, 0, 600]),
}  # fmt: skip

TYPES = {"float16": np.float16, "float32": np.float32, "float64": np.float64}
CARRIER = {"float16": np.float32, "float32": np.float32, "float64": np.float64}


big = st.builds(lambda m, e: Fraction(m) * Fraction(2) ** e, st.integers(-99, 99), st.integers(-130, 110))


@st.composite
def wild(draw: st.DrawFn) -> Rational:
    """Coefficients from 1e-39 to 1e35."""
    p, q = draw(st.lists(big, min_size=1, max_size=5)), draw(st.lists(big, max_size=4))
    return Rational(p, [1, *q])


def exportable(*dtypes: str) -> st.SearchStrategy[Rational]:
    """Functions of small and of wild coefficients, but for those that one of the dtypes cannot hold."""

    def is_held(r: Rational) -> bool:
        of = source(r, dtypes=dtypes)
        try:
            for dtype in dtypes:
                straight_line.slope(of, dtype, straight_line.Syntax(repr))
        except ValueError as refusal:
            assert str(refusal).endswith("choose another dtype")  # noqa: PT017
            return False
        return True

    return (rationals(5) | wild()).filter(is_held)


def sources(*dtypes: str) -> list[Source]:
    """Every case in both forms."""
    return [
        source(r, name=f"{name}_{form}", dtypes=dtypes, form=form)
        for name, r in CASES.items()
        for form in ("horner", "reciprocal")
    ]


def grid(of: Source, dtype: str) -> Array:
    """Inputs in the dtype: dense near 0, everywhere on a log scale, every power of 2, ends, both zeros, inf and NaN."""
    kind = TYPES[dtype]
    info = np.finfo(kind)
    exponents = np.arange(math.log2(float(info.smallest_subnormal)), info.maxexp)
    powers = np.exp2(exponents.astype(np.float64)).astype(kind)
    random = np.random.default_rng(7)
    bits = random.integers(0, 1 << (8 * np.dtype(kind).itemsize - 1), 3000, dtype=np.uint64)
    wild = bits.astype(f"u{np.dtype(kind).itemsize}").view(kind)
    special = [0.0, info.smallest_subnormal, info.tiny, info.max, np.inf, 1.0, min(of.switch(dtype), float(info.max))]
    special = np.array(special, dtype=kind)
    with np.errstate(all="ignore"):
        near = np.concatenate([np.nextafter(special, kind(0)), np.nextafter(special, kind(np.inf)), special])
        dense = [np.linspace(0, 20, 4001).astype(kind), powers, np.nextafter(powers, kind(0))]
        positive = np.concatenate([*dense, wild, near])
    return np.concatenate([positive, -positive, [kind(np.nan)]])


def value(of: Source, dtype: str, x: Array) -> Array:
    """r at x, bit by bit."""
    rounded = Rational(*([Fraction(c) for c in part] for part in of.coefficients(dtype)))
    outside = None if of.type[1] == 0 else form_of(rounded, "reciprocal").outside
    return _run(form_of(rounded, "horner").inside, outside, of.switch(dtype), dtype, x)


def slope(of: Source, dtype: str, x: Array) -> Array:
    """r' at x, bit by bit."""
    p, q = ([Fraction(c) for c in part] for part in of.coefficients(dtype))
    outside = None if of.type[1] == 0 else slope_outside(p, q, dtype)
    return _run(slope_inside(p, q, dtype), outside, 1.0 if outside else math.inf, dtype, x)


def slope_inside(p: list[Fraction], q: list[Fraction], dtype: str) -> Program:
    """(p' - (p/q) q')/q."""
    tape = Tape()
    if len(q) == 1:
        return tape.program(_horner(tape, _derived(p, dtype), tape.x))
    numerator, below, _ = _quotient_slope(tape, p, q, tape.x, dtype)
    return tape.program(tape.divide(numerator, below))


def slope_outside(p: list[Fraction], q: list[Fraction], dtype: str) -> Program:
    """x^(m-n-1) ((m-n) g - t g'), with g = P/Q, P and Q the reversed p and q in t = 1/x."""
    tape = Tape()
    power = len(p) - len(q)
    t = tape.divide(tape.constant(Fraction(1)), tape.x)
    numerator, below, g = _quotient_slope(tape, p[::-1], q[::-1], t, dtype)
    second = tape.multiply(t, tape.divide(numerator, below))
    first = tape.multiply(tape.constant(Fraction(power)), g)
    result = tape.add(first, tape.multiply(tape.constant(Fraction(-1)), second))
    for _ in range(abs(power - 1)):
        result = tape.multiply(result, tape.x if power > 1 else t)
    return tape.program(result)


def _quotient_slope(tape, p, q, x, dtype):
    above, below = _horner(tape, p, x), _horner(tape, q, x)
    g = tape.divide(above, below)
    product = tape.multiply(g, _horner(tape, _derived(q, dtype), x))
    return tape.add(_horner(tape, _derived(p, dtype), x), tape.multiply(tape.constant(Fraction(-1)), product)), below, g


def _horner(tape, coefficients, x):
    result = tape.constant(coefficients[-1])
    for c in coefficients[-2::-1]:
        result = tape.multiply(result, x)
        if c:
            result = tape.add(result, tape.constant(c))
    return result


def _derived(coefficients, dtype):
    found = [number_format(dtype).round(k * c) for k, c in enumerate(coefficients)][1:]
    return found or [Fraction(0)]


def _run(inside: Program, outside: Program | None, switch: float, dtype: str, x: Array) -> Array:
    target = number_format(dtype)
    wide = x.astype(CARRIER[dtype])
    programs = [replace(p, constants=tuple(map(target.round, p.constants))) for p in (inside, outside or inside)]
    results = [np.array(compute(Form("one", program), target, wide)) for program in programs]
    found = np.where(np.abs(wide) <= switch, *results)
    return np.where(np.isnan(wide), np.nan, found).astype(TYPES[dtype])


def different(found: Array, expected: Array) -> Array:
    """Where the bits differ; all NaNs are the same."""
    kind = f"u{expected.dtype.itemsize}"
    assert found.dtype == expected.dtype and found.shape == expected.shape
    return np.flatnonzero((found.view(kind) != expected.view(kind)) & ~(np.isnan(found) & np.isnan(expected)))


def assert_same_bits(found: Array, expected: Array, x: Array, what: object) -> None:
    """The two agree in every bit."""
    bad = different(np.ascontiguousarray(found), np.ascontiguousarray(expected))
    if bad.size:
        k = bad[0]
        raise AssertionError(f"{what}: {bad.size} differ, first at x = {x[k]!r}: {found[k]!r}, not {expected[k]!r}")
