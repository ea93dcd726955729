"""The arithmetic of one element, written in a language with variables: assignments in the order of the lines."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ratapprox.networks.kernels.arithmetic import Arithmetic, Line, Sum

__all__ = ["FUNCTIONS", "Language", "Written", "write"]

FUNCTIONS = (
    "sqrt", "exp", "expm1", "log", "log1p", "sin", "cos", "tan", "sinh", "cosh", "tanh", "asin", "acos", "atan",
    "asinh", "erf", "erfc", "pow",
)  # fmt: skip
_BINARY = {"add": "+", "sub": "-", "mul": "*", "div": "/"}


@dataclass(frozen=True)
class Language:
    """number: a literal of the type computed in. choice: (condition, a, b) -> a or b. functions: their names."""

    number: Callable[[float], str]
    choice: Callable[[str, str, str], str]
    functions: Mapping[str, str]


@dataclass(frozen=True)
class Written:
    """once: assignments (name, value) that are the same for all elements; each: those of an element.

    outputs: the names of the outputs. sums: what an element adds to each sum, and scales, by which each sum is
    multiplied at the end.
    """

    once: tuple[tuple[str, str], ...]
    each: tuple[tuple[str, str], ...]
    outputs: tuple[str, ...]
    sums: tuple[str, ...]
    scales: tuple[float, ...]


def write(arithmetic: Arithmetic, language: Language) -> Written:
    """The assignments; inputs keep their names, line k is named tk.

    >>> from ratapprox.networks.kernels.arithmetic import jet
    >>> from ratapprox.networks.units import unit
    >>> python = Language(repr, lambda c, a, b: f"({a} if {c} else {b})", {})
    >>> write(jet(unit("leaky_relu"), 0), python).each
    (('t2', '0.01 * x'), ('t3', '(x if x >= 0.0 else (t2 if x == x else x))'))
    """
    names = list(arithmetic.inputs)
    once: list[tuple[str, str]] = []
    each: list[tuple[str, str]] = []
    for line in arithmetic.lines:
        slot = len(names)
        if line.operation == "number":
            names.append(language.number(line.data))
            continue
        names.append(f"t{slot}")
        target = once if slot in arithmetic.uniform else each
        target.append((names[slot], _value(line, [names[a] for a in line.arguments], language)))
    return Written(
        tuple(once),
        tuple(each),
        tuple(names[slot] for slot in arithmetic.outputs),
        tuple(_added(total, names, arithmetic, language) for total in arithmetic.sums),
        tuple(total.scale for total in arithmetic.sums),
    )


def _added(total: Sum, names: list[str], arithmetic: Arithmetic, language: Language) -> str:
    if total.first in arithmetic.uniform:  # no g flows through
        return language.number(0.0)
    return names[total.first] if total.second is None else f"{names[total.first]} * {names[total.second]}"


def _value(line: Line, u: list[str], language: Language) -> str:
    operation, choice, zero = line.operation, language.choice, language.number(0.0)
    if operation in _BINARY:
        return f"{u[0]} {_BINARY[operation]} {u[1]}"
    if operation == "neg":
        return f"-{u[0]}"
    if operation == "poly":
        return _horner(u[0], u[1:], zero)
    if operation in ("max", "min"):
        taken = f"{u[0]} {'>' if operation == 'max' else '<'} {u[1]}"
        return choice(taken, u[0], choice(f"{u[0]} == {u[0]}", u[1], u[0]))
    if operation == "select":
        return choice(f"{u[0]} {line.data} {zero}", u[1], choice(f"{u[0]} == {u[0]}", u[2], u[0]))
    if operation == "choose":
        mean = f"{language.number(0.5)} * ({u[1]} + {u[2]})"
        below = choice(f"{u[0]} < {zero}", u[2], choice(f"{u[0]} == {zero}", mean, u[0]))
        return choice(f"{u[0]} > {zero}", u[1], below)
    if operation == "sign":
        one = language.number(1.0)
        return choice(f"{u[0]} > {zero}", one, choice(f"{u[0]} < {zero}", f"-{one}", u[0]))
    if operation == "pow":
        u = [*u, language.number(line.data)]
    return f"{language.functions.get(operation, operation)}({', '.join(u)})"


def _horner(x: str, coefficients: list[str], zero: str) -> str:
    """((c_n x + c_{n-1}) x + ...) x + c_0."""
    found = coefficients[-1]
    for c in coefficients[-2::-1]:
        found = f"{found} * {x}" if c == zero else f"({found} * {x} + {c})"
    return found.removeprefix("(").removesuffix(")") if found.startswith("(") and found.endswith(")") else found
