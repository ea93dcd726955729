"""The audit of somebody's coefficients: what is true of them, beside what is declared."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

from ratapprox.activations import Activation, activation
from ratapprox.auditing.half_precision import half_precision
from ratapprox.auditing.l2_error import l2_error
from ratapprox.auditing.optima import Optima
from ratapprox.auditing.problems import problems
from ratapprox.auditing.replacement import replacement
from ratapprox.auditing.value import Audit, HalfPrecision, Judgement, Optimum, Problem, Replacement
from ratapprox.coefficients import short
from ratapprox.formats.importers import Entry
from ratapprox.forms import Form, same_function
from ratapprox.forms.quotients import Quotient
from ratapprox.piecewise import Piecewise
from ratapprox.rational import Rational
from ratapprox.symbolic import certify, gain
from ratapprox.symbolic.decimal_enclosure import Enclosure
from ratapprox.symbolic.gaussian_moments import Gain
from ratapprox.symbolic.portrait import portrait

__all__ = ["Audit", "HalfPrecision", "Judgement", "Optima", "Optimum", "Problem", "Replacement", "audit"]

TOLERANCE = 1e-7
"""The relative width of the enclosures of errors."""

HALF = Fraction(65504)

SMALLEST = Fraction(1, 10**150)
"""Ends of an interval are 0 or larger, and smaller than its inverse, as `fit` asks for."""


def audit(
    what: Entry | Rational | Form,
    target: Activation | str | None = None,
    on: Sequence[float | int | str | Fraction] | None = None,
    *,
    optima: Optima | None = None,
) -> Audit:
    """Find out what is true of somebody's coefficients: error, distance from the best, poles, shape, tails, gain.

    The function is the one that is evaluated, taken exactly: its largest error is enclosed by `certify`, poles, shape,
    slopes and tails are exact, its gain is enclosed, float16 is tried with every input. The best error is that of the
    best rational of the entry's type, proved by `fit`; for a form with |x| that is a yardstick, which it may beat. The
    L2 error is enclosed too.

    what: an entry of `read_coefficients`, or bare coefficients. target: what it is compared with, instead of what the
    entry declares. on: an interval of yours, judged besides the declared one, or instead of it where none is declared.
    optima: remembers best errors from one audit to the next.

    Raises ValueError for a target that is unknown or not defined on an interval, TypeError for what is no entry.

        >>> import ratapprox
        >>> gpu, cpu = ratapprox.read_coefficients("kat:gelu")
        >>> found = ratapprox.audit(gpu)
        >>> found
        Audit of kat:gelu:gpu on [-3, 3]: error 1.465, 3.31e+03 times the best; 7 problems
        >>> found.problems[0].text[:84]
        'the evaluated form differs from the fitted form: error 1.46 instead of 0.00295 (eval'
    """
    entry = _entry(what)
    function = entry.function().reduced()
    named = target if target is not None else entry.target
    compared = activation(named) if isinstance(named, str) else named
    interval = None if on is None else _interval(on)
    known = Optima() if optima is None else optima
    first = entry.on if entry.on is not None else interval
    declared = _judge(entry, function, compared, first, known)
    asked = _judge(entry, function, compared, interval, known) if interval not in (None, first) else None
    found_gain = _gain(function)
    half = half_precision(entry.form, first or (-HALF, HALF))
    return Audit(
        entry=entry,
        target=None if compared is None else compared.name,
        declared=declared,
        asked=asked,
        gain=found_gain,
        target_gain=None if compared is None else _target_gain(compared),
        half=half,
        problems=problems(entry, compared, declared, asked, found_gain, half),
        replacement=replacement(declared if asked is None else asked, compared, entry.type, known),
    )


def _entry(what: Any) -> Entry:
    if isinstance(what, Entry):
        return what
    if isinstance(what, Rational):
        return Entry("given", "rational", what, None, None, what.type)
    if isinstance(what, Form):
        return Entry("given", what.name, what, None, None, _type(what))
    raise TypeError(f"audit() judges an entry of read_coefficients, a Rational or a form, not a {type(what).__name__}")


def _type(form: Form) -> tuple[int, int]:
    """The degrees as written, or the largest ones of the pieces."""
    if isinstance(form, Quotient):
        return form.type
    function = form.function()
    types = function.types if isinstance(function, Piecewise) else (function.type,)
    return max(m for m, _ in types), max(n for _, n in types)


def _interval(on: Sequence[Any]) -> tuple[Fraction, Fraction]:
    if isinstance(on, str) or len(on) != 2:
        raise TypeError(f"on={on!r}: an interval is two numbers, on=(a, b)")
    a, b = (Fraction(end) for end in on)
    if not a < b:
        raise ValueError(f"on=({a}, {b}): the left end must be smaller than the right end")
    return a, b


def _check_measurable(on: tuple[Fraction, Fraction]) -> None:
    """Beyond these ends nothing can be fitted, and most arithmetic in doubles overflows."""
    for end in on:
        if end and not SMALLEST < abs(end) < 1 / SMALLEST:
            raise ValueError(
                f"the interval [{short(on[0])}, {short(on[1])}]: its ends must be 0 or between 1e-150 and 1e150 in"
                " size; rescale x"
            )


def _judge(
    entry: Entry,
    function: Rational | Piecewise,
    target: Activation | None,
    on: tuple[Fraction, Fraction] | None,
    optima: Optima,
) -> Judgement:
    if on is not None:
        _check_measurable(on)
    shape = portrait(function, on)
    if target is None or on is None:
        return Judgement(shape, on or (None, None))
    certificate = certify(function, target, on, tolerance=TOLERANCE)
    fitted = None if entry.fitted is None else _function_of(entry.fitted)
    other = fitted is not None and not same_function(function, fitted)
    return Judgement(
        portrait=shape,
        on=on,
        error_lower=certificate.error_lower,
        error_upper=certificate.error_upper,
        error_at=None if shape.poles else certificate.error_at,
        l2=None if shape.poles else l2_error(function, target, on, certificate.error_upper),
        optimum=optima.of(target, entry.type, on),
        fitted_error=_fitted_error(fitted, target, on) if other and fitted is not None else None,
        tails=certificate.tails,
    )


def _fitted_error(fitted: Rational | Piecewise, target: Activation, on: tuple[Fraction, Fraction]) -> Decimal:
    return certify(fitted, target, on, tolerance=TOLERANCE).error_upper


def _function_of(form: Form | Rational) -> Rational | Piecewise:
    return form.exact() if isinstance(form, Rational) else form.function()


def _gain(function: Rational | Piecewise) -> Gain | None:
    try:
        return gain(function)
    except ValueError:  # a pole on the real line, or a constant
        return None


def _target_gain(target: Activation) -> Enclosure | None:
    try:
        return gain(target).forward
    except ValueError:
        return None
