"""Parameters of enhanced rational activations: {"a", "b", "c", "d", "e", "f"}, the last four lists of one length."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ratapprox.formats.importers.entry import CoefficientsError, Entry
from ratapprox.formats.importers.plain import declared
from ratapprox.formats.importers.reading import check_fields, number, numbers
from ratapprox.forms import Era

__all__ = ["read", "recognised"]

_LISTS = ("c", "d", "e", "f")


def recognised(document: Any) -> bool:
    """Whether a JSON document has all six letters."""
    return isinstance(document, dict) and {"a", "b", *_LISTS} <= set(document)


def read(document: Mapping[str, Any], source: str) -> tuple[Entry, ...]:
    """The one entry: a x + b + Σ (c_i x + d_i)/((x - e_i)² + f_i²).

    >>> read({"a": 1, "b": 0, "c": [0], "d": [1], "e": [0], "f": [1]}, "era.json")
    (Entry: era of era.json, era, type (3, 2),)
    """
    check_fields(document, ("a", "b", *_LISTS), ("form", "target", "interval", "name", "gain"), "it")
    if document.get("form", "era") != "era":
        raise CoefficientsError(f"it gives the parameters of era, and the form as {str(document['form'])[:40]!r}")
    line = [number(document[name], name) for name in "ab"]
    try:
        form = Era(*line, *(numbers(document[name], name) for name in _LISTS))  # type: ignore[arg-type]
    except CoefficientsError:
        raise
    except ValueError as error:
        raise CoefficientsError(str(error)) from error
    target, on, gain = declared(document)
    pairs = 2 * len(form.c)
    return (Entry(source, document.get("name", "era"), form, target, on, (pairs + 1, pairs), gain),)
