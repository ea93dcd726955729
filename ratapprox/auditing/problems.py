"""What is wrong with an entry, in sentences."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import inf, isinf
from typing import TYPE_CHECKING

import numpy as np

from ratapprox.activations import Activation
from ratapprox.auditing.value import WORSE, HalfPrecision, Judgement, Problem, double, places
from ratapprox.formats.card import end_text
from ratapprox.forms import FORMS
from ratapprox.rational import Rational

if TYPE_CHECKING:
    from ratapprox.formats.importers import Entry
    from ratapprox.symbolic.gaussian_moments import Gain
    from ratapprox.symbolic.shape import Stretch

__all__ = ["problems"]

BELOW_FLOAT32 = 2.0**-24
"""Relative to the target: an error below the rounding of float32 does not matter, however small the best one is."""

GAIN = 1e-3
"""A hard-coded gain that is further off, relatively, deserves a sentence."""

FAR_OFF = 0.1
"""At ±10: an error of more than this part of max(1, |f|) deserves a sentence."""


def problems(
    entry: Entry,
    target: Activation | None,
    declared: Judgement,
    asked: Judgement | None,
    gain: Gain | None,
    half: HalfPrecision | None,
) -> tuple[Problem, ...]:
    """All of them, the serious ones first."""
    found = [*_evaluated(entry, declared)]
    for judgement in (declared, asked):
        if judgement is not None:
            found += [*_poles(judgement), *_error(target, judgement, entry.type), *_falls(target, judgement)]
    found += [
        *_no_interval(target, declared),
        *_removable(entry),
        *_poles_outside(declared, asked),
        *_far(target, declared),
        *_gain(entry, gain),
    ]
    found += [*_half(half), *(Problem(remark) for remark in entry.remarks)]
    return tuple(sorted(dict.fromkeys(found), key=lambda problem: not problem.serious))


def _evaluated(entry: Entry, j: Judgement) -> Iterator[Problem]:
    if entry.fitted is None or j.fitted_error is None or j.error_lower is None:
        return
    fitted = "plain" if isinstance(entry.fitted, Rational) else entry.fitted.name
    formulas = f"evaluated as {FORMS[entry.form_name].formula}, fitted as {FORMS[fitted].formula}"
    worse = j.error_lower > j.fitted_error * 101 / 100
    was = f"{float(j.fitted_error):.3g}"
    if worse:
        yield Problem(
            f"the evaluated form differs from the fitted form: error {_size(j)} instead of {was} ({formulas})", True
        )
    else:
        yield Problem(
            f"the evaluated form differs from the fitted form: error {_size(j)}, as fitted {was} ({formulas})"
        )


def _poles(j: Judgement) -> Iterator[Problem]:
    if j.poles:
        yield Problem(f"pole in range: at x = {places(j.poles)}, in {_where(j)}", None not in j.on)


def _error(target: Activation | None, j: Judgement, type: tuple[int, int]) -> Iterator[Problem]:
    ratio = j.ratio
    if target is None or j.optimum is None or j.poles:
        return
    if ratio is None:
        yield Problem(f"the best error of type {type} on {_where(j)} is not known: {j.optimum.reason}")
        return
    if ratio > 2:
        best = float(j.optimum.upper or 0)
        times = "and the best is 0" if isinf(ratio) else f"{ratio:.3g} times the best, {best:.3g}"
        a, b = (float(end) for end in j.on if end is not None)
        largest = float(np.max(np.abs(target.numpy(np.linspace(a, b, 101)))))
        matters = float(j.error_upper or inf) > BELOW_FLOAT32 * largest
        text = f"the error on {_where(j)} is {_size(j)}, {times}"
        if ratio > WORSE and matters:
            yield Problem(f"error > 10x optimal: {text}", True)
        else:
            yield Problem(text if matters else f"{text}; both are below the rounding of float32")


def _falls(target: Activation | None, j: Judgement) -> Iterator[Problem]:
    if target is None or j.poles:
        return
    falls = [stretch for stretch in j.portrait.falling if _does_not_fall(target, stretch)]
    if falls:
        where = ", ".join(f"({double(s.lower):.4g}, {double(s.upper):.4g})" for s in falls if s.lower and s.upper)
        steepest = j.portrait.slopes[0]
        slope = "" if steepest is None else f", with slopes down to {double(steepest):.4g}"
        yield Problem(f"not monotone on {_where(j)}: it falls on {where}{slope}, where {target.name} does not")


def _does_not_fall(target: Activation, stretch: Stretch) -> bool:
    if stretch.lower is None or stretch.upper is None:
        return False
    low, high = (float(v) for v in target.numpy(np.array([double(stretch.lower), double(stretch.upper)])))
    return high >= low


def _no_interval(target: Activation | None, j: Judgement) -> Iterator[Problem]:
    if target is not None and None in j.on:
        yield Problem(f"no interval is declared, and the error from {target.name} needs one: give it (--on)")


def _removable(entry: Entry) -> Iterator[Problem]:
    function = entry.form if isinstance(entry.form, Rational) else None
    if function is None or function.exact().reduced().type == function.type:
        return
    left = {float(pole.value.real) for pole in Rational([1], function.q).poles() if pole.real}
    kept = {float(pole.value.real) for pole in function.exact().reduced().poles() if pole.real}
    gone = sorted(x for x in left if all(abs(x - y) > 1e-9 * max(1.0, abs(x)) for y in kept))
    if gone:
        shown = ", ".join(f"{x:.6g}" for x in gone)
        inside = entry.on is not None and any(entry.on[0] <= x <= entry.on[1] for x in gone)
        yield Problem(f"numerator and denominator vanish together at x = {shown}: as written it is 0/0 there", inside)


def _poles_outside(declared: Judgement, asked: Judgement | None) -> Iterator[Problem]:
    inside = {*declared.poles, *(asked.poles if asked else ())}
    outside = tuple(pole for pole in declared.portrait.poles_on_reals if pole not in inside)
    if outside:
        yield Problem(f"real pole outside {_where(declared)}: at x = {places(outside)}")


def _far(target: Activation | None, j: Judgement) -> Iterator[Problem]:
    if target is None:
        return
    for x, value in zip((-10.0, 10.0), j.portrait.far, strict=True):
        inside = j.on[0] is not None and j.on[1] is not None and float(j.on[0]) <= x <= float(j.on[1])
        if value is None or inside:
            continue
        f = float(target.numpy(np.array([x]))[0])
        if abs(double(value) - f) > FAR_OFF * max(1.0, abs(f)):
            where = "" if None in j.on else f"outside {_where(j)}: "
            yield Problem(f"{where}at x = {x:g} it is {double(value):.3g}, and {target.name} is {f:.3g}")


def _gain(entry: Entry, gain: Gain | None) -> Iterator[Problem]:
    if entry.gain is None:
        return
    if gain is None:
        yield Problem(f"the gain {entry.gain:.6g} is hard-coded, and this function has none")
    elif abs(double(gain.forward) - entry.gain) > GAIN * abs(entry.gain):
        yield Problem(
            f"the gain {entry.gain:.6g} is hard-coded, and that of what is evaluated is {double(gain.forward):.6g}"
        )


def _half(half: HalfPrecision | None) -> Iterator[Problem]:
    if half is None or not half.non_finite:
        return
    what = "NaN" if half.nan == half.non_finite else "not finite"
    yield Problem(f"in float16 it is {what} for {half.non_finite} inputs, from |x| = {half.non_finite_from:.4g}")


def _size(j: Judgement) -> str:
    return f"{float(j.error_upper or 0):.3g}"


def _where(j: Judgement) -> str:
    a, b = j.on
    return "the real line" if a is None or b is None else f"[{end_text(Fraction(a))}, {end_text(Fraction(b))}]"
