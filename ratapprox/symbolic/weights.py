"""Proof that a weight is positive on an interval."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from flint import arb, fmpq

from ratapprox.sturm import real_roots
from ratapprox.symbolic.branches import nearby, span

if TYPE_CHECKING:
    from ratapprox.expressions import Piece

__all__ = ["not_positive"]

BOXES = 4000


def not_positive(pieces: Sequence[Piece]) -> str | None:
    """Where a weight fails to be positive, as the end of a sentence, or None when it is proved positive everywhere.

    >>> from ratapprox.expressions import parse, pieces
    >>> not_positive(pieces(parse("1 + x**2"), -1, 1)), not_positive(pieces(parse("x"), -1, 1))
    (None, 'is -1 at x = -1')
    >>> not_positive(pieces(parse("abs(x)"), -1, 1))
    'has a zero at x = 0'
    """
    for piece in pieces:
        lower, upper = nearby(piece.lower)[0], nearby(piece.upper)[1]
        for end in (lower, upper):
            value = piece.arb(arb(end))
            if value < 0:
                return f"is {_short(value)} at x = {_short(arb(end))}"
        reason = _by_roots(piece, lower, upper) if piece.rational is not None else _by_boxes(piece, lower, upper)
        if reason is not None:
            return reason
    return None


def _by_roots(piece: Piece, lower: fmpq, upper: fmpq) -> str | None:
    p = piece.rational.polynomials()[0] if piece.rational is not None else None
    if p is None or p == 0:
        return "is zero on a whole interval"
    zeros = real_roots(p, lower, upper)
    return f"has a zero at x = {_short(zeros[0])}" if zeros else None


def _by_boxes(piece: Piece, lower: fmpq, upper: fmpq) -> str | None:
    """Bisection: a box is done when the ball over it is positive."""
    todo, count = [(lower, upper)], 0
    while todo:
        lo, hi = todo.pop()
        count += 1
        if piece.arb(span(lo, hi)) > 0:
            continue
        middle = (lo + hi) / 2
        value = piece.arb(arb(middle))
        if value < 0 or value.is_zero():
            return f"is {_short(value)} at x = {_short(arb(middle))}"
        if count > BOXES or (hi - lo) * 2**40 < upper - lower:
            return f"is not proved positive near x = {_short(arb(middle))}: it has a zero there or comes close to one"
        todo += [(lo, middle), (middle, hi)]
    return None


def _short(ball: arb) -> str:
    return f"{float(ball.mid()):.6g}"
