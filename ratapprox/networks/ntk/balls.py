"""The tangent kernel in ball arithmetic: every entry a ball that holds the exact one, for exactly these parameters."""

from __future__ import annotations

import operator
from collections.abc import Callable, Collection, Sequence
from functools import lru_cache
from typing import Any

import sympy
from flint import arb, arb_mat, fmpq

from ratapprox.expressions import balls, enclosure
from ratapprox.expressions import x as variable
from ratapprox.networks.mlp import Mlp
from ratapprox.networks.ntk.signals import KINDS, counted
from ratapprox.networks.units import Unit

__all__ = ["kernel_balls"]

Check = Callable[[], None]

_FUNCTIONS: dict[Any, Callable[..., Any]] = {
    kind: getattr(arb, name, balls.PLAIN[name])
    for name, kind in {
        "exp": sympy.exp, "log": sympy.log, "sin": sympy.sin, "cos": sympy.cos, "tan": sympy.tan, "sinh": sympy.sinh,
        "cosh": sympy.cosh, "tanh": sympy.tanh, "asin": sympy.asin, "acos": sympy.acos, "atan": sympy.atan,
        "asinh": sympy.asinh, "erf": sympy.erf, "erfc": sympy.erfc, "abs": sympy.Abs, "sign": sympy.sign,
    }.items()
}  # fmt: skip
_RELATIONS = {sympy.Gt: operator.gt, sympy.Ge: operator.ge, sympy.Lt: operator.lt, sympy.Le: operator.le}


def kernel_balls(
    net: Mlp, parameters: Any, x: Any, *, kinds: Collection[str] = KINDS, check: Check = lambda: None
) -> Any:
    """K as an `arb_mat` at the precision of the caller; parameters (P,) and x (N, d_in) are taken as exact numbers.

    check: called between the steps; what it raises ends the work.
    """
    kinds = counted(net, kinds)
    layers = net.layers(parameters)
    samples, outputs = len(x), net.widths[-1]
    h, trail = _matrix(x), []
    for k, (layer, unit) in enumerate(zip(layers, net.units, strict=False)):
        check()
        weights = _matrix(layer.weights)
        z = _rows_plus(h * weights, [arb(float(b)) for b in layer.biases])
        value, slope, own = _activated(unit, z, layer.coefficients, "coefficients" in kinds, check)
        trail.append((weights, h, slope, own))
        h = h + value if net.skips(k) else value
    last = _matrix(layers[-1].weights)
    factor = _factor(h, kinds)
    whole: list[list[Any]] = [[arb(0)] * (samples * outputs) for _ in range(samples * outputs)]
    for k in range(outputs):
        _add(whole, k, k, outputs, factor)
    flows = [_repeated([last[i, k] for i in range(last.nrows())], samples) for k in range(outputs)]
    for layer_index in reversed(range(len(trail))):
        weights, before, slope, own = trail[layer_index]
        check()
        backs = [_times(flow, slope) for flow in flows]
        factor = _factor(before, kinds)
        columns = [_contracted(flow, own) for flow in flows] if own else None
        for k in range(outputs):
            for m in range(outputs):
                if factor is not None:
                    _add(whole, k, m, outputs, _times(factor, backs[k] * backs[m].transpose()))
                if columns is not None:
                    _add(whole, k, m, outputs, columns[k] * columns[m].transpose())
                check()
        through = [back * weights.transpose() for back in backs]
        skip = net.skips(layer_index)
        flows = [new + old for new, old in zip(through, flows, strict=True)] if skip else through
    return arb_mat(whole)


def _matrix(values: Any) -> Any:
    rows, columns = values.shape
    return arb_mat(rows, columns, [arb(float(v)) for v in values.ravel()])


def _rows_plus(matrix: Any, row: Sequence[Any]) -> Any:
    width = len(row)
    entries = [value + row[i % width] for i, value in enumerate(matrix.entries())]
    return arb_mat(matrix.nrows(), width, entries)


