"""What the verbs print for a person: plain text with a little colour, the same words in a pipe."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from fractions import Fraction
from shlex import quote
from typing import TYPE_CHECKING, Any

import click

from ratapprox.chebyshev import Chebyshev, largest_difference
from ratapprox.formats.card import claims, exact_text
from ratapprox.plots import errors
from ratapprox.rational import Rational

if TYPE_CHECKING:
    from ratapprox.fitting.result import Fit
    from ratapprox.symbolic.certificate import Certificate
    from ratapprox.verdict import Verdict

KEPT = 1e-6
WIDTH = 96
_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def fit_report(fit: Fit, command: str, output: str | None) -> str:
    """Headline, coefficients, what is proved, outcome, next step."""
    lines = [click.style(repr(fit), bold=True), "", *coefficients(fit), ""]
    if fit.certificate is None:
        lines += _row("error", f"max {_error_name(fit.weight)} = {fit.error:.12g}, measured")
    else:
        lines += certificate_lines(fit.certificate, max(12, fit.digits or 0))
    lines += _row("points", *_wrapped(_points(fit)))
    good = fit.outcome.value in {"certified", "optimal", "degenerate"}
    lines += [
        "",
        *_row(fit.outcome.value, *_folded(fit.reason or fit.outcome.advice), colour="green" if good else "yellow"),
    ]
    if output:
        lines += _row("next", f"ratapprox certify {quote(output)}")
    else:
        lines += _row("next", f"{command} -o card.json")
    return "\n".join(lines)


def certificate_lines(c: Certificate, digits: int = 12) -> list[str]:
    """One line for each thing that a certificate says."""
    interval = f"[{end_text(c.on[0])}, {end_text(c.on[1])}]"
    if c.pole_free:
        low, high = down(c.error_lower, digits), up(c.error_upper, digits)
        error = [f"{low} ≤ max {_error_name(c.weight)} ≤ {high}, reached near x = {c.error_at:.6g}"]
        if c.error_upper == 0:
            error = [f"max {_error_name(c.weight)} = 0: the two functions are equal"]
    else:
        error = ["unbounded"]
    m, n = c.type
    if c.error_upper == 0:
        best = ["of every type that holds it: nothing is better than exact"]
    elif c.optimal_lower > 0:
        best = [f"no rational of type ({m}, {n}) has an error below {down(c.optimal_lower, digits)}"]
        if c.pole_free:
            best.append(f"so this one is within {c.gap:.1e} (relative) of the best")
    else:
        best = [f"nothing proved: {c.alternation_needed} alternating errors needed, {len(c.alternation)} found"]
    if not c.pole_free:
        poles = [f"on {interval}: {', '.join(c.poles)}"]
    elif c.pole_free_on_reals:
        poles = [f"none on {interval}, none on the whole real line"]
    else:
        poles = [f"none on {interval}; elsewhere on the real line: {', '.join(c.poles)}"]
    tails = [f"{where}: {tail}" for where, tail in zip(("x → −∞", "x → +∞"), c.tails, strict=True)]
    return [
        *_row("error", *error, colour=None if c.pole_free else "red"),
        *_row("best", *best),
        *_row("poles", *poles, colour=None if c.pole_free else "red"),
        *_row("tails", *tails),
    ]


def coefficients(fit: Fit) -> list[str]:
    """The coefficients in the first form that keeps the error: doubles, decimals of the asked digits, Chebyshev."""
    rational = fit.rational
    if not rational.is_exact:
        return _table("p", "q", _powers(rational.degree), [repr(c) for c in rational.p], [repr(c) for c in rational.q])
    if fit.digits is not None and fit.digits > 17:
        p, q = rational.decimals(fit.digits)
        if _keeps(Rational([Fraction(c) for c in p], [Fraction(c) for c in q]), fit):
            return [*_table("p", "q", _powers(rational.degree), p, q), *_warning(fit)]
    elif fit.float64_error is not None and abs(fit.float64_error - fit.error) <= KEPT * fit.error:
        return _table(
            "p",
            "q",
            _powers(rational.degree),
            [repr(float(c)) for c in rational.p],
            [repr(float(c)) for c in rational.q],
        )
    return [*_other_form(fit)]


def _warning(fit: Fit) -> list[str]:
    if fit.float64_error is None or abs(fit.float64_error - fit.error) <= KEPT * fit.error:
        return []
    return [
        "",
        f"Rounded to doubles these coefficients have the error {fit.float64_error:.3g} instead of {fit.error:.3g}.",
    ]


def _other_form(fit: Fit) -> Iterator[str]:
    rounded = "Rounded to doubles" if not fit.digits or fit.digits <= 17 else f"Rounded to {fit.digits} digits"
    instead = (
        ""
        if fit.float64_error is None or (fit.digits or 0) > 17
        else f": their error would be {fit.float64_error:.3g} instead of {fit.error:.3g}"
    )
    needed = _digits_needed(fit)
    advice = f"--digits {needed} prints enough digits of them, " if needed else ""
    chebyshev = Chebyshev.from_rational(fit.rational, fit.on).rounded()
    a, b = (end_text(end) for end in fit.on)
    yield from _folded(
        f"{rounded} the monomial coefficients lose accuracy{instead}. {advice}the card (-o) holds them exactly.", WIDTH
    )
    if chebyshev.deviation(fit.rational, fit.reference) <= KEPT * fit.error:
        yield ""
        yield from _folded(
            f"In doubles, use Chebyshev polynomials: p = Σ p[k] T_k(t), q = Σ q[k] T_k(t), t = (2x − ({a}) − ({b}))/({exact_text(fit.on[1] - fit.on[0])}).",
            WIDTH,
        )
        yield ""
        names = [
            f"T{str(k).translate(str.maketrans('0123456789', '₀₁₂₃₄₅₆₇₈₉'))}" for k in range(fit.rational.degree + 1)
        ]
        yield from _table("p", "q", names, [repr(float(c)) for c in chebyshev.p], [repr(float(c)) for c in chebyshev.q])
    elif fit.barycentric is not None:
        yield from _folded(
            "Chebyshev coefficients in doubles do not keep it either; the barycentric form in the card does.", WIDTH
        )


def _digits_needed(fit: Fit) -> int | None:
    for digits in (20, 25, 30, 40, 50, 75, 100, 150, 200, 300, 500):
        if digits > (fit.digits or 0):
            p, q = fit.rational.decimals(digits)
            if _keeps(Rational([Fraction(c) for c in p], [Fraction(c) for c in q]), fit):
                return digits
    return None


def _keeps(form: Rational, fit: Fit) -> bool:
    return largest_difference(form, fit.rational, fit.on, fit.reference) <= KEPT * fit.error


def verdict_report(verdict: Verdict) -> str:
    """What is proved of the function of a card, and what the card says against it."""
    card, c = verdict.card, verdict.certificate
    a, b = (end_text(end) for end in c.on)
    lines = [
        click.style(f"{c.target}, type ({card.type[0]}, {card.type[1]}) on [{a}, {b}]", bold=True),
        "",
        *certificate_lines(c),
        "",
    ]
    if verdict.proved:
        return "\n".join([*lines, *_row("proved", "computed anew; nothing in the card contradicts it", colour="green")])
    for reason in verdict.refuted:
        lines += _row("refuted", *_folded(reason), colour="red")
    return "\n".join(lines)


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
        "type": list(card.type),
        "weight": c.weight,
        "certificate": claims(c),
    }


def down(value: Decimal, digits: int) -> str:
    """The value rounded down to so many significant digits."""
    return _plain(Context(prec=digits, rounding=ROUND_FLOOR).plus(value))


def up(value: Decimal, digits: int) -> str:
    """The value rounded up to so many significant digits."""
    return _plain(Context(prec=digits, rounding=ROUND_CEILING).plus(value))


def end_text(end: Fraction) -> str:
    """An end of an interval: a short decimal where it is one, else the fraction."""
    text = repr(float(end)).removesuffix(".0")
    return text if Fraction(text) == end else exact_text(end)


def _plain(value: Decimal) -> str:
    return f"{value:f}" if -8 < value.adjusted() < 20 else str(value).replace("E", "e")


def _error_name(weight: object) -> str:
    return "|f − r|" if weight is None else "w·|f − r|"


def _powers(degree: int) -> list[str]:
    return ["1", "x"][: degree + 1] + [f"x{str(k).translate(_SUPERSCRIPTS)}" for k in range(2, degree + 1)]


def _table(left: str, right: str, names: Sequence[str], p: Sequence[str], q: Sequence[str]) -> list[str]:
    rows = [("", left, right)]
    for k, name in enumerate(names):
        rows.append((name, _short(p[k]) if k < len(p) else "", _short(q[k]) if k < len(q) else ""))
    first, second = (max(len(row[column]) for row in rows) for column in (0, 1))
    return [f"  {a:<{first}}  {_signed(b):<{second + 1}}  {_signed(c)}".rstrip() for a, b, c in rows]


def _short(number: str) -> str:
    return number.removesuffix(".0")


def _signed(number: str) -> str:
    return number if number.startswith("-") else f" {number}"


def _points(fit: Fit) -> list[str]:
    signs = ["+" if e > 0 else "−" if e < 0 else "0" for e in errors(fit, fit.reference)]
    return [f"{x:.6g} ({sign})" for x, sign in zip(fit.reference, signs, strict=True)]


def _wrapped(items: Sequence[str]) -> list[str]:
    """The items, two blanks apart, in lines no wider than the report."""
    lines = [""]
    for item in items:
        if lines[-1] and len(lines[-1]) + 2 + len(item) > WIDTH - 12:
            lines.append("")
        lines[-1] += ("  " if lines[-1] else "") + item
    return lines


def _folded(text: str, width: int = WIDTH - 12) -> list[str]:
    lines = [""]
    for word in text.split():
        if lines[-1] and len(lines[-1]) + 1 + len(word) > width:
            lines.append("")
        lines[-1] += (" " if lines[-1] else "") + word
    return lines


def _row(name: str, *lines: str, colour: str | None = None) -> list[str]:
    head = click.style(f"{name:<11}", fg=colour or "cyan", bold=colour is not None)
    return [f"{head} {lines[0]}" if k == 0 else f"{'':<11} {line}" for k, line in enumerate(lines)]
