"""From a function of several pieces to its card."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import isfinite
from typing import Any

from flint import fmpz_poly

from ratapprox.algebraic import Algebraic, sort_apart
from ratapprox.breakpoints import Breakpoint, as_algebraic
from ratapprox.coefficients import nearest_float64
from ratapprox.formats.card import exact_text, json_text, parse
from ratapprox.formats.piece_card import SCHEMA, PieceCard, one_root_is_plain
from ratapprox.piecewise import Piecewise
from ratapprox.rational import Rational

__all__ = ["piece_card"]

MOST_BITS = 3000
"""Of the ends of an interval: a card holds no longer ones."""


def piece_card(
    function: Piecewise,
    target: str,
    on: tuple[Fraction, Fraction],
    weight: str | None = None,
    **claimed: Mapping[str, Any] | None,
) -> PieceCard:
    """The card of a function of several pieces for a target on an interval, with what is claimed of it: `certificate`
    and `provenance`.

    Raises CardError, a ValueError, for what a card does not hold, such as a breakpoint of a degree above 40.

    >>> piece_card(Piecewise([0], [Rational([0]), Rational([0, 1])]), "relu", (Fraction(-1), Fraction(1)))
    Card: relu, 2 pieces, cut at 0, on [-1, 1]
    """
    document: dict[str, Any] = {
        "schema": SCHEMA,
        "target": target,
        "interval": [float(end) for end in on],
        "interval_exact": [exact_text(end) for end in on],
        "weight": weight,
        "form": "pieces",
        "order": "ascending",
        "breakpoints": [_place(t) for t in _apart(function.breakpoints)],
        "pieces": [_piece(piece) for piece in function.pieces],
        **claimed,
    }
    found = parse(json_text(document))
    assert isinstance(found, PieceCard)
    return found


def _apart(cuts: Sequence[Breakpoint]) -> list[Algebraic]:
    """The same numbers in intervals that do not meet, and so short that signs show the one root in each: then a reader
    has nothing to refine."""
    return [_short(t) for t in sort_apart([as_algebraic(t) for t in cuts])]


def _short(t: Algebraic) -> Algebraic:
    bits = 8
    while not t.is_rational and bits < MOST_BITS and not _plain(t):
        t, bits = t.refine(bits), 2 * bits
    return t


def _plain(t: Algebraic) -> bool:
    return one_root_is_plain(fmpz_poly(list(t.polynomial)), t.lower, t.upper)


def _place(t: Algebraic) -> dict[str, Any]:
    try:
        nearest = float(t)
    except OverflowError:
        nearest = float("inf")
    value = nearest if isfinite(nearest) else None
    if t.is_rational:
        return {"value": value, "exact": exact_text(t.lower)}
    ends = [exact_text(t.lower), exact_text(t.upper)]
    return {"value": value, "polynomial": [exact_text(Fraction(c)) for c in t.polynomial], "interval": ends}


def _piece(piece: Rational) -> dict[str, Any]:
    document: dict[str, Any] = {"type": list(piece.type)}
    p, q = ([nearest_float64(c) for c in part] for part in (piece.p, piece.q))
    if all(map(isfinite, (*p, *q))):
        document |= {"p": p, "q": q, "p_hex": [c.hex() for c in p], "q_hex": [c.hex() for c in q]}
    if piece.is_exact:
        exact = [[exact_text(Fraction(c)) for c in part] for part in (piece.p, piece.q)]
        document |= {"p_exact": exact[0], "q_exact": exact[1]}
    return document
