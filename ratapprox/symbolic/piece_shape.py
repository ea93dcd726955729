"""Where a function of one or several rational pieces rises and falls, and between which bounds its slope lies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Any

from flint import arb, ctx

from ratapprox.algebraic import Algebraic
from ratapprox.breakpoints import Breakpoint, as_algebraic, vanishes
from ratapprox.piecewise import Piecewise
from ratapprox.rational import Rational
from ratapprox.symbolic.decimal_enclosure import Enclosure
from ratapprox.symbolic.interval import Ends, sign_at
from ratapprox.symbolic.lipschitz import bend, slope
from ratapprox.symbolic.shape import Stretch, ball, monotone, roots_on

__all__ = ["Run", "continuous", "never_falls", "poles_on", "runs", "slope_range", "stretches"]

_BITS = 192


@dataclass(frozen=True, slots=True)
class Run:
    """Coprime p/q on a closed interval [lower, upper], None where infinite."""

    lower: Breakpoint | None
    upper: Breakpoint | None
    p: Any
    q: Any

    @property
    def ends(self) -> Ends:
        """(lower, upper)."""
        return self.lower, self.upper


def runs(function: Rational | Piecewise, on: Ends = (None, None)) -> tuple[Run, ...]:
    """The exact pieces on an interval, common factors cancelled, equal neighbours made one; no single points.

    >>> from fractions import Fraction
    >>> f = Piecewise([0, 1], [Rational([0]), Rational([0, 1]), Rational([1])])
    >>> [(run.lower, run.p) for run in runs(f, (Fraction(-1), Fraction(1)))]
    [(Fraction(-1, 1), 0), (Fraction(0, 1), x)]
    """
    exact = function.exact().reduced()
    whole = exact.joined() if isinstance(exact, Piecewise) else exact
    pieces = whole.intervals() if isinstance(whole, Piecewise) else ((None, None, whole),)
    a, b = on
    found = []
    for low, high, piece in pieces:
        lower = a if low is None or (a is not None and a > low) else low
        upper = b if high is None or (b is not None and b < high) else high
        if lower is None or upper is None or lower < upper:
            found.append(Run(lower, upper, *piece.polynomials()))
    return tuple(found)


def poles_on(found: Sequence[Run]) -> tuple[Algebraic, ...]:
    """The poles of the runs in their closed intervals, ascending.

    >>> poles_on(runs(Rational([1], [-2, 0, 1])))
    (Algebraic -√2, Algebraic √2)
    """
    poles: list[Algebraic] = []
    for run in found:
        if run.q.degree() > 0:
            poles += [pole for pole in roots_on(run.q, run.ends) if pole not in poles]
    return tuple(sorted(poles))


def step(left: Run, right: Run) -> int | None:
    """The sign of right - left where two runs meet, decided exactly; None where one of them has a pole."""
    t = right.lower
    assert t is not None
    if vanishes(left.q, t) or vanishes(right.q, t):
        return None
    return sign_at((right.p * left.q - left.p * right.q) * left.q * right.q, t)


def continuous(found: Sequence[Run]) -> bool:
    """Whether neighbouring runs meet.

    >>> continuous(runs(Piecewise([0], [Rational([0]), Rational([0, 1])])))
    True
    """
    return all(step(left, right) == 0 for left, right in pairwise(found))


def stretches(found: Sequence[Run]) -> tuple[Stretch, ...]:
    """The maximal intervals on which the function increases, decreases or is constant, cut at jumps too.

    >>> stretches(runs(Piecewise([0], [Rational([0, 0, -1]), Rational([0, 1])])))
    (Stretch: increasing on (−∞, ∞),)
    """
    whole: list[Stretch] = []
    previous: Run | None = None
    for run in found:
        part = list(monotone(run.p, run.q, run.ends))
        if previous is not None and step(previous, run) == 0 and whole[-1].kind == part[0].kind:
            left, right = whole.pop(), part.pop(0)
            part.insert(0, Stretch(left.lower, right.upper, left.kind, left.lower_pole, right.upper_pole))
        whole += part
        previous = run
    return tuple(whole)


def never_falls(found: Sequence[Run]) -> bool:
    """Whether the function has no pole and never falls, not at a jump either.

    >>> never_falls(runs(Piecewise([0], [Rational([0]), Rational([1])])))
    True
    >>> never_falls(runs(Piecewise([0], [Rational([1]), Rational([0])])))
    False
    """
    if poles_on(found) or any(stretch.kind == "decreasing" for stretch in stretches(found)):
        return False
    signs = [step(left, right) for left, right in pairwise(found)]
    return all(sign is not None and sign >= 0 for sign in signs)


def slope_range(found: Sequence[Run]) -> tuple[Enclosure | None, Enclosure | None]:
    """inf r' and sup r' between the breakpoints, None where infinite, or where a pole leaves them undecided.

    The slopes on both sides of a corner count; r' is extreme at an end, at a root of r'', or in the limit.

    >>> slope_range(runs(Rational([0, 1], [1, 0, 1])))
    (Enclosure: -0.125 ± 1e-22, Enclosure: 1)
    """
    if poles_on(found):
        return None, None
    lowest: list[Enclosure | None] = []
    highest: list[Enclosure | None] = []
    for run in found:
        N, M, square = slope(run.p, run.q), bend(run.p, run.q), run.q * run.q
        points = [as_algebraic(t) for t in run.ends if t is not None]
        points += roots_on(M, run.ends) if M != 0 else []
        values = [Enclosure.of(ball(N, square, x)) for x in points]
        limits = [_limit(N, square, side) for t, side in zip(run.ends, (-1, 1), strict=True) if t is None]
        finite = [*values, *(value for value in limits if isinstance(value, Enclosure))]
        lowest.append(None if -1 in limits else _least(finite))
        highest.append(None if 1 in limits else _largest(finite))
    return (
        None if None in lowest else _least([e for e in lowest if e is not None]),
        None if None in highest else _largest([e for e in highest if e is not None]),
    )


def _limit(N: Any, square: Any, side: int) -> Enclosure | int:
    """The limit of N/square at -inf or +inf, or the sign of an infinite one."""
    if N.degree() < square.degree():
        return Enclosure(Decimal(0), Decimal(0))
    ratio = N.leading_coefficient() / square.leading_coefficient()
    if N.degree() == square.degree():
        with ctx.workprec(_BITS):
            return Enclosure.of(arb(ratio))
    sign = 1 if ratio > 0 else -1
    return sign * side if (N.degree() - square.degree()) % 2 else sign


def _least(values: Sequence[Enclosure]) -> Enclosure:
    return Enclosure(min(v.lower for v in values), min(v.upper for v in values))


def _largest(values: Sequence[Enclosure]) -> Enclosure:
    return Enclosure(max(v.lower for v in values), max(v.upper for v in values))
