"""Exact reductions: symmetry and a polynomial part are taken off before anything is computed.

Let y = x − c, c the midpoint of the interval.
* If f(c + y) = π(y) + g(y) with a polynomial π of degree ≤ m − n, then π + R_{m,n} = R_{m,n}: approximate g.
* If g is even, its best r is even (uniqueness), hence a rational in t = y² of type (⌊m/2⌋, ⌊n/2⌋).
* If g is odd, its best r is odd and has no pole at 0, hence y·(rational in t) of type ((m' − 1)/2, ⌊n/2⌋), m' the
largest odd ≤ m.
Most defects of best approximations come from a symmetry; they are gone after these steps. Source: uniqueness of the
best
approximation, [Tre13].
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial

import numpy as np
from flint import arb, fmpq, fmpq_poly

from ratapprox.activations import Activation, CallableTarget
from ratapprox.expressions import enclosure
from ratapprox.fitting.problem import Floats, Problem, ball
from ratapprox.landmarks import landmarks


@dataclass(frozen=True, eq=False)
class Reduction:
    """A problem in t and the way back: r(x) = π(y) + y^σ·(p/q)(t). `problem` is None when the odd part's best is 0."""

    problem: Problem | None
    center: Fraction
    squared: bool
    odd: bool
    polynomial: tuple[Fraction, ...]

    def restore(self, p: fmpq_poly, q: fmpq_poly) -> tuple[fmpq_poly, fmpq_poly]:
        """Numerator and denominator in x from those in t, exactly."""
        y = fmpq_poly([_fmpq(-self.center), 1])
        if self.squared:
            p, q = p(y * y), q(y * y)
        else:
            p, q = p(y), q(y)
        if self.odd:
            p = p * y
        shift = fmpq_poly([_fmpq(c) for c in self.polynomial])(y) if self.polynomial else fmpq_poly([0])
        return p + shift * q, q


def _fmpq(value: Fraction) -> fmpq:
    return fmpq(value.numerator, value.denominator)


def plain_problem(
    target: Activation | CallableTarget,
    type: tuple[int, int],
    on: tuple[Fraction, Fraction],
    weight: Activation | CallableTarget | None,
) -> Problem:
    """The problem as asked, in the variable y = x − midpoint."""
    m, n = type
    a, b = on
    kinks = tuple(_kinks(target, a, b)) + (tuple(_kinks(weight, a, b)) if weight is not None else ())
    problem = Problem(
        m,
        n,
        a,
        b,
        (a + b) / 2,
        False,
        False,
        _floats(target, weight, None),
        _balls(target, weight, None),
        kinks,
        exact=isinstance(target, Activation) and isinstance(weight, Activation | None),
    )
    return replace(problem, landmarks=landmarks(problem.floats, problem.float_ends(), problem.float_kinks()))


def reduce(
    target: Activation | CallableTarget,
    type: tuple[int, int],
    on: tuple[Fraction, Fraction],
    weight: Activation | CallableTarget | None,
) -> Reduction:
    """The smallest problem with the same answer."""
    m, n = type
    a, b = on
    plain = plain_problem(target, type, on, weight)
    center = (a + b) / 2
    unchanged = Reduction(plain, center, False, False, ())
    if not isinstance(target, Activation) or not isinstance(weight, Activation | None):
        return unchanged
    symmetry = target.symmetry(center)
    polynomial = symmetry.polynomial
    while polynomial and polynomial[-1] == 0:
        polynomial = polynomial[:-1]
    if symmetry.parity is None or (len(polynomial) - 1 > m - n and polynomial):
        return unchanged
    if weight is not None:
        weighted = weight.symmetry(center)
        if weighted.parity != "even" or any(weighted.polynomial):
            return unchanged
    odd = symmetry.parity == "odd"
    if odd and m == 0:
        return Reduction(None, center, True, True, polynomial)
    reduced = ((m - 1) // 2 if odd else m // 2, n // 2)
    kinks = tuple(kink for kink in plain.kinks if kink().mid() >= ball(center))
    part = (center, polynomial) if polynomial else None
    problem = Problem(
        *reduced,
        center,
        b,
        center,
        True,
        odd,
        _floats(target, weight, part),
        _balls(target, weight, part),
        kinks,
        landmarks=tuple(x for x in plain.landmarks if x > center),
    )
    return Reduction(problem, center, True, odd, polynomial)


def _kinks(function: Activation | CallableTarget, a: Fraction, b: Fraction) -> list[Callable[[], arb]]:
    if not isinstance(function, Activation):
        return []
    return [partial(enclosure, kink) for kink in function.kinks(a, b)]


def _floats(
    target: Activation | CallableTarget,
    weight: Activation | CallableTarget | None,
    part: tuple[Fraction, tuple[Fraction, ...]] | None,
) -> Callable[[Floats], tuple[Floats, Floats]]:
    coefficients = [float(c) for c in part[1]] if part else []
    center = float(part[0]) if part else 0.0

    def floats(x: Floats) -> tuple[Floats, Floats]:
        f = np.asarray(target.numpy(x), dtype=float)
        if coefficients:
            f = f - np.polynomial.polynomial.polyval(x - center, coefficients)
        w = np.ones_like(x) if weight is None else np.asarray(weight.numpy(x), dtype=float)
        return f, w

    return floats


def _balls(
    target: Activation | CallableTarget,
    weight: Activation | CallableTarget | None,
    part: tuple[Fraction, tuple[Fraction, ...]] | None,
) -> Callable[[arb], tuple[arb, arb]]:
    def value(function: Activation | CallableTarget, x: arb) -> arb:
        if isinstance(function, Activation):
            return arb(function.arb(x))
        return arb(float(function.numpy(np.array([float(x.mid())]))[0]))

    def balls(x: arb) -> tuple[arb, arb]:
        f = value(target, x)
        if part is not None:
            y = x - ball(part[0])
            shift = arb(0)
            for c in reversed(part[1]):
                shift = shift * y + ball(c)
            f -= shift
        return f, arb(1) if weight is None else value(weight, x)

    return balls
