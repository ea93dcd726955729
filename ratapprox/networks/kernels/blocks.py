"""The arithmetic of one block as NumPy calls: the source of two functions, and how much memory they need."""

from __future__ import annotations

from typing import Any, NamedTuple

from ratapprox.networks.kernels.arithmetic import Arithmetic, Sum
from ratapprox.networks.kernels.ufuncs import UFUNCS

__all__ = ["ZEROS", "Text", "text"]

ZEROS = 3  # rows of 0 before those of powers: BLAS takes rows by fours, and is twice as slow with three
_BINARY = {"add": "+", "sub": "-", "mul": "*", "div": "/"}


class Text(NamedTuple):
    """source: of `once` and `block`. powers: rows 0, 0, 0, 1, x, x², ... of `block`. buffers: how many more.

    places: for each sum which of the answers of `block` holds it, and where in that.
    """

    source: str
    powers: int
    buffers: int
    places: tuple[tuple[int, int | None], ...]


def text(arithmetic: Arithmetic, single: bool) -> Text:
    """The source of `once(kind, u...) -> what all blocks share` and `block(total, product, x, V, ...) -> sums`.

    single: whether the coefficients are numbers, not one for each column: then a polynomial is their product with the
    rows V of powers of x, and so is the sum of their gradients.

    >>> from ratapprox.networks.kernels.arithmetic import back
    >>> from ratapprox.networks.units import unit
    >>> print(text(back(unit("1 + a*x + b*x**2"), 0), True).source)
    def once(kind, u0, u1):
        t6 = 2.0 * u1
        return [t6]
    def block(total, product, x, V, u0, u1, t6, g0, o0, w0, w1):
        multiply(x, x, out=w0)
        multiply(x, t6, out=w1)
        add(u0, w1, out=w1)
        multiply(g0, w1, out=o0)
        return (product(x, g0), product(w0, g0),)
    """
    return _Writer(arithmetic, single).text()


