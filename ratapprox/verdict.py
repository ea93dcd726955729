"""A card against its certificate, computed anew: is what it claims true?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import partial
from itertools import pairwise
from math import inf, isclose, nan
from typing import Any

from ratapprox.activations import Activation, activation
from ratapprox.barycentric import Barycentric
from ratapprox.certified import ASKED_GAP
from ratapprox.chebyshev import Chebyshev, largest_difference
from ratapprox.errors import errors
from ratapprox.formats.card import PYTHON_FUNCTION, Card
from ratapprox.formats.claims import claims
from ratapprox.formats.piece_card import PieceCard
from ratapprox.rational import Rational
from ratapprox.symbolic import certify
from ratapprox.symbolic.behaviour import Behaviour, behaviour
from ratapprox.symbolic.certificate import Certificate
from ratapprox.symbolic.rounding import rounding

ROUGHLY = 1e-3
"""Slack for what a card gives as plain doubles: points, and measured deviations."""


@dataclass(frozen=True)
class Verdict:
    """The certificate computed anew, and every claim of the card that it does not bear out.

    compared: whether the certificate answers the card's own question, so that its claims could be compared; behaviour:
    then also the gains and the rounding errors, unless there is a pole on the interval.
    """

    card: Card | PieceCard
    certificate: Certificate
    refuted: tuple[str, ...]
    compared: bool = True
    behaviour: Behaviour | None = None

    @property
    def proved(self) -> bool:
        """Nothing is refuted."""
        return not self.refuted

    def __repr__(self) -> str:
        return f"Verdict: {'proved' if self.proved else 'refuted'} ({self.certificate!r})"


def judge(
    card: Card | PieceCard,
    target: Activation | str | None = None,
    on: tuple[Fraction, Fraction] | None = None,
    weight: Activation | str | None = None,
) -> Verdict:
    """Certify the function of a card and compare its claims; asked another question, look for poles only.

    Raises `ValueError` when the target cannot be certified: an unknown name, a function undefined on the interval.
    """
    for text, option in ((card.target, "--target"), (card.weight or "", "a weight")):
        if text.startswith(PYTHON_FUNCTION) and target is None:
            raise ValueError(f"the card names a {text}, of which nothing can be proved: give {option} as an expression")
    own_question = target is None and on is None and weight is None
    asked = target if target is not None else activation(card.target)
    certificate = certify(
        card.function,
        asked,
        on or card.on,
        type=card.type if own_question else None,
        weight=weight if weight is not None else card.weight,
    )
    found = list(_poles(certificate))
    if own_question and not found:
        document = card.document
        found += [*_errors(document, certificate), *_optimality(document, certificate)]
        found += [*_statements(document.get("certificate"), certificate), *_points(card, document)]
        if isinstance(card, PieceCard):
            return Verdict(card, certificate, tuple(found), own_question)
        found += _forms(card, document, certificate)
        in_use = behaviour(card.rational, card.on)
        found += [*_gains(document.get("gain"), in_use), *_roundings(card, in_use)]
        return Verdict(card, certificate, tuple(found), own_question, in_use)
    return Verdict(card, certificate, tuple(found), own_question)


def _poles(c: Certificate) -> Iterator[str]:
    if not c.pole_free:
        yield f"the denominator has a zero on the interval: {', '.join(c.poles)}"


def _errors(document: dict[str, Any], c: Certificate) -> Iterator[str]:
    claim = document.get("certificate") or {}
    low, high = Fraction(c.error_lower), Fraction(c.error_upper)
    claimed = claim.get("error_upper_decimal")
    if claimed is not None and Fraction(claimed) < low:
        yield f"the card says that the error is at most {claimed}, but it is at least {c.error_lower}"
    claimed = claim.get("error_lower_decimal")
    if claimed is not None and Fraction(claimed) > high:
        yield f"the card says that the error is at least {claimed}, but it is at most {c.error_upper}"
    slack = 1 + Fraction(1, 10**9)
    for name in ("error", "error_decimal"):
        stated = document.get(name)
        if stated is not None and not low / slack <= Fraction(stated) <= high * slack:
            yield f"the card gives the error as {stated}, but it lies between {c.error_lower} and {c.error_upper}"
            return


def _optimality(document: dict[str, Any], c: Certificate) -> Iterator[str]:
    claim = document.get("certificate") or {}
    claimed = claim.get("optimal_lower_decimal")
    if claimed is not None and Fraction(claimed) > Fraction(c.error_upper):
        yield (
            f"the card says that no rational of this type has an error below {claimed}, "
            f"but this one has at most {c.error_upper}"
        )
    elif document.get("outcome") == "certified" and c.gap > ASKED_GAP:
        yield (
            "the card says that this is the best of its type, which could not be proved: its error is "
            f"{c.error_upper:.6g}, and proved is only that none has an error below {c.optimal_lower:.6g}"
        )
    elif claimed is not None and Fraction(claimed) > Fraction(c.optimal_lower) * (1 + Fraction(1, 10**6)):
        yield f"the card says that no rational of this type has an error below {claimed}; proved is {c.optimal_lower}"
    if document.get("defect", c.defect) != c.defect:
        yield f"the card gives the defect {document['defect']}, but it is {c.defect}"


def _statements(claim: dict[str, Any] | None, c: Certificate) -> Iterator[str]:
    if claim is None:
        return
    if claim["pole_free_on"] == "R" and not c.pole_free_on_reals:
        yield f"the card says that there is no real pole, but there is: {', '.join(c.poles)}"
    proved_min_q = 0 if c.min_q is None else Fraction(c.min_q) * (1 + Fraction(1, 10**6))
    if claim["min_q"] is not None and Fraction(claim["min_q"]) > proved_min_q:
        yield f"the card says that |q| is at least {claim['min_q']}; proved is {c.min_q}"
    here, there = ([_number(pole) for pole in poles] for poles in (claim["poles"], c.poles))
    if len(here) != len(there) or not all(map(partial(isclose, rel_tol=ROUGHLY, abs_tol=ROUGHLY), here, there)):
        yield f"the card gives the real poles as {claim['poles']}, but they are {list(c.poles)}"
    yield from _slopes(claim, c)
    proved = claims(c)
    for name in ("pole_free", "defect", "alternation_needed", "tails"):
        if claim[name] != proved[name]:
            yield f"the card gives {name} as {claim[name]}, but it is {proved[name]}"


def _slopes(claim: dict[str, Any], c: Certificate) -> Iterator[str]:
    """Claims about r', which older cards do not make."""
    if claim.get("increasing") not in (None, c.increasing):
        yield f"the card gives increasing as {claim['increasing']}, but it is {c.increasing}"
    if c.lipschitz_lower is None or c.lipschitz_upper is None:
        return
    if (most := claim.get("lipschitz_upper")) is not None and Decimal(most) < c.lipschitz_lower:
        yield f"the card says that the slope is at most {most}, but it reaches {c.lipschitz_lower}"
    if (least := claim.get("lipschitz_lower")) is not None and Decimal(least) > c.lipschitz_upper:
        yield f"the card says that the slope reaches {least}, but it is at most {c.lipschitz_upper}"


