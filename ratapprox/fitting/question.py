"""What is asked of a fit, checked before anything is computed."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from numbers import Integral, Rational, Real
from typing import TYPE_CHECKING

import numpy as np
import sympy
from flint import arb

from ratapprox.activations import Activation, CallableTarget, activation
from ratapprox.fitting.problem import ball, inside_floats

if TYPE_CHECKING:
    from ratapprox.fitting.problem import Floats

LARGEST_TYPE = 200
"""Largest m + n that is attempted: (80, 80) takes seconds, (100, 100) a minute."""

TargetLike = Activation | CallableTarget | str | Callable[..., object]


@dataclass(frozen=True)
class Question:
    """A checked question: target, type (m, n), interval with exact ends, weight, digits."""

    target: Activation | CallableTarget
    type: tuple[int, int]
    on: tuple[Fraction, Fraction]
    weight: Activation | CallableTarget | None
    digits: int | None


def ask(
    target: TargetLike, type: Sequence[int], on: Sequence[object], weight: TargetLike | None, digits: int | None
) -> Question:
    """The question, or a ValueError or TypeError that says which part of it cannot be answered and why."""
    interval = checked_interval(on)
    kind = checked_type(type)
    if digits is not None and (isinstance(digits, bool) or not isinstance(digits, Integral) or not 1 <= digits <= 2000):
        raise ValueError(f"digits={digits!r}: the number of significant digits must be an integer from 1 to 2000.")
    function = _function(target, "target")
    if digits is not None and not isinstance(function, Activation):
        raise ValueError(
            f"digits={digits}: a Python callable is known in double precision only; "
            "give the target as an expression, for example fit('exp(-x**2)', ...)."
        )
    _check_values(function, interval)
    checked_weight = None if weight is None else _weight(weight, function, interval)
    return Question(function, kind, interval, checked_weight, None if digits is None else int(digits))


def checked_type(type: Sequence[int]) -> tuple[int, int]:
    """(m, n) as two integers that can be attempted."""
    if isinstance(type, str) or not hasattr(type, "__len__") or len(type) != 2:
        raise TypeError(
            f"type={type!r}: give the two degrees (m, n) of numerator and denominator, for example type=(3, 2)."
        )
    if not all(isinstance(k, Integral) and not isinstance(k, bool) for k in type):
        raise TypeError(f"type={tuple(type)!r}: both degrees must be integers.")
    m, n = (int(k) for k in type)
    if m < 0 or n < 0:
        raise ValueError(f"type=({m}, {n}): a degree cannot be negative; (m, 0) is a polynomial.")
    if m + n > LARGEST_TYPE:
        raise ValueError(
            f"type=({m}, {n}): types up to m + n = {LARGEST_TYPE} are attempted; "
            "an error below 1e-10 is usually reached long before that."
        )
    return m, n


def exact(value: object, name: str = "on") -> Fraction:
    """A finite real number as the fraction it is: ints, floats, Fractions, NumPy scalars, or text such as '0.1' or
    '1/3'.
    """
    if isinstance(value, bool):
        raise TypeError(f"{name}: {value!r} is not a number.")
    if isinstance(value, str):
        try:
            return Fraction(value)
        except (ValueError, ZeroDivisionError):
            raise ValueError(
                f"{name}: {value!r} is not a finite number; write for example -1, 0.5, 2e-3 or 1/3."
            ) from None
    if isinstance(value, Real):
        if isinstance(value, Rational):
            return Fraction(int(value.numerator), int(value.denominator))
        if not math.isfinite(value):
            raise ValueError(f"{name}: {value!r} is not finite; best uniform approximation needs a bounded interval.")
        return Fraction(float(value))
    raise TypeError(f"{name}: {value!r} is not a real number.")


def checked_interval(on: Sequence[object]) -> tuple[Fraction, Fraction]:
    """(a, b) with a < b, exactly."""
    if isinstance(on, str) or not hasattr(on, "__len__") or len(on) != 2:
        raise TypeError(f"on={on!r}: give the two ends of the interval, for example on=(-1, 1).")
    a, b = (exact(value) for value in on)
    if a == b:
        raise ValueError(
            f"on=({on[0]}, {on[1]}): the interval is a single point; the left end must be smaller than the right end."
        )
    if a > b:
        raise ValueError(
            f"on=({on[0]}, {on[1]}): the ends are reversed; the left end must be smaller than the right end."
        )
    for value in (a, b):
        if value and not 1e-150 < abs(value) < 1e150:
            raise ValueError(f"on=({on[0]}, {on[1]}): ends must be 0 or between 1e-150 and 1e150 in size; rescale x.")
    return a, b


def _function(value: TargetLike, role: str) -> Activation | CallableTarget:
    if isinstance(value, Activation | CallableTarget):
        function = value
    elif isinstance(value, str):
        function = activation(value)
    elif callable(value):
        function = CallableTarget(value, getattr(value, "__name__", role))
    else:
        raise TypeError(
            f"{role}={value!r}: give a name from `ratapprox list activations`, an expression in x, "
            "an Activation, or a Python function of one array."
        )
    if isinstance(function, Activation) and function.parameters:
        names = ", ".join(str(s) for s in function.parameters)
        raise ValueError(
            f"{role} {function.name} has the free parameter{'s' * (len(function.parameters) > 1)} {names}: "
            f"give values first, for example .at({function.parameters[0]}=1)."
        )
    return function


def _check_values(function: Activation | CallableTarget, interval: tuple[Fraction, Fraction]) -> None:
    """Raise where the function is not finite: exactly for an expression, at sample points for a callable."""
    if isinstance(function, Activation):
        function.pieces(*interval)
        return
    x = _grid(interval)
    with np.errstate(all="ignore"):  # what comes of it is looked at below
        values = np.asarray(function.numpy(x), dtype=float)
    if values.shape != x.shape:
        raise ValueError(
            f"{function.name} returned shape {values.shape} for {x.shape}: it must work element by element on an array."
        )
    bad = ~np.isfinite(values)
    if bad.any():
        raise ValueError(
            f"{function.name} is {values[bad][0]} at x = {x[bad][0]:.6g}: choose an interval on which it is finite."
        )


def _weight(
    weight: TargetLike, target: Activation | CallableTarget, interval: tuple[Fraction, Fraction]
) -> Activation | CallableTarget:
    if isinstance(weight, str) and weight == "relative":
        if not isinstance(target, Activation):
            raise TypeError(
                "weight='relative' needs the target as an expression; give weight=lambda x: 1/abs(f(x)) for a callable."
            )
        zero = _zero_seen(target, interval)
        if zero is not None:
            raise ValueError(
                f"weight='relative': {target.name} vanishes at x = {zero:.6g}, where the relative error is infinite: "
                "choose an interval without that point, or another weight."
            )
        weight = Activation(f"1/|{target.name}|", 1 / sympy.Abs(target.expression))
    elif isinstance(weight, int | float | Fraction) and not isinstance(weight, bool):
        weight = str(Fraction(weight))
    function = _function(weight, "weight")
    try:
        _check_values(function, interval)
    except ValueError as slip:
        raise ValueError(
            f"weight {function.name}: {slip} A weight must be finite and positive on the whole interval."
        ) from None
    where = _not_positive(function, interval)
    if where is not None:
        raise ValueError(
            f"weight {function.name} is not positive at x = {where:.6g}: a weight must be positive on the whole "
            "interval, for example 1/(1 + x**2)."
        )
    return function


def _zero_seen(function: Activation, interval: tuple[Fraction, Fraction]) -> float | None:
    """A point near which the function is zero or changes its sign, seen on a grid."""
    x = _grid(interval)
    values = function.numpy(x)
    change = np.flatnonzero((values[1:] * values[:-1] <= 0) | (values[1:] == 0))
    if values[0] == 0:
        return float(x[0])
    if not len(change):
        return None
    k = change[0]
    return float(x[k + 1] if values[k + 1] == 0 else 0.5 * (x[k] + x[k + 1]))


def _not_positive(function: Activation | CallableTarget, interval: tuple[Fraction, Fraction]) -> float | None:
    """A point where the function is not proved positive, by bisection in balls; at sample points only for a callable.
    """
    x = _grid(interval)
    values = np.asarray(function.numpy(x), dtype=float)
    if (values <= 0).any():
        return float(x[values <= 0][0])
    if not isinstance(function, Activation):
        return None
    boxes = [interval]
    while boxes:
        a, b = boxes.pop()
        middle, radius = (a + b) / 2, (b - a) / 2
        if function.arb(arb(ball(middle), ball(radius))) > 0:
            continue
        if b - a < (interval[1] - interval[0]) / 2**40 or len(boxes) > 5000:
            return float(middle)
        boxes += [(a, middle), (middle, b)]
    return None


def _grid(interval: tuple[Fraction, Fraction]) -> Floats:
    a, b = inside_floats(*interval)
    return np.unique(
        np.clip(np.concatenate([np.linspace(a, b, 1001), [a, b, 0.5 * (a + b), max(a, min(b, 0.0))]]), a, b)
    )
