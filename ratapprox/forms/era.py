"""Enhanced rational activations: a straight line and partial fractions with pairs of complex poles.

Source: M. Trimmel, M. Zanfir, R. Hartley and C. Sminchisescu, ERA: Enhanced Rational Activations (2022); the order of
the parameters is that of its implementation, which adds the terms from left to right.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import isqrt
from typing import Any, ClassVar

from flint import acb_poly, ctx, fmpq_poly
from numpy.typing import NDArray

from ratapprox.coefficients import Coefficients, Number, one_kind, read_number, read_numbers, short, to_fraction
from ratapprox.forms.form import Form
from ratapprox.rational import Rational
from ratapprox.roots import root_balls

__all__ = ["Era"]

_BITS = 128


@dataclass(frozen=True, init=False, repr=False)
class Era(Form):
    """a x + b + Σ (c_i x + d_i)/((x - e_i)² + f_i²): poles at e_i ± i f_i, none of them real.

    numbers all `Fraction` or, as soon as one is a float, all `float`.

    Raises ValueError for lists of different lengths and for f_i = 0, which is a real pole.

        >>> f = Era(1, 0, c=[0], d=[1], e=[0], f=[1])
        >>> f, f(Fraction(1)), f.function()
        (Era (era) with 1 pair of poles, Fraction(3, 2), Rational type (3, 2): (1 + x + x³)/(1 + x²))
    """

    a: Fraction | float
    b: Fraction | float
    c: Coefficients
    d: Coefficients
    e: Coefficients
    f: Coefficients

    name: ClassVar[str] = "era"
    formula: ClassVar[str] = "a x + b + sum of (ci x + di)/((x - ei)^2 + fi^2)"
    sentence: ClassVar[str] = "Enhanced rational activation: partial fractions over pairs of complex poles."

    def __init__(
        self,
        a: Number,
        b: Number,
        c: Sequence[Number] | NDArray[Any],
        d: Sequence[Number] | NDArray[Any],
        e: Sequence[Number] | NDArray[Any],
        f: Sequence[Number] | NDArray[Any],
    ) -> None:
        lists = [read_numbers(numbers, name) for numbers, name in zip((c, d, e, f), "cdef", strict=True)]
        if len({len(numbers) for numbers in lists}) > 1:
            raise ValueError(
                f"c, d, e and f have the lengths {', '.join(str(len(numbers)) for numbers in lists)}:"
                " each pair of poles has one of each."
            )
        for index, height in enumerate(lists[3]):
            if height == 0:
                raise ValueError(
                    f"f[{index}] is 0: the partial fraction has a real pole at e[{index}] = {short(lists[2][index])}."
                    " Give an f other than 0."
                )
        line, *kept = one_kind([read_number(a, "a"), read_number(b, "b")], *lists)
        for name, value in zip("abcdef", (*line, *kept), strict=True):
            object.__setattr__(self, name, value)

    @classmethod
    def nearest(cls, r: Rational) -> Era:
        """The partial fractions of r, every parameter the float64 nearest to the true one, proved.

        With z = e + i f, f > 0, a simple pole and ρ its residue: c = 2 Re ρ, d = -2 (e Re ρ + f Im ρ).

        Raises ValueError where r has a real or a multiple pole, none at all, or grows faster than a straight line.

            >>> Era.nearest(Rational([0, 0, 0, 1], [2, 0, 1])).f
            (1.4142135623730951,)
        """
        p, q = r.exact().reduced().polynomials()
        line = _line(p, q)
        bits = _BITS
        while True:
            poles = [root for root in root_balls(q, bits) if root.ball.imag > 0]
            with ctx.workprec(2 * bits):
                above, below = acb_poly(p), acb_poly(q.derivative())
                rows = []
                for z in (root.ball for root in poles):
                    rho = above(z) / below(z)
                    rows.append((2 * rho.real, -2 * (z.real * rho.real + z.imag * rho.imag), z.real, z.imag))
                floats = [[_nearest(number) for number in row] for row in rows]
            if all(number is not None for row in floats for number in row):
                break
            bits *= 2
        lists: Any = zip(*floats, strict=True)
        return cls(float(line[0]), float(line[1]), *lists)

    @classmethod
    def of(cls, r: Rational) -> Era:
        """The partial fractions of r, exactly: every e_i and f_i must be rational.

        Raises ValueError as `nearest` does, and where a pole is irrational, which `nearest` rounds.

            >>> Era.of(Rational([1, 1, 0, 1], [1, 0, 1]))
            Era (era) with 1 pair of poles
        """
        p, q = r.exact().reduced().polynomials()
        line = _line(p, q)
        remainder = p % q
        rows = []
        for factor, _ in q.numer().factor()[1]:
            w0, w1, w2 = (to_fraction(c) for c in factor.coeffs()) if factor.degree() == 2 else (None, None, None)
            centre = None if w0 is None or w1 is None or w2 is None else -w1 / (2 * w2)
            height = None if w0 is None or w2 is None or centre is None else _root(w0 / w2 - centre**2)
            if centre is None or height is None:
                raise ValueError(
                    "to era: the poles of r are irrational, and its parameters e and f would not be fractions."
                    " Era.nearest(r) rounds them to the nearest floats."
                )
            monic = _monic(factor)
            rest = q // monic
            _, inverse, _ = rest.xgcd(monic)
            above = (remainder * inverse) % monic
            rows.append((to_fraction(above[1]), to_fraction(above[0]), centre, height))
        lists: Any = zip(*rows, strict=True)
        return cls(*line, *lists)

    def __repr__(self) -> str:
        return f"Era ({self.name}) with {len(self.c)} pair{'s' if len(self.c) > 1 else ''} of poles"

    @property
    def is_exact(self) -> bool:
        """Whether all parameters are fractions."""
        return isinstance(self.a, Fraction)

    def function(self) -> Rational:
        """The sum over one denominator, exactly."""
        total = Rational([Fraction(self.b), Fraction(self.a)])
        for numbers in zip(self.c, self.d, self.e, self.f, strict=True):
            c, d, e, f = (Fraction(number) for number in numbers)
            total = total + Rational([d, c], [e * e + f * f, -2 * e, 1])
        return total

    def _formula(self, x: Any) -> Any:
        total = self.a * x + self.b
        for c, d, e, f in zip(self.c, self.d, self.e, self.f, strict=True):
            total = total + (c * x + d) / ((x - e) ** 2 + f**2)
        return total


def _line(p: Any, q: Any) -> tuple[Fraction, Fraction]:
    """a and b of p/q, whose poles are checked."""
    if q.degree() < 1:
        raise ValueError("to era: r has no pole, and a partial fraction has two; a polynomial is no ERA.")
    if p.degree() > q.degree() + 1:
        raise ValueError(
            f"to era: r has type ({p.degree()}, {q.degree()}) and grows faster than a straight line, which no ERA does."
        )
    for root in root_balls(q):
        if root.multiplicity > 1:
            raise ValueError(f"to era: r has a multiple pole, {root.rounded()}; every pole of an ERA must be simple.")
        if root.real:
            raise ValueError(f"to era: r has a real pole, {root.rounded()}; an ERA has none.")
    line = p // q
    return to_fraction(line[1]), to_fraction(line[0])


def _monic(f: Any) -> Any:
    found = fmpq_poly(f)
    return found / found.leading_coefficient()


def _root(square: Fraction) -> Fraction | None:
    """The positive rational square root; None where it is irrational."""
    if square <= 0:
        return None
    p, q = isqrt(square.numerator), isqrt(square.denominator)
    return Fraction(p, q) if p * p == square.numerator and q * q == square.denominator else None


def _nearest(ball: Any) -> float | None:
    """The float64 to which both ends of the ball round; None where they do not round to one."""
    if ball.is_zero():
        return 0.0
    if not ball.is_finite():
        return None
    low, high = float(to_fraction(ball.lower().fmpq())), float(to_fraction(ball.upper().fmpq()))
    return low if low == high else None
