"""A property of a family with two parameters as a question about the plane, about its lines and about its points."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction
from typing import Any

from flint import fmpz_mpoly_ctx

from ratapprox.symbolic.analysis import AnalysisWitness
from ratapprox.symbolic.cells import distinct, factors
from ratapprox.symbolic.decide import Ends
from ratapprox.symbolic.evidence import witnesses
from ratapprox.symbolic.local import truth_at
from ratapprox.symbolic.plane import PlaneQuestion, PlaneRegion
from ratapprox.symbolic.projection import Clock
from ratapprox.symbolic.properties import Atom, Property, Vanish, conditions
from ratapprox.symbolic.quotient import Quotient
from ratapprox.symbolic.region import Region
from ratapprox.symbolic.truth import decide_all, leaves

__all__ = ["fixed", "plane_question", "plane_witnesses", "with_value"]


def plane_question(
    quotient: Quotient, asked: Property, on: Ends, clock: Clock, *, cancelled: bool = False
) -> PlaneQuestion:
    """What plane_region() needs to know of a property of a quotient in x and two parameters.

    cancelled: removable poles count as no poles, also those that are there on a curve or at a point of the plane only.
    """
    judged = quotient.cancelled() if cancelled else quotient
    statements = conditions(judged, asked, on)
    atoms = [leaf for leaf in leaves(statements) if isinstance(leaf, Atom)]
    extra = [f for atom in atoms for f, _ in factors(atom.polynomial) if f.degrees()[0] == 0]
    extra += [f for leaf in leaves(statements) if isinstance(leaf, Vanish) for f in leaf.polynomials if f != 0]
    groups = [tuple(moving) for moving in map(_moving, atoms) if moving]
    if cancelled and judged.p != 0:  # where p and q meet a factor may cancel
        groups.append((judged.p, judged.q))

    def line(axis: int, value: Fraction) -> tuple[Quotient, Property]:
        name = quotient.parameters[axis - 1]
        return fixed(quotient, axis, value), with_value(asked, name, value)

    def fibre(axis: int, value: Fraction) -> Region:
        left, question = line(axis, value)
        if left.q == 0:
            return Region.nothing(left.parameters[0])
        cells, _ = decide_all(left, question, on, clock, cancelled=cancelled)
        return Region.from_cells(left.parameters[0], cells.line.points, cells.truth)

    def truth(a: Fraction, b: Fraction) -> bool:
        if not cancelled:
            return truth_at(statements, (a, b))
        left, question = line(1, a)
        point = fixed(left, 1, b)
        if point.q == 0:
            return False
        return truth_at(conditions(point.cancelled(), with_value(question, left.parameters[0], b), on), ())

    return PlaneQuestion(
        parameters=(quotient.parameters[0], quotient.parameters[1]),
        groups=tuple(groups),
        extra=tuple(distinct(extra)),
        ends=tuple(dict.fromkeys(end for atom in atoms for end in atom.on if end is not None)),
        truth=truth,
        fibre=fibre,
        check=lambda: clock.check("the cells of the plane were decided"),
    )


def plane_witnesses(
    region: PlaneRegion, quotient: Quotient, asked: Property, on: Ends, clock: Clock, *, cancelled: bool
) -> tuple[AnalysisWitness, ...]:
    """For each inequality of the formula one pair that it excludes, with an x where the property fails; without a
    formula one such pair."""
    first = region.base == region.parameters[0]
    pairs = [
        (cell.u, cell.v) if first else (cell.v, cell.u)
        for column in region.columns
        for cell in column.cells
        if not cell.truth
    ]
    pairs.sort(key=lambda pair: (sum(value.denominator + abs(value.numerator) for value in pair), pair))
    literals = [] if region.formula is None else [literal for clause in region.formula.clauses for literal in clause]
    chosen = [
        min((p for p in pairs if not literal(*p)), key=lambda p: sum(not other(*p) for other in literals), default=None)
        for literal in literals
    ] or pairs[:1]
    found = []
    for pair in dict.fromkeys(pair for pair in chosen if pair is not None):
        question, left = asked, quotient
        for name, value in zip(region.parameters, pair, strict=True):
            left, question = fixed(left, 1, value), with_value(question, name, value)
        where = ", ".join(f"{name} = {value}" for name, value in zip(region.parameters, pair, strict=True))
        values = tuple(zip(region.parameters, pair, strict=True))
        if left.q == 0:
            found.append(AnalysisWitness(values, None, None, f"at {where}: q vanishes everywhere"))
            continue
        cells, _ = decide_all(left, question, on, clock, cancelled=cancelled)
        found += [replace(w, parameter_values=values, says=f"at {where}: {w.says}") for w in witnesses(cells, None)]
    return tuple(found)


def fixed(quotient: Quotient, axis: int, value: Fraction) -> Quotient:
    """The quotient with a value for the variable number `axis`, in the ring without it.

    >>> from ratapprox.symbolic.reading import read
    >>> fixed(read("(a*x + b)/(x**2 + 1)"), 1, Fraction(1, 2))
    Quotient (x + 2*b)/(2*x^2 + 2)
    """
    pair = (quotient.p, quotient.q)
    degree = max((f.degrees()[axis] for f in pair if f != 0), default=0)
    p, q = (_fixed(f, axis, value, degree) for f in pair)
    return Quotient(p, q)


def _fixed(polynomial: Any, axis: int, value: Fraction, degree: int) -> Any:
    """denominator^degree times the polynomial at the value."""
    names = polynomial.context().names()
    terms: dict[Any, Any] = {}
    for exponents, c in polynomial.to_dict().items():
        powers = tuple(e for k, e in enumerate(exponents) if k != axis)
        power = exponents[axis]
        terms[powers] = terms.get(powers, 0) + c * value.numerator**power * value.denominator ** (degree - power)
    left = fmpz_mpoly_ctx.get(tuple(name for k, name in enumerate(names) if k != axis), "lex")
    return left.from_dict({powers: c for powers, c in terms.items() if c})


def with_value(asked: Property, name: str, value: Fraction) -> Property:
    """The property with a number in place of a parameter."""
    word = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")
    arguments = (str(value) if text == name else word.sub(f"({value})", text) for text in asked.arguments)
    return Property(asked.name, tuple(arguments))


def _moving(atom: Atom) -> list[Any]:
    """The factors with x. Those of even multiplicity do not change the sign, but they take it away where all their
    coefficients vanish."""
    return [f for f, _ in factors(atom.polynomial) if f.degrees()[0] > 0]
