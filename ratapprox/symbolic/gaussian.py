"""E[r(X)] for X normal with mean 0 and r rational without a real pole: closed forms through the poles, in balls.

With X = s Z, s² the variance, and m_j(c) = E[(Z - c)^-j]:

    m_1(c) = i √(π/2) w(c/√2) for Im c > 0, w(z) = exp(-z²) erfc(-iz);    m_(j+1) = -(m_(j-1) + c m_j)/j, m_0 = 1.

Source: [AS64] for m_1; the recurrence is E[g'(Z)] = E[Z g(Z)] (Stein) for g(z) = (z - c)^-j.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import factorial
from typing import Any

from flint import acb, acb_poly, acb_series, arb, ctx, fmpq_poly, fmpz

from ratapprox.roots import root_balls

__all__ = ["between", "expectation", "hermite_coefficients", "pole_moments"]

_FAR = 32  # from here on an asymptotic series gives bits enough


def pole_moments(c: Any, count: int) -> list[Any]:
    """m_0 .. m_(count-1), m_j = E[(Z - c)^-j], for Im c > 0; balls at the caller's precision.

    >>> print(pole_moments(acb(0, 1), 2)[1].str(8))
    [0.65567954 +/- 2.42e-9]j
    """
    i, z = acb(0, 1), c / arb(2).sqrt()
    first = i * (arb.pi() / 2).sqrt() * (-z * z).exp() * (-i * z).erfc()
    if first.rel_accuracy_bits() < ctx.prec // 2 and abs(c) > _FAR:
        first = _far_pole(c)
    found = [acb(1), first]
    for j in range(1, count - 1):
        found.append(-(found[j - 1] + c * found[j]) / j)
    return found[:count]


def _far_pole(c: Any) -> Any:
    """m_1(c) = -Σ_{k<N} E[Z^k]/c^(k+1) + E[Z^N/(Z - c)]/c^N, N even: the last is at most (N-1)!!/(|c|^N Im c)."""
    size, square = abs(c).lower(), 1 / (c * c)
    total, term, rest = acb(0), -1 / c, 1 / c.imag
    for n in range(2, 2 * ctx.prec, 2):
        total += term
        term, rest = term * square * (n - 1), rest * (n - 1) / (size * size)
        if rest < arb(2) ** -ctx.prec / size or n > size * size:
            break
    radius = arb(0, rest.upper())
    return total + acb(radius, radius)


@dataclass(frozen=True, slots=True)
class _Pole:
    """A pole in the upper half plane and the coefficients a_1 .. a_k of (x - place)^-1 .. (x - place)^-k there."""

    place: Any
    principal: tuple[Any, ...]


@lru_cache(maxsize=256)
def _parts(p: tuple[Any, ...], q: tuple[Any, ...], bits: int) -> tuple[Any, tuple[_Pole, ...]]:
    """The polynomial part and the principal parts at the upper poles of p/q in lowest terms."""
    P, Q = fmpq_poly(list(p)), fmpq_poly(list(q))
    common = P.gcd(Q)
    P, Q = P // common, Q // common
    whole, rest = divmod(P, Q)
    if rest.degree() < 0:
        return whole, ()
    poles = []
    above, below = acb_poly(rest), acb_poly(Q)
    for root in root_balls(Q, bits):
        if root.ball.imag > 0:
            poles.append(_Pole(root.ball, _principal(above, below, root.ball, root.multiplicity)))
    return whole, tuple(poles)


def _principal(P: Any, Q: Any, c: Any, multiplicity: int) -> tuple[Any, ...]:
    """With h = x - c: P/(Q/h^k) to order k; the lowest k coefficients of Q vanish because c is such a zero of it."""
    above = acb_poly(_taylor(P, c, 0, multiplicity))
    below = acb_poly(_taylor(Q, c, multiplicity, multiplicity))
    cap = ctx.cap
    ctx.cap = multiplicity
    try:
        quotient = (acb_series(above, multiplicity) / acb_series(below, multiplicity)).coeffs()
    except (ValueError, ZeroDivisionError):  # the ball of a cluster of poles still holds a zero of q/h^k
        quotient = [acb("nan")] * multiplicity
    finally:
        ctx.cap = cap
    quotient += [acb(0)] * (multiplicity - len(quotient))
    return tuple(reversed(quotient))


def _taylor(P: Any, c: Any, first: int, count: int) -> list[Any]:
    """The coefficients of h^first, …, h^(first + count - 1) in P(c + h): so few that no whole polynomial is shifted."""
    found = []
    for k in range(first + count):
        if k >= first:
            found.append(P(c) / factorial(k))
        P = P.derivative()
    return found


def _double_factorial(k: int) -> int:
    """E[Z^k] for even k."""
    return int(fmpz(factorial(k)) // (2 ** (k // 2) * factorial(k // 2)))


def expectation(p: Any, q: Any, variance: Any) -> Any:
    """E[p(X)/q(X)], X ~ N(0, variance): p and q are `fmpq_poly`, q without a real zero that p does not share.

    variance is a ball; so is the answer, not finite or wide where the caller's precision does not suffice.

        >>> print(expectation(fmpq_poly([1]), fmpq_poly([1, 0, 1]), arb(1)).str(8))
        [0.65567954 +/- 2.42e-9]
    """
    whole, poles = _parts(tuple(p.coeffs()), tuple(q.coeffs()), ctx.prec)
    total, s = arb(0), variance.sqrt()
    for k, c in enumerate(whole.coeffs()):
        if k % 2 == 0 and c != 0:
            total += arb(c) * variance ** (k // 2) * _double_factorial(k)
    for pole in poles:
        m = pole_moments(pole.place / s, len(pole.principal) + 1)
        for j, a in enumerate(pole.principal, 1):
            total += 2 * (a * m[j] / s**j).real
    return total


def hermite_coefficients(p: Any, q: Any, variance: Any, count: int) -> list[Any]:
    """h_0 .. h_(count-1), h_k = E[r(s Z) He_k(Z)]/√k!, r = p/q as in `expectation`.

    E[He_k(Z) (Z - c)^-j] = (-1)^k j (j+1) … (j+k-1) m_(j+k)(c) and E[He_k(Z) Z^n] = n!/(n-k)! E[Z^(n-k)].
    """
    whole, poles = _parts(tuple(p.coeffs()), tuple(q.coeffs()), ctx.prec)
    found, s = [arb(0)] * count, variance.sqrt()
    for n, c in enumerate(whole.coeffs()):
        for k in range(n % 2, min(n, count - 1) + 1, 2):
            found[k] += arb(c) * s**n * (factorial(n) // factorial(n - k)) * _double_factorial(n - k)
    for pole in poles:
        m = pole_moments(pole.place / s, len(pole.principal) + count)
        for j, a in enumerate(pole.principal, 1):
            scaled = a / s**j
            for k in range(count):
                rising = factorial(j + k - 1) // factorial(j - 1)
                found[k] += (-1) ** k * 2 * rising * (scaled * m[j + k]).real
    return [h / arb(factorial(k)).sqrt() for k, h in enumerate(found)]


def between(polynomial: Any, lower: Any, upper: Any, variance: Any) -> Any:
    """∫ P(x) φ(x) dx over [lower, upper], φ the density of N(0, variance), ends given as balls: by erf and exp.

    M_k = variance ((k-1) M_(k-2) - [x^(k-1) φ(x)]), from integrating by parts.

        >>> print(between(fmpq_poly([0, 0, 1]), arb(0), arb(50), arb(1)).str(8, radius=False))
        0.50000000
    """
    s = variance.sqrt()
    u, v = lower / (s * arb(2).sqrt()), upper / (s * arb(2).sqrt())
    # on one side of 0 the complement keeps the relative precision that a difference of two erf close to 1 loses
    mass = u.erfc() - v.erfc() if u > 0 else (-v).erfc() - (-u).erfc() if v < 0 else v.erf() - u.erf()
    density = [(-t * t).exp() / (s * (2 * arb.pi()).sqrt()) for t in (u, v)]
    moments = [mass / 2, variance * (density[0] - density[1])]
    for k in range(2, polynomial.degree() + 1):
        edge = upper ** (k - 1) * density[1] - lower ** (k - 1) * density[0]
        moments.append(variance * ((k - 1) * moments[k - 2] - edge))
    total = arb(0)
    for c, moment in zip(polynomial.coeffs(), moments, strict=False):
        total += arb(c) * moment
    return total
