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
from ratapprox.symbolic.interval import End, sign_at, simple
from ratapprox.symbolic.numberfield import Decision
from ratapprox.symbolic.projection import Line, at_value, rows
from ratapprox.symbolic.properties import AnyOf, Atom, Vanish
from ratapprox.symbolic.quotient import Quotient
from ratapprox.symbolic.truth import Cells, leaves

__all__ = ["certificate", "document", "proved_line", "question", "where", "witnesses"]


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
    """The quantity of an atom at rational places, and where it is 0; None where it is irrational or has no value."""
    if not isinstance(value, Fraction) or x is None:
        return None
    if isinstance(x, Algebraic):
        signs = [sign_at(at_value(rows(f), value), x) for f in leaf.value]
        return Fraction(0) if signs[0] == 0 and signs[1] != 0 else None
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


def certificate(cells: Cells, asked: str, on: Ends, *, cancelled: bool) -> dict[str, Any]:
    """The document "ratapprox/proof/2" of none or one parameter: the question, and the cells with their truth."""
    quotient = cells.quotient
    assert quotient is not None
    return document(quotient, proved_line(cells), asked, on, cancelled=cancelled)


def document(quotient: Quotient, line: dict[str, Any], asked: str, on: Ends, *, cancelled: bool) -> dict[str, Any]:
    """The question, written out for a stranger, and the line of cells that answers it."""
    return {"schema": "ratapprox/proof/2", **question(quotient, asked, on, cancelled=cancelled), "line": line}


def question(quotient: Quotient, asked: str, on: Ends, *, cancelled: bool) -> dict[str, Any]:
    """What is asked, of which quotient, on which interval, in texts that need no reader of ours."""
    return {
        "p": str(quotient.p),
        "q": str(quotient.q),
        "parameters": list(quotient.parameters),
        "on": [None if end is None else _written(end) for end in on],
        "property": asked,
        "cancelled": cancelled,
    }


def proved_line(cells: Cells) -> dict[str, Any]:
    """The line of the last parameter: open cells by their samples and the roots between them, each with its truth.

    witnesses: rational numbers x at which conditions fail, where there are such; then no algebra is needed to see it.
    """
    parameters = () if cells.quotient is None else cells.quotient.parameters
    return {
        "parameter": parameters[0] if parameters else None,
        "cells": [
            {**where(cells.line, k), "holds": holds, "witnesses": [] if holds else _rational_witnesses(cells, k)}
            for k, holds in enumerate(cells.truth)
        ],
    }


def where(line: Line, k: int) -> dict[str, Any]:
    """The place of a cell: the sample of an open one, or the root that it is."""
    if k % 2 == 0:
        return {"sample": str(line.samples[k // 2])}
    return {"root": _written(simple(line.points[k // 2]))}


def _written(number: End) -> str | dict[str, list[str]]:
    """A text for a rational number; the irreducible polynomial and an interval with no other root of it otherwise."""
    if isinstance(number, Fraction):
        return str(number)
    return {"polynomial": [str(c) for c in number.polynomial], "interval": [str(number.lower), str(number.upper)]}


def _rational_witnesses(cells: Cells, k: int) -> list[str]:
    """One x that refutes the property, or else one for each condition that fails among alternatives."""
    if k in cells.reduced_at:
        return []
    failing = _failing(cells, k)
    if failing is not None:
        return [str(failing[1].x)] if isinstance(failing[1].x, Fraction) else []
    every = zip(leaves(cells.conditions), cells.decisions, strict=True)
    found = [_at_own_sample(leaf, row[k], cells, k).x for leaf, row in every if not row[k].holds]
    return list(dict.fromkeys(str(x) for x in found if isinstance(x, Fraction)))
