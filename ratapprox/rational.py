"""Rational functions p/q with exact or float64 coefficients."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import flint
import numpy as np
from numpy.typing import NDArray

import ratapprox.horner as horner
import ratapprox.roots as roots
from ratapprox.coefficients import (
    Coefficients,
    Number,
    decimal,
    from_polynomial,
    normalise,
    polynomial_text,
    read_number,
    read_numbers,
    round_to_bits,
    short,
    to_float64,
    to_fmpq,
    to_fraction,
    to_polynomial,
)
from ratapprox.evaluation import Evaluable
from ratapprox.roots import Root as Root
from ratapprox.tails import Tail as Tail
from ratapprox.tails import tails


@dataclass(frozen=True, init=False, repr=False)
class Rational(Evaluable):
    """A rational function r = p/q by its ascending coefficients.

    r(x) = (p[0] + p[1] x + … + p[m] x^m) / (q[0] + q[1] x + … + q[n] x^n)

    Coefficients are all `Fraction` or, as soon as one is a float, all `float`. Trailing zeros are trimmed, and p and q
    are divided by q[0], or by the first coefficient of q that is not 0; floats only where that stays within float64.
    Common factors of p and q are kept: `reduced` cancels them. Algebra is exact; with float coefficients it is rounded
    once, at its end. Equality compares the coefficients as stored.

    Raises ValueError for q = 0 and for an empty or non-finite list, TypeError for what is not a real number.

        >>> Rational([0, 1, 2], [2, 0, 1])
        Rational type (2, 2): (x/2 + x²)/(1 + x²/2)
        >>> Rational([0.5, 1])(3.0)
        3.5
    """

    p: Coefficients
    q: Coefficients

    def __init__(self, p: Sequence[Number] | NDArray[Any], q: Sequence[Number] | NDArray[Any] = (1,)) -> None:
        p_kept, q_kept = normalise(read_numbers(p, "p"), read_numbers(q, "q"))
        object.__setattr__(self, "p", p_kept)
        object.__setattr__(self, "q", q_kept)

    def __reduce__(self) -> tuple[type[Rational], tuple[Coefficients, Coefficients]]:
        return Rational, (self.p, self.q)

    def __repr__(self) -> str:
        above, below = polynomial_text(self.p), polynomial_text(self.q)
        if below == "1":
            return f"Rational type {self.type}: {above}"
        above = f"({above})" if " " in above or "/" in above else above
        below = below if below.isalnum() and below[0] == "x" else f"({below})"
        return f"Rational type {self.type}: {above}/{below}"

    # -- what it is

    @property
    def type(self) -> tuple[int, int]:
        """(m, n): degrees of p and q as stored, common factors included.

        >>> Rational([0, 1, 1], [1, 1]).type
        (2, 1)
        """
        return len(self.p) - 1, len(self.q) - 1

    @property
    def degree(self) -> int:
        """The larger of m and n.

        >>> Rational([1], [1, 0, 1]).degree
        2
        """
        return max(self.type)

    @property
    def is_exact(self) -> bool:
        """Whether the coefficients are fractions.

        >>> Rational([1, 2]).is_exact, Rational([1.0, 2]).is_exact
        (True, False)
        """
        return isinstance(self.q[0], Fraction)

    def exact(self) -> Rational:
        """The very same function with fractions: a float is a dyadic fraction.

        >>> Rational([0.5, 0.1]).exact().p
        (Fraction(1, 2), Fraction(3602879701896397, 36028797018963968))
        """
        return self if self.is_exact else Rational([Fraction(c) for c in self.p], [Fraction(c) for c in self.q])

    def to_float(self) -> Rational:
        """Every coefficient rounded to the nearest float64.

        Raises ValueError when one is beyond float64.

            >>> Rational([Fraction(1, 3)]).to_float()
            Rational type (0, 0): 0.3333
        """
        return Rational([to_float64(c) for c in self.p], [to_float64(c) for c in self.q])

    def round_bits(self, bits: int) -> Rational:
        """Every coefficient rounded to `bits` significant bits, ties to even; the result is exact.

        >>> Rational([Fraction(1, 3)]).round_bits(4)
        Rational type (0, 0): 11/32
        """
        _at_least_one(bits, "bits")
        return Rational([round_to_bits(c, bits) for c in self.p], [round_to_bits(c, bits) for c in self.q])

    def polynomials(self) -> tuple[Any, Any]:
        """Exact p and q as python-flint's `fmpq_poly`.

        >>> Rational([0.5, 1], [1, 3]).polynomials()
        (x + 1/2, 3*x + 1)
        """
        return self._polynomials

    @cached_property
    def _polynomials(self) -> tuple[Any, Any]:
        return to_polynomial(self.p), to_polynomial(self.q)

    @cached_property
    def _reduced_polynomials(self) -> tuple[Any, Any]:
        p, q = self._polynomials
        common = p.gcd(q)
        return p // common, q // common

    def reduced(self) -> Rational:
        """The same function with the common factors of p and q cancelled, exactly.

        >>> Rational([-1, 0, 1], [-1, 1]).reduced()
        Rational type (1, 0): 1 + x
        """
        return self._from_polynomials(*self._reduced_polynomials, exact=self.is_exact)

    def defect(self, type: tuple[int, int]) -> int:
        """min(m - deg p, n - deg q) of the reduced form, among functions of type (m, n); n for the zero function.

        Raises ValueError when the function is not of that type.

            >>> Rational([0, 1], [1, 1]).defect((3, 2))
            1
        """
        m, n = type
        p, q = self._reduced_polynomials
        if p.degree() > m or q.degree() > n:
            raise ValueError(
                f"defect(({m}, {n})): the reduced function has type ({p.degree()}, {q.degree()}), which does not fit."
                f" Ask for a type of at least ({max(m, p.degree())}, {max(n, q.degree())})."
            )
        return int(n if p == 0 else min(m - p.degree(), n - q.degree()))

    # -- values

    def _at_float(self, x: float) -> float:
        value = horner.at_float(self._float64, x)
        return float(self._on_float64(np.array(x))) if value is None else value

    def _on_float64(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        return horner.on_float64(self._float64, x, self._at_zero_of_q)

    @cached_property
    def _float64(self) -> horner.Float64Form:
        left, right = (tail.to_float() for tail in self.limits())
        return horner.float64_form(self.p, self.q, (float(left.at_infinity(-1)), float(right.at_infinity(1))))

    def _at_zero_of_q(self, x: float) -> float:
        return horner.value_or_infinity(*self._polynomials, to_fmpq(x))

    def _at_fraction(self, x: Fraction) -> Fraction:
        value = horner.at_fraction(*self._polynomials, to_fmpq(x))
        if value is None:
            raise ZeroDivisionError(f"r({x}): x is a pole. See poles(), or evaluate at float(x) for ±inf.")
        return to_fraction(value)

    def _at_mpf(self, x: Any) -> Any:
        above, below = horner.on_mpf(self.p, self.q, x)
        if below == 0:
            p, q = (tuple(from_polynomial(polynomial)) for polynomial in self._reduced_polynomials)
            above, below = horner.on_mpf(p, q, x)
            if below == 0:
                return x.context.inf if above > 0 else x.context.ninf
        return above / below

    def _on_ball(self, x: Any) -> Any:
        return horner.on_ball(*self._polynomials, x)

    # -- zeros, poles, tails

    def poles(self, on: tuple[Number, Number] | None = None) -> tuple[Root, ...]:
        """The poles in the complex plane, certified, or only the real ones in a closed interval, decided exactly.

        Real poles come first, from left to right. They are the zeros of the exact reduced q.

        >>> Rational([1], [-2, 0, 1]).poles(on=(0, 2))
        (Root: 1.4142135623730951 ± 9.7e-17, real,)
        >>> Rational([0, 1], [0, 1, 1]).poles()
        (Root: -1.0 ± 0, real,)
        """
        return self._roots(self._reduced_polynomials[1], on)

    def zeros(self, on: tuple[Number, Number] | None = None) -> tuple[Root, ...]:
        """The zeros in the complex plane, certified, or only the real ones in a closed interval, decided exactly.

        Raises ValueError for the zero function.

            >>> Rational([0, 1, 1], [1, 0, 1]).zeros()
            (Root: -1.0 ± 0, real, Root: 0.0 ± 0, real)
        """
        p, _ = self._reduced_polynomials
        if p == 0:
            raise ValueError("zeros(): the zero function is zero everywhere.")
        return self._roots(p, on)

    def _roots(self, polynomial: Any, on: tuple[Number, Number] | None) -> tuple[Root, ...]:
        if on is None:
            return roots.roots(polynomial)
        return roots.real_roots_on(polynomial, *_read_interval(on))

    def residues(self) -> tuple[complex, ...]:
        """The residue p(z)/q'(z) at each pole z, in the order of `poles`.

        Raises ValueError at a multiple pole.

            >>> Rational([0, 2], [-1, 0, 1]).residues()
            ((1+0j), (1+0j))
        """
        return roots.residues(*self._reduced_polynomials)

    def limits(self) -> tuple[Tail, Tail]:
        """The tails at -inf and +inf: a limit, a straight line, or divergence; exact when the coefficients are.

        >>> Rational([0, 0, 1], [1, 1]).limits()
        (Tail: -1 + x, Tail: -1 + x)
        """
        left, right = tails(*self._polynomials)
        if self.is_exact:
            return left, right
        return left.to_float(), right.to_float()

    # -- algebra

    def derivative(self) -> Rational:
        """r' = (p' q - p q') / q².

        >>> Rational([1], [1, 1]).derivative()
        Rational type (0, 2): -1/(1 + 2x + x²)
        """
        p, q = self._polynomials
        return self._from_polynomials(p.derivative() * q - p * q.derivative(), q * q, exact=self.is_exact)

    def compose(self, other: Rational) -> Rational:
        """x ↦ r(other(x)).

        Raises ValueError when `other` is constant and its value is a pole of r.

            >>> Rational([1], [1, 1]).compose(Rational([0, 0, 1]))
            Rational type (0, 2): 1/(1 + x²)
        """
        p, q = self._polynomials
        a, b = other._polynomials
        degree = self.degree
        below = _homogeneous(q, a, b, degree)
        if below == 0:
            constant = short(other(Fraction(0)))
            raise ValueError(f"compose: the inner function is constant, {constant}, which is a pole of the outer one.")
        return self._from_polynomials(_homogeneous(p, a, b, degree), below, exact=self.is_exact and other.is_exact)

    def translate(self, c: Number) -> Rational:
        """x ↦ r(x - c): the graph moved to the right by c.

        >>> Rational([0, 0, 1]).translate(1)
        Rational type (2, 0): 1 - 2x + x²
        """
        shift = read_number(c, "c")
        return self.compose(Rational([-shift, 1]))

    def scale(self, L: Number) -> Rational:
        """x ↦ L·r(x/L): from [-1, 1] to [-L, L] for functions, such as ReLU, with f(L x) = L f(x).

        >>> Rational([0, 0, 1], [1, 1]).scale(2)
        Rational type (2, 1): (x²/2)/(1 + x/2)
        """
        factor = read_number(L, "L")
        if factor == 0:
            raise ValueError("scale(0): L must not be 0.")
        p, q = self._polynomials
        by = to_fmpq(factor)
        x = flint.fmpq_poly([0, 1 / by])
        return self._from_polynomials(p(x) * by, q(x), exact=self.is_exact and not isinstance(factor, float))

    def reflect(self) -> Rational:
        """x ↦ r(-x).

        >>> Rational([1, 1], [1, 2]).reflect()
        Rational type (1, 1): (1 - x)/(1 - 2x)
        """
        return Rational(_alternate(self.p), _alternate(self.q))

    def _from_polynomials(self, p: Any, q: Any, exact: bool) -> Rational:
        if exact:
            return Rational(from_polynomial(p), from_polynomial(q))
        first = next(c for c in q.coeffs() if c != 0)
        p, q = p / first, q / first
        return Rational([to_float64(c) for c in from_polynomial(p)], [to_float64(c) for c in from_polynomial(q)])

    def __neg__(self) -> Rational:
        return Rational([-c for c in self.p], self.q)

    def __pos__(self) -> Rational:
        return self

    def __add__(self, other: Rational | Number) -> Rational:
        return self._combine(other, lambda p, q, a, b: (p * b + a * q, q * b))

    __radd__ = __add__

    def __sub__(self, other: Rational | Number) -> Rational:
        return self._combine(other, lambda p, q, a, b: (p * b - a * q, q * b))

    def __rsub__(self, other: Rational | Number) -> Rational:
        return self._combine(other, lambda p, q, a, b: (a * q - p * b, q * b))

    def __mul__(self, other: Rational | Number) -> Rational:
        return self._combine(other, lambda p, q, a, b: (p * a, q * b))

    __rmul__ = __mul__

    def __truediv__(self, other: Rational | Number) -> Rational:
        return self._combine(other, lambda p, q, a, b: (p * b, q * a))

    def __rtruediv__(self, other: Rational | Number) -> Rational:
        return self._combine(other, lambda p, q, a, b: (a * q, b * p))

    def _combine(self, other: Rational | Number, operation: Any) -> Rational:
        if not isinstance(other, Rational):
            if not isinstance(other, int | float | Fraction | np.number) or isinstance(other, bool):
                return NotImplemented  # type: ignore[no-any-return]
            other = Rational([read_number(other, "the number")])
        p, q = operation(*self.polynomials(), *other.polynomials())
        if q == 0:
            raise ZeroDivisionError("division by the zero function: the quotient has no denominator.")
        return self._from_polynomials(p, q, exact=self.is_exact and other.is_exact)

    # -- other people's notation

    def decimals(self, digits: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Coefficients of p and q as decimal strings, correctly rounded to that many significant digits.

        >>> Rational([Fraction(1, 3), 2]).decimals(5)
        (('0.33333', '2'), ('1',))
        """
        _at_least_one(digits, "digits")
        return tuple(str(decimal(c, digits)) for c in self.p), tuple(str(decimal(c, digits)) for c in self.q)

    def to_sympy(self, x: Any) -> Any:
        """The sympy expression p(x)/q(x) in a symbol or expression x; float coefficients become sympy floats.

        >>> import sympy
        >>> Rational([0, 1], [1, 0, Fraction(1, 2)]).to_sympy(sympy.Symbol("x"))
        x/(x**2/2 + 1)
        """
        import sympy

        def polynomial(coefficients: Coefficients) -> Any:
            kind = sympy.Rational if self.is_exact else sympy.Float
            return sympy.Add(*(kind(c) * x**power for power, c in enumerate(coefficients) if c))

        return polynomial(self.p) / polynomial(self.q)


