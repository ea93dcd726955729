"""What an audit asks of a function, exactly: poles, monotonicity, slopes, tails, values far out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from ratapprox.algebraic import Algebraic
from ratapprox.barycentric import Barycentric
from ratapprox.forms.form import Form
from ratapprox.piecewise import Piecewise
from ratapprox.rational import Rational
from ratapprox.symbolic.antiderivative import interval_text
from ratapprox.symbolic.decide import Ends
from ratapprox.symbolic.decimal_enclosure import Enclosure
from ratapprox.symbolic.interval import exact_text, read_interval
from ratapprox.symbolic.piece_shape import continuous, never_falls, poles_on, runs, slope_range, stretches
from ratapprox.symbolic.piecewise_question import refuse_jump_at
from ratapprox.symbolic.shape import Stretch, end
from ratapprox.tails import Tail

__all__ = ["FAR", "Portrait", "portrait"]

FAR = (Fraction(-10), Fraction(10))
"""Where a function is looked at outside the intervals on which activation functions are usually fitted."""


@dataclass(frozen=True, repr=False)
class Portrait:
    """What is proved of a rational or piecewise rational function on a closed interval or on the real line.

    on: (a, b), None is an infinite end. poles: on the interval; poles_on_reals: everywhere. continuous, increasing:
    on the interval, a pole or a falling jump refutes `increasing`. falling: the maximal intervals on which it
    decreases, with exact ends. slopes: (inf r', sup r') between the breakpoints, None where infinite or, with a pole on
    the interval, not bounded. tails: at -inf and +inf. far: the values at -10 and 10, None at a pole.
    """

    function: Rational | Piecewise
    on: Ends
    poles: tuple[Algebraic, ...]
    poles_on_reals: tuple[Algebraic, ...]
    continuous: bool
    increasing: bool
    falling: tuple[Stretch, ...]
    slopes: tuple[Enclosure | None, Enclosure | None]
    tails: tuple[Tail, Tail]
    far: tuple[Enclosure | None, Enclosure | None]

    def __repr__(self) -> str:
        where = interval_text(self.on)
        if self.poles:
            return f"Portrait on {where}: poles at {', '.join(map(end, self.poles))}"
        least, largest = (
            f"{sign}∞" if s is None else f"{float(s):.4g}" for sign, s in zip("−+", self.slopes, strict=True)
        )
        shape = "increasing" if self.increasing else f"falls on {', '.join(map(str, self.falling)) or 'a jump'}"
        return f"Portrait on {where}: {shape}; slopes from {least} to {largest}; no pole"

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON: exact numbers as texts beside their decimals; null is infinite, or a pole."""
        return {
            "on": [None if e is None else exact_text(e) for e in self.on],
            "poles": [pole.to_dict() for pole in self.poles],
            "poles_on_reals": [pole.to_dict() for pole in self.poles_on_reals],
            "continuous": self.continuous,
            "increasing": self.increasing,
            "falling": [stretch.to_dict() for stretch in self.falling],
            "slopes": [None if s is None else s.to_dict() for s in self.slopes],
            "tails": [repr(tail).removeprefix("Tail: ") for tail in self.tails],
            "far": [None if value is None else value.to_dict() for value in self.far],
        }


def portrait(function: Rational | Barycentric | Piecewise | Form, on: Sequence[Any] | None = None) -> Portrait:
    """Poles, monotonicity, slope range, tails and values at ±10 of a rational or piecewise rational function, proved.

    The coefficients are taken exactly (a float is a dyadic rational), common factors cancelled.

    on: (a, b); leave it out, or give None or infinite ends, for the real line.

    Raises TypeError for what is no such function, ValueError for an empty interval and for one whose right end is a
    jump.

    Example:
        >>> from ratapprox import Rational
        >>> p = portrait(Rational([0.0218, 0.5, 1.5957, 1.1915], [1, 0, 2.383]), (-1, 1))
        >>> p
        Portrait on [-1, 1]: falls on [-0.647..., -0.191...]; slopes from -0.1495 to 1.15; no pole
        >>> p.tails, float(p.far[1])
        ((Tail: 0.6696 + 0.5x, Tail: 0.6696 + 0.5x), 5.6669...)
    """
    if isinstance(function, Form):
        function = function.function()
    if isinstance(function, Barycentric):
        function = function.to_rational()
    if not isinstance(function, Rational | Piecewise):
        raise TypeError(
            f"portrait() describes a Rational, a Piecewise or a form, not a {type(function).__name__}:"
            " write Rational(p, q)"
        )
    ends = read_interval((None, None) if on is None else on)
    if isinstance(function, Piecewise):
        refuse_jump_at(function, ends[1])
    found, whole = runs(function, ends), runs(function)
    return Portrait(
        function=function,
        on=ends,
        poles=poles_on(found),
        poles_on_reals=poles_on(whole),
        continuous=continuous(found) and not poles_on(found),
        increasing=never_falls(found),
        falling=tuple(stretch for stretch in stretches(found) if stretch.kind == "decreasing"),
        slopes=slope_range(found),
        tails=function.limits(),
        far=(_far(function, FAR[0]), _far(function, FAR[1])),
    )


def _far(function: Rational | Piecewise, x: Fraction) -> Enclosure | None:
    try:
        return Enclosure.exactly(function.exact()(x))
    except ZeroDivisionError:
        return None
