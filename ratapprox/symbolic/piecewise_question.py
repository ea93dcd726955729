"""What certify() is asked about a function of several rational pieces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import sympy
from flint import fmpq_poly

from ratapprox.activations import Activation
from ratapprox.algebraic import Algebraic
from ratapprox.breakpoints import Breakpoint, text
from ratapprox.expressions.numbers import real_roots
from ratapprox.piecewise import Piecewise
from ratapprox.sturm import count_real_roots
from ratapprox.symbolic.branches import Branch, Part, piece_branches
from ratapprox.symbolic.piece_shape import Run, runs
from ratapprox.symbolic.question import finite_interval, positive, read_function, read_tolerance

__all__ = ["PiecewiseQuestion", "read_pieces"]


@dataclass(frozen=True, slots=True)
class PiecewiseQuestion:
    """An exact function of several pieces, a target f, an interval (a, b), and a weight w; `runs` are its pieces on
    [a, b]."""

    function: Piecewise
    runs: tuple[Run, ...]
    f: Activation
    w: Activation | None
    on: tuple[Fraction, Fraction]
    tolerance: float

    def branches(self) -> tuple[Branch, ...]:
        """The weighted error between its kinks. ValueError where f or w is undefined, or w not positive."""
        w = None if self.w is None else positive(self.w, self.on)
        parts = [Part(_exact(run.lower), _exact(run.upper), run.p, run.q) for run in self.runs]
        return piece_branches(self.f.pieces(*self.on), w, parts)


def read_pieces(
    function: Piecewise,
    target: Activation | str,
    on: Sequence[float | int | str | Fraction],
    type: Sequence[int] | None,
    weight: Activation | str | None,
    tolerance: float,
) -> PiecewiseQuestion:
    """The question in exact terms. TypeError and ValueError say what was asked, what was found and what to do."""
    read_tolerance(tolerance)
    ends = finite_interval(on)
    if type is not None:
        raise ValueError(
            f"type={type!r}: a function of several pieces is of no type (m, n), and its own error bounds no best error;"
            " leave type out, and compare with fit(target, type, on).certificate.optimal_lower"
        )
    f = read_function(target, "target")
    w = None if weight is None else read_function(weight, "weight")
    refuse_jump_at(function, ends[1])
    return PiecewiseQuestion(function, runs(function, ends), f, w, ends, tolerance)


def refuse_jump_at(function: Piecewise, b: Breakpoint | None) -> None:
    """ValueError where the function jumps at the right end b: its value there is of another piece than left of b."""
    if b in function.breakpoints and any(jump.at == b and jump.left is not None for jump in function.jumps()):
        raise ValueError(
            f"on=(…, {text(b)}): the function jumps at this end, and its value there is not the limit from inside;"
            " choose another end, or ask about the piece left of it alone"
        )


def _exact(t: Breakpoint | None) -> Any:
    """The same number for sympy, by the same closed form or isolated root that kinks of targets have."""
    assert t is not None
    if isinstance(t, Fraction):
        return sympy.Rational(t.numerator, t.denominator)
    coefficients = tuple(Fraction(c) for c in t.polynomial)
    return real_roots(coefficients)[_index(t)]


def _index(t: Algebraic) -> int:
    """How many real roots of its polynomial lie below the number."""
    return count_real_roots(fmpq_poly(list(t.polynomial)), None, t.lower)
