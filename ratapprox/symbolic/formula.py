"""A short formula of polynomial inequalities that is true on some cells of the plane and false on the others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations
from typing import Any

__all__ = ["Formula", "Literal", "separate", "sum_text"]


@dataclass(frozen=True, slots=True, repr=False)
class Literal:
    """polynomial >= 0, or > 0 when strict; the terms are ((power of the first parameter, of the second),
    coefficient)."""

    terms: tuple[tuple[tuple[int, int], int], ...]
    strict: bool
    parameters: tuple[str, str]

    def __call__(self, u: Fraction, v: Fraction) -> bool:
        value = sum(c * u**i * v**j for (i, j), c in self.terms)
        return value > 0 if self.strict else value >= 0

    def bound(self) -> tuple[str, str, str] | None:
        """(variable, relation, text of the bound) when the polynomial is linear with at most two more terms, else
        None."""
        if any(i + j > 1 for (i, j), _ in self.terms) or len(self.terms) > 3:
            return None
        axis = 0 if any(i for (i, _), _ in self.terms) else 1
        leading = next(c for powers, c in self.terms if powers[axis])
        rest = [(powers, Fraction(-c, leading)) for powers, c in self.terms if not powers[axis]]
        relation = (">" if leading > 0 else "<") + ("" if self.strict else "=")
        return self.parameters[axis], relation, sum_text(rest, self.parameters)

    def __repr__(self) -> str:
        found = self.bound()
        if found is not None:
            return " ".join(found)
        text, relation = sum_text(self.terms, self.parameters), ">" if self.strict else ">="
        if text.startswith("-"):
            text, relation = (
                sum_text([(powers, -c) for powers, c in self.terms], self.parameters),
                relation.replace(">", "<"),
            )
        return f"{text} {relation} 0"


@dataclass(frozen=True, slots=True, repr=False)
class Formula:
    """A disjunction of conjunctions of literals.

    >>> low, high = (((1, 0), 1),), (((0, 1), 9), ((1, 0), -1))
    >>> f = Formula((tuple(Literal(terms, False, ("a", "b")) for terms in (low, high)),))
    >>> f, f(Fraction(9), Fraction(1)), f(Fraction(10), Fraction(1))
    (0 <= a <= 9*b, True, False)
    """

    clauses: tuple[tuple[Literal, ...], ...]

    def __call__(self, u: Fraction, v: Fraction) -> bool:
        return any(all(literal(u, v) for literal in clause) for clause in self.clauses)

    def __repr__(self) -> str:
        if len(self.clauses) == 1:
            return _conjunction(self.clauses[0])
        texts = [_conjunction(clause) for clause in self.clauses]
        return " or ".join(f"({text})" if " and " in text else text for text in texts)


def _conjunction(clause: Sequence[Literal]) -> str:
    texts: list[str] = []
    bounds: dict[str, dict[str, str]] = {}
    for literal in clause:
        bound = literal.bound()
        if bound is None or bound[1][0] in bounds.get(bound[0], {}):
            texts.append(repr(literal))
            continue
        bounds.setdefault(bound[0], {})[bound[1][0]] = f"{bound[1]} {bound[2]}"
    chains = []
    for name, sides in bounds.items():
        if len(sides) == 2:
            relation, lower = sides[">"].split(" ", 1)
            chains.append(f"{lower} {relation.replace('>', '<')} {name} {sides['<']}")
        else:
            chains.append(f"{name} {next(iter(sides.values()))}")
    return " and ".join([*chains, *texts])


def sum_text(terms: Sequence[tuple[tuple[int, int], Any]], names: tuple[str, str]) -> str:
    """The polynomial in Python's notation, a linear one with a positive term first where it has one."""
    text = ""
    linear = all(sum(powers) < 2 for powers, _ in terms)
    for powers, c in sorted(terms, key=lambda term: (linear and term[1] < 0, -sum(term[0]), [-k for k in term[0]])):
        factors = [name if k == 1 else f"{name}**{k}" for name, k in zip(names, powers, strict=True) if k]
        number = str(abs(c)) if abs(c) != 1 or not factors else ""
        if "/" in number and factors:
            numerator, denominator = number.split("/")
            product = "*".join([*([numerator] if numerator != "1" else []), *factors]) + f"/{denominator}"
        else:
            product = "*".join([*([number] if number else []), *factors])
        text += (" - " if c < 0 else " + ") + product if text else ("-" if c < 0 else "") + product
    return text or "0"


