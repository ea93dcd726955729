"""Functions that are one rational left of a breakpoint and another one right of it: what |x| makes of a rational."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

import ratapprox.breakpoints as exact_places
from ratapprox.algebraic import Algebraic
from ratapprox.breakpoints import Breakpoint
from ratapprox.coefficients import Number, to_fraction
from ratapprox.evaluation import Evaluable
from ratapprox.rational import Rational
from ratapprox.roots import Root
from ratapprox.tails import Tail

__all__ = ["Breakpoint", "Jump", "Piecewise"]


@dataclass(frozen=True, slots=True)
class Jump:
    """A breakpoint at which the values from the left and from the right differ; None is a pole.

    The values are balls' midpoints where the breakpoint is irrational, fractions otherwise; that they differ is proved.

    >>> Piecewise([0], [Rational([-1]), Rational([1])]).jumps()
    (Jump(at=Fraction(0, 1), left=Fraction(-1, 1), right=Fraction(1, 1)),)
    """

    at: Breakpoint
    left: Fraction | float | None
    right: Fraction | float | None


@dataclass(frozen=True, init=False, repr=False)
class Piecewise(Evaluable):
    """A function of several rational pieces, cut at ascending exact breakpoints t.

    f(x) = pieces[0](x) for x < t[0],  pieces[k](x) for t[k-1] <= x < t[k],  pieces[-1](x) for x >= t[-1]

    At a breakpoint the piece on its right counts; `continuous` says whether that matters, decided exactly. Breakpoints
    are `Fraction` or irrational `Algebraic` numbers (a float is the dyadic fraction that it is). The coefficients
    are `Fraction` or, as soon as one is a float, all `float`. `joined` makes equal neighbours one piece.
    Equality compares breakpoints and coefficients as stored.

    Raises ValueError for breakpoints that do not ascend, a number of pieces that is not one more than theirs, NaN;
    TypeError for pieces that are no Rational.

        >>> relu = Piecewise([0], [Rational([0]), Rational([0, 1])])
        >>> relu
        Piecewise in 2 pieces of types (0, 0), (1, 0), cut at 0
        >>> relu(-2.0), relu(Fraction(1, 3)), relu.derivative().jumps()[0].right
        (0.0, Fraction(1, 3), Fraction(1, 1))
    """

    breakpoints: tuple[Breakpoint, ...]
    pieces: tuple[Rational, ...]

    def __init__(self, breakpoints: Iterable[Number | Algebraic], pieces: Iterable[Rational]) -> None:
        cuts = tuple(exact_places.read_breakpoint(t, f"breakpoints[{k}]") for k, t in enumerate(breakpoints))
        kept = tuple(pieces)
        for k, piece in enumerate(kept):
            if not isinstance(piece, Rational):
                raise TypeError(f"pieces[{k}] is {piece!r}, a {type(piece).__name__}: each piece is a Rational.")
        if not cuts:
            raise ValueError("breakpoints is empty: a function without one is the Rational itself.")
        if len(kept) != len(cuts) + 1:
            raise ValueError(
                f"{len(cuts)} breakpoints and {len(kept)} pieces: there is one piece more than breakpoints."
            )
        for left, right in pairwise(cuts):
            if not left < right:
                raise ValueError(
                    f"breakpoints must ascend, but {exact_places.text(left)} is followed by {exact_places.text(right)}."
                )
        if not all(piece.is_exact for piece in kept):
            kept = tuple(piece.to_float() for piece in kept)
        object.__setattr__(self, "breakpoints", cuts)
        object.__setattr__(self, "pieces", kept)

    def __reduce__(self) -> tuple[type[Piecewise], tuple[tuple[Breakpoint, ...], tuple[Rational, ...]]]:
        return Piecewise, (self.breakpoints, self.pieces)

    def __repr__(self) -> str:
        types = [self.types[0]] if len(set(self.types)) == 1 else self.types
        cuts = ", ".join(map(exact_places.text, self.breakpoints))
        kinds = f"type{'s' if len(types) > 1 else ''} {', '.join(map(str, types))}"
        return f"Piecewise in {len(self.pieces)} pieces of {kinds}, cut at {cuts}"

    # -- what it is

    @property
    def types(self) -> tuple[tuple[int, int], ...]:
        """The type (m, n) of each piece, from left to right.

        >>> Piecewise([0], [Rational([0]), Rational([0, 1])]).types
        ((0, 0), (1, 0))
        """
        return tuple(piece.type for piece in self.pieces)

    @property
    def degree(self) -> int:
        """The largest degree among the pieces.

        >>> Piecewise([0], [Rational([0]), Rational([0, 1])]).degree
        1
        """
        return max(piece.degree for piece in self.pieces)

    @property
    def is_exact(self) -> bool:
        """Whether the coefficients are fractions; breakpoints always are exact.

        >>> Piecewise([0], [Rational([0]), Rational([0, 0.5])]).is_exact
        False
        """
        return self.pieces[0].is_exact

    def exact(self) -> Piecewise:
        """The very same function with fractions: a float is a dyadic fraction.

        >>> Piecewise([0], [Rational([0]), Rational([0, 0.5])]).exact().pieces[1].p
        (Fraction(0, 1), Fraction(1, 2))
        """
        return self if self.is_exact else Piecewise(self.breakpoints, [piece.exact() for piece in self.pieces])

    def to_float(self) -> Piecewise:
        """Every coefficient rounded to the nearest float64, the breakpoints kept.

        Raises ValueError when a coefficient is beyond float64.

            >>> Piecewise([0], [Rational([0]), Rational([Fraction(1, 2)])]).to_float().pieces[1].p
            (0.5,)
        """
        return Piecewise(self.breakpoints, [piece.to_float() for piece in self.pieces])

    def reduced(self) -> Piecewise:
        """The same function with common factors cancelled in each piece, exactly.

        >>> Piecewise([0], [Rational([-1, 0, 1], [-1, 1]), Rational([1])]).reduced().types
        ((1, 0), (0, 0))
        """
        return Piecewise(self.breakpoints, [piece.reduced() for piece in self.pieces])

    def joined(self) -> Rational | Piecewise:
        """The same function with neighbours that are the same rational function made one piece, decided exactly.

        A `Rational` where only one piece is left.

            >>> Piecewise([0], [Rational([0, 1]), Rational([0, 2], [2])]).joined()
            Rational type (1, 0): x
        """
        cuts: list[Breakpoint] = []
        kept = [self.pieces[0]]
        for t, piece in zip(self.breakpoints, self.pieces[1:], strict=True):
            if not _same(kept[-1], piece):
                cuts.append(t)
                kept.append(piece)
        return Piecewise(cuts, kept) if cuts else kept[0]

    def intervals(self) -> tuple[tuple[Breakpoint | None, Breakpoint | None, Rational], ...]:
        """(lower, upper, piece) from left to right; None is an infinite end.

        >>> Piecewise([0], [Rational([0]), Rational([0, 1])]).intervals()[0]
        (None, Fraction(0, 1), Rational type (0, 0): 0)
        """
        walls = (None, *self.breakpoints, None)
        return tuple((low, high, piece) for (low, high), piece in zip(pairwise(walls), self.pieces, strict=True))

    @property
    def continuous(self) -> bool:
        """Whether the pieces meet at every breakpoint, decided exactly; poles elsewhere do not matter.

        >>> Piecewise([0], [Rational([0, -1]), Rational([0, 1])]).continuous
        True
        """
        return not self.jumps()

    def jumps(self) -> tuple[Jump, ...]:
        """The breakpoints at which the pieces do not meet, decided exactly, also at irrational ones.

        >>> Piecewise([0], [Rational([1], [0, 1]), Rational([1])]).jumps()
        (Jump(at=Fraction(0, 1), left=None, right=Fraction(1, 1)),)
        """
        found = []
        for t, (left, right) in zip(self.breakpoints, pairwise(self.pieces), strict=True):
            (p, q), (u, v) = left.reduced().exact().polynomials(), right.reduced().exact().polynomials()
            defined = not exact_places.vanishes(q, t) and not exact_places.vanishes(v, t)
            if not defined or not exact_places.vanishes(p * v - u * q, t):
                found.append(Jump(t, exact_places.value(p, q, t), exact_places.value(u, v, t)))
        return tuple(found)

    # -- values

    def _at_float(self, x: float) -> float:
        if math.isnan(x):
            return x
        return self.pieces[int(np.searchsorted(self._first_floats, x, side="right"))]._at_float(x)

    def _on_float64(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        values = np.empty(x.shape)
        index = np.searchsorted(self._first_floats, x, side="right")
        for k, piece in enumerate(self.pieces):
            there = index == k
            if there.any():
                values[there] = piece._on_float64(x[there])
        return values

    @cached_property
    def _first_floats(self) -> NDArray[np.float64]:
        """The first float64 that is not left of each breakpoint: comparing with it is exact."""
        return np.array([exact_places.first_float(t) for t in self.breakpoints])

    def _piece_at(self, x: Fraction) -> Rational:
        return self.pieces[sum(1 for t in self.breakpoints if t <= x)]

    def _at_fraction(self, x: Fraction) -> Fraction:
        return self._piece_at(x)._at_fraction(x)

    def _at_mpf(self, x: Any) -> Any:
        sign, mantissa, exponent, _ = x._mpf_
        value = Fraction(-int(mantissa) if sign else int(mantissa)) * Fraction(2) ** int(exponent)
        return self._piece_at(value)._at_mpf(x)

    def _on_ball(self, x: Any) -> Any:
        low = high = None
        if x.is_finite():  # lower() and upper() would be rounded to the working precision
            middle, radius = x.mid().fmpq(), x.rad().fmpq()
            low, high = to_fraction(middle - radius), to_fraction(middle + radius)
        found = None
        for lower, upper, piece in self.intervals():
            left_of_it = lower is not None and high is not None and high < lower
            right_of_it = upper is not None and low is not None and low >= upper
            if left_of_it or right_of_it:
                continue
            part = x
            if low is not None and high is not None:
                from_left, to_right = lower is None or low >= lower, upper is None or high < upper
                if not (from_left and to_right):
                    left = x.lower() if from_left or lower is None else exact_places.ball(lower)
                    part = left.union(x.upper() if to_right or upper is None else exact_places.ball(upper))
            value = piece._on_ball(part)
            found = value if found is None else found.union(value)
        return found

    # -- zeros, poles, tails, derivative

    def poles(self, on: tuple[Number, Number] | None = None) -> tuple[Root, ...]:
        """The real poles, ascending, on the real line or in a closed interval: those of each piece in its interval.

        Which zeros of a piece's denominator lie between its breakpoints is decided exactly; a pole at a breakpoint
        counts whichever piece has it.

            >>> Piecewise([0], [Rational([1], [-1, 1]), Rational([1], [-2, 1])]).poles()
            (Root: 2.0 ± 0, real,)
        """
        found: dict[Algebraic, int] = {}
        for low, high, _, piece in self._within(on):
            _, q = piece.exact().reduced().polynomials()
            for root, multiplicity in exact_places.real_roots_between(q, low, high):
                found[root] = max(multiplicity, found.get(root, 0))
        return tuple(exact_places.rounded_root(t, found[t]) for t in sorted(found))

    def zeros(self, on: tuple[Number, Number] | None = None) -> tuple[Root, ...]:
        """The real zeros, ascending, on the real line or in a closed interval, decided exactly.

        Raises ValueError where a whole piece in that interval is zero.

            >>> Piecewise([0], [Rational([1, 1]), Rational([1, -2])]).zeros()
            (Root: -1.0 ± 0, real, Root: 0.5 ± 0, real)
        """
        found = []
        for low, high, upper, piece in self._within(on):
            if upper is not None and low == upper:
                continue  # the breakpoint belongs to the next piece
            p, _ = piece.exact().reduced().polynomials()
            if p == 0:
                raise ValueError("zeros(): the function is zero on a whole piece.")
            found += [root for root in exact_places.real_roots_between(p, low, high) if root[0] != upper]
        return tuple(exact_places.rounded_root(t, multiplicity) for t, multiplicity in found)

    def _within(
        self, on: tuple[Number, Number] | None
    ) -> list[tuple[Breakpoint | None, Breakpoint | None, Breakpoint | None, Rational]]:
        """(low, high, upper, piece): the closed part [low, high] of `on` in the closed interval of each piece, which
        ends at `upper`."""
        a, b = exact_places.read_ends(on)
        found = []
        for lower, upper, piece in self.intervals():
            low = a if lower is None or (a is not None and a > lower) else lower
            high = b if upper is None or (b is not None and b < upper) else upper
            if low is None or high is None or low <= high:
                found.append((low, high, upper, piece))
        return found

    def limits(self) -> tuple[Tail, Tail]:
        """The tails at -inf and +inf: those of the first and of the last piece.

        >>> Piecewise([0], [Rational([0, -1]), Rational([1, 1])]).limits()
        (Tail: -x, Tail: 1 + x)
        """
        return self.pieces[0].limits()[0], self.pieces[-1].limits()[1]

    def derivative(self) -> Piecewise:
        """The derivative of each piece, with the same breakpoints.

        At a breakpoint it is the slope on the right; its `jumps` are the corners of a continuous function. Where the
        function itself jumps (`continuous`), it has no derivative, and this is the slope beside the jump.

            >>> Piecewise([0], [Rational([0, -1]), Rational([0, 1])]).derivative().jumps()
            (Jump(at=Fraction(0, 1), left=Fraction(-1, 1), right=Fraction(1, 1)),)
        """
        return Piecewise(self.breakpoints, [piece.derivative() for piece in self.pieces])

    def reflect(self) -> Piecewise:
        """x ↦ f(-x); at a jump the value is the one of the other side then.

        >>> Piecewise([1], [Rational([0]), Rational([-1, 1])]).reflect().breakpoints
        (Fraction(-1, 1),)
        """
        return Piecewise(
            [exact_places.negated(t) for t in self.breakpoints[::-1]], [piece.reflect() for piece in self.pieces[::-1]]
        )

    # -- algebra

    def __neg__(self) -> Piecewise:
        return Piecewise(self.breakpoints, [-piece for piece in self.pieces])

    def __add__(self, other: Piecewise | Rational | Number) -> Piecewise:
        return self._combine(other, lambda r, s: r + s)

    __radd__ = __add__

    def __sub__(self, other: Piecewise | Rational | Number) -> Piecewise:
        return self._combine(other, lambda r, s: r - s)

    def __rsub__(self, other: Piecewise | Rational | Number) -> Piecewise:
        return self._combine(other, lambda r, s: s - r)

    def __mul__(self, other: Piecewise | Rational | Number) -> Piecewise:
        return self._combine(other, lambda r, s: r * s)

    __rmul__ = __mul__

    def _combine(
        self, other: Piecewise | Rational | Number, operation: Callable[[Rational, Any], Rational]
    ) -> Piecewise:
        """Piece by piece, cut at the breakpoints of both."""
        if not isinstance(other, Piecewise):
            if not isinstance(other, Rational | int | float | Fraction | np.number) or isinstance(other, bool):
                return NotImplemented  # type: ignore[no-any-return]
            return Piecewise(self.breakpoints, [operation(piece, other) for piece in self.pieces])
        cuts = sorted({*self.breakpoints, *other.breakpoints})
        pairs = [(0, 0), *((bisect_right(self.breakpoints, t), bisect_right(other.breakpoints, t)) for t in cuts)]
        return Piecewise(cuts, [operation(self.pieces[i], other.pieces[j]) for i, j in pairs])


def _same(r: Rational, s: Rational) -> bool:
    (p, q), (u, v) = r.polynomials(), s.polynomials()
    return bool(p * v == u * q)
