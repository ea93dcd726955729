"""Padé activation units: the "safe" denominators A, B, C, D of rational activations, and N without safety.

Source: A. Molina, P. Schramowski and K. Kersting, Padé Activation Units (2020); the index conventions are those of the
reference implementation, rational_activations: b starts at b_1 in A, B, D and N, and at b_0 in C.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar, Self

from numpy.typing import NDArray

from ratapprox.coefficients import Number, one_kind, read_number, read_numbers, short, to_fmpq, to_polynomial
from ratapprox.forms.quotients import Quotient, absolute, ones, powers, sizes, two_sided, with_sign
from ratapprox.piecewise import Piecewise
from ratapprox.rational import Rational

__all__ = ["PauA", "PauB", "PauC", "PauD", "PauN"]


@dataclass(frozen=True, init=False, repr=False)
class PauA(Quotient):
    """p(x)/(1 + |b_1||x| + |b_2||x|² + … + |b_n||x|^n), b[0] = b_1: two pieces, cut at 0.

    With β_k = |b_k|: p/(1 - β_1 x + β_2 x² - …) left of 0, p/(1 + β_1 x + β_2 x² + …) right of it; one rational where
    all odd β are 0. It has no pole.

        >>> f = PauA([0, 0, 1], [-1])
        >>> f, f(Fraction(-2)), f.function()
        (PauA (pau-a) of type (2, 1): p = x², Fraction(4, 3), Piecewise in 2 pieces of type (2, 1), cut at 0)
    """

    name: ClassVar[str] = "pau-a"
    formula: ClassVar[str] = "p(x)/(1 + |b1||x| + |b2||x|^2 + ... + |bn||x|^n)"
    sentence: ClassVar[str] = "Padé activation unit, version A: every term of the denominator in absolute value."

    def function(self) -> Rational | Piecewise:
        """p/(1 ± β_1 x + β_2 x² ± …) on either side of 0."""
        left, right = (1 + with_sign(sizes(self.b), side) for side in (-1, 1))
        return two_sided(to_polynomial(self.p), left, right)

    def _formula(self, x: Any) -> Any:
        one = ones(x)
        return sum(powers(self.p, x, one, 0)) / sum(map(abs, powers(self.b, x, one, 1)), one)


@dataclass(frozen=True, init=False, repr=False)
class PauB(Quotient):
    """p(x)/(1 + |b_1 x + b_2 x² + … + b_n x^n|), b[0] = b_1: cut where the sum s changes its sign.

    p/(1 + s) where s >= 0 and p/(1 - s) elsewhere; the breakpoints are the real roots of s of odd multiplicity, exact
    algebraic numbers. It has no pole.

        >>> PauB([1], [0, -2, 0, 1]).function()
        Piecewise in 3 pieces of type (0, 4), cut at -√2, √2
    """

    name: ClassVar[str] = "pau-b"
    formula: ClassVar[str] = "p(x)/(1 + |b1 x + b2 x^2 + ... + bn x^n|)"
    sentence: ClassVar[str] = "Padé activation unit, version B: the sum without its 1 in absolute value."

    def function(self) -> Rational | Piecewise:
        """p/(1 ± s) between the changes of sign of s."""
        return absolute(to_polynomial(self.p), with_sign(self.b, 1), 1)

    def _formula(self, x: Any) -> Any:
        one = ones(x)
        return sum(powers(self.p, x, one, 0)) / (one + abs(sum(powers(self.b, x, one, 1))))


@dataclass(frozen=True, init=False, repr=False)
class PauC(Quotient):
    """p(x)/(ε + |b_0 + b_1 x + … + b_n x^n|), b[0] = b_0, ε > 0 with the default 1/10 of the literature.

    p/(ε + s) where s >= 0 and p/(ε - s) elsewhere. It has no pole, but is as large as p/ε where s vanishes.

    Raises ValueError for ε <= 0, with which nothing keeps the denominator from 0.

        >>> f = PauC([1], [1, 1])
        >>> f(Fraction(-1)), f.function().intervals()[0]
        (Fraction(10, 1), (None, Fraction(-1, 1), Rational type (0, 1): (-10/9)/(1 + 10x/9)))
    """

    epsilon: Fraction | float

    name: ClassVar[str] = "pau-c"
    formula: ClassVar[str] = "p(x)/(epsilon + |b0 + b1 x + ... + bn x^n|), epsilon = 0.1"
    sentence: ClassVar[str] = "Padé activation unit, version C: a free constant b0, and a small floor instead of 1."

    def __init__(
        self,
        p: Sequence[Number] | NDArray[Any],
        b: Sequence[Number] | NDArray[Any],
        epsilon: Number = Fraction(1, 10),
    ) -> None:
        floor = read_number(epsilon, "epsilon")
        if not floor > 0:
            raise ValueError(f"epsilon is {short(floor)}: a positive number is needed, or the denominator may vanish.")
        above, below, (kept,) = one_kind(read_numbers(p, "p"), read_numbers(b, "b"), [floor])
        object.__setattr__(self, "p", above)
        object.__setattr__(self, "b", below)
        object.__setattr__(self, "epsilon", kept)

    @property
    def type(self) -> tuple[int, int]:
        """(m, n): the degrees of numerator and denominator as written."""
        return len(self.p) - 1, len(self.b) - 1

    def exact(self) -> Self:
        """The same parameters as fractions: a float is the dyadic fraction that it is."""
        numbers = [Fraction(c) for c in self.p], [Fraction(c) for c in self.b], Fraction(self.epsilon)
        return self if self.is_exact else self.__class__(*numbers)

    def function(self) -> Rational | Piecewise:
        """p/(ε ± s) between the changes of sign of s."""
        return absolute(to_polynomial(self.p), with_sign(self.b, 1, first=0), to_fmpq(self.epsilon))

    def _formula(self, x: Any) -> Any:
        one = ones(x)
        return sum(powers(self.p, x, one, 0)) / (self.epsilon * one + abs(sum(powers(self.b, x, one, 0))))


@dataclass(frozen=True, init=False, repr=False)
class PauD(PauB):
    """Version D: in training the parameters are multiplied by random numbers near 1; what is evaluated is version B.

    >>> PauD([1], [0, 1]).function() == PauB([1], [0, 1]).function()
    True
    """

    name: ClassVar[str] = "pau-d"
    formula: ClassVar[str] = "p(x)/(1 + |b1 x + b2 x^2 + ... + bn x^n|)"
    sentence: ClassVar[str] = "Padé activation unit, version D: version B, with random noise on p in training only."


@dataclass(frozen=True, init=False, repr=False)
class PauN(Quotient):
    """p(x)/(1 + b_1 x + … + b_n x^n), b[0] = b_1: a plain rational, which may have poles.

    >>> PauN([0, 1], [0, 1]).function()
    Rational type (1, 2): x/(1 + x²)
    """

    name: ClassVar[str] = "pau-n"
    formula: ClassVar[str] = "p(x)/(1 + b1 x + b2 x^2 + ... + bn x^n)"
    sentence: ClassVar[str] = "Padé activation unit, version N: no absolute value at all, and no safety from poles."

    def function(self) -> Rational:
        """p/(1 + s)."""
        return Rational([Fraction(c) for c in self.p], [1, *(Fraction(c) for c in self.b)])

    def _formula(self, x: Any) -> Any:
        one = ones(x)
        return sum(powers(self.p, x, one, 0)) / (one + sum(powers(self.b, x, one, 1)))