class _Writer:
    """Names for slots, and which buffers are free again."""

    def __init__(self, arithmetic: Arithmetic, single: bool) -> None:
        self.arithmetic = arithmetic
        self.first = len(arithmetic.inputs)
        self.names = list(arithmetic.inputs) + [""] * len(arithmetic.lines)
        # without sums Horner's scheme in a few rows is quicker than the product with all powers
        self.powers = _powers(arithmetic) if single and arithmetic.sums else {}
        self.last = self._last_uses()
        self.free: list[str] = []
        self.buffers = 0

    def _last_uses(self) -> list[int]:
        """For each slot the line after which it is not read any more."""
        a = self.arithmetic
        last = [-1] * len(self.names)
        for k, line in enumerate(a.lines):
            for slot in line.arguments:
                last[slot] = k
        kept = {s for t in a.sums for s in (t.first, t.second, self._product(t)) if s is not None}
        for slot in (*a.outputs, *kept):
            last[slot] = len(a.lines)
        return last

    def text(self) -> Text:
        a = self.arithmetic
        once: list[str] = []
        body: list[str] = []
        same: list[str] = []
        for k, line in enumerate(a.lines):
            slot = self.first + k
            arguments = [self.names[s] for s in line.arguments]
            if line.operation == "number":
                self.names[slot] = _number(line.data)
            elif slot in self.powers:
                self.names[slot] = f"V[{ZEROS + self.powers[slot]}]"
            elif slot in a.uniform:
                self.names[slot] = f"t{slot}"
                same.append(f"t{slot}")
                once.append(f"t{slot} = {_call(line.operation, arguments, line.data)}")
            else:
                self._release(k, line.arguments)
                self.names[slot] = out = self._target(slot, line.operation, arguments)
                if line.operation == "poly" and self.powers:
                    same.append(f"t{slot}")
                    first, end = _rows(0, len(arguments) - 2)
                    numbers = ["0"] * (end - first - len(arguments) + 1) + arguments[1:]
                    once.append(f"t{slot} = array([{', '.join(numbers)}], kind)")
                    body.append(f"dot(t{slot}, V[{first}:{end}], out={out})")
                else:
                    body.append(_call(line.operation, arguments, line.data, out))
        outs = [f"o{j}" for j in range(len(a.outputs))]
        pairs = zip(outs, a.outputs, strict=True)
        body += [f"copyto({out}, {self.names[s]})" for out, s in pairs if self.names[s] != out]
        sums, places = self._sums()
        us = [name for name in a.inputs[1:] if name.startswith("u")]
        gs = [name for name in a.inputs[1:] if not name.startswith("u")]
        buffers = [f"w{i}" for i in range(self.buffers)]
        given = ", ".join(["total", "product", a.inputs[0], "V", *us, *same, *gs, *outs, *buffers])
        source = [f"def once({', '.join(['kind', *us])}):", *once, f"return [{', '.join(same)}]"]
        answer = f"return ({''.join(f'{value}, ' for value in sums).rstrip()})"
        block = [f"def block({given}):", *self._first_rows(), *body, answer]
        written = "\n".join("\n    ".join(part) for part in (source, block))
        return Text(written, ZEROS + 1 + max(self.powers.values()) if self.powers else 0, self.buffers, tuple(places))

    def _first_rows(self) -> list[str]:
        if not self.powers:
            return []
        x, z = f"V[{ZEROS + 1}]", ZEROS
        rows = [
            f"multiply(V[{z + k // 2}], V[{z + k - k // 2}], out=V[{z + k}])"
            for k in range(2, 1 + max(self.powers.values()))
        ]
        return [
            f"multiply(x, 1.0, out={x})",
            f"x = {x}",
            *rows,
        ]  # copyto moves bytes, six times as long where rows lie badly

    def _release(self, k: int, slots: tuple[int, ...]) -> None:
        for slot in dict.fromkeys(slots):
            if self.last[slot] == k and self.names[slot].startswith("w"):
                self.free.append(self.names[slot])

    def _target(self, slot: int, operation: str, arguments: list[str]) -> str:
        """An output's own array, or a buffer; branches are not written over what they read."""
        if slot in self.arithmetic.outputs:
            return f"o{self.arithmetic.outputs.index(slot)}"
        free = [name for name in self.free if operation not in ("select", "choose") or name not in arguments]
        if free:
            self.free.remove(free[-1])
            return free[-1]
        self.buffers += 1
        return f"w{self.buffers - 1}"

    def _product(self, total: Sum) -> int | None:
        """The slot of first·second, where that is computed anyway."""
        for k, line in enumerate(self.arithmetic.lines):
            if line.operation == "mul" and set(line.arguments) == {total.first, total.second}:
                return self.first + k
        return None

    def _sums(self) -> tuple[list[str], list[tuple[int, int | None]]]:
        """What `block` answers: Σ v x^k with one v together, as a product of the rows of powers with v."""
        weighted = [self._weight(total) for total in self.arithmetic.sums]
        values: dict[str, int] = {}
        places: list[tuple[int, int | None]] = []
        for total, found in zip(self.arithmetic.sums, weighted, strict=True):
            rows = sorted(w[1] for w in weighted if w is not None and found is not None and w[0] == found[0])
            if found is None or len(rows) < 2:
                places.append((values.setdefault(self._sum(total), len(values)), None))
            else:
                first, end = _rows(rows[0], rows[-1])
                value = f"dot(V[{first}:{end}], {self.names[found[0]]})"
                places.append((values.setdefault(value, len(values)), ZEROS + found[1] - first))
        return list(values), places

    def _weight(self, total: Sum) -> tuple[int, int] | None:
        """(v, k) of a sum Σ v x^k."""
        if not self.powers or total.first in self.arithmetic.uniform:
            return None
        for v, power in ((total.first, total.second), (total.second, total.first)):
            if v is not None and power in self.powers:
                return v, self.powers[power]
        whole = total.first if total.second is None else self._product(total)
        return None if whole is None else (whole, 0)

    def _sum(self, total: Sum) -> str:
        first = self.names[total.first]
        if total.first in self.arithmetic.uniform:
            return "array(0.0)"  # no g flows through
        return f"total({first})" if total.second is None else f"product({first}, {self.names[total.second]})"


def _rows(low: int, high: int) -> tuple[int, int]:
    """The first of the rows that hold x^low to x^high, four or eight or ... of them, and the one after the last."""
    end = ZEROS + high + 1
    return end - 4 * -(-(high + 1 - low) // 4), end


def _powers(arithmetic: Arithmetic) -> dict[int, int]:
    """The slots that are x, x², ..., and their degrees, up to that of the polynomials; none where there are none."""
    degree = max((len(line.arguments) - 2 for line in arithmetic.lines if line.operation == "poly"), default=0)
    found = {0: 1} if degree else {}
    for slot, line in enumerate(arithmetic.lines, len(arithmetic.inputs)):
        if line.operation == "mul" and all(a in found for a in line.arguments):
            k = sum(found[a] for a in line.arguments)
            if k <= degree:
                found[slot] = k
    return found | ({-1: degree} if degree else {})  # the rows are as many as the polynomials need


def _number(value: float) -> str:
    return f"({value!r})" if value < 0 else repr(value)


def _call(operation: str, arguments: list[str], data: Any, out: str = "") -> str:
    if operation in _BINARY and not out:
        return f" {_BINARY[operation]} ".join(arguments)
    if operation == "poly":
        operation = "horner"
    if operation == "pow":
        arguments = [*arguments, repr(data)]
    if operation == "select":
        arguments = [repr(data), *arguments]
    if out:
        arguments = [*arguments, f"out={out}"]
    return f"{UFUNCS.get(operation, operation)}({', '.join(arguments)})"
