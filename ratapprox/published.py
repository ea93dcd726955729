"""Where a function meets its card: what is proved of it is computed when the card is made, not before."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from fractions import Fraction

import ratapprox
from ratapprox.activations import Activation, activation
from ratapprox.fitting.result import Fit
from ratapprox.formats import card as cards
from ratapprox.formats.card import Card, function_text
from ratapprox.formats.claims import claims
from ratapprox.formats.piece_card import PieceCard
from ratapprox.formats.piece_document import piece_card
from ratapprox.forms import Form
from ratapprox.piecewise import Piecewise
from ratapprox.symbolic import certify
from ratapprox.symbolic.behaviour import behaviour


def card(fit: Fit, command: str | None = None) -> Card:
    """The card of a fit, with its certificate, its gains, its rounding errors, and the versions that made it.

    Example:
        >>> import ratapprox
        >>> found = card(ratapprox.fit("relu", type=(3, 2), on=(-1, 1)))
        >>> found.document["certificate"]["rounding"]["float32"]["form"]
        'split'
    """
    return cards.card(fit, command, behaviour(fit.rational, fit.on))


def card_of_pieces(
    what: Piecewise | Form,
    target: Activation | str,
    on: Sequence[float | int | str | Fraction],
    weight: Activation | str | None = None,
    command: str | None = None,
) -> PieceCard:
    """The card of a function of several pieces, or of the exact function of a form, with what is proved of it.

    Raises ValueError for a form that is one rational function, and what `certify` raises.

    Example:
        >>> import ratapprox
        >>> found = card_of_pieces(ratapprox.PauA([0, 1], [1]), "tanh", (-1, 1))
        >>> found, found.claim["error_upper"] < 0.27
        (Card: tanh, 2 pieces, cut at 0, on [-1, 1], True)
    """
    function = what.function() if isinstance(what, Form) else what
    if not isinstance(function, Piecewise):
        raise ValueError(f"{what!r} is one rational function: ratapprox.export(…, 'json') writes a card of it")
    asked, weighted = activation(target), None if weight is None else activation(weight)
    certificate = certify(function, asked, on, weight=weighted)
    made = {
        "version": ratapprox.__version__,
        "command": command,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "packages": dict(cards.packages()),
    }
    return piece_card(
        function,
        function_text(asked),
        certificate.on,
        None if weighted is None else function_text(weighted),
        certificate=claims(certificate),
        provenance=made,
    )


def write_card(
    what: Fit | Card | PieceCard | Piecewise | Form,
    path: str | os.PathLike[str],
    command: str | None = None,
    *,
    target: Activation | str | None = None,
    on: Sequence[float | int | str | Fraction] | None = None,
    weight: Activation | str | None = None,
) -> Card | PieceCard:
    """Write the card of a fit, a card, or the card of a function of several pieces as a whole file; returns the card.

    target, on, weight: the question that a `Piecewise` or a form answers; a fit and a card have theirs.

    Raises `ValueError` when the file cannot be written, then nothing is, and for a question given twice or not at all.
    """
    if isinstance(what, Piecewise | Form):
        if target is None or on is None:
            raise ValueError(f"the card of {what!r} says what it approximates and where: give target=… and on=(a, b)")
        found: Card | PieceCard = card_of_pieces(what, target, on, weight, command)
    elif (target, on, weight) != (None, None, None):
        raise ValueError("a fit and a card have their target, interval and weight: leave out target, on and weight")
    else:
        found = card(what, command) if isinstance(what, Fit) else what
    cards.save_card(found, path)
    return found
