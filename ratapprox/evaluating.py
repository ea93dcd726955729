"""Where networks meet exact moments: initialisations that keep the size of signals or of gradients."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import sympy

from ratapprox.activations import Activation
from ratapprox.networks.draws import Fixed
from ratapprox.networks.initialisation import Gains
from ratapprox.symbolic.gaussian_moments import gain

if TYPE_CHECKING:
    from ratapprox.networks.mlp import Mlp
    from ratapprox.networks.units import Unit

__all__ = ["exact_gains", "unit_gain"]


def exact_gains(net: Mlp, direction: Literal["forward", "backward"] = "forward", biases: float = 0.0) -> Gains:
    """The initialisation of a network whose gains are proved to about 20 digits: Z ~ N(0, 1) before each activation.

    Where coefficients are drawn the gain is None: those of the drawn ones are found to 1e-13 when they are
    (`ratapprox.networks.own_gains`). Raises `ValueError` for an activation without a gain.

    >>> from ratapprox.networks.mlp import Mlp
    >>> from ratapprox.networks.units import unit
    >>> exact_gains(Mlp((2, 8, 8, 1), unit("relu"))).gains
    (1.0, 2.0, 2.0)
    >>> exact_gains(Mlp((2, 8, 8, 1), unit("raf"), "neuron")).gains
    (1.0, None, None)
    """
    found = (None if _drawn(u) else unit_gain(u, direction) for u in net.units)
    return Gains(biases, (1.0, *found), direction)


def unit_gain(unit: Unit, direction: Literal["forward", "backward"] = "forward") -> float:
    """1/E σ(Z)² or 1/E σ'(Z)², Z ~ N(0, 1), with the coefficients that the unit begins with.

    >>> from ratapprox.networks.units import unit
    >>> round(unit_gain(unit("rational")), 6)
    2.498602
    """
    if drawn := _drawn(unit):
        raise ValueError(
            f"{unit.name} draws {', '.join(drawn)}, a gain for each neuron: own_gains(unit, coefficients) finds them"
        )
    pairs = zip(unit.symbols, unit.initial, strict=True)
    values = {symbol: sympy.Rational(repr(start.value)) for symbol, start in pairs if isinstance(start, Fixed)}
    found = gain(Activation(unit.name, unit.expression.subs(values)))
    return float(found.forward if direction == "forward" else found.backward)


def _drawn(unit: Unit) -> list[str]:
    """The coefficients that do not begin at a number."""
    return [str(s) for s, d in zip(unit.symbols, unit.initial, strict=True) if not isinstance(d, Fixed)]
