"""Everything that can be said of one concrete rational function, exactly: dossier()."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any, Literal

import sympy
from flint import arb, ctx

from ratapprox.algebraic import Algebraic
from ratapprox.barycentric import Barycentric
from ratapprox.expressions import pretty, x
from ratapprox.rational import Rational
from ratapprox.roots import Root, root_balls
from ratapprox.symbolic.antiderivative import antiderivative, interval_text
from ratapprox.symbolic.decimal_enclosure import Enclosure
from ratapprox.symbolic.interval import Ends, exact_text, read_interval
from ratapprox.symbolic.places import (
    Extremum,
    FixedPoint,
    Range,
    Steepest,
    centre,
    extrema,
    fixed_points,
    image,
    steepest,
)
from ratapprox.symbolic.shape import Stretch, curvature, end, monotone, roots_on, turning_points
from ratapprox.tails import Tail

__all__ = ["Dossier", "dossier"]

_SHORT = 100
"""An antiderivative with more characters is not printed."""


@dataclass(frozen=True, repr=False)
class Dossier:
    """What is proved of a rational function on a closed interval or on the real line, common factors cancelled.

    on: (a, b), None is an infinite end. poles, zeros: real ones on the interval. monotone, curvature: maximal
    intervals, left to right. range: the values, a range for each part between poles where they do not meet. lipschitz,
    lipschitz_on_reals: the largest slope and where it is reached. fixed_points: None when r(x) = x everywhere. tails:
    at -inf and +inf. nearest_pole, pole_distance: the complex pole nearest to the real line. symmetry: ("odd" | "even",
    centre) or None. The antiderivative is computed when it is asked for.
    """

    rational: Rational
    on: Ends
    poles: tuple[Algebraic, ...]
    zeros: tuple[Algebraic, ...]
    monotone: tuple[Stretch, ...]
    extrema: tuple[Extremum, ...]
    range: tuple[Range, ...]
    curvature: tuple[Stretch, ...]
    inflections: tuple[Algebraic, ...]
    lipschitz: Steepest
    lipschitz_on_reals: Steepest
    fixed_points: tuple[FixedPoint, ...] | None
    tails: tuple[Tail, Tail]
    nearest_pole: Root | None
    pole_distance: Enclosure | None
    symmetry: tuple[Literal["odd", "even"], Fraction] | None

    @property
    def increasing(self) -> bool:
        """Whether the function has no pole on the interval and never falls there."""
        return not self.poles and all(s.kind != "decreasing" for s in self.monotone)

    @property
    def decreasing(self) -> bool:
        """Whether the function has no pole on the interval and never rises there."""
        return not self.poles and all(s.kind != "increasing" for s in self.monotone)

    @cached_property
    def antiderivative(self) -> Any:
        """A sympy expression whose derivative is the function, proved.

        >>> from ratapprox import Rational
        >>> dossier(Rational([1], [1, 0, 1])).antiderivative
        atan(x)
        """
        return antiderivative(self.rational)

    def __repr__(self) -> str:
        shape = ", ".join(f"{s.kind} on {s}" for s in self.monotone[:3]) + (", …" if len(self.monotone) > 3 else "")
        m, n = self.rational.type
        return f"Dossier of a rational of type ({m}, {n}) on {interval_text(self.on)}: {shape}"

    def title(self) -> str:
        """The function and the interval, in a line."""
        return f"{self.rational!r}, on {interval_text(self.on)}"

    def rows(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """The whole dossier in words: (heading, lines) pairs, for a report."""
        symmetry = "none"
        if self.symmetry is not None:
            parity, c = self.symmetry
            symmetry = f"odd about the point ({c}, r({c}))" if parity == "odd" and c else f"{parity} about {c}"
        found = [
            ("poles", _words([end(t) for t in self.poles], f"none on {interval_text(self.on)}")),
            ("complex", (_nearest(self.nearest_pole, self.pole_distance),)),
            ("zeros", _words([end(t) for t in self.zeros])),
            ("monotone", tuple(f"{s.kind} on {s}" for s in self.monotone)),
            ("extrema", tuple(map(str, self.extrema)) or ("none inside",)),
            ("range", tuple(str(part) for part in self.range)),
            ("curvature", tuple(f"{s.kind} on {s}" for s in self.curvature)),
            ("inflections", _words([end(t) for t in self.inflections])),
            ("Lipschitz", (f"{interval_text(self.on)}: {self.lipschitz}", f"the real line: {self.lipschitz_on_reals}")),
            ("fixed", _fixed(self.fixed_points)),
            ("tails", tuple(f"x → {at}: {_tail(tail)}" for at, tail in zip(("−∞", "+∞"), self.tails, strict=True))),
            ("symmetry", (symmetry,)),
        ]
        if len(integral := pretty(self.antiderivative)) < _SHORT:
            found.append(("integral", (integral,)))
        if self.on == (None, None):
            found = [(name, (f"{self.lipschitz}",) if name == "Lipschitz" else lines) for name, lines in found]
        return tuple(found)

    def __str__(self) -> str:
        return "\n".join(
            f"{name if k == 0 else '':<12}{line}" for name, lines in self.rows() for k, line in enumerate(lines)
        )

    def latex(self) -> str:
        """Function, derivative and antiderivative for a paper.

        >>> from ratapprox import Rational
        >>> print(dossier(Rational([0, 0, 1])).latex())
        r(x) = x^{2}, \\qquad r'(x) = 2 x, \\qquad \\int r = \\frac{x^{3}}{3}
        """
        r, slope = (
            sympy.factor(form.to_sympy(x)) for form in (self.rational.exact(), self.rational.exact().derivative())
        )
        parts = (f"r(x) = {sympy.latex(r)}", f"r'(x) = {sympy.latex(slope)}")
        return ", \\qquad ".join((*parts, f"\\int r = {sympy.latex(self.antiderivative)}"))

    def to_dict(self) -> dict[str, Any]:
        """The JSON document "ratapprox/dossier/1": exact numbers as texts beside their decimals."""
        steepest_there = {"lipschitz": self.lipschitz, "lipschitz_on_reals": self.lipschitz_on_reals}
        return {
            "schema": "ratapprox/dossier/1",
            "rational": {"p": [str(c) for c in self.rational.p], "q": [str(c) for c in self.rational.q]},
            "on": [None if e is None else exact_text(e) for e in self.on],
            "poles": [t.to_dict() for t in self.poles],
            "zeros": [t.to_dict() for t in self.zeros],
            "monotone": [s.to_dict() for s in self.monotone],
            "extrema": [{"x": e.x.to_dict(), "kind": e.kind, "value": e.value.to_dict()} for e in self.extrema],
            "range": [_range_document(part) for part in self.range],
            "curvature": [s.to_dict() for s in self.curvature],
            "inflections": [t.to_dict() for t in self.inflections],
            **{
                name: {
                    "constant": None if s.constant is None else s.constant.to_dict(),
                    "at": [t.to_dict() for t in s.at],
                    "at_infinity": s.at_infinity,
                }
                for name, s in steepest_there.items()
            },
            "fixed_points": None
            if self.fixed_points is None
            else [
                {"x": f.x.to_dict(), "slope": f.slope.to_dict(), "stability": f.stability} for f in self.fixed_points
            ],
            "tails": [_tail(tail) for tail in self.tails],
            "pole_distance": None if self.pole_distance is None else self.pole_distance.to_dict(),
            "symmetry": None if self.symmetry is None else [self.symmetry[0], str(self.symmetry[1])],
        }


def dossier(rational: Rational | Barycentric, on: Sequence[Any] | None = None) -> Dossier:
    """All that can be proved about a concrete rational function, on [a, b] and on the real line.

    The coefficients are taken exactly (a float is a dyadic rational), and common factors of p and q are cancelled.
    Every end of an interval is an exact algebraic number, every value is enclosed in decimals rounded outward.

    on: (a, b), exact numbers, algebraic ones too, as "sqrt(2)"; leave it out, or give None, for the real line.

    Raises TypeError for what is no Rational or Barycentric, ValueError for an empty interval.

    Example:
        >>> from ratapprox import Rational
        >>> d = dossier(Rational([0, 9, 0, 1], [1, 0, 1]))
        >>> d
        Dossier of a rational of type (3, 2) on the real line: increasing on (−∞, ∞)
        >>> d.lipschitz.constant, d.lipschitz.at, d.symmetry
        (Enclosure: 9, (Algebraic 0,), ('odd', Fraction(0, 1)))
        >>> [(point.x, point.stability) for point in d.fixed_points]
        [(Algebraic 0, 'repelling')]
    """
    if isinstance(rational, Barycentric):
        rational = rational.to_rational()
    if not isinstance(rational, Rational):
        raise TypeError(f"dossier() describes a Rational, not a {type(rational).__name__}: write Rational(p, q)")
    ends = read_interval((None, None) if on is None else on)
    r = rational.exact().reduced()
    p, q = r.polynomials()
    rises, bends = monotone(p, q, ends), curvature(p, q, ends)
    nearest, distance = _nearest_pole(q)
    there = steepest(p, q)
    return Dossier(
        rational=rational,
        on=ends,
        poles=tuple(roots_on(q, ends)) if q.degree() > 0 else (),
        zeros=tuple(roots_on(p, ends)) if p != 0 else (),
        monotone=rises,
        extrema=extrema(p, q, rises),
        range=image(p, q, rises),
        curvature=bends,
        inflections=turning_points(bends),
        lipschitz=there if ends == (None, None) else steepest(p, q, ends),
        lipschitz_on_reals=there,
        fixed_points=fixed_points(p, q, ends),
        tails=rational.limits(),
        nearest_pole=nearest,
        pole_distance=distance,
        symmetry=centre(p, q),
    )


def _nearest_pole(q: Any) -> tuple[Root | None, Enclosure | None]:
    """The root of q nearest to the real line and its distance; (None, None) where q is constant."""
    if q.degree() < 1:
        return None, None
    found = min(root_balls(q, 160), key=lambda root: (abs(float(root.ball.imag.mid())), float(root.ball.real.mid())))
    with ctx.workprec(160):
        distance = Enclosure.of(arb(0) if found.real else abs(found.ball.imag))
    return found.rounded(), distance


def _words(items: Sequence[str], none: str = "none") -> tuple[str, ...]:
    return (", ".join(items) if items else none,)


def _nearest(pole: Root | None, distance: Enclosure | None) -> str:
    if pole is None:
        return "no pole at all: a polynomial"
    at = f"{pole.value.real:.6g}" + ("" if pole.real else f" ± {abs(pole.value.imag):.6g}i")
    return f"nearest pole {at}, at the distance {distance} from the real line"


def _fixed(points: Sequence[FixedPoint] | None) -> tuple[str, ...]:
    if points is None:
        return ("every point: r(x) = x",)
    return tuple(map(str, points)) or ("none",)


def _tail(tail: Tail) -> str:
    return repr(tail).removeprefix("Tail: ")


def _range_document(part: Range) -> dict[str, Any]:
    return {
        "lower": None if part.lower is None else part.lower.to_dict(),
        "upper": None if part.upper is None else part.upper.to_dict(),
        "lower_at": [t.to_dict() for t in part.lower_at],
        "upper_at": [t.to_dict() for t in part.upper_at],
    }
