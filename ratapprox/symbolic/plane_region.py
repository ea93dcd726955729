"""The region of two parameters: open cells decided exactly, and a readable formula for them.

Truth can change on the curves of a projection only. Every open cell between them is decided at a rational sample; the
arcs between the cells and the lines over rational places are decided as questions of one parameter. What stays
undecided, isolated points over irrational places, is said.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import product
from typing import Any

from ratapprox.symbolic.cells import columns, degenerate, distinct, factors, project, signs
from ratapprox.symbolic.formula import Formula, separate
from ratapprox.symbolic.plane import PlaneQuestion, PlaneRegion
from ratapprox.symbolic.thin_pieces import Decomposition, cost_of, indexed_texts, literal_of, thin_pieces

__all__ = ["plane_region"]


def plane_region(question: PlaneQuestion) -> PlaneRegion:
    """The exact region of a statement about two parameters.

    Both parameters are tried as the base; the shorter formula wins. The formula is sought among the signs of the
    curves, then of the curves and the columns' walls, then with their derivatives; if none will do, numbered roots
    say it.
    """
    curves = distinct(f for group in question.groups for f in project(group, 0, question.ends) if not f.is_constant())
    curves = distinct([*curves, *(f for extra in question.extra for f, _ in factors(extra))])
    thin = distinct(f for group in question.groups for f in degenerate(group, 0))
    best: Decomposition | None = None
    for stage in ("signs", "derivatives"):
        for axes in ((1, 2), (2, 1)):
            known = curves if stage == "signs" else _with_derivatives(curves, axes)
            found = _decompose(question, known, thin, axes)
            if best is None or found.cost < best.cost:
                best = found
        assert best is not None
        if best.formula is not None:
            break
    assert best is not None
    names, base = question.parameters, best.axes[0]
    exceptions, undecided, formula = thin_pieces(question, best)
    indexed = () if formula is not None else tuple(indexed_texts(best.columns, names, best.axes))
    return PlaneRegion(names, names[base - 1], best.columns, formula, indexed, exceptions, undecided, question)


def _decompose(
    question: PlaneQuestion, curves: Sequence[Any], thin: Sequence[Any], axes: tuple[int, int]
) -> Decomposition:
    base, fibre = axes

    def truth(u: Fraction, v: Fraction) -> bool:
        return question.truth(u, v) if base == 1 else question.truth(v, u)

    lines = project(curves, fibre, check=question.check)
    refinements = [f for f in thin if f.degrees()[fibre] == 0]
    if curves:
        name = curves[0].context().name(fibre)
        movable = [f for f in thin if f.degrees()[fibre]]
        for f, g in product(movable, (g for g in curves if g.degrees()[fibre])):
            question.check()
            refinements.append(f.resultant(g, name))
    parted = columns(curves, [*lines, *refinements], axes, truth, question.check)
    cells = [cell for column in parted for cell in column.cells]
    truths = [cell.truth for cell in cells]
    whole = distinct([*curves, *lines])
    best = Decomposition(axes, curves, whole, parted, None, (10**6, 10**6))
    for known in (list(curves), whole):
        clauses = separate(
            signs(known, cells, axes, question.check), truths, [cost_of(f) for f in known], question.check
        )
        if clauses is None:
            continue
        cost = (len(clauses), sum(cost_of(known[k]) for clause in clauses for k, _ in clause))
        if cost < best.cost:
            literals = tuple(tuple(literal_of(known[k], s, question.parameters) for k, s in c) for c in clauses)
            best = replace(best, formula=Formula(literals), cost=cost)
    return best


def _with_derivatives(curves: Sequence[Any], axes: tuple[int, int]) -> list[Any]:
    name = curves[0].context().name(axes[1])
    derived = [f.derivative(name) for f in curves if f.degrees()[axes[1]] > 1]
    return distinct([*curves, *(factor for f in derived for factor, _ in factors(f))])
