"""The card: one JSON file that holds a rational function, the problem it answers, and what is claimed of it.

The format is `ratapprox/card/1`, described by `card.schema.json` beside this module; a function of several pieces has
`ratapprox/card/2`. Writing rounds every bound
outward; reading checks every field for shape and for agreement with the others, and believes none of the claims.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fractions import Fraction
from importlib.metadata import PackageNotFoundError, version
from math import inf, isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flint import fmpz

import ratapprox
from ratapprox.activations import CallableTarget, activation
from ratapprox.chebyshev import Chebyshev, largest_difference
from ratapprox.coefficients import nearest_float64
from ratapprox.formats.checks import CardError, checked
from ratapprox.formats.claims import claims, gain_claim
from ratapprox.formats.files import write_whole
from ratapprox.formats.piece_card import SCHEMA as PIECES_SCHEMA
from ratapprox.formats.piece_card import PieceCard, piece_card_of
from ratapprox.rational import Rational

if TYPE_CHECKING:
    from ratapprox.activations import Activation
    from ratapprox.barycentric import Barycentric
    from ratapprox.fitting.result import Fit
    from ratapprox.symbolic.behaviour import Behaviour

SCHEMA = "ratapprox/card/1"
PYTHON_FUNCTION = "Python function"
LARGEST_FILE = 32_000_000


@dataclass(frozen=True, slots=True)
class Card:
    """A rational function and the question that it answers: target, interval, type (m, n), weight.

    `claim` is what the card says of itself, a JSON object or None; nobody has checked it.
    """

    target: str
    on: tuple[Fraction, Fraction]
    type: tuple[int, int]
    rational: Rational
    weight: str | None = None
    text: str = field(default="", repr=False)

    @property
    def function(self) -> Rational:
        """The rational function."""
        return self.rational

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
        a, b = (end_text(end) for end in self.on)
        return f"Card: {self.target}, type ({self.type[0]}, {self.type[1]}) on [{a}, {b}]"


def card(fit: Fit, command: str | None = None, behaviour: Behaviour | None = None) -> Card:
    """The card of a fit, with its certificate, what is known of it in use, and the versions that made it."""
    exact = fit.rational.exact()
    document: dict[str, Any] = {
        "schema": SCHEMA,
        "target": function_text(fit.target),
        "interval": [float(end) for end in fit.on],
        "interval_exact": [exact_text(end) for end in fit.on],
        "type": list(fit.type),
        "weight": None if fit.weight is None else function_text(fit.weight),
        "form": "plain",
        "order": "ascending",
    }
    p, q = ([nearest_float64(c) for c in part] for part in (fit.rational.p, fit.rational.q))
    if all(map(isfinite, (*p, *q))):
        document |= {"p": p, "q": q, "p_hex": [c.hex() for c in p], "q_hex": [c.hex() for c in q]}
    if fit.rational.is_exact:
        document |= {
            "p_exact": [exact_text(Fraction(c)) for c in exact.p],
            "q_exact": [exact_text(Fraction(c)) for c in exact.q],
        }
    if fit.digits is not None:
        decimals = exact.decimals(fit.digits)
        document |= {"p_decimal": list(decimals[0]), "q_decimal": list(decimals[1])}
    document |= {
        "digits": fit.digits,
        "error": fit.error,
        "error_decimal": str(fit.error_decimal),
        "float64_error": None if fit.float64_error == inf else fit.float64_error,
        "outcome": fit.outcome.value,
        "reason": fit.reason,
        "defect": fit.defect,
        "reference": list(fit.reference),
    }
    forms = {
        "chebyshev": _chebyshev(fit) if fit.rational.is_exact else None,
        "barycentric": None if fit.barycentric is None else _barycentric(fit.barycentric, fit),
    }
    # A form that has a pole at one of the points, once it is rounded, is none.
    document |= {name: form for name, form in forms.items() if form is not None and isfinite(form["deviation"])}
    document["certificate"] = None if fit.certificate is None else claims(fit.certificate, behaviour)
    document |= {} if behaviour is None else {"gain": gain_claim(behaviour)}
    document["provenance"] = {
        "version": ratapprox.__version__,
        "command": command,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": round(fit.seconds, 3),
        "packages": dict(packages()),
    }
    return parse_card(json_text(document))


def save_card(found: Card | PieceCard, path: str | os.PathLike[str]) -> None:
    """Write a card as a whole file. Raises `ValueError` when it cannot be written; then nothing is."""
    write_whole(path, (found.text + "\n").encode())


def read_card(path: str | os.PathLike[str]) -> Card | PieceCard:
    """Read a card; "-" is standard input. A card of version 2, of a function of several pieces, is a `PieceCard`.

    Raises `CardError`, a ValueError, for a file that is none or contradicts itself.
    """
    shown = os.fspath(path)
    try:
        with nullcontext(sys.stdin.buffer) if shown == "-" else Path(shown).open("rb") as file:
            raw = file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise CardError(f"cannot read {shown!r}: {(error.strerror or str(error)).lower()}") from error
    if len(raw) > LARGEST_FILE:
        raise CardError(f"{shown!r} is no card: it is larger than {LARGEST_FILE // 1_000_000} MB")
    try:
        return parse(raw.decode())
    except UnicodeDecodeError as error:
        raise CardError(f"{shown!r} is no card: it is not text in UTF-8") from error
    except CardError as error:
        raise CardError(f"{shown!r} {error}") from error


def parse_card(text: str) -> Card:
    """The card of one rational function in a JSON text. Raises `CardError` for a text that is none or contradicts
    itself, and for a card of several pieces.

    Example:
        >>> parse_card('{"schema": "ratapprox/card/1"}')
        Traceback (most recent call last):
        ...
        ratapprox.formats.checks.CardError: is no valid card: "target" is missing
    """
    found = parse(text)
    if isinstance(found, PieceCard):
        several = len(found.function.pieces)
        raise CardError(f"is a card of a function of {several} pieces: here one rational function p/q is needed")
    return found


def parse(text: str) -> Card | PieceCard:
    """The card in a JSON text, of either version. Raises `CardError` for a text that is none or contradicts itself.

    >>> parse('{"schema": "ratapprox/card/2"}')
    Traceback (most recent call last):
    ...
    ratapprox.formats.checks.CardError: is no valid card: "target" is missing
    """
    try:
        document = json.loads(text, parse_float=_finite, parse_constant=_finite, object_pairs_hook=_no_duplicates)
    except CardError:
        raise
    except RecursionError as error:
        raise CardError("is no card: its JSON is nested too deeply") from error
    except ValueError as error:  # JSONDecodeError, and integers of more digits than Python reads
        raise CardError(f"is no card: it is not JSON ({error})") from error
    if isinstance(document, dict) and document.get("schema") == PIECES_SCHEMA:
        return piece_card_of(document, text.strip())
    found = checked(document)
    return Card(found.target, found.on, found.type, found.rational, found.weight, text.strip())


def function_text(function: Activation | CallableTarget) -> str:
    """A text that `activation` reads as the same function; for a Python function one that it cannot read.

    >>> from ratapprox.activations import activation
    >>> function_text(activation("swish(1.7)")), function_text(activation("exp").derivative())
    ('swish(17/10)', 'exp(x)')
    """
    if isinstance(function, CallableTarget):
        return f"{PYTHON_FUNCTION} {function.name}"
    try:
        same = activation(function.name).expression == function.expression
    except ValueError:
        same = False
    return function.name if same else str(function.expression)


def json_text(document: object) -> str:
    """JSON with a field on each line, and a list of plain values on one."""
    text = json.dumps(document, indent=2, allow_nan=False)
    return re.sub(r"\[\n\s+([^\[\]{}]*?)\n\s+\]", lambda found: f"[{' '.join(found[1].split())}]", text)


def exact_text(value: Fraction) -> str:
    """num/den, or num for an integer. (Through python-flint: Python's own str stops at 4300 digits.)"""
    numerator = str(fmpz(value.numerator))
    return numerator if value.denominator == 1 else f"{numerator}/{fmpz(value.denominator)}"


def end_text(end: Fraction) -> str:
    """An end of an interval: a short decimal where it is one, else the fraction.

    >>> end_text(Fraction(1, 2)), end_text(Fraction(-3)), end_text(Fraction(1, 3))
    ('0.5', '-3', '1/3')
    """
    text = repr(float(end)).removesuffix(".0")
    return text if Fraction(text) == end else exact_text(end)


def _chebyshev(fit: Fit) -> dict[str, Any]:
    rounded = Chebyshev.from_rational(fit.rational, fit.on).rounded()
    return {
        "p": [float(c) for c in rounded.p],
        "q": [float(c) for c in rounded.q],
        "deviation": rounded.deviation(fit.rational, fit.reference),
    }


def _barycentric(form: Barycentric, fit: Fit) -> dict[str, Any]:
    return {
        "support_points": [float(t) for t in form.support_points],
        "values": [float(f) for f in form.values],
        "weights": [float(w) for w in form.weights],
        "deviation": largest_difference(form.to_rational(), fit.rational, fit.on, fit.reference),
    }


def packages() -> Iterator[tuple[str, str]]:
    """Names and versions of what computed a card."""
    yield "python", ".".join(str(part) for part in sys.version_info[:3])
    for name in ("numpy", "scipy", "sympy", "python-flint"):
        try:
            yield name, version(name)
        except PackageNotFoundError:
            continue


def _finite(text: str) -> float:
    number = float(text)
    if not isfinite(number):
        raise CardError(f"is no card: it holds {text[:40]}, and only finite numbers are allowed")
    return number


def _no_duplicates(pairs: Sequence[tuple[str, Any]]) -> Mapping[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise CardError("is no valid card: a field is given twice")
    return found
