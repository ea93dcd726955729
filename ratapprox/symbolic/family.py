"""Everything that can be said of a family of rational functions with parameters, exactly: describe()."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any

import sympy

from ratapprox.activations import Activation
from ratapprox.barycentric import Barycentric
from ratapprox.expressions import pretty, x
from ratapprox.rational import Rational
from ratapprox.symbolic.analysis import Analysis
from ratapprox.symbolic.antiderivative import interval_text
from ratapprox.symbolic.asking import answer
from ratapprox.symbolic.dossier import Dossier, dossier
from ratapprox.symbolic.family_cells import Phase, phases
from ratapprox.symbolic.family_gain import GainFormula, gain_formula
from ratapprox.symbolic.interval import Ends, exact_text, read_interval, symmetric
from ratapprox.symbolic.lipschitz_formula import LipschitzFormula, lipschitz_formula
from ratapprox.symbolic.projection import Clock, TimeUpError
from ratapprox.symbolic.quotient import Quotient, TooLargeError
from ratapprox.symbolic.reading import read
from ratapprox.symbolic.writing import latex_of_region

__all__ = ["FamilyDossier", "describe"]

PROPERTIES = ("increasing", "decreasing", "convex", "concave", "lipschitz:1", "pole-free", "bounded", "odd", "even")
SECONDS = 20.0
"""Time for each question; what is not decided then is said to be unknown."""


@dataclass(frozen=True, repr=False)
class FamilyDossier:
    """What is proved of a family f(x) with parameters on a closed interval of x or on the real line.

    expression, derivative (factored), asymptote (f minus it tends to 0; None for none of degree at most 1): sympy.
    fixed: p - x q, whose roots are the fixed points. regions: an Analysis for each property. With one parameter also
    critical_points and fixed_points: which kinds there are, for every value of the parameter; lipschitz: sup |f'| as a
    function of the parameter. gain: E[f(Z)²] and E[f'(Z)²], Z standard normal, where the poles do not move.
    unanswered: (what, why) of these that took too long.
    """

    family: str
    parameters: tuple[str, ...]
    on: Ends
    expression: Any
    derivative: Any
    asymptote: Any
    fixed: Any
    regions: tuple[Analysis, ...]
    critical_points: tuple[Phase, ...]
    fixed_points: tuple[Phase, ...]
    lipschitz: LipschitzFormula | None
    gain: GainFormula | None
    unanswered: tuple[tuple[str, str], ...] = ()

    def region(self, property: str) -> Any:
        """The region of one of the properties, or the verdict where there is none.

        >>> describe("ralu").region("increasing")
        Region 0 <= alpha <= 9
        """
        for found in self.regions:
            if found.property == property:
                return found.region if found.region is not None else found.verdict
        known = ", ".join(found.property for found in self.regions)
        has = f"only {known}" if known else "which has no regions: there are more than two parameters"
        raise ValueError(f"{property} is not in this dossier, {has}; ask analyse({self.family!r}, {property!r})")

    def __repr__(self) -> str:
        told = f"increasing exactly for {self.region('increasing')}" if self.regions else "three parameters or more"
        return f"FamilyDossier of {pretty(self.expression)}: {told}"

    def title(self) -> str:
        """The family and the interval, in a line."""
        name = f"{self.family} = " if self.family.isidentifier() else ""
        return f"{name}{pretty(self.expression)}, {', '.join(self.parameters)} real, on {interval_text(self.on)}"

    def rows(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """The whole dossier in words: (heading, lines) pairs, for a report."""
        above, below = (pretty(sympy.factor(part)) for part in sympy.fraction(sympy.together(self.expression)))
        found: list[tuple[str, tuple[str, ...]]] = [
            ("f'", (pretty(self.derivative),)),
            ("zeros", (f"the roots of {above}",)),
            ("poles", ("none" if below == "1" else f"the roots of {below}",)),
            ("asymptote", (_asymptote(self.asymptote),)),
            ("fixed", (f"the roots of {pretty(self.fixed)}", *(str(phase) for phase in self.fixed_points))),
        ]
        if self.critical_points:
            found.append(("critical", tuple(str(phase) for phase in self.critical_points)))
        for number, entry in enumerate(self.regions):
            answer = f"exactly for {entry.region}" if entry.verdict == "region" else f"{entry.verdict}: {entry.reason}"
            found.append(("regions" if number == 0 else "", (f"{entry.property}: {answer}",)))
        if self.lipschitz is not None:
            where = f" where pole-free, {self.region('pole-free')}" if self._poles_occur() else ""
            found.append(("Lipschitz", (f"sup |f'| = {self.lipschitz.text}{where}",)))
        if self.gain is not None:
            told = (
                f"{one.symbol} = {pretty(one.closed_form or one.definition)} = {one.value}"
                for one in self.gain.integrals
            )
            forms = (("forward 1/E[f²], E[f(Z)²]", self.gain.second), ("backward 1/E[f'²], E[f'(Z)²]", self.gain.slope))
            found.append(("gain", (*(f"{what} = {pretty(form)}" for what, form in forms), *told)))
        found += [("unknown" if k == 0 else "", (f"{w}: {why}",)) for k, (w, why) in enumerate(self.unanswered)]
        return tuple(found)

    def __str__(self) -> str:
        return "\n".join(
            f"{name if k == 0 else '':<12}{text}" for name, texts in self.rows() for k, text in enumerate(texts)
        )

    def _poles_occur(self) -> bool:
        return not str(self.region("pole-free")).startswith("every")

    def latex(self) -> str:
        """The dossier as the lines of an `align*`."""
        lines = [f"f(x) &= {sympy.latex(self.expression)}", f"f'(x) &= {sympy.latex(self.derivative)}"]
        if self.lipschitz is not None:
            lines.append(f"\\sup |f'| &= {self.lipschitz.latex()}")
        if self.gain is not None:
            forms = (("f", self.gain.second), ("f'", self.gain.slope))
            lines += [f"\\mathbb{{E}}[{name}(Z)^2] &= {sympy.latex(form)}" for name, form in forms]
            integrals = ((one.symbol, one.closed_form or one.definition) for one in self.gain.integrals)
            lines += [f"{sympy.latex(symbol)} &= {sympy.latex(form)}" for symbol, form in integrals]
        for entry in self.regions:
            if entry.verdict == "region":
                lines.append(f"\\text{{{entry.property}}} &\\iff {latex_of_region(entry.region)}")
        return "\\begin{align*}\n  " + " \\\\\n  ".join(lines) + "\n\\end{align*}"

    def to_dict(self) -> dict[str, Any]:
        """The JSON document "ratapprox/family/1"."""
        return {
            "schema": "ratapprox/family/1",
            "family": self.family,
            "parameters": list(self.parameters),
            "on": [None if end is None else exact_text(end) for end in self.on],
            "expression": str(self.expression),
            "derivative": str(self.derivative),
            "asymptote": None if self.asymptote is None else str(self.asymptote),
            "regions": {
                entry.property: {
                    "verdict": entry.verdict,
                    "region": None if entry.region is None else entry.region.to_dict(),
                }
                for entry in self.regions
            },
            "critical_points": [phase.to_dict() for phase in self.critical_points],
            "fixed_points": [phase.to_dict() for phase in self.fixed_points],
            "lipschitz": None if self.lipschitz is None else self.lipschitz.text,
            "gain": None
            if self.gain is None
            else {
                "second": str(self.gain.second),
                "slope": str(self.gain.slope),
                "integrals": {str(one.symbol): one.value.to_dict() for one in self.gain.integrals},
            },
            "unanswered": dict(self.unanswered),
        }


def describe(
    family: str | Activation | Rational | Barycentric,
    *,
    parameter: str | None = None,
    on: Sequence[Any] = (None, None),
    time_limit: float | None = SECONDS,
) -> FamilyDossier | Dossier:
    """All that can be proved of a family of rational functions; without parameters, the dossier of the function.

    family: a name, an expression in x and parameters, an Activation, or one function. parameter: checked to be the only
    one, when given. on: the closed interval of x, None for an infinite end. time_limit: seconds for each question about
    a family, None for no limit; what is not answered then is said to be unknown.

    Raises ExpressionError for what is not rational, ValueError for an empty interval, another parameter's name, or a
    time limit that is not positive.

    Example:
        >>> ralu = describe("ralu")
        >>> ralu
        FamilyDossier of x·(x² + α)/(x² + 1): increasing exactly for 0 <= alpha <= 9
        >>> ralu.lipschitz
        LipschitzFormula max(alpha, (9 - alpha)/8, -alpha)
        >>> ralu.region("lipschitz:1")
        Region alpha = 1
    """
    ends = read_interval(on)
    if isinstance(family, Rational | Barycentric):
        return dossier(family, ends)
    quotient = read(family)
    names = quotient.parameters
    if not names:
        return dossier(quotient.rational(), ends)
    if parameter is not None and names != (parameter,):
        raise ValueError(
            f"the dossier for the parameter {parameter} was asked, but the parameters are {', '.join(names)}: write "
            "numbers in the place of the others, or leave parameter out"
        )
    name = family if isinstance(family, str) else family.name
    f = _expression(quotient.p) / _expression(quotient.q)
    asked = [each for each in PROPERTIES if each not in ("odd", "even") or symmetric(ends)]
    regions = tuple(answer(family, each, None, ends, False, time_limit) for each in asked if len(names) < 3)
    moving: dict[str, Callable[[Clock], Any]] = {
        "critical": lambda clock: phases(quotient, "critical", ends, clock),
        "fixed": lambda clock: phases(quotient, "fixed", ends, clock),
        "Lipschitz": lambda clock: lipschitz_formula(family, names[0], ends, clock),
    }
    found: dict[str, Any] = {"critical": (), "fixed": (), "Lipschitz": None}
    unanswered: list[tuple[str, str]] = []
    for what, answered in moving.items() if len(names) == 1 else ():
        try:
            found[what] = answered(Clock(None if time_limit is None else monotonic() + time_limit))
        except TimeUpError as stopped:
            unanswered.append((what, f"the time limit of {time_limit:g} s was over while {stopped}"))
        except TooLargeError as large:
            unanswered.append((what, str(large)))
    return FamilyDossier(
        family=name,
        parameters=names,
        on=ends,
        expression=sympy.factor(f),
        derivative=sympy.factor(sympy.diff(f, x)),
        asymptote=_tail(quotient),
        fixed=sympy.factor(_expression(quotient.p) - x * _expression(quotient.q)),
        regions=regions,
        critical_points=found["critical"],
        fixed_points=found["fixed"],
        lipschitz=found["Lipschitz"],
        gain=_gain(family) if ends == (None, None) else None,
        unanswered=tuple(unanswered),
    )


def _gain(family: Any) -> GainFormula | None:
    try:
        return gain_formula(family)
    except ValueError:  # poles that move with the parameter, or lie on the real line
        return None


def _degree(f: Any) -> int:
    return int(f.degrees()[0]) if f != 0 else 0


def _expression(f: Any) -> Any:
    names = [x, *(sympy.Symbol(name, real=True) for name in f.context().names()[1:])]
    terms = (int(c) * sympy.prod(s**k for s, k in zip(names, powers, strict=True)) for powers, c in f.to_dict().items())
    return sympy.Add(*terms)


def _tail(quotient: Quotient) -> Any:
    """The straight line to which f tends, with coefficients in the parameters; None when there is none."""
    p, q = (sympy.Poly(_expression(f), x) for f in (quotient.p, quotient.q))
    if p.degree() > q.degree() + 1:
        return None
    whole, _ = sympy.div(p, q, x)
    return sympy.simplify(whole.as_expr())


def _asymptote(line: Any) -> str:
    return "none: f grows faster than a line" if line is None else f"f − ({pretty(line)}) → 0 as x → ±∞"
