"""Rounding errors of a rational function: proved for each evaluation form and number format, and the best form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import MAX_EMAX, MIN_EMIN, ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from fractions import Fraction
from typing import Any

import numpy as np

from ratapprox.coefficients import short
from ratapprox.number_formats import NumberFormat, number_format
from ratapprox.rational import Rational
from ratapprox.symbolic.certificate import rounded
from ratapprox.symbolic.rounding.coefficient_error import largest_difference
from ratapprox.symbolic.rounding.forms import FORMS, Form, form_of, forms_of
from ratapprox.symbolic.rounding.measured import census, compute, first_non_finite, worst
from ratapprox.symbolic.rounding.programs import Program
from ratapprox.symbolic.rounding.running_error import arithmetic_error
from ratapprox.symbolic.rounding.value import Recommendation, Rounding

__all__ = ["FORMS", "Recommendation", "Rounding", "recommend", "rounding"]

INFINITE = Decimal("Infinity")
DIGITS = 20

SAMPLES = 16384
SLOW_SAMPLES = 1024
"""float64 results can only be judged with fractions."""


def rounding(
    rational: Rational,
    on: Sequence[Any],
    dtype: str = "float32",
    form: str | None = None,
) -> Rounding:
    """Prove how far computed values of a rational function are from exact ones, in a number format.

        observed <= max over the values x of the format in [a, b] of |computed(x) - r(x)| <= bound

    Coefficients are rounded to the format first, then every operation to nearest, ties to even. dtype: float16,
    bfloat16, float32, float64, or fixed point qM.N of at most 24 bits. Formats of at most 16 bits are tried input by
    input: the bound is then the largest error itself. For the others it is a running error analysis in ball arithmetic
    plus the exact effect of rounding the coefficients.

    form: "horner" p/q by Horner's rule; "factored" x^k·((p/x^k)/q); "reciprocal", which for |x| > 1 works with 1/x and
    cannot overflow on the way; "estrin"; "split" s(x) + u(x)/q(x) by long division, with c·(x^k/q) for u = c·x^k; None
    takes the best by `recommend`. on: (a, b), None for the end of the format.

    Where a result overflows or the denominator may vanish the bound is infinite and `reason` says where. Raises
    TypeError for what is no Rational, ValueError for an unknown format or form, one that the function does not have,
    and an interval that is empty or holds no value of the format.

    Source: N. J. Higham, Accuracy and Stability of Numerical Algorithms (2002), on rounding and on Horner's rule.

    Example:
        >>> relu = Rational([0.0218, 0.5, 1.5957, 1.1915], [1, 0, 2.383])
        >>> rounding(relu, on=(-1, 1), dtype="bfloat16", form="horner")
        Rounding of bfloat16 horner on [-1, 1]: error ≤ 0.01181, attained at x = 0.8672
        >>> rounding(relu, on=(-100, 100), dtype="float16", form="horner").reason
        'the result is not finite at x = 37.5938'
    """
    if form is None:
        return recommend(rational, on, dtype).best
    target = _read_format(rational, dtype)
    return _judge(rational, form_of(rational, form), target, _read_interval(on, target))


def recommend(rational: Rational, on: Sequence[Any], dtype: str = "float32") -> Recommendation:
    """Compare every evaluation form that a rational function has, in one number format on one interval.

    See `rounding` for the arguments and errors, `Recommendation` for the order.

    Example:
        >>> print(recommend(Rational([0, 9, 0, 1], [1, 0, 1]), on=(-4, 4), dtype="float16"))
        form        error ≤      seen  not finite  from |x| =  not monotone  operations
        split       0.004797  0.004797           0           –           592           5
        reciprocal  0.008783  0.008783           0           –          1672          10
        factored     0.00723   0.00723       16384         256          1602           5
        estrin       0.00818   0.00818       22000       40.25          1406           6
        horner      0.007626  0.007626       22000       40.25          1550           5
    """
    target = _read_format(rational, dtype)
    interval = _read_interval(on, target)
    found = [_judge(rational, form, target, interval) for form in forms_of(rational)]
    smallest = min(entry.bound for entry in found)

    def rank(entry: Rounding) -> tuple[Any, ...]:
        close = entry.bound <= smallest * Decimal("1.25")
        outside = entry.non_finite if entry.non_finite is not None else int(entry.non_finite_from is not None)
        return not close, outside, entry.monotonicity_violations or 0, entry.bound, entry.operations

    table = sorted(found, key=rank)
    return Recommendation(table[0], tuple(table))


def _judge(rational: Rational, form: Form, target: NumberFormat, on: tuple[Fraction, Fraction]) -> Rounding:
    exact = rational.exact()
    asked = Rounding(
        dtype=target.name, form=form.name, on=on, bound=INFINITE, coefficients=INFINITE, observed=INFINITE,
        worst_x=float(on[0]), exhaustive=target.countable, operations=form.operations, non_finite=None, nan=None,
        monotonicity_violations=None, non_finite_from=None, reason="",
    )  # fmt: skip
    used = _in_format(form, target)
    if isinstance(used, Fraction):
        return replace(asked, reason=f"the coefficient {short(used)} is beyond {target.name}")
    asked = replace(asked, coefficients=_of_coefficients(exact, used, on))
    if target.countable:
        return _try_all(asked, exact, used, target)
    return _analyse(asked, exact, used, target)


def _try_all(asked: Rounding, exact: Rational, form: Form, target: NumberFormat) -> Rounding:
    x = target.values()
    computed = compute(form, target, x)
    counts = census(exact, x, computed)
    inside = target.within(x, *asked.on)
    start = int(np.searchsorted(x, inside[0]))
    found = worst(exact, inside, computed[start : start + inside.size])
    error = INFINITE if found.error is None else _decimal(found.error, ROUND_CEILING)
    return replace(
        asked,
        bound=error,
        observed=error,
        worst_x=found.x,
        non_finite=counts.non_finite,
        nan=counts.nan,
        monotonicity_violations=counts.violations,
        non_finite_from=counts.first,
        reason=found.why or f"all {inside.size} inputs in the interval were tried",
    )


def _analyse(asked: Rounding, exact: Rational, form: Form, target: NumberFormat) -> Rounding:
    x = target.samples(*asked.on, SLOW_SAMPLES if target.width > 32 else SAMPLES)
    seen = worst(exact, x, compute(form, target, x))
    found = replace(asked, worst_x=seen.x, non_finite_from=first_non_finite(form, target))
    if seen.error is None:
        return replace(found, reason=seen.why or "")
    found = replace(found, observed=_decimal(seen.error, ROUND_FLOOR))
    if not asked.coefficients.is_finite():
        return replace(found, reason="r, or r with rounded coefficients, has a pole in the interval")
    proved = arithmetic_error(_parts(form, *target.ends(*asked.on)), target)
    if proved.reason is not None:
        low, high = proved.box
        return replace(found, reason=f"{proved.reason} is not excluded for x in [{low:.6g}, {high:.6g}]")
    bound = Fraction(proved.bound) + Fraction(asked.coefficients)
    return replace(
        found,
        bound=_decimal(bound, ROUND_CEILING),
        reason="running error analysis in ball arithmetic, plus the effect of rounding the coefficients",
    )


def _in_format(form: Form, target: NumberFormat) -> Form | Fraction:
    """The form with its constants rounded to the format, or a constant that is beyond the format."""
    programs = []
    for program in form.programs:
        constants = []
        for c in program.constants:
            value = target.round(c)
            if value is None:
                return c
            constants.append(value)
        programs.append(replace(program, constants=tuple(constants)))
    return Form(form.name, *programs)


def _of_coefficients(exact: Rational, used: Form, on: tuple[Fraction, Fraction]) -> Decimal:
    r = exact.polynomials()
    return max(rounded(largest_difference(program.function(), r, *on), ROUND_CEILING) for program in used.programs)


def _parts(form: Form, a: float, b: float) -> list[tuple[Program, float, float]]:
    """The programs with the parts of [a, b] on which they run."""
    if form.outside is None:
        return [(form.inside, a, b)]
    parts = [(form.inside, max(a, -1.0), min(b, 1.0)), (form.outside, a, min(b, -1.0)), (form.outside, max(a, 1.0), b)]
    return [(program, low, high) for program, low, high in parts if low <= high]


def _decimal(number: Fraction, direction: str) -> Decimal:
    context = Context(prec=DIGITS, rounding=direction, Emax=MAX_EMAX, Emin=MIN_EMIN)
    return context.divide(Decimal(number.numerator), Decimal(number.denominator)).normalize(context)


def _read_format(rational: object, dtype: object) -> NumberFormat:
    if not isinstance(rational, Rational):
        raise TypeError(f"rounding() judges a Rational, not a {type(rational).__name__}: write Rational(p, q).")
    return number_format(dtype)


def _read_interval(on: Sequence[Any], target: NumberFormat) -> tuple[Fraction, Fraction]:
    if isinstance(on, str) or not isinstance(on, Sequence) or len(on) != 2:
        raise TypeError(f"on={on!r}: an interval is two numbers, on=(a, b); None is the end of the format.")
    largest = Fraction(target.largest)
    ends = (-largest if on[0] is None else on[0], largest if on[1] is None else on[1])
    try:
        a, b = (Fraction(end) for end in ends)
    except (TypeError, ValueError, OverflowError) as error:
        raise TypeError(f"on={on!r}: an end is a finite number, a string like '1/3', or None.") from error
    if a > b:
        raise ValueError(f"on={on!r}: the left end must not be larger than the right end.")
    if (target.within(target.values(), a, b) if target.countable else target.samples(a, b, 64)).size == 0:
        raise ValueError(f"on={on!r}: no value of {target.name} lies in it; its largest is {target.largest:.6g}.")
    return a, b
