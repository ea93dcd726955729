"""How large a function can be far out: rigorous bounds on a half line side·x >= X, step by step through its program.

A `Tail` says of one step v:  lower <= v(x) <= upper  and  |v(x)| <= C t^k e^(a t), t = |x|/X,
for every x with side·x >= X > 0. None stands for "not bounded by these rules" and is passed on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flint import arb, fmpq

from ratapprox.expressions import balls
from ratapprox.expressions.compiled import Compiled, compiled

__all__ = ["Tail", "tail", "tail_mass"]

_INFINITY = arb("inf")


@dataclass(frozen=True, slots=True)
class Tail:
    """Bounds of one function on a half line; `lower` and `upper` may be infinite, C, k, a >= 0 are finite.

    It compares with 0 as a ball does: u > 0 says that all of it is positive.
    """

    lower: Any
    upper: Any
    C: Any
    k: Any
    a: Any

    def __gt__(self, zero: int) -> bool:
        return bool(self.lower > zero)

    def __ge__(self, zero: int) -> bool:
        return bool(self.lower >= zero)

    def __lt__(self, zero: int) -> bool:
        return bool(self.upper < zero)

    def __le__(self, zero: int) -> bool:
        return bool(self.upper <= zero)


def tail(function: Compiled, X: Any, side: int) -> Tail | None:
    """The bounds of a compiled expression for side·x >= X > 0; None where the rules do not reach.

    >>> from ratapprox.expressions import parse
    >>> bound = tail(compiled(parse("x*sigmoid(x)")), arb(10), 1)
    >>> print(bound.C, bound.k, bound.a)
    10.0000000000000 1.00000000000000 0
    """
    line = Tail(X, _INFINITY, X, arb(1), arb(0)) if side > 0 else Tail(-_INFINITY, -X, X, arb(1), arb(0))
    values: list[Any] = [line]
    for step in function.program.constants:
        plain = balls.PLAIN.get(step.operation)
        found = plain if plain is not None else balls.WITH_DATA[step.operation](step.data)
        values.append(found(*(values[i] for i in step.arguments)))
    values[1:] = [_between(ball.lower(), ball.upper(), None) if ball.is_finite() else None for ball in values[1:]]
    for step in function.program.steps:
        if step.operation == "select":
            values.append(_select(step, values))
            continue
        arguments = [values[i] for i in step.arguments]
        if step.operation == "hole":
            above, below = (tail(compiled(part), X, side) for part in step.data[:2])
            values.append(None if above is None or below is None else _div(above, below))
        elif any(v is None for v in arguments):
            values.append(None)
        elif step.operation in _PLAIN:
            values.append(_PLAIN[step.operation](*arguments))
        elif step.operation in _WITH_DATA:
            values.append(_WITH_DATA[step.operation](step.data, *arguments))
        else:
            values.append(None)
    result: Tail | None = values[function.program.output]
    return result


def tail_mass(bound: Tail, power: int, X: Any, variance: Any, hermite: bool = False) -> Any:
    """An upper bound of ∫ |v|^power φ over x >= X, φ the density of N(0, variance); infinite where X is too small.

    The integrand is below g(x) = C t^k e^(a t) φ(x), whose logarithm falls at X by d = X/variance - (a + k)/X and
    faster beyond, so that the integral is at most g(X)/d. With `hermite`, for v times any He_k/√k!, whose size is
    below 1.0865 e^(x²/(4 variance)).

    Source: Cramér's bound, [AS64, 22.14.17].
    """
    C, k, a = bound.C**power, bound.k * power, bound.a * power
    half = 4 if hermite else 2
    d = X * 2 / (half * variance) - (a + k) / X
    if not d > 0:
        return _INFINITY
    top = C * (a - X * X / (half * variance)).exp() / (2 * arb.pi() * variance).sqrt() / d
    return (top * arb("1.0865") if hermite else top).upper()


def _between(lower: Any, upper: Any, growth: tuple[Any, Any, Any] | None) -> Tail | None:
    """From bounds alone where they are finite, else from the growth."""
    if lower.is_finite() and upper.is_finite():
        return Tail(lower, upper, abs(lower).max(abs(upper)).upper(), arb(0), arb(0))
    if growth is None or lower.is_nan() or upper.is_nan() or not all(g.is_finite() for g in growth):
        return None
    C, k, a = (g.upper() for g in growth)
    return Tail(lower, upper, C, k, a)


def _union(u: Tail | None, v: Tail | None) -> Tail | None:
    if u is None or v is None:
        return None
    return _between(u.lower.min(v.lower), u.upper.max(v.upper), (u.C.max(v.C), u.k.max(v.k), u.a.max(v.a)))


def _select(step: Any, values: list[Any]) -> Tail | None:
    """The union of the branches that can hold somewhere on the half line."""
    arguments, found = [values[i] for i in step.arguments], []
    for branch, condition in step.data:
        truth = _holds(condition, arguments)
        if truth is not False:
            found.append(arguments[branch])
        if truth:
            break
    result: Tail | None = found[0] if found else None
    for other in found[1:]:
        result = _union(result, other)
    return result


def _holds(condition: Any, arguments: list[Any]) -> bool | None:
    unknown = Tail(-_INFINITY, _INFINITY, arb(0), arb(0), arb(0))
    return balls.holds(condition, tuple(unknown if v is None else v for v in arguments))


def _add(u: Tail, v: Tail) -> Tail | None:
    growth = (u.C + v.C, u.k.max(v.k), u.a.max(v.a))
    return _between((u.lower + v.lower).lower(), (u.upper + v.upper).upper(), growth)


def _neg(u: Tail) -> Tail | None:
    return Tail(-u.upper, -u.lower, u.C, u.k, u.a)


def _product(u: Any, v: Any) -> Any:
    """The product of two ends, where 0 times infinity is 0: a bounded factor never reaches an infinite end."""
    return arb(0) if u.is_zero() or v.is_zero() else u * v


def _mul(u: Tail, v: Tail) -> Tail | None:
    ends = [_product(a, b) for a in (u.lower, u.upper) for b in (v.lower, v.upper)]
    lower, upper = ends[0].lower(), ends[0].upper()
    for end in ends[1:]:
        lower, upper = lower.min(end.lower()), upper.max(end.upper())
    return _between(lower, upper, (u.C * v.C, u.k + v.k, u.a + v.a))


def _inverse(v: Tail) -> Tail | None:
    if not (v.lower > 0 or v.upper < 0):
        return None
    ends = [1 / end if end.is_finite() else arb(0) for end in (v.lower, v.upper)]
    return _between(ends[1].lower(), ends[0].upper(), None)


def _div(u: Tail, v: Tail) -> Tail | None:
    inverse = _inverse(v)
    return None if inverse is None else _mul(u, inverse)


def _exp(u: Tail) -> Tail | None:
    lower = u.lower.exp().lower() if u.lower.is_finite() else arb(0)
    if u.upper.is_finite():
        return _between(lower, u.upper.exp().upper(), None)
    if not (u.a.is_zero() and u.k <= 1):
        return None  # grows faster than any e^(a t)
    return _between(lower, _INFINITY, (arb(1), arb(0), u.C))


def _expm1(u: Tail) -> Tail | None:
    whole = _exp(u)
    if whole is None:
        return None
    lower = balls.expm1(u.lower).lower() if u.lower.is_finite() else arb(-1)
    upper = balls.expm1(u.upper).upper() if u.upper.is_finite() else _INFINITY
    return _between(lower, upper, (whole.C + 1, whole.k, whole.a))


def _log(u: Tail) -> Tail | None:
    if not u.lower > 0:
        return None
    low = u.lower.log().lower()
    if u.upper.is_finite():
        return _between(low, u.upper.log().upper(), None)
    # log v <= log C + k t + a t, log t being below t
    return _between(low, _INFINITY, (abs(low) + (1 + u.C).log() + u.k + u.a, arb(1), arb(0)))


def _log1p(u: Tail) -> Tail | None:
    one = _add(u, Tail(arb(1), arb(1), arb(1), arb(0), arb(0)))
    return None if one is None else _log(one)


def _softplus(u: Tail) -> Tail | None:
    ends = [balls.softplus(end) if end.is_finite() else end.max(arb(0)) for end in (u.lower, u.upper)]
    return _between(ends[0].lower(), ends[1].upper(), (u.C + 1, u.k, u.a))


def _monotone(function: Callable[[Any], Any], least: Any, most: Any) -> Callable[[Tail], Tail | None]:
    """An increasing function with these limits at -inf and +inf."""

    def over(u: Tail) -> Tail | None:
        lower = function(u.lower).lower() if u.lower.is_finite() else least
        upper = function(u.upper).upper() if u.upper.is_finite() else most
        return _between(lower, upper, None)

    return over


def _erfc(u: Tail) -> Tail | None:
    lower = balls.erfc(u.upper).lower() if u.upper.is_finite() else arb(0)
    upper = balls.erfc(u.lower).upper() if u.lower.is_finite() else arb(2)
    return _between(lower, upper, None)


def _within(lower: int, upper: int) -> Callable[[Tail], Tail | None]:
    return lambda u: _between(arb(lower), arb(upper), None)


def _odd_below_identity(function: Callable[[Any], Any]) -> Callable[[Tail], Tail | None]:
    """Increasing, and |f(u)| <= |u|: asinh, u - tanh u."""

    def over(u: Tail) -> Tail | None:
        lower = function(u.lower).lower() if u.lower.is_finite() else u.lower
        upper = function(u.upper).upper() if u.upper.is_finite() else u.upper
        return _between(lower, upper, (u.C, u.k, u.a))

    return over


def _hyperbolic(u: Tail) -> Tail | None:
    """sinh and cosh: |f(u)| <= e^|u|."""
    size = _exp(_absolute(u))
    return None if size is None else _between(-size.upper, size.upper, (size.C, size.k, size.a))


def _absolute(u: Tail) -> Tail:
    if u.lower >= 0:
        return u
    return Tail(arb(0).max(-u.upper), u.upper.max(-u.lower), u.C, u.k, u.a)


def _sign(u: Tail) -> Tail | None:
    return _between(arb(1 if u.lower > 0 else -1), arb(-1 if u.upper < 0 else 1), None)


def _heaviside(_: Any, u: Tail) -> Tail | None:
    return _between(arb(1 if u.lower > 0 else 0), arb(0 if u.upper < 0 else 1), None)


def _maximum(u: Tail, v: Tail) -> Tail | None:
    if u.lower >= v.upper or v.lower >= u.upper:
        return u if u.lower >= v.upper else v
    growth = (u.C.max(v.C), u.k.max(v.k), u.a.max(v.a))
    return _between(u.lower.max(v.lower), u.upper.max(v.upper), growth)


def _minimum(u: Tail, v: Tail) -> Tail | None:
    other = _maximum(Tail(-u.upper, -u.lower, u.C, u.k, u.a), Tail(-v.upper, -v.lower, v.C, v.k, v.a))
    return None if other is None else _neg(other)


def _power(n: int, u: Tail) -> Tail | None:
    size = _absolute(u) if n % 2 == 0 else u
    ends = [end**n if end.is_finite() else end for end in (size.lower, size.upper)]
    return _between(ends[0].lower(), ends[1].upper(), (u.C**n, u.k * n, u.a * n))


def _root(exponent: Any, u: Tail) -> Tail | None:
    """u^r of the nonnegative part of u."""
    over = balls.root(exponent)
    lower = over(u.lower).lower() if u.lower > 0 and u.lower.is_finite() else arb(0)
    upper = over(u.upper).upper() if u.upper.is_finite() else u.upper
    r = arb(fmpq(exponent.numerator, exponent.denominator))
    return _between(lower, upper, ((1 + u.C) ** r, u.k * r, u.a * r))


def _power_log(exponent: Any, u: Tail) -> Tail | None:
    power = _power(int(exponent), u) if exponent.denominator == 1 else _root(exponent, u)
    logarithm = _log(u)
    return None if power is None or logarithm is None else _mul(power, logarithm)


_ONE, _MINUS_ONE, _ZERO = arb(1), arb(-1), arb(0)
_PLAIN: dict[str, Callable[..., Tail | None]] = {
    "add": _add,
    "sub": lambda u, v: _add(u, Tail(-v.upper, -v.lower, v.C, v.k, v.a)),
    "mul": _mul,
    "div": _div,
    "neg": _neg,
    "exp": _exp,
    "expm1": _expm1,
    "log": _log,
    "log1p": _log1p,
    "sin": _within(-1, 1),
    "cos": _within(-1, 1),
    "sinh": _hyperbolic,
    "cosh": _hyperbolic,
    "tanh": _monotone(balls.tanh, _MINUS_ONE, _ONE),
    "asin": _within(-2, 2),
    "acos": _within(0, 4),
    "atan": _monotone(balls.atan, arb(-2), arb(2)),
    "asinh": _odd_below_identity(balls.asinh),
    "erf": _monotone(balls.erf, _MINUS_ONE, _ONE),
    "erfc": _erfc,
    "sigmoid": _monotone(balls.sigmoid, _ZERO, _ONE),
    "softplus": _softplus,
    "tanhshrink": _odd_below_identity(balls.tanhshrink),
    "abs": _absolute,
    "sign": _sign,
    "max": _maximum,
    "min": _minimum,
}
_WITH_DATA: dict[str, Callable[..., Tail | None]] = {
    "power": _power,
    "root": _root,
    "power_log": _power_log,
    "heaviside": _heaviside,
}
