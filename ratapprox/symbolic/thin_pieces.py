"""What is true on the thin pieces between the open cells of the plane: arcs of curves, and lines over rational
places."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import accumulate, pairwise, product
from typing import Any

from flint import fmpq, fmpq_poly

from ratapprox.algebraic import Algebraic
from ratapprox.sturm import to_fmpq
from ratapprox.symbolic.cells import Column, real_line, signs, specialise
from ratapprox.symbolic.formula import Formula, Literal, sum_text
from ratapprox.symbolic.interval import sign_at
from ratapprox.symbolic.plane import PlaneQuestion

__all__ = ["Decomposition", "cost_of", "indexed_texts", "literal_of", "thin_pieces"]


@dataclass(frozen=True, eq=False)
class Decomposition:
    """The columns over one base, the polynomials whose signs are constant on the cells, and the formula found."""

    axes: tuple[int, int]
    curves: Sequence[Any]
    known: Sequence[Any]
    columns: tuple[Column, ...]
    formula: Formula | None
    cost: tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Fact:
    """The truth at a point of a thin piece; `piece` names it, `text` says of it what is true.

    beside: on an arc, whether one of the cells beside it is true; None on a line.
    """

    u: Fraction
    v: Fraction | Algebraic
    truth: bool
    piece: int
    text: str
    beside: bool | None = None


def thin_pieces(
    question: PlaneQuestion, found: Decomposition
) -> tuple[tuple[str, ...], tuple[str, ...], Formula | None]:
    """Arcs and lines decided, the formula with the right strictness, and the texts of what it misses."""
    parted, curves, formula, axes = found.columns, found.curves, found.formula, found.axes
    base, fibre = axes
    across, up = question.parameters[base - 1], question.parameters[fibre - 1]
    facts: list[_Fact] = []
    undecided: list[str] = []
    for column in parted:
        question.check()
        line = question.fibre(base, column.u)
        for k, (_, root) in enumerate(column.walls):
            true = line.contains(root)
            where = _between(column.lower, column.upper, across)
            place = f"{up} = {_root(column, k, question.parameters, axes)}"
            text = f"{'also' if true else 'not'} where {place}" + (f", {where}" if where else "")
            beside = column.cells[k].truth or column.cells[k + 1].truth
            facts.append(_Fact(column.u, root, true, len(facts), text, beside))
        if column.upper is None:
            continue
        if not column.upper.is_rational:
            undecided.append(f"{across} = {column.upper.text(across)}")
            continue
        u = column.upper.lower
        line = question.fibre(base, u)
        roots, samples = real_line(
            [specialise(f, fibre, {base: u}) for f in curves] + [_minimal(end) for end in line.ends()]
        )
        places: list[Fraction | Algebraic] = [*roots, *samples]
        text = f"on {across} = {u} exactly for {line.text}"
        piece = len(facts)
        question.check()
        facts.extend(_Fact(u, v, line.contains(v), piece, text) for v in places)
    if formula is not None:
        formula = _strictness(formula, facts, axes)
        formula = _narrowed(formula, facts, found, question)
    missed: dict[int, str] = {}
    for fact in facts:
        if (_claimed(fact) if formula is None else _value(formula, fact, axes)) != fact.truth:
            missed[fact.piece] = fact.text
    return tuple(missed.values()), tuple(undecided), formula


def _claimed(fact: _Fact) -> bool:
    """What numbered roots say: arcs beside true cells are true. They say nothing of a line, so that it is always
    told."""
    return not fact.truth if fact.beside is None else fact.beside


def _strictness(formula: Formula, facts: Sequence[_Fact], axes: tuple[int, int]) -> Formula:
    """The formula with those inequalities strict that make it right on the most thin pieces; >= where it does not
    matter."""
    flat = [literal for clause in formula.clauses for literal in clause]
    if len(flat) > 7:
        return formula
    values = [[_sign(literal, fact, axes) for literal in flat] for fact in facts]

    starts = [0, *accumulate(len(clause) for clause in formula.clauses)]

    def score(stricts: tuple[bool, ...]) -> tuple[int, int]:
        wrong = 0
        for fact, row in zip(facts, values, strict=True):
            holds = [s > 0 if strict else s >= 0 for s, strict in zip(row, stricts, strict=True)]
            claimed = any(all(holds[start:stop]) for start, stop in pairwise(starts))
            wrong += claimed != fact.truth
        return wrong, sum(stricts)

    choices = [(score(stricts), stricts) for stricts in product((False, True), repeat=len(flat))]
    chosen = iter(min(choices)[1])
    clauses = tuple(
        tuple(Literal(literal.terms, next(chosen), literal.parameters) for literal in clause)
        for clause in formula.clauses
    )
    return Formula(clauses)


def _narrowed(formula: Formula, facts: Sequence[_Fact], found: Decomposition, question: PlaneQuestion) -> Formula:
    """The formula with one more strict inequality where that takes away thin pieces on which it is wrong, as b > 0 does
    for 0 <= a <= 9b when there is a pole at b = 0."""
    wrong = [fact for fact in facts if _value(formula, fact, found.axes) != fact.truth]
    if not wrong or len(formula.clauses) != 1 or any(fact.truth for fact in wrong):
        return formula
    cells = [cell for column in found.columns for cell in column.cells if cell.truth]
    rows = signs(found.known, cells, found.axes, question.check)
    used = {literal.terms for literal in formula.clauses[0]}
    for k in sorted(range(len(found.known)), key=lambda k: cost_of(found.known[k])):
        steady = {row[k] for row in rows}
        if len(steady) != 1 or steady == {0}:
            continue
        extra = replace(literal_of(found.known[k], steady.pop(), question.parameters), strict=True)
        if extra.terms in used:
            continue
        narrower = Formula(((*formula.clauses[0], extra),))
        if all(_value(narrower, fact, found.axes) == fact.truth for fact in facts):
            return narrower
    return formula


def _sign(literal: Literal, fact: _Fact, axes: tuple[int, int]) -> int:
    powers: dict[int, Any] = {}
    for exponents, c in literal.terms:
        along, up = exponents[axes[0] - 1], exponents[axes[1] - 1]
        powers[up] = powers.get(up, fmpq(0)) + c * to_fmpq(fact.u) ** along
    return sign_at(fmpq_poly([powers.get(k, fmpq(0)) for k in range(max(powers) + 1)]), fact.v)


def _value(formula: Formula, fact: _Fact, axes: tuple[int, int]) -> bool:
    return any(
        all(_sign(literal, fact, axes) > (0 if literal.strict else -1) for literal in clause)
        for clause in formula.clauses
    )


def _minimal(end: Algebraic) -> Any:
    return fmpq_poly(list(end.polynomial))


def _between(lower: Algebraic | None, upper: Algebraic | None, name: str) -> str:
    low = "" if lower is None else f"{lower.text(name)} < "
    high = "" if upper is None else f" < {upper.text(name)}"
    return f"{low}{name}{high}" if low or high else ""


def _text(curve: Any) -> str:
    return str(curve).replace("^", "**")


def indexed_texts(parted: Iterable[Column], names: tuple[str, str], axes: tuple[int, int]) -> Iterable[str]:
    """The true cells by numbered roots: one text for each run of true cells, over as many columns as it stays the
    same."""
    up = names[axes[1] - 1]
    runs: list[tuple[Column, Column, set[str]]] = []
    for column in parted:
        found, start = set(), None
        for k, cell in enumerate(column.cells):
            if cell.truth and start is None:
                start = k
            last = k + 1 == len(column.cells)
            if start is not None and (last or not column.cells[k + 1].truth):
                low = "" if start == 0 else f"{_root(column, start - 1, names, axes)} <= "
                high = "" if last else f" <= {_root(column, k, names, axes)}"
                found.add(f"{low}{up}{high}" if low or high else f"every {up}")
                start = None
        if runs and found == runs[-1][2]:
            runs[-1] = (runs[-1][0], column, found)
        else:
            runs.append((column, column, found))
    for first, last_column, found in runs:
        where = _between(first.lower, last_column.upper, names[axes[0] - 1])
        for bounds in sorted(found):
            yield f"({' and '.join(part for part in (where, bounds) if part)})"


def _root(column: Column, k: int, names: tuple[str, str], axes: tuple[int, int]) -> str:
    """The wall above the cell k: solved for where that is plain, otherwise as a numbered root."""
    curve, fibre = column.walls[k][0], axes[1]
    terms = [((int(e[1]), int(e[2])), int(c)) for e, c in curve.to_dict().items()]
    leading = [(powers, c) for powers, c in terms if powers[fibre - 1]]
    if len(leading) == 1 and sum(leading[0][0]) == 1:
        rest = [(powers, Fraction(-c, leading[0][1])) for powers, c in terms if not powers[fibre - 1]]
        return sum_text(rest, names)
    return f"root {1 + sum(str(c) == str(curve) for c, _ in column.walls[:k])} of {_text(curve)}"


def cost_of(f: Any) -> int:
    return 3 * int(f.total_degree()) + len(f.to_dict())


def literal_of(f: Any, sign: int, names: tuple[str, str]) -> Literal:
    terms = sorted(((int(e[1]), int(e[2])), int(c) * sign) for e, c in f.to_dict().items())
    return Literal(tuple(terms), False, names)
