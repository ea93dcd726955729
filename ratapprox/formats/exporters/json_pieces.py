"""The card of a function of several pieces."""

from __future__ import annotations

from ratapprox.activations import activation
from ratapprox.formats.card import function_text
from ratapprox.formats.exporters.json_card import interval
from ratapprox.formats.exporters.pieces import PieceSource
from ratapprox.formats.piece_document import piece_card


def write(source: PieceSource, *, target: str | None = None, on: str | None = None) -> str:
    """The text of the card, unchanged; for a bare function a card without any claim.

    target: what the function approximates. on: the interval as "A,B", "-1,1" by default.
    Raises ValueError where no target is given, and for a pole on the interval.
    """
    if source.card is not None:
        if target is not None or on is not None:
            raise ValueError("the card has its target and interval already: leave out target and on")
        return source.card.text + "\n"
    if target is None:
        raise ValueError("a card says what the function approximates, and one of several pieces is no target itself:"
                         " give target=…")  # fmt: skip
    a, b = interval("-1,1" if on is None else on)
    if source.function.poles(on=(a, b)):
        raise ValueError(f"the function has a pole in [{a}, {b}]: give another interval with on='A,B'")
    return piece_card(source.function, function_text(activation(target)), (a, b)).text + "\n"
