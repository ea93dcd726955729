"""Moments of an activation function of a normal variable, and the variance gains that follow from them."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from flint import arb, ctx

from ratapprox.symbolic.decimal_enclosure import Enclosure
from ratapprox.symbolic.nonlinearity import Nonlinearity, Sigma, read_nonlinearity, read_variance

if TYPE_CHECKING:
    pass

__all__ = ["BITS", "Gain", "Moments", "gain", "moment_balls", "moments"]

BITS = 128
"""Precision in which enclosed moments are combined."""

ALL = ("mean", "second", "slope_mean", "slope")


@dataclass(frozen=True, slots=True, repr=False)
class Moments:
    """E[σ], E[σ²], E[σ'] and E[σ'²] at X ~ N(0, variance), each enclosed; `method` says how it was proved.

    At kinks, where σ has no slope, σ' does not matter.
    """

    name: str
    variance: Fraction
    mean: Enclosure
    second: Enclosure
    slope_mean: Enclosure
    slope: Enclosure
    method: str

    def __repr__(self) -> str:
        at = "" if self.variance == 1 else f" at variance {self.variance}"
        return f"Moments of {self.name}{at}: E[σ] {self.mean}, E[σ²] {self.second}, E[σ'²] {self.slope}"

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON: numbers as strings."""
        ends = {field: getattr(self, field).to_dict() for field in ALL}
        return {"name": self.name, "variance": str(self.variance), **ends, "method": self.method}


@dataclass(frozen=True, slots=True, repr=False)
class Gain:
    """variance/E[σ²] and 1/E[σ'²] at N(0, variance): the factors on weight variances 1/fan that keep variances.

    With weights of variance forward/fan_in a layer keeps the second moment of its inputs, with backward/fan_out that of
    its gradients; `forward_std` and `backward_std` are the square roots, for weight standard deviations.
    """

    name: str
    variance: Fraction
    forward: Enclosure
    backward: Enclosure
    forward_std: Enclosure
    backward_std: Enclosure

    def __repr__(self) -> str:
        at = "" if self.variance == 1 else f" at variance {self.variance}"
        return f"Gain of {self.name}{at}: forward {self.forward}, backward {self.backward}"

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON: numbers as strings."""
        names = ("forward", "backward", "forward_std", "backward_std")
        ends = {field: getattr(self, field).to_dict() for field in names}
        return {"name": self.name, "variance": str(self.variance), **ends}


def moments(sigma: Sigma, variance: int | float | str | Fraction = 1) -> Moments:
    """The first two moments of σ(X) and of its slope σ'(X), X ~ N(0, variance), proved to about 20 digits.

    A rational function without real poles goes through its poles: partial fractions, and for each pole c

        E[1/(Z - c)] = i √(π/2) w(c/√2), Im c > 0,    E[(Z - c)^-(j+1)] = -(E[(Z - c)^-(j-1)] + c E[(Z - c)^-j])/j,

    w the Faddeeva function. Anything else is integrated between its kinks: polynomial pieces by erf and exp, others by
    Taylor models; what lies far out is bounded.

    Raises ValueError for a real pole (with its place), a variance that is not positive, a function that is not defined
    and continuous on the line or grows too fast; TypeError for what is no function.

    Source: [AS64]; Stein's identity E[g'(Z)] = E[Z g(Z)].

    Example:
        >>> from ratapprox.symbolic import moments
        >>> moments("relu").second
        Enclosure: 0.5 ± 1e-22
        >>> moments("x/(1 + x**2)").slope_mean
        Enclosure: 0.344320457581201528...
    """
    nonlinearity, q = read_nonlinearity(sigma), read_variance(variance)
    balls = moment_balls(nonlinearity, q)
    mean, second, slope_mean, slope = (Enclosure.of(balls[name]) for name in ALL)
    return Moments(nonlinearity.name, q, mean, second, slope_mean, slope, nonlinearity.method)


def gain(sigma: Sigma, variance: int | float | str | Fraction = 1) -> Gain:
    """The variance gains of σ for inputs N(0, variance), proved to about 20 digits.

        forward = variance/E[σ(X)²]        backward = 1/E[σ'(X)²]

    At variance 1 forward is the 1/E[σ(Z)²] of variance-preserving initialisation; ReLU has 2 and 2.

    Raises as `moments` does, and ValueError for a constant σ, which has no gain.

    Source: [HZRS15] for the two conditions.

    Example:
        >>> from ratapprox.symbolic import gain
        >>> gain("gelu").forward
        Enclosure: 2.3517156140733729475...
        >>> gain("silu")
        Gain of silu: forward 2.81076112407447105..., backward 2.63516865987896242...
    """
    nonlinearity, q = read_nonlinearity(sigma), read_variance(variance)
    balls = moment_balls(nonlinearity, q)
    for field, what in (("second", "σ is zero"), ("slope", "σ is constant")):
        if not balls[field] > 0:
            raise ValueError(f"{nonlinearity.name} has no gain: {what}, and no weights make up for that")
    with ctx.workprec(BITS):
        forward, backward = _ball(q) / balls["second"], 1 / balls["slope"]
        four = (forward, backward, forward.sqrt(), backward.sqrt())
    return Gain(nonlinearity.name, q, *(Enclosure.of(ball) for ball in four))


@lru_cache(maxsize=1024)
def moment_balls(nonlinearity: Nonlinearity, variance: Fraction) -> dict[str, Any]:
    """The four moments as balls of about 20 digits."""
    with ctx.workprec(BITS):
        return nonlinearity.moments(_ball(variance))


def _ball(value: Fraction) -> Any:
    return arb(value.numerator) / value.denominator
