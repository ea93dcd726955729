"""A card of ours: the function, its target and its interval; its claims are not read."""

from __future__ import annotations

from typing import Any

from ratapprox.formats.card import SCHEMA, parse_card
from ratapprox.formats.importers.entry import CoefficientsError, Entry
from ratapprox.formats.importers.reading import LONGEST_NAME

__all__ = ["read", "recognised"]


def recognised(document: Any) -> bool:
    """Whether a JSON document says that it is a card."""
    return isinstance(document, dict) and str(document.get("schema", "")).startswith(SCHEMA.rsplit("/", 1)[0])


def read(text: str, source: str) -> tuple[Entry, ...]:
    """The entry of a card. Raises CoefficientsError for a text that is none or contradicts itself."""
    try:
        found = parse_card(text)
    except ValueError as error:
        raise CoefficientsError(str(error)) from error
    name = found.target if len(found.target) <= LONGEST_NAME else "rational"
    return (Entry(source, name, found.rational, found.target, found.on, found.type),)