def _repeated(row: Sequence[Any], times: int) -> Any:
    return arb_mat(times, len(row), list(row) * times)


def _times(a: Any, b: Any) -> Any:
    return arb_mat(a.nrows(), a.ncols(), list(map(operator.mul, a.entries(), b.entries())))


def _factor(inputs: Any, kinds: Collection[str]) -> Any:
    """A Aᵀ + 1, as far as weights and biases count; None where neither does."""
    one = 1 if "biases" in kinds else 0
    if "weights" not in kinds:
        return arb_mat(inputs.nrows(), inputs.nrows(), [arb(1)] * inputs.nrows() ** 2) if one else None
    gram = inputs * inputs.transpose()
    return arb_mat(gram.nrows(), gram.nrows(), [value + one for value in gram.entries()])


def _add(whole: list[list[Any]], k: int, m: int, outputs: int, block: Any) -> None:
    if block is None:
        return
    for n, row in enumerate(block.tolist()):
        into = whole[n * outputs + k]
        into[m::outputs] = map(operator.add, into[m::outputs], row)


def _activated(unit: Unit, z: Any, coefficients: Any, with_columns: bool, check: Check) -> tuple[Any, Any, Any]:
    """σ(z), σ'(z) and, if asked for, ∂σ/∂c as (groups, one matrix for each coefficient)."""
    rows, width = z.nrows(), z.ncols()
    groups = len(coefficients)
    exact = [[arb(float(c)) for c in group] for group in coefficients]
    outputs = _outputs(unit, with_columns)
    entries = z.entries()
    found: list[list[Any]] = [[arb(0)] * len(entries) for _ in outputs]
    part = width // groups
    for g in range(groups):
        check()
        places = [n * width + i for n in range(rows) for i in range(g * part, (g + 1) * part)]
        program = _program(outputs, (variable, *unit.symbols))
        values = program([[entries[place] for place in places], *exact[g]])
        for into, value in zip(found, values, strict=True):
            for j, place in enumerate(places):
                into[place] = value[j] if isinstance(value, list) else value
    value, slope, *own = (arb_mat(rows, width, f) for f in found)
    return value, slope, (groups, own) if own else None


def _contracted(flow: Any, own: tuple[int, Sequence[Any]]) -> Any:
    """Σ over a group's neurons of ∂y/∂h ∂σ/∂c, a column for each group and coefficient."""
    groups, features = own
    part = flow.ncols() // groups
    columns = []
    for feature in features:
        products = _times(flow, feature).tolist()
        columns += [[sum(row[g * part : (g + 1) * part], arb(0)) for row in products] for g in range(groups)]
    return arb_mat(columns).transpose()


@lru_cache(maxsize=64)
def _outputs(unit: Unit, with_columns: bool) -> tuple[Any, ...]:
    wanted = [unit.expression, sympy.diff(unit.expression, variable)]
    if with_columns:
        wanted += [sympy.diff(unit.expression, symbol) for symbol in unit.symbols]
    return tuple(f.replace(sympy.DiracDelta, lambda *_: sympy.Integer(0)) for f in wanted)


# -- several expressions of several variables as one list of steps ----------------------------------------------------


