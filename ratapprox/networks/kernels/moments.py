"""Sums Σ v x^k over the elements, and outputs that the same v x^k make up.

What flows back to the coefficients of a polynomial in x are moments of one v, and what flows back to x is
Σ v Σ_k c_k x^k with the same v: once the rows v, v x, v x², ... are there, both are products with them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from ratapprox.networks.kernels.arithmetic import Arithmetic, Sum

__all__ = ["Moments", "moments"]

_FEWEST = 4  # coefficients of an output: with fewer it is quicker computed as it is written
_NONE = -1

Row = tuple[int, int]  # the slot of v, and k


class Moments(NamedTuple):
    """rows: v x^k, those that the output needs first, each v x^(k+1) later than v x^k.

    of: for each sum its row, or None. output: for each of the first rows its coefficient, as text; empty where the
    output is no such combination.
    """

    rows: tuple[Row, ...]
    of: tuple[Row | None, ...]
    output: tuple[str, ...]


def moments(arithmetic: Arithmetic, name: Callable[[int], str]) -> Moments:
    """name: what slots that are the same for all elements are called.

    >>> from ratapprox.networks.kernels.arithmetic import back
    >>> from ratapprox.networks.units import unit
    >>> task = back(unit("a + b*x + c*x**2 + d*x**3"), 0)
    >>> task.inputs[5], moments(task, lambda slot: f"t{slot}").rows
    ('g0', ((5, 0), (5, 1), (5, 2), (5, 3)))
    """
    powers = _powers(arithmetic)
    of = [_row(total, arithmetic, powers) for total in arithmetic.sums]
    highest: dict[int, int] = {}
    for v in sorted({row[0] for row in of if row is not None}):
        ks = {row[1] for row in of if row is not None and row[0] == v}
        if len(ks) > 1:
            highest[v] = max(ks)
    combined = _combined(arithmetic, highest, name)
    every = [(v, k) for v, most in highest.items() for k in range(most + 1)]
    rows = [*sorted(combined), *(row for row in every if row not in combined)]
    return Moments(
        tuple(rows),
        tuple(row if row in rows else None for row in of),
        tuple(combined[row] for row in rows if row in combined),
    )


def _powers(arithmetic: Arithmetic) -> dict[int, int]:
    """The slots that are x, x², ..., and their degrees, up to what polynomials or their slopes need."""
    degree = max((len(line.arguments) - 2 for line in arithmetic.lines if line.operation == "poly"), default=0)
    found = {0: 1} if degree else {}
    for slot, line in enumerate(arithmetic.lines, len(arithmetic.inputs)):
        if line.operation == "mul" and all(a in found for a in line.arguments):
            k = sum(found[a] for a in line.arguments)
            if k <= degree + 1:
                found[slot] = k
    return found


def _row(total: Sum, arithmetic: Arithmetic, powers: dict[int, int]) -> Row | None:
    if not powers or total.first in arithmetic.uniform:
        return None
    for v, power in ((total.first, total.second), (total.second, total.first)):
        if v is not None and power in powers:
            return v, powers[power]
    if total.second is None:
        return total.first, 0
    for slot, line in enumerate(arithmetic.lines, len(arithmetic.inputs)):
        if line.operation == "mul" and set(line.arguments) == {total.first, total.second}:
            return slot, 0
    return None


def _combined(arithmetic: Arithmetic, highest: dict[int, int], name: Callable[[int], str]) -> dict[Row, str]:
    """The coefficients of the output, by rows v x^k with k at most `highest` of v; none where it is not made so."""
    if len(arithmetic.outputs) != 1 or not highest:
        return {}
    found = _Forms(arithmetic, highest, name).of(arithmetic.outputs[0])
    if found is None or len(found) < _FEWEST or any(k > highest.get(v, -1) for v, k in found):
        return {}
    return found


class _Forms:
    """Slots as Σ c v x^k, (v, k) -> text of c, with _NONE for v where there is none."""

    def __init__(self, arithmetic: Arithmetic, weights: dict[int, int], name: Callable[[int], str]) -> None:
        self.arithmetic, self.weights, self.name = arithmetic, weights, name

    def of(self, slot: int) -> dict[Row, str] | None:
        """None where a slot is no such sum, or a product of sums: written out, (x - 1)^6 would cancel."""
        a = self.arithmetic
        if slot in self.weights:
            return {(slot, 0): "1.0"}
        if slot == 0:
            return {(_NONE, 1): "1.0"}
        if slot in a.uniform:
            return self._without_zeros([slot])
        if slot < len(a.inputs):
            return None
        line = a.lines[slot - len(a.inputs)]
        if line.operation == "poly":
            return self._without_zeros(line.arguments[1:]) if line.arguments[0] == 0 else None
        if line.operation not in ("add", "sub", "neg", "mul"):
            return None
        parts = [self.of(argument) for argument in line.arguments]
        given = [part for part in parts if part is not None]
        if len(given) < len(parts):
            return None
        return _product(*given) if line.operation == "mul" else _total(line.operation, given)

    def _without_zeros(self, coefficients: Sequence[int]) -> dict[Row, str]:
        names = [self.name(c) for c in coefficients]
        return {(_NONE, k): name for k, name in enumerate(names) if name != "0.0"}


def _total(operation: str, parts: Sequence[dict[Row, str]]) -> dict[Row, str]:
    found: dict[Row, str] = {}
    for j, part in enumerate(parts):
        less = operation == "neg" or (operation == "sub" and j == 1)
        for row, c in part.items():
            term = f"-({c})" if less else c
            found[row] = f"{found[row]} + {term}" if row in found else term
    return found


def _product(one: dict[Row, str], other: dict[Row, str]) -> dict[Row, str] | None:
    if min(len(one), len(other)) > 1 or any(v != _NONE and w != _NONE for v, _ in one for w, _ in other):
        return None
    return {(max(v, w), j + k): _times(c, d) for (v, j), c in one.items() for (w, k), d in other.items()}


def _times(c: str, d: str) -> str:
    return d if c == "1.0" else c if d == "1.0" else f"({c}) * ({d})"
