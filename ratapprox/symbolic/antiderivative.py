"""Antiderivatives and inverses of a concrete rational function."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import sympy
from flint import ctx, fmpq_poly

from ratapprox.coefficients import from_polynomial
from ratapprox.expressions import x
from ratapprox.sturm import to_fmpq
from ratapprox.symbolic.decimal_enclosure import Enclosure
from ratapprox.symbolic.interval import End, Ends, end_text, rational_number, read_interval
from ratapprox.symbolic.shape import monotone, roots_on

if TYPE_CHECKING:
    from ratapprox.rational import Rational

__all__ = ["antiderivative", "interval_text", "inverse"]

_BITS = 160


def antiderivative(rational: Rational) -> Any:
    """A sympy expression F with F' = r, proved by differentiation.

    F = polynomial + rational part + Σ c log(x - t) over the zeros t of q; zeros of quadratic factors of q as real
    logarithms and arc tangents, those of factors of higher degree as sympy's RootSum. Where x - t < 0 the logarithm is
    to be read as log|x - t|, which has the same derivative. c/d = Σ c(t)/d'(t)/(x - t) is Lagrange's identity.

    Source: Hermite's reduction; M. Bronstein, Symbolic Integration I (2005).

    >>> from ratapprox import Rational
    >>> antiderivative(Rational([0, 0, 1], [1, 0, 1]))
    x - atan(x)
    >>> antiderivative(Rational([0, 0, 0, 1, 2], [1, 0, 1]))
    2*x**3/3 + x**2/2 - 2*x - log(x**2 + 1)/2 + 2*atan(x)
    """
    if not hasattr(rational, "exact"):
        kind = type(rational).__name__
        raise TypeError(f"antiderivative() integrates a Rational, not a {kind}: write Rational(p, q)")
    p, q = rational.exact().reduced().polynomials()
    done, c, d = _hermite(p % q, q)
    return _sympy((p // q).integral()) + done + sum(_logarithms(*part) for part in _parts(c, d))


def inverse(rational: Rational, y: Any, on: Sequence[Any] | None = None) -> Enclosure:
    """The x of the interval with r(x) = y, enclosed; r must be strictly monotone there.

    y: an int, a float (taken exactly) or a Fraction. on: (a, b), None or infinite ends for the whole line.

    Raises ValueError, saying where, if r has a pole or turns on the interval, and if y is not a value of r there.

    >>> from ratapprox import Rational
    >>> inverse(Rational([0, 9, 0, 1], [1, 0, 1]), 3)
    Enclosure: 0.374183181041533283988…
    """
    ends = read_interval((None, None) if on is None else on)
    number = rational_number(y, "y")
    p, q = rational.exact().reduced().polynomials()
    if q.degree() > 0 and roots_on(q, ends):
        raise ValueError(f"inverse(): r has a pole on {interval_text(ends)}; give an interval without one, on=(a, b)")
    stretches = monotone(p, q, ends)
    if len(stretches) > 1 or stretches[0].kind == "constant":
        kinds = "; ".join(f"{s.kind} on {s}" for s in stretches)
        raise ValueError(
            f"inverse(): r is not strictly monotone on {interval_text(ends)}: {kinds}; choose one of these"
        )
    found = roots_on(p - to_fmpq(number) * q, ends)
    if not found:
        raise ValueError(f"inverse(): r does not take the value {y} on {interval_text(ends)}; see dossier(r).range")
    with ctx.workprec(_BITS):
        return Enclosure.of(found[0].arb())


def interval_text(on: Ends) -> str:
    """[-1, 1], [0, ∞), the real line.

    >>> interval_text((Fraction(0), None)), interval_text((None, None)), interval_text(read_interval((0, "sqrt(2)")))
    ('[0, ∞)', 'the real line', '[0, √2]')
    """
    low, high = on
    if low is None and high is None:
        return "the real line"
    left = "(−∞" if low is None else f"[{_short(low)}"
    return f"{left}, {'∞)' if high is None else f'{_short(high)}]'}"


def _short(end: End) -> str:
    if not isinstance(end, Fraction):
        return end_text(end)
    text = repr(float(end)).removesuffix(".0")
    return text if Fraction(text) == end else str(end)


def _parts(c: Any, d: Any) -> Iterator[tuple[Any, Any]]:
    """(a, f) with c/d = Σ a/f over the irreducible factors f of squarefree d, deg a < deg f."""
    for factor, _ in d.numer().factor()[1]:
        f = fmpq_poly(factor) / factor.leading_coefficient()
        _, _, inverse_of_rest = f.xgcd((d // f) % f if f.degree() < d.degree() else d // f)
        a = (c * inverse_of_rest) % f
        if a != 0:
            yield a, f


def _logarithms(a: Any, f: Any) -> Any:
    """The antiderivative of a/f for irreducible monic f."""
    if f.degree() == 1:
        return _sympy(a) * sympy.log(_sympy(f))
    if f.degree() > 2:
        t = sympy.Dummy("t")
        residue = (_sympy(a) / _sympy(f.derivative())).xreplace({x: t})
        return sympy.RootSum(sympy.Poly(_sympy(f), x), sympy.Lambda(t, residue * sympy.log(x - t)), auto=False)
    # a/f = A (x + h)/f + B/f with f = (x + h)² + e
    h, A = _number(f[1]) / 2, _number(a[1])
    e, B = _number(f[0]) - h**2, _number(a[0]) - A * h
    if e > 0:
        return A / 2 * sympy.log(_sympy(f)) + B / sympy.sqrt(e) * sympy.atan((x + h) / sympy.sqrt(e))
    root = sympy.sqrt(-e)
    return sum((A / 2 + side * B / (2 * root)) * sympy.log(x + h - side * root) for side in (1, -1))


def _number(c: Any) -> Any:
    return sympy.Rational(int(c.p), int(c.q))


def _sympy(f: Any) -> Any:
    coefficients = [Fraction(c) for c in from_polynomial(f)]
    return sympy.Add(*(sympy.Rational(c.numerator, c.denominator) * x**k for k, c in enumerate(coefficients)))


def _hermite(p: Any, q: Any) -> tuple[Any, Any, Any]:
    """(R, c, d) with p/q = R' + c/d, R a sympy expression and d squarefree; deg p < deg q.

    Mack's linear version: M. Bronstein, Symbolic Integration I.
    """
    done: Any = sympy.Integer(0)
    a, d_minus = p, q.gcd(q.derivative())
    d_star = q // d_minus
    while d_minus.degree() > 0:
        d_minus2 = d_minus.gcd(d_minus.derivative())
        d_minus_star = d_minus // d_minus2
        factor = -(d_star * d_minus.derivative()) // d_minus
        b, c = _solve(factor, d_minus_star, a)
        a = c - b.derivative() * (d_star // d_minus_star)
        done += _sympy(b) / _sympy(d_minus)
        d_minus = d_minus2
    return done, a, d_star


def _solve(f: Any, g: Any, a: Any) -> tuple[Any, Any]:
    """(b, c) with b f + c g = a and deg b < deg g, for coprime f and g."""
    _, s, _ = f.xgcd(g)
    b = (s * a) % g
    return b, (a - b * f) // g
