"""Where a fit meets its card: what is proved of the function in use is computed when the card is made, not before."""

from __future__ import annotations

import os

from ratapprox.fitting.result import Fit
from ratapprox.formats import card as cards
from ratapprox.formats.card import Card
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


def write_card(what: Fit | Card, path: str | os.PathLike[str], command: str | None = None) -> Card:
    """Write the card of a fit, or a card, as a whole file; returns the card.

    Raises `ValueError` when the file cannot be written; then nothing is.
    """
    found = what if isinstance(what, Card) else card(what, command)
    cards.save_card(found, path)
    return found
