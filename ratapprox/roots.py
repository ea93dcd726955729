"""Certified roots of exact polynomials, with multiplicities; which of them are real is proved.

FLINT isolates the roots of a squarefree polynomial by disjoint balls; a real root has an imaginary part of exactly 0.
Source: FLINT's `arb_fmpz_poly_complex_roots`; F. Johansson, Arb: efficient arbitrary-precision midpoint-radius interval
arithmetic (2017).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal, localcontext
from fractions import Fraction
from typing import Any

import flint

from ratapprox.coefficients import to_fmpq

_BITS = 80  # the balls are then much smaller than the rounding of their centres to float64


@dataclass(frozen=True, slots=True, repr=False)
class Root:
    """A root: the true one lies within `radius` of `value`; `real` says that it is proved to be real.

    >>> Root(value=complex(1.5), radius=0.0, multiplicity=2, real=True)
    Root: 1.5 ± 0, real, multiplicity 2
    """

    value: complex
    radius: float
    multiplicity: int
    real: bool

    def __repr__(self) -> str:
        number = repr(self.value.real) if self.real else repr(self.value).strip("()")
        kind = "real" if self.real else "not real"
        multiplicity = f", multiplicity {self.multiplicity}" if self.multiplicity > 1 else ""
        with localcontext(prec=2, rounding=ROUND_CEILING):
            radius = float(+Decimal(self.radius))
        return f"Root: {number} ± {radius:g}, {kind}{multiplicity}"


@dataclass(frozen=True, slots=True)
class RootBall:
    """A ball (`acb`) that holds exactly one root of the squarefree polynomial `factor`."""

    ball: Any
    factor: Any
    multiplicity: int

    @property
    def real(self) -> bool:
        return bool(self.ball.imag.is_zero())

    def rounded(self) -> Root:
        """The root with its centre rounded to float64."""
        value = _centre(self.ball)
        if not (math.isfinite(value.real) and math.isfinite(value.imag)):
            return Root(value, math.inf, self.multiplicity, self.real)
        with flint.ctx.workprec(2 * _BITS):
            distance = abs(self.ball - flint.acb(value.real, value.imag)).upper()
        radius = 0.0 if distance.is_zero() else math.nextafter(float(distance), math.inf)
        return Root(value, radius, self.multiplicity, self.real)


def root_balls(polynomial: Any, bits: int = _BITS) -> list[RootBall]:
    """All complex roots of an exact polynomial (`fmpq_poly`): the real ones from left to right, then the others.

    >>> [(root.multiplicity, root.real) for root in root_balls(flint.fmpq_poly([0, 1, 0, 1]))]
    [(1, True), (1, False), (1, False)]
    """
    with flint.ctx.workprec(bits):
        balls = [
            RootBall(ball, factor, multiplicity)
            for factor, multiplicity in polynomial.numer().factor_squarefree()[1]
            for ball, _ in factor.complex_roots()
        ]
    return sorted(balls, key=lambda root: (not root.real, float(root.ball.real.mid()), float(root.ball.imag.mid())))


def roots(polynomial: Any) -> tuple[Root, ...]:
    """All complex roots as rounded centres with certified radii; `polynomial` is a `fmpq_poly` other than 0.

    >>> roots(flint.fmpq_poly([-1, 2, -1]))
    (Root: 1.0 ± 0, real, multiplicity 2,)
    """
    return tuple(root.rounded() for root in root_balls(polynomial))


def real_roots_on(polynomial: Any, a: Fraction | float, b: Fraction | float) -> tuple[Root, ...]:
    """The real roots in the closed interval [a, b], whose ends may be infinite; decided exactly, also at the ends.

    >>> real_roots_on(flint.fmpq_poly([-2, 0, 1]), Fraction(0), Fraction(2))
    (Root: 1.4142135623730951 ± 9.7e-17, real,)
    """
    real = [root for root in root_balls(polynomial) if root.real]
    return tuple(root.rounded() for root in real if _position(root, a) >= 0 >= _position(root, b))


def _position(root: RootBall, end: Fraction | float) -> int:
    """-1, 0 or 1 as the real root lies left of the end, at it, or right of it."""
    if isinstance(end, float) and math.isinf(end):
        return -1 if end > 0 else 1
    place = to_fmpq(end)
    centre, radius = root.ball.real.mid().fmpq(), root.ball.real.rad().fmpq()
    left = centre - radius
    if place < left:
        return 1
    if place > centre + radius:
        return -1
    # the ball holds this root of the squarefree factor and no other, so a change of sign tells the side
    at_end = root.factor(place)
    if at_end == 0:
        return 0
    return -1 if root.factor(left) * at_end <= 0 else 1


def _centre(ball: Any) -> complex:
    """A float64 complex of the ball, to rounding; a part that may be 0 is 0."""
    real, imag = (0.0 if part.contains(0) else float(part.mid()) + 0.0 for part in (ball.real, ball.imag))
    return complex(real, imag)


def residues(p: Any, q: Any) -> tuple[complex, ...]:
    """Residues of p/q at the roots of q, in their order; p and q are coprime `fmpq_poly`.

    Raises ValueError at a multiple root.

        >>> residues(flint.fmpq_poly([0, 1]), flint.fmpq_poly([1, 0, 1]))
        ((0.5+0j), (0.5+0j))
    """
    bits = _BITS
    while True:
        found = root_balls(q, bits)
        for root in found:
            if root.multiplicity > 1:
                raise ValueError(
                    f"residues(): the pole at {root.rounded().value} has multiplicity {root.multiplicity};"
                    " residues are given for simple poles only."
                )
        with flint.ctx.workprec(2 * bits):
            above, below = flint.acb_poly(p), flint.acb_poly(q.derivative())
            values = [above(root.ball) / below(root.ball) for root in found]
        if all(value.rel_accuracy_bits() > 60 for value in values):
            return tuple(_centre(value) for value in values)
        bits *= 2
