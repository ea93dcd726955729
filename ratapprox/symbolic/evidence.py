"""The evidence of an analysis: a witness for each side that fails, and everything a checker needs, fit for JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

from ratapprox.algebraic import Algebraic
from ratapprox.sturm import from_fmpq, to_fmpq
from ratapprox.symbolic.analysis import AnalysisWitness
from ratapprox.symbolic.decide import Ends, holds, true_of
from ratapprox.symbolic.numberfield import Decision
from ratapprox.symbolic.projection import at_value, in_parameter, rows
from ratapprox.symbolic.properties import AnyOf, Atom, Condition, Vanish
from ratapprox.symbolic.truth import Cells, leaves

__all__ = ["certificate", "witnesses"]


def witnesses(cells: Cells, parameter: str | None) -> tuple[AnalysisWitness, ...]:
    """One witness for each maximal stretch of the parameter's line where the property fails, from left to right."""
    found: list[AnalysisWitness] = []
    for stretch in _stretches(cells.truth):
        opened = [k for k in stretch if k % 2 == 0]
        best = min(opened, key=lambda k: _plainness(cells, k)) if opened else stretch[0]
        found.append(_witness(cells, best, parameter))
    return tuple(found)


def _stretches(truth: Sequence[bool]) -> Iterator[list[int]]:
    stretch: list[int] = []
    for k, true in enumerate((*truth, True)):
        if not true:
            stretch.append(k)
        elif stretch:
            yield stretch
            stretch = []


