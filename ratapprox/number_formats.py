"""Number formats: binary floating point and fixed point, exactly as fractions and quickly as NumPy arrays.

Every operation is rounded to nearest, ties to even. A result beyond the format is ±inf in floating point, where it may
later vanish in a division, and NaN in fixed point, which has no infinity to carry on with.
"""

from __future__ import annotations

import math
import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ratapprox.coefficients import binary_exponent

__all__ = ["FixedPoint", "FloatingPoint", "NumberFormat", "Operation", "number_format"]

Array = NDArray[Any]
Operation = Literal["+", "*", "/"]


@dataclass(frozen=True, slots=True)
class NumberFormat(ABC):
    """What the analysis asks of a format; `width` is in bits, `carrier` the NumPy type that holds its values."""

    name: str
    width: int
    carrier: type[np.floating[Any]]

    @property
    def countable(self) -> bool:
        """Whether all values are few enough to try every one."""
        return self.width <= 16

    @property
    @abstractmethod
    def largest(self) -> float:
        """The largest value."""

    @property
    @abstractmethod
    def overflow(self) -> float:
        """An exact result of smaller modulus cannot overflow."""

    @abstractmethod
    def round(self, number: Fraction) -> Fraction | None:
        """The nearest value, exactly; None where that is beyond the format."""

    @abstractmethod
    def error(self, operation: Operation, size: float) -> float:
        """A bound of the rounding error of one operation whose exact result is at most `size` in modulus."""

    @abstractmethod
    def finish(self, result: Array) -> Array:
        """The rounded result of one operation, from the carrier's."""

    @abstractmethod
    def values(self) -> Array:
        """Every finite value, ascending, in the carrier's type; only for formats of at most 16 bits."""

    def ends(self, a: Fraction, b: Fraction) -> tuple[float, float]:
        """Floats that enclose every value of the format in [a, b]; in wrong order if there is no float between."""
        return _up(max(a, Fraction(-self.largest))), -_up(max(-b, Fraction(-self.largest)))

    def samples(self, a: Fraction, b: Fraction, count: int) -> Array:
        """About `count` values of [a, b], ascending: spread evenly, and on a log scale from both ends and from 0."""
        low, high = self.ends(a, b)
        if low > high:
            return np.empty(0, self.carrier)
        spread = np.geomspace(1e-12, 1.0, max(count // 10, 2))
        binades = np.geomspace(2.0**-30, 2.0**30, max(count // 20, 2))
        near = [low * (1 - spread) + high * spread, low * spread + high * (1 - spread), low * spread, high * spread]
        even = np.linspace(0.0, 1.0, max(count // 2, 2))
        x = self.nearest(np.concatenate([low * (1 - even) + high * even, *near, binades, -binades]))
        return self.within(np.unique(x), a, b)

    def within(self, x: Array, a: Fraction, b: Fraction) -> Array:
        """Those of the values that lie in [a, b]."""
        low, high = self.ends(a, b)
        wide = x.astype(np.float64)  # NumPy would round the ends to x's type
        return x[(wide >= low) & (wide <= high)]

    @abstractmethod
    def nearest(self, x: NDArray[np.float64]) -> Array:
        """Values of the format near to the given numbers."""


@dataclass(frozen=True, slots=True)
class FloatingPoint(NumberFormat):
    """Binary floating point: values k·2^e with |k| < 2^precision and e >= lowest - precision + 1, subnormals included.

    >>> number_format("float16").round(Fraction(1, 3))
    Fraction(1365, 4096)
    >>> number_format("float16").largest
    65504.0
    """

    precision: int
    lowest: int  # exponent of the smallest normal number, 2^lowest
    highest: int  # exponent of the binade of the largest

    @property
    def largest(self) -> float:
        return (2.0 - 2.0 ** (1 - self.precision)) * 2.0**self.highest

    @property
    def overflow(self) -> float:
        return self.largest + 2.0 ** (self.highest - self.precision - 1)  # less than half a unit in the last place more

    def round(self, number: Fraction) -> Fraction | None:
        if number == 0:
            return number
        exponent = binary_exponent(number)
        if abs(number) < Fraction(2) ** exponent:
            exponent -= 1
        quantum = Fraction(2) ** (max(exponent, self.lowest) - self.precision + 1)
        value = round(number / quantum) * quantum
        return value if abs(value) <= Fraction(self.largest) else None

    def error(self, operation: Operation, size: float) -> float:
        # half a unit in the last place of the binade of `size`, at least half of the smallest subnormal number
        exponent = math.frexp(min(size, self.largest))[1] - 1
        return max(math.ldexp(1.0, max(exponent, self.lowest) - self.precision), math.ulp(0.0))

    def finish(self, result: Array) -> Array:
        if self.carrier is np.float32 and self.precision < 24:
            return _narrowed(result, 24 - self.precision, self.lowest, self.largest)
        return result

    def values(self) -> Array:
        magnitudes = np.arange((self.highest - self.lowest + 2) << (self.precision - 1), dtype=np.uint16)
        bits = np.concatenate([magnitudes[::-1] | np.uint16(0x8000), magnitudes])
        if self.name == "float16":
            return bits.view(np.float16).astype(np.float32)
        return (bits.astype(np.uint32) << np.uint32(16)).view(np.float32)

    def nearest(self, x: NDArray[np.float64]) -> Array:
        with np.errstate(all="ignore"):
            return self.finish(x.astype(self.carrier))


@dataclass(frozen=True, slots=True)
class FixedPoint(NumberFormat):
    """Two's complement fixed point Qm.n: multiples of 2^-n in [-2^(m-1), 2^(m-1)); m counts the sign bit.

    >>> q = number_format("q4.12")
    >>> q.largest, q.round(Fraction(1, 3)), q.round(Fraction(8))
    (7.999755859375, Fraction(1365, 4096), None)
    """

    integer_bits: int
    fraction_bits: int

    @property
    def largest(self) -> float:
        return 2.0 ** (self.integer_bits - 1) - 2.0**-self.fraction_bits

    @property
    def overflow(self) -> float:
        return self.largest + 2.0 ** (-self.fraction_bits - 2)

    def round(self, number: Fraction) -> Fraction | None:
        value = Fraction(round(number * 2**self.fraction_bits), 2**self.fraction_bits)
        return value if -(2 ** (self.integer_bits - 1)) <= value <= Fraction(self.largest) else None

    def error(self, operation: Operation, size: float) -> float:
        return 0.0 if operation == "+" else 2.0 ** (-self.fraction_bits - 1)

    def finish(self, result: Array) -> Array:
        # Sums and products of at most 24 bits are exact in float64. A quotient in range differs from a tie by at least
        # 2^-n / (2·2^(width - 1)), more than half a float64 unit of it, so rounding twice is rounding once.
        value = np.rint(result * 2.0**self.fraction_bits) * 2.0**-self.fraction_bits
        value[~((value >= -(2.0 ** (self.integer_bits - 1))) & (value <= self.largest))] = math.nan
        return value

    def values(self) -> Array:
        half = 1 << (self.width - 1)
        return np.arange(-half, half, dtype=np.float64) * 2.0**-self.fraction_bits

    def nearest(self, x: NDArray[np.float64]) -> Array:
        return self.finish(x)


def _narrowed(result: NDArray[np.float32], bits: int, lowest: int, largest: float) -> NDArray[np.float32]:
    """float32 rounded to so many bits less, ties to even, in the narrower format's range of exponents.

    Rounding a float32 result is rounding the exact one: double rounding is innocuous for + - * / where 24 >= 2 p + 2,
    so for p = 11 and p = 8. Among bfloat16's subnormal numbers, where float32 has less than 24 bits, too: sums are
    exact there, a product of at most 16 bits is exact in float32 or less than half of the smallest number by far, a
    quotient of two 8-bit numbers that is no tie misses every tie by 2^-144 or more.
    Source: S. A. Figueroa, When is double rounding innocuous?, ACM SIGNUM Newsletter 30(3), 1995.
    """
    pattern = result.view(np.uint32)
    last = (pattern >> np.uint32(bits)) & np.uint32(1)
    last += np.uint32((1 << (bits - 1)) - 1)
    last += pattern
    last &= np.uint32(0x100000000 - (1 << bits))
    value = last.view(np.float32)
    if lowest > -126:  # subnormal numbers: adding 1.5·2^k makes float32 round to a multiple of the smallest of them
        anchor = np.float32(1.5 * 2.0 ** (lowest + bits))
        size = np.abs(result)
        value = np.where(size < np.float32(2.0**lowest), np.copysign((size + anchor) - anchor, result), value)
        value[np.abs(value) > np.float32(largest)] *= np.float32(math.inf)
    nan = np.isnan(result)
    if nan.any():
        value[nan] = math.nan
    return value


FLOATS = {
    "float16": FloatingPoint("float16", 16, np.float32, 11, -14, 15),
    "bfloat16": FloatingPoint("bfloat16", 16, np.float32, 8, -126, 127),
    "float32": FloatingPoint("float32", 32, np.float32, 24, -126, 127),
    "float64": FloatingPoint("float64", 64, np.float64, 53, -1022, 1023),
}


def number_format(dtype: object) -> NumberFormat:
    """The format of a name: float16, bfloat16, float32, float64, or qM.N with M + N <= 24 bits, the sign counted in M.

    >>> number_format("q4.12").width
    16
    >>> number_format("float8")
    Traceback (most recent call last):
    ValueError: dtype='float8': known are float16, bfloat16, float32, float64 and fixed point such as q4.12.
    """
    if isinstance(dtype, str) and dtype.lower() in FLOATS:
        return FLOATS[dtype.lower()]
    found = re.fullmatch(r"[qQ](\d{1,3})\.(\d{1,3})", dtype) if isinstance(dtype, str) else None
    if found is None:
        raise ValueError(f"dtype={dtype!r}: known are {', '.join(FLOATS)} and fixed point such as q4.12.")
    m, n = int(found[1]), int(found[2])
    if m < 1 or not 2 <= m + n <= 24:
        raise ValueError(
            f"dtype={dtype!r}: qM.N has M integer bits, the sign among them, and N fraction bits; M must be 1 or more"
            " and M + N at most 24."
        )
    return FixedPoint(f"q{m}.{n}", m + n, np.float64, m, n)


def _up(number: Fraction) -> float:
    """The smallest float64 that is not below."""
    value = float(number)
    return value if Fraction(value) >= number else math.nextafter(value, math.inf)
