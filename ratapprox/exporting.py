"""Where coefficients leave with what is proved of them: the public `export`."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import ratapprox
from ratapprox.activations import activation
from ratapprox.coefficients import short
from ratapprox.fitting.result import Fit
from ratapprox.formats.card import PYTHON_FUNCTION, Card, card, end_text
from ratapprox.formats.exporters import export as written
from ratapprox.formats.exporters import format_of, source
from ratapprox.formats.exporters.pieces import NOT_PROVED, PieceSource, piece_source
from ratapprox.formats.exporters.source import NOT_CERTIFIED, Source, formula
from ratapprox.formats.piece_card import PieceCard
from ratapprox.forms import Form
from ratapprox.number_formats import FloatingPoint, number_format
from ratapprox.piecewise import Piecewise
from ratapprox.symbolic import certify, gain
from ratapprox.symbolic.rounding import rounding

if TYPE_CHECKING:
    from ratapprox.rational import Rational
    from ratapprox.symbolic.certificate import Certificate
    from ratapprox.tails import Tail

Interval = tuple[Fraction, Fraction]

HIGHEST_DEGREE_FOR_GAIN = 60
"""At degree 200 the moments take a quarter of a minute."""


def export(
    what: Fit | Card | PieceCard | Rational | Piecewise | Form,
    to: str,
    *,
    name: str | None = None,
    dtype: str | None = None,
    form: str | None = None,
    **options: Any,
) -> str | bytes:
    """Write a fit, a card, a rational function, a `Piecewise` or a form as source code or as a file, with what is
    proved of it; of a function of several pieces poles and continuity are.

    to: a name from `ratapprox list formats`, which shows the options too. name: the identifier to use, made from the
    target and the type by default. dtype: the number format of the coefficients and the arithmetic, by default the
    format's own. form: "horner" (the default) or "reciprocal", which for |x| > 1 works with 1/x; both reach the limits
    at ±inf. Nothing a card claims is believed: the notes in the export are proved anew, for the dtype and form asked.

    Returns the whole file. Raises ValueError for an unknown format, option or dtype, a name that is no identifier in
    one of the languages, a pole on the interval, and coefficients that the dtype cannot hold.

    Example:
        >>> import ratapprox
        >>> relu = ratapprox.Rational([0.0218, 0.5, 1.5957, 1.1915], [1, 0, 2.383])
        >>> namespace = {}
        >>> exec(ratapprox.export(relu, "numpy", name="rational_relu", dtype="float32"), namespace)
        >>> float(namespace["rational_relu"](float("-inf"))), float(namespace["rational_relu"](0.0))
        (-inf, 0.021800000220537186)
    """
    return written(source_of(what, to, name=name, dtype=dtype, form=form), to, **options)


def source_of(
    what: Fit | Card | PieceCard | Rational | Piecewise | Form,
    to: str,
    *,
    name: str | None = None,
    dtype: str | None = None,
    form: str | None = None,
) -> Source | PieceSource:
    """What `export` hands to the exporter: the source with its notes."""
    kept = card(what) if isinstance(what, Fit) else what.function() if isinstance(what, Form) else what
    entry = format_of(to)
    if isinstance(kept, PieceCard):
        entry.for_pieces(len(kept.function.pieces))
        said = tuple(_said_of_pieces(kept))
        return piece_source(kept, name=name, dtypes=entry.chosen(dtype), form=entry.computed(form), proved=said)
    if isinstance(kept, Piecewise):
        entry.for_pieces(len(kept.pieces))
        return piece_source(kept, name=name, dtypes=entry.chosen(dtype), form=entry.computed(form))
    bare = source(kept, name=name, dtypes=entry.chosen(dtype), form=entry.computed(form))
    return source(kept, name=name, dtypes=bare.dtypes, form=bare.form, notes=tuple(notes(bare)))


def notes(of: Source) -> Iterator[str]:
    """The sentences: formula, interval, what is proved, poles, limits, rounding for each dtype, gain, version."""
    yield formula(of.rational)
    certificate = None
    if of.card is not None and of.on is not None:
        yield f"approximates {of.card.target} on {_interval(of.on)}, type ({of.card.type[0]}, {of.card.type[1]})"
        certificate, problem = _certificate(of.card)
        yield from [f"not certified: {problem}"] if certificate is None else _proved(certificate)
    else:
        yield NOT_CERTIFIED
    yield from _poles(of)
    left, right = of.rational.limits()
    yield f"x -> -inf: r(x) -> {_limit(left, -1)}; x -> +inf: r(x) -> {_limit(right, 1)}"
    if of.on is not None:
        yield from _roundings(of, of.on, certificate)
    yield from _gain(of.rational)
    yield f"written by ratapprox {ratapprox.__version__}"


def _said_of_pieces(found: PieceCard) -> Iterator[str]:
    """What is proved of a card of several pieces; the rounding of its coefficients to a dtype is not bounded."""
    yield f"approximates {found.target} on {_interval(found.on)}"
    certificate, problem = _certificate(found)
    if certificate is None:
        yield f"not certified: {problem}"
        yield NOT_PROVED
    else:
        yield from _proved(certificate)
        yield "of the coefficients as they are in the card; the rounding errors of a dtype are not bounded"


def rounding_bound(of: Source, dtype: str, on: Interval) -> Decimal:
    """A proved bound of |computed(x) - r(x)| over the values of a dtype in [a, b]; infinite where there is none.

    The two programs are bounded on the parts of the interval on which they run.

    >>> from ratapprox import Rational
    >>> r = source(Rational([0.0218, 0.5, 1.5957, 1.1915], [1, 0, 2.383]), dtypes=("float16",))
    >>> f"{rounding_bound(r, 'float16', (Fraction(-1), Fraction(1))):.4g}"
    '0.001376'
    """
    a, b = on
    switch = of.switch(dtype)
    if switch >= max(abs(a), abs(b)):
        return rounding(of.rational, (a, b), dtype, "horner").bound
    s = Fraction(switch)  # with no value of the dtype between them, two ends are no part
    parts = [("horner", max(a, -s), min(b, s)), ("reciprocal", a, min(b, -s)), ("reciprocal", max(a, s), b)]
    return max(rounding(of.rational, (low, high), dtype, form).bound for form, low, high in parts if low <= high)


def _certificate(found: Card | PieceCard) -> tuple[Certificate | None, str]:
    """The certificate computed anew, or the reason why there is none."""
    if PYTHON_FUNCTION in (found.target[: len(PYTHON_FUNCTION)], (found.weight or "")[: len(PYTHON_FUNCTION)]):
        return None, "nothing can be proved of a Python function"
    try:
        return certify(found.function, activation(found.target), found.on, type=found.type, weight=found.weight), ""
    except ValueError as problem:
        return None, str(problem)


def _proved(c: Certificate) -> Iterator[str]:
    where = _interval(c.on)
    norm = "|f - r|" if c.weight is None else f"w |f - r|, w = {c.weight},"
    yield f"proved: max of {norm} on {where} <= {_up(c.error_upper)}"
    if c.optimal_lower > 0:
        yield f"proved: no rational function of this type has an error below {_down(c.optimal_lower)}"
    if c.increasing is not None and c.lipschitz_upper is not None and c.lipschitz_upper.is_finite():
        rises = "increasing" if c.increasing else "not increasing"
        yield f"proved: {rises} on {where}, |r'| <= {_up(c.lipschitz_upper)} there"
    if c.min_q is not None:
        yield f"proved: no pole in {where}, |q| >= {_down(c.min_q)} there"


def _poles(of: Source) -> Iterator[str]:
    poles = [pole for pole in of.rational.poles() if pole.real]
    if not poles:
        yield "no pole on the whole real line"
    else:
        yield f"poles on the real line: {', '.join(short(pole.value.real) for pole in poles)}"


def _roundings(of: Source, on: Interval, certificate: Certificate | None) -> Iterator[str]:
    for dtype in of.dtypes:
        bound = rounding_bound(of, dtype, on) if isinstance(number_format(dtype), FloatingPoint) else None
        if bound is None:
            continue
        if not bound.is_finite():
            yield f"{dtype}: no bound of the rounding errors is proved on {_interval(on)}"
            continue
        total = ""
        if certificate is not None and certificate.weight is None and certificate.error_upper.is_finite():
            total = f", so |f - computed| <= {_up(_CEILING.add(bound, certificate.error_upper))}"
        yield f"{dtype}: |computed - r| <= {_up(bound)} on {_interval(on)} without contraction{total}"


def _gain(rational: Rational) -> Iterator[str]:
    if rational.degree > HIGHEST_DEGREE_FOR_GAIN:
        yield f"gain: not computed for degrees above {HIGHEST_DEGREE_FOR_GAIN}"
        return
    try:
        found = gain(rational)
    except ValueError:
        return  # a pole on the real line or a constant: there is no gain
    yield f"gain for inputs N(0, 1): 1/E[r^2] = {float(found.forward):.6g}, 1/E[r'^2] = {float(found.backward):.6g}"
    yield (
        f"weights of std {float(found.forward_std):.6g}/sqrt(fan_in) keep the variance of the signal,"
        f" {float(found.backward_std):.6g}/sqrt(fan_out) that of the gradient"
    )


def _limit(tail: Tail, side: int) -> str:
    if tail.kind == "linear":
        return f"{short(tail.slope)} x + {short(tail.value)}"
    return short(tail.at_infinity(side))


def _interval(on: Interval) -> str:
    return f"[{end_text(on[0])}, {end_text(on[1])}]"


_CEILING = Context(prec=20, rounding=ROUND_CEILING)


def _up(value: Decimal) -> str:
    return f"{Context(prec=4, rounding=ROUND_CEILING).plus(value):g}"


def _down(value: Decimal) -> str:
    return f"{Context(prec=4, rounding=ROUND_FLOOR).plus(value):g}"