def _plainness(cells: Cells, k: int) -> tuple[bool, int, Fraction]:
    """Cells with a rational x first, then those with the simplest sample."""
    failing = _failing(cells, k)
    sample = cells.line.samples[k // 2]
    return failing is None or not isinstance(failing[1].x, Fraction), sample.denominator, abs(sample)


def _failing(cells: Cells, k: int) -> tuple[Atom | Vanish, Decision, int] | None:
    """The first condition that fails in a cell and is asked without alternatives; None when only alternatives fail."""
    index, found = 0, None
    for condition in cells.conditions:
        if isinstance(condition, AnyOf):
            index += sum(1 for _ in leaves([condition]))
            continue
        decision = _at_own_sample(condition, cells.decisions[index][k], cells, k)
        rational = isinstance(decision.x, Fraction)
        if not decision.holds and (found is None or (rational and not isinstance(found[1].x, Fraction))):
            found = (condition, decision, index)
        index += 1
    return found


def _at_own_sample(leaf: Atom | Vanish, decision: Decision, cells: Cells, k: int) -> Decision:
    """The decision with an x for the sample of this very cell: it may have been made in the cell of another one."""
    if decision.holds or k % 2 or not isinstance(leaf, Atom):
        return decision
    f = at_value(rows(leaf.polynomial), cells.line.samples[k // 2])
    if isinstance(decision.x, Fraction) and not true_of(f(to_fmpq(decision.x)), leaf.relation):
        return decision
    return replace(decision, x=holds(f, leaf.relation, leaf.on))


def _witness(cells: Cells, k: int, parameter: str | None) -> AnalysisWitness:
    value: Fraction | Algebraic
    point = cells.line.points[k // 2] if k % 2 else None
    if point is None:
        value = cells.line.samples[k // 2]
    else:
        value = point.lower if point.is_rational else point
    values = () if parameter is None else ((parameter, value),)
    where = "" if parameter is None else f"at {parameter} = {_text(value, parameter)}: "
    failing = None if k in cells.reduced_at else _failing(cells, k)
    if failing is None:
        x, says = _alternatives(cells, k, value)
        return AnalysisWitness(values, x, None, where + says)
    leaf, decision, _ = failing
    if isinstance(leaf, Vanish):
        return AnalysisWitness(values, None, None, where + leaf.says + ", and it does not" * (not leaf.negated))
    if leaf.relation != "!=":
        measured = _measured(leaf, value, decision.x)
        return AnalysisWitness(values, decision.x, measured, where + _said(leaf, measured, decision))
    at = f"x = {_text(decision.x, 't')}" if decision.x is not None else _between(decision)
    kind = "0/0 as written" if _removable(cells, value, decision.x) else "a pole"
    return AnalysisWitness(values, decision.x, Fraction(0), f"{where}{leaf.quantity} = 0 at {at}, {kind}")


def _removable(cells: Cells, value: Fraction | Algebraic, x: Fraction | Algebraic | None) -> bool:
    """Whether p vanishes there too, where that is seen at once."""
    if cells.quotient is None or not isinstance(value, Fraction) or not isinstance(x, Fraction):
        return False
    return bool(at_value(rows(cells.quotient.p), value)(to_fmpq(x)) == 0)


def _said(leaf: Atom, measured: Fraction | None, decision: Decision) -> str:
    """f' = -1 at x = 0, but must be at least 0."""
    value = f"= {measured}" if measured is not None else "has the wrong sign"
    return f"{leaf.quantity} {value} at x = {_text(decision.x, 't')}, but {leaf.must}"


def _measured(leaf: Atom, value: Fraction | Algebraic, x: Fraction | Algebraic | None) -> Fraction | None:
    """The quantity of an atom at rational places; None where it is irrational or has no value."""
    if not isinstance(value, Fraction) or not isinstance(x, Fraction):
        return None
    top, bottom = (at_value(rows(f), value)(to_fmpq(x)) for f in leaf.value)
    return None if bottom == 0 else from_fmpq(top / bottom)


def _alternatives(cells: Cells, k: int, value: Fraction | Algebraic) -> tuple[Fraction | Algebraic | None, str]:
    """Why no alternative holds in a cell: the first failure of each of them, where it has an x."""
    said: list[str] = []
    places: list[Fraction | Algebraic] = []
    every = list(zip(leaves(cells.conditions), cells.decisions, strict=True))
    for leaf, row in every:
        decision = _at_own_sample(leaf, row[k], cells, k)
        if isinstance(leaf, Atom) and not decision.holds and decision.x is not None and k not in cells.reduced_at:
            said.append(_said(leaf, _measured(leaf, value, decision.x), decision))
            places.append(decision.x)
    if said:
        return places[0], "; ".join(said)
    unmet = [leaf.says for leaf, _ in every if isinstance(leaf, Vanish) and not leaf.negated]
    if unmet and k not in cells.reduced_at:
        return None, f"{unmet[0]}, and it does not"
    return None, "the property fails, also after cancellation" if k in cells.reduced_at else "no way to hold it is met"


def _between(decision: Decision) -> str:
    if decision.between is None:
        return "some x"
    return f"an x between {decision.between[0]} and {decision.between[1]}"


def _text(value: Fraction | Algebraic | None, variable: str) -> str:
    return value.text(variable) if isinstance(value, Algebraic) else str(value)


def certificate(cells: Cells, parameter: str | None, asked: str, on: Ends, *, cancelled: bool) -> dict[str, Any]:
    """The document "ratapprox/proof/1": the conditions, the critical polynomials with their real roots, every cell.

    Polynomials in x and the parameter: for each power of x the ascending coefficients in the parameter, as texts.
    """
    quotient, cut = cells.quotient, cells.line
    roots: list[list[Algebraic]] = [[] for _ in cut.polynomials]
    for point, (owner, _) in zip(cut.points, cut.owner, strict=True):
        roots[owner].append(point)
    return {
        "schema": "ratapprox/proof/1",
        "p": None if quotient is None else _bivariate(quotient.p),
        "q": None if quotient is None else _bivariate(quotient.q),
        "parameter": parameter,
        "on": [None if end is None else str(end) for end in on],
        "property": asked,
        "cancelled": cancelled,
        "atoms": [_condition(condition) for condition in cells.conditions],
        "critical": [
            {"polynomial": [str(c) for c in f], "roots": [[str(root.lower), str(root.upper)] for root in found]}
            for f, found in zip(cut.polynomials, roots, strict=True)
        ],
        "cells": [_cell(cells, k, parameter) for k in range(len(cells.truth))],
    }


def _bivariate(f: Any) -> list[list[str]]:
    return [[str(c) for c in row.coeffs()] or ["0"] for row in rows(f)] or [["0"]]


def _condition(condition: Condition) -> dict[str, Any]:
    if isinstance(condition, AnyOf):
        return {"any": [[_condition(part) for part in alternative] for alternative in condition.alternatives]}
    if isinstance(condition, Vanish):
        polynomials = [[str(c) for c in in_parameter(f).coeffs()] or ["0"] for f in condition.polynomials]
        return {"nonvanish" if condition.negated else "vanish": polynomials}
    ends = [None if end is None else str(end) for end in condition.on]
    return {"polynomial": _bivariate(condition.polynomial), "relation": condition.relation, "on": ends}


def _cell(cells: Cells, k: int, parameter: str | None) -> dict[str, Any]:
    holds = cells.truth[k]
    failing = None if holds or k in cells.reduced_at else _failing(cells, k)
    witness = None
    if failing is not None and failing[1].x is not None:
        x = failing[1].x
        number = str(x) if isinstance(x, Fraction) else {
            "polynomial": [str(c) for c in x.polynomial], "interval": [str(x.lower), str(x.upper)]
        }  # fmt: skip
        witness = {"x": number, "atom": failing[2]}
    if k % 2 == 0:
        sample = None if parameter is None else str(cells.line.samples[k // 2])
        return {"kind": "open", "sample": sample, "holds": holds, "witness": witness}
    critical, root = cells.line.owner[k // 2]
    why = "reduced" if k in cells.reduced_at else _why([row[k].why for row in cells.decisions], holds, failing)
    cell = {"kind": "point", "critical": critical, "root": root, "holds": holds, "why": why, "witness": witness}
    if failing is not None and failing[1].between is not None:
        cell["between"] = [str(x) for x in failing[1].between]
    return cell


def _why(reasons: list[str], holds: bool, failing: Any) -> str:
    if not holds:
        return "witness" if failing is not None and failing[1].x is not None else "exact"
    return "exact" if "exact" in reasons else "closed"