def _gains(claim: dict[str, Any] | None, found: Behaviour) -> Iterator[str]:
    for side in ("forward", "backward"):
        low, high = ((claim or {}).get(f"{side}_{end}") for end in ("lower", "upper"))
        if low is None or high is None:
            continue
        if isinstance(found.gain, str):
            yield f"the card gives a {side} gain, but none is proved: {found.gain}"
            continue
        proved = getattr(found.gain, side)
        if Fraction(low) > Fraction(proved.upper) or Fraction(high) < Fraction(proved.lower):
            yield f"the card says that the {side} gain lies between {low} and {high}, but it is {proved}"


def _roundings(card: Card, found: Behaviour) -> Iterator[str]:
    """Does each bound hold for the form that the card names, best or not?"""
    claims_made = (card.claim or {}).get("rounding", {})
    for dtype, best in found.rounding:
        claim = claims_made.get(dtype, {})
        bound, form = claim.get("bound_decimal"), claim.get("form")
        if bound is None:
            continue
        said = f"the card says that the {dtype} {form} form errs by at most {bound}"
        if isinstance(best, str):
            yield f"{said}, but nothing is proved: {best}"
            continue
        try:
            proved = best if best.form == form else rounding(card.rational, card.on, dtype, form)
        except ValueError as none:  # a form that the function does not have
            yield f"{said}, but {none}"
            continue
        if not proved.bound.is_finite():
            yield f"{said}, but nothing is proved: {proved.reason}"
        elif Fraction(bound) < Fraction(proved.observed):
            yield f"{said}, but it errs by {proved.observed:.6g} at x = {proved.worst_x:.6g}"
        elif Fraction(bound) * (1 + Fraction(ROUGHLY)) < Fraction(proved.bound):
            yield f"{said}; proved is {proved.bound:.6g}"


