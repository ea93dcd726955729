"""What analyse() answers: a verdict, the exact region, a witness for each side that fails, and a certificate."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

from ratapprox.algebraic import Algebraic
from ratapprox.symbolic.interval import Ends, end_text, exact_text

__all__ = ["Analysis", "AnalysisWitness"]


@dataclass(frozen=True, slots=True)
class AnalysisWitness:
    """Where a property fails: values of the parameters, an x where there is one, the value found there, a sentence.

    parameter_values: (name, number) pairs. value: exact where x is rational, None where a sentence says more.
    """

    parameter_values: tuple[tuple[str, Fraction | Algebraic], ...]
    x: Fraction | Algebraic | None
    value: Fraction | Algebraic | None
    says: str

    def to_dict(self) -> dict[str, Any]:
        """The JSON form: numbers as exact texts."""
        return {
            "parameter_values": {name: exact_text(value) for name, value in self.parameter_values},
            "x": None if self.x is None else exact_text(self.x),
            "value": None if self.value is None else exact_text(self.value),
            "says": self.says,
        }


@dataclass(frozen=True, repr=False)
class Analysis:
    """The answer to one question about a family of rational functions.

    verdict: "region" (for which values of the parameters the property holds, exactly), "proved", "refuted" (no
    parameter), "unknown" (reason says why, and what was established). certificate: the evidence, fit for JSON.
    family: an exact text of it; name: what it is called for a reader.
    """

    family: str
    property: str
    on: Ends
    parameters: tuple[str, ...]
    verdict: Literal["region", "proved", "refuted", "unknown"]
    reason: str
    region: Any = None  # Region, or PlaneRegion for two parameters
    witnesses: tuple[AnalysisWitness, ...] = ()
    certificate: dict[str, Any] | None = None
    name: str = ""

    def __repr__(self) -> str:
        where = "" if self.on == (None, None) else f" on {_interval(self.on)}"
        question = f"Analysis: {self.name or self.family}, {self.property}{where}"
        if self.verdict == "region":
            return f"{question}: exactly for {self.region}"
        return f"{question}: {self.verdict}" + (f", {self.reason}" if self.verdict == "unknown" else "")

    def to_dict(self) -> dict[str, Any]:
        """The JSON document "ratapprox/analysis/1"."""
        return {
            "schema": "ratapprox/analysis/1",
            "family": self.family,
            "property": self.property,
            "on": [None if end is None else exact_text(end) for end in self.on],
            "parameters": list(self.parameters),
            "verdict": self.verdict,
            "reason": self.reason,
            "region": None if self.region is None else self.region.to_dict(),
            "witnesses": [witness.to_dict() for witness in self.witnesses],
            "certificate": self.certificate,
        }


def _interval(on: Ends) -> str:
    low, high = on
    left = "(-oo" if low is None else f"[{end_text(low)}"
    return f"{left}, {'oo)' if high is None else f'{end_text(high)}]'}"
