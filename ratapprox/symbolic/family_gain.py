"""The gain of a family of rational functions whose poles stay where they are, as an exact formula in its parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import sympy
from flint import arb, ctx, fmpq, fmpq_poly

from ratapprox.expressions import pretty, x
from ratapprox.sturm import real_roots
from ratapprox.symbolic.decimal_enclosure import Enclosure
from ratapprox.symbolic.gaussian import expectation
from ratapprox.symbolic.nonlinearity import read_variance
from ratapprox.symbolic.reading import read
from ratapprox.symbolic.stein_reduction import Basis, reduce_expectation

if TYPE_CHECKING:
    from ratapprox.activations import Activation
    from ratapprox.rational import Rational

__all__ = ["GainFormula", "Integral", "gain_formula"]

_BITS = 256
Monomial = tuple[int, ...]


@dataclass(frozen=True, slots=True, repr=False)
class Integral:
    """A number that stands in a formula: its symbol, its definition, a closed form where there is one, its value."""

    symbol: Any
    definition: Any
    closed_form: Any | None
    value: Enclosure

    def __repr__(self) -> str:
        return f"Integral: {self.symbol} = {self.closed_form or self.definition} = {self.value}"


@dataclass(frozen=True, slots=True, repr=False)
class GainFormula:
    """E[σ²] and E[σ'²] at X ~ N(0, variance) as sympy expressions in the parameters and a few named integrals.

    `forward` is variance/E[σ²], `backward` 1/E[σ'²]; `expanded` puts the closed forms of the integrals in.
    """

    family: str
    parameters: tuple[str, ...]
    variance: Fraction
    second: Any
    slope: Any
    integrals: tuple[Integral, ...]

    @property
    def forward(self) -> Any:
        """variance/E[σ(X)²]."""
        return sympy.Rational(self.variance.numerator, self.variance.denominator) / self.second

    @property
    def backward(self) -> Any:
        """1/E[σ'(X)²]."""
        return 1 / self.slope

    def expanded(self, expression: Any) -> Any:
        """The expression with the closed forms (or the definitions) of the integrals instead of their symbols."""
        return expression.xreplace({one.symbol: one.closed_form or one.definition for one in self.integrals})

    def at(self, **values: int | float | str | Fraction) -> tuple[Enclosure, Enclosure]:
        """E[σ²] and E[σ'²] at values of all the parameters, enclosed by balls from the formula.

        >>> from ratapprox.symbolic import gain_formula
        >>> gain_formula("ralu").at(alpha=0)[0]
        Enclosure: 0.467038627256395414631…
        """
        if set(values) != set(self.parameters):
            raise ValueError(
                f"the parameters of {self.family} are {', '.join(self.parameters)}: give each a value, and nothing else"
            )
        try:
            exact = {_symbol(name): _rational(Fraction(value)) for name, value in values.items()}
        except (TypeError, ValueError, OverflowError, ZeroDivisionError) as error:
            raise ValueError(f"{values}: a value is a finite number, such as 2, 0.5 or '1/3'") from error
        if not all(e.xreplace(exact).is_finite for e in (self.second, self.slope)):
            raise ValueError(f"{self.family} has the denominator 0 at {values}; choose other values")
        with ctx.workprec(_BITS):
            known = {one.symbol: one.value.ball() for one in self.integrals}
            found = [Enclosure.of(_evaluate(e.xreplace(exact), known)) for e in (self.second, self.slope)]
        return found[0], found[1]

    def latex(self) -> str:
        """Both formulas and the integrals in them, for a paper."""
        lines = [
            rf"\mathbb{{E}}[\sigma(X)^2] = {sympy.latex(self.second)}",
            rf"\mathbb{{E}}[\sigma'(X)^2] = {sympy.latex(self.slope)}",
        ]
        lines += [
            f"{sympy.latex(one.symbol)} = {sympy.latex(one.closed_form or one.definition)}" for one in self.integrals
        ]
        return r",\qquad ".join(lines)

    def __repr__(self) -> str:
        where = ", ".join(f"{one.symbol} = {one.value}" for one in self.integrals)
        return f"Gain of {self.family}: {pretty(self.forward)}" + (f", {where}" if where else "")


def gain_formula(family: Activation | Rational | str, variance: int | float | str | Fraction = 1) -> GainFormula:
    """The second moments of a family of rational functions as exact formulas in its parameters.

    The poles must not depend on the parameters: then E[σ²] and E[σ'²] are polynomials in them (over a polynomial in
    them), whose coefficients are exact rational combinations of 1 and of E[X^j/F(X)] for the factors F of q. For
    F = x² + b the integral is E[1/(X² + b)] = √(π/(2 b v)) e^(b/(2 v)) erfc(√(b/(2 v))), v the variance.

    Raises ValueError for poles that move with a parameter or lie on the real line, and what is no rational function.

    Source: Stein's identity E[g'(X)] = E[X g(X)]/v, by which powers of F are reduced.

    Example:
        >>> from ratapprox.symbolic import gain_formula
        >>> formula = gain_formula("ralu")
        >>> formula.second
        I_1*(alpha**2 - 4*alpha + 3) - alpha**2/2 + 3*alpha - 3/2
        >>> formula.integrals[0]
        Integral: I_1 = sqrt(2)*sqrt(pi)*exp(1/2)*erfc(sqrt(2)/2)/2 = 0.655679542418798471543…
    """
    v = read_variance(variance)
    quotient = read(family).cancelled()
    name = family if isinstance(family, str) else getattr(family, "name", "the family")
    P, scale, Q = _separate(quotient, name)
    slopes = {m: (p.derivative() * Q - p * Q.derivative()) for m, p in P.items()}
    found: set[Basis] = set()
    second, slope = (_mean_square(parts, below, v) for parts, below in ((P, Q * Q), (slopes, Q**4)))
    for table in (second, slope):
        found |= {basis for row in table.values() for basis in row if basis[0]}
    integrals = {basis: _integral(basis, k, v) for k, basis in enumerate(sorted(found, key=_order), 1)}
    names = quotient.parameters
    formulas = [_formula(table, scale, names, integrals) for table in (second, slope)]
    if formulas[0] == 0:
        raise ValueError(f"{name} is zero: it has no gain")
    return GainFormula(name, names, v, formulas[0], formulas[1], tuple(integrals.values()))


def _separate(quotient: Any, name: str) -> tuple[dict[Monomial, Any], Any, Any]:
    """σ = (Σ a^m P_m(x))/(scale(a) Q(x)): P_m by m, scale as a sympy expression, Q."""
    names = quotient.parameters
    constant, factors = quotient.q.factor()
    scale, Q = sympy.Integer(int(constant)), fmpq_poly([1])
    for factor, power in factors:
        parts = _by_parameters(factor)
        if all(p.degree() < 1 for p in parts.values()):
            scale *= _sum({m: _from_fmpq(p[0]) for m, p in parts.items()}, names) ** int(power)
        elif set(parts) == {(0,) * len(names)}:
            Q *= parts[(0,) * len(names)] ** int(power)
        else:
            moving = ", ".join(n for k, n in enumerate(names) if any(m[k] for m in parts))
            raise ValueError(
                f"the poles of {name} move with {moving}, and the gain has no formula of this kind: "
                f"give {moving} a value and ask gain()"
            )
    poles = real_roots(Q) if Q.degree() > 0 else ()
    if poles:
        places = ", ".join(f"{float(pole.mid()):.12g}" for pole in poles)
        raise ValueError(f"{name} has a real pole at x = {places}, so that no moment of it exists")
    return _by_parameters(quotient.p), scale, Q


def _by_parameters(polynomial: Any) -> dict[Monomial, Any]:
    """Σ a^m P_m(x) as P_m by m."""
    found: dict[Monomial, dict[int, Any]] = {}
    for exponents, c in polynomial.to_dict().items():
        power, *m = (int(e) for e in exponents)
        found.setdefault(tuple(m), {})[power] = fmpq(int(c))
    return {m: fmpq_poly([row.get(k, fmpq(0)) for k in range(max(row) + 1)]) for m, row in found.items()}


def _mean_square(
    parts: Mapping[Monomial, Any], below: Any, variance: Fraction
) -> dict[Monomial, dict[Basis, Fraction]]:
    """E[(Σ a^m P_m)²/below] as the coefficients of each monomial."""
    squares: dict[Monomial, Any] = {}
    for m, p in parts.items():
        for n, r in parts.items():
            key = tuple(a + b for a, b in zip(m, n, strict=True))
            squares[key] = squares.get(key, fmpq_poly([0])) + p * r
    return {m: reduce_expectation(p, below, variance) for m, p in squares.items()}


def _order(basis: Basis) -> tuple[int, tuple[Fraction, ...], int]:
    return len(basis[0]), basis[0], basis[1]


def _integral(basis: Basis, number: int, variance: Fraction) -> Integral:
    coefficients, j = basis
    v, F = _rational(variance), sympy.Add(*(_rational(c) * x**k for k, c in enumerate(coefficients)))
    density = sympy.exp(-(x**2) / (2 * v)) / sympy.sqrt(2 * sympy.pi * v)
    closed = None
    if len(coefficients) == 3 and coefficients[1] == 0 and j == 0:
        b = _rational(coefficients[0] / coefficients[2])
        closed = sympy.sqrt(sympy.pi / (2 * b * v)) * sympy.exp(b / (2 * v)) * sympy.erfc(sympy.sqrt(b / (2 * v)))
        closed /= _rational(coefficients[2])
    with ctx.workprec(_BITS):
        f = fmpq_poly([fmpq(c.numerator, c.denominator) for c in coefficients])
        value = expectation(fmpq_poly([0] * j + [1]), f, arb(variance.numerator) / variance.denominator)
    definition = sympy.Integral(x**j / F * density, (x, -sympy.oo, sympy.oo))
    return Integral(sympy.Symbol(f"I_{number}", real=True), definition, closed, Enclosure.of(value))


def _formula(table: Mapping[Monomial, Mapping[Basis, Fraction]], scale: Any, names: Any, integrals: Any) -> Any:
    """The rational part, then each integral times its polynomial in the parameters."""
    by_basis: dict[Basis, dict[Monomial, Any]] = {}
    for m, row in table.items():
        for basis, c in row.items():
            by_basis.setdefault(basis, {})[m] = _rational(c)
    terms = []
    for basis, parts in by_basis.items():
        factor = integrals[basis].symbol if basis[0] else sympy.Integer(1)
        terms.append(factor * _sum(parts, names))
    return sympy.Add(*terms) / scale**2


def _sum(parts: Mapping[Monomial, Any], names: Any) -> Any:
    symbols = [_symbol(name) for name in names]
    return sympy.Add(*(c * sympy.Mul(*(s**e for s, e in zip(symbols, m, strict=True))) for m, c in parts.items()))


def _symbol(name: str) -> Any:
    return sympy.Symbol(name, real=True)


def _rational(value: Fraction) -> Any:
    return sympy.Rational(value.numerator, value.denominator)


def _from_fmpq(value: Any) -> Any:
    return sympy.Rational(int(value.p), int(value.q))


def _evaluate(e: Any, known: Mapping[Any, Any]) -> Any:
    """A ball for a sum of products of rationals and known symbols."""
    if e in known:
        return known[e]
    if e.is_Rational:
        return arb(int(e.p)) / int(e.q)
    parts = [_evaluate(part, known) for part in e.args]
    total = parts[0]
    for part in parts[1:]:
        total = total + part if e.is_Add else total * part
    return total
