"""Properties of p/q as statements about polynomials: "for every x of the interval P >= 0, > 0, != 0" and "P vanishes".

With N = p'q - pq' and M = N'q - 2Nq', f' = N/q² and f'' = M/q³.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from ratapprox.symbolic.decide import Ends, Relation
from ratapprox.symbolic.interval import symmetric
from ratapprox.symbolic.quotient import Quotient
from ratapprox.symbolic.reading import read

__all__ = ["AnyOf", "Atom", "Condition", "Property", "Vanish", "conditions", "read_property", "x_coefficients"]


@dataclass(frozen=True, slots=True)
class Atom:
    """For every x of the closed interval `on`: polynomial relation 0.

    quantity names what is measured at a witness, value = (numerator, denominator) is it, must says what is asked.
    """

    polynomial: Any
    relation: Relation
    on: Ends
    quantity: str
    value: tuple[Any, Any]
    must: str


@dataclass(frozen=True, slots=True)
class Vanish:
    """All the polynomials in the parameters vanish; with negated, at least one does not."""

    polynomials: tuple[Any, ...]
    says: str
    negated: bool = False


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one of several lists of conditions holds."""

    alternatives: tuple[tuple[Condition, ...], ...]


Condition = Atom | Vanish | AnyOf


@dataclass(frozen=True, slots=True)
class Property:
    """A property by its name, with its arguments as they were written.

    >>> read_property("lipschitz: 1")
    Property(name='lipschitz', arguments=('1',))
    """

    name: str
    arguments: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.name + (":" + ",".join(self.arguments) if self.arguments else "")


_ARGUMENTS = {
    "increasing": 0, "decreasing": 0, "strictly-increasing": 0, "strictly-decreasing": 0, "positive-slope": 0,
    "pole-free": 0, "convex": 0, "concave": 0, "injective": 0, "bounded": 0, "positive": 0, "lipschitz": 1, "range": 2,
    "above": 1, "below": 1, "asymptotic": 1,
}  # fmt: skip
_EXAMPLES = "lipschitz:1, range:-1,1, above:relu, below:x, asymptotic:x, odd:1"


def read_property(text: str) -> Property:
    """A property as it is written on the command line. ValueError lists the properties.

    increasing, decreasing, strictly-increasing, strictly-decreasing, positive-slope, pole-free, convex, concave,
    injective, odd, even, bounded, positive, lipschitz:L, range:LO,HI, above:E, below:E, asymptotic:E; odd:C and even:C
    are symmetries about the point C. L, LO, HI, C and E are expressions, which may have parameters; E also in x, and
    relu for above and below.

    >>> read_property("strictly_increasing").name
    'strictly-increasing'
    """
    if not isinstance(text, str):
        raise TypeError(f"property={text!r}: a property is a text, such as increasing or lipschitz:1")
    name, colon, rest = text.strip().partition(":")
    name = name.strip().lower().replace("_", "-").replace(" ", "-")
    arguments = tuple(part.strip() for part in re.split(r",(?![^(]*\))", rest)) if colon else ()
    needed = {_ARGUMENTS[name]} if name in _ARGUMENTS else {0, 1} if name in ("odd", "even") else set()
    if not needed:
        known = f"the properties are {', '.join([*_ARGUMENTS, 'odd', 'even'])}; with values as in {_EXAMPLES}"
        raise ValueError(f"there is no property {text[:40]!r}: {known}")
    if len(arguments) not in needed or not all(arguments):
        raise ValueError(f"the property {name} takes {max(needed)} value(s), found {rest!r}: write as in {_EXAMPLES}")
    return Property(name, arguments)