def _homogeneous(polynomial: Any, a: Any, b: Any, degree: int) -> Any:
    """b^degree · polynomial(a/b)."""
    value, power = flint.fmpq_poly([0]), flint.fmpq_poly([1])
    coefficients = polynomial.coeffs() + [0] * (degree + 1 - polynomial.length())
    for coefficient in reversed(coefficients):
        value = value * a + power * coefficient
        power *= b
    return value


def _alternate(coefficients: Coefficients) -> list[Number]:
    return [-c if power % 2 else c for power, c in enumerate(coefficients)]


def _read_interval(on: tuple[Number, Number]) -> tuple[Fraction | float, Fraction | float]:
    ends = []
    for end, name in zip(on, ("a", "b"), strict=True):
        infinite = isinstance(end, float) and math.isinf(end)
        ends.append(float(end) if infinite else read_number(end, f"the end {name} of on=(a, b)"))
    if ends[0] > ends[1]:
        raise ValueError(f"on=({on[0]}, {on[1]}): the left end must not be larger than the right end.")
    return ends[0], ends[1]


def _at_least_one(count: int, of: str) -> None:
    if not isinstance(count, int) or isinstance(count, bool) or count < 1:
        raise ValueError(f"{of} is {count!r}: a whole number of at least 1 is needed.")
