"""The arithmetic of one block as NumPy calls: the source of two functions, and how much memory they need."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

from ratapprox.networks.kernels.arithmetic import Arithmetic, Sum
from ratapprox.networks.kernels.moments import Moments, moments
from ratapprox.networks.kernels.ufuncs import UFUNCS

__all__ = ["Text", "text"]

_BINARY = {"add": "+", "sub": "-", "mul": "*"}  # Python would not divide by 0
_APART = ("select", "choose", "poly")  # read an argument again after they began to write


class Text(NamedTuple):
    """source: of `once` and `block`. rows: v x^k that `block` fills. buffers: how many more it needs.

    values: how many answers `block` has. places: for each sum where it is in these, one after the other.
    """

    source: str
    rows: int
    buffers: int
    values: int
    places: tuple[int, ...]


def text(arithmetic: Arithmetic, single: bool) -> Text:
    """The source of `once(kind, u) -> what blocks share` and `block(total, product, ones, V, ...) -> sums`.

    single: whether the coefficients are numbers, not one for each column: then the sums Σ v x^k are a product of the
    rows V, and so is an output that they make up. Numbers are arrays without axes: NumPy converts others at each call.

    >>> from ratapprox.networks.kernels.arithmetic import back
    >>> from ratapprox.networks.units import unit
    >>> print(text(back(unit("1 + a*x + b*x**2"), 0), True).source)
    def once(kind, u):
        u0, u1, = u
        t6 = 2.0 * u1
        s = array([u0, t6], kind)
        return [s[0, ...], s[1, ...]]
    def block(total, product, ones, V, u0, t6, x, g0, o0, w0, w1):
        multiply(x, x, w0)
        multiply(x, t6, w1)
        add(u0, w1, w1)
        multiply(g0, w1, o0)
        return (product(x, g0), product(w0, g0),)
    """
    return _Writer(arithmetic, single).text()


class _Writer:
    """Names for slots, and which buffers are free again."""

    def __init__(self, arithmetic: Arithmetic, single: bool) -> None:
        self.arithmetic, self.single = _divided(arithmetic), single
        a = self.arithmetic
        self.first = len(a.inputs)
        self.names = [self._same(slot) for slot in range(self.first + len(a.lines))]
        self.moments = moments(a, self._same) if single else Moments((), (None,) * len(a.sums), ())
        self.outputs = () if self.moments.output else a.outputs
        self.last = self._last_uses()
        self.free: list[str] = []
        self.buffers = 0
        self.numbers: dict[str, str] = {}

    def _same(self, slot: int) -> str:
        """The name of an input, or of what is the same for all elements."""
        if slot < self.first:
            return self.arithmetic.inputs[slot]
        line = self.arithmetic.lines[slot - self.first]
        return _number(line.data) if line.operation == "number" else f"t{slot}"

    def _last_uses(self) -> list[int]:
        """For each slot the line of a block after which it is not read any more; -1 where none needs it."""
        a = self.arithmetic
        last = [-1] * len(self.names)
        alone = [total for total, row in zip(a.sums, self.moments.of, strict=True) if row is None]
        kept = {s for t in alone for s in (t.first, t.second, self._product(t)) if s is not None}
        for slot in (*self.outputs, *kept, *(v for v, _ in self.moments.rows)):
            last[slot] = len(a.lines)
        for k in reversed(range(len(a.lines))):
            if last[self.first + k] >= 0 and self.first + k not in a.uniform:
                for slot in a.lines[k].arguments:
                    last[slot] = max(last[slot], k)
        return last

    def text(self) -> Text:
        a = self.arithmetic
        body = [call for k in range(len(a.lines)) for call in self._line(k)]
        outs = [f"o{j}" for j in range(len(a.outputs))]
        pairs = zip(outs, self.outputs, strict=False)
        body += [f"copyto({out}, {self.names[s]})" for out, s in pairs if self.names[s] != out]
        body += self._rows()
        if self.moments.output:
            body.append(f"matmul(c, V[:{len(self.moments.output)}], o0)")
        values, places = self._sums()
        once, same = self._once()
        read = [name for name in a.inputs if not name.startswith("u")]
        memory = [*(f"v{k}" for k in range(len(self.moments.rows))), *(f"w{k}" for k in range(self.buffers))]
        given = ["total", "product", "ones", "V", *same, *read, *outs, *memory]
        answer = f"return ({''.join(f'{value}, ' for value in values).rstrip()})"
        block = [f"def block({', '.join(given)}):", *body, answer]
        written = "\n".join("\n    ".join(part) for part in (once, block))
        return Text(written, len(self.moments.rows), self.buffers, len(values), tuple(places))

    def _once(self) -> tuple[list[str], list[str]]:
        """The function of what is the same for all elements, and what blocks call that."""
        a = self.arithmetic
        us = [name for name in a.inputs if name.startswith("u")]
        lines = ["def once(kind, u):", *([f"{', '.join(us)}, = u"] if us else [])]
        for slot, line in enumerate(a.lines, self.first):
            if slot in a.uniform and line.operation != "number":
                arguments = [self.names[s] for s in line.arguments]
                lines.append(f"{self.names[slot]} = {_call(line.operation, arguments, line.data)}")
        same = [
            name
            for slot, name in enumerate(self.names)
            if slot in a.uniform and self.last[slot] >= 0 and (name in us or name.startswith("t"))
        ]
        if not self.single:
            numbers = [f"asarray({value}, kind)" for value in self.numbers]
            return [*lines, f"return [{', '.join(same + numbers)}]"], [*same, *self.numbers.values()]
        many = len(same) + len(self.numbers)
        lines.append(f"s = array([{', '.join([*same, *self.numbers, *self.moments.output])}], kind)")
        answers = [f"s[{k}, ...]" for k in range(many)] + [f"s[{many}:]"] * bool(self.moments.output)
        names = [*same, *self.numbers.values(), *(["c"] * bool(self.moments.output))]
        return [*lines, f"return [{', '.join(answers)}]"], names

    def _line(self, k: int) -> list[str]:
        slot, line = self.first + k, self.arithmetic.lines[k]
        if slot in self.arithmetic.uniform or self.last[slot] < 0:
            return []
        arguments = [self._argument(s) for s in line.arguments]
        self._release(k, line.arguments)
        self.names[slot] = out = self._target(slot, line.operation, arguments)
        if line.operation == "poly":
            return self._horner(arguments, out)
        return [_call(line.operation, arguments, line.data, out)]

    def _argument(self, slot: int) -> str:
        name, first = self.names[slot], self.first
        number = slot >= first and self.arithmetic.lines[slot - first].operation == "number"
        return self._constant(name) if number else name

    def _constant(self, value: str) -> str:
        return self.numbers.setdefault(value, f"n{len(self.numbers)}")

    def _horner(self, arguments: list[str], out: str) -> list[str]:
        """((c_n x + c_{n-1}) x + ...) x + c_0."""
        x, *coefficients = arguments
        zero = self.numbers.get("0.0")
        body = [f"multiply({x}, {coefficients[-1]}, {out})"]
        for k in reversed(range(len(coefficients) - 1)):
            body += [f"add({out}, {coefficients[k]}, {out})"] * (coefficients[k] != zero)
            body += [f"multiply({out}, {x}, {out})"] * (k > 0)
        return body

    def _rows(self) -> list[str]:
        """v x^k from v x^(k-1); many v were computed where they are to lie."""
        body = []
        rows = {row: f"v{k}" for k, row in enumerate(self.moments.rows)}
        for v, k in sorted(rows):
            out = rows[v, k]
            if k:
                body.append(f"multiply({rows[v, k - 1]}, x, {out})")
            elif self.names[v] != out:  # copyto moves bytes, six times as long where rows lie badly
                body.append(f"multiply({self.names[v]}, {self._constant('1.0')}, {out})")
        return body

    def _release(self, k: int, slots: tuple[int, ...]) -> None:
        for slot in dict.fromkeys(slots):
            if self.last[slot] == k and self.names[slot].startswith("w"):
                self.free.append(self.names[slot])

    def _target(self, slot: int, operation: str, arguments: list[str]) -> str:
        """An output's own array, a row, or a buffer; some calls do not write over what they read."""
        if slot in self.outputs:
            return f"o{self.outputs.index(slot)}"
        if (slot, 0) in self.moments.rows:
            return f"v{self.moments.rows.index((slot, 0))}"
        free = [name for name in self.free if operation not in _APART or name not in arguments]
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

    def _sums(self) -> tuple[list[str], list[int]]:
        """What `block` answers: the sums of all rows together, and others each by itself."""
        many = len(self.moments.rows)
        values = ["matmul(V, ones)"] * bool(many)
        places = []
        for total, row in zip(self.arithmetic.sums, self.moments.of, strict=True):
            if row is not None:
                places.append(self.moments.rows.index(row))
                continue
            value = self._sum(total)
            if value not in values:
                values.append(value)
            places.append(values.index(value) + max(0, many - 1))
        return values, places

    def _sum(self, total: Sum) -> str:
        first = self.names[total.first]
        if total.first in self.arithmetic.uniform:
            return "array(0.0)"  # no g flows through
        return f"total({first})" if total.second is None else f"product({first}, {self.names[total.second]})"