def conditions(f: Quotient, asked: Property, on: Ends = (None, None)) -> tuple[Condition, ...]:
    """The conditions that together say the property, for f as it is written, on a closed interval.

    Removable poles count as poles: cancel first to judge the reduced function. The arguments of the property are read
    in the ring of f. ValueError for a question that has no sense on the interval.

    >>> f = read("x*(x**2 + a)/(x**2 + 1)")
    >>> [(c.polynomial, c.relation) for c in conditions(f, Property("increasing"))]
    [(x^2 + 1, '!='), (x^4 - x^2*a + 3*x^2 + a, '>=')]
    """
    ring = f.p.context()
    values = [read(text, ring) for text in asked.arguments if text not in _RELU]
    q = Atom(f.q, "!=", on, "q", (f.q, ring.constant(1)), "must not be 0")
    N, M, square = f.slope, f.curvature, f.q * f.q
    name = asked.name
    if name == "pole-free":
        return (q,)
    if name in _SLOPES:
        sign, relation, strict = _SLOPES[name]
        must = f"must be {'at least' if relation == '>=' else 'greater than' if sign > 0 else 'less than'} 0"
        if relation == ">=" and sign < 0:
            must = "must be at most 0"
        slope = Atom(sign * N, relation, on, "f'", (N, square), must)
        return (q, slope, *([_not_zero(N, "f' must not vanish everywhere")] if strict else []))
    if name == "injective":
        rising = conditions(f, Property("strictly-increasing"), on)[1:]
        falling = conditions(f, Property("strictly-decreasing"), on)[1:]
        return (q, AnyOf((rising, falling)))
    if name in ("convex", "concave"):
        sign = 1 if name == "convex" else -1
        must = f"must be at {'least' if sign > 0 else 'most'} 0"
        return (q, Atom(sign * M * f.q, ">=", on, "f''", (M, square * f.q), must))
    if name == "positive":
        return (q, Atom(f.p * f.q, ">", on, "f", (f.p, f.q), "must be greater than 0"))
    if name == "lipschitz":
        (bound,) = values
        _free_of_x(bound, asked)
        ends = [(1, f"must be at most {asked.arguments[0]}"), (-1, f"must be at least -({asked.arguments[0]})")]
        # L = u/v: (u·q² ∓ v·N)·v >= 0
        slopes = [Atom((bound.p * square - s * bound.q * N) * bound.q, ">=", on, "f'", (N, square), m) for s, m in ends]
        return (q, *_defined(bound), *slopes)
    if name == "range":
        low, high = values
        _free_of_x(low, asked)
        _free_of_x(high, asked)
        above, below = (_compare(f, bound, sign, on, text) for bound, sign, text in (
            (low, 1, asked.arguments[0]), (high, -1, asked.arguments[1])
        ))  # fmt: skip
        return (q, *_defined(low), *_defined(high), above, below)
    if name in ("above", "below"):
        return (q, *_bounded_by(f, asked, values, on))
    if name in ("odd", "even"):
        return _symmetric(f, asked, values, on)
    return (*((q,) if name == "bounded" else ()), *_at_infinity(f, asked, values, on))


_RELU = ("relu", "relu(x)", "max(x,0)", "max(0,x)")
_SLOPES: dict[str, tuple[int, Relation, bool]] = {
    "increasing": (1, ">=", False), "decreasing": (-1, ">=", False), "positive-slope": (1, ">", False),
    "strictly-increasing": (1, ">=", True), "strictly-decreasing": (-1, ">=", True),
}  # fmt: skip


def x_coefficients(f: Any) -> list[Any]:
    """The coefficients, polynomials in the parameters, of x^0, x^1, ...

    >>> x_coefficients(read("a*x**2 + 1").p)
    [1, 0, a]
    """
    ring = f.context()
    parts: list[dict[Any, Any]] = [{} for _ in range(f.degrees()[0] + 1 if f != 0 else 0)]
    for powers, c in f.to_dict().items():
        parts[powers[0]][(0, *powers[1:])] = c
    return [ring.from_dict(part) for part in parts]


def _not_zero(f: Any, says: str) -> Vanish:
    return Vanish(tuple(c for c in x_coefficients(f) if c != 0), says, negated=True)


def _free_of_x(value: Quotient, asked: Property) -> None:
    if any(f.degrees()[0] > 0 for f in (value.p, value.q) if f != 0):
        raise ValueError(f"the property {asked} has a bound with x in it: a number or a parameter is needed")


def _defined(value: Quotient) -> tuple[Vanish, ...]:
    """The denominator of a bound in the parameters is not 0."""
    return () if value.q.is_constant() else (_not_zero(value.q, "the bound must have a value"),)


def _compare(f: Quotient, g: Quotient, sign: int, on: Ends, text: str) -> Atom:
    """±(f - g) >= 0 where q·v != 0: ±(p·v - u·q)·q·v >= 0 for g = u/v."""
    must = f"must be at {'least' if sign > 0 else 'most'} {text}"
    return Atom(sign * (f.p * g.q - g.p * f.q) * f.q * g.q, ">=", on, "f", (f.p, f.q), must)


