"""Answers at one vector of parameters, however many there are: an exact decision, and a box in which it stays true."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from typing import TYPE_CHECKING, Any

from flint import fmpq, fmpq_poly

from ratapprox.sturm import to_fmpq
from ratapprox.symbolic.box import BoxPolynomial
from ratapprox.symbolic.cells import factors
from ratapprox.symbolic.decide import holds
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


@dataclass(frozen=True, repr=False)
class CertifiedBox:
    """The box |a_i - values_i| <= radius in which a property is proved.

    holds: whether the property holds at the values themselves, decided exactly. radius: proved for the closed box; 0
    when no box is proved, as at a boundary. fails_within: the property fails at a corner of the box of this radius,
    `corner`, decided exactly; None when no such corner was found. complete: whether the search ended before the time
    limit.
    """

    family: str
    property: str
    values: tuple[tuple[str, Fraction], ...]
    holds: bool
    radius: Fraction
    fails_within: Fraction | None
    corner: tuple[tuple[str, Fraction], ...] | None
    complete: bool

    def __repr__(self) -> str:
        centre = ", ".join(f"{name} = {value}" for name, value in self.values)
        if not self.holds:
            return f"CertifiedBox: {self.property} does not hold at {centre}"
        return f"CertifiedBox: {self.property} for all parameters within {float(self.radius):.6g} of {centre}"

    def title(self) -> str:
        """The family, the property and the values, in a line."""
        return f"{self.family}, {self.property} at {', '.join(f'{name} = {value}' for name, value in self.values)}"

    def rows(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """The answer in words: (heading, lines) pairs, for a report."""
        if not self.holds:
            return (("answer", ("fails, decided exactly",)),)
        found = [("answer", ("holds, decided exactly",))]
        if self.radius:
            within = f"{float(self.radius):.9g}"
            found.append(("box", (f"proved for all parameters within {within} of these values, together",)))
        else:
            found.append(("box", ("none is proved: the values may lie on the boundary",)))
        if self.fails_within is not None and self.corner is not None:
            corner = ", ".join(f"{name} = {float(value):.9g}" for name, value in self.corner)
            found.append(("fails", (f"at {corner}, at the distance {float(self.fails_within):.9g}",)))
        if not self.complete:
            found.append(("open", ("the time limit ended the search: a larger box may be proved",)))
        return tuple(found)

    def to_dict(self) -> dict[str, Any]:
        """The JSON document "ratapprox/box/1": exact numbers as texts."""
        return {
            "schema": "ratapprox/box/1",
            "family": self.family,
            "property": self.property,
            "values": {name: str(value) for name, value in self.values},
            "holds": self.holds,
            "radius": str(self.radius),
            "radius_decimal": float(self.radius),
            "fails_within": None if self.fails_within is None else str(self.fails_within),
            "corner": None if self.corner is None else {name: str(value) for name, value in self.corner},
            "complete": self.complete,
        }


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
    names, statements = _statements(family, property, on)
    vector = _vector(names, values)
    return truth_at(statements, vector)


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
    names, statements = _statements(family, property, on)
    vector = _vector(names, values)
    centre = tuple(zip(names, vector, strict=True))
    title = family if isinstance(family, str) else family.name
    if not truth_at(statements, vector):
        return CertifiedBox(title, property, centre, False, Fraction(0), None, None, True)
    search = _Search(statements, vector, time.monotonic() + time_limit)
    try:
        search.grow()
        search.shrink()
    except _OutOfTimeError:
        search.complete = False
    corner = None if search.corner is None else tuple(zip(names, search.corner, strict=True))
    return CertifiedBox(title, property, centre, True, search.radius, search.fails, corner, search.complete)


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

    def grow(self) -> None:
        """Doubling, then bisection of the radius, down to a relative width of 2^-20."""
        proved = _prover(self._statements, self._centre, self._check)
        if proved is None:
            return
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


_Prover = Callable[[Fraction], bool]


def _prover(statements: Sequence[Condition], centre: Sequence[Fraction], check: Callable[[], None]) -> _Prover | None:
    """radius -> whether all the statements, true at the centre, are proved on the box; None when no box can be."""
    parts: list[_Prover] = []
    for statement in statements:
        if isinstance(statement, AnyOf):
            true = [alternative for alternative in statement.alternatives if truth_at(alternative, centre)]
            found = [prover for prover in (_prover(a, centre, check) for a in true) if prover is not None]
            if not found:
                return None
            parts.append(_any(found))
        elif isinstance(statement, Vanish):
            if not statement.negated:
                if any(f != 0 for f in statement.polynomials):
                    return None
                continue
            boxes = [BoxPolynomial(f, centre, _ANYWHERE) for f in statement.polynomials if at_vector(f, centre) != 0]
            parts.append(_any([_nonzero(box, check) for box in boxes]))
        else:
            odd = [f for f, power in factors(statement.polynomial) if power % 2 or statement.relation != ">="]
            parts.extend(_nonzero(BoxPolynomial(f, centre, statement.on), check) for f in odd if any(f.degrees()[1:]))
    return lambda radius: all(part(radius) for part in parts)


def _nonzero(box: BoxPolynomial, check: Callable[[], None]) -> _Prover:
    return lambda radius: box.one_sign(radius, check)


def _any(provers: Sequence[_Prover]) -> _Prover:
    return lambda radius: any(prover(radius) for prover in provers)


def _statements(family: Any, property: str, on: Sequence[Any]) -> tuple[tuple[str, ...], tuple[Condition, ...]]:
    asked = read_property(property)
    arguments = [text for text in asked.arguments if text not in ("relu(x)", "max(x,0)", "max(0,x)")]
    quotient = read(family, ring_of([family], arguments))
    return quotient.parameters, conditions(quotient, asked, read_interval(on))


def _vector(names: Sequence[str], values: Mapping[str, Value]) -> tuple[Fraction, ...]:
    missing, unknown = set(names) - set(values), set(values) - set(names)
    if missing or unknown:
        found = f"without {', '.join(sorted(missing))}" if missing else f"with {', '.join(sorted(unknown))}"
        raise ValueError(f"values were given {found}: the parameters are {', '.join(names) or 'none'}, one number each")
    return tuple(rational_number(values[name], name) for name in names)
