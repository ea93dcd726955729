"""Wide random layers: what happens to variances and gradients from layer to layer, and where both stay as they are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
from flint import arb, ctx

from ratapprox.piecewise import Piecewise
from ratapprox.rational import Rational
from ratapprox.symbolic.decimal_enclosure import Enclosure
from ratapprox.symbolic.gaussian_moments import BITS, moment_balls
from ratapprox.symbolic.nonlinearity import Nonlinearity, Sigma, read_nonlinearity, read_variance

if TYPE_CHECKING:
    pass

__all__ = ["EdgeOfChaos", "edge_of_chaos", "next_variance", "slope_factor"]

Number = int | float | str | Fraction
SMALLEST, LARGEST = 1e-6, 1e4
"""Between these variances a fixed point is looked for."""

BRACKET = 66
"""Bits to which a fixed point is pinned down."""


@dataclass(frozen=True, slots=True, repr=False)
class EdgeOfChaos:
    """σ_w² and σ_b² at which the variance stays at `variance` and gradients neither vanish nor explode, enclosed."""

    name: str
    weight_variance: Enclosure
    bias_variance: Enclosure
    variance: Enclosure

    def __repr__(self) -> str:
        return (
            f"Edge of chaos of {self.name}: weight variance {self.weight_variance}, "
            f"bias variance {self.bias_variance}, at variance {self.variance}"
        )


def next_variance(
    sigma: Sigma,
    variance: Number,
    weight_variance: Number = 1,
    bias_variance: Number = 0,
) -> Enclosure:
    """The variance of the next layer's inputs in a wide random network: q ↦ σ_w² E[σ(√q Z)²] + σ_b², enclosed.

    variance: q > 0; weight_variance: σ_w², the variance of a weight times the width; bias_variance: σ_b² >= 0.

    Raises as `moments` does.

    Source: [PLRSG16].

    Example:
        >>> from ratapprox.symbolic import next_variance
        >>> next_variance("relu", 3, weight_variance=2)
        Enclosure: 3 ± 1e-21
    """
    nonlinearity, q = read_nonlinearity(sigma), read_variance(variance)
    w, b = read_variance(weight_variance, "weight_variance"), read_variance(bias_variance, "bias_variance", zero=True)
    with ctx.workprec(BITS):
        return Enclosure.of(_ball(w) * moment_balls(nonlinearity, q)["second"] + _ball(b))


def slope_factor(
    sigma: Sigma, variance: Number, weight_variance: Number = 1
) -> Enclosure:
    """The factor on squared gradients, a layer: χ = σ_w² E[σ'(√q Z)²], enclosed; χ < 1 is order, χ > 1 is chaos.

    Raises as `moments` does.

    Source: [PLRSG16]; [SGGS17].

    Example:
        >>> from ratapprox.symbolic import slope_factor
        >>> slope_factor("relu", 3, weight_variance=2)
        Enclosure: 1 ± 1e-21
    """
    nonlinearity, q = read_nonlinearity(sigma), read_variance(variance)
    w = read_variance(weight_variance, "weight_variance")
    with ctx.workprec(BITS):
        return Enclosure.of(_ball(w) * moment_balls(nonlinearity, q)["slope"])


def edge_of_chaos(
    sigma: Sigma,
    *,
    variance: Number | None = None,
    bias_variance: Number | None = None,
) -> EdgeOfChaos:
    """The weight and bias variances at which a wide random network is critical, enclosed.

        σ_w² = 1/E[σ'(√q Z)²],      σ_b² = q - σ_w² E[σ(√q Z)²]

    Give either the variance q to be kept, or σ_b²: then q is the smallest fixed point found between 1e-6 and 1e4, and
    proved by a change of sign. With σ_b² = 0 and σ(0) = 0 that is the limit q → 0.

    Raises ValueError where σ_b² would be negative at this q, where no fixed point is found for this σ_b², and as
    `moments` does.

    Source: [SGGS17].

    Example:
        >>> from ratapprox.symbolic import edge_of_chaos
        >>> edge_of_chaos("tanh", variance=1).bias_variance
        Enclosure: 0.15096462937855288971...
        >>> edge_of_chaos("relu", bias_variance=0).weight_variance
        Enclosure: 2
    """
    if (variance is None) == (bias_variance is None):
        raise ValueError("edge_of_chaos() takes either variance=q or bias_variance=σ_b²: give exactly one of them")
    nonlinearity = read_nonlinearity(sigma)
    with ctx.workprec(BITS):
        if variance is not None:
            return _at_variance(nonlinearity, read_variance(variance))
        assert bias_variance is not None
        return _at_bias(nonlinearity, read_variance(bias_variance, "bias_variance", zero=True))


def _at_variance(nonlinearity: Nonlinearity, q: Fraction) -> EdgeOfChaos:
    found = moment_balls(nonlinearity, q)
    weight, bias = _critical(nonlinearity, _ball(q), found)
    if bias < 0:
        raise ValueError(
            f"{nonlinearity.name} has no edge of chaos at variance {q}: the bias variance would be "
            f"{float(bias.mid()):.6g}; choose another variance"
        )
    return EdgeOfChaos(nonlinearity.name, Enclosure.of(weight), Enclosure.of(bias), Enclosure.exactly(q))


def _critical(nonlinearity: Nonlinearity, q: Any, found: dict[str, Any]) -> tuple[Any, Any]:
    """σ_w² and σ_b² at q."""
    if not found["slope"] > 0:
        raise ValueError(f"{nonlinearity.name} has no edge of chaos: it is constant, and every gradient vanishes")
    weight = 1 / found["slope"]
    return weight, q - weight * found["second"]


# -- a fixed point for a bias variance ---------------------------------------------------------------------------------


def _at_bias(nonlinearity: Nonlinearity, bias: Fraction) -> EdgeOfChaos:
    zero = _at_zero(nonlinearity) if bias == 0 else None
    if zero is not None:
        none = Enclosure.exactly(Fraction(0))
        return EdgeOfChaos(nonlinearity.name, Enclosure.of(zero), none, none)

    def excess(q: Any, accurate: int = BRACKET + 4) -> Any:
        return _critical(nonlinearity, q, nonlinearity.moments(q, accurate))[1] - _ball(bias)

    start = _estimate(nonlinearity, float(bias))
    if start is None:
        raise ValueError(
            f"no edge of chaos of {nonlinearity.name} was found for bias_variance={float(bias):g} at variances from "
            f"{SMALLEST:g} to {LARGEST:g}; give variance=q instead"
        )
    low, high = _bracket(excess, *start, nonlinearity.name)
    q = low.union(high)
    found = nonlinearity.moments(q, BRACKET - 12)
    weight, _ = _critical(nonlinearity, q, found)
    return EdgeOfChaos(nonlinearity.name, Enclosure.of(weight), Enclosure.exactly(bias), Enclosure.of(q))


def _at_zero(nonlinearity: Nonlinearity) -> Any:
    """σ_w² in the limit of small variances, 2/(σ'(0-)² + σ'(0+)²), where σ(0) = 0 and a slope is not 0."""
    source = nonlinearity.source
    if isinstance(source, Rational | Piecewise):
        zero = Fraction(0)
        left = source if isinstance(source, Rational) else source.reflect()._piece_at(zero).reflect()
        sides = [(f(zero), f.derivative()(zero)) for f in (left, source)]
        values = [(arb(0) + _ball(Fraction(v)), _ball(Fraction(s))) for v, s in sides]
    else:
        values = []
        for a, b, end in ((Fraction(-1), Fraction(0), -1), (Fraction(0), Fraction(1), 0)):
            jet = source.pieces(a, b)[end].series(arb(0), 2)
            values.append((jet[0], jet[1]))
    squares = sum((slope * slope for _, slope in values), arb(0))
    if not all(value.is_zero() for value, _ in values) or not squares > 0:
        return None
    return 2 / squares


def _estimate(nonlinearity: Nonlinearity, bias: float) -> tuple[float, float] | None:
    """Two neighbouring variances between which the fixed point is expected, from sampled moments."""
    z = np.linspace(-10, 10, 2001)
    weights = np.exp(-z * z / 2) / np.sqrt(2 * np.pi) * (z[1] - z[0])
    source = nonlinearity.source
    slope = source.derivative()
    f: Callable[[Any], Any] = source
    before: tuple[float, float] | None = None
    with np.errstate(all="ignore"):
        for q in np.geomspace(SMALLEST, LARGEST, 201):
            x = np.sqrt(q) * z
            second, slopes = weights @ np.asarray(f(x)) ** 2, weights @ np.asarray(slope(x)) ** 2
            value = float(q - second / slopes - bias)
            if before is not None and before[1] * value <= 0:
                return before[0], float(q)
            if np.isfinite(value):
                before = float(q), value
    return None


def _bracket(excess: Callable[[Any], Any], low: float, high: float, name: str) -> tuple[Any, Any]:
    """Two balls, close together, at which the excess has opposite signs: secant steps, then a proof."""
    a, b = arb(low), arb(high)
    u, v = excess(a), excess(b)
    for _ in range(40):
        change = v - u
        if change.contains(0):
            break
        a, u, b = b, v, (b - v * (b - a) / change).mid()
        if not b > 0:
            break
        v = excess(b)
        if abs((b - a).mid()) <= b * arb(2) ** -(BRACKET // 2 + 2):
            # one more secant step squares the distance
            change = v - u
            centre = b if change.contains(0) else (b - v * (b - a) / change).mid()
            for bits in range(BRACKET, 30, -4):
                lower, upper = (centre * (1 - arb(2) ** -bits)).mid(), (centre * (1 + arb(2) ** -bits)).mid()
                left, right = excess(lower), excess(upper)
                if (left < 0 and right > 0) or (left > 0 and right < 0):
                    return lower, upper
            break
    raise ValueError(
        f"the edge of chaos of {name} near variance {low:.4g} could not be proved: the bias variance hardly depends on "
        "the variance there; give variance=q instead"
    )


def _ball(value: Fraction) -> Any:
    return arb(value.numerator) / value.denominator