class _Program:
    """Steps on lists of balls, equal subexpressions once; what depends on no list is a single ball."""

    def __init__(self, outputs: Sequence[Any], inputs: Sequence[Any]) -> None:
        self.steps: list[tuple[Callable[..., Any], tuple[int, ...]]] = []
        self.inputs = len(inputs)
        self.memo: dict[Any, int] = {symbol: k for k, symbol in enumerate(inputs)}
        self.outputs = [self._slot(sympy.sympify(e)) for e in outputs]

    def __call__(self, values: Sequence[Any]) -> list[Any]:
        found = list(values)
        for function, arguments in self.steps:
            given = [found[a] for a in arguments]
            if any(isinstance(v, list) for v in given):
                many = next(len(v) for v in given if isinstance(v, list))
                found.append(list(map(function, *(v if isinstance(v, list) else [v] * many for v in given))))
            else:
                found.append(function(*given))
        return [found[k] for k in self.outputs]

    def _slot(self, e: Any) -> int:
        if e not in self.memo:
            self.memo[e] = self._build(e)
        return self.memo[e]

    def _emit(self, function: Callable[..., Any], *arguments: int) -> int:
        self.steps.append((function, arguments))
        return self.inputs + len(self.steps) - 1

    def _build(self, e: Any) -> int:
        if e.is_Add or e.is_Mul:
            function = operator.add if e.is_Add else operator.mul
            total, *rest = [self._slot(part) for part in e.args]
            for other in rest:
                total = self._emit(function, total, other)
            return total
        if e.is_Pow:
            return self._power(e.base, e.exp)
        if e.is_number:
            return self._emit(lambda: enclosure(e))
        if isinstance(e, sympy.Max | sympy.Min):
            function = balls.maximum if isinstance(e, sympy.Max) else balls.minimum
            total, *rest = [self._slot(part) for part in e.args]
            for other in rest:
                total = self._emit(function, total, other)
            return total
        if isinstance(e, sympy.Heaviside):
            at_zero = e.args[1] if len(e.args) > 1 else sympy.Rational(1, 2)
            value = arb(fmpq(int(at_zero.p), int(at_zero.q)))
            return self._emit(lambda u: _step(u, value), self._slot(e.args[0]))
        if isinstance(e, sympy.Piecewise):
            return self._piecewise(e)
        if type(e) in _FUNCTIONS:
            return self._emit(_FUNCTIONS[type(e)], self._slot(e.args[0]))
        raise ValueError(f"{e} ({type(e).__name__}) has no evaluation in ball arithmetic here")

    def _power(self, base: Any, exponent: Any) -> int:
        if exponent.is_Integer:
            n = int(exponent)
            if n < 0:
                return self._emit(lambda u: 1 / u, self._slot(sympy.Pow(base, -n)))
            return self._emit(lambda u: u**n, self._slot(base))
        if exponent == sympy.Rational(1, 2):
            return self._emit(arb.sqrt, self._slot(base))
        return self._emit(arb.exp, self._slot(exponent * sympy.log(base)))

    def _piecewise(self, e: Any) -> int:
        branches: list[Any] = []
        slots: list[int] = []
        for branch, condition in e.args:
            slots.append(self._slot(branch))
            if condition in (sympy.true, True):
                branches.append(None)
                continue
            relation = _RELATIONS.get(type(condition))
            if relation is None:
                raise ValueError(f"the condition {condition} is not one of <, <=, >, >=")
            branches.append(relation)
            slots.append(self._slot(condition.lhs - condition.rhs))
        return self._emit(_selector(branches), *slots)


def _step(u: Any, at_zero: Any) -> Any:
    if u > 0:
        return arb(1)
    if u < 0:
        return arb(0)
    return at_zero if u.is_zero() else arb(0).union(arb(1))


def _selector(branches: Sequence[Any]) -> Callable[..., Any]:
    """The value of the first branch whose condition holds; the union of those that may be the first."""
    opposite = {operator.gt: operator.le, operator.ge: operator.lt, operator.lt: operator.ge, operator.le: operator.gt}

    def chosen(*values: Any) -> Any:
        given, union = iter(values), None
        for relation in branches:
            value = next(given)
            if relation is None:
                return value if union is None else union.union(value)
            difference = next(given)
            if opposite[relation](difference, 0):
                continue
            union = value if union is None else union.union(value)
            if relation(difference, 0):
                return union
        return arb.nan() if union is None else union

    return chosen


@lru_cache(maxsize=64)
def _program(outputs: tuple[Any, ...], inputs: tuple[Any, ...]) -> _Program:
    return _Program(outputs, inputs)
