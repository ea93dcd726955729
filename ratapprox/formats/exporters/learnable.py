"""What the exports with trained coefficients share: names, positive denominators, the range of the first program."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

from ratapprox.coefficients import short
from ratapprox.formats.exporters.pieces import PieceSource
from ratapprox.formats.exporters.source import Coefficients, Source
from ratapprox.rational import Rational

MARGIN = 1 / 64
"""A trained quadratic keeps |cos| of the angle of its roots at most 1 - MARGIN, or closer to 1 if it starts closer."""

ROOM = 16.0
"""How far below the switch of the exported function the trained one switches, so that its coefficients may grow."""

UNIT = 2.0**-23
"""The distance of 1 from the next float32, in which the trained denominator is computed."""


class Quadratic(NamedTuple):
    """1 + b x + a x^2 without a real zero, and the bound of |b|, below 2 sqrt(a)."""

    a: float
    b: float
    limit: float

    @property
    def floor(self) -> float:
        """1 + b x + a x^2 is at least this for all x, while |b| is below the limit."""
        return 1 - (self.limit / 2) ** 2 / self.a


def class_name(name: str) -> str:
    """The function's name in capitals, after "Rational".

    >>> class_name("relu_3_2"), class_name("gelu")
    ('RationalRelu32', 'RationalGelu')
    """
    return "Rational" + "".join(word[:1].upper() + word[1:] for word in name.removeprefix("rational").split("_"))


def flag(value: object, name: str) -> bool:
    """An option that is on or off, given as a truth value or as text.

    >>> flag("true", "guard"), flag(False, "guard")
    (True, False)
    """
    if value in (True, "true", "yes", "1"):
        return True
    if value in (False, "false", "no", "0"):
        return False
    raise ValueError(f"{name}={str(value)[:40]!r}: write {name}=true or {name}=false")


def check_learnable(source: Source, to: str) -> None:
    """Refuse what is no activation function: a constant, and a pole at 0."""
    if source.type == (0, 0):
        raise ValueError(f"the function is a constant: there is nothing to train, and {to} is not written for it")
    if source.coefficients("float64").q[0] == 0:
        raise ValueError(f"the function has a pole at 0: as an activation function in {to} it is not written")


def quadratics(source: Source, denominator: object) -> tuple[Quadratic, ...]:
    """q as a product of quadratics without real zeros; empty for denominator="plain" and for a polynomial.

    Raises ValueError for another denominator, where q has a real zero, as every q of odd degree has, and where a
    quadratic comes so near 0 that its sign is not sure in float32.

    >>> from ratapprox.formats.exporters.source import source
    >>> quadratics(source(Rational([0, 1], [1, 0, 4])), "safe")
    (Quadratic(a=4.0, b=0.0, limit=3.9375),)
    >>> quadratics(source(Rational([0, 1], [1, 0, -4])), "safe")
    Traceback (most recent call last):
    ValueError: q has a zero on the real line, at -0.5, 0.5: no form keeps it positive. Write it with ...
    """
    check_learnable(source, "a learnable layer")
    if denominator not in ("safe", "plain"):
        raise ValueError(f"denominator={str(denominator)[:40]!r}: it is safe or plain")
    if denominator == "plain" or source.type[1] == 0:
        return ()
    q = source.coefficients("float64").q
    roots = Rational([1], [Fraction(c) for c in q]).poles()
    real = [root for root in roots if root.real]
    if real:
        places = ", ".join(short(root.value.real) for root in real)
        raise ValueError(
            f"q has a zero on the real line, at {places}: no form keeps it positive. Write it with denominator=plain,"
            " which trains q's coefficients freely, or fit a type whose q has none"
        )
    if len(q) == 3:
        return _above_rounding((_bounded(q[2], q[1]),))
    upper = [root for root in roots for _ in range(root.multiplicity) if root.value.imag > 0]
    sizes = [(root.value.real, abs(root.value) ** 2) for root in upper]
    return _above_rounding(tuple(sorted(_bounded(1 / square, -2 * real / square) for real, square in sizes)))


def _above_rounding(found: tuple[Quadratic, ...]) -> tuple[Quadratic, ...]:
    lowest = min(one.floor for one in found)
    if lowest < 64 * UNIT:
        raise ValueError(
            f"q has zeros so near the real line that a factor of it falls to {lowest:.2g}: in float32 rounding can make"
            " it negative. Write it with denominator=plain, which promises nothing, or fit a type whose q stays larger"
        )
    return found


def _bounded(a: float, b: float) -> Quadratic:
    cosine = abs(b) / (2 * math.sqrt(a))
    return Quadratic(a, b + 0.0, 2 * math.sqrt(a) * (1 - min(MARGIN, (1 - cosine) / 2)))


def largest_inputs(source: Source) -> tuple[float, float]:
    """Up to which |x| p(x)/q(x) is computed as it stands, in float32 and in float64: powers of 2."""
    found = [source.switch(dtype) for dtype in ("float32", "float64")]
    if source.form == "reciprocal":
        return found[0], found[1]
    return max(1.0, found[0] / ROOM), max(1.0, found[1] / ROOM)


def tail_kind(source: Source) -> str:
    """How the values for larger |x| are had.

    "polynomial": as all others. "line", "constant", "power": with y = x held at the end of the first program's range,
    r(y) + c (x - y) with the leading slope c, r(y), or r(y) |x/y|^(m-n); taken for the form "horner" where they differ
    from r(x) by less than a rounding. "two programs": from 1/x.
    """
    m, n = source.type
    if n == 0:
        return "polynomial"
    kind = "line" if m == n + 1 else "constant" if m == n else "power"
    ends = zip(largest_inputs(source), (2.0**-24, 2.0**-53), strict=True)
    close = source.form == "horner" and all(_tail_error(source, at, kind) <= unit for at, unit in ends)
    return kind if close else "two programs"


def gone_exponent(source: Source) -> float:
    """e: beyond max**e of the dtype 1/x adds nothing to r(x)/x^(m-n), and up to there x^(m-n) does not overflow.

    Where it did, a slope would be 0 times infinity. For types (m, n) with m > n.

    >>> from ratapprox.formats.exporters.source import source
    >>> gone_exponent(source(Rational([0, 0, 0, 1], [1, 0, 1]))), gone_exponent(source(Rational([0, 0, 1], [1])))
    (0.75, 0.495)
    """
    return min(0.75, 0.99 / max(1, source.type[0] - source.type[1]))


def quadratics_text(found: tuple[Quadratic, ...]) -> str:
    """The quadratics as a Python tuple, with what they keep."""
    rows = "".join(f"    ({a!r}, {b!r}, {limit!r}),\n" for a, b, limit in found)
    floor = Fraction(math.prod(one.floor - 16 * UNIT for one in found))  # less than float32 can make of it
    digit = Fraction(10) ** (math.floor(math.log10(floor)) - 2)
    return (
        "# q(x) = product of 1 + b x + a x^2, and |b| stays below the limit, for all values of the parameters:\n"
        f"# q(x) >= {float(floor // digit * digit):.3g} for all x, whatever is learned.\n"
        f"QUADRATICS = (  # a, b, limit of |b|\n{rows})\n"
    )


def docstring(source: Source | PieceSource, manners: Sequence[str]) -> str:
    """The notes, and after them how the export behaves, fit to stand between triple quotes."""
    return "\n".join([*source.notes, "", *manners]).replace("\\", "\\\\").replace('"', '\\"')


def _tail_error(source: Source, at: float, kind: str) -> float:
    """How far, relative to r(x), the values that go on from |x| = at can be from r(x) beyond.

    The deviation is monotone once x is far beyond all poles and zeros, so twice its value from ±at to infinity bounds
    it; where the estimate is not small it is not used.
    """
    c = Coefficients(*source.coefficients("float64"))
    r = Rational([Fraction(v) for v in c.p], [Fraction(v) for v in c.q])
    leading = Fraction(c.p[-1]) / Fraction(c.q[-1])
    m, n = source.type
    worst = 0.0
    for x in (Fraction(at), -Fraction(at)):
        value = r(x)
        if value == 0:
            return math.inf
        if kind == "line":
            line = r.limits()[0]
            away = abs(value - (leading * x + Fraction(line.value))) / abs(value)
        else:
            away = abs(value / (leading * x ** (m - n)) - 1)
        worst = max(worst, float(2 * away))
    return worst
