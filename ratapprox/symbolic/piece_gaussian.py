"""E[G(X)] for X normal and G made of several rational pieces or of their slopes: certified integration piece by piece.

    E[g(X)^j] = Σ ∫ g(x)^j φ(x) dx over [t_k, t_(k+1)] ∩ [-X, X]  +  what lies beyond X,

φ the density of N(0, v). Beyond X, where no piece has a root of its denominator, |P/Q| <= C |x|^k with the C of

    |P(x)| <= |x|^m Σ |p_i| X^(i-m),    |Q(x)| >= |x|^n (|q_n| - Σ_{i<n} |q_i| X^(i-n)),

and the integral of |x|^k φ is an incomplete gamma function. Source: FLINT's `acb_calc_integrate`; Hermite
polynomials are bounded by Cramér's inequality, [AS64, 22.14.17].
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from flint import acb, acb_poly, arb, ctx, fmpq_poly

from ratapprox.breakpoints import Breakpoint, ball
from ratapprox.piecewise import Piecewise
from ratapprox.symbolic.piece_shape import Run, runs
from ratapprox.symbolic.taylor_boxes import CRAMER, MOMENTS, Moment

__all__ = ["piece_hermite", "piece_moments"]

FIRST = 12
"""Standard deviations at which tails are cut off first."""

FARTHEST = 2**40
"""Beyond so many standard deviations no tail is looked for: leading coefficients are too small."""

Weight = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class _Part:
    """P/Q raised to a power on an interval, None where infinite; Q = base^times, since near a zero of the base the
    square of its ball is much tighter than the ball of its square."""

    lower: Breakpoint | None
    upper: Breakpoint | None
    p: Any
    q: Any
    power: int
    base: Any
    times: int


def piece_moments(f: Piecewise, variance: Any, names: Sequence[str], tolerances: Sequence[Any]) -> list[Any]:
    """The named moments of f(X) and f'(X), X ~ N(0, variance), as balls of about these radii; f has no real pole.

    >>> from ratapprox.rational import Rational
    >>> relu = Piecewise([0], [Rational([0]), Rational([0, 1])])
    >>> piece_moments(relu, arb(1), ["second"], [arb(1e-12)])[0].str(10, radius=False)
    '0.5000000000'
    """
    pieces = runs(f)
    found = []
    for name, tolerance in zip(names, tolerances, strict=True):
        parts = [_part(run, MOMENTS[name]) for run in pieces]
        found.append(_expectation(parts, variance, tolerance, lambda x: 1, hermite=False))
    return found


def piece_hermite(f: Piecewise, variance: Any, count: int, tolerance: Any) -> list[Any]:
    """h_0 .. h_(count-1), h_k = E[f(s Z) He_k(Z)]/√k!, s² the variance, as balls of about this radius."""
    parts = [_part(run, MOMENTS["mean"]) for run in runs(f)]
    return [_expectation(parts, variance, tolerance, he, hermite=True) for he in _hermite(variance.sqrt(), count)]


def _part(run: Run, moment: Moment) -> _Part:
    p, q, times = run.p, run.q, 1
    if moment.of_slope:
        p, q, times = p.derivative() * q - p * q.derivative(), q * q, 2
    return _Part(run.lower, run.upper, p, q, moment.power, run.q, times)


def _hermite(s: Any, count: int) -> list[Weight]:
    """x ↦ He_k(x/s)/√k!, k < count."""
    x = fmpq_poly([0, 1])
    polynomials = [fmpq_poly([1]), x]
    for k in range(1, count):
        polynomials.append(x * polynomials[k] - k * polynomials[k - 1])

    def weight(k: int) -> Weight:
        scaled, size = acb_poly(polynomials[k]), arb(k + 1).gamma().sqrt()
        return lambda x: scaled(x / s) / size

    return [weight(k) for k in range(count)]


def _expectation(parts: Sequence[_Part], variance: Any, tolerance: Any, weight: Weight, *, hermite: bool) -> Any:
    X, outside = _cut(parts, variance, tolerance / 4, hermite)
    total = arb(0, outside)
    for part in parts:
        if part.p == 0:
            continue
        low = -X if part.lower is None else ball(part.lower)
        high = X if part.upper is None else ball(part.upper)
        total += _integral(part, low, high, variance, tolerance / (4 * len(parts)), weight)
    return total


def _integral(part: _Part, low: Any, high: Any, variance: Any, tolerance: Any, weight: Weight) -> Any:
    above, base = acb_poly(part.p), acb_poly(part.base)
    size = (2 * arb.pi() * variance).sqrt()

    def integrand(x: Any, _: bool) -> Any:
        return (above(x) / base(x) ** part.times) ** part.power * weight(x) * (-x * x / (2 * variance)).exp()

    found = acb.integral(integrand, acb(low), acb(high), abs_tol=tolerance * size, rel_tol=arb(2) ** -ctx.prec)
    return found.real / size


def _cut(parts: Sequence[_Part], variance: Any, tolerance: Any, hermite: bool) -> tuple[Any, Any]:
    """X beyond all breakpoints, and a bound of what lies beyond |x| = X."""
    s, out = variance.sqrt(), Fraction(FIRST)
    inner = [abs(ball(t)) for part in parts for t in (part.lower, part.upper) if t is not None]
    while out <= FARTHEST:
        X = (s * (arb(out.numerator) / out.denominator)).upper()
        if all(t < X for t in inner):
            mass = sum((_tail(part, X, variance, hermite) for part in (parts[0], parts[-1])), arb(0)).upper()
            if mass <= tolerance:
                return X, mass
        out *= Fraction(5, 4)
    raise ValueError(
        "the moments could not be bounded far out: the leading coefficients of a denominator are too small beside the"
        " others; give a smaller variance, or drop them"
    )


def _tail(part: _Part, X: Any, variance: Any, hermite: bool) -> Any:
    """A bound of the integral of |P/Q|^power φ, with Cramér's bound of Hermite polynomials if asked, over x > X."""
    if part.p == 0:
        return arb(0)
    m, n = part.p.degree(), part.q.degree()
    above = sum((abs(arb(c)) * X ** (i - m) for i, c in enumerate(part.p.coeffs())), arb(0))
    below = abs(arb(part.q[n])) - sum((abs(arb(part.q[i])) * X ** (i - n) for i in range(n)), arb(0))
    if not below > 0:
        return arb("inf")
    k = max(m - n, 0) * part.power
    size = (above / below * X ** min(m - n, 0)) ** part.power
    width = variance * (4 if hermite else 2)
    # the integral of x^k exp(-x²/width) over x > X
    mass = width ** (arb(k + 1) / 2) * (X * X / width).gamma_upper(arb(k + 1) / 2) / 2
    return size * mass * (arb(CRAMER) if hermite else 1) / (2 * arb.pi() * variance).sqrt()