def _divided(arithmetic: Arithmetic) -> Arithmetic:
    """With u/v for u·(1/v) where that leaves no more divisions than products: a division costs NumPy no more.

    What a reciprocal was a factor of in a sum is there as a slot of its own.
    """
    first = len(arithmetic.inputs)
    uses = [(first + k, line) for k, line in enumerate(arithmetic.lines)]
    one = {slot for slot, line in uses if line.operation == "number" and line.data == 1}
    below = {s: line.arguments[1] for s, line in uses if line.operation == "div" and line.arguments[0] in one}
    products: dict[frozenset[int | None], int] = {
        frozenset(line.arguments): s for s, line in uses if line.operation == "mul"
    }
    for r in list(below):
        readers = [line for _, line in uses if r in line.arguments]
        sums = [t for t in arithmetic.sums if r in (t.first, t.second)]
        plain = all(line.operation == "mul" and line.arguments != (r, r) for line in readers)
        there = all(frozenset((t.first, t.second)) in products for t in sums)
        if r in arithmetic.uniform or r in arithmetic.outputs or len(readers) > 2 or not (plain and there):
            del below[r]
    lines = []
    for _, line in uses:
        found = [a for a in line.arguments if a in below] if line.operation == "mul" else []
        if found:
            (other,) = (a for a in line.arguments if a != found[0])
            line = replace(line, operation="div", arguments=(other, below[found[0]]))
        lines.append(line)
    totals = []
    for total in arithmetic.sums:
        factors = frozenset((total.first, total.second))
        totals.append(replace(total, first=products[factors], second=None) if factors & set(below) else total)
    return replace(arithmetic, lines=tuple(lines), sums=tuple(totals))


def _number(value: float) -> str:
    return f"({value!r})" if value < 0 else repr(value)


def _call(operation: str, arguments: list[str], data: Any, out: str = "") -> str:
    if operation in _BINARY and not out:
        return f" {_BINARY[operation]} ".join(arguments)
    if operation == "pow":
        arguments = [*arguments, repr(data)]
    if operation == "select":
        arguments = [repr(data), *arguments]
    if out:  # by its place, which is quicker; NumPy will have it by name where there could be a third argument
        arguments = [*arguments, f"out={out}" if operation in ("max", "min") else out]
    return f"{UFUNCS.get(operation, operation)}({', '.join(arguments)})"
