"""What certify() is asked, read and checked: the caller's slips are told here, in sentences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from ratapprox.activations import Activation, activation
from ratapprox.barycentric import Barycentric
from ratapprox.expressions import DomainError
from ratapprox.rational import Rational
from ratapprox.symbolic.branches import Branch, branches
from ratapprox.symbolic.interval import read_interval
from ratapprox.symbolic.weights import not_positive

__all__ = ["Question", "finite_interval", "positive", "read", "read_function", "read_tolerance"]


@dataclass(frozen=True, slots=True)
class Question:
    """An exact rational r, a target f, an interval (a, b), a type (m, n) that holds r with a defect, and a weight w."""

    r: Rational
    f: Activation
    w: Activation | None
    on: tuple[Fraction, Fraction]
    type: tuple[int, int]
    defect: int
    tolerance: float

    @property
    def needed(self) -> int:
        """How many alternating errors prove a lower bound: m + n + 2 - d."""
        return sum(self.type) + 2 - self.defect

    def branches(self) -> tuple[Branch, ...]:
        """The weighted error between its kinks. ValueError where f or w is undefined, or w not positive."""
        w = None if self.w is None else positive(self.w, self.on)
        return branches(self.f.pieces(*self.on), w, *self.r.polynomials())


def read(
    rational: Rational | Barycentric,
    target: Activation | str,
    on: Sequence[float | int | str | Fraction],
    type: Sequence[int] | None,
    weight: Activation | str | None,
    tolerance: float,
) -> Question:
    """The question in exact terms. TypeError and ValueError say what was asked, what was found and what to do."""
    if isinstance(rational, Barycentric):
        rational = rational.to_rational()
    if not isinstance(rational, Rational):
        raise TypeError(
            f"certify() judges a Rational, a Barycentric, a Piecewise or a form, not a {_kind(rational)}:"
            " write Rational(p, q)"
        )
    read_tolerance(tolerance)
    r = rational.exact()
    reduced = r.reduced()
    mn = _read_type(type, reduced)
    f = read_function(target, "target")
    w = None if weight is None else read_function(weight, "weight")
    return Question(r, f, w, finite_interval(on), mn, reduced.defect(mn), tolerance)


def read_tolerance(tolerance: object) -> None:
    """ValueError for what is no relative width."""
    if not (isinstance(tolerance, float) and 0 < tolerance < 1):
        raise ValueError(
            f"tolerance={tolerance!r}: the relative width of an enclosure is a float between 0 and 1, such as 1e-9"
        )


def read_function(function: object, what: str) -> Activation:
    """A target or weight without parameters; TypeError or ValueError with what to write instead."""
    if isinstance(function, str):
        function = activation(function)
    if isinstance(function, Activation):
        if function.parameters:
            names = ", ".join(str(s) for s in function.parameters)
            raise ValueError(
                f"the {what} {function.name} has the parameter {names} without a value: write .at({names}=...)"
            )
        return function
    if callable(function) or hasattr(function, "numpy"):
        raise TypeError(
            f"a Python function as {what} can be fitted but not certified: give an expression, as 'x*sigmoid(x)'"
        )
    raise TypeError(f"{what} is a {_kind(function)}: give a name, an expression in x, or an Activation")


def finite_interval(on: Sequence[float | int | str | Fraction]) -> tuple[Fraction, Fraction]:
    """Two exact, finite, ascending rational ends."""
    low, high = read_interval(on)
    told = f"on=({on[0]}, {on[1]}): the error is certified on a"
    if low is None or high is None:
        raise ValueError(f"{told} finite interval; what happens outside is in certificate.tails")
    if not isinstance(low, Fraction) or not isinstance(high, Fraction):
        near = tuple(f"{float(end):.17g}" for end in (low, high))
        raise ValueError(f"{told}n interval with rational ends; give rational numbers near them, as {', '.join(near)}")
    return low, high


def _read_type(type: object, reduced: Rational) -> tuple[int, int]:
    if type is None:
        return reduced.type
    if (
        isinstance(type, str)
        or not isinstance(type, Sequence)
        or len(type) != 2
        or not all(isinstance(k, int) for k in type)
    ):
        raise TypeError(f"type={type!r}: a type is two integers, type=(m, n)")
    m, n = type
    if m < 0 or n < 0:
        raise ValueError(f"type=({m}, {n}): both degrees must be 0 or more")
    found = reduced.type
    if found[0] > m or found[1] > n:
        raise ValueError(
            f"type=({m}, {n}): r has type {found} after cancellation, which does not fit; "
            f"ask for ({max(m, found[0])}, {max(n, found[1])}) or more, or leave type out"
        )
    return m, n


def positive(w: Activation, on: tuple[Fraction, Fraction]) -> Any:
    """The pieces of a weight that is proved positive on the interval."""
    a, b = on
    try:
        pieces = w.pieces(a, b)
    except DomainError as error:
        raise ValueError(f"the weight {w.name} must be finite and positive on [{a}, {b}]: {error}") from error
    reason = not_positive(pieces)
    if reason is not None:
        raise ValueError(f"the weight {w.name} must be positive on [{a}, {b}], but it {reason}")
    return pieces


def _kind(value: object) -> str:
    return value.__class__.__name__
