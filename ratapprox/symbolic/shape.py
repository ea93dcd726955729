"""Where a rational function rises and falls, bends up and down: maximal intervals with exact ends.

With N = p'q - pq' and M = N'q - 2Nq' are r' = N/q² and r'' = M/q³. Their signs change at the real roots of odd
multiplicity of N and of M q, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

from flint import arb, arb_poly, ctx, fmpq_poly

from ratapprox.algebraic import Algebraic, algebraic_roots, simplest_between, sort_apart
from ratapprox.sturm import to_fmpq
from ratapprox.symbolic.decimal_enclosure import Enclosure
from ratapprox.symbolic.interval import Ends, number
from ratapprox.symbolic.lipschitz import bend, slope

__all__ = [
    "Kind",
    "Stretch",
    "ball",
    "curvature",
    "end",
    "monotone",
    "roots_on",
    "turning_points",
    "value",
    "vanishes",
]

Kind = Literal["increasing", "decreasing", "constant", "convex", "concave", "straight"]

START_BITS, ENOUGH_BITS, MOST_BITS = 192, 90, 1 << 15


@dataclass(frozen=True, slots=True, repr=False)
class Stretch:
    """A maximal interval on which a function is of one kind; None is an infinite end, and a pole is never inside.

    The ends belong to it, unless they are poles: `lower_pole`, `upper_pole`.
    """

    lower: Algebraic | None
    upper: Algebraic | None
    kind: Kind
    lower_pole: bool = False
    upper_pole: bool = False

    def __str__(self) -> str:
        left = "(−∞" if self.lower is None else f"{'(' if self.lower_pole else '['}{end(self.lower)}"
        right = "∞)" if self.upper is None else f"{end(self.upper)}{')' if self.upper_pole else ']'}"
        return f"{left}, {right}"

    def __repr__(self) -> str:
        return f"Stretch: {self.kind} on {self}"

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON; null is an infinite end."""
        return {
            "kind": self.kind,
            "lower": None if self.lower is None else self.lower.to_dict(),
            "lower_closed": self.lower is not None and not self.lower_pole,
            "upper": None if self.upper is None else self.upper.to_dict(),
            "upper_closed": self.upper is not None and not self.upper_pole,
        }


def end(x: Algebraic) -> str:
    """A number as it is written for a reader: short and exact, or 15 digits.

    >>> from fractions import Fraction
    >>> end(Algebraic.rational(Fraction(1, 3))), end(Algebraic((-2, 0, 1), Fraction(1), Fraction(2)))
    ('1/3', '√2')
    >>> end(Algebraic((-1, -1, 0, 1), Fraction(1), Fraction(2)))
    '1.32471795724475'
    """
    text = x.text()
    return text if len(text) <= 12 and "≈" not in text else f"{float(x):.15g}"


def monotone(p: Any, q: Any, on: Ends = (None, None)) -> tuple[Stretch, ...]:
    """The maximal intervals on which coprime p/q is increasing, decreasing or constant, from left to right.

    >>> monotone(fmpq_poly([0, 1]), fmpq_poly([1, 0, 1]))
    (Stretch: decreasing on (−∞, -1], Stretch: increasing on [-1, 1], Stretch: decreasing on [1, ∞))
    >>> from fractions import Fraction
    >>> monotone(fmpq_poly([1]), fmpq_poly([0, 1]), (Fraction(-1), Fraction(1)))
    (Stretch: decreasing on [-1, 0), Stretch: decreasing on (0, 1])
    """
    return _stretches(slope(p, q), q, on, ("increasing", "decreasing", "constant"))


def curvature(p: Any, q: Any, on: Ends = (None, None)) -> tuple[Stretch, ...]:
    """The maximal intervals on which coprime p/q is convex, concave or straight, from left to right.

    >>> curvature(fmpq_poly([0, 0, 0, 1]), fmpq_poly([1]))
    (Stretch: concave on (−∞, 0], Stretch: convex on [0, ∞))
    """
    return _stretches(bend(p, q) * q, q, on, ("convex", "concave", "straight"))


def turning_points(stretches: Sequence[Stretch]) -> tuple[Algebraic, ...]:
    """Where one stretch ends and the next begins, poles left out: local extrema, or inflections.

    >>> turning_points(monotone(fmpq_poly([0, 1]), fmpq_poly([1, 0, 1])))
    (Algebraic -1, Algebraic 1)
    """
    return tuple(left.upper for left in stretches[:-1] if left.upper is not None and not left.upper_pole)


def roots_on(f: Any, on: Ends = (None, None), *, odd: bool = False) -> list[Algebraic]:
    """The distinct real roots of f in a closed interval, ascending; `odd`: only those of odd multiplicity.

    >>> roots_on(fmpq_poly([0, 0, -2, 1])), roots_on(fmpq_poly([0, 0, -2, 1]), odd=True)
    ([Algebraic 0, Algebraic 2], [Algebraic 2])
    """
    low, high = on
    return sort_apart(
        [
            root
            for factor, multiplicity in f.numer().factor()[1]
            if multiplicity % 2 or not odd
            for root in algebraic_roots(factor)
            if (low is None or root >= low) and (high is None or root <= high)
        ]
    )


def value(above: Any, below: Any, x: Algebraic) -> Enclosure:
    """above(x)/below(x), enclosed to more than 22 digits, exactly 0 where it is; below(x) != 0.

    >>> from fractions import Fraction
    >>> value(fmpq_poly([0, 1]), fmpq_poly([1, 0, 1]), Algebraic((-2, 0, 1), Fraction(1), Fraction(2)))
    Enclosure: 0.471404520791031682933…
    """
    return Enclosure.of(ball(above, below, x))


def ball(above: Any, below: Any, x: Algebraic, bits: int = ENOUGH_BITS) -> Any:
    """A ball around above(x)/below(x) with so many relative bits; exactly 0 where it is."""
    if vanishes(above, x):
        return arb(0)
    precision = bits + START_BITS - ENOUGH_BITS
    while True:
        with ctx.workprec(precision):
            point = x.arb()
            found = arb_poly(above)(point) / arb_poly(below)(point)
        if found.is_finite() and (found.rel_accuracy_bits() >= bits or precision > MOST_BITS):
            return found
        precision *= 2


def vanishes(f: Any, x: Algebraic) -> bool:
    """Whether a polynomial is 0 at an algebraic number, decided exactly."""
    return bool(f % fmpq_poly(list(x.polynomial)) == 0)


def _stretches(f: Any, q: Any, on: Ends, names: tuple[Kind, Kind, Kind]) -> tuple[Stretch, ...]:
    """The intervals of one sign of f between the poles."""
    low, high = (None if e is None else number(e) for e in on)
    poles = roots_on(q, on) if q.degree() > 0 else []
    changes = [] if f == 0 else [x for x in roots_on(f, on, odd=True) if x not in poles]
    inner = [x for x in (*poles, *changes) if x not in (low, high)]
    points = sort_apart([*inner, *(e for e in (low, high) if e is not None)])
    walls = [*([None] if low is None else []), *points, *([None] if high is None else [])]
    found = []
    for left, right in pairwise(walls):
        x = simplest_between(None if left is None else left.upper, None if right is None else right.lower)
        while f != 0 and f(to_fmpq(x)) == 0:  # a root of even multiplicity
            x = simplest_between(x, None if right is None else right.lower)
        sign = 0 if f == 0 else f(to_fmpq(x))
        kind = names[2] if sign == 0 else names[0] if sign > 0 else names[1]
        found.append(Stretch(left, right, kind, left in poles, right in poles))
    return tuple(found)
