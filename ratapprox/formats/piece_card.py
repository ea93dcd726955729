"""The card of a function of several pieces: `ratapprox/card/2`, described by `piece_card.schema.json` beside this
module. A reader of version 1 refuses it by its first field, since such a function is not one p/q.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from math import isfinite
from typing import Any

from flint import fmpq_poly, fmpz_poly

from ratapprox.algebraic import Algebraic
from ratapprox.breakpoints import Breakpoint
from ratapprox.breakpoints import text as breakpoint_text
from ratapprox.coefficients import short
from ratapprox.formats.checks import (
    CardError,
    check_certificate,
    interval_of,
    rational_of,
    read_exact,
    require,
)
from ratapprox.formats.schema import piece_card_schema, violation
from ratapprox.piecewise import Piecewise
from ratapprox.sturm import to_fmpq

__all__ = ["SCHEMA", "PieceCard", "one_root_is_plain", "piece_card_of"]

SCHEMA = "ratapprox/card/2"


@dataclass(frozen=True, slots=True)
class PieceCard:
    """A function of several pieces and the question that it answers: target, interval, weight.

    `claim` is what the card says of itself, a JSON object or None; nobody has checked it.
    """

    target: str
    on: tuple[Fraction, Fraction]
    function: Piecewise
    weight: str | None = None
    text: str = field(default="", repr=False)

    @property
    def type(self) -> None:
        """None: the function is no rational of a type (m, n); `function.types` has that of each piece."""
        return

    @property
    def document(self) -> dict[str, Any]:
        """The whole JSON document."""
        found: dict[str, Any] = json.loads(self.text)
        return found

    @property
    def claim(self) -> dict[str, Any] | None:
        """The certificate in the card, unchecked."""
        found: dict[str, Any] | None = self.document.get("certificate")
        return found

    def __repr__(self) -> str:
        a, b = map(short, self.on)
        cuts = ", ".join(map(breakpoint_text, self.function.breakpoints))
        return f"Card: {self.target}, {len(self.function.pieces)} pieces, cut at {cuts}, on [{a}, {b}]"


def piece_card_of(document: Mapping[str, Any], text: str) -> PieceCard:
    """The card in a JSON document that says that it is one of version 2. Raises `CardError` that names the first field
    that is wrong."""
    problem = violation(document, piece_card_schema())
    require(problem, problem is None)
    on = interval_of(document)
    cuts = [_breakpoint(each, f"breakpoints[{k}]") for k, each in enumerate(document["breakpoints"])]
    for k, (left, right) in enumerate(pairwise(cuts)):
        apart = _ends(left)[1] <= _ends(right)[0] and left != right
        require(f'"breakpoints[{k}]" and the next must ascend, their intervals without a common point inside', apart)
    pieces = []
    for k, each in enumerate(document["pieces"]):
        try:
            piece = rational_of(each)
        except CardError as error:
            raise CardError(f'{error}, in "pieces[{k}]"') from error
        require(f'"pieces[{k}].type" is {each["type"]}, but it is {list(piece.type)}', list(piece.type) == each["type"])
        pieces.append(piece)
    require(
        f'{len(cuts)} "breakpoints" and {len(pieces)} "pieces": there is one piece more', len(pieces) == len(cuts) + 1
    )
    require('some of the "pieces" are exact and some are not', len({piece.is_exact for piece in pieces}) == 1)
    if claim := document.get("certificate"):
        check_certificate(claim, document["interval"])
    return PieceCard(document["target"], on, Piecewise(cuts, pieces), document.get("weight"), text)


def _breakpoint(document: Mapping[str, Any], name: str) -> Breakpoint:
    """A fraction, or the only root of an irreducible polynomial in an interval: that it is one is proved."""
    irrational = "polynomial" in document
    require(f'"{name}" needs either "exact" or "polynomial"', irrational is not ("exact" in document))
    found: Breakpoint
    if not irrational:
        found = read_exact(document["exact"])
    else:
        found = _algebraic(document, name)
    value = document["value"]
    try:
        nearest = float(found)
    except OverflowError:
        nearest = float("inf")
    agree = value == nearest if isfinite(nearest) else value is None
    require(f'"{name}.value" is not the nearest double', agree)
    return found


def _algebraic(document: Mapping[str, Any], name: str) -> Algebraic:
    coefficients = [int(c) for c in document["polynomial"]]
    low, high = (read_exact(end) for end in document["interval"])
    f = fmpz_poly(coefficients)
    primitive = coefficients[-1] > 0 and f.content() == 1
    require(f'"{name}.polynomial" must be primitive, its last coefficient positive', primitive)
    irreducible = len(factors := f.factor()[1]) == 1 and factors[0][1] == 1
    require(f'"{name}.polynomial" is reducible', irreducible)
    single = low < high and one_root_is_plain(f, low, high)
    require(f'"{name}.interval" must hold one root of its polynomial, and be so short that signs show it', single)
    return Algebraic(tuple(coefficients), low, high)


def one_root_is_plain(f: fmpz_poly, low: Fraction, high: Fraction) -> bool:
    """Whether Descartes' rule of signs shows that f has exactly one root strictly between the ends.

    It is decided in no time whatever f is; isolating the roots of a hostile f can take hours. For a simple root it is
    true as soon as the interval is short.

    >>> one_root_is_plain(fmpz_poly([-2, 0, 1]), Fraction(1), Fraction(2))
    True
    """
    onto = f(fmpq_poly([to_fmpq(low), to_fmpq(high - low)]))  # (0, 1) instead of (low, high)
    signs = [c > 0 for c in fmpq_poly(onto.coeffs()[::-1])(fmpq_poly([1, 1])).coeffs() if c != 0]
    return sum(a != b for a, b in pairwise(signs)) == 1


def _ends(t: Breakpoint) -> tuple[Fraction, Fraction]:
    return (t.lower, t.upper) if isinstance(t, Algebraic) else (t, t)
