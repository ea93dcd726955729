"""From a function to a form that is exactly it, or a sentence that says why there is none.

A form is proposed from the numerators and denominators as they are stored, then from the cancelled ones, and taken only
if its exact function is the given one on every piece.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

from flint import fmpq_poly

from ratapprox.breakpoints import real_roots_between
from ratapprox.coefficients import Number, from_polynomial, to_fmpq, to_fraction
from ratapprox.forms.era import Era
from ratapprox.forms.form import Form
from ratapprox.forms.kat import KatCpu, KatFitted, KatGpu
from ratapprox.forms.pau import PauA, PauB, PauC, PauD, PauN
from ratapprox.forms.registry import FORMS
from ratapprox.forms.two_slope import TwoSlope
from ratapprox.piecewise import Piecewise
from ratapprox.rational import Rational

__all__ = ["same_function", "to_form"]

Function = Rational | Piecewise


def to_form(function: Function | Form, name: str, *, epsilon: Number = Fraction(1, 10)) -> Form | Rational:
    """The value of the form of that name that is exactly this function; epsilon: the floor of pau-c.

    Parameters come from the coefficients of the pieces as stored, or with common factors cancelled; forms that would
    need a larger degree are not searched for. Denominators are read up to what a form cannot show: |b_k| for b_k in
    pau-a, the sum or its negative in pau-b.

    Raises ValueError saying why the function is not of this form, TypeError for what is no function.

        >>> to_form(Rational([0, 1], [1, 0, 2]), "pau-a")
        PauA (pau-a) of type (1, 2): p = x
        >>> to_form(PauA([0, 0, 1], [1]), "plain")
        Traceback (most recent call last):
        ...
        ValueError: to plain: the function has 2 different pieces, cut at 0, and a plain rational has one.
        >>> to_form(Rational([1], [1, 1]), "pau-a")
        Traceback (most recent call last):
        ...
        ValueError: to pau-a: the function has a real pole at -1, and this form has none.
    """
    if name not in FORMS:
        raise ValueError(f"to_form: {name!r} is no form; the forms are {', '.join(FORMS)}.")
    if isinstance(function, Form):
        function = function.function()
    if not isinstance(function, Rational | Piecewise):
        raise TypeError(
            f"to_form: {function!r} is a {type(function).__name__}; a Rational, a Piecewise or a form is needed."
        )
    exact = function.exact()
    whole = exact if isinstance(exact, Rational) else exact.joined()
    if name == "plain":
        return _plain(whole, name)
    if name == "era":
        return Era.of(_plain(whole, name))
    if name == "two-slope":
        return _two_slope(whole)
    return _quotient(whole, name, Fraction(epsilon))


def same_function(f: Function, g: Function) -> bool:
    """Whether two functions have the same pieces between the same breakpoints, decided exactly.

    >>> same_function(Rational([0, 1], [1, 1]), Rational([0, 2], [2, 2]))
    True
    """
    f, g = (h.exact() if isinstance(h, Rational) else h.exact().joined() for h in (f, g))
    if isinstance(f, Rational) or isinstance(g, Rational):
        return isinstance(f, Rational) and isinstance(g, Rational) and _equal(f, g)
    return f.breakpoints == g.breakpoints and all(map(_equal, f.pieces, g.pieces))


def _equal(r: Rational, s: Rational) -> bool:
    (p, q), (u, v) = r.polynomials(), s.polynomials()
    return bool(p * v == u * q)


def _pieces(function: Function) -> tuple[Rational, ...]:
    return (function,) if isinstance(function, Rational) else function.pieces


def _plain(function: Function, name: str) -> Rational:
    if isinstance(function, Rational):
        return function
    cuts = repr(function).split("cut at ")[1]
    kind = {"plain": "a plain rational", "era": "an ERA"}.get(name, "this form")
    raise ValueError(
        f"to {name}: the function has {len(function.pieces)} different pieces, cut at {cuts}, and {kind} has one."
    )


def _two_slope(function: Function) -> TwoSlope:
    left, right = (
        (function, function) if isinstance(function, Rational) else function.pieces[:: len(function.pieces) - 1]
    )
    if isinstance(function, Piecewise) and function.breakpoints != (Fraction(0),):
        raise ValueError(f"to two-slope: the only corner of this form is at 0, but the function is a {function!r}.")
    p, q = (right - left).reduced().polynomials()
    if q.degree() > 0 or p.degree() > 1 or p[0] != 0:
        raise ValueError(
            "to two-slope: the pieces left and right of 0 must differ by a multiple of x, but their difference is a"
            f" {(right - left).reduced()!r}."
        )
    b = to_fraction(p[1]) / 2
    r = (left + Rational([0, b])) if b else left
    above, below = r.reduced().polynomials()
    line = above // below
    a = to_fraction(line[1]) if line.degree() == 1 else Fraction(0)
    return TwoSlope(a, b, (r - Rational([0, a])).reduced() if a else r)


# -- quotients: p over a denominator with | |


def _quotient(function: Function, name: str, epsilon: Fraction) -> Form:
    for piece, (low, high) in _located(function):
        _, q = piece.reduced().polynomials()
        if name not in ("pau-n", "kat-cpu") and (poles := real_roots_between(q, low, high)):
            raise ValueError(f"to {name}: the function has a real pole at {poles[0][0]}, and this form has none.")
    if name in ("pau-n", "kat-cpu"):
        function = _plain(function, name)
    reasons = []
    for p, denominators in _common(function):
        found = _PROPOSALS[name](p, denominators, epsilon)
        if isinstance(found, str):
            reasons.append(found)
        elif same_function(found.function(), function):
            return found
        else:
            reasons.append("the pieces are not those that its formula makes between its breakpoints")
    raise ValueError(f"to {name}: {reasons[-1] if reasons else 'one piece is zero and another one is not'}.")


def _located(function: Function) -> Iterator[tuple[Rational, tuple[Any, Any]]]:
    if isinstance(function, Rational):
        yield function, (None, None)
        return
    for low, high, piece in function.intervals():
        yield piece, (low, high)


def _common(function: Function) -> Iterator[tuple[Any, list[Any]]]:
    """One numerator for all pieces and their denominators: as stored, then with common factors cancelled.

    The first denominator is 1 at 0 unless it vanishes there.
    """
    stored = [piece.polynomials() for piece in _pieces(function)]
    if all(p == 0 for p, _ in stored):
        yield fmpq_poly([0]), [fmpq_poly([1]) for _ in stored]
    if any(p == 0 for p, _ in stored):
        return
    monic = [(p / p.leading_coefficient(), q / p.leading_coefficient()) for p, q in stored]
    if all(p == monic[0][0] for p, _ in monic):
        yield _scaled(monic[0][0], [q for _, q in monic])
    reduced = [piece.reduced().polynomials() for piece in _pieces(function)]
    p = fmpq_poly([1])
    for above, _ in reduced:
        p = p * above // p.gcd(above)
    yield _scaled(p, [(p // above) * below for above, below in reduced])


def _scaled(p: Any, denominators: list[Any]) -> tuple[Any, list[Any]]:
    scale = denominators[0][0]
    return (p, denominators) if scale == 0 else (p / scale, [q / scale for q in denominators])


def _numbers(f: Any, first: int = 1) -> list[Any]:
    """The coefficients of x^first and above, [0] for none."""
    return from_polynomial(f)[first:] or [Fraction(0)]


def _at_one(denominators: list[Any]) -> str | None:
    if all(q[0] == 1 for q in denominators):
        return None
    return "with one numerator for all pieces the denominators are not 1 at 0"


def _a(kind: type[PauA]) -> Callable[[Any, list[Any], Fraction], Form | str]:
    def propose(p: Any, denominators: list[Any], _: Fraction) -> Form | str:
        if (reason := _at_one(denominators)) is not None:
            return reason
        b = _numbers(denominators[-1])
        if any(c < 0 for c in b):
            return "right of 0 a coefficient of the denominator is negative, and every |b| is at least 0"
        if len(denominators) == 1 and any(b[::2]):
            return "the denominator has odd powers of x, which would be powers of |x|"
        return kind(from_polynomial(p), b)

    return propose


def _b(kind: type[PauB]) -> Callable[[Any, list[Any], Fraction], Form | str]:
    def propose(p: Any, denominators: list[Any], _: Fraction) -> Form | str:
        if (reason := _at_one(denominators)) is not None:
            return reason
        if len(denominators) == 1 and not _never_negative(denominators[0] - 1):
            return "the denominator is below 1 somewhere, and 1 + | | never is"
        return kind(from_polynomial(p), _numbers(denominators[-1] - 1))

    return propose


def _c(p: Any, denominators: list[Any], epsilon: Fraction) -> Form | str:
    """c q = ε ± s: where two pieces meet, c (q + q') = 2 ε; with one piece c must be large enough."""
    floor = to_fmpq(epsilon)
    if len(denominators) == 1:
        q = denominators[0]
        scale = _scale_above(q, floor)
        if scale is None:
            return "the denominator changes its sign or comes as near to 0 as one likes"
    else:
        twice = denominators[0] + denominators[1]
        if twice.degree() > 0 or twice == 0:
            return "the denominators of neighbouring pieces do not add up to a constant"
        scale = 2 * floor / twice[0]
    return PauC(from_polynomial(p * scale), _numbers(denominators[-1] * scale - floor, 0), epsilon)


def _n(p: Any, denominators: list[Any], _: Fraction) -> Form | str:
    return _at_one(denominators) or PauN(from_polynomial(p), _numbers(denominators[0]))


def _cpu(p: Any, denominators: list[Any], _: Fraction) -> Form | str:
    if (reason := _at_one(denominators)) is not None:
        return reason
    b = _numbers(denominators[0])
    return "a coefficient of the denominator is negative" if any(c < 0 for c in b) else KatCpu(from_polynomial(p), b)


def _never_negative(f: Any) -> bool:
    """Whether an exact polynomial is >= 0 on the real line."""
    changes = f != 0 and any(multiplicity % 2 for _, multiplicity in real_roots_between(f, None, None))
    return bool(f == 0 or (f.leading_coefficient() > 0 and not changes))


def _scale_above(q: Any, floor: Any) -> Any:
    """c = ±ε 2^k with c q >= ε on the real line and k >= 0 as small as that allows; None where q has a real root."""
    if q.degree() % 2 or real_roots_between(q, None, None):
        return None
    scale = floor if q[0] > 0 else -floor
    while not _never_negative(q * scale - floor):
        scale *= 2
    return scale


_PROPOSALS: dict[str, Callable[[Any, list[Any], Fraction], Form | str]] = {
    "pau-a": _a(PauA),
    "kat-gpu": _a(KatGpu),
    "pau-b": _b(PauB),
    "pau-d": _b(PauD),
    "kat-fitted": _b(KatFitted),
    "pau-c": _c,
    "pau-n": _n,
    "kat-cpu": _cpu,
}
