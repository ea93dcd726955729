"""Spectra of several seeds as one line: geometric means and spread."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ratapprox.networks.ntk.conditioning import Condition, Status
from ratapprox.networks.ntk.spectrum import Spectrum

__all__ = ["Summary", "condition_document", "summarise"]

_WORSE: tuple[Status, ...] = ("certified", "exact", "lower bound")


@dataclass(frozen=True)
class Summary:
    """log10: bounds of the mean of log10 κ over seeds, that is of κ's geometric mean; upper is ∞ where a member's is.

    half_width: of the 95% interval of that mean by Student's t, which holds for other seeds; None for fewer than two
    seeds or where a member is only bounded. status: the least of the members'. singular: how many are exactly singular;
    they are left out of log10. entropy_rank, participation_rank: means. eigenvalues: geometric means of those that
    every member has.
    """

    members: tuple[Spectrum, ...]
    log10: tuple[float, float]
    half_width: float | None
    status: Status
    singular: int
    entropy_rank: float
    participation_rank: float
    eigenvalues: tuple[float, ...]

    @property
    def value(self) -> float:
        """The middle of the bounds of log10 κ; the lower one where that is all; ∞ where all members are singular."""
        lower, upper = self.log10
        return lower if math.isinf(upper) else (lower + upper) / 2

    def condition_text(self) -> str:
        """log10 κ as it may be printed, with its 95% interval."""
        if math.isinf(self.log10[0]):
            return "∞"
        if math.isinf(self.log10[1]):
            return f"≥ {math.floor(self.log10[0] * 10) / 10:.1f}"
        return f"{self.value:.2f}" + ("" if self.half_width is None else f" ± {self.half_width:.2f}")

    def range_text(self) -> str:
        """The smallest and the largest log10 κ of a member."""
        values = sorted(s.condition.value for s in self.members)
        return " … ".join("∞" if math.isinf(v) else f"{v:.2f}" for v in (values[0], values[-1]))

    def status_text(self) -> str:
        """How many members have which status."""
        singular = [f"{self.singular} singular"] if self.singular else []
        counts = {s: sum(m.condition.status == s and not m.condition.singular for m in self.members) for s in _WORSE}
        return ", ".join([f"{many} {status}" for status, many in counts.items() if many] + singular)

    def to_dict(self) -> dict[str, Any]:
        """The part of `ratapprox/ntk/1` about one activation function."""
        first = self.members[0]
        return {
            "log10_condition": {
                "value": _finite(self.value),
                "lower": _finite(self.log10[0]),
                "upper": _finite(self.log10[1]),
                "half_width": self.half_width,
                "status": self.status,
                "singular": self.singular,
            },
            "effective_rank": self.entropy_rank,
            "participation_rank": self.participation_rank,
            "spectrum": list(self.eigenvalues),
            "initialisation": first.initialisation,
            "parametrisation": first.parametrisation,
            "parameters": list(first.kinds),
            "members": [_member(member) for member in self.members],
        }


def summarise(members: Sequence[Spectrum]) -> Summary:
    """The summary of spectra that differ in nothing but the seed. Raises `ValueError` for none."""
    if not members:
        raise ValueError("there is no spectrum to summarise")
    regular = [m.condition for m in members if not m.condition.singular]
    lower, upper = (float(np.mean([c.log10[k] for c in regular])) if regular else math.inf for k in (0, 1))
    values = [c.value for c in regular]
    half = None
    if len(values) > 1 and math.isfinite(upper):
        from scipy.special import stdtrit

        many = len(values)
        half = float(stdtrit(many - 1, 0.975) * np.std(values, ddof=1) / math.sqrt(many))
    common = min(len(m.eigenvalues) for m in members)
    eigenvalues = [np.exp(np.mean(np.log([m.eigenvalues[k] for m in members]))) for k in range(common)]
    return Summary(
        tuple(members),
        (lower, upper),
        half,
        max((c.status for c in regular), key=_WORSE.index, default="exact"),
        len(members) - len(regular),
        float(np.mean([m.entropy_rank for m in members])),
        float(np.mean([m.participation_rank for m in members])),
        tuple(float(v) for v in eigenvalues),
    )


def condition_document(c: Condition) -> dict[str, Any]:
    """A condition number for JSON: null for infinity; "singular" tells a singular kernel from a missing bound."""
    return {
        "value": _finite(c.value),
        "lower": _finite(c.log10[0]),
        "upper": _finite(c.log10[1]),
        "status": c.status,
        "singular": c.singular,
        "method": c.method,
        "bits": c.bits,
        "reason": c.reason,
    }


def _member(s: Spectrum) -> dict[str, Any]:
    return {
        "log10_condition": condition_document(s.condition),
        "effective_rank": s.entropy_rank,
        "participation_rank": s.participation_rank,
        "spectrum": list(s.eigenvalues),
        "spectrum_proved": s.proved,
        "unresolved": s.unresolved,
        "floor": s.floor,
    }


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
