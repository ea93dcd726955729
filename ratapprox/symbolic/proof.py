"""From a question to its certificate."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any

from flint import arb, arb_poly, fmpq, fmpq_poly

from ratapprox.expressions import x
from ratapprox.sturm import from_fmpq, has_real_root, real_roots, to_fmpq
from ratapprox.symbolic.alternation import levelled_lower
from ratapprox.symbolic.branches import Branch, working
from ratapprox.symbolic.certificate import Certificate, outward, rounded
from ratapprox.symbolic.enclosure import Enclosure, algebraic, branch_and_bound
from ratapprox.symbolic.extrema import Extremum, scan
from ratapprox.symbolic.lipschitz import increasing, largest_slope
from ratapprox.symbolic.question import Question
from ratapprox.symbolic.tails import error_tails

__all__ = ["enclose", "least", "prove"]

ALGEBRAIC_DEGREE = 320
"""Above this degree of the numerator of e', Taylor models are quicker than isolating its roots."""

ROOT_BITS = 96

SLOPE_DEGREE = 40
"""Above this degree of r the roots of r' and r'' cost more than the rest of a certificate."""


def prove(question: Question) -> Certificate:
    """The certificate that answers a question."""
    a, b = (to_fmpq(end) for end in question.on)
    _, q = question.r.polynomials()
    if has_real_root(q, a, b):
        return _refuted(question)
    branches = question.branches()
    if all(branch.vanishes() for branch in branches):
        return _certificate(question, None, "f - r is the zero polynomial over q on every branch")
    return _certificate(question, *enclose(branches, question.r.degree, question.tolerance))


def enclose(branches: Sequence[Branch], degree: int, tolerance: float) -> tuple[Enclosure, str]:
    """sup |e| over the branches, for a rational of that degree, and how it was enclosed."""
    parts = [branch.exact() for branch in branches]
    rational = [part for part in parts if part is not None]
    most = max((A.degree() + B.degree() for A, B in rational), default=0)
    if len(rational) == len(parts) and most <= ALGEBRAIC_DEGREE:
        found = algebraic(branches, tolerance)
        method = f"error: roots of the numerator of e' isolated in {found.bits}-bit balls"
    else:
        found = branch_and_bound(branches, scan(branches, degree), tolerance)
        method = f"error: {found.boxes} Taylor models of order {found.order} in {found.bits}-bit balls"
    if not found.within(tolerance):
        method += ", stopped at the budget: the enclosure is wider than asked"
    return found, method


def _certificate(question: Question, found: Enclosure | None, method: str) -> Certificate:
    a, b = (to_fmpq(end) for end in question.on)
    p, q = question.r.polynomials()
    bound, chosen = arb(0), tuple[Extremum, ...]()
    if found is not None:
        with working(found.bits):
            bound, chosen = levelled_lower(found.extrema, question.needed)
    lower, upper = (Decimal(0), Decimal(0)) if found is None else outward(found.lower, found.upper)
    enough = len(chosen) >= question.needed
    optimal = outward(bound, found.upper)[0] if enough and found is not None else Decimal(0)
    real = has_real_root(q)
    slopes = _slopes(question)
    steps = ["q has no zero on [a, b]: exact count of real roots", method]
    if enough:
        steps.append(f"E*: de la Vallée Poussin's theorem at {question.needed} alternating points")
    if not slopes:
        steps.append(f"monotonicity and the largest slope are not decided above degree {SLOPE_DEGREE}")
    return Certificate(
        target=question.f.name,
        on=question.on,
        type=question.type,
        weight=None if question.w is None else question.w.name,
        error_lower=lower,
        error_upper=upper,
        error_at=_float(found.at) if found is not None else _float(a),
        optimal_lower=optimal,
        alternation=tuple(_float(point.x) for point in chosen),
        alternation_needed=question.needed,
        defect=question.defect,
        pole_free=True,
        pole_free_on_reals=not real,
        min_q=rounded(least(q, a, b), ROUND_FLOOR),
        poles=_poles(p, q, question) if real else (),
        tails=error_tails(p, q, question.f, x),
        tolerance=question.tolerance,
        method="; ".join(steps),
        **slopes,
    )


def _slopes(question: Question) -> dict[str, Any]:
    """What is proved of r' on the interval, which holds no zero of q."""
    r = question.r.reduced()
    if r.degree > SLOPE_DEGREE:
        return {}
    p, q = r.polynomials()
    lower, upper = largest_slope(p, q, question.on)
    return {
        "increasing": increasing(p, q, question.on),
        "lipschitz_lower": rounded(lower, ROUND_FLOOR),
        "lipschitz_upper": rounded(upper, ROUND_CEILING),
    }


def _refuted(question: Question) -> Certificate:
    """q has a zero on [a, b]."""
    p, q = question.r.polynomials()
    a, b = (to_fmpq(end) for end in question.on)
    cancelled = not has_real_root(q // p.gcd(q), a, b)
    method = "q has a zero on [a, b]: exact count of real roots"
    if cancelled:
        method += "; p vanishes at every one of them, so r is 0/0 there as it is written"
        method += ": certify(r.reduced(), ...) judges the cancelled function"
    infinite = Decimal("Infinity")
    return Certificate(
        target=question.f.name,
        on=question.on,
        type=question.type,
        weight=None if question.w is None else question.w.name,
        error_lower=Decimal(0) if cancelled else infinite,
        error_upper=infinite,
        error_at=_float(real_roots(q, a, b)[0].mid().fmpq()),
        optimal_lower=Decimal(0),
        alternation=(),
        alternation_needed=question.needed,
        defect=question.defect,
        pole_free=False,
        pole_free_on_reals=False,
        min_q=None,
        poles=_poles(p, q, question),
        tails=error_tails(p, q, question.f, x),
        tolerance=question.tolerance,
        method=method,
    )


def _poles(p: fmpq_poly, q: fmpq_poly, question: Question) -> tuple[str, ...]:
    """The real zeros of q in words, those on the interval first."""
    a, b = (to_fmpq(end) for end in question.on)
    common = p.gcd(q)
    with working(ROOT_BITS):
        inside = real_roots(q, a, b)
        everywhere = real_roots(q)
        removable = real_roots(common) if common.degree() > 0 else ()
        genuine = real_roots(q // common)
        outside = [root for root in everywhere if not any(root.overlaps(other) for other in inside)]
        words = []
        for root in (*inside, *outside):
            text = f"{float(root):.16g}" if root.is_exact() else root.str(16).strip("[]").replace("+/-", "±")
            if any(root.overlaps(other) for other in removable) and not any(root.overlaps(other) for other in genuine):
                text += " (removable: p vanishes there too)"
            words.append(text)
        return (*words[: len(inside)], *(f"{text} (outside the interval)" for text in words[len(inside) :]))


def least(q: fmpq_poly, a: fmpq, b: fmpq) -> arb:
    """A lower bound of |q| on [a, b], which holds no zero of q: the least |q| at the ends and at the roots of q'."""
    bits = ROOT_BITS
    while True:
        with working(bits):
            roots = real_roots(q.derivative(), a, b) if q.degree() > 1 else ()
            values = [arb_poly(q)(ball) for ball in (arb(a), arb(b), *roots)]
            least = min(value.abs_lower() for value in values)
            if all(value.rad() * 2**70 < value.abs_lower() for value in values):
                return least
        bits *= 2


def _float(value: fmpq) -> float:
    return float(from_fmpq(value))
