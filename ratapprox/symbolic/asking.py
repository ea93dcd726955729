"""What analyse() is asked, read and checked, and its answer for none, one and two parameters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from time import monotonic
from typing import Any

from ratapprox.expressions.formulas import FORMULAS
from ratapprox.symbolic.analysis import Analysis
from ratapprox.symbolic.evidence import certificate, witnesses
from ratapprox.symbolic.interval import Ends, read_interval
from ratapprox.symbolic.projection import Clock, TimeUpError
from ratapprox.symbolic.properties import Property, conditions, read_property
from ratapprox.symbolic.quotient import Quotient, TooLargeError
from ratapprox.symbolic.reading import read, ring_of
from ratapprox.symbolic.region import Region
from ratapprox.symbolic.truth import Cells, decide_all, holds_at

__all__ = ["answer"]


@dataclass(frozen=True, slots=True)
class _Asked:
    text: str
    name: str
    family: Any
    property: Property
    on: Ends
    names: tuple[str, ...]
    ring: Any


def answer(
    family: Any, property: str, parameter: str | None, on: Sequence[Any], cancelled: bool, time_limit: float | None
) -> Analysis:
    """The answer of analyse(); its contract says what is raised."""
    clock = Clock(None if time_limit is None else monotonic() + _positive(time_limit))
    asked = _read(family, read_property(property), parameter, read_interval(on))
    try:
        quotient = read(asked.family, asked.ring)
        asked = replace(asked, text=_written(asked, quotient))
        clock.check("the family was read")
        if len(asked.names) == 2:
            return _plane(quotient, asked, clock, cancelled=cancelled)
        return _line(quotient, asked, clock, cancelled=cancelled)
    except TimeUpError as stopped:
        reason = f"the time limit of {time_limit:g} s was over while {stopped}"
        return _unknown(asked, reason + _established(asked))
    except TooLargeError as found:
        return _unknown(asked, str(found))


def _written(asked: _Asked, quotient: Quotient) -> str:
    """A text that is the family exactly: a card's coefficients are not those that are shown of it."""
    if isinstance(asked.family, str) or asked.text in FORMULAS:
        return asked.text
    return f"({quotient.p})/({quotient.q})"


def _line(quotient: Quotient, asked: _Asked, clock: Clock, *, cancelled: bool) -> Analysis:
    parameter = asked.names[0] if asked.names else None
    cells, other = decide_all(quotient, asked.property, asked.on, clock, cancelled=cancelled)
    region, other_region = (_region(found, parameter) for found in (cells, other))
    differ = _differ(region, other_region, parameter, cancelled=cancelled)
    points, count = len(cells.line.points), len(cells.truth)
    how = f"decided exactly in {count} cells, {points} of them single values" if parameter else "decided exactly"
    verdict: Any = "region" if parameter else "proved" if cells.truth[0] else "refuted"
    return Analysis(
        asked.text,
        str(asked.property),
        asked.on,
        asked.names,
        verdict,
        how + differ,
        region if parameter else None,
        witnesses(cells, parameter),
        certificate(cells, str(asked.property), asked.on, cancelled=cancelled),
        asked.name,
    )


def _region(cells: Cells, parameter: str | None) -> Region:
    return Region.from_cells(parameter or "", cells.line.points, cells.truth)


def _differ(region: Region, other: Region, parameter: str | None, *, cancelled: bool) -> str:
    if region == other:
        return ""
    reading = "as written, with removable poles as poles," if cancelled else "after cancellation"
    answer = f"for {other}" if parameter else "it holds" if other.intervals else "it fails"
    return f"; {reading} the answer is another one: {answer}"


def _plane(quotient: Quotient, asked: _Asked, clock: Clock, *, cancelled: bool) -> Analysis:
    from ratapprox.symbolic.plane_certificate import plane_certificate
    from ratapprox.symbolic.plane_question import plane_question, plane_witnesses
    from ratapprox.symbolic.plane_region import plane_region

    region = plane_region(plane_question(quotient, asked.property, asked.on, clock, cancelled=cancelled))
    found = plane_witnesses(region, quotient, asked.property, asked.on, clock, cancelled=cancelled)
    cells = sum(len(column.cells) for column in region.columns)
    how = f"decided exactly in {cells} open cells of the plane, on the arcs between them and on rational lines"
    if region.undecided:
        how += f"; isolated points over {', '.join(region.undecided)} were not searched"
    try:
        proof = plane_certificate(region, quotient, asked.property, asked.on, clock, cancelled=cancelled)
    except TimeUpError as stopped:
        proof, how = None, f"{how}; the time limit was over while {stopped}, so that it has none"
    question = (asked.text, str(asked.property), asked.on, asked.names)
    return Analysis(*question, "region", how, region, found, proof, asked.name)


def _unknown(asked: _Asked, reason: str) -> Analysis:
    return Analysis(
        asked.text, str(asked.property), asked.on, asked.names, "unknown", reason, name=asked.name
    )


def _established(asked: _Asked) -> str:
    """What single values of the parameter say, decided exactly, when the whole line took too long."""
    if len(asked.names) != 1:
        return ""
    quotient = read(asked.family, asked.ring)
    if max(f.degrees()[0] for f in (quotient.p, quotient.q) if f != 0) > _MOST_DEGREE:
        return ""
    found = conditions(quotient, asked.property, asked.on)
    said, clock = [], Clock(monotonic() + _AFTERWARDS)
    for value in (Fraction(0), Fraction(1), Fraction(-1)):
        try:
            clock.check("single values were decided")
        except TimeUpError:
            break
        said.append(f"at {asked.names[0]} = {value} it {'holds' if holds_at(found, value) else 'fails'}")
    return f"; established as written: {', '.join(said)}" if said else ""


_AFTERWARDS = 0.2  # seconds for single values after the time limit
_MOST_DEGREE = 40  # in x; above it single values take long too


def _read(family: Any, asked: Property, parameter: str | None, on: Ends) -> _Asked:
    text = family if isinstance(family, str) else str(getattr(family, "name", family))
    ring = ring_of([family], [a for a in asked.arguments if a not in ("relu(x)", "max(x,0)", "max(0,x)")])
    names = tuple(ring.names()[1:])
    found = f"its parameters are {', '.join(names)}" if names else "it has none"
    if parameter is not None:
        if not isinstance(parameter, str):
            raise TypeError(f"parameter={parameter!r}: a parameter is given by its name, a text")
        if parameter == "x":
            raise ValueError("x is the variable of every family, so it is no parameter: rename the parameter")
        if parameter not in names:
            raise ValueError(f"{text} has no parameter {parameter}: {found}")
        if len(names) > 1:
            others = ", ".join(name for name in names if name != parameter)
            raise ValueError(
                f"the values of {parameter} were asked, but {text} has also {others}: write a number in its place, "
                "or ask without parameter for the region of both"
            )
    if len(names) > 2:
        raise ValueError(
            f"{text} has {len(names)} parameters ({', '.join(names)}): regions are given for one or two; write numbers "
            "in the place of the others, or give all their values (decide_at() and certified_ball(), --at a=1,b=2)"
        )
    return _Asked(text, text, family, asked, on, names, ring)


def _positive(time_limit: float) -> float:
    if not isinstance(time_limit, int | float) or isinstance(time_limit, bool) or not time_limit > 0:
        raise ValueError(f"time_limit={time_limit!r}: a positive number of seconds is needed, or None for no limit")
    return time_limit
