"""Rational functions in barycentric form: support points, values and weights."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from typing import Any

import flint
import numpy as np
from numpy.typing import NDArray

import ratapprox.horner as horner
from ratapprox.coefficients import (
    Coefficients,
    Number,
    binary_exponent,
    from_polynomial,
    nearest_float64,
    one_kind,
    read_numbers,
    short,
    to_float64,
    to_fmpq,
    to_fraction,
)
from ratapprox.evaluation import Evaluable
from ratapprox.rational import Rational
from ratapprox.roots import Root
from ratapprox.tails import Tail

_BLOCK = 8192  # x, numerator, denominator and one term of a block stay in a core's cache
_FAR = 1e150  # beyond it w/(x - t) could underflow


@dataclass(frozen=True, init=False, repr=False)
class Barycentric(Evaluable):
    """A rational function of type (k - 1, k - 1) by k support points t, values f and weights w.

    r(x) = Σ w[j] f[j] / (x - t[j])  /  Σ w[j] / (x - t[j]),      r(t[j]) = f[j]

    All numbers are `Fraction` or, as soon as one is a float, all `float`. Support points of weight 0 have no part in r
    and are left out. This form keeps its digits at degrees where float64 coefficients have none left.

    Raises ValueError for lists of different lengths, a repeated support point, and weights that are all 0.
    Source: Y. Nakatsukasa, O. Sète and L. N. Trefethen, The AAA algorithm for rational approximation, SIAM J. Sci.
    Comput. 40 (2018).

        >>> r = Barycentric([-1, 0, 1], [1, 0, 1], [1, 2, 1])
        >>> r
        Barycentric type (2, 2): 3 support points in [-1, 1]
        >>> r.to_rational()
        Rational type (2, 2): -x²/(1 - 2x²)
    """

    support_points: Coefficients
    values: Coefficients
    weights: Coefficients

    def __init__(
        self,
        support_points: Sequence[Number] | NDArray[Any],
        values: Sequence[Number] | NDArray[Any],
        weights: Sequence[Number] | NDArray[Any],
    ) -> None:
        names = ("support_points", "values", "weights")
        lists = (support_points, values, weights)
        t, f, w = (read_numbers(numbers, name) for numbers, name in zip(lists, names, strict=True))
        if not len(t) == len(f) == len(w):
            raise ValueError(
                f"{len(t)} support points, {len(f)} values and {len(w)} weights:"
                " each support point has one value and one weight."
            )
        parts = [index for index, weight in enumerate(w) if weight]
        if not parts:
            raise ValueError("weights are all 0: at least one other weight is needed.")
        kept = one_kind(*([numbers[index] for index in parts] for numbers in (t, f, w)))
        for point, following in pairwise(sorted(kept[0])):
            if point == following:
                raise ValueError(f"the support point {short(point)} occurs more than once: they must be distinct.")
        for name, numbers in zip(names, kept, strict=True):
            object.__setattr__(self, name, numbers)

    @classmethod
    def from_rational(cls, r: Rational, support_points: Sequence[Number] | NDArray[Any]) -> Barycentric:
        """The barycentric form of r on these support points: at least degree + 1 of them, none at a pole.

        f[j] = r(t[j]),  w[j] = q(t[j]) / Π_{i ≠ j} (t[j] - t[i])

        Computed exactly and, with floats in r or in the support points, rounded once.

        Source: C. Schneider and W. Werner, Some new aspects of rational interpolation, Math. Comp. 47 (1986).

            >>> Barycentric.from_rational(Rational([0, 1], [1, 1]), [0, 1]).weights
            (Fraction(-1, 1), Fraction(2, 1))
        """
        points = read_numbers(support_points, "support_points")
        exact = r.is_exact and not any(isinstance(point, float) for point in points)
        p, q = r.exact().reduced().polynomials()
        degree = max(p.degree(), q.degree())
        if len(points) <= degree:
            raise ValueError(
                f"from_rational: degree {degree} needs at least {degree + 1} support points, {len(points)} were given."
            )
        t = [to_fmpq(point) for point in points]
        node = flint.fmpq_poly([1])
        for point in t:
            node *= flint.fmpq_poly([-point, 1])
        slope = node.derivative()
        if any(slope(point) == 0 for point in t):
            raise ValueError("from_rational: the support points must be distinct.")
        if any(q(point) == 0 for point in t):
            pole = next(to_fraction(point) for point in t if q(point) == 0)
            raise ValueError(f"from_rational: the support point {short(pole)} is a pole of r. Choose another one.")
        values = [to_fraction(p(point) / q(point)) for point in t]
        weights = [to_fraction(q(point) / slope(point)) for point in t]
        return cls(points, values, weights) if exact else cls(points, values, weights).to_float()

    def __reduce__(self) -> tuple[type[Barycentric], tuple[Coefficients, Coefficients, Coefficients]]:
        return Barycentric, (self.support_points, self.values, self.weights)

    def __repr__(self) -> str:
        k, ends = len(self.weights), (min(self.support_points), max(self.support_points))
        where = f"in [{short(ends[0])}, {short(ends[1])}]" if k > 1 else f"at {short(ends[0])}"
        return f"Barycentric type {self.type}: {k} support point{'s' if k > 1 else ''} {where}"

    # -- what it is

    @property
    def type(self) -> tuple[int, int]:
        """(k - 1, k - 1); `to_rational().reduced().type` is the type of the function.

        >>> Barycentric([0, 1], [0, 1], [1, 1]).type
        (1, 1)
        """
        return self.degree, self.degree

    @property
    def degree(self) -> int:
        """One less than the number of support points.

        >>> Barycentric([0, 1], [0, 1], [1, 1]).degree
        1
        """
        return len(self.weights) - 1

    @property
    def is_exact(self) -> bool:
        """Whether the numbers are fractions.

        >>> Barycentric([0, 1], [0, 1], [1, 1]).is_exact
        True
        """
        return isinstance(self.weights[0], Fraction)

    def exact(self) -> Barycentric:
        """The very same function with fractions: a float is a dyadic fraction.

        >>> Barycentric([0, 1], [0, 0.5], [1, 1]).exact().values
        (Fraction(0, 1), Fraction(1, 2))
        """
        if self.is_exact:
            return self
        return Barycentric(*([Fraction(number) for number in numbers] for numbers in self._numbers))

    def to_float(self) -> Barycentric:
        """Every number rounded to the nearest float64; the weights are scaled by a power of 2, which changes nothing.

        Raises ValueError when a support point or value is beyond float64, or when two support points become one.

            >>> Barycentric([0, Fraction(1, 3)], [0, 1], [8, 4]).to_float().weights
            (1.0, 0.5)
        """
        points, values, weights = self._numbers
        scale = Fraction(2) ** -max(binary_exponent(weight) for weight in weights)
        return Barycentric(
            [to_float64(point) for point in points],
            [to_float64(value) for value in values],
            [float(Fraction(weight) * scale) for weight in weights],
        )

    @property
    def _numbers(self) -> tuple[Coefficients, Coefficients, Coefficients]:
        return self.support_points, self.values, self.weights

    def to_rational(self) -> Rational:
        """The same function, exactly, by the coefficients of p and q; a float is a dyadic fraction.

        p = Σ w[j] f[j] Π_{i ≠ j} (x - t[i]),  q = Σ w[j] Π_{i ≠ j} (x - t[i])

            >>> Barycentric([0, 1], [0, 1], [1, 1]).to_rational()
            Rational type (1, 1): -x/(1 - 2x)
        """
        return self._rational

    @cached_property
    def _rational(self) -> Rational:
        terms = [
            (flint.fmpq_poly([w * f]), flint.fmpq_poly([w]), flint.fmpq_poly([-t, 1]))
            for t, f, w in zip(*([to_fmpq(number) for number in numbers] for numbers in self._numbers), strict=True)
        ]
        while len(terms) > 1:  # p/node and q/node of two halves are added as fractions
            pairs = [
                (p * other_node + other_p * node, q * other_node + other_q * node, node * other_node)
                for (p, q, node), (other_p, other_q, other_node) in zip(terms[::2], terms[1::2], strict=False)
            ]
            terms = pairs + terms[2 * len(pairs) :]
        p, q, _ = terms[0]
        return Rational(from_polynomial(p), from_polynomial(q))

    def defect(self, type: tuple[int, int]) -> int:
        """min(m - deg p, n - deg q) of the reduced form, among functions of type (m, n).

        Raises ValueError when the function is not of that type.

            >>> Barycentric([0, 1], [0, 1], [1, -1]).defect((1, 1))
            0
        """
        return self._rational.defect(type)

    # -- zeros, poles, tails

    def poles(self, on: tuple[Number, Number] | None = None) -> tuple[Root, ...]:
        """The poles, certified: see `Rational.poles`.

        >>> Barycentric([0, 1], [0, 1], [1, 1]).poles()
        (Root: 0.5 ± 0, real,)
        """
        return self._rational.poles(on)

    def zeros(self, on: tuple[Number, Number] | None = None) -> tuple[Root, ...]:
        """The zeros, certified: see `Rational.zeros`.

        >>> Barycentric([0, 1], [0, 1], [1, 1]).zeros()
        (Root: 0.0 ± 0, real,)
        """
        return self._rational.zeros(on)

    def residues(self) -> tuple[complex, ...]:
        """The residue at each pole, in the order of `poles`; ValueError at a multiple pole.

        >>> Barycentric([0, 1], [0, 1], [1, 1]).residues()
        ((0.25+0j),)
        """
        return self._rational.residues()

    def limits(self) -> tuple[Tail, Tail]:
        """The tails at -inf and +inf: see `Rational.limits`.

        >>> Barycentric([0, 1], [0, 1], [1, 1]).limits()
        (Tail: 1/2, Tail: 1/2)
        """
        left, right = self._rational.limits()
        return (left, right) if self.is_exact else (left.to_float(), right.to_float())

    def derivative(self) -> Rational:
        """r', exactly.

        >>> Barycentric([0, 1], [0, 1], [1, 1]).derivative()
        Rational type (0, 2): -1/(1 - 4x + 4x²)
        """
        return self._rational.derivative()

    # -- values

    @cached_property
    def _float64(self) -> tuple[tuple[float, float, float], ...]:
        rounded = self.to_float()
        return tuple(zip(*rounded._numbers, strict=True))  # type: ignore[arg-type]

    def _on_float64(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        values = np.empty(x.shape)
        into, flat = values.reshape(-1), x.reshape(-1)
        with np.errstate(all="ignore"):
            for start in range(0, flat.size, _BLOCK):
                block = slice(start, start + _BLOCK)
                into[block] = self._sums(flat[block])
        for index in np.flatnonzero(~np.isfinite(into)):
            into[index] = self._with_care(float(flat[index]))
        return values

    def _sums(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """The quotient of the two sums; not finite at a support point, next to it by subnormals, and at a pole."""
        above, below = np.zeros_like(x), np.zeros_like(x)
        far = np.abs(x).max() > _FAR
        for point, value, weight in self._float64:
            term = np.where(np.abs(x) > _FAR, 1 - point / x, x - point) if far else x - point
            np.divide(weight, term, out=term)
            below += term
            term *= value
            above += term
        return np.divide(above, below, out=above)

    def _with_care(self, x: float) -> float:
        if math.isnan(x):
            return x
        if math.isinf(x):
            left, right = self.limits()
            return nearest_float64(right.at_infinity(1) if x > 0 else left.at_infinity(-1))
        return horner.value_or_infinity(*self._rational.polynomials(), to_fmpq(x))

    def _at_fraction(self, x: Fraction) -> Fraction:
        return self._rational._at_fraction(x)

    def _at_mpf(self, x: Any) -> Any:
        context = x.context
        with context.workprec(context.prec + 20):
            above, below = context.zero, context.zero
            for point, value, weight in zip(*self._numbers, strict=True):
                distance = x - horner.to_mpf(point, context)
                if distance == 0:
                    return horner.to_mpf(value, context)
                term = horner.to_mpf(weight, context) / distance
                above, below = above + term * horner.to_mpf(value, context), below + term
        return above / below if below else self._rational._at_mpf(x)

    def _on_ball(self, x: Any) -> Any:
        return self._rational._on_ball(x)
