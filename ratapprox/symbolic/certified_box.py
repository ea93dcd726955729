"""The answer at one vector of parameters: whether a property holds there, and a box around it in which it does."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

__all__ = ["CertifiedBox"]


@dataclass(frozen=True, repr=False)
class CertifiedBox:
    """The box |a_i - values_i| <= radius in which a property is proved.

    holds: whether the property holds at the values themselves, decided exactly. radius: proved for the closed box; 0
    when no box is proved, as at a boundary. fails_within: the property fails at a corner of the box of this radius,
    `corner`, decided exactly; None when no such corner was found. complete: whether the search ended before the time
    limit. proof: the certificate "ratapprox/box-proof/1", which checker_box.check_box() checks.
    """

    family: str
    property: str
    values: tuple[tuple[str, Fraction], ...]
    holds: bool
    radius: Fraction
    fails_within: Fraction | None
    corner: tuple[tuple[str, Fraction], ...] | None
    complete: bool
    proof: dict[str, Any] = field(compare=False)

    def __repr__(self) -> str:
        centre = ", ".join(f"{name} = {value}" for name, value in self.values)
        if not self.holds:
            return f"CertifiedBox: {self.property} does not hold at {centre}"
        return f"CertifiedBox: {self.property} for all parameters within {float(self.radius):.6g} of {centre}"

    def title(self) -> str:
        """The family, the property and the values, in a line."""
        return f"{self.family}, {self.property} at {', '.join(f'{name} = {value}' for name, value in self.values)}"

    def rows(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """The answer in words: (heading, lines) pairs, for a report."""
        if not self.holds:
            return (("answer", ("fails, decided exactly",)),)
        found = [("answer", ("holds, decided exactly",))]
        if self.radius:
            within = f"{float(self.radius):.9g}"
            found.append(("box", (f"proved for all parameters within {within} of these values, together",)))
        else:
            found.append(("box", ("none is proved: the values may lie on the boundary",)))
        if self.fails_within is not None and self.corner is not None:
            corner = ", ".join(f"{name} = {float(value):.9g}" for name, value in self.corner)
            found.append(("fails", (f"at {corner}, at the distance {float(self.fails_within):.9g}",)))
        if not self.complete:
            found.append(("open", ("the time limit ended the search: a larger box may be proved",)))
        return tuple(found)

    def to_dict(self) -> dict[str, Any]:
        """The JSON document "ratapprox/box/1": exact numbers as texts."""
        return {
            "schema": "ratapprox/box/1",
            "family": self.family,
            "property": self.property,
            "on": self.proof["on"],
            "values": {name: str(value) for name, value in self.values},
            "holds": self.holds,
            "radius": str(self.radius),
            "radius_decimal": float(self.radius),
            "fails_within": None if self.fails_within is None else str(self.fails_within),
            "corner": None if self.corner is None else {name: str(value) for name, value in self.corner},
            "complete": self.complete,
            "certificate": self.proof,
        }
