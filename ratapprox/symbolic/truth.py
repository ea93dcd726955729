"""The truth of a property in every cell of the parameter's line, from the truth of its single conditions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from fractions import Fraction
from math import lcm

from flint import fmpq_poly

from ratapprox.algebraic import Algebraic
from ratapprox.symbolic.decide import Ends, holds
from ratapprox.symbolic.numberfield import Decision, NumberField, decide_at
from ratapprox.symbolic.projection import (
    Clock,
    Line,
    at_value,
    critical,
    in_parameter,
    irreducible,
    line,
    resultant,
    rows,
)
from ratapprox.symbolic.properties import AnyOf, Atom, Condition, Property, Vanish, conditions
from ratapprox.symbolic.quotient import Quotient
from ratapprox.symbolic.region import Region

__all__ = ["Cells", "combine", "decide_all", "decide_conditions", "holds_at", "leaves", "region_of"]


@dataclass(frozen=True)
class Cells:
    """Every condition decided in every cell: decisions[i][k] is about leaf i, truth[k] about the property.

    Cell 2k is the open one left of line.points[k], cell 2k + 1 is that point. reduced_at: the points that
    were judged by the function that is left there when a common factor of p and q is cancelled.
    """

    quotient: Quotient | None
    conditions: tuple[Condition, ...]
    line: Line
    decisions: tuple[tuple[Decision, ...], ...]
    truth: tuple[bool, ...]
    reduced_at: tuple[int, ...] = ()


def leaves(found: Sequence[Condition]) -> Iterator[Atom | Vanish]:
    """The atoms and vanishing conditions, also inside alternatives, in order."""
    for condition in found:
        if isinstance(condition, AnyOf):
            for alternative in condition.alternatives:
                yield from leaves(alternative)
        else:
            yield condition


def combine(found: Sequence[Condition], truth: Iterator[bool]) -> bool:
    """Whether all conditions hold, given the truth of the leaves in order."""
    whole = True
    for condition in found:
        if isinstance(condition, AnyOf):
            alternatives = [combine(alternative, truth) for alternative in condition.alternatives]
            whole &= any(alternatives)
        else:
            whole &= next(truth)
    return whole


def decide_all(
    quotient: Quotient,
    asked: Property,
    on: Ends,
    clock: Clock,
    *,
    cancelled: bool,
    more: Set[tuple[int, ...]] = frozenset(),
) -> tuple[Cells, Cells]:
    """The cells for the reading that was asked, and for the other reading of removable poles.

    cancelled: p and q are judged after cancellation, also of factors that they have in common at single values only.
    more: irreducible polynomials at whose roots the line is to be cut, too.
    """
    reduced = quotient.cancelled()
    special = _common_roots(reduced, clock)
    written = decide_conditions(quotient, conditions(quotient, asked, on), clock, special | more)
    if reduced is quotient and not special:
        return written, written
    generic = written
    if reduced is not quotient:
        generic = decide_conditions(reduced, conditions(reduced, asked, on), clock, special | more)
    judged = _at_special_points(generic, asked, on, special, clock)
    return (judged, written) if cancelled else (written, judged)


def holds_at(found: Sequence[Condition], value: Fraction) -> bool:
    """Whether all conditions hold at one rational value of the parameter.

    >>> from ratapprox.symbolic.reading import read
    >>> holds_at(conditions(read("ralu"), Property("increasing")), Fraction(9))
    True
    """
    point = Algebraic.rational(value)
    return combine(found, (_at_point(leaf, point, Clock(), closed=False).holds for leaf in leaves(found)))


def region_of(found: Sequence[Condition], parameter: str, clock: Clock) -> Region:
    """The values of the parameter for which all conditions hold.

    >>> from ratapprox.symbolic.reading import read
    >>> region_of(conditions(read("ralu"), Property("increasing")), "alpha", Clock())
    Region 0 <= alpha <= 9
    """
    cells = decide_conditions(None, tuple(found), clock)
    return Region.from_cells(parameter, cells.line.points, cells.truth)


def _common_roots(reduced: Quotient, clock: Clock) -> set[tuple[int, ...]]:
    """The critical polynomials at whose roots p and q, which have no factor in common, get one with x in it."""
    found: set[tuple[int, ...]] = set()
    if reduced.p == 0 or not reduced.parameters:
        return found
    bottoms = [g for g, _ in reduced.q.factor()[1] if g.degrees()[0] > 0]
    for top, _ in reduced.p.factor()[1] if bottoms else []:
        if top.degrees()[0] == 0:  # p vanishes for all x, and 0/q is 0
            found |= irreducible(in_parameter(top))
            continue
        for bottom in bottoms:
            clock.check("the values were sought at which p and q have a common factor")
            found |= irreducible(resultant(top, bottom, clock))
    return found


def decide_conditions(
    quotient: Quotient | None, found: tuple[Condition, ...], clock: Clock, more: Set[tuple[int, ...]] = frozenset()
) -> Cells:
    """The cells of conditions in a ring of x and at most one parameter; the line is cut also at the roots of `more`."""
    every = list(leaves(found))
    own = [critical(leaf, clock) for leaf in every]
    cut = line(set().union(*own, more), clock)
    decisions = tuple(_leaf(leaf, polynomials, cut, clock) for leaf, polynomials in zip(every, own, strict=True))
    cells = range(2 * len(cut.points) + 1)
    truth = tuple(combine(found, iter([row[k].holds for row in decisions])) for k in cells)
    return Cells(quotient, found, cut, decisions, truth)


def _leaf(leaf: Atom | Vanish, polynomials: set[tuple[int, ...]], cut: Line, clock: Clock) -> tuple[Decision, ...]:
    """One condition in all cells; only its own critical points part its own cells."""
    own = [k for k, point in enumerate(cut.points) if point.polynomial in polynomials]
    found: list[Decision | None] = [None] * (2 * len(cut.points) + 1)
    starts = [0, *(k + 1 for k in own)]
    ends = [*own, len(cut.points)]
    opened: list[Decision] = []
    for start, end in zip(starts, ends, strict=True):
        clock.check(f"a condition was decided between two critical values, {len(opened)} of {len(starts)} done")
        decision = _at_sample(leaf, cut, start, end)
        opened.append(decision)
        for k in range(2 * start, 2 * end + 1):
            found[k] = decision if k % 2 == 0 else Decision(decision.holds, "same")
    for j, k in enumerate(own):
        clock.check(f"a condition was decided at the critical value {cut.points[k]}")
        found[2 * k + 1] = _at_point(leaf, cut.points[k], clock, closed=opened[j].holds or opened[j + 1].holds)
    return tuple(decision for decision in found if decision is not None)


def _at_sample(leaf: Atom | Vanish, cut: Line, start: int, end: int) -> Decision:
    value = min(cut.samples[start : end + 1], key=lambda sample: (sample.denominator, abs(sample)))
    if isinstance(leaf, Vanish):
        return Decision(all(f == 0 for f in leaf.polynomials) != leaf.negated, "sample")
    witness = holds(at_value(rows(leaf.polynomial), value), leaf.relation, leaf.on)
    return Decision(witness is None, "sample", witness)


def _at_point(leaf: Atom | Vanish, point: Algebraic, clock: Clock, *, closed: bool) -> Decision:
    if isinstance(leaf, Vanish):
        modulus = fmpq_poly(list(point.polynomial))
        zero = all((fmpq_poly(in_parameter(f)) % modulus).degree() < 0 for f in leaf.polynomials)
        return Decision(zero != leaf.negated, "exact")
    if closed and leaf.relation == ">=":
        return Decision(True, "closed")
    coefficients = rows(leaf.polynomial)
    if point.is_rational:
        witness = holds(at_value(coefficients, point.lower), leaf.relation, leaf.on)
        return Decision(witness is None, "exact" if witness is None else "witness", witness)
    return decide_at(coefficients, point, leaf.relation, leaf.on, clock.check)


def _at_special_points(generic: Cells, asked: Property, on: Ends, special: set[tuple[int, ...]], clock: Clock) -> Cells:
    """The cells with the points judged anew at which p and q have a common factor."""
    truth, judged = list(generic.truth), []
    for k, point in enumerate(generic.line.points):
        if point.polynomial in special:
            clock.check(f"the reduced function was judged at {point}")
            reduced = None if generic.quotient is None else _reduced_at(generic.quotient, point)
            if reduced is not None:
                judged.append(2 * k + 1)
                found = conditions(reduced, asked, on)
                decided = (_at_point(leaf, point, clock, closed=False).holds for leaf in leaves(found))
                truth[2 * k + 1] = combine(found, decided)
    return Cells(generic.quotient, generic.conditions, generic.line, generic.decisions, tuple(truth), tuple(judged))


def _reduced_at(quotient: Quotient, point: Algebraic) -> Quotient | None:
    """p/q without the factor that they have in common at this value only; None when there is none, or q is 0."""
    field = NumberField(point)
    p, q = field.reduced(rows(quotient.p)), field.reduced(rows(quotient.q))
    if not q:
        return None
    common = field.gcd(p, q)
    if len(common) < 2:
        return None
    p, q = field.divmod(p, common)[0], field.divmod(q, common)[0]
    scale = lcm(*(int(c.denom()) for c in (*p, *q)))
    ring = quotient.p.context()
    terms = ({(k, j): int(c * scale) for k, row in enumerate(f) for j, c in enumerate(row.coeffs())} for f in (p, q))
    lifted = [ring.from_dict({powers: c for powers, c in part.items() if c}) for part in terms]
    return Quotient(lifted[0], lifted[1])
