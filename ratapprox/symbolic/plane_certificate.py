"""The certificate of a region of two parameters: a line of one, over each cell of which stands a line of the other.

It is made from the question alone, not from the decomposition that found the formula: the columns are cut by every
curve of the projection, by what is left of leading coefficients where they vanish, and by the curves of the formula.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Any

from flint import fmpq_poly

from ratapprox.algebraic import Algebraic
from ratapprox.symbolic.cells import degenerate, distinct, factors, project, real_line, specialise
from ratapprox.symbolic.decide import Ends
from ratapprox.symbolic.evidence import document, proved_line, where
from ratapprox.symbolic.plane import PlaneRegion
from ratapprox.symbolic.plane_question import fixed, with_value
from ratapprox.symbolic.projection import Clock, Line, irreducible, line
from ratapprox.symbolic.properties import Atom, Property, conditions
from ratapprox.symbolic.quotient import Quotient
from ratapprox.symbolic.truth import decide_all, leaves

__all__ = ["plane_certificate"]


def plane_certificate(
    region: PlaneRegion, quotient: Quotient, asked: Property, on: Ends, clock: Clock, *, cancelled: bool
) -> dict[str, Any]:
    """The document "ratapprox/proof/2" of a region of two parameters."""
    judged = quotient.cancelled() if cancelled else quotient
    base = 1 + region.parameters.index(region.base)
    curves = _curves(region, judged, asked, on, cancelled=cancelled)
    roots, samples = real_line(specialise(f, base, {}) for f in project(curves, 3 - base))
    cut = Line((), tuple(roots), (), tuple(samples))
    cells = []
    for k in range(2 * len(roots) + 1):
        clock.check(f"the certificate was written, {k} of {2 * len(roots) + 1} columns")
        value = _exact(cut, k)
        fibre = None if value is None else _fibre(judged, asked, on, base, value, curves, clock, cancelled=cancelled)
        cells.append({**where(cut, k), "line": fibre})
    return document(judged, {"parameter": region.base, "cells": cells}, str(asked), on, cancelled=cancelled)


def _curves(region: PlaneRegion, judged: Quotient, asked: Property, on: Ends, *, cancelled: bool) -> list[Any]:
    found: list[Any] = []
    groups: list[tuple[list[Any], list[Any]]] = [([judged.p, judged.q], [])] if cancelled and judged.p != 0 else []
    for leaf in leaves(conditions(judged, asked, on)):
        if isinstance(leaf, Atom):
            groups.append(([leaf.polynomial], [end for end in leaf.on if end is not None]))
        else:
            found += [factor for f in leaf.polynomials for factor, _ in factors(f)]
    for polynomials, ends in groups:
        found += [*project(polynomials, 0, ends), *degenerate(polynomials, 0)]
    ring = judged.p.context()
    for clause in () if region.formula is None else region.formula.clauses:
        for literal in clause:
            terms = {(0, *powers): c for powers, c in literal.terms}
            found += [factor for factor, _ in factors(ring.from_dict(terms))]
    return distinct(f for f in found if not f.is_constant())


def _exact(cut: Line, k: int) -> Fraction | None:
    """The rational value that stands for a cell; None at an irrational root."""
    if k % 2 == 0:
        return cut.samples[k // 2]
    root: Algebraic = cut.points[k // 2]
    return root.lower if root.is_rational else None


def _fibre(
    quotient: Quotient,
    asked: Property,
    on: Ends,
    base: int,
    value: Fraction,
    curves: Iterable[Any],
    clock: Clock,
    *,
    cancelled: bool,
) -> dict[str, Any]:
    left, question = fixed(quotient, base, value), with_value(asked, quotient.parameters[base - 1], value)
    walls: set[tuple[int, ...]] = set()
    for curve in curves:
        walls |= irreducible(fmpq_poly(specialise(curve, 3 - base, {base: value})).numer())
    if left.q == 0:  # no function at all
        cut = line(walls, clock)
        cells = [{**where(cut, k), "holds": False, "witnesses": []} for k in range(2 * len(cut.points) + 1)]
        return {"parameter": left.parameters[0], "cells": cells}
    decided, _ = decide_all(left, question, on, clock, cancelled=cancelled, more=walls)
    return proved_line(decided)