def _points(card: Card | PieceCard, document: dict[str, Any]) -> Iterator[str]:
    """Do the errors at the points that the card names have the signs and the sizes that it gives them?"""
    claim = document.get("certificate") or {}
    size = float(claim.get("error_upper") or document.get("error") or 1)

    def at(points: list[float]) -> list[float]:
        weight = None if card.weight is None else activation(card.weight)
        return errors(card.function, activation(card.target), weight, points, size)

    found = at(claim.get("alternation", []))
    least = (claim.get("optimal_lower") or 0) * (1 - ROUGHLY)
    if any(left * right >= 0 for left, right in pairwise(found)) or any(abs(e) < least for e in found):
        yield "the card says that the error alternates at the points of the certificate, but it does not"
    if least > 0 and len(found) < claim["alternation_needed"]:
        yield f"the card names {len(found)} alternation points where {claim['alternation_needed']} are needed"
    if any(left * right >= 0 for left, right in pairwise(at(document.get("reference", [])))):
        yield "the card says that the error alternates at the points of the reference, but it does not"
    where = claim.get("error_at")
    if where is not None and claim["error_lower"] and abs(at([where])[0]) < claim["error_lower"] * (1 - ROUGHLY):
        yield f"the card says that the error reaches {claim['error_lower']} at {where}, but it does not"


def _forms(card: Card, document: dict[str, Any], c: Certificate) -> Iterator[str]:
    """Are the other forms of the function the function, to the accuracy that the card gives them?"""
    for name, read in (("chebyshev", _chebyshev), ("barycentric", _barycentric)):
        form = document.get(name)
        if form is None:
            continue
        try:
            deviation = largest_difference(read(card, form), card.rational, card.on, document.get("reference", ()))
        except ValueError:
            deviation = inf
        if deviation > form["deviation"] * (1 + ROUGHLY):
            promised = f"{form['deviation']:.3g}"
            yield f"the {name} form differs from p/q by {deviation:.3g}, not by {promised} as the card says"
    stated = document.get("float64_error")
    if stated is not None:
        doubles = Rational(document["p"], document["q"])
        rounded = certify(doubles, card.target, card.on, weight=card.weight) if card.rational.is_exact else c
        if not float(rounded.error_lower) * (1 - ROUGHLY) <= stated <= float(rounded.error_upper) * (1 + ROUGHLY):
            yield (
                f"the card says that in doubles the error is {stated}, "
                f"but it lies between {rounded.error_lower:.6g} and {rounded.error_upper:.6g}"
            )


def _number(text: str) -> float:
    """The number that a text begins with; NaN, which is close to nothing, where it begins with none."""
    try:
        return float(text.split()[0])
    except (IndexError, ValueError):
        return nan


def _chebyshev(card: Card, form: dict[str, Any]) -> Rational:
    p, q = (tuple(map(Fraction, form[name])) for name in ("p", "q"))
    return Chebyshev(card.on, p, q).to_rational()


def _barycentric(card: Card, form: dict[str, Any]) -> Rational:
    return Barycentric(form["support_points"], form["values"], form["weights"]).to_rational()
