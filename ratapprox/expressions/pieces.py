"""A function on an interval, as smooth branches with exact ends."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
import sympy
from numpy.typing import NDArray

from ratapprox.expressions.compiled import Compiled, compiled
from ratapprox.expressions.domain import defined, short, value_at
from ratapprox.expressions.errors import DomainError, ExpressionError
from ratapprox.expressions.numbers import as_quotient, compare, enclosure, exact, fractions, has_common_factor, to_sympy
from ratapprox.expressions.program import KINKED, x
from ratapprox.expressions.switches import branches
from ratapprox.rational import Rational


@dataclass(frozen=True)
class Piece:
    """One smooth branch of a function, on [lower, upper].

    `lower` and `upper` are exact real sympy numbers; `expression` is free of Max, Min, Abs, sign, Heaviside and
    Piecewise; `rational` is the branch as a `Rational` when it is a rational function with rational coefficients.

    >>> from fractions import Fraction
    >>> from ratapprox.expressions import parse, pieces
    >>> pieces(parse("max(x, 0)"), Fraction(-1), Fraction(1))
    (Piece 0 on [-1, 0], Piece x on [0, 1])
    """

    lower: Any
    upper: Any
    expression: Any
    rational: Rational | None = field(compare=False)
    _compiled: Compiled = field(repr=False, compare=False)

    def numpy(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Float64 values of the branch; shape kept, no warnings.

        >>> from ratapprox.expressions import parse, pieces
        >>> import numpy as np
        >>> (piece,) = pieces(parse("silu(x)"), -1, 1)
        >>> piece.numpy(np.array([-1000.0, 0.0, 1.0])).round(4)
        array([-0.    ,  0.    ,  0.7311])
        """
        found = self._compiled.numpy(values)
        if self.rational is not None:
            # x**3/(1 + x**2) overflows where the quotient does not
            lost = ~np.isfinite(found) & ~np.isnan(values)
            if lost.any():
                found = np.array(found, copy=True)
                found[lost] = self.rational(np.asarray(values)[lost])
        return found

    def arb(self, ball: Any) -> Any:
        """A ball that holds the branch's value at every point of the ball, at the caller's `flint.ctx.prec`.

        Where the branch is defined on one side only, as sqrt(x) at 0, the part of the ball on that side counts.

        >>> from ratapprox.expressions import parse, pieces
        >>> from flint import arb
        >>> (piece,) = pieces(parse("x**(1/4)"), 0, 1)
        >>> piece.arb(arb(0, 0.0001)).contains(arb(0.1))
        True
        """
        return self._compiled.arb(ball)

    def series(self, ball: Any, order: int) -> Any:
        """Taylor coefficients of f(t + h), h**0 to h**(order - 1), each a ball that holds it for every t in the ball.

        Where a derivative does not exist its coefficient is not finite. `coeffs()` leaves out trailing zeros.

        >>> from ratapprox.expressions import parse, pieces
        >>> from flint import arb
        >>> (piece,) = pieces(parse("exp(x)"), 0, 1)
        >>> piece.series(arb(0), 4)
        1.00000000000000 + 1.00000000000000*x + 0.500000000000000*x^2 + ([0.166666666666667 +/- 3.71e-16])*x^3 + O(x^4)
        """
        return self._compiled.series(ball, order)

    def __repr__(self) -> str:
        return f"Piece {self.expression} on [{self.lower}, {self.upper}]"


@lru_cache(maxsize=1024)
def pieces(expression: Any, a: Fraction | int, b: Fraction | int) -> tuple[Piece, ...]:
    """The smooth branches of an expression in x on [a, b], from left to right; neighbours share an end.

    Raises `DomainError`, saying where, when the function is not real, finite and continuous on [a, b].

    >>> from ratapprox.expressions import parse, pieces
    >>> pieces(parse("abs(x**2 - 2)"), 0, 2)
    (Piece 2 - x**2 on [0, sqrt(2)], Piece x**2 - 2 on [sqrt(2), 2])
    >>> pieces(parse("sign(x)"), -1, 1)
    Traceback (most recent call last):
    ...
    ratapprox.expressions.errors.DomainError: sign(x) jumps from -1 to 1 at x = 0; choose an interval without 0 inside
    """
    if not a < b:
        raise ValueError(f"on=({a}, {b}): the left end must be smaller than the right end")
    free = expression.free_symbols - {x}
    if free:
        names = ", ".join(sorted(str(s) for s in free))
        raise ExpressionError(f"{expression} still has the parameter {names}: give it a value with .at({names}=...)")
    found: list[tuple[Any, Any, Any]] = []
    for lower, upper, branch in branches(expression, exact(a), exact(b)):
        branch = _reduced(branch)
        if found and found[-1][2] == branch:
            found[-1] = (found[-1][0], upper, branch)
        else:
            found.append((lower, upper, branch))
    result = tuple(_piece(*one) for one in found)
    for left, right in pairwise(result):
        _continuous(expression, left, right)
    return result


def _piece(lower: Any, upper: Any, branch: Any) -> Piece:
    quotient = as_quotient(branch)
    rational = None if quotient is None else Rational(fractions(quotient[0]), fractions(quotient[1]))
    branch, holes = defined(branch, lower, upper)
    return Piece(lower, upper, branch, rational, compiled(branch, holes))


def _reduced(branch: Any) -> Any:
    """A rational branch without common factors, which would be removable singularities; any other as it is."""
    quotient = as_quotient(branch)
    if quotient is None or has_common_factor(branch) is False:
        return branch
    return to_sympy(quotient[0]) / to_sympy(quotient[1])


def _continuous_by_form(e: Any) -> bool:
    """Whether kinks come only from Max, Min and Abs, none of them where a jump or a pole could come from it."""
    if e.has(sympy.sign, sympy.Heaviside, sympy.Piecewise):
        return False
    risky = [f.base for f in e.atoms(sympy.Pow) if not f.exp.is_Rational or f.exp < 0]
    risky += [f.args[0] for f in e.atoms(sympy.log, sympy.tan)]
    return not any(u.has(*KINKED) for u in risky)


def _continuous(whole: Any, left: Piece, right: Piece) -> None:
    if _continuous_by_form(whole):
        return
    c, text = left.upper, short(whole)
    before, after = (value_at(piece.expression, c) for piece in (left, right))
    if before is None or after is None:
        raise DomainError(f"{text} could not be proved continuous at x = {c}; choose an interval without {c} inside")
    if compare(before, after) != 0:
        left_value, right_value = (str(v) if v.is_Rational else f"{float(enclosure(v)):.6g}" for v in (before, after))
        raise DomainError(
            f"{text} jumps from {left_value} to {right_value} at x = {c}; choose an interval without {c} inside"
        )
