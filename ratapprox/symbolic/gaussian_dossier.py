"""What becomes of a normal variable in a function: moments, gains, Hermite coefficients and the edge of chaos."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from ratapprox.symbolic.decimal_enclosure import Enclosure
from ratapprox.symbolic.dual_activation import hermite
from ratapprox.symbolic.gaussian_moments import Gain, Moments, gain, moments
from ratapprox.symbolic.mean_field import EdgeOfChaos, edge_of_chaos
from ratapprox.symbolic.nonlinearity import Sigma

__all__ = ["GaussianDossier", "gaussian_dossier"]

HERMITE = 4


@dataclass(frozen=True, repr=False)
class GaussianDossier:
    """σ(X) for X ~ N(0, variance): moments, gains, the first Hermite coefficients and the critical weight and bias
    variances, each enclosed. gain and edge are sentences where there is none."""

    moments: Moments
    gain: Gain | str
    hermite: tuple[Enclosure, ...]
    edge: EdgeOfChaos | str

    def __repr__(self) -> str:
        return f"GaussianDossier of {self.moments.name}: E[σ²] {self.moments.second}"

    def title(self) -> str:
        """The function and the distribution, in a line."""
        return f"{self.moments.name}(Z), Z normal with mean 0 and variance {self.moments.variance}"

    def rows(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """All of it in words: (heading, lines) pairs, for a report."""
        m, g, e = self.moments, self.gain, self.edge
        gains = (g,) if isinstance(g, str) else (f"forward {g.forward}", f"backward {g.backward}")
        edge = (e,) if isinstance(e, str) else (f"σ_w² = {e.weight_variance}", f"σ_b² = {e.bias_variance}")
        return (
            ("moments", (f"E[f] = {m.mean}", f"E[f²] = {m.second}", f"E[f'²] = {m.slope}")),
            ("gain", gains),
            ("Hermite", (", ".join(f"h{k} = {round(float(h), 10):.10g}" for k, h in enumerate(self.hermite)),)),
            ("chaos", edge),
        )

    def to_dict(self) -> dict[str, Any]:
        """The JSON document "ratapprox/gaussian/1"; a gain or an edge that does not exist is its reason."""
        g, e = self.gain, self.edge
        return {
            "schema": "ratapprox/gaussian/1",
            "moments": self.moments.to_dict(),
            "gain": g if isinstance(g, str) else g.to_dict(),
            "hermite": [h.to_dict() for h in self.hermite],
            "edge_of_chaos": e
            if isinstance(e, str)
            else {
                "weight_variance": e.weight_variance.to_dict(),
                "bias_variance": e.bias_variance.to_dict(),
                "variance": e.variance.to_dict(),
            },
        }


def gaussian_dossier(sigma: Sigma, variance: int | float | str | Fraction = 1) -> GaussianDossier:
    """All that is proved of σ(X), X ~ N(0, variance), to about 20 digits.

    Raises as `moments` does: ValueError for a real pole or a function that is not defined on the line.

    Example:
        >>> d = gaussian_dossier("gelu")
        >>> d, d.gain.forward
        (GaussianDossier of gelu: E[σ²] 0.425221482570298674918…, Enclosure: 2.35171561407337294758…)
    """
    found = moments(sigma, variance)
    try:
        gains: Gain | str = gain(sigma, variance)
    except ValueError as none:  # a constant function has none: its contract
        gains = str(none)
    try:
        edge: EdgeOfChaos | str = edge_of_chaos(sigma, variance=variance)
    except ValueError as none:  # no bias variance keeps this variance: its contract
        edge = str(none)
    return GaussianDossier(found, gains, hermite(sigma, HERMITE, variance), edge)