def _bounded_by(f: Quotient, asked: Property, values: list[Quotient], on: Ends) -> list[Condition]:
    sign = 1 if asked.name == "above" else -1
    if values:
        (g,) = values
        free = g.q.is_constant()
        pole = [] if free else [Atom(g.q, "!=", on, "the denominator of the bound", (g.q, g.q**0), "must not be 0")]
        return [*pole, _compare(f, g, sign, on, asked.arguments[0])]
    zero, line = read("0", f.p.context()), read("x", f.p.context())
    low, high = on
    parts: list[Condition] = []
    if low is None or low < 0:
        parts.append(_compare(f, zero, sign, (low, Fraction(0) if high is None else min(high, Fraction(0))), "relu(x)"))
    if high is None or high > 0:
        parts.append(_compare(f, line, sign, (Fraction(0) if low is None else max(low, Fraction(0)), high), "relu(x)"))
    return parts


def _symmetric(f: Quotient, asked: Property, values: list[Quotient], on: Ends) -> tuple[Condition, ...]:
    """f(c - y) = ∓f(c + y) for all y: the coefficients of p(c - y)·q(c + y) ± p(c + y)·q(c - y) vanish."""
    ring = f.p.context()
    center = values[0] if values else read("0", ring)
    _free_of_x(center, asked)
    if not (center.p.is_constant() and center.q.is_constant()):
        raise ValueError(f"the property {asked} has a centre with a parameter: give a number, as in odd:1/2")
    c = Fraction(int(center.p.leading_coefficient()) if center.p != 0 else 0, int(center.q.leading_coefficient()))
    if not symmetric(on, c):
        raise ValueError(f"{asked.name} about {c} was asked on an interval that is not symmetric about {c}: change on")
    names = dict(zip(ring.names(), ring.gens(), strict=True))
    u, v, y = c.numerator, c.denominator, names["x"]
    (p1, q1), (p2, q2) = ((_substitute(f.p, f.q, u + s * v * y, v)) for s in (1, -1))
    difference = p2 * q1 + p1 * q2 if asked.name == "odd" else p2 * q1 - p1 * q2
    says = f"f({c} - y) must be {'-' if asked.name == 'odd' else ''}f({c} + y) for all y".replace("(0 - y)", "(-y)")
    coefficients = tuple(k for k in x_coefficients(difference) if k != 0)
    return (_not_zero(f.q, "q must not vanish everywhere"), Vanish(coefficients, says.replace("(0 + y)", "(y)")))


def _substitute(p: Any, q: Any, top: Any, bottom: int) -> tuple[Any, Any]:
    """p and q at x = top/bottom, both multiplied by the same power of the bottom."""
    degree = max(p.degrees()[0] if p != 0 else 0, q.degrees()[0])
    p, q = (
        sum((c * top**k * bottom ** (degree - k) for k, c in enumerate(x_coefficients(f))), f.context().constant(0))
        for f in (p, q)
    )
    return p, q


def _at_infinity(f: Quotient, asked: Property, values: list[Quotient], on: Ends) -> tuple[Condition, ...]:
    """Bounded: deg p <= deg q. Asymptotic to e: deg(p - e·q) < deg q; degrees at the value of the parameter."""
    if on[0] is not None and on[1] is not None:
        if asked.name == "asymptotic":
            raise ValueError(f"{asked} was asked on a bounded interval: it is about x going to infinity; leave on out")
        return ()
    p, q = f.p, f.q
    if asked.name == "asymptotic":
        (e,) = values
        p, q = p * e.q - e.p * q, q * e.q
    above, below = x_coefficients(p), x_coefficients(q)
    extra = 1 if asked.name == "bounded" else 0
    says = "deg p must be at most deg q" if extra else f"f - ({asked.arguments[0]}) must tend to 0"
    alternatives: list[tuple[Condition, ...]] = []
    for degree in range(len(below) - 1, -1, -1):
        if below[degree] == 0:
            continue
        zero = tuple(c for c in (*below[degree + 1 :], *above[degree + extra :]) if c != 0)
        found: list[Condition] = [Vanish((below[degree],), "q must not vanish everywhere", negated=True)]
        if zero:
            found.insert(0, Vanish(zero, says))
        alternatives.append(tuple(found))
    return (AnyOf(tuple(alternatives)),)
