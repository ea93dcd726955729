"""Coefficients in: other people's rational activations, read strictly into one value, `Entry`.

Each format is one module with one public function, `read…(…) -> tuple[Entry, ...]`. What a file does not say, which
power comes first or how its denominator is evaluated, must be said by the caller; nothing is guessed. No file can run
code: JSON, CSV, safetensors and C text are read by the lines here, ONNX as a protocol buffer, torch with weights_only.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from ratapprox.formats.importers import (
    c_header,
    era,
    kat,
    onnx_graph,
    own_card,
    plain,
    rational_activations,
    rationalnets,
    state_dict,
)
from ratapprox.formats.importers.entry import CoefficientsError, Entry, Refused
from ratapprox.formats.importers.opening import LARGEST_TEXT, clipped, decoded, read_bytes
from ratapprox.formats.importers.peers import Peer, is_peer, peer_entries, peers
from ratapprox.formats.importers.reading import LONGEST_NAME, json_document
from ratapprox.forms import FORMS

__all__ = [
    "CoefficientsError",
    "Entry",
    "Peer",
    "Refused",
    "is_peer",
    "peer_entries",
    "peers",
    "read_coefficients",
    "read_each",
]

LARGEST_CARD = 16_000_000
"""Bytes; a card of type (13, 12) has 8 kB."""


def read_coefficients(
    path: str | os.PathLike[str], *, form: str | None = None, order: str | None = None
) -> tuple[Entry, ...]:
    """Read other people's coefficients: a file of any known format, or a peer by name such as "kat:gelu".

    Known are our cards and C headers; rational_activations' configuration; KAT's init.json; lists of RationalNets;
    parameters of ERA; p and q in JSON or CSV; safetensors and torch parameters named numerator and denominator; ONNX.
    form: how the numbers are evaluated, a key of `ratapprox.forms.FORMS`, where the file does not say. order:
    "ascending" or "descending", the power that comes first, where the file does not say.

    Raises CoefficientsError, a ValueError, for a file that cannot be read without guessing; ModuleNotFoundError where
    torch or onnx is needed.

        >>> import ratapprox
        >>> ratapprox.read_coefficients("rationalnets:relu(3,2)")
        (Entry: relu(3,2) of rationalnets@38d8d02 for relu, plain, type (3, 2) on [-1, 1],)
    """
    found = read_each(path, form=form, order=order)
    for each in found:
        if isinstance(each, Refused):
            raise CoefficientsError(each.reason)
    return tuple(each for each in found if isinstance(each, Entry))


def read_each(
    path: str | os.PathLike[str], *, form: str | None = None, order: str | None = None
) -> tuple[Entry | Refused, ...]:
    """The same, where of several entries in a file the wrong ones are `Refused`, each with its reason."""
    shown = os.fspath(path)
    if form is not None and form not in FORMS:
        raise CoefficientsError(f"there is no form {form[:40]!r}; the forms are {', '.join(FORMS)}")
    if order not in (None, *plain.ORDERS):
        raise CoefficientsError(f"the order is {str(order)[:40]!r}; it is ascending or descending")
    if isinstance(path, str) and is_peer(path):
        if form is not None or order is not None:
            raise CoefficientsError(f"{path} says its form and order itself: leave them out")
        return peer_entries(path)
    try:
        found = _named(_read(shown, Path(shown).suffix.lower(), form, order))
    except CoefficientsError as error:
        raise CoefficientsError(_with_file(shown, str(error))) from error
    return tuple(
        Refused(each.source, _printable(each.name or ""), _with_file(shown, each.reason))
        if isinstance(each, Refused)
        else each
        for each in found
    )


def _printable(text: str) -> str:
    """Names of a file are repeated in messages: control characters are shown as escapes, long ones cut."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text[:1500])


def _with_file(shown: str, message: str) -> str:
    message, shown = _printable(message), clipped(shown)
    return message if repr(shown) in message else f"{shown!r}: {message}"


def _read(path: str, suffix: str, form: str | None, order: str | None) -> tuple[Entry | Refused, ...]:
    name = Path(path).name
    if suffix == ".safetensors":
        return state_dict.read_safetensors(path, name, form, order)
    if suffix in (".pt", ".pth", ".bin", ".ckpt"):
        return state_dict.read_torch(path, name, form, order)
    if suffix == ".onnx":
        return _without(form, order, onnx_graph.read(path, name))
    raw = read_bytes(path, LARGEST_CARD if suffix == ".json" else LARGEST_TEXT)
    text = decoded(raw)
    if suffix == ".csv":
        return plain.read_csv(text, name, form, order)
    if c_header.recognised(text):
        return _without(form, order, c_header.read(text, name))
    return _json(text, name, form, order)


def _named(entries: tuple[Entry | Refused, ...]) -> tuple[Entry | Refused, ...]:
    """Names and targets of a file are printed as they are: short texts without control characters."""
    return tuple(each if isinstance(each, Refused) else _checked(index, each) for index, each in enumerate(entries))


def _checked(index: int, entry: Entry) -> Entry:
    if not isinstance(entry.name, str) or not 0 < len(entry.name) <= LONGEST_NAME:
        raise CoefficientsError(f"the name of entry {index} is not a text of at most {LONGEST_NAME} characters")
    for what, text in (("name", entry.name), ("target", entry.target or "")):
        if not text.isprintable():
            raise CoefficientsError(f"the {what} of entry {index} has characters that cannot be printed")
    return entry


def _json(text: str, name: str, form: str | None, order: str | None) -> tuple[Entry | Refused, ...]:
    if len(text) > LARGEST_TEXT and '"ratapprox/card/' not in text:
        raise CoefficientsError(f"it has more than {LARGEST_TEXT / 1e6:g} MB: no list of coefficients is that long")
    document = json_document(text)
    if own_card.recognised(document):
        return _without(form, order, own_card.read(text, name))
    if rational_activations.recognised(document):
        return _without(form, order, rational_activations.read(document, name))
    if kat.recognised(document):
        return _without(None, order, kat.read(document, name, form))
    if era.recognised(document):
        return _without(None if form == "era" else form, order, era.read(document, name))
    if rationalnets.recognised(document):
        return _without(
            None if form == "plain" else form,
            None if order == "descending" else order,
            rationalnets.read(document, name),
        )
    if plain.recognised(document):
        return plain.read(document, name, form, order)
    raise CoefficientsError(
        "it is none of the known formats: a card, rational_activations' configuration, KAT's init.json, lists of"
        ' RationalNets, parameters of ERA, or {"p": […], "q": […]}'
    )


def _without(form: Any, order: Any, entries: tuple[Entry | Refused, ...]) -> tuple[Entry | Refused, ...]:
    """Form and order are in the file: what is said besides could only contradict it."""
    if form is not None or order is not None:
        said = " and ".join(name for name, value in (("form", form), ("order", order)) if value is not None)
        raise CoefficientsError(f"this format says the {said} itself: leave it out")
    return entries
