"""Exports for frameworks: written from a certified fit, loaded, and held against the analysed programs."""

from __future__ import annotations

import math
import sys
import types
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

import ratapprox
from ratapprox import Rational
from ratapprox.exporting import rounding_bound, source_of
from ratapprox.formats.exporters import format_of
from ratapprox.formats.exporters.source import Source

FITS = {
    "relu": ("relu", (3, 2), (-1, 1)),
    "silu": ("silu", (5, 4), (-5, 5)),
    "gelu22": ("gelu", (2, 2), (-3, 3)),
    "gelu66": ("gelu", (6, 6), (-5, 5)),
    "gelu54": ("gelu", (5, 4), (-4, 4)),
    "tanh": ("tanh", (3, 4), (-3, 3)),
    "tanh1010": ("tanh", (10, 10), (-4, 4)),
    "gelu40": ("gelu", (4, 0), (-3, 3)),
}


@cache
def fitted(which: str) -> Any:
    target, type, on = FITS[which]
    return ratapprox.fit(target, type=type, on=on)


@cache
def origin(which: str, to: str, form: str = "horner", dtype: str | None = None) -> Source:
    """The source that `ratapprox.export` hands to the exporter."""
    return source_of(fitted(which), to, form=form, dtype=dtype)


@cache
def text(which: str, to: str, form: str = "horner", **options: Any) -> str | bytes:
    return format_of(to).write(origin(which, to, form), options)


def load(name: str, code: str | bytes) -> types.ModuleType:
    """The text as an importable module, so that its classes can be pickled and their source be read."""
    assert isinstance(code, str)
    module = types.ModuleType(name)
    sys.modules[name] = module
    exec(compile(code, name, "exec"), module.__dict__)
    return module


def bound(which: str, to: str, dtype: str) -> float:
    """The proved bound of |computed - r| on the interval of the fit."""
    of = origin(which, to)
    assert of.on is not None
    return float(rounding_bound(of, dtype, of.on))


def inside(which: str, dtype: str, count: int = 20001) -> NDArray[Any]:
    """A dense grid of the interval of the fit, with zeros, subnormals and powers of 2."""
    a, b = FITS[which][2]
    small = np.exp2(np.arange(-1074.0, 1.0))
    x = np.concatenate([np.linspace(a, b, count), small, -small, [0.0, -0.0]])
    with np.errstate(all="ignore"):
        return x.astype(dtype)


@cache
def far_slopes(which: str, to: str) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Powers of 2 in float32 as far as it reaches, r' there, exactly, and how far rounding may take a slope from it."""
    of = origin(which, to)
    p, q = ([Fraction(c) for c in part] for part in of.coefficients("float32"))
    slope = Rational(p, q).derivative()
    x = [sign * 2.0**k for k in range(127) for sign in (-1.0, 1.0)]
    unit, tiny = Fraction(2) ** -24, Fraction(2) ** -126

    def size(part: list[Fraction], at: Fraction) -> Fraction:
        return sum((max(k, 1) * abs(c * at ** (k - 1)) for k, c in enumerate(part)), Fraction(0))

    expected, allowed = [], []
    for at in map(Fraction, x):
        below = abs(sum(c * at**k for k, c in enumerate(q)))
        value = abs(sum(c * at**k for k, c in enumerate(p))) / below
        terms = (size(p, at) + value * size(q, at)) / below
        expected.append(float(slope(at)))
        allowed.append(float(64 * unit * terms + tiny * max(1, abs(p[-1] / q[-1]))))
    return np.array(x, "float32"), np.array(expected), np.array(allowed)


TAILS = {  # the steepest tails, with two programs and with one, and each other kind
    "rise_4_2": Rational([0, 0, 1, 0, 1], [1, 0, 1]),
    "rise_5_2": Rational([0, 1, 0, 0, 0, Fraction(1, 3)], [1, 0, 1]),
    "line_3_2": Rational([0, 1, 0, 2], [1, 0, 1]),
    "level_2_2": Rational([1, 0, 2], [1, 0, 1]),
    "fall_1_2": Rational([0, 1], [1, 0, 1]),
    "fall_0_4": Rational([1], [1, 0, 2, 0, 1]),
}


@cache
def tail_slopes(name: str) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Powers of 2 in float32 and both infinities, r' there, and how far rounding may take a slope from it.

    In reverse mode p/q² may underflow before it meets q': then that term of the slope is lost, at most n |r/x|.
    """
    r = TAILS[name]
    slope = r.derivative()
    x = [sign * 2.0**k for k in range(-3, 127) for sign in (-1.0, 1.0)]
    expected, allowed = [], []
    for at in map(Fraction, x):
        size = sum(abs(c) * abs(at) ** k for k, c in enumerate(r.p)) / sum(c * at**k for k, c in enumerate(r.q))
        steep = sum(k * c * abs(at) ** (k - 1) for k, c in enumerate(r.q) if k)
        lost = min(Fraction(1, 2**125) * steep, r.type[1] * size / abs(at))
        expected.append(_float(slope(at)))
        allowed.append(_float(Fraction(1, 10**5) * (abs(slope(at)) + size / (1 + abs(at))) + lost))
    rise = r.type[0] - r.type[1]
    ends = [0.0, 0.0] if rise < 1 else [2.0, 2.0] if rise == 1 else [(-1.0) ** (rise - 1) * math.inf, math.inf]
    return np.array([*x, -math.inf, math.inf], "float32"), np.array([*expected, *ends]), np.array([*allowed, 0.0, 0.0])


def assert_slopes(found: NDArray[Any], x: NDArray[Any], expected: NDArray[Any], allowed: NDArray[Any]) -> None:
    """Where r' is beyond float32 the slope is infinite with its sign."""
    with np.errstate(all="ignore"):
        right = (found == expected) | (np.abs(found.astype("float64") - expected) <= allowed)
        right |= (np.abs(expected) > 1e38) & (found == np.sign(expected) * math.inf)
    assert right.all(), list(zip(x[~right], found[~right], expected[~right], strict=True))


def _float(value: Fraction) -> float:
    return float(value) if abs(value) < 10**300 else math.copysign(math.inf, value)
