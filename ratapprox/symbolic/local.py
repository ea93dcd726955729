"""Answers at one vector of parameters, however many there are: an exact decision, and a box in which it stays true."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from typing import TYPE_CHECKING, Any, Protocol

from flint import fmpq, fmpq_poly

from ratapprox.sturm import to_fmpq
from ratapprox.symbolic.box import BoxPolynomial
from ratapprox.symbolic.cells import factors
from ratapprox.symbolic.certified_box import CertifiedBox
from ratapprox.symbolic.decide import holds
from ratapprox.symbolic.evidence import question
from ratapprox.symbolic.interval import rational_number, read_interval
from ratapprox.symbolic.properties import AnyOf, Atom, Condition, Vanish, conditions, read_property
from ratapprox.symbolic.reading import read, ring_of

if TYPE_CHECKING:
    from ratapprox.activations import Activation

__all__ = ["CertifiedBox", "certified_ball", "decide_at", "truth_at"]

Value = int | float | str | Fraction
_LARGEST, _SMALLEST = Fraction(2**20), Fraction(1, 2**40)
_ANYWHERE = (Fraction(0), Fraction(1))  # for polynomials without x
_MOST_CORNERS = 10  # 2^10 corners of a box are looked at for one where the property fails


def decide_at(
    family: str | Activation, property: str, values: Mapping[str, Value], on: Sequence[Any] = (None, None)
) -> bool:
    """Whether a property holds for given values of all the parameters, decided exactly.

    family, property, on: as for analyse(). values: number for each parameter by its name; a text such as "1/3" is
    exact, a float is the dyadic fraction that it is. Raises ValueError for missing and unknown parameters.

    Example:
        >>> decide_at("(c*x**3 + a*x**2 + b*x)/(x**2 + 1)", "increasing", {"a": 0, "b": 1, "c": "1/9"})
        True
        >>> decide_at("(c*x**3 + a*x**2 + b*x)/(x**2 + 1)", "increasing", {"a": 0, "b": 1, "c": "1/10"})
        False
    """
    asked = _Asked(family, property, on)
    return truth_at(asked.statements, _vector(asked.names, values))


def certified_ball(
    family: str | Activation,
    property: str,
    values: Mapping[str, Value],
    on: Sequence[Any] = (None, None),
    *,
    time_limit: float = 10.0,
) -> CertifiedBox:
    """The largest box around a vector of parameters, up to bisection, in which a property is proved.

        |a_i - values_i| <= radius for all i  =>  the property holds

    The conditions F(x; a) >= 0 of the property are bounded for all a of the box at once by Bernstein's form, x taken in
    pieces; the radius is bisected to a relative width of 2^-20. A box that touches a boundary of the region is not
    proved, so that the radius is a lower bound of the distance to the boundary, and it is 0 on the boundary.

    family, property, on, values: as for decide_at(). time_limit: seconds.

    Example:
        >>> box = certified_ball("(c*x**3 + b*x)/(x**2 + 1)", "increasing", {"b": 1, "c": 1})
        >>> box, box.fails_within > box.radius
        (CertifiedBox: increasing for all parameters within 0.8 of b = 1, c = 1, True)
    """
    asked = _Asked(family, property, on)
    vector = _vector(asked.names, values)
    holds = truth_at(asked.statements, vector)
    search = _Search(asked.statements, vector, time.monotonic() + time_limit)
    if holds:
        try:
            search.grow()
            search.shrink()
        except _OutOfTimeError:
            search.complete = False
    centre = tuple(zip(asked.names, vector, strict=True))
    corner = None if search.corner is None else tuple(zip(asked.names, search.corner, strict=True))
    proof = {
        **asked.question(),
        "values": {name: str(value) for name, value in centre},
        "holds": holds,
        "radius": str(search.radius),
        "fails_within": None if search.fails is None else str(search.fails),
        "corner": None if corner is None else {name: str(value) for name, value in corner},
        "cuts": search.cuts(),
    }
    title = family if isinstance(family, str) else family.name
    return CertifiedBox(
        title, asked.property, centre, holds, search.radius, search.fails, corner, search.complete, proof=proof
    )


def truth_at(statements: Sequence[Condition], vector: Sequence[Fraction]) -> bool:
    """Whether conditions hold for values of all the parameters of their ring, in its order; exact."""
    for statement in statements:
        if isinstance(statement, Atom):
            if holds(at_vector(statement.polynomial, vector), statement.relation, statement.on) is not None:
                return False
        elif isinstance(statement, Vanish):
            vanishes = all(at_vector(f, vector) == 0 for f in statement.polynomials)
            if vanishes == statement.negated:
                return False
        elif not any(truth_at(alternative, vector) for alternative in statement.alternatives):
            return False
    return True


def at_vector(polynomial: Any, vector: Sequence[Fraction]) -> Any:
    """The `fmpq_poly` in x, the first variable, for values of all the others."""
    numbers = [to_fmpq(value) for value in vector]
    found: dict[int, Any] = {}
    for exponents, number in polynomial.to_dict().items():
        term = fmpq(number)
        for power, value in zip(exponents[1:], numbers, strict=True):
            if power:
                term *= value**power
        found[exponents[0]] = found.get(exponents[0], 0) + term
    return fmpq_poly([found.get(k, 0) for k in range(max(found, default=-1) + 1)])


class _OutOfTimeError(Exception):
    pass


class _Search:
    """The largest radius proved so far, and the smallest at which a corner fails."""

    def __init__(self, statements: Sequence[Condition], centre: Sequence[Fraction], deadline: float) -> None:
        self._statements, self._centre, self._deadline = statements, centre, deadline
        self.radius, self.complete = Fraction(0), True
        self.fails: Fraction | None = None
        self.corner: tuple[Fraction, ...] | None = None
        self._prover: _Prover | None = None

    def cuts(self) -> list[str]:
        """Where x is divided so that on each piece the bounds settle every sign in the box."""
        found = self._prover.cuts(self.radius) if self._prover is not None and self.radius else set()
        return [str(cut) for cut in sorted(found)]

    def grow(self) -> None:
        """Doubling, then bisection of the radius, down to a relative width of 2^-20."""
        self._prover = prover = _prover(self._statements, self._centre, self._check)
        if prover is None:
            return
        proved = prover.proves
        beyond = Fraction(1)
        while beyond < _LARGEST and proved(beyond):
            self.radius, beyond = beyond, 2 * beyond
        while beyond - self.radius > beyond / 2**20 and beyond > _SMALLEST:
            middle = (self.radius + beyond) / 2
            if proved(middle):
                self.radius = middle
            else:
                beyond = middle

    def shrink(self) -> None:
        """A corner that fails, as near as bisection finds one."""
        if len(self._centre) > _MOST_CORNERS:
            return
        beyond = 2 * self.radius or _SMALLEST
        while beyond < _LARGEST and not self._fails(beyond):
            beyond *= 2
        low = self.radius
        while self.fails is not None and self.fails - low > self.fails / 2**20 and self.fails > _SMALLEST:
            middle = (low + self.fails) / 2
            if not self._fails(middle):
                low = middle

    def _fails(self, radius: Fraction) -> bool:
        for signs in product((-1, 1), repeat=len(self._centre)):
            self._check()
            corner = tuple(c + s * radius for c, s in zip(self._centre, signs, strict=True))
            if not truth_at(self._statements, corner):
                self.fails, self.corner = radius, corner
                return True
        return False

    def _check(self) -> None:
        if time.monotonic() > self._deadline:
            raise _OutOfTimeError


class _Prover(Protocol):
    def proves(self, radius: Fraction) -> bool:
        """Whether a statement that is true at the centre is proved on the box."""

    def cuts(self, radius: Fraction) -> set[Fraction]:
        """Where x is divided for that; asked for a radius that was proved."""


@dataclass(frozen=True)
class _Nonzero:
    box: BoxPolynomial
    check: Callable[[], None]

    def proves(self, radius: Fraction) -> bool:
        return self.box.one_sign(radius, self.check)

    def cuts(self, radius: Fraction) -> set[Fraction]:
        return self.box.cuts(radius, lambda: None)


@dataclass(frozen=True)
class _Every:
    parts: Sequence[_Prover]

    def proves(self, radius: Fraction) -> bool:
        return all(part.proves(radius) for part in self.parts)

    def cuts(self, radius: Fraction) -> set[Fraction]:
        return {cut for part in self.parts for cut in part.cuts(radius)}


@dataclass(frozen=True)
class _Any:
    parts: Sequence[_Prover]

    def proves(self, radius: Fraction) -> bool:
        return any(part.proves(radius) for part in self.parts)

    def cuts(self, radius: Fraction) -> set[Fraction]:
        return next(part for part in self.parts if part.proves(radius)).cuts(radius)


def _prover(statements: Sequence[Condition], centre: Sequence[Fraction], check: Callable[[], None]) -> _Prover | None:
    """What proves on boxes all the statements, true at the centre; None when no box can be."""
    parts: list[_Prover] = []
    for statement in statements:
        if isinstance(statement, AnyOf):
            true = [alternative for alternative in statement.alternatives if truth_at(alternative, centre)]
            found = [prover for prover in (_prover(a, centre, check) for a in true) if prover is not None]
            if not found:
                return None
            parts.append(_Any(found))
        elif isinstance(statement, Vanish):
            if not statement.negated:
                if any(f != 0 for f in statement.polynomials):
                    return None
                continue
            boxes = [BoxPolynomial(f, centre, _ANYWHERE) for f in statement.polynomials if at_vector(f, centre) != 0]
            parts.append(_Any([_Nonzero(box, check) for box in boxes]))
        else:
            odd = [f for f, power in factors(statement.polynomial) if power % 2 or statement.relation != ">="]
            moving = [f for f in odd if any(f.degrees()[1:])]
            parts.extend(_Nonzero(BoxPolynomial(f, centre, statement.on), check) for f in moving)
    return _Every(parts)


class _Asked:
    """A question about a family: the names of its parameters and the conditions that say the property."""

    def __init__(self, family: Any, property: str, on: Sequence[Any]) -> None:
        read_as, self._on = read_property(property), read_interval(on)
        self.property = str(read_as)
        arguments = [text for text in read_as.arguments if text not in ("relu(x)", "max(x,0)", "max(0,x)")]
        self._quotient = read(family, ring_of([family], arguments))
        self.names = self._quotient.parameters
        self.statements = conditions(self._quotient, read_as, self._on)

    def question(self) -> dict[str, Any]:
        asked = question(self._quotient, self.property, self._on, cancelled=False)
        return {"schema": "ratapprox/box-proof/1", **asked}


def _vector(names: Sequence[str], values: Mapping[str, Value]) -> tuple[Fraction, ...]:
    missing, unknown = set(names) - set(values), set(values) - set(names)
    if missing or unknown:
        found = f"without {', '.join(sorted(missing))}" if missing else f"with {', '.join(sorted(unknown))}"
        raise ValueError(f"values were given {found}: the parameters are {', '.join(names) or 'none'}, one number each")
    return tuple(rational_number(values[name], name) for name in names)
