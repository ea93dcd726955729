"""Rounding: what is proved and seen of one evaluation form in one number format."""

from __future__ import annotations

from dataclasses import dataclass, fields
from decimal import Decimal
from fractions import Fraction
from typing import Any

__all__ = ["Recommendation", "Rounding"]


@dataclass(frozen=True, repr=False)
class Rounding:
    """What rounding does to r = p/q, evaluated in one form and one number format.

        observed <= max |computed(x) - r(x)| <= bound        x: every value of the format in [a, b]

    r has its original coefficients; `computed` has them rounded to the format first, then rounds every operation to
    nearest, ties to even, without contraction (FMA). dtype, form: names; on: (a, b). `coefficients` bounds the part
    that is due to rounding the coefficients alone, max |r̂ - r| over all real x of [a, b]. Decimals are rounded up,
    `observed` down; where `exhaustive`, every input was tried and both bounds are the same number, the largest error,
    rounded up. worst_x: the input at which observed was found.
    An infinite bound is no silence: `reason` says what happens and where.

    Over all finite inputs of the format, inside [a, b] or not (None where they are too many to try): `non_finite`
    results, `nan` of them NaN; `monotonicity_violations`: neighbouring inputs between which r rises and the results
    fall, or the reverse. non_finite_from: the smallest |x| whose result is not finite; None if there is none, or, where
    not exhaustive, if none was met in a search of every binade.

    Example:
        >>> from ratapprox import Rational
        >>> from ratapprox.symbolic.rounding import rounding
        >>> ralu = rounding(Rational([0, 9, 0, 1], [1, 0, 1]), on=(-4, 4), dtype="float16", form="split")
        >>> ralu
        Rounding of float16 split on [-4, 4]: error ≤ 0.004797, attained at x = -1.102
        >>> ralu.non_finite, ralu.monotonicity_violations
        (0, 592)
    """

    dtype: str
    form: str
    on: tuple[Fraction, Fraction]
    bound: Decimal
    coefficients: Decimal
    observed: Decimal
    worst_x: float
    exhaustive: bool
    operations: int
    non_finite: int | None
    nan: int | None
    monotonicity_violations: int | None
    non_finite_from: float | None
    reason: str

    def __repr__(self) -> str:
        a, b = (f"{float(end):.6g}" for end in self.on)
        what = f"Rounding of {self.dtype} {self.form} on [{a}, {b}]"
        if not self.bound.is_finite():
            return f"{what}: no bound, {self.reason}"
        if self.exhaustive:
            return f"{what}: error ≤ {_short(self.bound)}, attained at x = {self.worst_x:.4g}"
        return f"{what}: error ≤ {_short(self.bound)}, {_short(self.observed)} seen at x = {self.worst_x:.4g}"

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON: exact numbers and decimals as strings, an infinite bound as null.

        >>> from ratapprox import Rational
        >>> from ratapprox.symbolic.rounding import rounding
        >>> rounding(Rational([1]), (0, 1), "float32").to_dict()["bound"]
        '0'
        """
        document = {field.name: getattr(self, field.name) for field in fields(self)}
        document["on"] = [str(end) for end in self.on]
        for name in ("bound", "coefficients", "observed"):
            value = document[name]
            document[name] = str(value) if value.is_finite() else None
        return document


@dataclass(frozen=True, repr=False)
class Recommendation:
    """The best evaluation form and all that were compared, best first.

    A form with a finite bound comes before one without; bounds within a quarter of the smallest count as equal, and
    then fewer results that are not finite win, then fewer monotonicity violations, then the smaller bound, then fewer
    operations.
    """

    best: Rounding
    table: tuple[Rounding, ...]

    @property
    def form(self) -> str:
        """The name of the best form."""
        return self.best.form

    def to_dict(self) -> dict[str, Any]:
        """The JSON document "ratapprox/rounding/1": all forms, the best one first."""
        return {"schema": "ratapprox/rounding/1", "best": self.form, "forms": [row.to_dict() for row in self.table]}

    def __repr__(self) -> str:
        return f"Recommendation: {self.best.form} of {', '.join(row.form for row in self.table)}; {self.best!r}"

    def __str__(self) -> str:
        """A line for each form."""
        head = ("form", "error ≤", "seen", "not finite", "from |x| =", "not monotone", "operations")
        rows = [head, *(_row(entry) for entry in self.table)]
        widths = [max(len(row[k]) for row in rows) for k in range(len(head))]
        lines = []
        for name, *numbers in rows:
            cells = [cell.rjust(width) for cell, width in zip(numbers, widths[1:], strict=True)]
            lines.append("  ".join([name.ljust(widths[0]), *cells]))
        return "\n".join(lines)


def _row(entry: Rounding) -> tuple[str, ...]:
    counts = ["–" if count is None else str(count) for count in (entry.non_finite, entry.monotonicity_violations)]
    first = "–" if entry.non_finite_from is None else f"{entry.non_finite_from:.4g}"
    bound, seen = (_short(value) if value.is_finite() else "none" for value in (entry.bound, entry.observed))
    return entry.form, bound, seen, counts[0], first, counts[1], str(entry.operations)


def _short(value: Decimal) -> str:
    return f"{float(value):.4g}"
