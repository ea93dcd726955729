"""The card itself, or a card for a bare rational function."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from math import isfinite

from ratapprox.activations import activation
from ratapprox.coefficients import nearest_float64
from ratapprox.expressions import ExpressionError
from ratapprox.formats.card import SCHEMA, exact_text, function_text, json_text, parse_card
from ratapprox.formats.exporters.source import Source


def write(source: Source, *, target: str | None = None, on: str | None = None) -> str:
    """The text of the card, unchanged.

    For a bare function: a card with exact coefficients, without any claim. target: what the function approximates; the
    default is the function itself. on: the interval as "A,B", "-1,1" by default.
    """
    if source.card is not None:
        if target is not None or on is not None:
            raise ValueError("the card has its target and interval already: leave out target and on")
        return source.card.text + "\n"
    p, q = ([Fraction(c) for c in part] for part in (source.rational.p, source.rational.q))
    a, b = interval("-1,1" if on is None else on)
    if source.rational.poles(on=(a, b)):
        raise ValueError(f"the function has a pole in [{a}, {b}]: give another interval with on='A,B'")
    document = {
        "schema": SCHEMA,
        "target": function_text(activation(target)) if target is not None else _itself(p, q),
        "interval": [float(a), float(b)],
        "interval_exact": [exact_text(a), exact_text(b)],
        "type": list(source.type),
        "weight": None,
        "form": "plain",
        "order": "ascending",
    }
    floats = [[nearest_float64(c) for c in part] for part in (p, q)]
    if all(map(isfinite, (*floats[0], *floats[1]))):
        document |= {"p": floats[0], "q": floats[1]}
        document |= {"p_hex": [c.hex() for c in floats[0]], "q_hex": [c.hex() for c in floats[1]]}
    document |= {"p_exact": [exact_text(c) for c in p], "q_exact": [exact_text(c) for c in q]}
    return parse_card(json_text(document)).text + "\n"


def _itself(p: Sequence[Fraction], q: Sequence[Fraction]) -> str:
    """The function as an expression in x, if that is one the parser takes."""
    text = f"({_polynomial(p)})/({_polynomial(q)})"
    try:
        activation(text)
    except ExpressionError as problem:
        raise ValueError(f"the function is too long to be its own target ({problem}): give target=…") from problem
    return text


def _polynomial(coefficients: Sequence[Fraction]) -> str:
    terms = [f"({exact_text(c)})*x^{power}" for power, c in enumerate(coefficients) if c]
    return " + ".join(terms) or "0"


def interval(text: str) -> tuple[Fraction, Fraction]:
    """The ends in a text such as "-1,1" or "0,1/3"; ValueError where they are none or not in order.

    >>> interval("0,1/3")
    (Fraction(0, 1), Fraction(1, 3))
    """
    if not (isinstance(text, str) and re.fullmatch(rf"\s*({_END})\s*,\s*({_END})\s*", text, re.ASCII)):
        raise ValueError(f"on={str(text)[:40]!r}: an interval is two numbers, such as '-1,1' or '0,1/3'")
    a, b = (Fraction(part.strip()) for part in text.split(","))
    if not a < b:
        raise ValueError(f"on={text[:40]!r}: the left end must be smaller than the right end")
    return a, b


_END = r"[+-]?(?:\d{1,60}(?:\.\d{0,60})?(?:[eE][+-]?\d{1,2})?|\d{1,60}/0*[1-9]\d{0,60})"