def separate(
    signs: Sequence[Sequence[int]],
    truths: Sequence[bool],
    costs: Sequence[int],
    check: Callable[[], None] = lambda: None,
) -> tuple[tuple[tuple[int, int], ...], ...] | None:
    """Clauses of (polynomial, sign) true on exactly the true cells, or None where the signs do not tell them apart.

    One conjunction of few simple polynomials where there is one; otherwise a disjunction of as few as are found.

    signs: [cell][polynomial]. costs: the simpler a polynomial the smaller. check: called often, may raise to stop.

    >>> separate([[1, 1], [1, -1], [-1, 1]], [True, False, False], [1, 1])
    (((0, 1), (1, 1)),)
    >>> separate([[1], [1]], [True, False], [1]) is None
    True
    """
    true = sorted({tuple(row) for row, truth in zip(signs, truths, strict=True) if truth})
    false = sorted({tuple(row) for row, truth in zip(signs, truths, strict=True) if not truth})
    if set(true) & set(false):
        return None
    clause = _clauses(true, false, costs, check)
    if clause:
        return (min(clause, key=lambda c: sum(costs[k] for k, _ in c)),)
    implicants = list(dict.fromkeys(clause for row in true for clause in _clauses([row], false, costs, check)))
    chosen: list[tuple[tuple[int, int], ...]] = []
    left = set(true)
    while left:
        check()
        best = max(implicants, key=lambda c: (sum(_meets(row, c) for row in left), -sum(costs[k] for k, _ in c)))
        if not any(_meets(row, best) for row in left):
            return None  # a row of zeros only
        chosen.append(best)
        left = {row for row in left if not _meets(row, best)}
    return tuple(chosen)


def _meets(row: Sequence[int], clause: Sequence[tuple[int, int]]) -> bool:
    return all(row[k] == sign for k, sign in clause)


def _clauses(
    true: Sequence[tuple[int, ...]],
    false: Sequence[tuple[int, ...]],
    costs: Sequence[int],
    check: Callable[[], None],
) -> list[tuple[tuple[int, int], ...]]:
    """Conjunctions that hold on all the true rows and on no false one: all the shortest, of up to three signs; if
    there is none, a longer one by dropping what is not needed."""
    steady = [k for k in range(len(costs)) if true and true[0][k] != 0 and len({row[k] for row in true}) == 1]
    everything = (1 << len(false)) - 1
    signs = {k: true[0][k] for k in steady}
    excludes = {k: sum(1 << i for i, row in enumerate(false) if row[k] != signs[k]) for k in steady}
    useful = [k for k in steady if excludes[k]]
    for size in range(4 if len(useful) <= 30 else 3):
        check()
        fitting = [c for c in combinations(useful, size) if _union(excludes[k] for k in c) == everything]
        if fitting:
            return [tuple((k, signs[k]) for k in c) for c in fitting]
    kept = sorted(useful, key=lambda k: -costs[k])
    if _union(excludes[k] for k in kept) != everything:
        return []
    for k in list(kept):
        rest = [other for other in kept if other != k]
        if _union(excludes[other] for other in rest) == everything:
            kept = rest
    return [tuple((k, signs[k]) for k in sorted(kept))]


def _union(masks: Any) -> int:
    found = 0
    for mask in masks:
        found |= mask
    return found
