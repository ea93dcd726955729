"""What the verbs print for a person: plain text with a little colour, the same words in a pipe."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from itertools import pairwise
from math import floor, inf, log10
from shlex import quote
from typing import TYPE_CHECKING, Any

import click

from ratapprox.cli.coefficients import WIDTH, coefficients, folded
from ratapprox.errors import errors
from ratapprox.formats.card import end_text, exact_text
from ratapprox.formats.claims import SIDES, claims, gain_claim
from ratapprox.formats.piece_card import PieceCard

if TYPE_CHECKING:
    from ratapprox.fitting.result import Fit
    from ratapprox.formats.card import Card
    from ratapprox.symbolic.certificate import Certificate
    from ratapprox.verdict import Verdict

MOST_POINTS = 36


def fit_report(fit: Fit, command: str, output: str | None, card: Card | None = None) -> str:
    """Headline, coefficients, what is proved, with a card also in use, outcome, next step."""
    lines = [click.style(repr(fit), bold=True), "", *coefficients(fit), ""]
    if fit.certificate is None:
        lines += row("error", f"max {_error_name(fit.weight)} = {fit.error:.12g}, measured")
    else:
        lines += certificate_lines(fit.certificate, max(12, fit.digits or 0))
    if card is not None:
        document = card.document
        lines += use_lines(document["gain"], (document["certificate"] or {}).get("rounding", {}))
    if fit.error > 0:
        lines += row("points", *_wrapped(_points(fit)))
    good = fit.outcome.value in {"certified", "optimal", "degenerate"}
    lines += [
        "",
        *row(fit.outcome.value, *folded(_why(fit)), colour="green" if good else "yellow"),
    ]
    if output is not None:
        lines += row("next", f"ratapprox certify {quote(output)}")
    elif good:
        lines += row("next", f"{command} -o card.json")
    return "\n".join(lines)


def _why(fit: Fit) -> str:
    """Why the fit ended so and what can be done; the bounds of a proved one stand above already."""
    if fit.outcome.value == "certified":
        return fit.outcome.advice
    return f"{fit.reason.rstrip('.')}. {fit.outcome.advice}" if fit.reason else fit.outcome.advice


def certificate_lines(c: Certificate, digits: int = 12) -> list[str]:
    """A few words for each thing that a certificate says."""
    bad = None if c.pole_free else "red"
    tails = [f"{where}: {tail}" for where, tail in zip(("x → −∞", "x → +∞"), c.tails, strict=True)]
    return [
        *row("error", *_error(c, digits), colour=bad),
        *row("best", *_best(c, digits)),
        *row("poles", *_poles(c), colour=bad),
        *_slope(c, digits),
        *row("tails", *tails),
    ]


def use_lines(gain: dict[str, Any], rounding: dict[str, Any]) -> list[str]:
    """The gains as an activation, and the rounding errors of the best form in each number format."""
    gains = ", ".join(f"{side} {gain[side]:.10g}" for side in SIDES if gain[side] is not None)
    lines = row("gain", *folded(gains or f"none: {gain['reason']}"))
    bounds = [f"{dtype} {_bound(entry)}" for dtype, entry in rounding.items()]
    return lines + (row("rounding", *_wrapped(bounds)) if bounds else [])


def _bound(entry: dict[str, Any]) -> str:
    return "no bound" if entry["bound"] is None else f"≤ {up(Decimal(entry['bound']), 3)} ({entry['form']})"


def _slope(c: Certificate, digits: int) -> list[str]:
    """Whether the function is increasing, and its Lipschitz constant, where they are decided."""
    if c.lipschitz_lower is None or c.lipschitz_upper is None:
        return []
    largest = up(c.lipschitz_upper, min(digits, 12))
    a, b = (end_text(end) for end in c.on)
    return row("slope", f"{'increasing' if c.increasing else 'not increasing'} on [{a}, {b}]; |r'| ≤ {largest}")


def _error(c: Certificate, digits: int) -> list[str]:
    norm = f"max {_error_name(c.weight)}"
    if not c.pole_free:
        return ["unbounded"]
    if c.error_upper == 0:
        return [f"{norm} = 0: the two functions are equal"]
    low, high = down(c.error_lower, digits), up(c.error_upper, digits)
    # Where the error equioscillates it is reached at all the points.
    at = "" if c.gap < 1e-6 else f", reached near x = {c.error_at:.6g}"
    if digits > 20:
        return [f"{norm} ≥ {low}", f"{norm} ≤ {high}{at}"]
    return [f"{low} ≤ {norm} ≤ {high}{at}"]


def _best(c: Certificate, digits: int) -> list[str]:
    m, n = c.type
    if c.error_upper == 0:
        return ["yes: no error is smaller than 0"]
    if c.optimal_lower == 0 and c.alternation_needed == 0:
        return ["nothing proved: the function has several pieces and is no rational of a type (m, n)"]
    if c.optimal_lower == 0:
        return [f"nothing proved: {c.alternation_needed} errors of alternating sign needed, {len(c.alternation)} found"]
    bound = f"no rational of type ({m}, {n}) has an error below {down(c.optimal_lower, digits)}"
    return [bound, f"so this one is within {c.gap:.1e} (relative) of the best"] if c.pole_free else [bound]


def _poles(c: Certificate) -> list[str]:
    interval = f"[{end_text(c.on[0])}, {end_text(c.on[1])}]"
    real = [pole.removesuffix(" (outside the interval)") for pole in c.poles]
    if not c.pole_free:
        return [f"real zeros of q, one on {interval} at least:", *_wrapped(c.poles)]
    least = "" if c.min_q is None else f" (|q| ≥ {down(c.min_q, 4)})"
    if c.pole_free_on_reals:
        return [f"none on {interval}{least}, none on the whole real line"]
    return [f"none on {interval}{least}; elsewhere on the real line:", *_wrapped(real)]


def verdict_report(verdict: Verdict) -> str:
    """What is proved of the function of a card, and what the card says against it."""
    card, c = verdict.card, verdict.certificate
    a, b = (end_text(end) for end in c.on)
    lines = [
        click.style(f"{c.target}, {_kind(card)} on [{a}, {b}]", bold=True),
        "",
        *certificate_lines(c),
        *_in_use(verdict),
        "",
    ]
    if verdict.proved:
        own = "computed anew, and every claim of the card agrees"
        why = own if verdict.compared else "for this question, which is not the card's; its claims were not compared"
        return "\n".join([*lines, *row("proved", why, colour="green")])
    for reason in verdict.refuted:
        lines += row("refuted", *folded(reason), colour="red")
    return "\n".join(lines)


def _kind(card: Card | PieceCard) -> str:
    if isinstance(card, PieceCard):
        return f"{len(card.function.pieces)} pieces"
    return f"type ({card.type[0]}, {card.type[1]})"


def _in_use(verdict: Verdict) -> list[str]:
    found = verdict.behaviour
    return [] if found is None else use_lines(gain_claim(found), claims(verdict.certificate, found)["rounding"])


def verdict_json(verdict: Verdict) -> dict[str, Any]:
    """The verdict as one JSON document, `ratapprox/verdict/1`."""
    card, c = verdict.card, verdict.certificate
    return {
        "schema": "ratapprox/verdict/1",
        "verdict": "proved" if verdict.proved else "refuted",
        "refuted": list(verdict.refuted),
        "target": c.target,
        "interval": [float(end) for end in c.on],
        "interval_exact": [exact_text(end) for end in c.on],
        **({"pieces": len(card.function.pieces)} if isinstance(card, PieceCard) else {"type": list(card.type)}),
        "weight": c.weight,
        "certificate": claims(c, verdict.behaviour),
        **({} if verdict.behaviour is None else {"gain": gain_claim(verdict.behaviour)}),
    }


def down(value: Decimal, digits: int) -> str:
    """The value rounded down to so many significant digits."""
    return _plain(Context(prec=digits, rounding=ROUND_FLOOR).plus(value))


def up(value: Decimal, digits: int) -> str:
    """The value rounded up to so many significant digits."""
    return _plain(Context(prec=digits, rounding=ROUND_CEILING).plus(value))


def _plain(value: Decimal) -> str:
    return f"{value:f}" if -6 < value.adjusted() < 20 else str(value).replace("E", "e")


def _error_name(weight: object) -> str:
    return "|f − r|" if weight is None else "w·|f − r|"


def _points(fit: Fit) -> list[str]:
    """The alternation points with the sign of f − r; the certificate's where the fit has fewer."""
    c = fit.certificate
    points = fit.reference if c is None or len(fit.reference) >= len(c.alternation) else c.alternation
    signs = [
        "+" if e > 0 else "−" if e < 0 else "0" for e in errors(fit.rational, fit.target, fit.weight, points, fit.error)
    ]
    shown = [f"{x} ({sign})" for x, sign in zip(_spaced(points), signs, strict=True)]
    return shown if len(shown) <= MOST_POINTS else [f"{len(shown)} of them:", *shown[:12], "…", *shown[-12:]]


def _spaced(points: Sequence[float]) -> Iterator[str]:
    """Ascending numbers to six digits, and no further than to a millionth of the way to the next one."""
    gaps = [inf, *(right - left for left, right in pairwise(points)), inf]
    for x, gap in zip(points, map(min, gaps, gaps[1:]), strict=True):
        yield f"{round(x, 6 - floor(log10(gap))) + 0.0:.6g}" if 0 < gap < inf else f"{x:.6g}"


def _wrapped(items: Sequence[str]) -> list[str]:
    """The items, two blanks apart, in lines no wider than the report."""
    lines = [""]
    for item in items:
        if lines[-1] and len(lines[-1]) + 2 + len(item) > WIDTH - 12:
            lines.append("")
        lines[-1] += ("  " if lines[-1] else "") + item
    return lines


def row(name: str, *lines: str, colour: str | None = None) -> list[str]:
    head = click.style(f"{name:<11}", fg=colour or "cyan", bold=colour is not None)
    return [f"{head} {lines[0]}" if k == 0 else f"{'':<11} {line}" for k, line in enumerate(lines)]
