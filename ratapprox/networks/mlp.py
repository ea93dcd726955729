"""A fully connected network as a frozen value, and how one flat vector holds all its parameters."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from math import prod
from numbers import Integral
from typing import Any, Literal, NamedTuple

from ratapprox.networks.units import Unit

__all__ = ["Layer", "Mlp", "Slot"]


class Layer(NamedTuple):
    """Views of a layer's parameters: weights (..., d_in, d_out), biases (..., d_out), coefficients (..., s, k).

    The last layer has no activation: its coefficients are None.
    """

    weights: Any
    biases: Any
    coefficients: Any


class Slot(NamedTuple):
    """Where a parameter array lies in the flat vector."""

    layer: int
    kind: Literal["weights", "biases", "coefficients"]
    start: int
    shape: tuple[int, ...]

    @property
    def stop(self) -> int:
        return self.start + prod(self.shape)


@dataclass(frozen=True)
class Mlp:
    """h_0 = x, z_l = h_{l-1} W_l + b_l, h_l = σ_l(z_l; c_l), y = h_L W_{L+1} + b_{L+1}.

    widths: (d_in, hidden..., d_out). unit: σ, or one for each hidden layer. sharing: one activation for each "layer",
    for each "neuron", or for each of so many groups of neighbouring neurons. residual: h_l = h_{l-1} + σ_l(z_l; c_l)
    where the widths agree. trainable: whether the coefficients c are trained; else their gradients are 0.

    Raises `ValueError` for widths that are no positive integers, a wrong number of units, and groups that do not
    divide a width.

    >>> from ratapprox.networks.units import unit
    >>> Mlp((2, 50, 50, 50, 50, 1), unit("rational")).size
    7875
    >>> Mlp((1, 8, 8, 1), (unit("sine30"), unit("rational")))
    Mlp 1-8-8-1, sine30 then rational: 103 parameters
    """

    widths: tuple[int, ...]
    unit: Unit | tuple[Unit, ...]
    sharing: Literal["layer", "neuron"] | int = "layer"
    residual: bool = False
    trainable: bool = True

    def __post_init__(self) -> None:
        widths = self.widths
        if len(widths) < 2 or any(isinstance(w, bool) or not isinstance(w, Integral) or w < 1 for w in widths):
            raise ValueError(f"widths are positive integers, from the inputs to the outputs, not {widths!r}")
        hidden = len(widths) - 2
        if isinstance(self.unit, tuple) and len(self.unit) != hidden:
            raise ValueError(
                f"{len(self.unit)} units for {hidden} hidden layers: give one for all of them or one for each"
            )
        named = isinstance(self.sharing, str)
        if isinstance(self.sharing, bool) or (named and self.sharing not in ("layer", "neuron")):
            raise ValueError(f"sharing is 'layer', 'neuron' or a number of groups, not {self.sharing!r}")
        for width in widths[1:-1]:
            if not named and (int(self.sharing) < 1 or width % int(self.sharing)):
                raise ValueError(f"{self.sharing} groups do not divide a layer of {width} neurons into equal parts")

    def __repr__(self) -> str:
        names = dict.fromkeys(u.name for u in self.units)
        shape = f"{'-'.join(map(str, self.widths))}{', residual' * self.residual}"
        return f"Mlp {shape}, {' then '.join(names) or 'linear'}: {self.size} parameters"

    @cached_property
    def units(self) -> tuple[Unit, ...]:
        """σ_1, ..., σ_L."""
        return self.unit if isinstance(self.unit, tuple) else (self.unit,) * (len(self.widths) - 2)

    def groups(self, width: int) -> int:
        """The number of activations with coefficients of their own in a layer."""
        if self.sharing == "layer":
            return 1
        return width if self.sharing == "neuron" else self.sharing

    def skips(self, layer: int) -> bool:
        """Whether h_{l-1} is added to the output of this layer, counted from 0."""
        return self.residual and self.widths[layer] == self.widths[layer + 1]

    @cached_property
    def slots(self) -> tuple[Slot, ...]:
        """The arrays in the flat vector: W_1, b_1, c_1, W_2, ... in row-major order."""
        found, start = [], 0
        for layer, (inner, outer) in enumerate(pairwise(self.widths)):
            shapes: list[tuple[Any, tuple[int, ...]]] = [("weights", (inner, outer)), ("biases", (outer,))]
            if layer < len(self.units) and self.units[layer].symbols:
                shapes.append(("coefficients", (self.groups(outer), len(self.units[layer].symbols))))
            for kind, shape in shapes:
                found.append(Slot(layer, kind, start, shape))
                start = found[-1].stop
        return tuple(found)

    @property
    def size(self) -> int:
        """The number of parameters, frozen coefficients included."""
        return self.slots[-1].stop

    def layers(self, parameters: Any) -> tuple[Layer, ...]:
        """Views into flat parameters (..., P), leading axes kept.

        Raises `ValueError` for another number of parameters.
        """
        if parameters.shape[-1:] != (self.size,):
            raise ValueError(f"{self!r} takes arrays (..., {self.size}), not {tuple(parameters.shape)}")
        found: list[dict[str, Any]] = [{} for _ in self.widths[1:]]
        for slot in self.slots:
            part = parameters[..., slot.start : slot.stop]
            found[slot.layer][slot.kind] = part.reshape(*parameters.shape[:-1], *slot.shape)
        for views, width in zip(found[:-1], self.widths[1:], strict=False):
            if "coefficients" not in views:
                views["coefficients"] = parameters[..., :0].reshape(*parameters.shape[:-1], self.groups(width), 0)
        return tuple(Layer(v["weights"], v["biases"], v.get("coefficients")) for v in found)
