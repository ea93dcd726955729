"""One sympy expression as a short list of steps, the same for NumPy, for balls and for Taylor series.

The builder walks the tree once, shares equal subtrees, and replaces a few shapes by the function that evaluates them
without overflow or cancellation: `1/(1 + exp(-u))` becomes a sigmoid, `log(1 + exp(u))` a softplus, `1 + erf(u)` an
erfc, `exp(u) - 1` an expm1. What each step does is for the three back ends to say.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import sympy

from ratapprox.expressions.errors import ExpressionError

x = sympy.Symbol("x", real=True)
KINKED = (sympy.Max, sympy.Min, sympy.Abs, sympy.sign, sympy.Heaviside, sympy.Piecewise)

Holes = tuple[tuple[Any, Any, int], ...]  # (denominator, point, order of its zero there), the numerator vanishing too

_RELATIONS = {
    sympy.StrictGreaterThan: ">",
    sympy.GreaterThan: ">=",
    sympy.StrictLessThan: "<",
    sympy.LessThan: "<=",
}
_UNARY = {
    sympy.exp: "exp",
    sympy.log: "log",
    sympy.sin: "sin",
    sympy.cos: "cos",
    sympy.tan: "tan",
    sympy.sinh: "sinh",
    sympy.cosh: "cosh",
    sympy.tanh: "tanh",
    sympy.asin: "asin",
    sympy.acos: "acos",
    sympy.atan: "atan",
    sympy.asinh: "asinh",
    sympy.erf: "erf",
    sympy.erfc: "erfc",
    sympy.Abs: "abs",
    sympy.sign: "sign",
}


@dataclass(frozen=True)
class Step:
    """One operation on earlier slots; `data` is what the operation needs besides their values."""

    operation: str
    arguments: tuple[int, ...]
    data: Any = None


@dataclass(frozen=True)
class Program:
    """Slot 0 is x, then come the constant steps, then those that depend on x; `output` is the slot of the answer."""

    constants: tuple[Step, ...]
    steps: tuple[Step, ...]
    output: int


def build(expression: Any, holes: Holes = (), symbols: tuple[Any, ...] = ()) -> Program:
    """The program of an expression in x and the removable singularities of its quotients.

    Each of `symbols` becomes a constant step "symbol", whose value is for whoever runs the program to know.
    """
    builder = _Builder(holes, symbols)
    output = builder.slot(sympy.sympify(expression))
    first = 1 + len(builder.constants)

    def final(key: tuple[str, int]) -> int:
        kind, index = key
        return 0 if kind == "x" else 1 + index if kind == "constant" else first + index

    def renumber(steps: list[tuple[str, tuple[Any, ...], Any]]) -> tuple[Step, ...]:
        return tuple(Step(name, tuple(final(a) for a in arguments), data) for name, arguments, data in steps)

    return Program(renumber(builder.constants), renumber(builder.steps), final(output))


class _Builder:
    def __init__(self, holes: Holes, symbols: tuple[Any, ...]) -> None:
        self.holes = holes
        self.symbols = symbols
        self.memo: dict[Any, tuple[str, int]] = {x: ("x", 0)}
        self.known: dict[Any, tuple[str, int]] = {}
        self.constants: list[tuple[str, tuple[Any, ...], Any]] = []
        self.steps: list[tuple[str, tuple[Any, ...], Any]] = []

    def slot(self, e: Any) -> tuple[str, int]:
        key = self.memo.get(e)
        if key is None:
            key = self.memo[e] = self._build(e)
        return key

    def emit(self, operation: str, *arguments: tuple[str, int], data: Any = None) -> tuple[str, int]:
        step = (operation, arguments, data)
        if step not in self.known:
            constant = operation != "hole" and all(a[0] == "constant" for a in arguments)
            steps = self.constants if constant else self.steps
            steps.append(step)
            self.known[step] = ("constant" if constant else "step", len(steps) - 1)
        return self.known[step]

    def _build(self, e: Any) -> tuple[str, int]:
        if e.is_Rational:
            return self.emit("rational", data=Fraction(int(e.p), int(e.q)))
        if e is sympy.pi:
            return self.emit("pi")
        if e is sympy.E:
            return self.emit("exp", self.slot(sympy.Integer(1)))
        if e.is_Add:
            return self._sum(e)
        if e.is_Mul:
            return self._product(e)
        if e.is_Pow:
            return self._power(e.base, e.exp)
        if isinstance(e, sympy.log):
            return self._log(e.args[0])
        if isinstance(e, sympy.Max | sympy.Min):
            return self._chain("max" if isinstance(e, sympy.Max) else "min", e.args)
        if isinstance(e, sympy.Heaviside):
            at_zero = e.args[1] if len(e.args) > 1 else sympy.Rational(1, 2)
            return self.emit("heaviside", self.slot(e.args[0]), data=Fraction(int(at_zero.p), int(at_zero.q)))
        if isinstance(e, sympy.Piecewise):
            return self._piecewise(e)
        for kind, operation in _UNARY.items():
            if isinstance(e, kind):
                return self.emit(operation, self.slot(e.args[0]))
        if e in self.symbols:
            return self.emit("symbol", data=e)
        if e.is_Symbol:
            raise ExpressionError(f"{e} has no value: give the parameter one with .at({e}=...)")
        if isinstance(e, sympy.CRootOf) and e.is_real:
            return self.emit("algebraic", data=e)
        if hasattr(e, "ball"):  # a RealRoot
            return self.emit("real_root", data=e)
        raise ExpressionError(f"{e} ({type(e).__name__}) cannot be evaluated; the functions known are those of parse()")

    def _chain(self, operation: str, arguments: Any) -> tuple[str, int]:
        key = self.slot(arguments[0])
        for e in arguments[1:]:
            key = self.emit(operation, key, self.slot(e))
        return key

    # -- sums ----------------------------------------------------------------------------------------------------------

    def _sum(self, e: Any) -> tuple[str, int]:
        constant, rest = e.as_coeff_Add()
        terms = list(sympy.Add.make_args(rest))
        keys: list[tuple[Any, tuple[str, int] | None]] = []  # (coefficient, slot; none for the constant term)
        for index, term in enumerate(terms):
            replaced = self._with_constant(constant, *term.as_coeff_Mul()) if constant else None
            if replaced is not None:
                keys.append(replaced)
                constant = sympy.Integer(0)
                del terms[index]
                break
        else:
            shrunk = self._minus_tanh(constant, terms)
            if shrunk is not None:
                return shrunk
        keys += [(c, self.slot(f)) for c, f in (term.as_coeff_Mul() for term in terms)]
        if constant:
            keys.append((constant, None))
        # a positive term first: then no step is needed for its sign
        keys.sort(key=lambda pair: bool(pair[0] < 0))
        total: tuple[str, int] | None = None
        for c, key in keys:
            size = abs(c)
            term_key = self.slot(size) if key is None else key if size == 1 else self.emit("mul", self.slot(size), key)
            if total is None:
                total = term_key if c > 0 else self.emit("neg", term_key)
            else:
                total = self.emit("add" if c > 0 else "sub", total, term_key)
        assert total is not None
        return total

    def _with_constant(self, k: Any, c: Any, f: Any) -> tuple[Any, tuple[str, int]] | None:
        """k + c*f as one function without cancellation, where there is one: (coefficient, slot)."""
        if c not in (k, -k):
            return None
        u: Any = f.args[0] if f.args else None
        if isinstance(f, sympy.exp) and c == -k:
            return c, self.emit("expm1", self.slot(u))
        if isinstance(f, sympy.erf):
            return k, self.emit("erfc", self.slot(u if c == -k else -u))
        if isinstance(f, sympy.erfc) and c == -k:
            return k, self.emit("erf", self.slot(u))
        if isinstance(f, sympy.tanh):
            return 2 * k, self.emit("sigmoid", self.slot(2 * u if c == k else -2 * u))
        if f.is_Pow and f.exp == 2 and isinstance(f.base, sympy.tanh) and c == -k:  # a slope of tanh
            sides = (self.emit("sigmoid", self.slot(s * f.base.args[0])) for s in (2, -2))
            return 4 * k, self.emit("mul", *sides)
        if isinstance(f, sympy.cos) and c == -k:
            return 2 * k, self.emit("power", self.emit("sin", self.slot(u / 2)), data=2)
        sigmoid = _sigmoid_power(f)
        if sigmoid is not None and sigmoid[1:] == (1, 1) and c == -k:
            return k, self.emit("sigmoid", self.slot(-sigmoid[0]))
        return None

    def _minus_tanh(self, constant: Any, terms: list[Any]) -> tuple[str, int] | None:
        """d*u - d*tanh(u), which cancels near u = 0."""
        if constant:
            return None
        for index, term in enumerate(terms):
            c, f = term.as_coeff_Mul()
            if isinstance(f, sympy.tanh):
                others = sympy.Add(*terms[:index], *terms[index + 1 :])
                if others == -c * f.args[0]:
                    key = self.emit("tanhshrink", self.slot(f.args[0]))
                    return key if c == -1 else self.emit("mul", self.slot(-c), key)
        return None

    # -- products and powers -------------------------------------------------------------------------------------------

    def _product(self, e: Any) -> tuple[str, int]:
        coefficient, rest = e.as_coeff_Mul()
        hole = self._hole(*quotient_parts(rest)) if self.holes else None
        if hole is not None:
            return self._scaled(coefficient, hole)
        above: list[Any] = []
        below: list[Any] = []
        logistic: dict[Any, int] = {}  # u: n for sigmoid(u)**n
        for f in sympy.Mul.make_args(rest):
            sigmoid = _sigmoid_power(f)
            if sigmoid is not None:
                u, n, k = sigmoid
                logistic[u] = logistic.get(u, 0) + n
                coefficient = coefficient / k**n
            elif f.is_Pow and f.exp.is_Rational and f.exp < 0:
                below.append(sympy.Pow(f.base, -f.exp))
            else:
                above.append(f)
        keys = []
        for u, n in logistic.items():
            # exp(k*u)/(1 + exp(u))**n, with u = -v: sigmoid(u)**k sigmoid(-u)**(n - k)
            for index, f in enumerate(above):
                ratio = f.args[0] / -u if isinstance(f, sympy.exp) else None
                if ratio is not None and ratio.is_Integer and 0 < ratio <= n:
                    keys.append(self._integer_power(self.emit("sigmoid", self.slot(-u)), int(ratio)))
                    n -= int(ratio)
                    del above[index]
                    break
            if n:
                keys.append(self._integer_power(self.emit("sigmoid", self.slot(u)), n))
        numerator = self._log_times_power(above) + keys
        key = numerator[0] if numerator else None
        for other in numerator[1:]:
            key = self.emit("mul", key, other)  # type: ignore[arg-type]
        if below:
            under = self._chain("mul", below)
            if key is None:
                return self.emit("div", self.slot(coefficient), under)
            key = self.emit("div", key, under)
        assert key is not None
        return self._scaled(coefficient, key)

    def _scaled(self, coefficient: Any, key: tuple[str, int]) -> tuple[str, int]:
        if coefficient == 1:
            return key
        return self.emit("neg", key) if coefficient == -1 else self.emit("mul", self.slot(coefficient), key)

    def _log_times_power(self, factors: list[Any]) -> list[tuple[str, int]]:
        """The slots of the factors; u**a log(u) becomes one step, continuous at u = 0."""
        for f in factors:
            if isinstance(f, sympy.log) and not f.args[0].is_number:
                u = f.args[0]
                for g in factors:
                    base, exponent = g.as_base_exp()
                    if base == u and exponent.is_Rational and exponent > 0:
                        data = Fraction(int(exponent.p), int(exponent.q))
                        rest = [self.slot(h) for h in factors if h is not f and h is not g]
                        return [self.emit("power_log", self.slot(u), data=data), *rest]
        return [self.slot(f) for f in factors]

    def _hole(self, above: Any, below: Any) -> tuple[str, int] | None:
        places = tuple((point, order) for denominator, point, order in self.holes if denominator == below)
        return self.emit("hole", self.slot(x), data=(above, below, places)) if places else None

    def _integer_power(self, key: tuple[str, int], n: int) -> tuple[str, int]:
        return key if n == 1 else self.emit("power", key, data=n)

    def _power(self, base: Any, exponent: Any) -> tuple[str, int]:
        sigmoid = _sigmoid_power(sympy.Pow(base, exponent, evaluate=False))
        if sigmoid is not None:
            u, n, k = sigmoid
            return self._scaled(1 / sympy.sympify(k) ** n, self._integer_power(self.emit("sigmoid", self.slot(u)), n))
        if exponent.is_Rational:
            if exponent < 0:
                return self.emit("div", self.slot(sympy.Integer(1)), self._power(base, -exponent))
            if exponent.is_Integer:
                return self._integer_power(self.slot(base), int(exponent))
            return self.emit("root", self.slot(base), data=Fraction(int(exponent.p), int(exponent.q)))
        return self.emit("exp", self.slot(exponent * sympy.log(base)))

    def _log(self, u: Any) -> tuple[str, int]:
        inside = _sigmoid_power(u)
        if inside is not None and inside[1:] == (1, 1):
            return self.emit("neg", self.emit("softplus", self.slot(-inside[0])))
        if u.is_Add:
            constant, rest = u.as_coeff_Add()
            if constant == 1:
                if isinstance(rest, sympy.exp):
                    return self.emit("softplus", self.slot(rest.args[0]))
                return self.emit("log1p", self.slot(rest))
        return self.emit("log", self.slot(u))

    # -- branches ------------------------------------------------------------------------------------------------------

    def _piecewise(self, e: Any) -> tuple[str, int]:
        arguments: list[tuple[str, int]] = []
        conditions = []

        def condition(c: Any) -> Any:
            if c in (sympy.true, True):
                return True
            if c in (sympy.false, False):
                return False
            if isinstance(c, sympy.And | sympy.Or):
                return ("and" if isinstance(c, sympy.And) else "or", tuple(condition(a) for a in c.args))
            relation = _RELATIONS.get(type(c))
            if relation is None:
                raise ExpressionError(f"the condition {c} is not one of <, <=, >, >= (with 'and', 'or' of those)")
            arguments.append(self.slot(c.lhs - c.rhs))
            return relation, len(arguments) - 1

        for branch, c in e.args:
            arguments.append(self.slot(branch))
            conditions.append((len(arguments) - 1, condition(c)))
        return self.emit("select", *arguments, data=tuple(conditions))


def quotient_parts(product: Any) -> tuple[Any, Any]:
    """Numerator and denominator of a product; a sigmoid, which has no pole, stays in the numerator."""
    below = [
        f
        for f in sympy.Mul.make_args(product)
        if f.is_Pow and f.exp.is_Rational and f.exp < 0 and _sigmoid_power(f) is None
    ]
    above = [f for f in sympy.Mul.make_args(product) if f not in below]
    return sympy.Mul(*above), sympy.Mul(*(1 / f for f in below))


def _sigmoid_power(f: Any) -> tuple[Any, int, Any] | None:
    """(u, n, k) when f is (k + k*exp(-u))**-n, that is sigmoid(u)**n / k**n."""
    if not (f.is_Pow and f.exp.is_Integer and f.exp < 0 and f.base.is_Add and len(f.base.args) == 2):
        return None
    k, rest = f.base.as_coeff_Add()
    c, g = rest.as_coeff_Mul()
    if k == 0 or c != k or not isinstance(g, sympy.exp):
        return None
    return -g.args[0], -int(f.exp), k
