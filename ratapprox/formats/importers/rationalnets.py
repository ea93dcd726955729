"""RationalNets' lists: numerator and denominator, both with the highest power first.

{"alpha_initializer": …, "beta_initializer": …} as its layer for TensorFlow takes them, {"initP": …, "initQ": …} as its
scripts call them, or {"coeffs": [[p, q], …]} as its module for PyTorch stores them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ratapprox.formats.importers.entry import CoefficientsError, Entry
from ratapprox.formats.importers.plain import COMMENTS, declared, declared_type
from ratapprox.formats.importers.reading import check_fields, numbers, plain

__all__ = ["columns", "read", "recognised"]

_PAIRS = (("alpha_initializer", "beta_initializer"), ("initP", "initQ"))


def recognised(document: Any) -> bool:
    """Whether a JSON document has one of the pairs of names, or the matrix."""
    return isinstance(document, dict) and (any(p in document for p, _ in _PAIRS) or "coeffs" in document)


def read(document: Mapping[str, Any], source: str) -> tuple[Entry, ...]:
    """The one entry. Raises CoefficientsError for a declared type that the lists do not have.

    >>> four = {"initP": [5.2361, 8.4721, 3.8906, 0.5], "initQ": [0, 16.9443, 0, 1], "type": [4, 3]}
    >>> read(four, "four.json")
    Traceback (most recent call last):
    ...
    ratapprox.formats.importers.entry.CoefficientsError: p: degree 4 needs five coefficients, four given
    """
    if "coeffs" in document:
        check_fields(document, ("coeffs",), COMMENTS, "it")
        p, q = columns(document["coeffs"])
    else:
        names = next(pair for pair in _PAIRS if pair[0] in document)
        check_fields(document, names, COMMENTS, "it")
        p, q = (numbers(document[name], name) for name in names)
    p, q = p[::-1], q[::-1]
    degrees = declared_type(document, p, q)
    target, on, gain = declared(document)
    form = plain(p, q)
    return (Entry(source, document.get("name", "rational"), form, target, on, degrees, gain),)


def columns(matrix: Any) -> tuple[list[Any], list[Any]]:
    """The columns p and q of a matrix with a row for each power; zeros above the degree of q are left out.

    >>> columns([[1.2, 0.0], [0.5, 2.4], [0.1, 1.0]])
    ([1.2, 0.5, 0.1], [2.4, 1.0])
    """
    if not isinstance(matrix, list) or not all(isinstance(row, list) and len(row) == 2 for row in matrix):
        raise CoefficientsError("coeffs is no matrix with two columns, p and q")
    p, q = (numbers([row[k] for row in matrix], f"coeffs, column {'pq'[k]}") for k in (0, 1))
    while len(q) > 1 and q[0] == 0:
        q = q[1:]
    return p, q
