"""Behaviour: what is proved of a rational function in use, its gains as an activation and its rounding errors."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from ratapprox.rational import Rational
from ratapprox.symbolic.gaussian_moments import Gain, gain
from ratapprox.symbolic.rounding import Rounding, recommend

__all__ = ["FORMATS", "Behaviour", "behaviour"]

FORMATS = ("float32", "bfloat16", "float16")

MOST_DEGREE = 32
MOST_BITS = 4096
"""Of a coefficient. Above either limit it would take longer than a few seconds."""


@dataclass(frozen=True)
class Behaviour:
    """The variance gains of r and, for each number format, the best form of evaluation with its bound.

    gain: 1/E[r(Z)²] and 1/E[r'(Z)²] enclosed, Z ~ N(0, 1); rounding: pairs of a format and the best of its forms by
    `recommend` on [a, b], the bound of which may be infinite. Each is a sentence where there is none, which says why.

    Example:
        >>> found = behaviour(Rational([0, 2, 0, 1], [1, 0, 1]), (Fraction(-1), Fraction(1)))
        >>> found.gain
        Gain of the rational function: forward 0.542205122699492756290…, backward 0.507593325168496485933…
        >>> dict(found.rounding)["float16"]
        Rounding of float16 split on [-1, 1]: error ≤ 0.0007473, attained at x = -0.8213
    """

    gain: Gain | str
    rounding: tuple[tuple[str, Rounding | str], ...]


def behaviour(rational: Rational, on: tuple[Fraction, Fraction]) -> Behaviour:
    """The gains and the rounding errors of r on [a, b], or why there are none.

    Example:
        >>> behaviour(Rational([1], [0, 1]), (Fraction(1), Fraction(2))).gain.partition(";")[0]
        'the rational function has a pole at x = 0, so that no moment of it exists'
    """
    if why := _too_large(rational):
        return Behaviour(why, tuple((dtype, why) for dtype in FORMATS))
    return Behaviour(_gain(rational), tuple((dtype, _best(rational, on, dtype)) for dtype in FORMATS))


def _too_large(rational: Rational) -> str | None:
    if rational.degree > MOST_DEGREE:
        return f"not computed above degree {MOST_DEGREE}"
    exact = [Fraction(c) for c in (*rational.p, *rational.q)]
    size = max(max(c.numerator.bit_length(), c.denominator.bit_length()) for c in exact)
    return f"not computed for coefficients of more than {MOST_BITS} bits" if size > MOST_BITS else None


def _gain(rational: Rational) -> Gain | str:
    try:
        return gain(rational)
    except ValueError as none:  # a real pole, or a constant function: its contract
        return str(none)


def _best(rational: Rational, on: tuple[Fraction, Fraction], dtype: str) -> Rounding | str:
    try:
        return recommend(rational, on, dtype).best
    except ValueError as none:  # no value of the format in the interval: its contract
        return str(none)
