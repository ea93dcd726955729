"""Straight-line programs: what a machine does to evaluate a rational function, one rounded operation after another.

One program is run in every arithmetic that is of interest: NumPy's, rounded fractions, balls with running errors, and
exact rational functions, which shows what the program computes when nothing is rounded.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, NamedTuple

from flint import fmpq_poly

from ratapprox.coefficients import to_fmpq
from ratapprox.number_formats import Operation

__all__ = ["Program", "Step", "Tape"]


class Step(NamedTuple):
    """One operation on two registers; its result is the next register."""

    operation: Operation
    left: int
    right: int


@dataclass(frozen=True, slots=True)
class Program:
    """Register 0 holds x, the next ones the constants, then each step adds one; `result` is the register returned."""

    constants: tuple[Fraction, ...]
    steps: tuple[Step, ...]
    result: int

    def run(self, x: Any, constants: Sequence[Any], apply: Callable[[Operation, Any, Any], Any]) -> Any:
        """The result in any arithmetic: x and the constants in its kind, `apply` its operations."""
        registers = [x, *constants]
        for operation, left, right in self.steps:
            registers.append(apply(operation, registers[left], registers[right]))
        return registers[self.result]

    def function(self) -> tuple[fmpq_poly, fmpq_poly]:
        """The polynomials p and q, without common factor, of the rational function computed when nothing is rounded.

        >>> tape = Tape()
        >>> below = tape.add(tape.x, tape.constant(Fraction(1)))
        >>> tape.program(tape.divide(tape.constant(Fraction(3)), below)).function()
        (3, x + 1)
        """
        one = fmpq_poly([1])
        constants = [(fmpq_poly([to_fmpq(c)]), one) for c in self.constants]
        p, q = self.run((fmpq_poly([0, 1]), one), constants, _apply)
        return p, q


def _apply(operation: Operation, left: Any, right: Any) -> tuple[Any, Any]:
    (a, b), (c, d) = left, right
    if operation == "+":
        p, q = (a + c, b) if b == d else (a * d + c * b, b * d)
    elif operation == "*":
        p, q = a * c, b * d
    else:
        p, q = a * d, b * c
    if q.degree() > 0:
        common = p.gcd(q)
        p, q = p // common, q // common
    return p, q


@dataclass(slots=True)
class Tape:
    """Records a program and every operation once; registers have names until the number of constants is known."""

    constants: list[Fraction] = field(default_factory=list)
    steps: list[tuple[Operation, tuple[str, int], tuple[str, int]]] = field(default_factory=list)

    @property
    def x(self) -> tuple[str, int]:
        """The variable."""
        return "x", 0

    def constant(self, value: Fraction) -> tuple[str, int]:
        """A constant; the same value is stored once."""
        if value not in self.constants:
            self.constants.append(value)
        return "constant", self.constants.index(value)

    def add(self, left: tuple[str, int], right: tuple[str, int]) -> tuple[str, int]:
        """left + right."""
        return self._step("+", *sorted((left, right)))

    def multiply(self, left: tuple[str, int], right: tuple[str, int]) -> tuple[str, int]:
        """left · right; a factor of exactly 1 is left out."""
        one = ("constant", self.constants.index(Fraction(1))) if Fraction(1) in self.constants else None
        if left == one:
            return right
        return left if right == one else self._step("*", *sorted((left, right)))

    def divide(self, left: tuple[str, int], right: tuple[str, int]) -> tuple[str, int]:
        """left / right."""
        return self._step("/", left, right)

    def program(self, result: tuple[str, int]) -> Program:
        """The program that returns the given register."""
        constants = sorted(self.constants)
        place = {("constant", k): 1 + constants.index(c) for k, c in enumerate(self.constants)} | {self.x: 0}
        place |= {("step", k): 1 + len(constants) + k for k in range(len(self.steps))}
        steps = tuple(Step(operation, place[left], place[right]) for operation, left, right in self.steps)
        return Program(tuple(constants), steps, place[result])

    def _step(self, operation: Operation, left: tuple[str, int], right: tuple[str, int]) -> tuple[str, int]:
        step = (operation, left, right)
        if step not in self.steps:
            self.steps.append(step)
        return "step", self.steps.index(step)
