"""A function of a normal variable, read and checked, and its moments as balls at growing precision."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, lru_cache
from typing import Any

from flint import arb, ctx, fmpq_poly

from ratapprox.activations import Activation, activation
from ratapprox.barycentric import Barycentric
from ratapprox.breakpoints import text
from ratapprox.expressions import x
from ratapprox.expressions.numbers import as_quotient
from ratapprox.forms.conversions import same_function
from ratapprox.forms.form import Form
from ratapprox.piecewise import Piecewise
from ratapprox.rational import Rational
from ratapprox.sturm import real_roots
from ratapprox.symbolic.gaussian import expectation, hermite_coefficients
from ratapprox.symbolic.piece_gaussian import piece_hermite, piece_moments
from ratapprox.symbolic.quadrature import MOMENTS, PrecisionError, hermite_integrals, moment_integrals, sizes

__all__ = ["Nonlinearity", "Sigma", "read_nonlinearity", "read_variance"]

ACCURATE = 68
"""Bits to which a moment is enclosed: 20 decimal digits."""

Sigma = Activation | Rational | Barycentric | Piecewise | Form | str
"""What is read as a function of a normal variable."""

MOST_BITS = 16_384
_MINUS_X = fmpq_poly([0, -1])
_NOTHING = arb(2) ** -128  # a mean square so small beside another one is not followed further


@dataclass(frozen=True)
class Nonlinearity:
    """σ: its name, and exact p, q without common factor and real zero of q, or several such pieces that meet,
    or an Activation."""

    name: str
    source: Rational | Activation | Piecewise

    @cached_property
    def _p_q(self) -> tuple[Any, Any] | None:
        return self.source.polynomials() if isinstance(self.source, Rational) else None

    @property
    def rational(self) -> bool:
        """Whether the moments are closed forms through poles."""
        return self._p_q is not None

    @property
    def method(self) -> str:
        """How moments are proved, in a few words."""
        if isinstance(self.source, Piecewise):
            return "certified integration of each rational piece in balls, bounded tails"
        if self.rational:
            return "closed form through the poles, in balls"
        return "Taylor models in balls between the kinks, bounded tails"

    @cached_property
    def parity(self) -> int | None:
        """0 where σ is proved even, 1 where it is proved odd."""
        if self._p_q is not None:
            p, q = self._p_q
            for parity in (0, 1):
                if p(_MINUS_X) * q == (-1) ** parity * p * q(_MINUS_X):
                    return parity
            return None
        if isinstance(self.source, Piecewise):
            mirrored = self.source.reflect()
            return next((k for k, f in enumerate((mirrored, -mirrored)) if same_function(f, self.source)), None)
        symmetry = self._activation.symmetry()
        if symmetry.parity is None:
            return None
        parity = 0 if symmetry.parity == "even" else 1
        return None if any(symmetry.polynomial[1 - parity :: 2]) else parity

    def moments(self, variance: Any, accurate: int = ACCURATE) -> dict[str, Any]:
        """The moments named in `MOMENTS` at N(0, variance), variance a positive ball, to so many bits.

        A mean, which may be 0, is that accurate beside the root of its mean square.
        """
        names = list(MOMENTS)

        def floors(found: Sequence[Any]) -> list[Any]:
            mean_squares = {False: abs(found[names.index("second")]), True: abs(found[names.index("slope")])}
            return [
                mean_squares[moment.of_slope].sqrt() if moment.power == 1 else mean_squares[False] * _NOTHING
                for moment in MOMENTS.values()
            ]

        if self._p_q is not None:
            p, q = self._p_q
            pairs = {False: (p, q), True: (p.derivative() * q - p * q.derivative(), q * q)}

            def compute(_: Sequence[Any]) -> list[Any]:
                powers = [(pairs[moment.of_slope], moment.power) for moment in MOMENTS.values()]
                return [expectation(above**k, below**k, variance) for (above, below), k in powers]

            found = _accurately(compute, [1.0] * len(names), floors, 128, accurate)
        elif isinstance(self.source, Piecewise):
            g = self.source
            found = _accurately(
                lambda radii: piece_moments(g, variance, names, radii), [1.0] * len(names), floors, 128, accurate
            )
        else:
            f = self._activation
            found = _accurately(
                lambda radii: moment_integrals(f, variance, names, radii, self.parity is not None),
                sizes(f, variance),
                floors,
                128,
                accurate,
            )
        vanishing = {0: "slope_mean", 1: "mean", None: None}[self.parity]
        return {name: arb(0) if name == vanishing else value for name, value in zip(names, found, strict=True)}

    def hermite(self, variance: Any, count: int) -> list[Any]:
        """h_0 .. h_(count-1) at N(0, variance), each as accurate beside the largest of them as a moment."""

        def floors(found: Sequence[Any]) -> list[Any]:
            largest = arb(0)
            for h in found:
                largest = largest.max(abs(h))
            return [largest] * count

        if self._p_q is not None:
            p, q = self._p_q
            found = _accurately(
                lambda _: hermite_coefficients(p, q, variance, count), [1.0], floors, 128 + 4 * count, ACCURATE
            )
        elif isinstance(self.source, Piecewise):
            g = self.source
            found = _accurately(
                lambda radii: piece_hermite(g, variance, count, min(radii, key=float)),
                [1.0],
                floors,
                128 + 4 * count,
                ACCURATE,
            )
        else:
            f = self._activation
            found = _accurately(
                lambda radii: hermite_integrals(f, variance, count, min(radii, key=float), self.parity is not None),
                sizes(f, variance)[:1],
                floors,
                128 + count,
                ACCURATE,
            )
        return [arb(0) if self.parity == 1 - k % 2 else h for k, h in enumerate(found)]

    @property
    def _activation(self) -> Activation:
        assert isinstance(self.source, Activation)
        return self.source


def _accurately(
    compute: Callable[[Sequence[Any]], list[Any]],
    guesses: Sequence[float],
    floors: Callable[[Sequence[Any]], list[Any]],
    bits: int,
    accurate: int,
) -> list[Any]:
    """Balls with radii below 2^-accurate times their size or their floor, whichever is larger, at rising precision.

    The radii asked of `compute` follow from the sizes guessed, then from those found the time before.
    """
    radii = [arb(guess) * arb(2) ** -(accurate + 8) for guess in guesses]
    while bits <= MOST_BITS:
        with ctx.workprec(bits):
            try:
                found = compute(radii)
            except PrecisionError:
                found = [arb.nan()]
            if all(v.is_finite() for v in found):
                most = zip(found, floors(found), strict=True)
                limits = [(abs(v).lower().max(floor.lower()) * arb(2) ** -accurate).lower() for v, floor in most]
                if all(v.rad() <= limit for v, limit in zip(found, limits, strict=True)):
                    return found
                radii = [limit / 64 if limit > 0 else radii[0] / 2**32 for limit in limits]
        bits *= 2
    raise ValueError(f"the moments could not be enclosed to {accurate} bits with {MOST_BITS} bits of precision")


def read_nonlinearity(sigma: object) -> Nonlinearity:
    """σ from a name, an expression, an Activation, a Rational, a Barycentric, a Piecewise or a form of the literature;
    a real pole or a jump is refused with its place.

    Raises TypeError for anything else, ValueError for a pole or a parameter without a value.

        >>> read_nonlinearity("x/(1 + x**2)").rational, read_nonlinearity("gelu").rational
        (True, False)
        >>> read_nonlinearity("1/(2 - x)")
        Traceback (most recent call last):
        ...
        ValueError: 1/(2 - x) has a pole at x = 2, so that no moment of it exists; choose a function without a real pole
    """
    if isinstance(sigma, Barycentric):
        sigma = sigma.to_rational()
    if isinstance(sigma, Form):
        sigma = sigma.function()
    if isinstance(sigma, Piecewise):
        sigma = sigma.exact().reduced().joined()
    if isinstance(sigma, Rational):
        return _checked(sigma, "the rational function")
    if isinstance(sigma, Piecewise):
        return _checked_pieces(sigma)
    found = _read_activation(sigma)
    return _from_activation(found)


def _read_activation(sigma: object) -> Activation:
    found = activation(sigma)
    if found.parameters:
        names = ", ".join(str(s) for s in found.parameters)
        raise ValueError(
            f"{found.name} has the parameter {names} without a value: write .at({names}=...), "
            "or ask gain_formula() for the gain as a function of it"
        )
    return found


@lru_cache(maxsize=256)
def _from_activation(found: Activation) -> Nonlinearity:
    quotient = as_quotient(found.expression) if found.expression.has(x) or found.expression.is_Rational else None
    if quotient is None:
        return Nonlinearity(found.name, found)
    p, q = (tuple(Fraction(int(c.p), int(c.q)) for c in f.coeffs()) or (Fraction(0),) for f in quotient)
    return _checked(Rational(p, q), found.name)


def _checked(r: Rational, name: str) -> Nonlinearity:
    reduced = r.exact().reduced()
    poles = real_roots(reduced.polynomials()[1]) if reduced.type[1] > 0 else ()
    if poles:
        places = ", ".join(f"{float(pole.mid()):.12g}" for pole in poles)
        raise ValueError(
            f"{name} has {'a pole' if len(poles) == 1 else 'poles'} at x = {places}, so that no moment of it exists; "
            "choose a function without a real pole"
        )
    return Nonlinearity(name, reduced)


def _checked_pieces(f: Piecewise) -> Nonlinearity:
    name = "the function of several pieces"
    if poles := f.poles():
        places = ", ".join(f"{pole.value.real:.12g}" for pole in poles)
        raise ValueError(
            f"{name} has {'a pole' if len(poles) == 1 else 'poles'} at x = {places}, so that no moment of it exists; "
            "choose a function without a real pole"
        )
    if jumps := f.jumps():
        raise ValueError(
            f"{name} jumps at x = {', '.join(text(jump.at) for jump in jumps)}, where its slope has no mean square; "
            "choose a continuous function"
        )
    return Nonlinearity(name, f)


def read_variance(variance: int | float | str | Fraction, name: str = "variance", zero: bool = False) -> Fraction:
    """A positive number, exact: a float is its binary value, a string such as '1/3' or '0.1' what it says."""
    try:
        if isinstance(variance, bool) or (isinstance(variance, float) and not math.isfinite(variance)):
            raise ValueError
        value = Fraction(variance)
    except (TypeError, ValueError, ZeroDivisionError) as error:
        raise ValueError(f"{name}={variance!r}: give a finite positive number, such as 1, 0.5 or '1/3'") from error
    if value < 0 or (value == 0 and not zero):
        raise ValueError(f"{name}={variance!r}: a variance is {'not negative' if zero else 'positive'}")
    return value
